//! Layer normalisation (Ba et al. 2016).

use super::Nhwc;
use super::lanes::{Base, Lanes, WIDTH};
use super::simd::Avx2;

/// Each row of channels less its mean, over the root of its variance, times a weight, plus a bias.
#[derive(Debug, Clone)]
pub struct LayerNorm {
    weight: Vec<f32>,
    bias: Vec<f32>,
    eps: f32,
}

impl LayerNorm {
    /// One weight and bias for each channel; `eps` is added to the variance.
    ///
    /// # Panics
    /// When their numbers differ or are no multiple of 8.
    #[must_use]
    pub fn new(weight: Vec<f32>, bias: Vec<f32>, eps: f32) -> Self {
        assert!(weight.len() == bias.len() && weight.len().is_multiple_of(WIDTH), "one weight and bias per channel");
        Self { weight, bias, eps }
    }

    /// Normalises every pixel's channels.
    ///
    /// # Panics
    /// When the channels differ from the weights'.
    #[must_use]
    pub fn forward(&self, x: &Nhwc) -> Nhwc {
        self.run(x, Avx2::detect())
    }

    pub(crate) fn run(&self, x: &Nhwc, simd: Option<Avx2>) -> Nhwc {
        x.assert_consistent();
        assert_eq!(x.c, self.weight.len(), "input channels");
        let mut out = Nhwc::scratch(x.n, x.h, x.w, x.c);
        #[cfg(target_arch = "x86_64")]
        if let Some(token) = simd {
            x86::rows(self, &x.data, &mut out.data, token);
            return out;
        }
        let _ = simd;
        self.rows::<Base, WIDTH>(&x.data, &mut out.data);
        out
    }

    #[inline(always)]
    fn rows<V: Lanes<W>, const W: usize>(&self, x: &[f32], out: &mut [f32]) {
        let c = self.weight.len().max(1);
        let share = 1.0 / c as f32;
        let total = |v: V| v.each().into_iter().sum::<f32>() * share;
        for (row, to) in x.chunks_exact(c).zip(out.chunks_exact_mut(c)) {
            let (row, to) = (row.as_chunks::<W>().0, to.as_chunks_mut::<W>().0);
            let mean = V::splat(total(row.iter().fold(V::splat(0.0), |s, x| s.add(V::load(x)))));
            let square = |x: &[f32; W]| {
                let off = V::load(x).sub(mean);
                off.mul(off)
            };
            let variance = total(row.iter().fold(V::splat(0.0), |s, x| s.add(square(x))));
            let scale = 1.0 / (variance + self.eps).sqrt();
            let affine = self.weight.as_chunks::<W>().0.iter().zip(self.bias.as_chunks::<W>().0);
            for ((x, to), (weight, bias)) in row.iter().zip(to).zip(affine) {
                V::load(x).sub(mean).times(scale).mul(V::load(weight)).add(V::load(bias)).store(to);
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "calls safe code compiled for AVX2 or AVX-512")]
mod x86 {
    use super::super::avx512::WIDE;
    use super::super::lanes::{WIDTH, Wide, Widest};
    use super::super::simd::Avx2;
    use super::LayerNorm;

    pub(super) fn rows(norm: &LayerNorm, x: &[f32], out: &mut [f32], proof: Avx2) {
        if let Some(proof) = proof.avx512().filter(|_| norm.weight.len().is_multiple_of(WIDE)) {
            Widest::proven(proof);
            // SAFETY: the proof says that AVX-512 exists; the function's code is safe.
            unsafe { rows_512(norm, x, out) }
            return;
        }
        Wide::proven(proof);
        // SAFETY: the proof says that AVX2 exists; the function's code is safe.
        unsafe { rows_avx2(norm, x, out) }
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
    fn rows_512(norm: &LayerNorm, x: &[f32], out: &mut [f32]) {
        norm.rows::<Widest, WIDE>(x, out);
    }

    #[target_feature(enable = "avx2,fma")]
    fn rows_avx2(norm: &LayerNorm, x: &[f32], out: &mut [f32]) {
        norm.rows::<Wide, WIDTH>(x, out);
    }
}
