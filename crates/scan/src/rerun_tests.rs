use super::*;
use analysis::{Reason, VerdictCode};
use base::Score;
use std::path::PathBuf;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Two people in a still, and the pipeline that found them.
fn scanned() -> (PathBuf, Pipeline, Analysis) {
    let options = ScanOptions { device: DeviceChoice::Cpu, threads: Some(2), ..ScanOptions::default() };
    let pipeline = Pipeline::load(&root().join("models"), &options).unwrap();
    let path = root().join("assets/samples/side-by-side.jpg");
    let analysis = scan_item(&path, &pipeline, &Ctx::silent()).unwrap();
    (path, pipeline, analysis)
}

#[test]
fn a_second_run_confirms_and_a_forged_number_is_named() {
    let (path, pipeline, mut analysis) = scanned();
    let again = rerun(&path, &analysis, 1e-3, &root().join("models"), &Ctx::silent()).unwrap();
    assert_eq!((again.differences.as_slice(), again.logits > 4, again.largest <= 1e-3), (&[][..], true, true));
    let score = analysis.people[1].scores.get_mut("manipulated-faces").unwrap();
    score.logit += 0.5;
    let forged = compare(&analysis, &scan_item(&path, &pipeline, &Ctx::silent()).unwrap(), 1e-3);
    assert_eq!(forged.differences.len(), 1, "{forged:?}");
    assert!(forged.differences[0].starts_with("person 2: manipulated-faces"), "{forged:?}");
    assert_eq!(options_of(&analysis).models, ["generated-faces", "manipulated-faces"]);
}

/// Everything that a report shows beside raw outputs, which stay as they were.
#[test]
fn what_is_forged_beside_the_raw_outputs_is_named() {
    let (.., real) = scanned();
    let forged = |change: &dyn Fn(&mut Analysis)| {
        let mut forged = real.clone();
        change(&mut forged);
        assert_ne!(forged, real);
        // What only one of the two has is told from either side.
        let told = [compare(&forged, &real, 1e-3), compare(&real, &forged, 1e-3)].map(|c| c.differences);
        assert!(told.iter().all(|told| !told.is_empty()), "{told:?}");
        let [told, _] = told;
        told.into_iter().next().unwrap()
    };
    let some = |v: f64| Score::new(v).unwrap();
    let other = |score: Score| some((score.get() + 0.5) % 1.0);
    let told = forged(&|a| a.people[1].verdict = Verdict::inconclusive(some(0.5), [Reason::DamagedFile]));
    assert!(told.starts_with("person 2: the verdict is "), "{told}");
    let told = forged(&|a| a.people[0].verdict.reasons.push(Reason::NotStable));
    assert!(told.starts_with("person 1: the verdict is ") && told.ends_with("NotStable)"), "{told}");
    let told = forged(&|a| a.people[0].score = a.people[0].score.map(other));
    assert!(told.starts_with("person 1: the score is "), "{told}");
    let told = forged(&|a| a.people[0].score = None);
    assert_eq!(told, "person 1: the score was not there");
    let told = forged(&|a| {
        let own = a.people[1].scores.get_mut("manipulated-faces").unwrap();
        own.score = other(own.score);
    });
    assert!(told.starts_with("person 2: the score by manipulated-faces is "), "{told}");
    let told = forged(&|a| a.people[1].scores.retain(|id, _| id != "manipulated-faces"));
    assert_eq!(told, "person 2 had no score by manipulated-faces");
    let told = forged(&|a| {
        let own = a.timeline[0].faces[0].scores.get_mut("generated-faces").unwrap();
        own.score = other(own.score);
    });
    assert_eq!(told.split(" is ").next(), Some("person 1 at 0 µs: the score by generated-faces"));
    let told = forged(&|a| a.timeline[0].faces[0].scores.retain(|id, _| id != "generated-faces"));
    assert_eq!(told, "person 1 at 0 µs had no score by generated-faces");
    let told = forged(&|a| a.timeline[0].faces[1].score = a.timeline[0].faces[1].score.map(other));
    assert!(told.starts_with("person 2 at 0 µs: the score is "), "{told}");
    let told = forged(&|a| a.timeline[0].faces.truncate(1));
    assert_eq!(told, "person 2 at 0 µs was not there");
    let told = forged(&|a| a.people.truncate(1));
    assert_eq!(told, "2 people, were 1");
    let told = forged(&|a| a.people[0].usable_crops += 40);
    assert!(told.starts_with("person 1: faces and usable ones are "), "{told}");
    let told = forged(&|a| {
        let (start_us, end_us) = (base::Timestamp::from_micros(0), base::Timestamp::from_micros(9_000_000));
        a.people[0].segments.push(Segment { start_us, end_us, peak: some(0.99), model: "generated-faces".into() });
    });
    assert!(told.starts_with("person 1: there is no stretch by generated-faces "), "{told}");
    let told = forged(&|a| {
        a.people[1].stability = Some(Stability {
            ladder: analysis::LADDER.into(),
            model: "generated-faces".into(),
            crops: 1,
            rungs: vec![],
            spread: 0.0,
            holds: true,
        });
    });
    assert!(told.starts_with("person 2: what the ladder says is "), "{told}");
    let told = forged(&|a| a.verdict.code = VerdictCode::NotExamined);
    assert!(told.starts_with("the verdict is "), "{told}");
}

#[test]
fn numbers_within_the_tolerance_are_the_same() {
    let (.., real) = scanned();
    let mut near = real.clone();
    for person in &mut near.people {
        for score in person.scores.values_mut() {
            score.logit += 0.0005;
        }
        person.score = person.score.and_then(|s| Score::new((s.get() - 0.0002).max(0.0)));
        person.verdict.score = person.score;
    }
    let compared = compare(&near, &real, 1e-3);
    assert_eq!(compared.differences, Vec::<String>::new());
    assert!(compared.largest > 4e-4 && compared.largest <= 1e-3, "{}", compared.largest);
}
