//! Which part of a face was exchanged: masks from the points of the face mesh.

use base::Point;

use crate::augment::detail::blurred_plane;
use crate::augment::dice::Dice;
use crate::augment::recipe::{BlendRecipe, MaskShares};
use crate::augment::sampler::Weighted;
use crate::augment::warp::Plane;

// Points of MediaPipe's canonical face mesh, by their numbers. The outline, clockwise from the top of the forehead:
pub(super) const OVAL: &[usize] = &[
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150,
    136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
];
/// Both eyes with their brows.
pub(super) const EYES: &[usize] = &[
    33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246, 263, 249, 390, 373, 374, 380, 381,
    382, 362, 398, 384, 385, 386, 387, 388, 466, 70, 63, 105, 66, 107, 336, 296, 334, 293, 300,
];
/// The lips and a little around them.
pub(super) const MOUTH: &[usize] =
    &[61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185, 18, 200, 83, 313];
/// From its root to the nostrils.
pub(super) const NOSE: &[usize] = &[168, 6, 197, 195, 5, 4, 1, 19, 94, 2, 98, 97, 326, 327, 129, 358, 48, 278];
/// Cheeks, nose and chin.
const LOWER: &[usize] = &[
    234, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 4, 50, 280,
];
/// Top of the forehead and tip of the chin.
const TOP: usize = 10;
const CHIN: usize = 152;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Face,
    Forehead,
    Lower,
    Eyes,
    Mouth,
    Nose,
    Half,
}

/// A mask of one part, drawn as often as the recipe says: 1 inside, 0 outside.
pub(super) fn draw(side: usize, mesh: &[Point], shares: &MaskShares, dice: &mut Dice) -> Plane {
    let parts = [
        (Part::Face, shares.face),
        (Part::Forehead, shares.forehead),
        (Part::Lower, shares.lower),
        (Part::Eyes, shares.eyes),
        (Part::Mouth, shares.mouth),
        (Part::Nose, shares.nose),
        (Part::Half, shares.half),
    ];
    let parts = Weighted::new(parts.into_iter().filter(|(_, share)| *share > 0.0));
    of(parts.draw(dice).copied().unwrap_or(Part::Face), side, mesh, dice)
}

/// A mask of the whole face, with or without the forehead.
pub(super) fn whole(side: usize, mesh: &[Point], dice: &mut Dice) -> Plane {
    let part = if dice.chance(0.3) { Part::Forehead } else { Part::Face };
    of(part, side, mesh, dice)
}

fn of(part: Part, side: usize, mesh: &[Point], dice: &mut Dice) -> Plane {
    let of = |numbers: &[usize]| numbers.iter().filter_map(|&i| mesh.get(i).copied()).collect::<Vec<_>>();
    let at = |i: usize| mesh.get(i).copied().unwrap_or_default();
    match part {
        // The outline alone is a little rounder than the hull of all points.
        Part::Face if dice.chance(0.6) => filled(side, &hull(of(OVAL))),
        Part::Face => filled(side, &hull(mesh.to_vec())),
        Part::Forehead => {
            let reach = dice.between([0.1, 0.3]);
            let (up_x, up_y) = ((at(TOP).x - at(CHIN).x) * reach, (at(TOP).y - at(CHIN).y) * reach);
            let mut points = of(OVAL);
            let middle = Point::new((at(TOP).x + at(CHIN).x) / 2.0, (at(TOP).y + at(CHIN).y) / 2.0);
            let above = points.clone().into_iter().filter(|p| {
                (p.x - middle.x) * up_x + (p.y - middle.y) * up_y
                    > 0.3 * (up_x * (at(TOP).x - middle.x) + up_y * (at(TOP).y - middle.y))
            });
            points.extend(above.map(|p| Point::new(p.x + up_x, p.y + up_y)));
            filled(side, &hull(points))
        }
        Part::Lower => filled(side, &hull(of(LOWER))),
        Part::Eyes if dice.chance(0.3) => union(&filled(side, &hull(of(EYES))), &filled(side, &hull(of(MOUTH)))),
        Part::Eyes => filled(side, &hull(of(EYES))),
        Part::Mouth => filled(side, &hull(of(MOUTH))),
        Part::Nose => filled(side, &hull(of(NOSE))),
        Part::Half => {
            let mut plane = filled(side, &hull(mesh.to_vec()));
            let (top, chin) = (at(TOP), at(CHIN));
            let sign = if dice.chance(0.5) { 1.0 } else { -1.0 };
            // On which side of the line from forehead to chin a pixel lies.
            for (i, value) in plane.values.iter_mut().enumerate() {
                let (x, y) = ((i % side) as f32 + 0.5, (i / side) as f32 + 0.5);
                let across = (chin.x - top.x) * (y - top.y) - (chin.y - top.y) * (x - top.x);
                if across * sign < 0.0 {
                    *value = 0.0;
                }
            }
            plane
        }
    }
}

/// Elastic deformation, soft edges and the share of the other side: how a mask becomes one that blends.
/// Amounts are in heights of the face, `height` px.
pub(super) fn softened(mask: &Plane, height: f32, recipe: &BlendRecipe, dice: &mut Dice) -> Plane {
    let bend = Bend::new(mask.side, 8, 0.035 * height, dice);
    let mask = mask.remapped(|x, y| bend.at(x, y));
    let mut mask = blurred_plane(&mask, dice.between([0.007, 0.06]) * height);
    if dice.chance(0.5) {
        // Only the core stays whole, and the edge is softened once more.
        mask.values.iter_mut().for_each(|v| *v = (*v * 1.6 - 0.3).clamp(0.0, 1.0));
        mask = blurred_plane(&mask, dice.between([0.005, 0.027]) * height);
    }
    let ratio = dice.pick(recipe.ratios);
    mask.values.iter_mut().for_each(|v| *v *= ratio);
    mask
}

/// A smooth random shift of every place.
#[derive(Debug)]
pub(super) struct Bend {
    dx: Plane,
    dy: Plane,
}

impl Bend {
    /// Normal shifts of this many px at the nodes of a grid, and between them what lies between.
    pub fn new(side: usize, cells: usize, amount: f32, dice: &mut Dice) -> Self {
        let mut grid = || {
            let values = (0..cells * cells).map(|_| dice.normal() * amount).collect();
            Plane { side: cells, values }.stretched(side)
        };
        Self { dx: grid(), dy: grid() }
    }

    /// Where a place is taken from.
    pub fn at(&self, x: f32, y: f32) -> (f32, f32) {
        (x + self.dx.linear(x, y), y + self.dy.linear(x, y))
    }
}

fn union(a: &Plane, b: &Plane) -> Plane {
    Plane { side: a.side, values: a.values.iter().zip(&b.values).map(|(a, b)| a.max(*b)).collect() }
}

/// The convex hull, counter-clockwise with y up (Andrew's monotone chain).
fn hull(mut points: Vec<Point>) -> Vec<Point> {
    points.sort_by(|a, b| a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y)));
    points.dedup();
    let chain = |points: &mut dyn Iterator<Item = Point>| {
        let mut chain: Vec<Point> = Vec::new();
        for p in points {
            while let [.., a, b] = chain[..]
                && (b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x) <= 0.0
            {
                chain.pop();
            }
            chain.push(p);
        }
        chain.pop();
        chain
    };
    let mut all = chain(&mut points.iter().copied());
    all.extend(chain(&mut points.iter().rev().copied()));
    all
}

/// 1 for pixels whose middle lies in the convex polygon, 0 elsewhere.
fn filled(side: usize, polygon: &[Point]) -> Plane {
    let mut plane = Plane::filled(side, 0.0);
    let edges = || polygon.iter().zip(polygon.iter().cycle().skip(1));
    for (row, values) in plane.values.chunks_exact_mut(side).enumerate() {
        let y = row as f32 + 0.5;
        let crossings = edges().filter(|(a, b)| (a.y <= y) != (b.y <= y));
        let at = crossings.map(|(a, b)| a.x + (y - a.y) / (b.y - a.y) * (b.x - a.x));
        let (left, right) = at.fold((f32::MAX, f32::MIN), |(low, high), x| (low.min(x), high.max(x)));
        for (x, value) in values.iter_mut().enumerate() {
            let x = x as f32 + 0.5;
            if x >= left && x <= right {
                *value = 1.0;
            }
        }
    }
    plane
}

#[cfg(test)]
mod tests {
    use super::super::tests::mesh;
    use super::*;
    use crate::augment::dice::Purpose;

    fn area(plane: &Plane) -> f32 {
        plane.values.iter().sum()
    }

    #[test]
    fn a_hull_is_the_outermost_points_and_a_polygon_is_filled() {
        let corners = [[2.0, 2.0], [10.0, 2.0], [10.0, 8.0], [2.0, 8.0]].map(Point::from);
        let inner = [[5.0, 5.0], [2.0, 5.0], [9.0, 7.0]].map(Point::from);
        let hull = hull(corners.into_iter().chain(inner).collect());
        assert_eq!(hull.len(), 4);
        let plane = filled(16, &hull);
        assert_eq!(area(&plane), 48.0);
        assert_eq!((plane.values[5 * 16 + 5], plane.values[5 * 16 + 11], plane.values[9 * 16 + 5]), (1.0, 0.0, 0.0));
    }

    #[test]
    fn parts_have_the_sizes_of_parts() {
        let points = mesh(70.0, 72.0, 50.0, 64.0);
        let size = |part| area(&of(part, 140, &points, &mut Dice::new(1, 0, 0, Purpose::Choice)));
        let face = size(Part::Face);
        let ellipse = std::f32::consts::PI * 50.0 * 64.0;
        assert!((face / ellipse - 1.0).abs() < 0.05, "{face} {ellipse}");
        assert!(size(Part::Forehead) > face);
        assert!((size(Part::Half) / face - 0.5).abs() < 0.05);
        for part in [Part::Eyes, Part::Mouth, Part::Nose, Part::Lower] {
            assert!((0.005 * face..0.75 * face).contains(&size(part)), "{part:?} {}", size(part) / face);
        }
    }

    #[test]
    fn soft_masks_stay_between_nothing_and_their_ratio() {
        let points = mesh(70.0, 72.0, 50.0, 64.0);
        for seed in 0..20 {
            let mut dice = Dice::new(seed, 0, 0, Purpose::Choice);
            let mask = draw(140, &points, &MaskShares::default(), &mut dice);
            let soft = softened(&mask, 128.0, &BlendRecipe::default(), &mut dice);
            assert!(soft.values.iter().all(|v| (0.0..=1.0 + 1e-4).contains(v)));
            assert!(area(&soft) > 0.0);
        }
    }
}
