//! What the pipeline saw, before anything is concluded from it.

use std::collections::BTreeMap;

use base::{FrameIndex, Point, Rect, Timestamp};

use crate::{FaceQuality, MediaKind};

/// One face in one frame, with the raw outputs of the detectors that were run on it.
#[derive(Clone, Debug, PartialEq)]
pub struct FaceObservation {
    /// The person, stable over the file.
    pub track: u32,
    /// Pixels of the upright frame.
    pub rect: Rect,
    /// As in [`crate::TimelineFace::landmarks`].
    pub landmarks: [Point; 5],
    /// With `usable` decided by the quality gate.
    pub quality: FaceQuality,
    /// Raw logit by model id. Logits that are not finite are dropped.
    pub logits: BTreeMap<String, f32>,
}

/// One examined frame.
#[derive(Clone, Debug, PartialEq)]
pub struct FrameObservation {
    /// Number in decoding order.
    pub frame: FrameIndex,
    /// Presentation time.
    pub pts: Timestamp,
    /// Whether a new shot begins here.
    pub cut: bool,
    /// In any order.
    pub faces: Vec<FaceObservation>,
}

/// Everything seen in one item.
#[derive(Clone, Debug, PartialEq)]
pub struct Observations {
    /// Decides how much evidence a statement needs.
    pub kind: MediaKind,
    /// In any order.
    pub frames: Vec<FrameObservation>,
}
