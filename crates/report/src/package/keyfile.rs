//! The key of this user, in one private file that the command line and the window share.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::Key;
use crate::error::ReportError;

/// What was found where the key is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// It was there.
    Kept,
    /// It was there, and other users can read it.
    OpenToOthers,
    /// It was made now.
    Made,
}

/// This user's key.
#[derive(Debug)]
pub struct KeyFile {
    /// The key.
    pub key: Key,
    /// What was found.
    pub state: KeyState,
}

impl KeyFile {
    /// Reads the key at `path`; makes one where there is none, readable by this user only.
    ///
    /// # Errors
    /// [`ReportError::Key`] for a file that cannot be read or written, or is none.
    pub fn open(path: &Path) -> Result<Self, ReportError> {
        match fs::read_to_string(path) {
            Ok(text) => {
                let state = if open_to_others(path) { KeyState::OpenToOthers } else { KeyState::Kept };
                Ok(Self { key: Key::from_text(&text)?, state })
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::make(path),
            Err(error) => Err(failed(path)(error)),
        }
    }

    /// Fingerprint of the key at `path`; `None` when there is none that can be read. Makes none.
    pub fn fingerprint(path: &Path) -> Option<String> {
        Some(Key::from_text(&fs::read_to_string(path).ok()?).ok()?.fingerprint())
    }

    fn make(path: &Path) -> Result<Self, ReportError> {
        let key = Key::generate()?;
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(failed(path))?;
        }
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path).map_err(failed(path))?;
        file.write_all(key.to_text().as_bytes()).and_then(|()| file.sync_all()).map_err(failed(path))?;
        Ok(Self { key, state: KeyState::Made })
    }
}

fn failed(path: &Path) -> impl Fn(io::Error) -> ReportError {
    move |error| ReportError::Key { message: format!("{error}: {}", path.display()) }
}

#[cfg(unix)]
fn open_to_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|m| m.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn open_to_others(_: &Path) -> bool {
    false
}

/// `facefiction/seal.key` in the user's folder for application data; `None` without such a folder.
pub fn key_path() -> Option<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let folder = if cfg!(windows) {
        variable("APPDATA")
    } else if cfg!(target_os = "macos") {
        variable("HOME").map(|home| home.join("Library/Application Support"))
    } else {
        variable("XDG_DATA_HOME").or_else(|| variable("HOME").map(|home| home.join(".local/share")))
    };
    folder.map(|folder| folder.join("facefiction").join("seal.key"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_is_private() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("new/seal.key");
        assert_eq!(KeyFile::fingerprint(&path), None);
        let made = KeyFile::open(&path).unwrap();
        let again = KeyFile::open(&path).unwrap();
        assert_eq!((made.state, again.state), (KeyState::Made, KeyState::Kept));
        assert_eq!(made.key.fingerprint(), again.key.fingerprint());
        assert_eq!(KeyFile::fingerprint(&path), Some(made.key.fingerprint()));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
            assert_eq!(KeyFile::open(&path).unwrap().state, KeyState::OpenToOthers);
        }
        fs::write(&path, "nonsense").unwrap();
        assert!(matches!(KeyFile::open(&path), Err(ReportError::Key { .. })));
    }
}
