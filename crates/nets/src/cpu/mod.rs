//! Convolution kernels for the CPU: channels-last activations, packed weights, fused epilogues.
//!
//! Owns [`Nhwc`] and the layers [`Conv`], [`Depthwise`], [`MaxPool`], [`Dense`] that the detection
//! networks are made of; knows no architecture, no file and no device. All `unsafe` of the kernels is in the `*_avx2` and
//! `*_512` functions below this module, in what calls them and in `neon`; each has a twin in NEON or, where that is not to be had
//! either, plain code, which runs without AVX2 and AVX-512 and which the tests compare it with.
//!
//! Every output value is one fixed sequence of operations, whatever the batch, the tile it falls in
//! or the number of threads: the same input gives the same bits. (Plain, NEON, AVX2 and AVX-512 differ in the last
//! bits, because FMA rounds once and sums of vectors are of other lengths.)
//!
//! Layers use rayon when a call is worth it ([`PARALLEL_MACS`]): over output rows, or over channels and places where the
//! weights outweigh the map. A single picture keeps the other threads awake; when images or
//! crops are already spread over a pool, the inner split only adds stealable tasks.

mod activation;
mod attention;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod blend_kernel;
mod channels;
mod company;
mod conv;
mod conv_kernel;
mod dense;
mod depthwise;
mod depthwise_kernel;
mod fused;
mod interleave;
mod lanes;
#[cfg(target_arch = "aarch64")]
mod neon;
mod norm;
mod peak;
mod planar;
mod planar_kernel;
mod planar_winograd;
mod pool;
mod rows_kernel;
mod simd;
mod square_kernel;
mod tensor;
#[cfg(test)]
mod tests;
mod winograd;
mod winograd_tiles;
mod winograd_transforms;

pub use activation::Activation;
pub use attention::attention;
pub use blend_kernel::{Cover, Covers, blend_columns};
pub use channels::{channel_means, scale_channels};
pub(crate) use company::in_company;
pub use conv::{Conv, ConvSpec, Padding};
pub(crate) use conv_kernel::{Job, LANES, run as run_job};
pub use dense::Dense;
pub use depthwise::Depthwise;
pub use fused::expand_depthwise;
pub(crate) use interleave::interleave;
pub use norm::LayerNorm;
pub use peak::fma_peak_gflops;
pub(crate) use planar::{PlanarConv, PlanarRows};
pub(crate) use planar_winograd::{Places, PlanarWinograd};
pub use pool::MaxPool;
pub use rows_kernel::{SUMMED_ROWS, add_neighbours, blend_rows, centred_means, sum_columns, sum_rows};
pub(crate) use rows_kernel::{pool_pairs, split_rgb};
pub(crate) use simd::Avx2 as Simd;
pub use square_kernel::{TurnedSquare, sample_square};
pub use tensor::Nhwc;
pub use winograd::{Square, Winograd};

/// Multiply-adds below which a layer stays on the calling thread: about 40 µs of work, some ten times
/// what handing a task to another rayon thread costs.
pub const PARALLEL_MACS: usize = 2_000_000;
/// The same while other threads are kept awake ([`in_company`]): about 5 µs.
const COMPANY_MACS: usize = 250_000;

/// Whether `macs` multiply-adds are worth splitting over the current rayon pool.
pub(crate) fn worth_splitting(macs: usize) -> bool {
    macs >= if company::is_kept() { COMPANY_MACS } else { PARALLEL_MACS } && rayon::current_num_threads() > 1
}
