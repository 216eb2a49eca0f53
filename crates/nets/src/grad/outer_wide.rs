//! [`super::outer::Outer`] with AVX-512: up to eight rows of the result by three vectors in registers.
#![expect(unsafe_code, reason = "register-tiled kernel; see the SAFETY comments")]
#![expect(
    clippy::indexing_slicing,
    clippy::needless_range_loop,
    reason = "loops over a register tile have constant bounds: they unroll and the checks vanish"
)]

use std::arch::x86_64::{
    __mmask16, _mm512_add_ps, _mm512_fmadd_ps, _mm512_mask_storeu_ps, _mm512_maskz_loadu_ps, _mm512_set1_ps,
    _mm512_setzero_ps,
};

use super::outer::Outer;
use crate::cpu::Simd;

/// Numbers in a vector.
const WIDTH: usize = 16;
/// Most rows in a register tile. Channels are multiples of eight nearly everywhere.
const ROWS: usize = 8;
/// Pixels whose columns of three vectors stay in the first-level cache while all rows of the result pass by.
const PIXELS: usize = 128;

/// Does it, or says that this processor has no AVX-512. `Outer::add_to` has checked every length.
pub(super) fn run(job: &Outer, out: &mut [f32], proof: Simd) -> bool {
    let Some(_proof) = proof.avx512() else { return false };
    for (bases, dy_bases) in job.bases.chunks(PIXELS).zip(job.dy_bases.chunks(PIXELS)) {
        // SAFETY: `_proof` says that AVX-512 exists; `add_to` asserted the lengths.
        unsafe { tiles(&Outer { bases, dy_bases, ..*job }, out) };
    }
    true
}

/// # Safety
/// AVX-512; every window, pixel and row inside its slice.
#[target_feature(enable = "avx512f")]
unsafe fn tiles(job: &Outer, out: &mut [f32]) {
    let out = out.as_mut_ptr();
    let mut j = 0;
    while j < job.run {
        let left = job.run - j;
        // Threes and twos rather than a three and a one, whose sums would wait for each other.
        let vectors = match left.div_ceil(WIDTH) {
            1 => 1,
            2 | 4 => 2,
            _ => 3,
        };
        // Lanes of the last vector that exist.
        let lanes = (left - (vectors - 1) * WIDTH).min(WIDTH);
        let mask = __mmask16::MAX >> (WIDTH - lanes);
        let mut o = 0;
        while o < job.outs {
            // SAFETY: each arm has as many rows left as its tile, and `vectors` vectors of each window, the last cut
            // off by its mask.
            unsafe {
                let tile = Tile { o, j, to: out.add(o * job.out_pitch + j), mask };
                o += match (job.outs - o, vectors) {
                    (ROWS.., 3) => tile_of::<8, 3>(job, tile),
                    (4.., 3) => tile_of::<4, 3>(job, tile),
                    (2.., 3) => tile_of::<2, 3>(job, tile),
                    (_, 3) => tile_of::<1, 3>(job, tile),
                    (ROWS.., 2) => tile_of::<8, 2>(job, tile),
                    (4.., 2) => tile_of::<4, 2>(job, tile),
                    (2.., 2) => tile_of::<2, 2>(job, tile),
                    (_, 2) => tile_of::<1, 2>(job, tile),
                    (ROWS.., _) => tile_of::<8, 1>(job, tile),
                    (2.., _) => tile_of::<2, 1>(job, tile),
                    (_, _) => tile_of::<1, 1>(job, tile),
                };
            }
        }
        j += vectors * WIDTH;
    }
}

/// Where a register tile lies.
#[derive(Clone, Copy)]
struct Tile {
    /// Its first row.
    o: usize,
    /// Its first column.
    j: usize,
    /// Where its first sum is kept.
    to: *mut f32,
    /// Of its last vector.
    mask: __mmask16,
}

/// `MR` rows by `NV` vectors; returns `MR`.
///
/// # Safety
/// As [`tiles`]; the rows and columns exist, the last vector's under its mask.
#[target_feature(enable = "avx512f")]
#[inline]
unsafe fn tile_of<const MR: usize, const NV: usize>(job: &Outer, tile: Tile) -> usize {
    let mask = |v: usize| if v + 1 == NV { tile.mask } else { __mmask16::MAX };
    // SAFETY: the lanes under the masks of `bases[p] + j ..` end before `bases[p] + run`, inside `x`; `o + MR <= outs`,
    // inside each pixel of `dy` and inside the result.
    unsafe {
        let mut acc = [[_mm512_setzero_ps(); NV]; MR];
        let x = job.x.as_ptr().add(tile.j);
        let dys = job.dy.as_ptr().add(tile.o);
        for (&base, &dy) in job.bases.iter().zip(job.dy_bases) {
            let (window, dy) = (x.add(base), dys.add(dy));
            let mut lanes = [_mm512_setzero_ps(); NV];
            for v in 0..NV {
                lanes[v] = _mm512_maskz_loadu_ps(mask(v), window.add(WIDTH * v));
            }
            for m in 0..MR {
                let g = _mm512_set1_ps(*dy.add(m));
                for v in 0..NV {
                    acc[m][v] = _mm512_fmadd_ps(g, lanes[v], acc[m][v]);
                }
            }
        }
        for m in 0..MR {
            for v in 0..NV {
                let at = tile.to.add(m * job.out_pitch + WIDTH * v);
                let sum = _mm512_add_ps(_mm512_maskz_loadu_ps(mask(v), at), acc[m][v]);
                _mm512_mask_storeu_ps(at, mask(v), sum);
            }
        }
    }
    MR
}
