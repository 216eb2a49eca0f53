//! Blocks of layers between materialised feature maps: forward, and backward in reverse.

use rayon::prelude::*;

use super::gate::Gate;
use super::kernel::{Slope, normalise, normalise_add, simd, through_activation, through_map};
use super::layer::{Layer, TASKS, View, block_rows, resize, spans, task_pixels};
use super::norm::{Mode, Norm, Sums};
use super::pointwise::Into;
use super::{dense, depthwise, pointwise};
use crate::backbone::Skip;
use crate::cpu::Activation;

/// A step from one feature map to the next.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "a network has some twenty of them")]
pub(super) enum Kind {
    Conv(Layer),
    MaxPool(Vec<u8>),
    Inverted { expand: Option<Layer>, depthwise: Layer, gate: Option<Gate>, project: Layer, skip: Skip },
    Basic { first: Layer, second: Layer, shortcut: Option<Layer> },
}

/// A feature map, `[n, h, w, channels]`.
#[derive(Debug, Default)]
pub(super) struct Map {
    pub data: Vec<f32>,
    pub shape: [usize; 3],
    pub channels: usize,
}

impl Map {
    fn view(&self) -> View<'_> {
        View::plain(&self.data, self.channels)
    }
}

/// The numbers that a pass forward reads and moves.
pub(super) struct Pass<'a> {
    pub params: &'a [f32],
    pub running: &'a mut [f32],
    pub mode: Mode,
}

impl Pass<'_> {
    fn conv(&mut self, layer: &mut Layer, input: View<'_>, shape: [usize; 3]) {
        let with = (self.params, &mut *self.running, self.mode);
        if layer.depthwise {
            depthwise::forward(layer, input, shape, with);
        } else if layer.is_pointwise() {
            pointwise::forward(layer, input, shape, with);
        } else {
            dense::forward(layer, input, shape, with);
        }
    }
}

impl Layer {
    fn is_pointwise(&self) -> bool {
        self.kernel == 1 && self.stride == 1
    }

    /// Sums for the backward pass of the norm, of a gradient behind the activation, which it takes `g` through.
    fn meet(&self, g: &mut [f32]) -> Sums {
        let [scale, shift] = self.norm.affine();
        mask(g, &self.y, [scale, shift], &self.norm, &self.activation)
    }

    fn settle_back(&mut self, sums: &Sums, params: &[f32], grads: &mut [f32]) {
        self.norm.settle_back(sums, params, grads);
    }

    /// Adds the weight's gradient and writes the input's.
    fn back(&self, input: View<'_>, shape: [usize; 3], g: &[f32], into: Into<'_>, with: (&[f32], &mut [f32])) -> Sums {
        if self.depthwise {
            let target = match into {
                Into::Plain(target, _) | Into::Norm(target) | Into::Gate(target, _) => Some(target),
                Into::Nothing => None,
            };
            return depthwise::backward(self, input, shape, g, target, with);
        }
        if self.is_pointwise() {
            return pointwise::backward(self, input, g, into, with);
        }
        dense::backward(self, input, shape, g, into, with)
    }
}

/// Takes `g` through an activation behind a norm, all pixels; the sums that the norm needs.
fn mask(g: &mut [f32], y: &[f32], [scale, shift]: [&[f32]; 2], norm: &Norm, activation: &Activation) -> Sums {
    let simd = simd();
    let c = scale.len();
    let pixels = g.len() / c.max(1);
    let (each, rows) = (task_pixels(pixels, TASKS, None), block_rows(2 * c));
    let parts: Vec<Sums> = g
        .par_chunks_mut(each * c)
        .zip(y.par_chunks(each * c))
        .map(|(g, y)| {
            let mut sums = Sums::zeros(c);
            let (mut first, mut second) = (vec![0.0; c], vec![0.0; c]);
            for (g, y) in g.chunks_mut(rows * c).zip(y.chunks(rows * c)) {
                let slope = Slope { y, scale, shift, mean: &norm.mean, activation, gate: None };
                through_activation(&slope, g, [&mut first, &mut second], simd);
                sums.absorb(&mut first, &mut second);
            }
            sums
        })
        .collect();
    Sums::merge(parts, c)
}

/// Zeroes `g` where `out`, a rectified map, is zero; the sums that the norm of `layer` in front of it needs.
fn rectified(layer: &Layer, g: &mut [f32], out: &[f32]) -> Sums {
    let simd = simd();
    let c = layer.cout;
    let (each, rows) = (task_pixels(g.len() / c.max(1), TASKS, None), block_rows(3 * c));
    let parts: Vec<Sums> = (g.par_chunks_mut(each * c), layer.y.par_chunks(each * c), out.par_chunks(each * c))
        .into_par_iter()
        .map(|(g, y, out)| {
            let mut sums = Sums::zeros(c);
            let (mut first, mut second) = (vec![0.0; c], vec![0.0; c]);
            for ((g, y), out) in g.chunks_mut(rows * c).zip(y.chunks(rows * c)).zip(out.chunks(rows * c)) {
                through_map([out, y, &layer.norm.mean], g, [&mut first, &mut second], simd);
                sums.absorb(&mut first, &mut second);
            }
            sums
        })
        .collect();
    Sums::merge(parts, c)
}

/// Writes the finished output of `layer` with `residual` added before `activation`.
fn finish(layer: &Layer, residual: Option<View<'_>>, activation: &Activation, out: &mut Map) {
    let simd = simd();
    let c = layer.cout;
    let pixels = layer.pixels();
    resize(&mut out.data, pixels * c);
    (out.shape, out.channels) = (layer.shape, c);
    let (each, rows) = (task_pixels(pixels, TASKS, None), block_rows(3 * c));
    out.data.par_chunks_mut(each * c).enumerate().for_each(|(task, out)| {
        let mut room = vec![0.0; if residual.is_some_and(|r| r.norm.is_some()) { rows * c } else { 0 }];
        let from = task * each;
        for (at, count) in spans(from, from + out.len() / c, rows, None) {
            let Some(out) = out.get_mut((at - from) * c..(at - from + count) * c) else { continue };
            let y = layer.view().raw(at, count);
            match residual {
                None => normalise(y, layer.norm.affine(), activation, None, out, simd),
                Some(r) => {
                    let r = r.read(at, count, &mut room, simd);
                    normalise_add(y, layer.norm.affine(), r, activation, out, simd);
                }
            }
        }
    });
}

impl Kind {
    /// Computes the next feature map.
    pub(super) fn forward(&mut self, x: &Map, out: &mut Map, pass: &mut Pass<'_>) {
        match self {
            Self::Conv(layer) => {
                pass.conv(layer, x.view(), x.shape);
                finish(layer, None, &layer.activation, out);
            }
            Self::MaxPool(chosen) => max_pool(x, out, chosen),
            Self::Inverted { expand, depthwise, gate, project, skip } => {
                let mut input = x.view();
                if let Some(expand) = expand {
                    pass.conv(expand, input, x.shape);
                    input = expand.view();
                }
                pass.conv(depthwise, input, x.shape);
                let [_, h, w] = depthwise.shape;
                let mut filtered = depthwise.view();
                if let Some(gate) = gate {
                    gate.forward(filtered, h * w, pass.params);
                    filtered.gate = Some((&gate.factors, h * w));
                }
                pass.conv(project, filtered, depthwise.shape);
                finish(project, (*skip == Skip::Add).then(|| x.view()), &Activation::None, out);
            }
            Self::Basic { first, second, shortcut } => {
                pass.conv(first, x.view(), x.shape);
                pass.conv(second, first.view(), first.shape);
                let mut residual = x.view();
                if let Some(shortcut) = shortcut {
                    pass.conv(shortcut, residual, x.shape);
                    residual = shortcut.view();
                }
                finish(second, Some(residual), &Activation::Relu, out);
            }
        }
    }

    /// From the gradient `g` of the output: adds the parameters' gradients and writes the input's to `dx` where one
    /// is given. `g` is used up.
    pub(super) fn backward(
        &mut self,
        (x, out): (&Map, &Map),
        g: &mut Vec<f32>,
        dx: Option<&mut Vec<f32>>,
        (params, grads): (&[f32], &mut [f32]),
        room: &mut Room,
    ) {
        match self {
            Self::Conv(layer) => {
                let sums = layer.meet(g);
                layer.settle_back(&sums, params, grads);
                layer.back(x.view(), x.shape, g, plain(dx, None), (params, grads));
            }
            Self::MaxPool(chosen) => {
                if let Some(dx) = dx {
                    max_pool_back(x, out, chosen, g, dx);
                }
            }
            Self::Inverted { expand, depthwise, gate, project, skip } => {
                let sums = linear_sums(project, g);
                project.settle_back(&sums, params, grads);
                let [n, h, w] = depthwise.shape;
                let mut filtered = depthwise.view();
                let sums = if let Some(gate) = gate {
                    filtered.gate = Some((&gate.factors, h * w));
                    let mut dots = vec![0.0; n * depthwise.cout];
                    let into = Into::Gate(&mut room.first, &mut dots);
                    project.back(filtered, depthwise.shape, g, into, (params, grads));
                    gate.backward(depthwise, &mut room.first, &dots, (params, grads))
                } else {
                    project.back(filtered, depthwise.shape, g, Into::Norm(&mut room.first), (params, grads))
                };
                depthwise.settle_back(&sums, params, grads);
                let residual = (*skip == Skip::Add).then_some(&**g);
                let Some(expand) = expand else {
                    let target = plain(dx, None);
                    with_residual(target, residual, |into| {
                        depthwise.back(x.view(), x.shape, &room.first, into, (params, grads));
                    });
                    return;
                };
                let into = Into::Norm(&mut room.second);
                let sums = depthwise.back(expand.view(), x.shape, &room.first, into, (params, grads));
                expand.settle_back(&sums, params, grads);
                expand.back(x.view(), x.shape, &room.second, plain(dx, residual), (params, grads));
            }
            Self::Basic { first, second, shortcut } => {
                let sums = rectified(second, g, &out.data);
                second.settle_back(&sums, params, grads);
                let into = Into::Norm(&mut room.first);
                let sums = second.back(first.view(), first.shape, g, into, (params, grads));
                first.settle_back(&sums, params, grads);
                let Some(shortcut) = shortcut else {
                    first.back(x.view(), x.shape, &room.first, plain(dx, Some(g)), (params, grads));
                    return;
                };
                let sums = linear_sums(shortcut, g);
                shortcut.settle_back(&sums, params, grads);
                let wanted = dx.is_some();
                let into = if wanted { Into::Plain(&mut room.second, None) } else { Into::Nothing };
                shortcut.back(x.view(), x.shape, g, into, (params, grads));
                let into = plain(dx, wanted.then_some(&*room.second));
                first.back(x.view(), x.shape, &room.first, into, (params, grads));
            }
        }
    }
}

/// Buffers for gradients inside a block, used by one block after the other.
#[derive(Debug, Default)]
pub(super) struct Room {
    first: Vec<f32>,
    second: Vec<f32>,
}

fn plain<'a>(dx: Option<&'a mut Vec<f32>>, residual: Option<&'a [f32]>) -> Into<'a> {
    dx.map_or(Into::Nothing, |dx| Into::Plain(dx, residual))
}

/// Depthwise convolutions cannot add while they write: afterwards, then.
fn with_residual(into: Into<'_>, residual: Option<&[f32]>, back: impl FnOnce(Into<'_>)) {
    match into {
        Into::Plain(target, _) => {
            back(Into::Plain(target, None));
            if let Some(residual) = residual {
                super::kernel::add(target, residual, simd());
            }
        }
        other => back(other),
    }
}

/// The sums of a gradient behind a norm without an activation.
fn linear_sums(layer: &Layer, g: &mut [f32]) -> Sums {
    let [scale, shift] = layer.norm.affine();
    mask(g, &layer.y, [scale, shift], &layer.norm, &Activation::None)
}

/// The largest of 3 × 3, stride 2, padding 1; `chosen` keeps which of the nine it was.
fn max_pool(x: &Map, out: &mut Map, chosen: &mut Vec<u8>) {
    let ([n, h, w], c) = (x.shape, x.channels);
    let [oh, ow] = [h, w].map(|len| (len - 1) / 2 + 1);
    (out.shape, out.channels) = ([n, oh, ow], c);
    resize(&mut out.data, n * oh * ow * c);
    chosen.resize(n * oh * ow * c, 0);
    let rows = out.data.par_chunks_mut(ow * c).zip(chosen.par_chunks_mut(ow * c)).enumerate();
    rows.for_each(|(row, (out, chosen))| {
        let (image, oy) = (row / oh, row % oh);
        out.fill(f32::NEG_INFINITY);
        for ky in 0..3 {
            let Some(y) = (oy * 2 + ky).checked_sub(1).filter(|y| *y < h) else { continue };
            for (ox, (out, chosen)) in out.chunks_exact_mut(c).zip(chosen.chunks_exact_mut(c)).enumerate() {
                for kx in 0..3 {
                    let Some(x0) = (ox * 2 + kx).checked_sub(1).filter(|x| *x < w) else { continue };
                    let from = x.data.get(((image * h + y) * w + x0) * c..).unwrap_or_default();
                    let tap = (ky * 3 + kx) as u8;
                    for ((o, t), v) in out.iter_mut().zip(chosen.iter_mut()).zip(from) {
                        let larger = *v > *o;
                        *o = if larger { *v } else { *o };
                        *t = if larger { tap } else { *t };
                    }
                }
            }
        }
    });
}

/// Each output's gradient goes to the value that it was: a pixel of the input asks the up to four outputs whose windows
/// it is in.
fn max_pool_back(x: &Map, out: &Map, chosen: &[u8], g: &[f32], dx: &mut Vec<f32>) {
    let ([_, h, w], c, [_, oh, ow]) = (x.shape, x.channels, out.shape);
    resize(dx, x.data.len());
    // Windows over place `i` of an axis, the later first, each with the place's tap in it.
    let windows = |i: usize, outputs: usize| {
        (0..3).filter_map(move |tap| Some(((i + 1).checked_sub(tap)?, tap))).filter_map(move |(below, tap)| {
            (below.is_multiple_of(2) && below / 2 < outputs).then_some((below / 2, tap))
        })
    };
    dx.par_chunks_mut((w * c).max(1)).enumerate().for_each(|(line, dx)| {
        let (image, row) = (line / h, line % h);
        dx.fill(0.0);
        for (oy, ky) in windows(row, oh) {
            for (column, dx) in dx.chunks_exact_mut(c).enumerate() {
                for (ox, kx) in windows(column, ow) {
                    let at = ((image * oh + oy) * ow + ox) * c;
                    let (Some(g), Some(chosen)) = (g.get(at..at + c), chosen.get(at..at + c)) else { continue };
                    let tap = (ky * 3 + kx) as u8;
                    for ((to, g), chosen) in dx.iter_mut().zip(g).zip(chosen) {
                        *to += if *chosen == tap { *g } else { 0.0 };
                    }
                }
            }
        }
    });
}
