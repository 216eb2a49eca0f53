//! What happens to one crop between the pack and the network, the same for both labels.

use base::Point;

use super::codec::{Chroma, through_jpeg, through_webp};
use super::detail::{DOWN, UP, add_noise, blurred, down_and_up, resized, sharpened};
use super::dice::Dice;
use super::occlude::drop_out;
use super::recipe::AugmentRecipe;
use super::tile::Tile;
use super::tone::recolour;
use super::warp::{Affine, Mirrored, remap};
use crate::TrainError;

/// A crop before it is augmented.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    /// `stored` px along one edge.
    pub tile: Tile,
    /// In px of the tile.
    pub landmarks: Option<[Point; 5]>,
    /// Pixels of the original under one edge of the crop.
    pub native: f32,
    /// Longest side of the original in px.
    pub whole: f32,
    /// What another detector said of it; it is the same however the crop is augmented.
    pub word: Option<f32>,
}

/// Room that is cut away last, at a random place, so that the blocks of codecs lie anywhere in what the network sees.
const ROOM: usize = 8;
/// Of JPEGs, so many keep colours as fine as brightness.
const FULL_CHROMA: f32 = 0.2;

/// The crop as the network sees it, `[side, side, 3]`.
///
/// # Errors
/// A codec that fails.
pub(crate) fn augment(
    recipe: &AugmentRecipe,
    mut subject: Subject,
    side: usize,
    dice: &mut Dice,
) -> Result<Vec<u8>, TrainError> {
    if dice.chance(recipe.drop_out)
        && let Some(landmarks) = &subject.landmarks
    {
        drop_out(&mut subject.tile, landmarks, dice);
    }
    let mut tile = moved(recipe, &subject, side, dice);
    if dice.chance(recipe.resize.share) {
        tile = down_and_up(&tile, dice.between(recipe.resize.range), dice)?;
    }
    if dice.chance(recipe.blur.share) {
        tile = blurred(&tile.floats(), dice.between(recipe.blur.range)).tile();
    }
    if dice.chance(recipe.sharpen.share) {
        tile = sharpened(&tile, dice.between(recipe.sharpen.range), dice.between([0.8, 2.0]));
    }
    if dice.chance(recipe.colour) {
        recolour(&mut tile, &recipe.tone, dice);
    }
    if dice.chance(recipe.noise.share) {
        add_noise(&mut tile, dice.between(recipe.noise.range), dice);
    }
    // The network's view of the crop shows less of the original than the crop does.
    let native = subject.native * tile.side as f32 / subject.tile.side as f32;
    if dice.chance(recipe.web) {
        tile = delivered(&tile, native, subject.whole, WEB, dice)?;
    } else if dice.chance(recipe.hard) {
        tile = delivered(&tile, native, subject.whole, HARD, dice)?;
    }
    if dice.chance(recipe.webp.share) {
        tile = through_webp(&tile, dice.between(recipe.webp.range))?;
    }
    if dice.chance(recipe.jpeg.share) {
        let quality = dice.between(recipe.jpeg.range).round() as u8;
        let chroma = if dice.chance(FULL_CHROMA) { Chroma::Full } else { Chroma::Halved };
        tile = through_jpeg(&tile, quality, chroma)?;
    }
    let room = tile.side - side;
    let (x, y) = (dice.below(room + 1), dice.below(room + 1));
    Ok(tile.cut_rgb(x, y, side))
}

/// Mirrored, turned, scaled and shifted: `side` px and the room.
fn moved(recipe: &AugmentRecipe, subject: &Subject, side: usize, dice: &mut Dice) -> Tile {
    let stored = subject.tile.side;
    let mirrored = if dice.chance(recipe.flip) { Mirrored::Yes } else { Mirrored::No };
    let shift = [0; 2].map(|_| dice.either_way(recipe.shift) * stored as f32);
    let degrees = dice.either_way(recipe.rotate_deg);
    let map = Affine::about_middle(stored, degrees, dice.between(recipe.scale), shift, mirrored);
    let size = (side + ROOM).min(stored.max(side));
    let left = stored.saturating_sub(size);
    let map = map.cornered_at(dice.below(left + 1) as f32, dice.below(left + 1) as f32);
    remap(&subject.tile.floats(), size, |x, y| map.at(x, y))
}

/// What a platform does to a picture on the way.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Delivery {
    /// Most pixels along the longest side.
    longest: f32,
    /// Of the JPEG.
    quality: u8,
}

/// The tiers of `facefiction evaluate`.
const WEB: Delivery = Delivery { longest: 768.0, quality: 60 };
const HARD: Delivery = Delivery { longest: 512.0, quality: 40 };

/// The crop as it would look had the whole picture been delivered so, `native` px of it under the crop.
fn delivered(tile: &Tile, native: f32, whole: f32, delivery: Delivery, dice: &mut Dice) -> Result<Tile, TrainError> {
    let kept = native * (delivery.longest / whole.max(1.0)).min(1.0);
    // A crop is never finer than it is stored.
    let small = (kept.round() as usize).clamp(8, tile.side);
    let (down, up) = (dice.pick(DOWN), dice.pick(UP));
    let shrunk = if small == tile.side { tile.clone() } else { resized(tile, small, down)? };
    let coded = through_jpeg(&shrunk, delivery.quality, Chroma::Halved)?;
    if small == tile.side { Ok(coded) } else { resized(&coded, tile.side, up) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::augment::dice::Purpose;
    use crate::augment::recipe::Sometimes;

    fn subject() -> Subject {
        let value = |i: usize| {
            let (x, y) = (i % 140, i / 140);
            [(x + 60) as u8, (y + 30) as u8, if (x / 10 + y / 10) % 2 == 0 { 60 } else { 190 }]
        };
        let tile = Tile::from_rgb(140, &(0..140 * 140).flat_map(value).collect::<Vec<u8>>());
        let landmarks = [[45.0, 55.0], [95.0, 55.0], [70.0, 80.0], [50.0, 105.0], [90.0, 105.0]].map(Point::from);
        Subject { tile, landmarks: Some(landmarks), native: 140.0, whole: 1000.0, word: None }
    }

    fn nothing() -> AugmentRecipe {
        let never = Sometimes { share: 0.0, range: [0.0, 1.0] };
        AugmentRecipe {
            flip: 0.0,
            rotate_deg: 0.0,
            scale: [1.0; 2],
            shift: 0.0,
            resize: never,
            blur: never,
            colour: 0.0,
            noise: never,
            jpeg: never,
            ..AugmentRecipe::default()
        }
    }

    fn run(recipe: &AugmentRecipe, seed: u64) -> Vec<u8> {
        augment(recipe, subject(), 128, &mut Dice::new(seed, 0, 0, Purpose::Augment)).unwrap()
    }

    #[test]
    fn a_recipe_of_nothing_only_cuts() {
        let cut = run(&nothing(), 5);
        let tile = subject().tile;
        let found = (0..=12).flat_map(|x| (0..=12).map(move |y| (x, y))).any(|(x, y)| tile.cut_rgb(x, y, 128) == cut);
        assert!(found, "the cut is none of the crop");
    }

    #[test]
    fn each_step_does_something_and_the_same_dice_do_the_same() {
        let always = |low: f32, high: f32| Sometimes { share: 1.0, range: [low, high] };
        let plain = run(&nothing(), 3);
        let recipes = [
            ("mirror", AugmentRecipe { flip: 1.0, ..nothing() }),
            ("turn", AugmentRecipe { rotate_deg: 10.0, ..nothing() }),
            ("scale", AugmentRecipe { scale: [1.1, 1.2], ..nothing() }),
            ("resize", AugmentRecipe { resize: always(0.3, 0.5), ..nothing() }),
            ("blur", AugmentRecipe { blur: always(1.0, 2.0), ..nothing() }),
            ("sharpen", AugmentRecipe { sharpen: always(1.0, 2.0), ..nothing() }),
            ("colour", AugmentRecipe { colour: 1.0, tone: tinted(), ..nothing() }),
            ("noise", AugmentRecipe { noise: always(3.0, 6.0), ..nothing() }),
            ("web", AugmentRecipe { web: 1.0, ..nothing() }),
            ("hard", AugmentRecipe { hard: 1.0, ..nothing() }),
            ("webp", AugmentRecipe { webp: always(20.0, 30.0), ..nothing() }),
            ("jpeg", AugmentRecipe { jpeg: always(20.0, 30.0), ..nothing() }),
            ("drop-out", AugmentRecipe { drop_out: 1.0, ..nothing() }),
            ("all", AugmentRecipe::default()),
        ];
        for (name, recipe) in recipes {
            let done = run(&recipe, 3);
            assert_ne!(done, plain, "{name}");
            assert_eq!(done, run(&recipe, 3), "{name}");
            assert_eq!(done.len(), 128 * 128 * 3);
        }
    }

    fn tinted() -> crate::augment::recipe::ColourRecipe {
        let tint = Sometimes { share: 1.0, range: [5.0, 15.0] };
        crate::augment::recipe::ColourRecipe { tint, ..Default::default() }
    }

    #[test]
    fn a_small_face_in_a_large_picture_loses_more_by_delivery() {
        let loss = |native: f32, whole: f32, delivery: Delivery| {
            let tile = subject().tile;
            let mut total = 0.0;
            for seed in 0..8 {
                let mut dice = Dice::new(seed, 0, 0, Purpose::Augment);
                let out = delivered(&tile, native, whole, delivery, &mut dice).unwrap();
                total += tile.bytes.iter().zip(&out.bytes).map(|(&a, &b)| f32::from(a.abs_diff(b))).sum::<f32>();
            }
            total
        };
        assert!(loss(140.0, 3000.0, WEB) > loss(140.0, 700.0, WEB));
        assert!(loss(140.0, 3000.0, HARD) > loss(140.0, 3000.0, WEB));
    }
}
