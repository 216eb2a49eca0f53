//! What only the examiner knows: who asks what about which case, and what was seen before any score was.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::ReportError;

/// Bytes of a case file that are read at most.
pub const MAX_DOSSIER_BYTES: u64 = 1 << 20;

/// A case file; everything in it may be left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Dossier {
    /// Number of the report.
    pub report_id: Option<String>,
    /// Name of the case.
    pub case: Option<String>,
    /// Who examines.
    pub author: Option<String>,
    /// For whom.
    pub organisation: Option<String>,
    /// The question asked, as the report's title.
    pub question: Option<String>,
    /// How, when and from whom the file was received.
    pub received: Option<String>,
    /// Whether the file is the original or a copy.
    pub copy: Option<String>,
    /// What happened to the file, in order.
    pub custody: Vec<Custody>,
    /// Names of people by their number in the report, from 1: `"2" = "the speaker"`.
    pub people: BTreeMap<String, String>,
    /// Numbers of the people whom the report is about; decides whose face stays visible when redacted.
    pub about: Vec<u32>,
    /// What the examiner thought before any score was shown.
    pub first_opinion: Option<Opinion>,
    /// What the examiner noted.
    pub notes: Option<String>,
    /// Who repeated the review, and what that person says.
    pub second_reviewer: Option<Opinion>,
}

/// One entry of the chain of custody.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Custody {
    /// When.
    pub when: String,
    /// Who.
    pub who: String,
    /// What was done.
    pub what: String,
}

/// An opinion with its author and its time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Opinion {
    /// What it says.
    pub text: String,
    /// Whose it is.
    pub by: Option<String>,
    /// When it was recorded, RFC 3339.
    pub at: Option<String>,
}

impl Dossier {
    /// Reads JSON (when the text begins with `{`) or TOML.
    ///
    /// # Errors
    /// [`ReportError::Dossier`] for anything else, and for a field that is not one of these.
    pub fn read(text: &str) -> Result<Self, ReportError> {
        let broken = |message: String| ReportError::Dossier { message };
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if text.trim_start().starts_with('{') {
            return serde_json::from_str(text).map_err(|e| broken(e.to_string()));
        }
        toml::from_str(text).map_err(|e| broken(e.to_string().trim().replace('\n', " ")))
    }

    /// The tracks of the people named in `about`.
    pub fn about_tracks(&self) -> impl Iterator<Item = u32> + '_ {
        self.about.iter().filter_map(|n| n.checked_sub(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_and_toml_say_the_same_and_a_typo_is_told() {
        let json = Dossier::read(r#"{"case": "Harbour \"A\"", "people": {"2": "the speaker"}, "about": [2]}"#).unwrap();
        let toml = Dossier::read("case = 'Harbour \"A\"'\nabout = [2]\n[people]\n2 = 'the speaker'\n").unwrap();
        assert_eq!(json, toml);
        assert_eq!(toml.about_tracks().collect::<Vec<_>>(), [1]);
        assert_eq!(Dossier::read("").unwrap(), Dossier::default());
        for bad in ["cases = 'x'", "{\"case\": 1}", "{", "case = "] {
            assert!(matches!(Dossier::read(bad), Err(ReportError::Dossier { .. })), "{bad}");
        }
    }
}
