//! What a detector's card allows to be concluded from its logits.

use std::borrow::Cow;
use std::collections::BTreeMap;

use base::Score;
use serde::{Deserialize, Serialize};

use crate::evidence::{likelihood_ratio_floor, strength_of};
use crate::{MediaKind, ModelScore, Strength, Task};

/// Scores are kept to six decimals, so that a reader of the JSON compares the same numbers as the code.
const DECIMALS: f64 = 1e6;

/// Platt scaling: score = 1 / (1 + exp(-(slope × logit + intercept))).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    slope: f64,
    intercept: f64,
}

impl Calibration {
    /// `None` unless the slope is positive (polarity is fixed) and both are finite.
    pub fn new(slope: f64, intercept: f64) -> Option<Self> {
        (slope > 0.0 && slope.is_finite() && intercept.is_finite()).then_some(Self { slope, intercept })
    }

    /// The same for a logit that is first multiplied by `weight` and added to `rest`; `None` unless the weight is positive
    /// and both are finite.
    pub fn of_sum(self, weight: f64, rest: f64) -> Option<Self> {
        let weighted = Self::new(self.slope * weight, self.intercept + self.slope * rest);
        weighted.filter(|_| weight > 0.0)
    }

    /// The calibrated score; `None` for a logit that is not finite. Never falls as the logit rises.
    pub fn score(self, logit: f64) -> Option<Score> {
        logit.is_finite().then(|| at_log_odds(self.slope * logit + self.intercept)).flatten()
    }
}

/// The score with these log odds, to six decimals.
fn at_log_odds(z: f64) -> Option<Score> {
    Score::new(((1.0 / (1.0 + (-z).exp())) * DECIMALS).round() / DECIMALS)
}

/// A threshold with what it did in validation. Units are independent sources or people.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OperatingPoint {
    /// On the calibrated score.
    pub threshold: Score,
    /// Reals at or above it.
    pub false_alarms: u64,
    /// Of so many reals.
    pub n_real: u64,
    /// Fakes at or above it.
    pub found: u64,
    /// Of so many fakes.
    pub n_fake: u64,
}

impl OperatingPoint {
    /// The strongest wording these counts bear; `None` when they bear none.
    pub fn strength(&self) -> Option<Strength> {
        strength_of(likelihood_ratio_floor(self.found, self.n_fake, self.false_alarms, self.n_real))
    }

    /// The threshold when the best of `chances` independent looks counts: log odds + ln(chances). A
    /// calibrated score is a likelihood ratio up to a constant, and a likelihood ratio exceeds c times
    /// its bound with at most 1/c of the probability, so the false-alarm rate of the whole stays where
    /// one look had it (FPR / k each, field guide 5.6).
    pub fn threshold_for(&self, chances: f64) -> Score {
        let t = self.threshold.get();
        if chances <= 1.0 || t <= 0.0 || t >= 1.0 {
            return self.threshold;
        }
        at_log_odds((t / (1.0 - t)).ln() + chances.ln())
            .map_or(self.threshold, |s| if s < self.threshold { self.threshold } else { s })
    }
}

/// The two thresholds between which nothing is said.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OperatingPoints {
    suspected: OperatingPoint,
    no_indication: Score,
}

impl OperatingPoints {
    /// `None` unless the low threshold lies below the high one.
    pub fn new(suspected: OperatingPoint, no_indication: Score) -> Option<Self> {
        (no_indication < suspected.threshold).then_some(Self { suspected, no_indication })
    }

    /// At or above this one a track is suspected.
    pub fn suspected(&self) -> &OperatingPoint {
        &self.suspected
    }

    /// Below this one a track shows no indication.
    pub fn no_indication(&self) -> Score {
        self.no_indication
    }
}

/// What a detector's word is worth together with another's on the same question.
#[derive(Clone, Debug, PartialEq)]
pub struct Together {
    /// The other one's id.
    pub with: String,
    /// By what the own logit and the other one's are multiplied; their sum is calibrated.
    pub weights: [f64; 2],
    /// From that sum to score.
    pub calibration: Calibration,
    /// As [`ModelPolicy::image`].
    pub image: Option<OperatingPoints>,
    /// As [`ModelPolicy::video`].
    pub video: Option<OperatingPoints>,
}

/// One detector, as far as conclusions go.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelPolicy {
    /// Its id.
    pub id: String,
    /// The question it answers; two detectors with different tasks cannot contradict each other.
    pub task: Task,
    /// From logit to score.
    pub calibration: Calibration,
    /// For single crops of stills; `None` where it was not validated for them.
    pub image: Option<OperatingPoints>,
    /// For the mean over a track; `None` where it was not validated for them.
    pub video: Option<OperatingPoints>,
    /// What its second look at what another has scored is worth together with that.
    pub together: Option<Together>,
}

impl ModelPolicy {
    /// What may be concluded from a second look at a face or person of whom the others said this: with the one that it
    /// goes together with, both logits count.
    pub fn beside(&self, scores: &BTreeMap<String, ModelScore>) -> Cow<'_, Self> {
        let joint = self.together.as_ref().and_then(|t| {
            let other = f64::from(scores.get(&t.with)?.logit);
            let [own, weight] = t.weights;
            let calibration = t.calibration.of_sum(own, weight * other)?;
            let (id, task) = (self.id.clone(), self.task);
            Some(Self { id, task, calibration, image: t.image, video: t.video, together: None })
        });
        joint.map_or(Cow::Borrowed(self), Cow::Owned)
    }

    /// Those that decide: of both looks where it goes together with another.
    pub fn points_in_use(&self, kind: MediaKind) -> Option<&OperatingPoints> {
        match (&self.together, kind) {
            (None, _) => self.points(kind),
            (Some(together), MediaKind::Image) => together.image.as_ref(),
            (Some(together), MediaKind::Video) => together.video.as_ref(),
        }
    }

    /// The operating points for this kind of file.
    pub fn points(&self, kind: MediaKind) -> Option<&OperatingPoints> {
        match kind {
            MediaKind::Image => self.image.as_ref(),
            MediaKind::Video => self.video.as_ref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(threshold: f64) -> OperatingPoint {
        let threshold = Score::new(threshold).unwrap();
        OperatingPoint { threshold, false_alarms: 2, n_real: 500, found: 250, n_fake: 500 }
    }

    #[test]
    fn platt_scaling_of_known_values() {
        let c = Calibration::new(0.5, -1.0).unwrap();
        assert_eq!(c.score(2.0).unwrap().get(), 0.5);
        assert_eq!(c.score(4.0).unwrap().get(), 0.731_059);
        assert_eq!(c.score(1e9).unwrap().get(), 1.0);
        assert_eq!(c.score(f64::NAN), None);
        assert_eq!(c.score(f64::INFINITY), None);
    }

    #[test]
    fn polarity_cannot_be_turned_around() {
        assert!(Calibration::new(-1.0, 0.0).is_none());
        assert!(Calibration::new(0.0, 0.0).is_none());
        assert!(Calibration::new(1.0, f64::NAN).is_none());
    }

    #[test]
    fn more_people_need_a_higher_score() {
        let p = point(0.9);
        assert_eq!(p.threshold_for(1.0), p.threshold);
        assert_eq!(p.threshold_for(9.0).get(), 0.987_805); // odds 9 × 9 = 81
        assert!(p.threshold_for(2.0) > p.threshold);
    }

    #[test]
    fn the_low_threshold_lies_below_the_high_one() {
        assert!(OperatingPoints::new(point(0.9), Score::new(0.9).unwrap()).is_none());
        assert!(OperatingPoints::new(point(0.9), Score::new(0.2).unwrap()).is_some());
    }
}
