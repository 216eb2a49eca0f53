//! One model of work: report progress, notice cancellation, collect warnings.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::Warning;

/// What a job is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum Stage {
    /// Walking folders.
    Listing,
    /// Reading the file once for its SHA-256.
    Hashing,
    /// Asking what the file is.
    Probing,
    /// Decoding, finding faces and scoring them; these overlap.
    Analysing,
    /// Tracks, segments, verdict.
    Aggregating,
    /// Writing results.
    Writing,
}

/// How far a job has come within its stage. Units are those of the stage: bytes when hashing,
/// microseconds of media time when analysing a video, items otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct Progress {
    /// What is being done.
    pub stage: Stage,
    /// How much of it is done.
    pub done: u64,
    /// How much there is, where that is known.
    pub total: Option<u64>,
}

/// The work was stopped because someone asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cancelled;

impl std::fmt::Display for Cancelled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("cancelled")
    }
}

impl std::error::Error for Cancelled {}

/// A flag that any thread may raise and that work checks between batches. Clones share the flag.
#[derive(Clone, Debug, Default)]
pub struct CancelToken(Arc<AtomicBool>);

impl CancelToken {
    /// Ask the work to stop at its next checkpoint.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether someone asked.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// What core code is given by the shell that runs it.
pub struct Ctx<'a> {
    cancel: CancelToken,
    on_progress: Box<dyn Fn(Progress) + Send + Sync + 'a>,
    warnings: Mutex<Vec<Warning>>,
}

impl<'a> Ctx<'a> {
    /// A context that reports to `on_progress` and stops when `cancel` is raised.
    pub fn new(cancel: CancelToken, on_progress: impl Fn(Progress) + Send + Sync + 'a) -> Self {
        Self { cancel, on_progress: Box::new(on_progress), warnings: Mutex::default() }
    }

    /// A context nobody listens to and nobody cancels.
    pub fn silent() -> Self {
        Self::new(CancelToken::default(), |_| {})
    }

    /// Reports `progress`, then stops if asked to. Call it once per batch of frames.
    ///
    /// # Errors
    /// [`Cancelled`] when the token was raised.
    pub fn checkpoint(&self, progress: Progress) -> Result<(), Cancelled> {
        (self.on_progress)(progress);
        self.check()
    }

    /// Stops if asked to, without reporting.
    ///
    /// # Errors
    /// [`Cancelled`] when the token was raised.
    pub fn check(&self) -> Result<(), Cancelled> {
        if self.cancel.is_cancelled() { Err(Cancelled) } else { Ok(()) }
    }

    /// The flag, for threads and children that must see it too.
    pub fn cancel_token(&self) -> &CancelToken {
        &self.cancel
    }

    /// Keeps a warning for the result.
    pub fn warn(&self, warning: Warning) {
        self.warnings.lock().unwrap_or_else(PoisonError::into_inner).push(warning);
    }

    /// Takes the warnings collected so far, in order of arrival.
    pub fn take_warnings(&self) -> Vec<Warning> {
        std::mem::take(&mut self.warnings.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::WarningCode;

    #[test]
    fn a_checkpoint_reports_before_it_stops() {
        let seen = Mutex::new(Vec::new());
        let cancel = CancelToken::default();
        let ctx = Ctx::new(cancel.clone(), |p| seen.lock().unwrap().push(p));
        let at = |done| Progress { stage: Stage::Analysing, done, total: Some(2) };
        assert_eq!(ctx.checkpoint(at(1)), Ok(()));
        cancel.cancel();
        assert_eq!(ctx.checkpoint(at(2)), Err(Cancelled));
        assert_eq!(*seen.lock().unwrap(), vec![at(1), at(2)]);
    }

    #[test]
    fn warnings_are_taken_once() {
        let ctx = Ctx::silent();
        ctx.warn(Warning::new(WarningCode::Damaged, "covered 0:00 to 0:03"));
        assert_eq!(ctx.take_warnings().len(), 1);
        assert!(ctx.take_warnings().is_empty());
    }
}
