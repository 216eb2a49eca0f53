// One lane per person: scores over time, with summaries at coarser and coarser steps, so that drawing costs what the
// screen is wide and not what the clip is long. Grows at the end while an analysis runs.
import type { FramePoint, Reason } from "../ipc/bindings";
import { lowerBound } from "./search";
import type { Span } from "./view";

/** A stretch in which a person had nothing usable; `absent` when the person was not in the picture at all. */
export type Gap = Span & { reasons: Reason[]; absent: boolean };

/** What one pixel column of a lane shows. */
export type Column = { x: number; low: number; high: number; mean: number; pts: number };
export type Sampled = { columns: Column[]; visited: number };

const STEP = 4;

class Numbers {
  data = new Float64Array(64);
  size = 0;
  push(value: number): void {
    if (this.size === this.data.length) {
      const wider = new Float64Array(this.size * 2);
      wider.set(this.data);
      this.data = wider;
    }
    this.data[this.size++] = value;
  }
  at(index: number): number {
    return this.data[index] as number;
  }
}

/** Groups of STEP^k points. */
class Level {
  readonly first = new Numbers();
  readonly low = new Numbers();
  readonly high = new Numbers();
  readonly sum = new Numbers();
  readonly count = new Numbers();
  add(group: number, pts: number, score: number): void {
    if (group === this.first.size) {
      this.first.push(pts);
      this.low.push(score);
      this.high.push(score);
      this.sum.push(score);
      this.count.push(1);
      return;
    }
    this.low.data[group] = Math.min(this.low.at(group), score);
    this.high.data[group] = Math.max(this.high.at(group), score);
    this.sum.data[group] = this.sum.at(group) + score;
    this.count.data[group] = this.count.at(group) + 1;
  }
}

export class Lane {
  readonly pts = new Numbers();
  readonly score = new Numbers();
  readonly levels: Level[] = [new Level()];
  readonly gaps: Gap[] = [];
  /** Every face of the person, usable or not. */
  faces = 0;
  firstUs = Infinity;
  lastUs = -Infinity; // so far; faces come in order of time
  #excuses = new Map<Reason, number>();
  #rejectedFrom: number | null = null;

  constructor(readonly track: number, private readonly startUs: number) {}

  get usable(): number {
    return this.pts.size;
  }

  addUsable(pts: number, score: number, longestStepUs: number): void {
    this.#seen(pts, longestStepUs);
    if (this.#rejectedFrom !== null) this.#closeRejected(pts);
    const index = this.usable;
    this.pts.push(pts);
    this.score.push(score);
    for (let k = 0, group = index; ; k++, group = Math.floor(group / STEP)) {
      let level = this.levels[k];
      if (!level) {
        level = this.#grow(k);
        break;
      }
      level.add(group, pts, score);
      if (k === this.levels.length - 1 && group < STEP) break;
    }
  }

  addRejected(pts: number, reasons: Reason[], longestStepUs: number): void {
    const before = this.lastUs;
    this.#seen(pts, longestStepUs);
    this.#rejectedFrom ??= pts - before > longestStepUs ? pts : before;
    for (const reason of reasons) this.#excuses.set(reason, (this.#excuses.get(reason) ?? 0) + 1);
  }

  /** Gaps up to where the examination has come, the open one at the end included. */
  gapsUntil(coveredUs: number, longestStepUs: number): Gap[] {
    const open: Gap[] = [];
    const gone = coveredUs - this.lastUs > longestStepUs;
    if (this.#rejectedFrom !== null) open.push({ from: this.#rejectedFrom, to: gone ? this.lastUs : coveredUs, reasons: this.#reasons(), absent: false });
    if (gone) open.push({ from: this.lastUs, to: coveredUs, reasons: [], absent: true });
    return open.length === 0 ? this.gaps : [...this.gaps, ...open];
  }

  /** Columns of at most one a pixel. Looks at no more than about STEP summaries a pixel, however many points there are. */
  sample(span: Span, pixels: number): Sampled {
    const us = (span.to - span.from) / Math.max(1, pixels);
    const inside = this.#between(0, span);
    const perPixel = (inside.to - inside.from) / Math.max(1, pixels);
    const k = perPixel <= 1 ? 0 : Math.min(this.levels.length - 1, Math.floor(Math.log(perPixel) / Math.log(STEP)));
    const level = this.levels[k] as Level;
    const { from, to } = this.#between(k, span);
    const columns: Column[] = [];
    let open: (Column & { sum: number; count: number }) | null = null;
    for (let i = from; i < to; i++) {
      const pts = level.first.at(i);
      const x = perPixel <= 1 ? (pts - span.from) / us : Math.floor((pts - span.from) / us);
      const [low, high, sum, count] = [level.low.at(i), level.high.at(i), level.sum.at(i), level.count.at(i)];
      if (open && open.x === x) {
        open.low = Math.min(open.low, low);
        open.high = Math.max(open.high, high);
        open.sum += sum;
        open.count += count;
        open.mean = open.sum / open.count;
      } else {
        open = { x, low, high, mean: sum / count, pts, sum, count };
        columns.push(open);
      }
    }
    return { columns, visited: to - from };
  }

  /** Score of the usable face nearest in time; null when none is within `reachUs`. */
  near(us: number, reachUs: number): number | null {
    const after = lowerBound(us, 0, this.usable, (i) => this.pts.at(i));
    let best: number | null = null;
    for (const i of [after - 1, after]) {
      if (i < 0 || i >= this.usable || Math.abs(this.pts.at(i) - us) > reachUs) continue;
      if (best === null || Math.abs(this.pts.at(i) - us) < Math.abs(this.pts.at(best) - us)) best = i;
    }
    return best === null ? null : this.score.at(best);
  }

  /** Groups that touch the span, one more on either side so that the curve runs out of the picture. */
  #between(k: number, span: Span): { from: number; to: number } {
    const first = (this.levels[k] as Level).first;
    const from = Math.max(0, lowerBound(span.from, 0, first.size, (i) => first.at(i)) - 1);
    const to = Math.min(first.size, lowerBound(span.to, from, first.size, (i) => first.at(i)) + 1);
    return { from, to };
  }

  /** Notes that the person is in the picture, and since when not. */
  #seen(pts: number, longestStepUs: number): void {
    const before = this.faces > 0 ? this.lastUs : this.startUs;
    if (pts - before > longestStepUs) {
      if (this.#rejectedFrom !== null) this.#closeRejected(before);
      this.gaps.push({ from: before, to: pts, reasons: [], absent: true });
    }
    this.faces += 1;
    this.firstUs = Math.min(this.firstUs, pts);
    this.lastUs = pts;
  }

  #closeRejected(to: number): void {
    this.gaps.push({ from: this.#rejectedFrom ?? to, to, reasons: this.#reasons(), absent: false });
    this.#rejectedFrom = null;
    this.#excuses.clear();
  }

  /** The commonest first. */
  #reasons(): Reason[] {
    return [...this.#excuses].sort((a, b) => b[1] - a[1]).map(([reason]) => reason);
  }

  /** A new coarsest level, summed up from all points so far. */
  #grow(k: number): Level {
    const level = new Level();
    const size = STEP ** k;
    for (let i = 0; i < this.usable; i++) level.add(Math.floor(i / size), this.pts.at(i), this.score.at(i));
    this.levels.push(level);
    return level;
  }
}

/** All lanes of an analysis. Feeding the same, longer list of frames again only adds what is new. */
export class Lanes {
  readonly byTrack = new Map<number, Lane>();
  readonly cuts: number[] = [];
  coveredUs = 0;
  #fed = 0;
  #last: FramePoint | null = null;

  constructor(readonly startUs: number, readonly stepUs: number) {}

  get longestStepUs(): number {
    return this.stepUs * 2.5;
  }

  /** Whether `frames` continues what was fed before. */
  continues(frames: FramePoint[]): boolean {
    return this.#fed <= frames.length && (this.#fed === 0 || frames[this.#fed - 1] === this.#last);
  }

  feed(frames: FramePoint[]): void {
    for (let i = this.#fed; i < frames.length; i++) {
      const frame = frames[i] as FramePoint;
      if (frame.cut && frame.ptsUs > this.startUs) this.cuts.push(frame.ptsUs);
      for (const face of frame.faces) {
        const lane = this.#lane(face.track);
        if (face.usable && face.score !== null) lane.addUsable(frame.ptsUs, face.score, this.longestStepUs);
        else lane.addRejected(frame.ptsUs, face.reasons, this.longestStepUs);
      }
      this.coveredUs = Math.max(this.coveredUs, frame.ptsUs);
    }
    this.#fed = frames.length;
    this.#last = frames.at(-1) ?? null;
  }

  /** Sorted by the number people are told apart by. */
  all(): Lane[] {
    return [...this.byTrack.values()].sort((a, b) => a.track - b.track);
  }

  #lane(track: number): Lane {
    const known = this.byTrack.get(track);
    if (known) return known;
    const lane = new Lane(track, this.startUs);
    this.byTrack.set(track, lane);
    return lane;
  }
}

/** The usual time between two examined frames: what the run says, else the median of the first few. */
export function usualStep(frames: FramePoint[], fps: number | null): number {
  if (fps) return 1e6 / fps;
  const steps: number[] = [];
  for (let i = 1; i < Math.min(frames.length, 64); i++) steps.push((frames[i] as FramePoint).ptsUs - (frames[i - 1] as FramePoint).ptsUs);
  steps.sort((a, b) => a - b);
  return steps[steps.length >> 1] ?? 200_000;
}
