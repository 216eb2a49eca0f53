//! Every kernel against a definition written down a second time, on random shapes.

mod convolution;
mod frames;
mod layers;

use super::simd::Avx2;
use super::{Activation, Conv, ConvSpec, Nhwc, Padding, Square, Winograd, in_company};
use proptest::prelude::*;
use rayon::prelude::*;

/// Values -1..1 by a formula, different for every seed.
fn values(len: usize, seed: u32) -> Vec<f32> {
    let hash = |i: u32| (i.wrapping_mul(2_654_435_761) ^ seed.wrapping_mul(0x9e37_79b9)).wrapping_mul(0x85eb_ca6b);
    (0..len as u32).map(|i| (hash(i) >> 8) as f32 / 8_388_608.0 - 1.0).collect()
}

fn tensor([n, h, w, c]: [usize; 4], seed: u32) -> Nhwc {
    Nhwc::from_vec([n, h, w, c], values(n * h * w * c, seed)).unwrap()
}

/// The value at a place that may lie outside the image.
fn at(x: &Nhwc, n: usize, y: isize, col: isize, c: usize) -> Option<f32> {
    let inside = (0..x.h as isize).contains(&y) && (0..x.w as isize).contains(&col);
    inside.then(|| x.data[((n * x.h + y as usize) * x.w + col as usize) * x.c + c])
}

/// The plain version, and those for the instructions that this processor has.
fn kinds() -> Vec<Option<Avx2>> {
    let best = Avx2::detect();
    let wide = best.filter(|token| token.avx512().is_some());
    [None].into_iter().chain(best.map(|token| Some(token.narrow()))).chain(wide.map(Some)).collect()
}

fn assert_close(actual: &[f32], expected: &[f32]) {
    assert_eq!(actual.len(), expected.len());
    for (i, (a, e)) in actual.iter().zip(expected).enumerate() {
        assert!((a - e).abs() <= 1e-4 * (1.0 + e.abs()), "value {i}: {a} instead of {e}");
    }
}

fn activations(channels: usize) -> impl Strategy<Value = Activation> {
    prop_oneof![
        Just(Activation::None),
        Just(Activation::Relu),
        Just(Activation::Relu6),
        Just(Activation::Silu),
        Just(Activation::HardSwish),
        any::<u32>().prop_map(move |seed| Activation::Prelu(values(channels, seed))),
    ]
}

fn paddings() -> impl Strategy<Value = Padding> {
    prop_oneof![
        Just(Padding::VALID),
        Just(Padding::Same),
        (0usize..3).prop_map(Padding::all),
        [0usize..3, 0..3, 0..3, 0..3].prop_map(Padding::Explicit),
    ]
}

/// A convolution problem.
#[derive(Debug, Clone)]
struct Case {
    input: [usize; 4],
    kernel: [usize; 2],
    cout: usize,
    stride: usize,
    padding: Padding,
    activation: Activation,
    residual: Option<usize>,
    seed: u32,
}

fn cases() -> impl Strategy<Value = Case> {
    let sizes = (1usize..3, 5usize..14, 5usize..14, 1usize..40, 1usize..6, 1usize..6, 1usize..50, 1usize..4);
    sizes.prop_flat_map(|(n, h, w, cin, kh, kw, cout, stride)| {
        (paddings(), activations(cout), proptest::option::of(1..=cout), any::<u32>()).prop_map(
            move |(padding, activation, residual, seed)| Case {
                input: [n, h, w, cin],
                kernel: [kh, kw],
                cout,
                stride,
                padding,
                activation,
                residual,
                seed,
            },
        )
    })
}

impl Case {
    fn spec(&self) -> ConvSpec {
        ConvSpec { stride: self.stride, padding: self.padding, activation: self.activation.clone() }
    }

    /// `[oh, ow]` and the zeros above and left.
    fn layout(&self) -> ([usize; 2], [isize; 2]) {
        let ([_, h, w, _], [kh, kw]) = (self.input, self.kernel);
        let [top, bottom, left, right] = self.padding.resolve([h, w], self.kernel, self.stride);
        let out = [(h + top + bottom - kh) / self.stride + 1, (w + left + right - kw) / self.stride + 1];
        (out, [top as isize, left as isize])
    }
}

/// The definition of a convolution with weights `[out, in, kh, kw]`.
fn conv_by_definition(case: &Case, x: &Nhwc, weights: &[f32], bias: &[f32], residual: Option<&Nhwc>) -> Vec<f32> {
    let ([oh, ow], [top, left]) = case.layout();
    let ([n, .., cin], [kh, kw]) = (case.input, case.kernel);
    let mut out = Vec::new();
    for (b, oy, ox, co) in indices([n, oh, ow, case.cout]) {
        let mut sum = f64::from(bias[co]);
        for (ci, ky, kx, _) in indices([cin, kh, kw, 1]) {
            let (y, col) = ((oy * case.stride + ky) as isize - top, (ox * case.stride + kx) as isize - left);
            let weight = weights[((co * cin + ci) * kh + ky) * kw + kx];
            sum += f64::from(at(x, b, y, col, ci).unwrap_or(0.0)) * f64::from(weight);
        }
        if let Some(r) = residual.filter(|r| co < r.c) {
            sum += f64::from(at(r, b, oy as isize, ox as isize, co).unwrap());
        }
        out.push(case.activation.apply(sum as f32, co));
    }
    out
}

fn indices([a, b, c, d]: [usize; 4]) -> impl Iterator<Item = (usize, usize, usize, usize)> {
    (0..a * b * c * d).map(move |i| (i / (b * c * d), i / (c * d) % b, i / d % c, i % d))
}

#[test]
fn small_maps_under_many_weights_have_the_same_bits_on_any_number_of_threads() {
    let [cin, cout] = [128, 520];
    let bias = values(cout, 2);
    let conv = Conv::from_oihw([cout, cin, 1, 1], &values(cout * cin, 1), &bias, ConvSpec::unit(Activation::Silu));
    let winograd =
        Winograd::new(Square::Four, [cin, cin], &values(cin * cin * 9, 3), &values(cin, 4), &Activation::Relu);
    for seed in 0..4 {
        let (x, residual) = (tensor([1, 7, 7, cin], seed), tensor([1, 7, 7, cout], seed));
        let all = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let run = || [conv.forward(&x), conv.forward_add(&x, &residual), winograd.forward(&x, Some(&x))];
            let kept = pool.install(|| in_company(run));
            assert_eq!(kept, pool.install(run), "with threads kept awake or not");
            kept
        };
        let one = all(1);
        for threads in [2, 3, 5] {
            assert_eq!(one, all(threads), "{threads} threads");
        }
    }
}

#[test]
fn company_ends_with_its_work_and_with_its_panic() {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(4).build().unwrap();
    let sum = pool.install(|| in_company(|| (0..1000).into_par_iter().sum::<u32>()));
    assert_eq!(sum, 499_500);
    let outcome =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| pool.install(|| in_company(|| panic!("as planned")))));
    assert!(outcome.is_err());
}

#[test]
fn smooth_activations_hold_over_their_whole_range() {
    let points: Vec<f32> = (-4000..=4000).map(|i| i as f32 / 40.0).collect();
    let x = Nhwc::from_vec([points.len(), 1, 1, 1], points).unwrap();
    for activation in [Activation::Silu, Activation::HardSwish] {
        let conv = Conv::from_oihw([1, 1, 1, 1], &[1.0], &[], ConvSpec::unit(activation.clone()));
        for (y, &v) in conv.forward(&x).data.iter().zip(&x.data) {
            let expected = activation.apply(v, 0);
            assert!((y - expected).abs() <= 1e-6 * (1.0 + expected.abs()), "{activation:?}({v}) = {y}");
        }
    }
}

#[test]
fn reused_buffers_leave_no_trace() {
    let conv = Conv::from_oihw(
        [5, 3, 3, 3],
        &values(135, 1),
        &[],
        ConvSpec { stride: 2, padding: Padding::Same, activation: Activation::Relu },
    );
    let x = tensor([1, 9, 11, 3], 4);
    let first = conv.forward(&x);
    for _ in 0..3 {
        drop(Nhwc::from_vec([1, 40, 40, 8], vec![f32::NAN; 12_800]).unwrap());
        drop(Nhwc::from_vec([1, 6, 6, 8], vec![f32::NAN; 288]).unwrap());
        assert_eq!(conv.forward(&x), first);
    }
}

#[test]
#[should_panic(expected = "tensor data does not match its shape")]
fn a_tensor_that_lies_about_its_shape_is_stopped() {
    let conv = Conv::from_oihw([1, 1, 1, 1], &[1.0], &[], ConvSpec::unit(Activation::None));
    let _ = conv.forward(&Nhwc { n: 1, h: 100, w: 100, c: 1, data: vec![0.0; 8] });
}
