//! The same with vectors of 512 bits: fourteen, eight, seven or four output pixels by sixteen channels, for windows three
//! or five wide.
#![expect(unsafe_code, reason = "register-tiled kernel; see the SAFETY comments")]
#![expect(
    clippy::indexing_slicing,
    clippy::needless_range_loop,
    reason = "loops over a register tile have constant bounds: they unroll and the checks vanish"
)]

use super::super::Activation;
use super::super::avx512::{WIDE, activate};
use super::super::simd::Avx512;
use super::Job;
use std::arch::x86_64::{_mm512_fmadd_ps, _mm512_loadu_ps, _mm512_setzero_ps, _mm512_storeu_ps};
use std::ops::Range;

/// Values under a window, over the whole width, that stay in the L1 cache while its rows are walked down.
const NEAR: usize = 6 * 1024;

/// Channels that it takes at least.
pub(super) const LEAST: usize = WIDE;

/// Whether it takes the job: the usual windows, of whose columns at most half lie outside the image, and whole vectors.
pub(super) fn fits(job: &Job) -> bool {
    let ([_, w, c], [_, ow], [_, kw], [_, left]) = (job.image, job.out_image, job.kernel, job.before);
    let beyond = ((ow - 1) * job.stride + kw).saturating_sub(left + w);
    matches!((kw, job.stride), (3 | 5, 1 | 2)) && c >= WIDE && ow >= 4 && left.max(beyond) <= kw / 2
}

/// Channels that are walked down together.
pub(super) fn channels_abreast(job: &Job) -> usize {
    let ([_, w, _], [kh, _]) = (job.image, job.kernel);
    (NEAR / (kh * w) / (2 * WIDE) * (2 * WIDE)).max(2 * WIDE)
}

/// One output row.
struct Row<'a> {
    /// First input row under the window.
    source: *const f32,
    /// Vertical taps that lie in the image.
    taps: Range<usize>,
    out: *mut f32,
    job: &'a Job<'a>,
}

/// Some channels of one output row, 16 or more, after checking what the kernel relies on.
pub(super) fn row(
    job: &Job,
    rows: &[f32],
    taps: Range<usize>,
    (out, channels): (&mut [f32], Range<usize>),
    _proof: Avx512,
) {
    let ([_, w, c], [_, ow], [kh, kw]) = (job.image, job.out_image, job.kernel);
    assert!(taps.end <= kh && rows.len() == taps.len() * w * c && out.len() == ow * c);
    assert!(job.weights.len() == kh * kw * job.wide() && job.bias.len() == job.wide());
    assert!(channels.len() >= WIDE && channels.end <= c && fits(job));
    if let Activation::Prelu(slopes) = job.activation {
        assert_eq!(slopes.len(), job.wide());
    }
    let row = Row { source: rows.as_ptr(), taps, out: out.as_mut_ptr(), job };
    // SAFETY: `_proof` says that AVX-512 exists; the lengths are asserted above.
    unsafe { row_512(&row, channels) }
}

/// # Safety
/// AVX-512; what [`row`] asserts.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
unsafe fn row_512(row: &Row, channels: Range<usize>) {
    let job = row.job;
    let ([_, ow], [_, kw]) = (job.out_image, job.kernel);
    let mut ox = 0;
    while ox < ow {
        // Widths are mostly multiples of fourteen, seven or eight.
        let (start, step) = match ow - ox {
            left if left.is_multiple_of(14) => (ox, 14),
            left if left.is_multiple_of(8) => (ox, 8),
            left if left.is_multiple_of(7) => (ox, 7),
            8.. => (ox, 8),
            7 => (ox, 7),
            4.. => (ox, 4),
            // The last four overlap those before them rather than being fewer.
            left => (ox + left - 4, 4),
        };
        // Seven sums alone would not hide the latency of a multiply-add.
        let twice = step == 7 && channels.len() >= 2 * WIDE;
        let vectors = if twice { 2 } else { 1 };
        for co in channels.clone().step_by(vectors * WIDE) {
            // The last vectors overlap those before them rather than being partial.
            let co = co.min(channels.end - vectors * WIDE);
            // SAFETY: `step` columns from `start` and `vectors` vectors of channels from `co` exist; the kernel is three
            // or five wide and the stride is 1 or 2, as `fits` says.
            unsafe {
                match (step, kw, job.stride, twice) {
                    (14, 3, 1, _) => tile_512::<14, 3, 1, 1>(row, start, co),
                    (14, 3, _, _) => tile_512::<14, 3, 2, 1>(row, start, co),
                    (14, _, 1, _) => tile_512::<14, 5, 1, 1>(row, start, co),
                    (14, ..) => tile_512::<14, 5, 2, 1>(row, start, co),
                    (8, 3, 1, _) => tile_512::<8, 3, 1, 1>(row, start, co),
                    (8, 3, _, _) => tile_512::<8, 3, 2, 1>(row, start, co),
                    (8, _, 1, _) => tile_512::<8, 5, 1, 1>(row, start, co),
                    (8, ..) => tile_512::<8, 5, 2, 1>(row, start, co),
                    (7, 3, 1, true) => tile_512::<7, 3, 1, 2>(row, start, co),
                    (7, 3, _, true) => tile_512::<7, 3, 2, 2>(row, start, co),
                    (7, _, 1, true) => tile_512::<7, 5, 1, 2>(row, start, co),
                    (7, _, _, true) => tile_512::<7, 5, 2, 2>(row, start, co),
                    (7, 3, 1, false) => tile_512::<7, 3, 1, 1>(row, start, co),
                    (7, 3, _, false) => tile_512::<7, 3, 2, 1>(row, start, co),
                    (7, _, 1, false) => tile_512::<7, 5, 1, 1>(row, start, co),
                    (7, ..) => tile_512::<7, 5, 2, 1>(row, start, co),
                    (_, 3, 1, _) => tile_512::<4, 3, 1, 1>(row, start, co),
                    (_, 3, _, _) => tile_512::<4, 3, 2, 1>(row, start, co),
                    (_, _, 1, _) => tile_512::<4, 5, 1, 1>(row, start, co),
                    _ => tile_512::<4, 5, 2, 1>(row, start, co),
                }
            }
        }
        ox = start + step;
    }
}

/// `P` output columns from `ox` on by `V` vectors of channels from `co` on. `K` and `S` are the kernel's width and the
/// stride. At most `K / 2` input columns at either end of the tile lie outside the image: zeros are read for them, which
/// change no sum.
///
/// # Safety
/// AVX-512; what [`row`] asserts; the columns and channels exist.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
#[inline]
unsafe fn tile_512<const P: usize, const K: usize, const S: usize, const V: usize>(row: &Row, ox: usize, co: usize) {
    static ZEROS: [f32; 2 * WIDE] = [0.0; 2 * WIDE];
    let job = row.job;
    let ([_, w, c], [_, left]) = (job.image, job.before);
    let (wide, pitch) = (job.wide(), w * c);
    let (span, side) = ((P - 1) * S + K, K / 2);
    let first = (ox * S).wrapping_sub(left);
    let mut inner = row.source.wrapping_add(first.wrapping_mul(c).wrapping_add(co));
    // The columns at the ends, and how far it is to the next row.
    let mut ends = [(ZEROS.as_ptr(), 0); 4];
    for e in 0..2 * side {
        let i = if e < side { e } else { span - 2 * side + e };
        if first.wrapping_add(i) < w {
            ends[e] = (inner.wrapping_add(i * c), pitch);
        }
    }
    // SAFETY: weights, bias and slopes hold `wide` values for a tap, of which `co + 16 * V` exist; columns that are no
    // ends lie in the image, ends do so or are the zeros, and in each of the rows a column holds `c` values.
    let mut acc = unsafe {
        let mut acc = [[_mm512_setzero_ps(); V]; P];
        for v in 0..V {
            let bias = _mm512_loadu_ps(job.bias.as_ptr().add(co + WIDE * v));
            for sum in &mut acc {
                sum[v] = bias;
            }
        }
        for ky in row.taps.clone() {
            let weights = job.weights.as_ptr().add(ky * K * wide + co);
            let mut taps = [[_mm512_setzero_ps(); V]; K];
            for kx in 0..K {
                for v in 0..V {
                    taps[kx][v] = _mm512_loadu_ps(weights.add(kx * wide + WIDE * v));
                }
            }
            for p in 0..P {
                for kx in 0..K {
                    let i = p * S + kx;
                    let from = if i < side {
                        ends[i].0
                    } else if i >= span - side {
                        ends[i + 2 * side - span].0
                    } else {
                        inner.wrapping_add(i * c)
                    };
                    for v in 0..V {
                        acc[p][v] = _mm512_fmadd_ps(_mm512_loadu_ps(from.add(WIDE * v)), taps[kx][v], acc[p][v]);
                    }
                }
            }
            inner = inner.wrapping_add(pitch);
            for (end, step) in &mut ends {
                *end = end.wrapping_add(*step);
            }
        }
        acc
    };
    let mut slopes = [_mm512_setzero_ps(); V];
    if let Activation::Prelu(all) = job.activation {
        for v in 0..V {
            // SAFETY: as above.
            slopes[v] = unsafe { _mm512_loadu_ps(all.as_ptr().add(co + WIDE * v)) };
        }
    }
    activate::<P, V, true>(job.activation, slopes, &mut acc);
    for p in 0..P {
        for v in 0..V {
            // SAFETY: the columns and channels exist in the row.
            unsafe { _mm512_storeu_ps(row.out.add((ox + p) * c + co + WIDE * v), acc[p][v]) };
        }
    }
}
