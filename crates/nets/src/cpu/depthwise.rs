//! Depthwise convolution: one filter per channel.

use super::depthwise_kernel::{self, Job, LANES};
use super::simd::Avx2;
use super::{Activation, ConvSpec, Nhwc, Padding, worth_splitting};
use rayon::prelude::*;
use std::ops::Range;

/// A depthwise convolution (multiplier 1, dilation 1), weights kept as `[ky][kx][channel]`.
#[derive(Debug, Clone)]
pub struct Depthwise {
    kernel: [usize; 2],
    channels: usize,
    stride: usize,
    padding: Padding,
    /// `[kh * kw][channels padded to 8]`.
    weights: Vec<f32>,
    bias: Vec<f32>,
    activation: Activation,
}

impl Depthwise {
    /// From weights in TensorFlow Lite's order `[1, kh, kw, channels]`; an empty `bias` is zero.
    ///
    /// # Panics
    /// When lengths disagree or the stride is 0.
    #[must_use]
    pub fn from_hwc([kh, kw, channels]: [usize; 3], weights: &[f32], bias: &[f32], spec: ConvSpec) -> Self {
        assert_eq!(weights.len(), kh * kw * channels, "weights do not match their shape");
        assert!(bias.is_empty() || bias.len() == channels, "bias has one value per channel");
        assert!(spec.stride > 0 && kh > 0 && kw > 0 && channels > 0, "empty convolution");
        spec.activation.assert_fits(channels);
        let wide = channels.next_multiple_of(LANES);
        let mut padded = vec![0.0; kh * kw * wide];
        for (to, from) in padded.chunks_exact_mut(wide).zip(weights.chunks_exact(channels)) {
            for (t, &f) in to.iter_mut().zip(from) {
                *t = f;
            }
        }
        let mut bias = bias.to_vec();
        bias.resize(wide, 0.0);
        Self {
            kernel: [kh, kw],
            channels,
            stride: spec.stride,
            padding: spec.padding,
            weights: padded,
            bias,
            activation: spec.activation.padded(LANES),
        }
    }

    /// From weights in PyTorch's order `[channels, 1, kh, kw]`.
    ///
    /// # Panics
    /// As [`Depthwise::from_hwc`].
    #[must_use]
    pub fn from_chw([channels, kh, kw]: [usize; 3], weights: &[f32], bias: &[f32], spec: ConvSpec) -> Self {
        assert_eq!(weights.len(), kh * kw * channels, "weights do not match their shape");
        let taps = kh * kw;
        let turned: Vec<f32> =
            (0..taps).flat_map(|tap| weights.iter().skip(tap).step_by(taps.max(1)).copied()).collect();
        Self::from_hwc([kh, kw, channels], &turned, bias, spec)
    }

    /// Convolves each image of the batch.
    ///
    /// # Panics
    /// When the channels differ from the weights', or the padded input is smaller than the window.
    #[must_use]
    pub fn forward(&self, x: &Nhwc) -> Nhwc {
        self.run(x, Avx2::detect())
    }

    /// `[h, w]` of the output for an input of `[h, w]`.
    ///
    /// # Panics
    /// When the padded input is smaller than the window.
    pub(crate) fn out_size(&self, [h, w]: [usize; 2]) -> [usize; 2] {
        let [kh, kw] = self.kernel;
        let [top, bottom, left, right] = self.padding.resolve([h, w], self.kernel, self.stride);
        let (ph, pw) = (h + top + bottom, w + left + right);
        assert!(ph >= kh && pw >= kw, "input is smaller than the window");
        [(ph - kh) / self.stride + 1, (pw - kw) / self.stride + 1]
    }

    /// The rows of an input of `h` rows that lie under the window of output row `oy`, and how many rows of zeros lie
    /// above them in that window.
    pub(crate) fn rows_under(&self, oy: usize, h: usize) -> (Range<usize>, usize) {
        let [kh, _] = self.kernel;
        // Above the image there is as much padding whatever its width.
        let [top, ..] = self.padding.resolve([h, h], self.kernel, self.stride);
        let start = oy * self.stride;
        let first = start.saturating_sub(top).min(h);
        (first..(start + kh).saturating_sub(top).clamp(first, h), top.saturating_sub(start))
    }

    /// Some output rows from the input rows under their windows, `[rows, w]` of them, `above` rows of zeros before.
    pub(crate) fn job<'a>(
        &'a self,
        source: &'a [f32],
        [rows, w]: [usize; 2],
        above: usize,
        out_rows: usize,
    ) -> Job<'a> {
        let [_, _, left, right] = self.padding.resolve([w, w], self.kernel, self.stride);
        let [_, kw] = self.kernel;
        Job {
            source,
            image: [rows, w, self.channels],
            out_image: [out_rows, (w + left + right - kw) / self.stride + 1],
            kernel: self.kernel,
            stride: self.stride,
            before: [above, left],
            weights: &self.weights,
            bias: &self.bias,
            activation: &self.activation,
        }
    }

    pub(crate) fn run(&self, x: &Nhwc, simd: Option<Avx2>) -> Nhwc {
        x.assert_consistent();
        assert_eq!(x.c, self.channels, "input channels");
        let [kh, kw] = self.kernel;
        let [top, _, left, _] = self.padding.resolve([x.h, x.w], self.kernel, self.stride);
        let [oh, ow] = self.out_size([x.h, x.w]);
        let mut out = Nhwc::scratch(x.n, oh, ow, x.c);
        let job = Job {
            source: &x.data,
            image: [x.h, x.w, x.c],
            out_image: [oh, ow],
            kernel: self.kernel,
            stride: self.stride,
            before: [top, left],
            weights: &self.weights,
            bias: &self.bias,
            activation: &self.activation,
        };
        let row = ow * x.c;
        if worth_splitting(out.data.len() * kh * kw * 4) {
            let rows = (x.n * oh).div_ceil(rayon::current_num_threads() * 2).max(1);
            out.data
                .par_chunks_mut(rows * row)
                .enumerate()
                .for_each(|(i, part)| depthwise_kernel::run(&job, i * rows, part, simd));
        } else {
            depthwise_kernel::run(&job, 0, &mut out.data, simd);
        }
        out
    }
}
