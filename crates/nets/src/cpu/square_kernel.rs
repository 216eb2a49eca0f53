//! A turned square of a picture, sampled between its pixels.

use super::simd::Avx2;

/// A square of a picture, turned about its middle; all in pixels, whose centres lie at halves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TurnedSquare {
    /// Its middle.
    pub center: [f32; 2],
    /// Length of an edge.
    pub side: f32,
    /// Of the angle by which it is turned, clockwise as seen in the picture.
    pub cos: f32,
    /// The same.
    pub sin: f32,
}

impl TurnedSquare {
    /// The point at fractions of the square, (0, 0) its top left corner.
    pub fn at(&self, fx: f32, fy: f32) -> [f32; 2] {
        let (along, down) = (self.along(fx), self.down(fy));
        [along[0] - down[0], along[1] + down[1]]
    }

    /// What a fraction of the upper edge adds to the middle.
    fn along(&self, fx: f32) -> [f32; 2] {
        let dx = (fx - 0.5) * self.side;
        [self.center[0] + dx * self.cos, self.center[1] + dx * self.sin]
    }

    /// What a fraction of the left edge takes away, and adds.
    fn down(&self, fy: f32) -> [f32; 2] {
        let dy = (fy - 0.5) * self.side;
        [dy * self.sin, dy * self.cos]
    }
}

/// Points that are sampled together.
const LANES: usize = 16;

/// The square at as many pixels as `out` `[n, n, 3]` holds, in [0, 1], each the mean of `samples` × `samples` points between
/// the pixels of `rgb` `[height, width, 3]`. What lies outside of it is black.
///
/// # Panics
/// When `rgb` is shorter than that.
pub fn sample_square(
    rgb: &[u8],
    [width, height]: [usize; 2],
    square: &TurnedSquare,
    [n, samples]: [usize; 2],
    out: &mut [f32],
) {
    assert!(rgb.len() >= width * height * 3 && out.len() == n * n * 3, "sizes of the picture and of what is sampled");
    let whole = Picture { rgb, size: [width, height], corner: [0, 0] };
    let framed = whole.framed(square);
    let picture = framed.as_ref().map_or(whole, |(rgb, size, corner)| Picture { rgb, size: *size, corner: *corner });
    #[cfg(target_arch = "x86_64")]
    if let Some(token) = Avx2::detect() {
        x86::sample_square(picture, square, [n, samples], out, token);
        return;
    }
    sample_square_plain(picture, square, [n, samples], out);
}

/// Pixels, and where their corner lies among those that points are told in.
#[derive(Clone, Copy)]
struct Picture<'a> {
    rgb: &'a [u8],
    size: [usize; 2],
    corner: [i32; 2],
}

/// Most pixels that are copied, so that a square which sticks out of its picture lies in black.
const FRAMED: usize = 4 << 20;

/// Pixels, their size and their corner.
type Framed = (Vec<u8>, [usize; 2], [i32; 2]);

impl Picture<'_> {
    /// What the square needs of a picture that it sticks out of, with black about it; `None` when all is there, or would be
    /// too much.
    #[expect(clippy::indexing_slicing, reason = "rows and columns of both pictures, clipped to them")]
    fn framed(&self, square: &TurnedSquare) -> Option<Framed> {
        let corners = [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)].map(|(fx, fy)| square.at(fx, fy));
        // One pixel more where a point lies between, and another that is read and not used.
        let span = |axis: usize| {
            let along = corners.map(|corner| corner[axis]);
            let (least, most) =
                (along.into_iter().fold(f32::MAX, f32::min), along.into_iter().fold(f32::MIN, f32::max));
            (least as i32).saturating_sub(2)..(most as i32).saturating_add(4)
        };
        let spans = [span(0), span(1)];
        let [w, h] = [spans[0].len(), spans[1].len()];
        let is_within = |axis: usize| spans[axis].start >= 0 && spans[axis].end as usize <= self.size[axis];
        if w == 0 || h == 0 || w.checked_mul(h)? > FRAMED || (is_within(0) && is_within(1)) {
            return None;
        }
        let clipped = |axis: usize| {
            let within = |at: i32| (at.max(0) as usize).min(self.size[axis]);
            within(spans[axis].start)..within(spans[axis].end)
        };
        let (across, corner) = (clipped(0), [spans[0].start, spans[1].start]);
        let mut rgb = vec![0; w * h * 3];
        for row in clipped(1) {
            let from = &self.rgb[(row * self.size[0] + across.start) * 3..][..across.len() * 3];
            let below = (row as i64 - i64::from(corner[1])) as usize;
            let beside = (across.start as i64 - i64::from(corner[0])) as usize;
            let to = (below * w + beside.min(w)) * 3;
            rgb[to..to + from.len()].copy_from_slice(from);
        }
        Some((rgb, [w, h], corner))
    }
}

#[inline(always)]
#[expect(clippy::indexing_slicing, reason = "all lengths follow from n; a wrong one must stop")]
fn sample_square_plain(picture: Picture<'_>, square: &TurnedSquare, [n, samples]: [usize; 2], out: &mut [f32]) {
    let share = 1.0 / (samples * samples) as f32 / 255.0;
    let fraction = |i: usize| (i as f32 + 0.5) * (1.0 / (n * samples) as f32);
    // By place within a pixel, then by pixel.
    let places = (0..samples).flat_map(|s| (0..n).map(move |i| i * samples + s));
    let (along_x, along_y): (Vec<f32>, Vec<f32>) =
        places.map(|place| square.along(fraction(place))).map(|[x, y]| (x, y)).unzip();
    let mut sums = [vec![0f32; n], vec![0f32; n], vec![0f32; n]];
    for (y, row) in out.chunks_exact_mut(n * 3).enumerate() {
        sums.iter_mut().for_each(|sums| sums.fill(0.0));
        for sy in 0..samples {
            let down = square.down(fraction(y * samples + sy));
            for sx in 0..samples {
                for start in (0..n).step_by(LANES) {
                    let end = n.min(start + LANES);
                    let along = [&along_x[sx * n..][start..end], &along_y[sx * n..][start..end]];
                    let [r, g, b] = &mut sums;
                    add_points(picture, along, down, [&mut r[start..end], &mut g[start..end], &mut b[start..end]]);
                }
            }
        }
        let [r, g, b] = &sums;
        for (pixel, ((r, g), b)) in row.as_chunks_mut::<3>().0.iter_mut().zip(r.iter().zip(g).zip(b)) {
            *pixel = [r * share, g * share, b * share];
        }
    }
}

/// Adds the colours at up to [`LANES`] points of one line.
#[inline(always)]
#[expect(clippy::indexing_slicing, reason = "lanes")]
fn add_points(picture: Picture<'_>, along: [&[f32]; 2], down: [f32; 2], sums: [&mut [f32]; 3]) {
    if let (Some(xs), Some(ys)) = (along[0].first_chunk::<LANES>(), along[1].first_chunk::<LANES>()) {
        let (mut x, mut y) = ([0f32; LANES], [0f32; LANES]);
        for lane in 0..LANES {
            (x[lane], y[lane]) = (xs[lane] - down[0] - 0.5, ys[lane] + down[1] - 0.5);
        }
        // The points lie on a line, so all are inside when both ends are.
        if is_inside(picture, [x[0], y[0]]) && is_inside(picture, [x[LANES - 1], y[LANES - 1]]) {
            add_inner(picture, [&x, &y], sums);
            return;
        }
    }
    let [r, g, b] = sums;
    let points = along[0].iter().zip(along[1]);
    for ((x, y), ((r, g), b)) in points.zip(r.iter_mut().zip(g).zip(b)) {
        let [vr, vg, vb] = between(picture, [x - down[0] - 0.5, y + down[1] - 0.5]);
        (*r, *g, *b) = (*r + vr, *g + vg, *b + vb);
    }
}

/// Whether a point has its four pixels in the picture, and one more to their right, which is read and not used.
#[inline(always)]
fn is_inside(Picture { size: [width, height], corner: [x0, y0], .. }: Picture<'_>, [x, y]: [f32; 2]) -> bool {
    let (x, y, left, top) = (x.floor(), y.floor(), x0 as f32, y0 as f32);
    x >= left && y >= top && x + 2.0 < left + width as f32 && y + 1.0 < top + height as f32
}

/// Adds the colours at points of which [`is_inside`] holds.
#[inline(always)]
#[expect(clippy::indexing_slicing, reason = "lanes; and a point outside of the picture must stop")]
fn add_inner(picture: Picture<'_>, [x, y]: [&[f32; LANES]; 2], sums: [&mut [f32]; 3]) {
    let Picture { rgb, size: [width, _], corner: [x0, y0] } = picture;
    let (mut fx, mut fy, mut first) = ([0f32; LANES], [0f32; LANES], [0i32; LANES]);
    for lane in 0..LANES {
        let (left, top) = (x[lane].floor(), y[lane].floor());
        (fx[lane], fy[lane]) = (x[lane] - left, y[lane] - top);
        let (column, row) = ((left as i32).wrapping_sub(x0), (top as i32).wrapping_sub(y0));
        first[lane] = row.wrapping_mul(width as i32).wrapping_add(column);
    }
    // Of each point the pixels above it and below it, left and right.
    let mut corners = [[0u32; LANES]; 4];
    for lane in 0..LANES {
        let above = first[lane] as usize * 3;
        // Two pixels and two bytes more.
        let [above, below] = [above, above + width * 3].map(|at| {
            let bytes = rgb[at..at + 8].first_chunk::<8>();
            u64::from_le_bytes(bytes.copied().unwrap_or_default())
        });
        (corners[0][lane], corners[1][lane]) = (above as u32, (above >> 24) as u32);
        (corners[2][lane], corners[3][lane]) = (below as u32, (below >> 24) as u32);
    }
    for (colour, sums) in sums.into_iter().enumerate() {
        let sums = &mut sums[..LANES];
        let shift = 8 * colour as u32;
        for lane in 0..LANES {
            let a = ((corners[0][lane] >> shift) & 255) as i32 as f32;
            let b = ((corners[1][lane] >> shift) & 255) as i32 as f32;
            let c = ((corners[2][lane] >> shift) & 255) as i32 as f32;
            let d = ((corners[3][lane] >> shift) & 255) as i32 as f32;
            let (upper, lower) = (a + (b - a) * fx[lane], c + (d - c) * fx[lane]);
            sums[lane] += upper + (lower - upper) * fy[lane];
        }
    }
}

/// The colour at a point between pixels whose corners lie at whole numbers, 0..255; black outside of the picture.
fn between(Picture { rgb, size: [width, height], corner }: Picture<'_>, [x, y]: [f32; 2]) -> [f32; 3] {
    let (left, top) = (x.floor(), y.floor());
    let (fx, fy) = (x - left, y - top);
    let at = |x: f32, y: f32| -> [f32; 3] {
        let (x, y) = (x - corner[0] as f32, y - corner[1] as f32);
        if !(x >= 0.0 && y >= 0.0 && x < width as f32 && y < height as f32) {
            return [0.0; 3];
        }
        let pixel = rgb.get((y as usize * width + x as usize) * 3..).and_then(|rest| rest.first_chunk::<3>());
        pixel.map_or([0.0; 3], |pixel| pixel.map(f32::from))
    };
    let (a, b, c, d) = (at(left, top), at(left + 1.0, top), at(left, top + 1.0), at(left + 1.0, top + 1.0));
    let mut mixed = [0.0; 3];
    for ((((m, a), b), c), d) in mixed.iter_mut().zip(a).zip(b).zip(c).zip(d) {
        let (upper, lower) = (a + (b - a) * fx, c + (d - c) * fx);
        *m = upper + (lower - upper) * fy;
    }
    mixed
}

#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "calls of code for other instructions; see simd::compiled")]
mod x86 {
    use super::super::simd::compiled;
    use super::{Picture, TurnedSquare};

    compiled!(sample_square = super::sample_square_plain, (picture: Picture<'_>, square: &TurnedSquare, n: [usize; 2], out: &mut [f32]));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(width: usize, height: usize) -> Vec<u8> {
        (0..width * height * 3).map(|i| (i as u32).wrapping_mul(2_654_435_761).rotate_left(9) as u8).collect()
    }

    #[test]
    fn every_point_is_the_mean_of_four_pixels() {
        let (width, height) = (97, 61);
        let rgb = noise(width, height);
        let picture = Picture { rgb: &rgb, size: [width, height], corner: [0, 0] };
        // Inside, across each edge, far outside, enlarged and shrunk.
        for (center, side, angle, n, samples) in [
            ([48.0, 30.0], 40.0, 0.3f32, 32, 2),
            ([5.0, 55.0], 50.0, -2.0, 35, 1),
            ([95.0, 3.0], 20.5, 1.4, 16, 3),
            ([48.5, 30.5], 300.0, 0.0, 20, 4),
            ([-500.0, 9.0], 30.0, 0.1, 16, 1),
            ([40.0, 9.0], 3000.0, 0.1, 16, 1),
        ] {
            let (sin, cos) = angle.sin_cos();
            let square = TurnedSquare { center, side, cos, sin };
            let mut out = vec![9.0; n * n * 3];
            sample_square(&rgb, [width, height], &square, [n, samples], &mut out);
            for (i, pixel) in out.as_chunks::<3>().0.iter().enumerate() {
                let mut sum = [0.0; 3];
                for s in 0..samples * samples {
                    let place = |i: usize, s: usize| ((i * samples + s) as f32 + 0.5) * (1.0 / (n * samples) as f32);
                    let [x, y] = square.at(place(i % n, s % samples), place(i / n, s / samples));
                    let colour = between(picture, [x - 0.5, y - 0.5]);
                    sum.iter_mut().zip(colour).for_each(|(sum, c)| *sum += c);
                }
                // The same operations in the same order: to the last bit.
                let mean = sum.map(|s| s * (1.0 / (samples * samples) as f32 / 255.0));
                assert_eq!(pixel.map(f32::to_bits), mean.map(f32::to_bits), "{square:?} {i}");
            }
        }
    }

    #[test]
    fn a_square_that_is_nowhere_stops_nobody() {
        let square = TurnedSquare { center: [f32::NAN, 9.0], side: f32::INFINITY, cos: 1.0, sin: 0.0 };
        sample_square(&noise(20, 20), [20, 20], &square, [16, 1], &mut [0.0; 16 * 16 * 3]);
    }

    #[test]
    fn outside_is_black_and_edges_fade() {
        let white = [255; 4 * 4 * 3];
        let picture = Picture { rgb: &white, size: [4, 4], corner: [0, 0] };
        let at = |x: f32, y: f32| between(picture, [x - 0.5, y - 0.5]);
        assert_eq!(
            [at(2.0, 2.0), at(4.0, 2.0), at(0.0, 2.0), at(-3.0, 2.0)],
            [[255.0; 3], [127.5; 3], [127.5; 3], [0.0; 3]]
        );
    }
}
