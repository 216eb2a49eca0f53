use super::*;
use analysis::{FileFacts, Model, Reason, Run, SCHEMA, Task, Verdict};
use std::io::Write;
use std::path::Path;

fn analysis() -> analysis::Analysis {
    analysis::Analysis {
        schema: SCHEMA.into(),
        file: FileFacts { sha256: Some("ab".repeat(32)), ..FileFacts::at(Path::new("a.jpg")) },
        verdict: Verdict::not_examined([Reason::NoFace]),
        people: vec![],
        timeline: vec![],
        models: vec![Model {
            id: "m".into(),
            task: Task::FaceManipulation,
            architecture: "x".into(),
            sha256: "cd".repeat(32),
            encoder_sha256: None,
        }],
        explanations: vec![],
        baseline: None,
        run: Run {
            app: "facefiction 0".into(),
            device: "cpu".into(),
            threads: 1,
            fps: None,
            started: "2026-01-01T00:00:00Z".into(),
            seconds: 0.0,
            warnings: vec![],
            controls: vec![],
        },
        error: None,
    }
}

fn manifest(analysis: &analysis::Analysis) -> Manifest {
    Manifest {
        schema: MANIFEST_SCHEMA.into(),
        made: "2026-01-01T00:00:00Z".into(),
        application: "facefiction 0".into(),
        application_sha256: None,
        evidence_name: Some("a.jpg".into()),
        evidence_bytes: Some(3),
        evidence_sha256: analysis.file.sha256.clone(),
        models: analysis.models.iter().map(ExpectedModel::from).collect(),
        tolerance: Tolerance { logit: 1e-3 },
        files: Default::default(),
        log_entries: 0,
        log_head: String::new(),
    }
}

fn package() -> Files {
    let analysis = analysis();
    let mut activity = Activity::default();
    for what in ["scanned", "checked", "packaged"] {
        activity.add("2026-01-01T00:00:00Z", what, "x\ny");
    }
    let files = Files::from([
        (REPORT.to_owned(), b"%PDF".to_vec()),
        (ANALYSIS.to_owned(), analysis.to_json_line().unwrap().into_bytes()),
        (CONFIGURATION.to_owned(), b"{}".to_vec()),
        ("exhibits/a.jpg".to_owned(), vec![1, 2, 3]),
    ]);
    seal(files, &activity, manifest(&analysis), &Key::generate().unwrap()).unwrap()
}

fn changed(file: &str) -> Problem {
    Problem::Changed { file: file.to_owned() }
}

#[test]
fn an_untouched_package_has_no_problem_anywhere() {
    let files = package();
    let checked = check(&files);
    assert_eq!(checked.problems, []);
    assert_eq!(checked.fingerprint.map(|f| f.len()), Some(39));
    assert!(checked.analysis.is_some());
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.zip");
    std::fs::write(&path, write_zip(&files).unwrap()).unwrap();
    assert_eq!(read_zip(&path).unwrap(), files);
    assert_eq!(write_zip(&files).unwrap(), write_zip(&files).unwrap());
}

/// The issue's own words: one flipped bit makes `verify` name exactly what changed.
#[test]
fn every_flipped_bit_is_named() {
    let whole = package();
    for (name, bytes) in &whole {
        for at in 0..bytes.len() {
            let mut files = whole.clone();
            files.get_mut(name).unwrap()[at] ^= 1 << (at % 8);
            let problems = check(&files).problems;
            let names = |p: &Problem| match p {
                Problem::Changed { file } | Problem::Unreadable { file } => file == name,
                Problem::LogBroken { .. } | Problem::LogCut => name == ACTIVITY,
                _ => false,
            };
            assert!(problems.iter().any(names), "{name} at {at}: {problems:?}");
            // Nothing that was not touched is accused, but for what a broken manifest says of others.
            if name != MANIFEST {
                let innocent = problems.iter().filter(|p| !names(p)).count();
                assert_eq!(innocent, 0, "{name} at {at}: {problems:?}");
            }
        }
    }
}

#[test]
fn files_taken_out_put_in_or_swapped_are_named() {
    let mut files = package();
    files.remove(REPORT);
    files.insert("exhibits/b.jpg".into(), vec![]);
    let added = Problem::Added { file: "exhibits/b.jpg".into() };
    assert_eq!(check(&files).problems, [Problem::Missing { file: REPORT.into() }, added]);
    for gone in [MANIFEST, SIGNATURE] {
        let mut files = package();
        files.remove(gone);
        assert_eq!(check(&files).problems, [Problem::Missing { file: gone.into() }]);
    }
    // Whoever seals the same again with another key is told by its fingerprint.
    let (mut files, other) = (package(), package());
    let own = check(&files).fingerprint;
    files.insert(SIGNATURE.into(), other[SIGNATURE].clone());
    assert_ne!(check(&files).fingerprint, own);
}

#[test]
fn a_log_that_was_shortened_or_reordered_is_told() {
    let whole = package();
    let lines: Vec<&str> = std::str::from_utf8(&whole[ACTIVITY]).unwrap().lines().collect();
    let with = |lines: &[&str]| {
        let mut files = whole.clone();
        files.insert(ACTIVITY.into(), lines.iter().map(|l| format!("{l}\n")).collect::<String>().into_bytes());
        check(&files).problems
    };
    assert_eq!(with(&lines), []);
    assert_eq!(with(&lines[..2]), [changed(ACTIVITY), Problem::LogCut]);
    assert_eq!(with(&[lines[1], lines[0], lines[2]]), [changed(ACTIVITY), Problem::LogBroken { entry: 1 }]);
    assert_eq!(with(&[lines[0], lines[2]]), [changed(ACTIVITY), Problem::LogBroken { entry: 2 }]);
}

#[test]
fn another_encoder_is_another_model() {
    let mut looked = analysis();
    looked.models[0].encoder_sha256 = Some("ef".repeat(32));
    let files = || Files::from([(ANALYSIS.to_owned(), looked.to_json_line().unwrap().into_bytes())]);
    let problems =
        |manifest| check(&seal(files(), &Activity::default(), manifest, &Key::generate().unwrap()).unwrap()).problems;
    assert_eq!(problems(manifest(&looked)), []);
    assert_eq!(problems(manifest(&analysis())), [Problem::Contradiction { what: "models" }]);
}

#[test]
fn a_manifest_about_something_else_contradicts_the_analysis() {
    let analysis = analysis();
    let files = Files::from([(ANALYSIS.to_owned(), analysis.to_json_line().unwrap().into_bytes())]);
    let other = Manifest { evidence_sha256: None, models: vec![], ..manifest(&analysis) };
    let sealed = seal(files, &Activity::default(), other, &Key::generate().unwrap()).unwrap();
    let contradiction = |what| Problem::Contradiction { what };
    assert_eq!(check(&sealed).problems, [contradiction("evidence"), contradiction("models")]);
}

#[test]
fn a_key_survives_its_file_and_no_other_text_is_one() {
    let key = Key::generate().unwrap();
    assert_eq!(Key::from_text(&key.to_text()).unwrap().fingerprint(), key.fingerprint());
    for bad in ["", "# only\n", "00", &"zz".repeat(32), &"é".repeat(32)] {
        assert!(Key::from_text(bad).is_err(), "{bad}");
    }
    assert!(!format!("{key:?}").contains(key.to_text().lines().last().unwrap()));
}

#[test]
fn hostile_archives_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let with = |name: &str| {
        let path = dir.path().join("hostile.zip");
        let mut zip = zip::ZipWriter::new(std::fs::File::create(&path).unwrap());
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(b"x").unwrap();
        zip.finish().unwrap();
        read_zip(&path)
    };
    assert!(with("exhibits/a.jpg").is_ok());
    for bad in ["../a", "a/../b", "/etc/a", "a/b/c", "a\\b", "C:/a", "./a"] {
        assert!(matches!(with(bad), Err(ShelfError::Hostile { .. })), "{bad}");
    }
    let path = dir.path().join("none.zip");
    std::fs::write(&path, b"no zip").unwrap();
    assert!(matches!(read_zip(&path), Err(ShelfError::Zip { .. })));
    let folder = dir.path().join("folder");
    std::fs::create_dir_all(folder.join("a/b")).unwrap();
    assert!(matches!(read_folder(&folder), Err(ShelfError::Hostile { .. })));
    #[cfg(unix)]
    {
        std::fs::remove_dir_all(&folder).unwrap();
        std::fs::create_dir(&folder).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", folder.join("report.pdf")).unwrap();
        assert!(matches!(read_folder(&folder), Err(ShelfError::Hostile { .. })));
    }
}

#[test]
fn a_bomb_is_refused_before_it_is_unpacked() {
    let mut budget = Vec::new();
    let small = Files::from([("a".to_owned(), vec![0; 10])]);
    budget.extend(write_zip(&small).unwrap());
    // The size in the central directory is raised above the bound.
    let dir = tempfile::tempdir().unwrap();
    let at = budget.windows(4).rposition(|w| w == b"PK\x01\x02").unwrap();
    budget[at + 24..at + 28].copy_from_slice(&(MAX_FILE_BYTES as u32 + 1).to_le_bytes());
    let path = dir.path().join("bomb.zip");
    std::fs::write(&path, budget).unwrap();
    assert!(read_zip(&path).is_err());
}

#[test]
fn a_zip_file_that_holds_more_than_the_package_is_refused() {
    let zip = write_zip(&package()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let read = |bytes: &[u8]| {
        let path = dir.path().join("p.zip");
        std::fs::write(&path, bytes).unwrap();
        read_zip(&path)
    };
    assert!(check(&read(&zip).unwrap()).problems.is_empty());
    let refused = |bytes: Vec<u8>, why: &str| {
        let error = read(&bytes).unwrap_err();
        assert!(matches!(&error, ShelfError::Zip { message, .. } if message.contains(why)), "{why}: {error}");
    };
    refused([b"junk\n".as_slice(), &zip].concat(), "does not begin with");
    refused([zip.as_slice(), b"junk\n"].concat(), "does not end with");
    refused([zip.as_slice(), &[0; 64]].concat(), "does not end with");
    // What looks like an end, behind the real one.
    refused([zip.as_slice(), b"PK\x05\x06", &[0; 18]].concat(), "");
    let end = zip.len() - 22;
    let mut commented = [zip.as_slice(), b"comment"].concat();
    commented[end + 20] = 7;
    refused(commented, "does not end with");
    // Bytes in front that the directory knows of: every place in it is as much larger.
    let before = 9_u32;
    let mut moved = [vec![7; before as usize], zip.clone()].concat();
    let at = |i: usize, bytes: &[u8]| u32::from_le_bytes(bytes[i..i + 4].try_into().unwrap());
    let start = at(end + 16, &zip) as usize;
    let entries: Vec<usize> = (start..end).filter(|i| zip[*i..].starts_with(b"PK\x01\x02")).map(|i| i + 42).collect();
    for place in entries.into_iter().chain([end + 16]) {
        let place = place + before as usize;
        let raised = at(place, &moved) + before;
        moved[place..place + 4].copy_from_slice(&raised.to_le_bytes());
    }
    refused(moved, "belong to none");
}

#[test]
fn an_empty_folder_is_named_and_that_of_the_pictures_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let mut files = package();
    files.remove("exhibits/a.jpg");
    let (out, draft) = (dir.path().join("p"), dir.path().join("draft"));
    write_folder(&out, &draft, &files).unwrap();
    let missing = Problem::Missing { file: "exhibits/a.jpg".into() };
    assert_eq!(check(&read(&out).unwrap()).problems, std::slice::from_ref(&missing));
    std::fs::create_dir(out.join("more")).unwrap();
    let added = Problem::Added { file: "more/".into() };
    assert_eq!(check(&read(&out).unwrap()).problems, [missing, added.clone()]);

    let path = dir.path().join("p.zip");
    let mut zip = zip::ZipWriter::new(std::fs::File::create(&path).unwrap());
    let options = zip::write::SimpleFileOptions::default();
    zip.add_directory("exhibits", options).unwrap();
    for (name, bytes) in &package() {
        zip.start_file(name.as_str(), options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.add_directory("more", options).unwrap();
    zip.finish().unwrap();
    assert_eq!(check(&read(&path).unwrap()).problems, [added]);
}

/// Whoever seals a package says how far a second run may differ: never further than the program itself allows.
#[test]
fn a_wider_tolerance_than_the_programs_own_is_named_and_not_used() {
    let sealed = |device: &str, logit: f64| {
        let mut analysis = analysis();
        analysis.run.device = device.into();
        let files = Files::from([(ANALYSIS.to_owned(), analysis.to_json_line().unwrap().into_bytes())]);
        let manifest = Manifest { tolerance: Tolerance { logit }, ..manifest(&analysis) };
        let allowed = manifest.tolerance_for(device);
        let sealed = seal(files, &Activity::default(), manifest, &Key::generate().unwrap()).unwrap();
        (check(&sealed).problems, allowed)
    };
    assert_eq!(sealed("cpu", 1e-3), (vec![], 1e-3));
    assert_eq!(sealed("cpu", 1e-6), (vec![], 1e-6));
    assert_eq!(sealed("cuda", 5e-3), (vec![], 5e-3));
    let named = |asked: &str| vec![Problem::Tolerance { asked: asked.into() }];
    assert_eq!(sealed("cpu", 5e-3), (named("0.005"), 1e-3));
    assert_eq!(sealed("cuda", 40.0), (named("40"), 5e-3));
    assert!(!named("40")[0].is_change() && changed(REPORT).is_change());
}
