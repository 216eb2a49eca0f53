// A virtualised grid: only the rows in sight exist, whatever the length of the queue.
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp } from "lucide-react";
import { type KeyboardEvent, type MouseEvent, useRef, useState } from "react";
import { go } from "../../app/route";
import { Button } from "../../components/Button";
import { useWords } from "../../i18n";
import type { QueueRow } from "../../ipc/bindings";
import type { Column, Sort } from "../../lib/queue";
import { useStable } from "../../lib/useStable";
import { Row } from "./Row";
import { chooseRow, move } from "./choose";

type Props = { rows: QueueRow[]; sort: Sort; onSort: (sort: Sort) => void; chosen: ReadonlySet<number>; onChoose: (ids: ReadonlySet<number>) => void; onClear: () => void };

const COLUMNS: (Exclude<Column, "added"> | "note")[] = ["name", "state", "verdict", "score", "people", "length", "took", "note"];
const ROW_PX = 36;

export function openRow(row: QueueRow): void {
  if (row.analysis !== null) go({ page: "analysis", of: { kind: "stored", id: row.analysis } });
  else if (row.state === "running" || row.state === "waiting" || row.state === "paused") go({ page: "analysis", of: { kind: "job", id: row.id } });
}

export function QueueTable({ rows, sort, onSort, chosen, onChoose, onClear }: Props) {
  const { t } = useWords();
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState<number | null>(null);
  const anchor = useRef<number | null>(null);
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => scroller.current, estimateSize: () => ROW_PX, overscan: 12, getItemKey: (i) => rows[i]?.id ?? i, initialRect: { width: 1200, height: 600 } });
  const at = active === null ? -1 : rows.findIndex((r) => r.id === active);

  const choose = (row: QueueRow, how: { shift: boolean; toggle: boolean }): void => {
    onChoose(chooseRow(rows, chosen, anchor.current, row.id, how));
    if (!how.shift) anchor.current = row.id;
    setActive(row.id);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.target instanceof Element && event.target.closest("button")) return;
    const row = rows[at];
    const to = move(event.key, at, rows.length, Math.max(1, Math.floor((scroller.current?.clientHeight ?? 360) / ROW_PX) - 2));
    if (to !== null) {
      const next = rows[to];
      if (next) choose(next, { shift: event.shiftKey, toggle: false });
      virtual.scrollToIndex(to);
    } else if (event.key === "Enter" && row) openRow(row);
    else if (event.key === " " && row) choose(row, { shift: false, toggle: true });
    else if (event.key.toLowerCase() === "a" && (event.ctrlKey || event.metaKey)) onChoose(new Set(rows.map((r) => r.id)));
    else if (event.key === "Escape") onChoose(new Set());
    else return;
    event.preventDefault();
  };
  const onClick = useStable((row: QueueRow, event: MouseEvent): void => choose(row, { shift: event.shiftKey, toggle: event.ctrlKey || event.metaKey }));
  const turn = (column: Column): void =>
    onSort(sort.column !== column ? { column, descending: false } : sort.descending ? { column: "added", descending: false } : { column, descending: true });

  return (
    <div
      className="grid scroll" ref={scroller} role="grid" tabIndex={0} aria-label={t("batch.table")} aria-rowcount={rows.length + 1} aria-multiselectable="true"
      aria-activedescendant={at >= 0 ? `row-${active}` : undefined} onKeyDown={onKeyDown}
    >
      <div role="rowgroup" className="grid__head">
        <div role="row" className="grid__row" aria-rowindex={1}>
          {COLUMNS.map((column) => {
            const sorted = column === sort.column;
            return (
              <div key={column} role="columnheader" className={`cell cell--${column}`} aria-sort={sorted ? (sort.descending ? "descending" : "ascending") : undefined}>
                {column === "note" ? t("batch.columns.note") : (
                  <button type="button" className="grid__sort" onClick={() => turn(column)}>
                    {t(`batch.columns.${column}`)}
                    {sorted && (sort.descending ? <ArrowDown size={12} aria-hidden="true" /> : <ArrowUp size={12} aria-hidden="true" />)}
                  </button>
                )}
              </div>
            );
          })}
        </div>
      </div>
      <div role="rowgroup" className="grid__body" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const row = rows[item.index];
          return row && (
            <Row key={item.key} row={row} index={item.index} top={item.start} chosen={chosen.has(row.id)} active={row.id === active} onClick={onClick} onOpen={openRow} />
          );
        })}
      </div>
      {rows.length === 0 && (
        <div role="rowgroup"><div role="row"><div role="gridcell" className="grid__none">{t("batch.none")} <Button small onPress={onClear}>{t("batch.clear")}</Button></div></div></div>
      )}
    </div>
  );
}
