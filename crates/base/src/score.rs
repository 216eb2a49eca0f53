//! Calibrated scores.

use serde::{Deserialize, Serialize};

/// A calibrated score in [0, 1]; high = more like manipulated. Not a probability that the file is
/// fake: that needs a base rate nobody knows. An item that was not examined has no `Score` at all.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(type = "number"))]
#[serde(try_from = "f64", into = "f64")]
pub struct Score(f64);

impl Score {
    /// `None` when `value` is not a number in [0, 1].
    pub fn new(value: f64) -> Option<Self> {
        (0.0..=1.0).contains(&value).then_some(Self(value))
    }

    /// The value in [0, 1].
    pub const fn get(self) -> f64 {
        self.0
    }

    /// With two decimals; near the ends with three, so that no score reads as certainty: `0.42`, `0.998`.
    pub fn rounded(self) -> String {
        match self.0 {
            v if (0.995..1.0).contains(&v) => format!("{:.3}", (v * 1000.0).floor() / 1000.0),
            v if 0.0 < v && v < 0.005 => format!("{:.3}", (v * 1000.0).ceil() / 1000.0),
            v => format!("{v:.2}"),
        }
    }

    /// Scores are never NaN, so they have a total order.
    pub fn total_cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl TryFrom<f64> for Score {
    type Error = &'static str;

    fn try_from(value: f64) -> Result<Self, Self::Error> {
        Self::new(value).ok_or("a score lies between 0 and 1")
    }
}

impl From<Score> for f64 {
    fn from(s: Score) -> Self {
        s.0
    }
}

#[cfg(test)]
mod tests {
    use super::Score;

    #[test]
    fn no_score_reads_as_certainty() {
        let shown = |v: f64| Score::new(v).unwrap().rounded();
        assert_eq!([0.42, 0.9949, 0.995, 0.99996, 1.0].map(shown), ["0.42", "0.99", "0.995", "0.999", "1.00"]);
        assert_eq!([0.0, 0.000_04, 0.0049, 0.005].map(shown), ["0.00", "0.001", "0.005", "0.01"]);
    }

    #[test]
    fn only_numbers_between_zero_and_one_are_scores() {
        for bad in [f64::NAN, -0.001, 1.001, f64::INFINITY] {
            assert!(Score::new(bad).is_none(), "{bad}");
        }
        for good in [0.0, 0.5, 1.0] {
            assert_eq!(Score::new(good).map(Score::get), Some(good));
        }
    }
}
