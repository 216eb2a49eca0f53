//! What the window may ask for. Each command translates and hands on; what takes long runs elsewhere.

mod analyses;
mod application;
mod cases;
mod files;
mod handover;
mod models;
mod names;
mod queue;

use std::sync::Arc;

use tauri::{Runtime, State};

pub use self::names::COMMANDS;
use crate::desk::Desk;
use crate::error::{CommandError, ErrorCode};

/// What a command answers.
type Answer<T> = Result<T, CommandError>;

/// The desk, as commands get it.
type OnDesk<'a> = State<'a, Arc<Desk>>;

/// All commands, in the order of [`COMMANDS`].
pub(crate) fn handler<R: Runtime>() -> impl Fn(tauri::ipc::Invoke<R>) -> bool + Send + Sync + 'static {
    tauri::generate_handler![
        application::app_info,
        application::save_settings,
        application::choose_library_folder,
        application::help_text,
        files::pick_files,
        files::pick_folder,
        files::take_selection,
        queue::enqueue,
        queue::watch_queue,
        queue::watch_job,
        queue::pause_queue,
        queue::resume_queue,
        queue::cancel_queued,
        queue::remove_queued,
        queue::retry_queued,
        queue::export_queue,
        analyses::recent_analyses,
        analyses::forget_recent,
        analyses::open_analysis,
        analyses::check_integrity,
        analyses::locate_evidence,
        analyses::frame_times,
        analyses::analyse_range,
        analyses::explain_analysis,
        analyses::save_analysis_note,
        analyses::forget_analysis,
        handover::preview_report,
        handover::forget_preview,
        handover::export_report,
        handover::export_package,
        handover::cancel_errand,
        handover::pick_package,
        handover::pick_package_evidence,
        handover::verify_package,
        cases::list_cases,
        cases::create_case,
        cases::open_case,
        cases::rename_case,
        cases::save_case_note,
        cases::move_to_case,
        cases::forget_case,
        cases::forget_everything,
        cases::search,
        models::list_models,
        models::import_model,
    ]
}

/// Runs `work`, which may take long, on a thread for such work.
async fn aside<T: Send + 'static>(
    desk: &OnDesk<'_>,
    work: impl FnOnce(&Arc<Desk>) -> Answer<T> + Send + 'static,
) -> Answer<T> {
    let desk = Arc::clone(desk.inner());
    let done = tauri::async_runtime::spawn_blocking(move || work(&desk)).await;
    done.map_err(|error| CommandError::new(ErrorCode::Internal, error))?
}
