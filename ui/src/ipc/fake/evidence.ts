// Invented explanations, ladders, known samples and packages.
import type { AnalysisView, Control, Explanation, FaceRegion, PackageCheck, Rung, Stability, VerdictCode } from "../bindings";

const REGIONS: FaceRegion[] = ["eyes", "brows", "nose", "mouth", "cheeksAndJaw", "forehead", "hairAndBorder", "background"];
const SHARES = [0.31, 0.05, -0.22, 1.84, 0.96, -0.41, 0.38, 0.02];

/** Two moments of each person that was examined; the second map of each is withheld. */
export function explanationsOf(view: AnalysisView): Explanation[] {
  return view.people.filter((p) => p.usable_crops > 2).flatMap((p) => {
    const own = view.frames.flatMap((f) => f.faces.flatMap((face) => (face.track === p.track && face.score !== null ? [{ f, face, score: face.score }] : [])));
    const first = own.reduce((best, one) => (one.score > best.score ? one : best));
    const second = own.find((one) => Math.abs(one.f.ptsUs - first.f.ptsUs) > 2e6);
    return [first, ...(second ? [second] : [])].map(({ f, face, score }, i): Explanation => {
      const [x, y, w, h] = face.rect;
      const beaten = i === 0 ? 39 : 21;
      return {
        track: p.track, frame: f.frame, pts_us: f.ptsUs, model: "manipulated-faces", logit: i === 0 ? 3.1 : 2.2, score, crop: [x - w * 0.2, y - (w * 1.4 - h) / 2, w * 1.4, w * 1.4], method: i === 0 ? "gradCam" : "occlusion", peak: 1.62,
        faithfulness: { area: 0.15, fall: 2.1, median_random_fall: 0.3, random: 39, beaten, p: (40 - beaten) / 40, shown: beaten === 39 }, regions: { logit: 3.1, logit_removed: 0.17, shares: REGIONS.map((region, n) => ({ region, logit: SHARES[n] ?? 0, area: 0.125 })) }, picture: null,
      };
    });
  }).sort((a, b) => a.track - b.track || a.pts_us - b.pts_us);
}

const RUNGS: Rung[] = ["native", "jpeg75", "jpeg60", "jpeg40", "side768", "side512"];

export function stabilityOf(score: number): Stability {
  const rungs = RUNGS.map((rung, n) => ({ rung, logit: 3.1 - n * 0.1, score: Math.max(0, score - n * 0.035), code: (score - n * 0.035 >= 0.82 ? "suspected" : "inconclusive") as VerdictCode }));
  return { ladder: "ladder/1", model: "manipulated-faces", crops: 3, rungs, spread: 0.175, holds: true };
}

export const controls: Control[] = [
  { model: "manipulated-faces", sample: "coffee.jpg", generated: false, expected: -3.214, obtained: -3.214, tolerance: 0.01 },
  { model: "manipulated-faces", sample: "generated.png", generated: true, expected: 2.871, obtained: 2.8709, tolerance: 0.01 },
];

/** An untouched package; with the examined file at hand its numbers come out again. */
export function packageCheck(name: string, evidence: boolean): PackageCheck {
  return {
    name, problems: [], files: 12, made: "2026-11-21T14:02:00Z", application: "facefiction 0.2.0", fingerprint: "9f2c 41ab 77d0 1e3a 5b6c 0d91 22fe 84aa", ownKey: false, evidenceSha256: "ab".repeat(32),
    evidence: evidence ? { kind: "same", name: "clip_2211_portside.mp4" } : { kind: "absent" }, models: [{ id: "manipulated-faces", state: "same" }, { id: "mtcnn", state: "same" }],
    rerun: evidence ? { kind: "confirmed", logits: 412, largest: 0.00002, tolerance: 0.001 } : { kind: "notRun" },
  };
}
