//! What a report is made from, and how it is wanted.

use std::collections::BTreeSet;

use analysis::{Analysis, EvidenceState, Exhibit, ModelFacts, VerdictCode};

use crate::dossier::Dossier;
use crate::moment::Moment;
use crate::words::Lang;

/// How much is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Extent {
    /// Every section.
    #[default]
    Full,
    /// Page one.
    Summary,
}

/// What is left out so that the report can be passed on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Redaction {
    /// Nothing.
    #[default]
    Off,
    /// Faces of people whom the report is not about, names of files and of people.
    On,
}

/// How a report is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// Its language.
    pub lang: Lang,
    /// How much.
    pub extent: Extent,
    /// What is left out.
    pub redaction: Redaction,
}

/// Everything that goes into a report. The same material gives the same bytes.
#[derive(Clone, Copy, Debug)]
pub struct Material<'a> {
    /// What was found.
    pub analysis: &'a Analysis,
    /// The cards of the models used, as far as they are installed.
    pub models: &'a [ModelFacts],
    /// Pictures; already masked where the report is redacted.
    pub exhibits: &'a [Exhibit],
    /// What became of the file.
    pub evidence: &'a EvidenceState,
    /// What the examiner knows.
    pub dossier: &'a Dossier,
    /// The program as it names itself.
    pub app: &'a str,
    /// Now.
    pub made: Moment,
    /// How it is wanted.
    pub style: Style,
}

/// The tracks of the people whom the report is about: those whom the case file names, else the suspected.
/// Only their faces are shown when it is redacted.
pub fn concerned(analysis: &Analysis, dossier: &Dossier) -> BTreeSet<u32> {
    let named: BTreeSet<u32> = dossier.about_tracks().collect();
    if !named.is_empty() {
        return named;
    }
    let suspected = analysis.people.iter().filter(|p| p.verdict.code == VerdictCode::Suspected);
    suspected.map(|p| p.track).collect()
}
