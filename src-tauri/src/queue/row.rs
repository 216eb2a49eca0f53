//! One item of the queue.

use std::path::PathBuf;
use std::sync::Arc;

use scan::analysis::{ItemError, MediaKind, Verdict};
use scan::base::{CancelToken, Progress, Timestamp};

use crate::ipc::{QueueRow, QueueState};
use crate::job::{Ending, Job};
use crate::selection::{Chosen, name_of};

/// What is to be done with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Examine it.
    Whole,
    /// Examine a range of an analysis again, at every frame.
    Range {
        /// Number of the analysis.
        analysis: i64,
        /// First presentation time.
        from: Timestamp,
        /// Last presentation time.
        to: Timestamp,
    },
    /// Say where the detectors looked in an analysis.
    Explain {
        /// Number of the analysis.
        analysis: i64,
    },
}

impl Work {
    /// Whether somebody waits for it in front of the window; such work goes before files.
    pub(crate) const fn is_asked_for(self) -> bool {
        !matches!(self, Self::Whole)
    }
}

/// What a finished row shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// Number of the analysis.
    pub analysis: i64,
    /// What it came to.
    pub verdict: Verdict,
    /// How many people were seen.
    pub people: u32,
    /// Of a video.
    pub duration_us: Option<i64>,
}

/// How a row ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Examined and kept.
    Done(Kept),
    /// It had been examined before.
    Skipped(Kept),
    /// Someone stopped it.
    Cancelled,
    /// It could not be examined.
    Failed(ItemError),
}

impl Outcome {
    pub(crate) fn ending(&self) -> Ending {
        match self {
            Self::Done(kept) | Self::Skipped(kept) => Ending::Finished(kept.analysis),
            Self::Cancelled => Ending::Cancelled,
            Self::Failed(error) => Ending::Failed(error.clone()),
        }
    }
}

/// One item of the queue.
pub(crate) struct Row {
    pub path: PathBuf,
    pub case: Option<i64>,
    pub work: Work,
    pub kind: Option<MediaKind>,
    pub bytes: Option<u64>,
    pub state: QueueState,
    pub progress: Option<Progress>,
    pub analysis: Option<i64>,
    pub verdict: Option<Verdict>,
    pub duration_us: Option<i64>,
    pub cancel: CancelToken,
    pub job: Arc<Job>,
    name: String,
    people: Option<u32>,
    seconds: Option<f64>,
    error: Option<ItemError>,
    added_at: String,
}

impl Row {
    pub(crate) fn of_file(file: Chosen, case: Option<i64>, added_at: String) -> Self {
        let name = name_of(&file.path);
        Self { case, kind: file.kind, bytes: file.bytes, ..Self::new(file.path, name, Work::Whole, added_at) }
    }

    pub(crate) fn of_work(path: PathBuf, kind: Option<MediaKind>, work: Work, added_at: String) -> Self {
        let name = name_of(&path);
        Self { kind, ..Self::new(path, name, work, added_at) }
    }

    fn new(path: PathBuf, name: String, work: Work, added_at: String) -> Self {
        Self {
            path,
            case: None,
            work,
            kind: None,
            bytes: None,
            state: QueueState::Waiting,
            progress: None,
            analysis: None,
            verdict: None,
            duration_us: None,
            cancel: CancelToken::default(),
            job: Arc::default(),
            name,
            people: None,
            seconds: None,
            error: None,
            added_at,
        }
    }

    /// Whether it is not over.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.state, QueueState::Waiting | QueueState::Running | QueueState::Paused)
    }

    pub(crate) fn begin(&mut self) {
        self.state = QueueState::Running;
        self.progress = None;
    }

    pub(crate) fn finish(&mut self, outcome: Outcome, seconds: f64) {
        self.progress = None;
        self.seconds = Some(seconds);
        let kept = match outcome {
            Outcome::Done(kept) => {
                self.state = QueueState::Done;
                kept
            }
            Outcome::Skipped(kept) => {
                self.state = QueueState::Skipped;
                self.seconds = None;
                kept
            }
            Outcome::Cancelled => {
                self.state = QueueState::Cancelled;
                self.seconds = None;
                return;
            }
            Outcome::Failed(error) => {
                self.state = QueueState::Failed;
                self.error = Some(error);
                return;
            }
        };
        self.analysis = Some(kept.analysis);
        self.verdict = Some(kept.verdict);
        self.people = Some(kept.people);
        self.duration_us = kept.duration_us.or(self.duration_us);
    }

    /// Waits again when it failed or was stopped.
    pub(crate) fn retry(&mut self) {
        if matches!(self.state, QueueState::Failed | QueueState::Cancelled) {
            self.state = QueueState::Waiting;
            self.error = None;
            self.seconds = None;
            self.cancel = CancelToken::default();
            self.job = Arc::default();
        }
    }

    pub(crate) fn shown(&self, id: u32) -> QueueRow {
        QueueRow {
            id,
            name: self.name.clone(),
            folder: self.path.parent().map(name_of).unwrap_or_default(),
            kind: self.kind,
            bytes: self.bytes,
            state: self.state,
            progress: self.progress,
            analysis: self.analysis,
            verdict: self.verdict.clone(),
            people: self.people,
            seconds: self.seconds,
            duration_us: self.duration_us,
            error: self.error.clone(),
            added_at: self.added_at.clone(),
        }
    }
}
