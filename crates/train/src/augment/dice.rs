//! Random numbers that depend on what they are for and on nothing else.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// What a stream is drawn for; part of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub(crate) enum Purpose {
    /// Which kinds of couples a step has.
    Plan = 1,
    /// Which faces one place of the batch gets, and how a fake is made of them.
    Choice = 2,
    /// What is done to one example.
    Augment = 3,
    /// Variants that are made once, by row.
    Variant = 4,
    /// Pictures of the data for people.
    Show = 5,
}

/// One stream of random numbers. Its arithmetic is written out here, not taken from a crate of distributions, so
/// that an update of that crate cannot change what a seed stands for.
#[derive(Clone, Debug)]
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    /// The stream of this name.
    pub fn new(seed: u64, step: u64, index: u64, purpose: Purpose) -> Self {
        let mut name = [0u8; 32];
        for (part, value) in name.chunks_exact_mut(8).zip([seed, step, index, purpose as u64]) {
            part.copy_from_slice(&value.to_le_bytes());
        }
        Self(ChaCha8Rng::from_seed(name))
    }

    /// In [0, 1).
    pub fn unit(&mut self) -> f32 {
        (self.0.next_u32() >> 8) as f32 / (1 << 24) as f32
    }

    /// True in so many of 1.
    pub fn chance(&mut self, share: f32) -> bool {
        self.unit() < share
    }

    /// In [low, high).
    pub fn between(&mut self, [low, high]: [f32; 2]) -> f32 {
        low + (high - low) * self.unit()
    }

    /// In [-limit, limit).
    pub fn either_way(&mut self, limit: f32) -> f32 {
        self.between([-limit, limit])
    }

    /// A whole number below `n`; 0 when `n` is 0.
    pub fn below(&mut self, n: usize) -> usize {
        // Multiplied, not divided: the bias is below n / 2^32.
        ((u64::from(self.0.next_u32()) * n as u64) >> 32) as usize
    }

    /// One of several.
    pub fn pick<T: Copy, const N: usize>(&mut self, from: [T; N]) -> T {
        const { assert!(N > 0, "there must be something to pick from") };
        let at = self.below(N);
        // `below` stays below N.
        from.get(at).copied().unwrap_or(from[0])
    }

    /// From the normal distribution around 0 of width 1.
    pub fn normal(&mut self) -> f32 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f32::consts::TAU * self.unit()).cos()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_stream() {
        let draw = |seed, step, index, purpose| {
            let mut dice = Dice::new(seed, step, index, purpose);
            (0..4).map(|_| dice.unit()).collect::<Vec<_>>()
        };
        let first = draw(1, 2, 3, Purpose::Choice);
        assert_eq!(first, draw(1, 2, 3, Purpose::Choice));
        for other in [
            draw(2, 2, 3, Purpose::Choice),
            draw(1, 3, 3, Purpose::Choice),
            draw(1, 2, 4, Purpose::Choice),
            draw(1, 2, 3, Purpose::Augment),
        ] {
            assert_ne!(first, other);
        }
    }

    #[test]
    fn numbers_are_spread_as_promised() {
        let mut dice = Dice::new(0, 0, 0, Purpose::Plan);
        let n = 20_000;
        let mean = (0..n).map(|_| f64::from(dice.between([2.0, 4.0]))).sum::<f64>() / f64::from(n);
        assert!((mean - 3.0).abs() < 0.02, "{mean}");
        let mut counts = [0; 5];
        (0..n).for_each(|_| counts[dice.below(5)] += 1);
        assert!(counts.iter().all(|c| (c - n / 5i32).abs() < 300), "{counts:?}");
        let normals: Vec<f64> = (0..n).map(|_| f64::from(dice.normal())).collect();
        let mean = normals.iter().sum::<f64>() / f64::from(n);
        let variance = normals.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / f64::from(n);
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.04, "{mean} {variance}");
        assert_eq!(dice.below(0), 0);
    }
}
