//! BlazeFace over tiles: a fixed-size network made to find small faces in large frames.
//!
//! The network sees 128 or 192 px. The whole frame goes in once (letterboxed), then again in overlapping
//! square tiles, each level half as large as the one before, until the smallest wanted face is large
//! enough in the network's input.

use std::path::Path;

use base::{Point, Rect};
use image::RgbImage;
use nets::blazeface::{BlazeFace, BlazeFaceBox, Range};
use nets::cpu::Nhwc;
use rayon::prelude::*;

use crate::face::sort_largest_first;
use crate::nms::{Overlap, ScoredBox, nms};
use crate::resize::{PixelRegion, area_pool};
use crate::{Checked, Face, FaceDetector, FaceMeshAligner, FacesError, PresenceRule};

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BlazeFaceOptions {
    /// Which network.
    pub range: Range,
    /// Side of the smallest face, in px of the frame; at least 12.
    pub min_face: f32,
    /// Least face probability.
    pub min_score: f32,
}

impl Default for BlazeFaceOptions {
    /// The short range network at 0.8, which over tiles finds more faces at fewer false ones than the full range
    /// network does (docs/face-detection.md); faces from 24 px.
    fn default() -> Self {
        Self { range: Range::Short, min_face: 24.0, min_score: 0.8 }
    }
}

/// BlazeFace, ready to run.
#[derive(Debug)]
pub struct BlazeFaceDetector {
    net: BlazeFace,
    options: BlazeFaceOptions,
}

/// Smallest face that the networks see, in px of their input. Set by hand: with it a face of 24 px in a 4K frame is
/// found (tests/facenet.rs).
const SEEN_FROM: f32 = 14.0;
/// Neighbouring tiles share this part of their side, so that a face which one cuts is whole in the other.
const SHARED: f32 = 0.3;
/// A box that ends so near (in parts of the tile) to an inner edge of a tile is probably cut there.
const EDGE: f32 = 0.01;
/// Overlap (over union) above which boxes are one face; MediaPipe's `min_suppression_threshold`.
const SAME: f32 = 0.3;
/// Overlap over the smaller box above which the worse is a part of the better.
const PART: f32 = 0.7;
/// Tiles a batch holds.
const BATCH: usize = 8;
/// Half the width of a mouth over the distance of the eyes, where only the middle of the mouth is known
/// (mean of ../shared/data/stills.csv: 0.45).
const HALF_MOUTH: f32 = 0.45;

impl BlazeFaceDetector {
    /// Loads `models_dir/blazeface-short` or `models_dir/blazeface-full`.
    ///
    /// # Errors
    /// When the model is missing or differs from its card, or an option is out of range.
    pub fn load(models_dir: &Path, options: BlazeFaceOptions) -> Result<Self, FacesError> {
        if !(options.min_face >= 12.0 && options.min_face.is_finite()) {
            return Err(FacesError::Option { option: "min_face", allowed: "at least 12 px", value: options.min_face });
        }
        if !(0.0..=1.0).contains(&options.min_score) {
            return Err(FacesError::Option {
                option: "min_score",
                allowed: "between 0 and 1",
                value: options.min_score,
            });
        }
        let (_, weights) = nets::model::load(&models_dir.join(options.range.model_id()))?;
        Ok(Self { net: BlazeFace::load(options.range, &weights)?, options })
    }

    /// BlazeFace with every face confirmed by the face mesh, which also gives the landmarks.
    ///
    /// # Errors
    /// As [`BlazeFaceDetector::load`], for both models.
    pub fn load_checked(models_dir: &Path, options: BlazeFaceOptions) -> Result<Checked<Self>, FacesError> {
        let mesh = FaceMeshAligner::load(models_dir)?;
        Ok(Checked::new(Self::load(models_dir, options)?, mesh, PresenceRule::BLAZEFACE))
    }
}

impl FaceDetector for BlazeFaceDetector {
    fn detect(&self, rgb: &RgbImage) -> Result<Vec<Face>, FacesError> {
        let size = self.options.range.size();
        let tiles = tiles(rgb.width(), rgb.height(), self.options.min_face * size as f32 / SEEN_FROM);
        let mut faces = Vec::new();
        for batch in tiles.chunks(BATCH) {
            let mut input = Nhwc::zeros(batch.len(), size, size, 3);
            input.data.par_chunks_mut(size * size * 3).zip(batch).for_each(|(out, tile)| tile.cut(rgb, size, out));
            for (raw, tile) in self.net.forward(&input)?.iter().zip(batch) {
                let boxes = raw.decode(self.options.min_score);
                faces.extend(boxes.iter().filter(|b| tile.holds(b, rgb)).map(|b| tile.face(b)).filter(Face::is_valid));
            }
        }
        let mut faces = merge(&faces);
        sort_largest_first(&mut faces);
        Ok(faces)
    }
}

/// A square of the frame; the part outside the frame is black.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Tile {
    x: u32,
    y: u32,
    side: u32,
}

/// The whole frame, then tiles of half the side at a time while they are larger than `smallest`.
fn tiles(width: u32, height: u32, smallest: f32) -> Vec<Tile> {
    if width == 0 || height == 0 {
        return Vec::new();
    }
    let mut side = width.max(height);
    let mut tiles = vec![Tile { x: 0, y: 0, side }];
    while side as f32 > smallest {
        side = (side / 2).max(1);
        let (xs, ys) = (starts(width, side), starts(height, side));
        tiles.extend(ys.iter().flat_map(|&y| xs.iter().map(move |&x| Tile { x, y, side })));
    }
    tiles
}

/// Evenly spread starts of tiles that cover `length` and share at least [`SHARED`].
fn starts(length: u32, side: u32) -> Vec<u32> {
    if length <= side {
        return vec![0];
    }
    let step = side as f32 * (1.0 - SHARED);
    let count = ((length - side) as f32 / step).ceil() as u32;
    (0..=count).map(|i| (u64::from(i) * u64::from(length - side) / u64::from(count.max(1))) as u32).collect()
}

impl Tile {
    /// `[size, size, 3]` in -1..1, shrunk or enlarged by area.
    fn cut(&self, rgb: &RgbImage, size: usize, out: &mut [f32]) {
        let region = PixelRegion {
            x: self.x,
            y: self.y,
            w: self.side.min(rgb.width() - self.x),
            h: self.side.min(rgb.height() - self.y),
        };
        let scaled = |part: u32| ((part as usize * size).div_ceil(self.side as usize)).clamp(1, size);
        let (w, h) = (scaled(region.w), scaled(region.h));
        let mut picture = vec![0.0; w * h * 3];
        area_pool(rgb, region, w, h, &mut picture);
        out.fill(-1.0);
        for (to, from) in out.chunks_exact_mut(size * 3).zip(picture.chunks_exact(w * 3)) {
            for (t, f) in to.iter_mut().zip(from) {
                *t = f * (128.0 / 127.5);
            }
        }
    }

    /// Whether the box is not cut off by an edge of the tile that is inside the frame.
    fn holds(&self, b: &BlazeFaceBox, rgb: &RgbImage) -> bool {
        let inner = |end: u32, whole: u32| end < whole;
        (self.x == 0 || b.x > EDGE)
            && (self.y == 0 || b.y > EDGE)
            && (!inner(self.x + self.side, rgb.width()) || b.x + b.w < 1.0 - EDGE)
            && (!inner(self.y + self.side, rgb.height()) || b.y + b.h < 1.0 - EDGE)
    }

    fn face(&self, b: &BlazeFaceBox) -> Face {
        let side = self.side as f32;
        let at = |[x, y]: [f32; 2]| Point::new(self.x as f32 + x * side, self.y as f32 + y * side);
        let [left, right, nose, mouth, ..] = b.points;
        let (left, right, nose, mouth) = (at(left), at(right), at(nose), at(mouth));
        let half = Point::new((right.x - left.x) * HALF_MOUTH, (right.y - left.y) * HALF_MOUTH);
        let corner = at([b.x, b.y]);
        Face {
            rect: Rect::new(corner.x, corner.y, b.w * side, b.h * side),
            landmarks: [
                left,
                right,
                nose,
                Point::new(mouth.x - half.x, mouth.y - half.y),
                Point::new(mouth.x + half.x, mouth.y + half.y),
            ],
            refined: None,
            detector_score: b.face,
        }
    }
}

/// One face for each group of overlapping ones: the mean weighted by score, as MediaPipe's weighted
/// suppression does, with the best score.
fn merge(faces: &[Face]) -> Vec<Face> {
    let mut order: Vec<&Face> = faces.iter().collect();
    order.sort_by(|a, b| b.detector_score.total_cmp(&a.detector_score));
    let mut merged = Vec::new();
    while let Some(&best) = order.first() {
        let (group, rest): (Vec<&Face>, Vec<&Face>) =
            order.into_iter().partition(|f| std::ptr::eq(*f, best) || f.rect.iou(best.rect) > SAME);
        merged.push(weighted_mean(&group));
        order = rest;
    }
    // A cheek found as a face of its own on a finer level lies inside the whole face.
    let boxes: Vec<ScoredBox> =
        merged.iter().map(|f| ScoredBox { corners: corners(f.rect), score: f.detector_score }).collect();
    nms(&boxes, PART, Overlap::Smaller).into_iter().filter_map(|i| merged.get(i).copied()).collect()
}

fn corners(r: Rect) -> [f32; 4] {
    [r.x, r.y, r.right(), r.bottom()]
}

fn weighted_mean(group: &[&Face]) -> Face {
    let total: f32 = group.iter().map(|f| f.detector_score).sum();
    let mean = |of: &dyn Fn(&Face) -> f32| {
        group.iter().map(|f| f.detector_score * of(f)).sum::<f32>() / total.max(f32::MIN_POSITIVE)
    };
    let mut landmarks = [Point::default(); 5];
    for (k, point) in landmarks.iter_mut().enumerate() {
        let nth = |f: &Face| f.landmarks.get(k).copied().unwrap_or_default();
        *point = Point::new(mean(&|f| nth(f).x), mean(&|f| nth(f).y));
    }
    Face {
        rect: Rect::new(mean(&|f| f.rect.x), mean(&|f| f.rect.y), mean(&|f| f.rect.w), mean(&|f| f.rect.h)),
        landmarks,
        refined: None,
        detector_score: group.iter().map(|f| f.detector_score).fold(0.0, f32::max),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_cover_the_frame_on_every_level() {
        for (w, h) in [(1920, 1080), (640, 360), (333, 777), (3840, 2160)] {
            let all = tiles(w, h, 330.0);
            let sides: std::collections::BTreeSet<u32> = all.iter().map(|t| t.side).collect();
            assert!(*sides.first().unwrap() as f32 <= 330.0 && *sides.last().unwrap() == w.max(h));
            for side in sides {
                for (px, py) in [(0, 0), (w - 1, h - 1), (w / 2, h / 3), (w - 1, 0)] {
                    let holds =
                        |t: &Tile| t.side == side && (t.x..t.x + side).contains(&px) && (t.y..t.y + side).contains(&py);
                    assert!(all.iter().any(holds), "{w} x {h}: ({px}, {py}) on level {side}");
                }
            }
        }
        assert_eq!(tiles(0, 10, 330.0), []);
        assert_eq!(tiles(100, 50, 330.0).len(), 1);
    }

    #[test]
    fn a_face_of_a_third_of_a_tile_is_whole_in_some_tile() {
        let side = 480;
        let xs = starts(1920, side);
        let face = (side as f32 * SHARED) as u32;
        assert!((0..1920 - face).all(|x| xs.iter().any(|&s| s <= x && x + face <= s + side)));
    }

    #[test]
    fn faces_found_twice_become_one() {
        let face = |x: f32, side: f32, detector_score| Face {
            rect: Rect::new(x, 0.0, side, side),
            landmarks: [Point::new(x, 1.0); 5],
            refined: None,
            detector_score,
        };
        let merged =
            merge(&[face(0.0, 100.0, 0.6), face(10.0, 100.0, 0.9), face(300.0, 50.0, 0.7), face(30.0, 40.0, 0.65)]);
        assert_eq!(merged.len(), 2);
        assert!(
            (merged[0].rect.x - 6.0).abs() < 1e-4 && (merged[0].landmarks[3].x - 6.0).abs() < 1e-4,
            "{:?}",
            merged[0]
        );
        assert_eq!([merged[0].detector_score, merged[1].detector_score], [0.9, 0.7]);
    }
}
