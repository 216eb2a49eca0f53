//! From gradients to new parameters.

use nets::grad::{ParamKind, TrainNet};
use rayon::prelude::*;

use super::recipe::OptimiserRecipe;

/// Parameters that one task updates.
const CHUNK: usize = 1 << 15;

/// An optimiser and what it remembers, laid out like the parameters.
#[derive(Clone, Debug)]
pub(super) struct Optimiser {
    recipe: OptimiserRecipe,
    /// Mean of gradients, and of their squares (AdamW); momentum (SGD).
    pub memory: Vec<Vec<f32>>,
    /// Whether weight decay pulls at a parameter: 1 or 0.
    pulled: Vec<f32>,
}

impl Optimiser {
    pub(super) fn new(recipe: OptimiserRecipe, net: &TrainNet) -> Self {
        let len = net.params().len();
        let (memories, all) = match recipe {
            OptimiserRecipe::AdamW { decay_all, .. } => (2, decay_all),
            OptimiserRecipe::Sgd { decay_all, .. } => (1, decay_all),
        };
        let mut pulled = vec![0.0; len];
        for slot in net.slots().iter().filter(|s| all || s.kind == ParamKind::Weight) {
            pulled.get_mut(slot.range.clone()).unwrap_or_default().fill(1.0);
        }
        Self { recipe, memory: vec![vec![0.0; len]; memories], pulled }
    }

    /// Moves the parameters that learn by one step, the `step`-th from 0, at this rate.
    pub(super) fn update(&mut self, net: &mut TrainNet, step: u64, rate: f32) {
        let from = net.first_learning();
        let (params, grads) = net.params_and_grads();
        let (Some(params), Some(grads), Some(pulled)) =
            (params.get_mut(from..), grads.get(from..), self.pulled.get(from..))
        else {
            return;
        };
        let mut memory = self.memory.iter_mut().filter_map(|m| m.get_mut(from..));
        let (first, second) = (memory.next().unwrap_or_default(), memory.next().unwrap_or_default());
        let shares = params.par_chunks_mut(CHUNK).zip(grads.par_chunks(CHUNK)).zip(pulled.par_chunks(CHUNK));
        match self.recipe {
            OptimiserRecipe::AdamW { weight_decay, betas: [b1, b2], .. } => {
                let bias = |b: f32| 1.0 - f64::from(b).powf((step + 1) as f64);
                let (c1, c2) = ((1.0 / bias(b1)) as f32, (1.0 / bias(b2)) as f32);
                let memory = first.par_chunks_mut(CHUNK).zip(second.par_chunks_mut(CHUNK));
                shares.zip(memory).for_each(|(((params, grads), pulled), (first, second))| {
                    let rows = params.iter_mut().zip(grads).zip(pulled).zip(first.iter_mut().zip(second));
                    for (((p, g), pull), (m, v)) in rows {
                        *m = b1 * *m + (1.0 - b1) * g;
                        *v = b2 * *v + (1.0 - b2) * g * g;
                        *p -= rate * (*m * c1 / ((*v * c2).sqrt() + 1e-8) + weight_decay * pull * *p);
                    }
                });
            }
            OptimiserRecipe::Sgd { weight_decay, momentum, nesterov, .. } => {
                let ahead = if nesterov { 1.0 } else { 0.0 };
                shares.zip(first.par_chunks_mut(CHUNK)).for_each(|(((params, grads), pulled), memory)| {
                    for (((p, g), pull), m) in params.iter_mut().zip(grads).zip(pulled).zip(memory) {
                        let g = g + weight_decay * pull * *p;
                        *m = momentum * *m + g;
                        let move_by = if ahead > 0.0 { g + momentum * *m } else { *m };
                        *p -= rate * move_by;
                    }
                });
            }
        }
    }
}

/// The length of the gradient of all parameters that learn.
pub(super) fn length(net: &TrainNet) -> f32 {
    let grads = net.grads().get(net.first_learning()..).unwrap_or_default();
    let parts: Vec<f64> =
        grads.par_chunks(CHUNK).map(|c| c.iter().map(|g| f64::from(*g) * f64::from(*g)).sum()).collect();
    parts.iter().sum::<f64>().sqrt() as f32
}

/// Shortens the gradient to `longest`; gives its length before.
pub(super) fn clip(net: &mut TrainNet, longest: Option<f32>) -> f32 {
    let length = length(net);
    if let Some(longest) = longest.filter(|l| length > *l) {
        let factor = longest / length;
        net.grads_mut().par_iter_mut().for_each(|g| *g *= factor);
    }
    length
}

/// Moves the parameters by `radius` along the gradient (Foret et al. 2021) and gives the old ones.
pub(super) fn climb(net: &mut TrainNet, radius: f32) -> Vec<f32> {
    let old = net.params().to_vec();
    let factor = radius / length(net).max(1e-12);
    let from = net.first_learning();
    let (params, grads) = net.params_and_grads();
    for (p, g) in params.iter_mut().zip(grads).skip(from) {
        *p += factor * *g;
    }
    old
}

/// Weights and running moments averaged over steps.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Average {
    pub params: Vec<f32>,
    pub running: Vec<f32>,
}

impl Average {
    pub(super) fn of(net: &TrainNet) -> Self {
        Self { params: net.params().to_vec(), running: net.running().to_vec() }
    }

    /// Takes in the network after `step`; early averages are short, so that they forget the start.
    pub(super) fn take(&mut self, net: &TrainNet, step: u64, keep: f32) {
        let keep = keep.min((1.0 + step as f32) / (10.0 + step as f32));
        for (to, from) in [(&mut self.params, net.params()), (&mut self.running, net.running())] {
            to.par_iter_mut().zip(from).for_each(|(t, f)| *t += (1.0 - keep) * (f - *t));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nets::architecture::Architecture;
    use nets::grad::starting_weights;

    fn net() -> TrainNet {
        let (weights, _) = starting_weights(Architecture::MobilenetV3Small, 1, 3, None).unwrap();
        TrainNet::new(Architecture::MobilenetV3Small, &weights, 1).unwrap()
    }

    /// Three steps with gradients 1, 0.5 and −2 of one pulled parameter that begins at 2.
    fn path(recipe: OptimiserRecipe) -> [f32; 3] {
        let mut net = net();
        let mut optimiser = Optimiser::new(recipe, &net);
        net.params_mut()[0] = 2.0;
        [1.0, 0.5, -2.0].map({
            let mut step = 0;
            move |g| {
                net.grads_mut()[0] = g;
                optimiser.update(&mut net, step, 0.1);
                step += 1;
                net.params()[0]
            }
        })
    }

    #[test]
    fn adamw_and_sgd_move_as_in_pytorch() {
        // torch.optim.AdamW([2.0], lr=0.1, weight_decay=0.01), torch.optim.SGD(…, momentum=0.9, weight_decay=0.01) and
        // the same with nesterov=True, gradients 1, 0.5, −2.
        let adamw =
            OptimiserRecipe::AdamW { rate: 0.1, weight_decay: 0.01, betas: [0.9, 0.999], sam: 0.0, decay_all: false };
        let sgd = |nesterov| OptimiserRecipe::Sgd {
            rate: 0.1,
            momentum: 0.9,
            nesterov,
            weight_decay: 0.01,
            sam: 0.0,
            decay_all: false,
        };
        for (recipe, want) in [(adamw, ADAMW), (sgd(false), SGD), (sgd(true), NESTEROV)] {
            let got = path(recipe);
            let off = got.iter().zip(want).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(off < 2e-6, "{recipe:?}: {got:?}");
        }
    }

    const ADAMW: [f32; 3] = [1.898, 1.802_884_1, 1.821_717];
    const SGD: [f32; 3] = [1.898, 1.754_302, 1.823_219_5];
    const NESTEROV: [f32; 3] = [1.806_2, 1.625_148_3, 1.885_739_4];

    #[test]
    fn long_gradients_are_shortened_and_frozen_blocks_left_alone() {
        let mut net = net();
        net.grads_mut().fill(0.5);
        let before = length(&net);
        assert_eq!(clip(&mut net, Some(1e9)), before);
        assert_eq!(clip(&mut net, Some(1.0)), before);
        assert!((length(&net) - 1.0).abs() < 1e-4);
        net.freeze(net.blocks());
        let from = net.first_learning();
        assert!(from > 0 && from < net.params().len());
        let old = net.params().to_vec();
        let recipe =
            OptimiserRecipe::AdamW { rate: 1.0, weight_decay: 0.5, betas: [0.9, 0.999], sam: 0.0, decay_all: true };
        Optimiser::new(recipe, &net).update(&mut net, 0, 0.1);
        assert_eq!(net.params()[..from], old[..from]);
        assert!(net.params()[from..].iter().zip(&old[from..]).any(|(a, b)| a != b));
    }
}
