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
    // Thresholds just below what was found: every rung lies below both.
    let policy = &mut pipeline.policies[0];
    let sample = root().join("assets/samples/generated-b.jpg");
    policy.calibration = Calibration::new(40.0, -40.0 * 8.98).unwrap();
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
fn patches_lie_on_the_grid_of_blocks() {
    let square = PixelRegion { x: 100, y: 3, w: 130, h: 130 };
    assert_eq!(aligned(square, 1000, 140), PixelRegion { x: 80, y: 0, w: 176, h: 140 });
}

#[test]
fn a_patch_is_re_encoded_as_the_whole_frame_would_be() {
    let frame = image::open(root().join("assets/samples/collins.jpg")).unwrap().into_rgb8();
    let square = PixelRegion { x: 181, y: 67, w: 120, h: 120 };
    let PixelRegion { x, y, w, h } = aligned(square, frame.width(), frame.height());
    let part = image::imageops::crop_imm(&frame, x, y, w, h).to_image();
    for quality in [75, 40] {
        let (whole, part) = (reencoded(&frame, quality).unwrap(), reencoded(&part, quality).unwrap());
        let of = |picture: &RgbImage, dx, dy| {
            image::imageops::crop_imm(picture, square.x - dx, square.y - dy, square.w, square.h).to_image()
        };
        assert!(of(&whole, 0, 0) == of(&part, x, y), "{quality}");
    }
}
