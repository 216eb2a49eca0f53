// What there is to say of why a detector gave a face its score.
import type { AnalysisView, Explanation, FaceRegion, Person, Stability, VerdictCode } from "../ipc/bindings";

export type Placed = { place: number; about: Explanation };

/** With the place in the analysis, by which the map is asked for. */
export const placed = (explanations: Explanation[]): Placed[] => explanations.map((about, place) => ({ place, about }));

export const hasMap = (e: Explanation): boolean => e.faithfulness.shown && e.peak > 0;

const GRAVITY: VerdictCode[] = ["suspected", "inconclusive", "noIndication", "notExamined"];

/** Whom to show first: the one with the gravest verdict and the highest score among those explained. */
export function firstExplained(view: AnalysisView): Person | null {
  const explained = new Set(view.explanations.map((e) => e.track));
  const people = view.people.filter((p) => explained.has(p.track));
  return [...people].sort((a, b) => GRAVITY.indexOf(a.verdict.code) - GRAVITY.indexOf(b.verdict.code) || (b.score ?? -1) - (a.score ?? -1))[0] ?? null;
}

/** A frame is shown at its own time; the rest is rounding. */
const SAME_US = 2;

/** The maps that belong over the frame shown at that time, of one method. */
export const mapsAt = (explanations: Explanation[], us: number, model: string): Placed[] =>
  placed(explanations).filter(({ about }) => about.model === model && hasMap(about) && Math.abs(about.pts_us - us) <= SAME_US);

export type Bar = { region: FaceRegion; logit: number; share: number };

/** Every region, the heaviest first; `share` of the longest bar, from -1 to 1. */
export function bars(e: Explanation): Bar[] {
  const shares = e.regions?.shares ?? [];
  const longest = Math.max(1e-9, ...shares.map((s) => Math.abs(s.logit)));
  return shares.map((s) => ({ region: s.region, logit: s.logit, share: s.logit / longest })).sort((a, b) => Math.abs(b.logit) - Math.abs(a.logit));
}

/** Below this a region is not worth a word. */
const NOTHING = 0.005;

/** The region that speaks most for manipulation. */
export function heaviest(e: Explanation): Bar | null {
  return bars(e).filter((b) => b.logit >= NOTHING).sort((a, b) => b.logit - a.logit)[0] ?? null;
}

/** Steps on which the answer is another than on the picture as it is. */
export function otherSteps(s: Stability): Stability["rungs"] {
  const native = s.rungs[0]?.code;
  return s.rungs.filter((r) => r.code !== native);
}
