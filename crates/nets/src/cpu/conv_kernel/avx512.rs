//! The same with vectors of 512 bits: a panel is one vector, and a tile of fourteen pixels by two panels fills the 32
//! registers.
#![expect(unsafe_code, reason = "register-tiled kernel; see the SAFETY comments")]
#![expect(
    clippy::indexing_slicing,
    clippy::needless_range_loop,
    reason = "loops over a register tile have constant bounds: they unroll and the checks vanish"
)]

use super::super::Activation;
use super::super::avx512::{activate, first, silu};
use super::super::simd::Avx512;
use super::{Block, Job, LANES};
use std::arch::x86_64::{
    _MM_HINT_T1, _mm_prefetch, _mm512_add_ps, _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_mask_storeu_ps,
    _mm512_maskz_loadu_ps, _mm512_set1_ps, _mm512_setzero_ps, _mm512_storeu_ps,
};

/// Runs a block after checking what the kernel relies on.
pub(super) fn run(job: &Job, block: Block, _proof: Avx512) {
    job.assert_holds(&block);
    // SAFETY: `_proof` says that AVX-512 exists; the lengths are asserted above.
    unsafe { block_512(job, block) }
}

/// How many panels go abreast, of `panels` that are left, and most rows of such tiles. With few pixels, more panels: their
/// sums are all that can hide the latency of a multiply-add, and the weights, read once, come along more streams.
fn shape(pixels: usize, panels: usize) -> (usize, usize) {
    match (pixels, panels) {
        (1..=3, 8..) => (8, 3),
        (1..=6, 4 | 6..) => (4, 6),
        (_, 3 | 5) => (3, 9),
        (_, 1) => (1, 14),
        _ => (2, 14),
    }
}

/// # Safety
/// AVX-512; the lengths that [`Job::assert_holds`] asserts.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
unsafe fn block_512(job: &Job, block: Block) {
    let (run, runs, _) = job.runs();
    let [_, _, cout] = job.out_image;
    let pixels = block.bases.len();
    let out = block.out.as_mut_ptr();
    let mut co = 0;
    while co < cout {
        let (abreast, most) = shape(pixels, (cout - co).div_ceil(LANES));
        let (mut at, mut ahead) = (0, abreast);
        while at < pixels {
            let left = pixels - at;
            // Tiles of about one height: one of a single row would take as long as one of four.
            let rows = left.div_ceil(left.div_ceil(most));
            // SAFETY: panel `co / 16` starts at `co * depth` of a vector of `cout.next_multiple_of(16) * depth`, and as
            // many panels as go abreast are left; `at < pixels`, and `out` holds `pixels * cout` values; each arm has at
            // least as many pixels left as its tile has rows.
            unsafe {
                let tile = Tile {
                    bases: block.bases.as_ptr().add(at),
                    pixel: block.first + at,
                    out: out.add(at * cout),
                    co,
                    weights: job.panels.as_ptr().add(co * runs * run),
                    ahead: job.panels.as_ptr().wrapping_add((co + ahead * LANES) * runs * run),
                };
                // As many tiles as panels each fetch one of the next panels; the others stay with the current ones.
                ahead = if ahead > 0 && ahead + 1 < 2 * abreast { ahead + 1 } else { 0 };
                at += match (abreast, rows) {
                    (2, 14) => tile_512::<14, 2>(job, tile),
                    (2, 13) => tile_512::<13, 2>(job, tile),
                    (2, 12) => tile_512::<12, 2>(job, tile),
                    (2, 11) => tile_512::<11, 2>(job, tile),
                    (2, 10) => tile_512::<10, 2>(job, tile),
                    (2, 9) => tile_512::<9, 2>(job, tile),
                    (2, 8) => tile_512::<8, 2>(job, tile),
                    (2, 7) => tile_512::<7, 2>(job, tile),
                    (2, 6) => tile_512::<6, 2>(job, tile),
                    (2, 5) => tile_512::<5, 2>(job, tile),
                    (2, 4) => tile_512::<4, 2>(job, tile),
                    (2, 3) => tile_512::<3, 2>(job, tile),
                    (2, 2) => tile_512::<2, 2>(job, tile),
                    (2, _) => tile_512::<1, 2>(job, tile),
                    (3, 9) => tile_512::<9, 3>(job, tile),
                    (3, 8) => tile_512::<8, 3>(job, tile),
                    (3, 7) => tile_512::<7, 3>(job, tile),
                    (3, 6) => tile_512::<6, 3>(job, tile),
                    (3, 5) => tile_512::<5, 3>(job, tile),
                    (3, 4) => tile_512::<4, 3>(job, tile),
                    (3, 3) => tile_512::<3, 3>(job, tile),
                    (3, 2) => tile_512::<2, 3>(job, tile),
                    (3, _) => tile_512::<1, 3>(job, tile),
                    (4, 6) => tile_512::<6, 4>(job, tile),
                    (4, 5) => tile_512::<5, 4>(job, tile),
                    (4, 4) => tile_512::<4, 4>(job, tile),
                    (4, 3) => tile_512::<3, 4>(job, tile),
                    (4, 2) => tile_512::<2, 4>(job, tile),
                    (4, _) => tile_512::<1, 4>(job, tile),
                    (8, 3) => tile_512::<3, 8>(job, tile),
                    (8, 2) => tile_512::<2, 8>(job, tile),
                    (8, _) => tile_512::<1, 8>(job, tile),
                    (_, 14) => tile_512::<14, 1>(job, tile),
                    (_, 11..=13) => tile_512::<11, 1>(job, tile),
                    (_, 9..=10) => tile_512::<9, 1>(job, tile),
                    (_, 7..=8) => tile_512::<7, 1>(job, tile),
                    (_, 4..=6) => tile_512::<4, 1>(job, tile),
                    (_, 2..=3) => tile_512::<2, 1>(job, tile),
                    _ => tile_512::<1, 1>(job, tile),
                };
            }
        }
        if matches!(job.activation, Activation::Silu) {
            // SAFETY: channels from `co` on of `pixels * cout` values, up to the last.
            unsafe { silu_512(out.add(co), [pixels, cout], (LANES * abreast).min(cout - co)) };
        }
        co += abreast * LANES;
    }
}

/// A register tile: some neighbouring pixels by some panels from `co` on.
#[derive(Clone, Copy)]
struct Tile {
    /// Window starts, one per pixel.
    bases: *const usize,
    /// Number of the first pixel in the batch.
    pixel: usize,
    /// Where the first pixel's channel 0 is written.
    out: *mut f32,
    co: usize,
    /// The panel of `co`.
    weights: *const f32,
    /// A panel to have fetched into the L2 cache meanwhile; it may lie beyond the last one.
    ahead: *const f32,
}

/// `MR` pixels by `NV` panels; returns `MR`.
///
/// # Safety
/// AVX-512; the lengths that [`Job::assert_holds`] asserts; `MR` pixels exist from the tile's first on, `NV` panels from
/// its first on.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
#[inline(never)]
unsafe fn tile_512<const MR: usize, const NV: usize>(job: &Job, tile: Tile) -> usize {
    let (run, runs, pitch) = job.runs();
    let panel = runs * run * LANES;
    let source = job.source.as_ptr();
    // SAFETY: every window of the tile lies in the source (asserted), so each `rows[m] + k` below is inside it; `weights`
    // advances over the length of one panel, and `NV` of them lie one after the other; `bias` is padded to 16.
    let acc = unsafe {
        let mut acc = [[_mm512_setzero_ps(); NV]; MR];
        for v in 0..NV {
            let bias = _mm512_loadu_ps(job.bias.as_ptr().add(tile.co + LANES * v));
            for row in &mut acc {
                row[v] = bias;
            }
        }
        let mut rows = [source; MR];
        for (m, row) in rows.iter_mut().enumerate() {
            *row = source.add(*tile.bases.add(m));
        }
        let (mut weights, mut ahead) = (tile.weights, tile.ahead);
        for _ in 0..runs {
            for k in 0..run {
                // A hint only: it reads nothing, and any address will do.
                _mm_prefetch::<_MM_HINT_T1>(ahead.cast());
                ahead = ahead.wrapping_add(LANES);
                let mut w = [_mm512_setzero_ps(); NV];
                for v in 0..NV {
                    w[v] = _mm512_loadu_ps(weights.add(panel * v));
                }
                for m in 0..MR {
                    let x = _mm512_set1_ps(*rows[m].add(k));
                    for v in 0..NV {
                        acc[m][v] = _mm512_fmadd_ps(x, w[v], acc[m][v]);
                    }
                }
                weights = weights.add(LANES);
            }
            for row in &mut rows {
                *row = row.wrapping_add(pitch);
            }
        }
        acc
    };
    // SAFETY: as this function's.
    unsafe { store_512(job, tile, acc) };
    MR
}

/// Residual, activation, store.
///
/// # Safety
/// As [`tile_512`].
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
#[inline]
unsafe fn store_512<const MR: usize, const NV: usize>(
    job: &Job,
    tile: Tile,
    mut acc: [[std::arch::x86_64::__m512; NV]; MR],
) {
    let [_, _, cout] = job.out_image;
    if let Some((data, channels)) = job.residual {
        for v in 0..NV {
            let co = tile.co + LANES * v;
            let mask = first(channels.saturating_sub(co));
            for m in 0..MR {
                // SAFETY: the pixels of the tile exist, and the mask leaves channels below `channels` only; the place
                // may lie beyond the residual where it leaves none.
                let x = unsafe {
                    let from = data.as_ptr().wrapping_add((tile.pixel + m) * channels + co);
                    _mm512_maskz_loadu_ps(mask, from)
                };
                acc[m][v] = _mm512_add_ps(acc[m][v], x);
            }
        }
    }
    let mut slopes = [_mm512_setzero_ps(); NV];
    if let Activation::Prelu(all) = job.activation {
        for v in 0..NV {
            // SAFETY: slopes are padded to 16.
            slopes[v] = unsafe { _mm512_loadu_ps(all.as_ptr().add(tile.co + LANES * v)) };
        }
    }
    activate::<MR, NV, false>(job.activation, slopes, &mut acc);
    // SAFETY: the pixels of the tile exist, and the mask leaves channels below `cout` only.
    unsafe {
        if tile.co + LANES * NV <= cout {
            for m in 0..MR {
                for v in 0..NV {
                    _mm512_storeu_ps(tile.out.add(m * cout + tile.co + LANES * v), acc[m][v]);
                }
            }
        } else {
            for v in 0..NV {
                let co = tile.co + LANES * v;
                let mask = first(cout - co);
                for m in 0..MR {
                    _mm512_mask_storeu_ps(tile.out.add(m * cout + co), mask, acc[m][v]);
                }
            }
        }
    }
}

/// SiLU in place on the first `channels` of each pixel of `cout` values.
///
/// # Safety
/// AVX-512; `out` holds as many pixels, `channels` of the last included.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
#[inline(never)]
unsafe fn silu_512(out: *mut f32, [pixels, cout]: [usize; 2], channels: usize) {
    // SAFETY: the mask leaves those of the `channels` from `c` on that exist.
    unsafe {
        for pixel in 0..pixels {
            let at = out.add(pixel * cout);
            for c in (0..channels).step_by(LANES) {
                let mask = first(channels - c);
                let x = _mm512_maskz_loadu_ps(mask, at.add(c));
                _mm512_mask_storeu_ps(at.add(c), mask, silu(x));
            }
        }
    }
}
