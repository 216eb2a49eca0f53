//! What a report shows beside numbers: facts from models' cards, and encoded pictures cut from the item.
//! The bytes are opaque here.

use base::{FrameIndex, Rect, Score, Timestamp};
use serde::{Deserialize, Serialize};

use crate::metrics::Buckets;
use crate::{OperatingPoint, OperatingPoints, Strength, Task};

/// What a model's card says, as far as a reader of a report needs it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelFacts {
    /// Its id, as in [`crate::Model`].
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The question it answers.
    pub task: Task,
    /// The network.
    pub architecture: String,
    /// SHA-256 of its weights.
    pub sha256: String,
    /// Under which terms it may be used.
    pub licence: String,
    /// What it was trained on.
    pub trained_on: String,
    /// What it must not be used for.
    pub not_for: String,
    /// `YYYY-MM-DD`.
    pub trained: String,
    /// `YYYY-MM-DD`; results after that day are warned about.
    pub expires: String,
    /// Of models that score faces.
    pub scoring: Option<ScoringFacts>,
    /// What it did on files of each kind, where that was shipped with it.
    pub buckets: Option<Buckets>,
}

/// The other logit that a second look's score is of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TogetherFacts {
    /// Whose, by model id.
    pub with: String,
    /// What the own logit is multiplied by before both are added.
    pub own: f64,
    /// What the other one is multiplied by.
    pub other: f64,
}

/// How a model's logits become words, and what backs them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScoringFacts {
    /// Of the calibration: score = 1 / (1 + exp(-(slope × logit + intercept))).
    pub slope: f64,
    /// Of the calibration.
    pub intercept: f64,
    /// Where that logit is the sum of two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub together: Option<TogetherFacts>,
    /// At or above it a face is suspected.
    pub suspected: Score,
    /// Below it there is no indication.
    pub no_indication: Score,
    /// Known-real units of the validation.
    pub n_real: u64,
    /// Of them, called suspected.
    pub false_alarms: u64,
    /// Known-manipulated units of the validation.
    pub n_fake: u64,
    /// Of them, called suspected.
    pub found: u64,
    /// What a unit is.
    pub unit: String,
    /// On what that was measured.
    pub measured_on: String,
    /// `YYYY-MM-DD`.
    pub measured: String,
}

impl ScoringFacts {
    /// The thresholds with the counts behind them; `None` when they are not in order.
    pub fn points(&self) -> Option<OperatingPoints> {
        let suspected = OperatingPoint {
            threshold: self.suspected,
            false_alarms: self.false_alarms,
            n_real: self.n_real,
            found: self.found,
            n_fake: self.n_fake,
        };
        OperatingPoints::new(suspected, self.no_indication)
    }

    /// The strongest wording that the validation bears.
    pub fn strength(&self) -> Option<Strength> {
        self.points()?.suspected().strength()
    }
}

/// What a picture shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ExhibitKind {
    /// A whole frame.
    Frame,
    /// A face with its surroundings, cut from a frame.
    Face,
    /// A crop beside its heat map.
    HeatMap,
}

/// An encoded picture (JPEG or PNG), cut from the item.
#[derive(Clone, Debug, PartialEq)]
pub struct Exhibit {
    /// Its file's name, unique within the item: ASCII letters, digits, `-`, `_` and `.` only.
    pub name: String,
    /// What it shows.
    pub kind: ExhibitKind,
    /// The person it is about.
    pub track: u32,
    /// Number of the frame in decoding order.
    pub frame: FrameIndex,
    /// Its presentation time.
    pub pts_us: Timestamp,
    /// The face's box in fractions of the picture; only of [`ExhibitKind::Frame`].
    pub rect: Option<Rect>,
    /// Other faces were made unrecognisable.
    pub masked: bool,
    /// The encoded picture.
    pub bytes: Vec<u8>,
}

/// What became of the examined file when it was opened again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EvidenceState {
    /// It has the hash that was examined, before and after it was read.
    Unchanged,
    /// It has another one.
    Changed {
        /// SHA-256 in lower-case hexadecimal.
        found: String,
    },
    /// It is not there, or cannot be read.
    Absent,
    /// It is unchanged, but its frames could not be decoded again.
    Undecodable,
}
