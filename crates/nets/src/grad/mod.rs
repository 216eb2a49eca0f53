//! Training: on the CPU the convolutional backbones forward and backward, without a tape.
//!
//! A [`TrainNet`] is built from the same plan that inference runs and knows its tensors by the same names, so
//! what it learns is what [`crate::backbone`] loads. Activations are channels-last; between two layers only the
//! raw output of a convolution is kept, and its batch norm, activation and gate are applied by whoever reads it,
//! forward and backward, a cache-sized block at a time. That, not arithmetic, is what makes it fast.
//!
//! The ViT learns by candle's tape instead, from operations whose gradients were checked; so does everything on a
//! graphics processor.
//!
//! Sums over pixels are cut into a fixed number of tasks and added up in order: the same batch gives the same
//! bits on any number of threads.

mod block;
mod dense;
mod depthwise;
#[cfg(target_arch = "x86_64")]
mod depthwise_wide;
mod gate;
mod init;
mod kernel;
mod layer;
mod linear;
mod net;
mod norm;
mod outer;
#[cfg(target_arch = "x86_64")]
mod outer_wide;
mod panels;
mod params;
mod pointwise;
mod tape;
#[cfg(test)]
mod tests;
mod vector;
mod vit;
mod winograd;

pub use init::starting_weights;
pub use net::{Dropout, TrainNet};
pub use norm::Mode;
pub use params::{ParamKind, Slot};
pub use tape::Precision;
