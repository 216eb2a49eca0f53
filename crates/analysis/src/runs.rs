//! One detector's reading of one track: the aggregated score and the stretches above a threshold.

use base::{Score, Timestamp};

use crate::{Calibration, MediaKind, OperatingPoints, Segment, Strength};

/// Usable crops that a statement about a track of a video needs (field guide 5.6).
pub const MIN_TRACK_CROPS: usize = 8;
/// Usable crops in a row above the threshold that make a segment: one second at five frames a second.
pub const MIN_SEGMENT_CROPS: usize = 5;
/// A run is broken by a gap of more than this, or of three times the usual distance between examined
/// frames where that is longer.
pub const MAX_GAP_US: i64 = 1_000_000;
/// Share of a track's crops left out at either end before averaging (field guide 5.6).
pub const TRIMMED_TAIL: f64 = 0.1;

/// One usable crop as one detector saw it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Crop {
    pub pts: Timestamp,
    pub logit: f32,
    pub score: Score,
}

/// Where a detector stands on a track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stance {
    Supports(Strength),
    /// Above the threshold, but the validation bears no wording.
    Unbacked,
    Briefly,
    Between,
    Below,
    /// Too few crops; whether all the same they lie below the low threshold.
    TooFew {
        low: bool,
    },
    NotValidated,
}

#[derive(Clone, Debug)]
pub(crate) struct Reading {
    pub logit: f32,
    pub score: Score,
    pub stance: Stance,
    pub above: usize,
    pub crops: usize,
    pub longest_run: usize,
    pub segments: Vec<Segment>,
}

/// What surrounds a track.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    pub kind: MediaKind,
    /// Tracks with enough evidence in the item, at least 1.
    pub tracks: usize,
    pub max_gap_us: i64,
}

impl Setting {
    pub fn min_crops(&self) -> usize {
        min_crops(self.kind)
    }
}

/// Usable crops without which nothing is said of a person.
pub(crate) fn min_crops(kind: MediaKind) -> usize {
    match kind {
        MediaKind::Image => 1,
        MediaKind::Video => MIN_TRACK_CROPS,
    }
}

/// Reads a track; `None` without crops. `crops` in order of time.
pub(crate) fn read(
    crops: &[Crop],
    model: &str,
    calibration: Calibration,
    points: Option<&OperatingPoints>,
    setting: Setting,
) -> Option<Reading> {
    let mut logits: Vec<f64> = crops.iter().map(|c| f64::from(c.logit)).collect();
    let mean = trimmed_mean(&mut logits)?;
    let score = calibration.score(mean)?;
    let bare = Reading {
        logit: mean as f32,
        score,
        stance: Stance::NotValidated,
        above: 0,
        crops: crops.len(),
        longest_run: 0,
        segments: Vec::new(),
    };
    let Some(points) = points else { return Some(bare) };
    let threshold = points.suspected().threshold_for(setting.tracks as f64);
    let runs = runs_above(crops, threshold, setting.max_gap_us);
    let segments = match setting.kind {
        MediaKind::Image => Vec::new(),
        MediaKind::Video => segments(&runs, model),
    };
    let stance = stance(crops, score, points, setting, !segments.is_empty());
    Some(Reading {
        stance,
        above: runs.iter().map(|r| r.len()).sum(),
        longest_run: runs.iter().map(|r| r.len()).max().unwrap_or(0),
        segments,
        ..bare
    })
}

fn stance(crops: &[Crop], score: Score, points: &OperatingPoints, setting: Setting, briefly: bool) -> Stance {
    if crops.len() < setting.min_crops() {
        return Stance::TooFew { low: score < points.no_indication() };
    }
    let high = points.suspected();
    let whole = score >= high.threshold_for(setting.tracks as f64);
    if whole || short_swap(crops, points, setting) {
        return high.strength().map_or(Stance::Unbacked, Stance::Supports);
    }
    match (briefly, score < points.no_indication()) {
        (true, _) => Stance::Briefly,
        (false, true) => Stance::Below,
        (false, false) => Stance::Between,
    }
}

/// A part of the track that would be enough evidence on its own lies above the threshold throughout,
/// where the threshold allows for as many looks as such parts fit into the track.
fn short_swap(crops: &[Crop], points: &OperatingPoints, setting: Setting) -> bool {
    let looks = setting.tracks as f64 * (crops.len() as f64 / MIN_TRACK_CROPS as f64).max(1.0);
    let strict = points.suspected().threshold_for(looks);
    setting.kind == MediaKind::Video
        && runs_above(crops, strict, setting.max_gap_us).iter().any(|r| r.len() >= MIN_TRACK_CROPS)
}

fn segments(runs: &[&[Crop]], model: &str) -> Vec<Segment> {
    let long = runs.iter().filter(|r| r.len() >= MIN_SEGMENT_CROPS);
    long.filter_map(|run| {
        let peak = run.iter().map(|c| c.score).max_by(Score::total_cmp)?;
        Some(Segment { start_us: run.first()?.pts, end_us: run.last()?.pts, peak, model: model.to_owned() })
    })
    .collect()
}

/// Longest stretches of crops at or above the threshold with no gap in time.
fn runs_above(crops: &[Crop], threshold: Score, max_gap_us: i64) -> Vec<&[Crop]> {
    crops
        .chunk_by(|a, b| a.score >= threshold && b.score >= threshold && b.pts.micros_since(a.pts) <= max_gap_us)
        .filter(|run| run.iter().all(|c| c.score >= threshold))
        .collect()
}

/// Mean without the lowest and the highest tenth; sorts its argument, so that the order of input does
/// not matter to the last bit. `None` when empty.
pub(crate) fn trimmed_mean(values: &mut [f64]) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let cut = (values.len() as f64 * TRIMMED_TAIL).floor() as usize;
    let kept = values.get(cut..values.len() - cut)?;
    (!kept.is_empty()).then(|| kept.iter().sum::<f64>() / kept.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OperatingPoint;

    const PLAIN: (f64, f64) = (1.0, 0.0);

    fn points() -> OperatingPoints {
        let suspected = OperatingPoint {
            threshold: Score::new(0.9).unwrap(),
            false_alarms: 2,
            n_real: 500,
            found: 250,
            n_fake: 500,
        };
        OperatingPoints::new(suspected, Score::new(0.2).unwrap()).unwrap()
    }

    fn crops(logits: &[f32]) -> Vec<Crop> {
        let calibration = Calibration::new(PLAIN.0, PLAIN.1).unwrap();
        let crop = |(i, &logit)| Crop {
            pts: Timestamp::from_micros(i as i64 * 200_000),
            logit,
            score: calibration.score(f64::from(logit)).unwrap(),
        };
        logits.iter().enumerate().map(crop).collect()
    }

    fn reading(logits: &[f32], kind: MediaKind, tracks: usize) -> Reading {
        let setting = Setting { kind, tracks, max_gap_us: MAX_GAP_US };
        read(&crops(logits), "m", Calibration::new(PLAIN.0, PLAIN.1).unwrap(), Some(&points()), setting).unwrap()
    }

    #[test]
    fn tails_are_left_out_of_the_mean() {
        assert_eq!(trimmed_mean(&mut [100.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, -50.0]), Some(1.0));
        assert_eq!(trimmed_mean(&mut [1.0, 4.0]), Some(2.5));
        assert_eq!(trimmed_mean(&mut []), None);
    }

    #[test]
    fn stances_of_known_tracks() {
        let video = |logits: &[f32]| reading(logits, MediaKind::Video, 1).stance;
        assert_eq!(video(&[5.0; 8]), Stance::Supports(Strength::Moderate));
        assert_eq!(video(&[-5.0; 8]), Stance::Below);
        assert_eq!(video(&[0.0; 8]), Stance::Between);
        assert_eq!(video(&[5.0; 7]), Stance::TooFew { low: false });
        assert_eq!(video(&[-5.0; 7]), Stance::TooFew { low: true });
        assert_eq!(reading(&[5.0], MediaKind::Image, 1).stance, Stance::Supports(Strength::Moderate));
        assert_eq!(reading(&[-5.0], MediaKind::Image, 1).stance, Stance::Below);
    }

    #[test]
    fn a_short_swap_is_found_in_a_long_track() {
        let mut logits = vec![-5.0; 80];
        logits[40..49].fill(6.0);
        let r = reading(&logits, MediaKind::Video, 1);
        assert_eq!(r.stance, Stance::Supports(Strength::Moderate));
        assert_eq!((r.above, r.longest_run), (9, 9));
        let s = &r.segments[0];
        assert_eq!((s.start_us.micros(), s.end_us.micros()), (8_000_000, 9_600_000));
        // Too short to stand on its own, too long to say that nothing was seen.
        logits[45..49].fill(-5.0);
        assert_eq!(reading(&logits, MediaKind::Video, 1).stance, Stance::Briefly);
        logits[42..49].fill(-5.0);
        assert_eq!(reading(&logits, MediaKind::Video, 1).stance, Stance::Below);
    }

    #[test]
    fn a_gap_in_time_ends_a_run() {
        let mut c = crops(&[5.0; 8]);
        for crop in &mut c[4..] {
            crop.pts = Timestamp::from_micros(crop.pts.micros() + 5_000_000);
        }
        let runs = runs_above(&c, Score::new(0.9).unwrap(), MAX_GAP_US);
        assert_eq!(runs.iter().map(|r| r.len()).collect::<Vec<_>>(), vec![4, 4]);
    }

    #[test]
    fn many_people_raise_the_bar() {
        assert_eq!(reading(&[2.5], MediaKind::Image, 1).stance, Stance::Supports(Strength::Moderate));
        assert_eq!(reading(&[2.5], MediaKind::Image, 5).stance, Stance::Between);
    }

    #[test]
    fn a_validation_that_bears_nothing_suspects_nobody() {
        let weak = OperatingPoint { false_alarms: 0, n_real: 4, found: 3, n_fake: 4, ..*points().suspected() };
        let weak = OperatingPoints::new(weak, Score::new(0.2).unwrap()).unwrap();
        let setting = Setting { kind: MediaKind::Image, tracks: 1, max_gap_us: MAX_GAP_US };
        let c = Calibration::new(PLAIN.0, PLAIN.1).unwrap();
        assert_eq!(read(&crops(&[9.0]), "m", c, Some(&weak), setting).unwrap().stance, Stance::Unbacked);
        assert_eq!(read(&crops(&[9.0]), "m", c, None, setting).unwrap().stance, Stance::NotValidated);
    }
}
