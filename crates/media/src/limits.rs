//! How much of a file is worth trying.

use std::time::Duration;

/// Bounds that are checked before anything of that size is allocated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest picture file in bytes; a picture is read into memory whole. Default 512 MiB.
    pub image_bytes: u64,
    /// Most pixels of a picture, as stored. Default 150 million: above the 108 MP of phones and
    /// most scans; decoded to RGB that is 450 MB.
    pub image_pixels: u64,
    /// Most bytes that decoding one picture may allocate. Default 1 GiB, which leaves 16-bit RGBA
    /// pictures up to 128 MP.
    pub image_memory: u64,
    /// Most pixels of a video frame. Default 8192 x 8192, one frame of which is 201 MB.
    pub video_pixels: u64,
    /// Largest video file in bytes; videos are streamed, so there is none by default.
    pub video_bytes: Option<u64>,
    /// How long a decoder may show no sign of life. Default 30 s.
    pub silence: Duration,
    /// Bytes of decoded frames that may wait for the consumer; at least one frame waits, at most
    /// four. Default 48 MB: seven frames of 1080p would fit, so four wait; one of 4K.
    pub queue_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            image_bytes: 512 << 20,
            image_pixels: 150_000_000,
            image_memory: 1 << 30,
            video_pixels: 8192 * 8192,
            video_bytes: None,
            silence: Duration::from_secs(30),
            queue_bytes: 48_000_000,
        }
    }
}
