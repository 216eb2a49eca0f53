//! The desk with real files, models and decoders; no window.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use desktop::desk::{Desk, Notice};
use desktop::error::ErrorCode;
use desktop::export;
use desktop::folders::Folders;
use desktop::frames::{Address, Frames};
use desktop::handover;
use desktop::ipc::{
    AnalysisView, EvidenceFound, ExportFormat, FramePoint, Integrity, JobEvent, ModelMatch, PackageEvidence,
    PackageForm, PackageProblem, QueueEvent, QueueRow, QueueState, ReportExtent, ReportOptions, ReportRedaction, Rerun,
    SamplingChoice, SystemLanguage,
};
use desktop::queue::Work;
use desktop::{evidence, settings::Choices};
use scan::analysis::MediaKind;
use scan::base::{CancelToken, Ctx, Stage, Timestamp};

/// Far longer than anything here takes; a test that hangs ends.
const PATIENCE: Duration = Duration::from_secs(120);

struct Session {
    desk: Arc<Desk>,
    notices: Receiver<Notice>,
    data: tempfile::TempDir,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.desk.close();
    }
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn sample(name: &str) -> PathBuf {
    repository().join("assets/samples").join(name)
}

/// One detector and few frames: the tests are about the desk.
fn session() -> Session {
    let data = tempfile::tempdir().unwrap();
    let config = data.path().join("config");
    let mut choices = Choices::default();
    choices.settings.detectors = vec!["manipulated-faces".into()];
    choices.settings.sampling = SamplingChoice::PerSecond { fps: 5.0 };
    choices.save(&config).unwrap();
    open(data)
}

fn open(data: tempfile::TempDir) -> Session {
    let folders = Folders {
        config: data.path().join("config"),
        data: data.path().join("data"),
        models: repository().join("models"),
        key: data.path().join("seal.key"),
    };
    let (sender, notices) = channel();
    let sender = Mutex::new(sender);
    let desk = Desk::open(folders, Box::new(move |notice| drop(sender.lock().unwrap().send(notice))));
    Session { desk, notices, data }
}

impl Session {
    fn enqueue(&self, paths: &[PathBuf]) -> Vec<u32> {
        self.enqueue_for(paths, None)
    }

    fn enqueue_for(&self, paths: &[PathBuf], case: Option<i64>) -> Vec<u32> {
        let selection = self.desk.select(paths);
        self.desk.queue.add(self.desk.selections.take(selection.id).unwrap(), case)
    }

    fn watch(&self, id: u32) -> Receiver<JobEvent> {
        let (sender, events) = channel();
        self.desk.queue.job(id).unwrap().watch(Box::new(move |event| sender.send(event).is_ok()));
        events
    }

    fn rows(&self) -> Vec<QueueRow> {
        let (sender, events) = channel();
        self.desk.queue.watch(Box::new(move |event| sender.send(event).is_ok()));
        let QueueEvent::Snapshot { rows, .. } = events.recv_timeout(PATIENCE).unwrap() else { panic!("no snapshot") };
        rows
    }

    fn row(&self, id: u32) -> QueueRow {
        self.rows().into_iter().find(|row| row.id == id).unwrap()
    }

    /// Every event to the end.
    fn examine(&self, path: &Path) -> (u32, Vec<JobEvent>) {
        let id = self.enqueue(&[path.to_owned()])[0];
        (id, to_the_end(&self.watch(id)))
    }

    fn view(&self, id: i64) -> AnalysisView {
        AnalysisView::new(
            self.desk.with_library(|library| library.analysis(id)).unwrap(),
            Integrity::Checking,
            Vec::new(),
        )
    }

    fn picture(&self, address: &str) -> Result<image::RgbImage, ErrorCode> {
        let (sender, answer) = channel();
        let answered = Box::new(move |jpeg| drop(sender.send(jpeg)));
        Frames::serve(&self.desk, Address::parse(address).unwrap(), answered);
        let jpeg = answer.recv_timeout(PATIENCE).unwrap().map_err(|error| error.code)?;
        Ok(image::load_from_memory(&jpeg).unwrap().into_rgb8())
    }
}

fn to_the_end(events: &Receiver<JobEvent>) -> Vec<JobEvent> {
    let mut seen = Vec::new();
    loop {
        let event = events.recv_timeout(PATIENCE).expect("an examination comes to an end");
        let last = matches!(event, JobEvent::Finished { .. } | JobEvent::Cancelled | JobEvent::Failed { .. });
        seen.push(event);
        if last {
            return seen;
        }
    }
}

fn analysis_of(events: &[JobEvent]) -> i64 {
    match events.last() {
        Some(JobEvent::Finished { analysis }) => *analysis,
        other => panic!("not finished: {other:?}"),
    }
}

fn frames_of(events: &[JobEvent]) -> Vec<FramePoint> {
    let frames = events.iter().filter_map(|event| match event {
        JobEvent::Frames { frames } => Some(frames.clone()),
        _ => None,
    });
    frames.flatten().collect()
}

#[test]
fn a_video_is_told_while_it_is_examined_and_kept_when_it_is_done() {
    let session = session();
    let (id, events) = session.examine(&sample("clip.mp4"));
    let stages: Vec<Stage> = events
        .iter()
        .filter_map(|event| match event {
            JobEvent::Progress { progress, .. } => Some(progress.stage),
            _ => None,
        })
        .collect();
    assert!(stages.is_sorted() && stages.contains(&Stage::Probing) && stages.contains(&Stage::Analysing), "{stages:?}");
    let started = events.iter().position(|event| matches!(event, JobEvent::Started { .. })).unwrap();
    let first_frames = events.iter().position(|event| matches!(event, JobEvent::Frames { .. })).unwrap();
    assert!(started < first_frames);
    let JobEvent::Started { file } = &events[started] else { panic!("found above") };
    assert_eq!(file.media.as_ref().map(|media| (media.width, media.height)), Some((640, 480)));

    let view = session.view(analysis_of(&events));
    let told = frames_of(&events);
    assert_eq!(told.len(), 30);
    let times = |frames: &[FramePoint]| frames.iter().map(|frame| frame.pts_us).collect::<Vec<_>>();
    assert_eq!(times(&told), times(&view.frames));
    assert!(!view.people.is_empty() && view.file.sha256.is_some());
    assert_eq!(view.thresholds.iter().map(|t| t.model.as_str()).collect::<Vec<_>>(), ["manipulated-faces"]);
    assert_eq!(view.validations.len(), 1);
    let row = session.row(id);
    assert_eq!((row.state, row.verdict, row.duration_us), (QueueState::Done, Some(view.verdict), Some(6_000_000)));
    loop {
        match session.notices.recv_timeout(PATIENCE).unwrap() {
            Notice::QueueFinished(counts) => break assert_eq!((counts.total, counts.done), (1, 1)),
            Notice::Changed(info) => assert_eq!(info.device_in_use, "cpu"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn what_was_examined_before_is_not_examined_again_unless_the_choices_changed() {
    let session = session();
    let (_, first) = session.examine(&sample("coffee.jpg"));
    let copy = session.data.path().join("another name.jpg");
    std::fs::copy(sample("coffee.jpg"), &copy).unwrap();
    let (id, again) = session.examine(&copy);
    assert_eq!(analysis_of(&again), analysis_of(&first));
    assert_eq!(session.row(id).state, QueueState::Skipped);
    let mut settings = session.desk.choices().settings;
    settings.detectors = vec!["generated-faces".into()];
    session.desk.save_settings(settings).unwrap();
    let (id, other) = session.examine(&copy);
    assert_ne!(analysis_of(&other), analysis_of(&first));
    assert_eq!(session.row(id).state, QueueState::Done);
}

#[test]
fn a_file_of_another_case_is_examined_for_this_one_too() {
    let session = session();
    let at = "2026-01-01T00:00:00Z";
    let case = |name| session.desk.with_library(|library| Ok(library.create_case(name, at)?.id)).unwrap();
    let (harbour, quay) = (case("harbour"), case("quay"));
    let put = |case| {
        let id = session.enqueue_for(&[sample("coffee.jpg")], case)[0];
        let analysis = analysis_of(&to_the_end(&session.watch(id)));
        (analysis, session.row(id).state)
    };
    let (first, state) = put(None);
    assert_eq!(state, QueueState::Done);
    assert_eq!(put(Some(harbour)), (first, QueueState::Skipped), "it lay in no case");
    let (second, state) = put(Some(quay));
    assert!(second != first && state == QueueState::Done, "{state:?}");
    let held = |case| {
        let analyses = session.desk.with_library(|library| Ok(library.case(case)?.analyses)).unwrap();
        analyses.into_iter().map(|analysis| analysis.id).collect::<Vec<_>>()
    };
    assert_eq!((held(harbour), held(quay)), (vec![first], vec![second]));
    assert_eq!((put(Some(harbour)), put(Some(quay))), ((first, QueueState::Skipped), (second, QueueState::Skipped)));
    assert_eq!((held(harbour), held(quay)), (vec![first], vec![second]), "each case has it once");
}

#[test]
fn a_bad_file_fails_in_words_and_the_next_one_goes_on() {
    let session = session();
    let broken = session.data.path().join("broken.mp4");
    std::fs::write(&broken, b"this is no video").unwrap();
    let ids = session.enqueue(&[broken, sample("coffee.jpg")]);
    let events = to_the_end(&session.watch(ids[0]));
    let Some(JobEvent::Failed { error }) = events.last() else { panic!("{events:?}") };
    assert!(!error.message.is_empty());
    analysis_of(&to_the_end(&session.watch(ids[1])));
    let row = session.row(ids[0]);
    assert_eq!((row.state, row.error.as_ref(), row.analysis), (QueueState::Failed, Some(error), None));
    session.desk.queue.retry(&[ids[0]]);
    let again = to_the_end(&session.watch(ids[0]));
    assert!(matches!(again.last(), Some(JobEvent::Failed { .. })));
}

#[test]
fn what_is_paused_goes_on_and_what_is_cancelled_leaves_nothing() {
    let session = session();
    session.desk.queue.pause();
    let ids = session.enqueue(&[sample("clip.mp4"), sample("hopper.jpg")]);
    let events = session.watch(ids[0]);
    assert!(session.rows().iter().all(|row| row.state == QueueState::Waiting));
    session.desk.queue.resume();
    while !matches!(events.recv_timeout(PATIENCE).unwrap(), JobEvent::Frames { .. }) {}
    session.desk.queue.pause();
    assert_eq!(session.row(ids[0]).state, QueueState::Paused);
    assert!(session.desk.queue.counts().is_paused);
    session.desk.queue.cancel(&ids);
    assert!(matches!(to_the_end(&events).last(), Some(JobEvent::Cancelled)));
    session.desk.queue.resume();
    let states = session.rows().into_iter().map(|row| (row.state, row.analysis)).collect::<Vec<_>>();
    assert_eq!(states, [(QueueState::Cancelled, None), (QueueState::Cancelled, None)]);
    assert_eq!(session.desk.with_library(|library| library.recent(9)).unwrap(), []);
    session.desk.queue.retry(&ids);
    analysis_of(&to_the_end(&session.watch(ids[1])));
    session.desk.queue.remove(&ids);
    assert!(session.rows().is_empty());
}

#[test]
fn frames_are_those_of_the_file_in_any_order_and_faces_are_kept() {
    let session = session();
    let (id, events) = session.examine(&sample("clip.mp4"));
    let analysis = analysis_of(&events);
    let at = |n: i64| session.picture(&format!("analysis/{analysis}/at/{}?w=400", n * 40_000)).unwrap();
    let (ahead, back) = (at(100), at(10));
    assert_eq!(ahead.dimensions(), (400, 300));
    let played: Vec<_> = (8..=11).map(at).collect();
    assert_eq!(played[2], back, "the same frame by playing and by jumping");
    assert_ne!(played[2], played[3]);
    assert_eq!(session.picture(&format!("analysis/{analysis}/at/415000?w=400")).unwrap(), back, "between two frames");
    assert_eq!(session.picture(&format!("analysis/{analysis}/at/99000000?w=64")).unwrap().width(), 64, "after the end");
    assert_eq!(session.picture(&format!("job/{id}/at/400000?w=400")).unwrap(), back);
    let track = session.view(analysis).people[0].track;
    assert_eq!(session.picture(&format!("analysis/{analysis}/face/{track}")).unwrap().dimensions(), (96, 96));
    assert_eq!(session.picture(&format!("analysis/{analysis}/poster")).unwrap().width(), 160);
    let kept = session.desk.with_library(|library| library.thumbnail(analysis, &format!("face/{track}"))).unwrap();
    assert!(kept.is_some());
    for nothing in ["analysis/99/at/0", "job/99/at/0", "analysis/99/poster"] {
        assert_eq!(session.picture(nothing).unwrap_err(), ErrorCode::NotFound, "{nothing}");
    }
    assert!(session.picture(&format!("analysis/{analysis}/face/999")).is_err());
    session.desk.forget(|library| library.forget_analyses(&[analysis])).unwrap();
    assert!(session.picture(&format!("analysis/{analysis}/at/400000?w=400")).is_err(), "not even from memory");
}

#[test]
fn a_range_is_refined_at_every_frame_and_the_verdict_stays() {
    let session = session();
    let (_, events) = session.examine(&sample("clip.mp4"));
    let analysis = analysis_of(&events);
    let before = session.view(analysis);
    let (from, to) = (Timestamp::from_micros(1_000_000), Timestamp::from_micros(1_400_000));
    let work = Work::Range { analysis, from, to };
    let id = session.desk.queue.add_work(sample("clip.mp4"), Some(MediaKind::Video), work);
    assert_eq!(analysis_of(&to_the_end(&session.watch(id))), analysis);
    let after = session.view(analysis);
    assert_eq!((&after.verdict, &after.people, &after.refined), (&before.verdict, &before.people, &vec![(from, to)]));
    let within = |view: &AnalysisView| {
        view.frames.iter().filter(|f| (from..=to).contains(&f.pts_us)).cloned().collect::<Vec<_>>()
    };
    assert_eq!(within(&after).len(), 11);
    for frame in within(&before) {
        let again = within(&after).into_iter().find(|other| other.pts_us == frame.pts_us).unwrap();
        assert_eq!(again.frame, frame.frame);
        let tracks = |frame: &FramePoint| frame.faces.iter().map(|face| face.track).collect::<Vec<_>>();
        assert_eq!(tracks(&again), tracks(&frame), "people keep their numbers");
    }
}

#[test]
fn a_range_is_refined_from_the_very_file_by_the_very_models_of_the_analysis() {
    let session = session();
    let path = session.data.path().join("clip.mp4");
    std::fs::copy(sample("clip.mp4"), &path).unwrap();
    let analysis = analysis_of(&session.examine(&path).1);
    let refine = || {
        let (from, to) = (Timestamp::from_micros(1_000_000), Timestamp::from_micros(1_200_000));
        let work = Work::Range { analysis, from, to };
        to_the_end(&session.watch(session.desk.queue.add_work(path.clone(), Some(MediaKind::Video), work)))
    };
    let stored = || session.desk.with_library(|library| library.analysis(analysis)).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, [&bytes[..], b"x"].concat()).unwrap();
    let Some(JobEvent::Failed { error }) = refine().pop() else { panic!("another file was examined") };
    assert_eq!(error.message, "the file is not the one that was examined");
    assert!(stored().refined.is_empty());

    std::fs::write(&path, bytes).unwrap();
    let mut settings = session.desk.choices().settings;
    settings.detectors = vec!["generated-faces".into()];
    session.desk.save_settings(settings).unwrap();
    assert_eq!(analysis_of(&refine()), analysis);
    let faces: Vec<_> = stored().refined.into_iter().flat_map(|r| r.frames).flat_map(|frame| frame.faces).collect();
    let models: Vec<_> = faces.iter().flat_map(|face| face.scores.keys()).collect();
    assert!(!models.is_empty() && models.iter().all(|model| *model == "manipulated-faces"), "{models:?}");
}

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

fn options() -> ReportOptions {
    ReportOptions {
        language: SystemLanguage::En,
        extent: ReportExtent::Full,
        redaction: ReportRedaction::Off,
        offset_minutes: 60,
        case_name: "Harbour \"A\"".into(),
        author: " A. Desk ".into(),
        organisation: String::new(),
        question: "Was the face altered?".into(),
        notes: String::new(),
        first_opinion: String::new(),
        first_opinion_at: None,
    }
}

impl Session {
    /// Has the detectors say where they looked.
    fn explain(&self, path: &Path, analysis: i64) -> Vec<JobEvent> {
        let id = self.desk.queue.add_work(path.to_owned(), None, Work::Explain { analysis });
        to_the_end(&self.watch(id))
    }
}

#[test]
fn where_detectors_looked_is_kept_with_the_analysis_and_forgotten_with_it() {
    let session = session();
    let analysis = analysis_of(&session.examine(&sample("side-by-side.jpg")).1);
    let before = session.view(analysis);
    assert_eq!(before.explanations, []);
    assert_eq!(analysis_of(&session.explain(&sample("side-by-side.jpg"), analysis)), analysis);
    let after = session.view(analysis);
    assert_eq!((&after.verdict, &after.people, &after.frames), (&before.verdict, &before.people, &before.frames));
    assert_eq!(after.explanations.iter().map(|e| e.track).collect::<Vec<_>>(), [0, 1]);
    for (place, explanation) in after.explanations.iter().enumerate() {
        let map = session.picture(&format!("analysis/{analysis}/heat/{place}"));
        let shown = explanation.faithfulness.shown && explanation.peak > 0.0;
        assert_eq!(map.is_ok(), shown, "a map that means nothing is not handed out: {:?}", explanation.faithfulness);
    }
    assert_eq!(session.picture(&format!("analysis/{analysis}/heat/99")).unwrap_err(), ErrorCode::NotFound);
    let other = session.explain(&sample("hopper.jpg"), analysis);
    assert!(matches!(other.last(), Some(JobEvent::Failed { .. })), "another file is not explained: {other:?}");
    session.desk.forget(|library| library.forget_analyses(&[analysis])).unwrap();
    assert!(session.picture(&format!("analysis/{analysis}/heat/0")).is_err());
}

#[test]
fn what_is_asked_for_goes_before_files_that_wait_and_is_not_done_twice() {
    let session = session();
    let path = sample("side-by-side.jpg");
    let analysis = analysis_of(&session.examine(&path).1);
    session.desk.queue.pause();
    let files = session.enqueue(&[sample("hopper.jpg")]);
    let work = Work::Explain { analysis };
    let id = session.desk.queue.add_work(path.clone(), None, work);
    assert_eq!(session.desk.queue.add_work(path, None, work), id);
    let (first, second) = (session.watch(id), session.watch(files[0]));
    session.desk.queue.resume();
    analysis_of(&to_the_end(&first));
    analysis_of(&to_the_end(&second));
    assert!(session.view(analysis).explanations.len() > 1);
}

#[test]
fn a_report_is_looked_at_and_written_and_nothing_is_replaced() {
    let session = session();
    let path = session.data.path().join("coffee.jpg");
    std::fs::copy(sample("side-by-side.jpg"), &path).unwrap();
    let analysis = analysis_of(&session.examine(&path).1);
    let (desk, silent) = (&session.desk, Ctx::silent());
    let preview = handover::preview(desk, analysis, &options(), &silent).unwrap();
    assert!(preview.pages > 1 && preview.pictures > 0 && preview.evidence == EvidenceFound::Unchanged, "{preview:?}");
    let page = desk.handover.page(preview.number).unwrap();
    let svg = String::from_utf8(page.to_vec()).unwrap();
    assert!(svg.starts_with("<svg") && !svg.contains("<script"));
    let links = svg.matches("href=\"").count();
    let within = svg.matches("href=\"#").count() + svg.matches("href=\"data:").count();
    assert_eq!(links, within, "a page loads nothing from elsewhere");

    let out = session.data.path().join("report");
    let written = handover::write_report(desk, analysis, &options(), &out, &silent).unwrap();
    assert_eq!((written.name.as_str(), written.fingerprint), ("report.pdf", None));
    let pdf = std::fs::read(out.with_extension("pdf")).unwrap();
    assert!(pdf.starts_with(b"%PDF"));
    let again = handover::write_report(desk, analysis, &options(), &out, &silent).unwrap_err();
    assert_eq!(again.code, ErrorCode::AlreadyThere);
    assert_eq!(std::fs::read(out.with_extension("pdf")).unwrap(), pdf);

    let stopped = CancelToken::default();
    stopped.cancel();
    let other = session.data.path().join("other.pdf");
    let ctx = Ctx::new(stopped, |_| {});
    assert_eq!(
        handover::write_report(desk, analysis, &options(), &other, &ctx).map_err(|e| e.code),
        Err(ErrorCode::Cancelled)
    );
    assert!(!other.exists());
    std::fs::remove_file(&path).unwrap();
    let without = handover::preview(desk, analysis, &options(), &silent).unwrap();
    assert_eq!((without.pictures, without.evidence), (0, EvidenceFound::Absent));
}

#[test]
fn a_package_verifies_and_one_flipped_bit_is_named() {
    let session = session();
    let (desk, silent) = (&session.desk, Ctx::silent());
    let evidence = session.data.path().join("pair.jpg");
    std::fs::copy(sample("side-by-side.jpg"), &evidence).unwrap();
    let analysis = analysis_of(&session.examine(&evidence).1);
    session.explain(&evidence, analysis);
    let zip = session.data.path().join("package.zip");
    let written = handover::write_package(desk, analysis, &options(), (&zip, PackageForm::Zip), &silent).unwrap();
    let fingerprint = written.fingerprint.unwrap();

    let selection = desk.select(std::slice::from_ref(&zip));
    assert_eq!((selection.package.as_deref(), selection.images), (Some("package.zip"), 0), "it is no file to examine");
    let parcel = desk.selections.package(selection.id).unwrap();
    let check = handover::check(desk, &parcel, &silent).unwrap();
    assert_eq!((check.problems.as_slice(), check.own_key), (&[][..], true));
    assert_eq!(check.fingerprint.as_ref(), Some(&fingerprint));
    assert_eq!(check.evidence, PackageEvidence::Same { name: "pair.jpg".into() }, "it lies beside the package");
    assert!(check.models.iter().all(|model| model.state == ModelMatch::Same) && !check.models.is_empty());
    let Rerun::Confirmed { logits, largest, tolerance } = check.rerun else { panic!("{:?}", check.rerun) };
    assert!(logits > 1 && largest <= tolerance);

    let folder = session.data.path().join("elsewhere/package");
    std::fs::create_dir(session.data.path().join("elsewhere")).unwrap();
    let form = PackageForm::Folder;
    let written = handover::write_package(desk, analysis, &options(), (&folder, form), &silent).unwrap();
    assert_eq!(written.fingerprint, Some(fingerprint), "one key for all");
    let again = handover::write_package(desk, analysis, &options(), (&folder, form), &silent).unwrap_err();
    assert_eq!(again.code, ErrorCode::AlreadyThere);
    let selection = desk.select(std::slice::from_ref(&folder));
    let look = || handover::check(desk, &desk.selections.package(selection.id).unwrap(), &silent).unwrap();
    assert_eq!((look().evidence, look().rerun), (PackageEvidence::Absent, Rerun::NotRun));
    assert!(desk.selections.set_evidence(selection.id, sample("hopper.jpg")));
    assert!(matches!(look().evidence, PackageEvidence::Other { .. }) && look().rerun == Rerun::NotRun);
    desk.selections.set_evidence(selection.id, evidence.clone());
    assert!(matches!(look().rerun, Rerun::Confirmed { .. }));
    let report = folder.join("report.pdf");
    let mut bytes = std::fs::read(&report).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&report, bytes).unwrap();
    let touched = look();
    assert_eq!(touched.problems, [PackageProblem::Changed { file: "report.pdf".into() }]);
    assert_eq!(touched.rerun, Rerun::NotRun);
}
