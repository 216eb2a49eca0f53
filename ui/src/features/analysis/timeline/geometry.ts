// Where things are in the timeline, in CSS pixels.
import type { Span } from "../../../lib/view";
import type { Size } from "../useSize";

export const GUTTER = 60;
export const RIGHT = 14;
export const RIBBON = 24;
export const RULER = 26;
export const LANE = 54;
export const LANE_GAP = 8;

export type Geometry = { size: Size; span: Span; scrollTop: number };

export const plotWidth = (g: Geometry): number => Math.max(1, g.size.width - GUTTER - RIGHT);
export const xOf = (g: Geometry, us: number): number => GUTTER + ((us - g.span.from) / (g.span.to - g.span.from)) * plotWidth(g);
export const usAt = (g: Geometry, x: number): number => g.span.from + ((x - GUTTER) / plotWidth(g)) * (g.span.to - g.span.from);
export const laneTop = (index: number): number => index * (LANE + LANE_GAP) + 4;
export const lanesHeight = (count: number): number => laneTop(count);

/** Which lane is at this height; null between and outside of them. */
export function laneAt(g: Geometry, y: number, count: number): number | null {
  if (y < RIBBON || y > g.size.height - RULER) return null;
  const inside = y - RIBBON + g.scrollTop - 4;
  const index = Math.floor(inside / (LANE + LANE_GAP));
  return index >= 0 && index < count && inside - index * (LANE + LANE_GAP) <= LANE ? index : null;
}
