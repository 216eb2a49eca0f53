//! Clips and answers from the ffmpeg programs, for the tests of this crate.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::path::{Path, PathBuf};
use std::process::Command;

use base::{Ctx, Timestamp};
use media::{Coverage, Frame, Limits, Media, MediaError, Sampling};

/// Runs ffmpeg; panics with its words when it fails.
pub fn ffmpeg<S: AsRef<std::ffi::OsStr>>(args: impl IntoIterator<Item = S>) {
    let output = Command::new("ffmpeg").args(["-nostdin", "-v", "error", "-y"]).args(args).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Makes `dir/name` from the words of `args`, which say everything between `-y` and the output.
pub fn make(dir: &Path, name: &str, args: &str) -> PathBuf {
    let path = dir.join(name);
    let words = args.split_whitespace().map(Into::into);
    ffmpeg(words.chain([path.clone().into_os_string()]));
    path
}

/// A test picture that changes, as input of ffmpeg.
pub fn source(size: &str, rate: &str, seconds: &str) -> String {
    format!("-f lavfi -i testsrc2=size={size}:rate={rate}:duration={seconds}")
}

/// Presentation times in microseconds of the packets of the first video stream, in order, as ffprobe
/// states them; packets that are decoded but not shown are left out.
pub fn packet_times(path: &Path) -> Vec<i64> {
    let ask = |entries: &str| {
        let output = Command::new("ffprobe")
            .args(["-v", "error", "-select_streams", "v:0", "-show_entries", entries, "-of", "csv=p=0"])
            .arg(path)
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let base = ask("stream=time_base");
    let (num, den) =
        base.lines().find(|line| line.contains('/')).unwrap().trim_end_matches(',').split_once('/').unwrap();
    let (num, den) = (num.parse().unwrap(), den.parse().unwrap());
    let mut times: Vec<i64> = ask("packet=pts,flags")
        .lines()
        .filter(|line| !line.contains('D'))
        .filter_map(|line| line.split(',').next()?.parse().ok())
        .map(|ticks| Timestamp::from_ticks(ticks, num, den).unwrap().micros())
        .collect();
    times.sort_unstable();
    times
}

/// Opens and decodes everything.
pub fn decode(path: &Path, sampling: Sampling) -> Result<(Media, Vec<Frame>, Coverage), MediaError> {
    let ctx = Ctx::silent();
    let media = Media::open(path, &Limits::default(), &ctx)?;
    let mut frames = media.frames(sampling, 2, &ctx)?;
    let decoded = (&mut frames).collect::<Result<Vec<_>, _>>()?;
    Ok((media, decoded, frames.finish()))
}

/// Times of frames in microseconds.
pub fn times(frames: &[Frame]) -> Vec<i64> {
    frames.iter().map(|frame| frame.pts.micros()).collect()
}

/// Names of running ffmpeg and ffprobe processes whose parent is this process.
pub fn children() -> Vec<String> {
    let me = std::process::id().to_string();
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Ok(stat) = std::fs::read_to_string(entry.path().join("stat")) else { continue };
        // pid (name) state ppid …; the name may hold anything.
        let Some((name, rest)) = stat.rsplit_once(") ") else { continue };
        if rest.split(' ').nth(1) == Some(me.as_str()) {
            found.push(name.to_owned());
        }
    }
    found
}

/// CRC-32 of a PNG chunk (ISO 3309).
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

/// A PNG of these chunks.
pub fn png(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    for (name, data) in chunks {
        png.extend((data.len() as u32).to_be_bytes());
        let chunk = [name.as_slice(), data].concat();
        png.extend(&chunk);
        png.extend(crc(&chunk).to_be_bytes());
    }
    png
}

/// The content of an `IHDR` chunk.
pub fn png_header(width: u32, height: u32, depth: u8, colour: u8) -> Vec<u8> {
    [&width.to_be_bytes()[..], &height.to_be_bytes(), &[depth, colour, 0, 0, 0]].concat()
}
