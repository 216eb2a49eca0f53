//! What was forgotten is in none of the files any more, byte by byte.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod samples;

use std::path::Path;

use library::{Durability, HeatMap, Library};
use samples::{analysis, explanation, keep, keep_in};

/// In lower case: the index of words stores it so.
const PLANTED: &str = "quibbleworth";

fn occurs(folder: &Path) -> bool {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| std::fs::read(entry.unwrap().path()).unwrap());
    let read: Vec<Vec<u8>> = files.collect();
    assert!(!read.is_empty());
    let planted = PLANTED.as_bytes();
    read.iter().any(|bytes| bytes.windows(planted.len()).any(|window| window.eq_ignore_ascii_case(planted)))
}

/// Enough of the planted word, and of others around it, to fill pages of every table.
fn plant(library: &mut Library) -> (i64, Vec<i64>) {
    let case = library.create_case(&format!("{PLANTED} affair"), "2026-01-01T00:00:00Z").unwrap().id;
    library.set_case_note(case, &format!("note on {PLANTED}"), "2026-01-01T00:00:00Z").unwrap();
    let ids = (0..40).map(|n| {
        let path = format!("/evidence/{PLANTED}-{n}.jpg");
        let id = keep_in(library, &analysis(Path::new(&path), "ab"), n, Some(case));
        library.set_note(id, &format!("{PLANTED} {}", "and more ".repeat(50))).unwrap();
        library.set_note(id, &format!("changed {PLANTED}")).unwrap();
        let jpeg = [PLANTED.as_bytes(); 20].concat();
        library.keep_thumbnail(id, "poster", &jpeg).unwrap();
        let map = HeatMap { picture: jpeg.clone(), overlay: jpeg };
        library.explain(id, vec![(explanation(PLANTED), Some(map))]).unwrap();
        id
    });
    (case, ids.collect())
}

fn library_with_something_else(folder: &Path) -> (Library, i64) {
    let mut library = Library::open(folder, Durability::Full).unwrap();
    let id = keep(&mut library, &analysis(Path::new("other.jpg"), "cd"), 1);
    (library, id)
}

/// What else is there outlives every forgetting but the last.
fn check(forget: impl FnOnce(&mut Library, i64, &[i64])) {
    let dir = tempfile::tempdir().unwrap();
    let (mut library, other) = library_with_something_else(dir.path());
    let (case, ids) = plant(&mut library);
    assert!(occurs(dir.path()), "the word must be in the files for this test to mean anything");
    forget(&mut library, case, &ids);
    assert!(!occurs(dir.path()), "while the library is open");
    library.summary(other).unwrap();
    assert_eq!(library.search("other").unwrap().len(), 1);
    assert_eq!(library.search(PLANTED).unwrap(), []);
    drop(library);
    assert!(!occurs(dir.path()), "after it was closed");
}

#[test]
fn a_case_is_forgotten_with_all_it_holds() {
    check(|library, case, _| library.forget_case(case).unwrap());
}

#[test]
fn analyses_are_forgotten_one_by_one() {
    check(|library, case, ids| {
        library.rename_case(case, "plain", "2026-01-02T00:00:00Z").unwrap();
        library.set_case_note(case, "", "2026-01-02T00:00:00Z").unwrap();
        for &id in ids {
            library.forget_analyses(&[id]).unwrap();
        }
        assert_eq!(library.case(case).unwrap().analyses, []);
    });
}

#[test]
fn recent_ones_are_forgotten_and_what_is_in_a_case_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let (mut library, other) = library_with_something_else(dir.path());
    let (case, ids) = plant(&mut library);
    library.move_to_case(&[other], Some(case), "2026-01-01T00:00:00Z").unwrap();
    library.rename_case(case, "plain", "2026-01-02T00:00:00Z").unwrap();
    library.set_case_note(case, "", "2026-01-02T00:00:00Z").unwrap();
    library.move_to_case(&ids, None, "2026-01-02T00:00:00Z").unwrap();
    assert!(occurs(dir.path()));
    library.forget_recent().unwrap();
    assert!(!occurs(dir.path()));
    library.summary(other).unwrap();
}

#[test]
fn everything_is_forgotten() {
    let dir = tempfile::tempdir().unwrap();
    let (mut library, other) = library_with_something_else(dir.path());
    plant(&mut library);
    assert!(occurs(dir.path()));
    library.forget_everything().unwrap();
    assert!(!occurs(dir.path()));
    assert!(library.summary(other).is_err() && library.cases().unwrap().is_empty());
    keep(&mut library, &analysis(Path::new("new.jpg"), "ef"), 1);
    assert_eq!(library.search("new").unwrap().len(), 1, "it can be used afterwards");
}
