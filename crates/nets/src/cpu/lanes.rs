//! Eight numbers at once, in AVX2, NEON or plainly, or sixteen in AVX-512: what kernels that only add and multiply are
//! written over.
//!
//! No product is fused with a sum, so all kinds give the same bits, except where a function says so.

use super::Activation;

/// Numbers in a vector, but for AVX-512.
pub(crate) const WIDTH: usize = 8;

/// `W` numbers.
pub(crate) trait Lanes<const W: usize = WIDTH>: Copy {
    /// The same number `W` times.
    fn splat(x: f32) -> Self;
    /// Numbers from memory.
    fn load(from: &[f32; W]) -> Self;
    /// Numbers to memory.
    fn store(self, to: &mut [f32; W]);
    /// `self + other`
    fn add(self, other: Self) -> Self;
    /// `self - other`
    fn sub(self, other: Self) -> Self;
    /// `self * factor`
    fn times(self, factor: f32) -> Self;
    /// `self * other`
    fn mul(self, other: Self) -> Self;
    /// The larger of each; `other` where one is no number.
    fn max(self, other: Self) -> Self;
    /// `self` where it is positive, else `self * slope`; the kinds may differ in the last bit.
    fn prelu(self, slope: Self) -> Self;
    /// `self * factor + other`; the kinds may differ in the last bit.
    fn times_add(self, factor: f32, other: Self) -> Self;
    /// `e^self`, relative error below 2e-7 from -87 to 87; arguments beyond are taken for these. The kinds differ
    /// in the last bits.
    fn exp(self) -> Self;
    /// The numbers.
    #[inline(always)]
    fn each(self) -> [f32; W] {
        let mut out = [0.0; W];
        self.store(&mut out);
        out
    }
}

/// What [`Base`] can besides: the kernels for processors without one of their own are written over it.
pub(crate) trait BaseLanes: Lanes {
    /// The smaller of each; `other` where one is no number.
    fn min(self, other: Self) -> Self;
    /// `self / other`
    fn div(self, other: Self) -> Self;
    /// `self * factor + other`; the kinds may differ in the last bit.
    fn mul_add(self, factor: Self, other: Self) -> Self;

    /// The first numbers of a slice, zeros where it ends before.
    #[inline(always)]
    fn first(from: &[f32]) -> Self {
        from.first_chunk().map_or_else(|| Self::load(&padded(from)), Self::load)
    }

    /// As many numbers as there is room for.
    #[inline(always)]
    fn store_first(self, to: &mut [f32]) {
        match to.first_chunk_mut() {
            Some(to) => self.store(to),
            None => to.iter_mut().zip(self.each()).for_each(|(to, x)| *to = x),
        }
    }

    /// `activation` of eight channels; `slopes` matters to PReLU only.
    #[inline(always)]
    fn activate(self, activation: &Activation, slopes: Self) -> Self {
        let (zero, six) = (Self::splat(0.0), Self::splat(6.0));
        match activation {
            Activation::None => self,
            Activation::Relu => self.max(zero),
            Activation::Relu6 => self.max(zero).min(six),
            Activation::Prelu(_) => self.prelu(slopes),
            Activation::Silu => self.div(zero.sub(self).exp().add(Self::splat(1.0))),
            Activation::HardSwish => self.mul(self.add(Self::splat(3.0)).max(zero).min(six)).times(1.0 / 6.0),
        }
    }
}

/// Not often: at the end of a row whose channels are no multiple of eight.
#[cold]
fn padded(from: &[f32]) -> [f32; WIDTH] {
    let mut lanes = [0.0; WIDTH];
    lanes.iter_mut().zip(from).for_each(|(lane, x)| *lane = *x);
    lanes
}

/// What every processor of this kind has.
#[cfg(not(target_arch = "aarch64"))]
pub(crate) type Base = Plain;
/// What every processor of this kind has.
#[cfg(target_arch = "aarch64")]
pub(crate) type Base = super::neon::Neon;

/// For any processor.
#[derive(Clone, Copy)]
#[cfg_attr(target_arch = "aarch64", allow(dead_code, reason = "what NEON is tested against"))]
pub(crate) struct Plain([f32; WIDTH]);

#[cfg_attr(target_arch = "aarch64", allow(dead_code, reason = "what NEON is tested against"))]
impl Plain {
    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(f32, f32) -> f32) -> Self {
        let mut out = self.0;
        out.iter_mut().zip(other.0).for_each(|(a, b)| *a = f(*a, b));
        Self(out)
    }
}

impl Lanes for Plain {
    #[inline(always)]
    fn splat(x: f32) -> Self {
        Self([x; WIDTH])
    }

    #[inline(always)]
    fn load(from: &[f32; WIDTH]) -> Self {
        Self(*from)
    }

    #[inline(always)]
    fn store(self, to: &mut [f32; WIDTH]) {
        *to = self.0;
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.zip(other, |a, b| a + b)
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.zip(other, |a, b| a - b)
    }

    #[inline(always)]
    fn times(self, factor: f32) -> Self {
        self.zip(Self::splat(factor), |a, b| a * b)
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.zip(other, |a, b| a * b)
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        self.zip(other, |a, b| if a > b { a } else { b })
    }

    #[inline(always)]
    fn prelu(self, slope: Self) -> Self {
        self.zip(slope, |x, slope| x.max(0.0) + slope * x.min(0.0))
    }

    #[inline(always)]
    fn times_add(self, factor: f32, other: Self) -> Self {
        self.zip(other, |a, b| a * factor + b)
    }

    #[inline(always)]
    fn exp(self) -> Self {
        Self(self.0.map(|x| x.clamp(-87.3, 87.3).exp()))
    }
}

impl BaseLanes for Plain {
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        self.zip(other, |a, b| if a < b { a } else { b })
    }

    #[inline(always)]
    fn div(self, other: Self) -> Self {
        self.zip(other, |a, b| a / b)
    }

    #[inline(always)]
    fn mul_add(self, factor: Self, other: Self) -> Self {
        self.mul(factor).add(other)
    }
}

#[cfg(target_arch = "x86_64")]
pub(crate) use x86::{Wide, Widest};

#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "vector instructions; see the SAFETY comments")]
mod x86 {
    use super::super::avx512;
    use super::super::avx512::WIDE;
    use super::super::simd::{Avx2, Avx512, exp};
    use super::{Lanes, WIDTH};
    use std::arch::x86_64::{
        __m256, _mm256_add_ps, _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_max_ps, _mm256_min_ps, _mm256_mul_ps,
        _mm256_set1_ps, _mm256_setzero_ps, _mm256_storeu_ps, _mm256_sub_ps,
    };
    use std::arch::x86_64::{
        __m512, _mm512_add_ps, _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_max_ps, _mm512_min_ps, _mm512_mul_ps,
        _mm512_set1_ps, _mm512_setzero_ps, _mm512_storeu_ps, _mm512_sub_ps,
    };

    /// For processors with AVX2. Use it in functions compiled for AVX2 only, or every operation becomes a call.
    #[derive(Clone, Copy)]
    pub(crate) struct Wide(__m256);

    impl Wide {
        /// Code that names this type must hold the proof that the instructions exist.
        pub(crate) fn proven(_: Avx2) {}
    }

    // SAFETY (of every block below): kernels name `Wide` after `Wide::proven` only, so AVX2 and FMA exist; loads and stores
    // have the eight numbers that their references promise.
    impl Lanes for Wide {
        #[inline(always)]
        fn splat(x: f32) -> Self {
            unsafe { Self(_mm256_set1_ps(x)) }
        }

        #[inline(always)]
        fn load(from: &[f32; WIDTH]) -> Self {
            unsafe { Self(_mm256_loadu_ps(from.as_ptr())) }
        }

        #[inline(always)]
        fn store(self, to: &mut [f32; WIDTH]) {
            unsafe { _mm256_storeu_ps(to.as_mut_ptr(), self.0) }
        }

        #[inline(always)]
        fn add(self, other: Self) -> Self {
            unsafe { Self(_mm256_add_ps(self.0, other.0)) }
        }

        #[inline(always)]
        fn sub(self, other: Self) -> Self {
            unsafe { Self(_mm256_sub_ps(self.0, other.0)) }
        }

        #[inline(always)]
        fn times(self, factor: f32) -> Self {
            unsafe { Self(_mm256_mul_ps(self.0, _mm256_set1_ps(factor))) }
        }

        #[inline(always)]
        fn mul(self, other: Self) -> Self {
            unsafe { Self(_mm256_mul_ps(self.0, other.0)) }
        }

        #[inline(always)]
        fn prelu(self, slope: Self) -> Self {
            unsafe {
                let zero = _mm256_setzero_ps();
                Self(_mm256_fmadd_ps(slope.0, _mm256_min_ps(self.0, zero), _mm256_max_ps(self.0, zero)))
            }
        }

        #[inline(always)]
        fn times_add(self, factor: f32, other: Self) -> Self {
            unsafe { Self(_mm256_fmadd_ps(self.0, _mm256_set1_ps(factor), other.0)) }
        }

        #[inline(always)]
        fn exp(self) -> Self {
            unsafe { Self(exp(self.0)) }
        }

        #[inline(always)]
        fn max(self, other: Self) -> Self {
            unsafe { Self(_mm256_max_ps(self.0, other.0)) }
        }
    }

    /// For processors with AVX-512; the same is to be said of it.
    #[derive(Clone, Copy)]
    pub(crate) struct Widest(__m512);

    impl Widest {
        /// Code that names this type must hold the proof that the instructions exist.
        pub(crate) fn proven(_: Avx512) {}
    }

    // SAFETY (of every block below): kernels name `Widest` after `Widest::proven` only, so AVX-512 exists; loads and
    // stores have the sixteen numbers that their references promise.
    impl Lanes<WIDE> for Widest {
        #[inline(always)]
        fn splat(x: f32) -> Self {
            unsafe { Self(_mm512_set1_ps(x)) }
        }

        #[inline(always)]
        fn load(from: &[f32; WIDE]) -> Self {
            unsafe { Self(_mm512_loadu_ps(from.as_ptr())) }
        }

        #[inline(always)]
        fn store(self, to: &mut [f32; WIDE]) {
            unsafe { _mm512_storeu_ps(to.as_mut_ptr(), self.0) }
        }

        #[inline(always)]
        fn add(self, other: Self) -> Self {
            unsafe { Self(_mm512_add_ps(self.0, other.0)) }
        }

        #[inline(always)]
        fn sub(self, other: Self) -> Self {
            unsafe { Self(_mm512_sub_ps(self.0, other.0)) }
        }

        #[inline(always)]
        fn times(self, factor: f32) -> Self {
            unsafe { Self(_mm512_mul_ps(self.0, _mm512_set1_ps(factor))) }
        }

        #[inline(always)]
        fn mul(self, other: Self) -> Self {
            unsafe { Self(_mm512_mul_ps(self.0, other.0)) }
        }

        #[inline(always)]
        fn prelu(self, slope: Self) -> Self {
            unsafe {
                let zero = _mm512_setzero_ps();
                Self(_mm512_fmadd_ps(slope.0, _mm512_min_ps(self.0, zero), _mm512_max_ps(self.0, zero)))
            }
        }

        #[inline(always)]
        fn times_add(self, factor: f32, other: Self) -> Self {
            unsafe { Self(_mm512_fmadd_ps(self.0, _mm512_set1_ps(factor), other.0)) }
        }

        #[inline(always)]
        fn exp(self) -> Self {
            unsafe { Self(avx512::exp(self.0)) }
        }

        #[inline(always)]
        fn max(self, other: Self) -> Self {
            unsafe { Self(_mm512_max_ps(self.0, other.0)) }
        }
    }
}
