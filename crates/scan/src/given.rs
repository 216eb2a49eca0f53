//! Stills whose faces are known beforehand, such as a list of labelled crops: nothing is looked for, and the quality
//! gate, which asks whether a find is good enough, is only measured.

use std::path::Path;

use analysis::{Analysis, FaceObservation, FileFacts, FrameObservation, MediaKind, Observations, Reason};
use base::{Cancelled, Ctx, Point, Progress, Rect, Stage};
use detector::DetectorError;
use detector::explain::{CropPlace, HeatMap};
use faces::Face;
use image::RgbImage;
use media::{Frame, Kind, Media};

use crate::error::ScanError;
use crate::grade::grade;
use crate::item::{concluded, media_facts_of_still};
use crate::ladder::Pixels;
use crate::pipeline::Pipeline;
use crate::scorer::Scorer;

/// A face whose place is known, in pixels of the upright picture; the box may stick out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GivenFace {
    /// The box that crops are cut about.
    pub rect: Rect,
    /// Left eye, right eye, nose, left and right corner of the mouth, as seen in the picture.
    pub landmarks: [Point; 5],
}

/// As [`crate::scan_item`] for a still whose faces are known. Crops are cut about the given boxes.
///
/// # Errors
/// [`Cancelled`] when asked to stop.
pub fn scan_given(path: &Path, given: &[GivenFace], pipeline: &Pipeline, ctx: &Ctx) -> Result<Analysis, Cancelled> {
    let face = |g: &GivenFace| Face { rect: g.rect, landmarks: g.landmarks, refined: None, detector_score: 1.0 };
    let faces: Vec<Face> = given.iter().map(face).collect();
    concluded(path, pipeline, ctx, |file| {
        let frame = opened(path, pipeline, ctx, file)?;
        let observed = observed(&frame, &faces, pipeline)?;
        let observations = Observations { kind: MediaKind::Image, frames: vec![observed] };
        Ok((observations, Pixels::Given { frame, faces: faces.clone() }))
    })
}

/// The picture, and what is known of its file.
fn opened(path: &Path, pipeline: &Pipeline, ctx: &Ctx, file: &mut FileFacts) -> Result<Frame, ScanError> {
    ctx.checkpoint(Progress { stage: Stage::Probing, done: 0, total: None })?;
    let media = Media::open(path, pipeline.limits(), ctx)?;
    if media.kind() != Kind::Image {
        return Err(ScanError::NotAStill { path: path.to_path_buf() });
    }
    (file.kind, file.bytes) = (Some(MediaKind::Image), Some(media.bytes()));
    file.media = Some(media_facts_of_still(&media));
    let frame = media.frames(pipeline.sampling(), 1, ctx)?.next().transpose()?;
    file.sha256 = Some(media.sha256(ctx)?.to_string());
    let nothing = || ScanError::NothingDecoded { path: path.to_path_buf(), message: String::new() };
    Ok(pipeline.delivered(frame.ok_or_else(nothing)?))
}

fn observed(frame: &Frame, faces: &[Face], pipeline: &Pipeline) -> Result<FrameObservation, ScanError> {
    let mut seen = Vec::with_capacity(faces.len());
    for (track, face) in (0..).zip(faces) {
        let mut quality = grade(&frame.rgb, face, &pipeline.gate);
        let mut logits = std::collections::BTreeMap::new();
        for scorer in pipeline.scorers() {
            let Some(crop) = scorer.crop_of(&frame.rgb, face.rect) else { continue };
            let boxed = Boxed(scorer.as_ref());
            let scored = pipeline.pool().install(|| {
                let first = boxed.logits(&[crop])?.first().copied();
                first.map(|logit| boxed.of_still(logit, &frame.rgb, face)).transpose()
            })?;
            logits.extend(scored.map(|logit| (scorer.id().to_owned(), logit)));
        }
        quality.usable = !logits.is_empty();
        quality.reasons = if quality.usable { Vec::new() } else { vec![Reason::CutOff] };
        let Face { rect, landmarks, .. } = *face;
        seen.push(FaceObservation { track, rect, landmarks, quality, logits });
    }
    Ok(FrameObservation { frame: frame.index, pts: frame.pts, cut: true, faces: seen })
}

/// A scoring model that is shown the given box of a face, not the one that follows from its landmarks.
pub(crate) struct Boxed<'a>(pub &'a dyn Scorer);

impl Scorer for Boxed<'_> {
    fn id(&self) -> &str {
        self.0.id()
    }

    fn crop_of(&self, rgb: &RgbImage, rect: Rect) -> Option<RgbImage> {
        self.0.crop_of(rgb, rect)
    }

    fn place_of(&self, rgb: &RgbImage, rect: Rect) -> Option<CropPlace> {
        self.0.place_of(rgb, rect)
    }

    fn crop(&self, rgb: &RgbImage, face: &Face) -> Option<RgbImage> {
        self.0.crop_of(rgb, face.rect)
    }

    fn place(&self, rgb: &RgbImage, face: &Face) -> Option<CropPlace> {
        self.0.place_of(rgb, face.rect)
    }

    fn views_of(&self, rgb: &RgbImage, rect: Rect, logit: f32) -> Vec<RgbImage> {
        self.0.views_of(rgb, rect, logit)
    }

    fn views(&self, rgb: &RgbImage, face: &Face, logit: f32) -> Vec<RgbImage> {
        self.0.views_of(rgb, face.rect, logit)
    }

    fn heat_map(&self, crop: &RgbImage) -> Result<HeatMap, DetectorError> {
        self.0.heat_map(crop)
    }

    fn logits(&self, crops: &[RgbImage]) -> Result<Vec<f32>, DetectorError> {
        self.0.logits(crops)
    }
}

#[cfg(test)]
#[path = "given_tests.rs"]
mod tests;
