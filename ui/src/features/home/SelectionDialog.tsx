import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useBackend } from "../../app/context";
import { Button } from "../../components/Button";
import { Dialog } from "../../components/Dialog";
import { SelectField } from "../../components/parts";
import { useWords } from "../../i18n";
import { selectionWords } from "../../i18n/words";
import type { Selection } from "../../ipc/bindings";
import { SkippedList } from "./SkippedList";

type Props = { selection: Selection; caseId: number | null; onClose: () => void; onStart: (caseId: number | null) => void };

/** Says what will be taken and what will be left out before anything starts. */
export function SelectionDialog({ selection, caseId, onClose, onStart }: Props) {
  const { t, lang } = useWords();
  const backend = useBackend();
  const { data: cases = [] } = useQuery({ queryKey: ["cases"], queryFn: backend.listCases });
  const [into, setInto] = useState(caseId);
  const some = selection.images + selection.videos > 0;
  return (
    <Dialog title={some ? t("selection.title") : t("home.nothing")} open onClose={onClose}>
      {some ? (
        <div className="section">
          <h2>{t("selection.take")}</h2>
          <p className="strong">{selectionWords(t, selection, lang)}</p>
        </div>
      ) : <p>{t("selection.none")}</p>}
      <SkippedList selection={selection} />
      {some && cases.length > 0 && (
        <SelectField label={t("selection.caseLabel")} value={into ?? 0} onChange={(id) => setInto(id || null)} choices={[{ id: 0, name: t("selection.noCase") }, ...cases.map((c) => ({ id: c.id, name: c.name }))]} />
      )}
      <div className="actions actions--end">
        <Button onPress={onClose}>{some ? t("app.cancel") : t("app.close")}</Button>
        {some && <Button look="primary" autoFocus onPress={() => onStart(into)}>{t("selection.start")}</Button>}
      </div>
    </Dialog>
  );
}
