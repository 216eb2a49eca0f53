//! Prepares data, trains, evaluates and calibrates the detectors that the product ships.
//!
//! Knows crops, networks and labels; never a shell. Speaks to a network only where a log server is
//! named, and only to it ([`run::mlflow`]). Everything is drawn from a seed and a step,
//! so that a run that was killed goes on as if it had not been.
#![forbid(unsafe_code)]

pub mod augment;
mod batch;
mod blend;
pub mod data;
mod error;
pub mod evaluate;
pub mod run;

/// Progress and cancellation, for shells that know no other crate.
pub use base;
pub use batch::{Batch, Batches};
pub use error::TrainError;
