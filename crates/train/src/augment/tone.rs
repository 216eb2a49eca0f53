//! Colours.

use super::dice::Dice;
use super::recipe::ColourRecipe;
use super::tile::{Tile, byte};

/// Tint, contrast, brightness, hue and saturation, all in one pass.
pub(crate) fn recolour(tile: &mut Tile, recipe: &ColourRecipe, dice: &mut Dice) {
    let tint = match dice.chance(recipe.tint.share) {
        true => [0; 3].map(|_| dice.between(recipe.tint.range)),
        false => [0.0; 3],
    };
    let (contrast, brightness) = match dice.chance(recipe.contrast.share) {
        true => (dice.between(recipe.contrast.range), dice.between(recipe.brightness)),
        false => (1.0, 0.0),
    };
    let (hue, saturation) = match dice.chance(recipe.hue_deg.share) {
        true => (dice.between(recipe.hue_deg.range), dice.between(recipe.saturation)),
        false => (0.0, 1.0),
    };
    let mean = mean(tile) + tint.iter().sum::<f32>() / 3.0;
    let turn = hue_and_saturation(hue, saturation);
    // turn (contrast (p + tint - mean) + mean + brightness), written as turn contrast p + offset.
    let level = tint.map(|t| contrast * (t - mean) + mean + brightness);
    let offset = times(&turn, level);
    let matrix = turn.map(|row| row.map(|v| v * contrast));
    for pixel in tile.pixels_mut() {
        let [r, g, b, _] = pixel.map(f32::from);
        let [r, g, b] = times(&matrix, [r, g, b]);
        *pixel = [byte(r + offset[0]), byte(g + offset[1]), byte(b + offset[2]), 255];
    }
}

/// Mean of all channels.
fn mean(tile: &Tile) -> f32 {
    let sum: u64 = tile.pixels().iter().map(|&[r, g, b, _]| u64::from(r) + u64::from(g) + u64::from(b)).sum();
    sum as f32 / (3 * tile.pixels().len().max(1)) as f32
}

/// Weights of red, green and blue in brightness (ITU-R BT.709).
const LUMA: [f32; 3] = [0.2126, 0.7152, 0.0722];

/// The matrix that turns hues and stretches saturation and leaves brightness alone: the linear forms of W3C's Filter
/// Effects (`feColorMatrix`, `hueRotate` and `saturate`).
fn hue_and_saturation(degrees: f32, saturation: f32) -> [[f32; 3]; 3] {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let [r, g, b] = LUMA;
    let around = [0.143, 0.140, -0.283];
    let rotate = [
        [r + cos * (1.0 - r) - sin * r, g - cos * g - sin * g, b - cos * b + sin * (1.0 - b)],
        [r - cos * r + sin * around[0], g + cos * (1.0 - g) + sin * around[1], b - cos * b + sin * around[2]],
        [r - cos * r - sin * (1.0 - r), g - cos * g + sin * g, b + cos * (1.0 - b) + sin * b],
    ];
    let mut all = [[0.0; 3]; 3];
    for (row, out) in rotate.iter().zip(&mut all) {
        for ((value, &turn), &luma) in out.iter_mut().zip(row).zip(&LUMA) {
            *value = luma + saturation * (turn - luma);
        }
    }
    all
}

fn times(matrix: &[[f32; 3]; 3], [r, g, b]: [f32; 3]) -> [f32; 3] {
    matrix.map(|[x, y, z]| x * r + y * g + z * b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::augment::dice::Purpose;
    use crate::augment::recipe::Sometimes;

    #[test]
    fn grey_stays_grey_when_hues_turn() {
        for degrees in [-90.0, 12.0, 200.0] {
            let matrix = hue_and_saturation(degrees, 1.4);
            for v in times(&matrix, [100.0; 3]) {
                assert!((v - 100.0).abs() < 0.3, "{degrees} {v}");
            }
        }
        let still = times(&hue_and_saturation(0.0, 1.0), [10.0, 200.0, 60.0]);
        for (a, b) in still.into_iter().zip([10.0, 200.0, 60.0]) {
            assert!((a - b).abs() < 1e-3);
        }
        let [r, g, b] = times(&hue_and_saturation(0.0, 0.0), [10.0, 200.0, 60.0]);
        assert!((r - g).abs() < 1e-3 && (g - b).abs() < 1e-3, "no saturation is grey");
    }

    #[test]
    fn contrast_is_about_the_mean() {
        let always = |low: f32| Sometimes { share: 1.0, range: [low, low] };
        let never = Sometimes { share: 0.0, range: [0.0, 0.0] };
        let recipe = ColourRecipe {
            tint: always(5.0),
            contrast: always(0.5),
            brightness: [3.0, 3.0],
            hue_deg: never,
            saturation: [1.0, 1.0],
        };
        let mut tile = Tile::from_rgb(2, &[100, 100, 100, 120, 120, 120, 140, 140, 140, 80, 80, 80]);
        recolour(&mut tile, &recipe, &mut Dice::new(0, 0, 0, Purpose::Augment));
        // The mean is 110, with the tint 115: 105 becomes 115 - 5 + 3.
        assert_eq!(tile.pixels().iter().map(|p| p[0]).collect::<Vec<_>>(), [113, 123, 133, 103]);
    }
}
