//! Pictures of the data for people.

use std::fs;
use std::path::Path;

use image::{Rgb, RgbImage};
use turbojpeg::{PixelFormat, Subsamp};

use crate::TrainError;

/// Writes a picture as JPEG, colours as fine as brightness. A file under the final name is always whole.
///
/// # Errors
/// When it cannot be written.
pub fn write_jpeg(path: &Path, rgb: &RgbImage, quality: i32) -> Result<(), TrainError> {
    let (width, height) = (rgb.width() as usize, rgb.height() as usize);
    let image =
        turbojpeg::Image { pixels: rgb.as_raw().as_slice(), width, pitch: 3 * width, height, format: PixelFormat::RGB };
    let wrong = |e: turbojpeg::Error| TrainError::Codec { codec: "JPEG", problem: e.to_string() };
    let bytes = turbojpeg::compress(image, quality, Subsamp::None).map_err(wrong)?;
    write_whole(path, &bytes)
}

/// Writes a file beside its place and moves it there.
///
/// # Errors
/// When it cannot be written; nothing is left then.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), TrainError> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    let part = path.with_file_name(name);
    let written = fs::write(&part, bytes).and_then(|()| fs::rename(&part, path));
    written.map_err(|cause| {
        // There is nobody to tell that a part stays.
        let _ = fs::remove_file(&part);
        TrainError::file(path)(cause)
    })
}

/// Colour of the frame around reals.
pub(crate) const GREEN: [u8; 3] = [40, 160, 70];
/// Around fakes.
pub(crate) const RED: [u8; 3] = [200, 50, 50];
/// Between pictures.
const GREY: [u8; 3] = [235, 235, 235];
/// Pixels around a picture and between two.
const FRAME: u32 = 3;

/// A square picture in a grid.
#[derive(Clone, Debug)]
pub(crate) struct Framed {
    /// Any size; shown at the grid's.
    pub rgb: RgbImage,
    /// Of its frame.
    pub colour: [u8; 3],
}

/// Pictures in rows of `columns`, each `side` px.
pub(crate) fn grid(pictures: &[Framed], columns: usize, side: u32) -> RgbImage {
    let columns = columns.max(1);
    let rows = pictures.len().div_ceil(columns).max(1);
    let step = side + 3 * FRAME;
    let mut all = RgbImage::from_pixel(columns as u32 * step + FRAME, rows as u32 * step + FRAME, Rgb(GREY));
    for (i, Framed { rgb, colour }) in pictures.iter().enumerate() {
        let (x, y) = ((i % columns) as u32 * step + FRAME, (i / columns) as u32 * step + FRAME);
        let frame = RgbImage::from_pixel(side + 2 * FRAME, side + 2 * FRAME, Rgb(*colour));
        image::imageops::replace(&mut all, &frame, x.into(), y.into());
        let shown = image::imageops::resize(rgb, side, side, image::imageops::FilterType::CatmullRom);
        image::imageops::replace(&mut all, &shown, (x + FRAME).into(), (y + FRAME).into());
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_lie_in_rows_with_their_frames() {
        let one = |v: u8, colour| Framed { rgb: RgbImage::from_pixel(8, 8, Rgb([v; 3])), colour };
        let grid = grid(&[one(10, GREEN), one(20, RED), one(30, GREEN)], 2, 8);
        assert_eq!(grid.dimensions(), (2 * 17 + 3, 2 * 17 + 3));
        assert_eq!(grid.get_pixel(10, 10).0, [10; 3]);
        assert_eq!(grid.get_pixel(3 + 17 + 1, 4).0, RED);
        assert_eq!(grid.get_pixel(10, 27).0, [30; 3]);
        assert_eq!(grid.get_pixel(30, 30).0, GREY);
    }
}
