use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;

use analysis::{ErrorCode, VerdictCode};
use base::Stage;

use super::*;
use crate::fakes::{pipeline, save_picture};
use crate::list::list;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn items(&self, names: &[&str]) -> Vec<Item> {
        list(&names.iter().map(|n| self.path(n)).collect::<Vec<_>>(), &Ctx::silent()).unwrap()
    }
}

fn run(batch: Batch<'_>, items: &[Item]) -> Vec<Finished> {
    let mut all = Vec::new();
    batch.run(items, &CancelToken::default(), &|_, _| {}, &mut |f| all.push(f)).unwrap();
    all
}

fn names(finished: &[Finished]) -> Vec<&str> {
    finished.iter().map(|f| f.analysis.file.path.rsplit('/').next().unwrap()).collect()
}

#[test]
fn one_bad_item_does_not_disturb_the_others() {
    let folder = Folder::new();
    save_picture(&folder.path("a.png"), 1, 200);
    fs::write(folder.path("b.png"), b"not a picture").unwrap();
    save_picture(&folder.path("c.png"), 255, 0); // the finder panics on this one
    save_picture(&folder.path("d.png"), 0, 0);
    let items = folder.items(&["a.png", "b.png", "gone.png", "c.png", "d.png"]);
    for threads in [1, 3] {
        let pipeline = pipeline(threads);
        let all = run(Batch { pipeline: &pipeline, store: None, resume: Resume::Off }, &items);
        assert_eq!(names(&all), ["a.png", "b.png", "gone.png", "c.png", "d.png"]);
        let codes: Vec<_> = all.iter().map(|f| f.analysis.error.as_ref().map(|e| e.code)).collect();
        let expected = [None, Some(ErrorCode::Unsupported), Some(ErrorCode::NotFound), Some(ErrorCode::Internal), None];
        assert_eq!(codes, expected);
        assert!(all[3].analysis.error.as_ref().unwrap().message.contains("the finder broke"));
        assert_ne!(all[0].analysis.verdict.code, VerdictCode::NotExamined);
        assert_eq!((all[4].analysis.verdict.code, all[4].analysis.verdict.score), (VerdictCode::NotExamined, None));
        assert_eq!(all[1].analysis.file.sha256.as_ref().map(String::len), Some(64), "a bad file is identified too");
    }
}

#[test]
fn results_come_in_the_order_of_the_list_whoever_is_first() {
    let folder = Folder::new();
    let all: Vec<String> = (0..9).map(|n| format!("{n}.png")).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    for name in &all {
        save_picture(&folder.path(name), 1, 0);
    }
    let (items, pipeline) = (folder.items(&all), pipeline(3));
    let slow_first = |_: usize, path: &Path, pipeline: &Pipeline, ctx: &Ctx| {
        if path.ends_with("0.png") {
            thread::sleep(std::time::Duration::from_millis(50));
        }
        scan_item(path, pipeline, ctx)
    };
    let mut finished = Vec::new();
    let batch = Batch { pipeline: &pipeline, store: None, resume: Resume::Off };
    batch.run_with(&items, &CancelToken::default(), &|_, _| {}, &mut |f| finished.push(f), &slow_first).unwrap();
    assert_eq!(names(&finished), all);
    assert_eq!(finished.iter().map(|f| f.index).collect::<Vec<_>>(), (0..9).collect::<Vec<_>>());
}

#[test]
fn resuming_takes_what_is_there_and_examines_the_rest() {
    let folder = Folder::new();
    save_picture(&folder.path("a.png"), 1, 10);
    save_picture(&folder.path("b.png"), 1, 20);
    let pipeline = pipeline(1);
    let store = Store::open(&folder.path("analyses"), pipeline.configuration()).unwrap();
    let batch = |resume| Batch { pipeline: &pipeline, store: Some(&store), resume };
    let first = run(batch(Resume::Off), &folder.items(&["a.png"]));
    fs::copy(folder.path("a.png"), folder.path("copy.png")).unwrap();
    fs::write(folder.path("bad.png"), b"x").unwrap();
    let items = folder.items(&["a.png", "b.png", "copy.png", "bad.png"]);
    let second = run(batch(Resume::On), &items);
    let origins = |all: &[Finished]| all.iter().map(|f| f.origin).collect::<Vec<_>>();
    assert_eq!(origins(&second), [Origin::Stored, Origin::Examined, Origin::Stored, Origin::Examined]);
    assert_eq!(second[0].analysis, first[0].analysis);
    assert_eq!(names(&second), ["a.png", "b.png", "copy.png", "bad.png"]);
    let third = run(batch(Resume::On), &items);
    assert_eq!(origins(&third)[..3], [Origin::Stored; 3]);
    assert_eq!(third[3].origin, Origin::Examined, "what failed is tried again");
    assert_eq!(origins(&run(batch(Resume::Off), &items)), [Origin::Examined; 4]);
}

#[test]
fn cancelling_hands_over_what_was_finished_and_nothing_else() {
    let folder = Folder::new();
    for name in ["a.png", "b.png", "c.png"] {
        save_picture(&folder.path(name), 1, 0);
    }
    let (items, pipeline, cancel) = (folder.items(&["a.png", "b.png", "c.png"]), pipeline(1), CancelToken::default());
    let mut finished = Vec::new();
    let on_progress = |index: usize, progress: Progress| {
        if index == 1 && progress.stage == Stage::Analysing {
            cancel.cancel();
        }
    };
    let batch = Batch { pipeline: &pipeline, store: None, resume: Resume::Off };
    let ended = batch.run(&items, &cancel, &on_progress, &mut |f| finished.push(f));
    assert_eq!((ended, names(&finished)), (Err(Cancelled), vec!["a.png"]));
}

#[test]
fn cancelling_at_each_stage_of_an_item_leaves_no_result() {
    let folder = Folder::new();
    save_picture(&folder.path("a.png"), 1, 0);
    let (items, pipeline) = (folder.items(&["a.png"]), pipeline(2));
    let store = Store::open(&folder.path("analyses"), "c").unwrap();
    let stages = Mutex::new(Vec::new());
    let batch = Batch { pipeline: &pipeline, store: Some(&store), resume: Resume::On };
    batch.run(&items, &CancelToken::default(), &|_, p| stages.lock().unwrap().push(p.stage), &mut |_| {}).unwrap();
    let mut stages = stages.into_inner().unwrap();
    stages.dedup();
    assert_eq!(stages, [Stage::Hashing, Stage::Probing, Stage::Analysing, Stage::Aggregating]);
    fs::remove_dir_all(folder.path("analyses")).unwrap();
    let store = Store::open(&folder.path("analyses"), "c").unwrap();
    for stage in stages {
        let cancel = CancelToken::default();
        let on_progress = |_: usize, p: Progress| {
            if p.stage == stage {
                cancel.cancel();
            }
        };
        let batch = Batch { pipeline: &pipeline, store: Some(&store), resume: Resume::On };
        let ended = batch.run(&items, &cancel, &on_progress, &mut |f| panic!("{stage:?}: {:?}", f.analysis));
        assert_eq!(ended, Err(Cancelled), "{stage:?}");
        assert_eq!(fs::read_dir(folder.path("analyses")).unwrap().count(), 0, "{stage:?}");
    }
}
