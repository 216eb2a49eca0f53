//! Pictures of every kind, made here, compared with what they should look like.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod fixtures;

use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::Command;

use base::{Ctx, Warning, WarningCode};
use fixtures::{decode, make};
use image::codecs::gif::GifEncoder;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::codecs::tiff::TiffEncoder;
use image::codecs::webp::WebPEncoder;
use image::metadata::Orientation;
use image::{DynamicImage, ExtendedColorType, ImageEncoder, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use media::{Frame, Kind, Limits, Media, MediaInfo, Sampling, begins_as_still, identify};
use proptest::prelude::*;

/// A picture without symmetry: each corner has its own colour.
fn corners(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| match (x < width / 2, y < height / 2) {
        (true, true) => Rgb([220, 30, 30]),
        (false, true) => Rgb([30, 200, 30]),
        (true, false) => Rgb([30, 30, 210]),
        (false, false) => Rgb([230, 230, 60]),
    })
}

fn open(path: &Path) -> (MediaInfo, Frame, Vec<Warning>) {
    let ctx = Ctx::silent();
    let media = Media::open(path, &Limits::default(), &ctx).unwrap();
    assert_eq!(media.kind(), Kind::Image);
    assert_eq!(identify(path).unwrap(), Kind::Image);
    let mut frames = media.frames(Sampling::PerSecond(5.0), 1, &ctx).unwrap();
    let frame = frames.next().unwrap().unwrap();
    assert!(frames.next().is_none());
    assert_eq!((frame.index.0, frame.pts.micros()), (0, 0));
    assert_eq!(frame.rgb.dimensions(), (media.info().width, media.info().height));
    (media.info().clone(), frame, ctx.take_warnings())
}

fn write(dir: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = dir.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

/// The largest difference of any sample.
fn difference(a: &RgbImage, b: &RgbImage) -> u8 {
    assert_eq!(a.dimensions(), b.dimensions());
    a.as_raw().iter().zip(b.as_raw()).map(|(a, b)| a.abs_diff(*b)).max().unwrap()
}

/// The largest difference in the middle of the four corners, where lossy coding is flat.
fn corner_difference(a: &RgbImage, b: &RgbImage) -> u8 {
    assert_eq!(a.dimensions(), b.dimensions());
    let (w, h) = a.dimensions();
    let spots = [(w / 4, h / 4), (3 * w / 4, h / 4), (w / 4, 3 * h / 4), (3 * w / 4, 3 * h / 4)];
    let of = |(x, y)| a.get_pixel(x, y).0.into_iter().zip(b.get_pixel(x, y).0).map(|(a, b)| a.abs_diff(b)).max();
    spots.into_iter().filter_map(of).max().unwrap()
}

#[test]
fn lossless_formats_keep_every_pixel() {
    let dir = tempfile::tempdir().unwrap();
    let picture = corners(31, 17);
    for (name, format) in [
        ("png", ImageFormat::Png),
        ("bmp", ImageFormat::Bmp),
        ("tiff", ImageFormat::Tiff),
        ("webp", ImageFormat::WebP),
        ("gif", ImageFormat::Gif),
    ] {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        // A misleading name: content decides.
        let path = write(dir.path(), &format!("{name}.mp4"), bytes.get_ref());
        let (info, frame, warnings) = open(&path);
        assert_eq!((info.codec.as_str(), info.rotation, info.damaged), (name, 0, false));
        assert!(difference(&frame.rgb, &picture) <= if name == "gif" { 8 } else { 0 }, "{name}");
        assert!(warnings.is_empty(), "{name}: {warnings:?}");
        assert!(begins_as_still(&path), "{name}");
    }
}

#[test]
fn what_does_not_begin_as_a_picture_is_told_apart_by_its_bytes() {
    let dir = tempfile::tempdir().unwrap();
    assert!(!begins_as_still(&write(dir.path(), "video.jpg", b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41")));
    assert!(!begins_as_still(&write(dir.path(), "words.png", b"Nothing to see here.")));
    assert!(!begins_as_still(&write(dir.path(), "empty.png", b"")));
    assert!(!begins_as_still(&dir.path().join("gone.png")));
    assert!(!begins_as_still(dir.path()));
}

#[test]
fn jpeg_colour_grey_and_cmyk() {
    let dir = tempfile::tempdir().unwrap();
    let picture = corners(64, 48);
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 95).encode_image(&picture).unwrap();
    let (info, frame, _) = open(&write(dir.path(), "a.jpg", &bytes));
    assert_eq!((info.codec.as_str(), info.damaged), ("jpeg", false));
    assert!(corner_difference(&frame.rgb, &picture) <= 6);

    let grey = DynamicImage::ImageRgb8(picture.clone()).into_luma8();
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 95).encode_image(&grey).unwrap();
    let (_, frame, _) = open(&write(dir.path(), "grey.jpg", &bytes));
    assert!(corner_difference(&frame.rgb, &DynamicImage::ImageLuma8(grey).into_rgb8()) <= 4);

    let png = dir.path().join("a.png");
    picture.save(&png).unwrap();
    let cmyk = dir.path().join("cmyk.jpg");
    let converted = Command::new("convert").arg(&png).args(["-colorspace", "CMYK"]).arg(&cmyk).status();
    if converted.is_ok_and(|status| status.success()) {
        let (_, frame, _) = open(&cmyk);
        assert!(corner_difference(&frame.rgb, &picture) <= 12);
    } else {
        eprintln!("skipped: ImageMagick is absent, so there is no CMYK picture");
    }
}

#[test]
fn png_of_16_bits_with_alpha_and_with_a_palette() {
    let dir = tempfile::tempdir().unwrap();
    let picture = corners(32, 32);
    let path = dir.path().join("16.png");
    DynamicImage::ImageRgb8(picture.clone()).into_rgb16().save(&path).unwrap();
    assert_eq!(difference(&open(&path).1.rgb, &picture), 0);

    // Clear, half and full red over white.
    let alpha = RgbaImage::from_fn(3, 1, |x, _| Rgba([255, 0, 0, [0, 128, 255][x as usize]]));
    let expected = [255, 255, 255, 255, 127, 127, 255, 0, 0];
    for name in ["a.png", "a.webp", "a.tiff"] {
        let path = dir.path().join(name);
        alpha.save(&path).unwrap();
        assert_eq!(open(&path).1.rgb.as_raw(), &expected, "{name}");
    }
    let path = dir.path().join("a16.png");
    DynamicImage::ImageRgba8(alpha).into_rgba16().save(&path).unwrap();
    assert_eq!(open(&path).1.rgb.as_raw(), &expected);

    // Two pixels with a palette, the second one half clear: a stored zlib block with its Adler-32.
    let data = [0x78, 0x01, 1, 2, 0, 0xfd, 0xff, 0, 0x10, 0, 0x12, 0, 0x11];
    let palette = fixtures::png(&[
        (b"IHDR", &fixtures::png_header(2, 1, 2, 3)),
        (b"PLTE", &[1, 2, 3, 10, 20, 30]),
        (b"tRNS", &[255, 128]),
        (b"IDAT", &data),
        (b"IEND", b""),
    ]);
    let path = write(dir.path(), "palette.png", &palette);
    assert_eq!(open(&path).1.rgb.as_raw(), &[1, 2, 3, 132, 137, 142]);
}

/// An EXIF block that says nothing but the orientation.
fn exif(orientation: u8) -> Vec<u8> {
    let mut block = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    block.extend([orientation, 0, 0, 0, 0, 0, 0]);
    block
}

#[test]
fn exif_orientations_are_applied_in_every_format_that_has_them() {
    let dir = tempfile::tempdir().unwrap();
    let stored = corners(64, 32);
    for value in 1..=8 {
        let orientation = Orientation::from_exif(value).unwrap();
        let mut upright = DynamicImage::ImageRgb8(stored.clone());
        upright.apply_orientation(orientation);
        let upright = upright.into_rgb8();
        let (w, h) = stored.dimensions();
        let mut files: Vec<(&str, Vec<u8>)> = Vec::new();
        let mut bytes = Vec::new();
        let mut jpeg = JpegEncoder::new_with_quality(&mut bytes, 95);
        jpeg.set_exif_metadata(exif(value)).unwrap();
        jpeg.write_image(&stored, w, h, ExtendedColorType::Rgb8).unwrap();
        files.push(("jpg", bytes));
        let mut bytes = Vec::new();
        let mut png = PngEncoder::new(&mut bytes);
        png.set_exif_metadata(exif(value)).unwrap();
        png.write_image(&stored, w, h, ExtendedColorType::Rgb8).unwrap();
        files.push(("png", bytes));
        let mut bytes = Vec::new();
        let mut webp = WebPEncoder::new_lossless(&mut bytes);
        webp.set_exif_metadata(exif(value)).unwrap();
        webp.write_image(&stored, w, h, ExtendedColorType::Rgb8).unwrap();
        files.push(("webp", bytes));
        files.push(("tiff", tiff_with_orientation(&stored, value)));
        for (kind, bytes) in files {
            let (info, frame, _) = open(&write(dir.path(), &format!("{value}.{kind}"), &bytes));
            assert!(corner_difference(&frame.rgb, &upright) <= 6, "{kind} {value}");
            assert_eq!(info.rotation, [0, 0, 180, 180, 90, 90, 270, 270][usize::from(value) - 1], "{kind} {value}");
        }
    }
}

/// A TIFF whose last entry, which image's encoder sets to something harmless, becomes the orientation.
fn tiff_with_orientation(picture: &RgbImage, value: u8) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let (w, h) = picture.dimensions();
    TiffEncoder::new(&mut bytes).write_image(picture, w, h, ExtendedColorType::Rgb8).unwrap();
    let bytes = bytes.into_inner();
    // Copy the directory to the end with one more entry, in order of tags.
    assert_eq!(&bytes[..4], b"II*\0");
    let word = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
    let ifd = u32::from_le_bytes(bytes[4..8].try_into().unwrap()) as usize;
    let mut entries: Vec<&[u8]> = (0..word(ifd) as usize).map(|i| &bytes[ifd + 2 + 12 * i..][..12]).collect();
    let entry = [0x12, 0x01, 3, 0, 1, 0, 0, 0, value, 0, 0, 0];
    entries.push(&entry);
    entries.sort_by_key(|e| u16::from_le_bytes([e[0], e[1]]));
    let mut out = bytes.clone();
    if out.len() % 2 == 1 {
        out.push(0);
    }
    let at = out.len() as u32;
    out[4..8].copy_from_slice(&at.to_le_bytes());
    out.extend((entries.len() as u16).to_le_bytes());
    entries.iter().for_each(|e| out.extend(*e));
    out.extend([0; 4]);
    out
}

#[test]
fn of_an_animation_the_first_frame_is_examined_and_that_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let colours = [Rgba([200, 0, 0, 255]), Rgba([0, 0, 200, 255])];
    let mut bytes = Vec::new();
    let mut gif = GifEncoder::new(&mut bytes);
    for colour in colours {
        gif.encode_frame(image::Frame::new(RgbaImage::from_pixel(16, 16, colour))).unwrap();
    }
    drop(gif);
    let (info, frame, warnings) = open(&write(dir.path(), "a.gif", &bytes));
    assert_eq!(frame.rgb.get_pixel(8, 8).0, [200, 0, 0]);
    assert_eq!(warnings.iter().map(|w| w.code).collect::<Vec<_>>(), [WarningCode::AnimationFirstFrame]);
    assert_eq!(info.duration_us, None);
    let two = "-f lavfi -i color=c=0xC80000:size=64x64:rate=1:duration=1 -f lavfi -i color=c=0x0000C8:size=64x64:rate=1:duration=1 \
               -filter_complex concat";
    for (name, args) in [
        ("a.webp", "-c:v libwebp_anim -lossless 1 -loop 0"),
        ("a.apng", "-plays 0"),
        ("a.avif", "-c:v libaom-av1 -cpu-used 8 -pix_fmt yuv444p"),
    ] {
        let path = make(dir.path(), name, &format!("{two} {args}"));
        let (_, frame, warnings) = open(&path);
        let [r, g, b] = frame.rgb.get_pixel(32, 32).0;
        assert!(r > 180 && g < 20 && b < 20, "{name}: {r} {g} {b}");
        assert_eq!(warnings.len(), 1, "{name}");
        assert_eq!(warnings[0].code, WarningCode::AnimationFirstFrame, "{name}");
    }
}

/// Encodes `png` with libheif's example program; `false`, in words, when it is absent.
fn heif_enc(args: &[&str], png: &Path, out: &Path) -> bool {
    let result = Command::new("heif-enc").args(args).arg("-o").arg(out).arg(png).output();
    let done = result.is_ok_and(|output| output.status.success());
    if !done {
        eprintln!("skipped: heif-enc is absent or cannot encode {}", out.display());
    }
    done
}

#[test]
fn heic_and_avif() {
    let dir = tempfile::tempdir().unwrap();
    let picture = corners(128, 96);
    let png = dir.path().join("a.png");
    picture.save(&png).unwrap();
    for (name, args) in
        [("heic", &["-q", "90"][..]), ("avif", &["-A", "-q", "90"]), ("heic", &["-q", "90", "-t", "32"])]
    {
        let path = dir.path().join(format!("picture.{name}"));
        if !heif_enc(args, &png, &path) {
            continue;
        }
        let (info, frame, warnings) = open(&path);
        assert_eq!((info.codec.as_str(), info.width, info.height), (name, 128, 96));
        assert!(corner_difference(&frame.rgb, &picture) <= 12, "{name}");
        assert!(warnings.is_empty());
    }
    let alpha = RgbaImage::from_fn(64, 64, |x, _| Rgba([200, 0, 0, if x < 32 { 0 } else { 255 }]));
    let png = dir.path().join("alpha.png");
    alpha.save(&png).unwrap();
    let path = dir.path().join("alpha.heic");
    if heif_enc(&["-q", "90"], &png, &path) {
        let rgb = open(&path).1.rgb;
        assert!(rgb.get_pixel(10, 32).0.iter().all(|&c| c > 240));
        assert!(rgb.get_pixel(54, 32).0[0] > 180 && rgb.get_pixel(54, 32).0[1] < 20);
    }
}

/// Puts `irot` (one quarter turn anticlockwise) beside the properties that heif-enc wrote: appends it to
/// `ipco` and associates it with the first item.
fn with_rotation(heic: &[u8], turns: u8) -> Option<Vec<u8>> {
    let find = |what: &[u8]| heic.windows(4).position(|w| w == what).map(|at| at - 4);
    let size = |at: usize| u32::from_be_bytes(heic[at..at + 4].try_into().unwrap()) as usize;
    let (meta, iprp, ipco, ipma, iloc) =
        (find(b"meta")?, find(b"iprp")?, find(b"ipco")?, find(b"ipma")?, find(b"iloc")?);
    let properties = {
        let (mut at, mut n) = (ipco + 8, 0u8);
        while at < ipco + size(ipco) {
            (at, n) = (at + size(at), n + 1);
        }
        n
    };
    let mut out = heic.to_vec();
    // ipma: header 8, version and flags 4, entries 4, then the item's id (2) and its number of properties.
    let count = ipma + 18;
    out[count] += 1;
    out.insert(count + 1 + usize::from(heic[count]), properties + 1);
    out.splice(ipco + size(ipco)..ipco + size(ipco), [0, 0, 0, 9, b'i', b'r', b'o', b't', turns]);
    for (at, more) in [(meta, 10), (iprp, 10), (ipco, 9), (ipma, 1)] {
        // ipma lies behind the nine new bytes.
        let to = if at == ipma { at + 9 } else { at };
        out[to..to + 4].copy_from_slice(&((size(at) + more) as u32).to_be_bytes());
    }
    // iloc: the item's data moved by ten bytes. Written by heif-enc with 4-byte offsets.
    let sizes = heic[iloc + 12];
    if sizes != 0x44 {
        return None;
    }
    let base_size = usize::from(heic[iloc + 13] >> 4);
    let version = heic[iloc + 8];
    let extent = iloc + 16 + 2 + if version == 1 { 2 } else { 0 } + 2 + base_size + 2;
    let offset = u32::from_be_bytes(out[extent..extent + 4].try_into().unwrap()) + 10;
    out[extent..extent + 4].copy_from_slice(&offset.to_be_bytes());
    Some(out)
}

#[test]
fn a_rotated_heic_stands_upright_once() {
    let dir = tempfile::tempdir().unwrap();
    let stored = corners(128, 64);
    let png = dir.path().join("a.png");
    stored.save(&png).unwrap();
    let path = dir.path().join("a.heic");
    if !heif_enc(&["-q", "90"], &png, &path) {
        return;
    }
    let Some(bytes) = with_rotation(&std::fs::read(&path).unwrap(), 3) else {
        eprintln!("skipped: this heif-enc lays the file out differently");
        return;
    };
    let (info, frame, _) = open(&write(dir.path(), "r.heic", &bytes));
    assert_eq!((info.width, info.height, info.rotation), (64, 128, 90));
    assert!(corner_difference(&frame.rgb, &image::imageops::rotate90(&stored)) <= 12);
}

#[test]
fn a_truncated_jpeg_is_damaged_and_a_motion_photo_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let noise = RgbImage::from_fn(256, 256, |x, y| Rgb([(x * 7 + y * 13) as u8, (x * y) as u8, (x ^ y) as u8]));
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 90).encode_image(&noise).unwrap();
    let path = write(dir.path(), "cut.jpg", &bytes[..bytes.len() / 2]);
    match decode(&path, Sampling::EveryFrame) {
        Ok((media, frames, coverage)) => {
            assert!(media.info().damaged && coverage.damaged);
            assert_eq!(frames.len(), 1);
            assert_eq!(coverage.warnings()[0].code, WarningCode::Damaged);
        }
        Err(error) => assert_eq!(error.code(), media::ErrorCode::Damaged),
    }
    bytes.extend(b"\0\0\0\x18ftypmp42 a short film follows the picture");
    let (info, ..) = open(&write(dir.path(), "motion.jpg", &bytes));
    assert!(!info.damaged);
}

#[test]
fn a_jpeg_with_other_bytes_in_its_middle_is_damaged() {
    let dir = tempfile::tempdir().unwrap();
    let noise = RgbImage::from_fn(512, 512, |x, y| Rgb([(x * 7 + y * 13) as u8, (x * y) as u8, (x ^ y) as u8]));
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 90).encode_image(&noise).unwrap();
    let (info, ..) = open(&write(dir.path(), "whole.jpg", &bytes));
    assert!(!info.damaged);
    let end = bytes.len() - 2;
    let padded = [&bytes[..end], &[0; 300], &bytes[end..]].concat();
    let (info, ..) = open(&write(dir.path(), "padded.jpg", &padded));
    assert!(!info.damaged, "some cameras pad");
    let middle = bytes.len() / 2;
    for (i, byte) in bytes[middle..middle + 1000].iter_mut().enumerate() {
        *byte = (i as u32).wrapping_mul(2_654_435_761).to_le_bytes()[2] & 0x7f;
    }
    let (media, frames, coverage) = decode(&write(dir.path(), "middle.jpg", &bytes), Sampling::EveryFrame).unwrap();
    assert!(media.info().damaged && coverage.damaged);
    assert_eq!(frames.len(), 1);
    assert!(coverage.warnings()[0].detail.contains("the decoder says"), "{:?}", coverage.warnings());
}

fn samples() -> Vec<Vec<u8>> {
    let picture = corners(40, 24);
    let mut samples = Vec::new();
    for format in
        [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::Gif, ImageFormat::WebP, ImageFormat::Bmp, ImageFormat::Tiff]
    {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        samples.push(bytes.into_inner());
    }
    samples
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn broken_pictures_never_panic(
        which in 0usize..6,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        keep in any::<prop::sample::Index>(),
        cut in any::<bool>(),
    ) {
        let mut bytes = samples().swap_remove(which);
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if cut {
            bytes.truncate(keep.index(bytes.len()).max(4));
        }
        // Still a picture by its first bytes, so that no prober is started for it.
        bytes[..4].copy_from_slice(&samples()[which][..4]);
        let dir = tempfile::tempdir().unwrap();
        let path = write(dir.path(), "x", &bytes);
        let limits = Limits { image_pixels: 1 << 20, image_memory: 1 << 24, ..Limits::default() };
        match Media::open(&path, &limits, &Ctx::silent()) {
            Ok(media) => prop_assert!(media.info().width > 0),
            Err(error) => prop_assert!(!error.to_string().contains('\n')),
        }
    }
}
