//! Vision transformers on the channels-last kernels: tokens are pixels of an image one row high.

use super::plan::Reader;
use super::vit_plan::{LinearPlan, Middle, NormPlan, PATCH, Tail, VitBlockPlan, VitPlan};
use crate::cpu::{Activation, Conv, ConvSpec, LayerNorm, Nhwc, Padding, attention};
use crate::error::NetsError;
use crate::gelu;

/// The network with its weights packed. Its input size is fixed by its position embedding.
pub(crate) struct VitKernels {
    name: &'static str,
    patches: Conv,
    /// `[1 + grid²][width]`: the position embedding, the class token added to the first row.
    positions: Vec<f32>,
    entry: Option<LayerNorm>,
    blocks: Vec<Block>,
    tail: Tail<LayerNorm, Conv>,
    middle: Middle,
    heads: usize,
    width: usize,
    /// Patches along a side.
    grid: usize,
}

struct Block {
    norm1: LayerNorm,
    qkv: Conv,
    proj: Conv,
    norm2: LayerNorm,
    fc1: Conv,
    fc2: Conv,
}

impl VitKernels {
    /// Packs the layers, the blocks from `r`.
    pub fn build(plan: VitPlan, r: &Reader<'_>) -> Result<Self, NetsError> {
        let spec = ConvSpec { stride: PATCH, padding: Padding::VALID, activation: Activation::None };
        let norm = |n: NormPlan| LayerNorm::new(n.weight, n.bias, plan.eps);
        Ok(Self {
            name: plan.name,
            patches: Conv::from_oihw([plan.width, 3, PATCH, PATCH], &plan.patches.weight, &plan.patches.bias, spec),
            positions: plan.positions,
            entry: plan.entry.map(norm),
            blocks: (0..plan.depth)
                .map(|i| Ok(Block::build((plan.block)(r, i)?, plan.middle, norm)))
                .collect::<Result<_, NetsError>>()?,
            tail: match plan.tail {
                Tail::Class { norm: n, head } => Tail::Class { norm: norm(n), head: linear(&head, Activation::None) },
                Tail::Pooled(readout) => Tail::Pooled(readout),
            },
            middle: plan.middle,
            heads: plan.heads,
            width: plan.width,
            grid: plan.grid,
        })
    }

    /// Its name in errors, and its patches along a side.
    pub fn input(&self) -> (&'static str, usize) {
        (self.name, self.grid)
    }

    /// A picture `[1, s, s, 3]` as its tokens `[1, 1, 1 + grid², width]`, the class token first; `behind` is shown those
    /// behind each block, counted from 1.
    fn tokens(&self, picture: &Nhwc, mut behind: impl FnMut(usize, &Nhwc)) -> Nhwc {
        let patches = self.patches.forward(picture);
        let mut tokens = Nhwc::scratch(1, 1, self.grid * self.grid + 1, self.width);
        tokens.data.copy_from_slice(&self.positions);
        tokens.data.iter_mut().skip(self.width).zip(&patches.data).for_each(|(t, p)| *t += p);
        if let Some(norm) = &self.entry {
            tokens = norm.forward(&tokens);
        }
        for (block, number) in self.blocks.iter().zip(1..) {
            tokens = block.forward(tokens, self.heads, self.middle);
            behind(number, &tokens);
        }
        tokens
    }

    /// The logits of a picture `[1, s, s, 3]`.
    pub fn logits(&self, picture: &Nhwc) -> Vec<f32> {
        match &self.tail {
            Tail::Class { norm, head } => {
                let mut tokens = self.tokens(picture, |_, _| {});
                tokens.data.truncate(self.width);
                (tokens.h, tokens.w) = (1, 1);
                std::mem::take(&mut head.forward(&norm.forward(&tokens)).data)
            }
            Tail::Pooled(readout) => {
                let mut logits = readout.begin();
                self.tokens(picture, |number, tokens| readout.add(number, &tokens.data, &mut logits));
                logits.into_iter().map(|l| l as f32).collect()
            }
        }
    }

    /// The patch tokens of a picture `[1, s, s, 3]` as a map `[1, s / 16, s / 16, width]`.
    pub fn features(&self, picture: &Nhwc) -> Nhwc {
        let mut tokens = self.tokens(picture, |_, _| {});
        if let Tail::Class { norm, .. } = &self.tail {
            tokens = norm.forward(&tokens);
        }
        let mut map = Nhwc::scratch(1, self.grid, self.grid, self.width);
        map.data.iter_mut().zip(tokens.data.iter().skip(self.width)).for_each(|(m, t)| *m = *t);
        map
    }
}

impl Block {
    fn build(plan: VitBlockPlan, middle: Middle, norm: impl Fn(NormPlan) -> LayerNorm) -> Self {
        let between = match middle {
            Middle::Gelu => Activation::None,
            Middle::Silu => Activation::Silu,
        };
        Self {
            norm1: norm(plan.norm1),
            qkv: linear(&plan.qkv, Activation::None),
            proj: linear(&plan.proj, Activation::None),
            norm2: norm(plan.norm2),
            fc1: linear(&plan.fc1, between),
            fc2: linear(&plan.fc2, Activation::None),
        }
    }

    fn forward(&self, x: Nhwc, heads: usize, middle: Middle) -> Nhwc {
        let mixed = attention(&self.qkv.forward(&self.norm1.forward(&x)), heads);
        let x = self.proj.forward_add(&mixed, &x);
        let mut wide = self.fc1.forward(&self.norm2.forward(&x));
        if middle == Middle::Gelu {
            gelu::in_place(&mut wide.data);
        }
        self.fc2.forward_add(&wide, &x)
    }
}

fn linear(plan: &LinearPlan, activation: Activation) -> Conv {
    let [out, input] = plan.shape;
    Conv::from_oihw([out, input, 1, 1], &plan.weight, &plan.bias, ConvSpec::unit(activation))
}
