//! The kernel for processors without one of their own: in NEON where that is always to be had, plain elsewhere.

use super::super::Activation;
use super::super::lanes::{Base, BaseLanes};
use super::{Job, LANES};
use std::ops::Range;

/// Output columns of a register tile.
const COLUMNS: usize = 4;

/// One output row; `rows` are the input rows under the vertical taps `taps`. At least eight channels.
pub(super) fn row(job: &Job, rows: &[f32], taps: Range<usize>, out: &mut [f32]) {
    let ([_, _, c], [_, ow], [_, kw]) = (job.image, job.out_image, job.kernel);
    let inner = job.inner();
    let mut ox = 0;
    while ox < ow {
        let whole = inner.contains(&ox) && ox + COLUMNS <= inner.end;
        let step = if whole { COLUMNS } else { 1 };
        for co in (0..c).step_by(LANES) {
            // The last vector overlaps the one before it rather than being partial.
            let place = Place { ox, co: co.min(c - LANES) };
            match (whole, kw, job.stride) {
                (true, 3, 1) => tile::<Base, COLUMNS, 3, 1>(job, rows, &taps, out, place),
                (true, 3, 2) => tile::<Base, COLUMNS, 3, 2>(job, rows, &taps, out, place),
                (true, 5, 1) => tile::<Base, COLUMNS, 5, 1>(job, rows, &taps, out, place),
                (true, 5, 2) => tile::<Base, COLUMNS, 5, 2>(job, rows, &taps, out, place),
                (true, ..) => (ox..ox + step).for_each(|ox| column(job, rows, &taps, out, Place { ox, ..place })),
                (false, ..) => column(job, rows, &taps, out, place),
            }
        }
        ox += step;
    }
}

/// First output column and channel.
#[derive(Clone, Copy)]
struct Place {
    ox: usize,
    co: usize,
}

/// `P` output columns, all of whose taps lie in the image, by eight channels; the kernel is `K` wide, the stride is `S`.
#[inline(always)]
#[expect(
    clippy::indexing_slicing,
    clippy::needless_range_loop,
    reason = "loops over a register tile have constant bounds: they unroll; taps are clipped to the image, and a wrong \
              one must stop"
)]
fn tile<V: BaseLanes, const P: usize, const K: usize, const S: usize>(
    job: &Job,
    rows: &[f32],
    taps: &Range<usize>,
    out: &mut [f32],
    place: Place,
) {
    let ([_, w, c], [_, left]) = (job.image, job.before);
    let wide = job.wide();
    let mut acc = [V::first(&job.bias[place.co..]); P];
    for (row, ky) in rows.chunks_exact(w * c).zip(taps.clone()) {
        let from = &row[(place.ox * S - left) * c + place.co..];
        let mut weights = [V::splat(0.0); K];
        for kx in 0..K {
            weights[kx] = V::first(&job.weights[(ky * K + kx) * wide + place.co..]);
        }
        for p in 0..P {
            for kx in 0..K {
                acc[p] = V::first(&from[(p * S + kx) * c..]).mul_add(weights[kx], acc[p]);
            }
        }
    }
    let slopes = slopes(job, place.co);
    for p in 0..P {
        acc[p].activate(job.activation, slopes).store_first(&mut out[(place.ox + p) * c + place.co..]);
    }
}

/// One output column by eight channels; taps beside the image are left out.
#[expect(clippy::indexing_slicing, reason = "taps are clipped to the image; a wrong one must stop")]
fn column(job: &Job, rows: &[f32], taps: &Range<usize>, out: &mut [f32], Place { ox, co }: Place) {
    let ([_, w, c], [_, kw], [_, left]) = (job.image, job.kernel, job.before);
    let mut sum = Base::first(&job.bias[co..]);
    for (row, ky) in rows.chunks_exact(w * c).zip(taps.clone()) {
        for kx in job.taps(ox, kw, left, w) {
            let x = Base::first(&row[(ox * job.stride + kx - left) * c + co..]);
            sum = x.mul_add(Base::first(&job.weights[(ky * kw + kx) * job.wide() + co..]), sum);
        }
    }
    sum.activate(job.activation, slopes(job, co)).store_first(&mut out[ox * c + co..]);
}

#[inline(always)]
fn slopes<V: BaseLanes>(job: &Job, co: usize) -> V {
    match job.activation {
        Activation::Prelu(slopes) => V::first(slopes.get(co..).unwrap_or_default()),
        _ => V::splat(0.0),
    }
}
