//! Where results go, what the program says of them, and what they never overwrite.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test program fails by panicking"
)]

use std::fs;
use std::path::Path;

use serde_json::Value;

mod support;
use support::{facefiction, run, sample, scan_json};

fn json(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn named(folder: &Path, extension: &str) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name.ends_with(extension)).collect();
    names.sort();
    names
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_behind_standard_output_is_told() {
    let dir = tempfile::tempdir().unwrap();
    for (format, out) in [("json", false), ("text", false), ("csv", false), ("json", true)] {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let mut command = facefiction(["scan", "--format", format]);
        if out {
            command.arg("--out").arg(dir.path());
        }
        let ran = run(command.arg(sample("coffee.jpg")).stdout(full));
        assert_eq!(ran.code, 1, "{format} {ran:?}");
        assert!(ran.stderr.contains("standard output: "), "{format} {ran:?}");
    }
    assert_eq!(named(dir.path(), ".jsonl"), ["analyses.jsonl"], "the folder has it all the same");
}

#[test]
fn heat_maps_of_one_file_never_stand_in_for_those_of_another() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["hopper.jpg", "collins.jpg"] {
        let ran = run(facefiction(["explain", "--out"]).arg(dir.path()).arg(sample(name)));
        assert_eq!(ran.code, 0, "{ran:?}");
    }
    let analyses = dir.path().join("analyses");
    let pictures: Vec<String> = named(&analyses, ".json")
        .iter()
        .flat_map(|name| json(&analyses.join(name))["explanations"].as_array().unwrap().clone())
        .filter_map(|explained| explained["picture"].as_str().map(String::from))
        .collect();
    let mut apart = pictures.clone();
    apart.sort();
    apart.dedup();
    assert!(!pictures.is_empty() && apart.len() == pictures.len(), "{pictures:?}");
    assert!(pictures.iter().all(|name| dir.path().join(name).is_file()), "{pictures:?}");
}

#[test]
fn the_folder_of_results_is_no_evidence_unless_it_is_named() {
    let dir = tempfile::tempdir().unwrap();
    fs::copy(sample("hopper.jpg"), dir.path().join("a.jpg")).unwrap();
    let out = dir.path().join("out");
    for _ in 0..2 {
        let ran = run(facefiction(["explain", "--format", "json", "--out"]).arg(&out).arg(dir.path()));
        assert_eq!(ran.items().len(), 1, "{ran:?}");
    }
    assert!(!named(&out.join("explanations"), ".png").is_empty(), "there was something to take for evidence");
    let named = scan_json([out.join("explanations")]);
    assert!(!named.items().is_empty(), "{named:?}");
}

#[test]
fn copies_of_one_file_get_a_report_each() {
    let dir = tempfile::tempdir().unwrap();
    let [one, two] = ["one.jpg", "two.jpg"].map(|name| dir.path().join(name));
    for copy in [&one, &two] {
        fs::copy(sample("coffee.jpg"), copy).unwrap();
    }
    let out = dir.path().join("out");
    let ran = run(facefiction(["scan", "--report", "--out"]).arg(&out).args([&one, &two]));
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(named(&out.join("analyses"), ".pdf").len(), 2, "{ran:?}");
    assert!(!ran.stderr.contains("replaced"), "{ran:?}");
}

#[test]
fn a_report_that_cannot_be_written_fails_the_command() {
    let dir = tempfile::tempdir().unwrap();
    let scan = || run(facefiction(["scan", "--report", "--out"]).arg(dir.path()).arg(sample("coffee.jpg")));
    assert_eq!(scan().code, 0);
    let analyses = dir.path().join("analyses");
    let pdf = analyses.join(&named(&analyses, ".pdf")[0]);
    fs::remove_file(&pdf).unwrap();
    fs::create_dir_all(pdf.join("in the way")).unwrap();
    let ran = scan();
    assert_eq!(ran.code, 1, "{ran:?}");
}

#[test]
fn models_that_are_not_there_or_do_not_score_are_wrong_usage() {
    for args in [["models", "verify", "nope"], ["models", "show", "nope"], ["models", "import", "/nope"]] {
        assert_eq!(run(&mut facefiction(args)).code, 2, "{args:?}");
    }
    for model in ["nope", "mtcnn"] {
        let ran = run(facefiction(["scan", "--model", model]).arg(sample("coffee.jpg")));
        assert_eq!(ran.code, 2, "{model}: {ran:?}");
    }
}

#[test]
fn the_score_is_the_one_that_the_verdict_rests_on_and_people_have_one_number() {
    let ran = scan_json([sample("side-by-side.jpg"), sample("hopper.jpg")]);
    for item in ran.items() {
        for person in item["people"].as_array().unwrap() {
            let scores = person["scores"].as_object().unwrap();
            assert!(scores.values().any(|own| own["score"] == person["score"]), "{person}");
        }
        let tasks: Vec<&str> = item["models"].as_array().unwrap().iter().map(|m| m["task"].as_str().unwrap()).collect();
        let known = ["faceManipulation", "faceSynthesis", "faceDetection"];
        assert!(tasks.iter().all(|task| known.contains(task)), "{tasks:?}");
    }
    let table = run(facefiction(["scan", "--format", "csv"]).arg(sample("side-by-side.jpg")));
    let mut rows = table.stdout.lines().map(|line| line.split(',').map(String::from).collect::<Vec<_>>());
    let at = rows.next().unwrap().iter().position(|name| name == "person").unwrap();
    assert_eq!(rows.map(|row| row[at].clone()).collect::<Vec<_>>(), ["1", "2"], "{table:?}");
}
