// Where things are in the timeline, in CSS pixels.
import type { Span } from "../../../lib/view";
import type { Size } from "../useSize";

export const GUTTER = 60;
export const RIGHT = 14;
export const RIBBON = 24;
export const RULER = 26;
export const LANE_GAP = 8;
const [LOWEST_LANE, HIGHEST_LANE] = [30, 72];

export type Geometry = { size: Size; span: Span; scrollTop: number; lane: number };

/** As high as there is room for; below the lowest the lanes scroll. */
export const laneHeight = (size: Size, count: number): number =>
  Math.min(HIGHEST_LANE, Math.max(LOWEST_LANE, Math.floor((size.height - RIBBON - RULER - 4) / Math.max(1, count)) - LANE_GAP));

export const plotWidth = (g: Geometry): number => Math.max(1, g.size.width - GUTTER - RIGHT);
export const xOf = (g: Geometry, us: number): number => GUTTER + ((us - g.span.from) / (g.span.to - g.span.from)) * plotWidth(g);
export const usAt = (g: Geometry, x: number): number => g.span.from + ((x - GUTTER) / plotWidth(g)) * (g.span.to - g.span.from);
export const laneTop = (lane: number, index: number): number => index * (lane + LANE_GAP) + 4;
export const lanesHeight = (lane: number, count: number): number => laneTop(lane, count);

/** Which lane is at this height; null between and outside of them. */
export function laneAt(g: Geometry, y: number, count: number): number | null {
  if (y < RIBBON || y > g.size.height - RULER) return null;
  const inside = y - RIBBON + g.scrollTop - 4;
  const index = Math.floor(inside / (g.lane + LANE_GAP));
  return index >= 0 && index < count && inside - index * (g.lane + LANE_GAP) <= g.lane ? index : null;
}
