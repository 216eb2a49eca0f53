//! The verdict ladder: four codes, three strengths, a closed list of reasons.

use base::Score;
use serde::{Deserialize, Serialize};

/// What an examination comes to. Ordered from the least to the most that can be said against the
/// picture, with "not examined" first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum VerdictCode {
    /// No usable face, or the file could not be read. There is no score.
    NotExamined,
    /// The methods applied found no indication; never to be worded as "authentic".
    NoIndication,
    /// Examined, but nothing can be said.
    Inconclusive,
    /// The observations support manipulation rather than its absence.
    Suspected,
}

/// How far the observations support manipulation, bounded by the size of the validation: words for a
/// likelihood ratio's lower bound (ENFSI-style scale, field guide 6.3). The levels above 1,000 are out
/// of reach of this product and do not exist here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum Strength {
    /// Likelihood ratio of at least 2.
    Limited,
    /// At least 10.
    Moderate,
    /// At least 100.
    ModeratelyStrong,
}

/// Why a verdict is not stronger than it is, or why a face was left out. Closed, so that every shell can
/// word each one in every language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum Reason {
    /// No face was found.
    NoFace,
    /// Fewer usable crops than one statement needs (8 in a track of a video).
    TooFewUsableFaces,
    /// The face has too few pixels.
    TooSmall,
    /// The face is out of focus or smeared by motion.
    Blurred,
    /// Compression has left blocks where detail should be.
    OverCompressed,
    /// The face is turned too far to the side.
    TurnedAway,
    /// The face is cut by the edge of the frame.
    CutOff,
    /// The face detector is not sure enough that this is a face.
    UncertainFace,
    /// The score lies between the two thresholds.
    BetweenThresholds,
    /// One detector is above its high threshold while another is below its low one.
    ModelsDisagree,
    /// Only a short stretch lies above the threshold.
    OnlyBriefly,
    /// The validation of the detector says nothing about material of this kind.
    NotValidatedForThis,
    /// The validation is too small to bear even the weakest wording.
    ValidationTooSmall,
    /// The file is damaged; what could be decoded was examined.
    DamagedFile,
    /// The file could not be decoded.
    DecodeFailed,
    /// No detector is installed, or none was asked for.
    NoDetector,
    /// The suspicion does not survive re-encoding or shrinking.
    NotStable,
}

/// A verdict with what it rests on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// What can be said.
    pub code: VerdictCode,
    /// How strongly; only of [`VerdictCode::Suspected`].
    pub strength: Option<Strength>,
    /// Why not more; sorted, each once. A `suspected` or `noIndication` may carry some too.
    pub reasons: Vec<Reason>,
    /// The calibrated score the verdict rests on; `None` exactly when nothing was examined.
    pub score: Option<Score>,
}

impl Verdict {
    /// Nothing was examined, for these reasons.
    pub fn not_examined(reasons: impl IntoIterator<Item = Reason>) -> Self {
        Self { code: VerdictCode::NotExamined, strength: None, reasons: sorted(reasons), score: None }
    }

    /// Examined, but nothing can be said.
    pub fn inconclusive(score: Score, reasons: impl IntoIterator<Item = Reason>) -> Self {
        Self { code: VerdictCode::Inconclusive, strength: None, reasons: sorted(reasons), score: Some(score) }
    }

    /// No indication found.
    pub fn no_indication(score: Score, reasons: impl IntoIterator<Item = Reason>) -> Self {
        Self { code: VerdictCode::NoIndication, strength: None, reasons: sorted(reasons), score: Some(score) }
    }

    /// Supported this strongly.
    pub fn suspected(score: Score, strength: Strength, reasons: impl IntoIterator<Item = Reason>) -> Self {
        Self { code: VerdictCode::Suspected, strength: Some(strength), reasons: sorted(reasons), score: Some(score) }
    }

    /// The same verdict with one more reason to be careful; a damaged file's `noIndication` becomes
    /// `inconclusive`, because the part that is missing was not examined.
    #[must_use]
    pub fn with_damage(mut self) -> Self {
        if self.code == VerdictCode::NoIndication {
            self.code = VerdictCode::Inconclusive;
        }
        self.reasons = sorted(self.reasons.into_iter().chain([Reason::DamagedFile]));
        self
    }
}

fn sorted(reasons: impl IntoIterator<Item = Reason>) -> Vec<Reason> {
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_unstable();
    reasons.dedup();
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damage_takes_back_a_no_indication_but_not_a_suspicion() {
        let score = Score::new(0.2).unwrap();
        let none = Verdict::no_indication(score, []).with_damage();
        assert_eq!((none.code, none.reasons), (VerdictCode::Inconclusive, vec![Reason::DamagedFile]));
        let found = Verdict::suspected(score, Strength::Limited, []).with_damage();
        assert_eq!((found.code, found.strength), (VerdictCode::Suspected, Some(Strength::Limited)));
    }

    #[test]
    fn reasons_are_sorted_and_unique() {
        let v = Verdict::not_examined([Reason::Blurred, Reason::NoFace, Reason::Blurred]);
        assert_eq!(v.reasons, vec![Reason::NoFace, Reason::Blurred]);
    }
}
