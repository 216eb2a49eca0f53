//! The queue of files to examine.

use scan::analysis::{ItemError, MediaKind, Verdict, VerdictCode};
use scan::base::Progress;
use serde::{Deserialize, Serialize};

/// Where an item of the queue stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum QueueState {
    /// Its turn will come.
    Waiting,
    /// It is examined.
    Running,
    /// It was being examined when the queue was paused.
    Paused,
    /// It was examined.
    Done,
    /// It could not be.
    Failed,
    /// Someone stopped it.
    Cancelled,
    /// It had been examined before.
    Skipped,
}

/// One item of the queue.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct QueueRow {
    /// Its number.
    pub id: u32,
    /// Name of the file.
    pub name: String,
    /// Name of its folder.
    pub folder: String,
    /// Still or moving, as far as known.
    pub kind: Option<MediaKind>,
    /// Size of the file.
    pub bytes: Option<u64>,
    /// Where it stands.
    pub state: QueueState,
    /// While it is examined.
    pub progress: Option<Progress>,
    /// Number of its analysis.
    pub analysis: Option<i64>,
    /// What it came to.
    pub verdict: Option<Verdict>,
    /// How many people were seen.
    pub people: Option<u32>,
    /// How long it took.
    pub seconds: Option<f64>,
    /// Of a video.
    pub duration_us: Option<i64>,
    /// Why it failed.
    pub error: Option<ItemError>,
    /// RFC 3339.
    pub added_at: String,
}

/// How many have a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct VerdictCount {
    /// Which one.
    pub code: VerdictCode,
    /// How many.
    pub count: u32,
}

/// The queue as a whole.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct QueueCounts {
    /// All items.
    pub total: u32,
    /// [`QueueState::Waiting`].
    pub waiting: u32,
    /// [`QueueState::Running`].
    pub running: u32,
    /// [`QueueState::Paused`].
    pub paused: u32,
    /// [`QueueState::Done`].
    pub done: u32,
    /// [`QueueState::Failed`].
    pub failed: u32,
    /// [`QueueState::Cancelled`].
    pub cancelled: u32,
    /// [`QueueState::Skipped`].
    pub skipped: u32,
    /// Of those that have a verdict.
    pub by_verdict: Vec<VerdictCount>,
    /// Until all is done, as far as can be told.
    pub seconds_left: Option<f64>,
    /// Whether the queue stands still.
    pub is_paused: bool,
}

/// News of the queue.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum QueueEvent {
    /// All there is; the first event.
    Snapshot {
        /// In order.
        rows: Vec<QueueRow>,
        /// As a whole.
        counts: QueueCounts,
    },
    /// New or changed items.
    Changed {
        /// In order.
        rows: Vec<QueueRow>,
        /// As a whole.
        counts: QueueCounts,
    },
    /// Items that are gone.
    Removed {
        /// Their numbers.
        ids: Vec<u32>,
        /// As a whole.
        counts: QueueCounts,
    },
}

/// Form of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum ExportFormat {
    /// One row a person.
    Csv,
    /// One document a line.
    Jsonl,
}
