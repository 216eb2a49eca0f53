//! What the pipeline needs of a scoring model.

use base::Rect;
use detector::explain::{CropPlace, HeatMap};
use detector::{Detector, DetectorError};
use faces::{Face, canonical_rect, crop_square};
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

    fn heat_map(&self, crop: &RgbImage) -> Result<HeatMap, DetectorError> {
        Self::heat_map(self, crop)
    }

    fn logits(&self, crops: &[RgbImage]) -> Result<Vec<f32>, DetectorError> {
        Self::logits(self, crops)
    }
}
