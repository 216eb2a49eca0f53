// The stretch of time that the timeline shows, and how zooming and panning change it. All in microseconds.

export type Span = { from: number; to: number };

/** Narrower than this nothing more can be told apart. */
export const SHORTEST_US = 200_000;

export const length = (span: Span): number => span.to - span.from;

/** Inside `whole`, no shorter than the shortest, moved rather than cut where possible. */
export function fit(span: Span, whole: Span): Span {
  const wanted = Math.min(Math.max(length(span), Math.min(SHORTEST_US, length(whole))), length(whole));
  const from = Math.min(Math.max(span.from, whole.from), whole.to - wanted);
  return { from, to: from + wanted };
}

/** `factor` below 1 zooms in; the time at `anchor` stays where it is. */
export function zoom(span: Span, whole: Span, factor: number, anchor: number): Span {
  const at = Math.min(Math.max(anchor, span.from), span.to);
  const size = Math.min(Math.max((length(span) || 1) * factor, Math.min(SHORTEST_US, length(whole))), length(whole));
  const share = length(span) === 0 ? 0.5 : (at - span.from) / length(span);
  return fit({ from: at - share * size, to: at + (1 - share) * size }, whole);
}

export const pan = (span: Span, whole: Span, by: number): Span => fit({ from: span.from + by, to: span.to + by }, whole);

/** The span moved just enough that `at` is seen, with a tenth of it to spare. */
export function follow(span: Span, whole: Span, at: number): Span {
  const margin = length(span) * 0.1;
  if (at >= span.from && at <= span.to) return span;
  return at < span.from ? pan(span, whole, at - span.from - margin) : pan(span, whole, at - span.to + margin);
}

/** To the microsecond; arithmetic may be off by less. */
export const isWhole = (span: Span, whole: Span): boolean => span.from < whole.from + 1 && span.to > whole.to - 1;

/** Step between labels of the ruler: about one label per 90 pixels, on times people count in. */
export function rulerStep(span: Span, pixels: number): number {
  const wanted = (length(span) / Math.max(1, pixels)) * 90;
  return STEPS.find((s) => s >= wanted) ?? Math.ceil(wanted / 3.6e9) * 3.6e9;
}

const STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600].map((s) => s * 1e6);
