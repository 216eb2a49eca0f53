//! What a vision transformer is made of, as plain numbers.
//!
//! `vit_s16` and `clip_b16` write it down; `vit_kernels` and `vit_tensors` run it. Blocks are read one at a time, so
//! that a large network is never held three times.

use candle_core::Tensor;

use super::plan::Reader;
use crate::error::NetsError;

/// Side of a patch in pixels.
pub(crate) const PATCH: usize = 16;

/// A whole transformer over square pictures.
pub(crate) struct VitPlan {
    /// Its name in errors.
    pub name: &'static str,
    /// Channels of a token.
    pub width: usize,
    pub heads: usize,
    /// Patches along a side.
    pub grid: usize,
    /// Blocks.
    pub depth: usize,
    /// Added to variances.
    pub eps: f32,
    pub middle: Middle,
    /// From the pixels of a patch, `[width, 3 · 16 · 16]`.
    pub patches: LinearPlan,
    /// `[1 + grid²][width]`: the position embedding, the class token added to the first row.
    pub positions: Vec<f32>,
    /// Before the first block.
    pub entry: Option<NormPlan>,
    /// Reads a block by its number.
    pub block: fn(&Reader<'_>, usize) -> Result<VitBlockPlan, NetsError>,
    pub tail: Tail<NormPlan, LinearPlan>,
}

/// Attention and two wide layers, each behind a norm, each added to what came in.
pub(crate) struct VitBlockPlan {
    pub norm1: NormPlan,
    /// Queries, keys and values below each other.
    pub qkv: LinearPlan,
    pub proj: LinearPlan,
    pub norm2: NormPlan,
    pub fc1: LinearPlan,
    pub fc2: LinearPlan,
}

/// What stands between the two wide layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Middle {
    /// x · Φ(x)
    Gelu,
    /// x / (1 + exp(-x))
    Silu,
}

/// `x Wᵀ + b`
pub(crate) struct LinearPlan {
    /// `[out, in]`
    pub shape: [usize; 2],
    pub weight: Vec<f32>,
    pub bias: Vec<f32>,
}

/// A layer norm.
pub(crate) struct NormPlan {
    pub weight: Vec<f32>,
    pub bias: Vec<f32>,
}

/// From tokens to logits, over the norms `N` and layers `L` of some engine.
pub(crate) enum Tail<N, L> {
    /// The class token behind the last block, normalised, through one layer.
    Class { norm: N, head: L },
    /// Linear in what is pooled from the tokens behind several blocks.
    Pooled(Readout),
}

/// Logits that are linear in class token, mean and standard deviation of the patches' tokens behind some blocks.
pub(crate) struct Readout {
    /// Channels of a token.
    pub width: usize,
    /// Blocks that came before, counted from 1, and `[classes][3 · width]`; in that order.
    pub layers: Vec<(usize, Vec<f32>)>,
    pub bias: Vec<f32>,
}

impl Readout {
    /// Nothing but the bias.
    pub fn begin(&self) -> Vec<f64> {
        self.bias.iter().map(|b| f64::from(*b)).collect()
    }

    /// Adds to `logits` what the tokens `[1 + grid²][width]` of an image behind `layer` blocks are worth.
    pub fn add(&self, layer: usize, tokens: &[f32], logits: &mut [f64]) {
        let Some((_, weight)) = self.layers.iter().find(|(l, _)| *l == layer) else { return };
        let pooled = pooled(tokens, self.width);
        for (logit, row) in logits.iter_mut().zip(weight.chunks_exact(pooled.len().max(1))) {
            *logit += row.iter().zip(&pooled).map(|(w, x)| f64::from(*w) * x).sum::<f64>();
        }
    }
}

/// Class token, mean and standard deviation of the others, `[3 · width]`.
fn pooled(tokens: &[f32], width: usize) -> Vec<f64> {
    let (class, patches) = tokens.split_at(width.min(tokens.len()));
    let n = (patches.len() / width.max(1)).max(1) as f64;
    let mut mean = vec![0.0; width];
    for token in patches.chunks_exact(width) {
        mean.iter_mut().zip(token).for_each(|(m, x)| *m += f64::from(*x) / n);
    }
    let mut variance = vec![0.0; width];
    for token in patches.chunks_exact(width) {
        let off = mean.iter().zip(token).map(|(m, x)| f64::from(*x) - m);
        variance.iter_mut().zip(off).for_each(|(v, o)| *v += o * o / n);
    }
    let class = class.iter().map(|x| f64::from(*x));
    class.chain(mean).chain(variance.into_iter().map(f64::sqrt)).collect()
}

/// Pictures of another size than the position embedding was made for are refused.
pub(crate) fn check(x: &Tensor, net: &'static str, grid: usize) -> Result<(), NetsError> {
    let side = grid * PATCH;
    match *x.dims() {
        [_, 3, h, w] if h == side && w == side => Ok(()),
        _ => {
            let expected = "[n, 3, s, s] with the size s of its position embedding";
            Err(NetsError::InputShape { net, expected, actual: x.dims().to_vec() })
        }
    }
}

impl LinearPlan {
    /// `{name}.weight` and `{name}.bias`.
    pub fn read(r: &Reader<'_>, name: &str, [out, input]: [usize; 2]) -> Result<Self, NetsError> {
        let weight = r.floats(&format!("{name}.weight"), &[out, input])?;
        Ok(Self { shape: [out, input], weight, bias: r.floats(&format!("{name}.bias"), &[out])? })
    }

    /// The same layer with all its outputs multiplied.
    pub fn times(mut self, factor: f32) -> Self {
        self.weight.iter_mut().chain(&mut self.bias).for_each(|v| *v *= factor);
        self
    }
}

impl NormPlan {
    /// `{name}.weight` and `{name}.bias`.
    pub fn read(r: &Reader<'_>, name: &str, width: usize) -> Result<Self, NetsError> {
        let part = |p: &str| r.floats(&format!("{name}.{p}"), &[width]);
        Ok(Self { weight: part("weight")?, bias: part("bias")? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_patches_are_pooled_apart_from_the_class_token() {
        let tokens = [9.0, -9.0, 1.0, 5.0, 3.0, 5.0];
        assert_eq!(pooled(&tokens, 2), [9.0, -9.0, 2.0, 5.0, 1.0, 0.0]);
        let weight = vec![1.0, 0.0, 10.0, 0.0, 100.0, 0.0];
        let readout = Readout { width: 2, layers: vec![(3, weight)], bias: vec![0.5] };
        let mut logits = readout.begin();
        readout.add(2, &tokens, &mut logits);
        assert_eq!(logits, [0.5]);
        readout.add(3, &tokens, &mut logits);
        assert_eq!(logits, [0.5 + 9.0 + 20.0 + 100.0]);
    }
}
