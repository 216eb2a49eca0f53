//! The JSON form: field names and order as other programs rely on them.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test says what went wrong by stopping")]

use analysis::{
    Analysis, AnalysisError, Calibration, ErrorCode, FaceObservation, FaceQuality, FileFacts, FrameObservation,
    ItemError, MediaFacts, MediaKind, Model, ModelPolicy, Observations, OperatingPoint, OperatingPoints, Run, SCHEMA,
    Task, aggregate,
};
use base::{FrameIndex, Point, Rect, Score, Timestamp, Warning, WarningCode};

fn run() -> Run {
    Run {
        app: "facefiction 0.1.0".into(),
        device: "cpu".into(),
        threads: 2,
        fps: Some(5.0),
        started: "2026-11-21T12:00:00Z".into(),
        seconds: 1.5,
        warnings: vec![Warning::new(WarningCode::DecoderMessage, "one")],
        controls: vec![],
    }
}

fn models() -> Vec<Model> {
    let model = |id: &str, task, architecture: &str| Model {
        id: id.into(),
        task,
        architecture: architecture.into(),
        sha256: "00".repeat(32),
        encoder_sha256: None,
    };
    vec![model("mtcnn", Task::FaceDetection, "mtcnn"), model("swapped", Task::FaceManipulation, "mobilenet-v2")]
}

fn file() -> FileFacts {
    FileFacts {
        bytes: Some(1234),
        sha256: Some("ab".repeat(32)),
        kind: Some(MediaKind::Video),
        media: Some(MediaFacts {
            width: 640,
            height: 360,
            duration_us: Some(2_002_000),
            frame_rate: Some("30000/1001".into()),
            variable_frame_rate: false,
            codec: "h264".into(),
            rotation: 90,
            damaged: false,
            covered_us: None,
        }),
        ..FileFacts::at(std::path::Path::new("clips/a b.mp4"))
    }
}

fn examined() -> Analysis {
    let suspected =
        OperatingPoint { threshold: Score::new(0.9).unwrap(), false_alarms: 2, n_real: 500, found: 200, n_fake: 500 };
    let points = OperatingPoints::new(suspected, Score::new(0.2).unwrap());
    let policy = ModelPolicy {
        id: "swapped".into(),
        task: Task::FaceManipulation,
        calibration: Calibration::new(1.0, 0.0).unwrap(),
        image: points,
        video: points,
        together: None,
    };
    let face = |logit: f32| FaceObservation {
        track: 0,
        rect: Rect::new(10.0, 20.5, 80.0, 100.0),
        landmarks: [[30.0, 60.0], [70.0, 60.0], [50.0, 80.0], [35.0, 100.0], [65.0, 100.0]].map(Point::from),
        quality: FaceQuality {
            usable: true,
            reasons: vec![],
            face_px: 100.0,
            sharpness: 55.5,
            blockiness: 1.25,
            yaw_deg: -12.0,
            detector_score: 0.99,
        },
        logits: [("swapped".to_owned(), logit)].into(),
    };
    let frame = |i: u64| FrameObservation {
        frame: FrameIndex(i * 6),
        pts: Timestamp::from_micros(i as i64 * 200_200),
        cut: false,
        faces: if i == 0 { vec![] } else { vec![face(3.0 + i as f32 / 4.0)] },
    };
    let observations = Observations { kind: MediaKind::Video, frames: (0..10).map(frame).collect() };
    Analysis::examined(file(), aggregate(&observations, &[policy]), models(), run())
}

#[test]
fn the_form_is_the_one_other_programs_rely_on() {
    let pretty = serde_json::to_string_pretty(&examined()).unwrap() + "\n";
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/document.json");
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(path, &pretty).unwrap();
    }
    let want = std::fs::read_to_string(path).unwrap();
    assert_eq!(pretty, want, "set UPDATE_SNAPSHOTS=1 if the change is meant, and read the difference");
}

#[test]
fn documents_survive_a_round_trip() {
    let failed = Analysis::failed(
        FileFacts::at(std::path::Path::new("gone.mp4")),
        ItemError { code: ErrorCode::NotFound, message: "no such file".into() },
        vec![],
        run(),
    );
    for a in [examined(), failed] {
        let line = a.to_json_line().unwrap();
        assert!(!line.contains('\n'));
        assert_eq!(Analysis::from_json(&line).unwrap(), a);
    }
}

#[test]
fn a_failed_item_has_no_score() {
    let error = ItemError { code: ErrorCode::DecodeFailed, message: "moov atom not found".into() };
    let a = Analysis::failed(FileFacts::at(std::path::Path::new("x.mp4")), error, vec![], run());
    let json: serde_json::Value = serde_json::from_str(&a.to_json_line().unwrap()).unwrap();
    assert_eq!(json["verdict"]["code"], "notExamined");
    assert!(json["verdict"]["score"].is_null() && json["verdict"]["strength"].is_null());
    assert!(json["file"]["sha256"].is_null() && json["file"]["media"].is_null());
    assert_eq!(json["error"]["code"], "decodeFailed");
}

#[test]
fn other_documents_are_refused_with_a_reason() {
    let line = examined().to_json_line().unwrap();
    let other = line.replace(SCHEMA, "facefiction.analysis/9");
    assert!(
        matches!(Analysis::from_json(&other), Err(AnalysisError::Schema { found }) if found == "facefiction.analysis/9")
    );
    let score_of_two = line.replacen("\"peak\":", "\"peak\":2,\"was\":", 1);
    for bad in ["", "[]", "{}", &line[..line.len() - 2], &score_of_two] {
        assert!(matches!(Analysis::from_json(bad), Err(AnalysisError::Shape { .. })), "{bad}");
    }
}
