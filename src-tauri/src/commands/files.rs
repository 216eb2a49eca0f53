//! Choosing files; their paths stay here.

use super::{Answer, OnDesk, aside};
use crate::dialogs;
use crate::ipc::Selection;

#[tauri::command]
pub(super) async fn pick_files(desk: OnDesk<'_>) -> Answer<Option<Selection>> {
    let Some(paths) = dialogs::files().await else { return Ok(None) };
    aside(&desk, move |desk| Ok(Some(desk.select(&paths)))).await
}

#[tauri::command]
pub(super) async fn pick_folder(desk: OnDesk<'_>) -> Answer<Option<Selection>> {
    let Some(path) = dialogs::folder().await else { return Ok(None) };
    aside(&desk, move |desk| Ok(Some(desk.select(&[path])))).await
}

#[tauri::command]
pub(super) async fn take_selection(desk: OnDesk<'_>) -> Answer<Option<Selection>> {
    Ok(desk.selections.early())
}
