//! A desk with the shipped models, and what it says.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use desktop::desk::{Desk, Notice};
use desktop::error::ErrorCode;
use desktop::folders::Folders;
use desktop::frames::{Address, Frames};
use desktop::ipc::{AnalysisView, FramePoint, Integrity, JobEvent, QueueEvent, QueueRow, SamplingChoice};
use desktop::queue::Work;
use desktop::settings::Choices;

/// Far longer than anything here takes; a test that hangs ends.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) struct Session {
    pub(crate) desk: Arc<Desk>,
    pub(crate) notices: Receiver<Notice>,
    pub(crate) data: tempfile::TempDir,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.desk.close();
    }
}

pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

pub(crate) fn sample(name: &str) -> PathBuf {
    repository().join("assets/samples").join(name)
}

/// One detector and few frames: the tests are about the desk.
pub(crate) fn session() -> Session {
    let data = tempfile::tempdir().unwrap();
    let config = data.path().join("config");
    let mut choices = Choices::default();
    choices.settings.detectors = vec!["manipulated-faces".into()];
    choices.settings.sampling = SamplingChoice::PerSecond { fps: 5.0 };
    choices.save(&config).unwrap();
    open(data)
}

pub(crate) fn open(data: tempfile::TempDir) -> Session {
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
    pub(crate) fn enqueue(&self, paths: &[PathBuf]) -> Vec<u32> {
        self.enqueue_for(paths, None)
    }

    pub(crate) fn enqueue_for(&self, paths: &[PathBuf], case: Option<i64>) -> Vec<u32> {
        let selection = self.desk.select(paths);
        self.desk.queue.add(self.desk.selections.take(selection.id).unwrap(), case)
    }

    pub(crate) fn watch(&self, id: u32) -> Receiver<JobEvent> {
        let (sender, events) = channel();
        self.desk.queue.job(id).unwrap().watch(Box::new(move |event| sender.send(event).is_ok()));
        events
    }

    pub(crate) fn rows(&self) -> Vec<QueueRow> {
        let (sender, events) = channel();
        self.desk.queue.watch(Box::new(move |event| sender.send(event).is_ok()));
        let QueueEvent::Snapshot { rows, .. } = events.recv_timeout(PATIENCE).unwrap() else { panic!("no snapshot") };
        rows
    }

    pub(crate) fn row(&self, id: u32) -> QueueRow {
        self.rows().into_iter().find(|row| row.id == id).unwrap()
    }

    /// Every event to the end.
    pub(crate) fn examine(&self, path: &Path) -> (u32, Vec<JobEvent>) {
        let id = self.enqueue(&[path.to_owned()])[0];
        (id, to_the_end(&self.watch(id)))
    }

    pub(crate) fn view(&self, id: i64) -> AnalysisView {
        AnalysisView::new(
            self.desk.with_library(|library| library.analysis(id)).unwrap(),
            Integrity::Checking,
            Vec::new(),
        )
    }

    pub(crate) fn picture(&self, address: &str) -> Result<image::RgbImage, ErrorCode> {
        let (sender, answer) = channel();
        let answered = Box::new(move |jpeg| drop(sender.send(jpeg)));
        Frames::serve(&self.desk, Address::parse(address).unwrap(), answered);
        let jpeg = answer.recv_timeout(PATIENCE).unwrap().map_err(|error| error.code)?;
        Ok(image::load_from_memory(&jpeg).unwrap().into_rgb8())
    }

    /// Has the detectors say where they looked.
    pub(crate) fn explain(&self, path: &Path, analysis: i64) -> Vec<JobEvent> {
        let id = self.desk.queue.add_work(path.to_owned(), None, Work::Explain { analysis });
        to_the_end(&self.watch(id))
    }
}

pub(crate) fn to_the_end(events: &Receiver<JobEvent>) -> Vec<JobEvent> {
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

pub(crate) fn analysis_of(events: &[JobEvent]) -> i64 {
    match events.last() {
        Some(JobEvent::Finished { analysis }) => *analysis,
        other => panic!("not finished: {other:?}"),
    }
}

pub(crate) fn frames_of(events: &[JobEvent]) -> Vec<FramePoint> {
    let frames = events.iter().filter_map(|event| match event {
        JobEvent::Frames { frames } => Some(frames.clone()),
        _ => None,
    });
    frames.flatten().collect()
}
