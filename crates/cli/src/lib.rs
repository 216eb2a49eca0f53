//! The facefiction command line: arguments in, results on standard output, everything else on standard
//! error, one exit code.
//!
//! Owns the words for readers, the terminal's bars and lanes, CSV, and where results are written. Knows
//! nothing of frames, faces or networks: `scan` does the work.
#![forbid(unsafe_code)]

mod args;
mod baseline;
mod calibrate_command;
mod dataset_args;
mod dataset_command;
mod evaluate_args;
mod evaluate_command;
mod exit;
mod explanations;
mod glyphs;
mod lanes;
mod models_command;
mod models_dir;
mod package_command;
mod progress;
mod reports;
mod safe;
mod scan_command;
mod sink;
mod stop;
mod text;
mod train_args;
mod train_command;
mod verify_command;
mod words;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

use crate::args::{Cli, Command, ScanArgs};
use crate::exit::Exit;

/// Does what the arguments of this process say.
pub fn run() -> ExitCode {
    let ended = match Cli::parse().command {
        Command::Scan(args) => scan_command::run(&args),
        Command::Explain(args) => scan_command::run(&ScanArgs { explain: true, ..args }),
        Command::Report(args) => reports::run(&args),
        Command::Package(args) => package_command::run(&args),
        Command::Verify(args) => verify_command::run(&args),
        Command::Train(args) => train_command::run(&args),
        Command::Models(args) => models_command::run(&args),
        Command::Dataset(args) => dataset_command::run(&args),
        Command::Evaluate(args) => evaluate_command::run(&args),
        Command::Calibrate(args) => calibrate_command::run(&args),
    };
    let exit = ended.unwrap_or_else(|error| {
        let closed = error.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe);
        if !closed {
            // Nobody can be told that standard error is closed.
            let _ = writeln!(io::stderr(), "facefiction: {}", safe::one_line(&format!("{error:#}")));
        }
        Exit::Failed
    });
    ExitCode::from(exit.code())
}

#[cfg(test)]
mod tests;
