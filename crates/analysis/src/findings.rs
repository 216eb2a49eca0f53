//! People, segments and the timeline: what aggregation finds.

use std::collections::BTreeMap;

use base::{FrameIndex, Point, Rect, Score, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Reason, Stability, Verdict};

/// How well one face can be examined.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaceQuality {
    /// Whether the crop takes part in the verdict.
    pub usable: bool,
    /// Why not; empty when usable.
    pub reasons: Vec<Reason>,
    /// Longer side of the face's box in pixels.
    pub face_px: f32,
    /// Variance-based sharpness; the higher the sharper.
    pub sharpness: f32,
    /// Strength of the 8-pixel block grid; the higher the worse.
    pub blockiness: f32,
    /// Degrees the head is turned to the side, estimated from the landmarks.
    pub yaw_deg: f32,
    /// What the face detector thought of it, in [0, 1].
    pub detector_score: f32,
}

/// What one detector says about one face.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct ModelScore {
    /// Raw output of the network.
    pub logit: f32,
    /// Calibrated.
    pub score: Score,
}

/// One face in one frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimelineFace {
    /// The person, as in [`Person::track`].
    pub track: u32,
    /// Pixels of the upright frame; may stick out of it.
    pub rect: Rect,
    /// Left eye, right eye, nose, left and right corner of the mouth, as seen in the picture.
    pub landmarks: [Point; 5],
    /// How well it can be examined.
    pub quality: FaceQuality,
    /// The score of the detector on which the person's verdict rests; `None` when not scored.
    pub score: Option<Score>,
    /// Every detector's own, by model id; empty when not scored.
    pub scores: BTreeMap<String, ModelScore>,
}

/// One examined frame, with or without faces.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimelineFrame {
    /// Number of the frame in decoding order.
    pub frame: FrameIndex,
    /// Presentation time.
    pub pts_us: Timestamp,
    /// Sorted by track.
    pub faces: Vec<TimelineFace>,
}

/// A stretch in which a person's crops lie above a detector's threshold without interruption.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Segment {
    /// Presentation time of the first crop.
    pub start_us: Timestamp,
    /// Presentation time of the last crop.
    pub end_us: Timestamp,
    /// The highest calibrated score within.
    pub peak: Score,
    /// Whose threshold, by model id.
    pub model: String,
}

/// One person followed through the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// Stable number, from 0.
    pub track: u32,
    /// First time seen.
    pub first_us: Timestamp,
    /// Last time seen.
    pub last_us: Timestamp,
    /// Faces seen.
    pub crops: u64,
    /// Faces that were good enough and scored.
    pub usable_crops: u64,
    /// Same as the verdict's score.
    pub score: Option<Score>,
    /// What can be said about this person.
    pub verdict: Verdict,
    /// Share of the usable crops above the threshold of the detector on which the verdict rests; `None` where none was
    /// scored, and where that detector was shown some of them only.
    pub fraction_above: Option<f64>,
    /// The most usable crops in a row above it.
    pub longest_run: u64,
    /// Every detector's aggregated score of this person, by model id.
    pub scores: BTreeMap<String, ModelScore>,
    /// In order of time, then of model.
    pub segments: Vec<Segment>,
    /// How the suspicion fares on the ladder; only of people whom a detector suspects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stability: Option<Stability>,
}

impl Person {
    /// The detector on which the verdict rests: the one whose score is the person's.
    pub fn decided_by(&self) -> Option<&str> {
        let decided = self.scores.iter().find(|(_, own)| Some(own.score) == self.score);
        decided.map(|(model, _)| model.as_str())
    }

    /// Whether the detector on which the verdict rests was shown some of the person's scored faces only, as in a second look.
    pub fn decided_on_some(&self, timeline: &[TimelineFrame]) -> bool {
        let Some(model) = self.decided_by() else { return false };
        let own = timeline.iter().flat_map(|frame| &frame.faces).filter(|face| face.track == self.track);
        own.filter(|face| face.score.is_some()).any(|face| !face.scores.contains_key(model))
    }
}

/// What [`crate::aggregate`] returns.
#[derive(Clone, Debug, PartialEq)]
pub struct Findings {
    /// About the whole item.
    pub verdict: Verdict,
    /// Sorted by track.
    pub people: Vec<Person>,
    /// In order of time.
    pub timeline: Vec<TimelineFrame>,
}
