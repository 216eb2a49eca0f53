//! Reports, packages and their check; where things are written and read is asked on this side.

use tauri::ipc::Channel;

use super::{Answer, OnDesk, aside};
use crate::dialogs;
use crate::error::CommandError;
use crate::handover;
use crate::ipc::{ErrandEvent, PackageCheck, PackageForm, ReportOptions, ReportPreview, Selection, Written};
use crate::job::Tell;
use crate::selection::name_of;

fn teller(channel: Channel<ErrandEvent>) -> Tell<ErrandEvent> {
    Box::new(move |event| channel.send(event).is_ok())
}

#[tauri::command]
pub(super) async fn preview_report(
    desk: OnDesk<'_>,
    id: i64,
    options: ReportOptions,
    channel: Channel<ErrandEvent>,
) -> Answer<ReportPreview> {
    aside(&desk, move |desk| desk.errands.run(teller(channel), |ctx| handover::preview(desk, id, &options, ctx))).await
}

#[tauri::command]
pub(super) async fn forget_preview(desk: OnDesk<'_>) -> Answer<()> {
    desk.handover.forget();
    Ok(())
}

#[tauri::command]
pub(super) async fn export_report(
    desk: OnDesk<'_>,
    id: i64,
    options: ReportOptions,
    channel: Channel<ErrandEvent>,
) -> Answer<Option<Written>> {
    let name = desk.with_library(|library| library.summary(id))?.name;
    let Some(path) = dialogs::save(&handover::proposed_name(&name, &options, "pdf"), "pdf").await else {
        return Ok(None);
    };
    let written = aside(&desk, move |desk| {
        desk.errands.run(teller(channel), |ctx| handover::write_report(desk, id, &options, &path, ctx))
    });
    written.await.map(Some)
}

#[tauri::command]
pub(super) async fn export_package(
    desk: OnDesk<'_>,
    id: i64,
    options: ReportOptions,
    form: PackageForm,
    channel: Channel<ErrandEvent>,
) -> Answer<Option<Written>> {
    let name = desk.with_library(|library| library.summary(id))?.name;
    let ending = match form {
        PackageForm::Zip => "zip",
        PackageForm::Folder => "",
    };
    let Some(path) = dialogs::save(&handover::proposed_name(&name, &options, ending), ending).await else {
        return Ok(None);
    };
    let written = aside(&desk, move |desk| {
        desk.errands.run(teller(channel), |ctx| handover::write_package(desk, id, &options, (&path, form), ctx))
    });
    written.await.map(Some)
}

#[tauri::command]
pub(super) async fn cancel_errand(desk: OnDesk<'_>, errand: u32) -> Answer<()> {
    desk.errands.cancel(errand);
    Ok(())
}

#[tauri::command]
pub(super) async fn pick_package(desk: OnDesk<'_>, form: PackageForm) -> Answer<Option<Selection>> {
    let picked = match form {
        PackageForm::Zip => dialogs::file("zip", &["zip"]).await,
        PackageForm::Folder => dialogs::folder().await,
    };
    let Some(path) = picked else { return Ok(None) };
    aside(&desk, move |desk| Ok(Some(desk.selections.keep_package(path)))).await
}

#[tauri::command]
pub(super) async fn pick_package_evidence(desk: OnDesk<'_>, selection: u32) -> Answer<Option<String>> {
    let Some(path) = dialogs::file("", &[]).await else { return Ok(None) };
    let name = name_of(&path);
    if desk.selections.set_evidence(selection, path) { Ok(Some(name)) } else { Err(no_such(selection)) }
}

#[tauri::command]
pub(super) async fn verify_package(
    desk: OnDesk<'_>,
    selection: u32,
    channel: Channel<ErrandEvent>,
) -> Answer<PackageCheck> {
    let parcel = desk.selections.package(selection).ok_or_else(|| no_such(selection))?;
    aside(&desk, move |desk| desk.errands.run(teller(channel), |ctx| handover::check(desk, &parcel, ctx))).await
}

fn no_such(selection: u32) -> CommandError {
    CommandError::no_such("package", selection)
}
