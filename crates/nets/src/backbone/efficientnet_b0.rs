//! EfficientNet-B0 (Tan and Le 2019), tensors named as in torchvision.

use candle_nn::VarBuilder;

use crate::backbone::efficientnet::STAGES;
use crate::backbone::plan::{Block, ConvNamed, ConvPlan, GatePlan, GateShape, Plan, Reader, Skip};
use crate::cpu::{Activation, Padding};
use crate::error::NetsError;

/// Input `[n, 3, h, w]`, last feature map `[n, 1280, h / 32, w / 32]`.
pub(crate) fn plan(vb: VarBuilder<'_>, classes: usize) -> Result<Plan, NetsError> {
    let r = Reader { vb, eps: 1e-5 };
    let mut blocks = vec![Block::Conv(named(&r, "features.0", [32, 3], [3, 2], Activation::Silu)?)];
    let mut input = 32;
    for (stage, [t, kernel, stride, out, repeats]) in STAGES.into_iter().enumerate() {
        for i in 0..repeats {
            let name = format!("features.{}.{i}.block", stage + 1);
            let step = if i == 0 { stride } else { 1 };
            blocks.push(inverted(&r, &name, [out, input], t, [kernel, step])?);
            input = out;
        }
    }
    blocks.push(Block::Conv(named(&r, "features.8", [1280, input], [1, 1], Activation::Silu)?));
    Ok(Plan { blocks, head: vec![r.dense("classifier.1", [classes, 1280], Activation::None)?] })
}

fn inverted(
    r: &Reader<'_>,
    name: &str,
    [out, input]: [usize; 2],
    expansion: usize,
    [kernel, stride]: [usize; 2],
) -> Result<Block<ConvPlan, GatePlan>, NetsError> {
    let wide = input * expansion;
    let expand = (expansion != 1)
        .then(|| named(r, &format!("{name}.0"), [wide, input], [1, 1], Activation::Silu))
        .transpose()?;
    let at = usize::from(expand.is_some());
    let depthwise = r.conv(ConvNamed {
        conv: &format!("{name}.{at}.0"),
        norm: &format!("{name}.{at}.1"),
        channels: [wide; 2],
        kernel,
        depthwise: true,
        stride,
        padding: Padding::all(kernel / 2),
        activation: Activation::Silu,
    })?;
    let channels = [wide, (input / 4).max(1)];
    let gate = r.gate(&format!("{name}.{}", at + 1), channels, Activation::Silu, GateShape::Sigmoid)?;
    let project = named(r, &format!("{name}.{}", at + 2), [out, wide], [1, 1], Activation::None)?;
    let skip = if stride == 1 && out == input { Skip::Add } else { Skip::None };
    Ok(Block::Inverted { expand, depthwise, gate: Some(gate), project, skip })
}

/// `{name}.0` and its norm `{name}.1`; padded to keep the size at stride 1.
fn named(
    r: &Reader<'_>,
    name: &str,
    channels: [usize; 2],
    [kernel, stride]: [usize; 2],
    activation: Activation,
) -> Result<ConvPlan, NetsError> {
    r.conv(ConvNamed {
        conv: &format!("{name}.0"),
        norm: &format!("{name}.1"),
        channels,
        kernel,
        depthwise: false,
        stride,
        padding: Padding::all(kernel / 2),
        activation,
    })
}
