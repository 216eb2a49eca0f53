import { describe, expect, it } from "vitest";
import type { QueueRow, VerdictCode } from "../ipc/bindings";
import { byArrival, emptyCounts, emptyQueue, noFilter, reduceQueue, visibleRows } from "./queue";

const row = (id: number, patch: Partial<QueueRow> = {}): QueueRow => ({
  id, name: `f${id}.mp4`, folder: "press", kind: "video", bytes: 1, state: "waiting", progress: null, analysis: null, verdict: null, people: null, seconds: null, durationUs: null, error: null, addedAt: "", ...patch,
});
const judged = (id: number, code: VerdictCode, score: number | null): QueueRow => row(id, { state: "done", verdict: { code, strength: null, reasons: [], score } });
const counts = emptyCounts;

describe("the queue", () => {
  const start = reduceQueue(emptyQueue, { type: "snapshot", rows: [row(1), row(2), row(3)], counts });
  it("keeps its order when rows change", () => {
    const next = reduceQueue(start, { type: "changed", rows: [row(2, { state: "running" })], counts });
    expect([...next.rows.values()].map((r) => [r.id, r.state])).toEqual([[1, "waiting"], [2, "running"], [3, "waiting"]]);
    expect(start.rows.get(2)?.state).toBe("waiting");
  });
  it("grows at the end and forgets what was removed", () => {
    const grown = reduceQueue(start, { type: "changed", rows: [row(4)], counts });
    expect([...reduceQueue(grown, { type: "removed", ids: [1, 9], counts }).rows.keys()]).toEqual([2, 3, 4]);
  });
  it("starts over with a snapshot", () => expect([...reduceQueue(start, { type: "snapshot", rows: [row(8)], counts }).rows.keys()]).toEqual([8]));
});

describe("what the table shows", () => {
  const rows = [judged(1, "noIndication", 0.1), judged(2, "suspected", 0.95), row(3, { name: "Élysée_10.mp4", state: "failed" }), judged(4, "inconclusive", 0.5), row(5, { name: "Élysée_9.mp4" })];
  const ids = (filter = noFilter, sort = byArrival): number[] => visibleRows(rows, filter, sort).map((r) => r.id);
  it("filters of one kind widen", () => expect(ids({ ...noFilter, verdicts: new Set(["suspected", "inconclusive"]), states: new Set(["failed"]) })).toEqual([2, 3, 4]));
  it("searches names and folders without regard to accents", () => {
    expect(ids({ ...noFilter, text: "elysee" })).toEqual([3, 5]);
    expect(ids({ ...noFilter, text: "PRESS" })).toHaveLength(5);
  });
  it("sorts numbers in names as numbers", () => expect(ids({ ...noFilter, text: "elysee" }, { column: "name", descending: false })).toEqual([5, 3]));
  it("puts what is missing last, whichever way", () => {
    expect(ids(noFilter, { column: "score", descending: true })).toEqual([2, 4, 1, 3, 5]);
    expect(ids(noFilter, { column: "score", descending: false })).toEqual([1, 4, 2, 3, 5]);
  });
  it("sorts verdicts from the gravest", () => expect(ids(noFilter, { column: "verdict", descending: false })).toEqual([2, 4, 1, 3, 5]));
});
