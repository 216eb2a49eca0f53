import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { FileWarning, FolderOpen, Plus } from "lucide-react";
import { useState } from "react";
import { useBackend } from "../../app/context";
import { useIntake } from "../../app/intake";
import { useNotices } from "../../app/notices";
import { go, href } from "../../app/route";
import { AutosaveNote } from "../../components/AutosaveNote";
import { Button } from "../../components/Button";
import { Confirm } from "../../components/Dialog";
import { Menu } from "../../components/Menu";
import { NameDialog } from "../../components/NameDialog";
import { Empty, Section } from "../../components/parts";
import { VerdictChip } from "../../components/VerdictChip";
import { useWords } from "../../i18n";
import type { AnalysisSummary, CaseView } from "../../ipc/bindings";
import { commandError } from "../../ipc/errors";
import { ago, clock, dateTime } from "../../lib/format";

export function CaseDetail({ id }: { id: number }) {
  const { t } = useWords();
  const backend = useBackend();
  const { data, error } = useQuery({ queryKey: ["case", id], queryFn: () => backend.openCase(id) });
  if (error) return <Empty icon={FolderOpen} title={t(`error.${commandError(error).code}`)} />;
  return data ? <Opened view={data} /> : null;
}

function Opened({ view }: { view: CaseView }) {
  const { t, lang } = useWords();
  const backend = useBackend();
  const client = useQueryClient();
  const intake = useIntake();
  const { fail } = useNotices();
  const [asking, setAsking] = useState<"rename" | "forget" | null>(null);
  const refresh = (): void => {
    for (const key of ["cases", "case", "recent"]) void client.invalidateQueries({ queryKey: [key] });
  };
  const rename = useMutation({ mutationFn: (name: string) => backend.renameCase(view.id, name), onSuccess: refresh, onError: fail });
  const forget = useMutation({ mutationFn: () => backend.forgetCase(view.id), onSuccess: () => { go({ page: "cases", id: null }); refresh(); }, onError: fail });
  const takeOut = useMutation({ mutationFn: (analysis: number) => backend.moveToCase([analysis], null), onSuccess: refresh, onError: fail });
  return (
    <div className="detail">
      <div className="detail__head">
        <div>
          <h1>{view.name}</h1>
          <p className="muted">{t("cases.created", { when: ago(view.createdAt, new Date(), lang) })} · {t("cases.files", { count: view.analyses.length })}</p>
        </div>
        <Button look="primary" onPress={intake.openFiles}><Plus size={15} aria-hidden="true" />{t("cases.add")}</Button>
        <Menu label={t("cases.actions")} entries={[
          { id: "rename", label: t("cases.rename"), onAction: () => setAsking("rename") },
          { id: "forget", label: t("cases.forget"), danger: true, onAction: () => setAsking("forget") },
        ]} />
      </div>
      <AutosaveNote label={t("cases.notes")} hint={t("cases.notesHint")} initial={view.note} save={(note) => backend.saveCaseNote(view.id, note)} rows={5} />
      <Section title={t("cases.filesTitle")}>
        {view.analyses.length === 0
          ? <div className="case-none"><strong>{t("cases.noFiles")}</strong><p className="muted">{t("cases.noFilesText")}</p></div>
          : <ul className="case-files">{view.analyses.map((a) => <CaseFile key={a.id} analysis={a} onTakeOut={() => takeOut.mutate(a.id)} />)}</ul>}
      </Section>
      {asking === "rename" && <NameDialog title={t("cases.renameTitle")} label={t("cases.nameLabel")} action={t("cases.renameButton")} initial={view.name} onClose={() => setAsking(null)} onName={(name) => rename.mutate(name)} />}
      <Confirm title={t("cases.forgetTitle", { name: view.name })} text={t("cases.forgetText", { count: view.analyses.length })} confirm={t("cases.forgetButton")} open={asking === "forget"} onClose={() => setAsking(null)} onConfirm={() => forget.mutate()} />
    </div>
  );
}

function CaseFile({ analysis: a, onTakeOut }: { analysis: AnalysisSummary; onTakeOut: () => void }) {
  const { t, lang } = useWords();
  const backend = useBackend();
  const { data: integrity } = useQuery({ queryKey: ["integrity", a.id], queryFn: () => backend.checkIntegrity(a.id), staleTime: 60_000 });
  const wrong = integrity === "changed" || integrity === "missing" || integrity === "unreadable";
  return (
    <li className="case-file">
      <img className="thumb" src={backend.frameUrl(`analysis/${a.id}/poster`)} alt="" draggable={false} />
      <div className="list__text">
        <a className="case-file__name ellipsis" href={href({ page: "analysis", of: { kind: "stored", id: a.id } })} draggable={false}>{a.name}</a>
        <small className="muted">{[dateTime(a.analysedAt, lang), a.durationUs !== null && clock(a.durationUs)].filter(Boolean).join(" · ")}</small>
      </div>
      {wrong && <span className="chip tone--inconclusive" title={t(`integrity.${integrity}`)}><FileWarning size={13} aria-hidden="true" />{t(`integrity.short.${integrity}`)}</span>}
      <VerdictChip code={a.verdict.code} />
      <Menu look="quiet" label={t("cases.fileActions", { name: a.name })} entries={[{ id: "out", label: t("cases.takeOut"), onAction: onTakeOut }]} />
    </li>
  );
}
