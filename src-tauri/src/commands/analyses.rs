//! Kept analyses.

use scan::Limits;
use scan::analysis::MediaKind;
use scan::base::{Ctx, Timestamp};
use scan::evaluation::on_files_like;
use scan::media::Media;

use super::{Answer, OnDesk, aside};
use crate::dialogs;
use crate::error::{CommandError, ErrorCode};
use crate::evidence;
use crate::ipc::{AnalysisSummary, AnalysisView, Integrity};
use crate::queue::Work;

/// Recent analyses that are shown.
const RECENT: u32 = 50;

#[tauri::command]
pub(super) async fn recent_analyses(desk: OnDesk<'_>) -> Answer<Vec<AnalysisSummary>> {
    let recent = desk.with_library(|library| library.recent(RECENT))?;
    Ok(recent.into_iter().map(Into::into).collect())
}

#[tauri::command]
pub(super) async fn forget_recent(desk: OnDesk<'_>) -> Answer<()> {
    aside(&desk, |desk| desk.forget(|library| library.forget_recent())).await
}

#[tauri::command]
pub(super) async fn open_analysis(desk: OnDesk<'_>, id: i64) -> Answer<AnalysisView> {
    aside(&desk, move |desk| {
        let kept = desk.with_library(|library| library.analysis(id))?;
        let alike = on_files_like(&desk.models_folder()?, &kept.analysis);
        Ok(AnalysisView::new(kept, evidence::glance(desk, id)?, alike))
    })
    .await
}

#[tauri::command]
pub(super) async fn check_integrity(desk: OnDesk<'_>, id: i64) -> Answer<Integrity> {
    aside(&desk, move |desk| evidence::check(desk, id)).await
}

#[tauri::command]
pub(super) async fn locate_evidence(desk: OnDesk<'_>, id: i64) -> Answer<Option<Integrity>> {
    let Some(path) = dialogs::file("", &[]).await else { return Ok(None) };
    aside(&desk, move |desk| evidence::relocate(desk, id, &path).map(Some)).await
}

#[tauri::command]
pub(super) async fn frame_times(desk: OnDesk<'_>, id: i64) -> Answer<Vec<Timestamp>> {
    aside(&desk, move |desk| {
        let path = desk.with_library(|library| library.evidence(id))?.path;
        let ctx = Ctx::silent();
        Ok(Media::open(&path, &Limits::default(), &ctx)?.frame_times(&ctx)?)
    })
    .await
}

#[tauri::command]
pub(super) async fn analyse_range(desk: OnDesk<'_>, id: i64, from_us: i64, to_us: i64) -> Answer<u32> {
    if from_us > to_us {
        return Err(CommandError::new(ErrorCode::Invalid, "a range ends after it begins"));
    }
    let path = desk.with_library(|library| library.evidence(id))?.path;
    let (from, to) = (Timestamp::from_micros(from_us), Timestamp::from_micros(to_us));
    Ok(desk.queue.add_work(path, Some(MediaKind::Video), Work::Range { analysis: id, from, to }))
}

#[tauri::command]
pub(super) async fn explain_analysis(desk: OnDesk<'_>, id: i64) -> Answer<u32> {
    let (path, kind) = desk.with_library(|library| Ok((library.evidence(id)?.path, library.summary(id)?.kind)))?;
    Ok(desk.queue.add_work(path, kind, Work::Explain { analysis: id }))
}

#[tauri::command]
pub(super) async fn save_analysis_note(desk: OnDesk<'_>, id: i64, note: String) -> Answer<()> {
    desk.with_library(|library| library.set_note(id, &note))
}

#[tauri::command]
pub(super) async fn forget_analysis(desk: OnDesk<'_>, id: i64) -> Answer<()> {
    aside(&desk, move |desk| desk.forget(|library| library.forget_analyses(&[id]))).await
}
