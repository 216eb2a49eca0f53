//! Why a report or a package could not be made or read.

/// Errors of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// The catalogue of words, which is part of the program, cannot be read.
    #[error("the words of the report are broken: {message}")]
    Words {
        /// What is wrong.
        message: String,
    },
    /// A chart could not be drawn.
    #[error("a chart could not be drawn: {message}")]
    Chart {
        /// What is wrong.
        message: String,
    },
    /// The document could not be set.
    #[error("the report could not be typeset: {message}")]
    Typeset {
        /// What the typesetter says, on one line.
        message: String,
    },
    /// The case file is none, or has a field that nobody knows.
    #[error("the case file cannot be read: {message}")]
    Dossier {
        /// What is wrong, and where.
        message: String,
    },
    /// A key that seals packages could not be made or read.
    #[error("the key that seals packages cannot be used: {message}")]
    Key {
        /// What is wrong.
        message: String,
    },
    /// A part could not be written as JSON.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}
