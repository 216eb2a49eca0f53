// What the window can ask of the core. Two implementations: tauri.ts (the product) and fake/ (tests, plain browser).
import type {
  AnalysisSummary, AnalysisView, AppInfo, CaseSummary, CaseView, ErrandEvent, ExportFormat, HelpPage, Integrity, JobEvent, ModelView,
  PackageCheck, PackageForm, QueueCounts, QueueEvent, ReportOptions, ReportPreview, SearchHit, Selection, Settings, Written,
} from "./bindings";

export type Unsubscribe = () => void;
/** Is told the errand's number, then how far it is; the promise is its end. */
export type OnErrand = (event: ErrandEvent) => void;

export interface Backend {
  appInfo(): Promise<AppInfo>;
  /** What became known of the program since: the models were loaded, the settings took effect. */
  onInfo(listener: (info: AppInfo) => void): Unsubscribe;
  saveSettings(settings: Settings): Promise<AppInfo>;
  chooseLibraryFolder(): Promise<AppInfo | null>;

  pickFiles(): Promise<Selection | null>;
  pickFolder(): Promise<Selection | null>;
  takeSelection(): Promise<Selection | null>;
  onSelectionHover(listener: (selection: Selection | null) => void): Unsubscribe;
  onSelection(listener: (selection: Selection) => void): Unsubscribe;

  enqueue(selection: number, caseId: number | null): Promise<number[]>;
  watchQueue(listener: (event: QueueEvent) => void): Unsubscribe;
  onQueueFinished(listener: (counts: QueueCounts) => void): Unsubscribe;
  watchJob(queueId: number, listener: (event: JobEvent) => void): Unsubscribe;
  pauseQueue(): Promise<void>;
  resumeQueue(): Promise<void>;
  cancelQueued(ids: number[]): Promise<void>;
  removeQueued(ids: number[]): Promise<void>;
  retryQueued(ids: number[]): Promise<void>;
  exportQueue(format: ExportFormat, ids: number[]): Promise<string | null>;

  recentAnalyses(): Promise<AnalysisSummary[]>;
  forgetRecent(): Promise<void>;
  openAnalysis(id: number): Promise<AnalysisView>;
  checkIntegrity(id: number): Promise<Integrity>;
  locateEvidence(id: number): Promise<Integrity | null>;
  frameTimes(id: number): Promise<number[]>;
  analyseRange(id: number, fromUs: number, toUs: number): Promise<number>;
  /** Says where the detectors looked; gives the number of the job. */
  explainAnalysis(id: number): Promise<number>;
  saveAnalysisNote(id: number, note: string): Promise<void>;
  forgetAnalysis(id: number): Promise<void>;

  previewReport(id: number, options: ReportOptions, listener: OnErrand): Promise<ReportPreview>;
  forgetPreview(): Promise<void>;
  exportReport(id: number, options: ReportOptions, listener: OnErrand): Promise<Written | null>;
  exportPackage(id: number, options: ReportOptions, form: PackageForm, listener: OnErrand): Promise<Written | null>;
  cancelErrand(errand: number): Promise<void>;
  pickPackage(form: PackageForm): Promise<Selection | null>;
  pickPackageEvidence(selection: number): Promise<string | null>;
  verifyPackage(selection: number, listener: OnErrand): Promise<PackageCheck>;

  listCases(): Promise<CaseSummary[]>;
  createCase(name: string): Promise<CaseSummary>;
  openCase(id: number): Promise<CaseView>;
  renameCase(id: number, name: string): Promise<void>;
  saveCaseNote(id: number, note: string): Promise<void>;
  moveToCase(analyses: number[], caseId: number | null): Promise<void>;
  forgetCase(id: number): Promise<void>;
  forgetEverything(): Promise<void>;
  search(text: string): Promise<SearchHit[]>;

  listModels(): Promise<ModelView[]>;
  importModel(): Promise<ModelView | null>;
  helpText(page: HelpPage, language: "en" | "fr"): Promise<string>;

  /** Address of a picture for an <img>; the paths are those of the contract, e.g. `analysis/3/poster`. */
  frameUrl(path: string): string;
}
