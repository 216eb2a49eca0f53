//! The resizers whose exact results scores depend on.
//!
//! - [`area_pool`]: PyTorch's `interpolate(mode = "area")` (adaptive average pooling over whole
//!   pixels), which facenet-pytorch feeds its networks with;
//! - [`shrink_area`]: OpenCV's `INTER_AREA` (pixels weighted by the covered fraction);
//! - [`stretch_linear`]: OpenCV's `INTER_LINEAR` on bytes, with its 11-bit fixed point.
//!
//! Re-implemented from their documented definitions and compared with both libraries on random
//! pictures (`tests/resize.rs`).
#![expect(clippy::indexing_slicing, reason = "bounds follow from the sizes checked at the top of each function")]

use std::ops::Range;

use image::RgbImage;
use nets::cpu::{Cover, Covers, SUMMED_ROWS, blend_columns, centred_means, sum_columns, sum_rows};
use rayon::prelude::*;

/// A rectangle of whole pixels inside a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PixelRegion {
    /// Left column.
    pub x: u32,
    /// Top row.
    pub y: u32,
    /// Columns.
    pub w: u32,
    /// Rows.
    pub h: u32,
}

impl PixelRegion {
    /// The whole picture.
    pub fn all(rgb: &RgbImage) -> Self {
        Self { x: 0, y: 0, w: rgb.width(), h: rgb.height() }
    }

    fn is_within(self, rgb: &RgbImage) -> bool {
        let fits = |at: u32, len: u32, whole: u32| len > 0 && at.checked_add(len).is_some_and(|end| end <= whole);
        fits(self.x, self.w, rgb.width()) && fits(self.y, self.h, rgb.height())
    }
}

/// Channels of an RGB picture.
pub(crate) const RGB: usize = 3;

/// Adaptive average pooling of `region` to `width` × `height`, mapped by `(mean - 127.5) / 128`, into
/// `out` `[height, width, 3]`. Output pixel i covers the whole input pixels from `floor(i·in/out)` to
/// `ceil((i+1)·in/out)`, so it enlarges too (by repetition). Rows are spread over rayon's threads when
/// there is enough to do.
///
/// # Panics
/// When the region does not lie in the picture or `out` has another length.
pub fn area_pool(rgb: &RgbImage, region: PixelRegion, width: usize, height: usize, out: &mut [f32]) {
    assert_eq!(out.len(), width * height * RGB, "output length");
    let pool = AreaPool::new(rgb, region, width, height);
    let row_len = width * RGB;
    let pool_row = |line: &mut Line, (y, row): (usize, &mut [f32])| pool.row(y, line, row);
    if region.w as usize * region.h as usize > PARALLEL_FROM {
        out.par_chunks_mut(row_len).enumerate().for_each_init(Line::default, pool_row);
    } else {
        let mut line = Line::default();
        out.chunks_mut(row_len).enumerate().for_each(|row| pool_row(&mut line, row));
    }
}

/// Below so many input pixels threads cost more than they save.
const PARALLEL_FROM: usize = 128 * 128;

/// The input pixels under output pixel `i`.
pub(crate) fn window(i: usize, input: usize, output: usize) -> Range<usize> {
    i * input / output..((i + 1) * input).div_ceil(output)
}

/// What [`area_pool`] does, row by row.
pub(crate) struct AreaPool<'a> {
    rgb: &'a RgbImage,
    region: PixelRegion,
    height: usize,
    /// Input columns under each output column.
    columns: Vec<Range<usize>>,
    /// How many these are, for each value of a row.
    counts: Vec<f32>,
}

/// One row of output on its way, its buffers kept for the next.
#[derive(Default)]
pub(crate) struct Line {
    /// Sums down the columns of the region, `[region.w * 3 + 1]`, of a few rows at a time.
    sums: Vec<u16>,
    /// Sums under each output pixel, `[width * 3]`.
    cells: Vec<u32>,
}

impl<'a> AreaPool<'a> {
    /// # Panics
    /// When the region does not lie in the picture.
    pub fn new(rgb: &'a RgbImage, region: PixelRegion, width: usize, height: usize) -> Self {
        assert!(region.is_within(rgb), "{region:?} lies outside the picture");
        let columns: Vec<Range<usize>> = (0..width).map(|i| window(i, region.w as usize, width)).collect();
        let counts = columns.iter().flat_map(|cover| [cover.len() as f32; RGB]).collect();
        Self { rgb, region, height, columns, counts }
    }

    /// Output row `y` into `out`, `[width, 3]`.
    pub fn row(&self, y: usize, line: &mut Line, out: &mut [f32]) {
        let (stride, len) = (self.rgb.width() as usize * RGB, self.region.w as usize * RGB);
        let rows = window(y, self.region.h as usize, self.height);
        line.sums.resize(len + 1, 0);
        line.cells.clear();
        line.cells.resize(self.columns.len() * RGB, 0);
        for start in rows.clone().step_by(SUMMED_ROWS) {
            let count = SUMMED_ROWS.min(rows.end - start);
            let first = (self.region.y as usize + start) * stride + self.region.x as usize * RGB;
            sum_rows(&self.rgb.as_raw()[first..], stride, count, &mut line.sums[..len]);
            sum_columns(&line.sums, &self.columns, &mut line.cells);
        }
        centred_means(&line.cells, rows.len() as f32, &self.counts, out);
    }
}

/// `region` at `width` × `height` as OpenCV's `INTER_AREA` shrinks bytes. `None` when the region does
/// not lie in the picture, is empty, or would have to grow.
pub fn shrink_area(rgb: &RgbImage, region: PixelRegion, width: u32, height: u32) -> Option<RgbImage> {
    if !region.is_within(rgb) || width == 0 || height == 0 || width > region.w || height > region.h {
        return None;
    }
    if region.w == width && region.h == height {
        return Some(cut(rgb, region));
    }
    if region.w.is_multiple_of(width) && region.h.is_multiple_of(height) {
        return Some(shrink_whole(rgb, region, width, height));
    }
    let columns = Covers::new(region.w as usize, &area_covers(region.w, width));
    let rows = area_covers(region.h, height);
    let (across, len) = (region.w as usize * RGB, width as usize * RGB);
    let mut out = RgbImage::new(width, height);
    // Each row across, then the rows down, as OpenCV adds them: a sum that lies on a half rounds as it does there. The value
    // more at the end of a row is read, not used.
    let (mut floats, mut line, mut sum) = (vec![0f32; across + 1], vec![0f32; len], vec![0f32; len]);
    let mut blended = None;
    for (Cover { pixels, shares: [first, middle, last] }, out_row) in rows.iter().zip(out.chunks_exact_mut(len)) {
        sum.fill(0.0);
        for y in pixels.clone() {
            let share = if y == pixels.start {
                first
            } else if y + 1 == pixels.end {
                last
            } else {
                middle
            };
            // The last row under an output row is often the first under the next.
            if blended.replace(y) != Some(y) {
                floats.iter_mut().zip(row_of(rgb, region, y)).for_each(|(to, &byte)| *to = f32::from(byte));
                blend_columns(&floats, &columns, [1.0, 0.0], &mut line);
            }
            sum.iter_mut().zip(&line).for_each(|(sum, value)| *sum += share * value);
        }
        for (byte, &value) in out_row.iter_mut().zip(&sum) {
            // Means of bytes are never negative: adding 2^23 rounds them, halves to even, and leaves them in the low bits.
            *byte = (value.min(255.0) + 8_388_608.0).to_bits() as u8;
        }
    }
    Some(out)
}

/// The bytes of one row of the region.
fn row_of(rgb: &RgbImage, region: PixelRegion, y: usize) -> &[u8] {
    let start = ((region.y as usize + y) * rgb.width() as usize + region.x as usize) * RGB;
    &rgb.as_raw()[start..start + region.w as usize * RGB]
}

/// The input pixels that each output pixel covers, and the share of each.
fn area_covers(input: u32, output: u32) -> Vec<Cover> {
    let scale = f64::from(input) / f64::from(output);
    let cover = |i: u32| {
        let start = f64::from(i) * scale;
        let end = start + scale;
        let width = scale.min(f64::from(input) - start);
        let last = (end.floor() as u32).min(input - 1);
        let first = (start.ceil() as u32).min(last);
        let middle = (1.0 / width) as f32;
        let (mut pixels, mut shares) = (first as usize..last as usize, [middle; 3]);
        // Slivers below a thousandth of a pixel are left out, as OpenCV does.
        if f64::from(first) - start > 1e-3 {
            pixels.start -= 1;
            shares[0] = ((f64::from(first) - start) / width) as f32;
        }
        if end - f64::from(last) > 1e-3 {
            let share = ((end - f64::from(last)).min(1.0).min(width) / width) as f32;
            shares[if pixels.is_empty() { 0 } else { 2 }] = share;
            pixels.end += 1;
        }
        Cover { pixels, shares }
    };
    (0..output).map(cover).collect()
}

/// Whole-numbered scale: plain block means, rounded (2 × 2 blocks round halves up, others to even).
fn shrink_whole(rgb: &RgbImage, region: PixelRegion, width: u32, height: u32) -> RgbImage {
    let (kx, ky) = ((region.w / width) as usize, (region.h / height) as usize);
    let scale = 1.0 / (kx * ky) as f32;
    RgbImage::from_fn(width, height, |x, y| {
        let mut sum = [0u32; RGB];
        for dy in 0..ky {
            let row = row_of(rgb, region, y as usize * ky + dy);
            for p in row[x as usize * kx * RGB..(x as usize + 1) * kx * RGB].chunks_exact(RGB) {
                sum[0] += u32::from(p[0]);
                sum[1] += u32::from(p[1]);
                sum[2] += u32::from(p[2]);
            }
        }
        let mean = |s: u32| {
            if kx == 2 && ky == 2 { ((s + 2) >> 2) as u8 } else { (s as f32 * scale).round_ties_even() as u8 }
        };
        image::Rgb(sum.map(mean))
    })
}

/// The region as it is.
///
/// # Panics
/// When it does not lie in the picture.
pub fn cut(rgb: &RgbImage, region: PixelRegion) -> RgbImage {
    let mut out = RgbImage::new(region.w, region.h);
    for (y, row) in out.chunks_exact_mut(region.w as usize * RGB).enumerate() {
        row.copy_from_slice(row_of(rgb, region, y));
    }
    out
}

/// `region` at `width` × `height` as OpenCV's `INTER_LINEAR` stretches bytes. `None` when the region
/// does not lie in the picture or a size is zero.
pub fn stretch_linear(rgb: &RgbImage, region: PixelRegion, width: u32, height: u32) -> Option<RgbImage> {
    if !region.is_within(rgb) || width == 0 || height == 0 {
        return None;
    }
    let columns = linear_weights(region.w, width);
    let rows = linear_weights(region.h, height);
    let len = width as usize * RGB;
    let blend = |y: usize| -> Vec<i32> {
        let row = row_of(rgb, region, y);
        let mut line = vec![0i32; len];
        for (pixel, tap) in line.chunks_exact_mut(RGB).zip(&columns) {
            for (c, value) in pixel.iter_mut().enumerate() {
                *value = i32::from(row[tap.low * RGB + c]) * tap.weights[0]
                    + i32::from(row[tap.high * RGB + c]) * tap.weights[1];
            }
        }
        line
    };
    let lines: Vec<Vec<i32>> = (0..region.h as usize).map(blend).collect();
    let mut out = RgbImage::new(width, height);
    for (tap, out_row) in rows.iter().zip(out.chunks_exact_mut(len)) {
        let (low, high) = (&lines[tap.low], &lines[tap.high]);
        for ((byte, &a), &b) in out_row.iter_mut().zip(low).zip(high) {
            let value = ((tap.weights[0] * (a >> 4)) >> 16) + ((tap.weights[1] * (b >> 4)) >> 16);
            *byte = ((value + 2) >> 2).clamp(0, 255) as u8;
        }
    }
    Some(out)
}

/// Two neighbours and their weights in 1/2048.
struct LinearTap {
    low: usize,
    high: usize,
    weights: [i32; 2],
}

fn linear_weights(input: u32, output: u32) -> Vec<LinearTap> {
    let scale = f64::from(input) / f64::from(output);
    let last = input as usize - 1;
    let tap = |i: u32| {
        let at = ((f64::from(i) + 0.5) * scale - 0.5) as f32;
        let floor = at.floor();
        let fraction = at - floor;
        let (low, fraction) = if floor < 0.0 { (0, 0.0) } else { (floor as usize, fraction) };
        let (low, fraction) = if low >= last { (last, 0.0) } else { (low, fraction) };
        let weight = |w: f32| (w * 2048.0).round_ties_even() as i32;
        LinearTap { low, high: (low + 1).min(last), weights: [weight(1.0 - fraction), weight(fraction)] }
    };
    (0..output).map(tap).collect()
}
