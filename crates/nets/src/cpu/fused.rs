//! A widening 1 × 1 convolution and the depthwise one behind it, strip by strip: the wide map, the largest of a mobile
//! network, never leaves the cache and is never whole.

use super::depthwise::Depthwise;
use super::simd::Avx2;
use super::{Conv, Nhwc, depthwise_kernel, worth_splitting};
use rayon::prelude::*;

/// Values of a strip of the wide map: half of the L2 cache of most processors.
const STRIP: usize = 64 * 1024;

/// What `depthwise` makes of what `expand` makes of `x`; the bits of one after the other.
///
/// # Panics
/// When the layers do not fit each other or `x`, or `expand` is no 1 × 1 convolution of stride 1.
#[must_use]
pub fn expand_depthwise(expand: &Conv, depthwise: &Depthwise, x: &Nhwc) -> Nhwc {
    run(expand, depthwise, x, Avx2::detect())
}

pub(crate) fn run(expand: &Conv, depthwise: &Depthwise, x: &Nhwc, simd: Option<Avx2>) -> Nhwc {
    x.assert_consistent();
    let wide = expand.channels();
    if x.image_len() / x.c.max(1) * wide <= 2 * STRIP {
        return depthwise.run(&expand.run(x, None, simd), simd);
    }
    let [oh, ow] = depthwise.out_size([x.h, x.w]);
    let mut out = Nhwc::scratch(x.n, oh, ow, wide);
    let threads = if worth_splitting(out.data.len() * 16) { rayon::current_num_threads() } else { 1 };
    let rows = oh.div_ceil(threads).max(1);
    for (n, image) in out.data.chunks_exact_mut(oh * ow * wide).enumerate() {
        let band = |(i, part): (usize, &mut [f32])| {
            Band { expand, depthwise, x, image: n, simd }.run(i * rows, part, ow * wide);
        };
        if threads > 1 {
            image.par_chunks_mut(rows * ow * wide).enumerate().for_each(band);
        } else {
            image.chunks_mut(rows * ow * wide).enumerate().for_each(band);
        }
    }
    out
}

/// Some neighbouring output rows of one image.
struct Band<'a> {
    expand: &'a Conv,
    depthwise: &'a Depthwise,
    x: &'a Nhwc,
    image: usize,
    simd: Option<Avx2>,
}

impl Band<'_> {
    /// Output rows from `first` on, of `row` values each.
    fn run(&self, first: usize, mut out: &mut [f32], row: usize) {
        let wide = self.expand.channels();
        let line = self.x.w * wide;
        let mut strip = Nhwc::scratch(1, 1, self.x.w, 0);
        // Rows of the wide map that the strip holds.
        let mut held = 0..0;
        let mut first = first;
        while !out.is_empty() {
            let (needed, above) = self.depthwise.rows_under(first, self.x.h);
            let kept = needed.start.max(held.start)..held.end.max(needed.start);
            // What the next rows need again moves to the front; the rest of the strip is computed anew.
            let ahead = (STRIP / line).max(needed.len());
            let end = (needed.start + ahead).min(self.x.h).max(needed.end);
            let mut next = Nhwc::scratch(1, end - needed.start, self.x.w, wide);
            let (old, new) = next.data.split_at_mut(kept.len() * line);
            if let Some(rows) = strip.data.get((kept.start - held.start.min(kept.start)) * line..) {
                old.iter_mut().zip(rows).for_each(|(to, from)| *to = *from);
            }
            let pixel = (self.image * self.x.h + needed.start + kept.len()) * self.x.w;
            self.expand.pixels(self.x, pixel, new, self.simd);
            (strip, held) = (next, needed.start..end);
            // As many output rows as the strip has all rows for.
            let left = out.len() / row;
            let whole =
                (1..left).take_while(|i| self.depthwise.rows_under(first + i, self.x.h).0.end <= end).count() + 1;
            let (part, rest) = out.split_at_mut(whole * row);
            let job = self.depthwise.job(&strip.data, [held.len(), self.x.w], above, whole);
            depthwise_kernel::run(&job, 0, part, self.simd);
            (out, first) = (rest, first + whole);
        }
    }
}
