//! Files that are broken, strange or hostile: each gives one clear line or a clear verdict, and none
//! disturbs its neighbours.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test program fails by panicking"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

mod support;
use support::{Ran, clip, facefiction, ffmpeg, run, sample, scan_json};

/// Scans a good picture, the bad item and the good picture again: the good ones must not notice.
fn between_good_ones(bad: &Path) -> (Ran, Value) {
    let good = sample("coffee.jpg");
    let ran = scan_json([&good, &bad.to_path_buf(), &good]);
    let items = ran.items();
    assert_eq!(items.len(), 3, "{ran:?}");
    for neighbour in [&items[0], &items[2]] {
        assert_eq!(neighbour["error"], Value::Null);
        assert_eq!(neighbour["file"]["sha256"].as_str().map(str::len), Some(64));
    }
    let leftovers = support::processes_naming(&bad.to_string_lossy());
    assert_eq!(leftovers, Vec::<String>::new(), "a child was left behind");
    (ran, items[1].clone())
}

/// The item failed with this code and one line on standard error that names it.
fn fails(bad: &Path, code: &str) {
    let (ran, item) = between_good_ones(bad);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert_eq!(item["error"]["code"], code, "{item}");
    let message = item["error"]["message"].as_str().unwrap();
    assert!(!message.is_empty() && !message.contains('\n'), "{message}");
    assert_eq!((&item["verdict"]["code"], &item["verdict"]["score"]), (&"notExamined".into(), &Value::Null));
    assert_eq!((&item["people"], &item["timeline"]), (&Value::Array(vec![]), &Value::Array(vec![])));
    let told: Vec<_> = ran.stderr.lines().filter(|l| l.contains(message)).collect();
    assert_eq!(told.len(), 1, "{}", ran.stderr);
}

/// A file of these bytes in a folder of its own.
fn file(name: &str, bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    fs::write(&path, bytes).unwrap();
    (dir, path)
}

/// Bytes of a fixed linear congruential generator.
fn noise(n: usize) -> Vec<u8> {
    let mut state = 12_345_u32;
    std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    })
    .take(n)
    .collect()
}

#[test]
fn empty_files() {
    for name in ["empty.jpg", "empty.mp4", "empty"] {
        let (_dir, path) = file(name, b"");
        fails(&path, "empty");
    }
}

#[test]
fn random_bytes_and_text_with_the_names_of_media() {
    for (name, bytes) in
        [("noise.mp4", noise(50_000)), ("noise.jpg", noise(50_000)), ("notes.mp4", b"Dear all,\n".repeat(500))]
    {
        let (_dir, path) = file(name, &bytes);
        fails(&path, "unsupported");
    }
}

#[test]
fn a_truncated_picture_is_examined_as_far_as_it_goes_or_fails_clearly() {
    let whole = fs::read(sample("coffee.jpg")).unwrap();
    let (_dir, path) = file("half.jpg", &whole[..whole.len() / 2]);
    let (ran, item) = between_good_ones(&path);
    match item["error"]["code"].as_str() {
        Some(code) => assert_eq!((code, ran.code), ("decodeFailed", 1)),
        None => {
            assert_eq!((&item["file"]["media"]["damaged"], ran.code), (&true.into(), 0), "{item}");
            assert_ne!(item["verdict"]["code"], "noIndication", "{item}");
        }
    }
    let (_dir, path) = file("head.jpg", &whole[..200]);
    fails(&path, "decodeFailed");
}

#[test]
fn a_truncated_video_says_what_was_covered() {
    let dir = tempfile::tempdir().unwrap();
    let whole = dir.path().join("whole.mkv");
    clip(&whole, 8);
    let bytes = fs::read(&whole).unwrap();
    let half = dir.path().join("half.mkv");
    fs::write(&half, &bytes[..bytes.len() / 2]).unwrap();
    let (ran, item) = between_good_ones(&half);
    assert_eq!((ran.code, &item["error"]), (0, &Value::Null), "{item}");
    assert_eq!(item["file"]["media"]["damaged"], true, "{item}");
    let covered = item["file"]["media"]["covered_us"].as_array().unwrap();
    let last = covered[1].as_i64().unwrap();
    assert!((1_000_000..7_500_000).contains(&last), "{item}");
    let times: Vec<i64> = item["timeline"].as_array().unwrap().iter().map(|f| f["pts_us"].as_i64().unwrap()).collect();
    assert!(times.len() > 5 && times.iter().all(|t| *t <= last), "{times:?} {covered:?}");
    assert!(item["run"]["warnings"].as_array().unwrap().iter().any(|w| w["code"] == "damaged"), "{item}");
}

#[test]
fn a_video_whose_index_is_missing() {
    let dir = tempfile::tempdir().unwrap();
    let whole = dir.path().join("whole.mp4");
    clip(&whole, 4);
    let bytes = fs::read(&whole).unwrap();
    let half = dir.path().join("half.mp4");
    fs::write(&half, &bytes[..bytes.len() / 2]).unwrap();
    let (ran, item) = between_good_ones(&half);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(["decodeFailed", "unsupported"].contains(&item["error"]["code"].as_str().unwrap()), "{item}");
}

/// A PNG that is all header: 50,000 × 50,000 pixels in a few bytes.
fn huge_png() -> Vec<u8> {
    let chunk = |kind: &[u8; 4], data: &[u8]| {
        let body: Vec<u8> = kind.iter().chain(data).copied().collect();
        let mut bytes = (data.len() as u32).to_be_bytes().to_vec();
        bytes.extend(&body);
        bytes.extend(crc32(&body).to_be_bytes());
        bytes
    };
    let side = 50_000_u32.to_be_bytes();
    let header: Vec<u8> = [&side[..], &side, &[8, 2, 0, 0, 0]].concat();
    [&b"\x89PNG\r\n\x1a\n"[..], &chunk(b"IHDR", &header), &chunk(b"IDAT", &[0x78, 0x9c]), &chunk(b"IEND", b"")].concat()
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc: u32, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

#[test]
fn a_picture_that_claims_to_be_enormous_is_not_allocated() {
    let (_dir, path) = file("huge.png", &huge_png());
    fails(&path, "tooLarge");
}

#[test]
fn an_animation_is_examined_by_its_first_picture() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("moving.gif");
    ffmpeg(&["-f", "lavfi", "-i", "testsrc2=size=160x120:rate=10:duration=2"], &path);
    let (ran, item) = between_good_ones(&path);
    assert_eq!((ran.code, &item["file"]["kind"]), (0, &"image".into()), "{item}");
    assert_eq!(item["timeline"].as_array().unwrap().len(), 1);
    assert!(item["run"]["warnings"].as_array().unwrap().iter().any(|w| w["code"] == "animationFirstFrame"), "{item}");
    assert_eq!((&item["verdict"]["code"], &item["verdict"]["score"]), (&"notExamined".into(), &Value::Null));
}

#[test]
fn sound_without_pictures() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("voice.mp4");
    ffmpeg(&["-f", "lavfi", "-i", "sine=duration=1"], &path);
    fails(&path, "noVideoStream");
}

#[test]
fn names_that_lead_nowhere() {
    let dir = tempfile::tempdir().unwrap();
    fails(&dir.path().join("absent.mp4"), "notFound");
    #[cfg(unix)]
    {
        let link = dir.path().join("dangling.mp4");
        std::os::unix::fs::symlink("nowhere.mp4", &link).unwrap();
        fails(&link, "notFound");
        let ran = scan_json([dir.path()]);
        assert_eq!((ran.code, ran.items().len()), (1, 1), "inside a folder it is told too: {ran:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_folder_that_contains_itself_ends() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("inner")).unwrap();
    fs::copy(sample("coffee.jpg"), dir.path().join("inner/a.jpg")).unwrap();
    std::os::unix::fs::symlink(dir.path(), dir.path().join("inner/loop")).unwrap();
    std::os::unix::fs::symlink("itself", dir.path().join("itself")).unwrap();
    let ran = scan_json([dir.path()]);
    let items = ran.items();
    assert_eq!(items.len(), 2, "{ran:?}");
    assert!(items[0]["file"]["path"].as_str().unwrap().ends_with("inner/a.jpg"));
    assert_eq!(items[1]["error"]["code"], "notReadable", "the link to itself: {ran:?}");
    assert!(ran.stderr.contains("already visited"), "{}", ran.stderr);
}

#[cfg(unix)]
#[test]
fn a_pipe_does_not_hang() {
    let dir = tempfile::tempdir().unwrap();
    let pipe = dir.path().join("pipe.mp4");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    fails(&pipe, "unsupported");
    let ran = scan_json([dir.path()]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "inside a folder it is skipped: {ran:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn what_may_not_be_read() {
    use std::os::unix::fs::PermissionsExt;
    let (_dir, path) = file("secret.jpg", &fs::read(sample("coffee.jpg")).unwrap());
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::File::open(&path).is_ok() {
        eprintln!("skipped: this user may read everything (root)");
        return;
    }
    fails(&path, "notReadable");
}

#[cfg(target_os = "linux")]
#[test]
fn what_even_root_cannot_read() {
    // Opens, but every read fails.
    let path = Path::new("/proc/self/mem");
    let ran = scan_json([path, sample("coffee.jpg").as_path()]);
    let items = ran.items();
    assert_eq!((ran.code, items.len()), (1, 2), "{ran:?}");
    assert!(items[0]["error"]["message"].as_str().is_some_and(|m| !m.contains('\n')), "{}", items[0]);
    assert_eq!(items[1]["error"], Value::Null);
}

#[cfg(target_os = "linux")]
#[test]
fn names_of_any_bytes_are_examined_and_reported() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let dir = tempfile::tempdir().unwrap();
    let names: [&[u8]; 7] = [
        b"caf\xe9.jpg",
        b"-dash.jpg",
        b"line\nbreak.jpg",
        b"two  spaces.jpg",
        "quote\"'.jpg".as_bytes(),
        "😀.jpg".as_bytes(),
        b"%d.jpg",
    ];
    for name in names {
        fs::copy(sample("coffee.jpg"), dir.path().join(OsStr::from_bytes(name))).unwrap();
    }
    let mut command = facefiction(["scan", "--format", "json", "--device", "cpu", "--"]);
    let ran = run(command.current_dir(dir.path()).args(names.map(OsStr::from_bytes)));
    let items = ran.items();
    assert_eq!((ran.code, items.len()), (0, names.len()), "{ran:?}");
    for (item, name) in items.iter().zip(names) {
        assert_eq!(item["file"]["path"], *String::from_utf8_lossy(name), "{item}");
        assert_eq!(item["error"], Value::Null);
    }
    assert_eq!(items[0]["file"]["path_bytes"], "636166e92e6a7067");
    assert!(items[1]["file"].get("path_bytes").is_none());
}

#[cfg(target_os = "linux")]
#[test]
fn videos_with_names_that_ffmpeg_could_misread() {
    let dir = tempfile::tempdir().unwrap();
    clip(&dir.path().join("a.mp4"), 1);
    let names = ["-i.mp4", "file:x.mp4", "http:x.mp4", "concat:a|b.mp4", "%03d.mp4", "a'b\"c\n.mp4", "pipe:0"];
    for name in names {
        fs::copy(dir.path().join("a.mp4"), dir.path().join(name)).unwrap();
    }
    let mut command = facefiction(["scan", "--format", "json", "--device", "cpu", "--fps", "1", "--"]);
    let ran = run(command.current_dir(dir.path()).args(names));
    let items = ran.items();
    assert_eq!((ran.code, items.len()), (0, names.len()), "{ran:?}");
    for item in items {
        assert_eq!((&item["file"]["kind"], &item["error"]), (&"video".into(), &Value::Null), "{item}");
        assert_eq!(item["timeline"].as_array().map(Vec::len), Some(1), "{item}");
    }
}

#[test]
fn a_folder_with_every_kind_of_rubbish_is_told_item_by_item() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.mp4"), b"").unwrap();
    fs::write(dir.path().join("b.txt"), b"notes").unwrap();
    fs::write(dir.path().join(".hidden.jpg"), b"x").unwrap();
    fs::copy(sample("coffee.jpg"), dir.path().join("c")).unwrap();
    let ran = scan_json([dir.path()]);
    let items = ran.items();
    let paths: Vec<_> = items.iter().map(|i| i["file"]["path"].as_str().unwrap().rsplit('/').next().unwrap()).collect();
    assert_eq!((ran.code, paths), (1, vec!["a.mp4", "c"]), "{ran:?}");
    assert!(ran.stderr.contains("b.txt") && ran.stderr.contains("1 hidden"), "{}", ran.stderr);
}
