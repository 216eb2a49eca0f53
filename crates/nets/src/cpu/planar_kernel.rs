//! The inner loops of [`super::PlanarConv`]: 16 columns by up to 6 channels at a time.

use super::simd::Avx2;

/// Most output channels in a register tile: 6 x 2 accumulators, 2 vectors of columns and a weight are 15 of the 16
/// registers. (4 x 3 would fill all 16 and makes the compiler spill.)
pub(crate) const GROUP: usize = 6;

/// Cuts `channels` into as few groups of at most [`GROUP`] as possible, as even as possible; gives the ends.
pub(crate) fn group_ends(channels: usize) -> Vec<usize> {
    let groups = channels.div_ceil(GROUP);
    (1..=groups).map(|i| (i * channels).div_ceil(groups)).collect()
}

/// One output row. Built by `PlanarConv::row`, which has checked every length.
pub(crate) struct Job<'a> {
    pub source: &'a [f32],
    /// Where in the source column 0 of each tap begins, in the order of the weights.
    pub taps: &'a [usize],
    /// Where each group of output channels ends.
    pub group_ends: &'a [usize],
    /// Output columns.
    pub width: usize,
    /// Group by group `[taps][channels of the group]`.
    pub weights: &'a [f32],
    pub bias: &'a [f32],
    pub slopes: Option<&'a [f32]>,
    /// Columns between planes of the output.
    pub out_pitch: usize,
}

impl Job<'_> {
    /// First channel, number of channels and place of the weights of each group.
    fn groups(&self) -> impl Iterator<Item = (usize, usize, usize)> {
        let mut first = 0;
        self.group_ends.iter().map(move |&end| {
            let group = (first, end - first, first * self.taps.len());
            first = end;
            group
        })
    }
}

#[cfg(target_arch = "x86_64")]
impl Job<'_> {
    /// Stops a job whose lengths are not what the vector kernels read and write.
    fn assert_holds(&self, out: &[f32]) {
        let wide = self.width.next_multiple_of(8);
        let cout = self.bias.len();
        assert!(self.taps.iter().all(|tap| tap + wide <= self.source.len()));
        assert!(wide <= self.out_pitch && out.len() == cout * self.out_pitch);
        assert!(self.group_ends.is_sorted() && self.group_ends.last() == Some(&cout));
        assert_eq!(self.weights.len(), cout * self.taps.len());
        assert!(self.slopes.is_none_or(|s| s.len() == cout));
    }
}

/// Computes the row into `out`, `[cout][out_pitch]`.
pub(crate) fn run(job: &Job, out: &mut [f32], simd: Option<Avx2>) {
    #[cfg(target_arch = "x86_64")]
    if let Some(token) = simd {
        match token.avx512() {
            Some(wide) => avx512::run(job, out, wide),
            None => x86::run(job, out, token),
        }
        return;
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = simd;
    tiles::row(job, out);
}

mod tiles;

#[cfg(target_arch = "x86_64")]
mod avx512;

#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "register-tiled kernel; see the SAFETY comments")]
#[expect(
    clippy::indexing_slicing,
    clippy::needless_range_loop,
    reason = "loops over a register tile have constant bounds: they unroll and the checks vanish"
)]
mod x86 {
    use super::super::simd::Avx2;
    use super::Job;
    use std::arch::x86_64::{
        _mm256_broadcast_ss, _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_max_ps, _mm256_min_ps, _mm256_setzero_ps,
        _mm256_storeu_ps,
    };

    /// Checks what the kernel relies on and runs it.
    pub(super) fn run(job: &Job, out: &mut [f32], _proof: Avx2) {
        job.assert_holds(out);
        // SAFETY: `_proof` says that AVX2 and FMA exist; the lengths are asserted above.
        unsafe { row_avx2(job, out) }
    }

    /// # Safety
    /// AVX2 and FMA; the lengths that [`Job::assert_holds`] asserts.
    #[target_feature(enable = "avx2,fma")]
    unsafe fn row_avx2(job: &Job, out: &mut [f32]) {
        for x in (0..job.width).step_by(16) {
            for (first, count, weights) in job.groups() {
                let tile = Tile { x, first, weights, out: out.as_mut_ptr() };
                // SAFETY: the tile's columns end at or before the width rounded up to 8; its channels are a group.
                unsafe {
                    match (count, job.width - x > 8) {
                        (6, true) => tile_avx2::<6, 2>(job, tile),
                        (5, true) => tile_avx2::<5, 2>(job, tile),
                        (4, true) => tile_avx2::<4, 2>(job, tile),
                        (6, false) => tile_avx2::<6, 1>(job, tile),
                        (5, false) => tile_avx2::<5, 1>(job, tile),
                        (4, false) => tile_avx2::<4, 1>(job, tile),
                        (_, wide) => {
                            for g in 0..count {
                                channel_avx2(job, Tile { first: first + g, weights: weights + g, ..tile }, count, wide);
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
    }

    /// One channel of a group of `count`.
    ///
    /// # Safety
    /// As [`tile_avx2`].
    #[target_feature(enable = "avx2,fma")]
    unsafe fn channel_avx2(job: &Job, tile: Tile, count: usize, wide: bool) {
        // SAFETY: see `strided_avx2`.
        unsafe { if wide { strided_avx2::<1, 2>(job, tile, count) } else { strided_avx2::<1, 1>(job, tile, count) } }
    }

    /// A whole group of `G` channels by `8 * V` columns.
    ///
    /// # Safety
    /// AVX2 and FMA; the lengths that [`Job::assert_holds`] asserts; the columns end at or before the width rounded up to 8.
    #[target_feature(enable = "avx2,fma")]
    #[inline]
    unsafe fn tile_avx2<const G: usize, const V: usize>(job: &Job, tile: Tile) {
        // SAFETY: a whole group's weights lie one after the other.
        unsafe { strided_avx2::<G, V>(job, tile, G) }
    }

    /// `G` channels by `8 * V` columns, the weights of one tap `stride` values after those of the tap before.
    ///
    /// # Safety
    /// As [`tile_avx2`].
    #[target_feature(enable = "avx2,fma")]
    #[inline]
    unsafe fn strided_avx2<const G: usize, const V: usize>(job: &Job, tile: Tile, stride: usize) {
        // SAFETY: every tap has `width` rounded up to 8 columns in the source, as `run` asserts; channels are below
        // `cout`; the weights of a group are `taps * count` values from `first * taps` on.
        unsafe {
            let mut acc = [[_mm256_setzero_ps(); V]; G];
            for g in 0..G {
                acc[g] = [_mm256_broadcast_ss(&*job.bias.as_ptr().add(tile.first + g)); V];
            }
            let mut weights = job.weights.as_ptr().add(tile.weights);
            for &tap in job.taps {
                let from = job.source.as_ptr().add(tap + tile.x);
                let mut columns = [_mm256_setzero_ps(); V];
                for v in 0..V {
                    columns[v] = _mm256_loadu_ps(from.add(8 * v));
                }
                for g in 0..G {
                    let w = _mm256_broadcast_ss(&*weights.add(g));
                    for v in 0..V {
                        acc[g][v] = _mm256_fmadd_ps(w, columns[v], acc[g][v]);
                    }
                }
                weights = weights.wrapping_add(stride);
            }
            if let Some(slopes) = job.slopes {
                let zero = _mm256_setzero_ps();
                for g in 0..G {
                    let slope = _mm256_broadcast_ss(&*slopes.as_ptr().add(tile.first + g));
                    for v in 0..V {
                        let x = acc[g][v];
                        acc[g][v] = _mm256_fmadd_ps(slope, _mm256_min_ps(x, zero), _mm256_max_ps(x, zero));
                    }
                }
            }
            for g in 0..G {
                for v in 0..V {
                    _mm256_storeu_ps(tile.out.add((tile.first + g) * job.out_pitch + tile.x + 8 * v), acc[g][v]);
                }
            }
        }
    }
}
