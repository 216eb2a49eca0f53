//! The inner loops of [`super::Conv`]: up to six output pixels by sixteen channels at a time, or fourteen by thirty-two.
//!
//! A window's row `ky` is one contiguous run of `kw * cin` values of the (padded) channels-last input,
//! so a pixel needs its base address and the row pitch only; no im2col, no table of pointers.

use super::Activation;
use super::simd::Avx2;

/// Channels in a weight panel.
pub(crate) const LANES: usize = 16;
/// Most output pixels in a register tile of AVX2 and NEON.
pub(crate) const ROWS: usize = 6;
/// Most output pixels in a register tile of AVX-512.
pub(crate) const TALL_ROWS: usize = 14;
/// Most output pixels that pass under one weight panel before the next one.
const BLOCK: usize = 240;
/// Values that the windows of these pixels hold at most: they stay in the L2 cache while the panel stays in L1.
const BLOCK_VALUES: usize = 80 * 1024;

/// One convolution call. Built by `Conv::run`, which has checked every length.
pub(crate) struct Job<'a> {
    /// Padded input, `[n, h, w, cin]`.
    pub source: &'a [f32],
    /// `[h, w, cin]` of the padded input.
    pub image: [usize; 3],
    /// `[oh, ow, cout]`.
    pub out_image: [usize; 3],
    /// `[kh, kw]`.
    pub kernel: [usize; 2],
    pub stride: usize,
    /// `[cout / 16][kh][kw][cin][16]`.
    pub panels: &'a [f32],
    /// Padded to a multiple of 16.
    pub bias: &'a [f32],
    pub activation: &'a Activation,
    /// `[n, oh, ow, channels]` and its channels, at most `cout`.
    pub residual: Option<(&'a [f32], usize)>,
}

impl Job<'_> {
    /// Where in `source` the windows of the output pixels from `first` on (counted over the whole batch) begin.
    fn bases(&self, first: usize, out: &mut [usize]) {
        let ([h, w, cin], [oh, ow, _]) = (self.image, self.out_image);
        let (row, mut ox) = (first / ow, first % ow);
        let (mut image, mut oy) = (row / oh, row % oh);
        let start = |image: usize, oy: usize| (image * h + oy * self.stride) * w * cin;
        let mut line = start(image, oy);
        for base in out {
            *base = line + ox * self.stride * cin;
            ox += 1;
            if ox == ow {
                (ox, oy) = (0, oy + 1);
                if oy == oh {
                    (oy, image) = (0, image + 1);
                }
                line = start(image, oy);
            }
        }
    }

    /// `(values in a run, runs in a window, pitch between runs)`.
    fn runs(&self) -> (usize, usize, usize) {
        let ([kh, kw], [_, w, cin]) = (self.kernel, self.image);
        (kw * cin, kh, w * cin)
    }
}

/// Pixels that parts of a layer should be multiples of, so that each is whole register tiles.
pub(crate) fn rows(simd: Option<Avx2>) -> usize {
    if simd.and_then(Avx2::avx512).is_some() { TALL_ROWS } else { ROWS }
}

/// How many threads see a call.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Threads {
    This,
    /// Each computes some channels, where there is a kernel that can.
    ByChannels,
}

/// Computes output pixels `first..` of the batch into `out` (whole pixels of `cout` values).
pub(crate) fn run(job: &Job, first: usize, out: &mut [f32], simd: Option<Avx2>) {
    run_on(job, first, out, simd, Threads::This);
}

/// All output pixels, over the pool's threads: each reads a share of the weights where that can be had.
pub(crate) fn run_by_channels(job: &Job, out: &mut [f32], simd: Option<Avx2>) {
    run_on(job, 0, out, simd, Threads::ByChannels);
}

fn run_on(job: &Job, first: usize, out: &mut [f32], simd: Option<Avx2>, threads: Threads) {
    let [_, _, cout] = job.out_image;
    let pixels = out.len() / cout;
    let mut bases = [0; BLOCK];
    // Blocks of about one size: a short last one would read all the weights for a few pixels.
    let (run, runs, _) = job.runs();
    let most = (BLOCK_VALUES / (run * runs)).clamp(96, BLOCK);
    let tall = rows(simd);
    let size = pixels.div_ceil(pixels.div_ceil(most).max(1)).next_multiple_of(tall).min(BLOCK / tall * tall);
    for start in (0..pixels).step_by(size.max(1)) {
        let count = size.min(pixels - start);
        let (Some(bases), Some(part)) = (bases.get_mut(..count), out.get_mut(start * cout..(start + count) * cout))
        else {
            return;
        };
        job.bases(first + start, bases);
        let block = Block { bases, first: first + start, out: part };
        #[cfg(target_arch = "x86_64")]
        if let Some(token) = simd {
            match token.avx512() {
                Some(wide) if threads == Threads::ByChannels => avx512::run_by_channels(job, block, wide),
                Some(wide) => avx512::run(job, block, wide),
                None => x86::run(job, block, token),
            }
            continue;
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = (simd, threads);
        tiles::run(job, block);
    }
}

impl Job<'_> {
    /// Stops a job whose lengths are not what the vector kernels read and write.
    #[cfg(target_arch = "x86_64")]
    fn assert_holds(&self, block: &Block) {
        let (run, runs, pitch) = self.runs();
        let [_, _, cout] = self.out_image;
        let reach = (runs - 1) * pitch + run;
        assert!(block.bases.iter().all(|&b| b + reach <= self.source.len()), "window outside the input");
        assert_eq!(self.panels.len(), cout.next_multiple_of(LANES) * runs * run);
        assert_eq!(self.bias.len(), cout.next_multiple_of(LANES));
        assert_eq!(block.out.len(), block.bases.len() * cout);
        if let Some((data, channels)) = self.residual {
            assert!(channels <= cout && data.len() >= (block.first + block.bases.len()) * channels);
        }
        if let Activation::Prelu(slopes) = self.activation {
            assert_eq!(slopes.len(), self.bias.len());
        }
    }
}

/// Up to [`BLOCK`] neighbouring output pixels.
struct Block<'a> {
    /// Window starts in the source.
    bases: &'a [usize],
    /// Number of the first pixel in the batch.
    first: usize,
    /// `[pixels, cout]`.
    out: &'a mut [f32],
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
    use super::{Block, Job, LANES, ROWS};
    use std::arch::x86_64::{
        __m256, _mm256_add_ps, _mm256_broadcast_ss, _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_setzero_ps,
        _mm256_storeu_ps,
    };

    /// Runs a block after checking that every window it reads lies in the source.
    pub(super) fn run(job: &Job, block: Block, _proof: Avx2) {
        job.assert_holds(&block);
        // SAFETY: `_proof` says that AVX2 and FMA exist; the lengths asserted above are the function's contract.
        unsafe { block_avx2(job, block) }
    }

    /// # Safety
    /// AVX2 and FMA; the lengths that [`Job::assert_holds`] asserts.
    #[target_feature(enable = "avx2,fma")]
    unsafe fn block_avx2(job: &Job, block: Block) {
        let (run, runs, _) = job.runs();
        let [_, _, cout] = job.out_image;
        let pixels = block.bases.len();
        let out = block.out.as_mut_ptr();
        let mut co = 0;
        while co < cout {
            // Three vectors rather than a whole panel and a half-empty one, which would wait for its own sums.
            let vectors = match cout - co {
                ..=8 => 1,
                17..=24 => 3,
                _ => 2,
            };
            let most = if vectors == 3 { NARROW_ROWS } else { ROWS };
            let mut at = 0;
            while at < pixels {
                let left = pixels - at;
                // Tiles of about one height: one of a single row would take as long as one of four.
                let rows = left.div_ceil(left.div_ceil(most));
                // SAFETY: panel `co / 16` starts at `co * depth` of a vector of `cout.next_multiple_of(16) * depth`, and
                // with three vectors there is a panel after it; `at < pixels`, and `out` holds `pixels * cout` values;
                // each arm has as many pixels left as its tile has rows, and its channels lie in the padded bias.
                unsafe {
                    let tile = Tile {
                        bases: block.bases.as_ptr().add(at),
                        pixel: block.first + at,
                        out: out.add(at * cout),
                        co,
                        weights: job.panels.as_ptr().add(co * runs * run),
                    };
                    at += match (rows, vectors) {
                        (6, 2) => tile_avx2::<6, 2>(job, tile),
                        (5, 2) => tile_avx2::<5, 2>(job, tile),
                        (4, 2) => tile_avx2::<4, 2>(job, tile),
                        (3, 2) => tile_avx2::<3, 2>(job, tile),
                        (2, 2) => tile_avx2::<2, 2>(job, tile),
                        (_, 2) => tile_avx2::<1, 2>(job, tile),
                        (3, 3) => tile_avx2::<3, 3>(job, tile),
                        (2, 3) => tile_avx2::<2, 3>(job, tile),
                        (_, 3) => tile_avx2::<1, 3>(job, tile),
                        (6, _) => tile_avx2::<6, 1>(job, tile),
                        (2..=5, _) => tile_avx2::<2, 1>(job, tile),
                        _ => tile_avx2::<1, 1>(job, tile),
                    };
                }
            }
            if matches!(job.activation, Activation::Silu) {
                // SAFETY: channels from `co` on of `pixels * cout` values, up to `vectors * 8` or the last.
                unsafe { silu_avx2(out.add(co), [pixels, cout], (8 * vectors).min(cout - co)) };
            }
            co += if vectors == 3 { 2 * LANES } else { LANES };
        }
    }

    /// Rows of a tile of three vectors: nine sums, three weights and a factor.
    const NARROW_ROWS: usize = 3;

    /// A register tile: some neighbouring pixels by some channels from `co` on.
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
    }

    /// `MR` pixels by `8 * NV` channels, of one panel or, with three vectors, of one and a half; returns `MR`.
    ///
    /// # Safety
    /// AVX2 and FMA; the lengths that [`Job::assert_holds`] asserts; `MR` pixels exist from the tile's first on; with three vectors
    /// there is a panel after the tile's.
    #[target_feature(enable = "avx2,fma")]
    #[inline]
    unsafe fn tile_avx2<const MR: usize, const NV: usize>(job: &Job, tile: Tile) -> usize {
        let (run, runs, pitch) = job.runs();
        let depth = runs * run * LANES;
        let source = job.source.as_ptr();
        // SAFETY: every window of the tile lies in the source (asserted), so each `rows[m] + k` below is inside
        // it; `weights` advances `runs * run * 16` values, the length of one panel; `bias` is padded to 16.
        unsafe {
            let mut acc = [[_mm256_setzero_ps(); NV]; MR];
            for v in 0..NV {
                let bias = _mm256_loadu_ps(job.bias.as_ptr().add(tile.co + 8 * v));
                for row in &mut acc {
                    row[v] = bias;
                }
            }
            let mut rows = [source; MR];
            for (m, row) in rows.iter_mut().enumerate() {
                *row = source.add(*tile.bases.add(m));
            }
            let mut weights = tile.weights;
            for _ in 0..runs {
                for k in 0..run {
                    let mut w = [_mm256_setzero_ps(); NV];
                    for v in 0..NV {
                        // The third vector is the first of the next panel.
                        let panel = if v < 2 { 8 * v } else { depth };
                        w[v] = _mm256_loadu_ps(weights.add(panel));
                    }
                    for m in 0..MR {
                        let x = _mm256_broadcast_ss(&*rows[m].add(k));
                        for v in 0..NV {
                            acc[m][v] = _mm256_fmadd_ps(x, w[v], acc[m][v]);
                        }
                    }
                    weights = weights.add(LANES);
                }
                for row in &mut rows {
                    *row = row.wrapping_add(pitch);
                }
            }
            store_avx2(job, tile, acc);
        }
        MR
    }

    /// Residual, activation, store.
    ///
    /// # Safety
    /// As [`tile_avx2`].
    #[target_feature(enable = "avx2,fma")]
    #[inline]
    unsafe fn store_avx2<const MR: usize, const NV: usize>(job: &Job, tile: Tile, mut acc: [[__m256; NV]; MR]) {
        let [_, _, cout] = job.out_image;
        let room = cout - tile.co;
        // SAFETY: the pixels of the tile exist, so `(pixel + m) * channels + co + 8 * v` lies inside the residual as
        // long as `co + 8 * v < channels`, of which `load_some` reads no more than `channels` allows.
        unsafe {
            if let Some((data, channels)) = job.residual {
                let from = data.as_ptr().add(tile.pixel * channels);
                if tile.co + 8 * NV <= channels {
                    for m in 0..MR {
                        for v in 0..NV {
                            let x = _mm256_loadu_ps(from.add(m * channels + tile.co + 8 * v));
                            acc[m][v] = _mm256_add_ps(acc[m][v], x);
                        }
                    }
                } else {
                    for m in 0..MR {
                        for v in 0..NV {
                            let co = tile.co + 8 * v;
                            if co < channels {
                                let x = load_some(from.add(m * channels + co), channels - co);
                                acc[m][v] = _mm256_add_ps(acc[m][v], x);
                            }
                        }
                    }
                }
            }
        }
        // SAFETY: slopes are padded to 16.
        unsafe { activate_avx2(job, tile.co, &mut acc) };
        // SAFETY: `m * cout + co + lane` is inside the output for the tile's pixels and lanes below `room`.
        unsafe {
            if room >= 8 * NV {
                for m in 0..MR {
                    for v in 0..NV {
                        _mm256_storeu_ps(tile.out.add(m * cout + tile.co + 8 * v), acc[m][v]);
                    }
                }
            } else {
                for m in 0..MR {
                    for v in 0..NV {
                        if 8 * v < room {
                            store_some(tile.out.add(m * cout + tile.co + 8 * v), acc[m][v], room - 8 * v);
                        }
                    }
                }
            }
        }
    }

    /// The job's activation on channels `co..co + 8 * NV`. One branch per tile, not per vector.
    ///
    /// # Safety
    /// AVX2 and FMA; PReLU slopes reach to `co + 8 * NV`.
    #[target_feature(enable = "avx2,fma")]
    #[inline]
    unsafe fn activate_avx2<const MR: usize, const NV: usize>(job: &Job, co: usize, acc: &mut [[__m256; NV]; MR]) {
        let none = _mm256_setzero_ps();
        match job.activation {
            Activation::None => {}
            Activation::Relu => each(acc, [none; NV], |x, s| activate(ActivationKind::Relu, x, s)),
            Activation::Relu6 => each(acc, [none; NV], |x, s| activate(ActivationKind::Relu6, x, s)),
            Activation::Prelu(slopes) => {
                let mut lanes = [none; NV];
                for (v, lane) in lanes.iter_mut().enumerate() {
                    // SAFETY: the caller vouches for the slopes' length.
                    *lane = unsafe { _mm256_loadu_ps(slopes.as_ptr().add(co + 8 * v)) };
                }
                each(acc, lanes, |x, s| activate(ActivationKind::Prelu, x, s));
            }
            Activation::HardSwish => each(acc, [none; NV], |x, s| activate(ActivationKind::HardSwish, x, s)),
            // Done for the whole block afterwards: the exponential's long chain would wait for itself in every tile.
            Activation::Silu => {}
        }
    }

    /// `f` on each vector of the tile with the slopes of its channels.
    #[target_feature(enable = "avx2,fma")]
    #[inline]
    fn each<const MR: usize, const NV: usize>(
        acc: &mut [[__m256; NV]; MR],
        slopes: [__m256; NV],
        f: impl Fn(__m256, __m256) -> __m256,
    ) {
        for row in acc {
            for v in 0..NV {
                row[v] = f(row[v], slopes[v]);
            }
        }
    }

    /// SiLU in place on the first `channels` of each pixel of `cout` values.
    ///
    /// # Safety
    /// AVX2 and FMA; `out` holds as many pixels, `channels` of the last included.
    #[target_feature(enable = "avx2,fma")]
    #[inline(never)]
    unsafe fn silu_avx2(out: *mut f32, [pixels, cout]: [usize; 2], channels: usize) {
        // SAFETY: `load_some` and `store_some` touch those of the `channels` from `c` on that exist.
        unsafe {
            for pixel in 0..pixels {
                let at = out.add(pixel * cout);
                for c in (0..channels).step_by(8) {
                    let x = load_some(at.add(c), channels - c);
                    store_some(at.add(c), activate(ActivationKind::Silu, x, x), channels - c);
                }
            }
        }
    }
}
