//! What the golden tests share: the test picture, the product's weights, the stored answers.
#![allow(dead_code, reason = "each test binary uses some of it")]
#![expect(clippy::unwrap_used, reason = "a test without its files has failed")]

use nets::cpu::Nhwc;
use nets::weights::Weights;
use std::path::PathBuf;

/// RGB bytes `[n, h, w, 3]` of the test picture; twin of goldens/pattern.py.
pub fn pattern(n: usize, h: usize, w: usize, seed: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(n * h * w * 3);
    for b in 0..n {
        for y in 0..h {
            for x in 0..w {
                for c in 0..3 {
                    let index = ((b * h + y) * w + x) * 3 + c + seed * 7919;
                    let noise = (index as u64 * 2_654_435_761 % (1 << 32)) >> 24;
                    let ramp = 3 * (x + 2 * y + 40 * c + 11 * b + seed) as u64;
                    bytes.push(((noise + ramp) / 2 % 256) as u8);
                }
            }
        }
    }
    bytes
}

/// The test picture as a tensor, each value `(v - mean) * scale`.
pub fn images(shape: [usize; 3], seed: usize, mean: f32, scale: f32) -> Nhwc {
    let [n, h, w] = shape;
    let values = pattern(n, h, w, seed).into_iter().map(|v| (f32::from(v) - mean) * scale).collect();
    Nhwc::from_vec([n, h, w, 3], values).unwrap()
}

/// The weights that the product ships.
pub fn weights(id: &str) -> Weights {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../models");
    Weights::from_safetensors(&std::fs::read(root.join(id).join("weights.safetensors")).unwrap()).unwrap()
}

/// The reference's answers.
pub fn golden(name: &str) -> Weights {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("goldens").join(name);
    Weights::from_safetensors(&std::fs::read(path).unwrap()).unwrap()
}

/// Largest difference; fails when the lengths differ.
pub fn worst(actual: &[f32], expected: &[f32]) -> f32 {
    assert_eq!(actual.len(), expected.len());
    actual.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// Runs `job` on a pool of that many threads.
pub fn on_threads<T: Send>(threads: usize, job: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(job)
}
