//! What the pipeline needs of a scoring model.

use detector::explain::{CropPlace, HeatMap};
use detector::{Detector, DetectorError};
use faces::{Face, crop_face};
use image::RgbImage;

/// A scoring model: cuts its own crops and gives one logit a crop. The pipeline's tests have their own.
pub(crate) trait Scorer: Send + Sync {
    /// Its id, as in the result.
    fn id(&self) -> &str;
    /// What it wants to see of a face in an upright frame; `None` when the face lies outside.
    fn crop(&self, rgb: &RgbImage, face: &Face) -> Option<RgbImage>;
    /// Where in the frame that is.
    fn place(&self, rgb: &RgbImage, face: &Face) -> Option<CropPlace>;
    /// Where in a crop its logit comes from.
    fn heat_map(&self, crop: &RgbImage) -> Result<HeatMap, DetectorError>;
    /// One raw logit a crop, in order.
    fn logits(&self, crops: &[RgbImage]) -> Result<Vec<f32>, DetectorError>;
}

impl Scorer for Detector {
    fn id(&self) -> &str {
        &self.card().id
    }

    fn crop(&self, rgb: &RgbImage, face: &Face) -> Option<RgbImage> {
        crop_face(rgb, face, self.crop_rule())
    }

    fn place(&self, rgb: &RgbImage, face: &Face) -> Option<CropPlace> {
        CropPlace::of(rgb, face, self.crop_rule())
    }

    fn heat_map(&self, crop: &RgbImage) -> Result<HeatMap, DetectorError> {
        Self::heat_map(self, crop)
    }

    fn logits(&self, crops: &[RgbImage]) -> Result<Vec<f32>, DetectorError> {
        Self::logits(self, crops)
    }
}
