//! ViT-S/16 in training, by candle's tape.
//!
//! candle passes no gradient through its own `softmax_last_dim` and layer norm, without an error; here both are
//! written with operations that it differentiates.

use candle_core::{D, DType, Device, Tensor};

use super::params::{Flat, ParamKind};
use super::tape::{Last, Place, Precision, on_device};
use crate::error::NetsError;
use crate::weights::Weights;

const WIDTH: usize = 384;
const HEADS: usize = 6;
const DEPTH: usize = 12;
const PATCH: usize = 16;
const EPS: f64 = 1e-6;

/// The network's shape, where it learns, and the tape of its last pass.
#[derive(Debug)]
pub(super) struct Vit {
    /// Patches along a side.
    grid: usize,
    place: Place,
    last: Option<Last>,
}

impl Vit {
    /// Takes the tensors, in the order of the layers; says where each block's parameters begin, and the head's.
    pub(super) fn take(
        weights: &Weights,
        classes: usize,
        flat: &mut Flat,
        place: Place,
    ) -> Result<(Self, Vec<usize>), NetsError> {
        let tokens = weights.get("pos_embed")?.shape.get(1).copied().unwrap_or_default();
        let grid = tokens.saturating_sub(1).isqrt();
        let mut starts = vec![0];
        let mut take = |name: String, shape: &[usize], kind| flat.take_as_is(weights, name, shape, kind).map(|r| r.end);
        take("cls_token".into(), &[1, 1, WIDTH], ParamKind::Bias)?;
        take("pos_embed".into(), &[1, grid * grid + 1, WIDTH], ParamKind::Bias)?;
        take("patch_embed.proj.weight".into(), &[WIDTH, 3, PATCH, PATCH], ParamKind::Weight)?;
        let mut end = take("patch_embed.proj.bias".into(), &[WIDTH], ParamKind::Bias)?;
        for i in 0..DEPTH {
            starts.push(end);
            for (part, [out, input]) in [
                ("norm1", [WIDTH, 0]),
                ("attn.qkv", [3 * WIDTH, WIDTH]),
                ("attn.proj", [WIDTH, WIDTH]),
                ("norm2", [WIDTH, 0]),
                ("mlp.fc1", [4 * WIDTH, WIDTH]),
                ("mlp.fc2", [WIDTH, 4 * WIDTH]),
            ] {
                let (shape, weight, bias) = match input {
                    0 => (vec![out], ParamKind::Norm, ParamKind::Norm),
                    _ => (vec![out, input], ParamKind::Weight, ParamKind::Bias),
                };
                take(format!("blocks.{i}.{part}.weight"), &shape, weight)?;
                end = take(format!("blocks.{i}.{part}.bias"), &[out], bias)?;
            }
        }
        starts.push(end);
        take("norm.weight".into(), &[WIDTH], ParamKind::Norm)?;
        take("norm.bias".into(), &[WIDTH], ParamKind::Norm)?;
        take("head.weight".into(), &[classes, WIDTH], ParamKind::Weight)?;
        take("head.bias".into(), &[classes], ParamKind::Bias)?;
        Ok((Self { grid, place, last: None }, starts))
    }

    /// Numbers that the head is given.
    pub(super) fn width(&self) -> usize {
        WIDTH
    }

    /// Logits of `[n, s, s, 3]`; parameters from `learning` on are taped. `kept` are factors of what the head is given,
    /// empty for none.
    pub(super) fn forward(
        &mut self,
        flat: &Flat,
        learning: usize,
        pixels: &[f32],
        [n, h, w]: [usize; 3],
        kept: &[f32],
    ) -> Result<Vec<f32>, NetsError> {
        let side = self.grid * PATCH;
        if [h, w] != [side, side] {
            let expected = "[n, s, s, 3] with the size s of its position embedding";
            return Err(NetsError::InputShape { net: "vit-s16", expected, actual: vec![n, h, w, 3] });
        }
        let Place { device, precision } = &self.place;
        let (vars, tensors) = on_device(flat, learning, device)?;
        let pass = Pass { tensors, grid: self.grid, device, precision: *precision };
        let mut row = pass.class_token(pixels, n)?;
        if !kept.is_empty() {
            row = (row * Tensor::from_slice(kept, (n, WIDTH), device)?)?;
        }
        let logits = pass.linear("head", &row)?;
        let values = logits.flatten_all()?.to_vec1()?;
        self.last = Some(Last { logits, vars });
        Ok(values)
    }

    /// Adds the gradients, from those of the last logits.
    pub(super) fn backward(&mut self, gradient: &[f32], flat: &Flat, grads: &mut [f32]) -> Result<(), NetsError> {
        self.last.take().map_or(Ok(()), |last| last.backward(gradient, flat, grads))
    }
}

/// The parameters of one pass by name.
struct Pass<'a> {
    tensors: std::collections::HashMap<&'a str, Tensor>,
    grid: usize,
    device: &'a Device,
    precision: Precision,
}

impl Pass<'_> {
    fn get(&self, name: &str) -> Result<&Tensor, NetsError> {
        self.tensors.get(name).ok_or_else(|| NetsError::MissingTensor { name: name.to_owned() })
    }

    /// The class token behind the last norm, `[n, 384]`.
    fn class_token(&self, pixels: &[f32], n: usize) -> Result<Tensor, NetsError> {
        let g = self.grid;
        let patches = Tensor::from_slice(pixels, &[n, g, PATCH, g, PATCH, 3][..], self.device)?
            .permute([0, 1, 3, 5, 2, 4])?
            .contiguous()?
            .reshape((n * g * g, 3 * PATCH * PATCH))?;
        let kernel = self.get("patch_embed.proj.weight")?.reshape((WIDTH, 3 * PATCH * PATCH))?;
        let patches = patches.matmul(&kernel.t()?)?.broadcast_add(self.get("patch_embed.proj.bias")?)?;
        let class = self.get("cls_token")?.broadcast_as((n, 1, WIDTH))?;
        let tokens = Tensor::cat(&[class, patches.reshape((n, g * g, WIDTH))?], 1)?;
        let mut tokens = tokens.broadcast_add(self.get("pos_embed")?)?;
        for i in 0..DEPTH {
            let named = |part: &str| format!("blocks.{i}.{part}");
            let mixed = self.attention(&named("attn"), &self.norm(&named("norm1"), &tokens)?)?;
            tokens = (tokens + mixed)?;
            let wide = self.rows(&named("mlp.fc1"), &self.norm(&named("norm2"), &tokens)?)?.gelu_erf()?;
            tokens = (&tokens + self.rows(&named("mlp.fc2"), &wide)?)?;
        }
        let class = tokens.narrow(1, 0, 1)?.contiguous()?.squeeze(1)?;
        self.norm("norm", &class)
    }

    fn attention(&self, name: &str, x: &Tensor) -> Result<Tensor, NetsError> {
        let (n, tokens, _) = x.dims3()?;
        let each = WIDTH / HEADS;
        let qkv =
            self.rows(&format!("{name}.qkv"), x)?.reshape((n, tokens, 3, HEADS, each))?.permute((2, 0, 3, 1, 4))?;
        let part = |i: usize| qkv.narrow(0, i, 1)?.squeeze(0)?.contiguous();
        let (q, k, v) = ((part(0)? * (each as f64).powf(-0.5))?, part(1)?, part(2)?);
        let sums = q.matmul(&k.transpose(D::Minus1, D::Minus2)?.contiguous()?)?;
        // The largest is a constant: it drops out of the quotient.
        let raised = sums.broadcast_sub(&sums.detach().max_keepdim(D::Minus1)?)?.exp()?;
        let weights = raised.broadcast_div(&raised.sum_keepdim(D::Minus1)?)?;
        let mixed = weights.matmul(&v)?.transpose(1, 2)?.contiguous()?.reshape((n, tokens, WIDTH))?;
        self.rows(&format!("{name}.proj"), &mixed)
    }

    /// `[n, tokens, in]` → `[n, tokens, out]`.
    fn rows(&self, name: &str, x: &Tensor) -> Result<Tensor, NetsError> {
        let (n, tokens, input) = x.dims3()?;
        Ok(self.linear(name, &x.reshape((n * tokens, input))?)?.reshape((n, tokens, ()))?)
    }

    fn linear(&self, name: &str, x: &Tensor) -> Result<Tensor, NetsError> {
        let weight = self.get(&format!("{name}.weight"))?.t()?;
        let factor = |t: &Tensor| self.precision.factor(t);
        let sums = factor(x)?.matmul(&factor(&weight)?)?.to_dtype(DType::F32)?;
        Ok(sums.broadcast_add(self.get(&format!("{name}.bias"))?)?)
    }

    fn norm(&self, name: &str, x: &Tensor) -> Result<Tensor, NetsError> {
        let centred = x.broadcast_sub(&x.mean_keepdim(D::Minus1)?)?;
        let deviation = (centred.sqr()?.mean_keepdim(D::Minus1)? + EPS)?.sqrt()?;
        let scaled = centred.broadcast_div(&deviation)?.broadcast_mul(self.get(&format!("{name}.weight"))?)?;
        Ok(scaled.broadcast_add(self.get(&format!("{name}.bias"))?)?)
    }
}
