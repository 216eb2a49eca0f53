//! ResNet-18 (He et al. 2016, table 1), tensors named as in torchvision; also with an edge channel.

use candle_core::Tensor;
use candle_nn::VarBuilder;

use crate::backbone::plan::{Block, ConvNamed, ConvPlan, GatePlan, Plan, Reader};
use crate::cpu::{Activation, Padding};
use crate::error::NetsError;

/// Weights of R, G and B in luma (ITU-R BT.601).
const LUMA: [f32; 3] = [0.299, 0.587, 0.114];

/// Input `[n, channels, h, w]`, last feature map `[n, 512, h / 32, w / 32]`.
pub(crate) fn plan(vb: VarBuilder<'_>, channels: usize, classes: usize) -> Result<Plan, NetsError> {
    let r = Reader { vb, eps: 1e-5 };
    let stem = conv(&r, ["conv1", "bn1"], [64, channels], [7, 2], Activation::Relu)?;
    let mut blocks = vec![Block::Conv(stem), Block::MaxPool];
    let mut input = 64;
    for (layer, out) in [64, 128, 256, 512].into_iter().enumerate() {
        for i in 0..2 {
            let stride = if layer > 0 && i == 0 { 2 } else { 1 };
            blocks.push(basic(&r, &format!("layer{}.{i}", layer + 1), [out, input], stride)?);
            input = out;
        }
    }
    Ok(Plan { blocks, head: vec![r.dense("fc", [classes, 512], Activation::None)?] })
}

/// `[n, 3, h, w]` → `[n, 4, h, w]`: the fourth channel is the Laplacian of luma, up + down + left + right
/// − 4 × centre, of the normalised colours that the network is given; the border repeats its last pixel,
/// so an even picture has no edges.
pub(crate) fn with_edges(x: &Tensor) -> Result<Tensor, NetsError> {
    let (_, _, h, w) = x.dims4()?;
    let luma = x.broadcast_mul(&Tensor::new(&LUMA, x.device())?.reshape((1, 3, 1, 1))?)?.sum_keepdim(1)?;
    let around = luma.pad_with_same(2, 1, 1)?.pad_with_same(3, 1, 1)?;
    let at = |y: usize, x: usize| around.narrow(2, y, h)?.narrow(3, x, w);
    let vertical = (at(0, 1)? + at(2, 1)?)?;
    let horizontal = (at(1, 0)? + at(1, 2)?)?;
    let laplacian = ((vertical + horizontal)? - (luma * 4.0)?)?;
    Ok(Tensor::cat(&[x, &laplacian], 1)?)
}

fn basic(
    r: &Reader<'_>,
    name: &str,
    [out, input]: [usize; 2],
    stride: usize,
) -> Result<Block<ConvPlan, GatePlan>, NetsError> {
    let named = |part: &str| format!("{name}.{part}");
    let first = conv(r, [&named("conv1"), &named("bn1")], [out, input], [3, stride], Activation::Relu)?;
    let second = conv(r, [&named("conv2"), &named("bn2")], [out, out], [3, 1], Activation::Relu)?;
    let shortcut = (input != out)
        .then(|| {
            let names = [&*named("downsample.0"), &*named("downsample.1")];
            conv(r, names, [out, input], [1, stride], Activation::None)
        })
        .transpose()?;
    Ok(Block::Basic { first, second, shortcut })
}

fn conv(
    r: &Reader<'_>,
    [conv, norm]: [&str; 2],
    channels: [usize; 2],
    [kernel, stride]: [usize; 2],
    activation: Activation,
) -> Result<ConvPlan, NetsError> {
    let padding = Padding::all(kernel / 2);
    r.conv(ConvNamed { conv, norm, channels, kernel, depthwise: false, stride, padding, activation })
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    #[test]
    fn the_edge_channel_is_the_laplacian_of_luma() {
        let mut pixels = vec![0.5f32; 3 * 9];
        // One brighter green pixel in the middle of 3 x 3.
        pixels[9 + 4] = 1.5;
        let x = Tensor::from_vec(pixels, (1, 3, 3, 3), &Device::Cpu).unwrap();
        let edges = with_edges(&x).unwrap().narrow(1, 3, 1).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
        let g = LUMA[1];
        for (got, want) in edges.iter().zip([0.0, g, 0.0, g, -4.0 * g, g, 0.0, g, 0.0]) {
            assert!((got - want).abs() < 1e-6, "{edges:?}");
        }
    }
}
