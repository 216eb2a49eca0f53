//! The form of the results: what other programs may rely on.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test program fails by panicking"
)]

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

mod support;
use support::{clip, facefiction, ffmpeg, run, sample, scan_json};

/// Asserts that an object has exactly these keys, in any order.
fn has_keys(value: &Value, keys: &[&str]) {
    let mut found: Vec<_> =
        value.as_object().unwrap_or_else(|| panic!("no object: {value}")).keys().map(String::as_str).collect();
    let mut keys = keys.to_vec();
    found.sort_unstable();
    keys.sort_unstable();
    assert_eq!(found, keys);
}

fn is_verdict(verdict: &Value) {
    has_keys(verdict, &["code", "strength", "reasons", "score"]);
    let code = verdict["code"].as_str().unwrap();
    assert!(["notExamined", "inconclusive", "noIndication", "suspected"].contains(&code));
    assert_eq!(verdict["score"].is_null(), code == "notExamined", "{verdict}");
    assert_eq!(verdict["strength"].is_null(), code != "suspected", "{verdict}");
    assert!(verdict["reasons"].as_array().unwrap().iter().all(Value::is_string));
    is_score(&verdict["score"]);
}

fn is_score(score: &Value) {
    assert!(score.is_null() || (0.0..=1.0).contains(&score.as_f64().unwrap()), "{score}");
}

fn is_analysis(item: &Value) {
    has_keys(item, &["schema", "file", "verdict", "people", "timeline", "models", "run", "error"]);
    assert_eq!(item["schema"], "facefiction.analysis/1");
    has_keys(&item["file"], &["path", "bytes", "sha256", "kind", "media"]);
    is_verdict(&item["verdict"]);
    for person in item["people"].as_array().unwrap() {
        for key in ["track", "first_us", "last_us", "crops", "usable_crops"] {
            assert!(person[key].is_i64(), "{key}: {person}");
        }
        is_verdict(&person["verdict"]);
        assert_eq!(person["score"], person["verdict"]["score"]);
        for segment in person["segments"].as_array().unwrap() {
            has_keys(segment, &["start_us", "end_us", "peak", "model"]);
        }
    }
    for frame in item["timeline"].as_array().unwrap() {
        has_keys(frame, &["frame", "pts_us", "faces"]);
        assert!(frame["frame"].is_u64() && frame["pts_us"].is_i64());
        frame["faces"].as_array().unwrap().iter().for_each(is_face);
    }
    for model in item["models"].as_array().unwrap() {
        has_keys(model, &["id", "task", "architecture", "sha256"]);
        assert_eq!(model["sha256"].as_str().unwrap().len(), 64);
    }
    has_keys(&item["run"], &["app", "device", "threads", "fps", "started", "seconds", "warnings", "controls"]);
    assert!(item["run"]["app"].as_str().unwrap().starts_with("facefiction "));
    assert_eq!(item["run"]["device"], "cpu");
}

fn is_face(face: &Value) {
    has_keys(face, &["track", "rect", "landmarks", "quality", "score", "scores"]);
    assert_eq!(face["rect"].as_array().unwrap().len(), 4);
    let marks = face["landmarks"].as_array().unwrap();
    assert!(marks.len() == 5 && marks.iter().all(|p| p.as_array().unwrap().len() == 2));
    is_score(&face["score"]);
    for (_, score) in face["scores"].as_object().unwrap() {
        has_keys(score, &["logit", "score"]);
        is_score(&score["score"]);
    }
}

#[test]
fn a_picture_with_faces_has_everything_the_contract_names() {
    let ran = scan_json([sample("hopper.jpg")]);
    let items = ran.items();
    assert_eq!((ran.code, items.len()), (0, 1), "{ran:?}");
    let item = &items[0];
    is_analysis(item);
    assert_eq!(item["error"], Value::Null);
    has_keys(
        &item["file"]["media"],
        &["width", "height", "duration_us", "frame_rate", "variable_frame_rate", "codec", "rotation", "damaged"],
    );
    assert_eq!((&item["file"]["kind"], item["timeline"].as_array().unwrap().len()), (&"image".into(), 1));
    assert_eq!(item["file"]["bytes"].as_u64(), Some(fs::metadata(sample("hopper.jpg")).unwrap().len()));
    assert!(!item["people"].as_array().unwrap().is_empty(), "{item}");
    let tasks: Vec<_> = item["models"].as_array().unwrap().iter().map(|m| m["task"].as_str().unwrap()).collect();
    assert!(
        tasks.contains(&"faceDetection") && tasks.contains(&"faceManipulation") && tasks.contains(&"faceSynthesis")
    );
}

#[test]
fn a_video_without_faces_is_not_examined_and_has_no_score_anywhere() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("clip.mp4");
    clip(&path, 2);
    let ran = scan_json([&path]);
    let item = &ran.items()[0];
    is_analysis(item);
    assert_eq!((&item["verdict"]["code"], &item["verdict"]["score"]), (&"notExamined".into(), &Value::Null));
    assert_eq!(item["verdict"]["reasons"], serde_json::json!(["noFace"]));
    let media = &item["file"]["media"];
    assert_eq!((media["width"].as_u64(), media["height"].as_u64()), (Some(320), Some(240)));
    assert_eq!((&media["frame_rate"], media["duration_us"].as_i64()), (&"25/1".into(), Some(2_000_000)));
    let times: Vec<_> = item["timeline"].as_array().unwrap().iter().map(|f| f["pts_us"].as_i64().unwrap()).collect();
    assert_eq!(times, (0..10).map(|n| n * 200_000).collect::<Vec<_>>());
    assert_eq!(item["run"]["fps"], 5.0);
}

#[test]
fn sampling_is_what_was_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("clip.mp4");
    clip(&path, 2);
    let frames = |args: &[&str]| {
        let ran = scan_json(args.iter().map(Into::into).chain([path.clone()]));
        ran.items()[0]["timeline"].as_array().unwrap().len()
    };
    assert_eq!(frames(&["--fps", "1"]), 2);
    assert_eq!(frames(&["--every-frame"]), 50);
}

#[test]
fn the_same_input_gives_the_same_bytes_on_any_number_of_threads() {
    let dir = tempfile::tempdir().unwrap();
    let clip = dir.path().join("portrait.mp4");
    let portrait = sample("collins.jpg");
    ffmpeg(
        &["-loop", "1", "-t", "3", "-i", portrait.to_str().unwrap(), "-vf", "scale=640:-2", "-pix_fmt", "yuv420p"],
        &clip,
    );
    let without_run = |threads: &str| {
        let ran = scan_json(["--threads".into(), threads.into(), sample("side-by-side.jpg"), clip.clone()]);
        let mut items = ran.items();
        for item in &mut items {
            assert_eq!(item["run"]["threads"].to_string(), threads);
            item.as_object_mut().unwrap().remove("run");
        }
        items
    };
    let one = without_run("1");
    assert!(one.iter().all(|i| !i["people"].as_array().unwrap().is_empty()));
    assert_eq!(one, without_run("2"));
    assert_eq!(one, without_run("1"));
}

#[test]
fn items_come_in_input_order_and_stdout_carries_nothing_else() {
    let names = ["hopper.jpg", "coffee.jpg", "absent.jpg", "collins.jpg"];
    let paths: Vec<PathBuf> = names.iter().map(|n| sample(n)).collect();
    let ran = scan_json(&paths);
    let items = ran.items();
    let found: Vec<_> = items.iter().map(|i| i["file"]["path"].as_str().unwrap().to_owned()).collect();
    assert_eq!(found, paths.iter().map(|p| p.to_str().unwrap().to_owned()).collect::<Vec<_>>());
    items.iter().for_each(is_analysis);
    assert_eq!(ran.code, 1);
    has_keys(&items[2]["error"], &["code", "message"]);
    assert!(ran.stderr.contains("4 files"), "{}", ran.stderr);
    let quiet = scan_json([&["--quiet".into()], &paths[..2]].concat());
    assert_eq!((quiet.code, quiet.stderr.as_str()), (0, ""));
}

#[test]
fn high_means_more_like_manipulated() {
    let ran = scan_json([sample("generated-a.jpg"), sample("collins.jpg")]);
    let scores: Vec<_> = ran.items().iter().map(|i| i["verdict"]["score"].as_f64().unwrap()).collect();
    assert!(scores[0] > scores[1], "{scores:?}");
}

#[test]
fn csv_has_one_row_a_person_and_one_for_who_has_none() {
    let out = tempfile::tempdir().unwrap();
    let paths = [sample("side-by-side.jpg"), sample("coffee.jpg"), sample("absent.jpg")];
    let mut command = facefiction(["scan", "--format", "csv", "--device", "cpu", "--out"]);
    let ran = run(command.arg(out.path()).args(&paths));
    assert_eq!(ran.code, 1);
    let rows: Vec<Vec<&str>> = ran.stdout.trim_end().split("\r\n").map(|r| r.split(',').collect()).collect();
    let people = rows.iter().filter(|r| r[0] == paths[0].to_str().unwrap()).count();
    assert!(people >= 2, "{}", ran.stdout);
    assert_eq!(rows.len(), 1 + people + 2);
    assert!(rows[0].starts_with(&["path", "path_bytes", "sha256"]));
    assert_eq!(fs::read_to_string(out.path().join("analyses.csv")).unwrap(), ran.stdout);
    let lines = fs::read_to_string(out.path().join("analyses.jsonl")).unwrap();
    assert_eq!(lines.lines().count(), 3);
    lines.lines().for_each(|l| is_analysis(&serde_json::from_str(l).unwrap()));
    assert!(fs::read_to_string(out.path().join("summary.txt")).unwrap().contains("Failed: not found"));
    assert_eq!(fs::read_dir(out.path().join("analyses")).unwrap().count(), 2, "what failed is not kept");
}

#[test]
fn texts_are_careful_in_both_languages() {
    let paths = [sample("generated-a.jpg"), sample("collins.jpg"), sample("coffee.jpg"), sample("absent.jpg")];
    for (lang, not_examined) in [("en", "Not examined"), ("fr", "Non examiné")] {
        let mut command = facefiction(["scan", "--device", "cpu", "--lang", lang]);
        let ran = run(command.args(&paths));
        assert!(ran.stdout.contains(not_examined), "{}", ran.stdout);
        let lower = ran.stdout.to_lowercase();
        for word in ["fake", "authenti", "ai detected", "confidence", "confiance", "%"] {
            assert!(!lower.contains(word), "{word}: {}", ran.stdout);
        }
    }
}

#[test]
fn exit_codes_are_those_of_the_contract() {
    let code = |args: &[&str]| run(&mut facefiction(args)).code;
    let (real, bad) = (sample("coffee.jpg"), sample("absent.jpg"));
    let (real, bad) = (real.to_str().unwrap(), bad.to_str().unwrap());
    assert_eq!(code(&["scan", "--device", "cpu", real]), 0);
    assert_eq!(code(&["scan", "--device", "cpu", bad]), 1);
    assert_eq!(code(&["scan", "--device", "cpu", "--fail-on", "suspected", real]), 0);
    for usage in [&["scan"][..], &["scan", "--fps", "x", real], &["scan", "--model", "absent", real], &["nonsense"]] {
        assert_eq!(code(usage), 2, "{usage:?}");
    }
    assert_eq!(code(&["scan", "--models", "/nowhere", real]), 2);
    assert_eq!(code(&["models", "verify"]), 0);
    assert_eq!(code(&["models", "list"]), 0);
    assert_eq!(code(&["models", "show", "mtcnn"]), 0);
    assert_eq!(code(&["models", "show", "absent"]), 2);
    assert_eq!(code(&["--help"]), 0);
}

#[test]
fn something_suspected_can_fail_a_script() {
    let generated = ["generated-a.jpg", "generated-b.jpg", "generated-c.png"].map(sample);
    let mut command = facefiction(["scan", "--format", "json", "--device", "cpu", "--fail-on", "suspected"]);
    let ran = run(command.args(&generated));
    let suspected = ran.items().iter().filter(|i| i["verdict"]["code"] == "suspected").count();
    assert_eq!(ran.code == 10, suspected > 0, "{ran:?}");
    assert!(suspected > 0, "the samples are there to show one: {}", ran.stdout);
}

#[test]
fn a_model_that_was_changed_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    for model in fs::read_dir(support::repository().join("models")).unwrap().flatten().filter(|e| e.path().is_dir()) {
        let target = dir.path().join(model.file_name());
        fs::create_dir(&target).unwrap();
        for file in fs::read_dir(model.path()).unwrap().flatten().filter(|e| e.path().is_file()) {
            fs::copy(file.path(), target.join(file.file_name())).unwrap();
        }
    }
    let weights = dir.path().join("manipulated-faces/weights.safetensors");
    let mut bytes = fs::read(&weights).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&weights, bytes).unwrap();
    let mut command = facefiction(["scan", "--format", "json", "--device", "cpu", "--models"]);
    let ran = run(command.arg(dir.path()).arg(sample("coffee.jpg")));
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{ran:?}");
    assert!(ran.stderr.contains("weights.safetensors"), "{}", ran.stderr);
}

#[cfg(unix)]
#[test]
fn a_reader_who_leaves_early_ends_the_scan_quietly() {
    use std::io::Read;
    use std::process::Stdio;
    let mut command = facefiction(["scan", "--format", "json", "--device", "cpu"]);
    command.args(std::iter::repeat_n(sample("hopper.jpg"), 30)).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut [0; 10]).unwrap();
    drop(stdout);
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(!stderr.contains("panicked") && !stderr.contains("roken pipe"), "{stderr}");
    assert_eq!(output.status.code(), Some(130), "{stderr}");
}
