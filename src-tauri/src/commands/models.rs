//! Installed models.

use super::{Answer, OnDesk, aside};
use crate::dialogs;
use crate::installed;
use crate::ipc::ModelView;

#[tauri::command]
pub(super) async fn list_models(desk: OnDesk<'_>) -> Answer<Vec<ModelView>> {
    aside(&desk, |desk| desk.models()).await
}

#[tauri::command]
pub(super) async fn import_model(desk: OnDesk<'_>) -> Answer<Option<ModelView>> {
    let Some(card) = dialogs::file("card.toml", &["toml"]).await else { return Ok(None) };
    aside(&desk, move |desk| {
        let id = installed::import(&card, desk.built_in_models(), &desk.imported_models())?;
        desk.reload_models();
        Ok(desk.models()?.into_iter().find(|model| model.id == id))
    })
    .await
}
