//! Networks: device choice, model cards and weights, layers and backbones, CPU kernels.
//!
//! Owns everything that turns pixels laid out as tensors into raw numbers. Knows nothing of files that
//! hold media, of faces, thresholds or verdicts. Unsafe code stands only in kernels, each of which is
//! tested against a plain version.

pub mod architecture;
pub mod backbone;
pub mod blazeface;
pub mod card;
mod card_rules;
pub mod cpu;
pub mod date;
pub mod depthwise;
pub mod device;
pub mod error;
pub mod face_mesh;
pub mod gelu;
pub mod grad;
pub mod heap;
pub mod model;
pub mod mtcnn;
#[cfg(test)]
mod synthetic;
mod tflite_layers;
pub mod weights;

pub use error::NetsError;
