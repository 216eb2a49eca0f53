//! The engine of the CPU: one image at a time through the channels-last kernels of [`crate::cpu`].

use crate::backbone::engine::Engine;
use crate::backbone::plan::{ConvPlan, DensePlan, GatePlan, GateShape};
use crate::cpu::{Conv, ConvSpec, Dense, Depthwise, MaxPool, Nhwc, Padding, Square, Winograd, expand_depthwise};
use crate::error::NetsError;

/// Runs layers on the calling thread and its rayon pool.
pub(crate) struct Kernels;

/// A packed convolution.
pub(crate) enum KernelConv {
    Full(Conv),
    Depthwise(Depthwise),
    Winograd(Winograd),
}

/// A packed gate.
pub(crate) struct KernelGate {
    reduce: Dense,
    expand: Dense,
    shape: GateShape,
}

impl Engine for Kernels {
    type Map = Nhwc;
    type Conv = KernelConv;
    type Gate = KernelGate;

    fn build_conv(&self, p: &ConvPlan) -> Result<KernelConv, NetsError> {
        let spec = ConvSpec { stride: p.stride, padding: p.padding, activation: p.activation.clone() };
        let [out, input, kh, kw] = p.shape;
        Ok(if p.depthwise {
            KernelConv::Depthwise(Depthwise::from_chw([out, kh, kw], &p.weight, &p.bias, spec))
        } else if let Some(square) = square(p) {
            let channels = [out, input];
            KernelConv::Winograd(Winograd::new(square, channels, &p.weight, &p.bias, &p.activation))
        } else {
            KernelConv::Full(Conv::from_oihw(p.shape, &p.weight, &p.bias, spec))
        })
    }

    fn build_gate(&self, p: &GatePlan) -> Result<KernelGate, NetsError> {
        Ok(KernelGate { reduce: dense(&p.reduce), expand: dense(&p.expand), shape: p.shape })
    }

    fn conv(&self, layer: &KernelConv, x: &Nhwc) -> Result<Nhwc, NetsError> {
        Ok(match layer {
            KernelConv::Full(c) => c.forward(x),
            KernelConv::Depthwise(d) => d.forward(x),
            KernelConv::Winograd(w) => w.forward(x, None),
        })
    }

    fn conv_add(&self, layer: &KernelConv, x: &Nhwc, residual: &Nhwc) -> Result<Nhwc, NetsError> {
        match layer {
            KernelConv::Full(c) => Ok(c.forward_add(x, residual)),
            KernelConv::Winograd(w) => Ok(w.forward(x, Some(residual))),
            KernelConv::Depthwise(_) => Err(NetsError::Unsupported("a residual on a depthwise convolution")),
        }
    }

    fn expand(&self, wide: &KernelConv, depthwise: &KernelConv, x: &Nhwc) -> Result<Nhwc, NetsError> {
        match (wide, depthwise) {
            (KernelConv::Full(c), KernelConv::Depthwise(d)) if c.is_pointwise() => Ok(expand_depthwise(c, d, x)),
            _ => self.conv(depthwise, &self.conv(wide, x)?),
        }
    }

    fn gate(&self, gate: &KernelGate, mut x: Nhwc) -> Result<Nhwc, NetsError> {
        let mut factors = gate.expand.forward(gate.reduce.forward(channel_means(&x)));
        factors.data.iter_mut().for_each(|f| *f = gate.shape.apply(*f));
        let (image, c) = (x.image_len(), x.c);
        for (pixels, f) in x.data.chunks_exact_mut(image.max(1)).zip(factors.data.chunks_exact(c.max(1))) {
            for pixel in pixels.chunks_exact_mut(c) {
                pixel.iter_mut().zip(f).for_each(|(v, f)| *v *= f);
            }
        }
        Ok(x)
    }

    fn max_pool(&self, x: &Nhwc) -> Result<Nhwc, NetsError> {
        // Zeros lose against values that are not negative, as PyTorch's padding of -inf does.
        Ok(MaxPool::floor(3, 2).forward(&x.padded([1; 4])))
    }

    fn join(&self, first: &Nhwc, second: &Nhwc) -> Result<Nhwc, NetsError> {
        let mut both = Nhwc::scratch(first.n, first.h, first.w, first.c + second.c);
        let pixels = first.data.chunks_exact(first.c.max(1)).zip(second.data.chunks_exact(second.c.max(1)));
        for (to, (a, b)) in both.data.chunks_exact_mut(both.c.max(1)).zip(pixels) {
            let (front, back) = to.split_at_mut(a.len());
            front.copy_from_slice(a);
            back.copy_from_slice(b);
        }
        Ok(both)
    }
}

/// The mean of each channel of each image: `[n, 1, 1, c]`, its pixels summed in their order.
pub(crate) fn channel_means(x: &Nhwc) -> Nhwc {
    let mut means = Nhwc::zeros(x.n, 1, 1, x.c);
    let share = 1.0 / (x.h * x.w).max(1) as f32;
    for (image, sums) in x.data.chunks_exact(x.image_len().max(1)).zip(means.data.chunks_exact_mut(x.c.max(1))) {
        for pixel in image.chunks_exact(x.c) {
            sums.iter_mut().zip(pixel).for_each(|(s, v)| *s += v);
        }
        sums.iter_mut().for_each(|s| *s *= share);
    }
    means
}

/// A fully connected layer made ready.
pub(crate) fn dense(d: &DensePlan) -> Dense {
    Dense::new(d.shape, &d.weight, &d.bias, d.activation.clone())
}

/// The square by which a convolution is computed fastest, if by any. With more channels the transformed weights
/// no longer fit the cache and are what takes the time.
fn square(p: &ConvPlan) -> Option<Square> {
    let [out, input, kh, kw] = p.shape;
    let same = [kh, kw, p.stride] == [3, 3, 1] && p.padding == Padding::all(1);
    if !same || !Winograd::fits([out, input], &p.activation) {
        return None;
    }
    match out * input {
        0..1_024 => None,
        1_024..=65_536 => Some(Square::Four),
        _ => Some(Square::Two),
    }
}

/// One planar image `[c, h, w]` as a channels-last map.
pub(crate) fn to_channels_last(planar: &[f32], [c, h, w]: [usize; 3]) -> Nhwc {
    let mut map = Nhwc::scratch(1, h, w, c);
    match planar.chunks_exact((h * w).max(1)).collect::<Vec<_>>().as_slice() {
        [r, g, b] => {
            let pixels = map.data.as_chunks_mut::<3>().0.iter_mut();
            pixels.zip(*r).zip(*g).zip(*b).for_each(|(((to, r), g), b)| *to = [*r, *g, *b]);
        }
        planes => {
            for (channel, plane) in planes.iter().enumerate() {
                for (to, v) in map.data.iter_mut().skip(channel).step_by(c).zip(*plane) {
                    *to = *v;
                }
            }
        }
    }
    map
}

/// A channels-last map of one image as planes, `[c, h, w]`.
pub(crate) fn to_planar(map: &Nhwc) -> Vec<f32> {
    (0..map.c).flat_map(|channel| map.data.iter().skip(channel).step_by(map.c.max(1)).copied()).collect()
}
