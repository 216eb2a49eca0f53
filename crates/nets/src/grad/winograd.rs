//! 3 × 3 convolutions of stride 1 by Winograd's minimal filtering (Lavin and Gray 2016), squares of 2 × 2 outputs: 2.25
//! times fewer products than the definition. Forward over the padded input, backward over the padded gradient of the
//! output with the windows turned round.
#![expect(
    clippy::indexing_slicing,
    clippy::needless_range_loop,
    reason = "a kernel that runs off its slice must stop; loops over squares have constant bounds and unroll"
)]

use rayon::prelude::*;

use super::layer::Aligned;
use super::vector::{OverVectors, Vector, launch};
use crate::cpu::{Activation, Job, LANES, Simd, run_job};

/// Places in a square of inputs.
const PLACES: usize = 16;
/// Values of a block of squares, of inputs and products together, at all places: half a second-level cache.
const BLOCK: usize = 192 * 1024;

/// A convolution of many images.
pub(super) struct Squares<'a> {
    /// Padded images.
    pub source: &'a [f32],
    /// `[h, w]` of a padded image.
    pub padded: [usize; 2],
    /// Row and column of the first window in it.
    pub first: usize,
    /// `[h, w]` of an output image.
    pub size: [usize; 2],
    /// Of input and output: multiples of [`LANES`].
    pub channels: [usize; 2],
    /// Of [`forward_panels`] or [`backward_panels`].
    pub panels: &'a [f32],
}

/// Whether a layer's channels are ones it can do.
pub(super) fn fits([cin, cout]: [usize; 2]) -> bool {
    cin.is_multiple_of(LANES) && cout.is_multiple_of(LANES)
}

impl Squares<'_> {
    /// Images that one task should have at least, so that weights are read for many squares.
    pub(super) fn images_a_task(&self) -> usize {
        48usize.div_ceil(self.across() * self.down())
    }

    fn across(&self) -> usize {
        self.size[1].div_ceil(2)
    }

    fn down(&self) -> usize {
        self.size[0].div_ceil(2)
    }

    /// Writes whole output images, from number `image` on.
    pub(super) fn write(&self, image: usize, out: &mut [f32], simd: Option<Simd>) {
        let [cin, cout] = self.channels;
        let ([h, w], each) = (self.size, self.across() * self.down());
        let count = out.len() / (h * w * cout).max(1) * each;
        let most = (BLOCK / (PLACES * (cin + cout))).clamp(48, 192);
        let size = count.div_ceil(count.div_ceil(most).max(1)).max(1);
        let mut spread = Aligned::scratch(PLACES * size * cin);
        let mut products = Aligned::scratch(PLACES * size * cout);
        let none = vec![0.0; cout];
        for from in (0..count).step_by(size) {
            let block = size.min(count - from);
            let (spread, products) = (&mut spread[..PLACES * block * cin], &mut products[..PLACES * block * cout]);
            launch(Spread { job: self, first: image * each + from, out: spread }, simd);
            let panels = self.panels.chunks_exact(cin * cout);
            let inputs = spread.chunks_exact(block * cin);
            for ((input, panels), product) in inputs.zip(panels).zip(products.chunks_exact_mut(block * cout)) {
                let job = Job {
                    source: input,
                    image: [1, block, cin],
                    out_image: [1, block, cout],
                    kernel: [1, 1],
                    stride: 1,
                    panels,
                    bias: &none,
                    activation: &Activation::None,
                    residual: None,
                };
                run_job(&job, 0, product, simd);
            }
            launch(Gather { job: self, first: from, products, out: &mut *out }, simd);
        }
    }

    /// Image, row and column of the outputs of a square.
    fn square(&self, number: usize) -> [usize; 3] {
        let each = self.across() * self.down();
        [number / each, number % each / self.across() * 2, number % self.across() * 2]
    }
}

/// Squares of inputs to places: `out` is `[place][square][cin]`.
struct Spread<'a> {
    job: &'a Squares<'a>,
    /// Number of the first square over all images.
    first: usize,
    out: &'a mut [f32],
}

impl OverVectors for Spread<'_> {
    #[inline(always)]
    fn run<V: Vector>(self) {
        let ([hp, wp], c) = (self.job.padded, self.job.channels[0]);
        let count = self.out.len() / (PLACES * c);
        for t in 0..count {
            let [image, y, x] = self.job.square(self.first + t);
            let corner = ((image * hp + y + self.job.first) * wp + x + self.job.first) * c;
            let source = &self.job.source[corner..corner + (3 * wp + 4) * c];
            for channel in (0..c).step_by(V::WIDTH) {
                let line = wp * c;
                let d = [
                    inputs(four::<V>(source, channel, c)),
                    inputs(four::<V>(source, line + channel, c)),
                    inputs(four::<V>(source, 2 * line + channel, c)),
                    inputs(four::<V>(source, 3 * line + channel, c)),
                ];
                for x in 0..4 {
                    let column = inputs([d[0][x], d[1][x], d[2][x], d[3][x]]);
                    for (y, value) in column.into_iter().enumerate() {
                        value.store(&mut self.out[((y * 4 + x) * count + t) * c + channel..]);
                    }
                }
            }
        }
    }
}

/// Products `[place][square][cout]` to outputs.
struct Gather<'a> {
    job: &'a Squares<'a>,
    /// Number of the first square over the images of `out`.
    first: usize,
    products: &'a [f32],
    out: &'a mut [f32],
}

impl OverVectors for Gather<'_> {
    #[inline(always)]
    fn run<V: Vector>(self) {
        let ([h, w], c) = (self.job.size, self.job.channels[1]);
        let count = self.products.len() / (PLACES * c);
        for t in 0..count {
            let [image, y, x] = self.job.square(self.first + t);
            let corner = ((image * h + y) * w + x) * c;
            for channel in (0..c).step_by(V::WIDTH) {
                let (at, place) = (t * c + channel, count * c);
                let d = [
                    outputs(four::<V>(self.products, at, place)),
                    outputs(four::<V>(self.products, at + 4 * place, place)),
                    outputs(four::<V>(self.products, at + 8 * place, place)),
                    outputs(four::<V>(self.products, at + 12 * place, place)),
                ];
                for column in 0..2.min(w - x) {
                    let values = outputs([d[0][column], d[1][column], d[2][column], d[3][column]]);
                    for (row, value) in values.into_iter().enumerate().take(h - y) {
                        value.store(&mut self.out[corner + (row * w + column) * c + channel..]);
                    }
                }
            }
        }
    }
}

/// Four vectors from `at` on, `step` values apart. A function rather than a closure, which the compiler might leave as a
/// call without vector instructions.
#[inline(always)]
fn four<V: Vector>(from: &[f32], at: usize, step: usize) -> [V; 4] {
    [
        V::load(&from[at..]),
        V::load(&from[at + step..]),
        V::load(&from[at + 2 * step..]),
        V::load(&from[at + 3 * step..]),
    ]
}

/// Three of them.
#[inline(always)]
fn three<V: Vector>(from: &[f32], at: usize, step: usize) -> [V; 3] {
    [V::load(&from[at..]), V::load(&from[at + step..]), V::load(&from[at + 2 * step..])]
}

#[inline(always)]
fn inputs<V: Vector>([a, b, c, d]: [V; 4]) -> [V; 4] {
    [a.sub(c), b.add(c), c.sub(b), b.sub(d)]
}

#[inline(always)]
fn outputs<V: Vector>([a, b, c, d]: [V; 4]) -> [V; 2] {
    [a.add(b).add(c), b.sub(c).sub(d)]
}

#[inline(always)]
fn taps<V: Vector>([a, b, c]: [V; 3]) -> [V; 4] {
    let (sum, half) = (a.add(c).half(), b.half());
    [a, sum.add(half), sum.sub(half), c]
}

/// Weights `[cout, 3, 3, cin]` by place, each as panels of 16 output channels: `[place][cout / 16][cin][16]`.
pub(super) fn forward_panels(weight: &[f32], [cin, cout]: [usize; 2], simd: Option<Simd>) -> Aligned {
    let mut panels = Aligned::scratch(PLACES * cin * cout);
    let mut groups = by_panel(&mut panels, cin, cout);
    groups.par_iter_mut().zip(weight.par_chunks_exact(LANES * 9 * cin)).for_each(|(places, weight)| {
        // Sixteen output channels at the places, before they become the inner ones.
        let mut rows = Aligned::scratch(PLACES * LANES * LANES);
        for ci in (0..cin).step_by(LANES) {
            launch(Filters { weight: &weight[ci..], pitch: cin, turned: false, out: &mut rows }, simd);
            for (place, rows) in places.iter_mut().zip(rows.chunks_exact(LANES * LANES)) {
                let to = &mut place[ci * LANES..(ci + LANES) * LANES];
                for (lane, row) in rows.chunks_exact(LANES).enumerate() {
                    for (to, value) in to.chunks_exact_mut(LANES).zip(row) {
                        to[lane] = *value;
                    }
                }
            }
        }
    });
    drop(groups);
    panels
}

/// The same for the way back, windows turned round and channels exchanged: `[place][cin / 16][cout][16]`.
pub(super) fn backward_panels(weight: &[f32], [cin, cout]: [usize; 2], simd: Option<Simd>) -> Aligned {
    let mut panels = Aligned::scratch(PLACES * cin * cout);
    let mut groups = by_panel(&mut panels, cout, cin);
    groups.par_iter_mut().enumerate().for_each(|(p, places)| {
        let mut rows = Aligned::scratch(PLACES * LANES * LANES);
        for o in (0..cout).step_by(LANES) {
            let from = &weight[o * 9 * cin + p * LANES..];
            launch(Filters { weight: from, pitch: cin, turned: true, out: &mut rows }, simd);
            for (place, rows) in places.iter_mut().zip(rows.chunks_exact(LANES * LANES)) {
                place[o * LANES..(o + LANES) * LANES].copy_from_slice(rows);
            }
        }
    });
    drop(groups);
    panels
}

/// For each panel of `columns` output channels its parts at all places, `[depth][16]` each.
fn by_panel(panels: &mut [f32], depth: usize, columns: usize) -> Vec<Vec<&mut [f32]>> {
    let mut groups: Vec<Vec<&mut [f32]>> = (0..columns / LANES).map(|_| Vec::with_capacity(PLACES)).collect();
    for (i, panel) in panels.chunks_exact_mut(depth * LANES).enumerate() {
        groups[i % (columns / LANES)].push(panel);
    }
    groups
}

/// Sixteen filters' values of sixteen input channels at the places: `out` is `[place][filter][16]`.
struct Filters<'a> {
    /// From the first of the input channels on.
    weight: &'a [f32],
    /// Values from one tap to the next.
    pitch: usize,
    /// Whether the window is turned round.
    turned: bool,
    out: &'a mut [f32],
}

impl OverVectors for Filters<'_> {
    #[inline(always)]
    fn run<V: Vector>(self) {
        for filter in 0..LANES {
            let from = &self.weight[filter * 9 * self.pitch..];
            for lane in (0..LANES).step_by(V::WIDTH) {
                let [a, b, c] = [0, 3, 6].map(|tap| tap * self.pitch + lane);
                let d = [three::<V>(from, a, self.pitch), three(from, b, self.pitch), three(from, c, self.pitch)];
                // From behind, the window is turned round.
                let [a, b, c] = if self.turned { [d[2], d[1], d[0]].map(|[a, b, c]| [c, b, a]) } else { d };
                let d = [taps(a), taps(b), taps(c)];
                for x in 0..4 {
                    let column = taps([d[0][x], d[1][x], d[2][x]]);
                    for (y, value) in column.into_iter().enumerate() {
                        value.store(&mut self.out[((y * 4 + x) * LANES + filter) * LANES + lane..]);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic::series;

    fn numbers(name: &str, n: usize) -> Vec<f32> {
        series(name, n).map(|v| v as f32).collect()
    }

    /// By definition, without zeros around: `weight` `[cout, 3, 3, cin]`.
    fn plainly(
        source: &[f32],
        [hp, wp]: [usize; 2],
        [h, w]: [usize; 2],
        [cin, cout]: [usize; 2],
        at: impl Fn(usize, usize, usize) -> f32,
    ) -> Vec<f32> {
        let images = source.len() / (hp * wp * cin);
        let mut out = Vec::new();
        for p in 0..images * h * w {
            let (image, y, x) = (p / (h * w), p / w % h, p % w);
            for o in 0..cout {
                let mut sum = 0.0;
                for (tap, ci) in (0..9).flat_map(|t| (0..cin).map(move |c| (t, c))) {
                    let from = ((image * hp + y + tap / 3) * wp + x + tap % 3) * cin + ci;
                    sum += f64::from(source[from] * at(o, tap, ci));
                }
                out.push(sum as f32);
            }
        }
        out
    }

    #[test]
    fn squares_give_what_the_definition_gives() {
        for (channels, size) in [([16, 32], [4, 6]), ([48, 16], [5, 3]), ([16, 16], [1, 9])] {
            let [cin, cout] = channels;
            let padded = size.map(|len: usize| len + 2 + len % 2);
            let weight = numbers("weight", cout * 9 * cin);
            let source = numbers("source", 3 * padded[0] * padded[1] * cin);
            let back = numbers("back", 3 * padded[0] * padded[1] * cout);
            let ahead = plainly(&source, padded, size, channels, |o, tap, ci| weight[(o * 9 + tap) * cin + ci]);
            let behind = plainly(&back, padded, size, [cout, cin], |ci, tap, o| weight[(o * 9 + 8 - tap) * cin + ci]);
            for simd in [None, Simd::detect(), Simd::detect().map(Simd::narrow)] {
                for (wanted, source, panels, channels) in [
                    (&ahead, &source, forward_panels(&weight, channels, simd), channels),
                    (&behind, &back, backward_panels(&weight, channels, simd), [cout, cin]),
                ] {
                    let mut out = vec![f32::NAN; wanted.len()];
                    Squares { source, padded, first: 0, size, channels, panels: &panels }.write(0, &mut out, simd);
                    let off = out.iter().zip(wanted).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                    assert!(off < 1e-4, "{channels:?} {size:?}: {off}");
                }
            }
        }
    }
}
