//! The face as a small decoder would paint it, pasted back: no border of colour, but another texture.
//!
//! The crop goes through a bottleneck (a quarter or a sixteenth of its pixels) and comes back by a linear upscaler of
//! sub-pixel convolution, learned on this very crop: for each of the four places of a pixel in its block, the weights
//! of 5 × 5 coarse pixels that predict it best. The four filters differ, as those of a decoder do, and leave a trace of
//! period two; at times they are disturbed, as those of a decoder that was trained too little.

use base::Point;

use super::mask;
use super::{height, mixed};
use crate::TrainError;
use crate::augment::detail::{DOWN, resized};
use crate::augment::dice::Dice;
use crate::augment::recipe::BlendRecipe;
use crate::augment::tile::{Floats, PIXEL, Tile};
use crate::augment::warp::folded;

/// Reach of the filters in coarse pixels.
const REACH: i32 = 2;
/// Coarse pixels that one fine pixel is predicted from.
const TAPS: usize = 25;
/// Places of a fine pixel in its block.
const PHASES: usize = 4;

/// The blend.
pub(super) fn blend(real: &Tile, mesh: &[Point], recipe: &BlendRecipe, dice: &mut Dice) -> Result<Tile, TrainError> {
    let even = real.side.next_multiple_of(4);
    let fine = if even == real.side { real.clone() } else { resized(real, even, dice.pick(DOWN))? };
    let disturbed = if dice.chance(0.4) { dice.between([0.01, 0.05]) } else { 0.0 };
    let painted = through_bottleneck(&fine, disturbed, dice)?;
    let painted = if dice.chance(0.35) {
        // A narrower bottleneck: the coarse picture itself was painted by such a decoder.
        let coarse = resized(&fine, even / 2, dice.pick(DOWN))?;
        let coarse = through_bottleneck(&coarse, disturbed, dice)?;
        Upscaler::learn(&resized(&fine, even / 2, DOWN[2])?.floats(), &fine.floats()).apply(&coarse.floats())
    } else {
        painted
    };
    let painted = if even == real.side { painted } else { resized(&painted, real.side, dice.pick(DOWN))? };
    let part = if dice.chance(0.6) {
        mask::whole(real.side, mesh, dice)
    } else {
        mask::draw(real.side, mesh, &recipe.masks, dice)
    };
    Ok(mixed(&painted, real, &mask::softened(&part, height(mesh), recipe, dice)))
}

fn through_bottleneck(fine: &Tile, disturbed: f32, dice: &mut Dice) -> Result<Tile, TrainError> {
    let coarse = resized(fine, fine.side / 2, DOWN[2])?.floats();
    let mut upscaler = Upscaler::learn(&coarse, &fine.floats());
    upscaler.filters.iter_mut().flatten().for_each(|w| *w += disturbed * dice.normal());
    upscaler.keep_flat_flat();
    Ok(upscaler.apply(&coarse))
}

/// One filter for each place of a fine pixel in its block.
#[derive(Debug)]
struct Upscaler {
    filters: [[f32; TAPS]; PHASES],
}

impl Upscaler {
    /// The filters that predict the fine picture best from the coarse one (ridge regression, on the green channel).
    fn learn(coarse: &Floats, fine: &Floats) -> Self {
        let mut gram = [[0.0f64; TAPS]; TAPS];
        let mut targets = [[0.0f64; TAPS]; PHASES];
        // Every third block is enough to learn a hundred numbers from.
        for block in (0..coarse.side * coarse.side).step_by(3) {
            let (x, y) = (block % coarse.side, block / coarse.side);
            let around = neighbours(coarse, x, y).map(|p| f64::from(p[1]) / 255.0);
            for (row, a) in gram.iter_mut().zip(around) {
                for (sum, b) in row.iter_mut().zip(around) {
                    *sum += a * b;
                }
            }
            for (phase, target) in targets.iter_mut().enumerate() {
                let at = (2 * y + phase / 2) * fine.side + 2 * x + phase % 2;
                let wanted = fine.pixels.get(at).map_or(0.0, |p| f64::from(p[1]) / 255.0);
                for (sum, a) in target.iter_mut().zip(around) {
                    *sum += wanted * a;
                }
            }
        }
        let ridge = 1e-3 * gram.iter().enumerate().filter_map(|(i, row)| row.get(i)).sum::<f64>() / TAPS as f64;
        for (i, row) in gram.iter_mut().enumerate() {
            if let Some(diagonal) = row.get_mut(i) {
                *diagonal += ridge;
            }
        }
        Self { filters: targets.map(|target| solve(gram, target).map(|v| v as f32)) }
    }

    /// Makes each filter sum to 1, so that a flat picture comes back as it was.
    fn keep_flat_flat(&mut self) {
        for filter in &mut self.filters {
            let missing = (1.0 - filter.iter().sum::<f32>()) / TAPS as f32;
            filter.iter_mut().for_each(|w| *w += missing);
        }
    }

    /// Twice as fine.
    fn apply(&self, coarse: &Floats) -> Tile {
        let side = coarse.side * 2;
        let mut fine = Floats { side, pixels: vec![[255.0; PIXEL]; side * side] };
        for block in 0..coarse.side * coarse.side {
            let (x, y) = (block % coarse.side, block / coarse.side);
            let around = neighbours(coarse, x, y);
            for (phase, filter) in self.filters.iter().enumerate() {
                let mut sum = [0.0; PIXEL];
                for (weight, pixel) in filter.iter().zip(&around) {
                    for (s, v) in sum.iter_mut().zip(pixel) {
                        *s += weight * v;
                    }
                }
                if let Some(pixel) = fine.pixels.get_mut((2 * y + phase / 2) * side + 2 * x + phase % 2) {
                    *pixel = sum;
                }
            }
        }
        fine.tile()
    }
}

fn neighbours(picture: &Floats, x: usize, y: usize) -> [[f32; PIXEL]; TAPS] {
    let width = 2 * REACH + 1;
    std::array::from_fn(|i| {
        let (dx, dy) = (i as i32 % width - REACH, i as i32 / width - REACH);
        let (x, y) = (folded(x as i32 + dx, picture.side), folded(y as i32 + dy, picture.side));
        picture.pixels.get(y * picture.side + x).copied().unwrap_or_default()
    })
}

/// Solves a positive definite system by Gauss's elimination.
#[expect(clippy::indexing_slicing, reason = "indices run over the arrays' own lengths")]
fn solve(mut a: [[f64; TAPS]; TAPS], mut b: [f64; TAPS]) -> [f64; TAPS] {
    for i in 0..TAPS {
        let pivot = a[i][i];
        for j in i + 1..TAPS {
            let factor = a[j][i] / pivot;
            let row = a[i];
            for (value, above) in a[j].iter_mut().zip(row).skip(i) {
                *value -= factor * above;
            }
            b[j] -= factor * b[i];
        }
    }
    for i in (0..TAPS).rev() {
        let known: f64 = (i + 1..TAPS).map(|j| a[i][j] * b[j]).sum();
        b[i] = (b[i] - known) / a[i][i];
    }
    b
}

#[cfg(test)]
mod tests {
    use super::super::tests::face;
    use super::*;
    use crate::augment::dice::Purpose;

    #[test]
    fn equations_are_solved() {
        let mut a = [[0.0; TAPS]; TAPS];
        for (i, row) in a.iter_mut().enumerate() {
            for (j, v) in row.iter_mut().enumerate() {
                *v = 1.0 / (1.0 + (i as f64 - j as f64).abs()) + if i == j { 2.0 } else { 0.0 };
            }
        }
        let x: [f64; TAPS] = std::array::from_fn(|i| i as f64 - 7.0);
        let b = a.map(|row| row.iter().zip(x).map(|(a, x)| a * x).sum());
        for (found, x) in solve(a, b).iter().zip(x) {
            assert!((found - x).abs() < 1e-9);
        }
    }

    #[test]
    fn a_learned_upscaler_beats_plain_enlarging() {
        let (tile, _) = face();
        // Something smooth with edges, which a filter can learn.
        let smooth = crate::augment::detail::blurred(&tile.floats(), 1.2).tile();
        let coarse = resized(&smooth, 70, DOWN[2]).unwrap();
        let learned = Upscaler::learn(&coarse.floats(), &smooth.floats()).apply(&coarse.floats());
        let plain = resized(&coarse, 140, DOWN[0]).unwrap();
        let loss = |t: &Tile| {
            t.pixels()
                .iter()
                .zip(smooth.pixels())
                .map(|(a, b)| (f32::from(a[1]) - f32::from(b[1])).powi(2))
                .sum::<f32>()
        };
        assert!(loss(&learned) < loss(&plain), "{} {}", loss(&learned), loss(&plain));
    }

    #[test]
    fn a_flat_picture_comes_back() {
        let flat = Tile::from_rgb(64, &[120; 64 * 64 * 3]);
        let back = through_bottleneck(&flat, 0.05, &mut Dice::new(1, 0, 0, Purpose::Choice)).unwrap();
        assert!(back.pixels().iter().all(|p| p[0].abs_diff(120) <= 1), "{:?}", back.pixels()[5]);
    }
}
