//! ViT-S/16 (Dosovitskiy et al. 2021; sizes of Touvron et al. 2021), tensors named as in timm.

use super::plan::Reader;
use super::vit_plan::{LinearPlan, Middle, NormPlan, PATCH, Tail, VitBlockPlan, VitPlan};
use crate::error::NetsError;

const WIDTH: usize = 384;
const HEADS: usize = 6;
const DEPTH: usize = 12;

/// Its layers, with `classes` logits.
pub(super) fn plan(r: &Reader<'_>, classes: usize) -> Result<VitPlan, NetsError> {
    let grid = grid(r);
    let weight = r.floats("patch_embed.proj.weight", &[WIDTH, 3, PATCH, PATCH])?;
    let bias = r.floats("patch_embed.proj.bias", &[WIDTH])?;
    let mut positions = r.floats("pos_embed", &[1, grid * grid + 1, WIDTH])?;
    let class = r.floats("cls_token", &[1, 1, WIDTH])?;
    positions.iter_mut().zip(class).for_each(|(p, c)| *p += c);
    Ok(VitPlan {
        name: "vit-s16",
        width: WIDTH,
        heads: HEADS,
        grid,
        depth: DEPTH,
        eps: 1e-6,
        middle: Middle::Gelu,
        patches: LinearPlan { shape: [WIDTH, 3 * PATCH * PATCH], weight, bias },
        positions,
        entry: None,
        block,
        tail: Tail::Class {
            norm: NormPlan::read(r, "norm", WIDTH)?,
            head: LinearPlan::read(r, "head", [classes, WIDTH])?,
        },
    })
}

fn block(r: &Reader<'_>, index: usize) -> Result<VitBlockPlan, NetsError> {
    let named = |part: &str| format!("blocks.{index}.{part}");
    Ok(VitBlockPlan {
        norm1: NormPlan::read(r, &named("norm1"), WIDTH)?,
        qkv: LinearPlan::read(r, &named("attn.qkv"), [3 * WIDTH, WIDTH])?,
        proj: LinearPlan::read(r, &named("attn.proj"), [WIDTH, WIDTH])?,
        norm2: NormPlan::read(r, &named("norm2"), WIDTH)?,
        fc1: LinearPlan::read(r, &named("mlp.fc1"), [4 * WIDTH, WIDTH])?,
        fc2: LinearPlan::read(r, &named("mlp.fc2"), [WIDTH, 4 * WIDTH])?,
    })
}

/// Patches along a side of the pictures that the position embedding was made for.
fn grid(r: &Reader<'_>) -> usize {
    let embedding = r.vb.get_unchecked("pos_embed").map(|t| t.dims().to_vec()).unwrap_or_default();
    let tokens = embedding.get(1).copied().unwrap_or(197);
    tokens.saturating_sub(1).isqrt()
}
