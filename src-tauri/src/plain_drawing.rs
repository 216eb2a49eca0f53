//! Draws the pages without the graphics driver.
//!
//! The pages are text, pictures and one canvas, which a processor draws at once. Through a driver the window opened half
//! as fast and took 90 MB more where the driver is software, and stays blank with some others; `docs/window.md` has the figures.

use std::os::unix::process::CommandExt;
use std::process::Command;

/// What WebKitGTK, GDK and the allocator read before anything is drawn. Whoever sets one of them has chosen.
const VARIABLES: [(&str, &str); 5] = [
    ("WEBKIT_DISABLE_DMABUF_RENDERER", "1"),
    ("WEBKIT_DISABLE_COMPOSITING_MODE", "1"),
    ("GDK_GL", "disable"),
    // Asked for its device, the driver is loaded into this process too; an answer keeps it out, and nothing uses the device.
    ("WEBKIT_WEB_RENDER_DEVICE_FILE", "/dev/null"),
    // Large buffers teach glibc to keep ever more freed memory, up to 64 MiB a thread; this is its own initial limit.
    ("MALLOC_TRIM_THRESHOLD_", "131072"),
];

/// Starts the program over with the variables set: they have to stand before the first thread does. Comes back when
/// they do, and when it cannot be done; then the driver draws.
pub(crate) fn ensure() {
    if VARIABLES.iter().any(|(name, _)| std::env::var_os(name).is_some()) {
        return;
    }
    let mut arguments = std::env::args_os();
    let (Ok(program), Some(name)) = (std::env::current_exe(), arguments.next()) else { return };
    let _not_started = Command::new(program).arg0(name).args(arguments).envs(VARIABLES).exec();
}
