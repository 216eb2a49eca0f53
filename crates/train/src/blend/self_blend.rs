//! A face pasted onto itself (Shiohara and Yamasaki 2022, "Detecting Deepfakes with Self-Blended Images", section 3.2).

use base::Point;

use super::mask::{self, Bend};
use super::{height, mixed};
use crate::TrainError;
use crate::augment::codec::{Chroma, through_jpeg};
use crate::augment::detail::{blurred, down_and_up, sharpened};
use crate::augment::dice::Dice;
use crate::augment::recipe::{BlendRecipe, ColourRecipe};
use crate::augment::tile::Tile;
use crate::augment::tone::recolour;
use crate::augment::warp::{Affine, Mirrored, remap};

/// The blend.
pub(super) fn blend(real: &Tile, mesh: &[Point], recipe: &BlendRecipe, dice: &mut Dice) -> Result<Tile, TrainError> {
    let (mut source, mut target) = (real.clone(), real.clone());
    let changed = if dice.chance(0.5) { &mut source } else { &mut target };
    recolour(changed, &ColourRecipe::default(), dice);
    if dice.chance(0.75) {
        source = other_detail(&source, dice)?;
    } else if dice.chance(0.5) {
        target = other_detail(&target, dice)?;
    }
    let face = height(mesh);
    let mask = mask::draw(real.side, mesh, &recipe.masks, dice);
    let source = displaced(&source, face, dice);
    Ok(mixed(&source, &target, &mask::softened(&mask, face, recipe, dice)))
}

/// Another history: resized, blurred, sharpened or compressed.
pub(super) fn other_detail(tile: &Tile, dice: &mut Dice) -> Result<Tile, TrainError> {
    let what = dice.unit();
    if what < 0.55 {
        return down_and_up(tile, dice.between([0.25, 0.85]), dice);
    }
    if what < 0.75 {
        return Ok(blurred(&tile.floats(), dice.between([0.5, 1.8])).tile());
    }
    if what < 0.9 {
        return Ok(sharpened(tile, dice.between([0.3, 1.1]), dice.between([0.8, 2.0])));
    }
    through_jpeg(tile, 20 + dice.below(50) as u8, Chroma::Halved)
}

/// A little turned, scaled and shifted, at times bent. Amounts are in heights of the face.
fn displaced(source: &Tile, face: f32, dice: &mut Dice) -> Tile {
    let shift = [dice.either_way(0.045) * face, dice.either_way(0.03) * face];
    let (turn, scale) = (dice.either_way(3.0), dice.between([0.95, 1.05]));
    let map = Affine::about_middle(source.side, turn, scale, shift, Mirrored::No);
    let bend = dice.chance(0.3).then(|| Bend::new(source.side, 6, 0.015 * face, dice));
    remap(&source.floats(), source.side, |x, y| {
        let (x, y) = bend.as_ref().map_or((x, y), |bend| bend.at(x, y));
        map.at(x, y)
    })
}
