//! What a core can do at best: the yardstick of the benchmarks.

use std::hint::black_box;
use std::time::Instant;

/// Independent chains of multiply-adds: enough to hide a latency of five cycles on two units.
const CHAINS: usize = 12;
/// Numbers in a chain of the plain version: a 256-bit vector.
const LANES: usize = 8;
/// Steps of all chains per sample, some 2 ms.
const STEPS: usize = 600_000;
/// Samples; the fastest counts.
const SAMPLES: usize = 40;

/// Multiply-adds from registers alone on the calling thread, in 10⁹ floating-point operations a second (two each), by the
/// best instructions that the kernels use here. The fastest of some 80 ms.
#[must_use]
pub fn fma_peak_gflops() -> f64 {
    let sample = |_| {
        let start = Instant::now();
        let (sum, lanes) = chains(black_box(0.999_999));
        black_box(sum);
        (2 * CHAINS * lanes * STEPS) as f64 / start.elapsed().as_secs_f64()
    };
    (0..SAMPLES).map(sample).fold(0.0, f64::max) / 1e9
}

/// What the chains add up to, and the numbers in each.
fn chains(factor: f32) -> (f32, usize) {
    #[cfg(target_arch = "x86_64")]
    if let Some(token) = super::simd::Avx2::detect() {
        #[expect(unsafe_code, reason = "calls safe code compiled for AVX2 and FMA, or for AVX-512")]
        // SAFETY: the processor has them, as just asked.
        return unsafe { if token.avx512().is_some() { (chains_512(factor), 16) } else { (chains_avx2(factor), 8) } };
    }
    (run(factor, |a, b, c| a * b + c), LANES)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
fn chains_512(factor: f32) -> f32 {
    use std::arch::x86_64::{_mm512_fmadd_ps, _mm512_set1_ps, _mm512_setzero_ps};
    let (x, y) = (_mm512_set1_ps(factor), _mm512_set1_ps(1e-6));
    let mut acc = [_mm512_setzero_ps(); CHAINS];
    for _ in 0..STEPS {
        for a in &mut acc {
            *a = _mm512_fmadd_ps(*a, x, y);
        }
    }
    let mut sum = _mm512_setzero_ps();
    for a in acc {
        sum = _mm512_fmadd_ps(a, x, sum);
    }
    std::arch::x86_64::_mm512_cvtss_f32(sum)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn chains_avx2(factor: f32) -> f32 {
    use std::arch::x86_64::{_mm256_fmadd_ps, _mm256_set1_ps, _mm256_setzero_ps};
    let (x, y) = (_mm256_set1_ps(factor), _mm256_set1_ps(1e-6));
    let mut acc = [_mm256_setzero_ps(); CHAINS];
    for _ in 0..STEPS {
        for a in &mut acc {
            *a = _mm256_fmadd_ps(*a, x, y);
        }
    }
    let mut sum = _mm256_setzero_ps();
    for a in acc {
        sum = _mm256_fmadd_ps(a, x, sum);
    }
    std::arch::x86_64::_mm256_cvtss_f32(sum)
}

#[inline(always)]
fn run(factor: f32, fma: impl Fn(f32, f32, f32) -> f32) -> f32 {
    let mut acc = [[0.0f32; LANES]; CHAINS];
    for _ in 0..STEPS {
        for a in acc.as_flattened_mut() {
            *a = fma(*a, factor, 1e-6);
        }
    }
    acc.as_flattened().iter().sum()
}
