//! From labelled crops to batches: who is drawn, what is made of it, how it has travelled.
//!
//! Everything that is done to a crop is done alike to real and manipulated ones, so that no trace of it tells the
//! label. Each example has a stream of random numbers of its own, named by seed, step and place in the batch, so that
//! threads and the past change nothing.

mod chain;
pub(crate) mod codec;
pub(crate) mod detail;
pub(crate) mod dice;
mod mixture;
mod occlude;
pub mod recipe;
pub(crate) mod sampler;
mod source;
pub(crate) mod tile;
pub(crate) mod tone;
pub(crate) mod warp;

pub use mixture::{Crop, Mixture};
pub use recipe::DataRecipe;
