//! Frames from the middle of a video are the same as those of a run from its start.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod fixtures;

use std::path::Path;

use base::{Ctx, Timestamp};
use fixtures::{decode, make, packet_times, source, times};
use media::{Frame, Limits, Media, Sampling};

fn from(path: &Path, us: i64, width: u32) -> Vec<Frame> {
    let ctx = Ctx::silent();
    let media = Media::open(path, &Limits::default(), &ctx).unwrap();
    media.frames_from(Timestamp::from_micros(us), width, 2, &ctx).unwrap().collect::<Result<_, _>>().unwrap()
}

#[test]
fn every_container_gives_the_same_frames_from_any_time_on() {
    let dir = tempfile::tempdir().unwrap();
    let picture = source("160x90", "30000/1001", "4");
    for (name, coding) in [
        ("reordered.mp4", "-c:v mpeg4 -bf 2 -g 25"),
        ("late.mp4", "-c:v mpeg4 -bf 2 -g 25 -output_ts_offset 7.3"),
        ("a.mkv", "-c:v mpeg4 -bf 2 -g 25"),
        ("a.ts", "-c:v mpeg2video -bf 2 -g 15"),
        ("a.avi", "-c:v mpeg4 -g 25"),
        ("uneven.mp4", "-vf select='gt(mod(n,3),0)' -fps_mode passthrough -c:v mpeg4 -g 25"),
    ] {
        let path = make(dir.path(), name, &format!("{picture} {coding}"));
        let (_, all, _) = decode(&path, Sampling::EveryFrame).unwrap();
        let known = times(&all);
        for at in [0, 1, known.len() / 3, known.len() / 2, known.len() - 1] {
            let frames = from(&path, known[at], 160);
            assert_eq!(times(&frames), known[at..], "{name} from frame {at}");
            assert_eq!(frames[0].rgb, all[at].rgb, "{name}: the picture at frame {at}");
        }
        let picked = [3, 4, known.len() / 2, known.len() - 1];
        let wanted: Vec<Timestamp> = picked.iter().map(|&i| all[i].pts).collect();
        let media = Media::open(&path, &Limits::default(), &Ctx::silent()).unwrap();
        let some: Vec<Frame> = media.frames_at(&wanted, 2, &Ctx::silent()).unwrap().collect::<Result<_, _>>().unwrap();
        assert_eq!(times(&some), picked.map(|i| known[i]), "{name}: those that were asked for");
        assert!(some.iter().zip(picked).all(|(frame, i)| frame.rgb == all[i].rgb), "{name}");
        let between = (known[10] + known[11]) / 2;
        assert_eq!(times(&from(&path, between, 160)), known[11..], "{name} between two frames");
        assert!(from(&path, known[0] - 1_000_000, 160).len() == known.len(), "{name} before the start");
    }
}

#[test]
fn all_presentation_times_are_known_without_decoding() {
    let dir = tempfile::tempdir().unwrap();
    let ctx = Ctx::silent();
    let picture = source("160x90", "25", "3");
    for (name, coding) in [("a.mp4", "-c:v mpeg4 -bf 2"), ("late.mp4", "-c:v mpeg4 -output_ts_offset 2"), ("a.mkv", "")]
    {
        let path = make(dir.path(), name, &format!("{picture} {coding}"));
        let media = Media::open(&path, &Limits::default(), &ctx).unwrap();
        let known: Vec<i64> = media.frame_times(&ctx).unwrap().iter().map(|time| time.micros()).collect();
        assert_eq!(known, packet_times(&path), "{name}");
        assert_eq!(known.len(), 75);
    }
}

#[test]
fn frames_are_scaled_down_and_never_up() {
    let dir = tempfile::tempdir().unwrap();
    let path = make(dir.path(), "a.mp4", &format!("{} -c:v mpeg4", source("322x180", "25", "1")));
    for (asked, size) in [(100, (100, 56)), (322, (322, 180)), (5000, (322, 180)), (0, (1, 1))] {
        assert_eq!(from(&path, 0, asked)[0].rgb.dimensions(), size, "{asked}");
    }
}

#[test]
fn a_still_is_its_own_only_frame() {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../assets/samples/coffee.jpg"));
    let ctx = Ctx::silent();
    let media = Media::open(path, &Limits::default(), &ctx).unwrap();
    assert_eq!(media.frame_times(&ctx).unwrap(), [Timestamp::default()]);
    assert_eq!(from(path, 5, 10).len(), 1);
}
