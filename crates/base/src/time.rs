//! Presentation time and frame numbers, always integers.

use serde::{Deserialize, Serialize};

/// Presentation time in integer microseconds. The start of a file need not be zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// A timestamp of `us` microseconds.
    pub const fn from_micros(us: i64) -> Self {
        Self(us)
    }

    /// `ticks` of a clock that ticks `den / num` times a second (a time base of `num / den` seconds),
    /// rounded to the nearest microsecond, halves away from zero; `None` when `den` is zero or the
    /// result does not fit.
    pub fn from_ticks(ticks: i64, num: u32, den: u32) -> Option<Self> {
        if den == 0 {
            return None;
        }
        let scaled = i128::from(ticks) * i128::from(num) * 1_000_000;
        let den = i128::from(den);
        let half = if scaled < 0 { -den / 2 } else { den / 2 };
        i64::try_from((scaled + half) / den).ok().map(Self)
    }

    /// Microseconds.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Seconds, for display and for rates; never for identity.
    pub fn seconds(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// Microseconds from `earlier` to `self`; saturating.
    pub const fn micros_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// Position of a frame in decoding order, counted from zero over all frames of the stream, also
/// those that sampling skipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(transparent)]
pub struct FrameIndex(pub u64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_round_to_the_nearest_microsecond() {
        let cases = [
            (1, 1, 30, 33_333),
            (2, 1, 30, 66_667),
            (1001, 1, 30_000, 33_367),
            (-1, 1, 30, -33_333),
            (-2, 1, 30, -66_667),
            (1, 1, 2_000_000, 1),
            (0, 1, 90_000, 0),
            (512, 1, 15_360, 33_333),
        ];
        for (ticks, num, den, us) in cases {
            assert_eq!(
                Timestamp::from_ticks(ticks, num, den),
                Some(Timestamp::from_micros(us)),
                "{ticks} x {num}/{den}"
            );
        }
        assert_eq!(Timestamp::from_ticks(1, 1, 0), None);
        assert_eq!(Timestamp::from_ticks(i64::MAX, u32::MAX, 1), None);
    }
}
