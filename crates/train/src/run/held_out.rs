//! What was held out, and how a network does on it.

use std::collections::BTreeMap;

use candle_core::{Device, Tensor};
use nets::backbone::Backbone;
use nets::weights::Weights;
use serde::{Deserialize, Serialize};

use super::recipe::ModelRecipe;
use crate::TrainError;
use crate::augment::Crop;
use crate::data::Label;

/// Crops whose logits are computed at a time.
const CHUNK: usize = 64;

/// Crops that are not trained on.
#[derive(Clone, Debug, Default)]
pub struct HeldOut {
    /// The crops, of the side that the network is given.
    pub crops: Vec<Crop>,
}

/// How well manipulated and real are told apart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tested {
    /// Area under the ROC curve over items (a video's score is the mean logit of its frames), by list of the recipe;
    /// none where one of the labels is missing.
    pub auc: BTreeMap<String, Option<f64>>,
    /// Share of pairs whose manipulated one has the higher logit, by list; only lists with pairs.
    pub pairs: BTreeMap<String, f64>,
    /// Mean of the areas over lists, the one that the best weights are chosen by.
    pub mean_auc: Option<f64>,
    /// Mean cross-entropy of all crops.
    pub loss: f64,
}

impl HeldOut {
    /// Logits of all crops by the network that these weights make, run as when a file is scanned.
    ///
    /// # Errors
    /// Weights that do not fit.
    pub fn logits(&self, model: &ModelRecipe, weights: &Weights) -> Result<Vec<f32>, TrainError> {
        let net = Backbone::load(model.architecture, weights.var_builder(&Device::Cpu)?, 1)?;
        let mut logits = Vec::with_capacity(self.crops.len());
        for crops in self.crops.chunks(CHUNK) {
            logits.extend(forward(&net, model, crops)?);
        }
        Ok(logits)
    }

    /// How the logits do.
    pub fn test(&self, logits: &[f32]) -> Tested {
        let mut lists: BTreeMap<&str, BTreeMap<(&str, bool), Vec<f64>>> = BTreeMap::new();
        let mut pairs: BTreeMap<&str, Pairs<'_>> = BTreeMap::new();
        let mut loss = 0.0;
        for (crop, logit) in self.crops.iter().zip(logits) {
            let (fake, z) = (crop.label == Label::Fake, f64::from(*logit));
            loss += z.max(0.0) + (-z.abs()).exp().ln_1p() - if fake { z } else { 0.0 };
            lists.entry(&crop.list).or_default().entry((&crop.item, fake)).or_default().push(z);
            if let Some(pair) = &crop.pair {
                let pair = pairs.entry(&crop.list).or_default().entry((&crop.group, pair)).or_default();
                let [real, manipulated] = pair;
                *(if fake { manipulated } else { real }) = Some(z);
            }
        }
        let auc: BTreeMap<String, Option<f64>> =
            lists.into_iter().map(|(list, items)| (list.to_owned(), area_of(items))).collect();
        let known: Vec<f64> = auc.values().flatten().copied().collect();
        let mean_auc = (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64);
        let pairs = pairs.into_iter().filter_map(|(list, pairs)| Some((list.to_owned(), above(&pairs)?))).collect();
        Tested { auc, pairs, mean_auc, loss: loss / logits.len().max(1) as f64 }
    }
}

/// Logits of the real and of the manipulated one of each pair, by group and name.
type Pairs<'a> = BTreeMap<(&'a str, &'a str), [Option<f64>; 2]>;

fn forward(net: &Backbone, model: &ModelRecipe, crops: &[Crop]) -> Result<Vec<f32>, TrainError> {
    let side = model.side;
    let mut planar = Vec::with_capacity(crops.len() * 3 * side * side);
    for crop in crops {
        for (channel, (mean, std)) in model.mean.iter().zip(model.std).enumerate() {
            let values = crop.rgb.iter().skip(channel).step_by(3);
            planar.extend(values.map(|v| (f32::from(*v) / 255.0 - mean) / std));
        }
    }
    let x = Tensor::from_vec(planar, (crops.len(), 3, side, side), &Device::Cpu).map_err(nets::NetsError::from)?;
    Ok(net.forward(&x)?.flatten_all().and_then(|t| t.to_vec1()).map_err(nets::NetsError::from)?)
}

/// Area under the ROC curve of items' mean logits; ties count half.
fn area_of(items: BTreeMap<(&str, bool), Vec<f64>>) -> Option<f64> {
    let mean = |v: &Vec<f64>| v.iter().sum::<f64>() / v.len().max(1) as f64;
    let mut scores: Vec<(f64, bool)> = items.iter().map(|((_, fake), v)| (mean(v), *fake)).collect();
    scores.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut reals, mut wins, mut fakes) = (0.0, 0.0, 0.0);
    for tied in scores.chunk_by(|a, b| a.0 == b.0) {
        let fake = tied.iter().filter(|s| s.1).count() as f64;
        let real = tied.len() as f64 - fake;
        wins += fake * (reals + real / 2.0);
        reals += real;
        fakes += fake;
    }
    (reals > 0.0 && fakes > 0.0).then(|| wins / (reals * fakes))
}

/// Share of whole pairs whose manipulated one is higher.
fn above(pairs: &Pairs<'_>) -> Option<f64> {
    let whole: Vec<bool> = pairs.values().filter_map(|[real, fake]| Some((*fake)? > (*real)?)).collect();
    (!whole.is_empty()).then(|| whole.iter().filter(|above| **above).count() as f64 / whole.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crop(label: Label, item: &str, pair: Option<&str>) -> Crop {
        Crop {
            rgb: Vec::new(),
            label,
            source: "s".into(),
            group: "g".into(),
            item: item.into(),
            pair: pair.map(Into::into),
            path: item.into(),
            list: "list".into(),
        }
    }

    #[test]
    fn videos_count_once_and_ties_half() {
        let (r, f) = (Label::Real, Label::Fake);
        let crops = vec![
            crop(r, "a", Some("p")),
            crop(r, "b", None),
            crop(r, "b", None),
            crop(f, "c", Some("p")),
            crop(f, "d", None),
        ];
        // Items: reals 0 and 2 (mean of 1 and 3), fakes 2 and 1: wins 1.5 + 1 of 4.
        let tested = HeldOut { crops }.test(&[0.0, 1.0, 3.0, 2.0, 1.0]);
        assert_eq!(tested.auc["list"], Some(2.5 / 4.0));
        assert_eq!(tested.pairs["list"], 1.0);
        let one_sided = HeldOut { crops: vec![crop(r, "a", None)] }.test(&[1.0]);
        assert_eq!((one_sided.mean_auc, one_sided.pairs.len()), (None, 0));
        assert!((one_sided.loss - (1.0 + 1f64.exp()).ln()).abs() < 1e-9);
    }
}
