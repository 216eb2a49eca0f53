//! What slower detectors say of a person's key crops, and what that does to the verdict.
//!
//! A second look goes together with a first one at the same question where its card says so: then both logits make its
//! score ([`Together`](crate::Together)). A suspicion falls when a second look at the same question sees nothing, by itself
//! or together. "No indication" falls when a second look does not come to the same. Where nothing could be said, a second look may suspect
//! by its threshold, unless a detector of the same question saw nothing; and where each first look has a second one that
//! goes together with it, and all of them come to "no indication", that is the verdict.

use std::borrow::Cow;
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
    policy: Cow<'a, ModelPolicy>,
    /// The first detector whose logit is in the score too.
    with: Option<&'a str>,
    own: ModelScore,
    /// What the score comes to; `None` where nothing was validated or the crops are too few.
    code: Option<VerdictCode>,
    /// What the own logit alone comes to.
    alone: Option<VerdictCode>,
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
                    read(own, policy, &person.scores, kind, tracks)
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
            self.verdict =
                cleared(&self.people, kind, first).or_else(|| item_verdict(&self.people)).unwrap_or(self.verdict);
        }
        self
    }
}

fn read<'a>(
    logits: &mut [f64],
    policy: &'a ModelPolicy,
    first: &BTreeMap<String, ModelScore>,
    kind: MediaKind,
    tracks: usize,
) -> Option<Reading<'a>> {
    let logit = trimmed_mean(logits)?;
    let with = policy.together.as_ref().map(|t| t.with.as_str()).filter(|id| first.contains_key(*id));
    let enough = logits.len() >= min_crops(kind);
    let judged = |policy: &ModelPolicy| {
        let score = policy.calibration.score(logit)?;
        let code = policy.points(kind).filter(|_| enough).and_then(|points| {
            let high = points.suspected();
            let many = OperatingPoint { threshold: high.threshold_for(tracks as f64), ..*high };
            OperatingPoints::new(many, points.no_indication()).map(|points| code_of(score, &points))
        });
        Some((score, code))
    };
    let (_, alone) = judged(policy)?;
    let policy = policy.beside(first);
    let (score, code) = judged(&policy)?;
    Some(Reading { policy, with, own: ModelScore { logit: logit as f32, score }, code, alone })
}

/// The verdict where the second looks change it.
fn combined(person: &Person, looks: &[Reading<'_>], kind: MediaKind, first: &[ModelPolicy]) -> Option<Verdict> {
    let says = |code| move |r: &&Reading<'_>| r.code == Some(code);
    let highest = |code| looks.iter().filter(says(code)).map(|r| r.own.score).max_by(Score::total_cmp);
    let all_together = || together(person, looks, first);
    // What keeps the person from "no indication" is what the verdict rests on.
    let open = highest(VerdictCode::Suspected).or(highest(VerdictCode::Inconclusive)).filter(|_| all_together());
    let score = person.verdict.score?;
    let with = |reason: Option<Reason>| {
        Verdict::inconclusive(open.unwrap_or(score), person.verdict.reasons.iter().copied().chain(reason))
    };
    match person.verdict.code {
        VerdictCode::NotExamined => None,
        VerdictCode::Suspected => {
            let rests_on = first.iter().filter(|p| person.scores.get(&p.id).is_some_and(|s| s.score == score));
            let tasks: Vec<_> = rests_on.map(|p| p.task).collect();
            let nothing = |r: &Reading<'_>| [r.code, r.alone].contains(&Some(VerdictCode::NoIndication));
            let denied = looks.iter().find(|r| nothing(r) && tasks.contains(&r.policy.task));
            denied.map(|r| {
                let reasons = person.verdict.reasons.iter().copied().chain([Reason::ModelsDisagree]);
                Verdict::inconclusive(if r.with.is_some() { r.own.score } else { score }, reasons)
            })
        }
        VerdictCode::NoIndication => {
            let open = |score, reason| Some(Verdict::inconclusive(score, [reason]));
            match (highest(VerdictCode::Suspected), highest(VerdictCode::Inconclusive)) {
                (Some(score), _) => open(score, Reason::ModelsDisagree),
                (None, Some(score)) => open(score, Reason::BetweenThresholds),
                (None, None) => {
                    let both = highest(VerdictCode::NoIndication).filter(|_| all_together());
                    both.map(|score| Verdict::no_indication(score, person.verdict.reasons.iter().copied()))
                }
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
            if let Some(best) = best {
                return match best.policy.points(kind)?.suspected().strength() {
                    Some(strength) => Some(Verdict::suspected(best.own.score, strength, [])),
                    None => Some(with(Some(Reason::ValidationTooSmall))),
                };
            }
            if found().next().is_some() {
                return Some(with(Some(Reason::ModelsDisagree)));
            }
            // Whatever else stood in the way still does.
            let only_between = person.verdict.reasons.iter().all(|r| *r == Reason::BetweenThresholds);
            match highest(VerdictCode::NoIndication).filter(|_| all_together() && open.is_none() && only_between) {
                Some(score) => Some(Verdict::no_indication(score, [])),
                None => open.map(|_| with(None)),
            }
        }
    }
}

/// Whether each first look at a person has a second one that goes together with it, and all of them come to something.
fn together(person: &Person, looks: &[Reading<'_>], first: &[ModelPolicy]) -> bool {
    let scored = || first.iter().filter(|p| person.scores.contains_key(&p.id));
    let paired = |p: &ModelPolicy| looks.iter().any(|r| r.with == Some(p.id.as_str()));
    scored().next().is_some() && scored().all(paired) && looks.iter().all(|r| r.code.is_some())
}

/// The verdict where nobody is left who stands in the way of "no indication".
fn cleared(people: &[Person], kind: MediaKind, first: &[ModelPolicy]) -> Option<Verdict> {
    // Too few crops, all of them below every low threshold, as in `aggregate`.
    let quiet = |p: &Person| {
        let low = |m: &ModelPolicy| {
            let own = person_score(p, &m.id);
            m.points(kind).zip(own).is_none_or(|(points, own)| own < points.no_indication())
        };
        p.verdict.reasons.contains(&Reason::TooFewUsableFaces) && first.iter().all(low)
    };
    let of = |code| people.iter().filter(move |p| p.verdict.code == code);
    if of(VerdictCode::Suspected).next().is_some() || of(VerdictCode::Inconclusive).any(|p| !quiet(p)) {
        return None;
    }
    let score = of(VerdictCode::NoIndication).filter_map(|p| p.score).max_by(Score::total_cmp)?;
    let few = of(VerdictCode::Inconclusive).next().map(|_| Reason::TooFewUsableFaces);
    Some(Verdict::no_indication(score, few))
}

fn person_score(person: &Person, model: &str) -> Option<Score> {
    person.scores.get(model).map(|own| own.score)
}

/// Puts a look beside the other scores of its face.
fn note(findings: &mut Findings, look: &Look, second: &[ModelPolicy]) {
    let Some(policy) = second.iter().find(|p| p.id == look.model) else { return };
    let rests_on = findings
        .people
        .iter()
        .find(|p| p.track == look.track)
        .is_some_and(|p| p.score.is_some() && p.scores.get(&look.model).map(|s| s.score) == p.score);
    let frames = findings.timeline.iter_mut().filter(|f| f.frame == look.frame && f.pts_us == look.pts);
    for face in frames.flat_map(|f| &mut f.faces).filter(|f: &&mut TimelineFace| f.track == look.track) {
        let Some(score) = policy.beside(&face.scores).calibration.score(f64::from(look.logit)) else { continue };
        face.scores.insert(look.model.clone(), ModelScore { logit: look.logit, score });
        if rests_on {
            face.score = Some::<Score>(score);
        }
    }
}

#[cfg(test)]
#[path = "second_look_tests.rs"]
mod tests;
