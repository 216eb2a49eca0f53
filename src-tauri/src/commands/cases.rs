//! Cases and the search.

use super::{Answer, OnDesk, aside};
use crate::error::{CommandError, ErrorCode};
use crate::ipc::{CaseSummary, CaseView, SearchHit};
use crate::now::now;

#[tauri::command]
pub(super) async fn list_cases(desk: OnDesk<'_>) -> Answer<Vec<CaseSummary>> {
    let cases = desk.with_library(|library| library.cases())?;
    Ok(cases.into_iter().map(Into::into).collect())
}

#[tauri::command]
pub(super) async fn create_case(desk: OnDesk<'_>, name: String) -> Answer<CaseSummary> {
    let name = named(&name)?;
    Ok(desk.with_library(|library| library.create_case(name, &now()))?.into())
}

#[tauri::command]
pub(super) async fn open_case(desk: OnDesk<'_>, id: i64) -> Answer<CaseView> {
    Ok(desk.with_library(|library| library.case(id))?.into())
}

#[tauri::command]
pub(super) async fn rename_case(desk: OnDesk<'_>, id: i64, name: String) -> Answer<()> {
    let name = named(&name)?;
    desk.with_library(|library| library.rename_case(id, name, &now()))
}

#[tauri::command]
pub(super) async fn save_case_note(desk: OnDesk<'_>, id: i64, note: String) -> Answer<()> {
    desk.with_library(|library| library.set_case_note(id, &note, &now()))
}

#[tauri::command]
pub(super) async fn move_to_case(desk: OnDesk<'_>, analyses: Vec<i64>, case_id: Option<i64>) -> Answer<()> {
    desk.with_library(|library| library.move_to_case(&analyses, case_id, &now()))
}

#[tauri::command]
pub(super) async fn forget_case(desk: OnDesk<'_>, id: i64) -> Answer<()> {
    aside(&desk, move |desk| desk.forget(|library| library.forget_case(id))).await
}

#[tauri::command]
pub(super) async fn forget_everything(desk: OnDesk<'_>) -> Answer<()> {
    aside(&desk, |desk| desk.forget(|library| library.forget_everything())).await
}

#[tauri::command]
pub(super) async fn search(desk: OnDesk<'_>, text: String) -> Answer<Vec<SearchHit>> {
    let hits = desk.with_library(|library| library.search(&text))?;
    Ok(hits.into_iter().map(Into::into).collect())
}

fn named(name: &str) -> Answer<&str> {
    let name = name.trim();
    if name.is_empty() { Err(CommandError::new(ErrorCode::Invalid, "a case needs a name")) } else { Ok(name) }
}
