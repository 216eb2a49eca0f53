//! Fully connected layers on a few rows: gates and heads. Small beside the convolutions, so plain.

use std::ops::Range;

use super::kernel::{Function, HardSwish, Identity, Relu, Relu6, Silu, by_activation, simd};
use super::outer::Outer;
use super::panels::{Product, pack, pack_across};
use super::params::{part, part_mut};
use crate::cpu::Activation;

/// `f(x Wᵀ + b)`.
#[derive(Debug)]
pub(super) struct Linear {
    pub input: usize,
    pub output: usize,
    /// `[output, input]`.
    pub weight: Range<usize>,
    pub bias: Range<usize>,
    pub activation: Activation,
    /// Sums before the activation, of the last batch.
    sums: Vec<f32>,
    /// What was given, of the last batch.
    given: Vec<f32>,
}

impl Linear {
    pub(super) fn new(
        [output, input]: [usize; 2],
        weight: Range<usize>,
        bias: Range<usize>,
        activation: Activation,
    ) -> Self {
        Self { input, output, weight, bias, activation, sums: Vec::new(), given: Vec::new() }
    }

    /// `[n, input]` → `[n, output]`.
    pub(super) fn forward(&mut self, x: Vec<f32>, params: &[f32]) -> Vec<f32> {
        let rows = x.len() / self.input.max(1);
        let panels = pack(self.output, self.input, part(params, &self.weight));
        let bias: Vec<f32> = part(params, &self.bias).repeat(rows);
        self.sums = vec![0.0; rows * self.output];
        let product = Product { a: &x, depth: self.input, panels: &panels, residual: Some(&bias) };
        product.write(&mut self.sums, self.output, simd());
        self.given = x;
        by_activation!(&self.activation, F => self.sums.iter().map(|v| <F as Function>::value(*v)).collect())
    }

    /// From the gradient `[n, output]` the input's `[n, input]`; the parameters' are added to `grads`.
    pub(super) fn backward(&self, mut g: Vec<f32>, params: &[f32], grads: &mut [f32]) -> Vec<f32> {
        let simd = simd();
        by_activation!(&self.activation, F => {
            g.iter_mut().zip(&self.sums).for_each(|(g, v)| *g *= <F as Function>::slope(*v));
        });
        let rows = g.len() / self.output.max(1);
        let bias = part_mut(grads, &self.bias);
        for row in g.chunks_exact(self.output.max(1)) {
            bias.iter_mut().zip(row).for_each(|(b, g)| *b += g);
        }
        let steps = |width: usize| (0..rows).map(|r| r * width).collect::<Vec<_>>();
        let (bases, dy_bases) = (steps(self.input), steps(self.output));
        let outer = Outer {
            dy: &g,
            dy_bases: &dy_bases,
            outs: self.output,
            x: &self.given,
            bases: &bases,
            run: self.input,
            out_pitch: self.input,
        };
        outer.add_to(part_mut(grads, &self.weight), simd);
        let panels = pack_across(self.input, self.output, |o| o * self.input, part(params, &self.weight));
        let mut back = vec![0.0; rows * self.input];
        Product { a: &g, depth: self.output, panels: &panels, residual: None }.write(&mut back, self.input, simd);
        back
    }
}
