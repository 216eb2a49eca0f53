//! One file: its faces, graded, cut and written.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use base::{Ctx, Point, Rect};
use faces::{CropBasis, CropRule, Face, FaceDetector, Quality, QualityGate, canonical_rect, crop_square};
use image::RgbImage;
use media::{Kind, Limits, Media, MediaError, Sampling};
use serde::{Deserialize, Serialize};

use super::Options;
use super::near::Print;
use crate::TrainError;
use crate::data::picture::write_jpeg;

/// Side of what is cut over the larger side of the face's box: room for every crop that a network may want.
const SURROUNDINGS: f32 = 1.9;
/// Of the crops that are written; the same for both labels.
const JPEG_QUALITY: i32 = 95;

/// What was found in one file. Kept, so that a second run need not look again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Examined {
    /// SHA-256 of the file.
    pub sha256: String,
    /// Pixels of an upright frame.
    pub size: [u32; 2],
    /// Whether it moves.
    pub video: bool,
    /// Short name of the coding.
    pub codec: String,
    /// Frames a second, as a fraction; empty for a still.
    pub frame_rate: String,
    /// Length of a video.
    pub duration_us: Option<i64>,
    /// Bytes of the file.
    pub bytes: u64,
    /// Frames that were looked at.
    pub frames: usize,
    /// Frames without a face.
    pub empty: usize,
    /// Faces that were not good enough, by reason.
    pub refused: BTreeMap<String, usize>,
    /// The others.
    pub faces: Vec<FaceFound>,
}

/// One face that is good enough.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct FaceFound {
    /// Its crop, below the folder of crops.
    pub file: String,
    /// When it is seen.
    pub frame_us: i64,
    /// The canonical box in px of the crop.
    pub rect: Rect,
    /// The landmarks in px of the crop.
    pub landmarks: [Point; 5],
    /// Pixels of the frame under one edge of the crop.
    pub crop_side: u32,
    /// Height of the face in px of the frame.
    pub face_px: f32,
    /// See [`Quality`].
    pub sharpness: f32,
    /// See [`Quality`].
    pub blockiness: f32,
    /// See [`Quality`].
    pub yaw_deg: f32,
    /// See [`Quality`].
    pub detector_score: f32,
    /// What it is recognised by.
    pub print: Print,
}

/// What finds and grades faces.
pub(super) struct Tools {
    pub detector: Box<dyn FaceDetector>,
    pub gate: QualityGate,
}

/// Looks at `path` and writes the crops of its faces into `folder`, under names that begin with `key`.
///
/// # Errors
/// A file that cannot be decoded at all, a folder that cannot be written, `Cancelled`.
pub(super) fn examine(
    path: &Path,
    key: &str,
    folder: &Path,
    tools: &Tools,
    options: &Options,
    ctx: &Ctx,
) -> Result<Examined, TrainError> {
    let stop = |error: MediaError| {
        if matches!(error, MediaError::Cancelled { .. }) { TrainError::Cancelled } else { error.into() }
    };
    // Warnings about one file of thousands are counted elsewhere; this one's context is its own.
    let quiet = Ctx::new(ctx.cancel_token().clone(), |_| {});
    let media = Media::open(path, &Limits::default(), &quiet).map_err(stop)?;
    let info = media.info().clone();
    let sampling = sampling(&media, options.frames, &quiet).map_err(stop)?;
    let mut examined = Examined {
        sha256: String::new(),
        size: [info.width, info.height],
        video: media.kind() == Kind::Video,
        codec: info.codec,
        frame_rate: info.frame_rate.unwrap_or_default(),
        duration_us: info.duration_us,
        bytes: media.bytes(),
        frames: 0,
        empty: 0,
        refused: BTreeMap::new(),
        faces: Vec::new(),
    };
    fs::create_dir_all(folder).map_err(TrainError::file(folder))?;
    let mut frames = media.frames(sampling, 1, &quiet).map_err(stop)?;
    for frame in frames.by_ref().take(options.frames) {
        let frame = match frame {
            Ok(frame) => frame,
            // What was decoded before a file breaks off counts.
            Err(_) if examined.frames > 0 && ctx.check().is_ok() => break,
            Err(error) => return Err(stop(error)),
        };
        examined.frames += 1;
        let faces = tools.detector.detect(&frame.rgb)?;
        if faces.is_empty() {
            examined.empty += 1;
        }
        for face in faces.iter().take(options.faces_a_frame) {
            let quality = Quality::of(&frame.rgb, face);
            let reasons = tools.gate.reasons(&quality);
            if let Some(reason) = reasons.first() {
                let reason = serde_json::to_value(reason).ok().and_then(|v| v.as_str().map(str::to_owned));
                *examined.refused.entry(reason.unwrap_or_default()).or_default() += 1;
                continue;
            }
            let file = format!("{key}-{:03}.jpg", examined.faces.len());
            if let Some(found) = cut(&frame.rgb, face, &quality, options.side, (folder, file), frame.pts.micros())? {
                examined.faces.push(found);
            }
        }
    }
    drop(frames);
    examined.sha256 = media.sha256(&quiet).map_err(stop)?.to_string();
    Ok(examined)
}

/// As many frames as are wanted, at even distances.
fn sampling(media: &Media, frames: usize, ctx: &Ctx) -> Result<Sampling, MediaError> {
    if media.kind() == Kind::Image {
        return Ok(Sampling::EveryFrame);
    }
    let seconds = match media.info().duration_us {
        Some(us) => us as f64 / 1e6,
        None => {
            let times = media.frame_times(ctx)?;
            let (first, last) = (times.first().copied(), times.last().copied());
            first.zip(last).map_or(1.0, |(first, last)| last.seconds() - first.seconds())
        }
    };
    Ok(Sampling::PerSecond((frames as f64 / seconds.max(1e-3)).min(1e4)))
}

fn cut(
    rgb: &RgbImage,
    face: &Face,
    quality: &Quality,
    side: u32,
    (folder, file): (&Path, String),
    frame_us: i64,
) -> Result<Option<FaceFound>, TrainError> {
    let rect = canonical_rect(face.placed());
    let rule = CropRule { basis: CropBasis::LargerSide, factor: SURROUNDINGS, resize: side, size: side };
    let Some(square) = rule.square(rect, rgb.width(), rgb.height()) else { return Ok(None) };
    // Never enlarged: that would only hide how small the face is.
    let side = side.min(square.w);
    let Some(crop) = crop_square(rgb, rect, &CropRule { resize: side, size: side, ..rule }) else { return Ok(None) };
    write_jpeg(&folder.join(&file), &crop, JPEG_QUALITY)?;
    let scale = side as f32 / square.w as f32;
    let at = |p: Point| Point::new((p.x - square.x as f32) * scale, (p.y - square.y as f32) * scale);
    let corner = at(Point::new(rect.x, rect.y));
    Ok(Some(FaceFound {
        file,
        frame_us,
        rect: Rect::new(corner.x, corner.y, rect.w * scale, rect.h * scale),
        landmarks: face.placed().map(at),
        crop_side: square.w,
        face_px: quality.face_px,
        sharpness: quality.sharpness,
        blockiness: quality.blockiness,
        yaw_deg: quality.yaw_deg,
        detector_score: quality.detector_score,
        print: Print::of(&crop),
    }))
}
