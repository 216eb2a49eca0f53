//! The queue.

use tauri::ipc::Channel;

use super::{Answer, OnDesk, aside};
use crate::dialogs;
use crate::error::{CommandError, ErrorCode};
use crate::export;
use crate::ipc::{ExportFormat, JobEvent, QueueEvent};
use crate::selection::name_of;

#[tauri::command]
pub(super) async fn enqueue(desk: OnDesk<'_>, selection: u32, case_id: Option<i64>) -> Answer<Vec<u32>> {
    let files = desk.selections.take(selection).ok_or_else(|| CommandError::no_such("selection", selection))?;
    Ok(desk.queue.add(files, case_id))
}

#[tauri::command]
pub(super) async fn watch_queue(desk: OnDesk<'_>, channel: Channel<QueueEvent>) -> Answer<()> {
    desk.queue.watch(Box::new(move |event| channel.send(event).is_ok()));
    Ok(())
}

#[tauri::command]
pub(super) async fn watch_job(desk: OnDesk<'_>, queue_id: u32, channel: Channel<JobEvent>) -> Answer<()> {
    let job = desk.queue.job(queue_id).ok_or_else(|| CommandError::no_such("item of the queue", queue_id))?;
    job.watch(Box::new(move |event| channel.send(event).is_ok()));
    Ok(())
}

#[tauri::command]
pub(super) async fn pause_queue(desk: OnDesk<'_>) -> Answer<()> {
    desk.queue.pause();
    Ok(())
}

#[tauri::command]
pub(super) async fn resume_queue(desk: OnDesk<'_>) -> Answer<()> {
    desk.queue.resume();
    Ok(())
}

#[tauri::command]
pub(super) async fn cancel_queued(desk: OnDesk<'_>, ids: Vec<u32>) -> Answer<()> {
    desk.queue.cancel(&ids);
    Ok(())
}

#[tauri::command]
pub(super) async fn remove_queued(desk: OnDesk<'_>, ids: Vec<u32>) -> Answer<()> {
    desk.queue.remove(&ids);
    Ok(())
}

#[tauri::command]
pub(super) async fn retry_queued(desk: OnDesk<'_>, ids: Vec<u32>) -> Answer<()> {
    desk.queue.retry(&ids);
    Ok(())
}

#[tauri::command]
pub(super) async fn export_queue(desk: OnDesk<'_>, format: ExportFormat, ids: Vec<u32>) -> Answer<Option<String>> {
    if desk.queue.analyses_of(&ids).is_empty() {
        return Err(CommandError::new(ErrorCode::Invalid, "there is no result to export yet"));
    }
    let Some(path) = dialogs::export(format).await else { return Ok(None) };
    aside(&desk, move |desk| export::write(desk, format, &ids, &path).map(|()| Some(name_of(&path)))).await
}
