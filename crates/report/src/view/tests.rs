use super::*;
use crate::dossier::{Dossier, Opinion};
use crate::material::{Redaction, Style};
use crate::moment::Moment;
use crate::pdf::render_pdf;
use crate::words::Lang;
use analysis::metrics::{BUCKETS_SCHEMA, Bucket, Buckets, Dimension, Rate};
use analysis::{
    Analysis, ErrorCode, EvidenceState, FaceQuality, FileFacts, Findings, ItemError, MediaFacts, MediaKind, Model,
    ModelFacts, ModelScore, Person, Reason, Run, ScoringFacts, Strength, Task, TimelineFace, TimelineFrame, Verdict,
};
use base::{FrameIndex, Point, Rect, Score, Timestamp, Warning, WarningCode};
use std::path::Path;

const NAME: &str = "clip \"A\" <b>#x $y\nشاهد 日本 😀.mp4";

fn score(v: f64) -> Score {
    Score::new(v).unwrap()
}

fn run() -> Run {
    Run {
        app: "facefiction 0".into(),
        device: "cpu".into(),
        threads: 1,
        fps: Some(5.0),
        started: "2026-01-02T00:00:00Z".into(),
        seconds: 1.0,
        warnings: vec![],
        controls: vec![],
    }
}

fn file() -> FileFacts {
    let media = MediaFacts {
        width: 640,
        height: 480,
        duration_us: Some(4_000_000),
        frame_rate: Some("30000/1001".into()),
        variable_frame_rate: false,
        codec: "h264".into(),
        rotation: 0,
        damaged: false,
        covered_us: None,
    };
    let sha256 = Some("ab".repeat(32));
    FileFacts {
        bytes: Some(12_345),
        sha256,
        kind: Some(MediaKind::Video),
        media: Some(media),
        ..FileFacts::at(Path::new(NAME))
    }
}

/// Two people; the second one's verdict is given.
fn item(verdict: Verdict) -> Analysis {
    let first = Verdict::no_indication(score(0.1), []);
    let person = |track: u32, verdict: Verdict| Person {
        track,
        first_us: Timestamp::from_micros(0),
        last_us: Timestamp::from_micros(3_800_000),
        crops: 20,
        usable_crops: 20,
        score: verdict.score,
        scores: verdict
            .score
            .map(|score| ("swapped".to_owned(), ModelScore { logit: 2.0, score }))
            .into_iter()
            .collect(),
        verdict,
        fraction_above: Some(0.5),
        longest_run: 4,
        segments: vec![],
        stability: None,
    };
    let said = |score| BTreeMap::from([("swapped".to_owned(), ModelScore { logit: 2.0, score })]);
    let face = |track: u32| TimelineFace {
        track,
        rect: Rect::new(1.0, 1.0, 90.0, 90.0),
        landmarks: [Point::new(0.0, 0.0); 5],
        quality: FaceQuality { usable: true, face_px: 90.0, ..FaceQuality::default() },
        score: Some(score(0.3 + 0.6 * f64::from(track))),
        scores: said(score(0.3 + 0.6 * f64::from(track))),
    };
    let frame = |i: i64| TimelineFrame {
        frame: FrameIndex(i as u64 * 6),
        pts_us: Timestamp::from_micros(i * 200_000),
        faces: vec![face(0), face(1)],
    };
    let people = vec![person(0, first), person(1, verdict.clone())];
    let findings = Findings { verdict, people, timeline: (0..20).map(frame).collect() };
    let model = Model {
        id: "swapped".into(),
        task: Task::FaceManipulation,
        architecture: "x".into(),
        sha256: "cd".repeat(32),
        encoder_sha256: None,
    };
    Analysis::examined(file(), findings, vec![model], run())
}

/// Faces of 90 pixels are in one of them.
fn tables() -> Buckets {
    let bucket = |from, to, n_real, false_alarms| Bucket {
        from,
        to,
        n_real,
        false_alarms,
        fpr: Rate::default(),
        n_fake: 0,
        found: 0,
        tpr: Rate::default(),
        auc: None,
    };
    let sizes = vec![bucket(None, Some(96.0), 212, 1), bucket(Some(96.0), None, 300, 9)];
    Buckets {
        schema: BUCKETS_SCHEMA.into(),
        model: "swapped".into(),
        sha256: "cd".repeat(32),
        threshold: 0.9,
        measured: "2026-01-01".into(),
        measured_on: "lists/val.csv".into(),
        dimensions: [(Dimension::FaceSize, sizes)].into(),
    }
}

fn models() -> Vec<ModelFacts> {
    vec![ModelFacts {
        id: "swapped".into(),
        name: "Swapped".into(),
        version: "1.0.0".into(),
        task: Task::FaceManipulation,
        architecture: "x".into(),
        sha256: "cd".repeat(32),
        licence: "MIT".into(),
        trained_on: "x".into(),
        not_for: "x".into(),
        trained: "2025-01-01".into(),
        expires: "2027-01-01".into(),
        buckets: Some(tables()),
        scoring: Some(ScoringFacts {
            slope: 1.0,
            intercept: 0.0,
            together: None,
            suspected: score(0.9),
            no_indication: score(0.3),
            n_real: 310,
            false_alarms: 2,
            n_fake: 300,
            found: 183,
            unit: "video".into(),
            measured_on: "x".into(),
            measured: "2026-01-01".into(),
        }),
    }]
}

fn with<T>(analysis: &Analysis, dossier: &Dossier, style: Style, use_it: impl FnOnce(&Material<'_>) -> T) -> T {
    let models = models();
    use_it(&Material {
        analysis,
        models: &models,
        exhibits: &[],
        evidence: &EvidenceState::Absent,
        dossier,
        app: "facefiction 0",
        made: Moment::parse("2026-11-21T14:02:00+01:00").unwrap(),
        style,
    })
}

fn text(analysis: &Analysis, dossier: &Dossier, style: Style) -> String {
    with(analysis, dossier, style, |m| serde_json::to_string(&view(m).unwrap().0).unwrap())
}

fn every_verdict() -> Vec<Analysis> {
    let mut all: Vec<Analysis> = [
        Verdict::suspected(score(0.97), Strength::Moderate, []),
        Verdict::no_indication(score(0.2), []),
        Verdict::inconclusive(score(0.5), [Reason::TooFewUsableFaces, Reason::NotStable]),
        Verdict::not_examined([Reason::TooSmall]),
    ]
    .map(item)
    .to_vec();
    let error = ItemError { code: ErrorCode::Empty, message: "x".into() };
    all.push(Analysis::failed(FileFacts::at(Path::new("a")), error, vec![], run()));
    all
}

const LANGS: [Lang; 2] = [Lang::En, Lang::Fr];

#[test]
fn every_kind_of_result_becomes_the_same_bytes_twice() {
    for analysis in every_verdict() {
        for lang in LANGS {
            let style = Style { lang, ..Style::default() };
            let pdf = || with(&analysis, &Dossier::default(), style, |m| render_pdf(m).unwrap());
            let first = pdf();
            assert!(first.starts_with(b"%PDF-1.7") && first.len() < 10_000_000);
            assert_eq!(first, pdf());
        }
    }
}

#[test]
fn the_sections_stand_in_the_order_of_the_standard() {
    let analysis = item(Verdict::suspected(score(0.97), Strength::Moderate, []));
    let headings = with(&analysis, &Dossier::default(), Style::default(), |m| {
        view(m).unwrap().0.sections.into_iter().map(|s| s.heading).collect::<Vec<_>>()
    });
    let expected = [
        "This report",
        "Question asked",
        "Item examined",
        "Provenance",
        "Technical suitability",
        "Method",
        "Results per person",
        "Observations by the examiner",
        "Conclusion",
        "Limits",
        "Validation",
        "Reproduction",
        "Annexes",
    ];
    assert_eq!(headings, expected);
    let summary = Style { extent: Extent::Summary, ..Style::default() };
    assert!(with(&analysis, &Dossier::default(), summary, |m| view(m).unwrap().0.sections.is_empty()));
}

#[test]
fn no_report_uses_a_forbidden_word() {
    for analysis in every_verdict() {
        for lang in LANGS {
            let said = text(&analysis, &Dossier::default(), Style { lang, ..Style::default() });
            let said = said.to_lowercase().replace("provenance", "");
            for word in
                ["authenti", "fake", "confidence", "proven", "proof", "prouv", "preuve", "%", "certifi", "genuine"]
            {
                assert!(!said.contains(word), "{lang:?} {word}");
            }
        }
    }
}

#[test]
fn where_nothing_was_examined_there_is_no_score() {
    let mut analysis = item(Verdict::not_examined([Reason::NoFace]));
    (analysis.people, analysis.timeline) = (vec![], vec![]);
    let said = text(&analysis, &Dossier::default(), Style { extent: Extent::Summary, ..Style::default() });
    assert!(said.contains("Not examined: no face was found."), "{said}");
    assert!(!said.contains("0.") && !said.contains("svg"), "{said}");
}

#[test]
fn the_statement_is_bounded_by_the_validation() {
    let analysis = item(Verdict::suspected(score(0.97), Strength::Moderate, []));
    let said = text(&analysis, &Dossier::default(), Style::default());
    assert!(said.contains("moderate support to the proposition"), "{said}");
    assert!(said.contains("the method swapped raised 2 false alarms on 310 real samples"), "{said}");
    assert!(said.contains("applies to person 2"), "{said}");
}

#[test]
fn a_curve_says_when_the_verdict_rests_on_some_of_its_frames() {
    let mut analysis = item(Verdict::suspected(score(0.97), Strength::Moderate, []));
    let captions = |analysis: &Analysis| {
        let said = text(analysis, &Dossier::default(), Style::default());
        said.matches("A second look (swapped) scored some of the frames only").count()
    };
    assert_eq!((captions(&analysis), analysis.people[1].decided_by()), (0, Some("swapped")));
    // Another detector scored the second person in every frame, the one on which the verdict rests in the first two.
    for frame in &mut analysis.timeline {
        let other = ModelScore { logit: 0.0, score: score(0.4) };
        frame.faces[1].scores.insert("other".to_owned(), other);
    }
    assert_eq!(captions(&analysis), 0);
    for frame in &mut analysis.timeline[2..] {
        frame.faces[1].scores.remove("swapped");
    }
    let on_some = |i: usize| analysis.people[i].decided_on_some(&analysis.timeline);
    assert_eq!((on_some(0), on_some(1)), (false, true));
    assert_eq!(captions(&analysis), 2, "under the chart of all and under the person's own");
}

#[test]
fn the_validation_tells_of_files_of_this_kind_or_that_nothing_is_known_of_them() {
    let mut analysis = item(Verdict::suspected(score(0.97), Strength::Moderate, []));
    let said = text(&analysis, &Dossier::default(), Style::default());
    for cell in ["Width of the face in pixels: below 96", "1 of 212", "none tried", "on lists/val.csv"] {
        assert!(said.contains(cell), "{cell}: {said}");
    }
    assert!(!said.contains("9 of 300"), "faces of another size");
    let french = text(&analysis, &Dossier::default(), Style { lang: Lang::Fr, ..Style::default() });
    assert!(french.contains("moins de 96") && french.contains("1 sur 212"), "{french}");
    assert!(!said.contains("Encoder of the second look"), "{said}");
    analysis.models[0].encoder_sha256 = Some("ef".repeat(32));
    let said = text(&analysis, &Dossier::default(), Style::default());
    assert!(said.contains("Encoder of the second look") && said.contains(&"ef".repeat(32)), "{said}");
    // Tables hold for the weights they were measured with.
    analysis.models[0].sha256 = "ee".repeat(32);
    let said = text(&analysis, &Dossier::default(), Style::default());
    assert!(said.contains("No figures for this kind of file") && !said.contains("1 of 212"), "{said}");
}

#[test]
fn a_first_opinion_is_called_blind_only_when_it_came_before_the_scores() {
    let analysis = item(Verdict::no_indication(score(0.2), []));
    let with_opinion = |at: Option<&str>| {
        let opinion = Opinion { text: "It looks fine.".into(), by: None, at: at.map(String::from) };
        text(&analysis, &Dossier { first_opinion: Some(opinion), ..Dossier::default() }, Style::default())
    };
    assert!(with_opinion(Some("2026-01-01T00:00:00Z")).contains("recorded before the scores were computed"));
    let late = with_opinion(Some("2026-01-03T00:00:00Z"));
    assert!(late.contains("not independent of them") && !late.contains("recorded before the scores"), "{late}");
    assert!(with_opinion(None).contains("cannot be said whether"));
}

/// For two people the card's 0.9 rises to 0.947: a score between the two is no suspicion, and nothing says otherwise.
#[test]
fn words_and_charts_use_the_threshold_of_the_verdict() {
    let mut analysis = item(Verdict::inconclusive(score(0.93), [Reason::BetweenThresholds]));
    for frame in &mut analysis.timeline {
        frame.faces[1].scores.get_mut("swapped").unwrap().score = score(0.93);
    }
    let said = text(&analysis, &Dossier::default(), Style::default());
    assert!(said.contains("score 0.93, raw output +2.00, between the thresholds"), "{said}");
    assert!(!said.contains("gives the highest single image"), "{said}");
    assert!(said.contains("0.9474") && !said.contains("0.9000"), "{said}");
    analysis.file.kind = Some(MediaKind::Image);
    let charts = with(&analysis, &Dossier::default(), Style::default(), |m| view(m).unwrap().1);
    let chart = String::from_utf8(charts["/charts/result.svg"].clone()).unwrap();
    let has = |tick: &str| chart.lines().any(|line| line.trim() == tick);
    assert!(has("0.95") && !has("0.90"), "{chart}");
}

#[test]
fn a_second_look_allows_for_those_whom_it_looked_at() {
    let mut analysis = item(Verdict::suspected(score(0.97), Strength::Moderate, []));
    for frame in &mut analysis.timeline[..8] {
        frame.faces[1].scores.insert("slow".to_owned(), ModelScore { logit: 0.0, score: score(0.4) });
    }
    let looks = looks::Looks::of(&analysis);
    let facts = models().remove(0).scoring.unwrap();
    assert_eq!(looks.thresholds("swapped", &facts).high, 0.947_368);
    assert_eq!(looks.thresholds("slow", &facts).high, 0.9);
}

#[test]
fn a_file_that_could_not_be_opened_is_not_said_to_have_been_examined() {
    let failed = every_verdict().pop().unwrap();
    let english =
        ["was examined on", "Faces were found", "Each was scored", "No face was found", "applied here", "hashed as"];
    let french = ["a été examiné sur", "ont été trouvés", "Chacun a été évalué", "Aucun visage", "appliqués ici"];
    let cases = [
        (Lang::En, "The file could not be examined: the file is empty. The attempt", &english[..]),
        (Lang::Fr, "Le fichier n’a pas pu être examiné\u{a0}: le fichier est vide. La tentative", &french[..]),
    ];
    for (lang, why, claims) in cases {
        let said = text(&failed, &Dossier::default(), Style { lang, ..Style::default() });
        assert!(said.contains(why), "{said}");
        for claim in claims {
            assert!(!said.contains(claim), "{claim}: {said}");
        }
    }
}

#[test]
fn redaction_leaves_no_name_behind() {
    let mut analysis = item(Verdict::suspected(score(0.97), Strength::Moderate, []));
    analysis.run.warnings = [format!("moov not found in /home/Jane/{NAME}"), format!("{NAME:?} is odd")]
        .map(|detail| Warning::new(WarningCode::DecoderMessage, detail))
        .to_vec();
    let mut dossier = Dossier { question: Some("Is Jane Roe manipulated?".into()), ..Dossier::default() };
    dossier.people.insert("2".into(), "Jane Roe".into());
    dossier.received = Some("from John Doe".into());
    dossier.case = Some("The case of Jane Roe".into());
    dossier.notes = Some(format!("The light on Jane Roe is even.\n\nI found /mnt/other/{NAME} too."));
    let open = text(&analysis, &dossier, Style::default());
    assert!(open.contains("moov") && open.contains("is odd"), "{open}");
    assert!(open.contains("Jane Roe") && open.contains("John Doe") && open.contains("<b>#x"), "{open}");
    for lang in LANGS {
        let style = Style { redaction: Redaction::On, lang, ..Style::default() };
        let masked = text(&analysis, &dossier, style);
        assert!(masked.contains("is odd") && masked.contains("is even."), "{masked}");
        for name in ["Jane", "John", "#x", "شاهد", "clip", "moov"] {
            let told = masked.replace("clips", "");
            assert!(!told.contains(name), "{lang:?} {name}: {masked}");
        }
    }
}
