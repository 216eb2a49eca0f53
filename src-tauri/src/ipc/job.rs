//! One examination while it runs.

use scan::analysis::{FileFacts, ItemError, Reason};
use scan::base::{FrameIndex, Progress, Rect, Score, Timestamp};
use serde::Serialize;

/// A face in a frame.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct FacePoint {
    /// The person.
    pub track: u32,
    /// Pixels of the upright frame.
    pub rect: Rect,
    /// Calibrated; of several detectors the one on which the person's verdict rests, while it is not
    /// known the highest.
    pub score: Option<Score>,
    /// Whether it was good enough to be scored.
    pub usable: bool,
    /// Why not.
    pub reasons: Vec<Reason>,
}

/// An examined frame.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct FramePoint {
    /// Its number.
    pub frame: FrameIndex,
    /// Its presentation time.
    pub pts_us: Timestamp,
    /// Whether a new shot begins here.
    pub cut: bool,
    /// Sorted by track.
    pub faces: Vec<FacePoint>,
}

/// News of one examination. The last is `finished`, `cancelled` or `failed`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum JobEvent {
    /// The file was opened.
    Started {
        /// What is known of it.
        file: FileFacts,
    },
    /// It goes on.
    Progress {
        /// How far.
        progress: Progress,
        /// How long still.
        seconds_left: Option<f64>,
    },
    /// Frames were examined.
    Frames {
        /// In order, none of them told before.
        frames: Vec<FramePoint>,
    },
    /// It is done and kept.
    Finished {
        /// Under this number.
        analysis: i64,
    },
    /// Someone stopped it.
    Cancelled,
    /// It could not be examined.
    Failed {
        /// Why.
        error: ItemError,
    },
}
