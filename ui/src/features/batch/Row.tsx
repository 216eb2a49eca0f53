import { memo, type MouseEvent } from "react";
import { ProgressBar } from "../../components/parts";
import { VerdictChip } from "../../components/VerdictChip";
import { type T, useWords } from "../../i18n";
import { brief, itemError } from "../../i18n/words";
import type { QueueRow } from "../../ipc/bindings";
import { clock, duration, type Lang, score } from "../../lib/format";
import { fraction } from "../../lib/job";

type Props = { row: QueueRow; index: number; top: number; chosen: boolean; active: boolean; onClick: (row: QueueRow, event: MouseEvent) => void; onOpen: (row: QueueRow) => void };

export const Row = memo(function Row({ row, index, top, chosen, active, onClick, onOpen }: Props) {
  const { t, lang } = useWords();
  const waiting = row.state === "waiting" || row.state === "paused";
  const kind = ["grid__row", chosen && "grid__row--chosen", active && "grid__row--active", waiting && "grid__row--waiting"].filter(Boolean).join(" ");
  return (
    <div id={`row-${row.id}`} role="row" aria-rowindex={index + 2} aria-selected={chosen} className={kind} style={{ transform: `translateY(${top}px)` }} onClick={(event) => onClick(row, event)} onDoubleClick={() => onOpen(row)}>
      <div role="gridcell" className="cell cell--name ellipsis" title={`${row.folder}/${row.name}`}>{row.name}</div>
      <div role="gridcell" className="cell cell--state">{row.state === "running" ? <Running row={row} /> : <span className={row.state === "failed" ? "failed" : undefined}>{t(`state.${row.state}`)}</span>}</div>
      <div role="gridcell" className="cell">{row.verdict && <VerdictChip code={row.verdict.code} />}</div>
      <div role="gridcell" className="cell mono">{row.verdict?.score != null ? score(row.verdict.score, lang) : ""}</div>
      <div role="gridcell" className="cell mono">{row.people ?? ""}</div>
      <div role="gridcell" className="cell mono">{row.durationUs === null ? "" : clock(row.durationUs)}</div>
      <div role="gridcell" className="cell mono">{row.seconds === null ? "" : duration(row.seconds, lang)}</div>
      <div role="gridcell" className="cell cell--note ellipsis" title={row.error?.message}>{noteOf(row, t, lang)}</div>
    </div>
  );
});

function Running({ row }: { row: QueueRow }) {
  const { t } = useWords();
  return <ProgressBar value={fraction(row.progress)} label={t(`stage.${row.progress?.stage ?? "analysing"}`)} />;
}

/** Why it failed or why nothing could be said: the row's own reason, in words. */
function noteOf(row: QueueRow, t: T, lang: Lang): string {
  // The core words its particulars in English; elsewhere they are in the tooltip.
  if (row.error) return (lang === "en" && row.error.message) || itemError(t, row.error);
  if (row.state === "skipped") return t("batch.before");
  if (row.verdict && (row.verdict.code === "inconclusive" || row.verdict.code === "notExamined")) return brief(t, row.verdict.reasons);
  return "";
}
