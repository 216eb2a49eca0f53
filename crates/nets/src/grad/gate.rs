//! Squeeze and excite: factors per image and channel from the means of the channels.

use rayon::prelude::*;

use super::kernel::{Slope, simd, through_activation, total};
use super::layer::{Layer, View, block_rows, spans};
use super::linear::Linear;
use super::norm::Sums;
use crate::backbone::GateShape;
use crate::cpu::Nhwc;

/// Two small layers and a sigmoid.
#[derive(Debug)]
pub(super) struct Gate {
    pub reduce: Linear,
    pub expand: Linear,
    pub shape: GateShape,
    /// `[n, channels]` of the last batch.
    pub factors: Vec<f32>,
    /// Before the last function.
    sums: Vec<f32>,
}

impl Gate {
    pub(super) fn new(reduce: Linear, expand: Linear, shape: GateShape) -> Self {
        Self { reduce, expand, shape, factors: Vec::new(), sums: Vec::new() }
    }

    /// Computes the factors from a feature map of `pixels` an image.
    pub(super) fn forward(&mut self, input: View<'_>, pixels: usize, params: &[f32]) {
        let means = means(input, pixels);
        let hidden = self.reduce.forward(means, params);
        self.sums = self.expand.forward(hidden, params);
        self.factors = self.sums.iter().map(|v| self.shape.apply(*v)).collect();
    }

    /// `g` is the gradient behind the gate and `dots` its products with the ungated map, summed per image and
    /// channel. Takes `g` through the gate and the activation of `layer`, whose sums are returned.
    pub(super) fn backward(
        &self,
        layer: &Layer,
        g: &mut [f32],
        dots: &[f32],
        (params, grads): (&[f32], &mut [f32]),
    ) -> Sums {
        let simd = simd();
        let c = layer.cout;
        let [n, h, w] = layer.shape;
        let slope = |v: f32, f: f32| match self.shape {
            GateShape::Sigmoid => f * (1.0 - f),
            GateShape::HardSigmoid => f32::from(u8::from(v > -3.0 && v < 3.0)) / 6.0,
        };
        let rows = dots.iter().zip(&self.sums).zip(&self.factors);
        let dsums = rows.map(|((d, v), f)| d * slope(*v, *f)).collect();
        let hidden = self.expand.backward(dsums, params, grads);
        let mut terms = self.reduce.backward(hidden, params, grads);
        let pixels = (h * w).max(1);
        terms.iter_mut().for_each(|t| *t /= pixels as f32);
        let parts: Vec<Sums> = (g.par_chunks_mut(pixels * c), self.factors.par_chunks(c), terms.par_chunks(c))
            .into_par_iter()
            .enumerate()
            .map(|(image, (g, factors, terms))| {
                let mut sums = Sums::zeros(c);
                let (mut first, mut second) = (vec![0.0; c], vec![0.0; c]);
                for (at, count) in spans(0, pixels, block_rows(2 * c), None) {
                    let Some(g) = g.get_mut(at * c..(at + count) * c) else { continue };
                    let [scale, shift] = layer.norm.affine();
                    let slope = Slope {
                        y: layer.view().raw(image * pixels + at, count),
                        scale,
                        shift,
                        mean: &layer.norm.mean,
                        activation: &layer.activation,
                        gate: Some([factors, terms]),
                    };
                    through_activation(&slope, g, [&mut first, &mut second], simd);
                    sums.absorb(&mut first, &mut second);
                }
                sums
            })
            .collect();
        debug_assert_eq!(parts.len(), n);
        Sums::merge(parts, c)
    }
}

/// The mean of each channel of each image, `[n, channels]`.
pub(super) fn means(input: View<'_>, pixels: usize) -> Vec<f32> {
    let simd = simd();
    let c = input.channels;
    let images = input.data.len() / (pixels * c).max(1);
    let rows = block_rows(2 * c);
    let each: Vec<Vec<f32>> = (0..images)
        .into_par_iter()
        .map(|image| {
            let mut room = Nhwc::scratch(1, 1, rows, c);
            let mut sum = vec![0f64; c];
            let mut block = vec![0.0; c];
            for (at, count) in spans(image * pixels, (image + 1) * pixels, rows, None) {
                total(input.read(at, count, &mut room.data, simd), &mut block, simd);
                sum.iter_mut().zip(&mut block).for_each(|(s, b)| *s += f64::from(std::mem::take(b)));
            }
            sum.iter().map(|s| (s / pixels as f64) as f32).collect()
        })
        .collect();
    each.concat()
}
