//! What the whole-product tests share: running the program as a user does, and making files.

#![allow(dead_code, reason = "each test program uses a part")]

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// What a run left behind.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// The JSON Lines of standard output; anything else there fails the test.
    pub fn items(&self) -> Vec<Value> {
        let parsed = self.stdout.lines().map(serde_json::from_str);
        parsed.collect::<Result<_, _>>().unwrap_or_else(|e| panic!("stdout is not JSON Lines ({e}): {}", self.stdout))
    }
}

/// `facefiction` with these arguments.
pub fn facefiction<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_facefiction"));
    command.args(args).stdin(Stdio::null()).env_remove("FACEFICTION_MODELS").env_remove("LC_ALL");
    command
}

/// Runs to the end; a panic of the program fails the test.
pub fn run(command: &mut Command) -> Ran {
    let output = command.output().expect("the program starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is UTF-8");
    let (stdout, stderr) = (text(output.stdout), text(output.stderr));
    assert!(!stderr.contains("panicked at"), "{stderr}");
    let code = output.status.code().unwrap_or_else(|| panic!("killed: {:?} {stderr}", output.status));
    Ran { code, stdout, stderr }
}

/// `facefiction scan --format json` over these paths, on the CPU.
pub fn scan_json<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Ran {
    run(facefiction(["scan", "--format", "json", "--device", "cpu"]).args(args))
}

/// The repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository is there")
}

/// A sample that ships with the program.
pub fn sample(name: &str) -> PathBuf {
    repository().join("assets/samples").join(name)
}

/// A folder of `../shared`, or a word on why the test is skipped.
pub fn shared(name: &str) -> Option<PathBuf> {
    let folder = repository().join("../shared").join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: ../shared/{name} is absent");
    None
}

/// Makes a file with ffmpeg.
pub fn ffmpeg(args: &[&str], target: &Path) {
    let status = Command::new("ffmpeg")
        .args(["-v", "error", "-nostdin", "-y"])
        .args(args)
        .arg(target)
        .status()
        .expect("ffmpeg is installed");
    assert!(status.success(), "ffmpeg {args:?}");
}

/// A clip without faces of so many seconds.
pub fn clip(target: &Path, seconds: u32) {
    let source = format!("testsrc2=size=320x240:rate=25:duration={seconds}");
    ffmpeg(&["-f", "lavfi", "-i", &source, "-pix_fmt", "yuv420p"], target);
}

/// Processes whose parent is `pid`.
#[cfg(target_os = "linux")]
pub fn children_of(pid: u32) -> Vec<u32> {
    let stat = |entry: fs::DirEntry| {
        let child = entry.file_name().to_str()?.parse::<u32>().ok()?;
        let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
        let parent = stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse::<u32>().ok()?;
        (parent == pid).then_some(child)
    };
    fs::read_dir("/proc").expect("/proc lists").flatten().filter_map(stat).collect()
}

/// Processes that name `word` on their command line, this test's own aside.
#[cfg(target_os = "linux")]
pub fn processes_naming(word: &str) -> Vec<String> {
    let line = |entry: fs::DirEntry| {
        let pid = entry.file_name().to_str()?.parse::<u32>().ok()?;
        let line = String::from_utf8_lossy(&fs::read(entry.path().join("cmdline")).ok()?).replace('\0', " ");
        (pid != std::process::id() && line.contains(word)).then_some(line)
    };
    fs::read_dir("/proc").expect("/proc lists").flatten().filter_map(line).collect()
}
