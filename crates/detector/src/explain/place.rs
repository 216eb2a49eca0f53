//! The way from the pixels of a crop back to those of the frame.

use base::{Point, Rect};
use faces::resize::PixelRegion;
use faces::{CropRule, Face, canonical_rect};
use image::RgbImage;

/// Where a crop was cut from its frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CropPlace {
    /// The square that was resized, in frame pixels.
    pub square: PixelRegion,
    /// Pixels of the resized square that were cut away at each side.
    margin: f32,
    /// Frame pixels a crop pixel.
    scale: f32,
    /// Pixels along a side of the crop.
    size: u32,
}

impl CropPlace {
    /// Where [`faces::crop_face`] cuts; `None` where it cuts nothing.
    pub fn of(rgb: &RgbImage, face: &Face, rule: &CropRule) -> Option<Self> {
        Self::of_rect(rgb, canonical_rect(face.placed()), rule)
    }

    /// Where [`faces::crop_square`] cuts; `None` where it cuts nothing.
    pub fn of_rect(rgb: &RgbImage, rect: Rect, rule: &CropRule) -> Option<Self> {
        let square = rule.square(rect, rgb.width(), rgb.height())?;
        let margin = rule.resize.checked_sub(rule.size)? / 2;
        let scale = square.w as f32 / rule.resize as f32;
        Some(Self { square, margin: margin as f32, scale, size: rule.size })
    }

    /// The frame point under a point of the crop.
    pub fn in_frame(&self, p: Point) -> Point {
        let along = |v: f32, corner: u32| corner as f32 + (v + self.margin) * self.scale;
        Point::new(along(p.x, self.square.x), along(p.y, self.square.y))
    }

    /// The crop point over a point of the frame; may lie outside the crop.
    pub fn in_crop(&self, p: Point) -> Point {
        let along = |v: f32, corner: u32| (v - corner as f32) / self.scale - self.margin;
        Point::new(along(p.x, self.square.x), along(p.y, self.square.y))
    }

    /// What the network sees of the frame.
    pub fn seen(&self) -> Rect {
        let (corner, side) = (self.in_frame(Point::new(0.0, 0.0)), self.size as f32 * self.scale);
        Rect::new(corner.x, corner.y, side, side)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use faces::{CropBasis, crop_face};
    use image::Rgb;

    fn face() -> Face {
        let marks = [[438.3, 351.7], [473.5, 351.5], [456.0, 371.7], [441.5, 392.4], [470.7, 392.2]].map(Point::from);
        Face { rect: Rect::new(420.0, 320.0, 70.0, 95.0), landmarks: marks, refined: None, detector_score: 1.0 }
    }

    #[test]
    fn a_crop_shows_what_lies_at_the_mapped_point() {
        let rgb = RgbImage::from_fn(800, 600, |x, y| Rgb([(x / 4) as u8, (y / 4) as u8, 0]));
        for factor in [1.3, 3.0, 5.0] {
            let rule = CropRule { basis: CropBasis::LargerSide, factor, resize: 140, size: 128 };
            let crop = crop_face(&rgb, &face(), &rule).unwrap();
            let place = CropPlace::of(&rgb, &face(), &rule).unwrap();
            for (x, y) in [(5, 7), (64, 64), (120, 30)] {
                let at = place.in_frame(Point::new(x as f32 + 0.5, y as f32 + 0.5));
                let Rgb([r, g, _]) = *crop.get_pixel(x, y);
                assert!((f32::from(r) - at.x / 4.0).abs() < 1.2, "{factor}: {r} at {at:?}");
                assert!((f32::from(g) - at.y / 4.0).abs() < 1.2, "{factor}: {g} at {at:?}");
                let back = place.in_crop(at);
                assert!((back.x - x as f32 - 0.5).abs() < 1e-3 && (back.y - y as f32 - 0.5).abs() < 1e-3);
            }
            let seen = place.seen();
            assert!((seen.w - place.square.w as f32 * 128.0 / 140.0).abs() < 1e-3, "{seen:?}");
        }
    }
}
