// The product's backend. The only file that knows Tauri.
import { Channel, convertFileSrc, invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import type { Backend, Unsubscribe } from "./backend";
import type { AppInfo, ErrandEvent, JobEvent, QueueCounts, QueueEvent, Selection } from "./bindings";

function on<T>(event: string, listener: (payload: T) => void): Unsubscribe {
  const unlisten = listen<T>(event, (message) => listener(message.payload));
  return () => void unlisten.then((stop) => stop());
}

/** A channel lives as long as the Rust side keeps it; leaving only stops listening. */
function watch<T>(command: string, args: Record<string, unknown>, listener: (event: T) => void, failed: (error: unknown) => void): Unsubscribe {
  let listening = true;
  const channel = new Channel<T>();
  channel.onmessage = (event) => {
    if (listening) listener(event);
  };
  invoke(command, { ...args, channel }).catch((error: unknown) => {
    if (listening) failed(error);
  });
  return () => {
    listening = false;
  };
}

/** The command's answer is the errand's end; news arrive on the channel meanwhile. */
function errand<T>(command: string, args: Record<string, unknown>, listener: (event: ErrandEvent) => void): Promise<T> {
  const channel = new Channel<ErrandEvent>();
  channel.onmessage = listener;
  return invoke<T>(command, { ...args, channel });
}

export const tauriBackend: Backend = {
  appInfo: () => invoke("app_info"),
  onInfo: (listener) => on<AppInfo>("app-info", listener),
  saveSettings: (settings) => invoke("save_settings", { settings }),
  chooseLibraryFolder: () => invoke("choose_library_folder"),

  pickFiles: () => invoke("pick_files"),
  pickFolder: () => invoke("pick_folder"),
  takeSelection: () => invoke("take_selection"),
  onSelectionHover: (listener) => on<Selection | null>("selection-hover", listener),
  onSelection: (listener) => on<Selection>("selection", listener),

  enqueue: (selection, caseId) => invoke("enqueue", { selection, caseId }),
  watchQueue: (listener) => watch<QueueEvent>("watch_queue", {}, listener, (error) => console.error("queue", error)),
  onQueueFinished: (listener) => on<QueueCounts>("queue-finished", listener),
  watchJob: (queueId, listener) =>
    watch<JobEvent>("watch_job", { queueId }, listener, (error) =>
      listener({ type: "failed", error: { code: "internal", message: messageOf(error) } }),
    ),
  pauseQueue: () => invoke("pause_queue"),
  resumeQueue: () => invoke("resume_queue"),
  cancelQueued: (ids) => invoke("cancel_queued", { ids }),
  removeQueued: (ids) => invoke("remove_queued", { ids }),
  retryQueued: (ids) => invoke("retry_queued", { ids }),
  exportQueue: (format, ids) => invoke("export_queue", { format, ids }),

  recentAnalyses: () => invoke("recent_analyses"),
  forgetRecent: () => invoke("forget_recent"),
  openAnalysis: (id) => invoke("open_analysis", { id }),
  checkIntegrity: (id) => invoke("check_integrity", { id }),
  locateEvidence: (id) => invoke("locate_evidence", { id }),
  frameTimes: (id) => invoke("frame_times", { id }),
  analyseRange: (id, fromUs, toUs) => invoke("analyse_range", { id, fromUs, toUs }),
  explainAnalysis: (id) => invoke("explain_analysis", { id }),
  saveAnalysisNote: (id, note) => invoke("save_analysis_note", { id, note }),
  forgetAnalysis: (id) => invoke("forget_analysis", { id }),

  previewReport: (id, options, listener) => errand("preview_report", { id, options }, listener),
  forgetPreview: () => invoke("forget_preview"),
  exportReport: (id, options, listener) => errand("export_report", { id, options }, listener),
  exportPackage: (id, options, form, listener) => errand("export_package", { id, options, form }, listener),
  cancelErrand: (id) => invoke("cancel_errand", { errand: id }),
  pickPackage: (form) => invoke("pick_package", { form }),
  pickPackageEvidence: (selection) => invoke("pick_package_evidence", { selection }),
  verifyPackage: (selection, listener) => errand("verify_package", { selection }, listener),

  listCases: () => invoke("list_cases"),
  createCase: (name) => invoke("create_case", { name }),
  openCase: (id) => invoke("open_case", { id }),
  renameCase: (id, name) => invoke("rename_case", { id, name }),
  saveCaseNote: (id, note) => invoke("save_case_note", { id, note }),
  moveToCase: (analyses, caseId) => invoke("move_to_case", { analyses, caseId }),
  forgetCase: (id) => invoke("forget_case", { id }),
  forgetEverything: () => invoke("forget_everything"),
  search: (text) => invoke("search", { text }),

  listModels: () => invoke("list_models"),
  importModel: () => invoke("import_model"),
  helpText: (page, language) => invoke("help_text", { page, language }),

  frameUrl: (path) => convertFileSrc(path, "frame"),
};

function messageOf(error: unknown): string {
  return typeof error === "object" && error !== null && "message" in error ? String(error.message) : String(error);
}
