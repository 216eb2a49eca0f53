//! Manipulation detectors over face crops: preprocessing, logits, calibration, explanations.
//!
//! Owns [`Detector`]: one model folder, its crop rule, its network, its calibration. Several detectors
//! with different crops live side by side; nothing here knows how many there are or what follows from
//! a score (that is `analysis`). Never reads media. Stands between `faces` (crops) and `analysis`.
#![forbid(unsafe_code)]

mod detector;
mod error;
pub mod explain;
mod network;
mod preprocess;

pub use detector::Detector;
pub use error::DetectorError;
