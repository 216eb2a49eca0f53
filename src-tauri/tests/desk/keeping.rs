//! What is kept: the file as it was, pictures, results for other programs, the library and the choices.

use std::path::Path;

use desktop::desk::Desk;
use desktop::error::ErrorCode;
use desktop::folders::Folders;
use desktop::ipc::{ExportFormat, Integrity, SamplingChoice};
use desktop::{evidence, export};

use crate::session::{analysis_of, repository, sample, session, to_the_end};

#[test]
fn no_picture_of_another_file_is_kept_with_an_analysis() {
    let session = session();
    let path = session.data.path().join("a.jpg");
    std::fs::copy(sample("coffee.jpg"), &path).unwrap();
    let analysis = analysis_of(&session.examine(&path).1);
    let poster = || session.picture(&format!("analysis/{analysis}/poster"));
    std::fs::copy(sample("hopper.jpg"), &path).unwrap();
    assert_eq!(poster().unwrap_err(), ErrorCode::NotFound);
    let kept = || session.desk.with_library(|library| library.thumbnail(analysis, "poster")).unwrap();
    assert_eq!(kept(), None);
    std::fs::copy(sample("coffee.jpg"), &path).unwrap();
    assert_eq!(poster().unwrap().width(), 160);
    assert!(kept().is_some());
}

#[test]
fn evidence_that_changed_or_moved_is_noticed() {
    let session = session();
    let path = session.data.path().join("a.jpg");
    std::fs::copy(sample("coffee.jpg"), &path).unwrap();
    let analysis = analysis_of(&session.examine(&path).1);
    let check = || evidence::check(&session.desk, analysis).unwrap();
    assert_eq!(
        (evidence::glance(&session.desk, analysis).unwrap(), check()),
        (Integrity::Checking, Integrity::Unchanged)
    );
    let moved = session.data.path().join("b.jpg");
    std::fs::rename(&path, &moved).unwrap();
    assert_eq!((evidence::glance(&session.desk, analysis).unwrap(), check()), (Integrity::Missing, Integrity::Missing));
    let other = evidence::relocate(&session.desk, analysis, &sample("hopper.jpg")).unwrap();
    assert_eq!((other, check()), (Integrity::Changed, Integrity::Missing), "another file is not taken over");
    assert_eq!(evidence::relocate(&session.desk, analysis, &moved).unwrap(), Integrity::Unchanged);
    assert_eq!(check(), Integrity::Unchanged);
    let mut bytes = std::fs::read(&moved).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&moved, bytes).unwrap();
    assert_eq!(check(), Integrity::Changed);
}

#[test]
fn results_are_exported_whole() {
    let session = session();
    let ids = session.enqueue(&[sample("coffee.jpg"), sample("hopper.jpg")]);
    for id in &ids {
        analysis_of(&to_the_end(&session.watch(*id)));
    }
    let path = session.data.path().join("results");
    export::write(&session.desk, ExportFormat::Jsonl, &[], &path).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    let documents: Vec<_> = text.lines().map(|line| scan::analysis::Analysis::from_json(line).unwrap()).collect();
    assert_eq!(documents.len(), 2);
    assert!(documents[0].file.path.ends_with("coffee.jpg"));
    export::write(&session.desk, ExportFormat::Csv, &ids[1..], &path).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("path,") && text.contains("hopper.jpg") && !text.contains("coffee.jpg"));
    let nowhere = export::write(&session.desk, ExportFormat::Csv, &[], Path::new("/absent/x")).unwrap_err();
    assert_eq!(nowhere.code, ErrorCode::Storage);
}

#[test]
fn with_the_history_off_nothing_outlives_the_program_outside_of_cases() {
    let session = session();
    let mut settings = session.desk.choices().settings;
    settings.history = false;
    session.desk.save_settings(settings).unwrap();
    let passing = analysis_of(&session.examine(&sample("coffee.jpg")).1);
    let kept = analysis_of(&session.examine(&sample("hopper.jpg")).1);
    assert_eq!(session.desk.with_library(|library| library.recent(9)).unwrap(), []);
    let at = "2026-01-01T00:00:00Z";
    session
        .desk
        .with_library(|library| {
            let case = library.create_case("kept", at)?.id;
            library.move_to_case(&[kept], Some(case), at)
        })
        .unwrap();
    session.view(passing);
    session.desk.close();
    let left =
        session.desk.with_library(|library| Ok((library.summary(passing).is_err(), library.summary(kept).is_ok())));
    assert_eq!(left.unwrap(), (true, true));
}

#[test]
fn the_library_moves_and_a_volume_that_is_gone_is_said() {
    let session = session();
    let analysis = analysis_of(&session.examine(&sample("coffee.jpg")).1);
    let volume = session.data.path().join("volume");
    session.desk.move_library(&volume).unwrap();
    session.view(analysis);
    let info = session.desk.info();
    assert!(info.library_folder.starts_with(volume.to_str().unwrap()) && info.problem.is_none());
    assert_eq!(session.desk.choices().library_folder, Some(volume.join("FaceFiction")));
    let folders = Folders {
        config: session.data.path().join("config"),
        data: session.data.path().join("data"),
        models: repository().join("models"),
        key: session.data.path().join("seal.key"),
    };
    session.desk.close();
    std::fs::rename(&volume, session.data.path().join("unplugged")).unwrap();
    let again = Desk::open(folders, Box::new(|_| {}));
    assert_eq!(again.info().problem.map(|problem| problem.code), Some(ErrorCode::Storage));
    assert!(!volume.exists(), "it is not made again in the wrong place");
    again.close();
}

#[test]
fn choices_that_make_no_sense_are_refused() {
    let session = session();
    let before = session.desk.choices();
    for fps in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let settings =
            desktop::ipc::Settings { sampling: SamplingChoice::PerSecond { fps }, ..before.settings.clone() };
        assert_eq!(session.desk.save_settings(settings).unwrap_err().code, ErrorCode::Invalid);
    }
    let none = desktop::ipc::Settings { threads: Some(0), ..before.settings.clone() };
    assert_eq!(session.desk.save_settings(none).unwrap_err().code, ErrorCode::Invalid);
    assert_eq!(session.desk.choices(), before);
}
