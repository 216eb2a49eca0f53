//! Pictures that are nearly the same: a perceptual hash to find them, a small grey picture to make sure.

use faces::resize::{PixelRegion, shrink_area, stretch_linear};
use image::RgbImage;
use serde::{Deserialize, Serialize};

/// Side of the picture whose frequencies are hashed.
const SIDE: usize = 32;
/// Frequencies along each edge that take part.
const FREQUENCIES: usize = 8;
/// Side of the small picture.
const SMALL: usize = 16;

/// What a picture is recognised by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Print {
    /// A bit for each of 64 low frequencies: whether it is above their median.
    pub hash: u64,
    /// `[16, 16]`, grey.
    pub small: Vec<u8>,
}

impl Print {
    /// Of a picture.
    pub fn of(rgb: &RgbImage) -> Self {
        let grey = grey(rgb, SIDE as u32);
        let spectrum = low_frequencies(&grey);
        let mut sorted: Vec<f32> = spectrum.iter().skip(1).copied().collect();
        sorted.sort_by(f32::total_cmp);
        let median = sorted.get(sorted.len() / 2).copied().unwrap_or_default();
        let hash = spectrum.iter().enumerate().fold(0, |hash, (i, v)| hash | (u64::from(*v > median) << i));
        let small = self::grey(rgb, SMALL as u32).into_iter().map(|v| v.round() as u8).collect();
        Self { hash, small }
    }

    /// Bits that differ.
    pub fn distance(&self, other: &Self) -> u32 {
        (self.hash ^ other.hash).count_ones()
    }

    /// Correlation of the small pictures, in [-1, 1].
    pub fn correlation(&self, other: &Self) -> f32 {
        let n = self.small.len().min(other.small.len()).max(1) as f32;
        let mean = |of: &[u8]| of.iter().map(|v| f32::from(*v)).sum::<f32>() / n;
        let (a, b) = (mean(&self.small), mean(&other.small));
        let (mut ab, mut aa, mut bb) = (0.0, 1e-3, 1e-3);
        for (&x, &y) in self.small.iter().zip(&other.small) {
            let (x, y) = (f32::from(x) - a, f32::from(y) - b);
            ab += x * y;
            aa += x * x;
            bb += y * y;
        }
        ab / (aa * bb).sqrt()
    }
}

/// How alike two pictures are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alike {
    /// The same picture but for its coding.
    Copy,
    /// Probably one scene: what one knows, the other gives away.
    Scene,
}

/// Bits that may differ between pictures of one scene. Chosen so that bands of nine bits find every such pair.
const SCENE_BITS: u32 = 6;
const SCENE_CORRELATION: f32 = 0.985;
const COPY_BITS: u32 = 2;
const COPY_CORRELATION: f32 = 0.998;

/// All pairs of nearly equal pictures, each once, the earlier first.
pub(crate) fn alike(prints: &[Print]) -> Vec<(usize, usize, Alike)> {
    // Two hashes that differ in at most six bits agree in one of seven bands.
    const BANDS: u32 = SCENE_BITS + 1;
    let mut pairs = Vec::new();
    for band in 0..BANDS {
        let (from, to) = (64 * band / BANDS, 64 * (band + 1) / BANDS);
        let key = |print: &Print| (print.hash >> from) & ((1 << (to - from)) - 1);
        let mut order: Vec<usize> = (0..prints.len()).collect();
        order.sort_by_key(|&i| prints.get(i).map(key));
        for bucket in order.chunk_by(|&a, &b| prints.get(a).map(key) == prints.get(b).map(key)) {
            for (n, &a) in bucket.iter().enumerate() {
                for &b in bucket.iter().skip(n + 1) {
                    let (Some(x), Some(y)) = (prints.get(a), prints.get(b)) else { continue };
                    let bits = x.distance(y);
                    if bits > SCENE_BITS {
                        continue;
                    }
                    let correlation = x.correlation(y);
                    let kind = match (bits <= COPY_BITS && correlation >= COPY_CORRELATION, correlation) {
                        (true, _) => Alike::Copy,
                        (false, c) if c >= SCENE_CORRELATION => Alike::Scene,
                        _ => continue,
                    };
                    pairs.push((a.min(b), a.max(b), kind));
                }
            }
        }
    }
    pairs.sort_by_key(|&(a, b, _)| (a, b));
    pairs.dedup_by_key(|&mut (a, b, _)| (a, b));
    pairs
}

fn grey(rgb: &RgbImage, side: u32) -> Vec<f32> {
    let all = PixelRegion::all(rgb);
    let small = if rgb.width() >= side && rgb.height() >= side {
        shrink_area(rgb, all, side, side)
    } else {
        stretch_linear(rgb, all, side, side)
    };
    let luma = |p: &image::Rgb<u8>| 0.299 * f32::from(p.0[0]) + 0.587 * f32::from(p.0[1]) + 0.114 * f32::from(p.0[2]);
    small.map(|small| small.pixels().map(luma).collect()).unwrap_or_default()
}

/// The lowest frequencies of the discrete cosine transform (type II).
fn low_frequencies(grey: &[f32]) -> Vec<f32> {
    let cosine = |k: usize, n: usize| (std::f32::consts::PI * (n as f32 + 0.5) * k as f32 / SIDE as f32).cos();
    let mut all = Vec::with_capacity(FREQUENCIES * FREQUENCIES);
    for v in 0..FREQUENCIES {
        for u in 0..FREQUENCIES {
            let rows = grey.chunks_exact(SIDE).enumerate();
            let sum = rows.map(|(y, row)| {
                cosine(v, y) * row.iter().enumerate().map(|(x, value)| value * cosine(u, x)).sum::<f32>()
            });
            all.push(sum.sum());
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Between -1 and 1, different for each argument.
    fn draw(seed: u32, u: u32, v: u32) -> f32 {
        let mut h = seed.wrapping_mul(73_856_093) ^ u.wrapping_mul(19_349_663) ^ v.wrapping_mul(83_492_791);
        h = (h ^ (h >> 16)).wrapping_mul(0x045d_9f3b);
        ((h ^ (h >> 16)) & 0xffff) as f32 / 32_768.0 - 1.0
    }

    /// A picture with something in each of the low frequencies, as photographs have.
    fn scene(seed: u32) -> RgbImage {
        let wave = |k: u32, x: u32| (std::f32::consts::PI * k as f32 * (x as f32 + 0.5) / 120.0).cos();
        RgbImage::from_fn(120, 120, |x, y| {
            let all = (0..8).flat_map(|v| (0..8).map(move |u| (u, v)));
            let sum: f32 =
                all.map(|(u, v)| draw(seed, u, v) * wave(u, x) * wave(v, y) * 90.0 / (2 + u + v) as f32).sum();
            let value = (sum + 128.0).clamp(0.0, 255.0);
            image::Rgb([value as u8, (value * 0.9) as u8, (value * 0.7) as u8])
        })
    }

    #[test]
    fn copies_and_scenes_are_told_from_other_pictures() {
        let one = scene(1);
        let quarter = image::imageops::resize(&one, 60, 60, image::imageops::FilterType::Triangle);
        let mut changed = one.clone();
        for (x, y, p) in changed.enumerate_pixels_mut() {
            if (52..68).contains(&x) && (52..68).contains(&y) {
                p.0 = p.0.map(|v| v.saturating_sub(30));
            }
        }
        let prints: Vec<Print> = [&one, &quarter, &changed, &scene(2), &scene(5)].map(Print::of).into();
        let pairs = alike(&prints);
        assert!(pairs.contains(&(0, 1, Alike::Copy)), "{pairs:?}");
        assert!(pairs.contains(&(0, 2, Alike::Scene)), "{pairs:?} {}", prints[0].correlation(&prints[2]));
        assert!(pairs.iter().all(|(_, b, _)| *b < 3), "{pairs:?}");
    }
}
