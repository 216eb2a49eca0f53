use std::sync::Arc;

use base::FrameIndex;
use image::RgbImage;
use proptest::prelude::*;

use super::*;

fn face(x: f32, y: f32, side: f32) -> Face {
    let at = |fx: f32, fy: f32| Point::new(x + fx * side, y + fy * side);
    let landmarks = [at(0.3, 0.4), at(0.7, 0.4), at(0.5, 0.6), at(0.35, 0.8), at(0.65, 0.8)];
    Face { rect: Rect::new(x, y, side, side), landmarks, refined: None, detector_score: 0.9 }
}

/// Vertical or horizontal stripes: two shots.
fn frame(ms: i64, shot: u32) -> Frame {
    let rgb = RgbImage::from_fn(64, 64, |x, y| image::Rgb([if shot == 0 { x as u8 * 4 } else { y as u8 * 4 }; 3]));
    Frame { index: FrameIndex(ms as u64), pts: Timestamp::from_micros(ms * 1000), rgb: Arc::new(rgb) }
}

fn ids(tracker: &mut Tracker, ms: i64, faces: &[Face]) -> Vec<u32> {
    tracker.push(&frame(ms, 0), faces.to_vec()).into_iter().map(|(id, _)| id.0).collect()
}

#[test]
fn ids_count_from_zero_the_larger_face_first() {
    let mut t = Tracker::default();
    assert_eq!(ids(&mut t, 0, &[face(0.0, 0.0, 50.0), face(300.0, 0.0, 90.0)]), [1, 0]);
    assert_eq!(ids(&mut t, 200, &[face(305.0, 3.0, 92.0), face(4.0, 1.0, 49.0), face(600.0, 0.0, 50.0)]), [0, 1, 2]);
}

#[test]
fn short_gaps_are_bridged_by_time_and_long_ones_are_not() {
    for step in [40, 200] {
        let mut t = Tracker::default();
        for ms in (0..=400).step_by(step) {
            assert_eq!(ids(&mut t, ms, &[face(10.0, 10.0, 60.0)]), [0]);
        }
        for ms in (600..1300).step_by(step) {
            assert!(ids(&mut t, ms, &[]).is_empty());
        }
        assert_eq!(ids(&mut t, 1400, &[face(20.0, 10.0, 60.0)]), [0], "gap of exactly a second");
        assert_eq!(ids(&mut t, 2500, &[face(20.0, 10.0, 60.0)]), [1]);
    }
}

#[test]
fn people_who_cross_keep_their_ids() {
    for step_ms in [40, 100, 200] {
        let mut t = Tracker::default();
        let mut last = (0, 0);
        for ms in (0..=2000).step_by(step_ms) {
            let (left, right) = (face(0.2 * ms as f32, 100.0, 80.0), face(400.0 - 0.2 * ms as f32, 112.0, 84.0));
            let got = ids(&mut t, ms as i64, &[left, right]);
            if ms > 0 {
                assert_eq!((got[0], got[1]), last, "at {ms} ms, every {step_ms} ms");
            }
            last = (got[0], got[1]);
        }
    }
}

#[test]
fn one_hidden_behind_the_other_comes_back_as_itself() {
    let mut t = Tracker::default();
    for ms in (0..=2000).step_by(100) {
        let walker = face(0.3 * ms as f32, 100.0, 80.0);
        let sitter = face(300.0, 104.0, 90.0);
        let hidden = walker.rect.iou(sitter.rect) > 0.25;
        let got = ids(&mut t, ms, &if hidden { vec![walker] } else { vec![walker, sitter] });
        assert_eq!(got, if hidden { vec![1] } else { vec![1, 0] }, "at {ms} ms");
    }
}

#[test]
fn a_cut_begins_new_tracks_even_at_the_same_place() {
    let mut t = Tracker::default();
    let push = |t: &mut Tracker, ms, shot| t.push(&frame(ms, shot), vec![face(5.0, 5.0, 40.0)])[0].0.0;
    assert_eq!([push(&mut t, 0, 0), push(&mut t, 200, 0), push(&mut t, 400, 1), push(&mut t, 600, 1)], [0, 0, 1, 1]);
}

#[test]
fn a_face_of_another_size_or_far_away_is_somebody_else() {
    let mut t = Tracker::default();
    assert_eq!(ids(&mut t, 0, &[face(100.0, 100.0, 60.0)]), [0]);
    assert_eq!(ids(&mut t, 200, &[face(80.0, 80.0, 100.0)]), [1]);
    assert_eq!(ids(&mut t, 400, &[face(190.0, 100.0, 60.0)]), [2]);
}

#[test]
fn time_that_runs_backwards_begins_anew() {
    let mut t = Tracker::default();
    assert_eq!(ids(&mut t, 1000, &[face(0.0, 0.0, 50.0)]), [0]);
    assert_eq!(ids(&mut t, 500, &[face(0.0, 0.0, 50.0)]), [1]);
}

proptest! {
    #[test]
    fn the_order_of_the_faces_does_not_matter(
        raw in prop::collection::vec(prop::collection::vec((0u16..800, 0u16..600, 20u16..200), 0..7), 1..8),
        seed in any::<u64>(),
    ) {
        let (mut a, mut b) = (Tracker::default(), Tracker::default());
        for (i, boxes) in raw.iter().enumerate() {
            let mut boxes = boxes.clone();
            boxes.sort_unstable();
            boxes.dedup();
            let faces: Vec<_> = boxes.iter().map(|&(x, y, s)| face(x.into(), y.into(), s.into())).collect();
            let mut turned = faces.clone();
            if !turned.is_empty() {
                let n = turned.len();
                turned.rotate_left(seed as usize % n);
                if seed & 1 == 1 { turned.reverse(); }
            }
            let now = Timestamp::from_micros(i as i64 * 200_000);
            let mut first = a.assign(now, faces);
            let mut second = b.assign(now, turned);
            let mut seen: Vec<_> = first.iter().map(|(id, _)| *id).collect();
            seen.sort_unstable();
            seen.dedup();
            prop_assert_eq!(seen.len(), first.len(), "one face a track and frame");
            first.sort_by_key(|(id, _)| *id);
            second.sort_by_key(|(id, _)| *id);
            prop_assert_eq!(first, second);
        }
    }
}
