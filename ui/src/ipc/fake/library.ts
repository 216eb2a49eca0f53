// Invented models, analyses and cases.
import type { Alike, AnalysisView, FramePoint, ModelView, Person, Reason, Segment, Threshold, Verdict, VerdictCode } from "../bindings";
import { controls, stabilityOf } from "./evidence";
import { framesOf, harbour, longFrames, portrait, rally, type Scene } from "./scenes";

export const swapped: Threshold = { model: "manipulated-faces", suspected: 0.82, noIndication: 0.38 };
export const generated: Threshold = { model: "generated-faces", suspected: 0.92, noIndication: 0.27 };

const hash = (seed: string): string => {
  let [a, b] = [0x811c9dc5, 0x1234567];
  let out = "";
  for (let i = 0; i < 64; i++) {
    a = Math.imul(a ^ seed.charCodeAt(i % seed.length) ^ i, 16777619) >>> 0;
    b = (b + a) >>> 0;
    out += (b & 15).toString(16);
  }
  return out;
};

const counts = { nReal: 232, falseAlarms: 2, nFake: 190, found: 131, unit: "by source video or photograph, never by frame", measuredOn: "Recordings and stills that no detector was trained on" };

export const models: ModelView[] = [
  {
    id: "manipulated-faces", name: "Manipulated faces", version: "1.0.0", task: "faceManipulation", architecture: "mobilenet-v2", licence: "MIT OR Apache-2.0",
    source: "Trained by this project", trainedOn: "4,812 stills of 640 recordings: self-blended faces and two families of swapped faces", notFor: "Faces drawn by a generator; edits outside the face; faces under 64 pixels; anything as the only ground for a publication",
    trained: "2026-11-21", expires: "2027-11-21", sha256: hash("swapped"), bytes: 9_067_076, state: "verified", detail: null, isScoring: true, chosen: true, secondLook: false, builtIn: true,
    validation: { model: "manipulated-faces", ...counts }, threshold: swapped, figures: (["roc", "reliability", "confusion", "tiers", "training"] as const).map((kind) => ({ kind, url: `model/e9386d4cdf97a55a/${kind}` })),
  },
  {
    id: "generated-faces", name: "Generated faces", version: "1.0.0", task: "faceSynthesis", architecture: "mobilenet-v2", licence: "MIT OR Apache-2.0",
    source: "Trained by this project", trainedOn: "6,463 stills (3,339 generated, 3,124 real). No video", notFor: "Faces of generators unlike those it saw; composites and retouched photos; videos",
    trained: "2026-11-21", expires: "2027-11-21", sha256: hash("generated"), bytes: 9_067_076, state: "verified", detail: null, isScoring: true, chosen: true, secondLook: false, builtIn: true,
    validation: { model: "generated-faces", ...counts, falseAlarms: 0, nFake: 290, found: 94 }, threshold: generated, figures: [],
  },
  {
    id: "older-swap", name: "Swapped faces, 2024", version: "0.3.0", task: "faceManipulation", architecture: "resnet-18", licence: "Apache-2.0", source: "Imported by you", trainedOn: "Faces of one public research set", notFor: "Recordings of later than 2024",
    trained: "2024-06-02", expires: "2025-06-02", sha256: hash("older"), bytes: 44_700_000, state: "expired", detail: null, isScoring: true, chosen: false, secondLook: false, builtIn: false, validation: null, threshold: { model: "older-swap", suspected: 0.9, noIndication: 0.4 }, figures: [],
  },
  {
    id: "deep-manipulation", name: "Manipulated faces, second look", version: "1.0.0", task: "faceManipulation", architecture: "clip-vit-b16", licence: "MIT OR Apache-2.0", source: "Trained by this project on a public encoder", trainedOn: "8,000 stills", notFor: "Faces drawn by a generator",
    trained: "2026-11-30", expires: "2027-11-30", sha256: hash("deep"), bytes: 27_900, state: "verified", detail: null, isScoring: true, chosen: false, secondLook: true, builtIn: true, validation: null, threshold: { model: "deep-manipulation", suspected: 0.93, noIndication: 0.3 }, figures: [],
  },
  {
    id: "mtcnn", name: "MTCNN", version: "1.0", task: "faceDetection", architecture: "mtcnn", licence: "MIT", source: "Public package, converted", trainedOn: "Public sets of faces in everyday scenes", notFor: "Recognising who somebody is",
    trained: "2018-01-01", expires: "2031-12-31", sha256: hash("mtcnn"), bytes: 1_980_000, state: "verified", detail: null, isScoring: false, chosen: true, secondLook: false, builtIn: true, validation: null, threshold: null, figures: [],
  },
  {
    id: "face-mesh", name: "Face mesh of 468 points", version: "0.10.21", task: "faceLandmarks", architecture: "face-mesh", licence: "Apache-2.0", source: "Public package, converted", trainedOn: "Not stated in the package", notFor: "Recognising who somebody is; judging expression, health or age",
    trained: "2025-01-31", expires: "2031-12-31", sha256: hash("mesh"), bytes: 1_219_154, state: "verified", detail: null, isScoring: false, chosen: true, secondLook: false, builtIn: true, validation: null, threshold: null, figures: [],
  },
];

type Answer = { verdict: Verdict; people: Person[] };

export const answer = (code: VerdictCode, score: number | null, reasons: Reason[] = []): Verdict =>
  ({ code, strength: code === "suspected" ? "moderate" : null, reasons, score });

/** What a scan would conclude from these frames; enough of the policy to look right. */
export function conclude(frames: FramePoint[]): Answer {
  const byTrack = new Map<number, { pts: number; score: number | null; reasons: Reason[] }[]>();
  for (const f of frames)
    for (const face of f.faces) {
      const seen = byTrack.get(face.track) ?? [];
      seen.push({ pts: f.ptsUs, score: face.score, reasons: face.reasons });
      byTrack.set(face.track, seen);
    }
  const people = [...byTrack].map(([track, seen]) => personOf(track, seen, frames.length === 1)).sort((a, b) => a.track - b.track);
  const order: VerdictCode[] = ["suspected", "inconclusive", "noIndication", "notExamined"];
  const first = [...people].sort((a, b) => order.indexOf(a.verdict.code) - order.indexOf(b.verdict.code) || b.crops - a.crops)[0];
  return { verdict: first ? first.verdict : answer("notExamined", null, ["noFace"]), people };
}

function personOf(track: number, seen: { pts: number; score: number | null; reasons: Reason[] }[], still: boolean): Person {
  const usable = seen.filter((s) => s.score !== null);
  const segments: Segment[] = [];
  let open: Segment | null = null;
  for (const s of seen) {
    if (s.score === null || s.score < swapped.suspected) open = null;
    else if (open) [open.end_us, open.peak] = [s.pts, Math.max(open.peak, s.score)];
    else segments.push((open = { start_us: s.pts, end_us: s.pts, peak: s.score, model: swapped.model }));
  }
  const long = segments.filter((s) => s.end_us - s.start_us >= 1e6);
  const peak = Math.max(0, ...long.map((s) => s.peak));
  const mean = usable.reduce((sum, s) => sum + (s.score as number), 0) / Math.max(1, usable.length);
  const why = [...new Set(seen.flatMap((s) => s.reasons))];
  const verdict =
    usable.length < 8 && !still ? answer("inconclusive", usable.length ? mean : null, ["tooFewUsableFaces", ...why])
    : long.length > 0 ? answer("suspected", peak)
    : mean < swapped.noIndication ? answer("noIndication", mean)
    : answer("inconclusive", mean, ["betweenThresholds", ...why.slice(0, 1)]);
  const scores = verdict.score === null ? {} : { [swapped.model]: { logit: 0, score: verdict.score } };
  // The document has more than the window reads.
  const further = { fraction_above: null, longest_run: 0 };
  const stability = verdict.code === "suspected" ? stabilityOf(peak) : null;
  return { ...further, stability, track, first_us: seen[0]?.pts ?? 0, last_us: seen.at(-1)?.pts ?? 0, crops: seen.length, usable_crops: usable.length, score: verdict.score, verdict, segments: long, scores };
}

/** Of one method only: the other one brings no tables. */
function alikeOf(tracks: number[]): Alike[] {
  if (tracks.length === 0) return [];
  const { model } = swapped;
  return [
    { model, dimension: "faceSize", from: 128, to: 192, tracks: tracks.slice(0, 1), nReal: 212, falseAlarms: 1, nFake: 198, found: 61 },
    ...(tracks.length > 1 ? [{ model, dimension: "faceSize" as const, from: 256, to: 384, tracks: tracks.slice(1), nReal: 229, falseAlarms: 1, nFake: 213, found: 71 }] : []),
    { model, dimension: "sharpness", from: 0.06, to: 0.12, tracks, nReal: 140, falseAlarms: 2, nFake: 133, found: 48 },
    { model, dimension: "blockiness", from: null, to: 1.05, tracks, nReal: 301, falseAlarms: 3, nFake: 0, found: 0 },
  ];
}

export function analysisOf(id: number, scene: Scene, frames: FramePoint[], caseId: number | null, started: string): AnalysisView {
  const still = scene.seconds === 0;
  return {
    id, caseId, name: scene.name, ...conclude(frames), integrity: "checking", frames, note: "", refined: [], explanations: [], decidedOnSome: [], error: null, thresholds: [swapped, generated],
    file: {
      path: `/home/newsroom/${scene.folder}/${scene.name}`, bytes: scene.bytes, sha256: hash(scene.name), kind: still ? "image" : "video",
      media: { width: scene.width, height: scene.height, duration_us: still ? null : scene.seconds * 1e6, frame_rate: still ? null : `${scene.fps}/1`, variable_frame_rate: false, codec: scene.codec, rotation: 0, damaged: false },
    },
    models: models.filter((m) => m.isScoring && m.chosen).map(({ id: model, task, architecture, sha256 }) => ({ id: model, task, architecture, sha256 })),
    validations: models.flatMap((m) => (m.validation && m.chosen ? [m.validation] : [])),
    alike: alikeOf(conclude(frames).people.map((p) => p.track)),
    run: { app: "facefiction 0.2.0", device: "cpu", threads: 8, fps: still ? null : scene.sampled, started, seconds: 6.2, warnings: [], controls },
  };
}

export function longAnalysis(id: number, points: number, people: number): AnalysisView {
  const { frames, seconds } = longFrames(points, people);
  const scene: Scene = { ...harbour, name: "assembly_recording.mp4", seconds, sampled: 25, cuts: [] };
  return { ...analysisOf(id, scene, frames, null, "2026-11-20T09:00:00Z"), run: { app: "facefiction 0.2.0", device: "cpu", threads: 8, fps: 25, started: "2026-11-20T09:00:00Z", seconds: 900, warnings: [] } };
}

export const scenes: Scene[] = [harbour, portrait, rally];
export const frames = { harbour: framesOf(harbour), portrait: framesOf(portrait), rally: framesOf(rally) };
