//! The program of the window.
#![forbid(unsafe_code)]
#![cfg_attr(windows, windows_subsystem = "windows")]

#[cfg(target_os = "linux")]
mod plain_drawing;

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

/// The name under which an installed window is the command line: one program instead of two that hold the
/// same networks, typesetter and fonts.
const COMMAND_LINE: &str = "facefiction";

fn main() -> ExitCode {
    let name = std::env::args_os().next().unwrap_or_default();
    if Path::new(&name).file_stem().is_some_and(|stem| stem == COMMAND_LINE) {
        return cli::run();
    }
    #[cfg(target_os = "linux")]
    plain_drawing::ensure();
    match desktop::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to tell when even this fails.
            drop(writeln!(std::io::stderr(), "facefiction: {error}"));
            ExitCode::FAILURE
        }
    }
}
