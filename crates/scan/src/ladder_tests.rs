use super::*;
use crate::options::ScanOptions;
use crate::scan_item;
use analysis::{Calibration, OperatingPoint, OperatingPoints, Reason, VerdictCode};
use base::Score;
use nets::device::DeviceChoice;
use std::path::PathBuf;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn load(models: &[&str]) -> Pipeline {
    let options = ScanOptions {
        models: models.iter().map(|m| (*m).to_owned()).collect(),
        device: DeviceChoice::Cpu,
        threads: Some(1),
        ..ScanOptions::default()
    };
    Pipeline::load(&root().join("models"), &options).unwrap()
}

#[test]
fn a_suspicion_climbs_the_ladder_and_its_first_rung_is_what_was_found() {
    let pipeline = load(&["generated-faces"]);
    let sample = root().join("assets/samples/generated-b.jpg");
    let ctx = Ctx::silent();
    let analysis = scan_item(&sample, &pipeline, &ctx).unwrap();
    let person = &analysis.people[0];
    let stability = person.stability.as_ref().unwrap();
    assert_eq!((stability.crops, stability.model.as_str()), (1, "generated-faces"));
    let native = stability.rungs[0];
    assert_eq!(native.rung, Rung::Native);
    let found = f64::from(person.scores["generated-faces"].logit);
    assert!((native.logit - found).abs() < 1e-4, "{} {found}", native.logit);
    let rungs: Vec<Rung> = stability.rungs.iter().map(|r| r.rung).collect();
    let longest = analysis.file.media.as_ref().map(|m| m.width.max(m.height)).unwrap();
    let expected: Vec<Rung> = Rung::ALL
        .into_iter()
        .filter(|r| match r {
            Rung::Side768 => longest > 768,
            Rung::Side512 => longest > 512,
            _ => true,
        })
        .collect();
    assert_eq!(rungs, expected);
    assert!(stability.rungs[1..].iter().all(|r| (r.logit - native.logit).abs() > 1e-3), "spoiling changes something");
}

#[test]
fn a_suspicion_that_the_first_step_takes_away_is_none() {
    let mut pipeline = load(&["generated-faces"]);
    let sample = root().join("assets/samples/generated-b.jpg");
    let found = scan_item(&sample, &pipeline, &Ctx::silent()).unwrap();
    let rungs = &found.people[0].stability.as_ref().unwrap().rungs;
    let lowest = rungs.iter().map(|rung| rung.logit).fold(f64::INFINITY, f64::min);
    assert!(rungs[0].logit > lowest + 0.1, "{rungs:?}");
    // Both thresholds between what was found and the lowest rung.
    let policy = &mut pipeline.policies[0];
    policy.calibration = Calibration::new(400.0, -200.0 * (rungs[0].logit + lowest)).unwrap();
    let threshold = Score::new(0.5).unwrap();
    let high = OperatingPoint { threshold, false_alarms: 0, n_real: 500, found: 400, n_fake: 500 };
    policy.image = OperatingPoints::new(high, Score::new(0.45).unwrap());
    let analysis = scan_item(&sample, &pipeline, &Ctx::silent()).unwrap();
    let person = &analysis.people[0];
    assert!(!person.stability.as_ref().unwrap().holds);
    assert_eq!(
        (person.verdict.code, &person.verdict.reasons[..]),
        (VerdictCode::Inconclusive, &[Reason::NotStable][..])
    );
    assert_eq!(analysis.verdict, person.verdict);
}

#[test]
fn who_is_not_suspected_does_not_climb() {
    let analysis = scan_item(&root().join("assets/samples/hopper.jpg"), &load(&[]), &Ctx::silent()).unwrap();
    assert!(analysis.people.iter().all(|p| p.stability.is_none()));
}

#[test]
fn what_was_kept_climbs_as_what_is_decoded_again() {
    let clip = root().join("assets/samples/clip.mp4");
    let mut pipeline = load(&["manipulated-faces"]);
    // Thresholds so low that everybody in this authentic clip is suspected.
    let policy = &mut pipeline.policies[0];
    policy.calibration = Calibration::new(1.0, 20.0).unwrap();
    let high =
        OperatingPoint { threshold: Score::new(0.5).unwrap(), false_alarms: 0, n_real: 500, found: 400, n_fake: 500 };
    policy.video = OperatingPoints::new(high, Score::new(0.45).unwrap());
    let ctx = Ctx::silent();
    let media = media::Media::open(&clip, pipeline.limits(), &ctx).unwrap();
    let frames = media.frames(pipeline.sampling(), 1, &ctx).unwrap();
    let expected = crate::stages::Expected { video: true, duration_us: None, frame_bytes: 640 * 360 * 3 };
    let examined = crate::stages::examine(frames, &pipeline, expected, &ctx, &|_| {}).unwrap();
    let observations = analysis::Observations { kind: MediaKind::Video, frames: examined.frames };
    let findings = analysis::aggregate(&observations, pipeline.first_policies());
    assert_eq!(findings.people[0].verdict.code, VerdictCode::Suspected);
    let of = |kept| {
        let pixels = Pixels::File { path: &clip, kept };
        with_stability(findings.clone(), MediaKind::Video, &pixels, &pipeline, &ctx).unwrap().people[0]
            .stability
            .clone()
    };
    let wanted = highest(&findings.timeline, findings.people[0].track, "manipulated-faces");
    assert_eq!(examined.kept.all(findings.people[0].track, "manipulated-faces", &wanted).unwrap().len(), LADDER_CROPS);
    let (kept, again) = (of(examined.kept).unwrap(), of(Keepsakes::default()).unwrap());
    assert_eq!((kept.crops, kept.rungs.len()), (again.crops, again.rungs.len()));
    for (a, b) in kept.rungs.iter().zip(&again.rungs) {
        assert!(a.rung == b.rung && (a.logit - b.logit).abs() < 1e-3, "{a:?} {b:?}");
    }
}
