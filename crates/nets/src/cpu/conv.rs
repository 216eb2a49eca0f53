//! Dense convolution as an indirect matrix product over packed weights.

use super::conv_kernel::{self, Job, LANES};
use super::simd::Avx2;
use super::{Activation, Nhwc, scale_channels, worth_splitting};
use rayon::prelude::*;

/// Zeros around the image before the windows are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Padding {
    /// `[top, bottom, left, right]`; all zero is TensorFlow's VALID.
    Explicit([usize; 4]),
    /// TensorFlow's SAME: output = ceil(input / stride), the odd zero goes to the bottom and right.
    Same,
}

impl Padding {
    /// No padding.
    pub const VALID: Self = Self::Explicit([0; 4]);

    /// `p` zeros on every side, as PyTorch's `padding=p`.
    #[must_use]
    pub const fn all(p: usize) -> Self {
        Self::Explicit([p; 4])
    }

    /// `[top, bottom, left, right]` for an input of `h` x `w` under a `[kh, kw]` window.
    pub(crate) fn resolve(self, [h, w]: [usize; 2], [kh, kw]: [usize; 2], stride: usize) -> [usize; 4] {
        let same = |len: usize, k: usize| {
            let total = ((len.div_ceil(stride).max(1) - 1) * stride + k).saturating_sub(len);
            (total / 2, total - total / 2)
        };
        match self {
            Self::Explicit(sides) => sides,
            Self::Same => {
                let ((top, bottom), (left, right)) = (same(h, kh), same(w, kw));
                [top, bottom, left, right]
            }
        }
    }
}

/// Stride, padding and activation of a convolution.
#[derive(Debug, Clone, PartialEq)]
pub struct ConvSpec {
    /// Step of the window in both directions, at least 1.
    pub stride: usize,
    /// Zeros around the input.
    pub padding: Padding,
    /// Applied to `sum + bias + residual`.
    pub activation: Activation,
}

impl ConvSpec {
    /// Stride 1, no padding.
    #[must_use]
    pub const fn unit(activation: Activation) -> Self {
        Self { stride: 1, padding: Padding::VALID, activation }
    }
}

/// A convolution (groups = 1, dilation = 1) with its weights packed for the kernel: panels of 16 output
/// channels, each `[ky][kx][cin][16]`, the last one filled up with zeros.
#[derive(Debug, Clone)]
pub struct Conv {
    kernel: [usize; 2],
    cin: usize,
    cout: usize,
    stride: usize,
    padding: Padding,
    panels: Vec<f32>,
    bias: Vec<f32>,
    activation: Activation,
}

impl Conv {
    /// From weights in PyTorch's order `[out, in, kh, kw]`; an empty `bias` is zero.
    ///
    /// # Panics
    /// When lengths disagree with `shape` or the stride is 0.
    #[must_use]
    pub fn from_oihw(shape: [usize; 4], weights: &[f32], bias: &[f32], spec: ConvSpec) -> Self {
        let [o, i, kh, kw] = shape;
        let at = |co: usize, ky: usize, kx: usize, ci: usize| ((co * i + ci) * kh + ky) * kw + kx;
        Self::pack([o, kh, kw, i], weights, bias, spec, at)
    }

    /// From weights in TensorFlow Lite's order `[out, kh, kw, in]`; an empty `bias` is zero.
    ///
    /// # Panics
    /// When lengths disagree with `shape` or the stride is 0.
    #[must_use]
    pub fn from_ohwi(shape: [usize; 4], weights: &[f32], bias: &[f32], spec: ConvSpec) -> Self {
        let [_, kh, kw, i] = shape;
        let at = |co: usize, ky: usize, kx: usize, ci: usize| ((co * kh + ky) * kw + kx) * i + ci;
        Self::pack(shape, weights, bias, spec, at)
    }

    /// `index(co, ky, kx, ci)` says where a weight lies.
    #[expect(clippy::indexing_slicing, reason = "`index` is a permutation of the length asserted on entry")]
    fn pack(
        [cout, kh, kw, cin]: [usize; 4],
        weights: &[f32],
        bias: &[f32],
        spec: ConvSpec,
        index: impl Fn(usize, usize, usize, usize) -> usize,
    ) -> Self {
        assert_eq!(weights.len(), cout * kh * kw * cin, "weights do not match their shape");
        assert!(bias.is_empty() || bias.len() == cout, "bias has one value per output channel");
        assert!(spec.stride > 0 && kh > 0 && kw > 0 && cin > 0 && cout > 0, "empty convolution");
        spec.activation.assert_fits(cout);
        let depth = kh * kw * cin;
        let wide = cout.next_multiple_of(LANES);
        let mut panels = vec![0.0; wide * depth];
        // Written in order, read from as many filters at once as a panel has lanes: starting waits for this.
        for (first, panel) in (0..cout).step_by(LANES).zip(panels.chunks_exact_mut(LANES * depth)) {
            let mut rows = panel.chunks_exact_mut(LANES);
            for (ky, kx) in (0..kh).flat_map(|ky| (0..kw).map(move |kx| (ky, kx))) {
                for (ci, row) in (0..cin).zip(&mut rows) {
                    for (co, lane) in (first..cout).zip(row) {
                        *lane = weights[index(co, ky, kx, ci)];
                    }
                }
            }
        }
        let mut bias = bias.to_vec();
        bias.resize(wide, 0.0);
        let activation = spec.activation.padded(LANES);
        Self { kernel: [kh, kw], cin, cout, stride: spec.stride, padding: spec.padding, panels, bias, activation }
    }

    /// Output channels.
    #[must_use]
    pub fn channels(&self) -> usize {
        self.cout
    }

    /// Convolves each image of the batch.
    ///
    /// # Panics
    /// When the channels differ from the weights', or the padded input is smaller than the window.
    #[must_use]
    pub fn forward(&self, x: &Nhwc) -> Nhwc {
        self.run(x, None, Avx2::detect())
    }

    /// The same with `residual` added before the activation. It has the output's height and width and
    /// at most its channels: missing ones count as zero (BlazeFace's channel padding).
    ///
    /// # Panics
    /// As [`Conv::forward`], or when the residual does not fit.
    #[must_use]
    pub fn forward_add(&self, x: &Nhwc, residual: &Nhwc) -> Nhwc {
        self.run(x, Some(residual), Avx2::detect())
    }

    /// Whether it is a 1 × 1 convolution of stride 1: each output pixel follows from the input pixel at its place.
    #[must_use]
    pub fn is_pointwise(&self) -> bool {
        self.kernel == [1, 1] && self.stride == 1 && self.padding.resolve([1, 1], [1, 1], 1) == [0; 4]
    }

    /// Output pixels from `first` on (counted over the batch) of a 1 × 1 convolution into `out`, on this thread.
    ///
    /// # Panics
    /// When it is none, or the pixels are not all there.
    pub(crate) fn pixels(&self, x: &Nhwc, first: usize, out: &mut [f32], simd: Option<Avx2>) {
        x.assert_consistent();
        assert!(self.is_pointwise() && x.c == self.cin, "a 1 x 1 convolution of these channels");
        assert!(out.len().is_multiple_of(self.cout) && first + out.len() / self.cout <= x.n * x.h * x.w, "pixels");
        let job = Job {
            source: &x.data,
            image: [x.h, x.w, self.cin],
            out_image: [x.h, x.w, self.cout],
            kernel: self.kernel,
            stride: 1,
            panels: &self.panels,
            bias: &self.bias,
            activation: &self.activation,
            residual: None,
        };
        conv_kernel::run(&job, first, out, simd);
    }

    /// What a 1 × 1 convolution makes of `x`, each channel of each image of which counts `factors` times, `[n, 1, 1, c]`;
    /// `residual`, of the output's shape, is added before the activation. Of the input and the weights, the one with fewer
    /// numbers is multiplied.
    ///
    /// # Panics
    /// When it is no 1 × 1 convolution, or shapes do not fit.
    #[must_use]
    pub fn forward_weighed(&self, mut x: Nhwc, factors: &Nhwc, residual: Option<&Nhwc>) -> Nhwc {
        let simd = Avx2::detect();
        assert!(self.is_pointwise(), "a 1 x 1 convolution");
        if x.h * x.w <= self.cout {
            scale_channels(&mut x, factors);
            return self.run(&x, residual, simd);
        }
        x.assert_consistent();
        assert!(x.c == self.cin && factors.data.len() == x.n * x.c, "input channels");
        let mut out = Nhwc::scratch(x.n, x.h, x.w, self.cout);
        assert!(residual.is_none_or(|r| [r.n, r.h, r.w, r.c] == [x.n, x.h, x.w, self.cout]), "residual does not fit");
        let mut panels = Nhwc::scratch(1, 1, 1, self.panels.len());
        let images = x.data.chunks_exact(x.image_len()).zip(factors.data.chunks_exact(x.c));
        let image = x.h * x.w * self.cout;
        for (i, ((source, factors), to)) in images.zip(out.data.chunks_exact_mut(image)).enumerate() {
            let rows = panels.data.chunks_exact_mut(LANES).zip(self.panels.chunks_exact(LANES));
            for ((to, from), factor) in rows.zip(factors.iter().cycle()) {
                to.iter_mut().zip(from).for_each(|(t, f)| *t = f * factor);
            }
            let residual = residual.and_then(|r| r.data.get(i * image..(i + 1) * image));
            let job = Job {
                source,
                image: [x.h, x.w, self.cin],
                out_image: [x.h, x.w, self.cout],
                kernel: self.kernel,
                stride: 1,
                panels: &panels.data,
                bias: &self.bias,
                activation: &self.activation,
                residual: residual.map(|r| (r, self.cout)),
            };
            self.spread(&job, to, simd);
        }
        out
    }

    pub(crate) fn run(&self, x: &Nhwc, residual: Option<&Nhwc>, simd: Option<Avx2>) -> Nhwc {
        x.assert_consistent();
        assert_eq!(x.c, self.cin, "input channels");
        let pad = self.padding.resolve([x.h, x.w], self.kernel, self.stride);
        let padded = (pad != [0; 4]).then(|| x.padded(pad));
        let source = padded.as_ref().unwrap_or(x);
        let [kh, kw] = self.kernel;
        assert!(source.h >= kh && source.w >= kw, "input is smaller than the window");
        let (oh, ow) = ((source.h - kh) / self.stride + 1, (source.w - kw) / self.stride + 1);
        let mut out = Nhwc::scratch(x.n, oh, ow, self.cout);
        if let Some(r) = residual {
            r.assert_consistent();
            assert!((r.n, r.h, r.w) == (out.n, oh, ow) && r.c <= self.cout, "residual does not fit");
        }
        let job = Job {
            source: &source.data,
            image: [source.h, source.w, self.cin],
            out_image: [oh, ow, self.cout],
            kernel: self.kernel,
            stride: self.stride,
            panels: &self.panels,
            bias: &self.bias,
            activation: &self.activation,
            residual: residual.map(|r| (r.data.as_slice(), r.c)),
        };
        self.spread(&job, &mut out.data, simd);
        out
    }

    /// All output pixels of the job into `out`, over the pool's threads where that is worth it.
    fn spread(&self, job: &Job, out: &mut [f32], simd: Option<Avx2>) {
        let ([kh, kw], pixels) = (self.kernel, out.len() / self.cout);
        if worth_splitting(out.len() * kh * kw * self.cin) {
            let (threads, rows) = (rayon::current_num_threads(), conv_kernel::rows(simd));
            // Few pixels are shared out evenly, many by whole register tiles and so that a late thread can be helped.
            let chunk = match pixels.div_ceil(2 * threads) {
                few if few < 8 * rows => pixels.div_ceil(threads),
                many => many.next_multiple_of(rows),
            };
            out.par_chunks_mut(chunk * self.cout)
                .enumerate()
                .for_each(|(i, part)| conv_kernel::run(job, i * chunk, part, simd));
        } else {
            conv_kernel::run(job, 0, out, simd);
        }
    }
}
