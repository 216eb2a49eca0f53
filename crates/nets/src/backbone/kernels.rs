//! The engine of the CPU: one image at a time through the channels-last kernels of [`crate::cpu`].

use crate::backbone::engine::{Engine, Trunk};
use crate::backbone::plan::{Block, ConvPlan, DensePlan, GatePlan, GateShape};
use crate::cpu::{
    Conv, ConvSpec, Dense, Depthwise, MaxPool, Nhwc, Padding, Simd, Square, Winograd, channel_means, expand_depthwise,
    interleave, scale_channels,
};
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

impl KernelGate {
    /// One for each channel of each image.
    fn factors(&self, x: &Nhwc) -> Nhwc {
        let mut factors = self.expand.forward(self.reduce.forward(channel_means(x)));
        factors.data.iter_mut().for_each(|f| *f = self.shape.apply(*f));
        factors
    }
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
        let factors = gate.factors(&x);
        scale_channels(&mut x, &factors);
        Ok(x)
    }

    fn gated(
        &self,
        gate: &KernelGate,
        project: &KernelConv,
        x: Nhwc,
        residual: Option<&Nhwc>,
    ) -> Result<Nhwc, NetsError> {
        match (project, residual) {
            (KernelConv::Full(c), _) if c.is_pointwise() => {
                let factors = gate.factors(&x);
                Ok(c.forward_weighed(x, &factors, residual))
            }
            (_, Some(residual)) => self.conv_add(project, &self.gate(gate, x)?, residual),
            (_, None) => self.conv(project, &self.gate(gate, x)?),
        }
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

/// Pixels of a map from which on its images are worked on one by one: they fill the cache, and there are few weights to
/// read again. The layers of smaller maps have most of a network's weights, which are read once for all.
const APART: usize = 15 * 15;

impl Trunk<Kernels> {
    /// From several pictures of one size to their last feature maps, in one. Each has the bits that it has alone.
    pub fn features_of(&self, pictures: &[Nhwc]) -> Result<Nhwc, NetsError> {
        self.through(&self.blocks, pictures)
    }

    fn through(&self, blocks: &[Block<KernelConv, KernelGate>], pictures: &[Nhwc]) -> Result<Nhwc, NetsError> {
        if let [Block::Pair { first, second }] = blocks {
            return self.engine.join(&self.through(first, pictures)?, &self.through(second, pictures)?);
        }
        let (mut maps, mut done) = (Vec::with_capacity(pictures.len()), 0);
        for picture in pictures {
            let (first, rest) = blocks.split_first().ok_or(NetsError::Unsupported("a network without layers"))?;
            let (mut map, mut rest) = (self.step(first, picture)?, rest);
            while map.h * map.w >= APART
                && let Some((block, later)) = rest.split_first()
            {
                (map, rest) = (self.step(block, &map)?, later);
            }
            done = blocks.len() - rest.len();
            maps.push(map);
        }
        let maps = Nhwc::stack(maps).ok_or(NetsError::Unsupported("pictures of different sizes at once"))?;
        blocks.iter().skip(done).try_fold(maps, |map, block| self.step(block, &map))
    }
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
        &[r, g, b] => interleave([r, g, b], &mut map.data, Simd::detect()),
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
