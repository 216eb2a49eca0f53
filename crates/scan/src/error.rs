//! Why something could not be scanned.

use std::io;
use std::path::PathBuf;

use analysis::AnalysisError;
use base::Cancelled;
use detector::DetectorError;
use faces::FacesError;
use media::MediaError;
use nets::NetsError;

/// Errors of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScanError {
    /// Nothing has this name.
    #[error("no such file or folder: {}", path.display())]
    NotFound {
        /// As named.
        path: PathBuf,
    },
    /// A symbolic link whose target does not exist.
    #[error("a link that leads nowhere: {}", path.display())]
    DanglingLink {
        /// The link.
        path: PathBuf,
    },
    /// A device, a pipe or a socket.
    #[error("neither a file nor a folder: {}", path.display())]
    NotAFile {
        /// As named.
        path: PathBuf,
    },
    /// Faces are known beforehand of stills only.
    #[error("not a still: {}", path.display())]
    NotAStill {
        /// As named.
        path: PathBuf,
    },
    /// The system refuses to read it.
    #[error("cannot read ({source}): {}", path.display())]
    Unreadable {
        /// What could not be read.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file cannot be opened or decoded.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// The face detector failed.
    #[error(transparent)]
    Faces(#[from] FacesError),
    /// A scoring model failed.
    #[error(transparent)]
    Detector(#[from] DetectorError),
    /// A model or a device is missing or broken.
    #[error(transparent)]
    Nets(#[from] NetsError),
    /// A model's card does not say what is needed.
    #[error("the model cannot be used: {what}: {}", path.display())]
    Card {
        /// What is wrong.
        what: &'static str,
        /// The card.
        path: PathBuf,
    },
    /// Known samples were scored wrongly on every device, so nothing may be.
    #[error("known samples are scored wrongly, so nothing is scored ({message})")]
    Controls {
        /// Which, and how far off; or why they could not be scored.
        message: String,
    },
    /// There is no model that looks twice.
    #[error("no model for a second look is installed in {}", folder.display())]
    NoSecondLook {
        /// Where they were looked for.
        folder: PathBuf,
    },
    /// There is no scoring model at all.
    #[error("no scoring model is installed in {}", folder.display())]
    NoModels {
        /// Where they were looked for.
        folder: PathBuf,
    },
    /// An option has a value that makes no sense.
    #[error("{option} must be {allowed}")]
    Option {
        /// Which one.
        option: &'static str,
        /// What is allowed, in words.
        allowed: &'static str,
    },
    /// The worker threads could not be started.
    #[error("cannot start {threads} threads: {message}")]
    Threads {
        /// How many were asked for.
        threads: usize,
        /// What the system says.
        message: String,
    },
    /// A stored result could not be written.
    #[error("cannot write ({source}): {}", path.display())]
    Write {
        /// Where to.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Something has the name already, and nothing is replaced unasked.
    #[error("already there, and not replaced: {}", path.display())]
    Exists {
        /// What is there.
        path: PathBuf,
    },
    /// A result could not be put into words of JSON.
    #[error(transparent)]
    Document(#[from] AnalysisError),
    /// Nothing in the file could be decoded.
    #[error("no picture could be decoded ({message}): {}", path.display())]
    NothingDecoded {
        /// The file.
        path: PathBuf,
        /// What the decoder said, on one line.
        message: String,
    },
    /// The program itself is at fault.
    #[error("internal fault ({message}): {}", path.display())]
    Panicked {
        /// The item under way.
        path: PathBuf,
        /// What the panic said.
        message: String,
    },
    /// Asked to stop.
    #[error("cancelled")]
    Cancelled,
}

impl From<Cancelled> for ScanError {
    fn from(_: Cancelled) -> Self {
        Self::Cancelled
    }
}
