//! What can go wrong between a crop and its logit.

use std::path::PathBuf;

use nets::NetsError;

/// Errors of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DetectorError {
    /// The model could not be loaded or refused its input.
    #[error(transparent)]
    Nets(#[from] NetsError),
    /// The device refused.
    #[error("device: {0}")]
    Device(#[from] candle_core::Error),
    /// The model's task gives no scores of faces.
    #[error("not a detector of manipulated or generated faces: {path}")]
    NotADetector {
        /// The model's folder.
        path: PathBuf,
    },
    /// The card asks for a crop that faces are not cut with here.
    #[error("crops of this card's rule cannot be cut: {path}")]
    CropRule {
        /// The model's folder.
        path: PathBuf,
    },
    /// A crop has the wrong size.
    #[error("a crop of {width} x {height} pixels where the network takes {size} x {size}")]
    CropSize {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
        /// Side of the network's input.
        size: u32,
    },
    /// The network gave something other than one finite number a crop.
    #[error("the network gave no finite logit for crop {index}")]
    NoLogit {
        /// Position among the crops.
        index: usize,
    },
}
