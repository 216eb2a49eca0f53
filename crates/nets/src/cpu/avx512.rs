//! The vector pieces that the kernels for AVX-512 share: sixteen numbers at once, fewer of them under a mask.

use super::Activation;
use std::arch::x86_64::{
    __m512, __mmask16, _mm512_add_epi32, _mm512_add_ps, _mm512_castps_si512, _mm512_castsi512_ps, _mm512_fmadd_ps,
    _mm512_fnmadd_ps, _mm512_max_ps, _mm512_min_ps, _mm512_mul_ps, _mm512_rcp14_ps, _mm512_roundscale_ps,
    _mm512_scalef_ps, _mm512_set1_ps, _mm512_setzero_ps, _mm512_slli_epi32, _mm512_sub_ps,
};

/// Numbers in a vector.
pub(crate) const WIDE: usize = 16;

/// The first `min(count, 16)` lanes.
#[inline(always)]
pub(crate) fn first(count: usize) -> __mmask16 {
    if count >= WIDE { !0 } else { (1 << count) - 1 }
}

/// `e^x`, relative error below 2e-7 for |x| ≤ 87; arguments beyond are clamped there. Range reduction by ln 2 in two
/// parts and the degree-6 polynomial of Cephes' expf.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
#[inline]
pub(crate) fn exp(x: __m512) -> __m512 {
    let x = _mm512_min_ps(_mm512_max_ps(x, _mm512_set1_ps(-87.3)), _mm512_set1_ps(87.3));
    // 8: to the nearest whole number, without exceptions.
    let n = _mm512_roundscale_ps::<8>(_mm512_mul_ps(x, _mm512_set1_ps(std::f32::consts::LOG2_E)));
    let r = _mm512_fnmadd_ps(n, _mm512_set1_ps(0.693_359_4), x);
    let r = _mm512_fnmadd_ps(n, _mm512_set1_ps(-2.121_944_4e-4), r);
    let mut p = _mm512_set1_ps(1.987_569_1e-4);
    for c in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5] {
        p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(c));
    }
    let p = _mm512_add_ps(_mm512_fmadd_ps(p, _mm512_mul_ps(r, r), r), _mm512_set1_ps(1.0));
    _mm512_scalef_ps(p, n)
}

/// `x / (1 + e^-x)`, within 1e-6 · max(1, |x|) of the definition: as its twin of eight lanes, but for the division, which
/// takes as long as all the rest: an estimate of 14 bits and a step of Newton's instead.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
#[inline]
pub(crate) fn silu(x: __m512) -> __m512 {
    // Adding it rounds to a whole number and leaves that in the low bits.
    let magic = _mm512_set1_ps(12_582_912.0);
    let y = _mm512_mul_ps(x, _mm512_set1_ps(-std::f32::consts::LOG2_E));
    // From 2^40 on nothing is left of x but a number that counts for nothing; smaller ones would become denormal in the
    // next products, each of which takes a hundred times as long.
    let y = _mm512_min_ps(_mm512_max_ps(y, _mm512_set1_ps(-126.0)), _mm512_set1_ps(40.0));
    let n = _mm512_add_ps(y, magic);
    let f = _mm512_sub_ps(y, _mm512_sub_ps(n, magic));
    let mut p = _mm512_set1_ps(1.327_647_2e-3);
    for c in [9.675_541e-3, 5.550_713e-2, 2.402_212e-1, 6.931_469_4e-1, 1.0] {
        p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(c));
    }
    let exponent = _mm512_slli_epi32::<23>(_mm512_castps_si512(n));
    let e = _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(p), exponent));
    let one = _mm512_set1_ps(1.0);
    let d = _mm512_add_ps(one, e);
    let r = _mm512_rcp14_ps(d);
    let r = _mm512_fmadd_ps(r, _mm512_fnmadd_ps(d, r, one), r);
    _mm512_mul_ps(x, r)
}

/// `activation` on each vector of a tile whose columns `v` have the slopes `slopes[v]`, which matter to PReLU only. One
/// branch for the tile, not one for each vector. SiLU is left out where `EVERY` is not set: its long chain would wait
/// for itself in every tile, so some kernels apply it to many tiles at once afterwards.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
#[inline]
pub(crate) fn activate<const MR: usize, const NV: usize, const EVERY: bool>(
    activation: &Activation,
    slopes: [__m512; NV],
    tile: &mut [[__m512; NV]; MR],
) {
    let (zero, six) = (_mm512_setzero_ps(), _mm512_set1_ps(6.0));
    match activation {
        Activation::None => {}
        Activation::Relu => {
            for x in tile.as_flattened_mut() {
                *x = _mm512_max_ps(*x, zero);
            }
        }
        Activation::Relu6 => {
            for x in tile.as_flattened_mut() {
                *x = _mm512_min_ps(_mm512_max_ps(*x, zero), six);
            }
        }
        Activation::Prelu(_) => {
            for row in tile {
                for (x, slope) in row.iter_mut().zip(slopes) {
                    *x = _mm512_fmadd_ps(slope, _mm512_min_ps(*x, zero), _mm512_max_ps(*x, zero));
                }
            }
        }
        Activation::HardSwish => {
            let (three, sixth) = (_mm512_set1_ps(3.0), _mm512_set1_ps(1.0 / 6.0));
            for x in tile.as_flattened_mut() {
                let gate = _mm512_min_ps(_mm512_max_ps(_mm512_add_ps(*x, three), zero), six);
                *x = _mm512_mul_ps(_mm512_mul_ps(*x, gate), sixth);
            }
        }
        Activation::Silu => {
            if EVERY {
                for x in tile.as_flattened_mut() {
                    *x = silu(*x);
                }
            }
        }
    }
}
