//! The three networks of MTCNN (Zhang et al. 2016, "Joint Face Detection and Alignment using Multi-task
//! Cascaded Convolutional Networks"), with the weights and layout of the facenet-pytorch package.
//!
//! Inputs are RGB scaled to `(v - 127.5) / 128`. The cascade around them (pyramid, boxes, suppression)
//! belongs to the `faces` crate.

mod pnet;
mod refine;

pub use pnet::{PNet, PNetCell, PNetMaps};
pub use refine::{ONet, ONetOutput, RNet, RNetOutput};

/// Subtracted from 8-bit values before the networks see them.
pub const MEAN: f32 = 127.5;
/// Multiplied with after the mean is gone.
pub const SCALE: f32 = 1.0 / 128.0;

/// Second of two softmax values: the probability of a face.
fn face_probability(background: f32, face: f32) -> f32 {
    1.0 / (1.0 + (background - face).exp())
}
