//! Units, geometry, progress and cancellation: the words that every crate shares.
//!
//! Owns [`Timestamp`], [`FrameIndex`], [`Rect`], [`Point`], [`Score`], [`Stage`], [`Progress`],
//! [`CancelToken`], [`Ctx`] and [`Warning`]. Never does I/O, never sees a tensor. First in the flow:
//! everything else depends on it.
#![forbid(unsafe_code)]

mod ctx;
mod geometry;
mod score;
mod time;
mod warning;

pub use ctx::{CancelToken, Cancelled, Ctx, Progress, Stage};
pub use geometry::{Point, Rect};
pub use score::Score;
pub use time::{FrameIndex, Timestamp};
pub use warning::{Warning, WarningCode};
