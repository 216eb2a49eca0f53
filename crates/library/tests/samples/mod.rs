//! Analyses to keep.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]
#![allow(dead_code, reason = "each test program uses a part")]

use std::path::Path;

use analysis::{
    Analysis, ErrorCode, Explanation, Faithfulness, FileFacts, ItemError, MapMethod, MediaKind, Reason, Run, SCHEMA,
    Verdict,
};
use base::{FrameIndex, Rect, Score, Timestamp};
use library::{Basis, Library, NewAnalysis, StampedFile};

pub fn analysis(path: &Path, sha256: &str) -> Analysis {
    Analysis {
        schema: SCHEMA.into(),
        file: FileFacts {
            sha256: Some(sha256.into()),
            bytes: Some(3),
            kind: Some(MediaKind::Image),
            ..FileFacts::at(path)
        },
        verdict: Verdict::not_examined([Reason::NoFace]),
        people: vec![],
        timeline: vec![],
        models: vec![],
        explanations: vec![],
        baseline: None,
        run: Run {
            app: "facefiction 0".into(),
            device: "cpu".into(),
            threads: 1,
            fps: None,
            started: "2026-01-01T00:00:00Z".into(),
            seconds: 0.5,
            warnings: vec![],
            controls: vec![],
        },
        error: None,
    }
}

pub fn failed(path: &Path, sha256: &str) -> Analysis {
    let error = Some(ItemError { code: ErrorCode::DecodeFailed, message: "broken".into() });
    Analysis { error, ..analysis(path, sha256) }
}

/// Keeps `analysis` as the configuration `one`, at the second `second` of a day.
pub fn keep(library: &mut Library, analysis: &Analysis, second: u32) -> i64 {
    keep_in(library, analysis, second, None)
}

pub fn keep_in(library: &mut Library, analysis: &Analysis, second: u32, case: Option<i64>) -> i64 {
    let new = NewAnalysis {
        case,
        listed: true,
        path: Path::new(&analysis.file.path),
        stamp: StampedFile { bytes: analysis.file.bytes, modified_us: Some(1) },
        analysis,
        basis: &Basis::default(),
        configuration: "one",
        at: &format!("2026-01-01T00:00:{second:02}Z"),
    };
    library.record(&new).unwrap()
}

pub fn explanation(model: &str) -> Explanation {
    Explanation {
        track: 0,
        frame: FrameIndex(1),
        pts_us: Timestamp::from_micros(5),
        model: model.into(),
        logit: 1.0,
        score: Score::new(0.5).unwrap(),
        crop: Rect::new(0.0, 0.0, 9.0, 9.0),
        method: MapMethod::GradCam,
        peak: 1.0,
        faithfulness: Faithfulness::of(0.15, 9.0, &[0.0; 39]).unwrap(),
        regions: None,
        picture: None,
    }
}
