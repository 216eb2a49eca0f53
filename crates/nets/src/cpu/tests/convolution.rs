//! Convolutions, dense, depthwise and by Winograd.

use super::super::simd::Avx2;
use super::super::{Activation, Conv, ConvSpec, Depthwise, Nhwc, Padding, Square, Winograd};
use super::{Case, activations, assert_close, at, cases, conv_by_definition, indices, kinds, paddings, tensor, values};
use proptest::prelude::*;

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
}
