//! MobileNetV2 (Sandler et al. 2018, table 2), tensors named as in torchvision.

use candle_nn::VarBuilder;

use crate::backbone::plan::{Block, ConvNamed, ConvPlan, GatePlan, Plan, Reader, Skip};
use crate::cpu::{Activation, Padding};
use crate::error::NetsError;

/// Expansion, output channels, repeats, stride of the first.
const STAGES: [[usize; 4]; 7] =
    [[1, 16, 1, 1], [6, 24, 2, 2], [6, 32, 3, 2], [6, 64, 4, 2], [6, 96, 3, 1], [6, 160, 3, 2], [6, 320, 1, 1]];

/// Of the last feature map.
pub(super) const CHANNELS: usize = 1280;
/// Added to the variance of every batch norm.
pub(super) const EPS: f32 = 1e-5;

/// Input `[n, 3, h, w]`, last feature map `[n, 1280, h / 32, w / 32]`.
pub(crate) fn plan(vb: VarBuilder<'_>, classes: usize) -> Result<Plan, NetsError> {
    let r = Reader { vb, eps: EPS };
    Ok(Plan { blocks: blocks(&r)?, head: vec![r.dense("classifier.1", [classes, CHANNELS], Activation::None)?] })
}

/// From pixels to the last feature map.
pub(super) fn blocks(r: &Reader<'_>) -> Result<Vec<Block<ConvPlan, GatePlan>>, NetsError> {
    let mut blocks = vec![Block::Conv(around(r, "features.0", [32, 3], 3, 2)?)];
    let mut input = 32;
    for [t, out, repeats, stride] in STAGES {
        for i in 0..repeats {
            let name = format!("features.{}", blocks.len());
            blocks.push(inverted(r, &name, [out, input], t, if i == 0 { stride } else { 1 })?);
            input = out;
        }
    }
    blocks.push(Block::Conv(around(r, "features.18", [CHANNELS, input], 1, 1)?));
    Ok(blocks)
}

fn inverted(
    r: &Reader<'_>,
    name: &str,
    [out, input]: [usize; 2],
    expansion: usize,
    stride: usize,
) -> Result<Block<ConvPlan, GatePlan>, NetsError> {
    let wide = input * expansion;
    let expand = (expansion != 1).then(|| around(r, &format!("{name}.conv.0"), [wide, input], 1, 1)).transpose()?;
    let at = usize::from(expand.is_some());
    let depthwise = r.conv(ConvNamed {
        conv: &format!("{name}.conv.{at}.0"),
        norm: &format!("{name}.conv.{at}.1"),
        channels: [wide; 2],
        kernel: 3,
        depthwise: true,
        stride,
        padding: Padding::all(1),
        activation: Activation::Relu6,
    })?;
    let project = r.conv(ConvNamed {
        conv: &format!("{name}.conv.{}", at + 1),
        norm: &format!("{name}.conv.{}", at + 2),
        channels: [out, wide],
        kernel: 1,
        depthwise: false,
        stride: 1,
        padding: Padding::VALID,
        activation: Activation::None,
    })?;
    let skip = if stride == 1 && out == input { Skip::Add } else { Skip::None };
    Ok(Block::Inverted { expand, depthwise, gate: None, project, skip })
}

/// `{name}.0` and its norm `{name}.1`, then ReLU6; padded to keep the size at stride 1.
fn around(
    r: &Reader<'_>,
    name: &str,
    channels: [usize; 2],
    kernel: usize,
    stride: usize,
) -> Result<ConvPlan, NetsError> {
    r.conv(ConvNamed {
        conv: &format!("{name}.0"),
        norm: &format!("{name}.1"),
        channels,
        kernel,
        depthwise: false,
        stride,
        padding: Padding::all(kernel / 2),
        activation: Activation::Relu6,
    })
}
