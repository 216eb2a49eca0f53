//! The inner loops of [`super::Depthwise`]: eight, seven or four output pixels by eight channels at a time.
//!
//! Taps outside the image are skipped, not multiplied by zero, so the input needs no padded copy.

use super::Activation;
use super::simd::Avx2;
use std::ops::Range;

/// Channels in a vector.
pub(crate) const LANES: usize = 8;

/// One depthwise call. Built by `Depthwise::run`, which has checked every length.
pub(crate) struct Job<'a> {
    /// `[n, h, w, c]`.
    pub source: &'a [f32],
    /// `[h, w, c]`.
    pub image: [usize; 3],
    /// `[oh, ow]`.
    pub out_image: [usize; 2],
    /// `[kh, kw]`.
    pub kernel: [usize; 2],
    pub stride: usize,
    /// Zeros above and left of the image.
    pub before: [usize; 2],
    /// `[kh * kw][c padded to 8]`.
    pub weights: &'a [f32],
    /// Padded to 8.
    pub bias: &'a [f32],
    pub activation: &'a Activation,
}

impl Job<'_> {
    /// Channels including the padding of the weights.
    fn wide(&self) -> usize {
        let [_, _, c] = self.image;
        c.next_multiple_of(LANES)
    }

    /// Taps of output `o` along an axis that lie in an image of `len` cells.
    fn taps(&self, o: usize, k: usize, before: usize, len: usize) -> Range<usize> {
        let start = o * self.stride;
        let first = before.saturating_sub(start).min(k);
        let end = (len + before).saturating_sub(start).min(k);
        first..end.max(first)
    }

    /// Output columns whose taps all lie in the image.
    fn inner(&self) -> Range<usize> {
        let ([_, w, _], [_, ow], [_, kw], [_, left]) = (self.image, self.out_image, self.kernel, self.before);
        let first = left.div_ceil(self.stride).min(ow);
        // Largest o with o * stride - left + kw <= w.
        let end = if w + left < kw { 0 } else { (w + left - kw) / self.stride + 1 };
        first..end.clamp(first, ow)
    }
}

/// Computes output rows `first..` of the batch into `out` (whole rows of `ow * c` values).
pub(crate) fn run(job: &Job, first: usize, out: &mut [f32], simd: Option<Avx2>) {
    let ([_, _, c], [_, ow]) = (job.image, job.out_image);
    #[cfg(target_arch = "x86_64")]
    if let Some(wide) = simd.and_then(Avx2::avx512)
        && avx512::fits(job)
    {
        let most = avx512::channels_abreast(job);
        let mut from = 0;
        while from < c {
            // No remainder of less than a vector.
            let to = if c - from < most + avx512::LEAST { c } else { from + most };
            for (i, target) in out.chunks_exact_mut(ow * c).enumerate() {
                let (rows, taps) = under(job, first + i);
                avx512::row(job, rows, taps, (target, from..to), wide);
            }
            from = to;
        }
        return;
    }
    for (i, target) in out.chunks_exact_mut(ow * c).enumerate() {
        let (rows, taps) = under(job, first + i);
        #[cfg(target_arch = "x86_64")]
        if let Some(token) = simd {
            x86::row(job, rows, taps, target, token);
            continue;
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = simd;
        if c >= LANES { tiles::row(job, rows, taps, target) } else { narrow(job, rows, taps, target) }
    }
}

/// The input rows under output row `row` of the batch, and the vertical taps that fall on them.
#[expect(clippy::indexing_slicing, reason = "rows of lengths that Depthwise::run computed; a wrong one must stop")]
fn under<'a>(job: &Job<'a>, row: usize) -> (&'a [f32], Range<usize>) {
    let ([h, w, c], [oh, _], [kh, _], [top, _]) = (job.image, job.out_image, job.kernel, job.before);
    let (image, oy) = (row / oh, row % oh);
    let taps = job.taps(oy, kh, top, h);
    // A window entirely in the padding has no taps, and its place may lie below the image.
    let y = (oy * job.stride + taps.start).saturating_sub(top).min(h - taps.len());
    (&job.source[(image * h + y) * w * c..(image * h + y + taps.len()) * w * c], taps)
}

/// One output row of fewer channels than a vector has. `rows` are the input rows under the vertical taps `taps`.
#[expect(clippy::indexing_slicing, reason = "taps are clipped to the image; a wrong one must stop")]
fn narrow(job: &Job, rows: &[f32], taps: Range<usize>, out: &mut [f32]) {
    let ([_, w, c], [_, kw], [_, left]) = (job.image, job.kernel, job.before);
    let wide = job.wide();
    for (ox, target) in out.chunks_exact_mut(c).enumerate() {
        target.copy_from_slice(&job.bias[..c]);
        for (row, ky) in rows.chunks_exact(w * c).zip(taps.clone()) {
            for kx in job.taps(ox, kw, left, w) {
                let x = &row[(ox * job.stride + kx - left) * c..][..c];
                let weights = &job.weights[(ky * kw + kx) * wide..][..c];
                for ((t, &x), &w) in target.iter_mut().zip(x).zip(weights) {
                    *t += x * w;
                }
            }
        }
        for (channel, t) in target.iter_mut().enumerate() {
            *t = job.activation.apply(*t, channel);
        }
    }
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
    use super::super::Activation;
    use super::super::simd::{ActivationKind, Avx2, activate, load_some, store_some};
    use super::{Job, LANES};
    use std::arch::x86_64::{__m256, _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_setzero_ps};
    use std::ops::Range;

    /// One output row.
    struct Row<'a> {
        /// First input row under the window.
        source: *const f32,
        /// Vertical taps that lie in the image.
        taps: Range<usize>,
        out: *mut f32,
        job: &'a Job<'a>,
    }

    /// One output row, after checking what the kernel relies on.
    pub(super) fn row(job: &Job, rows: &[f32], taps: Range<usize>, out: &mut [f32], _proof: Avx2) {
        let ([_, w, c], [_, ow], [kh, kw]) = (job.image, job.out_image, job.kernel);
        assert!(taps.end <= kh && rows.len() == taps.len() * w * c && out.len() == ow * c);
        assert!(job.weights.len() == kh * kw * job.wide() && job.bias.len() == job.wide());
        if let Activation::Prelu(slopes) = job.activation {
            assert_eq!(slopes.len(), job.wide());
        }
        let row = Row { source: rows.as_ptr(), taps, out: out.as_mut_ptr(), job };
        // SAFETY: `_proof` says that AVX2 and FMA exist; the lengths are asserted above.
        unsafe { row_avx2(&row) }
    }

    /// # Safety
    /// AVX2 and FMA; the lengths that [`row`] asserts.
    #[target_feature(enable = "avx2,fma")]
    unsafe fn row_avx2(row: &Row) {
        let job = row.job;
        let ([_, w, c], [_, ow], [_, kw], [_, left]) = (job.image, job.out_image, job.kernel, job.before);
        let inner = job.inner();
        let common = c >= LANES && matches!((kw, job.stride), (3 | 5, 1 | 2));
        let mut ox = 0;
        while ox < ow {
            // Widths are mostly multiples of seven or eight.
            let (start, step) = match ow - ox {
                _ if !common => (ox, 1),
                left if left.is_multiple_of(8) => (ox, 8),
                left if left.is_multiple_of(7) => (ox, 7),
                8.. => (ox, 8),
                7 => (ox, 7),
                4.. => (ox, 4),
                // The last four overlap those before them rather than being fewer.
                left if ow >= 4 => (ox + left - 4, 4),
                _ => (ox, 1),
            };
            let inside = inner.contains(&start) && inner.contains(&(start + step - 1));
            let columns = if inside { 0..kw } else { job.taps(start, kw, left, w) };
            let tile = Tile { ox: start, columns };
            let places = Places::new(job, start);
            for co in (0..c).step_by(LANES) {
                // The last vector overlaps the one before it rather than being partial.
                let co = if c >= LANES { co.min(c - LANES) } else { co };
                // SAFETY: `step` columns from `start` exist, and every horizontal tap of theirs lies in the image where
                // the tile is inside.
                unsafe {
                    match (step, kw, job.stride, inside) {
                        (8, 3, 1, true) => tile_avx2::<8, 3, 1>(row, &tile, co),
                        (8, 3, 2, true) => tile_avx2::<8, 3, 2>(row, &tile, co),
                        (8, 5, 1, true) => tile_avx2::<8, 5, 1>(row, &tile, co),
                        (8, 5, 2, true) => tile_avx2::<8, 5, 2>(row, &tile, co),
                        (7, 3, 1, true) => tile_avx2::<7, 3, 1>(row, &tile, co),
                        (7, 3, 2, true) => tile_avx2::<7, 3, 2>(row, &tile, co),
                        (7, 5, 1, true) => tile_avx2::<7, 5, 1>(row, &tile, co),
                        (7, 5, 2, true) => tile_avx2::<7, 5, 2>(row, &tile, co),
                        (4, 3, 1, true) => tile_avx2::<4, 3, 1>(row, &tile, co),
                        (4, 3, 2, true) => tile_avx2::<4, 3, 2>(row, &tile, co),
                        (4, 5, 1, true) => tile_avx2::<4, 5, 1>(row, &tile, co),
                        (4, 5, 2, true) => tile_avx2::<4, 5, 2>(row, &tile, co),
                        (8, 3, 1, false) => edge_avx2::<8, 3, 1>(row, &places, start, co),
                        (8, 3, _, false) => edge_avx2::<8, 3, 2>(row, &places, start, co),
                        (8, _, 1, false) => edge_avx2::<8, 5, 1>(row, &places, start, co),
                        (8, _, _, false) => edge_avx2::<8, 5, 2>(row, &places, start, co),
                        (7, 3, 1, false) => edge_avx2::<7, 3, 1>(row, &places, start, co),
                        (7, 3, _, false) => edge_avx2::<7, 3, 2>(row, &places, start, co),
                        (7, _, 1, false) => edge_avx2::<7, 5, 1>(row, &places, start, co),
                        (7, _, _, false) => edge_avx2::<7, 5, 2>(row, &places, start, co),
                        (4, 3, 1, false) => edge_avx2::<4, 3, 1>(row, &places, start, co),
                        (4, 3, _, false) => edge_avx2::<4, 3, 2>(row, &places, start, co),
                        (4, _, 1, false) => edge_avx2::<4, 5, 1>(row, &places, start, co),
                        (4, _, _, false) => edge_avx2::<4, 5, 2>(row, &places, start, co),
                        _ => tile_avx2::<1, 0, 0>(row, &tile, co),
                    }
                }
            }
            ox = start + step;
        }
    }

    /// Most input columns under a tile: eight outputs at stride 2 under five taps.
    const SPAN: usize = 7 * 2 + 5;

    /// Where in an input row the columns under a tile begin; `None` outside the image.
    struct Places([Option<usize>; SPAN]);

    impl Places {
        fn new(job: &Job, ox: usize) -> Self {
            let ([_, w, c], [_, left]) = (job.image, job.before);
            let mut places = [None; SPAN];
            for (i, place) in places.iter_mut().enumerate() {
                *place = (ox * job.stride + i).checked_sub(left).filter(|&x| x < w).map(|x| x * c);
            }
            Self(places)
        }
    }

    /// `P` output columns from `ox` on by the channels `co..co + 8`, of which some taps lie outside the image: zeros are
    /// read there, which change no sum.
    ///
    /// # Safety
    /// AVX2 and FMA; the lengths that [`row`] asserts; the columns exist; the kernel is `K` wide, the stride is `S`; at
    /// least 8 channels.
    #[target_feature(enable = "avx2,fma")]
    #[inline]
    unsafe fn edge_avx2<const P: usize, const K: usize, const S: usize>(
        row: &Row,
        places: &Places,
        ox: usize,
        co: usize,
    ) {
        let job = row.job;
        let [_, w, c] = job.image;
        let wide = job.wide();
        let zeros = [0.0f32; LANES];
        // SAFETY: weights and bias are padded to 8 channels; a column of `places` begins a run of `c` values in each of
        // the rows, and `co + 8 <= c`.
        unsafe {
            let mut from = [zeros.as_ptr(); SPAN];
            let mut step = [0; SPAN];
            for i in 0..(P - 1) * S + K {
                if let Some(place) = places.0[i] {
                    from[i] = row.source.add(place + co);
                    step[i] = w * c;
                }
            }
            let mut acc = [_mm256_loadu_ps(job.bias.as_ptr().add(co)); P];
            for (y, ky) in row.taps.clone().enumerate() {
                let weights = job.weights.as_ptr().add(ky * K * wide + co);
                let mut row_weights = [_mm256_setzero_ps(); K];
                for kx in 0..K {
                    row_weights[kx] = _mm256_loadu_ps(weights.add(kx * wide));
                }
                for p in 0..P {
                    for kx in 0..K {
                        let i = p * S + kx;
                        let x = _mm256_loadu_ps(from[i].add(y * step[i]));
                        acc[p] = _mm256_fmadd_ps(x, row_weights[kx], acc[p]);
                    }
                }
            }
            finish_avx2::<P, K>(row, ox, co, acc);
        }
    }

    /// Output columns from `ox` on and the horizontal taps that they all use.
    struct Tile {
        ox: usize,
        columns: Range<usize>,
    }

    /// `P` output columns by the channels `co..co + 8`. `K` and `S` fix kernel width and stride for the
    /// compiler, and say that there are 8 channels at least; 0 takes them from the job.
    ///
    /// # Safety
    /// AVX2 and FMA; the lengths that [`row`] asserts; columns and taps of the tile lie in their rows.
    #[target_feature(enable = "avx2,fma")]
    #[inline]
    unsafe fn tile_avx2<const P: usize, const K: usize, const S: usize>(row: &Row, tile: &Tile, co: usize) {
        let job = row.job;
        let ([_, w, c], [_, kw], [_, left]) = (job.image, job.kernel, job.before);
        let (wide, stride) = (job.wide(), if S == 0 { job.stride } else { S });
        let columns = if K == 0 { tile.columns.clone() } else { 0..K };
        let count = (c - co).min(LANES);
        // SAFETY: weights and bias are padded to 8 channels. A source vector at (row, column, co) holds 8 values
        // when co + 8 <= c; `load_some` reads only the `count` that exist otherwise; likewise the stores.
        unsafe {
            let mut acc = [_mm256_loadu_ps(job.bias.as_ptr().add(co)); P];
            // Without taps in this direction the place may lie beyond the row; then nothing is read there.
            let column = (tile.ox * stride + columns.start).wrapping_sub(left);
            let mut source = row.source.wrapping_add(column.wrapping_mul(c).wrapping_add(co));
            for ky in row.taps.clone() {
                let weights = job.weights.as_ptr().add(ky * kw * wide + co);
                if K == 0 {
                    for (i, kx) in columns.clone().enumerate() {
                        let weight = _mm256_loadu_ps(weights.add(kx * wide));
                        for p in 0..P {
                            let x = load_some(source.add((p * stride + i) * c), count);
                            acc[p] = _mm256_fmadd_ps(x, weight, acc[p]);
                        }
                    }
                } else {
                    let mut row_weights = [_mm256_setzero_ps(); K];
                    for kx in 0..K {
                        row_weights[kx] = _mm256_loadu_ps(weights.add(kx * wide));
                    }
                    // Neighbours share all but `S` of their columns; the compiler keeps those in registers.
                    for p in 0..P {
                        for kx in 0..K {
                            let x = _mm256_loadu_ps(source.add((p * S + kx) * c));
                            acc[p] = _mm256_fmadd_ps(x, row_weights[kx], acc[p]);
                        }
                    }
                }
                source = source.wrapping_add(w * c);
            }
            finish_avx2::<P, K>(row, tile.ox, co, acc);
        }
    }

    /// Activation and store of `P` output columns from `ox` on by the channels `co..co + 8`.
    ///
    /// # Safety
    /// As [`tile_avx2`].
    #[target_feature(enable = "avx2,fma")]
    #[inline]
    unsafe fn finish_avx2<const P: usize, const K: usize>(row: &Row, ox: usize, co: usize, acc: [__m256; P]) {
        let job = row.job;
        let [_, _, c] = job.image;
        let count = if K > 0 { LANES } else { (c - co).min(LANES) };
        // SAFETY: slopes are padded to 8 channels; the columns exist and `store_some` writes those channels that exist.
        unsafe {
            let mut lanes = acc;
            if !matches!(job.activation, Activation::None) {
                let kind = ActivationKind::from(job.activation);
                let slopes = match job.activation {
                    Activation::Prelu(slopes) => _mm256_loadu_ps(slopes.as_ptr().add(co)),
                    _ => _mm256_setzero_ps(),
                };
                for sum in &mut lanes {
                    *sum = activate(kind, *sum, slopes);
                }
            }
            for p in 0..P {
                store_some(row.out.add((ox + p) * c + co), lanes[p], count);
            }
        }
    }
}
