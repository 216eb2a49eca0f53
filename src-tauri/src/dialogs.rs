//! The system's dialogs. They run on this side: the web view never learns a path.

use std::path::PathBuf;

use rfd::AsyncFileDialog;

use crate::ipc::ExportFormat;

/// Files to open, several at once.
pub async fn files() -> Option<Vec<PathBuf>> {
    let chosen = AsyncFileDialog::new().pick_files().await?;
    Some(chosen.into_iter().map(|file| file.path().to_owned()).collect())
}

/// One file, of these endings where some are named.
pub async fn file(kind: &str, endings: &[&str]) -> Option<PathBuf> {
    let dialog = AsyncFileDialog::new();
    let dialog = if endings.is_empty() { dialog } else { dialog.add_filter(kind, endings) };
    dialog.pick_file().await.map(|file| file.path().to_owned())
}

/// A folder.
pub async fn folder() -> Option<PathBuf> {
    AsyncFileDialog::new().pick_folder().await.map(|folder| folder.path().to_owned())
}

/// Where to write something of this name and ending; a folder has none.
pub async fn save(name: &str, ending: &str) -> Option<PathBuf> {
    let dialog = AsyncFileDialog::new().set_file_name(name);
    let dialog = if ending.is_empty() { dialog } else { dialog.add_filter(ending, &[ending]) };
    dialog.save_file().await.map(|file| file.path().to_owned())
}

/// Where to write an export.
pub async fn export(format: ExportFormat) -> Option<PathBuf> {
    let ending = format.ending();
    let dialog = AsyncFileDialog::new().add_filter(ending, &[ending]).set_file_name(format!("facefiction.{ending}"));
    dialog.save_file().await.map(|file| file.path().to_owned())
}
