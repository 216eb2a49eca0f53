//! The document `facefiction.analysis/1`: one JSON object per examined item.

use std::collections::{BTreeMap, BTreeSet};

use base::Warning;
use serde::{Deserialize, Serialize};

use crate::runs::min_crops;
use crate::{AnalysisError, Baseline, Explanation, FileFacts, Findings, Person, Reason, TimelineFrame, Verdict};

/// The name of the form this version writes and reads.
pub const SCHEMA: &str = "facefiction.analysis/1";

/// What a model is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum Task {
    /// Was a real face swapped, re-enacted or edited?
    FaceManipulation,
    /// Is the face fully synthetic?
    FaceSynthesis,
    /// Where are faces?
    FaceDetection,
    /// Where are their landmarks?
    FaceLandmarks,
}

/// A model that took part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Its id, as in `models/<id>`.
    pub id: String,
    /// What it is for.
    pub task: Task,
    /// The network.
    pub architecture: String,
    /// SHA-256 of its weights.
    pub sha256: String,
    /// SHA-256 of the encoder that its weights are read through, for a second look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoder_sha256: Option<String>,
}

/// How the examination was run; the only part that may differ between two runs on one input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// `facefiction x.y.z`.
    pub app: String,
    /// `cpu`, `cuda` or `metal`.
    pub device: String,
    /// Threads used.
    pub threads: usize,
    /// Frames a second examined; `None` for a still or when every frame was.
    pub fps: Option<f64>,
    /// RFC 3339, UTC.
    pub started: String,
    /// Wall time.
    pub seconds: f64,
    /// What went less well, in order of arrival.
    pub warnings: Vec<Warning>,
    /// What the detectors said of known samples before they were let near this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub controls: Vec<Control>,
}

/// A sample whose logit is known, scored on the device in use.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// The detector, by model id.
    pub model: String,
    /// The sample, by its file's name.
    pub sample: String,
    /// Whether a generated face is known to be in it; a real one otherwise.
    pub generated: bool,
    /// The logit that a reference computed.
    pub expected: f64,
    /// The logit here.
    pub obtained: f64,
    /// How far they may be apart.
    pub tolerance: f64,
}

impl Control {
    /// Whether the device computes what it should.
    pub fn passed(&self) -> bool {
        (self.obtained - self.expected).abs() <= self.tolerance
    }
}

/// Why an item failed. Closed, so that every shell can word it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(rename = "ItemErrorCode"))]
#[serde(rename_all = "camelCase")]
pub enum ErrorCode {
    /// No such file.
    NotFound,
    /// It may not be read.
    NotReadable,
    /// Neither an image nor a video, or of a kind that is not supported.
    Unsupported,
    /// It has no bytes.
    Empty,
    /// Larger than the limits allow.
    TooLarge,
    /// Nothing in it could be decoded.
    DecodeFailed,
    /// It has no pictures (sound only).
    NoVideoStream,
    /// A tool or a model that is needed is missing or broken.
    Setup,
    /// The work was stopped.
    Cancelled,
    /// A fault of this program.
    Internal,
}

/// Why an item failed, with the particulars in English.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct ItemError {
    /// What kind.
    pub code: ErrorCode,
    /// One line.
    pub message: String,
}

/// Everything that was found out about one item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Analysis {
    /// [`SCHEMA`].
    pub schema: String,
    /// Which file.
    pub file: FileFacts,
    /// What it comes to.
    pub verdict: Verdict,
    /// Sorted by track.
    pub people: Vec<Person>,
    /// In order of time.
    pub timeline: Vec<TimelineFrame>,
    /// In the order they were asked for.
    pub models: Vec<Model>,
    /// Why the detectors gave the scores they gave, where that was asked for; by person, time and model.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub explanations: Vec<Explanation>,
    /// Where its people stand among clips that the user knows to be real, where some were given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Baseline>,
    /// How it was run.
    pub run: Run,
    /// Why the item failed, if it did.
    pub error: Option<ItemError>,
}

impl Analysis {
    /// People with enough usable faces for a statement, at least 1: the number of looks for which thresholds
    /// allow ([`crate::OperatingPoint::threshold_for`]).
    pub fn looks(&self) -> usize {
        let mut crops: BTreeMap<(u32, &str), usize> = BTreeMap::new();
        let usable = self.timeline.iter().flat_map(|frame| &frame.faces).filter(|face| face.quality.usable);
        for (face, model) in usable.flat_map(|face| face.scores.keys().map(move |model| (face, model))) {
            *crops.entry((face.track, model)).or_default() += 1;
        }
        let least = self.file.kind.map_or(1, min_crops);
        let people: BTreeSet<u32> = crops.iter().filter(|(_, n)| **n >= least).map(|((track, _), _)| *track).collect();
        people.len().max(1)
    }

    /// An examined item. A damaged file's verdict says so.
    pub fn examined(file: FileFacts, findings: Findings, models: Vec<Model>, run: Run) -> Self {
        let damaged = file.media.as_ref().is_some_and(|m| m.damaged);
        let verdict = if damaged { findings.verdict.with_damage() } else { findings.verdict };
        Self {
            schema: SCHEMA.to_owned(),
            file,
            verdict,
            people: findings.people,
            timeline: findings.timeline,
            models,
            explanations: Vec::new(),
            baseline: None,
            run,
            error: None,
        }
    }

    /// An item that failed before anything could be examined: not examined, no score.
    pub fn failed(file: FileFacts, error: ItemError, models: Vec<Model>, run: Run) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            file,
            verdict: Verdict::not_examined([Reason::DecodeFailed]),
            people: Vec::new(),
            timeline: Vec::new(),
            models,
            explanations: Vec::new(),
            baseline: None,
            run,
            error: Some(error),
        }
    }

    /// The document on one line, without a line end.
    ///
    /// # Errors
    /// [`AnalysisError::Shape`] when serde cannot write it.
    pub fn to_json_line(&self) -> Result<String, AnalysisError> {
        Ok(serde_json::to_string(self)?)
    }

    /// Reads a document.
    ///
    /// # Errors
    /// [`AnalysisError::Schema`] for another form, [`AnalysisError::Shape`] for anything that is none.
    pub fn from_json(text: &str) -> Result<Self, AnalysisError> {
        #[derive(Deserialize)]
        struct Named {
            schema: String,
        }
        let Named { schema: found } = serde_json::from_str(text)?;
        if found != SCHEMA {
            return Err(AnalysisError::Schema { found });
        }
        Ok(serde_json::from_str(text)?)
    }
}
