//! The same with vectors of 512 bits: 48 columns by up to six channels at a time.
#![expect(unsafe_code, reason = "register-tiled kernel; see the SAFETY comments")]
#![expect(
    clippy::indexing_slicing,
    clippy::needless_range_loop,
    reason = "loops over a register tile have constant bounds: they unroll and the checks vanish"
)]

use super::super::avx512::{WIDE, first};
use super::super::simd::Avx512;
use super::Job;
use std::arch::x86_64::{
    __mmask16, _mm512_fmadd_ps, _mm512_mask_storeu_ps, _mm512_maskz_loadu_ps, _mm512_max_ps, _mm512_min_ps,
    _mm512_set1_ps, _mm512_setzero_ps,
};

/// Checks what the kernel relies on and runs it.
pub(super) fn run(job: &Job, out: &mut [f32], _proof: Avx512) {
    job.assert_holds(out);
    // SAFETY: `_proof` says that AVX-512 exists; the lengths are asserted above.
    unsafe { row_512(job, out) }
}

/// # Safety
/// AVX-512; the lengths that [`Job::assert_holds`] asserts.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
unsafe fn row_512(job: &Job, out: &mut [f32]) {
    let wide = job.width.next_multiple_of(8);
    for x in (0..wide).step_by(3 * WIDE) {
        let vectors = (wide - x).div_ceil(WIDE).min(3);
        for (channel, count, weights) in job.groups() {
            let tile = Tile {
                x,
                first: channel,
                weights,
                out: out.as_mut_ptr(),
                last: first((wide - x).saturating_sub((vectors - 1) * WIDE)),
            };
            // SAFETY: the tile's columns end at or before the width rounded up to 8, where the last vector's mask ends;
            // its channels are a group.
            unsafe {
                match (count, vectors) {
                    (6, 3) => tile_512::<6, 3>(job, tile, 6),
                    (5, 3) => tile_512::<5, 3>(job, tile, 5),
                    (4, 3) => tile_512::<4, 3>(job, tile, 4),
                    (6, 2) => tile_512::<6, 2>(job, tile, 6),
                    (5, 2) => tile_512::<5, 2>(job, tile, 5),
                    (4, 2) => tile_512::<4, 2>(job, tile, 4),
                    (6, _) => tile_512::<6, 1>(job, tile, 6),
                    (5, _) => tile_512::<5, 1>(job, tile, 5),
                    (4, _) => tile_512::<4, 1>(job, tile, 4),
                    _ => {
                        for g in 0..count {
                            let one = Tile { first: channel + g, weights: weights + g, ..tile };
                            match vectors {
                                3 => tile_512::<1, 3>(job, one, count),
                                2 => tile_512::<1, 2>(job, one, count),
                                _ => tile_512::<1, 1>(job, one, count),
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A register tile: columns from `x` on, channels from `first` on.
#[derive(Clone, Copy)]
struct Tile {
    x: usize,
    first: usize,
    /// Where the first channel's weights begin.
    weights: usize,
    /// The output row.
    out: *mut f32,
    /// Columns of the last vector that exist.
    last: __mmask16,
}

/// `G` channels by `V` vectors of columns, the weights of one tap `stride` values after those of the tap before.
///
/// # Safety
/// AVX-512; the lengths that [`Job::assert_holds`] asserts; the columns end at or before the width rounded up to 8.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
#[inline]
unsafe fn tile_512<const G: usize, const V: usize>(job: &Job, tile: Tile, stride: usize) {
    let mask = |v: usize| if v + 1 == V { tile.last } else { !0 };
    // SAFETY: every tap has `width` rounded up to 8 columns in the source, as asserted; channels are below `cout`; the
    // weights of a group are `taps * count` values from `first * taps` on.
    unsafe {
        let mut acc = [[_mm512_setzero_ps(); V]; G];
        for g in 0..G {
            acc[g] = [_mm512_set1_ps(*job.bias.as_ptr().add(tile.first + g)); V];
        }
        let mut weights = job.weights.as_ptr().add(tile.weights);
        for &tap in job.taps {
            let from = job.source.as_ptr().add(tap + tile.x);
            let mut columns = [_mm512_setzero_ps(); V];
            for v in 0..V {
                columns[v] = _mm512_maskz_loadu_ps(mask(v), from.wrapping_add(WIDE * v));
            }
            for g in 0..G {
                let w = _mm512_set1_ps(*weights.add(g));
                for v in 0..V {
                    acc[g][v] = _mm512_fmadd_ps(w, columns[v], acc[g][v]);
                }
            }
            weights = weights.wrapping_add(stride);
        }
        if let Some(slopes) = job.slopes {
            let zero = _mm512_setzero_ps();
            for g in 0..G {
                let slope = _mm512_set1_ps(*slopes.as_ptr().add(tile.first + g));
                for v in 0..V {
                    let x = acc[g][v];
                    acc[g][v] = _mm512_fmadd_ps(slope, _mm512_min_ps(x, zero), _mm512_max_ps(x, zero));
                }
            }
        }
        for g in 0..G {
            let to = tile.out.add((tile.first + g) * job.out_pitch + tile.x);
            for v in 0..V {
                _mm512_mask_storeu_ps(to.wrapping_add(WIDE * v), mask(v), acc[g][v]);
            }
        }
    }
}
