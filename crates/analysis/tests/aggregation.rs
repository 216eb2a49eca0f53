//! What aggregation promises whatever it is given, and what it makes of known cases.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test says what went wrong by stopping")]

use std::collections::BTreeMap;

use analysis::{
    Calibration, FaceObservation, FaceQuality, Findings, FrameObservation, MediaKind, ModelPolicy, Observations,
    OperatingPoint, OperatingPoints, Reason, Strength, Task, Verdict, VerdictCode, aggregate,
};
use base::{FrameIndex, Point, Rect, Score, Timestamp};
use proptest::prelude::*;

const SWAPPED: &str = "swapped";
const GENERATED: &str = "generated";

fn points(high: f64, low: f64) -> OperatingPoints {
    let threshold = Score::new(high).unwrap();
    let suspected = OperatingPoint { threshold, false_alarms: 2, n_real: 500, found: 200, n_fake: 500 };
    OperatingPoints::new(suspected, Score::new(low).unwrap()).unwrap()
}

fn policy(id: &str, task: Task, high: f64, low: f64) -> ModelPolicy {
    let calibration = Calibration::new(1.0, 0.0).unwrap();
    let points = Some(points(high, low));
    ModelPolicy { id: id.into(), task, calibration, image: points, video: points, together: None }
}

fn policies() -> Vec<ModelPolicy> {
    vec![policy(SWAPPED, Task::FaceManipulation, 0.9, 0.2), policy(GENERATED, Task::FaceSynthesis, 0.95, 0.3)]
}

fn face(track: u32, usable: bool, logits: &[(&str, f32)]) -> FaceObservation {
    FaceObservation {
        track,
        rect: Rect::new(10.0 * track as f32, 5.0, 80.0, 100.0),
        landmarks: [Point::new(1.0, 2.0); 5],
        quality: FaceQuality {
            usable,
            reasons: if usable { vec![] } else { vec![Reason::TooSmall] },
            ..FaceQuality::default()
        },
        logits: logits.iter().map(|(id, l)| ((*id).to_owned(), *l)).collect(),
    }
}

fn frame(i: u64, faces: Vec<FaceObservation>) -> FrameObservation {
    FrameObservation { frame: FrameIndex(i * 6), pts: Timestamp::from_micros(i as i64 * 200_000), cut: false, faces }
}

fn image(faces: Vec<FaceObservation>) -> Observations {
    Observations { kind: MediaKind::Image, frames: vec![frame(0, faces)] }
}

fn video(n: u64, faces: impl Fn(u64) -> Vec<FaceObservation>) -> Observations {
    Observations { kind: MediaKind::Video, frames: (0..n).map(|i| frame(i, faces(i))).collect() }
}

fn both(swapped: f32, generated: f32) -> [(&'static str, f32); 2] {
    [(SWAPPED, swapped), (GENERATED, generated)]
}

fn verdict(o: &Observations) -> Verdict {
    aggregate(o, &policies()).verdict
}

#[test]
fn nothing_seen_is_not_examined() {
    for kind in [MediaKind::Image, MediaKind::Video] {
        let none = Observations { kind, frames: vec![] };
        assert_eq!(verdict(&none), Verdict::not_examined([Reason::NoFace]));
    }
    let found = aggregate(&video(20, |_| vec![]), &policies());
    assert_eq!(found.verdict, Verdict::not_examined([Reason::NoFace]));
    assert_eq!((found.people.len(), found.timeline.len()), (0, 20));
}

#[test]
fn a_face_that_cannot_be_used_is_not_examined() {
    assert_eq!(verdict(&image(vec![face(0, false, &[])])), Verdict::not_examined([Reason::TooSmall]));
    assert_eq!(verdict(&image(vec![face(0, true, &[])])), Verdict::not_examined([Reason::NoDetector]));
    let nan = image(vec![face(0, true, &both(f32::NAN, f32::INFINITY))]);
    assert_eq!(verdict(&nan), Verdict::not_examined([Reason::NoDetector]));
}

#[test]
fn one_crop_of_a_still_is_enough() {
    let v = verdict(&image(vec![face(0, true, &both(4.0, -3.0))]));
    assert_eq!((v.code, v.strength), (VerdictCode::Suspected, Some(Strength::Moderate)));
    assert_eq!((v.score.unwrap().get(), v.reasons), (0.982_014, vec![]));
    let v = verdict(&image(vec![face(0, true, &both(-4.0, -3.0))]));
    assert_eq!((v.code, v.score.unwrap().get()), (VerdictCode::NoIndication, 0.047_426));
    let v = verdict(&image(vec![face(0, true, &both(0.5, -3.0))]));
    assert_eq!((v.code, v.reasons), (VerdictCode::Inconclusive, vec![Reason::BetweenThresholds]));
}

#[test]
fn every_detector_must_clear_a_face() {
    let v = verdict(&image(vec![face(0, true, &[(SWAPPED, -4.0)])]));
    assert_eq!((v.code, v.reasons), (VerdictCode::Inconclusive, vec![Reason::TooFewUsableFaces]));
}

#[test]
fn the_score_is_that_of_the_detector_which_keeps_a_face_from_being_cleared() {
    // 0.25 between 0.2 and 0.9; 0.28 below 0.3.
    let found = aggregate(&image(vec![face(0, true, &both(-1.0986, -0.9445))]), &policies());
    assert_eq!(found.verdict.reasons, [Reason::BetweenThresholds]);
    assert!((found.verdict.score.unwrap().get() - 0.25).abs() < 1e-3, "{:?}", found.verdict);
    assert_eq!(found.people[0].decided_by(), Some(SWAPPED));
}

#[test]
fn a_video_needs_eight_crops() {
    let seven = video(7, |_| vec![face(0, true, &both(5.0, 5.0))]);
    let v = verdict(&seven);
    assert_eq!((v.code, v.reasons), (VerdictCode::Inconclusive, vec![Reason::TooFewUsableFaces]));
    let eight = video(8, |_| vec![face(0, true, &both(5.0, 5.0))]);
    assert_eq!(verdict(&eight).code, VerdictCode::Suspected);
    // Those left out count neither way, and say why.
    let some = video(16, |i| vec![face(0, i % 4 == 0, &both(-5.0, -5.0))]);
    assert_eq!(verdict(&some).reasons, vec![Reason::TooFewUsableFaces, Reason::TooSmall]);
}

#[test]
fn the_item_says_the_strongest_thing_one_of_its_people_supports() {
    let two = video(20, |_| vec![face(0, true, &both(-5.0, -5.0)), face(1, true, &both(6.0, -5.0))]);
    let found = aggregate(&two, &policies());
    assert_eq!(found.verdict.code, VerdictCode::Suspected);
    let codes: Vec<_> = found.people.iter().map(|p| p.verdict.code).collect();
    assert_eq!(codes, [VerdictCode::NoIndication, VerdictCode::Suspected]);
    let s = &found.people[1].segments[0];
    assert_eq!((s.start_us.micros(), s.end_us.micros(), s.model.as_str()), (0, 3_800_000, SWAPPED));
    assert!(found.people[0].segments.is_empty());
    assert_eq!((found.people[1].fraction_above, found.people[1].longest_run), (Some(1.0), 20));
}

#[test]
fn a_bystander_seen_for_a_moment_stands_in_nobodys_way() {
    let bystander = |logit| {
        video(20, move |i| {
            let person = face(0, true, &both(-5.0, -5.0));
            if i < 3 { vec![person, face(1, true, &both(logit, -5.0))] } else { vec![person] }
        })
    };
    let calm = verdict(&bystander(-4.0));
    assert_eq!((calm.code, calm.reasons), (VerdictCode::NoIndication, vec![Reason::TooFewUsableFaces]));
    assert_eq!(verdict(&bystander(3.0)).code, VerdictCode::Inconclusive);
}

#[test]
fn a_crowd_raises_the_bar() {
    let crowd = |n: u32| image((0..n).map(|t| face(t, true, &both(if t == 0 { 2.5 } else { -5.0 }, -5.0))).collect());
    assert_eq!(verdict(&crowd(1)).code, VerdictCode::Suspected);
    assert_eq!(verdict(&crowd(10)).code, VerdictCode::Inconclusive);
}

#[test]
fn detectors_of_one_question_can_disagree_those_of_two_cannot() {
    let v = verdict(&image(vec![face(0, true, &both(5.0, -5.0))]));
    assert_eq!((v.code, v.reasons), (VerdictCode::Suspected, vec![]));
    let same: Vec<_> = policies().into_iter().map(|p| ModelPolicy { task: Task::FaceManipulation, ..p }).collect();
    let v = aggregate(&image(vec![face(0, true, &both(5.0, -5.0))]), &same).verdict;
    assert_eq!((v.code, v.reasons), (VerdictCode::Suspected, vec![Reason::ModelsDisagree]));
}

#[test]
fn a_detector_not_validated_for_videos_only_speaks_of_stills() {
    let stills_only: Vec<_> = policies().into_iter().map(|p| ModelPolicy { video: None, ..p }).collect();
    let v = aggregate(&video(20, |_| vec![face(0, true, &both(9.0, 9.0))]), &stills_only).verdict;
    assert_eq!((v.code, v.reasons), (VerdictCode::Inconclusive, vec![Reason::NotValidatedForThis]));
    assert!(v.score.is_some());
}

// ---- whatever it is given ----------------------------------------------------------------------

fn logit() -> impl Strategy<Value = f32> {
    prop_oneof![8 => -12.0_f32..12.0, 1 => Just(f32::NAN), 1 => Just(f32::INFINITY)]
}

fn any_face() -> impl Strategy<Value = FaceObservation> {
    let logits = (proptest::option::weighted(0.9, logit()), proptest::option::weighted(0.9, logit()));
    (0_u32..3, proptest::bool::weighted(0.8), logits).prop_map(|(track, usable, (a, b))| {
        let mut f = face(track, usable, &[]);
        f.logits.extend(a.map(|l| (SWAPPED.to_owned(), l)));
        f.logits.extend(b.map(|l| (GENERATED.to_owned(), l)));
        f
    })
}

fn any_observations() -> impl Strategy<Value = Observations> {
    let still = proptest::collection::vec(any_face(), 0..4).prop_map(image);
    let clip = proptest::collection::vec(proptest::collection::vec(any_face(), 0..4), 0..40).prop_map(|frames| {
        let frames = frames.into_iter().enumerate().map(|(i, faces)| frame(i as u64, faces)).collect();
        Observations { kind: MediaKind::Video, frames }
    });
    // A clip of one person with scores that move slowly, so that runs and segments occur.
    let steady = (-6.0_f32..8.0, proptest::collection::vec(-1.5_f32..1.5, 8..60)).prop_map(|(level, noise)| {
        video(noise.len() as u64, |i| vec![face(0, true, &both(level + noise[i as usize], -4.0))])
    });
    prop_oneof![still, clip, steady]
}

fn rank(v: &Verdict) -> u8 {
    match v.code {
        VerdictCode::NotExamined => 0,
        VerdictCode::NoIndication => 1,
        VerdictCode::Inconclusive => 2,
        VerdictCode::Suspected => 3,
    }
}

fn all_scores(f: &Findings) -> Vec<f64> {
    let faces = f.timeline.iter().flat_map(|t| &t.faces);
    let of_faces = faces.flat_map(|f| f.score.into_iter().chain(f.scores.values().map(|s| s.score)));
    let of_people = f.people.iter().flat_map(|p| {
        let own = p.score.into_iter().chain(p.verdict.score).chain(p.scores.values().map(|s| s.score));
        own.chain(p.segments.iter().map(|s| s.peak))
    });
    f.verdict.score.into_iter().chain(of_faces).chain(of_people).map(Score::get).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn the_order_of_input_does_not_matter(o in any_observations(), seed in any::<u64>()) {
        let mut shuffled = o.clone();
        let mut state = seed | 1;
        let mut next = |n: usize| { state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1); (state >> 33) as usize % n };
        for i in (1..shuffled.frames.len()).rev() { shuffled.frames.swap(i, next(i + 1)); }
        for frame in &mut shuffled.frames {
            for i in (1..frame.faces.len()).rev() { frame.faces.swap(i, next(i + 1)); }
        }
        // NaN is not equal to itself; what counts is that the documents are the same.
        let text = |o| format!("{:?}", aggregate(o, &policies()));
        prop_assert_eq!(text(&o), text(&shuffled));
    }

    #[test]
    fn a_higher_logit_never_lowers_a_verdict(o in any_observations(), at in any::<prop::sample::Index>(), by in 0.0_f32..8.0) {
        let before = aggregate(&o, &policies());
        let mut raised = o.clone();
        let mut faces: Vec<_> = raised.frames.iter_mut().flat_map(|f| &mut f.faces).filter(|f| !f.logits.is_empty()).collect();
        prop_assume!(!faces.is_empty());
        let i = at.index(faces.len());
        for logit in faces[i].logits.values_mut() { *logit += by; }
        let after = aggregate(&raised, &policies());
        prop_assert!(rank(&after.verdict) >= rank(&before.verdict), "{:?} then {:?}", before.verdict, after.verdict);
        for (b, a) in before.people.iter().zip(&after.people) {
            prop_assert!(rank(&a.verdict) >= rank(&b.verdict));
            for (id, score) in &b.scores { prop_assert!(a.scores[id].score >= score.score); }
        }
    }

    #[test]
    fn an_unusable_face_changes_nothing(o in any_observations(), track in 0_u32..5, at in any::<prop::sample::Index>()) {
        prop_assume!(!o.frames.is_empty());
        let before = aggregate(&o, &policies()).verdict;
        prop_assume!(before.code != VerdictCode::NotExamined);
        let mut more = o.clone();
        let i = at.index(more.frames.len());
        more.frames[i].faces.push(face(track, false, &both(9.0, 9.0)));
        let after = aggregate(&more, &policies()).verdict;
        prop_assert_eq!((before.code, before.strength, before.score), (after.code, after.strength, after.score));
    }

    #[test]
    fn a_score_stands_exactly_where_something_was_examined(o in any_observations()) {
        let found = aggregate(&o, &policies());
        let examined = |v: &Verdict| v.code != VerdictCode::NotExamined;
        prop_assert_eq!(found.verdict.score.is_some(), examined(&found.verdict));
        prop_assert_eq!(examined(&found.verdict), found.people.iter().any(|p| examined(&p.verdict)));
        for p in &found.people {
            prop_assert_eq!(p.score.is_some(), examined(&p.verdict));
            prop_assert_eq!(p.usable_crops > 0, examined(&p.verdict));
            prop_assert_eq!(p.score, p.verdict.score);
            prop_assert!(p.usable_crops <= p.crops && p.first_us <= p.last_us);
            prop_assert_eq!(p.verdict.strength.is_some(), p.verdict.code == VerdictCode::Suspected);
            prop_assert!(p.verdict.code != VerdictCode::NoIndication || p.segments.is_empty());
        }
        for score in all_scores(&found) { prop_assert!((0.0..=1.0).contains(&score)); }
    }

    #[test]
    fn what_is_found_survives_json(o in any_observations()) {
        let finite = |o: &Observations| o.frames.iter().flat_map(|f| &f.faces).flat_map(|f| f.logits.values()).all(|l| l.is_finite());
        prop_assume!(finite(&o));
        let found = aggregate(&o, &policies());
        let json = serde_json::to_string(&(&found.people, &found.timeline, &found.verdict)).unwrap();
        let read: (Vec<analysis::Person>, Vec<analysis::TimelineFrame>, Verdict) = serde_json::from_str(&json).unwrap();
        prop_assert_eq!((found.people, found.timeline, found.verdict), read);
    }
}

#[test]
fn no_policy_is_no_detector() {
    let o = image(vec![face(0, true, &both(5.0, 5.0))]);
    assert_eq!(aggregate(&o, &[]).verdict, Verdict::not_examined([Reason::NoDetector]));
    let scores: BTreeMap<_, _> = aggregate(&o, &[]).timeline[0].faces[0].scores.clone();
    assert!(scores.is_empty());
}
