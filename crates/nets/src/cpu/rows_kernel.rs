//! Rows of pixels: into planes, pooled by two, summed and averaged.

use super::simd::Avx2;

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
    use super::super::simd::Avx2;
    use std::arch::x86_64::{
        _mm256_blend_ps, _mm256_castpd_ps, _mm256_castps_pd, _mm256_loadu_ps, _mm256_max_ps, _mm256_permute4x64_pd,
        _mm256_permutevar8x32_ps, _mm256_setr_epi32, _mm256_shuffle_ps, _mm256_storeu_ps,
    };

    pub(super) fn sum_rows(bytes: &[u8], stride: usize, rows: usize, out: &mut [u16], _proof: Avx2) {
        // SAFETY: `_proof` says that AVX2 exists; the function's code is safe.
        unsafe { sum_rows_avx2(bytes, stride, rows, out) }
    }

    #[target_feature(enable = "avx2")]
    fn sum_rows_avx2(bytes: &[u8], stride: usize, rows: usize, out: &mut [u16]) {
        super::sum_rows_plain(bytes, stride, rows, out);
    }

    pub(super) fn centred_means(sums: &[u32], rows: f32, columns: &[f32], out: &mut [f32], _proof: Avx2) {
        // SAFETY: as above.
        unsafe { centred_means_avx2(sums, rows, columns, out) }
    }

    #[target_feature(enable = "avx2")]
    fn centred_means_avx2(sums: &[u32], rows: f32, columns: &[f32], out: &mut [f32]) {
        super::centred_means_plain(sums, rows, columns, out);
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
