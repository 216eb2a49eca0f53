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
        what: Box<str>,
        /// One split.
        first: Box<str>,
        /// A line of it.
        first_line: u64,
        /// The other.
        second: Box<str>,
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

    // Runs.
    /// A recipe that cannot be read.
    #[error("recipe: {problem}: {path}", path = path.display())]
    Recipe {
        /// What is wrong, with its line or key.
        problem: String,
        /// The recipe.
        path: PathBuf,
    },
    /// A key of a recipe says something that cannot be done.
    #[error("`{key}` {problem}")]
    RecipeKey {
        /// The key.
        key: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The folder of a new run holds one already.
    #[error("holds a run already; go on with --resume, or name another folder: {path}", path = path.display())]
    RunExists {
        /// The folder.
        path: PathBuf,
    },
    /// A checkpoint that this run cannot go on from.
    #[error("{problem}: {path}", path = path.display())]
    Checkpoint {
        /// Why not.
        problem: String,
        /// The checkpoint.
        path: PathBuf,
    },
    /// Weights that do not fit the network.
    #[error("{cause}: {path}", path = path.display())]
    Weights {
        /// What is wrong with them.
        cause: Box<nets::NetsError>,
        /// The file; empty where none was given.
        path: PathBuf,
    },
    /// The loss is no longer a number.
    #[error(
        "the loss became infinite in step {step} at a rate of {rate}: lower `training.optimiser.rate`, or set `training.clip`"
    )]
    Diverged {
        /// The step.
        step: u64,
        /// Its rate.
        rate: f32,
    },
    /// A trial of a search fell behind; never leaves the search.
    #[error("stopped early")]
    Pruned,
    /// The MLflow server cannot be logged to.
    #[error("mlflow: {problem}: {server}")]
    Mlflow {
        /// What happened.
        problem: String,
        /// Its address.
        server: String,
    },
    /// A batch whose pixels, labels and weights do not belong together.
    #[error("the batch of step {step} has as many pixels as its labels do not say")]
    Batch {
        /// The step.
        step: u64,
    },
    /// The system gave no threads.
    #[error("cannot start threads: {problem}")]
    Threads {
        /// What it said.
        problem: String,
    },
    /// A network failed.
    #[error(transparent)]
    Nets(#[from] nets::NetsError),

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
