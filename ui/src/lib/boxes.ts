// Where the faces are at a time between examined frames: moved evenly from one examined frame to the next of the same
// shot, for the eye to follow. Only examined frames carry scores.
import type { FacePoint, FramePoint } from "../ipc/bindings";
import { lowerBound } from "./search";

export type Box = { track: number; rect: [number, number, number, number]; usable: boolean; score: number | null };

export function boxesAt(frames: FramePoint[], us: number, reachUs: number): Box[] {
  const after = lowerBound(us, 0, frames.length, (i) => (frames[i] as FramePoint).ptsUs);
  const next = frames[after] ?? null;
  const before = frames[next?.ptsUs === us ? after : after - 1] ?? null;
  if (!before || us - before.ptsUs > reachUs) return [];
  if (!next || next === before || next.cut || next.ptsUs - before.ptsUs > reachUs) return before.faces.map(box);
  const share = (us - before.ptsUs) / (next.ptsUs - before.ptsUs);
  return before.faces.map((face) => {
    const to = next.faces.find((f) => f.track === face.track);
    return to ? { ...box(face), rect: between(face.rect, to.rect, share) } : box(face);
  });
}

const box = (f: FacePoint): Box => ({ track: f.track, rect: f.rect, usable: f.usable, score: f.score });

function between(a: FacePoint["rect"], b: FacePoint["rect"], share: number): FacePoint["rect"] {
  const mix = (i: 0 | 1 | 2 | 3): number => a[i] + (b[i] - a[i]) * share;
  return [mix(0), mix(1), mix(2), mix(3)];
}

/** The largest rectangle of the picture's shape inside the stage, centred. */
export function contain(picture: { width: number; height: number }, stage: { width: number; height: number }) {
  const scale = Math.min(stage.width / Math.max(1, picture.width), stage.height / Math.max(1, picture.height));
  const [width, height] = [picture.width * scale, picture.height * scale];
  return { x: (stage.width - width) / 2, y: (stage.height - height) / 2, width, height, scale };
}

/** Four corners of a rectangle as one SVG path. */
export function corners([x, y, w, h]: Box["rect"], arm: number): string {
  const a = Math.min(arm, w / 3, h / 3);
  const [r, b] = [x + w, y + h];
  return `M${x} ${y + a}V${y}H${x + a}M${r - a} ${y}H${r}V${y + a}M${r} ${b - a}V${b}H${r - a}M${x + a} ${b}H${x}V${b - a}`;
}
