//! Depthwise convolutions: an image at a time, a window of rows at a time, normalised as they are read.
#![allow(clippy::needless_range_loop, reason = "one index into slices of one length is what the compiler vectorises")]

use rayon::prelude::*;

#[cfg(target_arch = "x86_64")]
use super::depthwise_wide as wide;
use super::kernel::{Kernel, Slope, before_norm, launch, madd, moments, simd, through_activation};
use super::layer::{Aligned, Layer, View, resize};
use super::norm::{Mode, Sums};
use super::params::{part, part_mut};
use super::pointwise::add_parts;
use crate::cpu::{Nhwc, Simd};

/// Where windows lie.
#[derive(Clone, Copy)]
pub(super) struct Window {
    pub kernel: usize,
    pub stride: usize,
    pub channels: usize,
    /// Rows and columns of the input.
    pub input: [usize; 2],
    /// Rows and columns of the output.
    pub output: [usize; 2],
    top: usize,
    pub left: usize,
    /// Values in an input row with zeros on both sides.
    padded: usize,
}

impl Window {
    fn new(layer: &Layer, [h, w]: [usize; 2]) -> Self {
        let k = layer.kernel;
        let [top, bottom, left, right] = layer.padding.resolve([h, w], [k, k], layer.stride);
        let out = |len: usize| (len - k) / layer.stride + 1;
        Self {
            kernel: k,
            stride: layer.stride,
            channels: layer.cout,
            input: [h, w],
            output: [out(h + top + bottom), out(w + left + right)],
            top,
            left,
            padded: (w + left + right) * layer.cout,
        }
    }

    /// The input row under row `ky` of the window of output row `oy`.
    fn row(&self, oy: usize, ky: usize) -> Option<usize> {
        (oy * self.stride + ky).checked_sub(self.top).filter(|row| *row < self.input[0])
    }

    /// The output row whose window has row `ky` over an input row.
    #[cfg(target_arch = "x86_64")]
    fn over(&self, row: usize, ky: usize) -> Option<usize> {
        let below = (row + self.top).checked_sub(ky).filter(|below| below.is_multiple_of(self.stride))?;
        Some(below / self.stride).filter(|oy| *oy < self.output[0])
    }

    /// The part of a padded row that holds the image.
    fn inner(&self) -> std::ops::Range<usize> {
        let from = self.left * self.channels;
        from..from + self.input[1] * self.channels
    }
}

/// The last few input rows, finished and with zeros on both sides.
struct Rows {
    data: Aligned,
    /// First row that was not read yet.
    next: usize,
}

impl Rows {
    fn new(w: &Window) -> Self {
        Self { data: Aligned::zeros(w.kernel * w.padded), next: 0 }
    }

    /// Reads rows of the image that begins at pixel `image`, up to and with `row`.
    fn reach(&mut self, row: usize, image: usize, w: &Window, input: &View, simd: Option<Simd>) {
        self.next = self.next.max((row + 1).saturating_sub(w.kernel));
        while self.next <= row {
            let slot = self.next % w.kernel * w.padded;
            let room = self.data.get_mut(slot..slot + w.padded).and_then(|r| r.get_mut(w.inner()));
            let room = room.unwrap_or_default();
            let (at, count) = (image + self.next * w.input[1], w.input[1]);
            if input.norm.is_some() {
                input.read(at, count, room, simd);
            } else {
                room.copy_from_slice(input.raw(at, count));
            }
            self.next += 1;
        }
    }

    fn get(&self, row: usize, w: &Window) -> &[f32] {
        self.data.get(row % w.kernel * w.padded..).and_then(|r| r.get(..w.padded)).unwrap_or_default()
    }
}

/// Computes the raw output and settles the norm; `shape` is `[n, h, w]` of the input.
pub(super) fn forward(
    layer: &mut Layer,
    input: View<'_>,
    [n, h, w]: [usize; 3],
    (params, running, mode): (&[f32], &mut [f32], Mode),
) {
    let simd = simd();
    let window = Window::new(layer, [h, w]);
    let [oh, ow] = window.output;
    let c = layer.cout;
    layer.shape = [n, oh, ow];
    let mut y = std::mem::take(&mut layer.y);
    resize(&mut y, n * oh * ow * c);
    let weight = part(params, &layer.weight);
    let parts: Vec<Sums> = y
        .par_chunks_mut((oh * ow * c).max(1))
        .enumerate()
        .map(|(image, y)| {
            let mut rows = Rows::new(&window);
            let mut sums = Sums::zeros(c);
            let (mut first, mut second) = (vec![0.0; c], vec![0.0; c]);
            let mut reference: Option<Vec<f32>> = None;
            for (oy, y) in y.chunks_exact_mut(ow * c).enumerate() {
                let under = (0..window.kernel).filter_map(|ky| window.row(oy, ky)).max();
                if let Some(last) = under {
                    rows.reach(last, image * h * w, &window, &input, simd);
                }
                filter(&window, oy, &rows, weight, y, simd);
                if mode != Mode::Eval {
                    reference.get_or_insert_with(|| y.get(..c).unwrap_or_default().to_vec());
                    moments(y, reference.as_deref().unwrap_or_default(), &mut first, &mut second, simd);
                    sums.absorb(&mut first, &mut second);
                }
            }
            sums.about(reference.as_deref().unwrap_or_default(), oh * ow)
        })
        .collect();
    layer.y = y;
    layer.norm.settle(&Sums::merge(parts, c), n * oh * ow, params, running, mode);
}

/// From `g`, the gradient behind this layer's norm (whose backward sums are settled): adds the weight's gradient to
/// `grads` and writes the input's to `target`, taken through the input's activation where it has a norm, whose sums
/// are returned.
pub(super) fn backward(
    layer: &Layer,
    input: View<'_>,
    [n, h, w]: [usize; 3],
    g: &[f32],
    target: Option<&mut Vec<f32>>,
    (params, grads): (&[f32], &mut [f32]),
) -> Sums {
    let simd = simd();
    let window = Window::new(layer, [h, w]);
    let c = layer.cout;
    let weight = part(params, &layer.weight);
    let sweep = Sweep { layer, input, window, g, weight };
    let mut targets: Vec<&mut [f32]> = match target {
        Some(target) => {
            resize(target, n * h * w * c);
            target.chunks_mut((h * w * c).max(1)).collect()
        }
        None => Vec::new(),
    };
    targets.resize_with(n, Default::default);
    let parts: Vec<(Vec<f32>, Sums)> =
        targets.into_par_iter().enumerate().map(|(image, target)| sweep.run(image, target, simd)).collect();
    add_parts(part_mut(grads, &layer.weight), &parts);
    Sums::merge(parts.into_iter().map(|(_, sums)| sums), c)
}

/// What all images of a backward sweep share.
struct Sweep<'a> {
    layer: &'a Layer,
    input: View<'a>,
    window: Window,
    g: &'a [f32],
    weight: &'a [f32],
}

impl Sweep<'_> {
    /// The same by input rows: each meets the output gradients whose windows it is under.
    #[cfg(target_arch = "x86_64")]
    fn run_wide(&self, image: usize, target: &mut [f32], simd: Option<Simd>) -> (Vec<f32>, Sums) {
        let win = &self.window;
        let ([h, w], [oh, ow], c, k) = (win.input, win.output, win.channels, win.kernel);
        let line = (ow + 2 * wide::PAD) * c;
        // As many rows of the output's gradient as an input row can be under.
        let mut behind = Aligned::zeros(k * line);
        let (mut x_room, mut spare) = (Aligned::scratch(w * c), Aligned::scratch(w * c));
        let mut dw = vec![0.0; k * k * c];
        let (mut sums, mut first, mut second) = (Sums::zeros(c), vec![0.0; c], vec![0.0; c]);
        let mut next = 0;
        for row in 0..h {
            while next < oh && next * win.stride <= row + win.top {
                let at = (image * oh + next) * ow * c;
                let cut = |values: &'_ [f32]| at..(at + ow * c).min(values.len());
                let g = self.g.get(cut(self.g)).unwrap_or_default();
                let y = self.layer.y.get(cut(&self.layer.y)).unwrap_or_default();
                let start = next % k * line + wide::PAD * c;
                let dy = behind.get_mut(start..start + ow * c).unwrap_or_default();
                before_norm(g, y, self.layer.norm.coefficients(), dy, simd);
                next += 1;
            }
            let mut over = [wide::Row { values: &[], ky: 0 }; 5];
            let windows = (0..k).filter_map(|ky| Some((ky, win.over(row, ky)?)));
            let count = over.iter_mut().zip(windows).map(|(to, (ky, oy))| {
                let values = behind.get(oy % k * line..(oy % k + 1) * line).unwrap_or_default();
                *to = wide::Row { values, ky };
            });
            let count = count.count();
            let over = over.get(..count).unwrap_or_default();
            let pixel = (image * h + row) * w;
            let x = self.input.read(pixel, w, &mut x_room, simd);
            let out = target.get_mut(row * w * c..(row + 1) * w * c).unwrap_or(&mut spare);
            wide::gather(win, over, self.weight, x, (out, &mut dw), simd);
            if let Some(norm) = self.input.norm.filter(|_| !target.is_empty()) {
                let out = target.get_mut(row * w * c..(row + 1) * w * c).unwrap_or_default();
                let [scale, shift] = norm.affine();
                let y = self.input.raw(pixel, w);
                let slope = Slope { y, scale, shift, mean: &norm.mean, activation: self.input.activation, gate: None };
                through_activation(&slope, out, [&mut first, &mut second], simd);
                sums.absorb(&mut first, &mut second);
            }
        }
        (dw, sums)
    }

    /// One image; an empty `target` when nobody wants the input's gradient.
    fn run(&self, image: usize, target: &mut [f32], simd: Option<Simd>) -> (Vec<f32>, Sums) {
        #[cfg(target_arch = "x86_64")]
        if wide::fits(&self.window, simd) {
            return self.run_wide(image, target, simd);
        }
        let win = &self.window;
        let ([h, w], [oh, ow], c, k) = (win.input, win.output, win.channels, win.kernel);
        let mut rows = Rows::new(win);
        let mut back = Nhwc::scratch(1, 1, k, win.padded);
        back.data.fill(0.0);
        let mut dw = vec![0.0; k * k * c];
        let mut dy = Nhwc::scratch(1, 1, ow, c);
        let mut ends = Ends { sums: Sums::zeros(c), first: vec![0.0; c], second: vec![0.0; c], next: 0 };
        for oy in 0..oh {
            let at = (image * oh + oy) * ow * c;
            let cut = |values: &'_ [f32]| at..(at + ow * c).min(values.len());
            let g = self.g.get(cut(self.g)).unwrap_or_default();
            let y = self.layer.y.get(cut(&self.layer.y)).unwrap_or_default();
            before_norm(g, y, self.layer.norm.coefficients(), &mut dy.data, simd);
            for ky in 0..k {
                let Some(row) = win.row(oy, ky) else { continue };
                rows.reach(row, image * h * w, win, &self.input, simd);
                let taps = ky * k * c..(ky + 1) * k * c;
                let dw = dw.get_mut(taps.clone()).unwrap_or_default();
                learn_row(win, rows.get(row, win), &dy.data, dw, simd);
                if !target.is_empty() {
                    let slot = row % k * win.padded;
                    let back = back.data.get_mut(slot..slot + win.padded).unwrap_or_default();
                    spread_row(win, &dy.data, self.weight.get(taps).unwrap_or_default(), back, simd);
                }
            }
            if !target.is_empty() {
                // Rows above the next window get nothing more.
                let done = ((oy + 1) * win.stride).saturating_sub(win.top);
                let done = if oy + 1 == oh { h } else { done.min(h) };
                self.finish(image, done, target, &mut back.data, &mut ends, simd);
            }
        }
        (dw, ends.sums)
    }

    /// Writes the input's gradient up to row `done` and clears those rows of `back`.
    fn finish(
        &self,
        image: usize,
        done: usize,
        target: &mut [f32],
        back: &mut [f32],
        ends: &mut Ends,
        simd: Option<Simd>,
    ) {
        let win = &self.window;
        let (line, first_pixel) = (win.input[1] * win.channels, image * win.input[0] * win.input[1]);
        while ends.next < done {
            let row = ends.next;
            let slot = row % win.kernel * win.padded;
            let from = back.get_mut(slot..slot + win.padded).unwrap_or_default();
            let Some(out) = target.get_mut(row * line..(row + 1) * line) else { return };
            if let Some(values) = from.get(win.inner()) {
                out.copy_from_slice(values);
            }
            from.fill(0.0);
            if let Some(norm) = self.input.norm {
                let [scale, shift] = norm.affine();
                let y = self.input.raw(first_pixel + row * win.input[1], win.input[1]);
                let slope = Slope { y, scale, shift, mean: &norm.mean, activation: self.input.activation, gate: None };
                through_activation(&slope, out, [&mut ends.first, &mut ends.second], simd);
                ends.sums.absorb(&mut ends.first, &mut ends.second);
            }
            ends.next += 1;
        }
    }
}

/// An output row from the input rows under it.
fn filter(w: &Window, oy: usize, rows: &Rows, weight: &[f32], y: &mut [f32], simd: Option<Simd>) {
    let under = (0..w.kernel).filter_map(|ky| Some((ky, rows.get(w.row(oy, ky)?, w))));
    #[cfg(target_arch = "x86_64")]
    if wide::fits(w, simd) {
        let mut found = [wide::Row { values: &[], ky: 0 }; 5];
        let count = found.iter_mut().zip(under).map(|(to, (ky, values))| *to = wide::Row { values, ky }).count();
        wide::filter(w, found.get(..count).unwrap_or_default(), weight, y, simd);
        return;
    }
    y.fill(0.0);
    for (ky, row) in under {
        let taps = weight.get(ky * w.kernel * w.channels..).unwrap_or_default();
        filter_row(w, row, taps, y, simd);
    }
}

/// How far the input's gradient of an image is written, and its sums.
struct Ends {
    sums: Sums,
    first: Vec<f32>,
    second: Vec<f32>,
    next: usize,
}

/// Calls `$f::<K, FMA>` with the kernel width as a constant where it is a usual one.
macro_rules! by_width {
    ($width:expr, $k:ident => $usual:expr) => {
        match $width {
            3 => {
                const $k: usize = 3;
                $usual
            }
            5 => {
                const $k: usize = 5;
                $usual
            }
            7 => {
                const $k: usize = 7;
                $usual
            }
            _ => {
                const $k: usize = 1;
                $usual
            }
        }
    };
}

/// Cuts `[K, c]` into K rows.
#[inline(always)]
fn taps<const K: usize>(values: &[f32], c: usize) -> [&[f32]; K] {
    let mut rows = values.chunks_exact(c);
    std::array::from_fn(|_| rows.next().unwrap_or_default())
}

/// `out[ox] += Σ_kx row[ox · stride + kx] · weight[kx]`, channel by channel.
fn filter_row(w: &Window, row: &[f32], weight: &[f32], out: &mut [f32], simd: Option<Simd>) {
    struct Job<'a, const K: usize>(&'a [f32], &'a [f32], &'a mut [f32], usize, usize);
    impl<const K: usize> Kernel for Job<'_, K> {
        #[inline(always)]
        fn run<const FMA: bool>(self) {
            let Self(row, weight, out, c, step) = self;
            let weight = taps::<K>(weight, c);
            for (ox, out) in out.chunks_exact_mut(c).enumerate() {
                pixel::<K, FMA>(taps::<K>(row.get(ox * step..).unwrap_or_default(), c), weight, out);
            }
        }
    }
    #[inline(always)]
    #[expect(clippy::indexing_slicing, reason = "cut to one length first, which removes the checks")]
    fn pixel<const K: usize, const FMA: bool>(x: [&[f32]; K], weight: [&[f32]; K], out: &mut [f32]) {
        let c = out.len();
        let (x, weight) = (x.map(|x| &x[..c]), weight.map(|w| &w[..c]));
        for i in 0..c {
            let mut sum = out[i];
            for k in 0..K {
                sum = madd::<FMA>(x[k][i], weight[k][i], sum);
            }
            out[i] = sum;
        }
    }
    let (c, step) = (w.channels, w.stride * w.channels);
    for kx in (0..w.kernel).step_by(usual(w.kernel)) {
        let (row, weight) = (row.get(kx * c..).unwrap_or_default(), weight.get(kx * c..).unwrap_or_default());
        by_width!(w.kernel, K => launch(Job::<K>(row, weight, out, c, step), simd));
    }
}

/// `dw[kx] += Σ_ox row[ox · stride + kx] · dy[ox]`.
fn learn_row(w: &Window, row: &[f32], dy: &[f32], dw: &mut [f32], simd: Option<Simd>) {
    struct Job<'a, const K: usize>(&'a [f32], &'a [f32], &'a mut [f32], usize, usize);
    impl<const K: usize> Kernel for Job<'_, K> {
        #[inline(always)]
        fn run<const FMA: bool>(self) {
            let Self(row, dy, dw, c, step) = self;
            for (ox, dy) in dy.chunks_exact(c).enumerate() {
                let x = row.get(ox * step..).unwrap_or_default();
                for (x, dw) in x.chunks_exact(c).zip(dw.chunks_exact_mut(c)).take(K) {
                    pixel::<FMA>(x, dy, dw);
                }
            }
        }
    }
    #[inline(always)]
    #[expect(clippy::indexing_slicing, reason = "cut to one length first, which removes the checks")]
    fn pixel<const FMA: bool>(x: &[f32], dy: &[f32], dw: &mut [f32]) {
        let c = dw.len();
        let (x, dy) = (&x[..c], &dy[..c]);
        for i in 0..c {
            dw[i] = madd::<FMA>(x[i], dy[i], dw[i]);
        }
    }
    let (c, step) = (w.channels, w.stride * w.channels);
    for kx in (0..w.kernel).step_by(usual(w.kernel)) {
        let (row, dw) = (row.get(kx * c..).unwrap_or_default(), dw.get_mut(kx * c..).unwrap_or_default());
        by_width!(w.kernel, K => launch(Job::<K>(row, dy, dw, c, step), simd));
    }
}

/// `back[ox · stride + kx] += dy[ox] · weight[kx]`.
fn spread_row(w: &Window, dy: &[f32], weight: &[f32], back: &mut [f32], simd: Option<Simd>) {
    struct Job<'a, const K: usize>(&'a [f32], &'a [f32], &'a mut [f32], usize, usize);
    impl<const K: usize> Kernel for Job<'_, K> {
        #[inline(always)]
        fn run<const FMA: bool>(self) {
            let Self(dy, weight, back, c, step) = self;
            for (ox, dy) in dy.chunks_exact(c).enumerate() {
                let back = back.get_mut(ox * step..).unwrap_or_default();
                for (back, weight) in back.chunks_exact_mut(c).zip(weight.chunks_exact(c)).take(K) {
                    pixel::<FMA>(dy, weight, back);
                }
            }
        }
    }
    #[inline(always)]
    #[expect(clippy::indexing_slicing, reason = "cut to one length first, which removes the checks")]
    fn pixel<const FMA: bool>(dy: &[f32], weight: &[f32], back: &mut [f32]) {
        let c = back.len();
        let (dy, weight) = (&dy[..c], &weight[..c]);
        for i in 0..c {
            back[i] = madd::<FMA>(dy[i], weight[i], back[i]);
        }
    }
    let (c, step) = (w.channels, w.stride * w.channels);
    for kx in (0..w.kernel).step_by(usual(w.kernel)) {
        let (back, weight) = (back.get_mut(kx * c..).unwrap_or_default(), weight.get(kx * c..).unwrap_or_default());
        by_width!(w.kernel, K => launch(Job::<K>(dy, weight, back, c, step), simd));
    }
}

/// Taps of a row that one pass takes.
fn usual(kernel: usize) -> usize {
    if matches!(kernel, 3 | 5 | 7) { kernel } else { 1 }
}
