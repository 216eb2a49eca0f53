//! Whether the files of kept analyses are still those that were examined.

use std::path::Path;

use scan::base::Ctx;
use scan::sha256_of;

use crate::desk::Desk;
use crate::error::CommandError;
use crate::ipc::Integrity;

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
}
