//! HEIC and AVIF, through libheif: grids of tiles as phones write them are put together, and the
//! container's own rotation and mirroring (`irot`, `imir`) are applied. The EXIF orientation of such
//! a file repeats them and is therefore ignored (ISO/IEC 23008-12, 6.5.10). Thumbnails, depth maps
//! and further pictures are not looked at.

use std::path::Path;

use image::RgbImage;
use libheif_rs::{ColorSpace, HeifContext, HeifError, LibHeif, RgbChroma};

use super::{Picture, check_size, damaged, on_white};
use crate::{Limits, MediaError};

pub(super) fn decode(path: &Path, bytes: &[u8], limits: &Limits) -> Result<Picture, MediaError> {
    let wrong = |error: HeifError| {
        let text = error.to_string();
        if text.contains("decoding plugin") || text.contains("Unsupported codec") {
            MediaError::DecoderMissing {
                path: path.to_owned(),
                program: "a HEIF decoder",
                package: "libheif1 and its plugins (libheif-plugin-libde265, libheif-plugin-dav1d)",
                reason: crate::error::one_line(&text),
            }
        } else {
            damaged(path, text)
        }
    };
    let lib = LibHeif::new_checked().map_err(wrong)?;
    let context = HeifContext::read_from_bytes(bytes).map_err(wrong)?;
    let handle = context.primary_image_handle().map_err(wrong)?;
    check_size(path, handle.width(), handle.height(), limits)?;
    check_size(path, handle.ispe_width().unsigned_abs(), handle.ispe_height().unsigned_abs(), limits)?;
    let alpha = handle.has_alpha_channel();
    let chroma = if alpha { RgbChroma::Rgba } else { RgbChroma::Rgb };
    // No options: this version of the binding frees them before libheif reads them. The defaults
    // apply transformations, and interleaved RGB has 8 bits whatever the depth of the file.
    let image = lib.decode(&handle, ColorSpace::Rgb(chroma), None).map_err(wrong)?;
    check_size(path, image.width(), image.height(), limits)?;
    let planes = image.planes();
    let plane = planes.interleaved.ok_or_else(|| damaged(path, "the decoder gave no picture"))?;
    let rgb = gather(plane.data, plane.stride, plane.width, plane.height, alpha);
    let rgb = rgb.ok_or_else(|| damaged(path, "the decoder gave too few pixels"))?;
    Ok(Picture { rgb, rotation: rotation(bytes), animated: is_sequence(bytes), damage: None })
}

/// Rows of `stride` bytes into a tight picture; `None` when there are fewer than announced.
fn gather(data: &[u8], stride: usize, width: u32, height: u32, alpha: bool) -> Option<RgbImage> {
    let channels = if alpha { 4 } else { 3 };
    let mut pixels = Vec::with_capacity(width as usize * height as usize * 3);
    for row in data.chunks(stride.max(1)).take(height as usize) {
        let row = row.get(..width as usize * channels)?;
        if alpha {
            pixels.extend(row.chunks_exact(4).flat_map(|p| on_white(p.try_into().unwrap_or([255; 4]))));
        } else {
            pixels.extend_from_slice(row);
        }
    }
    RgbImage::from_raw(width, height, pixels)
}

/// Degrees clockwise of the first `irot` property, which counts quarter turns anticlockwise.
fn rotation(bytes: &[u8]) -> i32 {
    const PROPERTY: &[u8] = b"\0\0\0\x09irot";
    let meta = bytes.get(..bytes.len().min(1 << 20)).unwrap_or_default();
    let found = meta.windows(PROPERTY.len() + 1).find(|w| w.starts_with(PROPERTY));
    found.and_then(<[u8]>::last).map_or(0, |&turns| (360 - 90 * i32::from(turns & 3)) % 360)
}

/// Whether the major brand is that of an image sequence.
fn is_sequence(bytes: &[u8]) -> bool {
    matches!(bytes.get(8..12), Some(b"avis" | b"msf1" | b"hevc" | b"hevx" | b"hevm" | b"hevs"))
}
