//! What the search for faces does to whole frames, row by row.

use super::super::{
    Activation, Conv, ConvSpec, Cover, Covers, Places, PlanarConv, PlanarRows, PlanarWinograd, SUMMED_ROWS,
    add_neighbours, blend_columns, blend_rows, centred_means, interleave, pool_pairs, split_rgb, sum_columns, sum_rows,
};
use super::{assert_close, at, kinds, tensor, values};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(160))]
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
        blend_columns(&real, &Covers::new(columns, &covers), [0.125, 3.0], &mut blended);
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
}
