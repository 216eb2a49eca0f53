//! A kill at any moment loses no finished analysis and no note.
//!
//! The test starts itself again as the program that is killed: it keeps analyses and notes and says
//! each number when it was told that it is kept.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

mod samples;

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use library::{Durability, Library};
use samples::{analysis, keep};

const FOLDER: &str = "LIBRARY_TO_BE_KILLED";
/// Numbers said before each kill: early, in the middle of work, after checkpoints of the log.
const KILLS: [usize; 7] = [1, 2, 3, 10, 40, 200, 5];

#[test]
fn a_kill_loses_nothing_that_was_kept() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        keep_without_end(Path::new(&folder));
    }
    let dir = tempfile::tempdir().unwrap();
    let mut said = Vec::new();
    for kill_after in KILLS {
        said.extend(run_and_kill(dir.path(), kill_after));
        let library = Library::open(dir.path(), Durability::Full).unwrap();
        for &id in &said {
            let kept = library.analysis(id).unwrap();
            assert_eq!(kept.analysis, analysis(&kept.evidence.path, "ab"));
            assert_eq!(kept.note, format!("note of {id}"));
        }
        assert!(library.search("note").unwrap().len() >= said.len().min(100), "the index of words is whole");
    }
    assert!(said.len() >= KILLS.iter().sum());
}

fn run_and_kill(folder: &Path, kill_after: usize) -> Vec<i64> {
    let program = std::env::current_exe().unwrap();
    let mut child = Command::new(program)
        .args(["--exact", "a_kill_loses_nothing_that_was_kept", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut numbers = Vec::new();
    while numbers.len() < kill_after {
        let line = lines.next().expect("the child keeps on").unwrap();
        numbers.extend(number(&line));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // What it said in its last moments counts as well; the last line may be cut short.
    numbers.extend(lines.map_while(Result::ok).filter_map(|line| number(&line)));
    numbers
}

/// Of a whole line: `kept 12.`
fn number(line: &str) -> Option<i64> {
    line.strip_prefix("kept ")?.strip_suffix('.')?.parse().ok()
}

fn keep_without_end(folder: &Path) -> ! {
    let mut library = Library::open(folder, Durability::Full).unwrap();
    for n in 0.. {
        let id = keep(&mut library, &analysis(Path::new(&format!("{n}.jpg")), "ab"), 1);
        library.set_note(id, &format!("note of {id}")).unwrap();
        println!("kept {id}.");
        std::io::stdout().flush().unwrap();
    }
    unreachable!("it is killed");
}
