//! A finished network whose word on each picture joins the picture's label (Hinton, Vinyals and Dean 2015): what two
//! networks say together can be learned by one.

use std::path::PathBuf;

use candle_core::{Device, Tensor};
use nets::NetsError;
use nets::architecture::Architecture;
use nets::backbone::Backbone;
use serde::{Deserialize, Serialize};

use super::folder::read_weights;
use crate::TrainError;

/// `[teacher]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TeacherRecipe {
    /// The network, by its name in model cards; it sees what the learner sees.
    pub architecture: Architecture,
    /// Safetensors of a finished run or a model, beside the recipe.
    pub weights: PathBuf,
    /// How much of the target is its probability; the rest is the label.
    pub share: f32,
}

/// It learns nothing itself.
pub(super) struct Teacher {
    net: Backbone,
    share: f32,
}

impl Teacher {
    pub(super) fn load(recipe: &TeacherRecipe) -> Result<Self, TrainError> {
        let weights = read_weights(&recipe.weights)?;
        let fits = |cause| TrainError::Weights { cause: Box::new(cause), path: recipe.weights.clone() };
        let vb = weights.var_builder(&Device::Cpu).map_err(fits)?;
        Ok(Self { net: Backbone::load(recipe.architecture, vb, 1).map_err(fits)?, share: recipe.share })
    }

    /// Targets of normalised pictures `[n, side, side, 3]` whose labels would give these.
    pub(super) fn mixed(&self, pixels: &[f32], side: usize, targets: Vec<f64>) -> Result<Vec<f64>, TrainError> {
        let share = f64::from(self.share);
        let mixed = |(target, z): (f64, f32)| (1.0 - share) * target + share / (1.0 + (-f64::from(z)).exp());
        Ok(targets.into_iter().zip(self.logits(pixels, side)?).map(mixed).collect())
    }

    fn logits(&self, pixels: &[f32], side: usize) -> Result<Vec<f32>, NetsError> {
        let n = pixels.len() / (side * side * 3).max(1);
        let x = Tensor::from_slice(pixels, (n, side, side, 3), &Device::Cpu)?.permute((0, 3, 1, 2))?;
        Ok(self.net.forward(&x.contiguous()?)?.flatten_all()?.to_vec1()?)
    }
}

#[cfg(test)]
mod tests {
    use super::super::checkpoint::replace;
    use super::super::folder::serialised;
    use super::*;
    use nets::grad::starting_weights;

    #[test]
    fn targets_are_mixed_with_what_it_says_of_each_picture() {
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
        let teacher = Teacher::load(&TeacherRecipe { architecture, weights, share: 0.25 }).unwrap();
        let mixed = teacher.mixed(&pixels, SIDE, vec![1.0, 0.0]).unwrap();
        for ((mixed, label), z) in mixed.iter().zip([1.0, 0.0]).zip(said) {
            let expected = 0.75 * label + 0.25 / (1.0 + (-f64::from(z)).exp());
            assert!((mixed - expected).abs() < 1e-12, "{mixed} {expected}");
        }
    }
}
