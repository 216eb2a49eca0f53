//! One detector: a model folder made ready to score crops.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use base::Score;
use candle_core::Device;
use faces::{CropBasis, CropRule};
use image::RgbImage;
use nets::backbone::Backbone;
use nets::card::{CropRule as CardRule, Input, ModelCard, Scoring};
use nets::model::Shared;
use rayon::prelude::*;

use crate::DetectorError;
use crate::explain::{HeatMap, HeatMethod, occlusion_map};
use crate::network::Network;
use crate::preprocess::Preprocess;

/// A manipulation detector, ready to run; shared freely between threads.
pub struct Detector {
    card: ModelCard,
    scoring: Scoring,
    crop_rule: CropRule,
    network: Arc<Network>,
    /// Which of the network's logits is this detector's.
    class: usize,
}

impl std::fmt::Debug for Detector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Detector").field("id", &self.card.id).field("class", &self.class).finish()
    }
}

impl Detector {
    /// Loads the card and the weights in `model_dir`, checked against each other, onto the device.
    ///
    /// # Errors
    /// A missing or broken model, one that scores no faces, or a device that refuses.
    pub fn load(model_dir: &Path, device: &Device) -> Result<Self, DetectorError> {
        let mut loaded = Self::load_sharing(&[model_dir.to_path_buf()], device)?;
        let only = loaded.pop().map(|(_, detector)| detector);
        only.ok_or_else(|| DetectorError::NotADetector { path: model_dir.to_path_buf() })
    }

    /// Loads detectors in their order; those whose cards name the same encoder and the same input hold and run it once,
    /// and a crop that one of them has seen costs the others nothing.
    ///
    /// # Errors
    /// As [`Detector::load`].
    pub fn load_all(dirs: &[PathBuf], device: &Device) -> Result<Vec<Self>, DetectorError> {
        let cards = dirs.iter().map(|dir| nets::model::load_card(dir)).collect::<Result<Vec<_>, _>>()?;
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for (i, card) in cards.iter().enumerate() {
            let shares = |g: &&mut Vec<usize>| g.first().and_then(|&j| cards.get(j)).is_some_and(|c| share(card, c));
            match groups.iter_mut().find(shares) {
                Some(group) => group.push(i),
                None => groups.push(vec![i]),
            }
        }
        let load = |group: &Vec<usize>| {
            let own: Vec<PathBuf> = group.iter().filter_map(|&i| dirs.get(i).cloned()).collect();
            let loaded = Self::load_sharing(&own, device)?;
            Ok(loaded.into_iter().filter_map(|(i, d)| Some((*group.get(i)?, d))).collect::<Vec<_>>())
        };
        let loaded = groups.par_iter().map(load).collect::<Result<Vec<_>, DetectorError>>()?;
        let mut loaded: Vec<(usize, Self)> = loaded.into_iter().flatten().collect();
        loaded.sort_by_key(|(i, _)| *i);
        Ok(loaded.into_iter().map(|(_, detector)| detector).collect())
    }

    /// Detectors with one network, or with several where they change the encoder each in its own way; which of the folders
    /// and what is in it.
    fn load_sharing(dirs: &[PathBuf], device: &Device) -> Result<Vec<(usize, Self)>, DetectorError> {
        let mut detectors = Vec::with_capacity(dirs.len());
        for Shared { members, cards, weights } in nets::model::load_sharing(dirs)? {
            let Some(first) = cards.first() else { continue };
            let (architecture, preprocess) = (first.architecture, Preprocess::new(&first.input));
            let read = |(card, i): (ModelCard, usize)| {
                let path = dirs.get(i).cloned().unwrap_or_default();
                let scoring = card.scoring.clone().ok_or_else(|| DetectorError::NotADetector { path: path.clone() })?;
                let crop_rule = crop_rule(&card.input).ok_or(DetectorError::CropRule { path })?;
                Ok((i, card, scoring, crop_rule))
            };
            let read = cards.into_iter().zip(members).map(read).collect::<Result<Vec<_>, DetectorError>>()?;
            let backbone = Backbone::load(architecture, weights.into_var_builder(device)?, read.len())?;
            let network = Arc::new(Network::new(backbone, preprocess, read.len()));
            detectors.extend(read.into_iter().enumerate().map(|(class, (i, card, scoring, crop_rule))| {
                (i, Self { card, scoring, crop_rule, network: Arc::clone(&network), class })
            }));
        }
        Ok(detectors)
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
        let logits = self.network.logits(crops, self.class)?;
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
        if self.card.architecture.is_transformer() {
            return occlusion_map(crop, &|crops| self.logits(crops));
        }
        let map = self.network.class_map(crop, self.class)?;
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

/// Whether two detectors can run as one network.
fn share(a: &ModelCard, b: &ModelCard) -> bool {
    let encoder = |card: &ModelCard| card.encoder.as_ref().map(|e| e.sha256.clone());
    encoder(a).is_some() && encoder(a) == encoder(b) && a.architecture == b.architecture && a.input == b.input
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
        let input = |crop| Input {
            size: 128,
            resize: 140,
            mean: [0.0; 3],
            std: [1.0; 3],
            channels: Channels::Rgb,
            views_from: None,
            crop,
        };
        let rule = |basis, factor| Some(CropRule { basis, factor, resize: 140, size: 128 });
        assert_eq!(crop_rule(&input(CardRule::Box { factor: 1.3 })), rule(CropBasis::LargerSide, 1.3));
        assert_eq!(crop_rule(&input(CardRule::Height { factor: 0.87 })), rule(CropBasis::Height, 0.87));
        assert_eq!(crop_rule(&input(CardRule::Whole {})), None);
    }
}
