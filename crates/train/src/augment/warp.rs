//! Turning, scaling, shifting and bending.
#![expect(clippy::indexing_slicing, reason = "every index is folded back into the picture first")]

use std::sync::LazyLock;

use super::tile::{Floats, PIXEL, Tile, byte};

/// From a pixel of the result to a place in the source: x' = a x + b y + c, y' = d x + e y + f, in px between the
/// middles of pixels, whose first is (0, 0).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Affine(pub [f32; 6]);

impl Affine {
    /// A turn by `degrees` (counter-clockwise as seen) and an enlargement about the middle of a square of `side` px,
    /// then a shift by `shift` px. With `mirrored` the source was mirrored before.
    pub fn about_middle(side: usize, degrees: f32, enlargement: f32, shift: [f32; 2], mirrored: Mirrored) -> Self {
        let middle = (side as f32 - 1.0) / 2.0;
        let (sin, cos) = degrees.to_radians().sin_cos();
        let (a, b) = (cos / enlargement, -sin / enlargement);
        // Of the inverse: subtract shift and middle, turn back, add the middle.
        let (tx, ty) = (middle + shift[0], middle + shift[1]);
        let row_x = [a, b, middle - a * tx - b * ty];
        let row_y = [-b, a, middle + b * tx - a * ty];
        let row_x = match mirrored {
            Mirrored::No => row_x,
            Mirrored::Yes => [-row_x[0], -row_x[1], 2.0 * middle - row_x[2]],
        };
        Self([row_x[0], row_x[1], row_x[2], row_y[0], row_y[1], row_y[2]])
    }

    /// The same for a result whose corner lies at (x, y) of this one's.
    pub fn cornered_at(self, x: f32, y: f32) -> Self {
        let [a, b, c, d, e, f] = self.0;
        Self([a, b, c + a * x + b * y, d, e, f + d * x + e * y])
    }

    /// Where a pixel of the result comes from.
    pub fn at(self, x: f32, y: f32) -> (f32, f32) {
        let [a, b, c, d, e, f] = self.0;
        (a * x + b * y + c, d * x + e * y + f)
    }
}

/// Whether left and right are exchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mirrored {
    /// As it is.
    No,
    /// Exchanged.
    Yes,
}

/// Steps between two pixels that the weights are tabulated at.
const PHASES: usize = 256;

/// Weights of the four nearest pixels for every phase: Keys 1981 with a = -0.75, as OpenCV's `INTER_CUBIC`.
static CUBIC: LazyLock<Vec<[f32; 4]>> = LazyLock::new(|| {
    let weights = |phase: usize| {
        const A: f32 = -0.75;
        let t = phase as f32 / PHASES as f32;
        let near = |x: f32| ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0;
        let far = |x: f32| ((A * x - 5.0 * A) * x + 8.0 * A) * x - 4.0 * A;
        [far(1.0 + t), near(t), near(1.0 - t), far(2.0 - t)]
    };
    (0..PHASES).map(weights).collect()
});

/// A result of `side` px, each of whose pixels is taken from the place that `from` says; beyond its edges the source
/// is mirrored.
pub(crate) fn remap(source: &Floats, side: usize, from: impl Fn(f32, f32) -> (f32, f32)) -> Tile {
    let mut bytes = vec![0; side * side * PIXEL];
    let table = CUBIC.as_slice();
    for (y, row) in bytes.chunks_exact_mut(side * PIXEL).enumerate() {
        for (x, pixel) in row.as_chunks_mut::<PIXEL>().0.iter_mut().enumerate() {
            let (sx, sy) = from(x as f32, y as f32);
            *pixel = cubic(source, table, sx, sy).map(byte);
        }
    }
    Tile { side, bytes }
}

#[inline]
fn cubic(source: &Floats, table: &[[f32; 4]], x: f32, y: f32) -> [f32; PIXEL] {
    let (left, top) = (x.floor(), y.floor());
    let phase = |fraction: f32| ((fraction * PHASES as f32) as usize).min(PHASES - 1);
    let (wx, wy) = (table[phase(x - left)], table[phase(y - top)]);
    let (left, top) = (left as i32 - 1, top as i32 - 1);
    let side = source.side;
    let mut sum = [0.0; PIXEL];
    if left >= 0 && top >= 0 && left + 3 < side as i32 && top + 3 < side as i32 {
        let start = top as usize * side + left as usize;
        for (dy, wy) in wy.iter().enumerate() {
            let row = &source.pixels[start + dy * side..start + dy * side + 4];
            for c in 0..PIXEL {
                sum[c] += wy * (wx[0] * row[0][c] + wx[1] * row[1][c] + wx[2] * row[2][c] + wx[3] * row[3][c]);
            }
        }
        return sum;
    }
    for (dy, wy) in (0..).zip(wy) {
        let row = folded(top + dy, side) * side;
        for (dx, wx) in (0..).zip(wx) {
            let pixel = source.pixels[row + folded(left + dx, side)];
            for c in 0..PIXEL {
                sum[c] += wy * wx * pixel[c];
            }
        }
    }
    sum
}

/// Mirrors a place beyond the edge back into 0..side, the edge pixel twice: `… 1 0 | 0 1 … n-1 | n-1 …`.
pub(crate) fn folded(at: i32, side: usize) -> usize {
    let side = side as i32;
    let at = at.rem_euclid(2 * side);
    (if at < side { at } else { 2 * side - 1 - at }) as usize
}

/// A grid of numbers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Plane {
    /// Numbers along one edge.
    pub side: usize,
    /// Row by row.
    pub values: Vec<f32>,
}

impl Plane {
    /// All of one value.
    pub fn filled(side: usize, value: f32) -> Self {
        Self { side, values: vec![value; side * side] }
    }

    /// Between four neighbours; beyond its edges the last value goes on.
    pub fn linear(&self, x: f32, y: f32) -> f32 {
        let last = self.side as f32 - 1.0;
        let (x, y) = (x.clamp(0.0, last), y.clamp(0.0, last));
        let (left, top) = (x as usize, y as usize);
        let (right, bottom) = ((left + 1).min(self.side - 1), (top + 1).min(self.side - 1));
        let (fx, fy) = (x - left as f32, y - top as f32);
        let at = |x: usize, y: usize| self.values[y * self.side + x];
        let upper = at(left, top) + (at(right, top) - at(left, top)) * fx;
        let lower = at(left, bottom) + (at(right, bottom) - at(left, bottom)) * fx;
        upper + (lower - upper) * fy
    }

    /// Stretched to another side.
    pub fn stretched(&self, side: usize) -> Self {
        let scale = self.side as f32 / side as f32;
        let at = |i: usize| (i as f32 + 0.5) * scale - 0.5;
        let values = (0..side * side).map(|i| self.linear(at(i % side), at(i / side))).collect();
        Self { side, values }
    }

    /// Each value taken from the place that `from` says.
    pub fn remapped(&self, from: impl Fn(f32, f32) -> (f32, f32)) -> Self {
        let place = |i: usize| from((i % self.side) as f32, (i / self.side) as f32);
        let value = |i: usize| {
            let (x, y) = place(i);
            self.linear(x, y)
        };
        Self { side: self.side, values: (0..self.values.len()).map(value).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp(side: usize) -> Tile {
        let rgb: Vec<u8> = (0..side * side).flat_map(|i| [(i % side * 3) as u8, (i / side * 3) as u8, 50]).collect();
        Tile::from_rgb(side, &rgb)
    }

    #[test]
    fn nothing_done_changes_nothing() {
        let tile = ramp(40);
        let map = Affine::about_middle(40, 0.0, 1.0, [0.0; 2], Mirrored::No);
        assert_eq!(remap(&tile.floats(), 40, |x, y| map.at(x, y)), tile);
        let cut = map.cornered_at(3.0, 5.0);
        assert_eq!(remap(&tile.floats(), 20, |x, y| cut.at(x, y)).cut_rgb(0, 0, 20), tile.cut_rgb(3, 5, 20));
    }

    #[test]
    fn a_mirrored_crop_is_mirrored() {
        let tile = ramp(40);
        let map = Affine::about_middle(40, 0.0, 1.0, [0.0; 2], Mirrored::Yes);
        let mirrored = remap(&tile.floats(), 40, |x, y| map.at(x, y));
        for y in 0..40 {
            for x in 0..40 {
                assert_eq!(mirrored.pixels()[y * 40 + x], tile.pixels()[y * 40 + 39 - x]);
            }
        }
    }

    #[test]
    fn turns_and_scales_keep_the_middle_and_move_the_rest_as_told() {
        let map = Affine::about_middle(101, 90.0, 2.0, [0.0; 2], Mirrored::No);
        assert_eq!(map.at(50.0, 50.0), (50.0, 50.0));
        // Counter-clockwise: what is seen at the top was to the right; twice as large: half as far away.
        let (x, y) = map.at(50.0, 30.0);
        assert!((x - 60.0).abs() < 1e-4 && (y - 50.0).abs() < 1e-4, "{x} {y}");
        let shifted = Affine::about_middle(101, 0.0, 1.0, [7.0, -2.0], Mirrored::No);
        assert_eq!(shifted.at(57.0, 48.0), (50.0, 50.0));
    }

    #[test]
    fn places_beyond_the_edge_are_mirrored() {
        assert_eq!([-2, -1, 0, 4, 5, 6, 12].map(|i| folded(i, 5)), [1, 0, 0, 4, 4, 3, 2]);
    }
}
