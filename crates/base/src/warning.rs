//! What went less well than it should have without stopping the work.

use serde::{Deserialize, Serialize};

/// Closed list, so that every shell can word each one in every language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum WarningCode {
    /// The decoder met errors or the stream ended early; `detail` says what was covered.
    Damaged,
    /// Only the first frame of an animation was examined.
    AnimationFirstFrame,
    /// The wanted device is not available; another one is used.
    DeviceFallback,
    /// More faces than the limit were found in a frame; the largest were kept.
    FacesDropped,
    /// A directory entry was skipped (a loop, an unreadable folder, not a media file).
    Skipped,
    /// The file changed while it was read.
    ChangedWhileReading,
    /// A detector's card is past its expiry date.
    ModelExpired,
    /// The wanted device scored known samples wrongly; the CPU is used.
    ControlsFailed,
    /// Anything a decoder said that is worth keeping.
    DecoderMessage,
}

/// One warning, with its particulars in plain words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct Warning {
    /// What kind.
    pub code: WarningCode,
    /// The particulars: counts, ranges, names.
    pub detail: String,
}

impl Warning {
    /// A warning with its particulars.
    pub fn new(code: WarningCode, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }
}
