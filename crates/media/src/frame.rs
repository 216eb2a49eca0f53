//! One decoded picture with its place in the file.

use std::sync::Arc;

use base::{FrameIndex, Timestamp};
use image::RgbImage;

/// An upright frame (rotation or EXIF orientation applied), 8 bits a channel, sRGB as stored.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Position in decoding order over all frames of the stream, sampled or not.
    pub index: FrameIndex,
    /// Presentation time as the container states it; zero for a still.
    pub pts: Timestamp,
    /// Pixels, `[height, width, 3]`.
    pub rgb: Arc<RgbImage>,
}
