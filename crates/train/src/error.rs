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
    // Evaluation.
    /// A list of labelled or scored files cannot be used.
    #[error("{what}: {path}", path = path.display())]
    Manifest {
        /// What is wrong, with row and column.
        what: String,
        /// The list.
        path: std::path::PathBuf,
    },
    /// A curve could not be drawn.
    #[error("a drawing failed: {what}")]
    Drawing {
        /// What the back end said.
        what: String,
    },
    /// No honest calibration or threshold comes of these scores.
    #[error("{what}")]
    Calibration {
        /// Why not, and what to do.
        what: String,
    },
}
