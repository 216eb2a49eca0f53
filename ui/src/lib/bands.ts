// The three calibrated bands. Equally high whatever the thresholds are, because they are three answers, not three amounts.
import { scaleLinear } from "d3-scale";
import type { Person, Threshold } from "../ipc/bindings";

export type Band = "noIndication" | "inconclusive" | "suspected";

export function bandOf(score: number, threshold: Threshold): Band {
  if (score >= threshold.suspected) return "suspected";
  return score < threshold.noIndication ? "noIndication" : "inconclusive";
}

/** Height in [0, 1]: thirds at the two thresholds, linear within each. Without thresholds plainly linear. */
export function heightScale(threshold: Threshold | null): (score: number) => number {
  if (!threshold) return scaleLinear([0, 1], [0, 1]).clamp(true);
  const { noIndication, suspected } = threshold;
  return scaleLinear([0, noIndication, suspected, 1], [0, 1 / 3, 2 / 3, 1]).clamp(true);
}

/** The thresholds a person's curve is judged by: those of the detector whose score became the person's. */
export function thresholdOf(person: Person | null, thresholds: Threshold[]): Threshold | null {
  const decides = (t: Threshold): boolean => person?.scores?.[t.model]?.score === person?.score;
  const bySegment = person?.segments[0]?.model;
  return (
    (person && person.score !== null && thresholds.find(decides)) ||
    thresholds.find((t) => t.model === bySegment) ||
    (thresholds[0] ?? null)
  );
}
