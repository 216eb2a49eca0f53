//! No socket is opened during a scan, by the program or by its children.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test program fails by panicking"
)]
#![cfg(target_os = "linux")]

use std::fs;
use std::process::Command;

mod support;
use support::{clip, sample};

#[test]
fn a_scan_opens_no_socket() {
    let dir = tempfile::tempdir().unwrap();
    let (log, video) = (dir.path().join("trace"), dir.path().join("clip.mp4"));
    clip(&video, 2);
    let traced = Command::new("strace")
        .args(["-f", "-qq", "-e", "trace=socket,connect,sendto,bind", "-o"])
        .arg(&log)
        .args([env!("CARGO_BIN_EXE_facefiction"), "scan", "--format", "json", "--device", "cpu"])
        .args([sample("hopper.jpg"), video])
        .output();
    let output = match traced {
        Ok(output) => output,
        Err(error) => {
            eprintln!("skipped: strace cannot be run ({error})");
            return;
        }
    };
    let stderr = String::from_utf8_lossy(&output.stderr);
    if stderr.contains("ptrace") || stderr.contains("PTRACE") {
        eprintln!("skipped: tracing is not allowed here: {stderr}");
        return;
    }
    assert!(output.status.success(), "{stderr}");
    assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), 2);
    let trace = fs::read_to_string(&log).unwrap();
    let calls: Vec<_> =
        trace.lines().filter(|l| ["socket(", "connect(", "sendto(", "bind("].iter().any(|c| l.contains(c))).collect();
    assert_eq!(calls, Vec::<&str>::new());
}

#[test]
fn a_scan_works_without_any_network() {
    let mut command = Command::new("unshare");
    command.args([
        "--net",
        "--map-root-user",
        env!("CARGO_BIN_EXE_facefiction"),
        "scan",
        "--format",
        "json",
        "--device",
        "cpu",
    ]);
    let output = match command.arg(sample("hopper.jpg")).output() {
        Ok(output) => output,
        Err(error) => {
            eprintln!("skipped: unshare cannot be run ({error})");
            return;
        }
    };
    let stderr = String::from_utf8_lossy(&output.stderr);
    if stderr.contains("unshare") {
        eprintln!("skipped: no name space can be made here: {stderr}");
        return;
    }
    assert_eq!(output.status.code(), Some(0), "{stderr}");
}
