// A queue that pretends to work: files become running, their frames trickle in, then they are done.
import type { FramePoint, ItemError, JobEvent, QueueCounts, QueueEvent, QueueRow, VerdictCode } from "../bindings";
import { answer, conclude } from "./library";
import { framesOf, podium, type Scene } from "./scenes";

type Listener<E> = (event: E) => void;
export type Finished = (row: QueueRow, scene: Scene, frames: FramePoint[]) => number;

export class FakeQueue {
  readonly rows = new Map<number, QueueRow>();
  paused = false;
  #next = 1;
  #jobs = new Map<number, { scene: Scene; frames: FramePoint[]; sent: number; log: JobEvent[]; listeners: Set<Listener<JobEvent>>; work?: { analysis: number; done: () => void } }>();
  #listeners = new Set<Listener<QueueEvent>>();
  #timer: ReturnType<typeof setInterval> | null = null;
  onFinished: Listener<QueueCounts> = () => undefined;

  constructor(private readonly finished: Finished, private readonly tickMs: number, private readonly stepFrames: number) {}

  add(name: string, folder: string, scene: Scene, patch: Partial<QueueRow> = {}): number {
    const id = this.#next++;
    const still = scene.seconds === 0;
    this.rows.set(id, {
      id, name, folder, kind: still ? "image" : "video", bytes: scene.bytes, state: "waiting", progress: null, analysis: null, verdict: null, people: null, seconds: null,
      durationUs: still ? null : scene.seconds * 1e6, error: null, addedAt: new Date().toISOString(), ...patch,
    });
    this.#jobs.set(id, { scene: { ...scene, name }, frames: [], sent: 0, log: [], listeners: new Set() });
    return id;
  }

  /** Further work on an analysis that is there already. */
  addWork(name: string, scene: Scene, analysis: number, done: () => void): number {
    const id = this.add(name, "Downloads", scene);
    const job = this.#jobs.get(id);
    if (job) job.work = { analysis, done };
    return id;
  }

  /** Many rows at once in every state, without pretending to examine them. */
  fill(count: number, doneShare: number): void {
    const verdicts: VerdictCode[] = ["noIndication", "noIndication", "noIndication", "inconclusive", "noIndication", "suspected", "noIndication", "noIndication", "inconclusive", "noIndication", "notExamined"];
    const names = ["balcony.mov", "interview_A.mp4", "interview_B.mp4", "crowd.jpg", "forwarded.3gp", "truncated.mp4", "podium.mp4", "podium_wide.mp4", "portrait.webp", "street.mkv", "press_room.mp4", "handheld.mov"];
    for (let i = 0; i < count; i++) {
      const name = `${String(i + 41).padStart(4, "0")}_${names[i % names.length]}`;
      const kind = /\.(jpg|webp)$/.test(name) ? "image" : "video";
      const base = { kind, durationUs: kind === "image" ? null : (20 + ((i * 37) % 170)) * 1e6 } as const;
      if (i >= count * doneShare) {
        this.add(name, "press-folder", podium, base);
        continue;
      }
      const seconds = kind === "image" ? 0.3 : 1.2 + ((i * 13) % 60) / 10;
      const code = verdicts[(i * 7 + 3) % verdicts.length] as VerdictCode;
      if (i % 12 === 5) this.add(name, "press-folder", podium, { ...base, state: "failed", seconds: 0.1, error: { code: "decodeFailed", message: "the file ends in the middle of its index; copy it again from its source" } });
      else
        this.add(name, "press-folder", podium, {
          ...base, state: i % 29 === 8 ? "skipped" : "done", seconds, analysis: 1, people: code === "notExamined" ? 0 : 1 + (i % 3),
          verdict: answer(code, { suspected: 0.91, inconclusive: 0.57, noIndication: 0.11, notExamined: null }[code], code === "inconclusive" ? [i % 2 ? "tooSmall" : "betweenThresholds"] : code === "notExamined" ? ["noFace"] : []),
        });
    }
  }

  counts(): QueueCounts {
    const counts: QueueCounts = { total: 0, waiting: 0, running: 0, paused: 0, done: 0, failed: 0, cancelled: 0, skipped: 0, byVerdict: [], secondsLeft: null, isPaused: this.paused };
    const verdicts = new Map<VerdictCode, number>();
    for (const row of this.rows.values()) {
      counts.total += 1;
      counts[row.state] += 1;
      if (row.verdict) verdicts.set(row.verdict.code, (verdicts.get(row.verdict.code) ?? 0) + 1);
    }
    counts.byVerdict = [...verdicts].map(([code, count]) => ({ code, count }));
    const left = counts.waiting + counts.running + counts.paused;
    counts.secondsLeft = left > 0 && counts.running > 0 ? Math.max(5, left * 2.4) : null;
    return counts;
  }

  watch(listener: Listener<QueueEvent>): () => void {
    this.#listeners.add(listener);
    queueMicrotask(() => listener({ type: "snapshot", rows: [...this.rows.values()], counts: this.counts() }));
    return () => void this.#listeners.delete(listener);
  }

  watchJob(id: number, listener: Listener<JobEvent>): () => void {
    const job = this.#jobs.get(id);
    if (!job) {
      queueMicrotask(() => listener({ type: "failed", error: { code: "notFound", message: "there is no such job" } }));
      return () => undefined;
    }
    queueMicrotask(() => job.log.forEach(listener));
    job.listeners.add(listener);
    return () => void job.listeners.delete(listener);
  }

  sceneOf = (id: number): Scene | null => this.#jobs.get(id)?.scene ?? null;

  start(): void {
    this.changed([...this.rows.values()].filter((r) => r.state === "waiting").slice(0, 50));
    this.#timer ??= setInterval(() => this.tick(), this.tickMs);
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
  }

  set(ids: number[], patch: Partial<QueueRow>, from: QueueRow["state"][]): void {
    const rows = ids.flatMap((id) => this.rows.get(id) ?? []).filter((r) => from.includes(r.state)).map((r) => ({ ...r, ...patch }));
    for (const row of rows) {
      this.rows.set(row.id, row);
      if (row.state === "cancelled") this.#tell(row.id, { type: "cancelled" });
    }
    this.changed(rows);
  }

  remove(ids: number[]): void {
    for (const id of ids) this.rows.delete(id);
    this.#emit({ type: "removed", ids, counts: this.counts() });
  }

  fail(id: number, error: ItemError): void {
    this.set([id], { state: "failed", error, progress: null }, ["waiting", "running"]);
    this.#tell(id, { type: "failed", error });
  }

  changed(rows: QueueRow[]): void {
    this.#emit({ type: "changed", rows, counts: this.counts() });
  }

  /** One step of work: the running file gets some frames, or the next one starts. */
  tick(): void {
    if (this.paused) return;
    const running = [...this.rows.values()].find((r) => r.state === "running");
    const row = running ?? [...this.rows.values()].find((r) => r.state === "waiting");
    if (!row) return this.stop();
    const job = this.#jobs.get(row.id);
    if (!job) return;
    if (!running) {
      job.frames = framesOf(job.scene);
      [job.sent, job.log] = [0, []];
      const media = { width: job.scene.width, height: job.scene.height, duration_us: job.scene.seconds ? job.scene.seconds * 1e6 : null, frame_rate: job.scene.seconds ? `${job.scene.fps}/1` : null, variable_frame_rate: false, codec: job.scene.codec, rotation: 0, damaged: false };
      this.#tell(row.id, { type: "started", file: { path: `/home/newsroom/${row.folder}/${row.name}`, bytes: row.bytes, sha256: null, kind: row.kind, media } });
    }
    const batch = job.frames.slice(job.sent, job.sent + this.stepFrames);
    job.sent += batch.length;
    const progress = { stage: "analysing" as const, done: job.sent, total: job.frames.length };
    this.#tell(row.id, { type: "frames", frames: batch });
    this.#tell(row.id, { type: "progress", progress, secondsLeft: ((job.frames.length - job.sent) / Math.max(1, this.stepFrames)) * (this.tickMs / 1000) });
    const done = job.sent >= job.frames.length;
    const next: QueueRow = { ...row, state: "running", progress, people: new Set(job.frames.slice(0, job.sent).flatMap((f) => f.faces.map((face) => face.track))).size };
    if (done) {
      const { verdict, people } = conclude(job.frames);
      job.work?.done();
      const analysis = job.work?.analysis ?? this.finished(row, job.scene, job.frames);
      Object.assign(next, { state: "done", progress: null, verdict, people: people.length, seconds: 4.2, analysis });
    }
    this.rows.set(row.id, next);
    this.changed([next]);
    if (done) this.#tell(row.id, { type: "finished", analysis: next.analysis as number });
    const counts = this.counts();
    if (done && counts.waiting + counts.running === 0) this.onFinished(counts);
  }

  #tell(id: number, event: JobEvent): void {
    const job = this.#jobs.get(id);
    job?.log.push(event);
    job?.listeners.forEach((listener) => listener(event));
  }

  #emit(event: QueueEvent): void {
    this.#listeners.forEach((listener) => listener(event));
  }
}
