// The types that cross between the window and the Rust core. Generated from the Rust side; do not edit by hand.

// ---- parts of facefiction.analysis/1 (generated from crates base + analysis) ----
export type VerdictCode = "notExamined" | "noIndication" | "inconclusive" | "suspected";
export type Strength = "limited" | "moderate" | "moderatelyStrong";
export type Reason = "noFace" | "tooFewUsableFaces" | "tooSmall" | "blurred" | "overCompressed" | "turnedAway" | "cutOff" | "uncertainFace"
  | "betweenThresholds" | "modelsDisagree" | "onlyBriefly" | "notValidatedForThis" | "validationTooSmall" | "damagedFile" | "decodeFailed" | "noDetector" | "notStable";
export type Verdict = { code: VerdictCode; strength: Strength | null; reasons: Reason[]; score: number | null };
export type MediaKind = "image" | "video";
export type MediaFacts = { width: number; height: number; duration_us: number | null; frame_rate: string | null; variable_frame_rate: boolean;
  codec: string; rotation: number; damaged: boolean; covered_us?: [number, number] };
export type FileFacts = { path: string; path_bytes?: string; bytes: number | null; sha256: string | null; kind: MediaKind | null; media: MediaFacts | null };
export type Segment = { start_us: number; end_us: number; peak: number; model: string };
export type Person = { track: number; first_us: number; last_us: number; crops: number; usable_crops: number; score: number | null; verdict: Verdict; segments: Segment[];
  scores: { [model: string]: { logit: number; score: number } } /* as in the document: tells which detector the verdict rests on */ };
export type Task = "faceManipulation" | "faceSynthesis" | "faceDetection" | "faceLandmarks";
export type Model = { id: string; task: Task; architecture: string; sha256: string };
export type WarningCode = "damaged" | "animationFirstFrame" | "deviceFallback" | "facesDropped" | "skipped" | "changedWhileReading" | "modelExpired" | "decoderMessage" | "controlsFailed";
export type Warning = { code: WarningCode; detail: string };
export type Run = { app: string; device: string; threads: number; fps: number | null; started: string; seconds: number; warnings: Warning[] };
export type ItemErrorCode = "notFound" | "notReadable" | "unsupported" | "empty" | "tooLarge" | "decodeFailed" | "noVideoStream" | "setup" | "cancelled" | "internal";
export type ItemError = { code: ItemErrorCode; message: string };
export type Stage = "listing" | "hashing" | "probing" | "analysing" | "aggregating" | "writing";
export type Progress = { stage: Stage; done: number; total: number | null };

// ---- errors ----
export type ErrorCode = "notFound" | "notReadable" | "unsupported" | "busy" | "cancelled" | "storage" | "setup" | "invalid" | "internal";
export type CommandError = { code: ErrorCode; message: string; path: string | null };

// ---- application ----
export type HelpPage = "ethics";
export type Language = "system" | "en" | "fr";
export type Theme = "system" | "dark" | "light" | "contrast";
export type Device = "auto" | "cpu" | "cuda" | "metal";
export type SamplingChoice = { kind: "fromCard" } | { kind: "perSecond"; fps: number } | { kind: "everyFrame" };
export type FaceFinder = "mtcnn" | "blazeface";
export type Settings = { language: Language; theme: Theme; device: Device; threads: number | null; sampling: SamplingChoice; faceFinder: FaceFinder;
  detectors: string[] /* empty = all installed */; history: boolean; explained: boolean /* first-run explanation was read */ };
export type AppInfo = { version: string; systemLanguage: "en" | "fr"; settings: Settings; deviceInUse: string; threadsInUse: number; processors: number;
  libraryFolder: string /* for display only */; problem: CommandError | null /* e.g. models broken, ffmpeg missing: nothing can be analysed */ };
// ---- choosing files: paths stay in Rust ----
export type SkipReason = "notMedia" | "unreadable" | "folderLoop" | "empty" | "alreadyQueued";
export type Selection = { id: number; names: string[] /* first 5 */; images: number; videos: number; folders: number; more: boolean /* counting stopped at a limit */;
  skipped: { name: string; reason: SkipReason }[]; skippedCount: number };
// Tauri events (listen): "selection-hover": Selection | null (files dragged over; null = left) · "selection": Selection (dropped, opened by argument, association or second instance)
//   · "queue-finished": QueueCounts (for the in-app notice)
// ---- queue ----
export type QueueState = "waiting" | "running" | "paused" | "done" | "failed" | "cancelled" | "skipped" /* was already analysed: analysis points to it */;
export type QueueRow = { id: number; name: string; folder: string; kind: MediaKind | null; bytes: number | null; state: QueueState; progress: Progress | null; // progress while running
  analysis: number | null; verdict: Verdict | null; people: number | null; seconds: number | null; durationUs: number | null; error: ItemError | null; addedAt: string };
export type QueueCounts = { total: number; waiting: number; running: number; paused: number; done: number; failed: number; cancelled: number; skipped: number;
  byVerdict: { code: VerdictCode; count: number }[]; secondsLeft: number | null; isPaused: boolean };
export type QueueEvent = { type: "snapshot"; rows: QueueRow[]; counts: QueueCounts } | { type: "changed"; rows: QueueRow[]; counts: QueueCounts } | { type: "removed"; ids: number[]; counts: QueueCounts };
export type ExportFormat = "csv" | "jsonl";
// ---- a job (one channel per job) ----
export type FacePoint = { track: number; rect: [number, number, number, number]; score: number | null; usable: boolean; reasons: Reason[] };
export type FramePoint = { frame: number; ptsUs: number; cut: boolean /* first frame of a new shot */; faces: FacePoint[] };
export type JobEvent = { type: "started"; file: FileFacts } | { type: "progress"; progress: Progress; secondsLeft: number | null } | { type: "frames"; frames: FramePoint[] }
  | { type: "finished"; analysis: number } | { type: "cancelled" } | { type: "failed"; error: ItemError };
// ---- analyses ----
export type Integrity = "checking" | "unchanged" | "changed" | "missing" | "unreadable";
export type Threshold = { model: string; suspected: number; noIndication: number };
// Validation counts of one detector, for "on files like yours" and the limits beside the verdict
export type Validation = { model: string; nReal: number; falseAlarms: number; nFake: number; found: number; unit: string; measuredOn: string };
export type AnalysisSummary = { id: number; caseId: number | null; name: string; kind: MediaKind | null; verdict: Verdict; people: number; durationUs: number | null; analysedAt: string; error: ItemError | null };
export type AnalysisView = { id: number; caseId: number | null; name: string; file: FileFacts; verdict: Verdict; people: Person[]; models: Model[]; thresholds: Threshold[];
  validations: Validation[]; run: Run; error: ItemError | null; integrity: Integrity; frames: FramePoint[] /* whole timeline */; note: string; refined: [number, number][] /* ranges re-analysed at every frame */ };
// ---- cases ----
export type CaseSummary = { id: number; name: string; files: number; updatedAt: string; createdAt: string };
export type CaseView = { id: number; name: string; note: string; createdAt: string; updatedAt: string; analyses: AnalysisSummary[] };
export type SearchHit = { kind: "case" | "analysis"; id: number; title: string; snippet: string };
// ---- models ----
export type ModelState = "verified" | "hashMismatch" | "broken" | "expired";
export type Curve = { name: string; x: number[]; y: number[] };
export type ModelView = { id: string; name: string; version: string; task: Task; architecture: string; licence: string; source: string; trainedOn: string; notFor: string; trained: string; expires: string;
  sha256: string; bytes: number; state: ModelState; detail: string | null; isScoring: boolean; chosen: boolean; builtIn: boolean; validation: Validation | null; threshold: Threshold | null;
  figures: { title: string; kind: "roc" | "reliability" | "confusion" | "tiers" | "training"; url: string }[] /* frame: urls; empty when the model brings none */ };
