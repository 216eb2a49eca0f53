// One thing to look at, whether it is still being examined or was examined long ago.
import type { AnalysisView, FileFacts, FramePoint, MediaFacts, ModelView, Person, Threshold } from "../../ipc/bindings";
import type { JobState } from "../../lib/job";
import { usualStep } from "../../lib/lanes";
import type { Span } from "../../lib/view";

export type Seen = { track: number; firstUs: number; lastUs: number; crops: number; usable: number; person: Person | null };

export type Subject = {
  /** Start of the paths of its pictures. */
  pictures: string;
  name: string;
  file: FileFacts | null;
  media: MediaFacts | null;
  still: boolean;
  frames: FramePoint[];
  whole: Span;
  stepUs: number;
  thresholds: Threshold[];
  view: AnalysisView | null;
  job: JobState | null;
};

export function storedSubject(view: AnalysisView): Subject {
  return { pictures: `analysis/${view.id}`, name: view.name, view, job: null, thresholds: view.thresholds, ...common(view.file, view.frames, view.run.fps) };
}

export function liveSubject(queueId: number, name: string, job: JobState, models: ModelView[]): Subject {
  const known = job.kind === "idle" ? { file: null, frames: [] } : job;
  // Those that look twice have said nothing yet.
  const thresholds = models.flatMap((m) => (m.isScoring && !m.secondLook && m.chosen && m.threshold ? [m.threshold] : []));
  return { pictures: `job/${queueId}`, name, view: null, job, thresholds, ...common(known.file, known.frames, null) };
}

function common(file: FileFacts | null, frames: FramePoint[], fps: number | null) {
  const media = file?.media ?? null;
  const to = Math.max(media?.duration_us ?? 0, frames.at(-1)?.ptsUs ?? 0, 1);
  return { file, media, frames, still: file?.kind === "image", whole: { from: 0, to }, stepUs: usualStep(frames, fps) };
}

/** The people in order of their number: as concluded, or as seen so far. */
export function peopleOf(subject: Subject, seen: Omit<Seen, "person">[]): Seen[] {
  if (!subject.view) return seen.map((s) => ({ ...s, person: null }));
  return subject.view.people.map((p) => ({ track: p.track, firstUs: p.first_us, lastUs: p.last_us, crops: p.crops, usable: p.usable_crops, person: p }));
}
