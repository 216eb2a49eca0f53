// Invented recordings: who is in them, when, and what a detector would say. No real person, no real file.
import type { FacePoint, FramePoint, Reason } from "../bindings";

export type Cast = {
  track: number;
  shirt: string;
  present: [number, number][]; // seconds
  unusable?: { from: number; to: number; reasons: Reason[] }[];
  score: (s: number) => number;
  box: (s: number) => [number, number, number, number];
};
export type Scene = { name: string; folder: string; seconds: number; fps: number; sampled: number; width: number; height: number; cuts: number[]; cast: Cast[]; codec: string; bytes: number };

const sway = (x: number, y: number, w: number, phase: number) => (s: number): [number, number, number, number] =>
  [x + 18 * Math.sin(s / 3 + phase), y + 8 * Math.sin(s / 2.1 + phase), w, w * 1.2];

/** Small, repeatable noise in [-1, 1]. */
export function noise(seed: number): number {
  const x = Math.sin(seed * 127.1 + 311.7) * 43758.5453;
  return (x - Math.floor(x)) * 2 - 1;
}

const bump = (s: number, from: number, to: number, by: number): number => (s > from && s < to ? by : 0);

export const harbour: Scene = {
  name: "clip_2211_portside.mp4", folder: "Harbour statement", seconds: 48, fps: 25, sampled: 5, width: 1280, height: 720, codec: "h264", bytes: 18_400_000,
  cuts: [10, 21, 33, 40],
  cast: [
    { track: 0, shirt: "#4a3540", present: [[0, 48]], unusable: [{ from: 30, to: 31.6, reasons: ["turnedAway"] }], score: (s) => 0.12 + 0.05 * Math.sin(s / 3.4) + 0.04 * noise(s), box: sway(310, 210, 200, 0) },
    { track: 1, shirt: "#2f4258", present: [[6, 44]], score: (s) => 0.24 + bump(s, 14, 33, 0.71) + 0.03 * Math.sin(s / 1.6) + 0.03 * noise(s + 50), box: sway(735, 225, 200, 2) },
    { track: 2, shirt: "#3f4a38", present: [[36, 40]], unusable: [{ from: 36, to: 39.4, reasons: ["tooSmall", "turnedAway"] }], score: (s) => 0.6 + 0.12 * Math.sin(s * 2), box: sway(1090, 330, 74, 4) },
  ],
};

export const rally: Scene = {
  name: "rally-forwarded.mp4", folder: "Downloads", seconds: 22, fps: 30, sampled: 5, width: 640, height: 360, codec: "h264", bytes: 1_900_000,
  cuts: [12],
  cast: [{ track: 0, shirt: "#4a4535", present: [[0, 22]], unusable: [{ from: 4, to: 11, reasons: ["overCompressed", "blurred"] }], score: (s) => 0.5 + 0.15 * Math.sin(s / 2) + 0.05 * noise(s), box: sway(250, 90, 110, 1) }],
};

export const portrait: Scene = {
  name: "IMG_4471.heic", folder: "Card reader", seconds: 0, fps: 1, sampled: 1, width: 1024, height: 1024, codec: "hevc", bytes: 2_300_000,
  cuts: [],
  cast: [{ track: 0, shirt: "#355048", present: [[0, 0]], score: () => 0.08, box: () => [360, 260, 300, 360] }],
};

export const podium: Scene = {
  name: "0047_podium.mp4", folder: "press-folder", seconds: 190, fps: 25, sampled: 5, width: 1920, height: 1080, codec: "hevc", bytes: 96_000_000,
  cuts: [28, 61, 64, 110, 152],
  cast: [
    { track: 0, shirt: "#3a3f58", present: [[0, 61], [64, 190]], unusable: [{ from: 82, to: 90, reasons: ["cutOff"] }], score: (s) => 0.16 + 0.06 * Math.sin(s / 9) + 0.05 * noise(s), box: sway(800, 260, 300, 0) },
    { track: 1, shirt: "#583a3a", present: [[20, 152]], unusable: [{ from: 40, to: 55, reasons: ["turnedAway", "blurred"] }], score: (s) => 0.32 + bump(s, 70, 96, 0.62) + 0.05 * noise(s + 9), box: sway(1400, 380, 190, 3) },
  ],
};

const within = (s: number, spans: [number, number][]): boolean => spans.some(([a, b]) => s >= a && s <= b);

/** Every examined frame of a scene. */
export function framesOf(scene: Scene): FramePoint[] {
  const count = scene.seconds === 0 ? 1 : Math.floor(scene.seconds * scene.sampled);
  let next = 0;
  return Array.from({ length: count }, (_, i) => {
    const s = i / scene.sampled;
    const cut = next < scene.cuts.length && s >= (scene.cuts[next] as number);
    if (cut) next += 1;
    return { frame: Math.round(s * scene.fps), ptsUs: Math.round(s * 1e6), cut, faces: facesAt(scene, s) };
  });
}

function facesAt(scene: Scene, s: number): FacePoint[] {
  return scene.cast.filter((c) => within(s, c.present)).map((c) => {
    const bad = c.unusable?.find((u) => s >= u.from && s <= u.to);
    return { track: c.track, rect: c.box(s), score: bad ? null : Math.min(0.99, Math.max(0.01, c.score(s))), usable: !bad, reasons: bad ? bad.reasons : [] };
  });
}

/** A long recording for measuring the timeline: `points` scores shared between `people`. */
export function longFrames(points: number, people: number): { frames: FramePoint[]; seconds: number } {
  const count = Math.ceil(points / people);
  const frames = Array.from({ length: count }, (_, i): FramePoint => ({
    frame: i, ptsUs: i * 40_000, cut: i > 0 && i % 900 === 0,
    faces: Array.from({ length: people }, (_, track): FacePoint => {
      const usable = (i + track * 700) % 5000 > 220;
      const high = (i + track * 1300) % 9000 < 700 ? 0.6 : 0;
      return { track, rect: [200 + track * 260, 220, 180, 216], usable, score: usable ? 0.2 + high + 0.12 * noise(i + track * 7) : null, reasons: usable ? [] : ["blurred"] };
    }),
  }));
  return { frames, seconds: count * 0.04 };
}
