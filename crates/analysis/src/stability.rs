//! Does a suspicion survive what happens to files on their way: re-encoding and shrinking?

use base::Score;
use serde::{Deserialize, Serialize};

use crate::{Calibration, Findings, OperatingPoints, Person, Reason, Verdict, VerdictCode};

/// The ladder this version climbs: its rungs, their order and how each is made. Another ladder gets another
/// name, so that results stay comparable.
pub const LADDER: &str = "ladder/1";

/// One way to spoil a crop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum Rung {
    /// As it is.
    Native,
    /// JPEG at quality 75.
    Jpeg75,
    /// JPEG at quality 60.
    Jpeg60,
    /// JPEG at quality 40.
    Jpeg40,
    /// The frame shrunk to 768 pixels on its longer side.
    Side768,
    /// The frame shrunk to 512 pixels on its longer side.
    Side512,
}

impl Rung {
    /// From the top.
    pub const ALL: [Self; 6] = [Self::Native, Self::Jpeg75, Self::Jpeg60, Self::Jpeg40, Self::Side768, Self::Side512];
}

/// What a detector says on one rung.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct RungScore {
    /// Which.
    pub rung: Rung,
    /// Mean over the crops.
    pub logit: f64,
    /// The same, calibrated.
    pub score: Score,
    /// What the score alone would come to: `suspected`, `inconclusive` or `noIndication`.
    pub code: VerdictCode,
}

/// How a person's suspicion fares on the ladder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Stability {
    /// [`LADDER`].
    pub ladder: String,
    /// The detector on which the suspicion rests, by model id.
    pub model: String,
    /// Crops that were spoilt: those with the highest scores.
    pub crops: u64,
    /// In the order of [`Rung::ALL`]. A rung that would leave the frame as it is, or the face too small to
    /// be examined, is left out.
    pub rungs: Vec<RungScore>,
    /// Highest less lowest calibrated score.
    pub spread: f64,
    /// Whether the suspicion stands.
    pub holds: bool,
}

impl Stability {
    /// From the mean logit on each rung that was climbed, with its calibration there. `None` when the first is not
    /// [`Rung::Native`] or a logit is not finite.
    pub fn of(model: &str, crops: u64, logits: &[(Rung, f64, Calibration)], points: &OperatingPoints) -> Option<Self> {
        let scored = |&(rung, logit, calibration): &(Rung, f64, Calibration)| {
            let score = calibration.score(logit)?;
            Some(RungScore { rung, logit, score, code: code_of(score, points) })
        };
        let rungs = logits.iter().map(scored).collect::<Option<Vec<_>>>()?;
        if rungs.first()?.rung != Rung::Native {
            return None;
        }
        let ends =
            rungs.iter().fold((1.0f64, 0.0f64), |(low, high), r| (low.min(r.score.get()), high.max(r.score.get())));
        let holds = rungs.iter().all(|r| r.code != VerdictCode::NoIndication);
        Some(Self {
            ladder: LADDER.to_owned(),
            model: model.to_owned(),
            crops,
            spread: ((ends.1 - ends.0) * 1e6).round() / 1e6,
            rungs,
            holds,
        })
    }
}

pub(crate) fn code_of(score: Score, points: &OperatingPoints) -> VerdictCode {
    if score >= points.suspected().threshold {
        VerdictCode::Suspected
    } else if score < points.no_indication() {
        VerdictCode::NoIndication
    } else {
        VerdictCode::Inconclusive
    }
}

impl Findings {
    /// The same findings with what the ladder says of people that were suspected: where it does not hold,
    /// the person is `inconclusive` with [`Reason::NotStable`], and the item says what is left.
    #[must_use]
    pub fn with_stability(mut self, mut of_person: impl FnMut(&Person) -> Option<Stability>) -> Self {
        let mut fallen = false;
        for person in self.people.iter_mut().filter(|p| p.verdict.code == VerdictCode::Suspected) {
            person.stability = of_person(person);
            if person.stability.as_ref().is_some_and(|s| !s.holds)
                && let Some(score) = person.verdict.score
            {
                let reasons = person.verdict.reasons.iter().copied().chain([Reason::NotStable]);
                person.verdict = Verdict::inconclusive(score, reasons);
                fallen = true;
            }
        }
        if fallen {
            self.verdict = item_verdict(&self.people).unwrap_or(self.verdict);
        }
        self
    }
}

/// The item's verdict after those of people have changed: the strongest suspicion that is left, else that
/// nothing can be said, for the reasons of all about whom nothing can be.
pub(crate) fn item_verdict(people: &[Person]) -> Option<Verdict> {
    let of = |code| people.iter().map(|p| &p.verdict).filter(move |v| v.code == code);
    let order = |a: &&Verdict, b: &&Verdict| {
        let score = |v: &Verdict| v.score.map_or(-1.0, Score::get);
        a.strength.cmp(&b.strength).then(score(a).total_cmp(&score(b))).then_with(|| b.reasons.cmp(&a.reasons))
    };
    if let Some(best) = of(VerdictCode::Suspected).max_by(order) {
        return Some(best.clone());
    }
    let open = || of(VerdictCode::Inconclusive);
    let enough = |v: &&Verdict| !v.reasons.contains(&Reason::TooFewUsableFaces);
    let score = open().filter(enough).filter_map(|v| v.score).max_by(Score::total_cmp)?;
    Some(Verdict::inconclusive(score, open().flat_map(|v| v.reasons.iter().copied())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{OperatingPoint, Strength};
    use base::Timestamp;

    fn points() -> OperatingPoints {
        let threshold = Score::new(0.9).unwrap();
        let high = OperatingPoint { threshold, false_alarms: 2, n_real: 500, found: 250, n_fake: 500 };
        OperatingPoints::new(high, Score::new(0.2).unwrap()).unwrap()
    }

    fn climbed(logits: &[(Rung, f64)]) -> Option<Stability> {
        let calibration = Calibration::new(1.0, 0.0).unwrap();
        let rungs: Vec<_> = logits.iter().map(|&(rung, logit)| (rung, logit, calibration)).collect();
        Stability::of("m", 3, &rungs, &points())
    }

    fn person(track: u32, verdict: Verdict) -> Person {
        Person {
            track,
            first_us: Timestamp::default(),
            last_us: Timestamp::default(),
            crops: 9,
            usable_crops: 9,
            score: verdict.score,
            verdict,
            fraction_above: None,
            longest_run: 0,
            scores: Default::default(),
            segments: vec![],
            stability: None,
        }
    }

    fn suspected(score: f64) -> Verdict {
        Verdict::suspected(Score::new(score).unwrap(), Strength::Moderate, [])
    }

    fn findings(people: Vec<Person>) -> Findings {
        Findings { verdict: people[0].verdict.clone(), people, timeline: vec![] }
    }

    #[test]
    fn each_rung_is_read_by_the_two_thresholds() {
        let s = climbed(&[(Rung::Native, 3.0), (Rung::Jpeg75, 1.0), (Rung::Side512, -2.0)]).unwrap();
        let codes: Vec<_> = s.rungs.iter().map(|r| r.code).collect();
        assert_eq!(codes, [VerdictCode::Suspected, VerdictCode::Inconclusive, VerdictCode::NoIndication]);
        assert_eq!((s.crops, s.holds), (3, false));
        assert!((s.spread - (0.952_574 - 0.119_203)).abs() < 1e-9, "{}", s.spread);
        assert!(climbed(&[(Rung::Native, 3.0), (Rung::Jpeg40, 2.5)]).unwrap().holds);
        assert_eq!(climbed(&[(Rung::Jpeg75, 3.0)]), None);
        assert_eq!(climbed(&[(Rung::Native, f64::NAN)]), None);
    }

    #[test]
    fn who_does_not_stand_is_inconclusive_and_the_item_says_what_is_left() {
        let people = || vec![person(0, suspected(0.99)), person(1, suspected(0.95))];
        let falls = |track| {
            move |p: &Person| climbed(&[(Rung::Native, 3.0), (Rung::Jpeg40, if p.track == track { -3.0 } else { 3.0 })])
        };
        let one = findings(people()).with_stability(falls(0));
        assert_eq!(one.people[0].verdict.reasons, [Reason::NotStable]);
        assert_eq!((one.people[0].verdict.code, one.people[0].verdict.strength), (VerdictCode::Inconclusive, None));
        assert_eq!(one.people[0].score, one.people[0].verdict.score);
        assert_eq!(one.verdict, one.people[1].verdict);
        let alone = findings(vec![people()[0].clone()]).with_stability(falls(0));
        assert_eq!(alone.verdict, alone.people[0].verdict);
    }

    #[test]
    fn only_the_suspected_climb_and_nothing_else_changes() {
        let low = Score::new(0.05).unwrap();
        let before = findings(vec![person(0, suspected(0.99)), person(1, Verdict::no_indication(low, []))]);
        let mut asked = vec![];
        let after = before.clone().with_stability(|p| {
            asked.push(p.track);
            None
        });
        assert_eq!((asked, after), (vec![0], before));
    }
}
