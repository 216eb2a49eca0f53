//! Where a detector looks, and which parts of the face its logit comes from.
//!
//! Owns heat maps ([`HeatMap`]), the partition of a crop into regions of the face ([`Partition`]), the
//! removal of parts by blurring and what the logit is without them ([`subset_logits`],
//! [`deletion_test`]), the way from crop pixels back to the frame ([`CropPlace`]) and the picture of a
//! map ([`picture`]). Concludes nothing: Shapley values and ranks are `analysis`'s.
//!
//! Everything but Grad-CAM works on any [`Judge`], so that it can be tested with networks that read
//! what the test wants them to read.

mod blur;
mod deletion;
mod heat;
mod hull;
mod palette;
mod picture;
mod place;
mod regions;
mod subsets;

use image::RgbImage;

use crate::DetectorError;

pub use deletion::{Deletion, RANDOM_MAPS, TOP_AREA, deletion_test};
pub use heat::{HeatMap, HeatMethod, OCCLUSION_GRID, occlusion_map};
pub use picture::{overlay, picture};
pub use place::CropPlace;
pub use regions::{Partition, REGIONS, Region};
pub use subsets::subset_logits;

/// Logits of crops, in order; [`crate::Detector::logits`] is one.
pub type Judge<'a> = dyn Fn(&[RgbImage]) -> Result<Vec<f32>, DetectorError> + 'a;

/// The logit of one crop.
fn logit_of(judge: &Judge<'_>, crop: &RgbImage) -> Result<f32, DetectorError> {
    judge(std::slice::from_ref(crop))?.first().copied().ok_or(DetectorError::NoLogit { index: 0 })
}
