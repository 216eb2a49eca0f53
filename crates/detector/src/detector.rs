//! One detector: a model folder made ready to score crops.

use std::path::Path;

use base::Score;
use candle_core::Device;
use faces::{CropBasis, CropRule};
use image::RgbImage;
use nets::backbone::Backbone;
use nets::card::{CropRule as CardRule, Input, ModelCard, Scoring};

use crate::DetectorError;
use crate::explain::{HeatMap, HeatMethod, occlusion_map};
use crate::preprocess::Preprocess;

/// Crops per pass of the network; more of them only cost memory.
const BATCH: usize = 16;

/// A manipulation detector, ready to run; shared freely between threads.
pub struct Detector {
    card: ModelCard,
    scoring: Scoring,
    crop_rule: CropRule,
    preprocess: Preprocess,
    backbone: Backbone,
    device: Device,
}

impl std::fmt::Debug for Detector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Detector").field("id", &self.card.id).field("device", &self.device.location()).finish()
    }
}

impl Detector {
    /// Loads the card and the weights in `model_dir`, checked against each other, onto the device.
    ///
    /// # Errors
    /// A missing or broken model, one that scores no faces, or a device that refuses.
    pub fn load(model_dir: &Path, device: &Device) -> Result<Self, DetectorError> {
        let (card, weights) = nets::model::load(model_dir)?;
        let scoring =
            card.scoring.clone().ok_or_else(|| DetectorError::NotADetector { path: model_dir.to_path_buf() })?;
        let crop_rule =
            crop_rule(&card.input).ok_or_else(|| DetectorError::CropRule { path: model_dir.to_path_buf() })?;
        let backbone = Backbone::load(card.architecture, weights.into_var_builder(device)?, 1)?;
        let preprocess = Preprocess::new(&card.input);
        Ok(Self { card, scoring, crop_rule, preprocess, backbone, device: device.clone() })
    }

    /// What the model is, what it was trained on and what it must not be used for.
    pub fn card(&self) -> &ModelCard {
        &self.card
    }

    /// Calibration, operating points and validation; the card's own.
    pub fn scoring(&self) -> &Scoring {
        &self.scoring
    }

    /// How its crops are cut, for [`faces::crop_face`].
    pub fn crop_rule(&self) -> &CropRule {
        &self.crop_rule
    }

    /// Raw logits of crops `[size, size, 3]`, in order; high = more like manipulated. A crop's logit does
    /// not depend on the others.
    ///
    /// # Errors
    /// A crop of another size, or a device that refuses.
    pub fn logits(&self, crops: &[RgbImage]) -> Result<Vec<f32>, DetectorError> {
        let mut logits = Vec::with_capacity(crops.len());
        for batch in crops.chunks(BATCH) {
            let output = self.backbone.forward(&self.preprocess.tensor(batch, &self.device)?)?;
            logits.extend(output.flatten_all()?.to_vec1::<f32>()?);
        }
        let wrong =
            logits.iter().position(|l| !l.is_finite()).or((logits.len() != crops.len()).then_some(logits.len()));
        match wrong {
            Some(index) => Err(DetectorError::NoLogit { index }),
            None => Ok(logits),
        }
    }

    /// Where in a crop `[size, size, 3]` its logit comes from: Grad-CAM at the last feature map of a
    /// convolutional network, for the price of one logit; occlusion for a transformer, for that of 65.
    ///
    /// # Errors
    /// As [`Detector::logits`].
    pub fn heat_map(&self, crop: &RgbImage) -> Result<HeatMap, DetectorError> {
        if self.backbone.architecture().is_transformer() {
            return occlusion_map(crop, &|crops| self.logits(crops));
        }
        let map = self.backbone.class_map(&self.preprocess.tensor(std::slice::from_ref(crop), &self.device)?, 0)?;
        let (_, height, width) = map.values.dims3()?;
        let values: Vec<f32> = map.values.flatten_all()?.to_vec1()?;
        let finite = values.iter().all(|v| v.is_finite());
        let map = HeatMap::new(HeatMethod::GradCam, [width, height], values).filter(|_| finite);
        map.ok_or(DetectorError::NoLogit { index: 0 })
    }

    /// The calibrated score of a logit; `None` when it is not a number.
    pub fn calibrate(&self, logit: f64) -> Option<Score> {
        self.scoring.calibration.score(logit)
    }
}

fn crop_rule(input: &Input) -> Option<CropRule> {
    let (basis, factor) = match input.crop {
        CardRule::Box { factor } => (CropBasis::LargerSide, factor),
        CardRule::Height { factor } => (CropBasis::Height, factor),
        CardRule::Whole {} | CardRule::Turned { .. } => return None,
    };
    Some(CropRule { basis, factor, resize: input.resize, size: input.size })
}

#[cfg(test)]
mod tests {
    use super::*;
    use nets::card::Channels;

    #[test]
    fn the_card_says_how_crops_are_cut() {
        let input =
            |crop| Input { size: 128, resize: 140, mean: [0.0; 3], std: [1.0; 3], channels: Channels::Rgb, crop };
        let rule = |basis, factor| Some(CropRule { basis, factor, resize: 140, size: 128 });
        assert_eq!(crop_rule(&input(CardRule::Box { factor: 1.3 })), rule(CropBasis::LargerSide, 1.3));
        assert_eq!(crop_rule(&input(CardRule::Height { factor: 0.87 })), rule(CropBasis::Height, 0.87));
        assert_eq!(crop_rule(&input(CardRule::Whole {})), None);
    }
}
