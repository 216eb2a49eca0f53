//! Model cards: what a network is, what it takes, how far its scores can be trusted.
//!
//! A card is `models/<id>/card.toml`. Every field is required and no other field is allowed; the
//! `[scoring]` table is required exactly for the tasks that score faces. `models/README.md` explains
//! the fields to people who write cards.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use crate::architecture::Architecture;
pub use crate::date::Date;
use crate::error::NetsError;

/// `models/<id>/card.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelCard {
    /// Name of the folder; lower-case letters, digits and `-`.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Version of the weights.
    pub version: String,
    /// The network.
    pub architecture: Architecture,
    /// The question it answers.
    pub task: Task,
    /// Terms of the weights.
    pub licence: String,
    /// Where the weights come from.
    pub source: String,
    /// Data the weights were fitted to.
    pub trained_on: String,
    /// What the network must not be used for.
    pub not_for: String,
    /// Day the training ended, or the weights were published where that is not known.
    pub trained: Date,
    /// Day after which results carry a warning.
    pub expires: Date,
    /// What the network takes.
    pub input: Input,
    /// The file with the numbers.
    pub weights: WeightsFile,
    /// The frozen network below these weights, in the folder above the card's; for the architectures that have one,
    /// and only for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoder: Option<WeightsFile>,
    /// For the tasks that score faces, and only for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scoring: Option<Scoring>,
    /// What its second look is worth together with another detector's first one; for architectures with an encoder only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub together: Option<Together>,
}

/// A detector's logit and another's on the same question, as one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Together {
    /// The other one's id.
    pub with: String,
    /// SHA-256 of the other one's weights; with any others the two do not go together.
    pub sha256: String,
    /// By what the own logit is multiplied. Positive.
    pub own: f64,
    /// By what the other one's logit is multiplied. Positive.
    pub other: f64,
    /// Of the sum of both, in place of the logit.
    pub scoring: Scoring,
}

/// The question that a network answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Task {
    /// Was this face swapped or re-enacted?
    FaceManipulation,
    /// Was this face generated as a whole?
    FaceSynthesis,
    /// Where are the faces?
    FaceDetection,
    /// Where are the parts of this face?
    FaceLandmarks,
}

impl Task {
    /// Whether the network gives logits that mean "more like manipulated".
    pub const fn scores(self) -> bool {
        matches!(self, Self::FaceManipulation | Self::FaceSynthesis)
    }
}

/// What the network takes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Side of the square that the network sees, in pixels. MTCNN: of its last stage.
    pub size: u32,
    /// Side to which the crop is resized before its centre of `size` is cut out; equal to `size` for no cut.
    pub resize: u32,
    /// Subtracted from pixels scaled to [0, 1], in the order of `channels`.
    pub mean: [f32; 3],
    /// Divides what is left.
    pub std: [f32; 3],
    /// Order of the colours.
    pub channels: Channels,
    /// From this logit on a still is looked at from further views too (two other zooms, and all of them mirrored), and the
    /// mean of all counts; its calibration and thresholds were measured so. Without it one view counts. A video has many
    /// frames anyway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub views_from: Option<f32>,
    /// Which part of the picture.
    pub crop: CropRule,
}

/// Order of the colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Channels {
    /// Red first.
    Rgb,
    /// Blue first.
    Bgr,
}

/// Which part of the picture the network sees. Squares lie about the centre of the face box and are
/// kept inside the picture: shrunk and shifted, never padded.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "rule", rename_all = "camelCase", deny_unknown_fields)]
pub enum CropRule {
    /// The whole picture.
    Whole {},
    /// Square of `factor` × the longer side of the face box.
    Box {
        /// Multiplies the longer side.
        factor: f32,
    },
    /// Square of `factor` × the height of the face box.
    Height {
        /// Multiplies the height.
        factor: f32,
    },
    /// Square of `factor` × the longer side of the face box, turned so that the eyes are level; may
    /// stick out of the picture.
    Turned {
        /// Multiplies the longer side.
        factor: f32,
    },
}

impl CropRule {
    /// What the side of the face box is multiplied with; `None` for the whole picture.
    pub const fn factor(self) -> Option<f32> {
        match self {
            Self::Whole {} => None,
            Self::Box { factor } | Self::Height { factor } | Self::Turned { factor } => Some(factor),
        }
    }
}

/// The file with the numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeightsFile {
    /// A file name beside the card, ending in `.safetensors`.
    pub file: String,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256, 64 lower-case hexadecimal digits.
    pub sha256: String,
}

/// How logits become scores and what scores are worth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scoring {
    /// Frames a second that are examined unless the user says otherwise.
    pub fps: f64,
    /// From logit to score.
    pub calibration: Calibration,
    /// The two thresholds, and how often they erred where they were set.
    pub operating_points: OperatingPoints,
    /// Independent evidence that bounds how strongly a verdict may be worded.
    pub validation: Validation,
}

/// From logit to score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", deny_unknown_fields)]
pub enum Calibration {
    /// score = 1 / (1 + exp(−(slope × logit + intercept))).
    Platt {
        /// Positive.
        slope: f64,
        /// Any finite number.
        intercept: f64,
        /// Real samples it was fitted on.
        n_real: u32,
        /// Manipulated samples it was fitted on.
        n_fake: u32,
        /// Which samples, and how they were cropped and aggregated.
        measured_on: String,
    },
}

impl Calibration {
    /// The calibrated score of a raw logit; `None` when the logit is not a number.
    pub fn score(&self, logit: f64) -> Option<base::Score> {
        let Self::Platt { slope, intercept, .. } = self;
        base::Score::new(1.0 / (1.0 + (-(slope * logit + intercept)).exp()))
    }
}

/// The two thresholds between which a result is inconclusive.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperatingPoints {
    /// At or above: suspected.
    pub suspected: Suspected,
    /// Below: no indication.
    pub no_indication: NoIndication,
}

/// At or above this calibrated score something is suspected.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suspected {
    /// Calibrated score.
    pub threshold: f64,
    /// `false_alarms / n_real`.
    pub fpr: f64,
    /// Independent real samples at or above the threshold.
    pub false_alarms: u32,
    /// Independent real samples (groups: people, scenes, source files).
    pub n_real: u32,
    /// `found / n_fake`.
    pub tpr: f64,
    /// Manipulated samples at or above the threshold.
    pub found: u32,
    /// Manipulated samples.
    pub n_fake: u32,
    /// Which samples.
    pub measured_on: String,
}

/// Below this calibrated score nothing was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoIndication {
    /// Calibrated score, not above that of `suspected`.
    pub threshold: f64,
    /// `missed / n_fake`.
    pub fnr: f64,
    /// Manipulated samples below the threshold.
    pub missed: u32,
    /// Manipulated samples.
    pub n_fake: u32,
    /// Real samples below the threshold.
    pub cleared: u32,
    /// Real samples.
    pub n_real: u32,
    /// Which samples.
    pub measured_on: String,
}

/// Independent evidence for the threshold of `suspected`, on data that set neither weights nor
/// thresholds where there is such data (`measured_on` says so). It bounds the wording of a verdict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Validation {
    /// Independent real samples (source videos or people, not frames).
    pub n_real: u32,
    /// Those called suspected.
    pub false_alarms: u32,
    /// Independent manipulated samples.
    pub n_fake: u32,
    /// Those called suspected.
    pub found: u32,
    /// What counts as one sample, such as `source video` or `person`.
    pub unit: String,
    /// Which samples, and what they have in common with the training data.
    pub measured_on: String,
    /// Day of the measurement.
    pub measured: Date,
}

impl ModelCard {
    /// The other half of a second look, among the cards of those that looked first; `None` where it looks alone.
    pub fn together<'a>(&self, mut first: impl Iterator<Item = &'a Self>) -> Option<&Together> {
        let together = self.together.as_ref()?;
        first.any(|c| c.id == together.with && c.weights.sha256 == together.sha256).then_some(together)
    }

    /// Whether it is of these weights and this encoder; what was sealed before 1 December 2026 names no encoder.
    pub fn is_of(&self, sha256: &str, encoder_sha256: Option<&str>) -> bool {
        let own = self.encoder.as_ref().map(|encoder| encoder.sha256.as_str());
        self.weights.sha256 == sha256 && encoder_sha256.is_none_or(|named| own == Some(named))
    }

    /// Reads and checks the text of a card.
    ///
    /// # Errors
    /// [`NetsError::CardSyntax`] names a missing, unknown or mistyped field and its line,
    /// [`NetsError::CardField`] a field whose value makes no sense.
    pub fn from_toml(text: &str) -> Result<Self, NetsError> {
        let card: Self = toml::from_str(text).map_err(|e| NetsError::CardSyntax {
            line: line_of(text, e.span().map_or(0, |s| s.start)),
            message: e.message().to_owned(),
            path: PathBuf::new(),
        })?;
        card.validate()?;
        Ok(card)
    }

    /// Whether results of `today` should carry a warning.
    pub fn expired(&self, today: Date) -> bool {
        today > self.expires
    }

    /// Checks what types alone cannot say.
    ///
    /// # Errors
    /// [`NetsError::CardField`] with the first field that makes no sense.
    pub fn validate(&self) -> Result<(), NetsError> {
        crate::card_rules::check(self)
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|b| *b == b'\n').count() + 1
}

#[cfg(test)]
#[path = "card_tests.rs"]
mod tests;
