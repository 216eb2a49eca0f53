//! The program of the window.
#![forbid(unsafe_code)]
#![cfg_attr(windows, windows_subsystem = "windows")]

use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    match desktop::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to tell when even this fails.
            drop(writeln!(std::io::stderr(), "facefiction: {error}"));
            ExitCode::FAILURE
        }
    }
}
