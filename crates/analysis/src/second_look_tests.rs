use super::*;
use crate::{Calibration, FaceQuality, Strength, Task, TimelineFrame};
use base::{Point, Rect};

fn policy(id: &str, task: Task) -> ModelPolicy {
    let threshold = Score::new(0.9).unwrap();
    let high = OperatingPoint { threshold, false_alarms: 2, n_real: 500, found: 250, n_fake: 500 };
    let points = OperatingPoints::new(high, Score::new(0.2).unwrap()).unwrap();
    let calibration = Calibration::new(1.0, 0.0).unwrap();
    ModelPolicy { id: id.into(), task, calibration, image: Some(points), video: Some(points), together: None }
}

fn first() -> Vec<ModelPolicy> {
    vec![policy("fast", Task::FaceManipulation)]
}

fn at(score: f64) -> ModelScore {
    let score = Score::new(score).unwrap();
    ModelScore { logit: (score.get() / (1.0 - score.get())).ln() as f32, score }
}

fn frame(track: u32, score: ModelScore) -> TimelineFrame {
    let face = TimelineFace {
        track,
        rect: Rect::new(0.0, 0.0, 9.0, 9.0),
        landmarks: [Point::new(0.0, 0.0); 5],
        quality: FaceQuality { usable: true, ..FaceQuality::default() },
        score: Some(score.score),
        scores: BTreeMap::from([("fast".to_owned(), score)]),
    };
    TimelineFrame { frame: FrameIndex(0), pts_us: Timestamp::from_micros(0), faces: vec![face] }
}

/// A still with one person whom the fast detector gives this score.
fn still(score: f64) -> Findings {
    let own = at(score);
    let verdict = match score {
        s if s >= 0.9 => Verdict::suspected(own.score, Strength::Moderate, []),
        s if s < 0.2 => Verdict::no_indication(own.score, []),
        _ => Verdict::inconclusive(own.score, [Reason::BetweenThresholds]),
    };
    let person = Person {
        track: 0,
        first_us: Timestamp::default(),
        last_us: Timestamp::default(),
        crops: 1,
        usable_crops: 1,
        score: verdict.score,
        verdict: verdict.clone(),
        fraction_above: Some(0.0),
        longest_run: 0,
        scores: BTreeMap::from([("fast".to_owned(), own)]),
        segments: vec![],
        stability: None,
    };
    Findings { verdict, people: vec![person], timeline: vec![frame(0, own)] }
}

fn look(score: f64) -> Look {
    let logit = at(score).logit;
    Look { track: 0, frame: FrameIndex(0), pts: Timestamp::from_micros(0), model: "slow".into(), logit }
}

fn after(fast: f64, slow: f64, task: Task) -> Findings {
    still(fast).with_second_looks(&[look(slow)], MediaKind::Image, &first(), &[policy("slow", task)])
}

#[test]
fn what_both_looks_come_to() {
    use VerdictCode::{Inconclusive, NoIndication, Suspected};
    for (fast, slow, code, reasons) in [
        (0.95, 0.95, Suspected, vec![]),
        (0.95, 0.5, Suspected, vec![]),
        (0.95, 0.1, Inconclusive, vec![Reason::ModelsDisagree]),
        (0.5, 0.95, Suspected, vec![]),
        (0.5, 0.5, Inconclusive, vec![Reason::BetweenThresholds]),
        (0.5, 0.1, Inconclusive, vec![Reason::BetweenThresholds]),
        (0.1, 0.95, Inconclusive, vec![Reason::ModelsDisagree]),
        (0.1, 0.5, Inconclusive, vec![Reason::BetweenThresholds]),
        (0.1, 0.1, NoIndication, vec![]),
    ] {
        let findings = after(fast, slow, Task::FaceManipulation);
        let verdict = &findings.people[0].verdict;
        assert_eq!((verdict.code, &verdict.reasons), (code, &reasons), "{fast} and {slow}");
        assert_eq!(findings.verdict, *verdict);
        assert_eq!(findings.people[0].score, verdict.score);
    }
}

#[test]
fn a_look_that_is_denied_does_not_hide_one_that_is_not() {
    let first = [policy("fast", Task::FaceManipulation), policy("other", Task::FaceSynthesis)];
    let second = [policy("slow", Task::FaceManipulation), policy("late", Task::FaceSynthesis)];
    let mut findings = still(0.1);
    findings.people[0].scores.insert("other".into(), at(0.5));
    findings.people[0].verdict = Verdict::inconclusive(at(0.5).score, [Reason::BetweenThresholds]);
    findings.people[0].score = Some(at(0.5).score);
    let looks = [look(0.99), Look { model: "late".into(), ..look(0.95) }];
    let after = findings.with_second_looks(&looks, MediaKind::Image, &first, &second);
    assert_eq!((after.verdict.code, after.verdict.score), (VerdictCode::Suspected, Some(at(0.95).score)));
}

#[test]
fn what_is_open_because_of_a_look_rests_on_it() {
    for (slow, reason) in [(0.95, Reason::ModelsDisagree), (0.5, Reason::BetweenThresholds)] {
        let after = after(0.1, slow, Task::FaceSynthesis);
        let person = &after.people[0];
        assert_eq!((person.score, &person.verdict.reasons[..]), (Some(at(slow).score), &[reason][..]));
        assert_eq!((person.decided_by(), person.fraction_above), (Some("slow"), None));
        assert_eq!(after.timeline[0].faces[0].score, person.score);
    }
}

#[test]
fn a_look_at_another_question_denies_nothing() {
    let findings = after(0.95, 0.1, Task::FaceSynthesis);
    assert_eq!(findings.verdict.code, VerdictCode::Suspected);
    assert_eq!(findings.people[0].scores["slow"].score, at(0.1).score);
}

#[test]
fn the_score_stands_beside_the_others_and_is_the_one_that_the_verdict_rests_on() {
    let findings = after(0.5, 0.95, Task::FaceManipulation);
    let face = &findings.timeline[0].faces[0];
    assert_eq!((face.scores.len(), face.score), (2, Some(at(0.95).score)));
    assert_eq!((findings.people[0].score, findings.verdict.strength), (face.score, Some(Strength::Moderate)));
    assert_eq!(findings.people[0].fraction_above, None, "the others' crops are not its own");
    let agreed = after(0.1, 0.1, Task::FaceManipulation);
    assert_eq!(agreed.people[0].fraction_above, Some(0.0));
    assert_eq!(agreed.timeline[0].faces[0].score, Some(at(0.1).score));
}

#[test]
fn a_few_crops_of_a_clip_change_no_verdict() {
    let seven = vec![look(0.95); 7];
    let second = [policy("slow", Task::FaceManipulation)];
    let few = still(0.5).with_second_looks(&seven, MediaKind::Video, &first(), &second);
    assert_eq!((few.verdict.code, few.people[0].scores.len()), (VerdictCode::Inconclusive, 2));
    let eight = still(0.5).with_second_looks(&[&seven[..], &seven[..1]].concat(), MediaKind::Video, &first(), &second);
    assert_eq!(eight.verdict.code, VerdictCode::Suspected);
}

#[test]
fn nothing_looked_at_is_nothing_changed() {
    let before = still(0.95);
    assert_eq!(before.clone().with_second_looks(&[], MediaKind::Image, &first(), &first()), before);
    let nan = Look { logit: f32::NAN, ..look(0.5) };
    let second = [policy("slow", Task::FaceManipulation)];
    assert_eq!(before.clone().with_second_looks(&[nan], MediaKind::Image, &first(), &second), before);
}

/// The slow detector, which goes together with the fast one: both logits count half.
fn joint(id: &str, with: &str, task: Task) -> ModelPolicy {
    let own = policy(id, task);
    let (calibration, image, video) = (own.calibration, own.image, own.video);
    let together = crate::Together { with: with.into(), weights: [0.5, 0.5], calibration, image, video };
    ModelPolicy { together: Some(together), ..own }
}

/// The mean of both log odds.
fn both(fast: f64, slow: f64) -> Score {
    let odds = |s: f64| s / (1.0 - s);
    let mean = (odds(fast) * odds(slow)).sqrt();
    Score::new(((mean / (1.0 + mean)) * 1e6).round() / 1e6).unwrap()
}

#[test]
fn two_looks_that_go_together_are_one_score_which_may_clear() {
    use VerdictCode::{Inconclusive, NoIndication, Suspected};
    for (fast, slow, code, reasons) in [
        (0.95, 0.5, Suspected, vec![]),
        (0.95, 0.1, Inconclusive, vec![Reason::ModelsDisagree]),
        (0.95, 0.001, Inconclusive, vec![Reason::ModelsDisagree]),
        (0.5, 0.995, Suspected, vec![]),
        (0.5, 0.95, Inconclusive, vec![Reason::BetweenThresholds]),
        (0.5, 0.1, Inconclusive, vec![Reason::BetweenThresholds]),
        (0.5, 0.02, NoIndication, vec![]),
        (0.1, 0.1, NoIndication, vec![]),
        (0.1, 0.6, Inconclusive, vec![Reason::BetweenThresholds]),
        (0.1, 0.9999, Inconclusive, vec![Reason::ModelsDisagree]),
    ] {
        let task = Task::FaceManipulation;
        let after =
            still(fast).with_second_looks(&[look(slow)], MediaKind::Image, &first(), &[joint("slow", "fast", task)]);
        let person = &after.people[0];
        assert_eq!((person.verdict.code, &person.verdict.reasons), (code, &reasons), "{fast} and {slow}");
        assert_eq!((&after.verdict, person.score), (&person.verdict, person.verdict.score));
        let (own, sum) = (person.scores["slow"], both(fast, slow));
        assert!((own.score.get() - sum.get()).abs() < 2e-6 && own.logit == look(slow).logit, "{own:?} {sum:?}");
        assert_eq!(after.timeline[0].faces[0].scores["slow"], own);
        // A suspicion of the first look stays its own; all else rests on both.
        let rests_on = if fast >= 0.9 && code == Suspected { at(fast).score } else { own.score };
        assert_eq!(person.score, Some(rests_on), "{fast} and {slow}");
    }
}

#[test]
fn nobody_is_cleared_where_a_question_was_looked_at_once_or_something_else_stood_in_the_way() {
    let task = Task::FaceManipulation;
    let second = [joint("slow", "fast", task)];
    let cleared = |findings: Findings, first: &[ModelPolicy], second: &[ModelPolicy]| {
        findings.with_second_looks(&[look(0.001)], MediaKind::Image, first, second).verdict.code
    };
    assert_eq!(cleared(still(0.5), &first(), &second), VerdictCode::NoIndication);
    // Alone, as before; beside another question that nobody looked at again; for another reason.
    assert_eq!(cleared(still(0.5), &first(), &[policy("slow", task)]), VerdictCode::Inconclusive);
    let other = [policy("fast", task), policy("other", Task::FaceSynthesis)];
    let mut twice = still(0.5);
    twice.people[0].scores.insert("other".into(), at(0.3));
    assert_eq!(cleared(twice, &other, &second), VerdictCode::Inconclusive);
    let mut brief = still(0.5);
    brief.people[0].verdict = Verdict::inconclusive(at(0.5).score, [Reason::OnlyBriefly]);
    assert_eq!(cleared(brief, &first(), &second), VerdictCode::Inconclusive);
}

#[test]
fn the_item_is_cleared_when_nobody_is_left_in_the_way() {
    let second = [joint("slow", "fast", Task::FaceManipulation)];
    let with = |reasons: &[Reason], score: f64| {
        let mut findings = still(0.5);
        let mut other = findings.people[0].clone();
        other.track = 1;
        other.scores = BTreeMap::from([("fast".to_owned(), at(score))]);
        other.verdict = Verdict::inconclusive(at(score).score, reasons.iter().copied());
        other.score = other.verdict.score;
        findings.people.push(other);
        findings.with_second_looks(&[look(0.001)], MediaKind::Image, &first(), &second).verdict
    };
    let quiet = with(&[Reason::TooFewUsableFaces, Reason::TooSmall], 0.1);
    assert_eq!((quiet.code, quiet.reasons), (VerdictCode::NoIndication, vec![Reason::TooFewUsableFaces]));
    assert_eq!(quiet.score, Some(both(0.5, 0.001)));
    let loud = with(&[Reason::TooFewUsableFaces], 0.5);
    assert_eq!(loud.code, VerdictCode::Inconclusive);
    assert_eq!(with(&[Reason::BetweenThresholds], 0.5).code, VerdictCode::Inconclusive);
}
