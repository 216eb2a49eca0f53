//! Which instructions the kernels may use, and the vector pieces they share.

/// Proof that this processor has AVX2 and FMA: only [`Avx2::detect`] makes one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Avx2 {
    wide: Option<Avx512>,
}

/// Proof that this processor has the foundation of AVX-512 and its instructions on bytes, words, double words and
/// short vectors, besides AVX2 and FMA: every processor since Skylake-X and Zen 4 that has the first has these.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Avx512 {
    _made_by_detect: (),
}

impl Avx2 {
    /// `Some` where the processor has both (the standard library caches the answer).
    pub(crate) fn detect() -> Option<Self> {
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            let wide = is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512vl");
            return Some(Self { wide: wide.then_some(Avx512 { _made_by_detect: () }) });
        }
        None
    }

    /// Where vectors of 512 bits can be had as well.
    pub(crate) fn avx512(self) -> Option<Avx512> {
        self.wide
    }

    /// The same processor without them, for tests of the narrower kernels.
    #[cfg(test)]
    pub(crate) fn narrow(self) -> Self {
        Self { wide: None }
    }
}

/// A function `name(arguments, proof)` that runs the safe code `code(arguments)`, compiled for AVX2 and for AVX-512, by
/// the best instructions that the proof allows: the compiler makes vectors of its loops. `code` must be `#[inline(always)]`.
#[cfg(target_arch = "x86_64")]
macro_rules! compiled {
    ($name:ident = $code:path, ($($argument:ident: $kind:ty),*)) => {
        pub(super) fn $name($($argument: $kind),*, proof: $crate::cpu::simd::Avx2) {
            #[target_feature(enable = "avx2,fma")]
            fn narrow($($argument: $kind),*) {
                $code($($argument),*);
            }
            #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
            fn wide($($argument: $kind),*) {
                $code($($argument),*);
            }
            // SAFETY: `proof` says that AVX2 and FMA exist, and AVX-512 where it is chosen; the code is safe.
            unsafe { if proof.avx512().is_some() { wide($($argument),*) } else { narrow($($argument),*) } }
        }
    };
}
#[cfg(target_arch = "x86_64")]
pub(crate) use compiled;

#[cfg(target_arch = "x86_64")]
pub(crate) use x86::{ActivationKind, activate, exp, load_some, store_some};

#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "loads and stores through pointers; see the SAFETY comments")]
mod x86 {
    use super::super::Activation;
    use std::arch::x86_64::{
        __m256, _MM_FROUND_NO_EXC, _MM_FROUND_TO_NEAREST_INT, _mm_castps_si128, _mm_movehl_ps, _mm_store_ss,
        _mm_storel_epi64, _mm_storeu_ps, _mm256_add_epi32, _mm256_add_ps, _mm256_castps_si256, _mm256_castps256_ps128,
        _mm256_castsi256_ps, _mm256_cvtps_epi32, _mm256_div_ps, _mm256_extractf128_ps, _mm256_fmadd_ps,
        _mm256_fnmadd_ps, _mm256_loadu_ps, _mm256_max_ps, _mm256_min_ps, _mm256_mul_ps, _mm256_round_ps,
        _mm256_set1_epi32, _mm256_set1_ps, _mm256_setzero_ps, _mm256_slli_epi32, _mm256_storeu_ps, _mm256_sub_ps,
    };

    /// [`Activation`] without its slopes: what a kernel's epilogue switches on.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) enum ActivationKind {
        None,
        Relu,
        Relu6,
        Prelu,
        Silu,
        HardSwish,
    }

    impl From<&Activation> for ActivationKind {
        fn from(activation: &Activation) -> Self {
            match activation {
                Activation::None => Self::None,
                Activation::Relu => Self::Relu,
                Activation::Relu6 => Self::Relu6,
                Activation::Prelu(_) => Self::Prelu,
                Activation::Silu => Self::Silu,
                Activation::HardSwish => Self::HardSwish,
            }
        }
    }

    /// `e^x` of eight lanes, relative error below 2e-7 for |x| ≤ 87; arguments beyond are clamped there.
    /// Range reduction by ln 2 in two parts and the degree-6 polynomial of Cephes' expf.
    #[target_feature(enable = "avx2,fma")]
    #[inline]
    pub(crate) fn exp(x: __m256) -> __m256 {
        let x = _mm256_min_ps(_mm256_max_ps(x, _mm256_set1_ps(-87.3)), _mm256_set1_ps(87.3));
        let n = _mm256_round_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(_mm256_mul_ps(
            x,
            _mm256_set1_ps(std::f32::consts::LOG2_E),
        ));
        let r = _mm256_fnmadd_ps(n, _mm256_set1_ps(0.693_359_4), x);
        let r = _mm256_fnmadd_ps(n, _mm256_set1_ps(-2.121_944_4e-4), r);
        let mut p = _mm256_set1_ps(1.987_569_1e-4);
        for c in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5] {
            p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(c));
        }
        let p = _mm256_add_ps(_mm256_fmadd_ps(p, _mm256_mul_ps(r, r), r), _mm256_set1_ps(1.0));
        let exponent = _mm256_slli_epi32::<23>(_mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)));
        _mm256_mul_ps(p, _mm256_castsi256_ps(exponent))
    }

    /// `x / (1 + e^-x)` of eight lanes, within 1e-6 · max(1, |x|) of the definition: e^-x as a power of two, whose
    /// fraction is a polynomial of degree 5 fitted for the least relative error (7.5e-8) on [-1/2, 1/2].
    #[target_feature(enable = "avx2,fma")]
    #[inline]
    pub(crate) fn silu(x: __m256) -> __m256 {
        // Adding it rounds to a whole number and leaves that in the low bits.
        let magic = _mm256_set1_ps(12_582_912.0);
        let y = _mm256_mul_ps(x, _mm256_set1_ps(-std::f32::consts::LOG2_E));
        // From 2^40 on nothing is left of x but a number that counts for nothing; smaller ones would become denormal in
        // the next products, each of which takes a hundred times as long.
        let y = _mm256_min_ps(_mm256_max_ps(y, _mm256_set1_ps(-126.0)), _mm256_set1_ps(40.0));
        let n = _mm256_add_ps(y, magic);
        let f = _mm256_sub_ps(y, _mm256_sub_ps(n, magic));
        let mut p = _mm256_set1_ps(1.327_647_2e-3);
        for c in [9.675_541e-3, 5.550_713e-2, 2.402_212e-1, 6.931_469_4e-1, 1.0] {
            p = _mm256_fmadd_ps(p, f, _mm256_set1_ps(c));
        }
        let exponent = _mm256_slli_epi32::<23>(_mm256_castps_si256(n));
        let e = _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(p), exponent));
        _mm256_div_ps(x, _mm256_add_ps(_mm256_set1_ps(1.0), e))
    }

    /// `kind` applied to eight channels; `slopes` matters to PReLU only.
    #[target_feature(enable = "avx2,fma")]
    #[inline]
    pub(crate) fn activate(kind: ActivationKind, x: __m256, slopes: __m256) -> __m256 {
        let zero = _mm256_setzero_ps();
        let six = _mm256_set1_ps(6.0);
        match kind {
            ActivationKind::None => x,
            ActivationKind::Relu => _mm256_max_ps(x, zero),
            ActivationKind::Relu6 => _mm256_min_ps(_mm256_max_ps(x, zero), six),
            ActivationKind::Prelu => _mm256_fmadd_ps(slopes, _mm256_min_ps(x, zero), _mm256_max_ps(x, zero)),
            ActivationKind::Silu => silu(x),
            ActivationKind::HardSwish => {
                let gate = _mm256_min_ps(_mm256_max_ps(_mm256_add_ps(x, _mm256_set1_ps(3.0)), zero), six);
                _mm256_mul_ps(_mm256_mul_ps(x, gate), _mm256_set1_ps(1.0 / 6.0))
            }
        }
    }

    /// Eight values, or the first `count` of them followed by zeros.
    ///
    /// # Safety
    /// AVX2; `min(count, 8)` values can be read.
    #[target_feature(enable = "avx2,fma")]
    #[inline]
    pub(crate) unsafe fn load_some(from: *const f32, count: usize) -> __m256 {
        // SAFETY: reads min(count, 8) values, or 8 of a local array.
        unsafe {
            if count >= 8 {
                return _mm256_loadu_ps(from);
            }
            let mut lanes = [0.0; 8];
            for (k, lane) in lanes.iter_mut().enumerate() {
                if k < count {
                    *lane = *from.add(k);
                }
            }
            _mm256_loadu_ps(lanes.as_ptr())
        }
    }

    /// Stores the first `min(count, 8)` lanes.
    ///
    /// # Safety
    /// AVX2; that many values can be written.
    #[target_feature(enable = "avx2,fma")]
    #[inline]
    pub(crate) unsafe fn store_some(to: *mut f32, x: __m256, count: usize) {
        // SAFETY: 4, 2 and 1 lanes as the bits of count < 8 say, one after the other: `count` in all.
        unsafe {
            if count >= 8 {
                _mm256_storeu_ps(to, x);
                return;
            }
            let (mut to, mut low) = (to, _mm256_castps256_ps128(x));
            if count & 4 != 0 {
                _mm_storeu_ps(to, low);
                to = to.add(4);
                low = _mm256_extractf128_ps::<1>(x);
            }
            if count & 2 != 0 {
                _mm_storel_epi64(to.cast(), _mm_castps_si128(low));
                to = to.add(2);
                low = _mm_movehl_ps(low, low);
            }
            if count & 1 != 0 {
                _mm_store_ss(to, low);
            }
        }
    }
}
