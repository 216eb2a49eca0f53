//! Real videos and pictures beside the repository, where they are present.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod fixtures;

use std::path::{Path, PathBuf};

use fixtures::{decode, packet_times, times};
use media::{Kind, Sampling};

/// The files below `../shared/<folder>`, or none, in words.
fn files(folder: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared").join(folder);
    let Ok(entries) = std::fs::read_dir(&root) else {
        eprintln!("skipped: ../shared is absent");
        return Vec::new();
    };
    let text = |path: &PathBuf| path.extension().is_some_and(|e| e == "csv" || e == "md");
    let mut files: Vec<_> = entries.flatten().map(|e| e.path()).filter(|p| p.is_file() && !text(p)).collect();
    files.sort();
    files
}

#[test]
fn every_real_video_decodes_with_the_times_of_its_packets() {
    // Of the many alike in the second folder every twentieth, to save time; all of them were tried once.
    for path in files("media").into_iter().chain(files("data/videos").into_iter().step_by(20)) {
        let (media, frames, coverage) = decode(&path, Sampling::PerSecond(2.0)).unwrap();
        assert_eq!(media.kind(), Kind::Video);
        assert!(!coverage.damaged, "{}: {:?}", path.display(), coverage.messages);
        let packets = packet_times(&path);
        assert_eq!(coverage.decoded as usize, packets.len(), "{}", path.display());
        for (frame, time) in frames.iter().zip(times(&frames)) {
            assert_eq!(time, packets[frame.index.0 as usize], "{}", path.display());
            assert_eq!(frame.rgb.dimensions(), (media.info().width, media.info().height));
        }
    }
}

#[test]
fn every_real_picture_decodes() {
    for path in files("media/stills") {
        let (media, frames, coverage) = decode(&path, Sampling::EveryFrame).unwrap();
        assert_eq!((media.kind(), frames.len(), coverage.damaged), (Kind::Image, 1, false), "{}", path.display());
    }
}
