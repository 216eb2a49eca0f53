//! Eight numbers in two registers of NEON, which every 64-bit Arm processor has: no proof is needed.

use std::arch::aarch64::{
    float32x4_t, vaddq_f32, vaddq_s32, vbslq_f32, vcgtq_f32, vcltq_f32, vcvtq_s32_f32, vdivq_f32, vdupq_n_f32,
    vdupq_n_s32, vfmaq_f32, vfmaq_n_f32, vld1q_f32, vmaxq_f32, vminq_f32, vmulq_f32, vmulq_n_f32,
    vreinterpretq_f32_s32, vrndnq_f32, vshlq_n_s32, vst1q_f32, vsubq_f32,
};

use super::lanes::{BaseLanes, Lanes, WIDTH};

/// Eight numbers.
#[derive(Clone, Copy)]
pub(crate) struct Neon([float32x4_t; 2]);

impl Neon {
    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(float32x4_t, float32x4_t) -> float32x4_t) -> Self {
        let ([a, b], [c, d]) = (self.0, other.0);
        Self([f(a, c), f(b, d)])
    }
}

#[expect(unsafe_code, reason = "vector instructions; see the SAFETY comment")]
// SAFETY (of every block below): NEON is part of the architecture; loads and stores have the eight numbers that their
// references promise.
impl Lanes for Neon {
    #[inline(always)]
    fn splat(x: f32) -> Self {
        unsafe { Self([vdupq_n_f32(x); 2]) }
    }

    #[inline(always)]
    fn load(from: &[f32; WIDTH]) -> Self {
        unsafe { Self([vld1q_f32(from.as_ptr()), vld1q_f32(from.as_ptr().add(WIDTH / 2))]) }
    }

    #[inline(always)]
    fn store(self, to: &mut [f32; WIDTH]) {
        let [low, high] = self.0;
        unsafe {
            vst1q_f32(to.as_mut_ptr(), low);
            vst1q_f32(to.as_mut_ptr().add(WIDTH / 2), high);
        }
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.zip(other, |a, b| unsafe { vaddq_f32(a, b) })
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.zip(other, |a, b| unsafe { vsubq_f32(a, b) })
    }

    #[inline(always)]
    fn times(self, factor: f32) -> Self {
        self.zip(self, |a, _| unsafe { vmulq_n_f32(a, factor) })
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.zip(other, |a, b| unsafe { vmulq_f32(a, b) })
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        self.zip(other, |a, b| unsafe { vbslq_f32(vcgtq_f32(a, b), a, b) })
    }

    #[inline(always)]
    fn prelu(self, slope: Self) -> Self {
        let zero = Self::splat(0.0);
        let negative = self.zip(zero, |a, b| unsafe { vminq_f32(a, b) });
        negative.mul_add(slope, self.zip(zero, |a, b| unsafe { vmaxq_f32(a, b) }))
    }

    #[inline(always)]
    fn times_add(self, factor: f32, other: Self) -> Self {
        other.zip(self, |sum, a| unsafe { vfmaq_n_f32(sum, a, factor) })
    }

    /// As with AVX2: range reduction by ln 2 in two parts and the degree-6 polynomial of Cephes' expf.
    #[inline(always)]
    fn exp(self) -> Self {
        let x = self.max(Self::splat(-87.3)).min(Self::splat(87.3));
        let scaled = x.times(std::f32::consts::LOG2_E);
        let n = scaled.zip(scaled, |a, _| unsafe { vrndnq_f32(a) });
        let r = n.times_add(2.121_944_4e-4, n.times_add(-0.693_359_4, x));
        let mut p = Self::splat(1.987_569_1e-4);
        for c in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5] {
            p = p.mul_add(r, Self::splat(c));
        }
        let p = p.mul_add(r.mul(r), r).add(Self::splat(1.0));
        p.zip(n, |p, n| unsafe {
            let exponent = vshlq_n_s32::<23>(vaddq_s32(vcvtq_s32_f32(n), vdupq_n_s32(127)));
            vmulq_f32(p, vreinterpretq_f32_s32(exponent))
        })
    }
}

#[expect(unsafe_code, reason = "vector instructions, which every processor of this kind has")]
// SAFETY (of every block below): as above.
impl BaseLanes for Neon {
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        self.zip(other, |a, b| unsafe { vbslq_f32(vcltq_f32(a, b), a, b) })
    }

    #[inline(always)]
    fn div(self, other: Self) -> Self {
        self.zip(other, |a, b| unsafe { vdivq_f32(a, b) })
    }

    #[inline(always)]
    fn mul_add(self, factor: Self, other: Self) -> Self {
        let ([a, b], [f, g], [c, d]) = (self.0, factor.0, other.0);
        unsafe { Self([vfmaq_f32(c, a, f), vfmaq_f32(d, b, g)]) }
    }
}
