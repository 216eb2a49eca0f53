//! Layers out of weights that keep the names and layouts of TensorFlow Lite, and the block that MediaPipe's
//! face networks share.

use crate::cpu::{Activation, Conv, ConvSpec, Depthwise, MaxPool, Nhwc, Padding};
use crate::error::NetsError;
use crate::weights::Weights;

/// Stride 1 or 2 under TensorFlow's SAME padding.
pub(crate) fn same(stride: usize, activation: Activation) -> ConvSpec {
    ConvSpec { stride, padding: Padding::Same, activation }
}

/// A convolution from `kernel` `[out, k, k, in]` and `bias` `[out]`; `shape` is `[out, k, in]`.
pub(crate) fn conv(
    weights: &Weights,
    [kernel, bias]: [&str; 2],
    [out, k, input]: [usize; 3],
    spec: ConvSpec,
) -> Result<Conv, NetsError> {
    let shape = [out, k, k, input];
    let kernel = weights.get_shaped(kernel, &shape)?;
    Ok(Conv::from_ohwi(shape, &kernel.data, &weights.get_shaped(bias, &[out])?.data, spec))
}

/// A 3x3 depthwise convolution from `kernel` `[1, 3, 3, channels]` and `bias` `[channels]`, without activation.
pub(crate) fn depthwise(
    weights: &Weights,
    [kernel, bias]: [&str; 2],
    channels: usize,
    (stride, padding): (usize, Padding),
) -> Result<Depthwise, NetsError> {
    let kernel = weights.get_shaped(kernel, &[1, 3, 3, channels])?;
    let bias = weights.get_shaped(bias, &[channels])?;
    let spec = ConvSpec { stride, padding, activation: Activation::None };
    Ok(Depthwise::from_hwc([3, 3, channels], &kernel.data, &bias.data, spec))
}

/// BlazeBlock (Bazarevsky et al. 2019, "BlazeFace", figure 1): depthwise, 1x1, plus the input (max-pooled when
/// the stride is 2, with zero channels appended when the output has more), then the activation.
#[derive(Debug, Clone)]
pub(crate) struct BlazeBlock {
    depthwise: Depthwise,
    pointwise: Conv,
    pool: Option<MaxPool>,
}

impl BlazeBlock {
    /// `pointwise` carries the activation; its input is `depthwise`'s output.
    pub(crate) fn new(depthwise: Depthwise, pointwise: Conv, stride: usize) -> Self {
        Self { depthwise, pointwise, pool: (stride == 2).then(|| MaxPool::same(2, 2)) }
    }

    pub(crate) fn forward(&self, x: &Nhwc) -> Nhwc {
        let inner = self.depthwise.forward(x);
        match self.pool {
            Some(pool) => self.pointwise.forward_add(&inner, &pool.forward(x)),
            None => self.pointwise.forward_add(&inner, x),
        }
    }
}
