//! Heat maps against PyTorch's gradients (`goldens/heat_maps.py`), and what follows from their definition.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test says what went wrong by stopping"
)]

use std::path::Path;

use candle_core::Device;
use detector::Detector;
use detector::explain::HeatMethod;
use serde::Deserialize;

mod made;
use made::picture;

/// What the issue allows.
const TOLERANCE: f32 = 1e-3;

#[derive(Deserialize)]
struct Golden {
    model: String,
    i: u32,
    cells: Vec<f32>,
    stretched: Vec<f32>,
}

fn load(id: &str) -> Detector {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
    Detector::load(&models.join(id), &Device::Cpu).unwrap()
}

fn worst(got: &[f32], want: &[f32]) -> f32 {
    assert_eq!(got.len(), want.len());
    got.iter().zip(want).map(|(g, w)| (g - w).abs()).fold(0.0, f32::max)
}

#[test]
fn maps_equal_pytorchs() {
    let goldens: Vec<Golden> = serde_json::from_str(include_str!("../goldens/heat_maps.json")).unwrap();
    assert_eq!(goldens.len(), 16);
    let mut off: f32 = 0.0;
    for id in ["generated-faces", "manipulated-faces"] {
        let detector = load(id);
        let side = detector.crop_rule().size;
        for golden in goldens.iter().filter(|g| g.model == id) {
            let map = detector.heat_map(&picture(golden.i, side, side)).unwrap();
            let cells = side as usize / 32;
            assert_eq!((map.method, map.size()), (HeatMethod::GradCam, [cells, cells]));
            off = off.max(worst(map.values(), &golden.cells)).max(worst(&map.stretched([24, 20]), &golden.stretched));
        }
    }
    println!("16 maps, largest difference {off:.2e}");
    assert!(off < TOLERANCE, "{off}");
}

#[test]
fn a_map_sums_to_the_logit_less_the_bias() {
    for id in ["generated-faces", "manipulated-faces"] {
        let detector = load(id);
        let side = detector.crop_rule().size;
        let pictures: Vec<_> = (0..4).map(|i| picture(i, side, side)).collect();
        let logits = detector.logits(&pictures).unwrap();
        let biases: Vec<f32> = pictures
            .iter()
            .zip(logits)
            .map(|(p, logit)| logit - detector.heat_map(p).unwrap().values().iter().sum::<f32>())
            .collect();
        assert!(biases.iter().all(|b| (b - biases[0]).abs() < 1e-4), "{id}: {biases:?}");
    }
}
