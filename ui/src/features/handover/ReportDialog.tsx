// What a report or an evidence package is to say beside what was found; page one as it will look.
import { useQuery } from "@tanstack/react-query";
import "./handover.css";
import { useEffect, useState } from "react";
import { Input, Label, Radio, RadioGroup, Text, TextArea, TextField } from "react-aria-components";
import { useBackend } from "../../app/context";
import { useNotices } from "../../app/notices";
import { Button } from "../../components/Button";
import { Dialog } from "../../components/Dialog";
import { Notice, SelectField, Switch } from "../../components/parts";
import { useWords } from "../../i18n";
import type { AnalysisView, PackageForm, ReportExtent, Written } from "../../ipc/bindings";
import { type Draft, emptyDraft, optionsOf, remember } from "./options";
import { Preview } from "./Preview";
import { useErrand } from "./useErrand";
import { Working } from "./Working";

export type ReportKind = "report" | "package";
type Props = { kind: ReportKind; view: AnalysisView; onClose: () => void };

export function ReportDialog({ kind, view, onClose }: Props) {
  const { t, lang } = useWords();
  const backend = useBackend();
  const { tell } = useNotices();
  const { data: cases = [] } = useQuery({ queryKey: ["cases"], queryFn: backend.listCases });
  const [draft, setDraft] = useState<Draft>(() => emptyDraft(lang, cases.find((c) => c.id === view.caseId)?.name ?? "", view.note));
  const [form, setForm] = useState<PackageForm>("zip");
  const [written, setWritten] = useState<Written | null>(null);
  const errand = useErrand();
  const set = (patch: Partial<Draft>): void => setDraft((before) => ({ ...before, ...patch }));
  useEffect(() => () => void backend.forgetPreview().catch(() => undefined), [backend]);

  const save = async (): Promise<void> => {
    const options = optionsOf(draft, new Date());
    const done = await errand.run((listener) => (kind === "report" ? backend.exportReport(view.id, options, listener) : backend.exportPackage(view.id, options, form, listener)));
    if (!done) return;
    remember(draft);
    if (done.fingerprint !== null || done.evidence !== "unchanged") return setWritten(done);
    tell(t("report.written", { name: done.name }));
    onClose();
  };
  const title = t(kind === "report" ? "report.title" : "report.packageTitle");
  if (written) return <Done title={title} written={written} onClose={onClose} />;
  return (
    <Dialog title={title} open onClose={onClose} size="large">
      {kind === "package" && <p>{t("report.packageText")}</p>}
      <div className="handover">
        <div className="handover__options">
          <SelectField label={t("report.language")} value={draft.language} onChange={(language) => set({ language })} choices={[{ id: "en", name: t("settings.english") }, { id: "fr", name: t("settings.french") }]} />
          <RadioGroup className="field" value={draft.extent} onChange={(extent) => set({ extent: extent as ReportExtent })}>
            <Label>{t("report.extent")}</Label>
            <div className="radios"><Radio value="full" className="radio">{t("report.full")}</Radio><Radio value="summary" className="radio">{t("report.summary")}</Radio></div>
          </RadioGroup>
          <Switch label={t("report.redact")} hint={t("report.redactHint")} selected={draft.redaction === "on"} onChange={(on) => set({ redaction: on ? "on" : "off" })} />
          <Line label={t("report.question")} hint={t("report.questionHint")} value={draft.question} onChange={(question) => set({ question })} />
          <Line label={t("report.case")} value={draft.caseName} onChange={(caseName) => set({ caseName })} />
          <Line label={t("report.author")} value={draft.author} onChange={(author) => set({ author })} />
          <Line label={t("report.organisation")} value={draft.organisation} onChange={(organisation) => set({ organisation })} />
          <Lines label={t("report.notes")} value={draft.notes} onChange={(notes) => set({ notes })} />
          <Lines label={t("report.opinion")} hint={t("report.opinionHint")} value={draft.firstOpinion} onChange={(firstOpinion) => set({ firstOpinion })} />
          {draft.firstOpinion.trim() !== "" && (
            <TextField className="field" type="datetime-local" value={draft.opinionAt} onChange={(opinionAt) => set({ opinionAt })}><Label>{t("report.opinionAt")}</Label><Input className="input" /></TextField>
          )}
          {kind === "package" && (
            <RadioGroup className="field" value={form} onChange={(wanted) => setForm(wanted as PackageForm)}>
              <Label>{t("report.form")}</Label>
              <div className="radios"><Radio value="zip" className="radio">{t("report.zip")}</Radio><Radio value="folder" className="radio">{t("report.folder")}</Radio></div>
            </RadioGroup>
          )}
        </div>
        <Preview view={view} draft={draft} />
      </div>
      {errand.running && <Working errand={errand} label={t("report.working")} />}
      <div className="actions actions--end">
        <Button onPress={onClose}>{t("app.cancel")}</Button>
        <Button look="primary" isDisabled={errand.running} onPress={() => void save()}>{t(kind === "report" ? "report.save" : "report.savePackage")}</Button>
      </div>
    </Dialog>
  );
}

function Done({ title, written, onClose }: { title: string; written: Written; onClose: () => void }) {
  const { t } = useWords();
  return (
    <Dialog title={title} open onClose={onClose}>
      <p className="strong" role="status">{t("report.written", { name: written.name })}</p>
      {written.fingerprint !== null && <p className="selectable">{t("report.sealed", { fingerprint: written.fingerprint })}</p>}
      {written.evidence !== "unchanged" && <Notice tone="warn">{t(`report.evidence.${written.evidence}`)}</Notice>}
      <div className="actions actions--end"><Button look="primary" autoFocus onPress={onClose}>{t("app.close")}</Button></div>
    </Dialog>
  );
}

type FieldProps = { label: string; hint?: string; value: string; onChange: (text: string) => void };

function Line({ label, hint, value, onChange }: FieldProps) {
  return (
    <TextField className="field" value={value} onChange={onChange} maxLength={300}>
      <Label>{label}</Label><Input className="input" />{hint && <Text slot="description" className="hint">{hint}</Text>}
    </TextField>
  );
}

function Lines({ label, hint, value, onChange }: FieldProps) {
  return (
    <TextField className="field" value={value} onChange={onChange} maxLength={20_000}>
      <Label>{label}</Label><TextArea className="input" rows={3} />{hint && <Text slot="description" className="hint">{hint}</Text>}
    </TextField>
  );
}
