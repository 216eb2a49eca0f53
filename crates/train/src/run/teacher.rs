//! What finished detectors say of each picture joins the picture's label (Hinton, Vinyals and Dean 2015): what two
//! networks say together can be learned by one. A network is asked while the learner learns; what a slower one said was
//! written down before (`words` of a source).

use std::path::PathBuf;

use candle_core::{Device, Tensor};
use nets::NetsError;
use nets::architecture::Architecture;
use nets::backbone::Backbone;
use serde::{Deserialize, Serialize};

use super::folder::read_weights;
use crate::{Batch, TrainError};

/// `[teacher]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TeacherRecipe {
    /// A network, by its name in model cards; it sees what the learner sees. None: only `words` of sources are heard.
    #[serde(default)]
    pub architecture: Option<Architecture>,
    /// Safetensors of a finished run or a model, beside the recipe.
    #[serde(default)]
    pub weights: Option<PathBuf>,
    /// How much of the loss is the teachers' word; the rest is the label's, and all of it where none said anything.
    pub share: f32,
    /// Divides both logits before they are compared: at 1 probabilities are what counts, from about 3 up the logits
    /// themselves, so that what it says of certain pictures is learned too.
    #[serde(default = "plain")]
    pub temperature: f32,
}

fn plain() -> f32 {
    1.0
}

/// It learns nothing itself.
pub(super) struct Teacher {
    net: Option<Backbone>,
    share: f64,
    temperature: f64,
}

/// What is said of a batch.
pub(super) struct Word {
    /// By example: the network's logit and the one that was written down.
    logits: Vec<[Option<f32>; 2]>,
    share: f64,
    temperature: f64,
}

impl Word {
    /// Loss of a logit and its slope, where the label alone would give these.
    pub(super) fn beside(&self, row: usize, z: f64, [loss, slope]: [f64; 2]) -> [f64; 2] {
        let t = self.temperature;
        let said = self.logits.get(row).into_iter().flatten().flatten();
        let said: Vec<f64> = said.map(|logit| 1.0 / (1.0 + (-f64::from(*logit) / t).exp())).collect();
        if said.is_empty() {
            return [loss, slope];
        }
        let target = said.iter().sum::<f64>() / said.len() as f64;
        let [word_loss, word_slope] = binary_cross_entropy(z / t, target);
        // Slopes shrink with the square of the temperature; multiplied by it they keep their weight beside the label's.
        let mixed = |label: f64, word: f64| (1.0 - self.share) * label + self.share * word;
        [mixed(loss, t * t * word_loss), mixed(slope, t * word_slope)]
    }
}

/// Loss and slope of a logit.
pub(super) fn binary_cross_entropy(z: f64, target: f64) -> [f64; 2] {
    // ln(1 + e^z) − y z without overflow.
    [z.max(0.0) + (-z.abs()).exp().ln_1p() - target * z, 1.0 / (1.0 + (-z).exp()) - target]
}

impl Teacher {
    pub(super) fn load(recipe: &TeacherRecipe) -> Result<Self, TrainError> {
        let load = |(architecture, path): (Architecture, &PathBuf)| {
            let weights = read_weights(path)?;
            let fits = |cause| TrainError::Weights { cause: Box::new(cause), path: path.clone() };
            let vb = weights.var_builder(&Device::Cpu).map_err(fits)?;
            Backbone::load(architecture, vb, 1).map_err(fits)
        };
        let net = recipe.architecture.zip(recipe.weights.as_ref()).map(load).transpose()?;
        Ok(Self { net, share: f64::from(recipe.share), temperature: f64::from(recipe.temperature) })
    }

    /// Of a batch, whose pictures `[n, side, side, 3]` are given normalised.
    pub(super) fn word(&self, pixels: &[f32], batch: &Batch) -> Result<Word, NetsError> {
        let (share, temperature) = (self.share, self.temperature);
        let asked = self.net.as_ref().map(|net| logits(net, pixels, batch.side)).transpose()?.unwrap_or_default();
        let said = |(i, written): (usize, &Option<f32>)| [asked.get(i).copied(), *written];
        Ok(Word { logits: batch.words.iter().enumerate().map(said).collect(), share, temperature })
    }
}

fn logits(net: &Backbone, pixels: &[f32], side: usize) -> Result<Vec<f32>, NetsError> {
    let n = pixels.len() / (side * side * 3).max(1);
    let x = Tensor::from_slice(pixels, (n, side, side, 3), &Device::Cpu)?.permute((0, 3, 1, 2))?;
    Ok(net.forward(&x.contiguous()?)?.flatten_all()?.to_vec1()?)
}

#[cfg(test)]
mod tests {
    use super::super::checkpoint::replace;
    use super::super::folder::serialised;
    use super::*;
    use nets::grad::starting_weights;

    #[test]
    fn its_word_joins_each_picture_s_label() {
        const SIDE: usize = 32;
        let folder = tempfile::tempdir().unwrap();
        let architecture = Architecture::MobilenetV3Small;
        let (drawn, _) = starting_weights(architecture, 1, 3, None).unwrap();
        let weights = folder.path().join("teacher.safetensors");
        replace(&weights, &serialised(&drawn).unwrap()).unwrap();
        let pixels: Vec<f32> = (0..2 * SIDE * SIDE * 3).map(|i| (i % 101) as f32 / 50.0 - 1.0).collect();
        let planar = |i: usize| (i % (SIDE * SIDE) + i / (3 * SIDE * SIDE) * SIDE * SIDE) * 3 + i / (SIDE * SIDE) % 3;
        let x: Vec<f32> = (0..pixels.len()).map(|i| pixels[planar(i)]).collect();
        let x = Tensor::from_vec(x, (2, 3, SIDE, SIDE), &Device::Cpu).unwrap();
        let net = Backbone::load(architecture, drawn.var_builder(&Device::Cpu).unwrap(), 1).unwrap();
        let said: Vec<f32> = net.forward(&x).unwrap().flatten_all().unwrap().to_vec1().unwrap();
        for (temperature, words) in [(1.0, [None, None]), (4.0, [Some(1.5), None]), (2.0, [Some(-3.0), Some(0.5)])] {
            let (named, path) = (Some(architecture), Some(weights.clone()));
            let recipe = TeacherRecipe { architecture: named, weights: path, share: 0.25, temperature };
            let (labels, counts) = (vec![1.0, 0.0], vec![1.0; 2]);
            let batch = Batch { pixels: Vec::new(), labels, weights: counts, words: words.to_vec(), side: SIDE };
            let word = Teacher::load(&recipe).unwrap().word(&pixels, &batch).unwrap();
            let t = f64::from(temperature);
            for (row, ((said, written), label)) in said.iter().zip(words).zip([1.0, 0.0]).enumerate() {
                let odds = |logit: f32| 1.0 / (1.0 + (-f64::from(logit) / t).exp());
                let target = written.map_or(odds(*said), |written| 0.5 * (odds(*said) + odds(written)));
                let at = |z: f64| {
                    let label = binary_cross_entropy(z, label);
                    (
                        word.beside(row, z, label),
                        0.75 * label[0] + 0.25 * t * t * binary_cross_entropy(z / t, target)[0],
                    )
                };
                let ([loss, slope], expected) = at(0.7);
                assert!((loss - expected).abs() < 1e-12, "{loss} {expected}");
                let slope_expected = (at(0.7 + 1e-5).0[0] - at(0.7 - 1e-5).0[0]) / 2e-5;
                assert!((slope - slope_expected).abs() < 1e-8, "{slope} {slope_expected}");
            }
        }
    }

    #[test]
    fn without_a_network_what_was_written_down_is_heard_and_the_rest_follows_the_label() {
        let recipe = TeacherRecipe { architecture: None, weights: None, share: 1.0, temperature: 2.0 };
        let (labels, weights, words) = (vec![1.0; 2], vec![1.0; 2], vec![Some(-1.0), None]);
        let batch = Batch { pixels: Vec::new(), labels, weights, words, side: 32 };
        let word = Teacher::load(&recipe).unwrap().word(&[], &batch).unwrap();
        let label = binary_cross_entropy(0.3, 1.0);
        assert_eq!(word.beside(1, 0.3, label), label);
        let [_, slope] = word.beside(0, -1.0, label);
        assert!(slope.abs() < 1e-12, "it says already what was written: {slope}");
        assert!(word.beside(0, 0.3, label)[1] > 0.0, "the label would push the other way");
    }
}
