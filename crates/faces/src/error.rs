//! What can go wrong between a picture and its faces.

use std::path::PathBuf;

/// Errors of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FacesError {
    /// A network's card or weights could not be loaded.
    #[error("cannot load the network: {message}: {}", path.display())]
    Load {
        /// What the loader said.
        message: String,
        /// The model's folder.
        path: PathBuf,
    },
    /// A network refused its input.
    #[error("the {net} network failed: {message}")]
    Net {
        /// Which one.
        net: &'static str,
        /// What it said.
        message: String,
    },
    /// An option is outside its range.
    #[error("{option} must be {allowed}, not {value}")]
    Option {
        /// Its name.
        option: &'static str,
        /// The range in words.
        allowed: &'static str,
        /// What was given.
        value: f32,
    },
}
