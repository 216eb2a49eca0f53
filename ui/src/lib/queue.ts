// The batch queue as the window knows it, and what a table shows of it.
import type { QueueCounts, QueueEvent, QueueRow, QueueState, VerdictCode } from "../ipc/bindings";

export type Queue = { rows: ReadonlyMap<number, QueueRow>; counts: QueueCounts; loaded: boolean };

export const emptyCounts: QueueCounts = {
  total: 0, waiting: 0, running: 0, paused: 0, done: 0, failed: 0, cancelled: 0, skipped: 0, byVerdict: [], secondsLeft: null, isPaused: false,
};
export const emptyQueue: Queue = { rows: new Map(), counts: emptyCounts, loaded: false };

export function reduceQueue(queue: Queue, event: QueueEvent): Queue {
  const rows = new Map(event.type === "snapshot" ? [] : queue.rows);
  if (event.type === "removed") for (const id of event.ids) rows.delete(id);
  else for (const row of event.rows) rows.set(row.id, row);
  return { rows, counts: event.counts, loaded: true };
}

export const isOver = (state: QueueState): boolean => state !== "waiting" && state !== "running" && state !== "paused";

export type Filter = { text: string; verdicts: ReadonlySet<VerdictCode>; states: ReadonlySet<QueueState> };
export const noFilter: Filter = { text: "", verdicts: new Set(), states: new Set() };

export type Column = "added" | "name" | "state" | "verdict" | "score" | "people" | "length" | "took";
export type Sort = { column: Column; descending: boolean };
export const byArrival: Sort = { column: "added", descending: false };

/** Filters within one kind widen (suspected or inconclusive), across kinds they narrow. */
export function visibleRows(rows: Iterable<QueueRow>, filter: Filter, sort: Sort): QueueRow[] {
  const text = fold(filter.text.trim());
  const narrowed = filter.verdicts.size > 0 || filter.states.size > 0;
  const kept: QueueRow[] = [];
  for (const row of rows) {
    if (narrowed && !(row.verdict && filter.verdicts.has(row.verdict.code)) && !filter.states.has(row.state)) continue;
    if (text && !fold(row.name).includes(text) && !fold(row.folder).includes(text)) continue;
    kept.push(row);
  }
  if (sort.column === "added") return sort.descending ? kept.reverse() : kept;
  const sign = sort.descending ? -1 : 1;
  const key = KEYS[sort.column];
  const keyed = kept.map((row) => ({ row, key: key(row) }));
  keyed.sort((a, b) => compare(a.key, b.key, sign) || a.row.id - b.row.id);
  return keyed.map((k) => k.row);
}

const STATE_ORDER: Record<QueueState, number> = { running: 0, paused: 1, waiting: 2, failed: 3, cancelled: 4, skipped: 5, done: 6 };
const VERDICT_ORDER: Record<VerdictCode, number> = { suspected: 0, inconclusive: 1, noIndication: 2, notExamined: 3 };

const KEYS: Record<Exclude<Column, "added">, (row: QueueRow) => string | number | null> = {
  name: (r) => fold(r.name),
  state: (r) => STATE_ORDER[r.state],
  verdict: (r) => (r.verdict ? VERDICT_ORDER[r.verdict.code] : null),
  score: (r) => r.verdict?.score ?? null,
  people: (r) => r.people,
  length: (r) => r.durationUs,
  took: (r) => r.seconds,
};

const collator = new Intl.Collator(undefined, { numeric: true });

/** What is missing goes last, whichever way the rest is turned. */
function compare(a: string | number | null, b: string | number | null, sign: number): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  return sign * (typeof a === "string" && typeof b === "string" ? collator.compare(a, b) : Number(a) - Number(b));
}

const fold = (text: string): string => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
