//! Reports and packages: how they are wanted, and what a check found.

use scan::base::Progress;
use serde::{Deserialize, Serialize};

use super::SystemLanguage;

/// How much a report holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum ReportExtent {
    /// Every section.
    #[default]
    Full,
    /// Page one.
    Summary,
}

/// What a report leaves out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum ReportRedaction {
    /// Nothing.
    #[default]
    Off,
    /// Faces of people whom it is not about, names of files and of people.
    On,
}

/// How a report is wanted. What is empty is left out of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct ReportOptions {
    /// Its language.
    pub language: SystemLanguage,
    /// How much.
    pub extent: ReportExtent,
    /// What is left out.
    pub redaction: ReportRedaction,
    /// Minutes by which the reader's clocks are ahead of UTC.
    pub offset_minutes: i32,
    /// Name of the case.
    pub case_name: String,
    /// Who examines.
    pub author: String,
    /// For whom.
    pub organisation: String,
    /// The question asked.
    pub question: String,
    /// What the examiner noted.
    pub notes: String,
    /// What the examiner thought before any score was shown.
    pub first_opinion: String,
    /// When that was written down, RFC 3339.
    pub first_opinion_at: Option<String>,
}

/// What became of the examined file when pictures were to be cut from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum EvidenceFound {
    /// It is the one that was examined.
    Unchanged,
    /// It is another one.
    Changed,
    /// It is not there.
    Absent,
    /// It is the one, but its frames could not be decoded again.
    Undecodable,
}

/// A report before it is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct ReportPreview {
    /// Number of the picture of page one: `preview/<number>`.
    pub number: u32,
    /// Pages of the whole.
    pub pages: u32,
    /// Pictures in it.
    pub pictures: u32,
    /// Why there may be none.
    pub evidence: EvidenceFound,
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Written {
    /// Its name; its folder stays on this side.
    pub name: String,
    /// Fingerprint of the key that sealed it, of a package.
    pub fingerprint: Option<String>,
    /// What became of the examined file.
    pub evidence: EvidenceFound,
}

/// What a package is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum PackageForm {
    /// One file.
    Zip,
    /// A folder.
    Folder,
}

/// News of an errand; its end is the answer of the command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ErrandEvent {
    /// It began.
    Started {
        /// To be named when it is to stop.
        id: u32,
    },
    /// It goes on.
    Progress {
        /// How far.
        progress: Progress,
    },
}

/// What is not as it was when a package was sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum PackageProblem {
    /// A file is not there.
    Missing {
        /// Its name.
        file: String,
    },
    /// A file has other bytes.
    Changed {
        /// Its name.
        file: String,
    },
    /// A file that does not belong to it.
    Added {
        /// Its name.
        file: String,
    },
    /// A file is not of the form it should have.
    Unreadable {
        /// Its name.
        file: String,
    },
    /// The log does not follow from itself.
    LogBroken {
        /// The first entry that does not fit, from 1.
        entry: u64,
    },
    /// The log ends elsewhere than the manifest says.
    LogCut,
    /// The analysis is about another file than the manifest says.
    OtherEvidence,
    /// The analysis was made with other models than the manifest says.
    OtherModels,
    /// A second run may differ by more than this program allows.
    Tolerance {
        /// Between raw outputs, as the manifest writes it.
        asked: String,
    },
}

/// How an installed model compares with the one that was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum ModelMatch {
    /// The same weights.
    Same,
    /// Other weights.
    Changed,
    /// It is not installed.
    Absent,
}

/// A model that was used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct PackageModel {
    /// Its id.
    pub id: String,
    /// How it compares.
    pub state: ModelMatch,
}

/// Whether the examined file is at hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum PackageEvidence {
    /// None was named and none lies beside the package.
    Absent,
    /// The very file.
    Same {
        /// Its name.
        name: String,
    },
    /// Another file.
    Other {
        /// Its name.
        name: String,
        /// Its SHA-256; `None` when it cannot be read.
        sha256: Option<String>,
    },
}

/// What came of examining it again.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Rerun {
    /// It was not, for want of the file, the models, or an untouched package.
    NotRun,
    /// The numbers came out again.
    Confirmed {
        /// Logits compared.
        logits: u64,
        /// The largest difference.
        largest: f64,
        /// How far they may differ.
        tolerance: f64,
    },
    /// They did not.
    Differs {
        /// The first few differences, in English.
        differences: Vec<String>,
        /// How far they may differ.
        tolerance: f64,
    },
}

/// What a check of a package found.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct PackageCheck {
    /// Name of the package.
    pub name: String,
    /// None when it is untouched.
    pub problems: Vec<PackageProblem>,
    /// Files that it lists.
    pub files: u32,
    /// When it was made, RFC 3339.
    pub made: Option<String>,
    /// The program that made it.
    pub application: Option<String>,
    /// Fingerprint of the key that sealed it.
    pub fingerprint: Option<String>,
    /// Whether that is the key of this user.
    pub own_key: bool,
    /// SHA-256 of the examined file.
    pub evidence_sha256: Option<String>,
    /// The examined file.
    pub evidence: PackageEvidence,
    /// The models used.
    pub models: Vec<PackageModel>,
    /// What came of examining it again.
    pub rerun: Rerun,
}
