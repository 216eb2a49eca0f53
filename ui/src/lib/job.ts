// What is known of one running analysis. A job ends exactly once: done, failed or cancelled.
import type { FileFacts, FramePoint, ItemError, JobEvent, Progress } from "../ipc/bindings";

type Gathered = { file: FileFacts | null; frames: FramePoint[] };

export type JobState =
  | { kind: "idle" }
  | ({ kind: "running"; progress: Progress | null; secondsLeft: number | null } & Gathered)
  | ({ kind: "done"; analysis: number } & Gathered)
  | ({ kind: "failed"; error: ItemError } & Gathered)
  | ({ kind: "cancelled" } & Gathered);

export const idle: JobState = { kind: "idle" };

export function reduceJob(state: JobState, event: JobEvent): JobState {
  if (event.type === "started") return { ...running(idle), file: event.file };
  if (state.kind === "done" || state.kind === "failed" || state.kind === "cancelled") return state;
  switch (event.type) {
    case "progress":
      return { ...running(state), progress: event.progress, secondsLeft: event.secondsLeft };
    case "frames": {
      const now = running(state);
      return { ...now, frames: merge(now.frames, event.frames) };
    }
    case "finished":
      return { kind: "done", analysis: event.analysis, ...gathered(state) };
    case "failed":
      return { kind: "failed", error: event.error, ...gathered(state) };
    case "cancelled":
      return { kind: "cancelled", ...gathered(state) };
  }
}

/** Share of the present stage, from 0 to 1; null while its length is unknown. */
export function fraction(progress: Progress | null): number | null {
  if (!progress || progress.total === null || progress.total <= 0) return null;
  return Math.min(1, progress.done / progress.total);
}

function running(state: JobState): Extract<JobState, { kind: "running" }> {
  return state.kind === "running" ? state : { kind: "running", progress: null, secondsLeft: null, file: null, frames: [] };
}

function gathered(state: JobState): Gathered {
  return state.kind === "idle" ? { file: null, frames: [] } : { file: state.file, frames: state.frames };
}

/** Frames come in order; a replay after a reconnect may repeat some, which are left out. */
function merge(known: FramePoint[], more: FramePoint[]): FramePoint[] {
  const last = known.at(-1)?.ptsUs ?? -Infinity;
  return known.concat(more[0] && more[0].ptsUs > last ? more : more.filter((f) => f.ptsUs > last));
}
