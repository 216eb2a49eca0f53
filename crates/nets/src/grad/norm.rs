//! Batch norm (Ioffe and Szegedy 2015), split so that both of its passes melt into what runs anyway.
//!
//! Forward, a layer adds up moments of its raw output while it is in cache; [`Norm::settle`] makes one scale and
//! shift per channel of them, which whoever reads the raw output next applies. Backward likewise: sums first,
//! then `a·g + b·y + d`.

use std::ops::Range;

use super::params::{part, part_mut};

/// Sums per channel in double precision, over whatever part of the pixels one task had.
#[derive(Clone, Debug, Default)]
pub(super) struct Sums {
    pub first: Vec<f64>,
    pub second: Vec<f64>,
}

impl Sums {
    pub(super) fn zeros(channels: usize) -> Self {
        Self { first: vec![0.0; channels], second: vec![0.0; channels] }
    }

    /// Adds single-precision sums of a block and clears them.
    pub(super) fn absorb(&mut self, first: &mut [f32], second: &mut [f32]) {
        for (to, from) in [(&mut self.first, first), (&mut self.second, second)] {
            for (t, f) in to.iter_mut().zip(from) {
                *t += f64::from(std::mem::take(f));
            }
        }
    }

    /// The sums of values and squares, from those of the differences to a reference, of `count` values.
    pub(super) fn about(mut self, reference: &[f32], count: usize) -> Self {
        for ((s, q), r) in self.first.iter_mut().zip(&mut self.second).zip(reference) {
            let (r, n) = (f64::from(*r), count as f64);
            *q += 2.0 * r * *s + n * r * r;
            *s += n * r;
        }
        self
    }

    /// The sums of all tasks, in order.
    pub(super) fn merge(parts: impl IntoIterator<Item = Self>, channels: usize) -> Self {
        let mut all = Self::zeros(channels);
        for part in parts {
            for (to, from) in [(&mut all.first, part.first), (&mut all.second, part.second)] {
                to.iter_mut().zip(from).for_each(|(t, f)| *t += f);
            }
        }
        all
    }
}

/// Whether norms use the moments of the batch or the ones they have learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Moments of the batch; the running ones move towards them.
    Train,
    /// Moments of the batch; the running ones stay (the second pass of SAM).
    TrainKeep,
    /// The running moments.
    Eval,
}

/// Where a norm's numbers lie, and what it has computed of the last batch.
#[derive(Debug, Default)]
pub(super) struct Norm {
    pub gamma: Range<usize>,
    pub beta: Range<usize>,
    pub running_mean: Range<usize>,
    pub running_var: Range<usize>,
    pub eps: f32,
    /// Share of the batch in the new running moments.
    pub momentum: f32,
    pub mean: Vec<f32>,
    pub scale: Vec<f32>,
    pub shift: Vec<f32>,
    pub inv_std: Vec<f32>,
    /// Values per channel of the last batch.
    pub count: usize,
    /// Of the gradient before the norm.
    pub a: Vec<f32>,
    pub b: Vec<f32>,
    pub d: Vec<f32>,
}

impl Norm {
    /// Scale and shift of this batch, from sums of values and of squares over `count` values.
    pub(super) fn settle(&mut self, sums: &Sums, count: usize, params: &[f32], running: &mut [f32], mode: Mode) {
        let n = count.max(1) as f64;
        let channels = self.gamma.len();
        let (mut mean, mut var) = (vec![0f64; channels], vec![0f64; channels]);
        if mode == Mode::Eval {
            let read = |range: &Range<usize>, to: &mut Vec<f64>| {
                to.iter_mut().zip(part(running, range)).for_each(|(t, f)| *t = f64::from(*f));
            };
            read(&self.running_mean, &mut mean);
            read(&self.running_var, &mut var);
        } else {
            for ((m, v), (s, q)) in mean.iter_mut().zip(&mut var).zip(sums.first.iter().zip(&sums.second)) {
                *m = s / n;
                *v = (q / n - *m * *m).max(0.0);
            }
        }
        if mode == Mode::Train {
            let unbiased = n / (n - 1.0).max(1.0);
            let momentum = f64::from(self.momentum);
            let mix = |to: &mut [f32], from: &[f64], factor: f64| {
                for (t, f) in to.iter_mut().zip(from) {
                    *t = (f64::from(*t) * (1.0 - momentum) + f * factor * momentum) as f32;
                }
            };
            mix(part_mut(running, &self.running_mean), &mean, 1.0);
            mix(part_mut(running, &self.running_var), &var, unbiased);
        }
        self.count = if mode == Mode::Eval { 0 } else { count };
        let inv: Vec<f64> = var.iter().map(|v| 1.0 / (v + f64::from(self.eps)).sqrt()).collect();
        let gamma = part(params, &self.gamma);
        let scale: Vec<f64> = gamma.iter().zip(&inv).map(|(g, i)| f64::from(*g) * i).collect();
        let beta = part(params, &self.beta);
        self.shift = beta.iter().zip(&mean).zip(&scale).map(|((b, m), s)| (f64::from(*b) - m * s) as f32).collect();
        self.scale = scale.iter().map(|v| *v as f32).collect();
        self.mean = mean.iter().map(|v| *v as f32).collect();
        self.inv_std = inv.iter().map(|v| *v as f32).collect();
    }

    /// From `sums` of g and of g (y − mean), g the gradient behind the norm: the gradients of scale and shift,
    /// and what [`Norm::coefficients`] gives.
    pub(super) fn settle_back(&mut self, sums: &Sums, params: &[f32], grads: &mut [f32]) {
        let channels = self.gamma.len();
        for v in [&mut self.a, &mut self.b, &mut self.d] {
            v.clear();
            v.reserve(channels);
        }
        let gamma = part(params, &self.gamma);
        for (((g, gy), gamma), inv) in sums.first.iter().zip(&sums.second).zip(gamma).zip(&self.inv_std) {
            let (gamma, inv) = (f64::from(*gamma), f64::from(*inv));
            let a = gamma * inv;
            // dy = γ/σ (g − mean(g) − x̂ mean(g x̂)), with x̂ = (y − µ)/σ; the running moments are constants.
            let (b, d) = if self.count == 0 {
                (0.0, 0.0)
            } else {
                let n = self.count as f64;
                let b = -a * inv * inv * gy / n;
                (b, -a * g / n)
            };
            self.a.push(a as f32);
            self.b.push(b as f32);
            self.d.push(d as f32);
        }
        let add = |to: &mut [f32], from: &mut dyn Iterator<Item = f64>| {
            to.iter_mut().zip(from).for_each(|(t, f)| *t += f as f32);
        };
        add(part_mut(grads, &self.beta), &mut sums.first.iter().copied());
        let x_hat = &mut sums.second.iter().zip(&self.inv_std).map(|(s, i)| s * f64::from(*i));
        add(part_mut(grads, &self.gamma), x_hat);
    }

    /// `[a, b, d, µ]`: the gradient before the norm is `a·g + b·(y − µ) + d`.
    pub(super) fn coefficients(&self) -> [&[f32]; 4] {
        [&self.a, &self.b, &self.d, &self.mean]
    }

    /// `[scale, shift]`.
    pub(super) fn affine(&self) -> [&[f32]; 2] {
        [&self.scale, &self.shift]
    }
}
