//! Landmark drop-out: a part of the face is painted over, so that no network rests on one cue alone.

use base::{Point, Rect};

use super::dice::Dice;
use super::tile::{PIXEL, Tile};

/// Of the crops that are painted over at all, so many lose half of the face (the field's best-known recipe has both).
const HALF: f32 = 0.2;

/// Paints over the eyes, the nose, the mouth or half of the face, whose landmarks are in px of the tile.
pub(crate) fn drop_out(tile: &mut Tile, landmarks: &[Point; 5], dice: &mut Dice) {
    let hidden = hidden(tile.side as f32, landmarks, dice);
    let colour = match dice.chance(0.5) {
        true => [0, 0, 0, 255],
        false => mean_colour(tile),
    };
    let side = tile.side;
    let rows = tile.bytes.chunks_exact_mut(side * PIXEL);
    let within = |at: usize, from: f32, to: f32| (from..to).contains(&(at as f32 + 0.5));
    for (_, row) in rows.enumerate().filter(|(y, _)| within(*y, hidden.y, hidden.bottom())) {
        let pixels = row.as_chunks_mut::<PIXEL>().0.iter_mut().enumerate();
        pixels.filter(|(x, _)| within(*x, hidden.x, hidden.right())).for_each(|(_, pixel)| *pixel = colour);
    }
}

fn hidden(side: f32, landmarks: &[Point; 5], dice: &mut Dice) -> Rect {
    let [left_eye, right_eye, nose, left_mouth, right_mouth] = *landmarks;
    let eyes = left_eye.distance(right_eye).max(0.1 * side);
    let around = |a: Point, b: Point, w: f32, h: f32| {
        let middle = Point::new((a.x + b.x) / 2.0, (a.y + b.y) / 2.0);
        Rect::new(middle.x - w / 2.0, middle.y - h / 2.0, w, h)
    };
    if dice.chance(HALF) {
        return match dice.below(4) {
            0 => Rect::from_corners(0.0, 0.0, nose.x, side),
            1 => Rect::from_corners(nose.x, 0.0, side, side),
            2 => Rect::from_corners(0.0, 0.0, side, nose.y),
            _ => Rect::from_corners(0.0, nose.y, side, side),
        };
    }
    match dice.below(3) {
        0 => around(left_eye, right_eye, 1.8 * eyes, 0.6 * eyes),
        1 => around(nose, nose, 0.7 * eyes, 0.6 * eyes),
        _ => around(left_mouth, right_mouth, 1.2 * eyes, 0.6 * eyes),
    }
}

fn mean_colour(tile: &Tile) -> [u8; PIXEL] {
    let mut sums = [0u64; PIXEL];
    for pixel in tile.pixels() {
        for (sum, &v) in sums.iter_mut().zip(pixel) {
            *sum += u64::from(v);
        }
    }
    sums.map(|s| (s / tile.pixels().len().max(1) as u64) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::augment::dice::Purpose;

    #[test]
    fn a_part_is_hidden_and_never_all_of_the_face() {
        let landmarks = [[40.0, 50.0], [88.0, 50.0], [64.0, 75.0], [45.0, 95.0], [83.0, 95.0]].map(Point::from);
        let mut eyes_hidden = 0;
        for seed in 0..200 {
            let mut tile = Tile::from_rgb(128, &[200; 128 * 128 * 3]);
            // Half of the colours are the mean, which is the same here: look at those that are black.
            drop_out(&mut tile, &landmarks, &mut Dice::new(seed, 0, 0, Purpose::Augment));
            let black = tile.pixels().iter().filter(|p| p[0] == 0).count();
            assert!(black < 128 * 128 * 7 / 10, "{black}");
            assert!(black == 0 || black > 200);
            let at = |p: Point| tile.pixels()[p.y as usize * 128 + p.x as usize][0];
            let seen = landmarks.iter().filter(|p| at(**p) == 200).count();
            assert!(seen >= 2, "{seen} of 5 landmarks are left");
            eyes_hidden += usize::from(at(landmarks[0]) == 0);
        }
        assert!((20..80).contains(&eyes_hidden), "{eyes_hidden}");
    }
}
