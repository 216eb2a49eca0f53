//! From a file to upright RGB frames: identify, probe, hash and decode images and videos.
//!
//! Owns what a file is ([`identify`], [`MediaInfo`]), its bytes (SHA-256, size, whether they changed
//! while they were read) and its pixels ([`Frame`]), and the lifetime of the ffmpeg children that
//! decode videos. Never looks for faces, never opens anything but the one local file it was given,
//! never writes. First step of the flow: `faces` takes the frames from here.
//!
//! ```no_run
//! # fn main() -> Result<(), media::MediaError> {
//! use media::{Limits, Media, Sampling};
//!
//! let ctx = base::Ctx::silent();
//! let media = Media::open("clip.mp4".as_ref(), &Limits::default(), &ctx)?;
//! let mut frames = media.frames(Sampling::PerSecond(5.0), 2, &ctx)?;
//! for frame in &mut frames {
//!     let frame = frame?;
//!     println!("{} {}", frame.index.0, frame.pts.micros());
//! }
//! let coverage = frames.finish();
//! println!("{} frames, damaged: {}, sha256 {}", coverage.frames, coverage.damaged, media.sha256(&ctx)?);
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

mod child;
mod error;
mod frame;
mod frames;
mod identify;
mod info;
mod limits;
mod media;
mod probe;
mod source;
mod still;
mod video;

pub use error::{ErrorCode, MediaError};
pub use frame::Frame;
pub use frames::{Coverage, Frames, Sampling};
pub use identify::{begins_as_still, identify, is_named_like_media};
pub use info::{Kind, MediaInfo};
pub use limits::Limits;
pub use media::Media;
pub use source::Sha256Hex;
