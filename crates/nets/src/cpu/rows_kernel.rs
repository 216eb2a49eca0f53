//! Rows of pixels: into planes, pooled by two, summed and averaged.

use super::simd::Avx2;
use std::ops::Range;

/// Writes interleaved pixels `[columns][3]` to three planes; planes may be longer.
pub(crate) fn split_rgb(pixels: &[f32], [r, g, b]: [&mut [f32]; 3], simd: Option<Avx2>) {
    let columns = pixels.len() / 3;
    assert!(r.len() >= columns && g.len() >= columns && b.len() >= columns, "planes are shorter than the row");
    #[cfg(target_arch = "x86_64")]
    let done = simd.map_or(0, |token| x86::split(pixels, [&mut *r, &mut *g, &mut *b], token));
    #[cfg(not(target_arch = "x86_64"))]
    let (done, _) = (0, simd);
    let planes = r.iter_mut().zip(g).zip(b).skip(done);
    for (&[vr, vg, vb], ((r, g), b)) in pixels.as_chunks::<3>().0.iter().skip(done).zip(planes) {
        (*r, *g, *b) = (vr, vg, vb);
    }
}

/// The largest of each 2x2 square: `out[i]` from columns `2 i` and `2 i + 1` of both rows.
pub(crate) fn pool_pairs([above, below]: [&[f32]; 2], out: &mut [f32], simd: Option<Avx2>) {
    assert!(above.len() >= 2 * out.len() && below.len() >= 2 * out.len(), "rows are shorter than the pooled one");
    #[cfg(target_arch = "x86_64")]
    let done = simd.map_or(0, |token| x86::pool([above, below], &mut *out, token));
    #[cfg(not(target_arch = "x86_64"))]
    let (done, _) = (0, simd);
    let pairs = above.as_chunks::<2>().0.iter().zip(below.as_chunks::<2>().0);
    for (t, (&[p, q], &[r, s])) in out.iter_mut().zip(pairs).skip(done) {
        *t = larger(larger(p, r), larger(q, s));
    }
}

/// Most rows that [`sum_rows`] adds up: more could exceed 16 bits.
pub const SUMMED_ROWS: usize = 257;

/// `out[i]` becomes the sum of `bytes[i + r * stride]` over the first `rows` rows `r`, at most [`SUMMED_ROWS`].
///
/// # Panics
/// When there are more, or the last of them ends beyond `bytes`.
pub fn sum_rows(bytes: &[u8], stride: usize, rows: usize, out: &mut [u16]) {
    assert!(rows <= SUMMED_ROWS, "too many rows");
    assert!(rows == 0 || (rows - 1) * stride + out.len() <= bytes.len(), "rows beyond the picture");
    #[cfg(target_arch = "x86_64")]
    if let Some(token) = Avx2::detect() {
        x86::sum_rows(bytes, stride, rows, out, token);
        return;
    }
    sum_rows_plain(bytes, stride, rows, out);
}

/// Columns that are summed together, in registers.
const SUMMED: usize = 64;

#[inline(always)]
#[expect(clippy::indexing_slicing, reason = "places lie in the length that sum_rows checked; a wrong one must stop")]
fn sum_rows_plain(bytes: &[u8], stride: usize, rows: usize, out: &mut [u16]) {
    let (whole, rest) = out.as_chunks_mut::<SUMMED>();
    let done = whole.len() * SUMMED;
    for (i, to) in whole.iter_mut().enumerate() {
        let mut sums = [0u16; SUMMED];
        for r in 0..rows {
            let row = &bytes[r * stride + i * SUMMED..][..SUMMED];
            for (sum, &byte) in sums.iter_mut().zip(row) {
                *sum += u16::from(byte);
            }
        }
        *to = sums;
    }
    for (i, to) in rest.iter_mut().enumerate() {
        *to = (0..rows).map(|r| u16::from(bytes[r * stride + done + i])).sum();
    }
}

/// Adds the pixels `[columns][3]` of `row` under each range of columns to that range's three sums. One value more than
/// the pixels must follow in `row`: pixels are read four values at a time.
///
/// # Panics
/// When a range ends beyond the row.
pub fn sum_columns(row: &[u16], ranges: &[Range<usize>], out: &mut [u32]) {
    #[cfg(target_arch = "x86_64")]
    if let Some(token) = Avx2::detect() {
        x86::sum_columns(row, ranges, out, token);
        return;
    }
    sum_columns_plain(row, ranges, out);
}

#[inline(always)]
#[expect(clippy::indexing_slicing, reason = "a range beyond the row must stop")]
fn sum_columns_plain(row: &[u16], ranges: &[Range<usize>], out: &mut [u32]) {
    for (to, range) in out.as_chunks_mut::<3>().0.iter_mut().zip(ranges) {
        let mut sums = [0u32; 4];
        let pixels = &row[range.start * 3..range.end * 3 + 1];
        for i in 0..range.len() {
            let Some(pixel) = pixels[i * 3..].first_chunk::<4>() else { break };
            for (sum, &value) in sums.iter_mut().zip(pixel) {
                *sum += u32::from(value);
            }
        }
        for (to, sum) in to.iter_mut().zip(sums) {
            *to += sum;
        }
    }
}

/// Each pixel `[columns][3]` of `out` becomes the sum of two neighbouring ones of `row`, one value more than the pixels
/// following in either; a last pixel without neighbour counts twice.
///
/// # Panics
/// When `row` holds fewer than twice as many pixels less one.
#[expect(clippy::indexing_slicing, reason = "a row that is too short must stop")]
pub fn add_neighbours(row: &[u16], out: &mut [u16]) {
    let (columns, pixels) = ((out.len() - 1) / 3, (row.len() - 1) / 3);
    let pairs = columns.min(pixels / 2);
    #[cfg(target_arch = "x86_64")]
    let done = Avx2::detect().map_or(0, |token| x86::add_pairs(row, &mut *out, pairs, token));
    #[cfg(not(target_arch = "x86_64"))]
    let done = 0;
    for i in done..pairs {
        for c in 0..3 {
            out[i * 3 + c] = row[i * 6 + c] + row[i * 6 + 3 + c];
        }
    }
    if columns > pairs {
        let last = (pixels - 1) * 3;
        assert_eq!((columns - 1) * 6, last, "the row is too short");
        for c in 0..3 {
            out[(columns - 1) * 3 + c] = 2 * row[last + c];
        }
    }
}

/// `out[i]` becomes the sum of `values[i + r * stride]` over some rows `r`, the first times the first share, the last
/// times the last, those between times the middle one; a single row counts by the first.
///
/// # Panics
/// When the last row ends beyond `values`.
pub fn blend_rows(values: &[u16], [stride, rows]: [usize; 2], shares: [f32; 3], out: &mut [f32]) {
    assert!(rows == 0 || (rows - 1) * stride + out.len() <= values.len(), "rows beyond the picture");
    #[cfg(target_arch = "x86_64")]
    if let Some(token) = Avx2::detect() {
        x86::blend_rows(values, [stride, rows], shares, out, token);
        return;
    }
    blend_rows_plain(values, [stride, rows], shares, out);
}

#[inline(always)]
#[expect(clippy::indexing_slicing, reason = "places lie in the length that blend_rows checked; a wrong one must stop")]
fn blend_rows_plain(values: &[u16], [stride, rows]: [usize; 2], [first, middle, last]: [f32; 3], out: &mut [f32]) {
    /// Columns that are summed together, in registers.
    const BLENDED: usize = 32;
    let share = |r: usize| {
        if r == 0 {
            first
        } else if r + 1 == rows {
            last
        } else {
            middle
        }
    };
    let (whole, rest) = out.as_chunks_mut::<BLENDED>();
    let done = whole.len() * BLENDED;
    for (i, to) in whole.iter_mut().enumerate() {
        let mut sums = [0.0; BLENDED];
        for r in 0..rows {
            let share = share(r);
            let row = &values[r * stride + i * BLENDED..][..BLENDED];
            for (sum, &value) in sums.iter_mut().zip(row) {
                *sum += f32::from(value) * share;
            }
        }
        *to = sums;
    }
    for (i, to) in rest.iter_mut().enumerate() {
        *to = (0..rows).map(|r| f32::from(values[r * stride + done + i]) * share(r)).sum();
    }
}

/// `out[i]` becomes `sums[i] / rows / columns[i]`, less 127.5, over 128: the mean of so many bytes, about -1..1. Two
/// divisions in this order, as PyTorch's adaptive pooling divides.
pub fn centred_means(sums: &[u32], rows: f32, columns: &[f32], out: &mut [f32]) {
    #[cfg(target_arch = "x86_64")]
    if let Some(token) = Avx2::detect() {
        x86::centred_means(sums, rows, columns, out, token);
        return;
    }
    centred_means_plain(sums, rows, columns, out);
}

#[inline(always)]
fn centred_means_plain(sums: &[u32], rows: f32, columns: &[f32], out: &mut [f32]) {
    for ((to, &sum), &columns) in out.iter_mut().zip(sums).zip(columns) {
        // No sum reaches 2^31, and signed numbers are turned into floats by one instruction.
        *to = (sum as i32 as f32 / rows / columns - 127.5) * 0.007_812_5;
    }
}

/// As the vector instruction: the second when they are equal or not comparable.
fn larger(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "vector loads and stores; see the SAFETY comments")]
mod x86 {
    use super::super::simd::{Avx2, compiled};
    use std::arch::x86_64::{
        _mm_add_epi16, _mm_loadl_epi64, _mm_storel_epi64, _mm256_blend_ps, _mm256_castpd_ps, _mm256_castps_pd,
        _mm256_loadu_ps, _mm256_max_ps, _mm256_permute4x64_pd, _mm256_permutevar8x32_ps, _mm256_setr_epi32,
        _mm256_shuffle_ps, _mm256_storeu_ps,
    };
    use std::ops::Range;

    compiled!(sum_rows = super::sum_rows_plain, (bytes: &[u8], stride: usize, rows: usize, out: &mut [u16]));
    compiled!(sum_columns = super::sum_columns_plain, (row: &[u16], ranges: &[Range<usize>], out: &mut [u32]));
    compiled!(blend_rows = super::blend_rows_plain, (values: &[u16], size: [usize; 2], shares: [f32; 3], out: &mut [f32]));
    compiled!(centred_means = super::centred_means_plain, (sums: &[u32], rows: f32, columns: &[f32], out: &mut [f32]));

    /// Does all `pairs` of neighbouring pixels and says so.
    pub(super) fn add_pairs(row: &[u16], out: &mut [u16], pairs: usize, _proof: Avx2) -> usize {
        assert!(row.len() > 6 * pairs && out.len() > 3 * pairs, "a value must follow");
        let (from, to) = (row.as_ptr(), out.as_mut_ptr());
        for i in 0..pairs {
            // SAFETY: SSE2 is part of x86-64. Four values are read from each of two pixels, `6 i + 7` at most, and four are
            // written, `3 i + 4` at most, the last of which the next pixel overwrites; both lie within the lengths asserted.
            unsafe {
                let left = _mm_loadl_epi64(from.add(6 * i).cast());
                let right = _mm_loadl_epi64(from.add(6 * i + 3).cast());
                _mm_storel_epi64(to.add(3 * i).cast(), _mm_add_epi16(left, right));
            }
        }
        pairs
    }

    /// Does whole groups of eight columns and says how many columns that was.
    pub(super) fn split(pixels: &[f32], planes: [&mut [f32]; 3], _proof: Avx2) -> usize {
        let groups = pixels.len() / 24;
        assert!(planes.iter().all(|p| p.len() >= 8 * groups));
        // SAFETY: `_proof` says that AVX2 exists; the lengths are asserted above.
        unsafe { split_avx2(pixels, planes.map(<[f32]>::as_mut_ptr), groups) };
        8 * groups
    }

    /// # Safety
    /// AVX2; 24 values per group in `pixels`, 8 in each plane.
    #[target_feature(enable = "avx2")]
    unsafe fn split_avx2(pixels: &[f32], [r, g, b]: [*mut f32; 3], groups: usize) {
        // Of 24 values in three vectors, those of one colour sit in different lanes: two blends collect them, one
        // permutation puts them in order.
        let order_r = _mm256_setr_epi32(0, 3, 6, 1, 4, 7, 2, 5);
        let order_g = _mm256_setr_epi32(1, 4, 7, 2, 5, 0, 3, 6);
        let order_b = _mm256_setr_epi32(2, 5, 0, 3, 6, 1, 4, 7);
        for i in 0..groups {
            // SAFETY: group `i` is below `groups`.
            unsafe {
                let from = pixels.as_ptr().add(24 * i);
                let (x, y, z) = (_mm256_loadu_ps(from), _mm256_loadu_ps(from.add(8)), _mm256_loadu_ps(from.add(16)));
                let red = _mm256_blend_ps::<0b0010_0100>(_mm256_blend_ps::<0b1001_0010>(x, y), z);
                let green = _mm256_blend_ps::<0b0100_1001>(_mm256_blend_ps::<0b0010_0100>(x, y), z);
                let blue = _mm256_blend_ps::<0b1001_0010>(_mm256_blend_ps::<0b0100_1001>(x, y), z);
                _mm256_storeu_ps(r.add(8 * i), _mm256_permutevar8x32_ps(red, order_r));
                _mm256_storeu_ps(g.add(8 * i), _mm256_permutevar8x32_ps(green, order_g));
                _mm256_storeu_ps(b.add(8 * i), _mm256_permutevar8x32_ps(blue, order_b));
            }
        }
    }

    /// Does whole groups of eight outputs and says how many outputs that was.
    pub(super) fn pool([above, below]: [&[f32]; 2], out: &mut [f32], _proof: Avx2) -> usize {
        let groups = out.len() / 8;
        assert!(above.len() >= 16 * groups && below.len() >= 16 * groups);
        // SAFETY: `_proof` says that AVX2 exists; the lengths are asserted above.
        unsafe { pool_avx2([above.as_ptr(), below.as_ptr()], out.as_mut_ptr(), groups) };
        8 * groups
    }

    /// # Safety
    /// AVX2; 16 values per group in either row, 8 in the output.
    #[target_feature(enable = "avx2")]
    unsafe fn pool_avx2([above, below]: [*const f32; 2], out: *mut f32, groups: usize) {
        for i in 0..groups {
            // SAFETY: group `i` is below `groups`.
            unsafe {
                let (a, b) = (above.add(16 * i), below.add(16 * i));
                let low = _mm256_max_ps(_mm256_loadu_ps(a), _mm256_loadu_ps(b));
                let high = _mm256_max_ps(_mm256_loadu_ps(a.add(8)), _mm256_loadu_ps(b.add(8)));
                let even = _mm256_shuffle_ps::<0b10_00_10_00>(low, high);
                let odd = _mm256_shuffle_ps::<0b11_01_11_01>(low, high);
                // The shuffle works within halves: quarters come out as 0, 2, 1, 3.
                let mixed = _mm256_castps_pd(_mm256_max_ps(even, odd));
                _mm256_storeu_ps(out.add(8 * i), _mm256_castpd_ps(_mm256_permute4x64_pd::<0b11_01_10_00>(mixed)));
            }
        }
    }
}
