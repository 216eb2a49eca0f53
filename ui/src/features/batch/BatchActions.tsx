import { ChevronDown, Pause, Play, Plus } from "lucide-react";
import { useState } from "react";
import { useBackend, useQueue } from "../../app/context";
import { useIntake } from "../../app/intake";
import { useNotices } from "../../app/notices";
import { Button } from "../../components/Button";
import { Confirm } from "../../components/Dialog";
import { Menu } from "../../components/Menu";
import { useWords } from "../../i18n";
import type { ExportFormat, QueueState } from "../../ipc/bindings";
import { isOver } from "../../lib/queue";

/** What concerns the whole queue; exports hold the rows shown, in the order shown. */
export function BatchActions({ shown }: { shown: () => number[] }) {
  const { t } = useWords();
  const backend = useBackend();
  const intake = useIntake();
  const { tell, fail } = useNotices();
  const { counts, rows } = useQueue();
  const [asking, setAsking] = useState(false);
  const idsOf = (wanted: (state: QueueState) => boolean): number[] => [...rows.values()].filter((r) => wanted(r.state)).map((r) => r.id);
  const left = counts.waiting + counts.running + counts.paused;
  const write = (format: ExportFormat): void => void backend.exportQueue(format, shown()).then((name) => name && tell(t("batch.exported", { name })), fail);
  return (
    <>
      <span className="spacer" />
      <Menu label={t("batch.add")} entries={[{ id: "files", label: t("batch.addFiles"), onAction: intake.openFiles }, { id: "folder", label: t("batch.addFolder"), onAction: intake.openFolder }]}>
        <Plus size={15} aria-hidden="true" />{t("batch.add")}
      </Menu>
      {counts.isPaused
        ? <Button look="primary" onPress={() => void backend.resumeQueue().catch(fail)}><Play size={14} aria-hidden="true" />{t("batch.resume")}</Button>
        : <Button isDisabled={left === 0} onPress={() => void backend.pauseQueue().catch(fail)}><Pause size={14} aria-hidden="true" />{t("batch.pause")}</Button>}
      <Button isDisabled={left === 0} onPress={() => setAsking(true)}>{t("batch.cancelAll")}</Button>
      <Menu label={t("batch.export")} entries={[{ id: "csv", label: t("batch.csv"), onAction: () => write("csv") }, { id: "jsonl", label: t("batch.jsonl"), onAction: () => write("jsonl") }]}>
        {t("batch.export")}<ChevronDown size={14} aria-hidden="true" />
      </Menu>
      <Menu label={t("app.more")} entries={[
        { id: "retry", label: t("batch.retryFailed", { count: counts.failed }), disabled: counts.failed === 0, onAction: () => void backend.retryQueued(idsOf((s) => s === "failed")).catch(fail) },
        { id: "remove", label: t("batch.removeDone"), disabled: counts.total === left, onAction: () => void backend.removeQueued(idsOf(isOver)).catch(fail) },
      ]} />
      <Confirm title={t("batch.cancelTitle")} text={t("batch.cancelText")} confirm={t("batch.cancelAll")} cancel={t("batch.keep")} open={asking} onClose={() => setAsking(false)}
        onConfirm={() => void backend.cancelQueued(idsOf((s) => !isOver(s))).catch(fail)} />
    </>
  );
}
