//! What is kept comes back; what is found, listed and moved is the right thing.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod samples;

use std::path::{Path, PathBuf};

use analysis::TimelineFrame;
use base::{FrameIndex, Timestamp};
use library::{
    Basis, DATABASE_FILE, Durability, HeatMap, HitKind, Library, LibraryError, NewAnalysis, Refined, StampedFile,
    ThresholdFacts,
};
use samples::{analysis, explanation, failed, keep, keep_in};

const NOON: &str = "2026-01-01T12:00:00Z";

fn open(folder: &Path) -> Library {
    Library::open(folder, Durability::Full).unwrap()
}

#[test]
fn an_analysis_comes_back_whole_after_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let path = PathBuf::from("/evidence/a b ü.jpg");
    let document = analysis(&path, "ab");
    let threshold = ThresholdFacts { model: "m".into(), suspected: 0.9, no_indication: 0.1 };
    let basis = Basis { thresholds: vec![threshold], validations: vec![], cuts: vec![FrameIndex(7)] };
    let frames = vec![TimelineFrame { frame: FrameIndex(1), pts_us: Timestamp::from_micros(5), faces: vec![] }];
    let range = Refined { from: Timestamp::from_micros(0), to: Timestamp::from_micros(9), frames };
    let mut library = open(dir.path());
    let new = NewAnalysis {
        case: None,
        listed: true,
        path: &path,
        stamp: StampedFile { bytes: Some(3), modified_us: Some(4) },
        analysis: &document,
        basis: &basis,
        configuration: "one",
        at: NOON,
    };
    let id = library.record(&new).unwrap();
    library.set_note(id, "a note").unwrap();
    library.refine(id, &range).unwrap();
    library.keep_thumbnail(id, "poster", b"jpeg").unwrap();
    drop(library);

    let library = open(dir.path());
    let kept = library.analysis(id).unwrap();
    assert_eq!((kept.analysis, kept.basis, kept.note.as_str()), (document, basis, "a note"));
    assert_eq!(kept.refined, [range]);
    assert_eq!((kept.evidence.path, kept.evidence.sha256.as_deref()), (path, Some("ab")));
    assert_eq!((kept.summary.name.as_str(), kept.summary.analysed_at.as_str()), ("a b ü.jpg", NOON));
    assert_eq!(library.thumbnail(id, "poster").unwrap().as_deref(), Some(&b"jpeg"[..]));
    assert_eq!(library.thumbnail(id, "face/0").unwrap(), None);
}

#[cfg(unix)]
#[test]
fn a_path_that_is_not_unicode_survives() {
    use std::os::unix::ffi::OsStrExt;
    let dir = tempfile::tempdir().unwrap();
    let path = Path::new(std::ffi::OsStr::from_bytes(b"/evidence/caf\xe9.jpg"));
    let document = analysis(path, "ab");
    let mut library = open(dir.path());
    let new = NewAnalysis {
        case: None,
        listed: true,
        path,
        stamp: StampedFile::default(),
        analysis: &document,
        basis: &Basis::default(),
        configuration: "one",
        at: NOON,
    };
    let id = library.record(&new).unwrap();
    assert_eq!(library.evidence(id).unwrap().path, path);
    assert_eq!(library.analysis(id).unwrap().analysis, document);
}

#[test]
fn only_a_finished_analysis_of_the_same_content_and_configuration_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let mut library = open(dir.path());
    keep(&mut library, &failed(Path::new("a.jpg"), "ab"), 1);
    assert_eq!((library.may_have(3, "one").unwrap(), library.find("ab", "one").unwrap()), (false, None));
    let id = keep(&mut library, &analysis(Path::new("a.jpg"), "ab"), 2);
    assert_eq!(library.find("ab", "one").unwrap().map(|s| s.id), Some(id));
    assert!(library.may_have(3, "one").unwrap());
    for (bytes, sha256, configuration) in [(4, "cd", "one"), (3, "ab", "two")] {
        let (size, content) = (library.may_have(bytes, configuration), library.find(sha256, configuration));
        assert_eq!((size.unwrap(), content.unwrap()), (false, None));
    }
}

#[test]
fn the_newest_come_first_and_what_is_not_listed_is_not_shown() {
    let dir = tempfile::tempdir().unwrap();
    let mut library = open(dir.path());
    let ids = [5, 9, 7].map(|second| keep(&mut library, &analysis(Path::new("a.jpg"), "ab"), second));
    let recent = |library: &Library, most| library.recent(most).unwrap().into_iter().map(|s| s.id).collect::<Vec<_>>();
    assert_eq!(recent(&library, 10), [ids[1], ids[2], ids[0]]);
    assert_eq!(recent(&library, 1), [ids[1]]);
    let case = library.create_case("kept", NOON).unwrap().id;
    library.move_to_case(&ids[..1], Some(case), NOON).unwrap();
    library.forget_recent().unwrap();
    assert_eq!(recent(&library, 10), Vec::<i64>::new());
    assert_eq!(library.case(case).unwrap().analyses.len(), 1);
    library.forget_unlisted().unwrap();
    library.summary(ids[0]).expect("what is in a case stays");
    library.move_to_case(&ids[..1], None, NOON).unwrap();
    assert_eq!(recent(&library, 10), [ids[0]], "what leaves its case is listed again");
}

#[test]
fn cases_are_named_noted_filled_and_emptied() {
    let dir = tempfile::tempdir().unwrap();
    let mut library = open(dir.path());
    let first = library.create_case("First", "2026-01-01T00:00:00Z").unwrap();
    let second = library.create_case("Second", "2026-01-02T00:00:00Z").unwrap();
    let id = keep_in(&mut library, &analysis(Path::new("a.jpg"), "ab"), 3, Some(first.id));
    library.rename_case(first.id, "Another", "2026-01-03T00:00:00Z").unwrap();
    library.set_case_note(first.id, "note", "2026-01-04T00:00:00Z").unwrap();
    let case = library.case(first.id).unwrap();
    assert_eq!((case.summary.name.as_str(), case.note.as_str(), case.summary.files), ("Another", "note", 1));
    assert_eq!(library.cases().unwrap().iter().map(|c| c.id).collect::<Vec<_>>(), [first.id, second.id]);
    library.move_to_case(&[id], Some(second.id), NOON).unwrap();
    assert_eq!(library.case(first.id).unwrap().analyses, []);
    let nowhere = library.move_to_case(&[id, 99], None, NOON);
    assert!(matches!(nowhere, Err(LibraryError::NoSuch { what: "analysis", id: 99 })));
    assert_eq!(library.summary(id).unwrap().case, Some(second.id), "none moves when one cannot");
    let no_case = library.move_to_case(&[id], Some(99), NOON);
    assert!(no_case.is_err());
    assert!(matches!(library.rename_case(99, "x", NOON), Err(LibraryError::NoSuch { what: "case", .. })));
}

#[test]
fn search_finds_names_and_notes_by_the_beginnings_of_words() {
    let dir = tempfile::tempdir().unwrap();
    let mut library = open(dir.path());
    let case = library.create_case("Enquête Dupont", NOON).unwrap().id;
    let id = keep(&mut library, &analysis(Path::new("interview_2024 (cut).mp4"), "ab"), 1);
    library.set_note(id, "Received from the ministry").unwrap();
    let found = |library: &Library, text: &str| {
        library.search(text).unwrap().into_iter().map(|hit| (hit.kind, hit.id)).collect::<Vec<_>>()
    };
    assert_eq!(found(&library, "enquete dup"), [(HitKind::Case, case)]);
    for text in ["INTERVIEW", "2024", "minist", "interview_20", "cut interview"] {
        assert_eq!(found(&library, text), [(HitKind::Analysis, id)], "{text}");
    }
    for text in ["", "  ", "\"", "nothing", "* OR", "interview absent"] {
        assert_eq!(found(&library, text), [], "{text}");
    }
    library.set_note(id, "another").unwrap();
    assert_eq!(found(&library, "ministry"), [], "an old note is not found");
    library.rename_case(case, "Other", NOON).unwrap();
    assert_eq!(found(&library, "dupont"), []);
}

#[test]
fn a_library_moves_to_another_folder_and_leaves_nothing_behind() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut library = open(from.path());
    let id = keep(&mut library, &analysis(Path::new("a.jpg"), "ab"), 1);
    let moved = library.copy_to(&to.path().join("volume")).unwrap();
    library.erase().unwrap();
    assert_eq!(moved.summary(id).unwrap().name, "a.jpg");
    assert_eq!(moved.search("a.jpg").unwrap().len(), 1);
    assert_eq!(std::fs::read_dir(from.path()).unwrap().count(), 0);
    let again = moved.copy_to(moved.folder());
    assert!(matches!(again, Err(LibraryError::AlreadyThere { .. })));
}

#[test]
fn a_library_in_use_a_later_one_and_a_broken_one_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let library = open(dir.path());
    assert!(matches!(Library::open(dir.path(), Durability::Full), Err(LibraryError::InUse { .. })));
    drop(library);
    let raw = rusqlite::Connection::open(dir.path().join(DATABASE_FILE)).unwrap();
    raw.pragma_update(None, "user_version", 99).unwrap();
    drop(raw);
    assert!(matches!(Library::open(dir.path(), Durability::Full), Err(LibraryError::Newer { found: 99, .. })));
    let broken = tempfile::tempdir().unwrap();
    std::fs::write(broken.path().join(DATABASE_FILE), vec![7; 4096]).unwrap();
    assert!(matches!(Library::open(broken.path(), Durability::Full), Err(LibraryError::Database(_))));
    let file = broken.path().join("file");
    std::fs::write(&file, b"").unwrap();
    assert!(matches!(Library::open(&file, Durability::Full), Err(LibraryError::Folder { .. })));
}

#[test]
fn evidence_can_be_shown_somewhere_else() {
    let dir = tempfile::tempdir().unwrap();
    let mut library = open(dir.path());
    let id = keep(&mut library, &analysis(Path::new("/old/a.jpg"), "ab"), 1);
    library.set_evidence(id, Path::new("/new/a.jpg")).unwrap();
    assert_eq!(library.evidence(id).unwrap().path, Path::new("/new/a.jpg"));
    assert!(matches!(library.set_evidence(99, Path::new("x")), Err(LibraryError::NoSuch { .. })));
    assert!(matches!(library.evidence(99), Err(LibraryError::NoSuch { .. })));
}

#[test]
fn explanations_are_kept_with_their_maps_until_there_are_others() {
    let dir = tempfile::tempdir().unwrap();
    let mut library = open(dir.path());
    let id = keep(&mut library, &analysis(Path::new("a.jpg"), "ab"), 1);
    let map = |byte: u8| HeatMap { picture: vec![byte], overlay: vec![byte, byte] };
    library.explain(id, vec![(explanation("a"), None), (explanation("b"), Some(map(1)))]).unwrap();
    drop(library);
    let mut library = open(dir.path());
    let models =
        |library: &Library| library.document(id).unwrap().explanations.into_iter().map(|e| e.model).collect::<Vec<_>>();
    assert_eq!(models(&library), ["a", "b"]);
    let maps = |library: &Library| [0, 1, 2].map(|place| library.heat_map(id, place).unwrap());
    assert_eq!(maps(&library), [None, Some(map(1)), None]);
    library.explain(id, vec![(explanation("c"), Some(map(2)))]).unwrap();
    assert_eq!((models(&library), maps(&library)), (vec!["c".to_owned()], [Some(map(2)), None, None]));
    library.forget_analyses(&[id]).unwrap();
    assert_eq!(maps(&library), [None, None, None]);
    assert!(matches!(library.explain(id, vec![]), Err(LibraryError::NoSuch { .. })));
}

#[test]
fn a_library_of_the_first_form_is_brought_to_this_one() {
    let dir = tempfile::tempdir().unwrap();
    let raw = rusqlite::Connection::open(dir.path().join(DATABASE_FILE)).unwrap();
    raw.execute_batch(include_str!("../src/schema_1.sql")).unwrap();
    raw.execute_batch("INSERT INTO cases (name, created_at, updated_at) VALUES ('old', '', '')").unwrap();
    raw.pragma_update(None, "user_version", 1).unwrap();
    drop(raw);
    let mut library = open(dir.path());
    assert_eq!(library.cases().unwrap()[0].name, "old");
    let id = keep(&mut library, &analysis(Path::new("a.jpg"), "ab"), 1);
    library.explain(id, vec![(explanation("a"), None)]).unwrap();
}
