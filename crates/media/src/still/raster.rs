//! JPEG, PNG, WebP, GIF, BMP and TIFF.
//!
//! JPEG pixels come from libjpeg-turbo, because the detectors' reference implementations read pictures with it:
//! another decoder's rounding, a tenth of a grey level on average, moves face boxes by several per cent.

use std::io::Cursor;
use std::path::Path;

use image::codecs::gif::GifDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::metadata::Orientation;
use image::{AnimationDecoder, DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, RgbImage};
use turbojpeg::{Colorspace, PixelFormat};

use super::{Picture, check_size, damage, damaged, on_white};
use crate::identify::StillFormat;
use crate::{Limits, MediaError};

pub(super) fn decode(path: &Path, format: StillFormat, bytes: &[u8], limits: &Limits) -> Result<Picture, MediaError> {
    let wrong = |error: ImageError| match error {
        ImageError::Limits(_) => MediaError::TooLarge {
            path: path.to_owned(),
            what: "the memory for decoding in bytes",
            actual: limits.image_memory.saturating_add(1),
            limit: limits.image_memory,
        },
        error => damaged(path, error),
    };
    let mut bounds = image::Limits::no_limits();
    bounds.max_alloc = Some(limits.image_memory);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), name(format));
    reader.limits(bounds.clone());
    let mut decoder = reader.into_decoder().map_err(wrong)?;
    let (width, height) = decoder.dimensions();
    check_size(path, width, height, limits)?;
    if decoder.total_bytes() > limits.image_memory {
        let (actual, limit) = (decoder.total_bytes(), limits.image_memory);
        return Err(MediaError::TooLarge {
            path: path.to_owned(),
            what: "the memory for decoding in bytes",
            actual,
            limit,
        });
    }
    decoder.set_limits(bounds).map_err(wrong)?;
    // A picture whose orientation cannot be read is shown as stored.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let turbo = if format == StillFormat::Jpeg { turbo_jpeg(bytes, width, height) } else { Turbo::NotPlain };
    let (mut picture, damage) = match turbo {
        Turbo::Pixels(picture) => (picture, None),
        Turbo::NotPlain => (DynamicImage::from_decoder(decoder).map_err(wrong)?, None),
        Turbo::Complains(detail) => {
            let damage = (!damage::is_padding(&detail, bytes)).then(|| format!("the decoder says: {detail}"));
            (DynamicImage::from_decoder(decoder).map_err(wrong)?, damage)
        }
    };
    picture.apply_orientation(orientation);
    let (rotation, animated) = (rotation(orientation), is_animated(format, bytes));
    Ok(Picture { rgb: opaque(picture), rotation, animated, damage })
}

fn name(format: StillFormat) -> ImageFormat {
    match format {
        StillFormat::Jpeg => ImageFormat::Jpeg,
        StillFormat::Png => ImageFormat::Png,
        StillFormat::WebP => ImageFormat::WebP,
        StillFormat::Gif => ImageFormat::Gif,
        StillFormat::Bmp => ImageFormat::Bmp,
        StillFormat::Tiff => ImageFormat::Tiff,
        StillFormat::Heic | StillFormat::Avif => ImageFormat::Avif,
    }
}

/// What libjpeg-turbo makes of a JPEG.
enum Turbo {
    Pixels(DynamicImage),
    /// Its colours are not plain (CMYK), or it is another size than expected; the tolerant decoder deals with it.
    NotPlain,
    /// The same of one that it complains about.
    Complains(String),
}

fn turbo_jpeg(bytes: &[u8], width: u32, height: u32) -> Turbo {
    let (w, h) = (width as usize, height as usize);
    let opened = turbojpeg::Decompressor::new().and_then(|mut turbo| Ok((turbo.read_header(bytes)?, turbo)));
    let Ok((header, mut turbo)) = opened else { return Turbo::NotPlain };
    let plain = matches!(header.colorspace, Colorspace::YCbCr | Colorspace::Gray | Colorspace::RGB);
    let Some(len) = w.checked_mul(h).and_then(|pixels| pixels.checked_mul(3)) else { return Turbo::NotPlain };
    if !plain || (header.width, header.height) != (w, h) {
        return Turbo::NotPlain;
    }
    let mut pixels = vec![0; len];
    let image =
        turbojpeg::Image { pixels: pixels.as_mut_slice(), width: w, pitch: 3 * w, height: h, format: PixelFormat::RGB };
    match turbo.decompress(bytes, image) {
        Err(turbojpeg::Error::TurboJpegError(said)) => Turbo::Complains(said),
        Err(_) => Turbo::NotPlain,
        Ok(()) => match RgbImage::from_raw(width, height, pixels) {
            Some(rgb) => Turbo::Pixels(DynamicImage::ImageRgb8(rgb)),
            None => Turbo::NotPlain,
        },
    }
}

/// Degrees clockwise; mirroring is applied, but has no place in this number.
fn rotation(orientation: Orientation) -> i32 {
    match orientation {
        Orientation::NoTransforms | Orientation::FlipHorizontal => 0,
        Orientation::Rotate90 | Orientation::Rotate90FlipH => 90,
        Orientation::Rotate180 | Orientation::FlipVertical => 180,
        Orientation::Rotate270 | Orientation::Rotate270FlipH => 270,
    }
}

/// Three channels of 8 bits.
fn opaque(picture: DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.into_rgb8();
    }
    let rgba = picture.into_rgba8();
    let mut rgb = RgbImage::new(rgba.width(), rgba.height());
    for (to, from) in rgb.pixels_mut().zip(rgba.pixels()) {
        to.0 = on_white(from.0);
    }
    rgb
}

/// Whether there is a second frame. Of the first one nothing is decoded but, for GIF, its pixels.
fn is_animated(format: StillFormat, bytes: &[u8]) -> bool {
    match format {
        StillFormat::Gif => {
            GifDecoder::new(Cursor::new(bytes)).is_ok_and(|gif| gif.into_frames().nth(1).is_some_and(|f| f.is_ok()))
        }
        StillFormat::Png => PngDecoder::new(Cursor::new(bytes)).is_ok_and(|png| png.is_apng().unwrap_or(false)),
        StillFormat::WebP => WebPDecoder::new(Cursor::new(bytes)).is_ok_and(|webp| webp.has_animation()),
        _ => false,
    }
}
