//! Cases and what a search finds.

use library::{Case, Hit, HitKind};
use serde::Serialize;

use super::AnalysisSummary;

/// One line of the list of cases.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct CaseSummary {
    /// Its number.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// How many analyses it holds.
    pub files: u32,
    /// RFC 3339.
    pub updated_at: String,
    /// RFC 3339.
    pub created_at: String,
}

/// A case with everything in it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct CaseView {
    /// Its number.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// The user's.
    pub note: String,
    /// RFC 3339.
    pub created_at: String,
    /// RFC 3339.
    pub updated_at: String,
    /// The newest first.
    pub analyses: Vec<AnalysisSummary>,
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum SearchKind {
    /// A case.
    Case,
    /// An analysis.
    Analysis,
}

/// One place where the words occur.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct SearchHit {
    /// What it is.
    pub kind: SearchKind,
    /// Its number.
    pub id: i64,
    /// Name of the case or of the file.
    pub title: String,
    /// The words with some around them.
    pub snippet: String,
}

impl From<library::CaseSummary> for CaseSummary {
    fn from(kept: library::CaseSummary) -> Self {
        let library::CaseSummary { id, name, files, created_at, updated_at } = kept;
        Self { id, name, files, updated_at, created_at }
    }
}

impl From<Case> for CaseView {
    fn from(kept: Case) -> Self {
        let library::CaseSummary { id, name, created_at, updated_at, .. } = kept.summary;
        let analyses = kept.analyses.into_iter().map(Into::into).collect();
        Self { id, name, note: kept.note, created_at, updated_at, analyses }
    }
}

impl From<Hit> for SearchHit {
    fn from(hit: Hit) -> Self {
        let kind = match hit.kind {
            HitKind::Case => SearchKind::Case,
            HitKind::Analysis => SearchKind::Analysis,
        };
        Self { kind, id: hit.id, title: hit.title, snippet: hit.snippet }
    }
}
