//! Gradients of weights: sums of outer products over pixels.

use crate::cpu::Simd;

/// Output channels in a register tile.
const ROWS: usize = 6;
/// Inputs in a register tile.
const LANES: usize = 16;

/// `out[o][j] += Σ_p dy[dy_bases[p] + o] · x[bases[p] + j]`.
pub(super) struct Outer<'a> {
    pub dy: &'a [f32],
    /// Where each pixel's first value is in `dy`.
    pub dy_bases: &'a [usize],
    /// Values of `dy` a pixel: rows of the result.
    pub outs: usize,
    /// What the windows are cut from.
    pub x: &'a [f32],
    /// Where each pixel's window begins in `x`.
    pub bases: &'a [usize],
    /// Values in a window.
    pub run: usize,
    /// Values from one row of the result to the next.
    pub out_pitch: usize,
}

impl Outer<'_> {
    /// Adds the products to `out`, row by row, pixel after pixel.
    ///
    /// # Panics
    /// When a window, a pixel or a row of the result lies outside its slice.
    pub(super) fn add_to(&self, out: &mut [f32], simd: Option<Simd>) {
        if self.outs == 0 || self.run == 0 || self.bases.is_empty() {
            return;
        }
        assert_eq!(self.bases.len(), self.dy_bases.len(), "pixels of both sides");
        assert!(self.bases.iter().all(|b| b + self.run <= self.x.len()), "window outside the input");
        assert!(self.dy_bases.iter().all(|b| b + self.outs <= self.dy.len()), "pixel outside the gradient");
        assert!((self.outs - 1) * self.out_pitch + self.run <= out.len(), "row outside the result");
        #[cfg(target_arch = "x86_64")]
        if let Some(proof) = simd {
            if super::outer_wide::run(self, out, proof) {
                return;
            }
            if self.run >= 8 {
                x86::run(self, out, proof);
                return;
            }
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = simd;
        self.plain(out);
    }

    /// The same, value by value.
    #[expect(clippy::indexing_slicing, reason = "lengths are asserted by `add_to`")]
    fn plain(&self, out: &mut [f32]) {
        for (&base, &dy) in self.bases.iter().zip(self.dy_bases) {
            let window = &self.x[base..base + self.run];
            for o in 0..self.outs {
                let g = self.dy[dy + o];
                let row = &mut out[o * self.out_pitch..][..window.len()];
                for (sum, x) in row.iter_mut().zip(window) {
                    *sum += g * x;
                }
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "register-tiled kernel; see the SAFETY comments")]
#[expect(
    clippy::indexing_slicing,
    clippy::needless_range_loop,
    reason = "loops over a register tile have constant bounds: they unroll and the checks vanish"
)]
mod x86 {
    use super::{LANES, Outer, ROWS, Simd};
    use std::arch::x86_64::{
        __m256, _mm256_add_ps, _mm256_and_ps, _mm256_broadcast_ss, _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_setzero_ps,
        _mm256_storeu_ps,
    };

    /// Eight lanes from `8 - n` on drop the first `n`.
    static KEEP: [u32; 16] = {
        let mut keep = [u32::MAX; 16];
        let mut i = 0;
        while i < 8 {
            keep[i] = 0;
            i += 1;
        }
        keep
    };

    /// For windows of at least eight values; `Outer::add_to` has checked every length.
    pub(super) fn run(job: &Outer, out: &mut [f32], _proof: Simd) {
        assert!(job.run >= 8);
        // SAFETY: `_proof` says that AVX2 and FMA exist; `add_to` asserted the lengths.
        unsafe { tiles(job, out) };
    }

    /// # Safety
    /// AVX2 and FMA; every window, pixel and row inside its slice.
    #[target_feature(enable = "avx2,fma")]
    unsafe fn tiles(job: &Outer, out: &mut [f32]) {
        let out = out.as_mut_ptr();
        let mut j = 0;
        while j < job.run {
            let wide = j + LANES <= job.run;
            // The last vector begins early rather than end late; what was done before is left out of it.
            let skip = (j + 8).saturating_sub(job.run);
            j -= skip;
            // SAFETY: eight numbers from 8 - skip on, skip < 8.
            let keep = unsafe { _mm256_loadu_ps(KEEP.as_ptr().add(8 - skip).cast()) };
            let mut o = 0;
            while o < job.outs {
                // SAFETY: each arm has as many rows left as its tile, and `8 * NV` values of each window.
                unsafe {
                    let to = out.add(o * job.out_pitch + j);
                    o += match (job.outs - o, wide) {
                        (ROWS.., true) => tile::<6, 2>(job, o, j, to, keep),
                        (4.., true) => tile::<4, 2>(job, o, j, to, keep),
                        (2.., true) => tile::<2, 2>(job, o, j, to, keep),
                        (_, true) => tile::<1, 2>(job, o, j, to, keep),
                        (ROWS.., false) => tile::<6, 1>(job, o, j, to, keep),
                        (2.., false) => tile::<2, 1>(job, o, j, to, keep),
                        (_, false) => tile::<1, 1>(job, o, j, to, keep),
                    };
                }
            }
            j += if wide { LANES } else { 8 };
        }
    }

    /// `MR` rows from `o` on by `8 * NV` columns from `j` on; returns `MR`.
    ///
    /// # Safety
    /// As [`tiles`]; the rows and columns exist.
    #[target_feature(enable = "avx2,fma")]
    #[inline]
    unsafe fn tile<const MR: usize, const NV: usize>(
        job: &Outer,
        o: usize,
        j: usize,
        to: *mut f32,
        keep: __m256,
    ) -> usize {
        // SAFETY: `bases[p] + j + 8 * NV <= bases[p] + run`, inside `x`; `o + MR <= outs`, inside each pixel of
        // `dy` and inside the result.
        unsafe {
            let mut acc = [[_mm256_setzero_ps(); NV]; MR];
            let x = job.x.as_ptr().add(j);
            let dys = job.dy.as_ptr().add(o);
            for (&base, &dy) in job.bases.iter().zip(job.dy_bases) {
                let (window, dy) = (x.add(base), dys.add(dy));
                let mut lanes = [_mm256_setzero_ps(); NV];
                for v in 0..NV {
                    lanes[v] = _mm256_loadu_ps(window.add(8 * v));
                }
                for m in 0..MR {
                    let g = _mm256_broadcast_ss(&*dy.add(m));
                    for v in 0..NV {
                        acc[m][v] = _mm256_fmadd_ps(g, lanes[v], acc[m][v]);
                    }
                }
            }
            for m in 0..MR {
                for v in 0..NV {
                    let at = to.add(m * job.out_pitch + 8 * v);
                    _mm256_storeu_ps(at, _mm256_add_ps(_mm256_loadu_ps(at), _mm256_and_ps(acc[m][v], keep)));
                }
            }
        }
        MR
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic::series;

    #[test]
    fn vectors_add_what_the_plain_loop_adds() {
        for (outs, run, pixels) in
            [(1, 8, 3), (6, 16, 50), (13, 27, 31), (32, 9, 100), (5, 21, 40), (7, 3, 9), (15, 83, 290)]
        {
            let numbers = |name: &str, n: usize| series(name, n).map(|v| v as f32).collect::<Vec<_>>();
            let (dy, x) = (numbers("dy", pixels * (outs + 2)), numbers("x", pixels * 4 + run));
            let bases: Vec<usize> = (0..pixels).map(|p| p * 4).collect();
            let dy_bases: Vec<usize> = (0..pixels).map(|p| p * (outs + 2) + 1).collect();
            let job = Outer { dy: &dy, dy_bases: &dy_bases, outs, x: &x, bases: &bases, run, out_pitch: run + 1 };
            let start = numbers("out", outs * (run + 1));
            let mut a = start.clone();
            job.add_to(&mut a, None);
            assert_ne!(a, start);
            for simd in [Simd::detect(), Simd::detect().map(Simd::narrow)] {
                let mut b = start.clone();
                job.add_to(&mut b, simd);
                let off = a.iter().zip(&b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                assert!(off < 1e-4, "{outs} x {run} of {pixels}: {off}");
            }
        }
    }
}
