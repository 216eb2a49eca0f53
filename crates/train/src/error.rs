//! What can go wrong before, in and after training.

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    /// A file could not be read or written.
    #[error("{cause}: {path}", path = path.display())]
    File {
        /// What the system said.
        cause: std::io::Error,
        /// The file.
        path: std::path::PathBuf,
    },
}
