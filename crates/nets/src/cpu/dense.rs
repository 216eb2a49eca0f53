//! Fully connected layer.

use super::{Activation, Conv, ConvSpec, Nhwc};

/// `activation(x W^T + b)` for rows of a batch: a 1x1 convolution over 1x1 images.
#[derive(Debug, Clone)]
pub struct Dense {
    conv: Conv,
}

impl Dense {
    /// `weights` is `[out, in]`; an empty `bias` is zero.
    ///
    /// # Panics
    /// When lengths disagree.
    #[must_use]
    pub fn new([out, input]: [usize; 2], weights: &[f32], bias: &[f32], activation: Activation) -> Self {
        Self { conv: Conv::from_oihw([out, input, 1, 1], weights, bias, ConvSpec::unit(activation)) }
    }

    /// `x` is taken as `n` rows of `h * w * c` values; the result is `[n, 1, 1, out]`.
    ///
    /// # Panics
    /// When a row has another length than the weights.
    #[must_use]
    pub fn forward(&self, mut x: Nhwc) -> Nhwc {
        (x.h, x.w, x.c) = (1, 1, x.image_len());
        self.conv.forward(&x)
    }
}
