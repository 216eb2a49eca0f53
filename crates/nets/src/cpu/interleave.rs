//! Three planes to pixels of three channels.

use super::simd::Avx2;

/// Pixels `[n][3]` from three planes of `n` values.
///
/// # Panics
/// When lengths disagree.
pub(crate) fn interleave(planes: [&[f32]; 3], pixels: &mut [f32], simd: Option<Avx2>) {
    let (pixels, rest) = pixels.as_chunks_mut::<3>();
    assert!(rest.is_empty() && planes.iter().all(|plane| plane.len() == pixels.len()), "planes do not fit the pixels");
    #[cfg(target_arch = "x86_64")]
    let done = simd.and_then(Avx2::avx512).map_or(0, |token| x86::interleave(planes, pixels.as_flattened_mut(), token));
    #[cfg(not(target_arch = "x86_64"))]
    let (done, _) = (0, simd);
    let [r, g, b] = planes;
    let values = r.iter().zip(g).zip(b).skip(done);
    pixels.iter_mut().skip(done).zip(values).for_each(|(to, ((r, g), b))| *to = [*r, *g, *b]);
}

#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "vector loads and stores; see the SAFETY comments")]
mod x86 {
    use super::super::avx512::WIDE;
    use super::super::simd::Avx512;
    use std::arch::x86_64::{
        _mm512_loadu_epi32, _mm512_loadu_ps, _mm512_permutex2var_ps, _mm512_setzero_si512, _mm512_storeu_ps,
    };

    /// For each of three vectors of pixels: where its lanes are in the first two planes (the second's from 16 on), and
    /// where among these lanes and the third plane (its from 16 on).
    const ORDER: [[[i32; WIDE]; 2]; 3] = order();

    #[expect(clippy::indexing_slicing, reason = "a constant, computed by the compiler")]
    const fn order() -> [[[i32; WIDE]; 2]; 3] {
        let mut order = [[[0; WIDE]; 2]; 3];
        let mut place = 0;
        while place < 3 * WIDE {
            let (vector, lane, pixel) = (place / WIDE, place % WIDE, (place / 3) as i32);
            order[vector][0][lane] = if place % 3 == 1 { pixel + WIDE as i32 } else { pixel };
            order[vector][1][lane] = if place % 3 == 2 { pixel + WIDE as i32 } else { lane as i32 };
            place += 1;
        }
        order
    }

    /// Does whole groups of sixteen pixels and says how many pixels that was.
    pub(super) fn interleave(planes: [&[f32]; 3], pixels: &mut [f32], _proof: Avx512) -> usize {
        let groups = pixels.len() / (3 * WIDE);
        assert!(planes.iter().all(|plane| plane.len() >= WIDE * groups));
        // SAFETY: `_proof` says that AVX-512 exists; the lengths are asserted above.
        unsafe { interleave_512(planes.map(<[f32]>::as_ptr), pixels.as_mut_ptr(), groups) };
        WIDE * groups
    }

    /// # Safety
    /// AVX-512; 16 values for each group in each plane, 48 in `pixels`.
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
    unsafe fn interleave_512([r, g, b]: [*const f32; 3], pixels: *mut f32, groups: usize) {
        let mut order = [[_mm512_setzero_si512(); 2]; 3];
        for (to, from) in order.as_flattened_mut().iter_mut().zip(ORDER.as_flattened()) {
            // SAFETY: sixteen numbers of 32 bits.
            *to = unsafe { _mm512_loadu_epi32(from.as_ptr()) };
        }
        for i in 0..groups {
            // SAFETY: group `i` is below `groups`.
            unsafe {
                let at = WIDE * i;
                let (r, g, b) = (_mm512_loadu_ps(r.add(at)), _mm512_loadu_ps(g.add(at)), _mm512_loadu_ps(b.add(at)));
                for (v, [two, three]) in order.into_iter().enumerate() {
                    let mixed = _mm512_permutex2var_ps(_mm512_permutex2var_ps(r, two, g), three, b);
                    _mm512_storeu_ps(pixels.add(3 * at + WIDE * v), mixed);
                }
            }
        }
    }
}
