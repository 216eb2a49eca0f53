//! Reports, packages, their check and the known-real baseline, as a user has them.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test program fails by panicking"
)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use support::{facefiction, repository, run, sample};

/// One still, analysed with explanations and a report; the folder of results and its analysis.
fn analysed(out: &Path) -> (PathBuf, PathBuf) {
    let file = out.join("side \"by\" side, 日本 شاهد.jpg");
    fs::copy(sample("side-by-side.jpg"), &file).unwrap();
    let results = out.join("results");
    let args = ["scan", "--device", "cpu", "--format", "json", "--explain", "--report", "--out"];
    let ran = run(facefiction(args).arg(&results).arg(&file));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let json = one(&results.join("analyses"), "json");
    assert!(fs::read(one(&results.join("analyses"), "pdf")).unwrap().starts_with(b"%PDF-1.7"));
    (file, json)
}

fn one(folder: &Path, ending: &str) -> PathBuf {
    let all = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
    let mut found: Vec<PathBuf> = all.filter(|p| p.extension().is_some_and(|e| e == ending)).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    found.pop().unwrap()
}

#[test]
fn a_report_is_an_accessible_archive_and_never_replaces_anything() {
    let dir = tempfile::tempdir().unwrap();
    let (file, json) = analysed(dir.path());
    let before = fs::read(&file).unwrap();
    let pdf = dir.path().join("a report.pdf");
    let report = |extra: &[&str]| run(facefiction(["report"]).arg(&json).arg("--out").arg(&pdf).args(extra));
    let made = report(&["--lang", "fr"]);
    assert_eq!((made.code, made.stdout.as_str()), (0, ""), "{}", made.stderr);
    let bytes = fs::read(&pdf).unwrap();
    let has = |what: &str| bytes.windows(what.len()).any(|w| w == what.as_bytes());
    for mark in ["<pdfaid:part>2</pdfaid:part>", "<pdfaid:conformance>A</pdfaid:conformance>", "<pdfuaid:part>1"] {
        assert!(has(mark), "{mark}");
    }
    assert!(has("/Lang") && has("/StructTreeRoot") && has("/MarkInfo"));
    let again = report(&[]);
    assert_eq!(again.code, 2);
    assert!(again.stderr.contains("not replaced"), "{}", again.stderr);
    assert_eq!((fs::read(&pdf).unwrap(), fs::read(&file).unwrap()), (bytes, before));
}

#[test]
fn a_missing_or_changed_file_gives_a_report_without_pictures_that_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let (file, json) = analysed(dir.path());
    let size = |name: &str, extra: &[&str]| {
        let pdf = dir.path().join(name);
        let ran = run(facefiction(["report"]).arg(&json).arg("--out").arg(&pdf).args(extra));
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        (fs::metadata(pdf).unwrap().len(), ran.stderr)
    };
    let (whole, said) = size("whole.pdf", &[]);
    assert_eq!(said, "");
    let (redacted, _) = size("redacted.pdf", &["--redact"]);
    assert!(redacted < whole);
    let (summary, _) = size("summary.pdf", &["--summary"]);
    assert!(summary < whole);
    let mut bytes = fs::read(&file).unwrap();
    bytes.push(0);
    fs::write(&file, bytes).unwrap();
    let (changed, said) = size("changed.pdf", &[]);
    assert!(changed < whole && said.contains("not the one that was examined"), "{said}");
    fs::remove_file(&file).unwrap();
    let (_, said) = size("absent.pdf", &[]);
    assert!(said.contains("not found"), "{said}");
}

#[test]
fn wrong_usage_is_told_and_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("x.pdf");
    let dossier = dir.path().join("case.toml");
    fs::write(&dossier, "cases = 1").unwrap();
    fs::write(dir.path().join("no.json"), "{}").unwrap();
    for args in [vec!["absent.json"], vec!["no.json"]] {
        let ran = run(facefiction(["report"]).args(args).arg("--out").arg(&out).current_dir(dir.path()));
        assert_eq!(ran.code, 2, "{}", ran.stderr);
    }
    let few = run(
        facefiction(["scan", "--device", "cpu", "--baseline", "a", "b", "--quiet", "--"]).arg(sample("hopper.jpg"))
    );
    assert_eq!(few.code, 2, "{}", few.stderr);
    assert!(!out.exists());
    assert_eq!(run(&mut facefiction(["verify", "absent.zip"])).code, 2);
}

/// The seal, its key and what one flipped bit does, through the program.
#[test]
fn a_package_verifies_on_another_account_and_every_change_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let (file, json) = analysed(dir.path());
    let home = dir.path().join("home");
    for out in ["p.zip", "p"] {
        let ran = run(facefiction(["package"])
            .arg(&json)
            .arg("--out")
            .arg(dir.path().join(out))
            .env("XDG_DATA_HOME", &home)
            .env("HOME", &home));
        assert_eq!(ran.code, 0, "{}", ran.stderr);
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let key = home.join("facefiction/seal.key");
        if key.exists() {
            assert_eq!(fs::metadata(key).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
    let verify = |package: &str, extra: &[&str]| {
        let nobody = dir.path().join("nobody");
        let mut command = facefiction(["verify"]);
        command.arg(dir.path().join(package)).args(extra).env("HOME", &nobody).env_remove("XDG_DATA_HOME");
        run(&mut command)
    };
    // The file lies beside the package, so it is examined again.
    let whole = verify("p.zip", &[]);
    assert_eq!(whole.code, 0, "{} {}", whole.stdout, whole.stderr);
    assert!(whole.stdout.contains("as it was sealed") && whole.stdout.contains("same verdict"), "{}", whole.stdout);
    assert_eq!(verify("p", &["--lang", "fr"]).code, 0);
    let exhibit = fs::read_dir(dir.path().join("p/exhibits")).unwrap().next().unwrap().unwrap().file_name();
    let exhibit = format!("exhibits/{}", exhibit.to_str().unwrap());
    for name in ["report.pdf", &exhibit, "activity.jsonl", "manifest.json", "signature.json", "configuration.json"] {
        let path = dir.path().join("p").join(name);
        let bytes = fs::read(&path).unwrap();
        let mut flipped = bytes.clone();
        let at = flipped.len() / 2;
        flipped[at] ^= 1;
        fs::write(&path, flipped).unwrap();
        let ran = verify("p", &[]);
        assert_eq!(ran.code, 1, "{name}: {}", ran.stdout);
        assert!(ran.stdout.lines().any(|l| l.starts_with("- ") && l.contains(name)), "{name}: {}", ran.stdout);
        fs::write(&path, bytes).unwrap();
    }
    // A model with one other bit.
    let models = dir.path().join("models");
    copy_models(&models);
    let weights = models.join("manipulated-faces/weights.safetensors");
    let mut bytes = fs::read(&weights).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&weights, bytes).unwrap();
    let ran = verify("p.zip", &["--models", models.to_str().unwrap()]);
    assert!(ran.code == 1 && ran.stdout.contains("- the weights of manipulated-faces"), "{}", ran.stdout);
    // The evidence with one other bit, then gone.
    let mut bytes = fs::read(&file).unwrap();
    bytes[1000] ^= 1;
    fs::write(&file, bytes).unwrap();
    let ran = verify("p.zip", &[]);
    assert!(ran.code == 1 && ran.stdout.contains("not the one that was examined"), "{}", ran.stdout);
    fs::remove_file(&file).unwrap();
    let ran = verify("p.zip", &[]);
    assert!(ran.code == 0 && ran.stdout.contains("not at hand"), "{}", ran.stdout);
}

fn copy_models(to: &Path) {
    for entry in fs::read_dir(repository().join("models")).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_dir()) {
        let folder = to.join(entry.file_name().unwrap());
        fs::create_dir_all(&folder).unwrap();
        for file in fs::read_dir(&entry).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_file()) {
            fs::copy(&file, folder.join(file.file_name().unwrap())).unwrap();
        }
    }
}

#[test]
fn a_baseline_ranks_people_and_changes_no_verdict() {
    let dir = tempfile::tempdir().unwrap();
    let scan = |extra: &[PathBuf]| -> Value {
        let mut command = facefiction(["scan", "--device", "cpu", "--format", "json"]);
        command.arg(sample("generated-a.jpg"));
        if !extra.is_empty() {
            command.arg("--baseline").args(extra);
        }
        let ran = run(&mut command);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        ran.items().remove(0)
    };
    let plain = scan(&[]);
    // Three files with other bytes of the same picture stand for three clips.
    let clips: Vec<PathBuf> = (0..3)
        .map(|i| {
            let path = dir.path().join(format!("{i}.jpg"));
            let bytes = fs::read(sample(if i == 0 { "collins.jpg" } else { "hopper.jpg" })).unwrap();
            fs::write(&path, [bytes, vec![0; i]].concat()).unwrap();
            path
        })
        .collect();
    let ranked = scan(&clips);
    assert!(plain.get("baseline").is_none());
    let ranks = ranked["baseline"]["ranks"].as_array().unwrap();
    assert_eq!(ranked["baseline"]["clips"].as_array().unwrap().len(), 3);
    assert!(!ranks.is_empty() && ranks.iter().all(|r| r["n"] == 3 && r["reached"] == 0), "{ranks:?}");
    for field in ["verdict", "people", "timeline"] {
        assert_eq!(plain[field], ranked[field], "{field}");
    }
}
