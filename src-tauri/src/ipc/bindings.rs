//! Writes the types of this module and of the analysis document as TypeScript.

use scan::analysis;
use scan::base;
use ts_rs::{Config, TS};

use super::*;
use crate::commands::COMMANDS;
use crate::error::{CommandError, ErrorCode};

/// The text of `ui/src/ipc/bindings.ts`.
pub fn typescript() -> String {
    let config = Config::new().with_large_int("number");
    let mut text = String::from(
        "// The types that cross between the window and the Rust core. Generated from the Rust side by\n\
         // `cargo xtask bindings`; do not edit by hand. Times in microseconds and sizes are plain numbers below 2^53.\n",
    );
    macro_rules! write_types {
        ($($name:ty),* $(,)?) => { $( text.push_str(&declaration::<$name>(&config)); )* };
    }
    write_types!(
        base::Timestamp,
        base::FrameIndex,
        base::Rect,
        base::Point,
        base::Score,
        base::Stage,
        base::Progress,
        base::WarningCode,
        base::Warning,
        analysis::VerdictCode,
        analysis::Strength,
        analysis::Reason,
        analysis::Verdict,
        analysis::MediaKind,
        analysis::MediaFacts,
        analysis::FileFacts,
        analysis::ModelScore,
        analysis::Segment,
        analysis::Rung,
        analysis::RungScore,
        analysis::Stability,
        analysis::Person,
        analysis::Task,
        analysis::Model,
        analysis::MapMethod,
        analysis::FaceRegion,
        analysis::RegionShare,
        analysis::RegionShares,
        analysis::Faithfulness,
        analysis::Explanation,
        analysis::Control,
        analysis::Run,
        analysis::ErrorCode,
        analysis::ItemError,
        ErrorCode,
        CommandError,
        Language,
        Theme,
        Device,
        SamplingChoice,
        FaceFinder,
        Settings,
        SystemLanguage,
        HelpPage,
        AppInfo,
        SkipReason,
        Skipped,
        Selection,
        QueueState,
        QueueRow,
        VerdictCount,
        QueueCounts,
        QueueEvent,
        ExportFormat,
        FacePoint,
        FramePoint,
        JobEvent,
        Integrity,
        Threshold,
        Validation,
        analysis::metrics::Dimension,
        analysis::metrics::Alike,
        AnalysisSummary,
        AnalysisView,
        ReportExtent,
        ReportRedaction,
        ReportOptions,
        EvidenceFound,
        ReportPreview,
        Written,
        PackageForm,
        ErrandEvent,
        PackageProblem,
        ModelMatch,
        PackageModel,
        PackageEvidence,
        Rerun,
        PackageCheck,
        CaseSummary,
        CaseView,
        SearchKind,
        SearchHit,
        ModelState,
        FigureKind,
        Figure,
        ModelView,
    );
    let names: Vec<String> = COMMANDS.iter().map(|name| format!("\n  | \"{name}\"")).collect();
    text.push_str(&format!(
        "\n/** Every command that the window may call. */\nexport type CommandName ={};\n",
        names.concat()
    ));
    text
}

/// `export type X = …;`, a long one with a line a member.
fn declaration<T: TS>(config: &Config) -> String {
    let doc = T::docs().unwrap_or_default();
    format!("\n{doc}export {}\n", T::decl(config))
}
