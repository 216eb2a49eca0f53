//! What the user has chosen, in one JSON file that is written whole or not at all.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::CommandError;
use crate::ipc::Settings;

/// Name of the file in the folder of settings.
const FILE: &str = "settings.json";

/// Everything that is kept of the user's choices.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Choices {
    /// What the window shows and changes.
    pub settings: Settings,
    /// Where the library is, when the user chose a place.
    pub library_folder: Option<PathBuf>,
}

impl Choices {
    /// What was kept; what cannot be read counts as never chosen.
    pub fn load(folder: &Path) -> Self {
        read_json(&folder.join(FILE)).unwrap_or_default()
    }

    /// Keeps them.
    ///
    /// # Errors
    /// A disk that refuses; then the old ones stay.
    pub fn save(&self, folder: &Path) -> Result<(), CommandError> {
        write_json(&folder.join(FILE), self)
    }
}

/// What a JSON file holds; `None` when there is none or it does not read.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

/// Writes a JSON file so that readers see the old content or the new one, making its folder where
/// needed.
pub(crate) fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<(), CommandError> {
    let failed = |error: io::Error| CommandError::unwritable(path, &error);
    path.parent().map_or(Ok(()), fs::create_dir_all).map_err(failed)?;
    let text = serde_json::to_vec_pretty(value).map_err(|error| failed(error.into()))?;
    scan::write_atomically(path, &text).map_err(CommandError::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ipc::{SamplingChoice, Theme};

    #[test]
    fn choices_come_back_and_nonsense_counts_as_none() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("config");
        assert_eq!(Choices::load(&folder), Choices::default());
        let mut chosen = Choices { library_folder: Some("/volume".into()), ..Choices::default() };
        chosen.settings.theme = Theme::Contrast;
        chosen.settings.sampling = SamplingChoice::PerSecond { fps: 2.5 };
        chosen.save(&folder).unwrap();
        assert_eq!(Choices::load(&folder), chosen);
        fs::write(folder.join(FILE), b"{ \"settings\": { \"threads\": 3 } }").unwrap();
        let partly = Choices::load(&folder);
        assert_eq!((partly.settings.threads, partly.settings.history), (Some(3), true));
        fs::write(folder.join(FILE), b"{ \"settings\": 3").unwrap();
        assert_eq!(Choices::load(&folder), Choices::default());
    }
}
