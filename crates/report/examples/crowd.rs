//! How long a large report takes and how big it gets: twenty people over an hour, five frames a second.
//!
//! `cargo run --release -p report --example crowd -- OUT.pdf`
#![allow(clippy::print_stdout, clippy::expect_used, reason = "an example talks to its reader")]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use analysis::{
    Analysis, EvidenceState, FaceQuality, FileFacts, Findings, MediaFacts, MediaKind, Model, ModelFacts, ModelScore,
    Person, Reason, Run, ScoringFacts, Strength, Task, TimelineFace, TimelineFrame, Verdict,
};
use base::{FrameIndex, Point, Rect, Score, Timestamp};
use report::{Dossier, Material, Moment, Style, render_pdf};

const PEOPLE: u32 = 20;
const SECONDS: i64 = 3600;
const STEP_US: i64 = 200_000;

fn main() {
    let out = std::env::args_os().nth(1).expect("where to write the PDF");
    let (analysis, models) = (analysis(), vec![model()]);
    let material = Material {
        analysis: &analysis,
        models: &models,
        exhibits: &[],
        evidence: &EvidenceState::Absent,
        dossier: &Dossier::default(),
        app: "facefiction example",
        made: Moment::utc(1_800_000_000),
        style: Style::default(),
    };
    let began = Instant::now();
    let pdf = render_pdf(&material).expect("a report");
    let seconds = began.elapsed().as_secs_f64();
    println!("{PEOPLE} people, {} minutes: {seconds:.2} s, {} bytes", SECONDS / 60, pdf.len());
    std::fs::write(out, pdf).expect("the PDF is written");
}

fn score(track: u32, i: i64) -> f64 {
    let wave = ((i as f64) / (40.0 + f64::from(track))).sin() * 0.1 + ((i * 7919 % 100) as f64 - 50.0) / 1000.0;
    let level = if track == 3 && (4000..9000).contains(&i) { 0.93 } else { 0.05 + 0.02 * f64::from(track) };
    (level + wave).clamp(0.001, 0.999)
}

fn analysis() -> Analysis {
    let of = |v: f64| Score::new(v).expect("a score");
    let frames = SECONDS * 1_000_000 / STEP_US;
    let face = |track: u32, i: i64| TimelineFace {
        track,
        rect: Rect::new(60.0 * track as f32, 100.0, 50.0, 60.0),
        landmarks: [Point::new(0.0, 0.0); 5],
        quality: FaceQuality { usable: true, face_px: 60.0, ..FaceQuality::default() },
        score: Some(of(score(track, i))),
        scores: BTreeMap::new(),
    };
    let present = |track: u32, i: i64| (i / 500 + i64::from(track)) % 3 != 0;
    let frame = |i: i64| TimelineFrame {
        frame: FrameIndex(i as u64 * 5),
        pts_us: Timestamp::from_micros(i * STEP_US),
        faces: (0..PEOPLE).filter(|t| present(*t, i)).map(|t| face(t, i)).collect(),
    };
    let people = (0..PEOPLE).map(|track| {
        let value = of(if track == 3 { 0.95 } else { 0.1 + 0.02 * f64::from(track) });
        let verdict = match track {
            3 => Verdict::suspected(value, Strength::Moderate, []),
            t if t % 2 == 0 => Verdict::no_indication(value, []),
            _ => Verdict::inconclusive(value, [Reason::BetweenThresholds]),
        };
        let scores = BTreeMap::from([("swapped".to_owned(), ModelScore { logit: 1.0, score: value })]);
        Person {
            track,
            first_us: Timestamp::from_micros(0),
            last_us: Timestamp::from_micros((frames - 1) * STEP_US),
            crops: 12_000,
            usable_crops: 12_000,
            score: Some(value),
            verdict,
            fraction_above: Some(0.0),
            longest_run: 0,
            scores,
            segments: vec![],
            stability: None,
        }
    });
    let media = MediaFacts {
        width: 1920,
        height: 1080,
        duration_us: Some(SECONDS * 1_000_000),
        frame_rate: Some("25/1".into()),
        variable_frame_rate: false,
        codec: "h264".into(),
        rotation: 0,
        damaged: false,
        covered_us: None,
    };
    let sha256 = Some("ab".repeat(32));
    let file = FileFacts {
        bytes: Some(1 << 30),
        sha256,
        kind: Some(MediaKind::Video),
        media: Some(media),
        ..FileFacts::at(Path::new("crowd.mp4"))
    };
    let verdict = Verdict::suspected(of(0.95), Strength::Moderate, []);
    let findings = Findings { verdict, people: people.collect(), timeline: (0..frames).map(frame).collect() };
    let model = Model {
        id: "swapped".into(),
        task: Task::FaceManipulation,
        architecture: "x".into(),
        sha256: "cd".repeat(32),
        encoder_sha256: None,
    };
    let run = Run {
        app: "facefiction example".into(),
        device: "cpu".into(),
        threads: 2,
        fps: Some(5.0),
        started: "2026-01-01T00:00:00Z".into(),
        seconds: 600.0,
        warnings: vec![],
        controls: vec![],
    };
    Analysis::examined(file, findings, vec![model], run)
}

fn model() -> ModelFacts {
    let of = |v: f64| Score::new(v).expect("a score");
    ModelFacts {
        id: "swapped".into(),
        name: "Swapped faces".into(),
        version: "1.0.0".into(),
        task: Task::FaceManipulation,
        architecture: "x".into(),
        sha256: "cd".repeat(32),
        licence: "MIT".into(),
        trained_on: "examples".into(),
        not_for: "anything".into(),
        trained: "2026-01-01".into(),
        expires: "2027-01-01".into(),
        buckets: None,
        scoring: Some(ScoringFacts {
            slope: 1.0,
            intercept: 0.0,
            together: None,
            suspected: of(0.9),
            no_indication: of(0.3),
            n_real: 315,
            false_alarms: 3,
            n_fake: 337,
            found: 112,
            unit: "source video".into(),
            measured_on: "examples".into(),
            measured: "2026-01-01".into(),
        }),
    }
}
