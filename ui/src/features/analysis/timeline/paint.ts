// Paints the timeline: bands, curves, gaps, shots, ruler. Knows pixels and colours, nothing of React. What it costs grows
// with the width of the screen, not with the length of the clip: Lane.sample looks at a few summaries a pixel.
import { heightScale } from "../../../lib/bands";
import { clock } from "../../../lib/format";
import type { Column, Gap, Lane } from "../../../lib/lanes";
import { lowerBound } from "../../../lib/search";
import { rulerStep } from "../../../lib/view";
import type { Threshold } from "../../../ipc/bindings";
import { type Geometry, GUTTER, laneTop, plotWidth, RIBBON, RULER, xOf } from "./geometry";
import type { Palette } from "./palette";

export type PaintedLane = { lane: Lane; gaps: Gap[]; threshold: Threshold | null; colour: string; dimmed: boolean };
export type Picture = {
  geometry: Geometry; palette: Palette; ratio: number; lanes: PaintedLane[]; cuts: number[]; coveredUs: number; wholeUs: number;
  longestStepUs: number; shotName: (n: number) => string; refined: [number, number][];
};

type Context = CanvasRenderingContext2D;

/** Returns how many summaries it looked at, the measure of its work. */
export function paint(context: Context, picture: Picture): number {
  const { geometry: g, ratio, palette } = picture;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, g.size.width, g.size.height);
  context.save();
  context.beginPath();
  context.rect(0, RIBBON, g.size.width, g.size.height - RIBBON - RULER);
  context.clip();
  const hatch = hatching(context, palette, ratio);
  let visited = 0;
  picture.lanes.forEach((lane, i) => {
    const top = RIBBON + laneTop(g.lane, i) - g.scrollTop;
    if (top > g.size.height - RULER || top + g.lane < RIBBON) return;
    visited += paintLane(context, picture, lane, top, hatch);
  });
  context.restore();
  paintShots(context, picture);
  paintRuler(context, picture);
  return visited;
}

function paintLane(context: Context, { geometry: g, palette, coveredUs, longestStepUs }: Picture, shown: PaintedLane, top: number, hatch: CanvasPattern | string): number {
  const left = Math.max(GUTTER, xOf(g, 0));
  const right = Math.min(GUTTER + plotWidth(g), xOf(g, coveredUs));
  context.save();
  context.beginPath();
  context.rect(GUTTER, top, plotWidth(g), g.lane);
  context.clip();
  const third = g.lane / 3;
  [palette.suspected, palette.inconclusive, palette.none].forEach((colour, i) => {
    context.fillStyle = colour;
    context.fillRect(left, top + i * third, Math.max(0, right - left), third + 0.5);
  });
  context.fillStyle = palette.bandLine;
  for (const i of [1, 2]) context.fillRect(left, Math.round(top + i * third), Math.max(0, right - left), 1);
  context.globalAlpha = shown.dimmed ? 0.4 : 1;
  const visited = paintCurve(context, g, shown, top, longestStepUs);
  context.globalAlpha = 1;
  paintGaps(context, g, shown.gaps, top, palette, hatch);
  context.restore();
  return visited;
}

function paintGaps(context: Context, g: Geometry, gaps: Gap[], top: number, palette: Palette, hatch: CanvasPattern | string): void {
  for (let i = lowerBound(g.span.from, 0, gaps.length, (k) => (gaps[k] as Gap).to); i < gaps.length; i++) {
    const gap = gaps[i] as Gap;
    if (gap.from > g.span.to) break;
    const from = Math.max(GUTTER, xOf(g, gap.from));
    const to = Math.min(GUTTER + plotWidth(g), xOf(g, gap.to));
    if (to - from < 1) continue;
    context.fillStyle = palette.panel;
    context.fillRect(from, top, to - from, g.lane);
    context.fillStyle = hatch;
    // Nobody there is less to wonder about than somebody who could not be examined.
    context.globalAlpha = gap.absent ? 0.5 : 1;
    context.fillRect(from, top, to - from, g.lane);
    context.globalAlpha = 1;
  }
}

function paintCurve(context: Context, g: Geometry, { lane, threshold, colour }: PaintedLane, top: number, longestStepUs: number): number {
  const { columns, visited } = lane.sample(g.span, plotWidth(g));
  const height = steps(heightScale(threshold));
  const y = (score: number): number => top + 2 + (1 - height(score)) * (g.lane - 4);
  const perPixel = (g.span.to - g.span.from) / plotWidth(g);
  const reach = Math.max(longestStepUs, perPixel * 4);
  let from = 0;
  for (let i = 1; i <= columns.length; i++) {
    const [before, here] = [columns[i - 1], columns[i]];
    if (before && here && here.pts - before.pts <= reach) continue;
    stroke(context, columns, from, i, y, colour);
    from = i;
  }
  return visited;
}

/** One unbroken stretch, columns from `from` up to `to`: the range within each pixel as a soft band, its mean as the line. */
function stroke(context: Context, columns: Column[], from: number, to: number, y: (score: number) => number, colour: string): void {
  const first = columns[from];
  if (!first) return;
  context.fillStyle = context.strokeStyle = colour;
  if (to - from === 1) {
    context.fillRect(GUTTER + first.x - 1.5, y(first.mean) - 1.5, 3, 3);
    return;
  }
  const alpha = context.globalAlpha;
  const at = (i: number): Column => columns[i] as Column;
  context.globalAlpha = alpha * 0.24;
  context.beginPath();
  for (let i = from; i < to; i++) context.lineTo(GUTTER + at(i).x, y(at(i).high) - 2);
  for (let i = to - 1; i >= from; i--) context.lineTo(GUTTER + at(i).x, y(at(i).low) + 2);
  context.fill();
  context.globalAlpha = alpha;
  context.lineWidth = 1.7;
  context.lineJoin = "round";
  context.beginPath();
  for (let i = from; i < to; i++) context.lineTo(GUTTER + at(i).x, y(at(i).mean));
  context.stroke();
}

function paintShots(context: Context, { geometry: g, palette, cuts, wholeUs, shotName, refined }: Picture): void {
  context.font = `9.5px ${palette.sans}`;
  context.textBaseline = "middle";
  const first = lowerBound(g.span.from, 0, cuts.length, (i) => cuts[i] as number);
  let drawnTo = -Infinity;
  for (let i = first; i <= cuts.length; i++) {
    const from = i === 0 ? 0 : (cuts[i - 1] as number);
    if (from > g.span.to) break;
    const a = Math.max(GUTTER, xOf(g, from));
    const b = Math.min(GUTTER + plotWidth(g), xOf(g, cuts[i] ?? wholeUs));
    // Shots narrower than two pixels would only be noise.
    if (b - Math.max(a, drawnTo) < 2) continue;
    drawnTo = b;
    context.fillStyle = palette.raised;
    context.strokeStyle = palette.line;
    context.lineWidth = 1;
    context.beginPath();
    context.roundRect(a + 0.5, 6.5, b - a - 2, 12, 3);
    context.fill();
    context.stroke();
    const name = shotName(i + 1);
    if (b - a > context.measureText(name).width + 14) {
      context.fillStyle = palette.muted;
      context.fillText(name, a + 6, 13);
    }
  }
  context.fillStyle = palette.accent;
  for (const [from, to] of refined) {
    const a = Math.max(GUTTER, xOf(g, from));
    const b = Math.min(GUTTER + plotWidth(g), xOf(g, to));
    if (b > a) context.fillRect(a, RIBBON - 4, b - a, 2);
  }
}

function paintRuler(context: Context, { geometry: g, palette }: Picture): void {
  const step = rulerStep(g.span, plotWidth(g));
  const y = g.size.height - RULER;
  context.font = `10.5px ${palette.mono}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.strokeStyle = palette.line;
  context.lineWidth = 1;
  for (let us = Math.ceil(g.span.from / step) * step; us <= g.span.to; us += step) {
    const x = xOf(g, us);
    context.fillStyle = palette.strong;
    context.fillRect(Math.round(x), y + 1, 1, 4);
    context.fillStyle = palette.muted;
    const label = step < 1e6 ? `${clock(Math.floor(us / 1e6) * 1e6)}.${Math.round((us % 1e6) / 1e5)}` : clock(us);
    context.fillText(label, Math.min(Math.max(x, GUTTER + 2), g.size.width - 24), y + 14);
  }
  context.textAlign = "start";
}

const STEPS = 512;

/** The scale looked up in a table: it is asked thousands of times a frame, and a lane is some fifty pixels high. */
function steps(scale: (score: number) => number): (score: number) => number {
  const table = Float32Array.from({ length: STEPS + 1 }, (_, i) => scale(i / STEPS));
  return (score) => table[Math.round(Math.min(1, Math.max(0, score)) * STEPS)] ?? 0;
}

let tile: { key: string; pattern: CanvasPattern | string } | null = null;

function hatching(context: Context, palette: Palette, ratio: number): CanvasPattern | string {
  const key = `${palette.hatch}${ratio}`;
  if (tile?.key === key) return tile.pattern;
  const side = Math.round(8 * ratio);
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  const c = canvas.getContext("2d");
  if (!c) return palette.hatch;
  c.strokeStyle = palette.hatch;
  c.lineWidth = 1.6 * ratio;
  c.beginPath();
  for (const shift of [-side, 0, side]) {
    c.moveTo(shift - 1, side + 1);
    c.lineTo(shift + side + 1, -1);
  }
  c.stroke();
  const pattern = context.createPattern(canvas, "repeat");
  pattern?.setTransform(new DOMMatrix([1 / ratio, 0, 0, 1 / ratio, 0, 0]));
  tile = { key, pattern: pattern ?? palette.hatch };
  return tile.pattern;
}

