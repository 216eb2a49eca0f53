//! Logits against the PyTorch recipe (`goldens/logits.py`), on pictures made by arithmetic and, where
//! they are at hand, on real stills with the boxes of their list.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test says what went wrong by stopping"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base::{Ctx, Rect};
use candle_core::Device;
use detector::{Detector, DetectorError};
use faces::crop_square;
use image::RgbImage;
use media::{Limits, Media, Sampling};
use serde::Deserialize;

mod made;
use made::picture;

/// What the issue allows between the recipe and the product.
const TOLERANCE: f32 = 1e-3;

#[derive(Deserialize)]
struct Goldens {
    made: Vec<Made>,
    stills: Vec<Still>,
}

#[derive(Deserialize)]
struct Made {
    i: u32,
    width: u32,
    height: u32,
    #[serde(rename = "box")]
    rect: [f32; 4],
    logits: BTreeMap<String, f32>,
}

#[derive(Deserialize)]
struct Still {
    path: String,
    #[serde(rename = "box")]
    rect: [f32; 4],
    logits: BTreeMap<String, f32>,
}

fn goldens() -> Goldens {
    serde_json::from_str(include_str!("../goldens/logits.json")).unwrap()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn load(id: &str) -> Detector {
    Detector::load(&root().join("models").join(id), &Device::Cpu).unwrap()
}

fn compare(name: &str, got: &[f32], want: &[f32]) {
    let worst = got.iter().zip(want).map(|(g, w)| (g - w).abs()).fold(0.0, f32::max);
    println!("{name}: {} crops, largest difference {worst:.2e}", got.len());
    assert_eq!(got.len(), want.len());
    assert!(worst <= TOLERANCE, "{name}: off by {worst}\n{got:?}\n{want:?}");
}

#[test]
fn made_pictures_get_the_logits_of_the_recipe() {
    let goldens = goldens();
    for id in ["generated-faces", "manipulated-faces"] {
        let detector = load(id);
        let crop = |m: &Made| {
            // As large as the network's input.
            if m.width == 0 {
                let side = detector.crop_rule().size;
                return Some(picture(m.i, side, side));
            }
            crop_square(&picture(m.i, m.width, m.height), Rect::from(m.rect), detector.crop_rule())
        };
        let crops: Vec<RgbImage> = goldens.made.iter().map(|m| crop(m).unwrap()).collect();
        let want: Vec<f32> = goldens.made.iter().map(|m| m.logits[id]).collect();
        compare(id, &detector.logits(&crops).unwrap(), &want);
    }
}

/// A still, decoded as the product does.
fn decoded(path: &Path) -> Arc<RgbImage> {
    let ctx = Ctx::silent();
    let opened = Media::open(path, &Limits::default(), &ctx).unwrap();
    let first = opened.frames(Sampling::EveryFrame, 1, &ctx).unwrap().next();
    first.unwrap().unwrap().rgb
}

#[test]
fn real_stills_get_the_logits_of_the_recipe() {
    let data = root().join("../shared/data");
    if !data.is_dir() {
        eprintln!("skipped: ../shared is absent");
        return;
    }
    let goldens = goldens();
    for id in ["generated-faces", "manipulated-faces"] {
        let detector = load(id);
        let mut off: Vec<f32> = Vec::new();
        for still in &goldens.stills {
            let picture = decoded(&data.join(&still.path));
            let crop = crop_square(&picture, Rect::from(still.rect), detector.crop_rule()).unwrap();
            off.push((detector.logits(&[crop]).unwrap()[0] - still.logits[id]).abs());
        }
        off.sort_by(f32::total_cmp);
        let (median, worst) = (off[off.len() / 2], off[off.len() - 1]);
        println!("{id}: {} stills, median difference {median:.2e}, largest {worst:.2e}", off.len());
        assert!(worst < TOLERANCE, "{id}: {off:?}");
    }
}

#[test]
fn a_crop_does_not_see_the_others_in_its_batch() {
    let detector = load("manipulated-faces");
    let side = detector.crop_rule().size;
    let crops: Vec<RgbImage> = (0..19).map(|i| picture(i % 7, side, side)).collect();
    let together = detector.logits(&crops).unwrap();
    let apart: Vec<f32> = crops.iter().map(|c| detector.logits(std::slice::from_ref(c)).unwrap()[0]).collect();
    compare("together and apart", &together, &apart);
    assert_eq!(together, detector.logits(&crops).unwrap(), "the same input twice gives the same bits");
    assert_eq!(detector.logits(&[]).unwrap(), Vec::<f32>::new());
}

#[test]
fn detectors_of_one_encoder_say_together_what_each_says_alone() {
    let models = root().join("models");
    if !models.join("clip-vit-b16.safetensors").exists() {
        eprintln!("skipped: `make deep-model` was not run");
        return;
    }
    let dirs = ["deep-manipulation", "manipulated-faces", "deep-synthesis"].map(|id| models.join(id));
    let together = Detector::load_all(&dirs, &Device::Cpu).unwrap();
    let crops: Vec<RgbImage> = (0..2).map(|i| picture(i, 224, 224)).collect();
    for (dir, detector) in dirs.iter().zip(&together).step_by(2) {
        assert!(dir.ends_with(&detector.card().id));
        let alone = Detector::load(dir, &Device::Cpu).unwrap();
        assert_eq!(detector.logits(&crops).unwrap(), alone.logits(&crops).unwrap(), "{}", detector.card().id);
    }
    assert_eq!(together[1].card().id, "manipulated-faces");
    // Other crops are not mistaken for the last ones.
    assert_ne!(together[0].logits(&crops[1..]).unwrap(), together[0].logits(&crops[..1]).unwrap());
}

#[test]
fn what_is_no_detector_is_refused() {
    let mtcnn = Detector::load(&root().join("models/mtcnn"), &Device::Cpu);
    assert!(matches!(mtcnn, Err(DetectorError::NotADetector { .. })));
    let missing = Detector::load(&root().join("models/none"), &Device::Cpu);
    assert!(matches!(missing, Err(DetectorError::Nets(_))));
}
