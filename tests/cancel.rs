//! Ctrl-C in the middle of a batch, and going on from there.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test program fails by panicking"
)]
#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

mod support;
use support::{clip, facefiction, ffmpeg, run, sample};

/// How long anything here may take before the test gives up.
const PATIENCE: Duration = Duration::from_secs(60);

fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let began = Instant::now();
    while !done() {
        assert!(began.elapsed() < PATIENCE, "{what} did not happen");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn send(signal: &str, child: &Child) {
    let status = Command::new("kill").args([signal, &child.id().to_string()]).status();
    assert!(status.expect("kill runs").success());
}

/// Results kept so far.
fn kept(out: &Path) -> usize {
    fs::read_dir(out.join("analyses"))
        .map_or(0, |entries| entries.flatten().filter(|e| !e.file_name().to_string_lossy().starts_with('.')).count())
}

/// Scans a picture, then a long video, and calls `interrupt` once the video is being decoded.
fn interrupted(dir: &Path, interrupt: impl Fn(&Child)) -> (Option<i32>, String, String) {
    clip(&dir.join("short.mp4"), 5);
    let short = dir.join("short.mp4");
    ffmpeg(&["-stream_loop", "400", "-i", short.to_str().unwrap(), "-c", "copy"], &dir.join("long.mp4"));
    let mut command = facefiction(["scan", "--format", "json", "--device", "cpu", "--every-frame", "--out"]);
    command.arg(dir.join("out")).args([sample("coffee.jpg"), dir.join("long.mp4"), sample("hopper.jpg")]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_until("the first result", || kept(&dir.join("out")) == 1);
    #[cfg(target_os = "linux")]
    wait_until("decoding", || {
        support::children_of(child.id())
            .iter()
            .any(|pid| fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| line.starts_with(b"ffmpeg\0")))
    });
    interrupt(&child);
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn what_was_finished_is_written_and_the_next_run_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    for signal in ["-INT", "-TERM"] {
        let (code, stdout, stderr) = interrupted(dir.path(), |child| send(signal, child));
        assert_eq!(code, Some(130), "{stderr}");
        assert_eq!(stdout.lines().count(), 1, "{stdout}");
        assert!(stdout.contains("coffee.jpg"));
        assert!(stderr.contains("stopped: ") && stderr.contains("--resume"), "{stderr}");
        let summary = fs::read_to_string(out.join("summary.txt")).unwrap();
        assert!(summary.contains("not examined"), "{summary}");
        assert_eq!(fs::read_to_string(out.join("analyses.jsonl")).unwrap(), stdout);
        assert_eq!(kept(&out), 1);
        #[cfg(target_os = "linux")]
        wait_until("the end of the decoder", || {
            support::processes_naming(dir.path().join("long.mp4").to_str().unwrap()).is_empty()
        });
        if signal == "-INT" {
            fs::remove_dir_all(&out).unwrap();
        }
    }
    // The long video gives way to a short one, so that going on is quick; the picture is not touched again.
    clip(&dir.path().join("long.mp4"), 1);
    let first = fs::read_to_string(out.join("analyses.jsonl")).unwrap();
    let mut command =
        facefiction(["scan", "--format", "json", "--device", "cpu", "--every-frame", "--resume", "--out"]);
    let ran = run(command.arg(&out).args([sample("coffee.jpg"), dir.path().join("long.mp4"), sample("hopper.jpg")]));
    assert_eq!((ran.code, ran.items().len()), (0, 3), "{ran:?}");
    assert!(ran.stdout.starts_with(&first), "the stored result, its `run` included: {}", ran.stdout);
    assert_eq!(kept(&out), 3);
    let hidden = fs::read_dir(&out).unwrap().flatten().filter(|e| e.file_name().to_string_lossy().starts_with('.'));
    assert_eq!(hidden.count(), 0, "temporary files are gone");
}

#[test]
fn another_configuration_is_another_result() {
    let out = tempfile::tempdir().unwrap();
    let scan = |args: &[&str]| {
        let mut command = facefiction(["scan", "--format", "json", "--device", "cpu", "--resume", "--out"]);
        run(command.arg(out.path()).args(args).arg(sample("coffee.jpg"))).stdout
    };
    let first = scan(&[]);
    assert_eq!(scan(&["--threads", "1"]), first, "threads do not change results");
    assert_eq!(kept(out.path()), 1);
    // What is said of a still may be the same to the letter, examined within the same second and as quickly.
    scan(&["--fps", "2"]);
    assert_eq!(kept(out.path()), 2);
    assert_eq!(scan(&[]), first);
}

#[cfg(target_os = "linux")]
#[test]
fn a_killed_scan_takes_its_decoder_along_and_keeps_what_was_finished() {
    let dir = tempfile::tempdir().unwrap();
    let (code, ..) = interrupted(dir.path(), |child| send("-KILL", child));
    assert_eq!(code, None);
    assert_eq!(kept(&dir.path().join("out")), 1);
    wait_until("the end of the decoder", || {
        support::processes_naming(dir.path().join("long.mp4").to_str().unwrap()).is_empty()
    });
}
