//! What is not there, not a file, not media, too large or damaged: each a clear error or a clear mark.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod fixtures;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use base::{Ctx, WarningCode};
use fixtures::{children, decode, make, png, png_header, source};
use media::{ErrorCode, Limits, Media, Sampling, identify};

/// The code with which both `identify` and `open` refuse.
fn refused(path: &Path) -> ErrorCode {
    let error = Media::open(path, &Limits::default(), &Ctx::silent()).unwrap_err();
    let text = error.to_string();
    assert!(!text.contains('\n') && text.len() < 1000, "{text}");
    assert!(text.ends_with(&path.display().to_string()), "{text}");
    assert_eq!(error.path(), path);
    let code = error.code();
    assert!(children().is_empty());
    code
}

fn write(dir: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = dir.join(name);
    fs::write(&path, bytes).unwrap();
    path
}

/// Bytes that look random and are the same in every run (xorshift64).
fn noise(n: usize, mut state: u64) -> Vec<u8> {
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    (0..n).map(|_| next()).collect()
}

#[test]
fn names_that_lead_to_no_file() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    assert_eq!(refused(&dir.join("missing.mp4")), ErrorCode::NotFound);
    assert_eq!(refused(dir), ErrorCode::NotAFile);
    assert_eq!(refused(Path::new("/dev/null")), ErrorCode::NotAFile);
    symlink("nowhere.jpg", dir.join("dangling.jpg")).unwrap();
    assert_eq!(refused(&dir.join("dangling.jpg")), ErrorCode::NotFound);
    symlink("b", dir.join("a")).unwrap();
    symlink("a", dir.join("b")).unwrap();
    assert_eq!(refused(&dir.join("a")), ErrorCode::NotFound);
    let pipe = dir.join("pipe.mp4");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    assert_eq!(refused(&pipe), ErrorCode::NotAFile);
    let file = write(dir, "file", b"x");
    assert_eq!(refused(&file.join("below.jpg")), ErrorCode::NotFound);
}

#[test]
fn a_file_that_may_not_be_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = write(dir.path(), "secret.jpg", b"\xff\xd8\xff");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::File::open(&path).is_ok() {
        eprintln!("skipped: this user may read everything");
        return;
    }
    assert_eq!(refused(&path), ErrorCode::Unreadable);
}

#[test]
fn content_that_is_not_media() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    assert_eq!(refused(&write(dir, "empty.mp4", b"")), ErrorCode::Empty);
    assert_eq!(refused(&write(dir, "one.mp4", b"x")), ErrorCode::NotMedia);
    assert_eq!(refused(&write(dir, "text.mp4", "Nothing to see here.\n".repeat(400).as_bytes())), ErrorCode::NotMedia);
    assert_eq!(refused(&write(dir, "sub.mp4", b"1\n00:00:01,000 --> 00:00:02,000\nHello\n")), ErrorCode::NotMedia);
    for (name, seed) in [("r.mp4", 1), ("r.jpg", 2), ("r.avi", 3), ("r.mpg", 4), ("r.h264", 5), ("r.mp3", 6)] {
        let code = refused(&write(dir, name, &noise(100_000, seed)));
        assert!(matches!(code, ErrorCode::NotMedia | ErrorCode::NoVideoStream | ErrorCode::Damaged), "{name}: {code}");
    }
    assert_eq!(refused(&write(dir, "zeros.mov", &[0; 100_000])), ErrorCode::NotMedia);
    assert_eq!(refused(&write(dir, "a.pdf", b"%PDF-1.7\n")), ErrorCode::Unsupported);
    assert_eq!(identify(&dir.join("empty.mp4")).unwrap_err().code(), ErrorCode::Empty);
}

#[test]
fn sound_alone_is_no_video() {
    let dir = tempfile::tempdir().unwrap();
    for (name, args) in
        [("a.mp3", ""), ("a.wav", ""), ("a.m4a", "-c:a aac"), ("a.mp4", "-c:a aac"), ("a.ogg", ""), ("a.flac", "")]
    {
        let path = make(dir.path(), name, &format!("-f lavfi -i sine=duration=1 {args}"));
        assert_eq!(refused(&path), ErrorCode::NoVideoStream, "{name}");
        assert_eq!(identify(&path).unwrap_err().code(), ErrorCode::NoVideoStream, "{name}");
    }
}

/// A PNG that announces `side` x `side` pixels of `depth` bits RGBA.
fn huge_png(side: u32, depth: u8) -> Vec<u8> {
    png(&[(b"IHDR", &png_header(side, side, depth, 6)), (b"IDAT", b"\x78\x9c\x63\0"), (b"IEND", b"")])
}

fn peak_kilobytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn announced_sizes_are_refused_before_they_are_allocated() {
    let dir = tempfile::tempdir().unwrap();
    let before = peak_kilobytes();
    assert_eq!(refused(&write(dir.path(), "huge.png", &huge_png(50_000, 8))), ErrorCode::TooLarge);
    // Within the limit of pixels, but 1.1 GB in memory.
    assert_eq!(refused(&write(dir.path(), "deep.png", &huge_png(12_000, 16))), ErrorCode::TooLarge);
    let mut gif = b"GIF89a".to_vec();
    gif.extend([0xff, 0xff, 0xff, 0xff, 0, 0, 0, b',', 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 2, 0, b';']);
    assert_eq!(refused(&write(dir.path(), "huge.gif", &gif)), ErrorCode::TooLarge);
    let mut bmp = b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0".to_vec();
    bmp.extend(50_000u32.to_le_bytes());
    bmp.extend(50_000u32.to_le_bytes());
    bmp.extend([1, 0, 24, 0]);
    bmp.extend([0; 24]);
    assert_eq!(refused(&write(dir.path(), "huge.bmp", &bmp)), ErrorCode::TooLarge);
    assert!(peak_kilobytes() - before < 64 << 10, "{} kB", peak_kilobytes() - before);
    let sparse = dir.path().join("sparse.jpg");
    fs::write(&sparse, b"\xff\xd8\xff\xe0").unwrap();
    fs::File::options().write(true).open(&sparse).unwrap().set_len(3 << 30).unwrap();
    assert_eq!(refused(&sparse), ErrorCode::TooLarge);
}

#[test]
fn a_video_that_was_cut_off_gives_what_is_there_and_is_marked() {
    let dir = tempfile::tempdir().unwrap();
    let args = format!("{} -g 30", source("320x240", "30", "10"));
    for (name, more) in [
        ("a.mp4", "-c:v libx264 -bf 2 -movflags faststart"),
        ("a.mkv", "-c:v libx264 -bf 2"),
        ("a.avi", "-c:v mpeg4"),
        ("a.flv", "-c:v flv1"),
    ] {
        let whole = make(dir.path(), name, &format!("{args} {more}"));
        let bytes = fs::read(&whole).unwrap();
        let cut = write(dir.path(), &format!("cut-{name}"), &bytes[..bytes.len() * 6 / 10]);
        let (media, frames, coverage) = decode(&cut, Sampling::EveryFrame).unwrap();
        assert!((100..290).contains(&frames.len()), "{name}: {}", frames.len());
        assert!(coverage.damaged, "{name}");
        assert!(media.info().damaged || !matches!(name, "a.mp4" | "a.avi"), "{name}");
        let last = coverage.last.unwrap().micros();
        assert!(last < 9_000_000, "{name}: {last}");
        let warnings = coverage.warnings();
        assert_eq!(warnings[0].code, WarningCode::Damaged, "{name}");
        assert!(!warnings[0].detail.contains('\n') && !warnings[0].detail.contains("0x"), "{}", warnings[0].detail);
    }
    // With the index at the end nothing can be decoded once that is gone.
    let whole = make(dir.path(), "end.mp4", &args);
    let bytes = fs::read(&whole).unwrap();
    assert_eq!(refused(&write(dir.path(), "cut-end.mp4", &bytes[..bytes.len() * 6 / 10])), ErrorCode::Damaged);
}

#[test]
fn corrupt_bytes_are_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let args = format!("{} -c:v libx264 -bf 2 -g 30", source("320x240", "30", "6"));
    for name in ["a.mp4", "a.ts"] {
        let whole = make(dir.path(), name, &args);
        let (_, frames, coverage) = decode(&whole, Sampling::PerSecond(5.0)).unwrap();
        assert_eq!((coverage.damaged, frames.len()), (false, 30), "{name}: {:?}", coverage.messages);
        let mut bytes = fs::read(&whole).unwrap();
        let at = bytes.len() / 2;
        bytes[at..at + 3000].copy_from_slice(&noise(3000, 7));
        let (_, frames, coverage) =
            decode(&write(dir.path(), &format!("x-{name}"), &bytes), Sampling::PerSecond(5.0)).unwrap();
        assert!(coverage.damaged, "{name}");
        assert!(!frames.is_empty() && !coverage.messages.is_empty(), "{name}");
        assert!(coverage.messages.len() <= 25, "{name}");
    }
}

#[test]
fn a_header_without_frames_is_damaged() {
    let dir = tempfile::tempdir().unwrap();
    let path = make(dir.path(), "a.mp4", &format!("{} -c:v libx264 -movflags faststart", source("320x240", "30", "2")));
    let mut bytes = fs::read(&path).unwrap();
    let data = bytes.windows(4).position(|w| w == b"mdat").unwrap();
    bytes.truncate(data + 8);
    let path = write(dir.path(), "headers.mp4", &bytes);
    match decode(&path, Sampling::EveryFrame) {
        Err(error) => assert_eq!(error.code(), ErrorCode::Damaged),
        Ok((_, frames, coverage)) => panic!("{} frames, {coverage:?}", frames.len()),
    }
    assert!(children().is_empty());
}

#[test]
fn broken_heif_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    for n in [16, 200, 5_000] {
        let mut bytes = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec();
        bytes.extend(noise(n, 11));
        assert_eq!(refused(&write(dir.path(), "x.heic", &bytes)), ErrorCode::Damaged, "{n}");
    }
}
