//! Faces of successive frames of a video.
//!
//! Neighbouring frames show the same people at nearly the same places, so that most frames need not be searched
//! everywhere. What that could lose is looked for again: where a face is gone, the frame is searched; where a search
//! finds one that was not there before, it is looked for in the frames that were not searched.

use base::Timestamp;
use media::Frame;

use crate::face::sort_largest_first;
use crate::{Face, FaceDetector, FacesError, SceneCuts};

/// Media time in which frames may go without a search after one that was searched, in µs: at five frames a second two
/// frames. A face that is seen for longer is always found.
const UNSEARCHED_US: i64 = 400_000;
/// The two boxes of one face in neighbouring frames overlap (IoU) at least so much; otherwise it counts as gone.
const SAME: f32 = 0.3;

/// The faces of each frame, largest first. The first frame and those after a cut are surveyed, the last one and one in
/// three between are searched for large faces, and the rest only where faces are ([`FaceDetector::recheck`]).
///
/// # Errors
/// As [`FaceDetector::detect`].
pub fn search_stretch(detector: &dyn FaceDetector, frames: &[Frame]) -> Result<Vec<Vec<Face>>, FacesError> {
    let mut cuts = SceneCuts::default();
    let mut found: Vec<Vec<Face>> = Vec::with_capacity(frames.len());
    let mut searched = Timestamp::default();
    let mut unsearched = 0;
    for (i, frame) in frames.iter().enumerate() {
        let cut = cuts.push(&frame.rgb);
        let before = found.last().filter(|_| !cut);
        let spared = i + 1 < frames.len() && (0..=UNSEARCHED_US).contains(&frame.pts.micros_since(searched));
        let rechecked = match before {
            Some(before) if spared => Some(detector.recheck(&frame.rgb, before)?).filter(|now| holds(now, before)),
            _ => None,
        };
        if let Some(faces) = rechecked {
            found.push(faces);
            unsearched += 1;
            continue;
        }
        let faces = match before {
            Some(before) => detector.follow(&frame.rgb, before)?,
            None => detector.survey(&frame.rgb)?,
        };
        if !cut {
            look_back(detector, frames, &mut found, unsearched, &faces)?;
        }
        found.push(faces);
        (searched, unsearched) = (frame.pts, 0);
    }
    Ok(found)
}

/// Whether every face of the frame before is still there.
fn holds(now: &[Face], before: &[Face]) -> bool {
    now.len() >= before.len() && before.iter().all(|face| is_among(face, now))
}

fn is_among(face: &Face, faces: &[Face]) -> bool {
    faces.iter().any(|other| other.rect.iou(face.rect) >= SAME)
}

/// Adds to the last `unsearched` frames those faces that a search has found after them.
fn look_back(
    detector: &dyn FaceDetector,
    frames: &[Frame],
    found: &mut [Vec<Face>],
    unsearched: usize,
    faces: &[Face],
) -> Result<(), FacesError> {
    let mut after = faces.to_vec();
    for (known, frame) in found.iter_mut().zip(frames).rev().take(unsearched) {
        after.retain(|face| !is_among(face, known));
        if after.is_empty() {
            break;
        }
        after = detector.recheck(&frame.rgb, &after)?;
        after.retain(|face| !is_among(face, known));
        known.extend(&after);
        sort_largest_first(known);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::sync::{Arc, Mutex};

    use base::{FrameIndex, Point, Rect};
    use image::{Rgb, RgbImage};

    use super::*;

    /// Where the face of each person is, by frame; how it was asked, one letter a frame and question.
    struct Stage {
        people: Vec<Vec<Option<f32>>>,
        asked: Mutex<Vec<(char, u64)>>,
    }

    impl Stage {
        fn new(people: Vec<Vec<Option<f32>>>) -> Self {
            Self { people, asked: Mutex::default() }
        }

        fn seen(&self, way: char, rgb: &RgbImage) -> Vec<Face> {
            let number = u64::from(rgb.get_pixel(0, 0).0[2]);
            self.asked.lock().unwrap().push((way, number));
            let at = |person: &Vec<Option<f32>>| person.get(number as usize).copied().flatten();
            self.people.iter().filter_map(at).map(face).collect()
        }
    }

    impl FaceDetector for Stage {
        fn detect(&self, rgb: &RgbImage) -> Result<Vec<Face>, FacesError> {
            Ok(self.seen('d', rgb))
        }

        fn survey(&self, rgb: &RgbImage) -> Result<Vec<Face>, FacesError> {
            Ok(self.seen('s', rgb))
        }

        fn follow(&self, rgb: &RgbImage, _: &[Face]) -> Result<Vec<Face>, FacesError> {
            Ok(self.seen('f', rgb))
        }

        /// Sees what lies on the places.
        fn recheck(&self, rgb: &RgbImage, places: &[Face]) -> Result<Vec<Face>, FacesError> {
            let mut seen = self.seen('r', rgb);
            seen.retain(|face| is_among(face, places));
            Ok(seen)
        }
    }

    fn face(x: f32) -> Face {
        let rect = Rect::new(x, 50.0, 100.0, 100.0);
        Face { rect, landmarks: [Point::new(x, 60.0); 5], refined: None, detector_score: 0.99 }
    }

    fn frames(count: u64, step_us: i64) -> Vec<Frame> {
        let frame = |n: u64| Frame {
            index: FrameIndex(n),
            pts: Timestamp::from_micros(7_000_000 + n as i64 * step_us),
            rgb: Arc::new(RgbImage::from_fn(64, 48, |x, y| Rgb([(x * 3) as u8, (y * 5) as u8, n as u8]))),
        };
        (0..count).map(frame).collect()
    }

    fn searched(stage: &Stage, frames: &[Frame]) -> (Vec<Vec<f32>>, String) {
        let found = search_stretch(stage, frames).unwrap();
        let places = found.iter().map(|faces| faces.iter().map(|face| face.rect.x).collect()).collect();
        let asked: RefCell<String> = RefCell::default();
        stage.asked.lock().unwrap().iter().for_each(|(way, n)| asked.borrow_mut().push_str(&format!("{way}{n} ")));
        (places, asked.into_inner().trim().to_owned())
    }

    #[test]
    fn most_frames_are_looked_at_only_where_faces_are() {
        let stage = Stage::new(vec![(0..8).map(|n| Some(10.0 + n as f32)).collect()]);
        let (places, asked) = searched(&stage, &frames(8, 200_000));
        assert_eq!(asked, "s0 r1 r2 f3 r4 r5 f6 f7");
        assert_eq!(places, (0..8).map(|n| vec![10.0 + n as f32]).collect::<Vec<_>>());
        let (_, asked) = searched(&Stage::new(vec![]), &frames(4, 300_000));
        assert_eq!(asked, "s0 r1 f2 f3");
        let (_, asked) = searched(&Stage::new(vec![]), &frames(3, 500_000));
        assert_eq!(asked, "s0 f1 f2");
    }

    #[test]
    fn a_face_that_is_gone_has_the_frame_searched() {
        let jumps = [10.0, 10.0, 300.0, 300.0, 300.0, 300.0].map(Some).to_vec();
        let (places, asked) = searched(&Stage::new(vec![jumps]), &frames(6, 200_000));
        assert_eq!(asked, "s0 r1 r2 f2 r1 r3 r4 f5", "after the search of 2 the new place is looked at in 1");
        assert_eq!(places, [10.0, 10.0, 300.0, 300.0, 300.0, 300.0].map(|x| vec![x]));
    }

    #[test]
    fn a_face_that_comes_in_is_looked_for_in_the_frames_before() {
        let stays = vec![Some(10.0); 4];
        let comes = vec![None, None, Some(200.0), Some(210.0)];
        let (places, asked) = searched(&Stage::new(vec![stays, comes]), &frames(4, 200_000));
        assert_eq!(asked, "s0 r1 r2 f3 r2 r1");
        assert_eq!(places, [vec![10.0], vec![10.0], vec![10.0, 200.0], vec![10.0, 210.0]]);
    }
}
