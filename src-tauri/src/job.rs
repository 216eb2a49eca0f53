//! One examination and those who watch it.
//!
//! A watcher is told what is known so far and then what is new, twice a second; a new stage, the first face that was
//! scored and the end are told at once. Whoever comes late is told the same, only faster.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use image::RgbImage;
use scan::analysis::{FileFacts, ItemError};
use scan::base::{Progress, Stage, Timestamp};
use scan::media::Frame;

use crate::ipc::{FramePoint, JobEvent};
use crate::lock::lock;

/// Pictures kept: the newest, and the one that somebody may be about to ask for.
const PICTURES: usize = 2;

/// Tells the window; false when it does not listen any more.
pub type Tell<T> = Box<dyn Fn(T) -> bool + Send>;

/// How an examination ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Ending {
    /// It is kept under this number.
    Finished(i64),
    /// Someone stopped it.
    Cancelled,
    /// It could not be examined.
    Failed(ItemError),
}

/// One examination.
#[derive(Default)]
pub struct Job(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    file: Option<FileFacts>,
    frames: Vec<FramePoint>,
    /// One of the frames holds a face, and that was told.
    face_told: bool,
    progress: Option<Progress>,
    /// When its present stage began, for the time left.
    stage_began: Option<Instant>,
    ending: Option<Ending>,
    /// Decoded for the examination and shown while it goes on, so that nothing is decoded twice.
    pictures: VecDeque<(Timestamp, Arc<RgbImage>)>,
    watchers: Vec<Watcher>,
}

struct Watcher {
    tell: Tell<JobEvent>,
    file_told: bool,
    frames_told: usize,
    progress_told: Option<Progress>,
}

impl Job {
    /// From now on `tell` is told everything.
    pub fn watch(&self, tell: Tell<JobEvent>) {
        let mut inner = lock(&self.0);
        inner.watchers.push(Watcher { tell, file_told: false, frames_told: 0, progress_told: None });
        inner.tell();
    }

    /// The file was opened.
    pub fn opened(&self, file: FileFacts) {
        let mut inner = lock(&self.0);
        inner.file = Some(file);
        inner.tell();
    }

    /// Pixels of a frame that is about to be told.
    pub fn pictured(&self, frame: &Frame) {
        let mut inner = lock(&self.0);
        inner.pictures.truncate(PICTURES - 1);
        inner.pictures.push_front((frame.pts, Arc::clone(&frame.rgb)));
    }

    /// The pixels of the frame at `pts`, while they are at hand.
    pub fn picture(&self, pts: Timestamp) -> Option<Arc<RgbImage>> {
        let inner = lock(&self.0);
        inner.pictures.iter().find(|(at, _)| *at == pts).map(|(_, rgb)| Arc::clone(rgb))
    }

    /// A frame was examined.
    pub fn examined(&self, frame: FramePoint) {
        let mut inner = lock(&self.0);
        let first = !inner.face_told && !frame.faces.is_empty();
        inner.frames.push(frame);
        if first {
            inner.face_told = true;
            inner.tell();
        }
    }

    /// It goes on; true when a new stage began.
    pub fn progressed(&self, progress: Progress) -> bool {
        let mut inner = lock(&self.0);
        let new_stage = inner.progress.is_none_or(|before| before.stage != progress.stage);
        inner.progress = Some(progress);
        if new_stage {
            inner.stage_began = Some(Instant::now());
            inner.tell();
        }
        new_stage
    }

    /// It is over; everything and then the end is told.
    pub fn end(&self, ending: Ending) {
        let mut inner = lock(&self.0);
        inner.ending.get_or_insert(ending);
        inner.tell();
        // Whoever comes now opens the kept analysis.
        inner.frames = Vec::new();
        inner.pictures = VecDeque::new();
    }

    /// Tells what is new.
    pub fn flush(&self) {
        lock(&self.0).tell();
    }

    /// Seconds until the end of the examination, as far as can be told.
    pub fn seconds_left(&self) -> Option<f64> {
        lock(&self.0).seconds_left()
    }
}

impl Inner {
    fn tell(&mut self) {
        let mut watchers = std::mem::take(&mut self.watchers);
        watchers.retain_mut(|watcher| self.tell_one(watcher).is_some() && self.ending.is_none());
        self.watchers = watchers;
    }

    /// `None` when nobody listens.
    fn tell_one(&self, watcher: &mut Watcher) -> Option<()> {
        let say = |tell: &Tell<JobEvent>, event| tell(event).then_some(());
        if let Some(file) = self.file.clone().filter(|_| !watcher.file_told) {
            watcher.file_told = true;
            say(&watcher.tell, JobEvent::Started { file })?;
        }
        let news = self.frames.get(watcher.frames_told..).unwrap_or_default();
        if !news.is_empty() {
            watcher.frames_told = self.frames.len();
            say(&watcher.tell, JobEvent::Frames { frames: news.to_vec() })?;
        }
        if let Some(progress) = self.progress.filter(|_| watcher.progress_told != self.progress) {
            watcher.progress_told = Some(progress);
            say(&watcher.tell, JobEvent::Progress { progress, seconds_left: self.seconds_left() })?;
        }
        match self.ending.clone() {
            None => Some(()),
            Some(Ending::Finished(analysis)) => say(&watcher.tell, JobEvent::Finished { analysis }),
            Some(Ending::Cancelled) => say(&watcher.tell, JobEvent::Cancelled),
            Some(Ending::Failed(error)) => say(&watcher.tell, JobEvent::Failed { error }),
        }
    }

    /// At the rate of the stage so far. Stages before and after the examination take no time worth telling.
    fn seconds_left(&self) -> Option<f64> {
        let Progress { stage: Stage::Analysing, done, total: Some(total) } = self.progress? else { return None };
        let spent = self.stage_began?.elapsed().as_secs_f64();
        (done > 0).then(|| spent * total.saturating_sub(done) as f64 / done as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scan::base::FrameIndex;
    use std::path::Path;

    fn recorder() -> (Arc<Mutex<Vec<JobEvent>>>, Tell<JobEvent>) {
        let told = Arc::new(Mutex::new(Vec::new()));
        let into = Arc::clone(&told);
        (
            told,
            Box::new(move |event| {
                lock(&into).push(event);
                true
            }),
        )
    }

    fn frame(number: u64) -> FramePoint {
        FramePoint { frame: FrameIndex(number), pts_us: Timestamp::default(), cut: false, faces: vec![] }
    }

    fn at(stage: Stage, done: u64) -> Progress {
        Progress { stage, done, total: Some(10) }
    }

    fn names(told: &Mutex<Vec<JobEvent>>) -> Vec<&'static str> {
        let name = |event: &JobEvent| match event {
            JobEvent::Started { .. } => "started",
            JobEvent::Progress { .. } => "progress",
            JobEvent::Frames { .. } => "frames",
            JobEvent::Finished { .. } => "finished",
            JobEvent::Cancelled => "cancelled",
            JobEvent::Failed { .. } => "failed",
        };
        lock(told).iter().map(name).collect()
    }

    #[test]
    fn stages_and_the_end_are_told_at_once_and_the_rest_when_flushed() {
        let (job, (told, tell)) = (Job::default(), recorder());
        job.watch(tell);
        assert!(job.progressed(at(Stage::Probing, 0)));
        job.opened(FileFacts::at(Path::new("a.mp4")));
        assert!(job.progressed(at(Stage::Analysing, 1)));
        assert!(!job.progressed(at(Stage::Analysing, 2)));
        job.examined(frame(0));
        assert_eq!(names(&told), ["progress", "started", "progress"]);
        job.flush();
        job.flush();
        assert_eq!(names(&told)[3..], ["frames", "progress"], "each once");
        job.examined(frame(1));
        job.end(Ending::Finished(7));
        job.end(Ending::Cancelled);
        assert_eq!(names(&told)[5..], ["frames", "finished"], "one end only");
    }

    #[test]
    fn the_first_face_is_told_at_once() {
        let job = Job::default();
        let (told, tell) = recorder();
        job.watch(tell);
        let with_face = |number| {
            let rect = scan::base::Rect::new(0.0, 0.0, 9.0, 9.0);
            let face = crate::ipc::FacePoint { track: 0, rect, score: None, usable: true, reasons: vec![] };
            FramePoint { faces: vec![face], ..frame(number) }
        };
        job.examined(frame(0));
        assert!(names(&told).is_empty(), "nothing to see yet");
        job.examined(with_face(1));
        assert!(matches!(&lock(&told)[..], [JobEvent::Frames { frames }] if frames.len() == 2));
        job.examined(with_face(2));
        assert_eq!(names(&told).len(), 1, "the others in their time");
    }

    #[test]
    fn who_comes_late_is_told_all_there_was() {
        let job = Job::default();
        job.opened(FileFacts::at(Path::new("a.mp4")));
        job.progressed(at(Stage::Analysing, 5));
        job.examined(frame(0));
        job.examined(frame(1));
        let (told, tell) = recorder();
        job.watch(tell);
        assert_eq!(names(&told), ["started", "frames", "progress"]);
        assert!(matches!(&lock(&told)[1], JobEvent::Frames { frames } if frames.len() == 2));
        assert!(job.seconds_left().is_some());
        job.end(Ending::Cancelled);
        let (later, tell) = recorder();
        job.watch(tell);
        assert_eq!(names(&later).last(), Some(&"cancelled"));
    }

    #[test]
    fn the_newest_pictures_are_at_hand_until_the_end() {
        let job = Job::default();
        let frame =
            |us| Frame { index: FrameIndex(0), pts: Timestamp::from_micros(us), rgb: Arc::new(RgbImage::new(1, 1)) };
        for us in 0..4 {
            job.pictured(&frame(us));
        }
        let has = |us| job.picture(Timestamp::from_micros(us)).is_some();
        assert_eq!([0, 1, 2, 3].map(has), [false, false, true, true]);
        job.end(Ending::Cancelled);
        assert!(!has(3));
    }

    #[test]
    fn who_does_not_listen_any_more_is_not_told_again() {
        let job = Job::default();
        let calls = Arc::new(Mutex::new(0));
        let counted = Arc::clone(&calls);
        job.watch(Box::new(move |_| {
            *lock(&counted) += 1;
            false
        }));
        job.progressed(at(Stage::Probing, 0));
        job.progressed(at(Stage::Analysing, 0));
        assert_eq!(*lock(&calls), 1);
    }
}
