//! One local file, opened read-only, and its bytes: size, SHA-256, whether it changed meanwhile.

use std::fmt::Write as _;
use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use base::{Cancelled, Ctx, Progress, Stage};
use sha2::{Digest, Sha256};

use crate::MediaError;

/// Bytes read at a time while hashing.
const CHUNK: usize = 1 << 18;

/// A SHA-256 as 64 lower-case hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sha256Hex(String);

impl Sha256Hex {
    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self::from_digest(&Sha256::digest(bytes))
    }

    fn from_digest(digest: &[u8]) -> Self {
        let mut hex = String::with_capacity(64);
        for byte in digest {
            let _ = write!(hex, "{byte:02x}");
        }
        Self(hex)
    }
}

impl std::fmt::Display for Sha256Hex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Sha256Hex> for String {
    fn from(hash: Sha256Hex) -> Self {
        hash.0
    }
}

/// Size and time of last change: differ when somebody wrote to the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub bytes: u64,
    modified: Option<SystemTime>,
}

impl Stamp {
    fn of(meta: &Metadata) -> Self {
        Self { bytes: meta.len(), modified: meta.modified().ok() }
    }
}

/// A regular file, open for reading. The handle stays with the same file even if the name is reused.
#[derive(Debug)]
pub(crate) struct Source {
    pub path: PathBuf,
    file: File,
    stamp: Stamp,
}

impl Source {
    /// Opens `path`, following links.
    ///
    /// # Errors
    /// `NotFound`, `DanglingLink`, `NotAFile` (without opening it, so that a pipe cannot block),
    /// `Unreadable`, `Empty`.
    pub fn open(path: &Path) -> Result<Self, MediaError> {
        let meta = fs::metadata(path).map_err(|source| not_there(path, source))?;
        regular(path, &meta)?;
        let file = File::open(path).map_err(|source| not_there(path, source))?;
        let meta = file.metadata().map_err(MediaError::unreadable(path))?;
        regular(path, &meta)?;
        if meta.len() == 0 {
            return Err(MediaError::Empty { path: path.to_owned() });
        }
        Ok(Self { path: path.to_owned(), file, stamp: Stamp::of(&meta) })
    }

    /// Size in bytes when it was opened.
    pub fn bytes(&self) -> u64 {
        self.stamp.bytes
    }

    /// A second handle on the same open file, for a child's standard input.
    ///
    /// # Errors
    /// `Unreadable` when the system has no handle left.
    pub fn handle(&self) -> Result<File, MediaError> {
        self.file.try_clone().map_err(MediaError::unreadable(&self.path))
    }

    /// Whether size or modification time differ from when it was opened.
    pub fn changed(&self) -> bool {
        self.file.metadata().map_or(true, |meta| Stamp::of(&meta) != self.stamp)
    }

    /// Up to `n` bytes from the start.
    ///
    /// # Errors
    /// `Unreadable`.
    pub fn head(&self, n: usize) -> Result<Vec<u8>, MediaError> {
        let mut head = vec![0; n];
        let got = self.read_full(&mut head, 0).map_err(MediaError::unreadable(&self.path))?;
        head.truncate(got);
        Ok(head)
    }

    /// The whole file; never more than it had when it was opened.
    ///
    /// # Errors
    /// `TooLarge` before anything is allocated, `Unreadable`, `Cancelled`.
    pub fn read(&self, limit: u64, ctx: &Ctx) -> Result<Vec<u8>, MediaError> {
        let too_large =
            || MediaError::TooLarge { path: self.path.clone(), what: "the file in bytes", actual: self.bytes(), limit };
        if self.bytes() > limit {
            return Err(too_large());
        }
        let size = usize::try_from(self.bytes()).map_err(|_| too_large())?;
        let mut bytes = vec![0; size];
        let mut at = 0;
        for chunk in bytes.chunks_mut(CHUNK * 16) {
            ctx.check().map_err(MediaError::cancelled(&self.path))?;
            let got = self.read_full(chunk, at).map_err(MediaError::unreadable(&self.path))?;
            at += got as u64;
            if got < chunk.len() {
                break;
            }
        }
        bytes.truncate(usize::try_from(at).unwrap_or(size));
        Ok(bytes)
    }

    /// SHA-256 of the whole file, with progress in bytes.
    ///
    /// # Errors
    /// `Unreadable`, `Cancelled`.
    pub fn sha256(&self, ctx: &Ctx) -> Result<Sha256Hex, MediaError> {
        let total = Some(self.bytes());
        self.hash(|done| ctx.checkpoint(Progress { stage: Stage::Hashing, done, total }))
    }

    /// SHA-256 on a thread of its own, beside decoding.
    ///
    /// # Errors
    /// `Unreadable`, `Cancelled` once `stop` says so.
    pub fn sha256_unless(&self, stop: impl Fn() -> bool) -> Result<Sha256Hex, MediaError> {
        self.hash(|_| if stop() { Err(Cancelled) } else { Ok(()) })
    }

    fn hash(&self, mut tick: impl FnMut(u64) -> Result<(), Cancelled>) -> Result<Sha256Hex, MediaError> {
        let mut hasher = Sha256::new();
        let mut buffer = vec![0; CHUNK];
        let mut done = 0;
        loop {
            tick(done).map_err(MediaError::cancelled(&self.path))?;
            let got = self.read_full(&mut buffer, done).map_err(MediaError::unreadable(&self.path))?;
            hasher.update(buffer.get(..got).unwrap_or_default());
            done += got as u64;
            if got < buffer.len() {
                return Ok(Sha256Hex::from_digest(&hasher.finalize()));
            }
        }
    }

    /// Fills `buffer` from `offset` unless the file ends before; returns how much it got.
    pub fn read_full(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut got = 0;
        while let Some(rest) = buffer.get_mut(got..).filter(|rest| !rest.is_empty()) {
            match read_at(&self.file, rest, offset + got as u64) {
                Ok(0) => break,
                Ok(n) => got += n,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(got)
    }
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, offset)
}

#[cfg(windows)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, offset)
}

fn not_there(path: &Path, source: io::Error) -> MediaError {
    let path = path.to_owned();
    let is_link = || fs::symlink_metadata(&path).is_ok_and(|meta| meta.is_symlink());
    match source.kind() {
        ErrorKind::NotFound if is_link() => MediaError::DanglingLink { path },
        ErrorKind::NotFound | ErrorKind::NotADirectory => MediaError::NotFound { path },
        ErrorKind::PermissionDenied => MediaError::Unreadable { path, source },
        // Too many levels of links; the stable `ErrorKind` has no name for it.
        _ if is_link() => MediaError::DanglingLink { path },
        _ => MediaError::Unreadable { path, source },
    }
}

fn regular(path: &Path, meta: &Metadata) -> Result<(), MediaError> {
    let what = if meta.is_file() {
        return Ok(());
    } else if meta.is_dir() {
        "folder"
    } else {
        "pipe, socket or device"
    };
    Err(MediaError::NotAFile { path: path.to_owned(), what })
}

#[cfg(test)]
mod tests {
    use base::CancelToken;

    use super::*;

    #[test]
    fn the_hash_is_that_of_the_whole_file_and_progress_reaches_its_size() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x");
        let bytes = vec![b'a'; 1_000_000];
        fs::write(&path, &bytes).unwrap();
        let last = std::sync::Mutex::new(0);
        let ctx = Ctx::new(CancelToken::default(), |p| *last.lock().unwrap() = p.done);
        let source = Source::open(&path).unwrap();
        // NIST FIPS 180-2, appendix B.3.
        let expected = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";
        assert_eq!(source.sha256(&ctx).unwrap().as_str(), expected);
        assert_eq!(Sha256Hex::of(&source.read(u64::MAX, &ctx).unwrap()).as_str(), expected);
        assert!(*last.lock().unwrap() >= 786_432);
        assert!(!source.changed());
        fs::write(&path, b"shorter").unwrap();
        assert!(source.changed());
    }
}
