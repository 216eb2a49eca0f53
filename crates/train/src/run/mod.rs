//! Training runs: recipe, loop, optimisers, checkpoints and the log of a run.
//!
//! A run is a folder. [`train`] fills it from a [`Recipe`] and [`crate::Batches`]; killed at any moment, it goes on
//! from its last checkpoint to the same numbers. Knows no command line and no clock but for speeds.

mod average;
mod checkpoint;
mod curves;
mod extend;
mod folder;
mod held_out;
mod join;
mod learner;
pub mod mlflow;
mod optimiser;
mod recipe;
mod remote;
mod search;
mod teacher;
#[cfg(test)]
mod tests;
mod train;

pub use average::{Part, average};
pub use extend::{Extension, NEW, REFUSED, Verdict};
pub use folder::{Facts, WEIGHTS};
pub use held_out::{HeldOut, Tested};
pub use join::join;
pub use learner::{Learned, open_device};
pub use recipe::{ModelRecipe, OptimiserRecipe, Recipe, ScheduleRecipe, TrainingRecipe};
pub use remote::Remote;
pub use search::{SearchKey, SearchRecipe, SearchRoom, TrialLine, TrialState, search};
pub use teacher::TeacherRecipe;
pub use train::{News, Options, Outcome, train};
