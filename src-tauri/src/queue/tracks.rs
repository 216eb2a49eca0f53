//! Whose face is whose, when a range is examined again: its tracks count from zero and get the numbers
//! of the analysis.

use std::collections::BTreeMap;

use scan::analysis::{FrameObservation, TimelineFrame};

/// Boxes of one person in two runs over the same frame overlap at least so much (set by hand; the boxes
/// are those of the same detector on the same picture).
const SAME: f32 = 0.3;

/// For each track of `again` the track of `known` that it overlaps most in the frames they share; a
/// number of its own, above all others, for one that overlaps none.
pub(crate) fn match_tracks(known: &[TimelineFrame], again: &[FrameObservation]) -> BTreeMap<u32, u32> {
    let by_time: BTreeMap<_, _> = known.iter().map(|frame| (frame.pts_us, frame)).collect();
    let mut overlaps: BTreeMap<u32, BTreeMap<u32, f32>> = BTreeMap::new();
    for frame in again {
        for face in &frame.faces {
            let votes = overlaps.entry(face.track).or_default();
            for old in by_time.get(&frame.pts).iter().flat_map(|known| &known.faces) {
                let iou = old.rect.iou(face.rect);
                if iou >= SAME {
                    *votes.entry(old.track).or_default() += iou;
                }
            }
        }
    }
    let highest = known.iter().flat_map(|frame| &frame.faces).map(|face| face.track).max();
    let mut next = highest.map_or(0, |highest| highest + 1);
    overlaps
        .into_iter()
        .map(|(track, votes)| {
            let best = votes.into_iter().max_by(|a, b| a.1.total_cmp(&b.1)).map(|(old, _)| old);
            let number = best.unwrap_or_else(|| {
                next += 1;
                next - 1
            });
            (track, number)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use scan::analysis::{FaceObservation, FaceQuality, TimelineFace};
    use scan::base::{FrameIndex, Point, Rect, Timestamp};

    fn at(x: f32) -> Rect {
        Rect::new(x, 0.0, 100.0, 100.0)
    }

    fn known(us: i64, faces: &[(u32, f32)]) -> TimelineFrame {
        let face = |&(track, x): &(u32, f32)| TimelineFace {
            track,
            rect: at(x),
            landmarks: [Point::default(); 5],
            quality: FaceQuality::default(),
            score: None,
            scores: BTreeMap::new(),
        };
        let pts_us = Timestamp::from_micros(us);
        TimelineFrame { frame: FrameIndex(0), pts_us, faces: faces.iter().map(face).collect() }
    }

    fn again(us: i64, faces: &[(u32, f32)]) -> FrameObservation {
        let face = |&(track, x): &(u32, f32)| FaceObservation {
            track,
            rect: at(x),
            landmarks: [Point::default(); 5],
            quality: FaceQuality::default(),
            logits: BTreeMap::new(),
        };
        let pts = Timestamp::from_micros(us);
        FrameObservation { frame: FrameIndex(0), pts, cut: false, faces: faces.iter().map(face).collect() }
    }

    #[test]
    fn people_keep_their_numbers_and_new_ones_get_new_numbers() {
        let known = [known(0, &[(3, 0.0), (5, 300.0)]), known(100, &[(3, 10.0), (5, 310.0)])];
        let again = [
            again(0, &[(0, 301.0), (1, 1.0), (2, 900.0)]),
            again(50, &[(3, 600.0)]),
            again(100, &[(0, 311.0), (1, 12.0)]),
        ];
        let matched = match_tracks(&known, &again);
        assert_eq!(matched, BTreeMap::from([(0, 5), (1, 3), (2, 6), (3, 7)]));
        assert_eq!(match_tracks(&[], &again[..1]).into_values().collect::<Vec<_>>(), [0, 1, 2]);
    }
}
