//! What can go wrong with one file. Messages are one line, in lower case, path last.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base::Cancelled;
use serde::{Deserialize, Serialize};

/// Stable name of an error for other programs; camelCase in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum ErrorCode {
    /// Nothing has that name, or a link leads nowhere.
    NotFound,
    /// It is there but may not or cannot be read.
    Unreadable,
    /// A folder, a pipe, a device.
    NotAFile,
    /// Zero bytes.
    Empty,
    /// Neither a picture nor a video.
    NotMedia,
    /// A known kind of picture that this version does not decode.
    Unsupported,
    /// More bytes, pixels or memory than the limits allow.
    TooLarge,
    /// Right kind, but nothing in it could be decoded.
    Damaged,
    /// A media file without moving pictures, such as a song.
    NoVideoStream,
    /// ffmpeg or ffprobe is not installed, or too old.
    DecoderMissing,
    /// The decoder could not be run.
    DecoderFailed,
    /// The decoder gave no sign of life.
    TimedOut,
    /// Someone asked to stop.
    Cancelled,
}

impl ErrorCode {
    /// The name as it stands in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotFound => "notFound",
            Self::Unreadable => "unreadable",
            Self::NotAFile => "notAFile",
            Self::Empty => "empty",
            Self::NotMedia => "notMedia",
            Self::Unsupported => "unsupported",
            Self::TooLarge => "tooLarge",
            Self::Damaged => "damaged",
            Self::NoVideoStream => "noVideoStream",
            Self::DecoderMissing => "decoderMissing",
            Self::DecoderFailed => "decoderFailed",
            Self::TimedOut => "timedOut",
            Self::Cancelled => "cancelled",
        }
    }
}

impl std::fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a file could not be identified or decoded, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MediaError {
    /// Nothing has that name.
    #[error("no such file; check the name, or whether the disk is connected: {}", shown(.path))]
    NotFound {
        /// The name.
        path: PathBuf,
    },
    /// A symbolic link whose target does not exist or that leads in a circle.
    #[error("the link leads to nothing; restore its target or give the file itself: {}", shown(.path))]
    DanglingLink {
        /// The link.
        path: PathBuf,
    },
    /// Opening or reading failed.
    #[error("cannot be read ({source}); check its permissions and the disk: {}", shown(.path))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Not a regular file.
    #[error("this is a {what}, not a file; give a picture or a video: {}", shown(.path))]
    NotAFile {
        /// The path.
        path: PathBuf,
        /// Folder, pipe, socket or device.
        what: &'static str,
    },
    /// Zero bytes.
    #[error("the file is empty (0 bytes); fetch it again from its source: {}", shown(.path))]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// Neither a picture nor a video, whatever its name says.
    #[error("neither a picture nor a video that can be decoded, whatever its name says; give the original file: {}", shown(.path))]
    NotMedia {
        /// The file.
        path: PathBuf,
        /// What the prober said, for the log; empty when it said nothing.
        detail: String,
    },
    /// A known kind that is not decoded.
    #[error("{format} files are not supported; convert a copy to PNG or TIFF: {}", shown(.path))]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// Name of the format.
        format: &'static str,
    },
    /// Over a limit; nothing was allocated for it.
    #[error("too large: {what} is {actual}, the limit is {limit}; examine a smaller copy: {}", shown(.path))]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Which quantity.
        what: &'static str,
        /// How much there is.
        actual: u64,
        /// How much is allowed.
        limit: u64,
    },
    /// The right kind, but not one picture could be decoded.
    #[error("damaged or incomplete, nothing could be decoded ({detail}); fetch it again from its source: {}", shown(.path))]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What the decoder said.
        detail: String,
    },
    /// Sound only, or subtitles only, or a cover picture only.
    #[error("there is no video in this file (sound or cover picture only): {}", shown(.path))]
    NoVideoStream {
        /// The file.
        path: PathBuf,
    },
    /// A decoder that this machine lacks.
    #[error("{program} is missing or too old ({reason}); install {package}, then open again: {}", shown(.path))]
    DecoderMissing {
        /// The file that needed it.
        path: PathBuf,
        /// `ffmpeg`, `ffprobe` or the codec of a HEIF picture.
        program: &'static str,
        /// What to install.
        package: &'static str,
        /// Not found, or which option it does not know.
        reason: String,
    },
    /// The decoder could not be started or talked to.
    #[error("the decoder failed ({detail}); try again, or make a copy in another format: {}", shown(.path))]
    DecoderFailed {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        detail: String,
    },
    /// No sign of life from the decoder for longer than [`Limits::silence`](crate::Limits::silence).
    #[error("the decoder was silent for {} s and was stopped; the file may be damaged or its disk too slow: {}", .silence.as_secs(), shown(.path))]
    TimedOut {
        /// The file.
        path: PathBuf,
        /// The limit.
        silence: Duration,
    },
    /// Someone asked to stop.
    #[error("cancelled: {}", shown(.path))]
    Cancelled {
        /// The file being read.
        path: PathBuf,
    },
}

impl MediaError {
    /// The stable name of this error.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::NotFound { .. } | Self::DanglingLink { .. } => ErrorCode::NotFound,
            Self::Unreadable { .. } => ErrorCode::Unreadable,
            Self::NotAFile { .. } => ErrorCode::NotAFile,
            Self::Empty { .. } => ErrorCode::Empty,
            Self::NotMedia { .. } => ErrorCode::NotMedia,
            Self::Unsupported { .. } => ErrorCode::Unsupported,
            Self::TooLarge { .. } => ErrorCode::TooLarge,
            Self::Damaged { .. } => ErrorCode::Damaged,
            Self::NoVideoStream { .. } => ErrorCode::NoVideoStream,
            Self::DecoderMissing { .. } => ErrorCode::DecoderMissing,
            Self::DecoderFailed { .. } => ErrorCode::DecoderFailed,
            Self::TimedOut { .. } => ErrorCode::TimedOut,
            Self::Cancelled { .. } => ErrorCode::Cancelled,
        }
    }

    /// The file it is about.
    pub fn path(&self) -> &Path {
        match self {
            Self::NotFound { path }
            | Self::DanglingLink { path }
            | Self::Unreadable { path, .. }
            | Self::NotAFile { path, .. }
            | Self::Empty { path }
            | Self::NotMedia { path, .. }
            | Self::Unsupported { path, .. }
            | Self::TooLarge { path, .. }
            | Self::Damaged { path, .. }
            | Self::NoVideoStream { path }
            | Self::DecoderMissing { path, .. }
            | Self::DecoderFailed { path, .. }
            | Self::TimedOut { path, .. }
            | Self::Cancelled { path } => path,
        }
    }

    pub(crate) fn cancelled(path: &Path) -> impl FnOnce(Cancelled) -> Self {
        let path = path.to_owned();
        move |Cancelled| Self::Cancelled { path }
    }

    pub(crate) fn unreadable(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Unreadable { path, source }
    }
}

/// The path on one line: control characters are escaped, bytes that are not UTF-8 are replaced.
fn shown(path: &Path) -> String {
    one_line(&path.to_string_lossy())
}

/// `text` with control characters written as escapes, so that it stays on one line.
pub(crate) fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() {
            let _ = write!(out, "{}", c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_line_and_ends_with_the_path() {
        let error = MediaError::Empty { path: PathBuf::from("a\nb\u{1b}[31m.jpg") };
        assert_eq!(
            error.to_string(),
            "the file is empty (0 bytes); fetch it again from its source: a\\nb\\u{1b}[31m.jpg"
        );
    }

    #[test]
    fn the_code_in_json_is_its_name() {
        for code in [ErrorCode::NotAFile, ErrorCode::NoVideoStream, ErrorCode::TimedOut, ErrorCode::Unsupported] {
            assert_eq!(serde_json::to_string(&code).unwrap(), format!("\"{code}\""));
        }
    }
}
