//! What can go wrong before, in and after training.

use std::path::{Path, PathBuf};

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
        path: PathBuf,
    },
    /// The work was stopped because someone asked for it.
    #[error("cancelled")]
    Cancelled,

    // Data sets.
    /// A key of the recipe's `[data]` table says something that cannot be done.
    #[error("recipe: data.{key}: {problem}")]
    DataRecipe {
        /// The key, such as `draw[2].share`.
        key: String,
        /// What is wrong with it, and what would be right.
        problem: String,
    },
    /// A list of labelled files lacks a column.
    #[error("there is no column `{column}` (there are {present}): {path}", path = path.display())]
    Column {
        /// The column.
        column: String,
        /// Those that are there.
        present: String,
        /// The list.
        path: PathBuf,
    },
    /// A row of a list of labelled files cannot be used.
    #[error("line {line}: {problem}: {path}", path = path.display())]
    Row {
        /// Line of the file, from 1; the header is line 1.
        line: u64,
        /// What is wrong with it.
        problem: String,
        /// The list.
        path: PathBuf,
    },
    /// Two rows of one group, or of one file, are on both sides of a split.
    #[error("{what} is in `{first}` (line {first_line}) and in `{second}` (line {second_line}), so that training would see what it is tested on: {path}", path = path.display())]
    SplitLeak {
        /// The group or file.
        what: String,
        /// One split.
        first: String,
        /// A line of it.
        first_line: u64,
        /// The other.
        second: String,
        /// A line of that.
        second_line: u64,
        /// The list.
        path: PathBuf,
    },
    /// Files of a data set cannot be read. Nothing was examined yet.
    #[error("{count} files cannot be read (leave them out with --skip-unreadable): {list}")]
    Unreadable {
        /// How many.
        count: usize,
        /// The first of them, and what is wrong with each.
        list: String,
    },
    /// A face network failed.
    #[error(transparent)]
    Faces(#[from] faces::FacesError),
    /// Something about a picture or video.
    #[error(transparent)]
    Media(#[from] media::MediaError),
    /// A codec that makes training crops look travelled failed.
    #[error("{codec}: {problem}")]
    Codec {
        /// Which.
        codec: &'static str,
        /// What it said.
        problem: String,
    },
    // Evaluation.
    /// A list of labelled or scored files cannot be used.
    #[error("{what}: {path}", path = path.display())]
    Manifest {
        /// What is wrong, with row and column.
        what: String,
        /// The list.
        path: PathBuf,
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

impl From<base::Cancelled> for TrainError {
    fn from(_: base::Cancelled) -> Self {
        Self::Cancelled
    }
}

impl TrainError {
    /// Makes an error of what the system said about a file.
    pub fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        move |cause| Self::File { cause, path: path.to_path_buf() }
    }

    /// A key of `[data]` that cannot be meant so.
    pub(crate) fn data(key: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::DataRecipe { key: key.into(), problem: problem.into() }
    }
}
