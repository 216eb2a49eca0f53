//! Files that were chosen; their paths stay on this side.

use serde::Serialize;

/// Why something will not be examined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum SkipReason {
    /// Neither a picture nor a video.
    NotMedia,
    /// It cannot be read.
    Unreadable,
    /// A folder that was met before.
    FolderLoop,
    /// It has no bytes.
    Empty,
    /// It is in the queue already.
    AlreadyQueued,
}

/// One thing that will not be examined.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct Skipped {
    /// Name of the file.
    pub name: String,
    /// Why.
    pub reason: SkipReason,
}

/// What was chosen or is dragged over the window.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Selection {
    /// To be handed back when it is put into the queue.
    pub id: u32,
    /// Name of the evidence package that this is, to be checked rather than examined.
    pub package: Option<String>,
    /// The first five names.
    pub names: Vec<String>,
    /// Pictures.
    pub images: u32,
    /// Videos.
    pub videos: u32,
    /// Folders that were looked through.
    pub folders: u32,
    /// Whether counting stopped at a limit.
    pub more: bool,
    /// The first that will not be examined.
    pub skipped: Vec<Skipped>,
    /// How many there are of them.
    pub skipped_count: u32,
}
