//! 1 × 1 convolutions of stride 1: matrix products over pixels, both ways in one sweep over the batch.

use rayon::prelude::*;

use super::kernel::{Slope, before_norm, dot, moments, simd, through_activation};
use super::layer::{Aligned, Layer, TASKS, View, block_rows, resize, spans, task_pixels};
use super::norm::{Mode, Sums};
use super::outer::Outer;
use super::panels::{Product, pack, pack_across};
use super::params::{part, part_mut};
use crate::cpu::Simd;

/// What the gradient of the input is turned into.
pub(super) enum Into<'a> {
    /// Nothing: nobody in front wants to learn.
    Nothing,
    /// Left as it is, with this added to it.
    Plain(&'a mut Vec<f32>, Option<&'a [f32]>),
    /// Taken through the input's activation; its sums are returned.
    Norm(&'a mut Vec<f32>),
    /// Left as it is; its products with the ungated input, summed per image and channel, go into the second.
    Gate(&'a mut Vec<f32>, &'a mut [f32]),
}

/// Computes the raw output and settles the norm.
pub(super) fn forward(
    layer: &mut Layer,
    input: View<'_>,
    shape: [usize; 3],
    (params, running, mode): (&[f32], &mut [f32], Mode),
) {
    let simd = simd();
    let (cin, cout) = (layer.cin, layer.cout);
    layer.shape = shape;
    let pixels = layer.pixels();
    let mut y = std::mem::take(&mut layer.y);
    resize(&mut y, pixels * cout);
    let weight = part(params, &layer.weight);
    let panels = pack(cout, cin, weight);
    let image = input.gate.map(|(_, pixels)| pixels);
    let each = task_pixels(pixels, TASKS, image);
    let rows = block_rows(cin + cout);
    let parts: Vec<Sums> = y
        .par_chunks_mut(each * cout)
        .enumerate()
        .map(|(task, y)| {
            let mut sums = Sums::zeros(cout);
            let (mut first, mut second) = (vec![0.0; cout], vec![0.0; cout]);
            let mut reference: Option<Vec<f32>> = None;
            let all = y.len() / cout;
            let mut room = Aligned::scratch(rows * cin);
            let from = task * each;
            for (at, count) in spans(from, from + y.len() / cout, rows, image) {
                let x = input.read(at, count, &mut room, simd);
                let Some(y) = y.get_mut((at - from) * cout..(at - from + count) * cout) else { continue };
                Product { a: x, depth: cin, panels: &panels, residual: None }.write(y, cout, simd);
                if mode != Mode::Eval {
                    reference.get_or_insert_with(|| y.get(..cout).unwrap_or_default().to_vec());
                    moments(y, reference.as_deref().unwrap_or_default(), &mut first, &mut second, simd);
                    sums.absorb(&mut first, &mut second);
                }
            }
            sums.about(reference.as_deref().unwrap_or_default(), all)
        })
        .collect();
    layer.y = y;
    layer.norm.settle(&Sums::merge(parts, cout), pixels, params, running, mode);
}

/// From `g`, the gradient behind this layer's norm (whose backward sums are settled): adds the weight's gradient to
/// `grads` and writes the input's where `into` says. Returns the sums that the input's norm needs, if any.
pub(super) fn backward(
    layer: &Layer,
    input: View<'_>,
    g: &[f32],
    into: Into<'_>,
    (params, grads): (&[f32], &mut [f32]),
) -> Sums {
    let simd = simd();
    let (cin, cout) = (layer.cin, layer.cout);
    let pixels = layer.pixels();
    let weight = part(params, &layer.weight);
    let image = input.gate.map(|(_, pixels)| pixels);
    let tasks = if weight.len() > 32_768 { TASKS / 2 } else { TASKS };
    let each = task_pixels(pixels, tasks, image);
    let mut nothing = Vec::new();
    let mut no_dots: &mut [f32] = &mut [];
    let (target, residual, after) = match into {
        Into::Nothing => (&mut nothing, None, After::Nothing),
        Into::Plain(target, residual) => (target, residual, After::Plain),
        Into::Norm(target) => (target, None, After::Norm),
        Into::Gate(target, dots) => {
            no_dots = dots;
            (target, None, After::Gate)
        }
    };
    let panels =
        if after == After::Nothing { Aligned::scratch(0) } else { pack_across(cin, cout, |o| o * cin, weight) };
    resize(target, if after == After::Nothing { 0 } else { pixels * cin });
    let per_image = image.unwrap_or(pixels).max(1);
    let work = Sweep { layer, input, g, panels: &panels, residual, after, image };
    let starts: Vec<usize> = (0..pixels).step_by(each).collect();
    let mut targets: Vec<&mut [f32]> = target.chunks_mut(each * cin).collect();
    targets.resize_with(starts.len(), Default::default);
    let mut dots: Vec<&mut [f32]> = no_dots.chunks_mut((each / per_image).max(1) * cin).collect();
    dots.resize_with(starts.len(), Default::default);
    let parts: Vec<(Vec<f32>, Sums)> = (starts, targets, dots)
        .into_par_iter()
        .map(|(from, target, dots)| work.run(from, each.min(pixels - from), target, dots, simd))
        .collect();
    add_parts(part_mut(grads, &layer.weight), &parts);
    Sums::merge(parts.into_iter().map(|(_, sums)| sums), cin)
}

/// Adds the tasks' shares of a weight's gradient, in order.
pub(super) fn add_parts<T: Sync>(to: &mut [f32], parts: &[(Vec<f32>, T)]) {
    const CHUNK: usize = 8192;
    to.par_chunks_mut(CHUNK).enumerate().for_each(|(i, to)| {
        for (values, _) in parts {
            let from = values.get(i * CHUNK..).unwrap_or_default();
            to.iter_mut().zip(from).for_each(|(t, f)| *t += f);
        }
    });
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum After {
    Nothing,
    Plain,
    Norm,
    Gate,
}

/// What all tasks of a backward sweep share.
struct Sweep<'a> {
    layer: &'a Layer,
    input: View<'a>,
    g: &'a [f32],
    panels: &'a [f32],
    residual: Option<&'a [f32]>,
    after: After,
    image: Option<usize>,
}

impl Sweep<'_> {
    /// Pixels `from..from + count`.
    fn run(
        &self,
        from: usize,
        count: usize,
        target: &mut [f32],
        dots: &mut [f32],
        simd: Option<Simd>,
    ) -> (Vec<f32>, Sums) {
        let (cin, cout) = (self.layer.cin, self.layer.cout);
        let rows = block_rows(2 * cin + 2 * cout);
        let mut dw = vec![0.0; cin * cout];
        let mut sums = Sums::zeros(cin);
        let (mut first, mut second) = (vec![0.0; cin], vec![0.0; cin]);
        let mut x_room = Aligned::scratch(rows * cin);
        let mut dy_room = Aligned::scratch(rows * cout);
        let bases: Vec<usize> = (0..rows).map(|p| p * cin).collect();
        let dy_bases: Vec<usize> = (0..rows).map(|p| p * cout).collect();
        let ungated = View { gate: None, ..self.input };
        for (at, count) in spans(from, from + count, rows, self.image) {
            let cut = |values: &[f32], c: usize| at * c..((at + count) * c).min(values.len());
            let g = self.g.get(cut(self.g, cout)).unwrap_or_default();
            let y = self.layer.y.get(cut(&self.layer.y, cout)).unwrap_or_default();
            let dy = dy_room.get_mut(..count * cout).unwrap_or_default();
            before_norm(g, y, self.layer.norm.coefficients(), dy, simd);
            let x = self.input.read(at, count, &mut x_room, simd);
            let (bases, dy_bases) = (bases.get(..count), dy_bases.get(..count));
            let (bases, dy_bases) = (bases.unwrap_or_default(), dy_bases.unwrap_or_default());
            let outer = Outer { dy, dy_bases, outs: cout, x, bases, run: cin, out_pitch: cin };
            outer.add_to(&mut dw, simd);
            if self.after == After::Nothing {
                continue;
            }
            let Some(out) = target.get_mut((at - from) * cin..(at - from + count) * cin) else { continue };
            let residual = self.residual.and_then(|r| r.get(cut(r, cin)));
            Product { a: dy, depth: cout, panels: self.panels, residual }.write(out, cin, simd);
            match (self.after, self.input.norm) {
                (After::Norm, Some(norm)) => {
                    let [scale, shift] = norm.affine();
                    let y = self.input.raw(at, count);
                    let slope =
                        Slope { y, scale, shift, mean: &norm.mean, activation: self.input.activation, gate: None };
                    through_activation(&slope, out, [&mut first, &mut second], simd);
                    sums.absorb(&mut first, &mut second);
                }
                (After::Gate, _) => {
                    let z = ungated.read(at, count, &mut x_room, simd);
                    let image = (at - from) / self.image.unwrap_or(1).max(1);
                    let dots = dots.get_mut(image * cin..(image + 1) * cin).unwrap_or_default();
                    dot(out, z, dots, simd);
                }
                _ => {}
            }
        }
        (dw, sums)
    }
}
