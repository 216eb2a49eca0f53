//! What can go wrong between a picture and its faces.

use nets::NetsError;

/// Errors of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FacesError {
    /// A network could not be loaded or refused its input.
    #[error(transparent)]
    Nets(#[from] NetsError),
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
