//! Children of this process: never left behind, never blocked on a full pipe, never waited for
//! without end.
//!
//! A child is killed and reaped when its [`Guard`] is dropped. Should this process itself be killed,
//! the child's next write fails (its pipe has no reader any more) and ffmpeg ends by itself.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read};
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use base::Ctx;

use crate::error::one_line;
use crate::source::Source;
use crate::{Limits, MediaError};

/// How often a waiting thread looks whether it was cancelled.
pub(crate) const TICK: Duration = Duration::from_millis(25);
/// Longest line kept; the rest of a longer one is dropped.
const LINE: usize = 1024;
/// Different messages kept from one child.
const MESSAGES: usize = 20;

/// The name under which a child opens its input. The file itself is its standard input, which Linux
/// and macOS let it open like a file, seeking included: so no name, however strange, is ever parsed
/// (patterns, protocols, options), and no extension sways the choice of the format.
#[cfg(unix)]
pub(crate) fn input_url(_source: &Source) -> std::ffi::OsString {
    "file:/dev/stdin".into()
}

/// The name under which a child opens its input.
#[cfg(not(unix))]
pub(crate) fn input_url(source: &Source) -> std::ffi::OsString {
    let mut url = std::ffi::OsString::from("file:");
    url.push(&source.path);
    url
}

/// A running child. Dropping it kills and reaps it.
#[derive(Debug)]
pub(crate) struct Guard(Child);

impl Guard {
    /// Starts `command` with `source` as its standard input and pipes for its output.
    ///
    /// # Errors
    /// `DecoderMissing` when there is no such program, `DecoderFailed`.
    pub fn spawn(
        command: &mut Command,
        program: &'static str,
        source: &Source,
    ) -> Result<(Self, ChildStdout, ChildStderr), MediaError> {
        let path = || source.path.clone();
        // FFREPORT would make it write a log file.
        command.env_remove("FFREPORT").env("AV_LOG_FORCE_NOCOLOR", "1");
        command.stdin(source.handle()?).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| match error.kind() {
            ErrorKind::NotFound => MediaError::DecoderMissing {
                path: path(),
                program,
                package: "the package ffmpeg, 5.1 or newer",
                reason: "no such program".into(),
            },
            _ => MediaError::DecoderFailed { path: path(), detail: format!("cannot start {program}: {error}") },
        })?;
        let pipes = child.stdout.take().zip(child.stderr.take());
        let guard = Self(child);
        let (stdout, stderr) = pipes
            .ok_or_else(|| MediaError::DecoderFailed { path: path(), detail: format!("{program} has no pipes") })?;
        Ok((guard, stdout, stderr))
    }

    /// The process id, for tests.
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// Waits for the end for at most `patience`, then kills.
    pub fn finish(&mut self, patience: Duration) -> Option<ExitStatus> {
        let end = Instant::now() + patience;
        loop {
            match self.0.try_wait() {
                Ok(Some(status)) => return Some(status),
                Ok(None) if Instant::now() < end => thread::sleep(Duration::from_millis(2)),
                Ok(None) | Err(_) => {
                    self.stop();
                    return None;
                }
            }
        }
    }

    /// Kills and reaps; harmless when it has ended already.
    pub fn stop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.stop();
    }
}

/// What a child said on standard error that is worth keeping: a few different lines, and counts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Messages {
    /// Lines of level error or worse, and warnings about corrupt data.
    pub errors: u64,
    order: Vec<String>,
    counts: BTreeMap<String, u64>,
}

impl Messages {
    /// Takes note of `[component @ 0x…] [level] text`.
    pub fn note(&mut self, line: &str) {
        let Some(text) = complaint(line) else { return };
        self.errors += 1;
        if let Some(count) = self.counts.get_mut(&text) {
            *count += 1;
        } else if self.order.len() < MESSAGES {
            self.order.push(text.clone());
            self.counts.insert(text, 1);
        }
    }

    /// The different lines in order of arrival, with how often each came.
    pub fn lines(&self) -> Vec<String> {
        self.order
            .iter()
            .map(|text| match self.counts.get(text) {
                Some(&n) if n > 1 => format!("{text} ({n} times)"),
                _ => text.clone(),
            })
            .collect()
    }

    /// The first line, or `otherwise`.
    pub fn first(&self, otherwise: &str) -> String {
        self.order.first().cloned().unwrap_or_else(|| otherwise.to_owned())
    }
}

/// The text of a line that speaks of damage, without addresses (they differ from run to run);
/// `None` for any other line.
fn complaint(line: &str) -> Option<String> {
    // Said of sound files, of ends of pipes and by muxers; they say nothing about the pictures.
    const HARMLESS: [&str; 3] =
        ["Estimating duration from bitrate", "deprecated pixel format", "Could not find codec parameters"];
    const CORRUPT: [&str; 6] = ["corrupt", "concealing", "Invalid NAL", "truncat", "missing picture", "prematurely"];
    let (before, level, text) = ["[fatal]", "[panic]", "[error]", "[warning]"]
        .iter()
        .find_map(|level| line.split_once(level).map(|(before, text)| (before, *level, text.trim())))?;
    if HARMLESS.iter().any(|h| text.contains(h)) || (level == "[warning]" && !CORRUPT.iter().any(|c| text.contains(c)))
    {
        return None;
    }
    let component = before.trim().trim_start_matches('[').split([' ', ']']).next().unwrap_or_default();
    let text = without_addresses(&text.replace("file:/dev/stdin: ", ""));
    Some(one_line(&if component.is_empty() { text } else { format!("{component}: {text}") }))
}

fn without_addresses(text: &str) -> String {
    let mut words = text.split(' ').filter(|word| !word.starts_with("0x") && *word != "@");
    let mut out = words.next().unwrap_or_default().to_owned();
    for word in words {
        out.push(' ');
        out.push_str(word);
    }
    out
}

/// Calls `on_line` for each line of `pipe` until it ends. Lines longer than [`LINE`] are cut.
pub(crate) fn for_each_line(mut pipe: impl Read, mut on_line: impl FnMut(&str)) {
    let mut line = Vec::with_capacity(LINE);
    let mut buffer = [0; 8192];
    loop {
        let got = match pipe.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => buffer.get(..n).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(_) => break,
        };
        for &byte in got {
            if byte == b'\n' || byte == b'\r' {
                on_line(&String::from_utf8_lossy(&line));
                line.clear();
            } else if line.len() < LINE {
                line.push(byte);
            }
        }
    }
    if !line.is_empty() {
        on_line(&String::from_utf8_lossy(&line));
    }
}

/// What a short-lived child answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub stdout: Vec<u8>,
    pub messages: Messages,
}

/// Runs a child to its end, within `limits.silence`, keeping at most 16 MiB of its output.
///
/// # Errors
/// `DecoderMissing`, `DecoderFailed`, `TimedOut`, `Cancelled`.
pub(crate) fn ask(
    command: &mut Command,
    program: &'static str,
    source: &Source,
    limits: &Limits,
    ctx: &Ctx,
) -> Result<Answer, MediaError> {
    const MOST: u64 = 16 << 20;
    let (mut child, mut stdout, stderr) = Guard::spawn(command, program, source)?;
    let (done, ended) = mpsc::channel::<io::Result<Vec<u8>>>();
    let failed = |detail: String| MediaError::DecoderFailed { path: source.path.clone(), detail };
    let no_thread = |error: io::Error| failed(format!("cannot start a thread: {error}"));
    let reader = move || {
        let mut bytes = Vec::new();
        let result = stdout.by_ref().take(MOST).read_to_end(&mut bytes);
        let rest = io::copy(&mut stdout, &mut io::sink());
        let _ = done.send(result.and(rest).map(|_| bytes));
    };
    thread::Builder::new().name("probe-out".into()).spawn(reader).map_err(no_thread)?;
    let drain = move || {
        let mut messages = Messages::default();
        for_each_line(stderr, |line| messages.note(line));
        messages
    };
    let drain = thread::Builder::new().name("probe-err".into()).spawn(drain).map_err(no_thread)?;
    let start = Instant::now();
    let stdout = loop {
        match ended.recv_timeout(TICK) {
            Ok(result) => break result.map_err(|error| failed(format!("reading from {program}: {error}")))?,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Err(failed(format!("lost the output of {program}"))),
        }
        ctx.check().map_err(MediaError::cancelled(&source.path))?;
        if start.elapsed() > limits.silence {
            return Err(MediaError::TimedOut { path: source.path.clone(), silence: limits.silence });
        }
    };
    // Its exit status says less than its answer.
    child.finish(Duration::from_secs(5));
    let messages = drain.join().unwrap_or_default();
    Ok(Answer { stdout, messages })
}

/// The error when a program turned out to be too old, recognised by what it does not know.
pub(crate) fn too_old(messages: &Messages, program: &'static str, path: &Path) -> Option<MediaError> {
    let reason =
        messages.lines().into_iter().find(|l| l.contains("Unrecognized option") || l.contains("Option not found"))?;
    Some(MediaError::DecoderMissing {
        path: path.to_owned(),
        program,
        package: "the package ffmpeg, 5.1 or newer",
        reason,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lines_about_damage_are_kept_without_addresses() {
        let mut messages = Messages::default();
        for line in [
            "[h264 @ 0x55cd8919c700] [error] error while decoding MB 3 4",
            "[h264 @ 0x11118919c700] [error] error while decoding MB 3 4",
            "[info] Stream mapping:",
            "[swscaler @ 0x1] [warning] deprecated pixel format used, make sure you did set range correctly",
            "[warning] file:/dev/stdin: corrupt decoded frame in stream 0",
            "[error] file:/dev/stdin: Invalid data found when processing input",
        ] {
            messages.note(line);
        }
        assert_eq!(messages.errors, 4);
        assert_eq!(
            messages.lines(),
            [
                "h264: error while decoding MB 3 4 (2 times)",
                "corrupt decoded frame in stream 0",
                "Invalid data found when processing input",
            ]
        );
    }

    #[test]
    fn long_lines_are_cut_and_the_last_one_needs_no_newline() {
        let text = format!("{}\nshort\rlast", "x".repeat(5000));
        let mut lines = Vec::new();
        for_each_line(text.as_bytes(), |line| lines.push(line.to_owned()));
        assert_eq!(lines.iter().map(String::len).collect::<Vec<_>>(), [LINE, 5, 4]);
    }
}
