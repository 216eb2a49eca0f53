//! The kernel for processors without one of their own: in NEON where that is always to be had, plain elsewhere.

use super::super::Activation;
use super::super::lanes::{Base, BaseLanes, WIDTH};
use super::{Block, Job, LANES};

/// Vectors in a panel.
const VECTORS: usize = LANES / WIDTH;
/// Output pixels in a register tile: with NEON 24 registers of sums, four of weights and a factor of its 32; others
/// have 16 at most.
const ROWS: usize = if cfg!(target_arch = "aarch64") { 6 } else { 2 };

/// Computes a block.
pub(super) fn run(job: &Job, mut block: Block) {
    let [_, _, cout] = job.out_image;
    let pixels = block.bases.len();
    for co in (0..cout).step_by(LANES) {
        let mut at = 0;
        while at < pixels {
            let left = pixels - at;
            // Tiles of about one height.
            at += match left.div_ceil(left.div_ceil(ROWS)) {
                6 => tile::<Base, 6>(job, &mut block, at, co),
                5 => tile::<Base, 5>(job, &mut block, at, co),
                4 => tile::<Base, 4>(job, &mut block, at, co),
                3 => tile::<Base, 3>(job, &mut block, at, co),
                2 => tile::<Base, 2>(job, &mut block, at, co),
                _ => tile::<Base, 1>(job, &mut block, at, co),
            };
        }
    }
}

/// `MR` pixels from `at` on by the sixteen channels from `co` on; gives `MR`.
#[expect(
    clippy::indexing_slicing,
    clippy::needless_range_loop,
    reason = "loops over a register tile have constant bounds: they unroll; offsets lie in lengths that Conv::run \
              checked, and a wrong one must stop"
)]
fn tile<V: BaseLanes, const MR: usize>(job: &Job, block: &mut Block, at: usize, co: usize) -> usize {
    let (run, runs, pitch) = job.runs();
    let depth = runs * run;
    let panel = &job.panels[co * depth..][..LANES * depth];
    let mut acc = [[V::splat(0.0); VECTORS]; MR];
    for v in 0..VECTORS {
        let bias = V::first(&job.bias[co + v * WIDTH..]);
        for m in 0..MR {
            acc[m][v] = bias;
        }
    }
    for (ky, weights) in panel.chunks_exact(run * LANES).enumerate() {
        let mut windows = [&job.source[..0]; MR];
        for m in 0..MR {
            windows[m] = &job.source[block.bases[at + m] + ky * pitch..][..run];
        }
        for (k, weights) in weights.as_chunks::<LANES>().0.iter().enumerate() {
            let mut w = [V::splat(0.0); VECTORS];
            for v in 0..VECTORS {
                w[v] = V::first(&weights[v * WIDTH..]);
            }
            for m in 0..MR {
                let x = windows[m][k];
                for v in 0..VECTORS {
                    acc[m][v] = w[v].times_add(x, acc[m][v]);
                }
            }
        }
    }
    finish(job, block, at, co, acc);
    MR
}

/// Residual, activation, store.
#[expect(
    clippy::indexing_slicing,
    clippy::needless_range_loop,
    reason = "as in the tile; what is beyond the last channel is cut off before"
)]
fn finish<V: BaseLanes, const MR: usize>(job: &Job, block: &mut Block, at: usize, co: usize, acc: [[V; VECTORS]; MR]) {
    let [_, _, cout] = job.out_image;
    for v in 0..VECTORS {
        let channel = co + v * WIDTH;
        if channel >= cout {
            break;
        }
        let slopes = match job.activation {
            Activation::Prelu(slopes) => V::first(&slopes[channel..]),
            _ => V::splat(0.0),
        };
        for m in 0..MR {
            let mut sums = acc[m][v];
            if let Some((data, channels)) = job.residual {
                let pixel = &data[(block.first + at + m) * channels..][..channels];
                sums = sums.add(V::first(pixel.get(channel..).unwrap_or_default()));
            }
            let out = &mut block.out[(at + m) * cout + channel..(at + m + 1) * cout];
            sums.activate(job.activation, slopes).store_first(out);
        }
    }
}
