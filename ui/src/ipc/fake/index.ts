// A whole backend in memory, for tests and for `npm run dev`. Never part of the window that is shipped.
import type { Backend, OnErrand } from "../backend";
import type { AnalysisSummary, AnalysisView, AppInfo, CaseView, CommandError, Integrity, ModelView, PackageCheck, QueueCounts, Selection, Settings } from "../bindings";
import { explanationsOf, packageCheck } from "./evidence";
import { analysisOf, frames, longAnalysis, models } from "./library";
import * as pictures from "./pictures";
import { FakeQueue } from "./queue";
import { harbour, podium, portrait, rally, type Scene } from "./scenes";
import * as texts from "./texts";

export type FakeOptions = {
  library?: "full" | "empty";
  settings?: Partial<Settings>;
  /** Rows already in the queue. */
  queued?: number;
  tickMs?: number;
  stepFrames?: number;
  integrity?: Integrity;
  problem?: CommandError | null;
  /** As right after the start, before the models are loaded. */
  loading?: boolean;
  /** Points of a long analysis with id 99. */
  longPoints?: number;
  now?: Date;
  /** Files held over the window from the start. */
  hover?: Selection;
  /** Reports, packages and checks end when this does. */
  errands?: Promise<void>;
  /** What the check of a package finds. */
  check?: Partial<PackageCheck>;
  /** Analyses say from the start where the detectors looked. */
  explained?: boolean;
  /** What the slow methods need is not there. */
  withoutEncoder?: boolean;
  /** People of every analysis whose verdict rests on a second look. */
  decidedOnSome?: number[];
};

export interface Fake extends Backend {
  readonly queue: FakeQueue;
  /** The models have been loaded, or could not be. */
  tellInfo(patch: Partial<AppInfo>): void;
  hover(selection: Selection | null): void;
  drop(selection: Selection): void;
  /** Every call that changes something, in order. */
  readonly calls: [string, ...unknown[]][];
  failNext(command: keyof Backend, error: CommandError): void;
}

export const someSelection = (patch: Partial<Selection> = {}): Selection => ({ id: 1, package: null, names: [harbour.name], images: 0, videos: 1, folders: 0, more: false, skipped: [], skippedCount: 0, ...patch });

const summary = (a: AnalysisView): AnalysisSummary => ({ id: a.id, caseId: a.caseId, name: a.name, kind: a.file.kind, verdict: a.verdict, people: a.people.length, durationUs: a.file.media?.duration_us ?? null, analysedAt: a.run.started, error: a.error });

export function createFake(options: FakeOptions = {}): Fake {
  const now = options.now ?? new Date();
  const before = (minutes: number): string => new Date(now.getTime() - minutes * 60_000).toISOString();
  const full = options.library !== "empty";
  const analyses = new Map<number, AnalysisView>();
  const sceneOfAnalysis = new Map<number, Scene>();
  const cases = new Map<number, Omit<CaseView, "analyses">>();
  const installed: ModelView[] = models.map((m) => ({ ...m, state: m.secondLook && options.withoutEncoder ? "noEncoder" : m.state }));
  const calls: Fake["calls"] = [];
  const failures = new Map<string, CommandError>();
  const listeners = { info: new Set<(i: AppInfo) => void>(), hover: new Set<(s: Selection | null) => void>(), drop: new Set<(s: Selection) => void>(), finished: new Set<(c: QueueCounts) => void>() };
  const selections = new Map<number, Selection>();
  let nextAnalysis = 1;
  let settings: Settings = { language: "system", theme: "system", device: "auto", threads: null, sampling: { kind: "fromCard" }, faceFinder: "mtcnn", detectors: [], secondLook: false, history: true, explained: full, ...options.settings };
  let libraryFolder = "/home/newsroom/.local/share/facefiction";

  const keep = (scene: Scene, points: typeof frames.harbour, caseId: number | null, started: string): number => {
    const id = nextAnalysis++;
    analyses.set(id, { ...analysisOf(id, scene, points, caseId, started), integrity: options.integrity ?? "unchanged" });
    sceneOfAnalysis.set(id, scene);
    const kept = analyses.get(id);
    if (kept && options.explained) kept.explanations = explanationsOf(kept);
    return id;
  };
  const queue = new FakeQueue((row, scene, points) => keep({ ...scene, name: row.name, folder: row.folder }, points, null, new Date().toISOString()), options.tickMs ?? 120, options.stepFrames ?? 5);
  queue.onFinished = (counts) => listeners.finished.forEach((l) => l(counts));

  if (full) {
    keep(harbour, frames.harbour, 1, before(12));
    keep(portrait, frames.portrait, null, before(60 * 26));
    keep(rally, frames.rally, 1, before(60 * 27));
    cases.set(1, { id: 1, name: "Harbour statement", note: "Clip reached the desk on Tuesday through the tip line. Asked the sender for the original file; the harbour office confirms the date but not the speaker.", createdAt: before(60 * 24 * 5), updatedAt: before(12) });
    cases.set(2, { id: 2, name: "Rally, Saturday", note: "", createdAt: before(60 * 24 * 9), updatedAt: before(60 * 24 * 2) });
    const first = analyses.get(1) as AnalysisView;
    first.note = "The speaker’s jaw looks soft from 0:14 on. Compare with the agency’s own recording.";
  }
  if (options.longPoints) {
    analyses.set(99, { ...longAnalysis(99, options.longPoints, 4), integrity: "unchanged" });
    sceneOfAnalysis.set(99, harbour);
  }
  if (options.queued) {
    queue.fill(options.queued, 0.62);
    queue.start();
  }

  const info = (): AppInfo => ({ version: "0.2.0", systemLanguage: "en", settings, deviceInUse: options.loading ? "" : settings.device === "cuda" ? "cuda" : "cpu", threadsInUse: options.loading ? 0 : (settings.threads ?? 8), processors: 8, libraryFolder, problem: options.problem ?? null });

  const done = <R>(command: keyof Backend, value: () => R, ...args: unknown[]): Promise<R> => {
    if (args.length > 0) calls.push([command, ...args]);
    const failure = failures.get(command);
    failures.delete(command);
    return failure ? Promise.reject(failure) : Promise.resolve().then(value);
  };
  const shown = new Set<number>();
  let nextErrand = 1;
  const errand = <R>(command: keyof Backend, listener: OnErrand, value: () => R, ...args: unknown[]): Promise<R> => {
    listener({ type: "started", id: nextErrand++ });
    listener({ type: "progress", progress: { stage: "hashing", done: 3, total: 10 } });
    return Promise.resolve(options.errands).then(() => done(command, value, ...args));
  };
  const the = (id: number): AnalysisView => {
    const found = analyses.get(id);
    if (!found) throw { code: "notFound", message: "no such analysis", path: null } satisfies CommandError;
    return found;
  };
  const filesOf = (id: number): AnalysisSummary[] => [...analyses.values()].filter((a) => a.caseId === id).map(summary);
  const pick = (): Selection => {
    const selection = someSelection({ id: selections.size + 2 });
    selections.set(selection.id, selection);
    return selection;
  };
  const touch = (id: number, patch: Partial<CaseView>): void => {
    const found = cases.get(id);
    if (found) cases.set(id, { ...found, ...patch, updatedAt: new Date().toISOString() });
  };

  return {
    queue, calls,
    failNext: (command, error) => void failures.set(command, error),
    tellInfo: (patch) => listeners.info.forEach((l) => l({ ...info(), ...patch })),
    hover: (selection) => listeners.hover.forEach((l) => l(selection)),
    drop: (selection) => {
      selections.set(selection.id, selection);
      listeners.drop.forEach((l) => l(selection));
    },

    appInfo: () => done("appInfo", info),
    onInfo: (l) => subscribe(listeners.info, l),
    saveSettings: (wanted) => done("saveSettings", () => ((settings = wanted), info()), wanted),
    chooseLibraryFolder: () => done("chooseLibraryFolder", () => ((libraryFolder = "/media/newsroom/vault/facefiction"), info()), "vault"),

    pickFiles: () => done("pickFiles", pick, null),
    pickFolder: () => done("pickFolder", pick, null),
    takeSelection: () => done("takeSelection", () => null),
    onSelectionHover: (l) => {
      if (options.hover) l(options.hover);
      return subscribe(listeners.hover, l);
    },
    onSelection: (l) => subscribe(listeners.drop, l),

    enqueue: (selection, caseId) =>
      done("enqueue", () => {
        const from = selections.get(selection) ?? someSelection();
        const count = from.images + from.videos;
        const ids = Array.from({ length: count }, (_, i) => queue.add(from.names[i] ?? `more_${i + 1}.mp4`, "Downloads", count === 1 ? harbour : i % 2 ? rally : podium));
        queue.start();
        return ids;
      }, selection, caseId),
    watchQueue: (l) => queue.watch(l),
    onQueueFinished: (l) => subscribe(listeners.finished, l),
    watchJob: (id, l) => queue.watchJob(id, l),
    pauseQueue: () => done("pauseQueue", () => ((queue.paused = true), queue.changed([])), null),
    resumeQueue: () => done("resumeQueue", () => ((queue.paused = false), queue.start()), null),
    cancelQueued: (ids) => done("cancelQueued", () => queue.set(ids, { state: "cancelled", progress: null }, ["waiting", "running", "paused"]), ids),
    removeQueued: (ids) => done("removeQueued", () => queue.remove(ids), ids),
    retryQueued: (ids) => done("retryQueued", () => (queue.set(ids, { state: "waiting", error: null }, ["failed", "cancelled"]), queue.start()), ids),
    exportQueue: (format, ids) => done("exportQueue", () => `facefiction-queue.${format}`, format, ids),

    recentAnalyses: () => done("recentAnalyses", () => (settings.history ? [...analyses.values()].map(summary).sort((a, b) => b.analysedAt.localeCompare(a.analysedAt)) : [])),
    forgetRecent: () => done("forgetRecent", () => [...analyses.values()].filter((a) => a.caseId === null).forEach((a) => analyses.delete(a.id)), null),
    openAnalysis: (id) => done("openAnalysis", () => ({ ...the(id), decidedOnSome: options.decidedOnSome ?? [] })),
    checkIntegrity: (id) => done("checkIntegrity", () => the(id).integrity),
    locateEvidence: (id) => done("locateEvidence", () => ((the(id).integrity = "unchanged"), "unchanged" as const), id),
    frameTimes: (id) =>
      done("frameTimes", () => {
        const media = the(id).file.media;
        const rate = Number(media?.frame_rate?.split("/")[0] ?? 1);
        return media?.duration_us ? Array.from({ length: Math.floor((media.duration_us / 1e6) * rate) }, (_, i) => Math.round((i * 1e6) / rate)) : [0];
      }),
    analyseRange: (id, fromUs, toUs) =>
      done("analyseRange", () => {
        const job = queue.add(the(id).name, "Downloads", sceneOfAnalysis.get(id) ?? harbour);
        the(id).refined.push([fromUs, toUs]);
        queue.start();
        return job;
      }, id, fromUs, toUs),
    explainAnalysis: (id) =>
      done("explainAnalysis", () => {
        const job = queue.addWork(the(id).name, sceneOfAnalysis.get(id) ?? harbour, id, () => void (the(id).explanations = explanationsOf(the(id))));
        queue.start();
        return job;
      }, id),
    saveAnalysisNote: (id, note) => done("saveAnalysisNote", () => void (the(id).note = note), id, note),
    forgetAnalysis: (id) => done("forgetAnalysis", () => void analyses.delete(id), id),

    previewReport: (id, wanted, listener) =>
      errand("previewReport", listener, () => ({ number: id, pages: wanted.extent === "summary" ? 1 : 9, pictures: 7, evidence: the(id).integrity === "missing" ? "absent" : "unchanged" }), id, wanted),
    forgetPreview: () => done("forgetPreview", () => undefined),
    exportReport: (id, wanted, listener) => errand("exportReport", listener, () => ({ name: `${the(id).name}.pdf`, fingerprint: null, evidence: "unchanged" }), id, wanted),
    exportPackage: (id, wanted, form, listener) =>
      errand("exportPackage", listener, () => ({ name: form === "zip" ? `${the(id).name}.zip` : the(id).name, fingerprint: "9f2c 41ab 77d0 1e3a 5b6c 0d91 22fe 84aa", evidence: "unchanged" }), id, wanted, form),
    cancelErrand: (id) => done("cancelErrand", () => undefined, id),
    pickPackage: (form) =>
      done("pickPackage", () => {
        const selection = someSelection({ id: selections.size + 2, package: form === "zip" ? "harbour-facefiction.zip" : "harbour-facefiction", names: [], videos: 0 });
        selections.set(selection.id, selection);
        return selection;
      }, form),
    pickPackageEvidence: (selection) => done("pickPackageEvidence", () => (shown.add(selection), harbour.name), selection),
    verifyPackage: (selection, listener) => errand("verifyPackage", listener, () => ({ ...packageCheck(selections.get(selection)?.package ?? "package.zip", shown.has(selection)), ...options.check }), selection),

    listCases: () => done("listCases", () => [...cases.values()].map((c) => ({ id: c.id, name: c.name, files: filesOf(c.id).length, updatedAt: c.updatedAt, createdAt: c.createdAt }))),
    createCase: (name) =>
      done("createCase", () => {
        const id = Math.max(0, ...cases.keys()) + 1;
        const at = new Date().toISOString();
        cases.set(id, { id, name, note: "", createdAt: at, updatedAt: at });
        return { id, name, files: 0, createdAt: at, updatedAt: at };
      }, name),
    openCase: (id) =>
      done("openCase", () => {
        const found = cases.get(id);
        if (!found) throw { code: "notFound", message: "no such case", path: null } satisfies CommandError;
        return { ...found, analyses: filesOf(id) };
      }),
    renameCase: (id, name) => done("renameCase", () => touch(id, { name }), id, name),
    saveCaseNote: (id, note) => done("saveCaseNote", () => touch(id, { note }), id, note),
    moveToCase: (ids, caseId) => done("moveToCase", () => ids.forEach((id) => void (the(id).caseId = caseId)), ids, caseId),
    forgetCase: (id) => done("forgetCase", () => (filesOf(id).forEach((a) => analyses.delete(a.id)), void cases.delete(id)), id),
    forgetEverything: () => done("forgetEverything", () => (analyses.clear(), cases.clear()), null),
    search: (text) =>
      done("search", () => {
        const has = (s: string): boolean => s.toLowerCase().includes(text.toLowerCase());
        return [
          ...[...cases.values()].filter((c) => has(c.name) || has(c.note)).map((c) => ({ kind: "case" as const, id: c.id, title: c.name, snippet: c.note.slice(0, 80) })),
          ...[...analyses.values()].filter((a) => has(a.name) || has(a.note)).map((a) => ({ kind: "analysis" as const, id: a.id, title: a.name, snippet: a.note.slice(0, 80) })),
        ];
      }),

    listModels: () => done("listModels", () => installed.map((m) => ({ ...m, chosen: m.secondLook ? settings.secondLook && m.state === "verified" : m.isScoring ? (settings.detectors.length ? settings.detectors.includes(m.id) : m.state === "verified") : m.chosen }))),
    importModel: () => done("importModel", () => installed[2] ?? null, null),
    helpText: (_page, language) => done("helpText", () => texts.ethics(language)),

    frameUrl: (path) => {
      const [head = "", id = "", what = "", which = ""] = path.split("?")[0]?.split("/") ?? [];
      if (head === "model") return pictures.figure(what);
      if (head === "preview") return pictures.page();
      if (what === "heat") return pictures.heat();
      const scene = (head === "job" ? queue.sceneOf(Number(id)) : sceneOfAnalysis.get(Number(id))) ?? harbour;
      if (what === "face") return pictures.face(scene, Number(which));
      if (what === "poster") return pictures.frame(scene, scene.seconds * 4e5, 160);
      return pictures.frame(scene, Number(which), Number(/w=(\d+)/.exec(path)?.[1] ?? 1280));
    },
  };
}

function subscribe<L>(set: Set<L>, listener: L): () => void {
  set.add(listener);
  return () => void set.delete(listener);
}

/** Plain-browser mode: `?theme=light&lang=fr&queued=10000&points=100000&library=empty&integrity=missing&problem=1`. */
export function optionsFrom(query: URLSearchParams): FakeOptions {
  const settings: Partial<Settings> = {};
  const [theme, lang] = [query.get("theme"), query.get("lang")];
  if (theme === "dark" || theme === "light" || theme === "contrast") settings.theme = theme;
  if (lang === "en" || lang === "fr") settings.language = lang;
  const integrity = (["changed", "missing", "unreadable"] as const).find((i) => i === query.get("integrity"));
  return {
    settings, integrity,
    library: query.get("library") === "empty" ? "empty" : "full",
    queued: Number(query.get("queued") ?? 0), longPoints: Number(query.get("points") ?? 0), tickMs: Number(query.get("tick") ?? 150),
    hover: query.has("hover")
      ? someSelection({ names: ["IMG_4471.heic", "clip_2211_portside.mp4", "rally-forwarded.mp4"], images: 12, videos: 3, folders: 1, skipped: [{ name: "notes.docx", reason: "notMedia" }, { name: "empty.mp4", reason: "empty" }], skippedCount: 2 })
      : undefined,
    explained: query.has("explained"),
    check: query.has("touched") ? { problems: [{ kind: "changed", file: "exhibits/p02-000021560ms-face.jpg" }, { kind: "logCut" }] } : undefined,
    problem: query.has("problem") ? { code: "setup", message: "ffmpeg was not found", path: null } : null,
  };
}
