//! What was measured so far, one line a file as soon as it is done, so that nothing is lost when the work stops.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::manifest::ListedFace;
use super::measured::Measured;
use crate::TrainError;

/// What was examined and how: the same key gives the same numbers.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// Of models, options and delivery.
    pub configuration: String,
    /// SHA-256 of the file in hexadecimal.
    pub sha256: String,
    /// Box and landmarks, where the list gave them.
    pub face: Option<String>,
}

impl Key {
    /// The key of a file, with its listed face if any.
    pub fn new(configuration: &str, sha256: &str, face: Option<&ListedFace>) -> Self {
        let numbers = |f: &ListedFace| {
            let rect = [f.rect.x, f.rect.y, f.rect.w, f.rect.h];
            let all = rect.into_iter().chain(f.landmarks.iter().flat_map(|p| [p.x, p.y]));
            all.map(|n| n.to_string()).collect::<Vec<_>>().join(" ")
        };
        Self { configuration: configuration.to_owned(), sha256: sha256.to_owned(), face: face.map(numbers) }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    key: Key,
    measured: Measured,
}

/// `rows.jsonl` in the folder of results.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    known: HashMap<Key, Measured>,
}

impl Journal {
    const NAME: &'static str = "rows.jsonl";
    const BEFORE: &'static str = "rows.before.jsonl";

    /// Goes on with what is in the folder. A line that was torn by a crash is passed over.
    ///
    /// # Errors
    /// [`TrainError::File`] when it cannot be read or written to.
    pub fn resume(folder: &Path) -> Result<Self, TrainError> {
        let path = folder.join(Self::NAME);
        let failed = |cause| TrainError::File { cause, path: path.clone() };
        let bytes = match fs::read(&path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => Vec::new(),
            read => read.map_err(failed)?,
        };
        let text = String::from_utf8_lossy(&bytes);
        let lines = text.lines().filter_map(|line| serde_json::from_str::<Line>(line).ok());
        let known = lines.map(|line| (line.key, line.measured)).collect();
        let mut file = OpenOptions::new().create(true).append(true).open(&path).map_err(failed)?;
        if bytes.last().is_some_and(|b| *b != b'\n') {
            file.write_all(b"\n").map_err(failed)?;
        }
        Ok(Self { path, file, known })
    }

    /// Begins anew; what was there stays beside it under another name.
    ///
    /// # Errors
    /// [`TrainError::File`] when it cannot be written to.
    pub fn begin(folder: &Path) -> Result<Self, TrainError> {
        let path = folder.join(Self::NAME);
        let before = folder.join(Self::BEFORE);
        match fs::rename(&path, &before) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(TrainError::File { cause, path }),
            _ => {}
        }
        Self::resume(folder)
    }

    /// What is known under a key.
    pub fn find(&self, key: &Key) -> Option<&Measured> {
        self.known.get(key)
    }

    /// How many files are known.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Keeps a result. What failed is not kept: it is tried again.
    ///
    /// # Errors
    /// [`TrainError::File`] when the disk refuses; what was kept before stays.
    pub fn keep(&mut self, key: Key, measured: &Measured) -> Result<(), TrainError> {
        if measured.failed {
            return Ok(());
        }
        let failed = |cause| TrainError::File { cause, path: self.path.clone() };
        let line = Line { key, measured: measured.clone() };
        let mut text = serde_json::to_string(&line).map_err(|e| failed(e.into()))?;
        text.push('\n');
        self.file.write_all(text.as_bytes()).map_err(failed)?;
        self.known.insert(line.key, line.measured);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use analysis::VerdictCode;

    fn measured(score: f64) -> Measured {
        Measured {
            score: Some(score),
            logit: Some(0.1),
            verdict: VerdictCode::Inconclusive,
            error: None,
            failed: false,
            logits: [("m".to_owned(), 0.1)].into(),
            quality: None,
            frames: Vec::new(),
        }
    }

    #[test]
    fn what_was_kept_is_there_after_a_crash_and_a_torn_line_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let key = |sha: &str| Key::new("c", sha, None);
        let mut journal = Journal::resume(dir.path()).unwrap();
        journal.keep(key("a"), &measured(0.25)).unwrap();
        journal.keep(key("b"), &measured(0.5)).unwrap();
        drop(journal);
        let path = dir.path().join("rows.jsonl");
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..whole.len() - 7]).unwrap();
        let mut journal = Journal::resume(dir.path()).unwrap();
        assert_eq!((journal.len(), journal.find(&key("a"))), (1, Some(&measured(0.25))));
        journal.keep(key("b"), &measured(0.75)).unwrap();
        drop(journal);
        let journal = Journal::resume(dir.path()).unwrap();
        assert_eq!((journal.len(), journal.find(&key("b"))), (2, Some(&measured(0.75))));
    }

    #[test]
    fn another_model_another_box_and_a_failure_are_not_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let mut journal = Journal::resume(dir.path()).unwrap();
        let face = ListedFace { rect: base::Rect::new(1.0, 2.0, 3.0, 4.5), landmarks: [base::Point::new(0.5, 1.0); 5] };
        journal.keep(Key::new("c", "a", Some(&face)), &measured(0.5)).unwrap();
        assert!(journal.find(&Key::new("c", "a", Some(&face))).is_some());
        assert!(journal.find(&Key::new("c", "a", None)).is_none());
        assert!(journal.find(&Key::new("d", "a", Some(&face))).is_none());
        journal.keep(Key::new("c", "bad", None), &Measured { failed: true, ..measured(0.5) }).unwrap();
        assert_eq!(journal.len(), 1);
        drop(journal);
        assert!(Journal::begin(dir.path()).unwrap().is_empty());
        assert!(dir.path().join("rows.before.jsonl").is_file(), "nothing computed is thrown away");
    }
}
