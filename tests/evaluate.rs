//! `facefiction evaluate` and `calibrate` as a user runs them: lists in, tables out, nothing lost on the way.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test program fails by panicking"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

mod support;
use support::{Ran, facefiction, repository, run, sample, shared};

type Table = Vec<BTreeMap<String, String>>;

fn evaluate(args: &[&str]) -> Ran {
    run(facefiction(["evaluate", "--device", "cpu"]).args(args))
}

fn scores(out: &Path) -> Table {
    csv::Reader::from_path(out.join("scores.csv")).unwrap().deserialize().map(Result::unwrap).collect()
}

fn metrics(out: &Path) -> Value {
    serde_json::from_slice(&fs::read(out.join("metrics.json")).unwrap()).unwrap()
}

/// The samples under names with spaces and quotes, a broken file and one without a label to score.
fn stills(dir: &Path) -> PathBuf {
    let mut list = String::from("path,label,source,group\n");
    for (name, label, source) in [
        ("collins.jpg", "real", "nasa"),
        ("hopper.jpg", "real", "navy"),
        ("coffee.jpg", "real", "skimage"),
        ("generated-a.jpg", "fake", "stylegan"),
        ("generated-b.jpg", "fake", "stylegan"),
        ("side-by-side.jpg", "none", "both"),
    ] {
        fs::copy(sample(name), dir.join(format!("a '{name}"))).unwrap();
        list += &format!("a '{name},{label},{source},{name}\n");
    }
    fs::write(dir.join("torn.jpg"), &fs::read(sample("hopper.jpg")).unwrap()[..300]).unwrap();
    list += "torn.jpg,fake,stylegan,torn\n";
    fs::write(dir.join("stills.csv"), list).unwrap();
    dir.join("stills.csv")
}

#[test]
fn samples_come_out_as_scan_says_and_a_second_run_takes_what_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let (list, out) = (stills(dir.path()), dir.path().join("out"));
    let (list, out_arg) = (list.to_str().unwrap(), out.to_str().unwrap());
    let args = ["--stills", list, "--by", "source", "--tiers", "clean,hard", "--out", out_arg];
    let first = evaluate(&args);
    assert_eq!(first.code, 1, "a file that could not be examined: {}", first.stderr);
    assert!(first.stdout.contains("2 fake and 2 real files scored, 2 without a score: AUC 1.000"), "{}", first.stdout);
    let rows = scores(&out);
    assert_eq!(rows.len(), 14);
    let row = |name: &str| rows.iter().find(|r| r["file"].ends_with(name) && r["tier"] == "clean").unwrap();
    assert_eq!((row("coffee.jpg")["score"].as_str(), row("coffee.jpg")["error"].as_str()), ("", "no face was found"));
    assert!(row("torn.jpg")["error"].contains("torn.jpg"), "{:?}", row("torn.jpg"));
    assert_eq!(row("side-by-side.jpg")["verdict"], "suspected", "examined, though in no table");
    let scanned = support::scan_json([sample("generated-a.jpg")]).items();
    let score: f64 = row("generated-a.jpg")["score"].parse().unwrap();
    assert_eq!(scanned[0]["verdict"]["score"], score);
    assert_eq!(row("generated-a.jpg")["verdict"], "suspected");
    let m = metrics(&out);
    assert_eq!((&m["overall"]["failures"], &m["other_labels"]["none"]), (&2.into(), &1.into()));
    assert_eq!(m["tiers"]["hard"]["n_real"], 2);
    assert_ne!(rows[0]["score"], rows[1]["score"], "another delivery, another score");

    let again = evaluate(&[&args[..], &["--resume"]].concat());
    assert_eq!((again.code, scores(&out)), (1, rows));
    assert_eq!(metrics(&out)["run"]["resumed"], 12, "all but the torn one, which is tried again");
    assert_eq!(metrics(&out)["overall"], m["overall"]);
}

#[test]
fn clips_have_frames_and_listed_faces_need_no_finder() {
    let dir = tempfile::tempdir().unwrap();
    fs::copy(sample("clip.mp4"), dir.path().join("clip.mp4")).unwrap();
    // No face would be found in a picture of coffee; the list says that there is one.
    fs::copy(sample("coffee.jpg"), dir.path().join("coffee.jpg")).unwrap();
    let clips = dir.path().join("labels.csv");
    fs::write(&clips, "file,label,manipulation\nclip.mp4,fake,synthetic\n").unwrap();
    let face = "box_x,box_y,box_w,box_h,lm0_x,lm0_y,lm1_x,lm1_y,lm2_x,lm2_y,lm3_x,lm3_y,lm4_x,lm4_y";
    let crops = dir.path().join("crops.csv");
    let places = "-20,40,160,200,30,110,90,110,60,150,35,190,85,190";
    fs::write(&crops, format!("path,label,{face}\ncoffee.jpg,real,{places}\n")).unwrap();
    let out = dir.path().join("out");
    let (clips, crops, out_arg) = (clips.to_str().unwrap(), crops.to_str().unwrap(), out.to_str().unwrap());
    let ran = evaluate(&["--videos", clips, "--stills", crops, "--crops", "--by", "manipulation", "--out", out_arg]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let m = metrics(&out);
    let counts = |at: &str| ["n_fake", "n_real", "failures"].map(|c| m[at][c].as_u64().unwrap());
    assert_eq!((counts("overall"), counts("videos")), ([1, 1, 0], [1, 0, 0]));
    let [fake, _, without] = counts("frames");
    assert!(
        fake >= 8 && without >= 4,
        "five frames a second, the first two seconds without a face: {:?}",
        counts("frames")
    );
    assert_eq!(m["by"]["manipulation"]["synthetic"]["n_fake"], 1);
    let rows = scores(&out);
    assert_eq!((rows[0]["kind"].as_str(), rows[1]["kind"].as_str()), ("image", "video"));
    assert!(!rows[0]["logit:manipulated-faces"].is_empty() && rows[0]["manipulation"].is_empty());
}

#[cfg(unix)]
#[test]
fn ctrl_c_keeps_what_was_finished_and_never_looks_complete() {
    let dir = tempfile::tempdir().unwrap();
    let mut list = String::from("path,label\n");
    for n in 0..40 {
        fs::copy(sample("side-by-side.jpg"), dir.path().join(format!("{n}.jpg"))).unwrap();
        list += &format!("{n}.jpg,fake\n");
    }
    let (lists, out) = (dir.path().join("list.csv"), dir.path().join("out"));
    fs::write(&lists, list).unwrap();
    let args = ["--threads", "1", "--stills", lists.to_str().unwrap(), "--out", out.to_str().unwrap()];
    fs::create_dir(&out).unwrap();
    fs::write(out.join("metrics.json"), "of an earlier run").unwrap();
    let mut child = facefiction(["evaluate", "--device", "cpu"]).args(args).spawn().unwrap();
    let began = std::time::Instant::now();
    while fs::read_to_string(out.join("rows.jsonl")).map_or(0, |rows| rows.lines().count()) < 2 {
        assert!(began.elapsed().as_secs() < 60, "nothing was kept");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(!out.join("metrics.json").exists() && !out.join("scores.csv").exists());
    let kept = fs::read_to_string(out.join("rows.jsonl")).unwrap().lines().count();
    assert!((2..40).contains(&kept), "{kept}");
    let ran = evaluate(&[&args[..], &["--resume"]].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!((scores(&out).len(), &metrics(&out)["run"]["resumed"]), (40, &40.into()), "they are the same picture");
}

#[test]
fn what_cannot_be_evaluated_is_refused_before_any_work() {
    let dir = tempfile::tempdir().unwrap();
    let list = stills(dir.path());
    let out = dir.path().join("out");
    let (list, out_arg) = (list.to_str().unwrap(), out.to_str().unwrap());
    let gone = dir.path().join("gone.csv");
    fs::write(&gone, "path,label\nx.jpg,real\n").unwrap();
    for (args, told) in [
        (vec!["--stills", list, "--by", "camera"], "no list has the column `camera` of --by"),
        (vec!["--stills", list, "--where", "source=moon"], "no row to examine --where source=moon"),
        (vec!["--stills", list, "--where", "split=val"], "column `split`: missing"),
        (vec!["--stills", list, "--crops"], "column `box_x`: missing"),
        (vec!["--stills", list, "--model", "absent"], "absent"),
        (vec!["--stills", list, "--left-out", "absent=navy"], "--left-out names the model `absent`"),
        (vec!["--stills", gone.to_str().unwrap()], "row 2, column `path`: no such file: `x.jpg`"),
        (vec!["--stills", "/no/such/list.csv"], "/no/such/list.csv"),
    ] {
        let ran = evaluate(&[&args[..], &["--out", out_arg]].concat());
        assert_eq!(ran.code, 2, "{args:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(told), "{args:?}: {}", ran.stderr);
        assert!(!out.exists(), "{args:?}");
    }
}

/// Scores as `evaluate` writes them, of made-up logits.
fn made_up_scores(path: &Path, reals: usize) {
    let mut text = String::from("file,kind,label,tier,score,logit,verdict,error,group,logit:manipulated-faces\n");
    for n in 0..reals + 120 {
        let fake = n >= reals;
        let logit = (n * 7919 % 997) as f64 / 200.0 - if fake { 0.5 } else { 4.0 };
        let label = if fake { "fake" } else { "real" };
        text += &format!("{n}.jpg,image,{label},clean,0.5,0,inconclusive,,g{n},{logit}\n");
    }
    fs::write(path, text).unwrap();
}

#[test]
fn a_card_is_calibrated_and_a_promise_that_cannot_be_kept_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let model = dir.path().join("manipulated-faces");
    fs::create_dir(&model).unwrap();
    for name in ["card.toml", "weights.safetensors"] {
        fs::copy(repository().join("models/manipulated-faces").join(name), model.join(name)).unwrap();
    }
    let (table, card) = (dir.path().join("scores.csv"), model.join("card.toml"));
    let (table_arg, model_arg) = (table.to_str().unwrap(), model.to_str().unwrap());
    let calibrate =
        |more: &[&str]| run(facefiction(["calibrate", "--scores", table_arg, "--model", model_arg]).args(more));
    let before = fs::read_to_string(&card).unwrap();
    made_up_scores(&table, 60);
    let refused = calibrate(&[]);
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("from 60 independent reals: 99 are needed"), "{}", refused.stderr);
    assert_eq!(fs::read_to_string(&card).unwrap(), before);

    made_up_scores(&table, 300);
    let dry = calibrate(&["--dry-run", "--expires", "2030-01-01"]);
    assert!(dry.stdout.contains("expires = \"2030-01-01\"") && dry.stdout.contains("[scoring.validation]"));
    assert_eq!(fs::read_to_string(&card).unwrap(), before, "a dry run changes nothing");
    // The same pictures again, in another delivery of the same list, are no further evidence.
    let again = dir.path().join("again");
    fs::create_dir(&again).unwrap();
    fs::copy(&table, again.join("scores.csv")).unwrap();
    let more = again.join("scores.csv");
    let twice = ["--scores", more.to_str().unwrap(), "--dry-run"];
    let counted = |n: &str| calibrate(&twice).stdout.contains(&format!("n_real = {n}\n"));
    assert!(!counted("300"), "lists that nobody names are not the same");
    for folder in [dir.path(), &again] {
        fs::write(folder.join("metrics.json"), r#"{"run":{"manifests":["list.csv"]}}"#).unwrap();
    }
    assert!(counted("300"), "600 pictures of 300 people");
    let done = calibrate(&["--fpr", "0.02"]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    let shown =
        run(&mut facefiction(["models", "--models", dir.path().to_str().unwrap(), "show", "manipulated-faces"]));
    assert!(shown.code == 0 && shown.stdout.contains("Split conformal at 2 % false alarms"), "{}", shown.stdout);
    assert!(model.join("evaluation/buckets.json").is_file());
    let list = stills(dir.path());
    let out = dir.path().join("out");
    let ran = run(facefiction(["evaluate", "--device", "cpu", "--where", "source=navy", "--stills"]).args([
        list.as_path(),
        "--models".as_ref(),
        dir.path(),
        "--out".as_ref(),
        &out,
    ]));
    assert_eq!(
        ran.code, 2,
        "a folder with a detector and without a face finder is no folder of models: {}",
        ran.stderr
    );
}

#[test]
fn two_looks_at_one_question_are_calibrated_together() {
    let dir = tempfile::tempdir().unwrap();
    for id in ["manipulated-faces", "generated-faces", "deep-manipulation"] {
        fs::create_dir(dir.path().join(id)).unwrap();
        let card = fs::read_to_string(repository().join("models").join(id).join("card.toml")).unwrap();
        let alone = card.split_once("\n# Written by `facefiction calibrate --together`").map_or(card.as_str(), |c| c.0);
        fs::write(dir.path().join(id).join("card.toml"), alone).unwrap();
    }
    // Each look errs where the other does not: in no row do both.
    let mut table = String::from(
        "file,kind,label,tier,score,logit,verdict,error,group,logit:manipulated-faces,logit:deep-manipulation\n",
    );
    for i in 0..400 {
        let (label, side) = if i % 2 == 0 { ("real", -1.0) } else { ("fake", 1.0) };
        let wobble = f64::from(i % 7) / 7.0;
        let (fast, slow) = if i % 5 < 2 { (-0.5 * side, 4.0 * side) } else { (4.0 * side, -0.5 * side) };
        table += &format!("{i}.jpg,image,{label},clean,0.5,0,inconclusive,,g{i},{},{}\n", fast + wobble, slow - wobble);
    }
    // Nobody looked at this one first.
    table += "x.jpg,image,real,clean,0.5,0,inconclusive,,x,,9\n";
    let scores = dir.path().join("scores.csv");
    fs::write(&scores, table).unwrap();
    let calibrate = |with: &str| {
        let place = ["--models", dir.path().to_str().unwrap(), "--scores", scores.to_str().unwrap()];
        let what = ["--model", "deep-manipulation", "--together", with, "--fpr", "0.02", "--miss", "0.02"];
        run(facefiction(["calibrate"]).args(place).args(what))
    };
    let card = dir.path().join("deep-manipulation/card.toml");
    let before = fs::read_to_string(&card).unwrap();
    let refused = calibrate("generated-faces");
    assert!(refused.code == 1 && refused.stderr.contains("another question"), "{}", refused.stderr);
    assert_eq!(fs::read_to_string(&card).unwrap(), before);
    let done = calibrate("manipulated-faces");
    assert_eq!(done.code, 0, "{}", done.stderr);
    let after = fs::read_to_string(&card).unwrap();
    assert!(after.starts_with(before.trim_end()), "what it is worth alone stays");
    let card: toml::Table = after.parse().unwrap();
    let (own, together) = (&card["scoring"]["operating_points"], &card["together"]["scoring"]["operating_points"]);
    assert_eq!(card["together"]["with"].as_str(), Some("manipulated-faces"));
    let counts = |points: &toml::Value| ["n_real", "found"].map(|of| points["suspected"][of].as_integer().unwrap());
    assert_eq!(counts(together), [200, 200], "both together err nowhere");
    assert_ne!(counts(own), counts(together));
}

#[test]
fn dfdc_pairs_are_told_apart_as_in_the_reference() {
    let Some(data) = shared("data") else { return };
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    let list = data.join("dfdc.csv");
    let args = ["--crops", "--where", "split=val", "--where", "group=dfdc_part_12", "--group", "original"];
    let place = ["--stills", list.to_str().unwrap(), "--out", out.to_str().unwrap(), "--model", "manipulated-faces"];
    let ran = evaluate(&[&args[..], &place].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let m = metrics(&out);
    // All 450 pairs: 0.857 by the Python reference, 0.859 here; this is one part of four.
    let auc = m["overall"]["auc"]["value"].as_f64().unwrap();
    assert!((0.75..0.98).contains(&auc), "{auc}");
    assert_eq!(m["overall"]["failures"], 0);
    assert_eq!(m["overall"]["groups"], m["overall"]["n_real"], "one group a pair");
}
