//! Removing parts of a crop by blurring them.
//!
//! A black box would be a thing of its own that networks react to; a strong blur leaves colour and light
//! and takes away all detail. The border between what stays and what goes is feathered, so that no edge
//! appears that was not there: edges are what detectors of composites look for.

use image::RgbImage;

/// Standard deviation of the blur over the crop's side: 16 px of 128. Detail smaller than an eye is gone.
const STRENGTH: f32 = 1.0 / 8.0;
/// Standard deviation of the feather over the crop's side: 2 px of 128.
const FEATHER: f32 = 1.0 / 64.0;
/// A Gaussian is cut off after so many standard deviations.
const REACH: f32 = 3.0;

/// A crop beside its blurred twin.
pub(super) struct Removable<'a> {
    crop: &'a RgbImage,
    blurred: Vec<f32>,
}

impl<'a> Removable<'a> {
    pub fn new(crop: &'a RgbImage) -> Self {
        let (width, height) = (crop.width() as usize, crop.height() as usize);
        let sigma = STRENGTH * width.min(height) as f32;
        let mut blurred = vec![0.0; width * height * 3];
        for channel in 0..3 {
            let plane: Vec<f32> = crop.as_raw().iter().skip(channel).step_by(3).map(|b| f32::from(*b)).collect();
            let smooth = gaussian(&plane, [width, height], sigma);
            for (to, v) in blurred.iter_mut().skip(channel).step_by(3).zip(smooth) {
                *to = v;
            }
        }
        Self { crop, blurred }
    }

    /// The crop where each pixel keeps the given share of itself, in [0, 1], row by row; the rest is blur.
    pub fn keeping(&self, shares: &[f32]) -> RgbImage {
        let mut out = self.crop.clone();
        for ((pixel, blurred), share) in out.chunks_exact_mut(3).zip(self.blurred.chunks_exact(3)).zip(shares) {
            for (v, b) in pixel.iter_mut().zip(blurred) {
                *v = (b + (f32::from(*v) - b) * share).round().clamp(0.0, 255.0) as u8;
            }
        }
        out
    }
}

/// The share of each pixel that belongs to a mask of 0 and 1 when its border is feathered. Masks that
/// cover a crop without overlap keep covering it: their shares sum to 1.
pub(super) fn feathered(mask: &[f32], [width, height]: [usize; 2]) -> Vec<f32> {
    gaussian(mask, [width, height], FEATHER * width.min(height) as f32)
}

/// A Gaussian blur of a plane `[height, width]`. Near the border the weights that fall outside are left
/// out and the others scaled up.
fn gaussian(plane: &[f32], [width, height]: [usize; 2], sigma: f32) -> Vec<f32> {
    let radius = (REACH * sigma).ceil() as usize;
    let kernel: Vec<f32> = (0..=radius).map(|d| (-0.5 * (d as f32 / sigma).powi(2)).exp()).collect();
    let across: Vec<f32> = plane.chunks_exact(width.max(1)).flat_map(|row| smoothed(row, &kernel)).collect();
    let mut out = vec![0.0; plane.len()];
    for x in 0..width {
        let column: Vec<f32> = across.iter().skip(x).step_by(width).copied().collect();
        for (to, v) in out.iter_mut().skip(x).step_by(width).zip(smoothed(&column, &kernel)) {
            *to = v;
        }
    }
    debug_assert_eq!(plane.len(), width * height);
    out
}

fn smoothed<'a>(line: &'a [f32], kernel: &'a [f32]) -> impl Iterator<Item = f32> + 'a {
    let radius = kernel.len().saturating_sub(1);
    (0..line.len()).map(move |i| {
        let from = i.saturating_sub(radius);
        let near = line.iter().enumerate().skip(from).take(i + radius + 1 - from);
        let (mut sum, mut weight) = (0.0, 0.0);
        for (j, v) in near {
            let w = kernel.get(i.abs_diff(j)).copied().unwrap_or_default();
            sum += w * v;
            weight += w;
        }
        sum / weight
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;

    #[test]
    fn what_is_kept_keeps_its_bytes_and_what_goes_loses_its_detail() {
        let crop = RgbImage::from_fn(64, 64, |x, y| Rgb([if (x + y) % 2 == 0 { 255 } else { 0 }, (x * 4) as u8, 40]));
        let removable = Removable::new(&crop);
        assert_eq!(removable.keeping(&[1.0; 64 * 64]), crop);
        let gone = removable.keeping(&[0.0; 64 * 64]);
        let reds: Vec<u8> = gone.pixels().map(|p| p.0[0]).collect();
        assert!(reds.iter().all(|r| (126..=129).contains(r)), "the chequerboard is gone");
        assert!(gone.pixels().all(|p| p.0[2] == 40), "an even channel stays what it is");
        assert!(gone.get_pixel(60, 30).0[1] > gone.get_pixel(4, 30).0[1] + 60, "light stays");
    }

    #[test]
    fn feathered_parts_still_cover_the_crop() {
        let left: Vec<f32> = (0..128 * 128).map(|i| f32::from(u8::from(i % 128 < 50))).collect();
        let right: Vec<f32> = left.iter().map(|v| 1.0 - v).collect();
        let (a, b) = (feathered(&left, [128; 2]), feathered(&right, [128; 2]));
        assert!(a.iter().zip(&b).all(|(a, b)| (a + b - 1.0).abs() < 1e-5));
        assert!(a[40] > 0.999_99 && a[60] < 1e-5 && (0.3..0.7).contains(&a[50]), "{:?}", &a[40..60]);
    }
}
