//! What the pipeline needs of a scoring model.

use base::Rect;
use detector::explain::{CropPlace, HeatMap};
use detector::{Detector, DetectorError};
use faces::{Face, canonical_rect, crop_square, further_views};
use image::RgbImage;

/// A scoring model: cuts its own crops and gives one logit a crop. The pipeline's tests have their own.
pub(crate) trait Scorer: Send + Sync {
    /// Its id, as in the result.
    fn id(&self) -> &str;
    /// What it wants to see of a face with this box in an upright frame; `None` when that lies outside.
    fn crop_of(&self, rgb: &RgbImage, rect: Rect) -> Option<RgbImage>;
    /// Where in the frame that is.
    fn place_of(&self, rgb: &RgbImage, rect: Rect) -> Option<CropPlace>;
    /// What it wants to see of a face that was found: the box follows from the landmarks.
    fn crop(&self, rgb: &RgbImage, face: &Face) -> Option<RgbImage> {
        self.crop_of(rgb, canonical_rect(face.placed()))
    }
    /// Where in the frame that is.
    fn place(&self, rgb: &RgbImage, face: &Face) -> Option<CropPlace> {
        self.place_of(rgb, canonical_rect(face.placed()))
    }
    /// What else it wants to see of a face with this box in a still, when its first view has this logit; nothing for most.
    fn views_of(&self, _: &RgbImage, _: Rect, _: f32) -> Vec<RgbImage> {
        Vec::new()
    }
    /// The same of a face that was found.
    fn views(&self, rgb: &RgbImage, face: &Face, logit: f32) -> Vec<RgbImage> {
        self.views_of(rgb, canonical_rect(face.placed()), logit)
    }
    /// The logit of a still's face whose first view has this one: the mean with those of its further views.
    fn of_still(&self, logit: f32, rgb: &RgbImage, face: &Face) -> Result<f32, DetectorError> {
        let further = self.logits(&self.views(rgb, face, logit))?;
        let n = further.len() as f32 + 1.0;
        Ok((logit + further.iter().sum::<f32>()) / n)
    }
    /// Where in a crop its logit comes from.
    fn heat_map(&self, crop: &RgbImage) -> Result<HeatMap, DetectorError>;
    /// One raw logit a crop, in order.
    fn logits(&self, crops: &[RgbImage]) -> Result<Vec<f32>, DetectorError>;
}

impl Scorer for Detector {
    fn id(&self) -> &str {
        &self.card().id
    }

    fn crop_of(&self, rgb: &RgbImage, rect: Rect) -> Option<RgbImage> {
        crop_square(rgb, rect, self.crop_rule())
    }

    fn place_of(&self, rgb: &RgbImage, rect: Rect) -> Option<CropPlace> {
        CropPlace::of_rect(rgb, rect, self.crop_rule())
    }

    fn views_of(&self, rgb: &RgbImage, rect: Rect, logit: f32) -> Vec<RgbImage> {
        let wants = self.card().input.views_from.is_some_and(|from| logit >= from);
        if wants { further_views(rgb, rect, self.crop_rule()) } else { Vec::new() }
    }

    fn heat_map(&self, crop: &RgbImage) -> Result<HeatMap, DetectorError> {
        Self::heat_map(self, crop)
    }

    fn logits(&self, crops: &[RgbImage]) -> Result<Vec<f32>, DetectorError> {
        Self::logits(self, crops)
    }
}
