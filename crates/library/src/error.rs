//! Why something could not be kept or found.

use std::io;
use std::path::PathBuf;

use analysis::AnalysisError;

/// Errors of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LibraryError {
    /// The database refuses.
    #[error("the library cannot be used ({0})")]
    Database(#[from] rusqlite::Error),
    /// The folder cannot be made, read or written.
    #[error("cannot use the folder ({source}): {}", path.display())]
    Folder {
        /// Which one.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A later version of the program has written it.
    #[error("the library was written by a later version (form {found}, this version knows {known}): {}", path.display())]
    Newer {
        /// The form it has.
        found: i64,
        /// The last form this version knows.
        known: i64,
        /// The database.
        path: PathBuf,
    },
    /// Another program is using it.
    #[error("the library is in use by another program: {}", path.display())]
    InUse {
        /// The database.
        path: PathBuf,
    },
    /// There is a library in that folder already.
    #[error("there is a library in this folder already: {}", path.display())]
    AlreadyThere {
        /// The database.
        path: PathBuf,
    },
    /// Nothing has this number.
    #[error("no {what} has the number {id}")]
    NoSuch {
        /// `case` or `analysis`.
        what: &'static str,
        /// The number.
        id: i64,
    },
    /// A stored document does not read.
    #[error(transparent)]
    Document(#[from] AnalysisError),
    /// Something stored beside a document does not read.
    #[error("a stored entry cannot be read ({0})")]
    Entry(#[from] serde_json::Error),
    /// Packed bytes do not unpack.
    #[error("a stored entry cannot be unpacked ({0})")]
    Packed(io::Error),
}
