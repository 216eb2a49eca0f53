//! The FaceFiction window.
//!
//! Owns what a window needs around the core: the queue of files and the thread that works through it
//! ([`queue`]), the examinations that are watched ([`job`]), the pixels that are shown ([`frames`]), the
//! files that were chosen ([`selection`]), settings, installed models, and the one place where all of it
//! comes together ([`desk`]). Only [`run`], the commands, the window and the scheme know Tauri; nothing
//! here measures, scores or concludes. Last step of the flow.
//!
//! The web view is treated as hostile: it has numbers where this side has paths, no permission for files,
//! dialogs, shells or addresses, and no way to a network.
#![forbid(unsafe_code)]

mod commands;
pub mod desk;
mod dialogs;
mod early;
mod engine;
pub mod errand;
pub mod error;
pub mod evidence;
pub mod export;
pub mod folders;
pub mod frames;
mod guard;
pub mod handover;
mod help;
mod installed;
pub mod ipc;
pub mod job;
mod lock;
mod now;
pub mod queue;
mod scheme;
pub mod selection;
pub mod settings;
mod window;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tauri::{App, Manager, RunEvent};

use crate::desk::Desk;
use crate::early::Early;
use crate::folders::{Folders, find_models};

/// Opens the window and returns when it was closed.
///
/// # Errors
/// A system without a display, or without the folders of a user.
pub fn run() -> tauri::Result<()> {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let early = Arc::new(Early::default());
    let kept = Arc::clone(&early);
    let single = tauri_plugin_single_instance::init(move |app, arguments, folder| {
        window::raise(app);
        let paths = named(arguments.into_iter().map(OsString::from), Path::new(&folder));
        // Other starts are heard from the first moment, long before a large library is open.
        if let (Some(paths), Some(desk)) = (kept.offer(paths), app.try_state::<Arc<Desk>>()) {
            desk.opened(paths);
        }
    });
    let app = tauri::Builder::default()
        .plugin(single)
        .plugin(guard::plugin())
        .invoke_handler(commands::handler())
        .register_asynchronous_uri_scheme_protocol(scheme::NAME, |context, request, responder| {
            scheme::answer(context.app_handle(), &request, responder);
        })
        .on_window_event(|window, event| {
            if let Ok(config) = window.path().app_config_dir() {
                window::on_event(window, event, &config);
            }
        })
        .setup(move |app| Ok(set_up(app, arguments, &early)?))
        .build(tauri::generate_context!())?;
    app.run(|app, event| {
        if let RunEvent::Exit = event {
            app.state::<Arc<Desk>>().close();
        }
    });
    Ok(())
}

fn set_up(app: &mut App, arguments: Vec<OsString>, early: &Early) -> tauri::Result<()> {
    let paths = app.path();
    let config = paths.app_config_dir()?;
    // Without models the window opens and says so.
    let models = find_models(paths.resource_dir().ok().as_deref()).unwrap_or_default();
    let key = report::package::key_path().unwrap_or_else(|| config.join("seal.key"));
    let folders = Folders { config: config.clone(), data: paths.app_data_dir()?, models, key };
    let handle = app.handle().clone();
    let desk = Desk::open(folders, Box::new(move |notice| window::tell(&handle, notice)));
    app.manage(Arc::clone(&desk));
    // After `manage`: what is not kept any more finds the desk. In one go, or only the last would be shown.
    let mut paths = named(arguments, &std::env::current_dir().unwrap_or_default());
    paths.extend(early.end());
    desk.opened(paths);
    window::open(app.handle(), &config)?;
    Ok(())
}

/// The files that a command line names: everything but the program itself and options.
fn named(arguments: impl IntoIterator<Item = OsString>, folder: &Path) -> Vec<PathBuf> {
    let files = arguments.into_iter().skip(1).filter(|argument| !argument.as_encoded_bytes().starts_with(b"-"));
    files.map(|file| folder.join(file)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_from_where_the_program_was_started() {
        let arguments = ["program", "a.jpg", "--option", "/b c.mp4"].map(OsString::from);
        assert_eq!(named(arguments, Path::new("/home")), [PathBuf::from("/home/a.jpg"), PathBuf::from("/b c.mp4")]);
    }
}
