//! Convolutional networks in training by candle's tape: how a graphics processor trains them. The CPU has its own
//! kernels, which are many times faster there; both learn the same parameters.
//!
//! candle's gradient of max-pooling is wrong for windows that overlap, and its grouped convolution is one convolution a
//! channel; here both are written as sums and maxima of shifted maps.

use std::collections::HashMap;

use candle_core::{DType, Device, Tensor, Var};

use super::norm::Mode;
use super::params::{Flat, part, part_mut};
use crate::backbone::{Block, ConvPlan, DensePlan, GatePlan, GateShape, Plan, Skip};
use crate::cpu::Activation;
use crate::error::NetsError;

/// How precise the factors of products are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// 32-bit floats throughout.
    #[default]
    F32,
    /// Convolutions and matrix products of bfloat16; norms, parameters and their updates stay 32-bit floats.
    Bf16,
}

impl Precision {
    /// A factor of a product, as precise as it may be. candle multiplies no bfloat16 on the CPU: there it is rounded to
    /// what a graphics processor would be given.
    pub(super) fn factor(self, x: &Tensor) -> Result<Tensor, NetsError> {
        Ok(match self {
            Self::F32 => x.clone(),
            Self::Bf16 if x.device().is_cpu() => x.to_dtype(DType::BF16)?.to_dtype(DType::F32)?,
            Self::Bf16 => x.to_dtype(DType::BF16)?,
        })
    }
}

/// Where a network learns that learns by the tape.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub device: Device,
    pub precision: Precision,
}

/// A convolutional network on a device and the tape of its last pass.
pub(super) struct Tape {
    place: Place,
    plan: Plan,
    momentum: f32,
    last: Option<Last>,
}

/// A pass that can be gone back.
#[derive(Debug)]
pub(super) struct Last {
    pub logits: Tensor,
    /// By slot: the learning parameters.
    pub vars: Vec<Option<Var>>,
}

/// What a pass is given.
pub(super) struct Given<'a> {
    /// `[n, h, w, channels]`
    pub pixels: &'a [f32],
    pub shape: [usize; 3],
    pub channels: usize,
    pub mode: Mode,
    /// Blocks that do not learn, and the first parameter that does.
    pub frozen: usize,
    pub learning: usize,
}

impl Tape {
    pub fn new(place: Place, plan: Plan, momentum: f32) -> Self {
        Self { place, plan, momentum, last: None }
    }

    /// Logits; `kept` gives the factors of so many numbers before the last layer, empty for none.
    pub fn forward(
        &mut self,
        flat: &Flat,
        running: &mut Flat,
        given: &Given<'_>,
        kept: impl Fn(usize) -> Vec<f32>,
    ) -> Result<Vec<f32>, NetsError> {
        let Place { device, precision } = &self.place;
        let (vars, tensors) = on_device(flat, given.learning, device)?;
        let Flat { values, slots } = running;
        let moments = slots.iter().map(|s| (s.name.as_str(), s.range.clone())).collect();
        let momentum = self.momentum;
        let mut pass = Pass { tensors, values, moments, momentum, mode: given.mode, precision: *precision, device };
        let [n, h, w] = given.shape;
        let x = Tensor::from_slice(given.pixels, (n, h, w, given.channels), device)?;
        let mut x = x.permute((0, 3, 1, 2))?.contiguous()?;
        for (i, block) in self.plan.blocks.iter().enumerate() {
            pass.mode = if i < given.frozen { Mode::Eval } else { given.mode };
            x = pass.block(block, &x)?;
        }
        let mut row = x.mean((2, 3))?;
        let layers = self.plan.head.len();
        for (i, layer) in self.plan.head.iter().enumerate() {
            if i + 1 == layers {
                let factors = kept(row.elem_count());
                if !factors.is_empty() {
                    row = (&row * Tensor::from_slice(&factors, row.shape(), device)?)?;
                }
            }
            row = pass.dense(layer, &row)?;
        }
        let logits = row.flatten_all()?.to_vec1()?;
        self.last = Some(Last { logits: row, vars });
        Ok(logits)
    }

    /// Adds the gradients, from those of the last logits.
    pub fn backward(&mut self, gradient: &[f32], flat: &Flat, grads: &mut [f32]) -> Result<(), NetsError> {
        self.last.take().map_or(Ok(()), |last| last.backward(gradient, flat, grads))
    }
}

impl Last {
    /// Adds the gradients of the parameters that were taped.
    pub fn backward(&self, gradient: &[f32], flat: &Flat, grads: &mut [f32]) -> Result<(), NetsError> {
        let gradient = Tensor::from_slice(gradient, self.logits.shape(), self.logits.device())?;
        let store = (&self.logits * gradient)?.sum_all()?.backward()?;
        for (slot, var) in flat.slots.iter().zip(&self.vars) {
            let Some(found) = var.as_ref().and_then(|v| store.get(v.as_tensor())) else { continue };
            let found: Vec<f32> = found.flatten_all()?.to_vec1()?;
            for (i, to) in part_mut(grads, &slot.range).iter_mut().enumerate() {
                *to += found.get(slot.file_index(i)).copied().unwrap_or_default();
            }
        }
        Ok(())
    }
}

/// Parameters by slot, where they learn, and all tensors by name.
type Loaded<'a> = (Vec<Option<Var>>, HashMap<&'a str, Tensor>);

/// Brings the parameters to a device, in the shapes and orders of files; those from `learning` on are taped.
pub(super) fn on_device<'a>(flat: &'a Flat, learning: usize, device: &Device) -> Result<Loaded<'a>, NetsError> {
    let (mut vars, mut tensors) = (Vec::with_capacity(flat.slots.len()), HashMap::new());
    for (slot, (_, data)) in flat.slots.iter().zip(flat.export(&flat.values)) {
        let tensor = Tensor::from_vec(data.data, slot.shape.as_slice(), device)?;
        let var = (slot.range.start >= learning).then(|| Var::from_tensor(&tensor)).transpose()?;
        tensors.insert(slot.name.as_str(), var.as_ref().map_or(tensor, |v| v.as_tensor().clone()));
        vars.push(var);
    }
    Ok((vars, tensors))
}

/// One pass through the network.
struct Pass<'a> {
    tensors: HashMap<&'a str, Tensor>,
    /// The running moments, and where in them each tensor lies.
    values: &'a mut [f32],
    moments: HashMap<&'a str, std::ops::Range<usize>>,
    momentum: f32,
    mode: Mode,
    precision: Precision,
    device: &'a Device,
}

impl Pass<'_> {
    fn get(&self, name: &str) -> Result<&Tensor, NetsError> {
        self.tensors.get(name).ok_or_else(|| NetsError::MissingTensor { name: name.to_owned() })
    }

    fn block(&mut self, block: &Block<ConvPlan, GatePlan>, x: &Tensor) -> Result<Tensor, NetsError> {
        match block {
            Block::Conv(conv) => self.conv(conv, x),
            Block::MaxPool => max_pool(x),
            Block::Inverted { expand, depthwise, gate, project, skip } => {
                let wide = expand.as_ref().map_or_else(|| Ok(x.clone()), |c| self.conv(c, x))?;
                let mut y = self.conv(depthwise, &wide)?;
                if let Some(gate) = gate {
                    y = y.broadcast_mul(&self.gate(gate, &y)?)?;
                }
                let y = self.conv(project, &y)?;
                Ok(if *skip == Skip::Add { (y + x)? } else { y })
            }
            Block::Basic { first, second, shortcut } => {
                let y = self.conv(first, x)?;
                let y = self.sum(second, &y)?;
                let beside = shortcut.as_ref().map_or_else(|| Ok(x.clone()), |c| self.conv(c, x))?;
                activate((y + beside)?, &second.activation)
            }
            Block::Pair { .. } => Err(NetsError::Unsupported("the training of a pair")),
        }
    }

    fn conv(&mut self, plan: &ConvPlan, x: &Tensor) -> Result<Tensor, NetsError> {
        activate(self.sum(plan, x)?, &plan.activation)
    }

    /// Convolution and norm, before the activation.
    fn sum(&mut self, plan: &ConvPlan, x: &Tensor) -> Result<Tensor, NetsError> {
        let weight = self.precision.factor(self.get(&format!("{}.weight", plan.origin.conv))?)?;
        let x = self.precision.factor(x)?;
        let (_, _, h, w) = x.dims4()?;
        let [_, _, kh, kw] = plan.shape;
        let sides = plan.padding.resolve([h, w], [kh, kw], plan.stride);
        let y = if plan.depthwise {
            depthwise(&x, &weight, plan.stride, sides)?
        } else if [kh, kw, plan.stride] == [1; 3] {
            let (n, c, _, _) = x.dims4()?;
            let weight = weight.flatten_from(1)?;
            weight.broadcast_left(n)?.contiguous()?.matmul(&x.reshape((n, c, h * w))?)?.reshape((n, (), h, w))?
        } else {
            padded(&x, sides)?.conv2d(&weight, 0, plan.stride, 1, 1)?
        };
        self.norm(plan, &y.to_dtype(DType::F32)?)
    }

    fn norm(&mut self, plan: &ConvPlan, y: &Tensor) -> Result<Tensor, NetsError> {
        let channels = y.dim(1)?;
        let named = |part: &str| format!("{}.{part}", plan.origin.norm);
        let row = |t: &Tensor| t.reshape((1, channels, 1, 1));
        let (mean, centred, var) = if self.mode == Mode::Eval {
            let moment = |name: &str| {
                let range = self.moments.get(named(name).as_str()).cloned().unwrap_or_default();
                Tensor::from_slice(part(self.values, &range), (1, channels, 1, 1), self.device)
            };
            let mean = moment("running_mean")?;
            (mean.clone(), y.broadcast_sub(&mean)?, moment("running_var")?)
        } else {
            let mean = y.mean_keepdim((0, 2, 3))?;
            let centred = y.broadcast_sub(&mean)?;
            let var = centred.sqr()?.mean_keepdim((0, 2, 3))?;
            (mean, centred, var)
        };
        if self.mode == Mode::Train {
            let count = (y.elem_count() / channels.max(1)) as f32;
            self.remember(&named("running_mean"), &mean, 1.0)?;
            self.remember(&named("running_var"), &var, count / (count - 1.0).max(1.0))?;
        }
        let scaled = centred.broadcast_div(&(var + f64::from(plan.origin.eps))?.sqrt()?)?;
        let scaled = scaled.broadcast_mul(&row(self.get(&named("weight"))?)?)?;
        Ok(scaled.broadcast_add(&row(self.get(&named("bias"))?)?)?)
    }

    /// Mixes the moments of this batch, times a factor, into the running ones.
    fn remember(&mut self, name: &str, batch: &Tensor, factor: f32) -> Result<(), NetsError> {
        let batch: Vec<f32> = batch.flatten_all()?.to_vec1()?;
        let range = self.moments.get(name).cloned().unwrap_or_default();
        for (to, from) in part_mut(self.values, &range).iter_mut().zip(batch) {
            *to += self.momentum * (from * factor - *to);
        }
        Ok(())
    }

    /// Factors `[n, channels, 1, 1]`.
    fn gate(&self, plan: &GatePlan, y: &Tensor) -> Result<Tensor, NetsError> {
        let (n, c, _, _) = y.dims4()?;
        let sums = self.dense(&plan.expand, &self.dense(&plan.reduce, &y.mean((2, 3))?)?)?;
        let factors = match plan.shape {
            GateShape::Sigmoid => (sums.neg()?.exp()? + 1.0)?.recip()?,
            GateShape::HardSigmoid => ((sums + 3.0)?.clamp(0f32, 6f32)? / 6.0)?,
        };
        Ok(factors.reshape((n, c, 1, 1))?)
    }

    fn dense(&self, plan: &DensePlan, x: &Tensor) -> Result<Tensor, NetsError> {
        let [out, input] = plan.shape;
        let weight = self.get(&format!("{}.weight", plan.name))?.reshape((out, input))?;
        let factor = |t: &Tensor| self.precision.factor(t);
        let sums = factor(x)?.matmul(&factor(&weight.t()?)?)?.to_dtype(DType::F32)?;
        let sums = sums.broadcast_add(self.get(&format!("{}.bias", plan.name))?)?;
        activate(sums, &plan.activation)
    }
}

fn activate(x: Tensor, activation: &Activation) -> Result<Tensor, NetsError> {
    Ok(match activation {
        Activation::None => x,
        Activation::Relu => x.relu()?,
        Activation::Relu6 => x.clamp(0f32, 6f32)?,
        Activation::Silu => (&x / (x.neg()?.exp()? + 1.0)?)?,
        Activation::HardSwish => ((&x * (&x + 3.0)?.clamp(0f32, 6f32)?)? / 6.0)?,
        Activation::Prelu(_) => return Err(NetsError::Unsupported("the training of a PReLU")),
    })
}

/// With `[top, bottom, left, right]` zeros.
fn padded(x: &Tensor, [top, bottom, left, right]: [usize; 4]) -> Result<Tensor, NetsError> {
    Ok(x.pad_with_zeros(2, top, bottom)?.pad_with_zeros(3, left, right)?)
}

/// What each tap of a window sees: for every `[ky, kx]`, the map of output size.
fn taps(
    x: &Tensor,
    [kh, kw]: [usize; 2],
    stride: usize,
    [top, bottom, left, right]: [usize; 4],
    mut each: impl FnMut(usize, Tensor) -> Result<(), NetsError>,
) -> Result<(), NetsError> {
    let (n, c, h, w) = x.dims4()?;
    let (ph, pw) = (h + top + bottom, w + left + right);
    let (oh, ow) = ((ph.saturating_sub(kh)) / stride + 1, (pw.saturating_sub(kw)) / stride + 1);
    // Room for whole strides behind the last tap.
    let beyond = |k: usize, out: usize, have: usize| (k - 1 + out * stride).saturating_sub(have);
    let x = padded(x, [top, bottom + beyond(kh, oh, ph), left, right + beyond(kw, ow, pw)])?;
    let width = x.dim(3)?;
    for ky in 0..kh {
        let rows = x.narrow(2, ky, oh * stride)?.contiguous()?;
        let rows = rows.reshape((n, c, oh, stride, width))?.narrow(3, 0, 1)?.squeeze(3)?;
        for kx in 0..kw {
            let tap = rows.narrow(3, kx, ow * stride)?.contiguous()?;
            each(ky * kw + kx, tap.reshape((n, c, oh, ow, stride))?.narrow(4, 0, 1)?.squeeze(4)?)?;
        }
    }
    Ok(())
}

/// Each channel of `x` with its own filter of `weight` `[c, 1, kh, kw]`.
fn depthwise(x: &Tensor, weight: &Tensor, stride: usize, sides: [usize; 4]) -> Result<Tensor, NetsError> {
    let (c, _, kh, kw) = weight.dims4()?;
    let weight = weight.reshape((1, c, kh * kw))?;
    let mut sum: Option<Tensor> = None;
    taps(x, [kh, kw], stride, sides, |i, tap| {
        let term = tap.broadcast_mul(&weight.narrow(2, i, 1)?.reshape((1, c, 1, 1))?)?;
        sum = Some(sum.take().map_or_else(|| Ok(term.clone()), |s| &s + &term)?);
        Ok(())
    })?;
    sum.ok_or(NetsError::Unsupported("a filter without taps"))
}

/// The largest of 3 x 3, stride 2; behind a ReLU, so that the zeros around the map change nothing.
fn max_pool(x: &Tensor) -> Result<Tensor, NetsError> {
    let mut largest: Option<Tensor> = None;
    taps(x, [3, 3], 2, [1; 4], |_, tap| {
        largest = Some(largest.take().map_or_else(|| Ok(tap.clone()), |l| l.maximum(&tap))?);
        Ok(())
    })?;
    largest.ok_or(NetsError::Unsupported("a window without taps"))
}
