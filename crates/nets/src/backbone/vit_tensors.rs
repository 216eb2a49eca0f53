//! Vision transformers on candle tensors, for any device.
//!
//! candle-transformers has such networks too, but with one set of names each and without a way to the tokens between
//! their blocks; this one runs the plans that the kernels run.

use candle_core::{D, Device, Tensor};

use super::plan::Reader;
use super::vit_plan::{LinearPlan, Middle, NormPlan, PATCH, Tail, VitBlockPlan, VitPlan, check};
use crate::error::NetsError;
use crate::gelu::gelu;

/// The network. Its input size is fixed by its position embedding.
pub(crate) struct VitTensors {
    name: &'static str,
    patches: Linear,
    /// `[1, 1 + grid², width]`, zeros but for the class token in the first row, and the positions added.
    positions: Tensor,
    entry: Option<Norm>,
    blocks: Vec<Block>,
    tail: Tail<Norm, Linear>,
    middle: Middle,
    heads: usize,
    width: usize,
    /// Patches along a side.
    grid: usize,
}

struct Block {
    norm1: Norm,
    qkv: Linear,
    proj: Linear,
    norm2: Norm,
    fc1: Linear,
    fc2: Linear,
}

/// `x Wᵀ + b`; the weight is kept as `[in, out]`.
struct Linear {
    weight: Tensor,
    bias: Tensor,
}

struct Norm {
    weight: Tensor,
    bias: Tensor,
    eps: f32,
}

impl VitTensors {
    /// Puts the layers on the device of `r`, the blocks from `r`.
    pub fn build(plan: VitPlan, r: &Reader<'_>) -> Result<Self, NetsError> {
        let device = r.vb.device();
        let norm = |n: NormPlan| Norm::new(n, plan.eps, device);
        Ok(Self {
            name: plan.name,
            patches: Linear::new(plan.patches, device)?,
            positions: Tensor::from_vec(plan.positions, (1, plan.grid * plan.grid + 1, plan.width), device)?,
            entry: plan.entry.map(norm).transpose()?,
            blocks: (0..plan.depth)
                .map(|i| Block::new((plan.block)(r, i)?, norm, device))
                .collect::<Result<_, NetsError>>()?,
            tail: match plan.tail {
                Tail::Class { norm: n, head } => Tail::Class { norm: norm(n)?, head: Linear::new(head, device)? },
                Tail::Pooled(readout) => Tail::Pooled(readout),
            },
            middle: plan.middle,
            heads: plan.heads,
            width: plan.width,
            grid: plan.grid,
        })
    }

    /// `[n, 3, s, s]` → the tokens `[n, 1 + s² / 256, width]`, the class token first; `behind` is shown those behind
    /// each block, counted from 1.
    fn tokens(
        &self,
        x: &Tensor,
        mut behind: impl FnMut(usize, &Tensor) -> Result<(), NetsError>,
    ) -> Result<Tensor, NetsError> {
        check(x, self.name, self.grid)?;
        let (n, g) = (x.dim(0)?, self.grid);
        let patches = x
            .reshape(&[n, 3, g, PATCH, g, PATCH][..])?
            .permute([0, 2, 4, 1, 3, 5])?
            .contiguous()?
            .reshape((n, g * g, 3 * PATCH * PATCH))?;
        let patches = self.patches.forward(&patches)?;
        let class = patches.narrow(1, 0, 1)?.zeros_like()?;
        let mut tokens = Tensor::cat(&[&class, &patches], 1)?.broadcast_add(&self.positions)?;
        if let Some(norm) = &self.entry {
            tokens = norm.forward(&tokens)?;
        }
        for (block, number) in self.blocks.iter().zip(1..) {
            tokens = block.forward(&tokens, self.heads, self.middle)?;
            behind(number, &tokens)?;
        }
        Ok(tokens)
    }

    /// `[n, 3, s, s]` → `[n, classes]`.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor, NetsError> {
        match &self.tail {
            Tail::Class { norm, head } => {
                let class = self.tokens(x, |_, _| Ok(()))?.narrow(1, 0, 1)?.contiguous()?;
                Ok(head.forward(&norm.forward(&class)?)?.squeeze(1)?)
            }
            Tail::Pooled(readout) => {
                let n = x.dim(0)?;
                let mut logits = vec![readout.begin(); n];
                self.tokens(x, |number, tokens| {
                    if readout.layers.iter().any(|(layer, _)| *layer == number) {
                        let images: Vec<Vec<f32>> = tokens.flatten_from(1)?.to_vec2()?;
                        images.iter().zip(&mut logits).for_each(|(image, l)| readout.add(number, image, l));
                    }
                    Ok(())
                })?;
                let flat: Vec<f32> = logits.iter().flatten().map(|l| *l as f32).collect();
                Ok(Tensor::from_vec(flat, (n, ()), x.device())?)
            }
        }
    }

    /// `[n, 3, s, s]` → the patch tokens as a map, `[n, width, s / 16, s / 16]`.
    pub fn features(&self, x: &Tensor) -> Result<Tensor, NetsError> {
        let (n, g) = (x.dim(0)?, self.grid);
        let mut tokens = self.tokens(x, |_, _| Ok(()))?;
        if let Tail::Class { norm, .. } = &self.tail {
            tokens = norm.forward(&tokens)?;
        }
        let patches = tokens.narrow(1, 1, g * g)?;
        Ok(patches.transpose(1, 2)?.contiguous()?.reshape((n, self.width, g, g))?)
    }
}

impl Block {
    fn new(
        plan: VitBlockPlan,
        norm: impl Fn(NormPlan) -> Result<Norm, NetsError>,
        device: &Device,
    ) -> Result<Self, NetsError> {
        Ok(Self {
            norm1: norm(plan.norm1)?,
            qkv: Linear::new(plan.qkv, device)?,
            proj: Linear::new(plan.proj, device)?,
            norm2: norm(plan.norm2)?,
            fc1: Linear::new(plan.fc1, device)?,
            fc2: Linear::new(plan.fc2, device)?,
        })
    }

    fn forward(&self, x: &Tensor, heads: usize, middle: Middle) -> Result<Tensor, NetsError> {
        let x = (x + self.attention(&self.norm1.forward(x)?, heads)?)?;
        let wide = self.fc1.forward(&self.norm2.forward(&x)?)?;
        let wide = match middle {
            Middle::Gelu => gelu(&wide)?,
            Middle::Silu => wide.silu()?,
        };
        Ok((&x + self.fc2.forward(&wide)?)?)
    }

    fn attention(&self, x: &Tensor, heads: usize) -> Result<Tensor, NetsError> {
        let (n, tokens, width) = x.dims3()?;
        let each = width / heads;
        let qkv = self.qkv.forward(x)?.reshape((n, tokens, 3, heads, each))?.permute((2, 0, 3, 1, 4))?;
        let part = |i: usize| qkv.get(i)?.contiguous();
        let (q, k, v) = ((part(0)? * (each as f64).powf(-0.5))?, part(1)?, part(2)?);
        let weights = candle_nn::ops::softmax_last_dim(&q.matmul(&k.transpose(D::Minus1, D::Minus2)?)?)?;
        let mixed = weights.matmul(&v)?.transpose(1, 2)?.contiguous()?.reshape((n, tokens, width))?;
        self.proj.forward(&mixed)
    }
}

impl Linear {
    fn new(plan: LinearPlan, device: &Device) -> Result<Self, NetsError> {
        let [out, input] = plan.shape;
        let weight = Tensor::from_vec(plan.weight, (out, input), device)?.t()?.contiguous()?;
        Ok(Self { weight, bias: Tensor::from_vec(plan.bias, out, device)? })
    }

    /// `[n, tokens, in]` → `[n, tokens, out]`.
    fn forward(&self, x: &Tensor) -> Result<Tensor, NetsError> {
        let (n, tokens, input) = x.dims3()?;
        let rows = x.reshape((n * tokens, input))?.matmul(&self.weight)?.broadcast_add(&self.bias)?;
        Ok(rows.reshape((n, tokens, ()))?)
    }
}

impl Norm {
    fn new(plan: NormPlan, eps: f32, device: &Device) -> Result<Self, NetsError> {
        let width = plan.weight.len();
        let part = |values| Tensor::from_vec(values, width, device);
        Ok(Self { weight: part(plan.weight)?, bias: part(plan.bias)?, eps })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor, NetsError> {
        Ok(candle_nn::ops::layer_norm(&x.contiguous()?, &self.weight, &self.bias, self.eps)?)
    }
}
