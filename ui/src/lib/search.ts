// Binary search over anything sorted.

/** First index in [from, to) whose value is at least `wanted`; `to` when there is none. */
export function lowerBound(wanted: number, from: number, to: number, valueAt: (index: number) => number): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (valueAt(middle) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Index of the last value that is at most `wanted`; -1 when all are greater. */
export function lastAtMost(wanted: number, count: number, valueAt: (index: number) => number): number {
  return lowerBound(wanted + 1, 0, count, (i) => Math.floor(valueAt(i))) - 1;
}

/** Index of the value nearest to `wanted`; -1 in an empty list. */
export function nearest(wanted: number, count: number, valueAt: (index: number) => number): number {
  if (count === 0) return -1;
  const after = Math.min(lowerBound(wanted, 0, count, valueAt), count - 1);
  const before = Math.max(after - 1, 0);
  return Math.abs(valueAt(after) - wanted) < Math.abs(valueAt(before) - wanted) ? after : before;
}
