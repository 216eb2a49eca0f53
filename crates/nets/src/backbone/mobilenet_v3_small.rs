//! MobileNetV3-Small (Howard et al. 2019, table 2), tensors named as in torchvision.

use candle_nn::VarBuilder;

use crate::backbone::plan::{Block, ConvNamed, ConvPlan, GatePlan, GateShape, Plan, Reader, Skip, make_divisible};
use crate::cpu::{Activation, Padding};
use crate::error::NetsError;

/// One row of the paper's table.
struct Row {
    kernel: usize,
    wide: usize,
    out: usize,
    gate: bool,
    activation: Activation,
    stride: usize,
}

/// Most rows.
fn row(kernel: usize, wide: usize, out: usize, stride: usize) -> Row {
    Row { kernel, wide, out, gate: true, activation: Activation::HardSwish, stride }
}

fn rows() -> [Row; 11] {
    let relu = |r: Row| Row { activation: Activation::Relu, ..r };
    let ungated = |r: Row| Row { gate: false, ..r };
    [
        relu(row(3, 16, 16, 2)),
        relu(ungated(row(3, 72, 24, 2))),
        relu(ungated(row(3, 88, 24, 1))),
        row(5, 96, 40, 2),
        row(5, 240, 40, 1),
        row(5, 240, 40, 1),
        row(5, 120, 48, 1),
        row(5, 144, 48, 1),
        row(5, 288, 96, 2),
        row(5, 576, 96, 1),
        row(5, 576, 96, 1),
    ]
}

/// Input `[n, 3, h, w]`, last feature map `[n, 576, h / 32, w / 32]`.
pub(crate) fn plan(vb: VarBuilder<'_>, classes: usize) -> Result<Plan, NetsError> {
    let r = Reader { vb, eps: 1e-3 };
    let mut blocks = vec![Block::Conv(named(&r, "features.0", [16, 3], [3, 2], Activation::HardSwish)?)];
    let mut input = 16;
    for row in &rows() {
        let name = format!("features.{}.block", blocks.len());
        blocks.push(inverted(&r, &name, input, row)?);
        input = row.out;
    }
    blocks.push(Block::Conv(named(&r, "features.12", [576, input], [1, 1], Activation::HardSwish)?));
    let head = vec![
        r.dense("classifier.0", [1024, 576], Activation::HardSwish)?,
        r.dense("classifier.3", [classes, 1024], Activation::None)?,
    ];
    Ok(Plan { blocks, head })
}

fn inverted(r: &Reader<'_>, name: &str, input: usize, row: &Row) -> Result<Block<ConvPlan, GatePlan>, NetsError> {
    let (wide, act) = (row.wide, || row.activation.clone());
    let mut at = 0..;
    let mut next = || format!("{name}.{}", at.next().unwrap_or_default());
    let expand = (wide != input).then(|| named(r, &next(), [wide, input], [1, 1], act())).transpose()?;
    let depthwise = next();
    let depthwise = r.conv(ConvNamed {
        conv: &format!("{depthwise}.0"),
        norm: &format!("{depthwise}.1"),
        channels: [wide; 2],
        kernel: row.kernel,
        depthwise: true,
        stride: row.stride,
        padding: Padding::all(row.kernel / 2),
        activation: act(),
    })?;
    let gate = row
        .gate
        .then(|| r.gate(&next(), [wide, make_divisible(wide / 4, 8)], Activation::Relu, GateShape::HardSigmoid))
        .transpose()?;
    let project = named(r, &next(), [row.out, wide], [1, 1], Activation::None)?;
    let skip = if row.stride == 1 && row.out == input { Skip::Add } else { Skip::None };
    Ok(Block::Inverted { expand, depthwise, gate, project, skip })
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
