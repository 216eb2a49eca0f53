//! The engine of every device: candle tensors in channels-first order.

use candle_core::{Device, Tensor};

use crate::backbone::engine::Engine;
use crate::backbone::plan::{ConvPlan, DensePlan, GatePlan, GateShape};
use crate::cpu::{Activation, Padding};
use crate::depthwise;
use crate::error::NetsError;

/// Runs layers as candle operations on its device.
pub(crate) struct Tensors {
    pub device: Device,
}

/// A convolution whose weights lie on the device.
pub(crate) struct TensorConv {
    /// `[out, in per group, kh, kw]`.
    weight: Tensor,
    /// `[1, out, 1, 1]`.
    bias: Tensor,
    kernel: [usize; 2],
    kind: Kind,
    stride: usize,
    padding: Padding,
    activation: Activation,
}

/// How a convolution is computed.
enum Kind {
    /// A matrix product over the channels of each pixel.
    Pointwise,
    Depthwise,
    Full,
}

/// A gate whose weights lie on the device.
pub(crate) struct TensorGate {
    reduce: TensorDense,
    expand: TensorDense,
    shape: GateShape,
}

/// A fully connected layer; on the CPU computed row by row, so that a row's bits do not depend on its batch.
pub(crate) struct TensorDense {
    /// `[in, out]`.
    weight: Tensor,
    /// `[out]`.
    bias: Tensor,
    activation: Activation,
}

impl TensorDense {
    /// Puts the layer on a device.
    pub fn new(p: &DensePlan, device: &Device) -> Result<Self, NetsError> {
        let [out, input] = p.shape;
        let weight = Tensor::from_slice(&p.weight, (out, input), device)?.t()?.contiguous()?;
        let bias = Tensor::from_slice(&p.bias, out, device)?;
        Ok(Self { weight, bias, activation: p.activation.clone() })
    }

    /// `[n, in]` → `[n, out]`.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor, NetsError> {
        activate(self.sum(x)?, &self.activation)
    }

    /// The gradient `[n, in]` at inputs `x` of a number whose gradient at the outputs is `gradient`
    /// `[n, out]`.
    pub fn backward(&self, x: &Tensor, gradient: &Tensor) -> Result<Tensor, NetsError> {
        let gradient = match self.activation {
            Activation::None => gradient.clone(),
            Activation::Relu => (gradient * self.sum(x)?.gt(0.0)?.to_dtype(gradient.dtype())?)?,
            Activation::HardSwish => (gradient * hard_swish_slope(&self.sum(x)?)?)?,
            _ => return Err(NetsError::Unsupported("the gradient of this activation")),
        };
        Ok(gradient.matmul(&self.weight.t()?)?)
    }

    /// The sum with its bias, before the activation.
    fn sum(&self, x: &Tensor) -> Result<Tensor, NetsError> {
        let rows = if x.device().is_cpu() {
            let row = |i| x.narrow(0, i, 1)?.matmul(&self.weight);
            Tensor::cat(&(0..x.dim(0)?).map(row).collect::<Result<Vec<_>, _>>()?, 0)?
        } else {
            x.matmul(&self.weight)?
        };
        Ok(rows.broadcast_add(&self.bias)?)
    }
}

impl Engine for Tensors {
    type Map = Tensor;
    type Conv = TensorConv;
    type Gate = TensorGate;

    fn build_conv(&self, p: &ConvPlan) -> Result<TensorConv, NetsError> {
        let [out, _, kh, kw] = p.shape;
        let kind = match p {
            _ if p.depthwise => Kind::Depthwise,
            _ if [kh, kw, p.stride] == [1; 3] => Kind::Pointwise,
            _ => Kind::Full,
        };
        Ok(TensorConv {
            weight: Tensor::from_slice(&p.weight, p.shape.as_slice(), &self.device)?,
            bias: Tensor::from_slice(&p.bias, (1, out, 1, 1), &self.device)?,
            kernel: [kh, kw],
            kind,
            stride: p.stride,
            padding: p.padding,
            activation: p.activation.clone(),
        })
    }

    fn build_gate(&self, p: &GatePlan) -> Result<TensorGate, NetsError> {
        Ok(TensorGate {
            reduce: TensorDense::new(&p.reduce, &self.device)?,
            expand: TensorDense::new(&p.expand, &self.device)?,
            shape: p.shape,
        })
    }

    fn conv(&self, layer: &TensorConv, x: &Tensor) -> Result<Tensor, NetsError> {
        activate(convolve(layer, x)?, &layer.activation)
    }

    fn conv_add(&self, layer: &TensorConv, x: &Tensor, residual: &Tensor) -> Result<Tensor, NetsError> {
        activate((convolve(layer, x)? + residual)?, &layer.activation)
    }

    fn gate(&self, gate: &TensorGate, x: Tensor) -> Result<Tensor, NetsError> {
        let factors = gate.expand.forward(&gate.reduce.forward(&mean_of_pixels(&x)?)?)?;
        let factors = match gate.shape {
            GateShape::Sigmoid => candle_nn::ops::sigmoid(&factors)?,
            GateShape::HardSigmoid => ((factors + 3.0)?.clamp(0.0, 6.0)? / 6.0)?,
        };
        Ok(x.broadcast_mul(&factors.unsqueeze(2)?.unsqueeze(3)?)?)
    }

    fn max_pool(&self, x: &Tensor) -> Result<Tensor, NetsError> {
        Ok(pad(x, [1; 4])?.max_pool2d_with_stride(3, 2)?)
    }

    fn join(&self, first: &Tensor, second: &Tensor) -> Result<Tensor, NetsError> {
        Ok(Tensor::cat(&[first, second], 1)?)
    }
}

/// The mean over each feature map: `[n, c, h, w]` → `[n, c]`.
pub(crate) fn mean_of_pixels(x: &Tensor) -> Result<Tensor, NetsError> {
    Ok(x.flatten_from(2)?.mean(2)?)
}

/// The sum with its bias, before the activation.
fn convolve(layer: &TensorConv, x: &Tensor) -> Result<Tensor, NetsError> {
    let (n, c, h, w) = x.dims4()?;
    let sides = layer.padding.resolve([h, w], layer.kernel, layer.stride);
    let sum = match layer.kind {
        Kind::Pointwise => {
            let out = layer.weight.dim(0)?;
            let weight = layer.weight.reshape((1, out, c))?.broadcast_as((n, out, c))?;
            weight.matmul(&x.reshape((n, c, h * w))?)?.reshape((n, out, h, w))?
        }
        Kind::Depthwise => depthwise::conv2d(x, &layer.weight, layer.stride, sides)?,
        Kind::Full => pad(x, sides)?.conv2d(&layer.weight, 0, layer.stride, 1, 1)?,
    };
    Ok(sum.broadcast_add(&layer.bias)?)
}

fn pad(x: &Tensor, [top, bottom, left, right]: [usize; 4]) -> Result<Tensor, NetsError> {
    Ok(x.pad_with_zeros(2, top, bottom)?.pad_with_zeros(3, left, right)?)
}

/// The slope of x · min(max(x + 3, 0), 6) / 6: 0 below -3, 1 above 3, (2x + 3) / 6 between.
fn hard_swish_slope(x: &Tensor) -> Result<Tensor, NetsError> {
    let between = ((x.clamp(-3.0, 3.0)? * 2.0)? + 3.0)?;
    let inside = ((x.ge(-3.0)?.to_dtype(x.dtype())? * x.lt(3.0)?.to_dtype(x.dtype())?)? * (between / 6.0)?)?;
    Ok((inside + x.ge(3.0)?.to_dtype(x.dtype())?)?)
}

fn activate(x: Tensor, activation: &Activation) -> Result<Tensor, NetsError> {
    Ok(match activation {
        Activation::None => x,
        Activation::Relu => x.relu()?,
        Activation::Relu6 => x.clamp(0.0, 6.0)?,
        Activation::Silu => x.silu()?,
        Activation::HardSwish => (&x * ((&x + 3.0)?.clamp(0.0, 6.0)? / 6.0)?)?,
        Activation::Prelu(_) => return Err(NetsError::Unsupported("PReLU in a backbone")),
    })
}
