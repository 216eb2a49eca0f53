//! What slower detectors say of a person's key crops, and what that does to the verdict.
//!
//! A second look makes a verdict more careful, hardly ever bolder. A suspicion falls when a second look at the same
//! question sees nothing. "No indication" falls when a second look does not come to the same. Where nothing could be
//! said, a second look may suspect by its own threshold, unless a detector of the same question saw nothing.

use std::collections::BTreeMap;

use base::{FrameIndex, Score, Timestamp};

use crate::runs::{min_crops, trimmed_mean};
use crate::stability::{code_of, item_verdict};
use crate::{
    Findings, MediaKind, ModelPolicy, ModelScore, OperatingPoint, OperatingPoints, Person, Reason, TimelineFace,
    Verdict, VerdictCode,
};

/// The raw output of a second detector for one face of the timeline.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    /// The person.
    pub track: u32,
    /// The frame.
    pub frame: FrameIndex,
    /// Its time.
    pub pts: Timestamp,
    /// Whose, by model id.
    pub model: String,
    /// Raw.
    pub logit: f32,
}

/// A second detector's reading of one person.
struct Reading<'a> {
    policy: &'a ModelPolicy,
    own: ModelScore,
    /// What the score comes to; `None` where nothing was validated or the crops are too few.
    code: Option<VerdictCode>,
}

impl Findings {
    /// The same findings with second looks: their scores stand beside the others, and verdicts are what both together
    /// come to. `first` are the detectors that looked at everything, `second` those of the looks.
    #[must_use]
    pub fn with_second_looks(
        mut self,
        looks: &[Look],
        kind: MediaKind,
        first: &[ModelPolicy],
        second: &[ModelPolicy],
    ) -> Self {
        let mut logits: BTreeMap<(u32, &str), Vec<f64>> = BTreeMap::new();
        for look in looks.iter().filter(|look| look.logit.is_finite()) {
            logits.entry((look.track, &look.model)).or_default().push(f64::from(look.logit));
        }
        let tracks = logits.keys().map(|(track, _)| track).collect::<std::collections::BTreeSet<_>>().len();
        let mut changed = false;
        for person in &mut self.people {
            let readings: Vec<Reading<'_>> = second
                .iter()
                .filter_map(|policy| {
                    let own = logits.get_mut(&(person.track, policy.id.as_str()))?;
                    read(own, policy, kind, tracks)
                })
                .collect();
            person.scores.extend(readings.iter().map(|r| (r.policy.id.clone(), r.own)));
            if let Some(verdict) = combined(person, &readings, kind, first) {
                if verdict.score != person.score {
                    // It rests on crops that the others scored otherwise: how many of theirs lie high says nothing of it.
                    (person.fraction_above, person.longest_run) = (None, 0);
                }
                person.score = verdict.score;
                person.verdict = verdict;
                changed = true;
            }
        }
        looks.iter().for_each(|look| note(&mut self, look, second));
        if changed {
            self.verdict = item_verdict(&self.people).unwrap_or(self.verdict);
        }
        self
    }
}

fn read<'a>(logits: &mut [f64], policy: &'a ModelPolicy, kind: MediaKind, tracks: usize) -> Option<Reading<'a>> {
    let logit = trimmed_mean(logits)?;
    let score = policy.calibration.score(logit)?;
    let enough = logits.len() >= min_crops(kind);
    let code = policy.points(kind).filter(|_| enough).and_then(|points| {
        let high = points.suspected();
        let many = OperatingPoint { threshold: high.threshold_for(tracks as f64), ..*high };
        OperatingPoints::new(many, points.no_indication()).map(|points| code_of(score, &points))
    });
    Some(Reading { policy, own: ModelScore { logit: logit as f32, score }, code })
}

/// The verdict where the second looks change it.
fn combined(person: &Person, looks: &[Reading<'_>], kind: MediaKind, first: &[ModelPolicy]) -> Option<Verdict> {
    let score = person.verdict.score?;
    let says = |code| move |r: &&Reading<'_>| r.code == Some(code);
    let with = |reason| Verdict::inconclusive(score, person.verdict.reasons.iter().copied().chain([reason]));
    let rests_on = first.iter().filter(|p| person.scores.get(&p.id).is_some_and(|s| s.score == score));
    match person.verdict.code {
        VerdictCode::NotExamined => None,
        VerdictCode::Suspected => {
            let tasks: Vec<_> = rests_on.map(|p| p.task).collect();
            let mut denied = looks.iter().filter(says(VerdictCode::NoIndication));
            denied.any(|r| tasks.contains(&r.policy.task)).then(|| with(Reason::ModelsDisagree))
        }
        // Then it rests on the look that keeps it from "no indication".
        VerdictCode::NoIndication => {
            let highest = |code| looks.iter().filter(says(code)).map(|r| r.own.score).max_by(Score::total_cmp);
            let open = |score, reason| Some(Verdict::inconclusive(score, [reason]));
            match (highest(VerdictCode::Suspected), highest(VerdictCode::Inconclusive)) {
                (Some(score), _) => open(score, Reason::ModelsDisagree),
                (None, Some(score)) => open(score, Reason::BetweenThresholds),
                (None, None) => None,
            }
        }
        VerdictCode::Inconclusive => {
            let denied = |r: &&Reading<'_>| {
                first.iter().any(|p| {
                    let own = person.scores.get(&p.id).map(|s| s.score);
                    p.task == r.policy.task && p.points(kind).zip(own).is_some_and(|(o, s)| s < o.no_indication())
                })
            };
            let found = || looks.iter().filter(says(VerdictCode::Suspected));
            let best = found().filter(|r| !denied(r)).max_by(|a, b| a.own.score.total_cmp(&b.own.score));
            let Some(best) = best else {
                return found().next().map(|_| with(Reason::ModelsDisagree));
            };
            match best.policy.points(kind)?.suspected().strength() {
                Some(strength) => Some(Verdict::suspected(best.own.score, strength, [])),
                None => Some(with(Reason::ValidationTooSmall)),
            }
        }
    }
}

/// Puts a look beside the other scores of its face.
fn note(findings: &mut Findings, look: &Look, second: &[ModelPolicy]) {
    let Some(policy) = second.iter().find(|p| p.id == look.model) else { return };
    let Some(score) = policy.calibration.score(f64::from(look.logit)) else { return };
    let own = ModelScore { logit: look.logit, score };
    let rests_on = findings
        .people
        .iter()
        .find(|p| p.track == look.track)
        .is_some_and(|p| p.score.is_some() && p.scores.get(&look.model).map(|s| s.score) == p.score);
    let frames = findings.timeline.iter_mut().filter(|f| f.frame == look.frame && f.pts_us == look.pts);
    for face in frames.flat_map(|f| &mut f.faces).filter(|f: &&mut TimelineFace| f.track == look.track) {
        face.scores.insert(look.model.clone(), own);
        if rests_on {
            face.score = Some::<Score>(score);
        }
    }
}

#[cfg(test)]
#[path = "second_look_tests.rs"]
mod tests;
