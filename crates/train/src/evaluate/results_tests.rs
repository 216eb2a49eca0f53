use std::collections::BTreeMap;
use std::path::PathBuf;

use super::*;
use crate::evaluate::{FrameScore, write_results};
use analysis::metrics::Quality;
use serde_json::Value;

const COLUMNS: [&str; 5] = ["file", "label", "score", "source", "group"];

fn model(id: &str) -> ModelFacts {
    ModelFacts {
        id: id.into(),
        sha256: "ab".repeat(32),
        task: Task::FaceManipulation,
        calibration: Calibration::new(1.0, 0.0).unwrap(),
        suspected: 0.9,
        no_indication: 0.2,
    }
}

/// Eight files of three sources in two groups each, one of them without a face, one labelled `none`.
fn manifest(kind: MediaKind) -> Manifest {
    let row = |n: u64| {
        let label = if n == 7 {
            "none"
        } else if n.is_multiple_of(2) {
            "real"
        } else {
            "fake"
        };
        let source = ["a|b", "", "only fake"][if n.is_multiple_of(2) { n as usize / 2 % 2 } else { n as usize % 3 }];
        let file = format!("dir/{n}, \"x\".jpg");
        let values = [file.as_str(), label, "7", source, &format!("g{}", n / 2)].map(str::to_owned).to_vec();
        Row { file, path: PathBuf::new(), kind, label: label.into(), line: n + 2, values, face: None }
    };
    let columns = COLUMNS.map(str::to_owned).to_vec();
    Manifest { path: "list.csv".into(), kind, columns, rows: (0..8).map(row).collect() }
}

fn measured(n: u64, kind: MediaKind, tier: Tier) -> Measured {
    let logit = if n == 4 { 3.0 } else { (n % 2) as f32 * 4.0 - 1.5 } - tier as u8 as f32;
    let logits: BTreeMap<String, f32> = [("m".to_owned(), logit), ("z".to_owned(), -logit)].into();
    let score = f64::from(Calibration::new(1.0, 0.0).unwrap().score(f64::from(logit)).unwrap());
    let frame = FrameScore { score: Some(score), suspected: score >= 0.9 };
    let frames =
        if kind == MediaKind::Video { vec![frame, FrameScore { score: None, suspected: false }] } else { vec![] };
    let verdict = if score >= 0.9 { VerdictCode::Suspected } else { VerdictCode::Inconclusive };
    let none = Measured {
        score: None,
        logit: None,
        verdict: VerdictCode::NotExamined,
        error: Some("no face was found".into()),
        failed: false,
        logits: BTreeMap::new(),
        quality: None,
        frames: vec![],
    };
    if n == 6 {
        return none;
    }
    let quality = Some(Quality { face_px: 100.0 + n as f64, sharpness: 0.1, blockiness: 1.0 });
    Measured { score: Some(score), logit: Some(logit), verdict, error: None, logits, quality, frames, ..none }
}

fn evaluation(manifests: &[Manifest], tiers: Vec<Tier>) -> Evaluation<'_> {
    let mut rows = Vec::new();
    for list in manifests {
        for (n, row) in (0..).zip(&list.rows) {
            let scored = |tier: &Tier| Scored { list, row, tier: *tier, measured: measured(n, list.kind, *tier) };
            rows.extend(tiers.iter().map(scored));
        }
    }
    let left_out = LeftOut([("m".to_owned(), ["a|b".to_owned()].into())].into());
    let run = RunFacts { day: "2026-11-21".into(), group: "group".into(), ..RunFacts::default() };
    let (models, by) = (vec![model("m"), model("z")], vec!["source".to_owned()]);
    Evaluation { rows, manifests, models, tiers, by, left_out, run }
}

fn written(evaluation: &Evaluation<'_>) -> (tempfile::TempDir, Value) {
    let dir = tempfile::tempdir().unwrap();
    write_results(evaluation, dir.path()).unwrap();
    let text = std::fs::read_to_string(dir.path().join("metrics.json")).unwrap();
    (dir, serde_json::from_str(&text).unwrap())
}

#[test]
fn the_table_of_metrics_has_the_form_that_is_promised() {
    let manifests = [manifest(MediaKind::Image), manifest(MediaKind::Video)];
    let (_dir, m) = written(&evaluation(&manifests, vec![Tier::Clean, Tier::Web]));
    for at in ["/overall", "/videos", "/frames", "/tiers/clean", "/tiers/web", "/by/source/a|b", "/models/m"] {
        let one = m.pointer(at).unwrap_or_else(|| panic!("{at}"));
        for rate in [
            "auc",
            "ap",
            "eer",
            "accuracy",
            "balanced_accuracy",
            "fpr_suspected",
            "tpr_suspected",
            "ece",
            "brier",
            "coverage",
        ] {
            let keys: Vec<&String> = one[rate].as_object().unwrap().keys().collect();
            assert_eq!(keys, ["high", "low", "value"], "{at}/{rate}");
        }
        for fpr in ["0.05", "0.01", "0.001"] {
            assert!(one["tpr_at_fpr"][fpr].is_object(), "{at} {fpr}");
        }
        for count in ["tp", "fp", "tn", "fn"] {
            assert!(one["confusion"][count].is_u64());
        }
        assert!(one["n_fake"].is_u64() && one["n_real"].is_u64() && one["failures"].is_u64());
    }
    // Fakes 1, 3, 5 and reals 0, 2, 4 of each list; 4 lies above all; 6 has no face and 7 no label to score.
    let counts = |at: &str| ["n_fake", "n_real", "failures"].map(|c| m.pointer(at).unwrap()[c].as_u64().unwrap());
    assert_eq!(counts("/overall"), [6, 6, 2]);
    assert_eq!(counts("/videos"), [3, 3, 1]);
    assert_eq!(counts("/frames"), [3, 3, 7], "every second frame and the video without a face");
    assert_eq!(m["overall"]["auc"]["value"], 2.0 / 3.0);
    assert_eq!(m["models"]["z"]["auc"]["value"], 1.0 / 3.0);
    assert_eq!(m["overall"]["groups"], 8, "groups of different lists are not the same");
    assert_eq!(m["other_labels"]["none"], 2);
    // Groups 0/1, 2/3 and 4/5 of each list; the last has the real above.
    let pairs = &m["pairs"]["m"];
    assert_eq!((&pairs["groups"], &pairs["fake_above_real"]["value"]), (&6.into(), &(4.0 / 6.0).into()));
}

#[test]
fn a_value_with_one_class_is_told_from_all_of_the_other() {
    let manifests = [manifest(MediaKind::Image)];
    let (_dir, m) = written(&evaluation(&manifests, vec![Tier::Clean]));
    let by = &m["by"]["source"];
    assert_eq!(by["only fake"]["auc"]["value"], Value::Null);
    assert_eq!(by["only fake"]["auc_against_all"]["value"], 2.0 / 3.0);
    assert_eq!(by["(empty)"]["auc_against_all"], Value::Null);
    let cell = &m["matrix"]["source"]["m"];
    assert_eq!((&cell["only fake"]["against"], &cell["a|b"]["left_out"]), (&"all".into(), &true.into()));
    assert_eq!(m["matrix"]["source"]["z"]["a|b"]["left_out"], false);
}

#[test]
fn scores_keep_the_columns_of_the_list_and_name_clashes_apart() {
    let manifests = [manifest(MediaKind::Image)];
    let (dir, _) = written(&evaluation(&manifests, vec![Tier::Clean, Tier::Hard]));
    let mut reader = csv::Reader::from_path(dir.path().join("scores.csv")).unwrap();
    let head: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let fixed = ["file", "kind", "label", "tier", "score", "logit", "verdict", "error"];
    assert_eq!(head[..8], fixed);
    assert_eq!(head[8..13], ["manifest:score", "source", "group", "logit:m", "logit:z"]);
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 16);
    assert_eq!(rows[0].iter().take(4).collect::<Vec<_>>(), ["dir/0, \"x\".jpg", "image", "real", "clean"]);
    assert_eq!(&rows[1][3], "hard");
    let none: Vec<&str> = rows[12].iter().skip(4).take(4).collect();
    assert_eq!(none, ["", "", "notExamined", "no face was found"]);
    let read =
        crate::evaluate::read_scores(&dir.path().join("scores.csv"), "z", "clean", "group", Some("source")).unwrap();
    assert_eq!(read.len(), 6);
    assert_eq!(
        (read[1].group.as_str(), read[1].fake, read[1].logit, read[1].quality.unwrap().face_px),
        ("g0", true, -2.5, 101.0)
    );
    let absent = crate::evaluate::read_scores(&dir.path().join("scores.csv"), "q", "clean", "group", None).unwrap_err();
    assert!(absent.to_string().contains("no column `logit:q`"), "{absent}");
}

#[test]
fn pictures_tables_and_the_page_are_written_and_cleared_again() {
    let manifests = [manifest(MediaKind::Image)];
    let (dir, _) = written(&evaluation(&manifests, vec![Tier::Clean, Tier::Hard]));
    let text = |name: &str| std::fs::read_to_string(dir.path().join(name)).unwrap();
    for name in ["roc.svg", "reliability.svg", "confusion.svg", "tiers.svg"] {
        assert!(text(name).starts_with("<svg") && text(name).trim_end().ends_with("</svg>"), "{name}");
    }
    let page = text("summary.md");
    for told in [
        "| a\\|b |",
        "1 files labelled `none`",
        "## Reals with the highest scores\n\n| file | score | verdict | detectors' logits |\n|---|---|---|---|\n| `dir/4, \"x\".jpg`",
        "| clean | no face was found | real | 1 | `dir/6, \"x\".jpg` |",
        "Only 4 groups are drawn from",
        "**0.500",
    ] {
        assert!(page.contains(told), "{told} is not in\n{page}");
    }
    let buckets: Value = serde_json::from_str(&text("buckets.json")).unwrap();
    let one = analysis::metrics::Buckets::from_json(&buckets["m"].to_string()).unwrap();
    assert_eq!(one.dimensions.values().map(Vec::len).collect::<Vec<_>>(), [1, 1, 1]);
    crate::evaluate::clear_results(dir.path()).unwrap();
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn the_drawing_of_deliveries_tells_their_figures_and_needs_two() {
    let manifests = [manifest(MediaKind::Image)];
    let (dir, m) = written(&evaluation(&manifests, vec![Tier::Clean, Tier::Hard]));
    let drawing = std::fs::read_to_string(dir.path().join("tiers.svg")).unwrap();
    for tier in ["clean", "hard"] {
        let auc = m["tiers"][tier]["auc"]["value"].as_f64().unwrap();
        assert!(drawing.contains(tier) && drawing.contains(&format!("{auc:.3}")), "{tier}\n{drawing}");
    }
    let (one, _) = written(&evaluation(&manifests, vec![Tier::Hard]));
    assert!(!one.path().join("tiers.svg").exists());
}

#[test]
fn nothing_scored_is_no_reason_to_fall() {
    let mut list = manifest(MediaKind::Image);
    list.rows.retain(|r| r.line == 8);
    let manifests = [list];
    let mut e = evaluation(&manifests, vec![Tier::Web]);
    e.rows[0].measured = measured(6, MediaKind::Image, Tier::Web);
    let (_dir, m) = written(&e);
    assert_eq!((&m["overall"]["failures"], &m["overall"]["auc"]["value"]), (&1.into(), &Value::Null));
    assert_eq!(m["overall"]["coverage"]["value"], 0.0);
}
