//! What crosses between the window and this program: plain data, in the shapes that
//! `ui/src/ipc/bindings.ts` has. No behaviour beyond conversion from the crates' own types.

mod analysis;
mod application;
#[cfg(feature = "bindings")]
pub mod bindings;
mod cases;
mod files;
mod handover;
mod job;
mod models;
mod queue;

pub use analysis::{AnalysisSummary, AnalysisView, Integrity, Threshold, Validation};
pub use application::{
    AppInfo, Device, FaceFinder, HelpLanguage, HelpPage, Language, SamplingChoice, Settings, SystemLanguage, Theme,
};
pub use cases::{CaseSummary, CaseView, SearchHit, SearchKind};
pub use files::{Selection, SkipReason, Skipped};
pub use handover::{
    ErrandEvent, EvidenceFound, ModelMatch, PackageCheck, PackageEvidence, PackageForm, PackageModel, PackageProblem,
    ReportExtent, ReportOptions, ReportPreview, ReportRedaction, Rerun, Written,
};
pub use job::{FacePoint, FramePoint, JobEvent};
pub use models::{Figure, FigureKind, ModelState, ModelView};
pub use queue::{ExportFormat, QueueCounts, QueueEvent, QueueRow, QueueState, VerdictCount};
