//! What a command says when it fails.

use std::path::{Path, PathBuf};

use library::LibraryError;
use scan::ScanError;
use scan::base::Cancelled;
use scan::media::MediaError;
use scan::models::NetsError;
use serde::Serialize;

/// What kind of failure; closed, so that the window can word each one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum ErrorCode {
    /// It is not there.
    NotFound,
    /// It may not be read.
    NotReadable,
    /// It is of a kind that is not supported.
    Unsupported,
    /// Something has the name already, and nothing is replaced.
    AlreadyThere,
    /// It is being used.
    Busy,
    /// Someone stopped it.
    Cancelled,
    /// The library or a file could not be written or read.
    Storage,
    /// A tool or a model that is needed is missing or broken.
    Setup,
    /// What was asked for makes no sense.
    Invalid,
    /// A fault of this program.
    Internal,
}

/// A failed command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[error("{message}")]
pub struct CommandError {
    /// What kind.
    pub code: ErrorCode,
    /// One line in English, with the particulars.
    pub message: String,
    /// The file it is about, for display.
    pub path: Option<String>,
}

impl CommandError {
    /// An error without a file.
    pub fn new(code: ErrorCode, message: impl ToString) -> Self {
        Self { code, message: message.to_string(), path: None }
    }

    /// The same about a file.
    #[must_use]
    pub fn at(self, path: &Path) -> Self {
        Self { path: Some(path.display().to_string()), ..self }
    }

    /// Something with a number that nothing has.
    pub fn no_such(what: &str, id: impl std::fmt::Display) -> Self {
        Self::new(ErrorCode::NotFound, format!("no {what} has the number {id}"))
    }

    /// A file that could not be written.
    pub fn unwritable(path: &Path, source: &std::io::Error) -> Self {
        Self::new(ErrorCode::Storage, format!("cannot write ({source}): {}", path.display())).at(path)
    }
}

impl From<LibraryError> for CommandError {
    fn from(error: LibraryError) -> Self {
        let (code, path): (_, Option<&PathBuf>) = match &error {
            LibraryError::NoSuch { .. } => (ErrorCode::NotFound, None),
            LibraryError::InUse { path } => (ErrorCode::Busy, Some(path)),
            LibraryError::AlreadyThere { path } => (ErrorCode::Invalid, Some(path)),
            LibraryError::Folder { path, .. } | LibraryError::Newer { path, .. } => (ErrorCode::Storage, Some(path)),
            _ => (ErrorCode::Storage, None),
        };
        let plain = Self::new(code, &error);
        path.map_or(plain.clone(), |path| plain.at(path))
    }
}

impl From<ScanError> for CommandError {
    fn from(error: ScanError) -> Self {
        use scan::analysis::ErrorCode as Item;
        let code = match error.code() {
            _ if matches!(error, ScanError::Write { .. }) => ErrorCode::Storage,
            _ if matches!(error, ScanError::Exists { .. }) => ErrorCode::AlreadyThere,
            Item::NotFound => ErrorCode::NotFound,
            Item::NotReadable => ErrorCode::NotReadable,
            Item::Unsupported | Item::Empty | Item::TooLarge | Item::DecodeFailed | Item::NoVideoStream => {
                ErrorCode::Unsupported
            }
            Item::Setup => ErrorCode::Setup,
            Item::Cancelled => ErrorCode::Cancelled,
            Item::Internal => ErrorCode::Internal,
        };
        Self::new(code, error)
    }
}

impl From<Cancelled> for CommandError {
    fn from(cancelled: Cancelled) -> Self {
        Self::new(ErrorCode::Cancelled, cancelled)
    }
}

impl From<MediaError> for CommandError {
    fn from(error: MediaError) -> Self {
        Self::from(ScanError::from(error))
    }
}

impl From<NetsError> for CommandError {
    fn from(error: NetsError) -> Self {
        Self::new(ErrorCode::Setup, error)
    }
}
