//! Pictures for people to look at: frames made smaller, and encoded. Nothing that is scored goes this way.

use std::sync::Arc;

use faces::resize::{PixelRegion, shrink_area, stretch_linear};
use image::RgbImage;
use turbojpeg::{Image, PixelFormat, Subsamp};

/// The picture at most `width` pixels wide. `None` when it is empty.
pub fn at_most(picture: Arc<RgbImage>, width: u32) -> Option<Arc<RgbImage>> {
    let (full, height) = picture.dimensions();
    if full <= width {
        return Some(picture);
    }
    let height = (u64::from(height) * u64::from(width)).div_ceil(u64::from(full)).max(1);
    let height = u32::try_from(height).ok()?;
    shrink_area(&picture, PixelRegion::all(&picture), width, height).map(Arc::new)
}

/// A square part of the picture (left, top, side in pixels) at another side. `None` when it lies outside.
pub fn square(picture: &RgbImage, (x, y, from): (u32, u32, u32), side: u32) -> Option<RgbImage> {
    let region = PixelRegion { x, y, w: from, h: from };
    if from >= side { shrink_area(picture, region, side, side) } else { stretch_linear(picture, region, side, side) }
}

/// The picture as a JPEG at half colour resolution. `None` when it is empty.
pub fn jpeg(picture: &RgbImage, quality: u8) -> Option<Vec<u8>> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let pixels = picture.as_raw().as_slice();
    let image = Image { pixels, width, pitch: 3 * width, height, format: PixelFormat::RGB };
    turbojpeg::compress(image, i32::from(quality), Subsamp::Sub2x2).ok().map(|bytes| bytes.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slope() -> RgbImage {
        RgbImage::from_fn(300, 200, |x, y| image::Rgb([(x * 255 / 300) as u8, (y * 255 / 200) as u8, 90]))
    }

    #[test]
    fn pictures_shrink_in_proportion_and_never_grow() {
        let small = at_most(Arc::new(slope()), 90).unwrap();
        assert_eq!(small.dimensions(), (90, 60));
        assert!(small.get_pixel(0, 0)[0] < 3 && small.get_pixel(89, 0)[0] > 250);
        assert_eq!(at_most(Arc::new(slope()), 4096).unwrap().dimensions(), (300, 200));
        assert_eq!(at_most(Arc::new(RgbImage::new(1000, 1)), 10).unwrap().dimensions(), (10, 1));
    }

    #[test]
    fn squares_come_at_the_side_that_was_asked_for() {
        for from in [40, 96, 200] {
            let face = square(&slope(), (100, 0, from), 96).unwrap();
            assert_eq!(face.dimensions(), (96, 96));
            assert!(face.get_pixel(0, 0)[0].abs_diff(85) <= 2, "left edge is the picture's column 100");
        }
        assert!(square(&slope(), (250, 0, 100), 96).is_none());
    }

    #[test]
    fn a_jpeg_looks_like_its_picture() {
        let bytes = jpeg(&slope(), 88).unwrap();
        let back = image::load_from_memory(&bytes).unwrap().into_rgb8();
        let apart = slope().as_raw().iter().zip(back.as_raw()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum::<u64>();
        assert!(apart < 2 * back.as_raw().len() as u64, "{apart}");
        assert!(jpeg(&RgbImage::new(0, 0), 88).is_none());
    }
}
