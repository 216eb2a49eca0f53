//! The face mesh: 468 points on a face, and whether there is one.

use std::path::Path;

use base::{Point, Rect};
use image::RgbImage;
use nets::cpu::{Nhwc, TurnedSquare, sample_square};
use nets::face_mesh::FaceMesh;
use rayon::prelude::*;

use crate::{Face, FacesError, canonical_rect};

/// The mesh of one face.
#[derive(Clone, Debug, PartialEq)]
pub struct Mesh {
    /// 468 points in frame pixels, in the order of MediaPipe's canonical face mesh.
    pub points: Vec<Point>,
    /// Probability that there is a face at all, in [0, 1].
    pub presence: f32,
}

/// Side of the square that the network sees over the longer side of the face's box; MediaPipe's
/// `face_detection_front_detection_to_roi` scales by as much.
const MARGIN: f32 = 1.5;
/// Crops a batch holds.
const BATCH: usize = 16;

// Points of the canonical mesh, by their numbers: outer and inner corner of the eye on the left of the
// picture, the same on the right, tip of the nose, corners of the mouth.
const LEFT_EYE: [usize; 2] = [33, 133];
const RIGHT_EYE: [usize; 2] = [263, 362];
const NOSE: [usize; 2] = [1, 1];
const LEFT_MOUTH: [usize; 2] = [61, 61];
const RIGHT_MOUTH: [usize; 2] = [291, 291];

impl Mesh {
    /// Middle of the left and right eye, nose tip, left and right corner of the mouth.
    pub fn landmarks(&self) -> [Point; 5] {
        let at = |i: usize| self.points.get(i).copied().unwrap_or_default();
        [LEFT_EYE, RIGHT_EYE, NOSE, LEFT_MOUTH, RIGHT_MOUTH].map(|[i, j]| {
            let (a, b) = (at(i), at(j));
            Point::new((a.x + b.x) / 2.0, (a.y + b.y) / 2.0)
        })
    }

    /// The smallest upright box around all points.
    pub fn bounds(&self) -> Rect {
        let fold =
            |f: fn(f32, f32) -> f32, start: f32, of: fn(&Point) -> f32| self.points.iter().map(of).fold(start, f);
        if self.points.is_empty() {
            return Rect::default();
        }
        let (low, high) = (f32::INFINITY, f32::NEG_INFINITY);
        Rect::from_corners(
            fold(f32::min, low, |p| p.x),
            fold(f32::min, low, |p| p.y),
            fold(f32::max, high, |p| p.x),
            fold(f32::max, high, |p| p.y),
        )
    }
}

/// Puts meshes on faces that a detector found.
#[derive(Debug)]
pub struct FaceMeshAligner {
    net: FaceMesh,
}

impl FaceMeshAligner {
    /// Loads `models_dir/face-mesh`.
    ///
    /// # Errors
    /// When the model is missing or differs from its card.
    pub fn load(models_dir: &Path) -> Result<Self, FacesError> {
        let (_, weights) = nets::model::load(&models_dir.join("face-mesh"))?;
        Ok(Self { net: FaceMesh::load(&weights)? })
    }

    /// One mesh a face, in their order. The square that the network sees is turned so that the eyes
    /// are level; what lies outside the picture is black.
    ///
    /// # Errors
    /// When the network refuses its input.
    pub fn meshes(&self, rgb: &RgbImage, faces: &[Face]) -> Result<Vec<Mesh>, FacesError> {
        let squares: Vec<TurnedSquare> = faces.iter().map(square_around).collect();
        let mut meshes = Vec::with_capacity(faces.len());
        for batch in squares.chunks(BATCH) {
            let side = FaceMesh::SIZE;
            let mut crops = Nhwc::zeros(batch.len(), side, side, 3);
            crops.data.par_chunks_mut(side * side * 3).zip(batch).for_each(|(crop, square)| cut(rgb, square, crop));
            for (answer, square) in self.net.forward(&crops)?.into_iter().zip(batch) {
                let scale = 1.0 / side as f32;
                let points =
                    answer.points.iter().map(|[x, y, _]| Point::from(square.at(x * scale, y * scale))).collect();
                meshes.push(Mesh { points, presence: 1.0 / (1.0 + (-answer.presence_logit).exp()) });
            }
        }
        Ok(meshes)
    }
}

/// The square of the frame that the network is shown of a face, turned so that the eyes are level.
fn square_around(face: &Face) -> TurnedSquare {
    let [left, right, ..] = *face.placed();
    let rect = canonical_rect(face.placed());
    let (sin, cos) = (right.y - left.y).atan2(right.x - left.x).sin_cos();
    let Point { x, y } = rect.center();
    TurnedSquare { center: [x, y], side: rect.w.max(rect.h) * MARGIN, cos, sin }
}

/// Samples the square at [`FaceMesh::SIZE`], values in [0, 1]. Shrinking averages several samples a pixel.
fn cut(rgb: &RgbImage, square: &TurnedSquare, out: &mut [f32]) {
    let size = FaceMesh::SIZE;
    let samples = ((square.side / size as f32).ceil() as usize).clamp(1, 4);
    sample_square(rgb.as_raw(), [rgb.width() as usize, rgb.height() as usize], square, [size, samples], out);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turned_square_samples_where_it_says() {
        let square = TurnedSquare { center: [100.0, 80.0], side: 96.0, cos: 0.8, sin: 0.6 };
        let rgb = RgbImage::from_fn(200, 160, |x, y| image::Rgb([x as u8, y as u8, 255]));
        let size = FaceMesh::SIZE;
        let mut out = vec![0.0; size * size * 3];
        cut(&rgb, &square, &mut out);
        for (x, y) in [(10, 20), (96, 96), (180, 30)] {
            let [px, py] = square.at((x as f32 + 0.5) / size as f32, (y as f32 + 0.5) / size as f32);
            let pixel = &out[(y * size + x) * 3..][..3];
            assert!(
                (pixel[0] * 255.0 - (px - 0.5)).abs() < 0.01 && (pixel[1] * 255.0 - (py - 0.5)).abs() < 0.01,
                "{pixel:?} {px} {py}"
            );
        }
    }
}
