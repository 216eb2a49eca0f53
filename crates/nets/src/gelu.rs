//! GELU on the CPU: candle computes erf one number at a time in 64 bits, a third of a ViT's time.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

#[cfg(target_arch = "x86_64")]
use crate::cpu::Simd;

/// Numbers a task works on: some 20 µs.
const CHUNK: usize = 16 * 1024;

/// x · Φ(x), within 4e-7 · max(1, |x|) of the definition on the CPU; candle's own elsewhere.
///
/// # Errors
/// From the device; element types other than f32.
pub fn gelu(x: &Tensor) -> Result<Tensor> {
    if x.device().is_cpu() { x.contiguous()?.apply_op1_no_bwd(&Gelu) } else { x.gelu_erf() }
}

/// The same in place on the CPU, spread over rayon's threads where there is enough to do.
pub(crate) fn in_place(values: &mut [f32]) {
    let run = function();
    if values.len() > 4 * CHUNK && rayon::current_num_threads() > 1 {
        values.par_chunks_mut(CHUNK).for_each(run);
    } else {
        run(values);
    }
}

struct Gelu;

impl CustomOp1 for Gelu {
    fn name(&self) -> &'static str {
        "gelu"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let all = storage.as_slice::<f32>()?;
        let Some(x) = layout.contiguous_offsets().and_then(|(start, end)| all.get(start..end)) else {
            bail!("gelu: the tensor must be contiguous");
        };
        let mut out = x.to_vec();
        in_place(&mut out);
        Ok((CpuStorage::F32(out), layout.shape().clone()))
    }
}

/// The fastest function for this processor.
fn function() -> fn(&mut [f32]) {
    #[cfg(target_arch = "x86_64")]
    if let Some(token) = Simd::detect() {
        return if token.avx512().is_some() { fused::all_512 } else { fused::all };
    }
    plain
}

fn plain(values: &mut [f32]) {
    values.iter_mut().for_each(|v| *v = one(*v, |a, b, c| a * b + c));
}

#[cfg(target_arch = "x86_64")]
mod fused {
    #[target_feature(enable = "avx2,fma")]
    fn with_avx2(values: &mut [f32]) {
        values.iter_mut().for_each(|v| *v = super::one(*v, |a, b, c| a.mul_add(b, c)));
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
    fn with_avx512(values: &mut [f32]) {
        values.iter_mut().for_each(|v| *v = super::one(*v, |a, b, c| a.mul_add(b, c)));
    }

    /// Only handed out by `function` after it has seen that the processor has AVX-512.
    #[expect(unsafe_code, reason = "calls a function compiled for AVX-512")]
    pub(super) fn all_512(values: &mut [f32]) {
        debug_assert!(super::Simd::detect().is_some_and(|token| token.avx512().is_some()));
        // SAFETY: the processor has these features, see above; the function itself is safe code.
        unsafe { with_avx512(values) }
    }

    /// Only handed out by `function` after it has seen that the processor has AVX2 and FMA.
    #[expect(unsafe_code, reason = "calls a function compiled for AVX2 and FMA")]
    pub(super) fn all(values: &mut [f32]) {
        debug_assert!(is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"));
        // SAFETY: the processor has both features, see above; the function itself is safe code.
        unsafe { with_avx2(values) }
    }
}

/// x · (1 + erf(x / √2)) / 2 with erf from Abramowitz and Stegun, formula 7.1.26 (|error| ≤ 1.5e-7).
/// Free of branches, so that loops over it become vector code; `fma` is a · b + c.
#[inline(always)]
fn one(x: f32, fma: impl Fn(f32, f32, f32) -> f32) -> f32 {
    let z = x.abs() * std::f32::consts::FRAC_1_SQRT_2;
    let t = 1.0 / fma(z, 0.327_591_1, 1.0);
    let mut p = 1.061_405_4f32;
    for c in [-1.453_152, 1.421_413_7, -0.284_496_74, 0.254_829_6] {
        p = fma(p, t, c);
    }
    // exp(-z²) = 2^n · e^r with |r| ≤ ln 2 / 2; beyond exp(-80) it makes no difference to the sum.
    let y = (-z * z).max(-80.0);
    // Adding 1.5 · 2^23 rounds to a whole number and leaves it in the low bits: a cast would check its range.
    let shifted = y * std::f32::consts::LOG2_E + 12_582_912.0;
    let n = shifted - 12_582_912.0;
    let r = fma(n, 2.121_944_4e-4, fma(n, -0.693_359_4, y));
    let mut e = 1.0 / 720.0;
    for c in [1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        e = fma(e, r, c);
    }
    let exp = f32::from_bits(e.to_bits().wrapping_add(shifted.to_bits() << 23));
    let tail = p * t * exp;
    // erf of |x|; the other half-line by symmetry.
    0.5 * x * (1.0 + (1.0 - tail).copysign(x))
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    #[test]
    fn equals_the_definition_everywhere() {
        let xs: Vec<f32> = (-24_000..=24_000).map(|i| i as f32 / 2_000.0).chain([0.0, -0.0, 1e30, -1e30]).collect();
        let t = Tensor::new(xs.as_slice(), &Device::Cpu).unwrap();
        let ours = gelu(&t).unwrap().to_vec1::<f32>().unwrap();
        let wide = t.to_dtype(candle_core::DType::F64).unwrap().gelu_erf().unwrap().to_vec1::<f64>().unwrap();
        let (mut plainly, mut narrowly) = (xs.clone(), xs.clone());
        plain(&mut plainly);
        #[cfg(target_arch = "x86_64")]
        if Simd::detect().is_some() {
            fused::all(&mut narrowly);
        }
        #[cfg(not(target_arch = "x86_64"))]
        plain(&mut narrowly);
        for (i, x) in xs.iter().enumerate() {
            for got in [ours[i], plainly[i], narrowly[i]] {
                let off = (f64::from(got) - wide[i]).abs();
                assert!(off <= 4e-7 * f64::from(x.abs()).max(1.0), "gelu({x}) = {got}, not {}", wide[i]);
            }
        }
    }

    #[test]
    fn a_number_that_is_none_stays_so() {
        let t = Tensor::new(&[f32::NAN], &Device::Cpu).unwrap();
        assert!(gelu(&t).unwrap().to_vec1::<f32>().unwrap()[0].is_nan());
    }
}
