//! Patches of frames about a face, spoilt as files are on their way.
//!
//! A patch is aligned to JPEG's blocks, so that what is scored is what re-encoding or shrinking the whole frame would
//! have left there.

use analysis::Rung;
use base::{Point, Rect};
use detector::DetectorError;
use faces::resize::{PixelRegion, cut, shrink_area};
use faces::{Face, canonical_rect};
use image::RgbImage;
use turbojpeg::{Image, PixelFormat, Subsamp};

use crate::scorer::Scorer;

/// Pixels of the frame kept about a crop: more than JPEG's colour smoothing and shrinking reach.
const AROUND: u32 = 16;
/// Side of JPEG's largest block, at half colour resolution.
const BLOCK: u32 = 16;

/// Part of a frame, with the face in its pixels.
#[derive(Clone)]
pub(crate) struct Patch {
    rgb: RgbImage,
    face: Face,
    /// Pixels of the whole frame's longer side.
    longest: u32,
}

impl Patch {
    /// About what this detector wants to see of a face; `None` when that lies outside the frame.
    pub fn of(rgb: &RgbImage, face: &Face, scorer: &dyn Scorer) -> Option<Self> {
        let region = region(rgb, face, scorer)?;
        let face = moved(face, |p| Point::new(p.x - region.x as f32, p.y - region.y as f32));
        Some(Self { rgb: cut(rgb, region), face, longest: rgb.width().max(rgb.height()) })
    }

    /// As [`Self::of`], unless that would be more than `most` bytes.
    pub fn of_at_most(most: usize, rgb: &RgbImage, face: &Face, scorer: &dyn Scorer) -> Option<Self> {
        let PixelRegion { w, h, .. } = region(rgb, face, scorer)?;
        (w as usize * h as usize * 3 <= most).then(|| Self::of(rgb, face, scorer)).flatten()
    }

    /// What it holds.
    pub fn bytes(&self) -> usize {
        self.rgb.as_raw().len()
    }

    /// What this detector sees of the face.
    pub fn crop(&self, scorer: &dyn Scorer) -> Option<RgbImage> {
        scorer.crop(&self.rgb, &self.face)
    }

    /// Of a still whose first view of the face has this logit, the one that counts.
    pub fn of_still(&self, scorer: &dyn Scorer, logit: f32) -> Result<f32, DetectorError> {
        scorer.of_still(logit, &self.rgb, &self.face)
    }

    /// `None` where the rung changes nothing or leaves too small a face.
    pub fn spoilt(&self, rung: Rung, min_face_px: f32) -> Option<Self> {
        let encoded = |quality| Some(Self { rgb: reencoded(&self.rgb, quality)?, ..self.clone() });
        match rung {
            Rung::Native => Some(self.clone()),
            Rung::Jpeg75 => encoded(75),
            Rung::Jpeg60 => encoded(60),
            Rung::Jpeg40 => encoded(40),
            Rung::Side768 => self.shrunk(768, min_face_px),
            Rung::Side512 => self.shrunk(512, min_face_px),
        }
    }

    fn shrunk(&self, longest: u32, min_face_px: f32) -> Option<Self> {
        let factor = f64::from(longest) / f64::from(self.longest);
        let face_px = canonical_rect(self.face.placed()).h * factor as f32;
        if factor >= 1.0 || face_px < min_face_px {
            return None;
        }
        let (width, height) = self.rgb.dimensions();
        let [w, h] = [width, height].map(|side| ((f64::from(side) * factor).round() as u32).max(1));
        let rgb = shrink_area(&self.rgb, PixelRegion::all(&self.rgb), w, h)?;
        let (fx, fy) = (w as f32 / width as f32, h as f32 / height as f32);
        let face = moved(&self.face, |p| Point::new(p.x * fx, p.y * fy));
        Some(Self { rgb, face, longest })
    }
}

fn region(rgb: &RgbImage, face: &Face, scorer: &dyn Scorer) -> Option<PixelRegion> {
    Some(aligned(scorer.place(rgb, face)?.square, rgb.width(), rgb.height()))
}

/// The square with [`AROUND`] more on each side, from block to block, within the frame.
fn aligned(square: PixelRegion, width: u32, height: u32) -> PixelRegion {
    let along = |at: u32, len: u32, whole: u32| {
        let start = at.saturating_sub(AROUND) / BLOCK * BLOCK;
        let end = (at + len + AROUND).next_multiple_of(BLOCK).min(whole);
        (start, end - start)
    };
    let ((x, w), (y, h)) = (along(square.x, square.w, width), along(square.y, square.h, height));
    PixelRegion { x, y, w, h }
}

fn moved(face: &Face, to: impl Fn(Point) -> Point) -> Face {
    let Rect { x, y, .. } = face.rect;
    let (corner, end) = (to(Point::new(x, y)), to(Point::new(face.rect.right(), face.rect.bottom())));
    Face {
        rect: Rect::from_corners(corner.x, corner.y, end.x, end.y),
        landmarks: face.landmarks.map(&to),
        refined: face.refined.map(|points| points.map(&to)),
        ..*face
    }
}

/// The picture after JPEG at half colour resolution, as messengers and most sites write it; by libjpeg-turbo.
pub(crate) fn reencoded(rgb: &RgbImage, quality: i32) -> Option<RgbImage> {
    let (width, height) = (rgb.width() as usize, rgb.height() as usize);
    let format = PixelFormat::RGB;
    let image = Image { pixels: rgb.as_raw().as_slice(), width, pitch: 3 * width, height, format };
    let jpeg = turbojpeg::compress(image, quality, Subsamp::Sub2x2).ok()?;
    let back = turbojpeg::decompress(&jpeg, format).ok()?;
    RgbImage::from_raw(rgb.width(), rgb.height(), back.pixels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn patches_lie_on_the_grid_of_blocks() {
        let square = PixelRegion { x: 100, y: 3, w: 130, h: 130 };
        assert_eq!(aligned(square, 1000, 140), PixelRegion { x: 80, y: 0, w: 176, h: 140 });
    }

    #[test]
    fn a_patch_is_re_encoded_as_the_whole_frame_would_be() {
        let frame = image::open(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/samples/collins.jpg"))
            .unwrap()
            .into_rgb8();
        let square = PixelRegion { x: 181, y: 67, w: 120, h: 120 };
        let PixelRegion { x, y, w, h } = aligned(square, frame.width(), frame.height());
        let part = image::imageops::crop_imm(&frame, x, y, w, h).to_image();
        for quality in [75, 40] {
            let (whole, part) = (reencoded(&frame, quality).unwrap(), reencoded(&part, quality).unwrap());
            let of = |picture: &RgbImage, dx, dy| {
                image::imageops::crop_imm(picture, square.x - dx, square.y - dy, square.w, square.h).to_image()
            };
            assert!(of(&whole, 0, 0) == of(&part, x, y), "{quality}");
        }
    }
}
