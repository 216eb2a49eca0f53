// Choosing rows as lists do everywhere: one, a range, one more or one less; and moving with the keys.
import type { QueueRow } from "../../ipc/bindings";

export function chooseRow(rows: QueueRow[], chosen: ReadonlySet<number>, anchor: number | null, id: number, how: { shift: boolean; toggle: boolean }): Set<number> {
  if (how.shift && anchor !== null) {
    const [a, b] = [rows.findIndex((r) => r.id === anchor), rows.findIndex((r) => r.id === id)];
    if (a >= 0 && b >= 0) return new Set(rows.slice(Math.min(a, b), Math.max(a, b) + 1).map((r) => r.id));
  }
  if (!how.toggle) return new Set([id]);
  const next = new Set(chosen);
  if (!next.delete(id)) next.add(id);
  return next;
}

/** Index that a key moves to; null when the key does not move. */
export function move(key: string, at: number, count: number, page: number): number | null {
  if (count === 0) return null;
  const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page };
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  const step = steps[key];
  return step === undefined ? null : Math.min(count - 1, Math.max(0, at < 0 ? 0 : at + step));
}
