//! The transforms of [`super::PlanarWinograd`]: six planar rows to six places and back to four rows.

use super::lanes::{Base, Lanes, WIDTH};
use super::simd::Avx2;

/// Columns of a strip: its places stay in the L2 cache.
pub(crate) const STRIP: usize = 96;
/// The same with what the window sees beyond it.
pub(crate) const WIDE_STRIP: usize = STRIP + WIDTH;

/// Where a strip comes from.
pub(crate) struct Spread<'a> {
    /// Six input rows from the strip's first column on, the first channel first.
    pub rows: [&'a [f32]; 6],
    /// From one channel to the next.
    pub pitch: usize,
    /// A multiple of 8, at most [`WIDE_STRIP`].
    pub columns: usize,
}

/// Where a strip goes, and what happens to it on the way.
pub(crate) struct Gather<'a> {
    /// Where the four output rows begin at the strip's first column, the first channel first.
    pub starts: [usize; 4],
    /// From one channel to the next.
    pub pitch: usize,
    /// A multiple of 8, at most [`STRIP`].
    pub columns: usize,
    /// One for each channel.
    pub slopes: &'a [f32],
}

/// The rows of `channels` channels, transformed, into `out` `[place][channel][WIDE_STRIP]`.
pub(crate) fn spread(job: &Spread, channels: usize, out: &mut [f32], simd: Option<Avx2>) {
    assert!(job.columns.is_multiple_of(WIDTH) && job.columns <= WIDE_STRIP);
    assert_eq!(out.len(), 6 * channels * WIDE_STRIP);
    #[cfg(target_arch = "x86_64")]
    if let Some(token) = simd {
        x86::spread(job, channels, out, token);
        return;
    }
    let _ = simd;
    spread_by::<Base, WIDTH>(job, channels, 0, out);
}

/// Products `[place][channel][STRIP]` transformed back, with PReLU, into rows of `out`.
pub(crate) fn gather(job: &Gather, products: &[f32], out: &mut [f32], simd: Option<Avx2>) {
    assert!(job.columns.is_multiple_of(WIDTH) && job.columns <= STRIP);
    assert_eq!(products.len(), 6 * job.slopes.len() * STRIP);
    #[cfg(target_arch = "x86_64")]
    if let Some(token) = simd {
        x86::gather(job, products, out, token);
        return;
    }
    let _ = simd;
    gather_by::<Base, WIDTH>(job, products, 0, out);
}

/// F(4, 3) at the points 0, ±1, ±2, as [`super::Winograd`]'s along one axis, with fused products.
#[inline(always)]
fn input<V: Lanes<W>, const W: usize>([a, b, c, d, e, f]: [V; 6]) -> [V; 6] {
    let (even, odd) = (c.times_add(-4.0, e), b.times_add(-4.0, d));
    let (near, far) = (e.sub(c), d.sub(b));
    [
        a.times_add(4.0, c.times_add(-5.0, e)),
        even.add(odd),
        even.sub(odd),
        far.times_add(2.0, near),
        far.times_add(-2.0, near),
        b.times_add(4.0, d.times_add(-5.0, f)),
    ]
}

/// From six places to four outputs.
#[inline(always)]
fn output<V: Lanes<W>, const W: usize>([a, b, c, d, e, f]: [V; 6]) -> [V; 4] {
    let (sum, difference) = (b.add(c), b.sub(c));
    let (far_sum, far_difference) = (d.add(e), d.sub(e));
    [
        a.add(sum).add(far_sum),
        far_difference.times_add(2.0, difference),
        far_sum.times_add(4.0, sum),
        far_difference.times_add(8.0, difference).add(f),
    ]
}

/// Columns from `from` on.
#[inline(always)]
#[expect(
    clippy::indexing_slicing,
    clippy::needless_range_loop,
    reason = "a row that is too short must stop; six rows advance together"
)]
fn spread_by<V: Lanes<W>, const W: usize>(job: &Spread, channels: usize, from: usize, out: &mut [f32]) {
    let (first, count) = (from / W, job.columns / W);
    for channel in 0..channels {
        let rows = job.rows.map(|row| &row[channel * job.pitch..][..job.columns].as_chunks::<W>().0[..count]);
        for i in first..count {
            let places = input([
                V::load(&rows[0][i]),
                V::load(&rows[1][i]),
                V::load(&rows[2][i]),
                V::load(&rows[3][i]),
                V::load(&rows[4][i]),
                V::load(&rows[5][i]),
            ]);
            for (place, value) in places.into_iter().enumerate() {
                let to = (place * channels + channel) * WIDE_STRIP + i * W;
                if let Some(to) = out[to..].first_chunk_mut() {
                    value.store(to);
                }
            }
        }
    }
}

/// Columns from `from` on.
#[inline(always)]
#[expect(clippy::indexing_slicing, reason = "lengths are checked by the caller; a wrong place must stop")]
fn gather_by<V: Lanes<W>, const W: usize>(job: &Gather, products: &[f32], from: usize, out: &mut [f32]) {
    let (first, count) = (from / W, job.columns / W);
    let channels = job.slopes.len();
    for channel in 0..channels {
        let plane =
            |place: usize| &products[(place * channels + channel) * STRIP..][..job.columns].as_chunks::<W>().0[..count];
        let planes = [plane(0), plane(1), plane(2), plane(3), plane(4), plane(5)];
        let slope = V::splat(job.slopes[channel]);
        for i in first..count {
            let rows = output([
                V::load(&planes[0][i]),
                V::load(&planes[1][i]),
                V::load(&planes[2][i]),
                V::load(&planes[3][i]),
                V::load(&planes[4][i]),
                V::load(&planes[5][i]),
            ]);
            for (row, start) in rows.into_iter().zip(job.starts) {
                if let Some(to) = out[start + channel * job.pitch + i * W..].first_chunk_mut() {
                    row.prelu(slope).store(to);
                }
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "calls safe code compiled for AVX2 or AVX-512")]
mod x86 {
    use super::super::avx512::WIDE;
    use super::super::lanes::{WIDTH, Wide, Widest};
    use super::super::simd::Avx2;
    use super::{Gather, Spread, gather_by, spread_by};

    pub(super) fn spread(job: &Spread, channels: usize, out: &mut [f32], proof: Avx2) {
        Wide::proven(proof);
        if let Some(wide) = proof.avx512() {
            Widest::proven(wide);
            // SAFETY: the proofs say that AVX2 and AVX-512 exist; the function's code is safe.
            unsafe { spread_512(job, channels, out) }
            return;
        }
        // SAFETY: the proof says that AVX2 exists; the function's code is safe.
        unsafe { spread_avx2(job, channels, 0, out) }
    }

    pub(super) fn gather(job: &Gather, products: &[f32], out: &mut [f32], proof: Avx2) {
        Wide::proven(proof);
        if let Some(wide) = proof.avx512() {
            Widest::proven(wide);
            // SAFETY: as above.
            unsafe { gather_512(job, products, out) }
            return;
        }
        // SAFETY: as above.
        unsafe { gather_avx2(job, products, 0, out) }
    }

    /// Eight columns that are left over go by AVX2.
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
    fn spread_512(job: &Spread, channels: usize, out: &mut [f32]) {
        spread_by::<Widest, WIDE>(job, channels, 0, out);
        spread_by::<Wide, WIDTH>(job, channels, job.columns / WIDE * WIDE, out);
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
    fn gather_512(job: &Gather, products: &[f32], out: &mut [f32]) {
        gather_by::<Widest, WIDE>(job, products, 0, out);
        gather_by::<Wide, WIDTH>(job, products, job.columns / WIDE * WIDE, out);
    }

    #[target_feature(enable = "avx2,fma")]
    fn spread_avx2(job: &Spread, channels: usize, from: usize, out: &mut [f32]) {
        spread_by::<Wide, WIDTH>(job, channels, from, out);
    }

    #[target_feature(enable = "avx2,fma")]
    fn gather_avx2(job: &Gather, products: &[f32], from: usize, out: &mut [f32]) {
        gather_by::<Wide, WIDTH>(job, products, from, out);
    }
}
