//! Depthwise convolution of channels-first tensors: candle runs it as one small convolution per channel,
//! this is one pass.
//!
//! Each plane is copied once into rows padded with zeros whose columns are sorted by their remainder
//! modulo the stride, so that the kernel reads eight neighbours at a time whatever the stride.

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

/// Outputs computed together.
const LANES: usize = 8;

/// Convolves each channel of `x` `[n, c, h, w]` with its own filter of `weight` `[c, 1, kh, kw]`, after
/// adding `[top, bottom, left, right]` zeros. Off the CPU it is candle's grouped convolution.
///
/// # Errors
/// When shapes do not fit, or from the device.
pub fn conv2d(x: &Tensor, weight: &Tensor, stride: usize, sides: [usize; 4]) -> Result<Tensor> {
    if x.device().is_cpu() {
        return x.contiguous()?.apply_op2_no_bwd(&weight.contiguous()?, &Depthwise { stride, sides });
    }
    let [top, bottom, left, right] = sides;
    let padded = x.pad_with_zeros(2, top, bottom)?.pad_with_zeros(3, left, right)?;
    padded.conv2d(weight, 0, stride, 1, x.dim(1)?)
}

struct Depthwise {
    stride: usize,
    sides: [usize; 4],
}

/// Sizes of one call.
#[derive(Clone, Copy, Debug)]
struct Geometry {
    /// Height and width of the input.
    input: [usize; 2],
    /// Height and width of the output.
    output: [usize; 2],
    /// Height and width of the filter.
    kernel: [usize; 2],
    stride: usize,
    /// Zeros above and to the left.
    before: [usize; 2],
    /// Rows with their padding.
    rows: usize,
    /// Columns kept of each remainder, enough to read whole vectors.
    columns: usize,
}

impl Geometry {
    fn new([h, w]: [usize; 2], kernel: [usize; 2], stride: usize, sides: [usize; 4]) -> Option<Self> {
        let ([kh, kw], [top, bottom, left, right]) = (kernel, sides);
        let (ph, pw) = (h + top + bottom, w + left + right);
        if stride == 0 || kh == 0 || kw == 0 || ph < kh || pw < kw {
            return None;
        }
        let output = [(ph - kh) / stride + 1, (pw - kw) / stride + 1];
        let columns = output[1].next_multiple_of(LANES) + (kw - 1) / stride;
        Some(Self { input: [h, w], output, kernel, stride, before: [top, left], rows: ph, columns })
    }

    fn scratch_len(&self) -> usize {
        self.rows * self.stride * self.columns
    }
}

impl CustomOp2 for Depthwise {
    fn name(&self) -> &'static str {
        "depthwise-conv2d"
    }

    fn cpu_fwd(&self, x: &CpuStorage, xl: &Layout, w: &CpuStorage, wl: &Layout) -> Result<(CpuStorage, Shape)> {
        let ((n, c, height, width), (filters, one, kh, kw)) = (xl.shape().dims4()?, wl.shape().dims4()?);
        if filters != c || one != 1 {
            bail!("depthwise: {c} channels do not fit filters of shape {:?}", wl.shape());
        }
        let Some(g) = Geometry::new([height, width], [kh, kw], self.stride, self.sides) else {
            bail!("depthwise: {height} x {width} is too small for a filter of {kh} x {kw}");
        };
        let (Some(pixels), Some(weights)) = (contiguous(x, xl)?, contiguous(w, wl)?) else {
            bail!("depthwise: tensors must be contiguous");
        };
        let [oh, ow] = g.output;
        let mut out = vec![0f32; n * c * oh * ow];
        let run = plane_function();
        out.par_chunks_exact_mut((oh * ow).max(1)).enumerate().for_each_init(
            || vec![0f32; g.scratch_len()],
            |scratch, (i, plane)| {
                let from = pixels.chunks_exact((height * width).max(1)).nth(i);
                let filter = weights.chunks_exact(kh * kw).nth(i % c);
                if let (Some(from), Some(filter)) = (from, filter) {
                    spread(&g, from, scratch);
                    run(&g, scratch, filter, plane);
                }
            },
        );
        Ok((CpuStorage::F32(out), Shape::from((n, c, oh, ow))))
    }
}

fn contiguous<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<Option<&'a [f32]>> {
    let all = storage.as_slice::<f32>()?;
    Ok(layout.contiguous_offsets().and_then(|(start, end)| all.get(start..end)))
}

/// Copies a plane into padded rows, columns sorted by remainder. The padding is never written, so a
/// scratch buffer of zeros serves every plane of one geometry.
fn spread(g: &Geometry, plane: &[f32], scratch: &mut [f32]) {
    let ([_, w], [top, left]) = (g.input, g.before);
    let rows = scratch.chunks_exact_mut(g.stride * g.columns).skip(top);
    for (from, row) in plane.chunks_exact(w.max(1)).zip(rows) {
        for (remainder, to) in row.chunks_exact_mut(g.columns).enumerate() {
            // The first input column whose padded position has this remainder.
            let first = (remainder + g.stride - left % g.stride) % g.stride;
            let to = to.iter_mut().skip((first + left) / g.stride);
            to.zip(from.iter().skip(first).step_by(g.stride)).for_each(|(t, v)| *t = *v);
        }
    }
}

type PlaneFunction = fn(&Geometry, &[f32], &[f32], &mut [f32]);

/// The fastest function for this processor.
fn plane_function() -> PlaneFunction {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
        return fused::plane;
    }
    plain_plane
}

fn plain_plane(g: &Geometry, scratch: &[f32], filter: &[f32], out: &mut [f32]) {
    plane(g, scratch, filter, out, |acc, v, w| acc + v * w);
}

#[cfg(target_arch = "x86_64")]
mod fused {
    use super::{Geometry, plane as generic};

    #[target_feature(enable = "avx2,fma")]
    fn with_avx2(g: &Geometry, scratch: &[f32], filter: &[f32], out: &mut [f32]) {
        generic(g, scratch, filter, out, |acc, v, w| v.mul_add(w, acc));
    }

    /// Only handed out by `plane_function` after it has seen that the processor has AVX2 and FMA.
    #[expect(unsafe_code, reason = "calls a function compiled for AVX2 and FMA")]
    pub(super) fn plane(g: &Geometry, scratch: &[f32], filter: &[f32], out: &mut [f32]) {
        debug_assert!(is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"));
        // SAFETY: the processor has both features, see above; the function itself is safe code.
        unsafe { with_avx2(g, scratch, filter, out) }
    }
}

/// One output plane. Inlined into functions compiled for different processors; `fma` is their way to
/// add a product.
#[inline(always)]
fn plane(g: &Geometry, scratch: &[f32], filter: &[f32], out: &mut [f32], fma: impl Fn(f32, f32, f32) -> f32) {
    let ([_, ow], [_, kw], width) = (g.output, g.kernel, g.stride * g.columns);
    for (oy, out_row) in out.chunks_exact_mut(ow.max(1)).enumerate() {
        let window = scratch.chunks_exact(width).skip(oy * g.stride);
        for (block, to) in out_row.chunks_mut(LANES).enumerate() {
            let mut acc = [0f32; LANES];
            for (row, taps) in window.clone().zip(filter.chunks_exact(kw)) {
                for (kx, weight) in taps.iter().enumerate() {
                    let at = kx % g.stride * g.columns + kx / g.stride + block * LANES;
                    let eight = row.get(at..).and_then(<[f32]>::first_chunk::<LANES>);
                    let Some(eight) = eight else { continue };
                    for (a, v) in acc.iter_mut().zip(eight) {
                        *a = fma(*a, *v, *weight);
                    }
                }
            }
            to.iter_mut().zip(acc).for_each(|(t, a)| *t = a);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;
    use proptest::prelude::*;

    /// Numbers without a pattern.
    fn numbers(len: usize, seed: u64) -> Vec<f32> {
        (0..len as u64).map(|i| crate::synthetic::uniform(seed.wrapping_add(i)) as f32).collect()
    }

    /// The definition.
    fn by_definition(x: &[f32], [n, c, h, w]: [usize; 4], filter: &[f32], g: &Geometry) -> Vec<f32> {
        let ([oh, ow], [kh, kw], [top, left]) = (g.output, g.kernel, g.before);
        let mut out = Vec::new();
        for (plane, oy, ox) in (0..n * c).flat_map(|p| (0..oh).flat_map(move |y| (0..ow).map(move |x| (p, y, x)))) {
            let mut sum = 0f64;
            for (ky, kx) in (0..kh).flat_map(|y| (0..kw).map(move |x| (y, x))) {
                let (y, xx) = (oy * g.stride + ky, ox * g.stride + kx);
                if y >= top && xx >= left && y - top < h && xx - left < w {
                    let v = x[(plane * h + y - top) * w + xx - left];
                    sum += f64::from(v) * f64::from(filter[(plane % c * kh + ky) * kw + kx]);
                }
            }
            out.push(sum as f32);
        }
        out
    }

    fn check(shape: [usize; 4], kernel: [usize; 2], stride: usize, sides: [usize; 4]) {
        let ([n, c, h, w], [kh, kw]) = (shape, kernel);
        let Some(g) = Geometry::new([h, w], kernel, stride, sides) else { return };
        let (x, f) = (numbers(n * c * h * w, 1), numbers(c * kh * kw, 2));
        let want = by_definition(&x, shape, &f, &g);
        let xt = Tensor::from_vec(x.clone(), &shape[..], &Device::Cpu).unwrap();
        let ft = Tensor::from_vec(f.clone(), (c, 1, kh, kw), &Device::Cpu).unwrap();
        let got = conv2d(&xt, &ft, stride, sides).unwrap();
        assert_eq!(got.dims(), [n, c, g.output[0], g.output[1]]);
        close(&got.flatten_all().unwrap().to_vec1::<f32>().unwrap(), &want);
        let (mut scratch, mut plain) = (vec![0.0; g.scratch_len()], vec![0.0; want.len()]);
        for (i, out) in plain.chunks_exact_mut(g.output[0] * g.output[1]).enumerate() {
            spread(&g, &x[i * h * w..][..h * w], &mut scratch);
            plain_plane(&g, &scratch, &f[i % c * kh * kw..][..kh * kw], out);
        }
        close(&plain, &want);
    }

    fn close(got: &[f32], want: &[f32]) {
        assert_eq!(got.len(), want.len());
        for (g, w) in got.iter().zip(want) {
            assert!((g - w).abs() <= 1e-4 * (1.0 + w.abs()), "{g} is not {w}");
        }
    }

    #[test]
    fn the_shapes_of_the_mobile_nets() {
        for (c, side, k, stride) in [(32, 64, 3, 1), (96, 64, 3, 2), (144, 32, 5, 2), (960, 4, 3, 1), (576, 7, 5, 1)] {
            check([2, c, side, side], [k, k], stride, [k / 2; 4]);
        }
    }

    proptest! {
        #[test]
        fn equals_the_definition(
            n in 1usize..3, c in 1usize..5, h in 1usize..20, w in 1usize..40,
            kh in 1usize..8, kw in 1usize..8, stride in 1usize..4,
            sides in prop::array::uniform4(0usize..4),
        ) {
            check([n, c, h, w], [kh, kw], stride, sides);
        }
    }

    #[test]
    fn agrees_with_candle() {
        let x = Tensor::from_vec(numbers(2 * 6 * 11 * 13, 3), (2, 6, 11, 13), &Device::Cpu).unwrap();
        let f = Tensor::from_vec(numbers(6 * 25, 4), (6, 1, 5, 5), &Device::Cpu).unwrap();
        let (ours, theirs) = (conv2d(&x, &f, 2, [2; 4]).unwrap(), x.conv2d(&f, 2, 2, 1, 6).unwrap());
        let flat = |t: Tensor| t.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        close(&flat(ours), &flat(theirs));
    }

    #[test]
    fn shapes_that_do_not_fit_are_errors() {
        let x = Tensor::zeros((1, 4, 5, 5), candle_core::DType::F32, &Device::Cpu).unwrap();
        for shape in [(3, 1, 3, 3), (4, 2, 3, 3), (4, 1, 7, 7)] {
            let f = Tensor::zeros(shape, candle_core::DType::F32, &Device::Cpu).unwrap();
            assert!(conv2d(&x, &f, 1, [0; 4]).is_err(), "{shape:?}");
        }
    }
}
