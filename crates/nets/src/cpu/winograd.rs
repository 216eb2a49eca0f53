//! 3 × 3 convolution by Winograd's minimal filtering (Lavin and Gray 2016, "Fast algorithms for convolutional neural
//! networks"): a square of outputs costs one product per value of the transformed input square, 2.25 to 4 times
//! fewer than the definition.
//!
//! Squares of the input are transformed into one matrix for each place in the square, multiplied by the transformed
//! weights of that place by the kernel of [`super::Conv`], and transformed back. Rounding differs from the direct
//! convolution's in the sixth digit.

use super::conv_kernel::{self, Job, LANES};
use super::simd::Avx2;
use super::winograd_tiles::{self, Tiles};
use super::{Activation, Nhwc, worth_splitting};
use rayon::prelude::*;

/// How large the squares of outputs are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Square {
    /// 2 × 2 outputs from 4 × 4 inputs: 2.25 times fewer products.
    Two,
    /// 4 × 4 outputs from 6 × 6 inputs: 4 times fewer products, at one more digit of rounding.
    Four,
}

impl Square {
    /// Side of the input square.
    pub(crate) const fn input(self) -> usize {
        self.output() + 2
    }

    /// Side of the output square.
    pub(crate) const fn output(self) -> usize {
        match self {
            Self::Two => 2,
            Self::Four => 4,
        }
    }

    /// What turns three taps into the places of the square, along one axis.
    pub(crate) fn filter(self) -> &'static [[f64; 3]] {
        match self {
            Self::Two => &[[1.0, 0.0, 0.0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0.0, 0.0, 1.0]],
            Self::Four => &[
                [1.0 / 4.0, 0.0, 0.0],
                [-1.0 / 6.0, -1.0 / 6.0, -1.0 / 6.0],
                [-1.0 / 6.0, 1.0 / 6.0, -1.0 / 6.0],
                [1.0 / 24.0, 1.0 / 12.0, 1.0 / 6.0],
                [1.0 / 24.0, -1.0 / 12.0, 1.0 / 6.0],
                [0.0, 0.0, 1.0],
            ],
        }
    }
}

/// A 3 × 3 convolution of stride 1 with one pixel of zeros around, or none, its weights transformed.
#[derive(Debug, Clone)]
pub struct Winograd {
    square: Square,
    cin: usize,
    cout: usize,
    /// By place in the square: panels of 16 output channels, each `[cin][16]`.
    panels: Vec<f32>,
    bias: Vec<f32>,
    /// Zeros, one for each output channel: products are summed before the bias.
    none: Vec<f32>,
    /// Pixels of zeros around the input.
    border: usize,
    activation: Activation,
}

/// Squares that a task works on at least, where there are as many: a few register tiles of the product.
const ENOUGH: usize = 24;

impl Winograd {
    /// Whether it can do a convolution of these channels and this activation.
    #[must_use]
    pub fn fits([cout, cin]: [usize; 2], activation: &Activation) -> bool {
        cin.is_multiple_of(LANES)
            && cout.is_multiple_of(LANES)
            && matches!(activation, Activation::None | Activation::Relu | Activation::Prelu(_))
    }

    /// From weights in PyTorch's order `[out, in, 3, 3]` and a bias for each output channel.
    ///
    /// # Panics
    /// When lengths disagree, or [`Winograd::fits`] says no.
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "indices run over the shape that is asserted first")]
    pub fn new(
        square: Square,
        [cout, cin]: [usize; 2],
        weights: &[f32],
        bias: &[f32],
        activation: &Activation,
    ) -> Self {
        assert!(Self::fits([cout, cin], activation), "Winograd takes multiples of 16 channels and ReLU or PReLU");
        activation.assert_fits(cout);
        assert_eq!(weights.len(), cout * cin * 9, "weights do not match their shape");
        assert_eq!(bias.len(), cout, "bias has one value per output channel");
        let (side, g) = (square.input(), square.filter());
        let mut panels = vec![0.0; side * side * cin * cout];
        for (i, taps) in weights.chunks_exact(9).enumerate() {
            let (co, ci) = (i / cin, i % cin);
            for (y, gy) in g.iter().enumerate() {
                for (x, gx) in g.iter().enumerate() {
                    let sum = |ky: usize| (0..3).map(|kx| gx[kx] * f64::from(taps[ky * 3 + kx])).sum::<f64>();
                    let value = (0..3).map(|ky| gy[ky] * sum(ky)).sum::<f64>();
                    let panel = (y * side + x) * cin * cout + co / LANES * LANES * cin;
                    panels[panel + ci * LANES + co % LANES] = value as f32;
                }
            }
        }
        let (bias, activation) = (bias.to_vec(), activation.clone());
        Self { square, cin, cout, panels, bias, none: vec![0.0; cout], border: 1, activation }
    }

    /// The same convolution without zeros around the input: its output is two pixels less high and wide.
    #[must_use]
    pub fn valid(self) -> Self {
        Self { border: 0, ..self }
    }

    /// Convolves each image; `residual`, of the output's shape, is added before the activation.
    ///
    /// # Panics
    /// When shapes do not fit.
    #[must_use]
    pub fn forward(&self, x: &Nhwc, residual: Option<&Nhwc>) -> Nhwc {
        self.run(x, residual, Avx2::detect())
    }

    pub(crate) fn run(&self, x: &Nhwc, residual: Option<&Nhwc>, simd: Option<Avx2>) -> Nhwc {
        x.assert_consistent();
        assert_eq!(x.c, self.cin, "input channels");
        assert!(self.border == 1 || (x.h > 2 && x.w > 2), "input is smaller than the window");
        let (h, w) = (x.h + 2 * self.border - 2, x.w + 2 * self.border - 2);
        let mut out = Nhwc::scratch(x.n, h, w, self.cout);
        if out.data.is_empty() {
            return out;
        }
        if let Some(r) = residual {
            r.assert_consistent();
            assert!([r.n, r.h, r.w, r.c] == [x.n, h, w, self.cout], "residual does not fit");
        }
        let side = self.square.output();
        let (down, across) = (h.div_ceil(side), w.div_ceil(side));
        let split = worth_splitting(x.n * h * w * self.cin * self.cout * 3);
        // Many weights for few squares: threads share the places, and so the weights, rather than the squares.
        let by_places = split && self.cin * self.cout > 4 * down * across * (self.cin + self.cout);
        let split = split && !by_places;
        let share = if split { down.div_ceil(rayon::current_num_threads()) } else { down };
        let rows = ENOUGH.div_ceil(across).clamp(1, share);
        let image = h * w * self.cout;
        for (n, target) in out.data.chunks_exact_mut(image).enumerate() {
            let source = x.data.get(n * x.image_len()..(n + 1) * x.image_len()).unwrap_or_default();
            let residual = residual.and_then(|r| r.data.get(n * image..(n + 1) * image));
            let part = |i: usize, part: &mut [f32]| {
                let tiles = Tiles {
                    square: self.square,
                    size: [x.h, x.w],
                    border: self.border,
                    across,
                    first: i * rows,
                    rows: rows.min(down - i * rows),
                };
                let skipped = i * rows * side * w * self.cout;
                let residual = residual.and_then(|r| r.get(skipped..skipped + part.len()));
                self.part(&tiles, source, residual, part, (by_places, simd));
            };
            let strip = rows * side * w * self.cout;
            if split {
                target.par_chunks_mut(strip).enumerate().for_each(|(i, to)| part(i, to));
            } else {
                target.chunks_mut(strip).enumerate().for_each(|(i, to)| part(i, to));
            }
        }
        out
    }

    /// Some rows of squares of one image, into the image's rows under them.
    fn part(
        &self,
        tiles: &Tiles,
        source: &[f32],
        residual: Option<&[f32]>,
        out: &mut [f32],
        (by_places, simd): (bool, Option<Avx2>),
    ) {
        let (count, places) = (tiles.count(), self.square.input().pow(2));
        let mut spread = Nhwc::scratch(1, places, count, self.cin);
        winograd_tiles::spread(tiles, source, self.cin, &mut spread.data, simd);
        let mut products = Nhwc::scratch(1, places, count, self.cout);
        let multiply = |(place, product): (usize, &mut [f32])| {
            let (input, panels) = (count * self.cin, self.cin * self.cout);
            let job = Job {
                source: spread.data.get(place * input..(place + 1) * input).unwrap_or_default(),
                image: [1, count, self.cin],
                out_image: [1, count, self.cout],
                kernel: [1, 1],
                stride: 1,
                panels: self.panels.get(place * panels..(place + 1) * panels).unwrap_or_default(),
                bias: &self.none,
                activation: &Activation::None,
                residual: None,
            };
            conv_kernel::run(&job, 0, product, simd);
        };
        if by_places {
            products.data.par_chunks_exact_mut(count * self.cout).enumerate().for_each(multiply);
        } else {
            products.data.chunks_exact_mut(count * self.cout).enumerate().for_each(multiply);
        }
        let finish = winograd_tiles::Finish { bias: &self.bias, residual, activation: &self.activation };
        winograd_tiles::gather(tiles, &products.data, &finish, out, simd);
    }
}
