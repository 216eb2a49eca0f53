//! The program itself.

use super::{Answer, OnDesk, aside};
use crate::dialogs;
use crate::help;
use crate::ipc::{AppInfo, HelpLanguage, HelpPage, Settings};

#[tauri::command]
pub(super) async fn app_info(desk: OnDesk<'_>) -> Answer<AppInfo> {
    desk.warm_up_soon();
    Ok(desk.info())
}

#[tauri::command]
pub(super) async fn save_settings(desk: OnDesk<'_>, settings: Settings) -> Answer<AppInfo> {
    aside(&desk, |desk| desk.save_settings(settings)).await
}

#[tauri::command]
pub(super) async fn choose_library_folder(desk: OnDesk<'_>) -> Answer<Option<AppInfo>> {
    let Some(folder) = dialogs::folder().await else { return Ok(None) };
    aside(&desk, move |desk| {
        desk.move_library(&folder)?;
        Ok(Some(desk.info()))
    })
    .await
}

#[tauri::command]
pub(super) async fn help_text(page: HelpPage, language: HelpLanguage) -> Answer<&'static str> {
    Ok(help::text(page, language))
}
