//! Patches kept while the frames of an item go by: those that the stability ladder will ask for, so that nothing is
//! decoded and no face found a second time.

use std::collections::BTreeMap;

use analysis::ModelPolicy;

use crate::again::Wanted;
use crate::ladder::LADDER_CROPS;
use crate::patch::Patch;

/// Bytes of one patch at most; a larger one is cut out of the file again when it is asked for.
pub(crate) const PATCH_BYTES: usize = 1 << 20;
/// Bytes kept of one item at most.
const KEPT_BYTES: usize = 32 << 20;

/// The highest faces of each track and detector.
#[derive(Default)]
pub(crate) struct Keepsakes {
    /// By track and model id: highest first, earlier ones before later ones.
    kept: BTreeMap<(u32, String), Vec<Keepsake>>,
    bytes: usize,
}

struct Keepsake {
    logit: f32,
    of: Wanted,
    patch: Patch,
}

impl Keepsakes {
    /// Keeps a patch if it is among the track's highest and could carry a suspicion.
    pub fn offer(&mut self, track: u32, policy: &ModelPolicy, logit: f32, of: Wanted, patch: Patch) {
        if !may_carry(policy, logit) {
            return;
        }
        let kept = self.kept.entry((track, policy.id.clone())).or_default();
        let at = kept.partition_point(|k| k.logit.total_cmp(&logit).is_ge());
        if at < LADDER_CROPS {
            self.bytes += patch.bytes();
            kept.insert(at, Keepsake { logit, of, patch });
            self.bytes -= kept.drain(LADDER_CROPS.min(kept.len())..).map(|k| k.patch.bytes()).sum::<usize>();
        }
        while self.bytes > KEPT_BYTES {
            self.let_go_of_lowest();
        }
    }

    /// The patches of all these faces of a track, in their order; `None` when one of them is not here.
    pub fn all(&self, track: u32, model: &str, wanted: &[Wanted]) -> Option<Vec<Patch>> {
        let kept = self.kept.get(&(track, model.to_owned()))?;
        wanted.iter().map(|w| Some(kept.iter().find(|k| k.of == *w)?.patch.clone())).collect()
    }

    fn let_go_of_lowest(&mut self) {
        let last = |kept: &Vec<Keepsake>| kept.last().map_or(f32::INFINITY, |k| k.logit);
        let lowest = self.kept.values_mut().min_by(|a, b| last(a).total_cmp(&last(b)));
        self.bytes -= lowest.and_then(Vec::pop).map_or(self.bytes, |k| k.patch.bytes());
    }
}

/// A face that by itself shows no indication is not among those that make a person suspected.
fn may_carry(policy: &ModelPolicy, logit: f32) -> bool {
    let score = policy.calibration.score(f64::from(logit));
    let points = policy.image.iter().chain(&policy.video);
    score.is_some_and(|score| points.into_iter().any(|p| score >= p.no_indication()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::{Point, Rect};
    use faces::FaceDetector;
    use media::Frame;

    use crate::fakes::{BlueScorer, CountingFinder, frame, pipeline};

    fn wanted(frame: &Frame) -> Wanted {
        Wanted {
            frame: frame.index,
            pts: frame.pts,
            rect: Rect::new(0.0, 0.0, 1.0, 1.0),
            landmarks: [Point::default(); 5],
        }
    }

    fn patch(frame: &Frame) -> Patch {
        let face = CountingFinder.detect(&frame.rgb).unwrap()[0];
        Patch::of(&frame.rgb, &face, &BlueScorer).unwrap()
    }

    /// Thresholds that every face with a logit above 0 could help to reach.
    fn policy() -> ModelPolicy {
        ModelPolicy { id: "blue".into(), ..pipeline(1).policies()[0].clone() }
    }

    #[test]
    fn the_highest_of_a_track_are_kept_and_of_two_alike_the_earlier() {
        let (policy, mut kept) = (policy(), Keepsakes::default());
        let frames: Vec<Frame> = (0..2 * LADDER_CROPS as u64).map(|n| frame(n, 1, 9)).collect();
        for (n, frame) in frames.iter().enumerate() {
            kept.offer(3, &policy, 200.0 + (n / 2) as f32, wanted(frame), patch(frame));
        }
        let (low, high) = frames.split_at(LADDER_CROPS);
        let all = |frames: &[Frame]| kept.all(3, "blue", &frames.iter().map(wanted).collect::<Vec<_>>());
        assert_eq!(all(high).unwrap().len(), LADDER_CROPS);
        assert!(all(&low[LADDER_CROPS - 1..]).is_none(), "a lower one had to go");
        assert!(kept.all(4, "blue", &[]).is_none(), "nobody was seen there");
        let same = kept.kept.values().next().unwrap();
        assert!(same.chunks(2).all(|two| two[0].of.pts < two[1].of.pts));
    }

    #[test]
    fn memory_is_bounded_and_the_lowest_go_first() {
        let (policy, mut kept) = (policy(), Keepsakes::default());
        let frame = frame(0, 1, 9);
        let each = patch(&frame).bytes();
        let tracks = (KEPT_BYTES / each) as u32 + 5;
        for track in 0..tracks {
            kept.offer(track, &policy, 100.0 + track as f32, wanted(&frame), patch(&frame));
        }
        let held: usize = kept.kept.values().flatten().map(|k| k.patch.bytes()).sum();
        assert_eq!(held, kept.bytes);
        assert!(held <= KEPT_BYTES && held + each > KEPT_BYTES, "{held}");
        assert!(kept.all(4, "blue", &[wanted(&frame)]).is_none());
        assert!(kept.all(5, "blue", &[wanted(&frame)]).is_some());
    }

    #[test]
    fn a_face_without_any_indication_is_not_kept() {
        let (policy, mut kept) = (policy(), Keepsakes::default());
        let frame = frame(0, 1, 9);
        kept.offer(0, &policy, -100.0, wanted(&frame), patch(&frame));
        assert_eq!(kept.bytes, 0);
    }
}
