import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ChevronDown, NotebookPen } from "lucide-react";
import { memo, useState } from "react";
import { useBackend } from "../../app/context";
import { useNotices } from "../../app/notices";
import { go, href } from "../../app/route";
import { Bar } from "../../app/Shell";
import { Button } from "../../components/Button";
import { Confirm } from "../../components/Dialog";
import { Menu } from "../../components/Menu";
import { NameDialog } from "../../components/NameDialog";
import { useWords } from "../../i18n";
import type { ReportKind } from "../handover/ReportDialog";
import type { AnalysisView } from "../../ipc/bindings";

/** The file's name, and what can be done with its analysis. */
export const AnalysisBar = memo(function AnalysisBar({ name, view, onNote, onReport }: { name: string; view: AnalysisView | null; onNote: () => void; onReport: (kind: ReportKind) => void }) {
  const { t } = useWords();
  const backend = useBackend();
  const client = useQueryClient();
  const { fail } = useNotices();
  const { data: cases = [] } = useQuery({ queryKey: ["cases"], queryFn: backend.listCases });
  const [asking, setAsking] = useState<"forget" | "case" | null>(null);
  const inCase = cases.find((c) => c.id === view?.caseId);
  const changed = (): void => {
    for (const key of ["cases", "case", "recent", "analysis"]) void client.invalidateQueries({ queryKey: [key] });
  };
  const move = useMutation({ mutationFn: (to: number | null) => backend.moveToCase(view ? [view.id] : [], to), onSuccess: changed, onError: fail });
  const create = useMutation({ mutationFn: backend.createCase, onSuccess: (made) => move.mutate(made.id), onError: fail });
  const forget = useMutation({ mutationFn: (id: number) => backend.forgetAnalysis(id), onSuccess: () => { changed(); go({ page: "home" }); }, onError: fail });
  return (
    <Bar>
      <span className="crumb">
        {inCase && <><a className="ellipsis" href={href({ page: "cases", id: inCase.id })}>{inCase.name}</a><span aria-hidden="true">/</span></>}
        <b className="ellipsis" title={name}>{name}</b>
      </span>
      <span className="spacer" />
      {view && (
        <>
          <Button onPress={onNote}><NotebookPen size={15} aria-hidden="true" />{view.note ? t("analysis.note") : t("analysis.addNote")}</Button>
          <Menu label={t("analysis.move")} entries={[
            ...cases.filter((c) => c.id !== view.caseId).map((c) => ({ id: String(c.id), label: c.name, onAction: () => move.mutate(c.id) })),
            { id: "new", label: t("analysis.newCase"), onAction: () => setAsking("case") },
            ...(view.caseId === null ? [] : [{ id: "none", label: t("analysis.noCase"), onAction: () => move.mutate(null) }]),
          ]}>{t("analysis.move")}<ChevronDown size={14} aria-hidden="true" /></Menu>
          {!view.error && (
            <>
              <span className="bar__wide"><Button onPress={() => onReport("package")}>{t("report.packageButton")}</Button></span>
              <Button look="primary" onPress={() => onReport("report")}>{t("report.button")}</Button>
            </>
          )}
          <Menu label={t("analysis.actions")} entries={[...(view.error ? [] : [{ id: "package", label: t("report.packageButton"), onAction: () => onReport("package") }]), { id: "forget", label: t("analysis.forget"), danger: true, onAction: () => setAsking("forget") }]} />
          <Confirm title={t("analysis.forgetTitle")} text={t("analysis.forgetText")} confirm={t("home.forget")} open={asking === "forget"} onClose={() => setAsking(null)} onConfirm={() => forget.mutate(view.id)} />
          {asking === "case" && <NameDialog title={t("cases.newTitle")} label={t("cases.nameLabel")} action={t("cases.create")} onClose={() => setAsking(null)} onName={(wanted) => create.mutate(wanted)} />}
        </>
      )}
    </Bar>
  );
});
