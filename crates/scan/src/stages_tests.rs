use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;

use base::CancelToken;

use super::*;
use crate::fakes::{STEP_US, frame, pipeline};

const EXPECTED: Expected = Expected { duration_us: Some(10_000_000), frame_bytes: 640 * 360 * 3 };

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
    let on_frame = |f: &FrameObservation| told.lock().unwrap().push(f.frame.0);
    examine(clip(60).into_iter(), &pipeline(3), EXPECTED, &ctx, &on_frame).unwrap();
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
    let of = |frame_bytes| Expected { duration_us: None, frame_bytes }.frames_in_flight(8);
    assert_eq!(of(1920 * 1080 * 3), 10);
    assert_eq!(of(3840 * 2160 * 3), 5);
    assert_eq!(of(8192 * 8192 * 3), 1);
}
