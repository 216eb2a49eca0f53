//! Finished analyses on disk, found again by what was examined and how.
//!
//! One JSON document per file content and configuration, `<folder>/<sha256>-<configuration>.json`
//! with the first 16 hexadecimal digits of each. Only finished analyses are stored: an item that
//! failed or was cancelled is tried again. Every write goes to a temporary file first, so that a
//! crash or a full disk never leaves half a document behind.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use analysis::{Analysis, FileFacts};

use crate::error::ScanError;

/// Hexadecimal digits of a hash that go into a file name; the full hash is compared on reading.
const NAME_DIGITS: usize = 16;

/// How names of files being written begin.
const DRAFT: &str = ".facefiction-";
/// Nobody writes one file for so long.
const ABANDONED: Duration = Duration::from_secs(3600);

/// A folder of finished analyses of one configuration.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
    configuration: String,
}

impl Store {
    /// Opens or creates the folder. `configuration` is [`crate::Pipeline::configuration`].
    ///
    /// # Errors
    /// [`ScanError::Write`] when the folder cannot be created.
    pub fn open(folder: &Path, configuration: &str) -> Result<Self, ScanError> {
        fs::create_dir_all(folder).map_err(|source| ScanError::Write { path: folder.to_path_buf(), source })?;
        sweep(folder);
        Ok(Self { folder: folder.to_path_buf(), configuration: configuration.to_owned() })
    }

    /// The analysis of a file with this SHA-256, told for `path`. Anything that is not a finished
    /// analysis of exactly these bytes counts as absent.
    pub fn find(&self, sha256: &str, path: &Path) -> Option<Analysis> {
        let text = fs::read_to_string(self.place(sha256)).ok()?;
        let mut found = Analysis::from_json(&text).ok()?;
        if found.error.is_some() || found.file.sha256.as_deref() != Some(sha256) {
            return None;
        }
        let FileFacts { path, path_bytes, .. } = FileFacts::at(path);
        found.file = FileFacts { path, path_bytes, ..found.file };
        Some(found)
    }

    /// Stores a finished analysis and returns where; `None` when there is nothing worth storing (it
    /// failed) or when no hash identifies the file.
    ///
    /// # Errors
    /// [`ScanError::Write`] when the disk refuses.
    pub fn keep(&self, analysis: &Analysis) -> Result<Option<PathBuf>, ScanError> {
        let (None, Some(sha256)) = (&analysis.error, &analysis.file.sha256) else { return Ok(None) };
        let path = self.place(sha256);
        let mut line = analysis.to_json_line()?;
        line.push('\n');
        write_atomically(&path, line.as_bytes())?;
        Ok(Some(path))
    }

    /// Where the analysis of a file with this SHA-256 is kept.
    pub fn place(&self, sha256: &str) -> PathBuf {
        let short = |hash: &str| hash.chars().take(NAME_DIGITS).collect::<String>();
        self.folder.join(format!("{}-{}.json", short(sha256), short(&self.configuration)))
    }
}

/// Writes a file so that readers see the old content or the new one, never a part.
///
/// # Errors
/// [`ScanError::Write`] when the folder cannot be written to.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), ScanError> {
    let mut draft = Draft::create(path)?;
    draft.write(bytes)?;
    draft.publish()
}

/// As [`write_atomically`], but never replaces what has the name already.
///
/// # Errors
/// [`ScanError::Exists`] when there is such a file; [`ScanError::Write`] when the disk refuses.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<(), ScanError> {
    let mut draft = Draft::create(path)?;
    draft.write(bytes)?;
    draft.publish_new()
}

/// Removes what a run that was killed has left half written in a folder of results. What is young may be another run's.
pub fn sweep(folder: &Path) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let drafts = entries.filter(|entry| entry.file_name().as_encoded_bytes().starts_with(DRAFT.as_bytes()));
    for draft in drafts {
        let written = draft.metadata().and_then(|meta| meta.modified()).ok();
        if written.and_then(|at| at.elapsed().ok()).is_some_and(|age| age > ABANDONED) {
            // One that cannot be removed harms nobody.
            let _ = fs::remove_file(draft.path());
        }
    }
}

/// A file being written, under a temporary name in the folder it will stand in. Dropped without
/// [`Draft::publish`], it disappears.
#[derive(Debug)]
pub struct Draft {
    file: io::BufWriter<tempfile::NamedTempFile>,
    path: PathBuf,
}

impl Draft {
    /// Begins a file that will stand at `path`.
    ///
    /// # Errors
    /// [`ScanError::Write`] when the folder cannot be written to.
    pub fn create(path: &Path) -> Result<Self, ScanError> {
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let file = temporary_file(folder).map_err(failed(path))?;
        Ok(Self { file: io::BufWriter::new(file), path: path.to_path_buf() })
    }

    /// Appends.
    ///
    /// # Errors
    /// [`ScanError::Write`] when the disk refuses.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), ScanError> {
        self.file.write_all(bytes).map_err(failed(&self.path))
    }

    /// Flushes to disk and gives the file its name, replacing what had it.
    ///
    /// # Errors
    /// [`ScanError::Write`] when the disk refuses; what stood there before is untouched.
    pub fn publish(self) -> Result<(), ScanError> {
        let Self { file, path } = self;
        let file = file.into_inner().map_err(|error| failed(&path)(error.into_error()))?;
        file.as_file().sync_all().map_err(failed(&path))?;
        file.persist(&path).map_err(|error| failed(&path)(error.error))?;
        Ok(())
    }

    /// As [`Draft::publish`], but never replaces what has the name already.
    ///
    /// # Errors
    /// [`ScanError::Exists`] when there is such a file; [`ScanError::Write`] when the disk refuses.
    pub fn publish_new(self) -> Result<(), ScanError> {
        let Self { file, path } = self;
        let file = file.into_inner().map_err(|error| failed(&path)(error.into_error()))?;
        file.as_file().sync_all().map_err(failed(&path))?;
        match file.persist_noclobber(&path) {
            Ok(_) => Ok(()),
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Err(ScanError::Exists { path }),
            Err(error) => Err(failed(&path)(error.error)),
        }
    }
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> ScanError + use<> {
    let path = path.to_path_buf();
    |source| ScanError::Write { path, source }
}

/// Temporary files are private to their owner by default; results are ordinary files, as far as the
/// user's file mode mask allows.
fn temporary_file(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(DRAFT);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use analysis::{ErrorCode, ItemError, Reason, Run, SCHEMA, Verdict};

    fn analysis(path: &str, sha256: &str) -> Analysis {
        Analysis {
            schema: SCHEMA.into(),
            file: FileFacts { sha256: Some(sha256.into()), bytes: Some(3), ..FileFacts::at(Path::new(path)) },
            verdict: Verdict::not_examined([Reason::NoFace]),
            people: vec![],
            timeline: vec![],
            models: vec![],
            explanations: vec![],
            baseline: None,
            run: Run {
                app: "facefiction 0".into(),
                device: "cpu".into(),
                threads: 1,
                fps: None,
                started: "2026-01-01T00:00:00Z".into(),
                seconds: 0.0,
                warnings: vec![],
                controls: vec![],
            },
            error: None,
        }
    }

    #[test]
    fn a_kept_analysis_is_found_under_another_name() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("analyses"), &"c".repeat(64)).unwrap();
        let sha = "ab".repeat(32);
        let place = store.keep(&analysis("old.jpg", &sha)).unwrap().unwrap();
        assert_eq!(place.file_name().unwrap(), "abababababababab-cccccccccccccccc.json");
        assert_eq!(store.find(&sha, Path::new("new.jpg")), Some(analysis("new.jpg", &sha)));
    }

    #[test]
    fn another_content_configuration_or_a_torn_file_is_a_miss() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), "one").unwrap();
        let (sha, twin) = ("ab".repeat(32), format!("{}{}", "ab".repeat(8), "cd".repeat(24)));
        let place = store.keep(&analysis("a", &sha)).unwrap().unwrap();
        assert!(store.find(&twin, Path::new("a")).is_none(), "same first digits, other content");
        assert!(Store::open(dir.path(), "two").unwrap().find(&sha, Path::new("a")).is_none());
        let half = fs::read(&place).unwrap();
        fs::write(&place, &half[..half.len() / 2]).unwrap();
        assert!(store.find(&sha, Path::new("a")).is_none());
    }

    #[test]
    fn a_failed_item_is_not_kept_and_does_not_displace_a_finished_one() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), "c").unwrap();
        let sha = "ab".repeat(32);
        store.keep(&analysis("a", &sha)).unwrap();
        let error = Some(ItemError { code: ErrorCode::DecodeFailed, message: "later".into() });
        assert_eq!(store.keep(&Analysis { error, ..analysis("a", &sha) }).unwrap(), None);
        assert!(store.find(&sha, Path::new("a")).is_some());
    }

    #[test]
    fn what_a_killed_run_has_left_goes_once_it_is_old() {
        let dir = tempfile::tempdir().unwrap();
        let [old, young, other] =
            [".facefiction-old", ".facefiction-young", "old.json"].map(|name| dir.path().join(name));
        for path in [&old, &young, &other] {
            fs::write(path, "half").unwrap();
        }
        let long_ago = std::time::SystemTime::now() - 2 * ABANDONED;
        for path in [&old, &other] {
            fs::File::options().write(true).open(path).unwrap().set_modified(long_ago).unwrap();
        }
        Store::open(dir.path(), "c").unwrap();
        assert_eq!([old, young, other].map(|path| path.exists()), [false, true, true]);
    }

    #[test]
    fn nothing_but_the_result_is_left_in_the_folder() {
        let dir = tempfile::tempdir().unwrap();
        write_atomically(&dir.path().join("a.json"), b"old").unwrap();
        write_atomically(&dir.path().join("a.json"), b"new").unwrap();
        let names: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names, ["a.json"]);
        assert_eq!(fs::read(dir.path().join("a.json")).unwrap(), b"new");
        assert!(matches!(write_atomically(&dir.path().join("absent/a"), b""), Err(ScanError::Write { .. })));
    }
}
