// A lane in words: stretches of one band each, and the moments worth jumping to.
import type { Person, Reason, Threshold } from "../ipc/bindings";
import { type Band, bandOf } from "./bands";
import type { Lane } from "./lanes";
import type { Span } from "./view";

export type Stretch = Span & { track: number; band: Band | null; peak: number | null; reasons: Reason[]; absent: boolean };
export type Moment = { us: number; track: number; to: number };

/** The lane cut where its band changes; gaps stand between as stretches without a band. */
export function stretches(lane: Lane, threshold: Threshold | null, coveredUs: number, longestStepUs: number): Stretch[] {
  const found: Stretch[] = lane
    .gapsUntil(coveredUs, longestStepUs)
    .map((g) => ({ ...g, track: lane.track, band: null, peak: null }));
  if (threshold) found.push(...bands(lane, threshold, longestStepUs));
  return found.sort((a, b) => a.from - b.from);
}

function bands(lane: Lane, threshold: Threshold, longestStepUs: number): Stretch[] {
  const found: Stretch[] = [];
  let open: (Stretch & { peak: number }) | null = null;
  for (let i = 0; i < lane.usable; i++) {
    const [pts, score] = [lane.pts.at(i), lane.score.at(i)];
    const band = bandOf(score, threshold);
    if (open && open.band === band && pts - open.to <= longestStepUs) {
      open.to = pts;
      open.peak = Math.max(open.peak, score);
    } else {
      open = { track: lane.track, from: pts, to: pts, band, peak: score, reasons: [], absent: false };
      found.push(open);
    }
  }
  return found;
}

/** Where a finished analysis says that somebody stands out; a still has one moment at most. */
export function momentsOf(people: Person[]): Moment[] {
  const all = people.flatMap((p) => p.segments.map((s) => ({ us: s.start_us, to: s.end_us, track: p.track })));
  return all.sort((a, b) => a.us - b.us || a.track - b.track);
}

/** The same while it runs: stretches above the threshold so far. */
export function liveMoments(lanes: Lane[], threshold: Threshold | null, longestStepUs: number): Moment[] {
  if (!threshold) return [];
  return lanes
    .flatMap((lane) => bands(lane, threshold, longestStepUs))
    .filter((s) => s.band === "suspected")
    .map((s) => ({ us: s.from, to: s.to, track: s.track }))
    .sort((a, b) => a.us - b.us || a.track - b.track);
}

/** The first moment after `us`; after the last one the first again. */
export function nextMoment(moments: Moment[], us: number): Moment | null {
  return moments.find((m) => m.us > us + 1) ?? moments[0] ?? null;
}
