//! Convolutions over more than a pixel: indirect matrix products over a padded copy of the input.

use std::cell::Cell;

use rayon::prelude::*;

use super::kernel::{Slope, add, before_norm, moments, simd, through_activation};
use super::layer::{Layer, TASKS, View, resize, task_pixels};
use super::norm::{Mode, Sums};
use super::outer::Outer;
use super::panels::{pack, pack_across};
use super::params::{part, part_mut};
use super::pointwise::Into;
use super::winograd::{self, Squares};
use crate::cpu::{Activation, Job, LANES, Simd, run_job};

/// Output channels whose weights' gradient one task computes: two register tiles of AVX-512, three of AVX2.
const OUTS: usize = 16;
/// Pixels whose windows stay in the first-level cache meanwhile.
const PIXELS: usize = 96;

/// Rows and columns with their padding.
struct Grid {
    n: usize,
    /// Input.
    size: [usize; 2],
    /// `[top, bottom, left, right]`
    pad: [usize; 4],
    /// Output.
    out: [usize; 2],
    /// Whether it is computed by [`winograd`].
    squares: bool,
}

impl Grid {
    fn new(layer: &Layer, [n, h, w]: [usize; 3]) -> Self {
        let k = layer.kernel;
        let pad = layer.padding.resolve([h, w], [k, k], layer.stride);
        let [top, mut bottom, left, mut right] = pad;
        let out = [h + top + bottom, w + left + right].map(|len| (len - k) / layer.stride + 1);
        let squares = pad == [1; 4] && (k, layer.stride) == (3, 1) && winograd::fits([layer.cin, layer.cout]);
        if squares {
            // Of the last square of an odd number of outputs, half looks at these.
            (bottom, right) = (1 + h % 2, 1 + w % 2);
        }
        Self { n, size: [h, w], pad: [top, bottom, left, right], out, squares }
    }

    fn padded(&self) -> [usize; 2] {
        let ([h, w], [top, bottom, left, right]) = (self.size, self.pad);
        [h + top + bottom, w + left + right]
    }
}

/// Computes the raw output and settles the norm; `shape` is `[n, h, w]` of the input.
pub(super) fn forward(
    layer: &mut Layer,
    input: View<'_>,
    shape: [usize; 3],
    (params, running, mode): (&[f32], &mut [f32], Mode),
) {
    let simd = simd();
    let grid = Grid::new(layer, shape);
    let ([oh, ow], [hp, wp]) = (grid.out, grid.padded());
    let (cin, cout, k) = (layer.cin, layer.cout, layer.kernel);
    layer.shape = [grid.n, oh, ow];
    let mut padded = std::mem::take(&mut layer.padded);
    // The border is written when the buffer is made, and never after.
    if layer.padded_for != shape || padded.len() != grid.n * hp * wp * cin {
        padded = vec![0.0; grid.n * hp * wp * cin];
        layer.padded_for = shape;
    }
    surround(&grid, input, &mut padded, simd);
    let mut y = std::mem::take(&mut layer.y);
    let pixels = layer.pixels();
    resize(&mut y, pixels * cout);
    if grid.squares {
        let panels = winograd::forward_panels(part(params, &layer.weight), [cin, cout], simd);
        let squares = Squares {
            source: &padded,
            padded: [hp, wp],
            first: 0,
            size: [oh, ow],
            channels: [cin, cout],
            panels: &panels,
        };
        let each = squares.images_a_task() * oh * ow;
        let parts: Vec<Sums> = y
            .par_chunks_mut(each * cout)
            .enumerate()
            .map(|(task, y)| {
                squares.write(task * squares.images_a_task(), y, simd);
                let mut moments = Moments::new(cout, mode);
                y.chunks(PIXELS * cout).for_each(|y| moments.add(y, simd));
                moments.sums(y.len() / cout)
            })
            .collect();
        (layer.y, layer.padded) = (y, padded);
        layer.norm.settle(&Sums::merge(parts, cout), pixels, params, running, mode);
        return;
    }
    let depth = k * k * cin;
    let panels = pack(cout, depth, part(params, &layer.weight));
    let bias = vec![0.0; cout.next_multiple_of(LANES)];
    let job = Job {
        source: &padded,
        image: [hp, wp, cin],
        out_image: [oh, ow, cout],
        kernel: [k, k],
        stride: layer.stride,
        panels: &panels,
        bias: &bias,
        activation: &Activation::None,
        residual: None,
    };
    let each = task_pixels(pixels, TASKS, None);
    let parts: Vec<Sums> = y
        .par_chunks_mut(each * cout)
        .enumerate()
        .map(|(task, y)| {
            let mut moments = Moments::new(cout, mode);
            let count = y.len() / cout;
            for (block, y) in y.chunks_mut(PIXELS * cout).enumerate() {
                run_job(&job, task * each + block * PIXELS, y, simd);
                moments.add(y, simd);
            }
            moments.sums(count)
        })
        .collect();
    (layer.y, layer.padded) = (y, padded);
    layer.norm.settle(&Sums::merge(parts, cout), pixels, params, running, mode);
}

/// The moments of a task's outputs, about the first pixel's values.
struct Moments {
    mode: Mode,
    sums: Sums,
    first: Vec<f32>,
    second: Vec<f32>,
    reference: Option<Vec<f32>>,
}

impl Moments {
    fn new(channels: usize, mode: Mode) -> Self {
        let zeros = || vec![0.0; channels];
        Self { mode, sums: Sums::zeros(channels), first: zeros(), second: zeros(), reference: None }
    }

    fn add(&mut self, y: &[f32], simd: Option<Simd>) {
        if self.mode == Mode::Eval {
            return;
        }
        let reference = self.reference.get_or_insert_with(|| y.get(..self.first.len()).unwrap_or_default().to_vec());
        moments(y, reference, &mut self.first, &mut self.second, simd);
        self.sums.absorb(&mut self.first, &mut self.second);
    }

    /// Of all `count` pixels.
    fn sums(self, count: usize) -> Sums {
        self.sums.about(self.reference.as_deref().unwrap_or_default(), count)
    }
}

/// As `pointwise::backward`, without gates; `shape` is `[n, h, w]` of the input.
pub(super) fn backward(
    layer: &Layer,
    input: View<'_>,
    shape: [usize; 3],
    g: &[f32],
    into: Into<'_>,
    (params, grads): (&[f32], &mut [f32]),
) -> Sums {
    let simd = simd();
    let grid = Grid::new(layer, shape);
    let dy = Behind::new(layer, &grid, g, simd);
    learn(layer, &grid, &dy, part_mut(grads, &layer.weight), simd);
    let (target, residual, norm) = match into {
        Into::Nothing | Into::Gate(..) => return Sums::default(),
        Into::Plain(target, residual) => (target, residual, None),
        Into::Norm(target) => (target, None, input.norm),
    };
    let (cin, image) = (layer.cin, shape[1] * shape[2] * layer.cin);
    resize(target, shape[0] * image);
    dy.spread(layer, &grid, part(params, &layer.weight), target, simd);
    let parts: Vec<Sums> = target
        .par_chunks_mut(image.max(1))
        .enumerate()
        .map(|(i, out)| {
            if let Some(residual) = residual.and_then(|r| r.get(i * image..(i + 1) * image)) {
                add(out, residual, simd);
            }
            let mut sums = Sums::zeros(cin);
            let Some(norm) = norm else { return sums };
            let (mut first, mut second) = (vec![0.0; cin], vec![0.0; cin]);
            for (row, out) in out.chunks_mut(shape[2] * cin).enumerate() {
                let y = input.raw((i * shape[1] + row) * shape[2], shape[2]);
                let [scale, shift] = norm.affine();
                let slope = Slope { y, scale, shift, mean: &norm.mean, activation: input.activation, gate: None };
                through_activation(&slope, out, [&mut first, &mut second], simd);
                sums.absorb(&mut first, &mut second);
            }
            sums
        })
        .collect();
    Sums::merge(parts, cin)
}

/// Finishes the input's values into a copy with zeros around each image.
fn surround(grid: &Grid, input: View<'_>, padded: &mut [f32], simd: Option<Simd>) {
    let ([h, w], [hp, wp], c) = (grid.size, grid.padded(), input.channels);
    let [top, _, left, _] = grid.pad;
    padded.par_chunks_mut((hp * wp * c).max(1)).enumerate().for_each(|(image, padded)| {
        for (row, line) in padded.chunks_exact_mut(wp * c).skip(top).take(h).enumerate() {
            let Some(line) = line.get_mut(left * c..(left + w) * c) else { continue };
            let at = (image * h + row) * w;
            if input.norm.is_some() {
                input.read(at, w, line, simd);
            } else {
                line.copy_from_slice(input.raw(at, w));
            }
        }
    });
}

/// The gradient before the norm, with zeros around each image.
struct Behind {
    data: Vec<f32>,
    /// Rows and columns of zeros before the first.
    lead: usize,
    /// With the zeros.
    size: [usize; 2],
}

thread_local! {
    /// The buffer of the last [`Behind`]: a fresh one for every layer would cost page faults that weigh as much as
    /// filling it.
    static BEHIND: Cell<Vec<f32>> = const { Cell::new(Vec::new()) };
}

impl Drop for Behind {
    fn drop(&mut self) {
        BEHIND.set(std::mem::take(&mut self.data));
    }
}

impl Behind {
    fn new(layer: &Layer, grid: &Grid, g: &[f32], simd: Option<Simd>) -> Self {
        let ([oh, ow], c) = (grid.out, layer.cout);
        let lead = (layer.kernel - 1) / layer.stride;
        let size = [oh + 2 * lead + 1, ow + 2 * lead + 1];
        let mut data = BEHIND.take();
        resize(&mut data, grid.n * size[0] * size[1] * c);
        data.par_chunks_mut(size[0] * size[1] * c).enumerate().for_each(|(image, data)| {
            for (row, line) in data.chunks_exact_mut(size[1] * c).enumerate() {
                let inside = row.checked_sub(lead).filter(|row| *row < oh);
                let at = inside.map(|row| (image * oh + row) * ow * c);
                let values = at.and_then(|at| g.get(at..at + ow * c).zip(layer.y.get(at..at + ow * c)));
                match (values, line.split_at_mut_checked(lead * c)) {
                    (Some((g, y)), Some((before, rest))) if rest.len() >= ow * c => {
                        let (line, after) = rest.split_at_mut(ow * c);
                        before.fill(0.0);
                        before_norm(g, y, layer.norm.coefficients(), line, simd);
                        after.fill(0.0);
                    }
                    _ => line.fill(0.0),
                }
            }
        });
        Self { data, lead, size }
    }

    /// Writes the input's gradient `[n, h, w, cin]`: for each remainder of the stride a convolution of its own, over
    /// the taps that reach such rows and columns.
    fn spread(&self, layer: &Layer, grid: &Grid, weight: &[f32], target: &mut [f32], simd: Option<Simd>) {
        let [top, _, left, _] = grid.pad;
        let s = layer.stride;
        let [h, w] = grid.size;
        if grid.squares {
            let panels = winograd::backward_panels(weight, [layer.cin, layer.cout], simd);
            let squares = Squares {
                source: &self.data,
                padded: self.size,
                first: self.lead - 1,
                size: [h, w],
                channels: [layer.cout, layer.cin],
                panels: &panels,
            };
            let images = squares.images_a_task();
            let parts = target.par_chunks_mut(images * h * w * layer.cin).enumerate();
            parts.for_each(|(task, out)| squares.write(task * images, out, simd));
            return;
        }
        if s > 1 {
            target.fill(0.0);
        }
        for ry in 0..s {
            let rows = Phase::new(ry, [layer.kernel, s, top, h]);
            for rx in 0..s {
                let columns = Phase::new(rx, [layer.kernel, s, left, w]);
                if rows.taps * columns.taps * rows.count * columns.count == 0 {
                    continue;
                }
                self.phase(layer, [&rows, &columns], grid, weight, target, simd);
            }
        }
    }

    fn phase(
        &self,
        layer: &Layer,
        [rows, columns]: [&Phase; 2],
        grid: &Grid,
        weight: &[f32],
        target: &mut [f32],
        simd: Option<Simd>,
    ) {
        let (cin, cout, k, s) = (layer.cin, layer.cout, layer.kernel, layer.stride);
        let [hp, wp] = self.size;
        let depth = rows.taps * columns.taps * cout;
        let start = |i: usize| {
            let (tap, o) = (i / cout, i % cout);
            let (ky, kx) = (rows.tap(tap / columns.taps, s), columns.tap(tap % columns.taps, s));
            ((o * k + ky) * k + kx) * cin
        };
        let panels = pack_across(cin, depth, start, weight);
        let bias = vec![0.0; cin.next_multiple_of(LANES)];
        let skip = (self.lead + rows.first + 1 - rows.taps) * wp + self.lead + columns.first + 1 - columns.taps;
        let job = Job {
            source: self.data.get(skip * cout..).unwrap_or_default(),
            image: [hp, wp, cout],
            out_image: [rows.count, columns.count, cin],
            kernel: [rows.taps, columns.taps],
            stride: 1,
            panels: &panels,
            bias: &bias,
            activation: &Activation::None,
            residual: None,
        };
        if s == 1 {
            let each = task_pixels(grid.n * rows.count * columns.count, TASKS, None);
            let parts = target.par_chunks_mut(each * cin).enumerate();
            parts.for_each(|(task, out)| run_job(&job, task * each, out, simd));
            return;
        }
        let (pixels, [h, w]) = (rows.count * columns.count, grid.size);
        target.par_chunks_mut(h * w * cin).enumerate().for_each(|(image, target)| {
            let mut values = vec![0.0; pixels * cin];
            run_job(&job, image * pixels, &mut values, simd);
            for (i, value) in values.chunks_exact(cin).enumerate() {
                let (y, x) = (rows.start + i / columns.count * s, columns.start + i % columns.count * s);
                if let Some(to) = target.get_mut((y * w + x) * cin..(y * w + x + 1) * cin) {
                    to.copy_from_slice(value);
                }
            }
        });
    }
}

/// Input rows (or columns) of one remainder of the stride: row `i` meets window row `ky` of output row
/// `(i + top − ky) / stride`.
struct Phase {
    remainder: usize,
    /// Taps that reach such rows.
    taps: usize,
    /// The first such row, and how many there are.
    start: usize,
    count: usize,
    /// The output row that its first tap (`ky = remainder`) belongs to.
    first: usize,
}

impl Phase {
    fn new(remainder: usize, [kernel, stride, top, len]: [usize; 4]) -> Self {
        let start = (remainder + stride * top - top) % stride;
        Self {
            remainder,
            taps: kernel.saturating_sub(remainder).div_ceil(stride),
            start,
            count: len.saturating_sub(start).div_ceil(stride),
            first: (start + top - remainder.min(start + top)) / stride,
        }
    }

    /// The kernel row at place `i` of the flipped taps.
    fn tap(&self, i: usize, stride: usize) -> usize {
        self.remainder + (self.taps - 1 - i) * stride
    }
}

/// Adds the weights' gradient `[cout, k, k, cin]`.
fn learn(layer: &Layer, grid: &Grid, dy: &Behind, grads: &mut [f32], simd: Option<Simd>) {
    let (cin, cout, k, s) = (layer.cin, layer.cout, layer.kernel, layer.stride);
    let ([oh, ow], [hp, wp]) = (grid.out, grid.padded());
    let filter = k * k * cin;
    let pixels = grid.n * oh * ow;
    grads.par_chunks_mut(OUTS * filter).enumerate().for_each(|(task, grads)| {
        let outs = grads.len() / filter;
        let (mut bases, mut dy_bases) = (Vec::with_capacity(PIXELS), Vec::with_capacity(PIXELS));
        for from in (0..pixels).step_by(PIXELS) {
            bases.clear();
            dy_bases.clear();
            for p in from..pixels.min(from + PIXELS) {
                let (image, y, x) = (p / (oh * ow), p / ow % oh, p % ow);
                bases.push(((image * hp + y * s) * wp + x * s) * cin);
                let [rows, columns] = dy.size;
                let pixel = (image * rows + y + dy.lead) * columns + x + dy.lead;
                dy_bases.push(pixel * cout + task * OUTS);
            }
            for ky in 0..k {
                let x = layer.padded.get(ky * wp * cin..).unwrap_or_default();
                let outer = Outer {
                    dy: &dy.data,
                    dy_bases: &dy_bases,
                    outs,
                    x,
                    bases: &bases,
                    run: k * cin,
                    out_pitch: filter,
                };
                if let Some(to) = grads.get_mut(ky * k * cin..) {
                    outer.add_to(to, simd);
                }
            }
        }
    });
}
