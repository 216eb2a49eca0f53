//! The ViT of [`super::vit_s16`] on the channels-last kernels: tokens are pixels of an image one row high.

use crate::backbone::plan::Reader;
use crate::backbone::vit_s16::{DEPTH, EPS, HEADS, PATCH, WIDTH};
use crate::cpu::{Activation, Conv, ConvSpec, LayerNorm, Nhwc, Padding, attention};
use crate::error::NetsError;
use crate::gelu;

/// The network with its weights packed. Its input size is fixed by its position embedding.
pub(crate) struct VitKernels {
    patches: Conv,
    /// `[1 + grid²][384]`: the position embedding, the class token added to the first row.
    positions: Vec<f32>,
    blocks: Vec<Block>,
    norm: LayerNorm,
    head: Conv,
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
    /// Reads the tensors; `grid` patches along a side.
    pub fn load(r: &Reader<'_>, grid: usize, classes: usize) -> Result<Self, NetsError> {
        let shape = [WIDTH, 3, PATCH, PATCH];
        let kernel = r.floats("patch_embed.proj.weight", &shape)?;
        let bias = r.floats("patch_embed.proj.bias", &[WIDTH])?;
        let spec = ConvSpec { stride: PATCH, padding: Padding::VALID, activation: Activation::None };
        let mut positions = r.floats("pos_embed", &[1, grid * grid + 1, WIDTH])?;
        let class = r.floats("cls_token", &[1, 1, WIDTH])?;
        positions.iter_mut().zip(class).for_each(|(p, c)| *p += c);
        Ok(Self {
            patches: Conv::from_oihw(shape, &kernel, &bias, spec),
            positions,
            blocks: (0..DEPTH).map(|i| Block::load(r, i)).collect::<Result<_, _>>()?,
            norm: norm(r, "norm")?,
            head: linear(r, "head", [classes, WIDTH])?,
            grid,
        })
    }

    /// A picture `[1, s, s, 3]` as its normalised tokens `[1, 1, 1 + grid², 384]`, the class token first.
    fn tokens(&self, picture: &Nhwc) -> Nhwc {
        let patches = self.patches.forward(picture);
        let mut tokens = Nhwc::scratch(1, 1, self.grid * self.grid + 1, WIDTH);
        tokens.data.copy_from_slice(&self.positions);
        tokens.data.iter_mut().skip(WIDTH).zip(&patches.data).for_each(|(t, p)| *t += p);
        for block in &self.blocks {
            tokens = block.forward(tokens);
        }
        self.norm.forward(&tokens)
    }

    /// The logits of a picture `[1, s, s, 3]`, from the class token.
    pub fn logits(&self, picture: &Nhwc) -> Vec<f32> {
        let mut tokens = self.tokens(picture);
        tokens.data.truncate(WIDTH);
        (tokens.h, tokens.w) = (1, 1);
        std::mem::take(&mut self.head.forward(&tokens).data)
    }

    /// The patch tokens of a picture `[1, s, s, 3]` as a map `[1, s / 16, s / 16, 384]`.
    pub fn features(&self, picture: &Nhwc) -> Nhwc {
        let tokens = self.tokens(picture);
        let mut map = Nhwc::scratch(1, self.grid, self.grid, WIDTH);
        map.data.iter_mut().zip(tokens.data.iter().skip(WIDTH)).for_each(|(m, t)| *m = *t);
        map
    }
}

impl Block {
    fn load(r: &Reader<'_>, index: usize) -> Result<Self, NetsError> {
        let named = |part: &str| format!("blocks.{index}.{part}");
        Ok(Self {
            norm1: norm(r, &named("norm1"))?,
            qkv: linear(r, &named("attn.qkv"), [3 * WIDTH, WIDTH])?,
            proj: linear(r, &named("attn.proj"), [WIDTH, WIDTH])?,
            norm2: norm(r, &named("norm2"))?,
            fc1: linear(r, &named("mlp.fc1"), [4 * WIDTH, WIDTH])?,
            fc2: linear(r, &named("mlp.fc2"), [WIDTH, 4 * WIDTH])?,
        })
    }

    fn forward(&self, x: Nhwc) -> Nhwc {
        let mixed = attention(&self.qkv.forward(&self.norm1.forward(&x)), HEADS);
        let x = self.proj.forward_add(&mixed, &x);
        let mut wide = self.fc1.forward(&self.norm2.forward(&x));
        gelu::in_place(&mut wide.data);
        self.fc2.forward_add(&wide, &x)
    }
}

fn linear(r: &Reader<'_>, name: &str, [out, input]: [usize; 2]) -> Result<Conv, NetsError> {
    let weight = r.floats(&format!("{name}.weight"), &[out, input])?;
    let bias = r.floats(&format!("{name}.bias"), &[out])?;
    Ok(Conv::from_oihw([out, input, 1, 1], &weight, &bias, ConvSpec::unit(Activation::None)))
}

fn norm(r: &Reader<'_>, name: &str) -> Result<LayerNorm, NetsError> {
    let part = |p: &str| r.floats(&format!("{name}.{p}"), &[WIDTH]);
    Ok(LayerNorm::new(part("weight")?, part("bias")?, EPS as f32))
}
