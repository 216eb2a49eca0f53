//! What is known about a file before its frames are looked at.

use serde::{Deserialize, Serialize};

/// Still or moving. Decided by content; an animated GIF, WebP, PNG or AVIF is an image, of which the
/// first frame is examined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// One frame.
    Image,
    /// Frames with presentation times.
    Video,
}

/// Facts about the picture stream; the `media` object of `facefiction.analysis/1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaInfo {
    /// Width in pixels of the upright frame, with square pixels.
    pub width: u32,
    /// Height in pixels of the upright frame, with square pixels.
    pub height: u32,
    /// Duration of the video stream in microseconds as the container states it; null for a still
    /// and where the container says nothing.
    pub duration_us: Option<i64>,
    /// Average frames a second as the container's fraction, such as `30000/1001`; null for a still.
    pub frame_rate: Option<String>,
    /// Whether frames are not evenly spaced, judged from the first packets.
    pub variable_frame_rate: bool,
    /// Short name of the coding: `h264`, `jpeg`, `heic` …
    pub codec: String,
    /// Degrees clockwise that the stored picture had to be turned to stand upright: 0, 90, 180, 270
    /// (rarely another angle, in videos).
    pub rotation: i32,
    /// Whether the file is known to be damaged or incomplete. Decoding may find out more: see
    /// [`Coverage::damaged`](crate::Coverage).
    pub damaged: bool,
}
