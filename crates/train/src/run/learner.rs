//! A network, its optimiser and its average: one step at a time.

use base::Ctx;
use nets::device::{Device, DeviceChoice};
use nets::grad::{Dropout, Mode, Precision, TrainNet, starting_weights};
use nets::weights::Weights;

use super::folder::read_weights;
use super::optimiser::{Average, Optimiser, climb, clip};
use super::recipe::Recipe;
use super::teacher::{Teacher, Word, binary_cross_entropy};
use crate::{Batch, TrainError};

/// What a step learned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Learned {
    /// Mean loss of the batch, before the step.
    pub loss: f64,
    /// Length of the gradient before clipping.
    pub gradient: f32,
    /// Rate of the step.
    pub rate: f32,
}

/// Opens the device for a run of the recipe.
///
/// # Errors
/// A device that this build or machine does not have, or one that cannot be as precise as the recipe asks.
pub fn open_device(recipe: &Recipe, choice: DeviceChoice) -> Result<Device, TrainError> {
    let device = nets::device::select(choice, &Ctx::silent())?;
    if device.is_cpu() && recipe.training.precision != Precision::F32 {
        let problem = "needs a graphics processor: --device cuda".to_owned();
        return Err(TrainError::RecipeKey { key: "training.precision".into(), problem });
    }
    Ok(device)
}

/// Everything that changes from step to step.
pub(super) struct Learner {
    pub recipe: Recipe,
    pub net: TrainNet,
    pub optimiser: Optimiser,
    pub average: Option<Average>,
    teacher: Option<Teacher>,
    /// By channel and byte: colours as the network is given them.
    normalised: [[f32; 256]; 3],
    pixels: Vec<f32>,
}

impl Learner {
    /// A network at its start, and the names of its tensors that were drawn.
    pub(super) fn new(recipe: &Recipe, device: &Device) -> Result<(Self, Vec<String>), TrainError> {
        let given = recipe.model.weights.as_deref().map(read_weights).transpose()?;
        let (architecture, seed) = (recipe.model.architecture, recipe.training.seed);
        let (weights, fresh) = starting_weights(architecture, 1, seed, given.as_ref()).map_err(|cause| {
            let path = recipe.model.weights.clone().unwrap_or_default();
            TrainError::Weights { cause: Box::new(cause), path }
        })?;
        let mut net = if device.is_cpu() {
            TrainNet::new(architecture, &weights, 1)?
        } else {
            TrainNet::on(device, recipe.training.precision, architecture, &weights, 1)?
        };
        net.freeze(recipe.model.frozen_blocks);
        let optimiser = Optimiser::new(recipe.training.optimiser, &net);
        let average = recipe.training.ema.map(|_| Average::of(&net));
        let [r, g, b] = [0, 1, 2].map(|c| {
            let of = |v: [f32; 3]| v.get(c).copied().unwrap_or_default();
            let (mean, std) = (of(recipe.model.mean), of(recipe.model.std));
            std::array::from_fn(|byte| (byte as f32 / 255.0 - mean) / std)
        });
        let normalised = [r, g, b];
        let teacher = recipe.teacher.as_ref().map(Teacher::load).transpose()?;
        Ok((Self { recipe: recipe.clone(), net, optimiser, average, teacher, normalised, pixels: Vec::new() }, fresh))
    }

    /// Learns from a batch.
    pub(super) fn step(&mut self, step: u64, batch: &Batch) -> Result<Learned, TrainError> {
        let n = batch.labels.len();
        let shape = [n, batch.side, batch.side];
        if n == 0
            || batch.pixels.len() != n * batch.side * batch.side * 3
            || [batch.weights.len(), batch.words.len()] != [n; 2]
        {
            return Err(TrainError::Batch { step });
        }
        self.normalise(&batch.pixels);
        let t = &self.recipe.training;
        let rate = t.optimiser.rate() * t.schedule.factor(step, t.steps);
        let dropout = (self.recipe.model.dropout > 0.0)
            .then(|| Dropout { rate: self.recipe.model.dropout, seed: t.seed.rotate_left(32) ^ step });
        let logits = self.net.forward(&self.pixels, shape, Mode::Train, dropout)?;
        let word = self.teacher.as_ref().map(|t| t.word(&self.pixels, batch)).transpose()?;
        let (loss, slopes) = losses(&logits, word.as_ref(), batch, &self.recipe);
        if !loss.is_finite() {
            return Err(TrainError::Diverged { step, rate });
        }
        self.net.grads_mut().fill(0.0);
        self.net.backward(&slopes)?;
        let radius = t.optimiser.sam();
        if radius > 0.0 {
            let old = climb(&mut self.net, radius);
            let logits = self.net.forward(&self.pixels, shape, Mode::TrainKeep, dropout)?;
            let (_, slopes) = losses(&logits, word.as_ref(), batch, &self.recipe);
            self.net.grads_mut().fill(0.0);
            self.net.backward(&slopes)?;
            self.net.params_mut().copy_from_slice(&old);
        }
        let gradient = clip(&mut self.net, self.recipe.training.clip);
        if !gradient.is_finite() {
            return Err(TrainError::Diverged { step, rate });
        }
        self.optimiser.update(&mut self.net, step, rate);
        if let (Some(average), Some(keep)) = (&mut self.average, self.recipe.training.ema) {
            average.take(&self.net, step, keep);
        }
        Ok(Learned { loss, gradient, rate })
    }

    /// What is tested and kept: the average where there is one.
    pub(super) fn weights(&self) -> Weights {
        match &self.average {
            Some(average) => self.net.weights_with(&average.params, &average.running),
            None => self.net.weights(),
        }
    }

    fn normalise(&mut self, bytes: &[u8]) {
        let [r, g, b] = &self.normalised;
        let of = |table: &[f32; 256], byte: u8| table.get(usize::from(byte)).copied().unwrap_or_default();
        self.pixels.clear();
        self.pixels.reserve(bytes.len());
        for [x, y, z] in bytes.as_chunks::<3>().0 {
            self.pixels.extend([of(r, *x), of(g, *y), of(b, *z)]);
        }
    }
}

/// Mean binary cross-entropy of logits, weighted by example and class, and its gradient.
fn losses(logits: &[f32], word: Option<&Word>, batch: &Batch, recipe: &Recipe) -> (f64, Vec<f32>) {
    let [real, fake] = recipe.training.class_weights.map(f64::from);
    let smoothing = f64::from(recipe.training.label_smoothing);
    let rows = logits.iter().zip(batch.labels.iter().zip(&batch.weights)).enumerate();
    let terms: Vec<[f64; 3]> = rows
        .map(|(row, (z, (label, weight)))| {
            let (z, label) = (f64::from(*z), f64::from(*label));
            let weight = f64::from(*weight) * (real + (fake - real) * label);
            let asked = binary_cross_entropy(z, smoothing + (1.0 - 2.0 * smoothing) * label);
            let [loss, slope] = word.map_or(asked, |word| word.beside(row, z, asked));
            [weight, loss, slope]
        })
        .collect();
    let total: f64 = terms.iter().map(|[w, ..]| w).sum::<f64>().max(1e-12);
    let loss = terms.iter().map(|[w, l, _]| w * l).sum::<f64>() / total;
    (loss, terms.iter().map(|[w, _, s]| (w * s / total) as f32).collect())
}
