import { describe, expect, it } from "vitest";
import type { FramePoint, Reason } from "../ipc/bindings";
import { longFrames } from "../ipc/fake/scenes";
import { Lanes, usualStep } from "./lanes";

const STEP = 200_000;
type Face = number | Reason | null;

/** One person; a number is a score, a reason an unusable face, null no face. */
const clip = (faces: Face[], track = 0): FramePoint[] => faces.map((face, i) => ({
  frame: i, ptsUs: i * STEP, cut: false,
  faces: face === null ? [] : [{ track, rect: [0, 0, 1, 1], score: typeof face === "number" ? face : null, usable: typeof face === "number", reasons: typeof face === "string" ? [face] : [] }],
}));
const lanesOf = (frames: FramePoint[]): Lanes => {
  const lanes = new Lanes(0, STEP);
  lanes.feed(frames);
  return lanes;
};
const gaps = (faces: Face[]) => {
  const lanes = lanesOf(clip(faces));
  return lanes.byTrack.get(0)?.gapsUntil(faces.length * STEP, lanes.longestStepUs).map((g) => [g.from / STEP, g.to / STEP, g.absent ? "absent" : g.reasons.join()]);
};
const none = (n: number): null[] => new Array<null>(n).fill(null);

describe("gaps", () => {
  it("are absent where everything was usable", () => expect(gaps([0.1, 0.2, 0.1, 0.3])).toEqual([]));
  it("forgive one missed face", () => expect(gaps([0.1, null, 0.1, 0.3])).toEqual([]));
  it("say why a face could not be used", () => expect(gaps([0.1, "blurred", "tooSmall", "blurred", 0.1])).toEqual([[0, 4, "blurred,tooSmall"]]));
  it("tell not being there from not being usable", () => {
    expect(gaps([...none(5), "turnedAway", 0.2, 0.2])).toEqual([[0, 5, "absent"], [5, 6, "turnedAway"]]);
    expect(gaps([0.1, "tooSmall", "tooSmall", ...none(6)])).toEqual([[0, 2, "tooSmall"], [2, 9, "absent"]]);
  });
  it("stay open at the end while nothing usable comes", () => expect(gaps([0.1, "blurred", "blurred"])).toEqual([[0, 3, "blurred"]]));
});

describe("feeding", () => {
  it("piece by piece gives the same as all at once", () => {
    const { frames } = longFrames(4000, 2);
    const [all, pieces] = [lanesOf(frames), new Lanes(0, STEP)];
    for (let i = 0; i <= frames.length; i += 37) pieces.feed(frames.slice(0, i + 37));
    expect(pieces.coveredUs).toBe(all.coveredUs);
    for (const lane of all.all()) {
      const other = pieces.byTrack.get(lane.track);
      expect(other?.usable).toBe(lane.usable);
      expect(other?.gaps).toEqual(lane.gaps);
      expect(other?.sample({ from: 0, to: 80e6 }, 200).columns).toEqual(lane.sample({ from: 0, to: 80e6 }, 200).columns);
    }
  });
  it("notices when the frames are others", () => {
    const lanes = lanesOf(clip([0.1, 0.2]));
    expect(lanes.continues(clip([0.1, 0.2, 0.3]))).toBe(false);
  });
});

describe("sampling", () => {
  const points = 100_000;
  const { frames, seconds } = longFrames(points, 1);
  const lanes = new Lanes(0, 40_000);
  lanes.feed(frames);
  const lane = lanes.all()[0];
  if (!lane) throw new Error("no lane");

  it("costs what the screen is wide, at every zoom of a hundred thousand points", () => {
    const pixels = 840;
    for (let size = seconds * 1e6; size > 200_000; size /= 1.7)
      for (const share of [0, 0.3, 0.77, 1]) {
        const from = (seconds * 1e6 - size) * share;
        expect(lane.sample({ from, to: from + size }, pixels).visited).toBeLessThanOrEqual(4 * pixels + 4);
      }
  });
  it("loses no peak", () => {
    const { columns } = lane.sample({ from: 0, to: seconds * 1e6 }, 500);
    const scores = frames.flatMap((f) => f.faces.flatMap((face) => face.score ?? []));
    expect(Math.max(...columns.map((c) => c.high))).toBe(Math.max(...scores));
    expect(Math.min(...columns.map((c) => c.low))).toBe(Math.min(...scores));
    expect(columns.length).toBeLessThanOrEqual(502);
  });
  it("shows single points when there is room", () => {
    const few = lanesOf(clip([0.1, 0.2, 0.3])).all()[0]?.sample({ from: 0, to: 2 * STEP }, 100).columns;
    expect(few?.map((c) => [c.x, c.mean])).toEqual([[0, 0.1], [50, 0.2], [100, 0.3]]);
  });
  it("finds the score near a time, not beyond its reach", () => {
    expect(lanesOf(clip([0.1, 0.7])).all()[0]?.near(190_000, STEP)).toBe(0.7);
    expect(lanesOf(clip([0.1, 0.7])).all()[0]?.near(9e6, STEP)).toBeNull();
  });
});

it("takes the usual step from the run or from the frames", () => {
  expect(usualStep([], 5)).toBe(200_000);
  expect(usualStep(clip([0, 0, 0, 0]), null)).toBe(STEP);
  expect(usualStep([], null)).toBe(200_000);
});
