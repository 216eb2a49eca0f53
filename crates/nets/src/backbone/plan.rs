//! What a network is made of, as plain numbers: every batch norm folded into its convolution.
//!
//! One file per architecture writes a [`Plan`]; an engine turns the plan into layers it can run. Nothing
//! here computes.

use candle_core::Tensor;
use candle_nn::VarBuilder;

use crate::cpu::{Activation, Padding};
use crate::error::NetsError;

/// A whole convolutional network.
pub(crate) struct Plan {
    /// From pixels to the last feature map.
    pub blocks: Vec<Block<ConvPlan, GatePlan>>,
    /// After the mean over the last feature map.
    pub head: Vec<DensePlan>,
}

/// A step from one feature map to the next, over the layers `C` and gates `G` of some engine.
pub(crate) enum Block<C, G> {
    /// A convolution.
    Conv(C),
    /// The largest of 3 × 3, stride 2, one pixel of padding.
    MaxPool,
    /// Widen, filter each channel, weigh the channels, narrow; add the input where `skip` says so.
    Inverted { expand: Option<C>, depthwise: C, gate: Option<G>, project: C, skip: Skip },
    /// Two convolutions, the second of which adds the input (or its projection) before its activation.
    Basic { first: C, second: C, shortcut: Option<C> },
    /// Two chains of blocks on the same input, the channels of the one before those of the other.
    Pair { first: Vec<Self>, second: Vec<Self> },
}

/// Whether a block adds its input to its output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Skip {
    Add,
    None,
}

/// A convolution with its batch norm folded in. Dilation 1.
pub(crate) struct ConvPlan {
    /// Where its tensors are, unfolded: what training starts from.
    pub origin: Origin,
    /// `[out, in per group, kernel height, kernel width]`.
    pub shape: [usize; 4],
    /// One group per channel; otherwise one group.
    pub depthwise: bool,
    pub weight: Vec<f32>,
    pub bias: Vec<f32>,
    pub stride: usize,
    pub padding: Padding,
    pub activation: Activation,
}

/// A convolution and its batch norm by the names of their tensors.
pub(crate) struct Origin {
    pub conv: String,
    pub norm: String,
    /// Added to the variance.
    pub eps: f32,
}

/// Squeeze and excite: the mean of each channel through two layers gives a factor for that channel.
pub(crate) struct GatePlan {
    pub reduce: DensePlan,
    pub expand: DensePlan,
    pub shape: GateShape,
}

/// The last function of a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GateShape {
    Sigmoid,
    /// min(max(x + 3, 0), 6) / 6
    HardSigmoid,
}

impl GateShape {
    /// The factor for a channel.
    pub fn apply(self, x: f32) -> f32 {
        match self {
            // Below, nothing is left of the channel; smaller factors would make denormal numbers of its pixels, each of which
            // takes a hundred times as long.
            Self::Sigmoid => 1.0 / (1.0 + (-x.max(-40.0)).exp()),
            Self::HardSigmoid => (x + 3.0).clamp(0.0, 6.0) / 6.0,
        }
    }
}

/// A fully connected layer.
pub(crate) struct DensePlan {
    /// What its tensors' names begin with.
    pub name: String,
    /// `[out, in]`.
    pub shape: [usize; 2],
    pub weight: Vec<f32>,
    pub bias: Vec<f32>,
    pub activation: Activation,
}

/// How a network names and shapes one convolution with its batch norm.
pub(crate) struct ConvNamed<'a> {
    pub conv: &'a str,
    pub norm: &'a str,
    /// `[out, in]`; equal for depthwise.
    pub channels: [usize; 2],
    pub kernel: usize,
    pub depthwise: bool,
    pub stride: usize,
    pub padding: Padding,
    pub activation: Activation,
}

/// Reads tensors and folds batch norms.
pub(crate) struct Reader<'a> {
    pub vb: VarBuilder<'a>,
    /// Added to the variance of every batch norm.
    pub eps: f32,
}

impl Reader<'_> {
    /// The tensor of that name, of exactly that shape.
    pub fn tensor(&self, name: &str, shape: &[usize]) -> Result<Tensor, NetsError> {
        if !self.vb.contains_tensor(name) {
            return Err(NetsError::MissingTensor { name: self.full(name) });
        }
        let t = self.vb.get_unchecked(name).or_else(|_| self.vb.get(shape, name))?;
        if t.dims() == shape {
            return Ok(t);
        }
        Err(NetsError::TensorShape { name: self.full(name), expected: shape.to_vec(), actual: t.dims().to_vec() })
    }

    /// Its numbers, row-major.
    pub fn floats(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, NetsError> {
        Ok(self.tensor(name, shape)?.flatten_all()?.to_vec1()?)
    }

    /// A convolution without bias and the batch norm behind it as one convolution with bias:
    /// w' = w · γ / √(σ² + ε), b' = β − µ · γ / √(σ² + ε).
    pub fn conv(&self, named: ConvNamed<'_>) -> Result<ConvPlan, NetsError> {
        let [out, input] = named.channels;
        let shape = [out, if named.depthwise { 1 } else { input }, named.kernel, named.kernel];
        let mut weight = self.floats(&format!("{}.weight", named.conv), &shape)?;
        let norm = |part: &str| self.floats(&format!("{}.{part}", named.norm), &[out]);
        let (gamma, beta, mean, var) = (norm("weight")?, norm("bias")?, norm("running_mean")?, norm("running_var")?);
        let scale: Vec<f32> = gamma.iter().zip(&var).map(|(g, v)| g / (v + self.eps).sqrt()).collect();
        let bias = beta.iter().zip(&mean).zip(&scale).map(|((b, m), s)| b - m * s).collect();
        let fan_in: usize = shape.iter().skip(1).product();
        for (filter, s) in weight.chunks_exact_mut(fan_in).zip(&scale) {
            filter.iter_mut().for_each(|w| *w *= s);
        }
        let ConvNamed { depthwise, stride, padding, activation, .. } = named;
        let origin = Origin { conv: self.full(named.conv), norm: self.full(named.norm), eps: self.eps };
        Ok(ConvPlan { origin, shape, depthwise, weight, bias, stride, padding, activation })
    }

    /// A fully connected layer, weight `[out, in]`.
    pub fn dense(&self, name: &str, shape: [usize; 2], activation: Activation) -> Result<DensePlan, NetsError> {
        let weight = self.floats(&format!("{name}.weight"), &shape)?;
        let bias = self.floats(&format!("{name}.bias"), &shape[..1])?;
        Ok(DensePlan { name: self.full(name), shape, weight, bias, activation })
    }

    /// The gate of `wide` channels through `narrow` that torchvision writes as two 1 × 1 convolutions,
    /// `{name}.fc1` and `{name}.fc2`.
    pub fn gate(
        &self,
        name: &str,
        [wide, narrow]: [usize; 2],
        activation: Activation,
        shape: GateShape,
    ) -> Result<GatePlan, NetsError> {
        let layer = |part: &str, [out, input]: [usize; 2], activation| {
            let weight = self.floats(&format!("{name}.{part}.weight"), &[out, input, 1, 1])?;
            let bias = self.floats(&format!("{name}.{part}.bias"), &[out])?;
            let name = self.full(&format!("{name}.{part}"));
            Ok::<_, NetsError>(DensePlan { name, shape: [out, input], weight, bias, activation })
        };
        let reduce = layer("fc1", [narrow, wide], activation)?;
        Ok(GatePlan { reduce, expand: layer("fc2", [wide, narrow], Activation::None)?, shape })
    }

    fn full(&self, name: &str) -> String {
        let prefix = self.vb.prefix();
        if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") }
    }
}

/// `channels` scaled down to a multiple of `divisor` without losing more than a tenth
/// (MobileNet reference implementations, `_make_divisible`).
pub(crate) fn make_divisible(channels: usize, divisor: usize) -> usize {
    let near = (channels + divisor / 2) / divisor * divisor;
    let near = near.max(divisor);
    if near * 10 < channels * 9 { near + divisor } else { near }
}
