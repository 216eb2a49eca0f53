import { useBackend, useQueue } from "../../app/context";
import { useNotices } from "../../app/notices";
import { Button } from "../../components/Button";
import { useWords } from "../../i18n";
import { isOver } from "../../lib/queue";
import { openRow } from "./QueueTable";

/** What can be done with the rows chosen; its place is kept when none is. */
export function SelectionBar({ chosen, shown, onDone }: { chosen: ReadonlySet<number>; shown: number; onDone: () => void }) {
  const { t } = useWords();
  const backend = useBackend();
  const { fail } = useNotices();
  const { rows } = useQueue();
  const picked = [...chosen].flatMap((id) => rows.get(id) ?? []);
  const active = picked.filter((r) => !isOver(r.state)).map((r) => r.id);
  const again = picked.filter((r) => r.state === "failed" || r.state === "cancelled").map((r) => r.id);
  const [only] = picked.length === 1 ? picked : [];
  return (
    <div className="batch__foot">
      <span className="muted" role="status">{picked.length > 0 ? t("batch.selected", { count: picked.length }) : t("batch.rowsShown", { count: shown })}</span>
      <span className="spacer" />
      {picked.length > 0 && (
        <>
          {only && (only.analysis !== null || !isOver(only.state)) && <Button small onPress={() => openRow(only)}>{t("batch.open")}</Button>}
          {active.length > 0 && <Button small onPress={() => void backend.cancelQueued(active).catch(fail)}>{t("batch.cancel")}</Button>}
          {again.length > 0 && <Button small onPress={() => void backend.retryQueued(again).catch(fail)}>{t("batch.retry")}</Button>}
          <Button small onPress={() => { void backend.removeQueued(picked.map((r) => r.id)).catch(fail); onDone(); }}>{t("batch.remove")}</Button>
        </>
      )}
    </div>
  );
}
