//! What came of one file: the few numbers of an analysis that an evaluation needs.

use std::collections::BTreeMap;

use analysis::metrics::Quality;
use analysis::{Analysis, MediaKind, ModelPolicy, Reason, VerdictCode};
use serde::{Deserialize, Serialize};

/// One frame of a video.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrameScore {
    /// The highest of its faces; `None` where no face was scored.
    pub score: Option<f64>,
    /// Whether a face lies at or above the threshold of the detector that its score is from.
    pub suspected: bool,
}

/// What came of one file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measured {
    /// The calibrated score that the verdict rests on; `None` where nothing was examined.
    pub score: Option<f64>,
    /// The raw logit behind it.
    pub logit: Option<f32>,
    /// What the product says.
    pub verdict: VerdictCode,
    /// Why there is no score, in words.
    pub error: Option<String>,
    /// Whether the file could not be examined at all, which is more than having no face.
    pub failed: bool,
    /// Every detector's own logit, the highest of the file's people, by model id.
    pub logits: BTreeMap<String, f32>,
    /// How good the pictures of the face are that the verdict rests on.
    pub quality: Option<Quality>,
    /// Of a video, in order of time.
    pub frames: Vec<FrameScore>,
}

impl Measured {
    /// Takes what is needed out of an analysis; `word` puts a reason into words.
    pub fn of(analysis: &Analysis, policies: &[ModelPolicy], word: &dyn Fn(Reason) -> String) -> Self {
        let verdict = &analysis.verdict;
        let person = analysis.people.iter().find(|p| p.score.is_some() && p.score == verdict.score);
        let decided = person.and_then(|p| p.scores.values().find(|s| Some(s.score) == p.score));
        let reasons = || verdict.reasons.iter().map(|r| word(*r)).collect::<Vec<_>>().join("; ");
        let error = match (&analysis.error, verdict.score) {
            (Some(error), _) => Some(error.message.clone()),
            (None, None) => Some(reasons()),
            (None, Some(_)) => None,
        };
        let frames = match analysis.file.kind {
            Some(MediaKind::Video) => frames_of(analysis, policies),
            _ => Vec::new(),
        };
        Self {
            score: verdict.score.map(f64::from),
            logit: decided.map(|s| s.logit),
            verdict: verdict.code,
            error,
            failed: analysis.error.is_some(),
            logits: logits_of(analysis),
            quality: person.and_then(|p| Quality::of(analysis, p)),
            frames,
        }
    }
}

/// The highest logit of each detector among the people with enough crops, or among all where nobody has enough.
fn logits_of(analysis: &Analysis) -> BTreeMap<String, f32> {
    let least = if analysis.file.kind == Some(MediaKind::Video) { analysis::MIN_TRACK_CROPS as u64 } else { 1 };
    let enough = analysis.people.iter().any(|p| p.usable_crops >= least);
    let counted = analysis.people.iter().filter(|p| !enough || p.usable_crops >= least);
    let mut logits: BTreeMap<String, f32> = BTreeMap::new();
    for (id, score) in counted.flat_map(|p| &p.scores) {
        let highest = logits.entry(id.clone()).or_insert(score.logit);
        *highest = highest.max(score.logit);
    }
    logits
}

fn frames_of(analysis: &Analysis, policies: &[ModelPolicy]) -> Vec<FrameScore> {
    let threshold = |id: &str| {
        let policy = policies.iter().find(|p| p.id == id)?;
        Some(policy.points(MediaKind::Video)?.suspected().threshold)
    };
    let frame = |frame: &analysis::TimelineFrame| {
        let score = frame.faces.iter().filter_map(|f| f.score).max_by(|a, b| a.total_cmp(b));
        let above = |f: &analysis::TimelineFace| {
            let own = f.scores.iter().find(|(_, s)| Some(s.score) == f.score);
            own.is_some_and(|(id, s)| threshold(id).is_some_and(|t| s.score >= t))
        };
        FrameScore { score: score.map(f64::from), suspected: frame.faces.iter().any(above) }
    };
    analysis.timeline.iter().map(frame).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use analysis::{
        Calibration, FaceObservation, FaceQuality, FileFacts, FrameObservation, Observations, OperatingPoint,
        OperatingPoints, Run, Task, aggregate,
    };
    use base::{FrameIndex, Point, Rect, Score, Timestamp};

    fn policy(id: &str, task: Task) -> ModelPolicy {
        let high = OperatingPoint {
            threshold: Score::new(0.9).unwrap(),
            false_alarms: 0,
            n_real: 400,
            found: 300,
            n_fake: 400,
        };
        let points = OperatingPoints::new(high, Score::new(0.2).unwrap()).unwrap();
        let calibration = Calibration::new(1.0, 0.0).unwrap();
        ModelPolicy { id: id.into(), task, calibration, image: Some(points), video: Some(points), together: None }
    }

    fn policies() -> Vec<ModelPolicy> {
        vec![policy("swapped", Task::FaceManipulation), policy("made", Task::FaceSynthesis)]
    }

    fn face(track: u32, face_px: f32, logits: &[(&str, f32)]) -> FaceObservation {
        let quality = FaceQuality { usable: !logits.is_empty(), face_px, ..FaceQuality::default() };
        let logits = logits.iter().map(|(id, l)| ((*id).to_owned(), *l)).collect();
        let x = track as f32;
        FaceObservation {
            track,
            rect: Rect::new(x, 0.0, 1.0, 1.0),
            landmarks: [Point::new(x, 0.0); 5],
            quality,
            logits,
        }
    }

    fn analysed(kind: MediaKind, frames: Vec<Vec<FaceObservation>>) -> Analysis {
        let frame = |(n, faces)| FrameObservation {
            frame: FrameIndex(n),
            pts: Timestamp::from_micros(n as i64 * 200_000),
            cut: false,
            faces,
        };
        let frames = (0..).zip(frames).map(frame).collect();
        let findings = aggregate(&Observations { kind, frames }, &policies());
        let file = FileFacts { kind: Some(kind), ..FileFacts::at("x".as_ref()) };
        let run = Run {
            app: "test".into(),
            device: "cpu".into(),
            threads: 1,
            fps: None,
            started: String::new(),
            seconds: 0.0,
            warnings: vec![],
            controls: vec![],
        };
        Analysis::examined(file, findings, vec![], run)
    }

    fn word(reason: Reason) -> String {
        format!("{reason:?}")
    }

    #[test]
    fn a_still_rests_on_its_most_suspicious_face() {
        let faces = vec![
            face(0, 90.0, &[("swapped", -3.0), ("made", -2.0)]),
            face(1, 150.0, &[("swapped", 4.0), ("made", 1.0)]),
        ];
        let m = Measured::of(&analysed(MediaKind::Image, vec![faces]), &policies(), &word);
        assert_eq!((m.verdict, m.logit, m.error.as_deref()), (VerdictCode::Suspected, Some(4.0), None));
        assert_eq!(m.logits, [("made".to_owned(), 1.0), ("swapped".to_owned(), 4.0)].into());
        assert_eq!(m.quality.unwrap().face_px, 150.0);
        assert!(m.frames.is_empty());
    }

    #[test]
    fn a_video_has_frames_and_short_glimpses_do_not_count() {
        let frames = (0..10).map(|n| {
            let mut faces = vec![face(0, 100.0, &[("swapped", if n < 5 { 3.0 } else { -3.0 }), ("made", -4.0)])];
            if n == 9 {
                faces = vec![face(1, 300.0, &[("made", 6.0)])];
            }
            faces
        });
        let frames: Vec<_> = frames.chain([vec![]]).collect();
        let m = Measured::of(&analysed(MediaKind::Video, frames), &policies(), &word);
        assert_eq!(m.logits["made"], -4.0, "one crop of a second person is not enough for a statement");
        assert_eq!(m.frames.len(), 11);
        assert_eq!(m.frames.iter().filter(|f| f.suspected).count(), 6);
        assert_eq!((m.frames[10].score, m.frames[10].suspected), (None, false));
    }

    #[test]
    fn nothing_examined_has_words_and_no_number() {
        let m = Measured::of(&analysed(MediaKind::Image, vec![vec![]]), &policies(), &word);
        assert_eq!((m.score, m.logit, m.error.as_deref(), m.failed), (None, None, Some("NoFace"), false));
        let mut broken = analysed(MediaKind::Image, vec![]);
        broken.error = Some(analysis::ItemError { code: analysis::ErrorCode::DecodeFailed, message: "torn".into() });
        let m = Measured::of(&broken, &policies(), &word);
        assert_eq!((m.error.as_deref(), m.failed), (Some("torn"), true));
        let again: Measured = serde_json::from_str(&serde_json::to_string(&m).unwrap()).unwrap();
        assert_eq!(again, m);
    }
}
