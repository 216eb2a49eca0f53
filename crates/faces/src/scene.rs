//! Where one shot ends and the next begins.

use image::RgbImage;

/// Side of the thumbnails that are compared.
const SIDE: usize = 32;
/// Bins of the luma histogram.
const BINS: usize = 32;

// Measured on 1,743 thumbnails (5 a second) of the clips of ../shared/media and every third of
// ../shared/data/videos: neighbours within a shot correlate to at least 0.67 (99.5 %: 0.77), random
// frames of different clips to at most 0.66 in 99.5 %. The three hard cuts among them are at 0.38 and
// below with a histogram distance of 0.49.
/// One minus the correlation of the thumbnails from which on it is another shot.
const LAYOUT_CUT: f32 = 0.36;
/// The same where the histogram has changed by [`HISTOGRAM_CUT`] too.
const LAYOUT_CUT_WITH_HISTOGRAM: f32 = 0.20;
/// Half the summed difference of the histograms, in [0, 1].
const HISTOGRAM_CUT: f32 = 0.18;
/// Mean absolute difference in luma levels below which nothing is a cut: correlation means nothing
/// between two nearly black frames.
const LEAST_CHANGE: f32 = 8.0;

/// Compares each picture with the one before. A change of exposure alone (a flash, a fade of the same
/// picture) is no cut, because correlation ignores level and contrast.
#[derive(Clone, Debug, Default)]
pub struct SceneCuts {
    last: Option<Thumbnail>,
}

impl SceneCuts {
    /// Whether a new shot begins with this picture. The first picture begins none.
    pub fn push(&mut self, rgb: &RgbImage) -> bool {
        let now = Thumbnail::new(rgb);
        let cut = self.last.as_ref().is_some_and(|last| last.is_cut(&now));
        self.last = Some(now);
        cut
    }
}

#[derive(Clone, Debug)]
struct Thumbnail {
    luma: Vec<f32>,
    mean: f32,
    /// Root of the summed squared deviations.
    norm: f32,
    histogram: [f32; BINS],
}

impl Thumbnail {
    fn new(rgb: &RgbImage) -> Self {
        let luma = block_means(rgb);
        let mean = luma.iter().sum::<f32>() / luma.len().max(1) as f32;
        let norm = luma.iter().map(|v| (v - mean).powi(2)).sum::<f32>().sqrt();
        let mut histogram = [0.0; BINS];
        for &value in &luma {
            let bin = (value / (256.0 / BINS as f32)) as usize;
            if let Some(count) = histogram.get_mut(bin.min(BINS - 1)) {
                *count += 1.0 / luma.len() as f32;
            }
        }
        Self { luma, mean, norm, histogram }
    }

    fn is_cut(&self, next: &Self) -> bool {
        let pairs = || self.luma.iter().zip(&next.luma);
        let change = pairs().map(|(a, b)| (a - b).abs()).sum::<f32>() / self.luma.len().max(1) as f32;
        if change < LEAST_CHANGE {
            return false;
        }
        let product = pairs().map(|(a, b)| (a - self.mean) * (b - next.mean)).sum::<f32>();
        let scale = self.norm * next.norm;
        let layout = if scale > 0.0 { 1.0 - product / scale } else { 1.0 };
        let histogram = self.histogram.iter().zip(&next.histogram).map(|(a, b)| (a - b).abs()).sum::<f32>() / 2.0;
        layout > LAYOUT_CUT || (layout > LAYOUT_CUT_WITH_HISTOGRAM && histogram > HISTOGRAM_CUT)
    }
}

/// Mean luma of `SIDE` × `SIDE` blocks; large pictures are sampled, at most some eight rows and
/// columns of a block are read.
fn block_means(rgb: &RgbImage) -> Vec<f32> {
    let (width, height) = (rgb.width() as usize, rgb.height() as usize);
    let raw = rgb.as_raw();
    let mut means = Vec::with_capacity(SIDE * SIDE);
    let range = |i: usize, whole: usize| {
        let start = i * whole / SIDE;
        (start, ((i + 1) * whole / SIDE).max(start + 1).min(whole))
    };
    for by in 0..SIDE {
        let (y0, y1) = range(by, height);
        for bx in 0..SIDE {
            let (x0, x1) = range(bx, width);
            let (mut sum, mut count) = (0u64, 0u64);
            for y in (y0..y1).step_by(((y1 - y0) / 8).max(1)) {
                for x in (x0..x1).step_by(((x1 - x0) / 8).max(1)) {
                    let at = (y * width + x) * 3;
                    if let Some(&[r, g, b]) = raw.get(at..at + 3) {
                        sum += luma_256(r, g, b);
                        count += 1;
                    }
                }
            }
            means.push(sum as f32 / (256 * count.max(1)) as f32);
        }
    }
    means
}

/// BT.601 luma times 256.
fn luma_256(r: u8, g: u8, b: u8) -> u64 {
    77 * u64::from(r) + 150 * u64::from(g) + 29 * u64::from(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(f: impl Fn(f32, f32) -> f32) -> RgbImage {
        RgbImage::from_fn(200, 120, |x, y| {
            image::Rgb([f(x as f32 / 200.0, y as f32 / 120.0).clamp(0.0, 255.0) as u8; 3])
        })
    }

    fn cuts(pictures: &[RgbImage]) -> Vec<bool> {
        let mut scene = SceneCuts::default();
        pictures.iter().map(|p| scene.push(p)).collect()
    }

    #[test]
    fn another_layout_is_a_cut_and_then_none() {
        let a = picture(|x, _| 255.0 * x);
        let b = picture(|_, y| 255.0 * y);
        assert_eq!(cuts(&[a.clone(), a.clone(), b.clone(), b, a]), [false, false, true, false, true]);
    }

    #[test]
    fn a_flash_and_a_small_pan_are_no_cuts() {
        let dim = picture(|x, y| 60.0 + 80.0 * (6.0 * x).sin() * (5.0 * y).cos());
        let bright = picture(|x, y| 130.0 + 110.0 * (6.0 * x).sin() * (5.0 * y).cos());
        let moved = picture(|x, y| 130.0 + 110.0 * (6.0 * (x + 0.02)).sin() * (5.0 * y).cos());
        assert_eq!(cuts(&[dim, bright, moved]), [false; 3]);
    }

    #[test]
    fn noise_in_the_dark_is_no_cut_and_sizes_may_be_tiny() {
        let dark = |seed: f32| picture(move |x, y| 4.0 * ((x * 917.0 + y * 331.0 + seed).sin() + 1.0));
        assert_eq!(cuts(&[dark(0.0), dark(1.0), dark(2.0)]), [false; 3]);
        assert_eq!(cuts(&[RgbImage::new(1, 1), RgbImage::new(3, 2), RgbImage::new(0, 0)]), [false; 3]);
    }

    #[test]
    fn black_to_picture_is_a_cut() {
        assert_eq!(cuts(&[RgbImage::new(200, 120), picture(|x, _| 255.0 * x)]), [false, true]);
    }
}
