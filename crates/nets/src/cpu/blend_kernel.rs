//! Rows of pixels averaged by shares.

use std::ops::Range;

#[cfg(target_arch = "x86_64")]
use super::simd::Avx2;

/// Pixels that one output pixel covers, the first and the last of them in part.
#[derive(Clone, Debug, PartialEq)]
pub struct Cover {
    /// Pixels that are touched.
    pub pixels: Range<usize>,
    /// Share of the first one, share of those between, share of the last one, where it is another.
    pub shares: [f32; 3],
}

/// What each output pixel of a row covers, as [`blend_columns`] reads it: equally many pixels for all of them, the ones
/// too many with a share of nothing.
#[derive(Clone, Debug)]
pub struct Covers {
    /// Pixels of the row that is averaged.
    width: usize,
    /// Pixels under an output pixel.
    taps: usize,
    /// The first of them.
    starts: Vec<usize>,
    /// By output pixel, `[starts.len()][taps]`.
    shares: Vec<f32>,
}

impl Covers {
    /// For a row of `width` pixels.
    ///
    /// # Panics
    /// When a cover ends beyond the row.
    pub fn new(width: usize, covers: &[Cover]) -> Self {
        let taps = covers.iter().map(|cover| cover.pixels.len()).max().unwrap_or(0);
        let mut starts = Vec::with_capacity(covers.len());
        let mut shares = Vec::with_capacity(covers.len() * taps);
        for Cover { pixels, shares: [first, middle, last] } in covers {
            assert!(pixels.end <= width, "a cover beyond the row");
            // Near the end the ones too many lie in front.
            let start = pixels.start.min(width - taps);
            starts.push(start);
            shares.extend((start..start + taps).map(|i| match i {
                _ if !pixels.contains(&i) => 0.0,
                _ if i == pixels.start => *first,
                _ if i + 1 == pixels.end => *last,
                _ => *middle,
            }));
        }
        Self { width, taps, starts, shares }
    }
}

/// Each output pixel `[columns][3]` becomes `scale` times the covered pixels of `sums` by their shares, added from the
/// first to the last, less `offset`. One value more than the pixels must follow in `sums`; all must be finite.
///
/// # Panics
/// When `sums` is shorter than the row that the covers are of.
pub fn blend_columns(sums: &[f32], covers: &Covers, [scale, offset]: [f32; 2], out: &mut [f32]) {
    assert!(covers.width * 3 < sums.len(), "covers of a longer row");
    #[cfg(target_arch = "x86_64")]
    if let Some(token) = Avx2::detect() {
        x86::blend_columns(sums, covers, [scale, offset], out, token);
        return;
    }
    blend_columns_plain(sums, covers, [scale, offset], out);
}

#[inline(always)]
fn blend_columns_plain(sums: &[f32], covers: &Covers, map: [f32; 2], out: &mut [f32]) {
    match covers.taps {
        1 => blend::<1>(sums, covers, map, out),
        2 => blend::<2>(sums, covers, map, out),
        3 => blend::<3>(sums, covers, map, out),
        4 => blend::<4>(sums, covers, map, out),
        5 => blend::<5>(sums, covers, map, out),
        6 => blend::<6>(sums, covers, map, out),
        7 => blend::<7>(sums, covers, map, out),
        8 => blend::<8>(sums, covers, map, out),
        taps => blend_many(sums, covers, taps, map, out),
    }
}

/// Four values at a time, the fourth of which is not used.
#[inline(always)]
fn add_share(blend: &mut [f32; 4], pixel: &[f32; 4], share: f32) {
    for (sum, &value) in blend.iter_mut().zip(pixel) {
        *sum += value * share;
    }
}

/// With so many pixels under each output pixel that the compiler knows of.
#[inline(always)]
#[expect(clippy::indexing_slicing, reason = "covers lie in their row, and the row in the sums; a wrong one must stop")]
fn blend<const TAPS: usize>(sums: &[f32], covers: &Covers, [scale, offset]: [f32; 2], out: &mut [f32]) {
    let shares = covers.shares.as_chunks::<TAPS>().0;
    for ((to, &start), shares) in out.as_chunks_mut::<3>().0.iter_mut().zip(&covers.starts).zip(shares) {
        let under = &sums[start * 3..][..3 * TAPS + 1];
        let mut sum = [0.0; 4];
        for (i, &share) in shares.iter().enumerate() {
            let Some(pixel) = under[i * 3..].first_chunk::<4>() else { break };
            add_share(&mut sum, pixel, share);
        }
        for (to, value) in to.iter_mut().zip(sum) {
            *to = value * scale - offset;
        }
    }
}

#[inline(always)]
#[expect(clippy::indexing_slicing, reason = "as above")]
fn blend_many(sums: &[f32], covers: &Covers, taps: usize, [scale, offset]: [f32; 2], out: &mut [f32]) {
    for (x, (to, &start)) in out.as_chunks_mut::<3>().0.iter_mut().zip(&covers.starts).enumerate() {
        let mut sum = [0.0; 4];
        for (i, &share) in covers.shares[x * taps..(x + 1) * taps].iter().enumerate() {
            let Some(pixel) = sums[(start + i) * 3..].first_chunk::<4>() else { break };
            add_share(&mut sum, pixel, share);
        }
        for (to, value) in to.iter_mut().zip(sum) {
            *to = value * scale - offset;
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "calls of code that was compiled for other instructions; see the SAFETY comment")]
mod x86 {
    use super::super::simd::compiled;
    use super::Covers;

    compiled!(blend_columns = super::blend_columns_plain, (sums: &[f32], covers: &Covers, map: [f32; 2], out: &mut [f32]));
}
