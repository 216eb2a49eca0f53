//! Which pixels a scoring network is shown.

use base::{Point, Rect};
use image::RgbImage;

use crate::Face;
use crate::resize::{PixelRegion, shrink_area, stretch_linear};

/// What the side of a crop is measured against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CropBasis {
    /// The larger side of the face's box (card: `"box"`).
    LargerSide,
    /// The height of the face's box (card: `"height"`).
    Height,
}

/// How a network wants its face: a square about the middle of the canonical box, kept inside the
/// picture (shrunk and shifted, never padded), resized to `resize` px, of which the central `size` px
/// are its input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CropRule {
    /// What `factor` multiplies.
    pub basis: CropBasis,
    /// Side of the square over the basis.
    pub factor: f32,
    /// Side after resizing, in px.
    pub resize: u32,
    /// Side of the centre that is kept, in px; at most `resize`.
    pub size: u32,
}

impl CropRule {
    /// The rule of a scoring model's card; `None` for the rules of the face networks (the whole picture, a
    /// turned square).
    pub fn from_card(input: &nets::card::Input) -> Option<Self> {
        let (basis, factor) = match input.crop {
            nets::card::CropRule::Box { factor } => (CropBasis::LargerSide, factor),
            nets::card::CropRule::Height { factor } => (CropBasis::Height, factor),
            nets::card::CropRule::Whole {} | nets::card::CropRule::Turned { .. } => return None,
        };
        Some(Self { basis, factor, resize: input.resize, size: input.size })
    }

    /// The square of a box in a picture of this size: rounding as in the training script
    /// (`round(min(side, width, height))`, corner truncated). `None` when the box does not meet the
    /// picture or the square is empty.
    pub fn square(&self, rect: Rect, width: u32, height: u32) -> Option<PixelRegion> {
        let frame = Rect::new(0.0, 0.0, width as f32, height as f32);
        let corners = [rect.x, rect.y, rect.w, rect.h];
        if !corners.iter().all(|v| v.is_finite()) || rect.intersection(frame).area() <= 0.0 {
            return None;
        }
        let [x, y, w, h] = corners.map(f64::from);
        let (across, down) = (f64::from(width), f64::from(height));
        let basis = match self.basis {
            CropBasis::LargerSide => w.max(h),
            CropBasis::Height => h,
        };
        let side = (f64::from(self.factor) * basis).min(across).min(down).round_ties_even();
        if side < 1.0 {
            return None;
        }
        let corner = |middle: f64, whole: f64| (middle - side / 2.0).max(0.0).min(whole - side) as u32;
        Some(PixelRegion {
            x: corner(x + w / 2.0, across),
            y: corner(y + h / 2.0, down),
            w: side as u32,
            h: side as u32,
        })
    }
}

/// The network's input for a face, `[size, size, 3]`, cut from the canonical box. `None` when the face
/// does not meet the picture.
pub fn crop_face(rgb: &RgbImage, face: &Face, rule: &CropRule) -> Option<RgbImage> {
    crop_square(rgb, canonical_rect(face.placed()), rule)
}

/// The network's input for a given box, `[size, size, 3]`.
pub fn crop_square(rgb: &RgbImage, rect: Rect, rule: &CropRule) -> Option<RgbImage> {
    crop_resized(rgb, rect, rule, rule.resize)
}

/// Sides to which the square is resized for further views, over that of the first one: a little more of the face's
/// surroundings, and a little less.
const ZOOMS: [f32; 2] = [0.955, 1.06];

/// What else a network can be shown of a given box: the first view mirrored, and others that are a little wider and a little
/// closer, each as it is and mirrored. The wider one is missing where the rule leaves no room for it.
pub fn further_views(rgb: &RgbImage, rect: Rect, rule: &CropRule) -> Vec<RgbImage> {
    let zoomed = |zoom: f32| {
        let resize = (rule.resize as f32 * zoom).round() as u32;
        crop_resized(rgb, rect, rule, resize)
    };
    let Some(first) = crop_square(rgb, rect, rule) else { return Vec::new() };
    let mut views = vec![image::imageops::flip_horizontal(&first)];
    for view in ZOOMS.into_iter().filter_map(zoomed) {
        views.push(image::imageops::flip_horizontal(&view));
        views.push(view);
    }
    views
}

/// The central `size` px of the square, resized to `resize` px; `None` where that is less.
fn crop_resized(rgb: &RgbImage, rect: Rect, rule: &CropRule, resize: u32) -> Option<RgbImage> {
    let margin = resize.checked_sub(rule.size)? / 2;
    let square = rule.square(rect, rgb.width(), rgb.height())?;
    let resized = if square.w >= resize {
        shrink_area(rgb, square, resize, resize)
    } else {
        stretch_linear(rgb, square, resize, resize)
    }?;
    Some(image::imageops::crop_imm(&resized, margin, margin, rule.size, rule.size).to_image())
}

// Fitted by goldens/fit_box.py on the train rows of ../shared/data/stills.csv; multiply the features of
// `BoxFeatures`. The residuals are in docs/face-detection.md.
const CENTER_X: [f32; 4] = [-0.094, -1.304, 0.343, -0.306];
const CENTER_Y: [f32; 8] = [-0.229, 0.033, -0.283, -0.248, 0.476, 0.014, -0.077, -0.124];
const WIDTH: [f32; 8] = [0.438, -0.549, -1.722, -0.390, 6.257, 0.106, 0.334, -0.333];
const HEIGHT: [f32; 8] = [-1.396, -0.063, -0.827, 0.159, 8.223, -0.647, -0.184, -0.154];

/// The face's box as a function of its five landmarks alone (left eye, right eye, nose, left and right
/// corner of the mouth), so that crops do not depend on which detector found the face. It imitates
/// YuNet's box, on which the detectors' crops were defined: forehead to chin, ear to ear. Equivariant to
/// shifts and scale, symmetric under mirroring.
pub fn canonical_rect(landmarks: &[Point; 5]) -> Rect {
    let [left_eye, right_eye, nose, left_mouth, right_mouth] = *landmarks;
    let middle = |a: Point, b: Point| Point::new((a.x + b.x) / 2.0, (a.y + b.y) / 2.0);
    let eyes = middle(left_eye, right_eye);
    let mouth = middle(left_mouth, right_mouth);
    let face = middle(eyes, mouth);
    let center =
        Point::new(landmarks.iter().map(|p| p.x).sum::<f32>() / 5.0, landmarks.iter().map(|p| p.y).sum::<f32>() / 5.0);
    let size = (landmarks.iter().map(|p| p.distance(center).powi(2)).sum::<f32>() / 5.0).sqrt();
    let (down_x, nose_x) = (mouth.x - eyes.x, nose.x - face.x);
    let eyes_y = right_eye.y - left_eye.y;
    let odd = [down_x, nose_x, eyes_y, right_mouth.y - left_mouth.y];
    let even = [
        right_eye.x - left_eye.x,
        right_mouth.x - left_mouth.x,
        mouth.y - eyes.y,
        nose.y - face.y,
        size,
        down_x.abs(),
        nose_x.abs(),
        eyes_y.abs(),
    ];
    let x = center.x + dot(&CENTER_X, &odd);
    let y = center.y + dot(&CENTER_Y, &even);
    // Landmarks in a heap (a wrong detection) must not give an empty or endless box.
    let (w, h) = (dot(&WIDTH, &even).max(size), dot(&HEIGHT, &even).max(size));
    Rect::new(x - w / 2.0, y - h / 2.0, w, h)
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOX: CropRule = CropRule { basis: CropBasis::LargerSide, factor: 1.3, resize: 140, size: 128 };
    const HEIGHT: CropRule = CropRule { basis: CropBasis::Height, factor: 0.87, resize: 140, size: 128 };

    fn region(x: u32, y: u32, side: u32) -> Option<PixelRegion> {
        Some(PixelRegion { x, y, w: side, h: side })
    }

    #[test]
    fn further_views_show_the_same_face_wider_closer_and_mirrored() {
        // A bright disc in the middle of the box, a little to its left.
        let disc = |x: u32, y: u32| (f64::from(x) - 190.0).hypot(f64::from(y) - 200.0) < 20.0;
        let rgb = RgbImage::from_fn(400, 400, |x, y| image::Rgb(if disc(x, y) { [255; 3] } else { [0; 3] }));
        let rect = Rect::new(150.0, 150.0, 100.0, 100.0);
        let bright = |view: &RgbImage| view.pixels().filter(|p| p.0[0] > 128).count();
        let left = |view: &RgbImage| {
            let half = image::imageops::crop_imm(view, 0, 0, view.width() / 2, view.height()).to_image();
            bright(&half) * 2 > bright(view)
        };
        let first = crop_square(&rgb, rect, &BOX).unwrap();
        let views = further_views(&rgb, rect, &BOX);
        let seen: Vec<_> = views.iter().map(|view| (bright(view).cmp(&bright(&first)), left(view))).collect();
        use std::cmp::Ordering::{Equal, Greater, Less};
        assert_eq!(seen, [(Equal, false), (Less, false), (Less, true), (Greater, false), (Greater, true)]);
        assert!(left(&first) && views.iter().all(|view| view.dimensions() == (128, 128)));
        // Without a margin there is nothing wider; outside of the picture there is nothing.
        assert_eq!(further_views(&rgb, rect, &CropRule { resize: 128, ..BOX }).len(), 3);
        assert!(further_views(&rgb, Rect::new(900.0, 0.0, 10.0, 10.0), &BOX).is_empty());
    }

    #[test]
    fn squares_are_measured_about_the_middle() {
        let rect = Rect::new(100.0, 100.0, 80.0, 100.0);
        assert_eq!(BOX.square(rect, 1000, 800), region(75, 85, 130));
        assert_eq!(HEIGHT.square(rect, 1000, 800), region(96, 106, 87));
    }

    #[test]
    fn squares_are_shifted_inside_before_they_are_shrunk() {
        let corner = Rect::new(-20.0, 750.0, 80.0, 100.0);
        assert_eq!(BOX.square(corner, 1000, 800), region(0, 670, 130));
        assert_eq!(BOX.square(Rect::new(0.0, 0.0, 900.0, 900.0), 1000, 800), region(50, 0, 800));
    }

    #[test]
    fn boxes_that_miss_the_picture_have_no_crop() {
        let rgb = RgbImage::new(200, 100);
        for rect in [
            Rect::new(300.0, 0.0, 50.0, 50.0),
            Rect::new(0.0, -60.0, 50.0, 50.0),
            Rect::new(f32::NAN, 0.0, 50.0, 50.0),
            Rect::new(10.0, 10.0, 0.0, 0.0),
            Rect::new(10.0, 10.0, 0.3, 0.3),
        ] {
            assert_eq!(crop_square(&rgb, rect, &BOX), None, "{rect:?}");
        }
    }

    #[test]
    fn every_crop_has_the_input_size() {
        let rgb = RgbImage::from_fn(300, 300, |x, y| image::Rgb([x as u8, y as u8, 7]));
        for side in [20.0, 107.0, 108.0, 140.0, 215.4, 290.0] {
            let crop = crop_square(&rgb, Rect::new(3.0, 4.0, side, side), &BOX).unwrap();
            assert_eq!(crop.dimensions(), (128, 128), "{side}");
        }
    }

    #[test]
    fn the_canonical_box_moves_grows_and_mirrors_with_the_landmarks() {
        let marks = [[38.3, 51.7], [73.5, 51.5], [56.0, 71.7], [41.5, 92.4], [70.7, 92.2]].map(Point::from);
        let rect = canonical_rect(&marks);
        assert!(marks.iter().all(|&p| rect.contains(p)), "{rect:?}");
        let moved = canonical_rect(&marks.map(|p| Point::new(p.x * 2.0 + 10.0, p.y * 2.0 - 5.0)));
        let expected = Rect::new(rect.x * 2.0 + 10.0, rect.y * 2.0 - 5.0, rect.w * 2.0, rect.h * 2.0);
        assert!(moved.iou(expected) > 0.9999, "{moved:?} {expected:?}");
        let [a, b, c, d, e] = marks.map(|p| Point::new(-p.x, p.y));
        let mirrored = canonical_rect(&[b, a, c, e, d]);
        assert!(mirrored.iou(Rect::new(-rect.right(), rect.y, rect.w, rect.h)) > 0.9999);
    }
}
