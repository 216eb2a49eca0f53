import { describe, expect, it } from "vitest";
import type { FramePoint, Person, Threshold } from "../ipc/bindings";
import { bandOf, heightScale, thresholdOf } from "./bands";
import { boxesAt, contain, corners } from "./boxes";
import { dots } from "./dots";
import { lastAtMost, lowerBound, nearest } from "./search";

const high: Threshold = { model: "b", suspected: 0.92, noIndication: 0.27 };
const low: Threshold = { model: "a", suspected: 0.8, noIndication: 0.4 };

describe("bands", () => {
  it.each([[0.1, "noIndication"], [0.27, "inconclusive"], [0.9, "inconclusive"], [0.92, "suspected"]])("%f", (score, band) => expect(bandOf(score, high)).toBe(band));
  it("are equally high and rise with the score", () => {
    const height = heightScale(high);
    expect([0, 0.27, 0.92, 1].map((s) => height(s))).toEqual([0, 1 / 3, 2 / 3, 1]);
    expect(height(2)).toBe(1);
    for (let s = 0; s < 1; s += 0.01) expect(height(s + 0.01)).toBeGreaterThan(height(s));
  });
  it("are those of the detector that decides", () => {
    const scores = { a: { logit: 0, score: 0.3 }, b: { logit: 2, score: 0.95 } };
    const person: Person = { track: 0, first_us: 0, last_us: 0, crops: 9, usable_crops: 9, score: 0.95, verdict: { code: "suspected", strength: "limited", reasons: [], score: 0.95 }, segments: [], scores, fraction_above: 1, longest_run: 9 };
    expect(thresholdOf(person, [low, high])).toBe(high);
    expect(thresholdOf(null, [low, high])).toBe(low);
    expect(thresholdOf(person, [])).toBeNull();
  });
});

describe("boxes", () => {
  const frame = (ptsUs: number, x: number, cut = false): FramePoint => ({ frame: 0, ptsUs, cut, faces: [{ track: 0, rect: [x, 0, 10, 10], score: 0.5, usable: true, reasons: [] }] });
  const xs = (frames: FramePoint[], us: number) => boxesAt(frames, us, 500).map((b) => b.rect[0]);
  it("move evenly between examined frames", () => expect(xs([frame(0, 0), frame(200, 20)], 50)).toEqual([5]));
  it("are exact on an examined frame", () => expect(xs([frame(0, 0), frame(200, 20)], 200)).toEqual([20]));
  it("do not move across a cut", () => expect(xs([frame(0, 0), frame(200, 20, true)], 150)).toEqual([0]));
  it("vanish when nothing near was examined", () => {
    expect(xs([frame(0, 0)], 900)).toEqual([]);
    expect(xs([], 0)).toEqual([]);
    expect(xs([frame(100, 0)], 0)).toEqual([]);
  });
  it("lie on the picture wherever it is", () => expect(contain({ width: 100, height: 50 }, { width: 300, height: 300 })).toEqual({ x: 0, y: 75, width: 300, height: 150, scale: 3 }));
  it("have arms that never meet", () => expect(corners([0, 0, 30, 60], 24)).toContain("M0 10V0H10"));
});

describe("dots", () => {
  it("are one a sample and mark each wrong one", () => {
    const { marks, each } = dots(232, 2);
    expect([marks.length, marks.filter(Boolean).length, each]).toEqual([232, 2, 1]);
  });
  it("never hide a wrong suspicion when they stand for several", () => {
    const { marks, each } = dots(10_000, 1);
    expect(each).toBe(20);
    expect(marks.filter(Boolean)).toHaveLength(1);
  });
  it("manage with nothing", () => expect(dots(0, 0).marks).toEqual([]));
});

describe("search", () => {
  const sorted = [0, 10, 20, 20, 30];
  const at = (i: number): number => sorted[i] as number;
  it.each([[-5, 0], [0, 0], [5, 1], [20, 2], [31, 5]])("lower bound of %i", (wanted, index) => expect(lowerBound(wanted, 0, 5, at)).toBe(index));
  it.each([[-5, -1], [0, 0], [9, 0], [20, 3], [99, 4]])("last at most %i", (wanted, index) => expect(lastAtMost(wanted, 5, at)).toBe(index));
  it.each([[-5, 0], [4, 0], [6, 1], [99, 4]])("nearest to %i", (wanted, index) => expect(nearest(wanted, 5, at)).toBe(index));
  it("of nothing is nothing", () => expect(nearest(3, 0, at)).toBe(-1));
});
