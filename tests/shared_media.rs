//! What must be seen on the clips of `../shared/media`. Skipped in words where they are absent.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test program fails by panicking"
)]

use std::path::Path;

use serde_json::Value;

mod support;
use support::{scan_json, shared};

/// Clips of one person talking; every sampled frame should show a face.
const TALKING_HEADS: [&str; 11] = [
    "bluebyte_fake.mp4",
    "bluebyte_real.mp4",
    "celebdf_id0_0000.mp4",
    "celebdf_id0_0001.mp4",
    "celebdf_id0_id2_0004.mp4",
    "celebdf_id0_id3_0003.mp4",
    "celebdf_id0_id4_0009.mp4",
    "celebdf_id1_0005.mp4",
    "celebdf_id7_0001.mp4",
    "pyfeat_single_face.mp4",
    "srujan_real.mp4",
];

/// Frames a second: enough to tell, and quick.
const FPS: &str = "3";

fn scan(media: &Path, names: &[&str]) -> Vec<Value> {
    let args = ["--fps".into(), FPS.into()].into_iter().chain(names.iter().map(|n| media.join(n)));
    let ran = scan_json(args);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let items = ran.items();
    assert_eq!(items.len(), names.len());
    for item in &items {
        assert_eq!(
            (&item["error"], &item["file"]["media"]["damaged"]),
            (&Value::Null, &Value::Bool(false)),
            "{}",
            item["file"]
        );
    }
    items
}

/// Presentation times of the sampled frames, with whether a face was seen.
fn presence(item: &Value) -> Vec<(f64, bool)> {
    let frames = item["timeline"].as_array().unwrap().iter();
    frames.map(|f| (f["pts_us"].as_f64().unwrap() / 1e6, !f["faces"].as_array().unwrap().is_empty())).collect()
}

fn share(frames: &[(f64, bool)], within: std::ops::Range<f64>) -> f64 {
    let seen: Vec<bool> = frames.iter().filter(|(t, _)| within.contains(t)).map(|(_, seen)| *seen).collect();
    assert!(!seen.is_empty(), "no frame within {within:?}");
    seen.iter().filter(|s| **s).count() as f64 / seen.len() as f64
}

#[test]
fn faces_are_found_in_nearly_every_frame_of_talking_heads() {
    let Some(media) = shared("media") else { return };
    for (item, name) in scan(&media, &TALKING_HEADS).iter().zip(TALKING_HEADS) {
        let found = share(&presence(item), f64::NEG_INFINITY..f64::INFINITY);
        assert!(found >= 0.95, "{name}: {found}");
        assert_ne!(item["verdict"]["code"], "notExamined", "{name}");
    }
}

#[test]
fn nobody_is_found_where_nobody_is() {
    let Some(media) = shared("media") else { return };
    let item = &scan(&media, &["pyfeat_no_face.mp4"])[0];
    assert_eq!((&item["verdict"]["code"], &item["verdict"]["score"]), (&"notExamined".into(), &Value::Null));
    assert!(item["people"].as_array().unwrap().is_empty(), "{}", item["people"]);
}

#[test]
fn presence_follows_who_enters_and_leaves() {
    let Some(media) = shared("media") else { return };
    let items = scan(&media, &["pyfeat_face_noface.mov", "pyfeat_noface_face.mov"]);
    let [leaves, enters] = [presence(&items[0]), presence(&items[1])];
    let (end, start) = (leaves.last().unwrap().0, enters.first().unwrap().0);
    assert!(share(&leaves, 0.0..1.5) >= 0.9 && share(&leaves, end - 1.5..end + 1.0) <= 0.1, "{leaves:?}");
    assert!(share(&enters, start..start + 1.5) <= 0.1 && share(&enters, 4.5..6.1) >= 0.9, "{enters:?}");
}

#[test]
fn people_in_company_are_told_apart() {
    let Some(media) = shared("media") else { return };
    let items = scan(&media, &["facenet_example.mp4", "pyfeat_WolfgangLanger_Pexels.mp4"]);
    for item in items {
        let most = item["timeline"].as_array().unwrap().iter().map(|f| f["faces"].as_array().unwrap().len()).max();
        let most = most.unwrap_or(0);
        let people = item["people"].as_array().unwrap();
        assert!(people.len() >= most, "{}: {} people, {most} faces in one frame", item["file"]["path"], people.len());
        for frame in item["timeline"].as_array().unwrap() {
            let mut tracks: Vec<_> = frame["faces"].as_array().unwrap().iter().map(|f| f["track"].as_u64()).collect();
            let faces = tracks.len();
            tracks.sort_unstable();
            tracks.dedup();
            assert_eq!(tracks.len(), faces, "one person twice in a frame");
        }
    }
}

#[test]
fn every_still_is_read() {
    let Some(media) = shared("media") else { return };
    let ran = scan_json([media.join("stills")]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    for item in ran.items() {
        let name = item["file"]["path"].as_str().unwrap().to_owned();
        let people = item["people"].as_array().unwrap().len();
        match name.rsplit('/').next().unwrap() {
            drawing if drawing.starts_with("noface") => assert_eq!(people, 0, "{name}"),
            "real_group_pyfeat.jpg" => assert_eq!(people, 5, "{name}"),
            "real_amfd_exif6.jpg" => {
                let media = &item["file"]["media"];
                assert_eq!((media["width"].as_u64(), media["height"].as_u64()), (Some(2444), Some(1718)), "{media}");
                assert_eq!(people, 1);
            }
            _ => assert!(people >= 1, "{name}"),
        }
    }
}
