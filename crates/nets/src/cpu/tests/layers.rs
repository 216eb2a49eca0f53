//! What stands between convolutions.

use super::super::{
    Activation, Conv, ConvSpec, Dense, Depthwise, LayerNorm, MaxPool, Nhwc, Padding, Square, Winograd, attention,
    channel_means, fused, scale_channels,
};
use super::{assert_close, at, indices, kinds, tensor, values};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(160))]
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
