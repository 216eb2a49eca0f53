import { describe, expect, it } from "vitest";
import { conclude, frames, swapped } from "../ipc/fake/library";
import { Lanes } from "./lanes";
import { liveMoments, momentsOf, nextMoment, stretches } from "./stretches";

const lanes = new Lanes(0, 200_000);
lanes.feed(frames.harbour);
const lane = (track: number) => {
  const found = lanes.byTrack.get(track);
  if (!found) throw new Error("no lane");
  return found;
};

describe("a lane in words", () => {
  it("names absence, the bands and the reasons in order of time", () => {
    const words = stretches(lane(1), swapped, 48e6, lanes.longestStepUs).map((s) => s.band ?? (s.absent ? "absent" : s.reasons.join()));
    expect(words).toEqual(["absent", "noIndication", "suspected", "noIndication", "absent"]);
  });
  it("covers the whole clip without overlaps", () => {
    const all = stretches(lane(2), swapped, 48e6, lanes.longestStepUs);
    all.forEach((s, i) => expect(s.from).toBeGreaterThanOrEqual(i === 0 ? 0 : (all[i - 1]?.to ?? 0)));
    expect(all.at(-1)?.to).toBe(48e6);
  });
  it("has no bands without thresholds", () => expect(stretches(lane(0), null, 48e6, lanes.longestStepUs).every((s) => s.band === null)).toBe(true));
});

describe("moments", () => {
  const moments = momentsOf(conclude(frames.harbour).people);
  it("are where somebody begins to stand out", () => expect(moments).toEqual([{ us: 14_200_000, to: 32_800_000, track: 1 }]));
  it("are found while it runs, too", () => expect(liveMoments(lanes.all(), swapped, lanes.longestStepUs)[0]).toEqual(moments[0]));
  it("come one after the other, then the first again", () => {
    const two = [{ us: 5, to: 6, track: 0 }, { us: 90, to: 99, track: 1 }];
    expect(nextMoment(two, 0)?.us).toBe(5);
    expect(nextMoment(two, 5)?.us).toBe(90);
    expect(nextMoment(two, 95)?.us).toBe(5);
    expect(nextMoment([], 0)).toBeNull();
  });
});
