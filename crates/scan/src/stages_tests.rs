use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;

use base::CancelToken;
use faces::{FaceDetector, FacesError};
use image::RgbImage;

use super::*;
use crate::fakes::{Hesitant, STEP_US, frame, pipeline};

const EXPECTED: Expected = Expected { video: true, duration_us: Some(10_000_000), frame_bytes: 640 * 360 * 3 };

fn run(threads: usize, frames: Vec<Result<Frame, MediaError>>) -> Result<Examined, ScanError> {
    examine(frames.into_iter(), &pipeline(threads), EXPECTED, &Ctx::silent(), &|_| {})
}

/// Nobody, one and two people by turns.
fn clip(frames: u64) -> Vec<Result<Frame, MediaError>> {
    (0..frames).map(|n| Ok(frame(n, (n / 10 % 3) as u8, n as u8))).collect()
}

fn damaged() -> MediaError {
    MediaError::Damaged { path: PathBuf::from("clip.mp4"), detail: "halfway".into() }
}

#[test]
fn every_frame_comes_out_in_order_with_its_faces_and_logits() {
    let examined = run(2, clip(50)).unwrap();
    assert_eq!(examined.frames.len(), 50);
    assert!(examined.broken.is_none() && examined.dropped == 0);
    for (n, seen) in examined.frames.iter().enumerate() {
        assert_eq!((seen.frame.0, seen.pts.micros()), (n as u64 * 6, n as i64 * STEP_US));
        assert_eq!(seen.faces.len(), n / 10 % 3);
        for face in seen.faces.iter().filter(|f| f.quality.usable) {
            assert_eq!(face.logits.get("blue"), Some(&(n as f32)));
        }
    }
    let scored = examined.frames.iter().flat_map(|f| &f.faces).filter(|f| !f.logits.is_empty()).count();
    assert!(scored > 0, "the fakes' faces must be usable for this test to mean anything");
}

#[test]
fn only_a_still_that_may_be_suspected_is_looked_at_from_further_views() {
    let mut pipeline = pipeline(2);
    pipeline.scorers = vec![Box::new(Hesitant)];
    let logit = |video: bool, blue: u8| {
        let expected = Expected { video, duration_us: None, frame_bytes: 640 * 360 * 3 };
        let frames = vec![Ok(frame(0, 2, blue))].into_iter();
        let examined = examine(frames, &pipeline, expected, &Ctx::silent(), &|_| {}).unwrap();
        let faces = examined.frames.into_iter().flat_map(|frame| frame.faces);
        let logits: Vec<f32> = faces.filter_map(|face| face.logits.get("blue").copied()).collect();
        assert!(!logits.is_empty() && logits.iter().all(|l| *l == logits[0]), "{logits:?}");
        logits[0]
    };
    assert_eq!([logit(false, 90), logit(false, 120), logit(true, 120)], [90.0, 60.0, 120.0]);
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let [one, two, five] = [1, 2, 5].map(|threads| run(threads, clip(70)).unwrap().frames);
    assert_eq!(one, two);
    assert_eq!(one, five);
}

#[test]
fn progress_never_goes_back_and_frames_are_told_in_order() {
    let seen = Mutex::new(Vec::new());
    let ctx = Ctx::new(CancelToken::default(), |p| seen.lock().unwrap().push(p));
    let told = Mutex::new(Vec::new());
    let pictures = Mutex::new(Vec::new());
    let tell = |what: Told<'_>| match what {
        Told::Frame(f) => told.lock().unwrap().push(f.frame.0),
        Told::Picture(f) => pictures.lock().unwrap().push((f.index.0, told.lock().unwrap().len())),
    };
    examine(clip(60).into_iter(), &pipeline(3), EXPECTED, &ctx, &tell).unwrap();
    let pictures = pictures.into_inner().unwrap();
    let frames = told.lock().unwrap().clone();
    assert_eq!(pictures.last().map(|(frame, _)| *frame), frames.last().copied(), "{pictures:?}");
    assert!(
        pictures.iter().all(|(frame, before)| frames[*before..].contains(frame)),
        "a picture comes before its frames"
    );
    let seen = seen.lock().unwrap().clone();
    assert!(seen.iter().all(|p| p.stage == Stage::Analysing && p.total == Some(10_000_000)));
    assert!(seen.is_sorted_by_key(|p| p.done));
    assert_eq!(seen.last().map(|p| p.done), Some(10_000_000), "more media time than stated is not more than all");
    assert_eq!(*told.lock().unwrap(), (0..60).map(|n| n * 6).collect::<Vec<_>>());
}

#[test]
fn what_came_before_a_decoding_error_counts() {
    let mut frames = clip(25);
    frames.push(Err(damaged()));
    let examined = run(2, frames).unwrap();
    assert_eq!(examined.frames.len(), 25);
    assert!(matches!(examined.broken, Some(MediaError::Damaged { .. })));
    let nothing = run(2, vec![Err(damaged())]).unwrap();
    assert!(nothing.frames.is_empty() && nothing.broken.is_some());
}

#[test]
fn cancelling_at_any_frame_stops_without_a_result() {
    for at in [0, 1, 15, 16, 39] {
        let (cancel, count) = (CancelToken::default(), AtomicUsize::new(0));
        let raise = cancel.clone();
        let ctx = Ctx::new(cancel, move |_| {
            if count.fetch_add(1, Ordering::SeqCst) == at {
                raise.cancel();
            }
        });
        let result = examine(clip(40).into_iter(), &pipeline(2), EXPECTED, &ctx, &|_| {});
        assert!(matches!(result, Err(ScanError::Cancelled)), "{at}");
    }
}

#[test]
fn a_decoder_that_was_cancelled_is_no_damage() {
    let cancelled = MediaError::Cancelled { path: PathBuf::from("clip.mp4") };
    let result = run(1, vec![Ok(frame(0, 1, 0)), Err(cancelled)]);
    assert!(matches!(result, Err(ScanError::Media(MediaError::Cancelled { .. }))));
}

#[test]
fn the_largest_faces_of_a_crowd_are_kept_and_the_rest_counted() {
    let examined = run(1, vec![Ok(frame(0, 40, 0)), Ok(frame(1, 33, 0))]).unwrap();
    assert_eq!(examined.frames.iter().map(|f| f.faces.len()).collect::<Vec<_>>(), [MAX_FACES, MAX_FACES]);
    assert_eq!(examined.dropped, 9);
}

#[test]
fn frames_in_flight_are_bounded_by_bytes() {
    let of = |frame_bytes| {
        let expected = Expected { video: true, duration_us: None, frame_bytes };
        (expected.stretch(), expected.stretches_in_flight(8))
    };
    assert_eq!(of(640 * 360 * 3), (8, 9));
    assert_eq!(of(1920 * 1080 * 3), (8, 5));
    assert_eq!(of(3840 * 2160 * 3), (3, 3));
    assert_eq!(of(8192 * 8192 * 3), (1, 1));
}

/// How the finder was asked: whether each frame was searched in full.
fn searched(frames: Vec<Result<Frame, MediaError>>) -> Vec<bool> {
    struct Asked(std::sync::Arc<Mutex<Vec<(u8, bool)>>>);

    impl FaceDetector for Asked {
        fn detect(&self, rgb: &RgbImage) -> Result<Vec<Face>, FacesError> {
            self.0.lock().unwrap().push((rgb.get_pixel(0, 0).0[2], true));
            Ok(vec![])
        }

        fn follow(&self, rgb: &RgbImage, before: &[Face]) -> Result<Vec<Face>, FacesError> {
            assert!(before.is_empty());
            self.0.lock().unwrap().push((rgb.get_pixel(0, 0).0[2], false));
            Ok(vec![])
        }
    }

    let asked = std::sync::Arc::default();
    let pipeline = Pipeline { finder: Box::new(Asked(std::sync::Arc::clone(&asked))), ..pipeline(2) };
    examine(frames.into_iter(), &pipeline, EXPECTED, &Ctx::silent(), &|_| {}).unwrap();
    let mut asked = asked.lock().unwrap().clone();
    asked.sort_unstable();
    asked.into_iter().map(|(_, whole)| whole).collect()
}

#[test]
fn after_the_first_two_one_frame_in_eight_is_searched_in_full() {
    let pattern: Vec<bool> = (0..20).map(|n| [0, 2, 10, 18].contains(&n)).collect();
    assert_eq!(searched((0..20).map(|n| Ok(frame(n, 0, n as u8))).collect()), pattern);
}

#[test]
fn frames_a_second_apart_and_frames_after_a_cut_are_all_searched_in_full() {
    let apart = |n: u64| Frame { pts: Timestamp::from_micros(n as i64 * 1_000_000), ..frame(n, 0, n as u8) };
    assert_eq!(searched((0..6).map(|n| Ok(apart(n))).collect()), [true; 6]);
    let white = |n: u64| {
        let half = |x: u32| if x < 320 { [0, 0, n as u8] } else { [255, 255, n as u8] };
        let picture = RgbImage::from_fn(640, 360, |x, _| image::Rgb(half(x)));
        Frame { rgb: std::sync::Arc::new(picture), ..frame(n, 0, n as u8) }
    };
    let frames = (0..5).map(|n| Ok(if n < 3 { frame(n, 0, n as u8) } else { white(n) })).collect();
    assert_eq!(searched(frames), [true, false, true, true, false]);
}
