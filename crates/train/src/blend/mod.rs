//! Fakes made from real faces alone.
//!
//! - **Self-blended images** (Shiohara and Yamasaki 2022): a face is pasted onto itself, one of the two copies changed
//!   in colour, sharpness or place, within a mask. What is left to find is the border and the difference of statistics
//!   that every pasted face has, and nothing of one generator.
//! - **Cross-identity blends** (Li et al. 2020, "Face X-ray"): the face of the person whose landmarks are nearest.
//! - **Decoder texture**: the face as it comes out of a small bottleneck with a learned upscaler, pasted back: no border
//!   of colour, but the texture that decoders leave.
//!
//! All are made at the size that crops are kept at, before augmentation, which then treats them like any other crop.

mod cross;
mod mask;
mod self_blend;
mod shape;
mod texture;

use base::Point;

use crate::TrainError;
use crate::augment::dice::Dice;
use crate::augment::recipe::BlendRecipe;
use crate::augment::tile::{Tile, byte};
use crate::augment::warp::Plane;

pub(crate) use shape::Shape;

/// How a fake is made of a real face.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Made {
    /// Pasted onto itself.
    SelfBlend,
    /// Another person's face pasted onto it.
    CrossBlend,
    /// Through a bottleneck and pasted back.
    Texture,
}

impl Made {
    /// The word of recipes.
    pub fn name(self) -> &'static str {
        match self {
            Self::SelfBlend => "self_blend",
            Self::CrossBlend => "cross_blend",
            Self::Texture => "texture",
        }
    }
}

/// The face that is pasted onto another.
#[derive(Debug)]
pub(crate) struct Donor {
    /// Its crop.
    pub tile: Tile,
    /// Its mesh, in px of the crop.
    pub mesh: Vec<Point>,
}

/// Makes a fake of a real crop. A cross-identity blend without a donor is a self-blend.
///
/// # Errors
/// A codec or resizer that fails.
pub(crate) fn make(
    made: Made,
    real: &Tile,
    mesh: &[Point],
    donor: Option<&Donor>,
    recipe: &BlendRecipe,
    dice: &mut Dice,
) -> Result<Tile, TrainError> {
    match (made, donor) {
        (Made::CrossBlend, Some(donor)) => cross::blend(real, mesh, donor, recipe, dice),
        (Made::SelfBlend | Made::CrossBlend, _) => self_blend::blend(real, mesh, recipe, dice),
        (Made::Texture, _) => texture::blend(real, mesh, recipe, dice),
    }
}

/// `mask · source + (1 - mask) · target`.
fn mixed(source: &Tile, target: &Tile, mask: &Plane) -> Tile {
    let mut out = target.clone();
    let pixels = out.pixels_mut().iter_mut().zip(source.pixels()).zip(&mask.values);
    for ((pixel, from), &m) in pixels {
        for (value, &other) in pixel.iter_mut().zip(from) {
            *value = byte(f32::from(*value) + m * (f32::from(other) - f32::from(*value)));
        }
    }
    out
}

/// Height of the face in px of its crop: what amounts are measured in.
fn height(mesh: &[Point]) -> f32 {
    let (low, high) = mesh.iter().fold((f32::MAX, f32::MIN), |(low, high), p| (low.min(p.y), high.max(p.y)));
    (high - low).max(8.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::augment::dice::Purpose;

    /// A mesh that is round where faces are, and a crop with some texture.
    pub(super) fn face() -> (Tile, Vec<Point>) {
        let value = |i: usize| {
            let (x, y) = (i % 140, i / 140);
            let grain = (x * 7919 + y * 104_729) % 23;
            [(100 + x / 2 + grain) as u8, (80 + y / 2 + grain) as u8, (60 + grain * 3) as u8]
        };
        let tile = Tile::from_rgb(140, &(0..140 * 140).flat_map(value).collect::<Vec<u8>>());
        (tile, mesh(70.0, 72.0, 50.0, 64.0))
    }

    /// 468 points on an ellipse, the outline last to first on its edge, the parts where they are on a face.
    pub(super) fn mesh(cx: f32, cy: f32, rx: f32, ry: f32) -> Vec<Point> {
        let mut points: Vec<Point> = (0..468)
            .map(|i| {
                let (turn, reach) = (i as f32 * 2.399_963, (i as f32 / 468.0).sqrt() * 0.9);
                Point::new(cx + rx * reach * turn.cos(), cy + ry * reach * turn.sin())
            })
            .collect();
        for (n, &i) in mask::OVAL.iter().enumerate() {
            let turn = n as f32 / mask::OVAL.len() as f32 * std::f32::consts::TAU;
            points[i] = Point::new(cx + rx * turn.sin(), cy - ry * turn.cos());
        }
        for (part, y, w, h) in
            [(mask::EYES, -0.3, 0.6, 0.12), (mask::MOUTH, 0.5, 0.3, 0.1), (mask::NOSE, 0.1, 0.15, 0.25)]
        {
            for (n, &i) in part.iter().enumerate() {
                let turn = n as f32 / part.len() as f32 * std::f32::consts::TAU;
                points[i] = Point::new(cx + rx * w * turn.cos(), cy + ry * (y + h * turn.sin()));
            }
        }
        points
    }

    #[test]
    fn every_fake_differs_inside_the_face_and_hardly_outside() {
        let (real, points) = face();
        let other = Tile { side: 140, bytes: real.bytes.iter().map(|b| b.wrapping_add(40)).collect() };
        let donor = Donor { tile: other, mesh: mesh(66.0, 70.0, 45.0, 60.0) };
        for made in [Made::SelfBlend, Made::CrossBlend, Made::Texture] {
            let (mut inside, mut corners) = (0.0, 0.0);
            for seed in 0..24 {
                let mut dice = Dice::new(seed, 0, 0, Purpose::Choice);
                let fake = make(made, &real, &points, Some(&donor), &BlendRecipe::default(), &mut dice).unwrap();
                let mut again = Dice::new(seed, 0, 0, Purpose::Choice);
                let twin = make(made, &real, &points, Some(&donor), &BlendRecipe::default(), &mut again).unwrap();
                assert_eq!(fake, twin, "the same dice make the same fake");
                let change = |x: usize, y: usize| {
                    let (a, b) = (fake.pixels()[y * 140 + x], real.pixels()[y * 140 + x]);
                    a.iter().zip(b).map(|(a, b)| f32::from(a.abs_diff(b))).sum::<f32>()
                };
                inside +=
                    (30..110).flat_map(|y| (40..100).map(move |x| (x, y))).map(|(x, y)| change(x, y)).sum::<f32>()
                        / 4800.0;
                let corner = (0..10).flat_map(|y| (0..10).map(move |x| (x, y)));
                corners += corner.map(|(x, y)| change(x, y) + change(139 - x, 139 - y)).sum::<f32>() / 200.0;
            }
            assert!(inside > 24.0, "{made:?} {inside}");
            // One of the two copies of a self-blend is changed all over; what is pasted must not be the corner.
            assert!(made == Made::SelfBlend || corners < 24.0, "{made:?} {corners}");
        }
    }
}
