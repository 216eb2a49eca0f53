use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use analysis::{Calibration, FaceObservation, FaceQuality, FrameObservation, Observations, Reason, aggregate};
use base::{FrameIndex, Point, Rect, Timestamp};
use detector::DetectorError;
use detector::explain::{CropPlace, HeatMap, HeatMethod};
use image::RgbImage;

use super::*;
use crate::fakes::{pipeline, save_picture};
use crate::item::scan_item;
use crate::options::{ScanOptions, SecondLook};

/// Says the same of every crop, and counts them.
struct Slow {
    logit: f32,
    seen: Arc<AtomicUsize>,
}

impl Scorer for Slow {
    fn id(&self) -> &str {
        "slow"
    }

    fn crop_of(&self, _: &RgbImage, _: Rect) -> Option<RgbImage> {
        Some(RgbImage::new(1, 1))
    }

    fn place_of(&self, _: &RgbImage, _: Rect) -> Option<CropPlace> {
        None
    }

    fn heat_map(&self, _: &RgbImage) -> Result<HeatMap, DetectorError> {
        HeatMap::new(HeatMethod::Occlusion, [1, 1], vec![0.0]).ok_or(DetectorError::NoLogit { index: 0 })
    }

    fn logits(&self, crops: &[RgbImage]) -> Result<Vec<f32>, DetectorError> {
        self.seen.fetch_add(crops.len(), Ordering::Relaxed);
        Ok(vec![self.logit; crops.len()])
    }
}

/// A pipeline of fakes whose second detector says this, and the number of crops it saw.
fn with_slow(logit: f32) -> (Pipeline, Arc<AtomicUsize>) {
    let mut pipeline = pipeline(1);
    let seen = Arc::new(AtomicUsize::new(0));
    pipeline.second.push(Box::new(Slow { logit, seen: seen.clone() }));
    let mut policy = pipeline.policies[0].clone();
    (policy.id, policy.calibration) = ("slow".into(), Calibration::new(1.0, 0.0).unwrap());
    pipeline.policies.push(policy);
    (pipeline, seen)
}

fn scanned(blue: u8, faces: u8, logit: f32) -> (analysis::Analysis, usize) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.png");
    save_picture(&path, faces, blue);
    let (pipeline, seen) = with_slow(logit);
    let analysis = scan_item(&path, &pipeline, &Ctx::silent()).unwrap();
    (analysis, seen.load(Ordering::Relaxed))
}

#[test]
fn a_still_is_looked_at_twice_and_both_scores_are_told() {
    let (open, seen) = scanned(100, 1, 6.0);
    assert_eq!((open.verdict.code, seen), (VerdictCode::Suspected, 1));
    assert_eq!(open.people[0].scores["slow"].logit, 6.0);
    assert_eq!(open.timeline[0].faces[0].scores.len(), 2);
    assert_eq!(open.people[0].stability, None, "the ladder cannot be climbed without a place");
    let (clear, _) = scanned(0, 1, 6.0);
    assert_eq!((clear.verdict.code, clear.verdict.reasons), (VerdictCode::Inconclusive, vec![Reason::ModelsDisagree]));
}

#[test]
fn nobody_to_look_at_is_nobody_looked_at() {
    let (nobody, seen) = scanned(100, 0, 6.0);
    assert_eq!((nobody.verdict.code, seen), (VerdictCode::NotExamined, 0));
}

#[test]
fn only_the_weightiest_people_of_a_crowd_get_a_look() {
    let (_, seen) = scanned(100, 9, 6.0);
    assert_eq!(seen, SECOND_LOOK_PEOPLE);
}

#[test]
fn the_crops_of_a_clip_are_those_with_the_highest_scores_in_order_of_time() {
    let (pipeline, _) = with_slow(0.0);
    let frame = |n: u64| FrameObservation {
        frame: FrameIndex(n),
        pts: Timestamp::from_micros(n as i64 * 200_000),
        cut: false,
        faces: vec![FaceObservation {
            track: 0,
            rect: Rect::new(0.0, 0.0, 99.0, 99.0),
            landmarks: [Point::new(0.0, 0.0); 5],
            quality: FaceQuality { usable: n != 7, ..FaceQuality::default() },
            logits: BTreeMap::from([("blue".to_owned(), (n as f32 * 37.0) % 100.0)]),
        }],
    };
    let frames = (0..20).map(frame).collect();
    let findings = aggregate(&Observations { kind: MediaKind::Video, frames }, pipeline.first_policies());
    let wanted = key_crops(&findings.timeline, &findings.people[0], &pipeline, SECOND_LOOK_CROPS);
    let frames: Vec<u64> = wanted.iter().map(|w| w.frame.0).collect();
    let mut best: Vec<u64> = (0..20).filter(|n| *n != 7).collect();
    best.sort_by_key(|n| std::cmp::Reverse(n * 37 % 100));
    best.truncate(8);
    best.sort_unstable();
    assert_eq!(frames, best);
}

/// A folder with copies of these models.
fn models(ids: &[&str]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
    for id in ids {
        std::fs::create_dir(dir.path().join(id)).unwrap();
        for file in ["card.toml", "weights.safetensors"] {
            std::fs::copy(all.join(id).join(file), dir.path().join(id).join(file)).unwrap();
        }
    }
    dir
}

fn load(dir: &tempfile::TempDir, models: &[&str], second_look: SecondLook) -> Result<Pipeline, ScanError> {
    let models = models.iter().map(|id| (*id).to_owned()).collect();
    let device = nets::device::DeviceChoice::Cpu;
    Pipeline::load(dir.path(), &ScanOptions { models, second_look, device, threads: Some(1), ..ScanOptions::default() })
}

#[test]
fn without_its_encoder_the_second_look_is_refused_and_the_rest_works() {
    let dir = models(&["mtcnn", "face-mesh", "manipulated-faces", "deep-manipulation"]);
    let plain = load(&dir, &[], SecondLook::Off).unwrap();
    assert_eq!((plain.policies().len(), plain.second_scorers().len()), (1, 0));
    for (named, second_look) in [(&[][..], SecondLook::On), (&["deep-manipulation"][..], SecondLook::Off)] {
        let refused = load(&dir, named, second_look).unwrap_err();
        assert!(matches!(refused, ScanError::Nets(nets::NetsError::NoEncoder { .. })), "{refused}");
        assert!(refused.to_string().contains("make deep-model"), "{refused}");
    }
}

#[test]
fn without_a_slow_detector_there_is_no_second_look() {
    let dir = models(&["mtcnn", "face-mesh", "manipulated-faces"]);
    assert!(matches!(load(&dir, &[], SecondLook::On), Err(ScanError::NoSecondLook { .. })));
}

#[test]
fn slow_detectors_look_twice_where_there_are_others() {
    let dir = models(&["manipulated-faces", "deep-manipulation"]);
    let at = |id| dir.path().join(id);
    let both = Folders::of(vec![at("deep-manipulation"), at("manipulated-faces")]).unwrap();
    assert_eq!((both.first, both.second), (vec![at("manipulated-faces")], vec![at("deep-manipulation")]));
    let alone = Folders::of(vec![at("deep-manipulation")]).unwrap();
    assert_eq!((&alone.first, alone.second.len()), (&vec![at("deep-manipulation")], 0));
    assert_eq!(
        Folders::of(vec![at("manipulated-faces")]).unwrap().with_all_second(dir.path()).unwrap().second.len(),
        1
    );
}
