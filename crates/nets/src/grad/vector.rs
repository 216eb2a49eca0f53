//! Vectors of this processor behind one trait, for kernels that hold many of them at once.

use crate::cpu::Simd;

/// `WIDTH` numbers.
pub(super) trait Vector: Copy {
    const WIDTH: usize;
    /// The first numbers of a slice.
    ///
    /// # Panics
    /// When there are too few.
    fn load(from: &[f32]) -> Self;
    /// Writes them to the start of a slice.
    ///
    /// # Panics
    /// When it is too short.
    fn store(self, to: &mut [f32]);
    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    fn half(self) -> Self;
}

/// A loop nest over vectors.
pub(super) trait OverVectors {
    /// Runs it; what is not a whole number of vectors long is for the caller to avoid.
    fn run<V: Vector>(self);
}

/// Runs it with the widest vectors there are.
pub(super) fn launch(kernel: impl OverVectors, simd: Option<Simd>) {
    #[cfg(target_arch = "x86_64")]
    if let Some(proof) = simd {
        x86::run(kernel, proof);
        return;
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = simd;
    kernel.run::<f32>();
}

impl Vector for f32 {
    const WIDTH: usize = 1;

    #[inline(always)]
    #[expect(clippy::indexing_slicing, reason = "a kernel that runs off its slice must stop")]
    fn load(from: &[f32]) -> Self {
        from[0]
    }

    #[inline(always)]
    #[expect(clippy::indexing_slicing, reason = "as above")]
    fn store(self, to: &mut [f32]) {
        to[0] = self;
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self + other
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self - other
    }

    #[inline(always)]
    fn half(self) -> Self {
        self * 0.5
    }
}

#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "vector instructions; see the SAFETY comments")]
#[expect(clippy::indexing_slicing, reason = "a kernel that runs off its slice must stop")]
mod x86 {
    use super::{OverVectors, Simd, Vector};
    use std::arch::x86_64::{
        __m256, __m512, _mm256_add_ps, _mm256_loadu_ps, _mm256_mul_ps, _mm256_set1_ps, _mm256_storeu_ps, _mm256_sub_ps,
        _mm512_add_ps, _mm512_loadu_ps, _mm512_mul_ps, _mm512_set1_ps, _mm512_storeu_ps, _mm512_sub_ps,
    };

    pub(super) fn run(kernel: impl OverVectors, proof: Simd) {
        if let Some(_proof) = proof.avx512() {
            // SAFETY: `_proof` is made only where AVX-512 exists.
            unsafe { with_avx512(kernel) }
            return;
        }
        // SAFETY: `proof` is made only where AVX2 exists.
        unsafe { with_avx2(kernel) }
    }

    #[target_feature(enable = "avx512f")]
    fn with_avx512(kernel: impl OverVectors) {
        kernel.run::<Sixteen>();
    }

    #[target_feature(enable = "avx2,fma")]
    fn with_avx2(kernel: impl OverVectors) {
        kernel.run::<Eight>();
    }

    #[derive(Clone, Copy)]
    struct Eight(__m256);

    #[derive(Clone, Copy)]
    struct Sixteen(__m512);

    // SAFETY (of every block below): only `run` names these types, behind the proofs; loads and stores have as many
    // numbers as their slices were cut to.
    macro_rules! vector {
        ($name:ident, $width:literal, $load:ident, $store:ident, $add:ident, $sub:ident, $mul:ident, $set:ident) => {
            impl Vector for $name {
                const WIDTH: usize = $width;

                #[inline(always)]
                fn load(from: &[f32]) -> Self {
                    unsafe { Self($load(from[..$width].as_ptr())) }
                }

                #[inline(always)]
                fn store(self, to: &mut [f32]) {
                    unsafe { $store(to[..$width].as_mut_ptr(), self.0) }
                }

                #[inline(always)]
                fn add(self, other: Self) -> Self {
                    unsafe { Self($add(self.0, other.0)) }
                }

                #[inline(always)]
                fn sub(self, other: Self) -> Self {
                    unsafe { Self($sub(self.0, other.0)) }
                }

                #[inline(always)]
                fn half(self) -> Self {
                    unsafe { Self($mul(self.0, $set(0.5))) }
                }
            }
        };
    }
    vector!(Eight, 8, _mm256_loadu_ps, _mm256_storeu_ps, _mm256_add_ps, _mm256_sub_ps, _mm256_mul_ps, _mm256_set1_ps);
    vector!(
        Sixteen,
        16,
        _mm512_loadu_ps,
        _mm512_storeu_ps,
        _mm512_add_ps,
        _mm512_sub_ps,
        _mm512_mul_ps,
        _mm512_set1_ps
    );
}
