//! ViT-S/16 (Dosovitskiy et al. 2021; sizes of Touvron et al. 2021), tensors named as in timm.
//!
//! candle-transformers has a ViT, but with separate query, key and value and without a way to the
//! patch tokens; this one reads timm's files as they are.

use candle_core::{D, Tensor};
use candle_nn::VarBuilder;

use crate::backbone::plan::Reader;
use crate::error::NetsError;
use crate::gelu::gelu;

pub(super) const WIDTH: usize = 384;
pub(super) const HEADS: usize = 6;
pub(super) const DEPTH: usize = 12;
pub(super) const PATCH: usize = 16;
pub(super) const EPS: f64 = 1e-6;

/// The network. Its input size is fixed by its position embedding.
pub(crate) struct Vit {
    patches: Linear,
    class_token: Tensor,
    positions: Tensor,
    blocks: Vec<Block>,
    norm: Norm,
    head: Linear,
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
}

/// Patches along a side of the pictures that the position embedding was made for.
pub(super) fn grid(r: &Reader<'_>) -> usize {
    let embedding = r.vb.get_unchecked("pos_embed").map(|t| t.dims().to_vec()).unwrap_or_default();
    let tokens = embedding.get(1).copied().unwrap_or(197);
    tokens.saturating_sub(1).isqrt()
}

/// Pictures of any other size than that are refused.
pub(super) fn check(x: &Tensor, grid: usize) -> Result<(), NetsError> {
    let side = grid * PATCH;
    match *x.dims() {
        [_, 3, h, w] if h == side && w == side => Ok(()),
        _ => {
            let expected = "[n, 3, s, s] with the size s of its position embedding";
            Err(NetsError::InputShape { net: "vit-s16", expected, actual: x.dims().to_vec() })
        }
    }
}

impl Vit {
    /// Reads the tensors.
    pub fn load(vb: VarBuilder<'_>, classes: usize) -> Result<Self, NetsError> {
        let r = Reader { vb, eps: 0.0 };
        let grid = grid(&r);
        let pixels = PATCH * PATCH * 3;
        let kernel = r.tensor("patch_embed.proj.weight", &[WIDTH, 3, PATCH, PATCH])?;
        Ok(Self {
            patches: Linear {
                weight: kernel.reshape((WIDTH, pixels))?.t()?.contiguous()?,
                bias: r.tensor("patch_embed.proj.bias", &[WIDTH])?,
            },
            class_token: r.tensor("cls_token", &[1, 1, WIDTH])?,
            positions: r.tensor("pos_embed", &[1, grid * grid + 1, WIDTH])?,
            blocks: (0..DEPTH).map(|i| Block::load(&r, i)).collect::<Result<_, _>>()?,
            norm: Norm::load(&r, "norm")?,
            head: Linear::load(&r, "head", [classes, WIDTH])?,
            grid,
        })
    }

    /// `[n, 3, s, s]` → the normalised tokens `[n, 1 + s² / 256, 384]`, the class token first.
    fn tokens(&self, x: &Tensor) -> Result<Tensor, NetsError> {
        check(x, self.grid)?;
        let (n, g) = (x.dim(0)?, self.grid);
        let patches = x
            .reshape(&[n, 3, g, PATCH, g, PATCH][..])?
            .permute([0, 2, 4, 1, 3, 5])?
            .contiguous()?
            .reshape((n, g * g, 3 * PATCH * PATCH))?;
        let patches = self.patches.forward(&patches)?;
        let class = self.class_token.broadcast_as((n, 1, WIDTH))?;
        let mut tokens = Tensor::cat(&[&class, &patches], 1)?.broadcast_add(&self.positions)?;
        for block in &self.blocks {
            tokens = block.forward(&tokens)?;
        }
        self.norm.forward(&tokens)
    }

    /// `[n, 3, s, s]` → `[n, classes]`, from the class token.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor, NetsError> {
        Ok(self.head.forward(&self.tokens(x)?.narrow(1, 0, 1)?.contiguous()?)?.squeeze(1)?)
    }

    /// `[n, 3, s, s]` → the patch tokens as a map, `[n, 384, s / 16, s / 16]`.
    pub fn features(&self, x: &Tensor) -> Result<Tensor, NetsError> {
        let (n, g) = (x.dim(0)?, self.grid);
        let patches = self.tokens(x)?.narrow(1, 1, g * g)?;
        Ok(patches.transpose(1, 2)?.contiguous()?.reshape((n, WIDTH, g, g))?)
    }
}

impl Block {
    fn load(r: &Reader<'_>, index: usize) -> Result<Self, NetsError> {
        let named = |part: &str| format!("blocks.{index}.{part}");
        Ok(Self {
            norm1: Norm::load(r, &named("norm1"))?,
            qkv: Linear::load(r, &named("attn.qkv"), [3 * WIDTH, WIDTH])?,
            proj: Linear::load(r, &named("attn.proj"), [WIDTH, WIDTH])?,
            norm2: Norm::load(r, &named("norm2"))?,
            fc1: Linear::load(r, &named("mlp.fc1"), [4 * WIDTH, WIDTH])?,
            fc2: Linear::load(r, &named("mlp.fc2"), [WIDTH, 4 * WIDTH])?,
        })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor, NetsError> {
        let x = (x + self.attention(&self.norm1.forward(x)?)?)?;
        let wide = gelu(&self.fc1.forward(&self.norm2.forward(&x)?)?)?;
        Ok((&x + self.fc2.forward(&wide)?)?)
    }

    fn attention(&self, x: &Tensor) -> Result<Tensor, NetsError> {
        let (n, tokens, _) = x.dims3()?;
        let each = WIDTH / HEADS;
        let qkv = self.qkv.forward(x)?.reshape((n, tokens, 3, HEADS, each))?.permute((2, 0, 3, 1, 4))?;
        let part = |i: usize| qkv.get(i)?.contiguous();
        let (q, k, v) = ((part(0)? * (each as f64).powf(-0.5))?, part(1)?, part(2)?);
        let weights = candle_nn::ops::softmax_last_dim(&q.matmul(&k.transpose(D::Minus1, D::Minus2)?)?)?;
        let mixed = weights.matmul(&v)?.transpose(1, 2)?.contiguous()?.reshape((n, tokens, WIDTH))?;
        self.proj.forward(&mixed)
    }
}

impl Linear {
    fn load(r: &Reader<'_>, name: &str, shape: [usize; 2]) -> Result<Self, NetsError> {
        let weight = r.tensor(&format!("{name}.weight"), &shape)?.t()?.contiguous()?;
        Ok(Self { weight, bias: r.tensor(&format!("{name}.bias"), &shape[..1])? })
    }

    /// `[n, tokens, in]` → `[n, tokens, out]`.
    fn forward(&self, x: &Tensor) -> Result<Tensor, NetsError> {
        let (n, tokens, input) = x.dims3()?;
        let rows = x.reshape((n * tokens, input))?.matmul(&self.weight)?.broadcast_add(&self.bias)?;
        Ok(rows.reshape((n, tokens, ()))?)
    }
}

impl Norm {
    fn load(r: &Reader<'_>, name: &str) -> Result<Self, NetsError> {
        let part = |p: &str| r.tensor(&format!("{name}.{p}"), &[WIDTH]);
        Ok(Self { weight: part("weight")?, bias: part("bias")? })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor, NetsError> {
        Ok(candle_nn::ops::layer_norm(x, &self.weight, &self.bias, EPS as f32)?)
    }
}
