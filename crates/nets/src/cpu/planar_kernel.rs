//! The inner loops of [`super::PlanarConv`]: up to 24 columns by 4 channels (or 16 by 5 or 6) at a time.

use super::simd::Avx2;

/// Output channels per register tile that have a kernel, best first.
pub(crate) const GROUPS: [usize; 3] = [4, 5, 6];

/// One output row. Built by `PlanarConv::row`, which has checked every length.
pub(crate) struct Job<'a> {
    pub source: &'a [f32],
    /// Offset of each input row under the window.
    pub rows: &'a [usize],
    /// Columns between planes of the source.
    pub pitch: usize,
    pub cin: usize,
    /// Window size.
    pub size: usize,
    /// Output channels per tile; divides their number.
    pub group: usize,
    /// Output columns.
    pub width: usize,
    /// `[cout / group][ky][ci][kx][group]`
    pub weights: &'a [f32],
    pub bias: &'a [f32],
    pub slopes: Option<&'a [f32]>,
    /// Columns between planes of the output.
    pub out_pitch: usize,
}

impl Job<'_> {
    /// Weights per tile of channels.
    fn depth(&self) -> usize {
        self.size * self.size * self.cin * self.group
    }
}

/// Computes the row into `out`, `[cout][out_pitch]`.
pub(crate) fn run(job: &Job, out: &mut [f32], simd: Option<Avx2>) {
    #[cfg(target_arch = "x86_64")]
    if let Some(token) = simd
        && GROUPS.contains(&job.group)
        && (job.size == 3 || job.size == 1)
    {
        x86::run(job, out, token);
        return;
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = simd;
    plain(job, out);
}

/// What the AVX2 kernel computes, one channel at a time.
#[expect(
    clippy::indexing_slicing,
    reason = "offsets lie in lengths that PlanarConv::row checked; a wrong one must stop"
)]
fn plain(job: &Job, out: &mut [f32]) {
    for (co, (plane, &bias)) in out.chunks_exact_mut(job.out_pitch).zip(job.bias).enumerate() {
        let target = &mut plane[..job.width];
        target.fill(bias);
        let weights = &job.weights[co / job.group * job.depth()..][..job.depth()];
        let mut weights = weights.iter().skip(co % job.group).step_by(job.group);
        for &row in job.rows {
            for ci in 0..job.cin {
                for kx in 0..job.size {
                    let w = weights.next().copied().unwrap_or(0.0);
                    let source = &job.source[row + ci * job.pitch + kx..][..job.width];
                    for (t, &x) in target.iter_mut().zip(source) {
                        *t += x * w;
                    }
                }
            }
        }
        if let Some(slopes) = job.slopes {
            let slope = slopes[co];
            for t in target {
                *t = t.max(0.0) + slope * t.min(0.0);
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "register-tiled kernel; see the SAFETY comments")]
mod x86 {
    use super::super::simd::Avx2;
    use super::Job;
    use std::arch::x86_64::{
        _mm256_broadcast_ss, _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_max_ps, _mm256_min_ps, _mm256_set1_ps,
        _mm256_setzero_ps, _mm256_storeu_ps,
    };

    /// Checks what the kernel relies on and runs it.
    pub(super) fn run(job: &Job, out: &mut [f32], _proof: Avx2) {
        let wide = job.width.next_multiple_of(8);
        let cout = job.bias.len();
        let reach = (job.cin - 1) * job.pitch + wide + job.size - 1;
        assert!(job.rows.len() == job.size && job.rows.iter().all(|r| r + reach <= job.source.len()));
        assert!(wide <= job.out_pitch && out.len() == cout * job.out_pitch && cout % job.group == 0);
        assert_eq!(job.weights.len(), cout / job.group * job.depth());
        assert!(job.slopes.is_none_or(|s| s.len() == cout));
        // SAFETY: `_proof` says that AVX2 and FMA exist; the lengths are asserted above.
        unsafe {
            match (job.group, job.size) {
                (4, 3) => row_avx2::<4, 3, 3>(job, out),
                (4, _) => row_avx2::<4, 1, 3>(job, out),
                (5, 3) => row_avx2::<5, 3, 2>(job, out),
                (5, _) => row_avx2::<5, 1, 2>(job, out),
                (_, 3) => row_avx2::<6, 3, 2>(job, out),
                _ => row_avx2::<6, 1, 2>(job, out),
            }
        }
    }

    /// # Safety
    /// AVX2 and FMA; the lengths that [`run`] asserts; `G` is the job's group, `K` its window size; `V` is 2 or 3.
    #[target_feature(enable = "avx2,fma")]
    unsafe fn row_avx2<const G: usize, const K: usize, const V: usize>(job: &Job, out: &mut [f32]) {
        let to = out.as_mut_ptr();
        let mut x = 0;
        while x < job.width {
            let vectors = (job.width - x).div_ceil(8).min(V);
            for first in (0..job.bias.len()).step_by(G) {
                // SAFETY: columns `x..x + 8 * vectors` end at or before the width rounded up to 8.
                unsafe {
                    match vectors {
                        1 => tile_avx2::<G, K, 1>(job, to, x, first),
                        2 => tile_avx2::<G, K, 2>(job, to, x, first),
                        _ => tile_avx2::<G, K, 3>(job, to, x, first),
                    }
                }
            }
            x += 8 * vectors;
        }
    }

    /// Columns `x..x + 8 * V` of the channels `first..first + G`.
    ///
    /// # Safety
    /// As [`row_avx2`]; the columns end at or before the width rounded up to 8.
    #[target_feature(enable = "avx2,fma")]
    #[inline]
    unsafe fn tile_avx2<const G: usize, const K: usize, const V: usize>(
        job: &Job,
        out: *mut f32,
        x: usize,
        first: usize,
    ) {
        // SAFETY: rows, planes and columns stay within the reach that `run` asserts; the weights of this tile of
        // channels are the `depth` values from `first * depth / G` on.
        unsafe {
            let mut acc = [[_mm256_setzero_ps(); V]; G];
            for (g, sums) in acc.iter_mut().enumerate() {
                *sums = [_mm256_broadcast_ss(&*job.bias.as_ptr().add(first + g)); V];
            }
            let mut weights = job.weights.as_ptr().add(first / G * job.depth());
            for &row in job.rows {
                let mut plane = job.source.as_ptr().add(row + x);
                for _ in 0..job.cin {
                    for kx in 0..K {
                        let mut columns = [_mm256_setzero_ps(); V];
                        for (v, c) in columns.iter_mut().enumerate() {
                            *c = _mm256_loadu_ps(plane.add(kx + 8 * v));
                        }
                        for (g, sums) in acc.iter_mut().enumerate() {
                            let w = _mm256_broadcast_ss(&*weights.add(g));
                            for (sum, &c) in sums.iter_mut().zip(&columns) {
                                *sum = _mm256_fmadd_ps(w, c, *sum);
                            }
                        }
                        weights = weights.add(G);
                    }
                    plane = plane.wrapping_add(job.pitch);
                }
            }
            let zero = _mm256_setzero_ps();
            for (g, sums) in acc.iter().enumerate() {
                let slope = match job.slopes {
                    Some(slopes) => _mm256_broadcast_ss(&*slopes.as_ptr().add(first + g)),
                    None => _mm256_set1_ps(1.0),
                };
                for (v, &sum) in sums.iter().enumerate() {
                    let y = _mm256_fmadd_ps(slope, _mm256_min_ps(sum, zero), _mm256_max_ps(sum, zero));
                    _mm256_storeu_ps(out.add((first + g) * job.out_pitch + x + 8 * v), y);
                }
            }
        }
    }
}
