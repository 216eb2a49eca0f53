//! The face mesh: 468 points on a face, and whether there is one.

use std::path::Path;

use base::{Point, Rect};
use image::RgbImage;
use nets::cpu::Nhwc;
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
        let squares: Vec<TurnedSquare> = faces.iter().map(TurnedSquare::around).collect();
        let mut meshes = Vec::with_capacity(faces.len());
        for batch in squares.chunks(BATCH) {
            let side = FaceMesh::SIZE;
            let mut crops = Nhwc::zeros(batch.len(), side, side, 3);
            crops.data.par_chunks_mut(side * side * 3).zip(batch).for_each(|(crop, square)| square.cut(rgb, crop));
            for (answer, square) in self.net.forward(&crops)?.into_iter().zip(batch) {
                let scale = 1.0 / side as f32;
                let points = answer.points.iter().map(|[x, y, _]| square.at(x * scale, y * scale)).collect();
                meshes.push(Mesh { points, presence: 1.0 / (1.0 + (-answer.presence_logit).exp()) });
            }
        }
        Ok(meshes)
    }
}

/// A square of the frame, turned about its middle.
#[derive(Clone, Copy, Debug)]
struct TurnedSquare {
    center: Point,
    side: f32,
    cos: f32,
    sin: f32,
}

impl TurnedSquare {
    fn around(face: &Face) -> Self {
        let [left, right, ..] = *face.placed();
        let rect = canonical_rect(face.placed());
        let (sin, cos) = (right.y - left.y).atan2(right.x - left.x).sin_cos();
        Self { center: rect.center(), side: rect.w.max(rect.h) * MARGIN, cos, sin }
    }

    /// The frame pixel at fractions of the square, (0, 0) its top left corner.
    fn at(&self, fx: f32, fy: f32) -> Point {
        let (dx, dy) = ((fx - 0.5) * self.side, (fy - 0.5) * self.side);
        Point::new(self.center.x + dx * self.cos - dy * self.sin, self.center.y + dx * self.sin + dy * self.cos)
    }

    /// Samples the square at [`FaceMesh::SIZE`], values in [0, 1]. Shrinking averages several bilinear
    /// samples a pixel.
    fn cut(&self, rgb: &RgbImage, out: &mut [f32]) {
        let size = FaceMesh::SIZE;
        let samples = ((self.side / size as f32).ceil() as usize).clamp(1, 4);
        let share = 1.0 / (samples * samples) as f32 / 255.0;
        let step = 1.0 / (size * samples) as f32;
        for (i, pixel) in out.chunks_exact_mut(3).enumerate() {
            let (x, y) = (i % size * samples, i / size * samples);
            let mut sum = [0.0; 3];
            for sy in 0..samples {
                for sx in 0..samples {
                    let p = self.at(((x + sx) as f32 + 0.5) * step, ((y + sy) as f32 + 0.5) * step);
                    for (s, v) in sum.iter_mut().zip(bilinear(rgb, p)) {
                        *s += v;
                    }
                }
            }
            pixel.copy_from_slice(&sum.map(|s| s * share));
        }
    }
}

/// The colour at a point between pixel centres, 0..255; black outside the picture.
fn bilinear(rgb: &RgbImage, p: Point) -> [f32; 3] {
    let (x, y) = (p.x - 0.5, p.y - 0.5);
    let (left, top) = (x.floor(), y.floor());
    let (fx, fy) = (x - left, y - top);
    let at = |dx: f32, dy: f32| -> [f32; 3] {
        let (px, py) = (left + dx, top + dy);
        if !(px >= 0.0 && py >= 0.0) {
            return [0.0; 3];
        }
        rgb.get_pixel_checked(px as u32, py as u32).map_or([0.0; 3], |v| v.0.map(f32::from))
    };
    let (a, b, c, d) = (at(0.0, 0.0), at(1.0, 0.0), at(0.0, 1.0), at(1.0, 1.0));
    let mut mixed = [0.0; 3];
    for ((((m, a), b), c), d) in mixed.iter_mut().zip(a).zip(b).zip(c).zip(d) {
        let (upper, lower) = (a + (b - a) * fx, c + (d - c) * fx);
        *m = upper + (lower - upper) * fy;
    }
    mixed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turned_square_samples_where_it_says() {
        let square = TurnedSquare { center: Point::new(100.0, 80.0), side: 96.0, cos: 0.8, sin: 0.6 };
        let rgb = RgbImage::from_fn(200, 160, |x, y| image::Rgb([x as u8, y as u8, 255]));
        let size = FaceMesh::SIZE;
        let mut out = vec![0.0; size * size * 3];
        square.cut(&rgb, &mut out);
        for (x, y) in [(10, 20), (96, 96), (180, 30)] {
            let p = square.at((x as f32 + 0.5) / size as f32, (y as f32 + 0.5) / size as f32);
            let pixel = &out[(y * size + x) * 3..][..3];
            assert!(
                (pixel[0] * 255.0 - (p.x - 0.5)).abs() < 0.01 && (pixel[1] * 255.0 - (p.y - 0.5)).abs() < 0.01,
                "{pixel:?} {p:?}"
            );
        }
    }

    #[test]
    fn outside_is_black_and_edges_fade() {
        let white = RgbImage::from_pixel(4, 4, image::Rgb([255; 3]));
        assert_eq!(bilinear(&white, Point::new(2.0, 2.0)), [255.0; 3]);
        assert_eq!(bilinear(&white, Point::new(4.0, 2.0)), [127.5; 3]);
        assert_eq!(bilinear(&white, Point::new(0.0, 2.0)), [127.5; 3]);
        assert_eq!(bilinear(&white, Point::new(-3.0, 2.0)), [0.0; 3]);
    }
}
