//! The kernel for processors without one of their own: in NEON where that is always to be had, plain elsewhere.

use super::super::lanes::{Base, Lanes, WIDTH};
use super::Job;

/// Vectors of columns in a register tile: with NEON 24 registers of sums, four of columns and a weight of its 32; others
/// have 16 at most.
const VECTORS: usize = if cfg!(target_arch = "aarch64") { 2 } else { 1 };

/// One output row, up to the width rounded up to 8.
pub(super) fn row(job: &Job, out: &mut [f32]) {
    let wide = job.width.next_multiple_of(WIDTH);
    let mut x = 0;
    while x < wide {
        let whole = wide - x >= VECTORS * WIDTH;
        for group in job.groups() {
            if whole { group_of::<VECTORS>(job, x, group, out) } else { group_of::<1>(job, x, group, out) }
        }
        x += if whole { VECTORS * WIDTH } else { WIDTH };
    }
}

/// A group of channels by `8 * NV` columns from `x` on.
fn group_of<const NV: usize>(job: &Job, x: usize, group: (usize, usize, usize), out: &mut [f32]) {
    match group {
        (_, 6, _) => tile::<Base, 6, NV>(job, x, group, out),
        (_, 5, _) => tile::<Base, 5, NV>(job, x, group, out),
        (_, 4, _) => tile::<Base, 4, NV>(job, x, group, out),
        (_, 3, _) => tile::<Base, 3, NV>(job, x, group, out),
        (_, 2, _) => tile::<Base, 2, NV>(job, x, group, out),
        _ => tile::<Base, 1, NV>(job, x, group, out),
    }
}

#[expect(
    clippy::indexing_slicing,
    clippy::needless_range_loop,
    reason = "loops over a register tile have constant bounds: they unroll; offsets lie in lengths that PlanarConv::row \
              checked, and a wrong one must stop"
)]
fn tile<V: Lanes, const G: usize, const NV: usize>(
    job: &Job,
    x: usize,
    (first, _, at): (usize, usize, usize),
    out: &mut [f32],
) {
    let mut acc = [[V::splat(0.0); NV]; G];
    for g in 0..G {
        acc[g] = [V::splat(job.bias[first + g]); NV];
    }
    let weights = job.weights[at..][..job.taps.len() * G].as_chunks::<G>().0;
    for (&tap, weights) in job.taps.iter().zip(weights) {
        let source = &job.source[tap + x..][..NV * WIDTH];
        for (v, columns) in source.as_chunks::<WIDTH>().0.iter().enumerate() {
            let columns = V::load(columns);
            for g in 0..G {
                acc[g][v] = columns.times_add(weights[g], acc[g][v]);
            }
        }
    }
    for g in 0..G {
        let to = &mut out[(first + g) * job.out_pitch + x..][..NV * WIDTH];
        for (v, to) in to.as_chunks_mut::<WIDTH>().0.iter_mut().enumerate() {
            let sums = acc[g][v];
            let sums = job.slopes.map_or(sums, |slopes| sums.prelu(V::splat(slopes[first + g])));
            sums.store(to);
        }
    }
}
