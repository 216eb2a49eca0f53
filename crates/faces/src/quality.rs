//! How good a crop is, and whether it is good enough to be scored.

use base::Rect;
use image::RgbImage;
use serde::Serialize;

use crate::pose::Pose;
use crate::resize::{PixelRegion, shrink_area, stretch_linear};
use crate::{Face, canonical_rect};

/// Measurements of one face in its frame.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Quality {
    /// Height of the canonical box (forehead to chin) in px of the frame.
    pub face_px: f32,
    /// Variance of the Laplacian over the variance of luma, of the canonical box at 96 × 96; 0.2 for the median
    /// of the listed stills, 0.015 for the softest in two hundred (docs/face-detection.md). 0 for a flat one.
    pub sharpness: f32,
    /// Mean step of luma across the borders of the 8 × 8 blocks of the frame over the mean step elsewhere;
    /// 1 for none; 0.98 to 1.26 on the listed stills.
    pub blockiness: f32,
    /// Turn towards the right edge of the picture, in degrees.
    pub yaw_deg: f32,
    /// Looking down, in degrees.
    pub pitch_deg: f32,
    /// Clockwise tilt, in degrees.
    pub roll_deg: f32,
    /// The detector's score, in [0, 1].
    pub detector_score: f32,
    /// Share of the canonical box that lies inside the frame, in [0, 1].
    pub inside: f32,
}

/// Why a crop is not scored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Unusable {
    /// Fewer pixels than the networks can judge.
    TooSmall,
    /// Too blurred.
    Blurred,
    /// Too much block noise.
    Blocky,
    /// Seen too much from the side.
    TurnedAway,
    /// The detector is not sure enough.
    WeakDetection,
    /// Too much of the face lies outside the frame.
    CutOff,
}

/// Limits within which a crop is scored.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QualityGate {
    /// Least [`Quality::face_px`].
    pub min_face_px: f32,
    /// Least [`Quality::sharpness`].
    pub min_sharpness: f32,
    /// Most [`Quality::blockiness`].
    pub max_blockiness: f32,
    /// Most turn to either side, in degrees.
    pub max_yaw_deg: f32,
    /// Least [`Quality::detector_score`].
    pub min_detector_score: f32,
    /// Least [`Quality::inside`].
    pub min_inside: f32,
}

impl QualityGate {
    /// For faces found by BlazeFace, whose scores are spread otherwise: at 0.9 it would refuse one in eleven that MTCNN's
    /// gate lets through (docs/face-detection.md).
    pub fn blazeface() -> Self {
        Self { min_detector_score: 0.8, ..Self::default() }
    }
}

impl Default for QualityGate {
    /// Size, yaw and detector score: the field guide's section 5.6 (64 px, 60°, 0.9). Sharpness and blockiness:
    /// well outside what the listed stills show (docs/face-detection.md), so that only the plainly spoilt is refused. A fifth of the face
    /// may be outside: the networks were trained on crops that were never padded.
    fn default() -> Self {
        Self {
            min_face_px: 64.0,
            min_sharpness: 0.002,
            max_blockiness: 2.5,
            max_yaw_deg: 60.0,
            min_detector_score: 0.9,
            min_inside: 0.8,
        }
    }
}

impl QualityGate {
    /// Everything that speaks against scoring, in the order of [`Unusable`]; empty for a usable crop.
    pub fn reasons(&self, q: &Quality) -> Vec<Unusable> {
        // Written so that a measurement that is not a number never passes.
        let failed = [
            (Unusable::TooSmall, q.face_px >= self.min_face_px),
            (Unusable::Blurred, q.sharpness >= self.min_sharpness),
            (Unusable::Blocky, q.blockiness <= self.max_blockiness),
            (Unusable::TurnedAway, q.yaw_deg.abs() <= self.max_yaw_deg),
            (Unusable::WeakDetection, q.detector_score >= self.min_detector_score),
            (Unusable::CutOff, q.inside >= self.min_inside),
        ];
        failed.into_iter().filter(|(_, passed)| !passed).map(|(reason, _)| reason).collect()
    }
}

/// Side of the luma patch that sharpness is measured on, about what the scoring networks see of a face.
const PATCH: u32 = 96;

impl Quality {
    /// Measures a face in its frame.
    pub fn of(rgb: &RgbImage, face: &Face) -> Self {
        let rect = canonical_rect(face.placed());
        let frame = Rect::new(0.0, 0.0, rgb.width() as f32, rgb.height() as f32);
        let visible = rect.intersection(frame);
        let region = region(visible, rgb);
        let pose = Pose::of(face.placed());
        Self {
            face_px: rect.h,
            sharpness: region.map_or(0.0, |r| sharpness(rgb, r)),
            blockiness: region.map_or(1.0, |r| blockiness(rgb, r)),
            yaw_deg: pose.yaw_deg,
            pitch_deg: pose.pitch_deg,
            roll_deg: pose.roll_deg,
            detector_score: face.detector_score,
            inside: share(visible.area(), rect.area()),
        }
    }
}

/// The part in the whole; what only rounding keeps from the whole is the whole.
fn share(part: f32, whole: f32) -> f32 {
    match part / whole {
        share if share > 1.0 - 1e-5 => 1.0,
        share if whole > 0.0 => share,
        _ => 0.0,
    }
}

/// Whole pixels under a rectangle inside the frame; `None` below 2 × 2.
fn region(visible: Rect, rgb: &RgbImage) -> Option<PixelRegion> {
    let (x, y) = (visible.x.max(0.0) as u32, visible.y.max(0.0) as u32);
    let w = (visible.right().ceil().max(0.0) as u32).min(rgb.width()).saturating_sub(x);
    let h = (visible.bottom().ceil().max(0.0) as u32).min(rgb.height()).saturating_sub(y);
    (w >= 2 && h >= 2).then_some(PixelRegion { x, y, w, h })
}

/// BT.601 luma, 0..255.
fn luma(p: &[u8]) -> f32 {
    match p {
        &[r, g, b] => 0.299 * f32::from(r) + 0.587 * f32::from(g) + 0.114 * f32::from(b),
        _ => 0.0,
    }
}

fn sharpness(rgb: &RgbImage, region: PixelRegion) -> f32 {
    let (w, h) = (PATCH.min(region.w), PATCH.min(region.h));
    let Some(patch) = shrink_area(rgb, region, w, h).and_then(|small| {
        if (w, h) == (PATCH, PATCH) {
            Some(small)
        } else {
            stretch_linear(&small, PixelRegion::all(&small), PATCH, PATCH)
        }
    }) else {
        return 0.0;
    };
    let side = PATCH as usize;
    let pixels: Vec<f32> = patch.as_raw().chunks_exact(3).map(luma).collect();
    let (_, variance) = mean_and_variance(&pixels);
    // Below 4 levels of standard deviation there is nothing to see, and noise would look sharp.
    if variance < 16.0 {
        return 0.0;
    }
    let mut laplacian = Vec::with_capacity((side - 2) * (side - 2));
    for rows in pixels.chunks_exact(side).collect::<Vec<_>>().windows(3) {
        let &[above, here, below] = rows else { continue };
        let columns = above.iter().skip(1).zip(here.windows(3)).zip(below.iter().skip(1));
        laplacian.extend(columns.filter_map(|((up, row), down)| match row {
            [left, middle, right] => Some(up + down + left + right - 4.0 * middle),
            _ => None,
        }));
    }
    mean_and_variance(&laplacian).1 / variance
}

fn mean_and_variance(values: &[f32]) -> (f32, f32) {
    let n = values.len().max(1) as f32;
    let mean = values.iter().sum::<f32>() / n;
    (mean, values.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / n)
}

/// Steps across block borders over steps elsewhere, both ways together. Blocks are counted from the corner
/// of the frame, where every block codec starts.
fn blockiness(rgb: &RgbImage, region: PixelRegion) -> f32 {
    const BLOCK: usize = 8;
    let [left, top, width, height] = [region.x, region.y, region.w, region.h].map(|length| length as usize);
    let stride = rgb.width() as usize * 3;
    let rows = rgb.as_raw().chunks_exact(stride).skip(top).take(height);
    let mut rows = rows.filter_map(|row| row.get(3 * left..3 * (left + width)));
    let read = |row: &[u8], to: &mut [f32]| to.iter_mut().zip(row.chunks_exact(3)).for_each(|(to, p)| *to = luma(p));
    let (mut above, mut here) = (vec![0.0; width], vec![0.0; width]);
    let Some(first) = rows.next() else { return 1.0 };
    read(first, &mut above);
    // Everything is summed down the columns, which the compiler turns into vectors: steps to the right, steps down into
    // the first row of a block, other steps down.
    let mut right = vec![0.0f32; width];
    let mut down = [vec![0.0f32; width], vec![0.0f32; width]];
    for (y, row) in (top + 1..).zip(rows) {
        read(row, &mut here);
        for ((sum, next), this) in right.iter_mut().skip(1).zip(here.iter().skip(1)).zip(&here) {
            *sum += (next - this).abs();
        }
        let [first, others] = &mut down;
        let sums = if y.is_multiple_of(BLOCK) { first } else { others };
        for ((sum, below), above) in sums.iter_mut().zip(&here).zip(&above) {
            *sum += (below - above).abs();
        }
        std::mem::swap(&mut above, &mut here);
    }
    let total = |sums: &[f32]| sums.iter().skip(1).map(|&sum| f64::from(sum)).sum::<f64>();
    let firsts = (top + 1..top + height).filter(|y| y.is_multiple_of(BLOCK)).count();
    let [mut border, mut inner] = down.each_ref().map(|sums| total(sums));
    let (mut borders, mut inners) = (firsts * (width - 1), (height - 1 - firsts) * (width - 1));
    for (x, &steps) in (left + 1..).zip(right.iter().skip(1)) {
        let (sum, count) =
            if x.is_multiple_of(BLOCK) { (&mut border, &mut borders) } else { (&mut inner, &mut inners) };
        *sum += f64::from(steps);
        *count += height - 1;
    }
    if borders == 0 || inners == 0 {
        return 1.0;
    }
    // A quarter of a level keeps flat pictures from dividing nothing by nothing.
    ((border / borders as f64 + 0.25) / (inner / inners as f64 + 0.25)) as f32
}

#[cfg(test)]
mod tests {
    use base::Point;

    use super::*;

    fn face(x: f32, y: f32, scale: f32) -> Face {
        let marks = [[38.3, 51.7], [73.5, 51.5], [56.0, 71.7], [41.5, 92.4], [70.7, 92.2]];
        Face {
            rect: Rect::new(x, y, 110.0 * scale, 110.0 * scale),
            landmarks: marks.map(|[mx, my]| Point::new(x + mx * scale, y + my * scale)),
            refined: None,
            detector_score: 0.99,
        }
    }

    /// Waves of this many pixels.
    fn waves(length: f32) -> RgbImage {
        RgbImage::from_fn(300, 300, |x, y| {
            let v = 128.0
                + 60.0 * (x as f32 * std::f32::consts::TAU / length).sin()
                + 60.0 * (y as f32 * std::f32::consts::TAU / length).sin();
            image::Rgb([v as u8; 3])
        })
    }

    #[test]
    fn finer_detail_is_sharper_at_any_face_size() {
        let f = face(20.0, 20.0, 2.0);
        let measured = [40.0, 20.0, 10.0].map(|l| Quality::of(&waves(l), &f).sharpness);
        assert!(measured[0] < measured[1] && measured[1] < measured[2], "{measured:?}");
        let small = Quality::of(&waves(10.0), &face(20.0, 20.0, 1.0)).sharpness;
        let large = Quality::of(&waves(20.0), &f).sharpness;
        assert!((small / large - 1.0).abs() < 0.25, "{small} {large}");
        assert_eq!(Quality::of(&RgbImage::new(300, 300), &f).sharpness, 0.0);
    }

    #[test]
    fn block_borders_are_seen_and_other_grids_are_not() {
        let f = face(20.0, 20.0, 2.0);
        let grid = |size: u32, shift: u32| {
            RgbImage::from_fn(300, 300, |x, y| {
                image::Rgb([(((x + shift) / size * 37 + (y + shift) / size * 91) % 64 + 90) as u8; 3])
            })
        };
        let of = |rgb: &RgbImage| Quality::of(rgb, &f).blockiness;
        assert!(of(&grid(8, 0)) > 5.0);
        assert!(of(&grid(8, 3)) < 1.0);
        assert!((of(&waves(23.0)) - 1.0).abs() < 0.1);
        assert_eq!(of(&RgbImage::new(300, 300)), 1.0);
    }

    #[test]
    fn a_face_half_outside_says_so() {
        let rgb = waves(10.0);
        assert_eq!(Quality::of(&rgb, &face(20.0, 20.0, 2.0)).inside, 1.0);
        let q = Quality::of(&rgb, &face(-112.0, 20.0, 2.0));
        assert!((q.inside - 0.5).abs() < 0.05, "{q:?}");
        let gone = Quality::of(&rgb, &face(-900.0, 20.0, 2.0));
        assert_eq!((gone.inside, gone.sharpness), (0.0, 0.0));
    }

    #[test]
    fn each_limit_has_its_reason() {
        let good = Quality {
            face_px: 90.0,
            sharpness: 0.05,
            blockiness: 1.0,
            yaw_deg: -10.0,
            pitch_deg: 0.0,
            roll_deg: 0.0,
            detector_score: 0.99,
            inside: 1.0,
        };
        let gate = QualityGate::default();
        assert_eq!(gate.reasons(&good), []);
        let bad = [
            (Quality { face_px: 63.9, ..good }, Unusable::TooSmall),
            (Quality { sharpness: 0.0, ..good }, Unusable::Blurred),
            (Quality { blockiness: 9.0, ..good }, Unusable::Blocky),
            (Quality { yaw_deg: -61.0, ..good }, Unusable::TurnedAway),
            (Quality { detector_score: 0.89, ..good }, Unusable::WeakDetection),
            (Quality { inside: f32::NAN, ..good }, Unusable::CutOff),
        ];
        for (quality, reason) in bad {
            assert_eq!(gate.reasons(&quality), [reason]);
        }
        assert_eq!(
            gate.reasons(&Quality { face_px: 10.0, yaw_deg: 80.0, ..good }),
            [Unusable::TooSmall, Unusable::TurnedAway]
        );
    }
}
