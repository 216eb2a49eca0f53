//! The image encoder of CLIP ViT-B/16 (Radford et al. 2021), tensors named as in transformers, and a head of ours.
//!
//! Nothing above the tokens is used, neither the last norm nor the projection beside the texts: the head reads the
//! tokens behind the blocks for which it has weights, `head.layerN.weight` `[classes, 3 · 768]` for N from 1 to 12 and
//! `head.bias`, and blocks after the last of these are neither read nor run.

use super::plan::Reader;
use super::vit_plan::{LinearPlan, Middle, NormPlan, PATCH, Readout, Tail, VitBlockPlan, VitPlan};
use crate::error::NetsError;

const WIDTH: usize = 768;
const HEADS: usize = 12;
const DEPTH: usize = 12;
/// Patches along a side: pictures of 224 pixels.
const GRID: usize = 14;
/// CLIP's activation is x · sigmoid(1.702 x), which is silu(1.702 x) / 1.702: the factors go into the layers about it.
const QUICK: f32 = 1.702;

/// Its layers, with `classes` logits.
pub(super) fn plan(r: &Reader<'_>, classes: usize) -> Result<VitPlan, NetsError> {
    let embedding = |part: &str| format!("vision_model.embeddings.{part}");
    let weight = r.floats(&embedding("patch_embedding.weight"), &[WIDTH, 3, PATCH, PATCH])?;
    let mut positions = r.floats(&embedding("position_embedding.weight"), &[GRID * GRID + 1, WIDTH])?;
    let class = r.floats(&embedding("class_embedding"), &[WIDTH])?;
    positions.iter_mut().zip(class).for_each(|(p, c)| *p += c);
    let readout = readout(r, classes)?;
    Ok(VitPlan {
        name: "clip-vit-b16",
        width: WIDTH,
        heads: HEADS,
        grid: GRID,
        depth: readout.layers.last().map_or(0, |(layer, _)| *layer),
        eps: 1e-5,
        middle: Middle::Silu,
        patches: LinearPlan { shape: [WIDTH, 3 * PATCH * PATCH], weight, bias: vec![0.0; WIDTH] },
        positions,
        entry: Some(NormPlan::read(r, "vision_model.pre_layrnorm", WIDTH)?),
        block,
        tail: Tail::Pooled(readout),
    })
}

fn readout(r: &Reader<'_>, classes: usize) -> Result<Readout, NetsError> {
    let mut layers = Vec::new();
    for layer in 1..=DEPTH {
        let name = format!("head.layer{layer}.weight");
        if r.vb.contains_tensor(&name) {
            layers.push((layer, r.floats(&name, &[classes, 3 * WIDTH])?));
        }
    }
    if layers.is_empty() {
        return Err(NetsError::MissingTensor { name: format!("head.layer{DEPTH}.weight") });
    }
    Ok(Readout { width: WIDTH, layers, bias: r.floats("head.bias", &[classes])? })
}

fn block(r: &Reader<'_>, index: usize) -> Result<VitBlockPlan, NetsError> {
    let named = |part: &str| format!("vision_model.encoder.layers.{index}.{part}");
    let square = |part: &str| LinearPlan::read(r, &named(&format!("self_attn.{part}")), [WIDTH, WIDTH]);
    let mut qkv = square("q_proj")?;
    for part in ["k_proj", "v_proj"] {
        let next = square(part)?;
        qkv.weight.extend(next.weight);
        qkv.bias.extend(next.bias);
    }
    qkv.shape = [3 * WIDTH, WIDTH];
    let mut fc2 = LinearPlan::read(r, &named("mlp.fc2"), [WIDTH, 4 * WIDTH])?;
    fc2.weight.iter_mut().for_each(|w| *w /= QUICK);
    Ok(VitBlockPlan {
        norm1: NormPlan::read(r, &named("layer_norm1"), WIDTH)?,
        qkv,
        proj: square("out_proj")?,
        norm2: NormPlan::read(r, &named("layer_norm2"), WIDTH)?,
        fc1: LinearPlan::read(r, &named("mlp.fc1"), [4 * WIDTH, WIDTH])?.times(QUICK),
        fc2,
    })
}
