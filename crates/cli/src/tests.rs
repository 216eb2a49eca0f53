//! Small analyses to word, draw and tabulate.

use std::collections::BTreeMap;
use std::path::Path;

use scan::analysis::{
    Analysis, Calibration, ErrorCode, FaceQuality, FileFacts, ItemError, MediaFacts, MediaKind, ModelPolicy,
    ModelScore, OperatingPoint, OperatingPoints, Person, Reason, Run, SCHEMA, Task, TimelineFace, TimelineFrame,
    Verdict,
};
use scan::base::{FrameIndex, Point, Rect, Score, Timestamp};

pub(crate) fn face(track: u32, score: Option<f64>) -> TimelineFace {
    TimelineFace {
        track,
        rect: Rect::new(10.0, 20.0, 100.0, 120.0),
        landmarks: [Point::new(1.0, 2.0); 5],
        quality: FaceQuality { usable: score.is_some(), ..FaceQuality::default() },
        score: score.and_then(Score::new),
        scores: BTreeMap::new(),
    }
}

pub(crate) fn frame(frame: u64, pts_us: i64, faces: Vec<TimelineFace>) -> TimelineFrame {
    TimelineFrame { frame: FrameIndex(frame), pts_us: Timestamp::from_micros(pts_us), faces }
}

pub(crate) fn person(track: u32, verdict: Verdict, usable_crops: u64, crops: u64) -> Person {
    let score = verdict.score;
    let scores = score.map(|score| ("swapped".to_owned(), ModelScore { logit: 1.0, score }));
    Person {
        track,
        first_us: Timestamp::from_micros(0),
        last_us: Timestamp::from_micros(8_600_000),
        crops,
        usable_crops,
        score,
        verdict,
        fraction_above: None,
        longest_run: 0,
        scores: scores.into_iter().collect(),
        segments: vec![],
        stability: None,
    }
}

pub(crate) fn policy(id: &str, false_alarms: u64, n_real: u64) -> ModelPolicy {
    let threshold = Score::new(0.9).unwrap();
    let high = OperatingPoint { threshold, false_alarms, n_real, found: 61, n_fake: 100 };
    let points = OperatingPoints::new(high, Score::new(0.1).unwrap()).unwrap();
    ModelPolicy {
        id: id.into(),
        task: Task::FaceManipulation,
        calibration: Calibration::new(1.0, 0.0).unwrap(),
        image: Some(points),
        video: Some(points),
        together: None,
    }
}

pub(crate) fn analysis(path: &str, verdict: Verdict) -> Analysis {
    let media = MediaFacts {
        width: 1920,
        height: 1080,
        duration_us: Some(8_730_000),
        frame_rate: Some("30/1".into()),
        variable_frame_rate: false,
        codec: "h264".into(),
        rotation: 0,
        damaged: false,
        covered_us: None,
    };
    let (kind, sha256) = (Some(MediaKind::Video), Some("ab".repeat(32)));
    Analysis {
        schema: SCHEMA.into(),
        file: FileFacts { bytes: Some(1), sha256, kind, media: Some(media), ..FileFacts::at(Path::new(path)) },
        verdict,
        people: vec![],
        timeline: vec![],
        models: vec![],
        explanations: vec![],
        baseline: None,
        run: Run {
            app: "facefiction 0".into(),
            device: "cpu".into(),
            threads: 1,
            fps: Some(5.0),
            started: "2026-01-01T00:00:00Z".into(),
            seconds: 0.0,
            warnings: vec![],
            controls: vec![],
        },
        error: None,
    }
}

pub(crate) fn failed(path: &str, code: ErrorCode, message: &str) -> Analysis {
    let error = Some(ItemError { code, message: message.into() });
    Analysis {
        file: FileFacts::at(Path::new(path)),
        error,
        ..analysis(path, Verdict::not_examined([Reason::DecodeFailed]))
    }
}
