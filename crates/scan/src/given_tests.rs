use super::*;
use crate::fakes::{Hesitant, pipeline, save_picture};
use analysis::{ErrorCode, VerdictCode};

fn face(x: f32) -> GivenFace {
    let at = |dx: f32, dy: f32| Point::new(x + dx, 100.0 + dy);
    let landmarks = [at(35.0, 55.0), at(75.0, 55.0), at(55.0, 80.0), at(38.0, 108.0), at(72.0, 108.0)];
    GivenFace { rect: Rect::new(x, 100.0, 110.0, 140.0), landmarks }
}

#[test]
fn given_faces_are_scored_where_none_would_be_found() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.png");
    save_picture(&path, 0, 200);
    let pipeline = pipeline(1);
    let analysis = scan_given(&path, &[face(10.0), face(200.0)], &pipeline, &Ctx::silent()).unwrap();
    assert_eq!(analysis.verdict.code, VerdictCode::Suspected);
    assert_eq!(analysis.people.len(), 2);
    assert_eq!(analysis.people[1].scores["blue"].logit, 200.0);
    assert!(analysis.people[0].stability.is_some(), "a suspicion is put on the ladder here too");
    // A face that hangs out of the picture is refused when it is found, and scored when it is given.
    let cut = scan_given(&path, &[face(-90.0)], &pipeline, &Ctx::silent()).unwrap();
    assert!(cut.timeline[0].faces[0].quality.usable && cut.verdict.score.is_some());
}

#[test]
fn what_may_be_suspected_is_looked_at_from_further_views_and_so_is_each_rung() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.png");
    save_picture(&path, 0, 240);
    let mut pipeline = pipeline(1);
    pipeline.scorers = vec![Box::new(Hesitant)];
    // Any suspicion will do.
    let threshold = base::Score::new(0.6).unwrap();
    let high = analysis::OperatingPoint { threshold, false_alarms: 0, n_real: 500, found: 400, n_fake: 500 };
    pipeline.policies[0].image = analysis::OperatingPoints::new(high, base::Score::new(0.1).unwrap());
    let analysis = scan_given(&path, &[face(10.0)], &pipeline, &Ctx::silent()).unwrap();
    let person = &analysis.people[0];
    assert_eq!(person.scores["blue"].logit, 120.0);
    assert_eq!(person.stability.as_ref().unwrap().rungs[0].logit, 120.0);
}

#[test]
fn nothing_given_and_nothing_readable_are_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.png");
    save_picture(&path, 3, 200);
    let pipeline = pipeline(1);
    let none = scan_given(&path, &[], &pipeline, &Ctx::silent()).unwrap();
    assert_eq!((none.verdict.code, none.error), (VerdictCode::NotExamined, None));
    std::fs::write(&path, b"no picture").unwrap();
    let broken = scan_given(&path, &[face(10.0)], &pipeline, &Ctx::silent()).unwrap();
    assert_eq!(broken.error.unwrap().code, ErrorCode::Unsupported);
}
