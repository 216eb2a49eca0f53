//! The window: its size and place are kept, files may be dropped on it.

use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tauri::{
    AppHandle, DragDropEvent, Emitter, Manager, PhysicalPosition, PhysicalSize, WebviewWindow, WebviewWindowBuilder,
    Window, WindowEvent,
};

use crate::desk::{Desk, Notice};
use crate::error::CommandError;
use crate::settings::{read_json, write_json};

/// The only window.
pub(crate) const LABEL: &str = "main";
/// Name of the file among the settings.
const FILE: &str = "window.json";

/// Where the window was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Place {
    x: i32,
    y: i32,
    width: u32,
    height: u32,
    maximized: bool,
}

/// Opens the window as `tauri.conf.json` describes it, where it was last.
pub(crate) fn open(app: &AppHandle, config: &Path) -> tauri::Result<WebviewWindow> {
    let described = app.config().app.windows.iter().find(|window| window.label == LABEL).cloned().unwrap_or_default();
    let window = WebviewWindowBuilder::from_config(app, &described)?.build()?;
    if let Some(place) = read_json::<Place>(&config.join(FILE)).filter(|place| is_visible(&window, place)) {
        window.set_size(PhysicalSize::new(place.width, place.height))?;
        window.set_position(PhysicalPosition::new(place.x, place.y))?;
        if place.maximized {
            window.maximize()?;
        }
    }
    window.show()?;
    #[cfg(target_os = "linux")]
    window.with_webview(|view| pare_down(&view.inner()))?;
    Ok(window)
}

/// The pages are text, pictures and one canvas, and are never gone back to: whatever WebKit holds ready for more than
/// that stays out of the memory, and out of reach.
#[cfg(target_os = "linux")]
fn pare_down(view: &webkit2gtk::WebView) {
    use webkit2gtk::{CacheModel, HardwareAccelerationPolicy, SettingsExt, WebContextExt, WebViewExt};
    if let Some(settings) = WebViewExt::settings(view) {
        settings.set_hardware_acceleration_policy(HardwareAccelerationPolicy::Never);
        settings.set_enable_page_cache(false);
        settings.set_enable_media(false);
        settings.set_enable_webaudio(false);
        settings.set_enable_webgl(false);
    }
    if let Some(context) = view.context() {
        context.set_cache_model(CacheModel::DocumentViewer);
    }
}

/// Screens may have been taken away since.
fn is_visible(window: &WebviewWindow, place: &Place) -> bool {
    let monitors = window.available_monitors().unwrap_or_default();
    monitors.iter().any(|monitor| {
        let (at, size) = (monitor.position(), monitor.size());
        let within = |place: i32, start: i32, length: u32| {
            (i64::from(start)..i64::from(start) + i64::from(length)).contains(&i64::from(place))
        };
        within(place.x + 50, at.x, size.width) && within(place.y + 10, at.y, size.height)
    })
}

/// What happens to the window.
pub(crate) fn on_event(window: &Window, event: &WindowEvent, config: &Path) {
    let desk = window.state::<Arc<Desk>>();
    match event {
        WindowEvent::DragDrop(DragDropEvent::Enter { paths, .. }) => desk.hover(paths.clone()),
        WindowEvent::DragDrop(DragDropEvent::Drop { paths, .. }) => {
            desk.end_hover();
            desk.opened(paths.clone());
        }
        WindowEvent::DragDrop(DragDropEvent::Leave) => desk.end_hover(),
        // Not worth keeping the window open for.
        WindowEvent::CloseRequested { .. } => drop(keep_place(window, config)),
        _ => {}
    }
}

fn keep_place(window: &Window, config: &Path) -> Result<(), CommandError> {
    let failed = |error: tauri::Error| CommandError::new(crate::error::ErrorCode::Internal, error);
    let maximized = window.is_maximized().map_err(failed)?;
    let (at, size) = (window.outer_position().map_err(failed)?, window.inner_size().map_err(failed)?);
    let before = read_json::<Place>(&config.join(FILE)).filter(|_| maximized);
    let now = Place { x: at.x, y: at.y, width: size.width, height: size.height, maximized };
    // A maximized window keeps the size it will have when it is not.
    write_json(&config.join(FILE), &before.map_or(now, |before| Place { maximized, ..before }))
}

/// Tells the web view. It may be gone already: then nobody needs to know.
pub(crate) fn tell(app: &AppHandle, notice: Notice) {
    drop(match notice {
        Notice::Hover(selection) => app.emit_to(LABEL, "selection-hover", selection),
        Notice::Selected(selection) => app.emit_to(LABEL, "selection", selection),
        Notice::QueueFinished(counts) => app.emit_to(LABEL, "queue-finished", counts),
        Notice::Changed(info) => app.emit_to(LABEL, "app-info", info),
    });
}

/// Brings the window to the front.
pub(crate) fn raise(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(LABEL) {
        drop(window.unminimize());
        drop(window.set_focus());
    }
}
