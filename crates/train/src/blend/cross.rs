//! Another person's face pasted onto one (Li et al. 2020, "Face X-ray for More General Face Forgery Detection",
//! section 3.2: the nearest landmarks, colour correction, a deformed and blurred hull).

use base::Point;

use super::self_blend::other_detail;
use super::{Donor, height, mask, mixed};
use crate::TrainError;
use crate::augment::dice::Dice;
use crate::augment::recipe::BlendRecipe;
use crate::augment::tile::{Tile, byte};
use crate::augment::warp::{Affine, Plane, remap};

/// The blend. Where landmarks do not overlap there is nothing to paste: the masks are those of the face that receives.
pub(super) fn blend(
    real: &Tile,
    mesh: &[Point],
    donor: &Donor,
    recipe: &BlendRecipe,
    dice: &mut Dice,
) -> Result<Tile, TrainError> {
    let map = fit(mesh, &donor.mesh);
    let mut source = remap(&donor.tile.floats(), real.side, |x, y| map.at(x, y));
    if dice.chance(0.5) {
        source = other_detail(&source, dice)?;
    }
    // Mostly the whole face, as swaps do; at times a part.
    let part = if dice.chance(0.75) {
        mask::whole(real.side, mesh, dice)
    } else {
        mask::draw(real.side, mesh, &recipe.masks, dice)
    };
    match_colours(&mut source, real, &part, dice.between([0.6, 1.0]));
    Ok(mixed(&source, real, &mask::softened(&part, height(mesh), recipe, dice)))
}

/// The affine map that takes the points of one mesh nearest to those of another (least squares), in px between the
/// middles of pixels.
fn fit(from: &[Point], to: &[Point]) -> Affine {
    let n = from.len().min(to.len()).max(1) as f64;
    let mean = |of: &[Point], f: fn(&Point) -> f32| of.iter().map(|p| f64::from(f(p))).sum::<f64>() / n;
    let (fx, fy) = (mean(from, |p| p.x), mean(from, |p| p.y));
    let (tx, ty) = (mean(to, |p| p.x), mean(to, |p| p.y));
    let (mut xx, mut xy, mut yy) = (1e-6, 0.0, 1e-6);
    let mut with_x = [0.0; 2];
    let mut with_y = [0.0; 2];
    for (a, b) in from.iter().zip(to) {
        let (x, y) = (f64::from(a.x) - fx, f64::from(a.y) - fy);
        let (u, v) = (f64::from(b.x) - tx, f64::from(b.y) - ty);
        xx += x * x;
        xy += x * y;
        yy += y * y;
        with_x = [with_x[0] + x * u, with_x[1] + x * v];
        with_y = [with_y[0] + y * u, with_y[1] + y * v];
    }
    let det = xx * yy - xy * xy;
    let row = |x: f64, y: f64| ((x * yy - y * xy) / det, (y * xx - x * xy) / det);
    let ((a, b), (d, e)) = (row(with_x[0], with_y[0]), row(with_x[1], with_y[1]));
    // Points count from the corner of the first pixel, maps from its middle.
    let half = |c: f64, a: f64, b: f64| c + 0.5 * (a + b) - 0.5;
    let (c, f) = (half(tx - a * fx - b * fy, a, b), half(ty - d * fx - e * fy, d, e));
    Affine([a, b, c, d, e, f].map(|v| v as f32))
}

/// Gives the source the mean and spread of the target's colours within the mask, `strength` of the way.
fn match_colours(source: &mut Tile, target: &Tile, mask: &Plane, strength: f32) {
    let (from, to) = (statistics(source, mask), statistics(target, mask));
    for pixel in source.pixels_mut() {
        for ((value, (mean, spread)), (wanted, wide)) in pixel.iter_mut().zip(from).zip(to) {
            let old = f32::from(*value);
            // More than half as much again would be noise.
            let new = (old - mean) * (wide / spread.max(1.0)).clamp(0.66, 1.5) + wanted;
            *value = byte(old + strength * (new - old));
        }
    }
}

/// Mean and standard deviation of each channel where the mask is.
fn statistics(tile: &Tile, mask: &Plane) -> [(f32, f32); 4] {
    let inside = || tile.pixels().iter().zip(&mask.values).filter(|(_, m)| **m > 0.5).map(|(p, _)| p);
    let n = inside().count().max(1) as f64;
    let mut sums = [(0.0f64, 0.0f64); 4];
    for pixel in inside() {
        for ((sum, squares), &v) in sums.iter_mut().zip(pixel) {
            *sum += f64::from(v);
            *squares += f64::from(v).powi(2);
        }
    }
    sums.map(|(sum, squares)| {
        let mean = sum / n;
        (mean as f32, (squares / n - mean * mean).max(0.0).sqrt() as f32)
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::mesh;
    use super::*;

    #[test]
    fn the_map_takes_one_face_onto_the_other() {
        let (a, b) = (mesh(70.0, 72.0, 50.0, 64.0), mesh(40.0, 50.0, 25.0, 40.0));
        let map = fit(&a, &b);
        for (p, q) in a.iter().zip(&b) {
            let (x, y) = map.at(p.x - 0.5, p.y - 0.5);
            assert!((x + 0.5 - q.x).abs() < 0.01 && (y + 0.5 - q.y).abs() < 0.01);
        }
    }

    #[test]
    fn colours_are_matched_within_the_mask() {
        let noisy = |level: usize| (0..64 * 64 * 3).map(|i| (level + i * 31 % 40) as u8).collect::<Vec<u8>>();
        let mut source = Tile::from_rgb(64, &noisy(150));
        let target = Tile::from_rgb(64, &noisy(60));
        let mask = Plane::filled(64, 1.0);
        match_colours(&mut source, &target, &mask, 1.0);
        for ((mean, spread), (wanted, wide)) in statistics(&source, &mask).into_iter().zip(statistics(&target, &mask)) {
            assert!((mean - wanted).abs() < 1.0 && (spread - wide).abs() < 1.0);
        }
    }
}
