//! Every kernel against a definition written down a second time, on random shapes.

use super::simd::Avx2;
use super::{
    Activation, Conv, ConvSpec, Cover, Dense, Depthwise, LayerNorm, MaxPool, Nhwc, Padding, Places, PlanarConv,
    PlanarRows, PlanarWinograd, SUMMED_ROWS, Square, Winograd, add_neighbours, attention, blend_columns, blend_rows,
    centred_means, channel_means, fused, in_company, interleave, pool_pairs, scale_channels, split_rgb, sum_columns,
    sum_rows,
};
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(160))]

    #[test]
    fn convolution_is_its_definition(case in cases()) {
        let ([n, h, w, cin], [kh, kw]) = (case.input, case.kernel);
        let [top, bottom, left, right] = case.padding.resolve([h, w], case.kernel, case.stride);
        prop_assume!(h + top + bottom >= kh && w + left + right >= kw);
        let x = tensor(case.input, case.seed);
        let (weights, bias) = (values(case.cout * cin * kh * kw, 1), values(case.cout, 2));
        let ([oh, ow], _) = case.layout();
        let residual = case.residual.map(|c| tensor([n, oh, ow, c], 3));
        let expected = conv_by_definition(&case, &x, &weights, &bias, residual.as_ref());
        let conv = Conv::from_oihw([case.cout, cin, kh, kw], &weights, &bias, case.spec());
        for simd in kinds() {
            let got = conv.run(&x, residual.as_ref(), simd);
            prop_assert_eq!([got.n, got.h, got.w, got.c], [n, oh, ow, case.cout]);
            assert_close(&got.data, &expected);
        }
        let turned: Vec<f32> = indices([case.cout, kh, kw, cin])
            .map(|(co, ky, kx, ci)| weights[((co * cin + ci) * kh + ky) * kw + kx])
            .collect();
        let same = Conv::from_ohwi([case.cout, kh, kw, cin], &turned, &bias, case.spec());
        let fast = conv.run(&x, residual.as_ref(), Avx2::detect());
        prop_assert_eq!(same.run(&x, residual.as_ref(), Avx2::detect()), fast);
    }

    #[test]
    fn products_of_any_height_and_width_are_their_definition(
        (pixels, cin, cout) in (1usize..100, 1usize..40, 1usize..200),
        activation in activations(8),
        (channels, seed) in (proptest::option::of(1usize..200), any::<u32>()),
    ) {
        let activation = if let Activation::Prelu(_) = activation { Activation::Prelu(values(cout, 5)) } else { activation };
        let x = tensor([1, 1, pixels, cin], seed);
        let (weights, bias) = (values(cout * cin, 1), values(cout, 2));
        let residual = channels.map(|c| tensor([1, 1, pixels, c.min(cout)], 3));
        let conv = Conv::from_oihw([cout, cin, 1, 1], &weights, &bias, ConvSpec::unit(activation));
        let expected = conv.run(&x, residual.as_ref(), None);
        for simd in kinds() {
            let got = conv.run(&x, residual.as_ref(), simd);
            assert_close(&got.data, &expected.data);
            // A pixel's bits do not depend on how many there are.
            let last = Nhwc::from_vec([1, 1, 1, cin], x.data[(pixels - 1) * cin..].to_vec()).unwrap();
            let alone = residual.as_ref().map(|r| {
                Nhwc::from_vec([1, 1, 1, r.c], r.data[(pixels - 1) * r.c..].to_vec()).unwrap()
            });
            prop_assert_eq!(&conv.run(&last, alone.as_ref(), simd).data[..], &got.data[(pixels - 1) * cout..]);
        }
    }

    #[test]
    fn channels_are_averaged_and_scaled_as_defined(shape in [1usize..3, 1usize..9, 1usize..9, 1usize..200], seed in any::<u32>()) {
        let mut x = tensor(shape, seed);
        let means = channel_means(&x);
        let (mut sums, pixels) = (vec![0.0f32; x.n * x.c], x.h * x.w);
        for (i, v) in x.data.iter().enumerate() {
            sums[i / x.image_len() * x.c + i % x.c] += v;
        }
        let expected: Vec<f32> = sums.iter().map(|s| s * (1.0 / pixels as f32)).collect();
        prop_assert_eq!(&means.data, &expected);
        let whole: Vec<f32> =
            x.data.iter().enumerate().map(|(i, v)| v * means.data[i / x.image_len() * x.c + i % x.c]).collect();
        scale_channels(&mut x, &means);
        prop_assert_eq!(x.data.clone(), whole);
    }

    #[test]
    fn depthwise_is_its_definition(case in cases()) {
        let ([n, h, w, c], [kh, kw]) = (case.input, case.kernel);
        let [top, bottom, left, right] = case.padding.resolve([h, w], case.kernel, case.stride);
        prop_assume!(h + top + bottom >= kh && w + left + right >= kw);
        let activation = match &case.activation {
            Activation::Prelu(_) => Activation::Prelu(values(c, case.seed)),
            other => other.clone(),
        };
        let case = Case { activation, cout: c, ..case };
        let x = tensor(case.input, case.seed);
        let (weights, bias) = (values(c * kh * kw, 1), values(c, 2));
        let ([oh, ow], [top, left]) = case.layout();
        let expected: Vec<f32> = indices([n, oh, ow, c])
            .map(|(b, oy, ox, ch)| {
                let mut sum = f64::from(bias[ch]);
                for (ky, kx, ..) in indices([kh, kw, 1, 1]) {
                    let (y, col) = ((oy * case.stride + ky) as isize - top, (ox * case.stride + kx) as isize - left);
                    let weight = weights[(ch * kh + ky) * kw + kx];
                    sum += f64::from(at(&x, b, y, col, ch).unwrap_or(0.0)) * f64::from(weight);
                }
                case.activation.apply(sum as f32, ch)
            })
            .collect();
        let layer = Depthwise::from_chw([c, kh, kw], &weights, &bias, case.spec());
        for simd in kinds() {
            let got = layer.run(&x, simd);
            prop_assert_eq!([got.n, got.h, got.w, got.c], [n, oh, ow, c]);
            assert_close(&got.data, &expected);
        }
    }

    #[test]
    fn depthwise_of_the_usual_kernels_is_its_definition(
        (kernel, stride, c, w) in (prop_oneof![Just(3usize), Just(5)], 1usize..3, 1usize..120, 1usize..60),
        (padding, activation) in (paddings(), activations(8)),
        seed in any::<u32>(),
    ) {
        let [_, _, left, right] = padding.resolve([7, w], [kernel; 2], stride);
        prop_assume!(w + left + right >= kernel);
        let activation = if let Activation::Prelu(_) = activation { Activation::Prelu(values(c, 5)) } else { activation };
        let spec = ConvSpec { stride, padding, activation };
        let x = tensor([2, 7, w, c], seed);
        let layer = Depthwise::from_chw([c, kernel, kernel], &values(c * kernel * kernel, 1), &values(c, 2), spec);
        let expected = layer.run(&x, None).data.clone();
        for simd in kinds() {
            assert_close(&layer.run(&x, simd).data, &expected);
        }
    }

    #[test]
    fn winograd_is_the_convolution(
        [n, h, w] in [1usize..3, 3usize..15, 3usize..15],
        (cin, cout) in (1usize..4, 1usize..4),
        (activation, border, with_residual) in (0usize..3, 0usize..2, any::<bool>()),
        seed in any::<u32>(),
    ) {
        let channels = [16 * cout, 16 * cin];
        let [cout, cin] = channels;
        let (weights, bias) = (values(cout * cin * 9, 1), values(cout, 2));
        let activation = [Activation::None, Activation::Relu, Activation::Prelu(values(cout, 4))][activation].clone();
        let x = tensor([n, h, w, cin], seed);
        let out = [n, h + 2 * border - 2, w + 2 * border - 2, cout];
        let residual = with_residual.then(|| tensor(out, 3));
        let spec = ConvSpec { stride: 1, padding: Padding::all(border), activation: activation.clone() };
        let direct = Conv::from_oihw([cout, cin, 3, 3], &weights, &bias, spec).run(&x, residual.as_ref(), None);
        for (square, within) in [(Square::Two, 2e-6), (Square::Four, 2e-5)] {
            let mut layer = Winograd::new(square, channels, &weights, &bias, &activation);
            if border == 0 {
                layer = layer.valid();
            }
            for simd in kinds() {
                let got = layer.run(&x, residual.as_ref(), simd);
                prop_assert_eq!([got.n, got.h, got.w, got.c], out);
                // Of sums of 9 · cin products of numbers up to 1.
                let off = got.data.iter().zip(&direct.data).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                prop_assert!(off <= within * (9 * cin) as f32, "{square:?}: {off}");
            }
        }
    }

    #[test]
    fn a_layer_has_the_same_bits_on_any_number_of_threads(
        [h, w] in [20usize..40, 20usize..40],
        (cin, cout) in (1usize..5, 1usize..7),
        seed in any::<u32>(),
    ) {
        let (cin, cout) = (16 * cin, 16 * cout);
        let (weights, bias) = (values(cout * cin * 9, 1), values(cout, 2));
        let x = tensor([1, h, w, cin], seed);
        let spec = ConvSpec { stride: 1, padding: Padding::all(1), activation: Activation::Silu };
        let conv = Conv::from_oihw([cout, cin, 3, 3], &weights, &bias, spec.clone());
        let winograd = Winograd::new(Square::Four, [cout, cin], &weights, &bias, &Activation::Relu);
        let depthwise = Depthwise::from_chw([cin, 3, 3], &values(cin * 9, 1), &values(cin, 2), spec);
        let all = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| [conv.forward(&x), winograd.forward(&x, None), depthwise.forward(&x)])
        };
        let one = all(1);
        for threads in [2, 3, 7] {
            prop_assert_eq!(&one, &all(threads), "{} threads", threads);
        }
    }

    #[test]
    fn two_layers_in_strips_have_the_bits_of_one_after_the_other(
        (h, w, cin, cout) in (1usize..70, 40usize..60, 1usize..9, 40usize..70),
        (kernel, stride) in (prop_oneof![Just(3usize), Just(5)], 1usize..3),
        (padding, threads) in (prop_oneof![Just(Padding::Same), Just(Padding::all(2))], 1usize..4),
        seed in any::<u32>(),
    ) {
        let x = tensor([2, h, w, cin], seed);
        let (weights, bias) = (values(cout * cin, 1), values(cout, 2));
        let wide = Conv::from_oihw([cout, cin, 1, 1], &weights, &bias, ConvSpec::unit(Activation::Relu6));
        let spec = ConvSpec { stride, padding, activation: Activation::Silu };
        let layer = Depthwise::from_chw([cout, kernel, kernel], &values(cout * kernel * kernel, 3), &bias, spec);
        let [top, bottom, ..] = padding.resolve([h, w], [kernel; 2], stride);
        prop_assume!(h + top + bottom >= kernel);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        for simd in kinds() {
            let apart = layer.run(&wide.run(&x, None, simd), simd);
            prop_assert_eq!(pool.install(|| fused::run(&wide, &layer, &x, simd)), apart);
        }
    }

    #[test]
    fn attention_is_its_definition(
        (tokens, heads, each) in (1usize..40, 1usize..4, 1usize..40),
        seed in any::<u32>(),
    ) {
        let width = heads * each;
        let qkv = tensor([1, 1, tokens, 3 * width], seed);
        let at = |token: usize, part: usize, head: usize, i: usize| {
            f64::from(qkv.data[token * 3 * width + part * width + head * each + i])
        };
        let mut expected = Vec::new();
        for (token, head, ..) in indices([tokens, heads, 1, 1]) {
            let like = |other: usize| {
                let dot: f64 = (0..each).map(|i| at(token, 0, head, i) * at(other, 1, head, i)).sum();
                (dot / (each as f64).sqrt()).exp()
            };
            let weights: Vec<f64> = (0..tokens).map(like).collect();
            let sum: f64 = weights.iter().sum();
            expected.extend((0..each).map(|i| {
                (weights.iter().enumerate().map(|(t, w)| w * at(t, 2, head, i)).sum::<f64>() / sum) as f32
            }));
        }
        for simd in kinds() {
            let got = attention::run(&qkv, heads, simd);
            prop_assert_eq!([got.n, got.h, got.w, got.c], [1, 1, tokens, width]);
            assert_close(&got.data, &expected);
        }
    }

    #[test]
    fn layer_norm_is_its_definition((rows, c) in (1usize..9, 1usize..60), seed in any::<u32>()) {
        let c = 8 * c;
        let (weight, bias) = (values(c, 1), values(c, 2));
        let x = tensor([1, 1, rows, c], seed);
        let mut expected = Vec::new();
        for row in x.data.chunks_exact(c) {
            let mean = row.iter().map(|v| f64::from(*v)).sum::<f64>() / c as f64;
            let variance = row.iter().map(|v| (f64::from(*v) - mean).powi(2)).sum::<f64>() / c as f64;
            let scale = (variance + 1e-5).sqrt();
            let scaled = row.iter().map(|v| (f64::from(*v) - mean) / scale);
            expected.extend(scaled.zip(&weight).zip(&bias).map(|((v, w), b)| (v * f64::from(*w) + f64::from(*b)) as f32));
        }
        let norm = LayerNorm::new(weight, bias, 1e-5);
        for simd in kinds() {
            assert_close(&norm.run(&x, simd).data, &expected);
        }
    }

    #[test]
    fn pooling_is_its_definition(
        shape in [1usize..3, 1usize..12, 1usize..12, 1usize..20],
        (size, stride) in (1usize..4, 1usize..4),
        seed in any::<u32>(),
    ) {
        let x = tensor(shape, seed);
        for (pool, same, ceil) in [
            (MaxPool::floor(size, stride), false, false),
            (MaxPool::ceil(size, stride), false, true),
            (MaxPool::same(size, stride), true, false),
        ] {
            // PyTorch's rule: a window counts if it fits, or in ceil mode if it starts inside; a ceil-mode image
            // smaller than the window has one.
            let windows = |len: usize| {
                let starts = (0..len).step_by(stride);
                if same { len.div_ceil(stride) } else if ceil {
                    let whole = starts.clone().filter(|s| s + size <= len).count();
                    let partial = starts.clone().find(|s| s + size > len && (whole == 0 && *s == 0
                        || whole > 0 && *s == whole * stride && (whole - 1) * stride + size < len));
                    whole + usize::from(partial.is_some())
                } else { starts.filter(|s| s + size <= len).count() }
            };
            let before = |len: usize| {
                let total = ((len.div_ceil(stride) - 1) * stride + size).saturating_sub(len);
                if same { (total / 2) as isize } else { 0 }
            };
            let out = pool.forward(&x);
            prop_assert_eq!([out.h, out.w], [windows(x.h), windows(x.w)]);
            for (i, (b, oy, ox, c)) in indices([x.n, out.h, out.w, x.c]).enumerate() {
                let cells = indices([size, size, 1, 1]).filter_map(|(ky, kx, ..)| {
                    let y = (oy * stride + ky) as isize - before(x.h);
                    at(&x, b, y, (ox * stride + kx) as isize - before(x.w), c)
                });
                prop_assert_eq!(out.data[i], cells.fold(f32::NEG_INFINITY, f32::max));
            }
        }
    }

    #[test]
    fn planar_rows_are_the_convolution_of_the_image(
        (cin, cout, k, h, w) in (1usize..5, 1usize..20, prop_oneof![Just(1usize), Just(3)], 4usize..8, 4usize..60),
        prelu in any::<bool>(),
        seed in any::<u32>(),
    ) {
        let x = tensor([1, h, w, cin], seed);
        let (weights, bias, slopes) = (values(cout * cin * k * k, 1), values(cout, 2), values(cout, 3));
        let activation = if prelu { Activation::Prelu(slopes.clone()) } else { Activation::None };
        let shape = [cout, cin, k, k];
        let expected = Conv::from_oihw(shape, &weights, &bias, ConvSpec::unit(activation)).run(&x, None, None);
        let layer = PlanarConv::from_oihw(shape, &weights, &bias, prelu.then_some(slopes.as_slice()));
        for simd in kinds() {
            let (mut source, mut target) = (PlanarRows::new(k, cin, w), PlanarRows::new(2, cout, w));
            for y in 0..h {
                for (c, plane) in source.planes_mut(y).enumerate() {
                    for (col, v) in plane.iter_mut().take(w).enumerate() {
                        *v = at(&x, 0, y as isize, col as isize, c).unwrap();
                    }
                }
                let Some(oy) = (y + 1).checked_sub(k) else { continue };
                layer.row(&source, oy, expected.w, &mut target, simd);
                for (c, plane) in target.planes(oy).enumerate() {
                    let row: Vec<f32> =
                        (0..expected.w).map(|col| at(&expected, 0, oy as isize, col as isize, c).unwrap()).collect();
                    assert_close(&plane[..expected.w], &row);
                }
            }
        }
    }

    #[test]
    fn planar_rows_by_winograd_are_the_convolution_of_the_image(
        (cin, cout, steps, w) in (1usize..17, 1usize..33, 1usize..4, 4usize..230),
        seed in any::<u32>(),
    ) {
        let h = 4 * steps + 2;
        let x = tensor([1, h, w, cin], seed);
        let (weights, bias, slopes) = (values(cout * cin * 9, 1), values(cout, 2), values(cout, 3));
        let spec = ConvSpec::unit(Activation::Prelu(slopes.clone()));
        let expected = Conv::from_oihw([cout, cin, 3, 3], &weights, &bias, spec).run(&x, None, None);
        let layer = PlanarWinograd::from_oihw([cout, cin], &weights, &bias, &slopes);
        for simd in kinds() {
            let (mut source, mut target) = (PlanarRows::new(h, cin, w), PlanarRows::new(4, cout, w));
            let mut places = Places::default();
            for y in 0..h {
                for (c, plane) in source.planes_mut(y).enumerate() {
                    plane.iter_mut().take(w).enumerate().for_each(|(col, v)| *v = at(&x, 0, y as isize, col as isize, c).unwrap());
                }
            }
            for step in 0..steps {
                layer.rows(&source, 4 * step, expected.w, &mut target, (&mut places, simd));
                for y in 4 * step..4 * step + 4 {
                    for (c, plane) in target.planes(y).enumerate() {
                        for (col, got) in plane.iter().take(expected.w).enumerate() {
                            let wanted = at(&expected, 0, y as isize, col as isize, c).unwrap();
                            prop_assert!((got - wanted).abs() <= 2e-5 * (9 * cin) as f32, "{got} for {wanted}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn sums_of_columns_are_their_definitions((columns, out) in (2usize..200, 1usize..60), seed in any::<u32>()) {
        let row: Vec<u16> = values(columns * 3 + 1, seed).iter().map(|v| ((v + 1.0) * 30_000.0) as u16).collect();
        let value = |i: usize, c: usize| row[i.min(columns - 1) * 3 + c];
        let ranges: Vec<_> = (0..out).map(|i| i * columns / out..((i + 1) * columns).div_ceil(out)).collect();
        let mut sums = vec![5; out * 3];
        sum_columns(&row, &ranges, &mut sums);
        let real: Vec<f32> = row.iter().map(|&v| f32::from(v)).collect();
        let covers: Vec<Cover> =
            ranges.iter().map(|r| Cover { pixels: r.clone(), shares: [0.5, 1.0, 0.25] }).collect();
        let mut blended = vec![0.0; out * 3];
        blend_columns(&real, &covers, [0.125, 3.0], &mut blended);
        for (i, range) in ranges.iter().enumerate() {
            for c in 0..3 {
                prop_assert_eq!(sums[i * 3 + c], 5 + range.clone().map(|x| u32::from(value(x, c))).sum::<u32>());
                let share = |x: usize| if x == range.start { 0.5 } else if x + 1 == range.end { 0.25 } else { 1.0 };
                let sum: f32 = range.clone().map(|x| share(x) * f32::from(value(x, c))).sum();
                prop_assert!((blended[i * 3 + c] - (sum * 0.125 - 3.0)).abs() <= 1e-5 * sum);
            }
        }
        let stride = row.len() / 3;
        for rows in 1..=3 {
            let mut weighted = vec![9.0; stride];
            blend_rows(&row, [stride, rows], [0.5, 1.0, 0.25], &mut weighted);
            for (i, got) in weighted.into_iter().enumerate() {
                let share = |r: usize| if r == 0 { 0.5 } else if r + 1 == rows { 0.25 } else { 1.0 };
                let sum: f32 = (0..rows).map(|r| share(r) * f32::from(row[r * stride + i])).sum();
                prop_assert!((got - sum).abs() <= 1e-5 * sum);
            }
        }
        let halved: Vec<u16> = row.iter().map(|v| v / 2).collect();
        let mut pairs = vec![0; columns.div_ceil(2) * 3 + 1];
        add_neighbours(&halved, &mut pairs);
        for (i, pair) in pairs.chunks_exact(3).enumerate() {
            let wanted: Vec<u16> = (0..3).map(|c| value(2 * i, c) / 2 + value(2 * i + 1, c) / 2).collect();
            prop_assert_eq!(pair, &wanted[..]);
        }
    }

    #[test]
    fn rows_are_split_and_pooled_as_defined(columns in 1usize..70, seed in 0u32..1_000_000) {
        let pixels = values(columns * 3, seed);
        let (above, below) = (values(2 * columns, seed), values(2 * columns, seed + 1));
        for simd in kinds() {
            let mut planes = [(); 3].map(|()| vec![9.0; columns + 5]);
            split_rgb(&pixels, planes.each_mut().map(Vec::as_mut_slice), simd);
            for (c, plane) in planes.iter().enumerate() {
                let expected: Vec<f32> = pixels.iter().skip(c).step_by(3).copied().chain([9.0; 5]).collect();
                prop_assert_eq!(plane, &expected);
            }
            let mut pooled = vec![0.0; columns];
            pool_pairs([&above, &below], &mut pooled, simd);
            for (i, p) in pooled.into_iter().enumerate() {
                let square = [above[2 * i], above[2 * i + 1], below[2 * i], below[2 * i + 1]];
                prop_assert_eq!(p, square.into_iter().fold(f32::NEG_INFINITY, f32::max));
            }
        }
    }

    #[test]
    fn planes_are_interleaved_as_defined(pixels in 1usize..100, seed in any::<u32>()) {
        let planes = [0, 1, 2].map(|i| values(pixels, seed.wrapping_add(i)));
        let expected: Vec<f32> = (0..3 * pixels).map(|i| planes[i % 3][i / 3]).collect();
        for simd in kinds() {
            let mut got = vec![0.0; 3 * pixels];
            interleave(planes.each_ref().map(Vec::as_slice), &mut got, simd);
            prop_assert_eq!(&got, &expected);
        }
    }

    #[test]
    fn sums_and_means_of_rows_are_their_definitions(
        (width, rows, spare) in (1usize..300, 1usize..260, 0usize..40),
        seed in any::<u32>(),
    ) {
        let rows = rows.min(SUMMED_ROWS);
        let bytes: Vec<u8> = values(rows * (width + spare), seed).iter().map(|v| ((v + 1.0) * 127.6) as u8).collect();
        let mut sums = vec![9; width];
        sum_rows(&bytes, width + spare, rows, &mut sums);
        let whole: Vec<u32> = sums.iter().map(|&s| u32::from(s)).collect();
        for (i, sum) in whole.iter().enumerate() {
            prop_assert_eq!(*sum, (0..rows).map(|r| u32::from(bytes[r * (width + spare) + i])).sum::<u32>());
        }
        let columns: Vec<f32> = (0..width).map(|i| (1 + i % 7) as f32).collect();
        let mut means = vec![9.0; width];
        centred_means(&whole, rows as f32, &columns, &mut means);
        for ((mean, sum), columns) in means.iter().zip(whole).zip(columns) {
            prop_assert_eq!(*mean, (sum as f32 / rows as f32 / columns - 127.5) * 0.007_812_5);
        }
    }

    #[test]
    fn dense_is_its_definition((n, input, out) in (1usize..20, 1usize..70, 1usize..40), seed in any::<u32>()) {
        let (x, weights, bias) = (values(n * input, seed), values(input * out, 1), values(out, 2));
        let expected: Vec<f32> = indices([n, out, 1, 1])
            .map(|(row, o, ..)| {
                let products = (0..input).map(|i| f64::from(x[row * input + i]) * f64::from(weights[o * input + i]));
                (products.sum::<f64>() + f64::from(bias[o])) as f32
            })
            .collect();
        let layer = Dense::new([out, input], &weights, &bias, Activation::None);
        let y = layer.forward(Nhwc::from_vec([n, 1, 1, input], x).unwrap());
        prop_assert_eq!([y.n, y.h, y.w, y.c], [n, 1, 1, out]);
        assert_close(&y.data, &expected);
    }
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
