//! Whether the files of kept analyses are still those that were examined.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::UNIX_EPOCH;

use library::StampedFile;
use scan::base::Ctx;
use scan::sha256_of;

use crate::desk::Desk;
use crate::error::{CommandError, ErrorCode};
use crate::ipc::Integrity;
use crate::lock::lock;

/// Hashes that are remembered; beyond that all are forgotten, and taken again where they are asked for.
const MOST_HASHES: usize = 4096;

/// Hashes the file of an analysis and compares.
///
/// # Errors
/// A number that nothing has.
pub fn check(desk: &Desk, id: i64) -> Result<Integrity, CommandError> {
    let evidence = desk.with_library(|library| library.evidence(id))?;
    Ok(compare(&evidence.path, evidence.sha256.as_deref()))
}

/// What can be said without reading the file.
///
/// # Errors
/// A number that nothing has.
pub fn glance(desk: &Desk, id: i64) -> Result<Integrity, CommandError> {
    let evidence = desk.with_library(|library| library.evidence(id))?;
    Ok(if evidence.path.exists() { Integrity::Checking } else { Integrity::Missing })
}

/// The file of an analysis is at `path` now: taken over when it is the same, byte by byte.
///
/// # Errors
/// A number that nothing has.
pub fn relocate(desk: &Desk, id: i64, path: &Path) -> Result<Integrity, CommandError> {
    let evidence = desk.with_library(|library| library.evidence(id))?;
    let found = compare(path, evidence.sha256.as_deref());
    if found == Integrity::Unchanged {
        desk.with_library(|library| library.set_evidence(id, path))?;
        desk.frames.forget();
    }
    Ok(found)
}

/// Whether the file at `path` is the one that was examined, byte by byte. What is added to an analysis counts as seen
/// in its file, so it must not come from another one.
///
/// # Errors
/// [`ErrorCode::NotFound`] when it is another file, or none that can be read; [`ErrorCode::Cancelled`].
pub(crate) fn require_same(path: &Path, sha256: Option<&str>, ctx: &Ctx<'_>) -> Result<(), CommandError> {
    same(sha256_of(path, ctx)?.as_deref(), sha256)
}

fn same(now: Option<&str>, then: Option<&str>) -> Result<(), CommandError> {
    if then.is_some() && now == then {
        return Ok(());
    }
    Err(CommandError::new(ErrorCode::NotFound, "the file is not the one that was examined"))
}

/// Hashes of files, good for as long as their size and time of change stay what they were. For what is made often and
/// is no finding; whatever a finding rests on hashes the file itself.
#[derive(Debug, Default)]
pub(crate) struct Hashes(Mutex<HashMap<PathBuf, (StampedFile, String)>>);

impl Hashes {
    /// Remembers the hash of a file that had this stamp before it was read.
    pub(crate) fn remember(&self, path: &Path, stamp: StampedFile, sha256: &str) {
        if stamp.bytes.is_none() || stamp.modified_us.is_none() {
            return;
        }
        let mut hashes = lock(&self.0);
        if hashes.len() >= MOST_HASHES {
            hashes.clear();
        }
        hashes.insert(path.to_owned(), (stamp, sha256.to_owned()));
    }

    /// As [`require_same`]; the file is read only when that is not known yet, or when somebody wrote to it since.
    ///
    /// # Errors
    /// As [`require_same`].
    pub(crate) fn require_same(&self, path: &Path, sha256: Option<&str>) -> Result<(), CommandError> {
        let stamp = stamp_of(path);
        let known = lock(&self.0).get(path).filter(|(before, _)| *before == stamp).map(|(_, hash)| hash.clone());
        if known.is_some() {
            return same(known.as_deref(), sha256);
        }
        let now = sha256_of(path, &Ctx::silent())?;
        if let Some(now) = &now {
            self.remember(path, stamp, now);
        }
        same(now.as_deref(), sha256)
    }

    /// Forgets all.
    pub(crate) fn forget(&self) {
        lock(&self.0).clear();
    }
}

/// Size and time of change of a file, as far as they can be had.
pub(crate) fn stamp_of(path: &Path) -> StampedFile {
    let Ok(meta) = std::fs::metadata(path) else { return StampedFile::default() };
    let modified = meta.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let modified_us = modified.and_then(|since| i64::try_from(since.as_micros()).ok());
    StampedFile { bytes: Some(meta.len()), modified_us }
}

fn compare(path: &Path, sha256: Option<&str>) -> Integrity {
    if !path.exists() {
        return Integrity::Missing;
    }
    match (sha256_of(path, &Ctx::silent()), sha256) {
        (Ok(Some(now)), Some(then)) if now == then => Integrity::Unchanged,
        (Ok(Some(_)), _) => Integrity::Changed,
        _ => Integrity::Unreadable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_the_same_only_when_every_byte_is() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.jpg");
        assert_eq!(compare(&path, Some("x")), Integrity::Missing);
        std::fs::write(&path, b"abc").unwrap();
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(compare(&path, Some(abc)), Integrity::Unchanged);
        std::fs::write(&path, b"abd").unwrap();
        assert_eq!(compare(&path, Some(abc)), Integrity::Changed);
        assert_eq!(compare(dir.path(), Some(abc)), Integrity::Unreadable);
    }

    #[test]
    fn what_is_remembered_of_a_file_is_good_until_somebody_writes_to_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.jpg");
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let hashes = Hashes::default();
        let good = |sha256| hashes.require_same(&path, sha256).map_err(|error| error.code);
        assert_eq!(good(Some(abc)), Err(ErrorCode::NotFound), "there is no file");
        std::fs::write(&path, b"abc").unwrap();
        assert_eq!((good(Some(abc)), good(None)), (Ok(()), Err(ErrorCode::NotFound)));
        hashes.remember(&path, stamp_of(&path), "of an examination");
        assert_eq!((good(Some("of an examination")), good(Some(abc))), (Ok(()), Err(ErrorCode::NotFound)), "not read");
        std::fs::write(&path, b"abcd").unwrap();
        assert_eq!(good(Some("of an examination")), Err(ErrorCode::NotFound));
        std::fs::write(&path, b"abc").unwrap();
        assert_eq!(good(Some(abc)), Ok(()));
        hashes.remember(&path, StampedFile::default(), "of nothing");
        assert_eq!(good(Some(abc)), Ok(()), "a file without a stamp is not remembered");
    }
}
