import { describe, expect, it } from "vitest";
import type { FramePoint, JobEvent } from "../ipc/bindings";
import { fraction, idle, type JobState, reduceJob } from "./job";

const frame = (ptsUs: number): FramePoint => ({ frame: ptsUs, ptsUs, cut: false, faces: [] });
const frames = (...pts: number[]): JobEvent => ({ type: "frames", frames: pts.map(frame) });
const progress: JobEvent = { type: "progress", progress: { stage: "analysing", done: 3, total: 10 }, secondsLeft: 4 };
const play = (...events: JobEvent[]): JobState => events.reduce(reduceJob, idle);
const pts = (state: JobState): number[] => (state.kind === "idle" ? [] : state.frames.map((f) => f.ptsUs));

describe("a job", () => {
  it("gathers frames while it runs", () => {
    const state = play(progress, frames(0, 200), frames(400));
    expect(state.kind).toBe("running");
    expect(pts(state)).toEqual([0, 200, 400]);
  });
  it("leaves out what a replay repeats", () => expect(pts(play(frames(0, 200), frames(0, 200, 400)))).toEqual([0, 200, 400]));
  it("ends exactly once, and keeps what it had", () => {
    const done = play(frames(0), { type: "finished", analysis: 7 });
    expect(done).toMatchObject({ kind: "done", analysis: 7 });
    expect(pts(done)).toEqual([0]);
    for (const late of [progress, frames(200), { type: "cancelled" } as const, { type: "finished", analysis: 8 } as const]) expect(reduceJob(done, late)).toBe(done);
  });
  it.each([[{ type: "cancelled" } as const, "cancelled"], [{ type: "failed", error: { code: "empty", message: "m" } } as const, "failed"]])("%o is an end", (event, kind) => expect(play(progress, event).kind).toBe(kind));
  it("can begin again after an end", () => {
    const again = play(frames(0), { type: "cancelled" }, { type: "started", file: { path: "a", bytes: 1, sha256: null, kind: "image", media: null } });
    expect(again.kind).toBe("running");
    expect(pts(again)).toEqual([]);
  });
});

it("knows its share only when the length is known", () => {
  expect(fraction({ stage: "analysing", done: 3, total: 12 })).toBe(0.25);
  expect(fraction({ stage: "listing", done: 3, total: null })).toBeNull();
  expect(fraction({ stage: "listing", done: 0, total: 0 })).toBeNull();
  expect(fraction(null)).toBeNull();
});
