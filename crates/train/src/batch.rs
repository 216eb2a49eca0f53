//! What one step learns from.

use crate::TrainError;

/// Crops and their labels.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// `[n, side, side, 3]`, RGB, row by row, as bytes: what a detector gets before it normalises.
    pub pixels: Vec<u8>,
    /// `[n]`: 0 real, 1 manipulated or generated. Other values between are soft labels.
    pub labels: Vec<f32>,
    /// `[n]`: what an example counts for in the loss; 1 where nothing else is said.
    pub weights: Vec<f32>,
    /// `[n]`: the logit that another detector gave an example, where one was asked.
    pub words: Vec<Option<f32>>,
    /// Pixels along one edge of the square crops.
    pub side: usize,
}

/// Where batches come from: drawn, augmented, cut to the size of the network.
pub trait Batches: Send + Sync {
    /// The batch of a step. The same step of the same seed gives the same bytes, whatever was asked before and
    /// on however many threads: this is what makes a resumed run equal to one that was never stopped.
    ///
    /// # Errors
    /// A crop that cannot be read, with its path.
    fn batch(&self, step: u64) -> Result<Batch, TrainError>;
}
