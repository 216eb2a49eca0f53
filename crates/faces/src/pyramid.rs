//! A picture at many sizes, its coarse sizes averaged from sums of small squares instead of from all its pixels.
//!
//! Fine sizes are what [`crate::resize::area_pool`] gives, bit for bit. In coarse ones an output pixel covers the same
//! input pixels, but where it covers a square in part the square's mean stands for that part. So the whole picture is
//! read a few times only, however many sizes are asked for. MTCNN's choice among near-equal proposals depends on the
//! last grey level, so that a search that has to equal other implementations asks for exact sizes.

use std::cell::RefCell;
use std::ops::Range;
use std::sync::OnceLock;

use image::RgbImage;
use nets::cpu::{Cover, Covers, add_neighbours, blend_columns, blend_rows, sum_rows};

use crate::resize::{AreaPool, Line, PixelRegion, RGB, window};

/// Squares that a pixel of a level is at least as wide as, where it is averaged from squares.
const LEVEL_SQUARES: f64 = 2.2;
/// The same for crops, which place the face.
const CROP_SQUARES: f64 = 4.4;
/// Sides of the squares: 2, 4, 8 and 16 pixels. Sums over larger ones exceed 16 bits.
const HALVINGS: usize = 4;

/// A picture and its sums over squares, made when they are first needed.
pub(crate) struct Pyramid<'a> {
    rgb: &'a RgbImage,
    /// How many of the squares may be used.
    halvings: usize,
    squares: [OnceLock<Squares>; HALVINGS],
}

/// Sums over squares of `side` pixels. A square that reaches beyond the picture repeats its last row or column.
struct Squares {
    side: usize,
    /// Squares side by side.
    width: usize,
    /// Rows of squares, `[width * 3]` each, and one value more.
    sums: Vec<u16>,
}

/// A part of the picture at one size, to be read row by row.
pub(crate) enum Level<'a> {
    /// From all pixels.
    Fine(AreaPool<'a>),
    /// From sums over squares.
    Coarse(Blend<'a>),
}

/// An average of squares.
pub(crate) struct Blend<'a> {
    squares: &'a Squares,
    /// Input rows.
    rows: Range<usize>,
    /// Output rows.
    height: usize,
    /// Columns of squares that are touched.
    columns: Range<usize>,
    /// Under each output column, counted from the first that is touched.
    covers: Covers,
}

impl<'a> Pyramid<'a> {
    /// Every size from all pixels.
    pub fn exact(rgb: &'a RgbImage) -> Self {
        Self { rgb, halvings: 0, squares: Default::default() }
    }

    /// Coarse sizes from sums over squares.
    pub fn quick(rgb: &'a RgbImage) -> Self {
        Self { halvings: HALVINGS, ..Self::exact(rgb) }
    }

    pub fn rgb(&self) -> &'a RgbImage {
        self.rgb
    }

    /// The whole picture at `width` × `height`.
    pub fn level(&self, width: usize, height: usize) -> Level<'_> {
        self.shrunk(PixelRegion::all(self.rgb), [width, height], LEVEL_SQUARES)
    }

    /// A part of the picture at `side` × `side` into `out`, mapped as [`Level::rows`] does.
    pub fn crop(&self, region: PixelRegion, side: usize, out: &mut [f32]) {
        let level = self.shrunk(region, [side; 2], CROP_SQUARES);
        let mut rows = level.rows();
        out.chunks_mut(side * RGB).enumerate().for_each(|(y, row)| rows(y, row));
    }

    fn shrunk(&self, region: PixelRegion, [width, height]: [usize; 2], squares: f64) -> Level<'_> {
        let [left, top, across, down] = [region.x, region.y, region.w, region.h].map(|length| length as usize);
        let shrunk = (across as f64 / width as f64).min(down as f64 / height as f64);
        let halvings = (shrunk / squares).log2().floor().clamp(0.0, self.halvings as f64) as usize;
        let Some(squares) = halvings.checked_sub(1).and_then(|i| self.squares(i)) else {
            return Level::Fine(AreaPool::new(self.rgb, region, width, height));
        };
        let columns = left / squares.side..(left + across).div_ceil(squares.side);
        let cover = |i: usize| {
            let Range { start, end } = window(i, across, width);
            let mut cover = squares.cover(left + start..left + end);
            cover.pixels = cover.pixels.start - columns.start..cover.pixels.end - columns.start;
            cover
        };
        let covers: Vec<Cover> = (0..width).map(cover).collect();
        let covers = Covers::new(columns.len(), &covers);
        Level::Coarse(Blend { squares, rows: top..top + down, height, columns, covers })
    }

    /// Squares of 2 to the power of `i + 1` pixels.
    fn squares(&self, i: usize) -> Option<&Squares> {
        let place = self.squares.get(i)?;
        Some(place.get_or_init(|| match i.checked_sub(1).and_then(|finer| self.squares(finer)) {
            Some(finer) => Squares::from_finer(finer),
            None => Squares::of(self.rgb),
        }))
    }
}

impl Squares {
    /// Squares of two pixels.
    fn of(rgb: &RgbImage) -> Self {
        let stride = rgb.width() as usize * RGB;
        let pair = |rows: &[u8], out: &mut [u16]| {
            let count = rows.len() / stride;
            sum_rows(rows, stride, count, out);
            if count == 1 {
                out.iter_mut().for_each(|sum| *sum *= 2);
            }
        };
        Self::fold(2, stride, rgb.as_raw().chunks(2 * stride).map(|rows| move |out: &mut [u16]| pair(rows, out)))
    }

    /// Squares of twice the side.
    fn from_finer(finer: &Self) -> Self {
        let stride = finer.width * RGB;
        let pair = |rows: &[u16], out: &mut [u16]| {
            let (above, below) = rows.split_at(stride);
            let below = if below.is_empty() { above } else { below };
            for ((to, &above), &below) in out.iter_mut().zip(above).zip(below) {
                *to = above + below;
            }
        };
        let rows = finer.sums.get(..finer.sums.len() - 1).unwrap_or_default().chunks(2 * stride);
        Self::fold(2 * finer.side, stride, rows.map(|rows| move |out: &mut [u16]| pair(rows, out)))
    }

    /// `pairs` write sums of two rows of `stride` values; neighbouring columns are added here.
    fn fold(side: usize, stride: usize, pairs: impl ExactSizeIterator<Item = impl Fn(&mut [u16])>) -> Self {
        let width = (stride / RGB).div_ceil(2);
        let mut sums = kept(pairs.len() * width * RGB + 1);
        let mut pair = vec![0; stride + 1];
        for (i, write) in pairs.enumerate() {
            if let (Some(whole), Some(to)) =
                (pair.get_mut(..stride), sums.get_mut(i * width * RGB..(i + 1) * width * RGB + 1))
            {
                write(whole);
                add_neighbours(&pair, to);
            }
        }
        Self { side, width, sums }
    }

    /// The squares under a window of pixels, and of how many of its pixels' columns each is made.
    fn cover(&self, window: Range<usize>) -> Cover {
        let (first, last) = (window.start / self.side, (window.end - 1) / self.side);
        let columns = |square: usize| {
            let start = window.start.max(square * self.side);
            (window.end.min((square + 1) * self.side) - start) as f32
        };
        let count = window.len() as f32;
        Cover {
            pixels: first..last + 1,
            shares: [columns(first) / count, self.side as f32 / count, columns(last) / count],
        }
    }
}

thread_local! {
    /// Sums that this thread has done with: frames of a video are of one size, and fresh memory for them costs more than
    /// the adding.
    static KEPT: RefCell<Vec<Vec<u16>>> = const { RefCell::new(Vec::new()) };
}

/// Room for sums that are all about to be written.
fn kept(len: usize) -> Vec<u16> {
    let fitting = KEPT.with_borrow_mut(|kept| Some(kept.swap_remove(kept.iter().position(|sums| sums.len() == len)?)));
    fitting.unwrap_or_else(|| vec![0; len])
}

impl Drop for Squares {
    fn drop(&mut self) {
        let sums = std::mem::take(&mut self.sums);
        // At the end of a thread there is nothing to leave it to; then it is simply freed.
        let _ = KEPT.try_with(|kept| {
            let Ok(mut kept) = kept.try_borrow_mut() else { return };
            kept.push(sums);
            if kept.len() > HALVINGS {
                kept.remove(0);
            }
        });
    }
}

impl Level<'_> {
    /// What writes row `y`, `[width, 3]`, mapped by `(mean - 127.5) / 128`, into a slice.
    pub fn rows(&self) -> impl FnMut(usize, &mut [f32]) {
        let (mut line, mut sums) = (Line::default(), Vec::new());
        move |y, out| match self {
            Self::Fine(pool) => pool.row(y, &mut line, out),
            Self::Coarse(blend) => blend.row(y, &mut sums, out),
        }
    }
}

impl Blend<'_> {
    fn row(&self, y: usize, sums: &mut Vec<f32>, out: &mut [f32]) {
        let Self { squares, columns, covers, .. } = self;
        let Range { start, end } = window(y, self.rows.len(), self.height);
        let cover = squares.cover(self.rows.start + start..self.rows.start + end);
        let stride = squares.width * RGB;
        let first = cover.pixels.start * stride + columns.start * RGB;
        // The value more at the end is read, not used.
        sums.resize(columns.len() * RGB + 1, 0.0);
        let under = squares.sums.get(first..).unwrap_or_default();
        let count = columns.len() * RGB;
        blend_rows(under, [stride, cover.pixels.len()], cover.shares, sums.get_mut(..count).unwrap_or_default());
        let pixels = (squares.side * squares.side) as f32;
        blend_columns(sums, covers, [1.0 / (128.0 * pixels), 127.5 / 128.0], out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resize::area_pool;

    /// Smooth waves with a little noise.
    fn picture(width: u32, height: u32) -> RgbImage {
        RgbImage::from_fn(width, height, |x, y| {
            let noise = (x.wrapping_mul(73_856_093) ^ y.wrapping_mul(19_349_663)).wrapping_mul(2_246_822_519) >> 28;
            let wave = |scale: f32| 100.0 * (x as f32 / scale).sin() * (y as f32 / (scale + 9.0)).cos() + 110.0;
            image::Rgb([wave(40.0) as u8 + noise as u8, wave(70.0) as u8, wave(31.0) as u8 + noise as u8])
        })
    }

    fn read(pyramid: &Pyramid, width: usize, height: usize) -> Vec<f32> {
        let level = pyramid.level(width, height);
        let mut rows = level.rows();
        let mut out = vec![0.0; width * height * RGB];
        out.chunks_mut(width * RGB).enumerate().for_each(|(y, row)| rows(y, row));
        out
    }

    fn worst(rgb: &RgbImage, width: usize, height: usize) -> f32 {
        let mut expected = vec![0.0; width * height * RGB];
        area_pool(rgb, PixelRegion::all(rgb), width, height, &mut expected);
        let pairs = read(&Pyramid::quick(rgb), width, height).into_iter().zip(expected);
        pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
    }

    #[test]
    fn fine_sizes_are_area_pooling() {
        let rgb = picture(201, 130);
        assert_eq!(worst(&rgb, 121, 79), 0.0);
        assert_eq!(worst(&rgb, 47, 31), 0.0);
        assert_eq!(worst(&rgb, 301, 140), 0.0);
        let (mut exact, mut expected) = (vec![0.0; 24 * 24 * RGB], vec![0.0; 24 * 24 * RGB]);
        Pyramid::exact(&rgb).crop(PixelRegion::all(&rgb), 24, &mut exact);
        area_pool(&rgb, PixelRegion::all(&rgb), 24, 24, &mut expected);
        assert_eq!(exact, expected);
    }

    #[test]
    fn coarse_sizes_are_nearly_area_pooling() {
        for (width, height) in [(640, 480), (641, 363), (17, 500), (515, 33)] {
            let rgb = picture(width, height);
            for shrunk in [5.0, 9.3, 13.7, 20.0, 45.0] {
                let side = |length: u32| (f64::from(length) / shrunk + 1.0) as usize;
                let off = worst(&rgb, side(width), side(height));
                assert!(off < 5.0 / 128.0, "{width} x {height} by {shrunk}: {off}");
            }
        }
    }

    #[test]
    fn crops_are_nearly_area_pooling_of_their_part() {
        let rgb = picture(700, 600);
        let pyramid = Pyramid::quick(&rgb);
        for (x, y, w, h) in [(0, 0, 30, 30), (3, 5, 211, 211), (101, 50, 240, 431), (299, 199, 401, 401)] {
            let region = PixelRegion { x, y, w, h };
            let (mut got, mut expected) = (vec![0.0; 24 * 24 * RGB], vec![0.0; 24 * 24 * RGB]);
            pyramid.crop(region, 24, &mut got);
            area_pool(&rgb, region, 24, 24, &mut expected);
            let off = got.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(off < 2.0 / 128.0, "{region:?}: {off}");
        }
    }

    #[test]
    fn sizes_that_divide_are_exact() {
        let rgb = picture(640, 512);
        for side in [8, 16, 32, 64] {
            assert!(worst(&rgb, 640 / side, 512 / side) < 1e-5, "{side}");
        }
    }
}
