//! What explanations of one face cost, beside its score.
//!
//!     RAYON_NUM_THREADS=1 cargo run --release -p detector --example time_explain -- MODELS [ID...]
//!
//! Prints the medians of 21 rounds in turn: the logit of a crop, its Grad-CAM map (the logit included), and of three, the logits of all 256
//! choices of the eight regions of the face.
#![expect(clippy::print_stdout, reason = "a program that tells what it measured")]

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use candle_core::Device;
use detector::Detector;
use detector::explain::{Partition, Region, subset_logits};
use image::imageops::FilterType;

const ROUNDS: usize = 21;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [models, ids @ ..] = arguments.as_slice() else {
        return Err("usage: time_explain MODELS [ID...]".into());
    };
    let ids =
        if ids.is_empty() { ["generated-faces", "manipulated-faces"].map(String::from).to_vec() } else { ids.to_vec() };
    for id in ids {
        let detector = Detector::load(&Path::new(models).join(&id), &Device::Cpu)?;
        let side = detector.crop_rule().size;
        let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/samples/hopper.jpg");
        let crop = image::imageops::resize(&image::open(sample)?.into_rgb8(), side, side, FilterType::Triangle);
        let width = side as usize;
        // As many pixels each as eight equal blocks have: what is measured does not depend on where they lie.
        let block = |i: usize| i / width * 2 / width * 4 + i % width * 4 / width;
        let labels: Option<Vec<Region>> = (0..width * width).map(|i| Region::ALL.get(block(i)).copied()).collect();
        let partition =
            labels.and_then(|labels| Partition::of_labels(&labels, [width, width])).ok_or("no partition")?;
        let (mut logit, mut map, mut regions) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            logit.push(timed(|| detector.logits(std::slice::from_ref(&crop)))?);
            map.push(timed(|| detector.heat_map(&crop))?);
            if round % (ROUNDS / 3) == 0 {
                regions.push(timed(|| subset_logits(&crop, &partition, &|crops| detector.logits(crops)))?);
            }
        }
        let [logit, map, regions] = [logit, map, regions].map(median);
        let ratio = map / logit;
        println!("{id}: logit {logit:.1} ms, Grad-CAM {map:.1} ms = {ratio:.2} x, regions {regions:.0} ms");
    }
    Ok(())
}

/// Milliseconds.
fn timed<T, E: Error + 'static>(work: impl FnOnce() -> Result<T, E>) -> Result<f64, Box<dyn Error>> {
    let from = Instant::now();
    work()?;
    Ok(from.elapsed().as_secs_f64() * 1e3)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
