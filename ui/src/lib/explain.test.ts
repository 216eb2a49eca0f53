import { describe, expect, it } from "vitest";
import type { AnalysisView, Explanation, Stability } from "../ipc/bindings";
import { bars, firstExplained, heaviest, mapsAt, otherSteps } from "./explain";

const explanation = (patch: Partial<Explanation> = {}): Explanation => ({
  track: 0, frame: 1, pts_us: 1000, model: "m", logit: 1, score: 0.9, crop: [0, 0, 9, 9], method: "gradCam", peak: 1, picture: null, regions: null,
  faithfulness: { area: 0.15, fall: 1, median_random_fall: 0, random: 39, beaten: 39, p: 0.025, shown: true }, ...patch,
});

describe("explanations", () => {
  it("lie over the very frame they are about, and only when the map may be shown", () => {
    const all = [explanation({ model: "other" }), explanation(), explanation({ pts_us: 9000 }), explanation({ peak: 0 }), explanation({ faithfulness: { ...explanation().faithfulness, shown: false } })];
    expect(mapsAt(all, 1001, "m").map((p) => p.place)).toEqual([1]);
    expect(mapsAt(all, 5000, "m")).toEqual([]);
  });

  it("rank regions by how far they move the score, either way", () => {
    const e = explanation({ regions: { logit: 1, logit_removed: 0, shares: [{ region: "eyes", logit: 0.5, area: 0.1 }, { region: "nose", logit: -2, area: 0.1 }, { region: "mouth", logit: 1, area: 0.1 }] } });
    expect(bars(e).map((b) => [b.region, b.share])).toEqual([["nose", -1], ["mouth", 0.5], ["eyes", 0.25]]);
    expect(heaviest(e)?.region).toBe("mouth");
    expect(heaviest(explanation({ regions: { logit: 0, logit_removed: 0, shares: [{ region: "eyes", logit: -1, area: 1 }] } }))).toBeNull();
  });

  it("begin with the person about whom most is said", () => {
    const person = (track: number, code: string, score: number) => ({ track, score, verdict: { code } });
    const view = { explanations: [explanation({ track: 0 }), explanation({ track: 1 }), explanation({ track: 2 })], people: [person(0, "noIndication", 0.1), person(1, "inconclusive", 0.6), person(2, "inconclusive", 0.7), person(3, "suspected", 0.9)] } as unknown as AnalysisView;
    expect(firstExplained(view)?.track).toBe(2);
  });

  it("name the steps that change the answer", () => {
    const rung = (name: string, code: string) => ({ rung: name, code, logit: 0, score: 0.5 });
    const s = { rungs: [rung("native", "suspected"), rung("jpeg75", "suspected"), rung("side512", "inconclusive")] } as unknown as Stability;
    expect(otherSteps(s).map((r) => r.rung)).toEqual(["side512"]);
  });
});
