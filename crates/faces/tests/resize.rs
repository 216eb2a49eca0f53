//! The resizers against OpenCV and PyTorch (goldens/resize.py).
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use faces::resize::{PixelRegion, area_pool, shrink_area, stretch_linear};
use image::{Rgb, RgbImage};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    method: String,
    seed: u32,
    from: [u32; 2],
    to: [u32; 2],
    bytes: Option<Vec<u8>>,
    values: Option<Vec<f32>>,
}

/// The same bytes as `noise` of the script.
fn noise([w, h]: [u32; 2], seed: u32) -> RgbImage {
    let byte = |x: u32, y: u32, c: u32| {
        let v = x.wrapping_mul(73_856_093)
            ^ y.wrapping_mul(19_349_663)
            ^ c.wrapping_mul(83_492_791)
            ^ seed.wrapping_mul(2_654_435_761);
        let v = (v ^ (v >> 15)).wrapping_mul(2_246_822_519);
        let v = (v ^ (v >> 13)).wrapping_mul(3_266_489_917);
        (v ^ (v >> 16)) as u8
    };
    RgbImage::from_fn(w, h, |x, y| Rgb([byte(x, y, 0), byte(x, y, 1), byte(x, y, 2)]))
}

/// The picture somewhere inside a larger one, so that regions are tested too.
fn inside(rgb: &RgbImage) -> (RgbImage, PixelRegion) {
    let region = PixelRegion { x: 3, y: 5, w: rgb.width(), h: rgb.height() };
    let mut large = RgbImage::from_pixel(rgb.width() + 9, rgb.height() + 6, Rgb([255, 0, 255]));
    image::imageops::replace(&mut large, rgb, 3, 5);
    (large, region)
}

fn cases(method: &str) -> Vec<Case> {
    let all: Vec<Case> = serde_json::from_str(include_str!("../goldens/resize.json")).unwrap();
    let cases: Vec<_> = all.into_iter().filter(|c| c.method == method).collect();
    assert!(cases.len() >= 5, "{method}");
    cases
}

#[test]
fn shrinking_equals_opencv() {
    for case in cases("area") {
        let (large, region) = inside(&noise(case.from, case.seed));
        let ours = shrink_area(&large, region, case.to[0], case.to[1]).unwrap();
        let theirs = case.bytes.unwrap();
        let off = ours.as_raw().iter().zip(&theirs).filter(|(a, b)| a != b).count();
        let most = ours.as_raw().iter().zip(&theirs).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
        // A sum that lies on a half may round either way when its terms are added in another order.
        assert!(
            most <= 1 && off * 200 <= theirs.len(),
            "{:?} to {:?}: {off} bytes differ by up to {most}",
            case.from,
            case.to
        );
    }
}

#[test]
fn stretching_equals_opencv() {
    for case in cases("linear") {
        let (large, region) = inside(&noise(case.from, case.seed));
        let ours = stretch_linear(&large, region, case.to[0], case.to[1]).unwrap();
        let theirs = case.bytes.unwrap();
        let off = ours.as_raw().iter().zip(&theirs).filter(|(a, b)| a != b).count();
        let most = ours.as_raw().iter().zip(&theirs).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
        assert!(most <= 1, "{:?} to {:?}: {off} bytes differ by up to {most}", case.from, case.to);
    }
}

#[test]
fn pooling_equals_pytorch() {
    for case in cases("pool") {
        let (large, region) = inside(&noise(case.from, case.seed));
        let [w, h] = case.to.map(|v| v as usize);
        let mut ours = vec![0.0; w * h * 3];
        area_pool(&large, region, w, h, &mut ours);
        for (a, b) in ours.iter().zip(case.values.unwrap()) {
            assert!((a - b).abs() <= 2e-6, "{:?} to {:?}: {a} {b}", case.from, case.to);
        }
    }
}

#[test]
fn pooling_in_parallel_is_pooling() {
    let rgb = noise([311, 205], 9);
    let pool = |w: usize, h: usize, region| {
        let mut out = vec![0.0; w * h * 3];
        area_pool(&rgb, region, w, h, &mut out);
        out
    };
    let whole = pool(156, 103, PixelRegion::all(&rgb));
    // Row 7 of 103 covers input rows 13 to 15: the same three rows alone, as one.
    let alone = pool(156, 1, PixelRegion { x: 0, y: 13, w: 311, h: 3 });
    assert_eq!(whole[7 * 156 * 3..8 * 156 * 3], alone);
}

#[test]
fn what_cannot_be_resized_is_refused() {
    let rgb = noise([20, 20], 1);
    let outside = PixelRegion { x: 15, y: 0, w: 10, h: 10 };
    assert!(shrink_area(&rgb, outside, 5, 5).is_none());
    assert!(stretch_linear(&rgb, outside, 5, 5).is_none());
    assert!(shrink_area(&rgb, PixelRegion::all(&rgb), 21, 20).is_none());
    assert!(stretch_linear(&rgb, PixelRegion { w: 0, ..PixelRegion::all(&rgb) }, 5, 5).is_none());
}
