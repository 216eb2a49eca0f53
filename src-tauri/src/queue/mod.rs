//! What is to be examined, what is being examined, what came of it.
//!
//! One thread works through the rows ([`worker`]); everyone else asks here. Watchers get a snapshot and
//! then what changed, twice a second: each time the page draws itself, on the processors that examine.

mod counts;
mod known;
mod row;
pub(crate) mod tracks;
pub(crate) mod worker;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use scan::analysis::MediaKind;
use scan::base::{CancelToken, Progress};

pub(crate) use self::row::Row;
pub use self::row::{Kept, Outcome, Work};
use crate::ipc::{QueueCounts, QueueEvent, QueueRow, QueueState};
use crate::job::{Ending, Job, Tell};
use crate::lock::lock;
use crate::now::now;
use crate::selection::Chosen;

/// How often watchers are told.
pub(crate) const NEWS: Duration = Duration::from_millis(500);

/// The queue.
#[derive(Default)]
pub struct Queue {
    inner: Mutex<Inner>,
    /// Something to do came, or the queue goes on.
    wake: Condvar,
}

#[derive(Default)]
struct Inner {
    last: u32,
    rows: BTreeMap<u32, Row>,
    paused: bool,
    closed: bool,
    watchers: Vec<Tell<QueueEvent>>,
    changed: BTreeSet<u32>,
    removed: BTreeSet<u32>,
    /// Whether something came to an end since the queue was found empty last.
    worked: bool,
    /// Seconds that the last examinations took.
    pace: Vec<f64>,
}

/// What the worker is given.
pub(crate) struct Task {
    pub id: u32,
    pub path: PathBuf,
    pub case: Option<i64>,
    pub work: Work,
    pub cancel: CancelToken,
    pub job: Arc<Job>,
}

impl Queue {
    /// Puts files into the queue, in this order.
    pub fn add(&self, files: Vec<Chosen>, case: Option<i64>) -> Vec<u32> {
        let added_at = now();
        let mut inner = lock(&self.inner);
        let ids = files.into_iter().map(|file| inner.add(Row::of_file(file, case, added_at.clone()))).collect();
        self.wake.notify_all();
        ids
    }

    /// Puts further work on the file of an analysis into the queue, before the files that wait; what is there
    /// already is not put there twice.
    pub fn add_work(&self, path: PathBuf, kind: Option<MediaKind>, work: Work) -> u32 {
        let mut inner = lock(&self.inner);
        if let Some((&id, _)) = inner.rows.iter().find(|(_, row)| row.is_open() && row.work == work) {
            return id;
        }
        let id = inner.add(Row::of_work(path, kind, work, now()));
        self.wake.notify_all();
        id
    }

    /// Files that wait or are being examined.
    pub fn paths(&self) -> HashSet<PathBuf> {
        let inner = lock(&self.inner);
        inner.rows.values().filter(|row| row.is_open()).map(|row| row.path.clone()).collect()
    }

    /// The file and the analysis of a row.
    pub fn file_of(&self, id: u32) -> Option<(PathBuf, Option<i64>)> {
        lock(&self.inner).rows.get(&id).map(|row| (row.path.clone(), row.analysis))
    }

    /// Analyses of these rows in the order of the queue; of all rows when none is named.
    pub fn analyses_of(&self, ids: &[u32]) -> Vec<i64> {
        let inner = lock(&self.inner);
        let wanted = |id: &u32| ids.is_empty() || ids.contains(id);
        inner.rows.iter().filter(|(id, _)| wanted(id)).filter_map(|(_, row)| row.analysis).collect()
    }

    /// The examination of a row.
    pub fn job(&self, id: u32) -> Option<Arc<Job>> {
        lock(&self.inner).rows.get(&id).map(|row| Arc::clone(&row.job))
    }

    /// From now on `tell` is told everything.
    pub fn watch(&self, tell: Tell<QueueEvent>) {
        let mut inner = lock(&self.inner);
        inner.news();
        let rows = inner.rows.iter().map(|(&id, row)| row.shown(id)).collect();
        if tell(QueueEvent::Snapshot { rows, counts: inner.counts() }) {
            inner.watchers.push(tell);
        }
    }

    /// Stands still: what is being examined waits where it is.
    pub fn pause(&self) {
        self.set_paused(true);
    }

    /// Goes on.
    pub fn resume(&self) {
        self.set_paused(false);
    }

    fn set_paused(&self, paused: bool) {
        let mut inner = lock(&self.inner);
        inner.paused = paused;
        let (from, to) = match paused {
            true => (QueueState::Running, QueueState::Paused),
            false => (QueueState::Paused, QueueState::Running),
        };
        inner.each(|row| {
            if row.state == from {
                row.state = to
            }
        });
        self.wake.notify_all();
    }

    /// Stops rows that wait or are being examined.
    pub fn cancel(&self, ids: &[u32]) {
        let mut inner = lock(&self.inner);
        for id in ids {
            inner.change(*id, Row::cancel);
        }
        self.wake.notify_all();
    }

    /// Takes rows out of the queue, stopping them where needed. Their analyses stay.
    pub fn remove(&self, ids: &[u32]) {
        let mut inner = lock(&self.inner);
        for id in ids {
            if let Some(mut row) = inner.rows.remove(id) {
                row.cancel();
                inner.changed.remove(id);
                inner.removed.insert(*id);
            }
        }
        self.wake.notify_all();
    }

    /// Tries again what failed or was stopped.
    pub fn retry(&self, ids: &[u32]) {
        let mut inner = lock(&self.inner);
        for id in ids {
            inner.change(*id, Row::retry);
        }
        self.wake.notify_all();
    }

    /// As a whole.
    pub fn counts(&self) -> QueueCounts {
        lock(&self.inner).counts()
    }

    /// Ends the worker and whatever it is doing.
    pub fn close(&self) {
        let mut inner = lock(&self.inner);
        inner.closed = true;
        inner.each(|row| row.cancel.cancel());
        self.wake.notify_all();
    }

    /// Whether it was ended.
    pub fn is_closed(&self) -> bool {
        lock(&self.inner).closed
    }

    /// Tells the watchers what is new.
    pub fn flush(&self) {
        let mut inner = lock(&self.inner);
        inner.news();
        for row in inner.rows.values().filter(|row| row.state == QueueState::Running) {
            row.job.flush();
        }
    }

    /// Waits for something to do; `None` when the queue was closed. `idle` is called once whenever there
    /// is nothing left to do.
    pub(crate) fn next(&self, idle: &dyn Fn(QueueCounts)) -> Option<Task> {
        let mut inner = lock(&self.inner);
        loop {
            if inner.closed {
                return None;
            }
            let waiting = inner.waiting();
            match waiting {
                Some(id) if !inner.paused => return inner.begin(id),
                None if inner.worked => {
                    inner.worked = false;
                    let counts = inner.counts();
                    drop(inner);
                    idle(counts);
                    inner = lock(&self.inner);
                    continue;
                }
                _ => {}
            }
            inner = self.wake.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Whether nothing is examined and nothing waits.
    pub(crate) fn is_idle(&self) -> bool {
        let inner = lock(&self.inner);
        inner.waiting().is_none() && !inner.worked
    }

    /// Takes note of how far a row has come, and waits while the queue stands still.
    pub(crate) fn progress(&self, task: &Task, progress: Progress) {
        let new_stage = task.job.progressed(progress);
        let mut inner = lock(&self.inner);
        inner.change(task.id, |row| row.progress = Some(progress));
        if new_stage {
            inner.news();
        }
        while inner.paused && !inner.closed && !task.cancel.is_cancelled() {
            inner = self.wake.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Takes note of what a file turned out to be.
    pub(crate) fn describe(&self, id: u32, file: &scan::analysis::FileFacts) {
        lock(&self.inner).change(id, |row| {
            row.kind = file.kind;
            row.bytes = file.bytes.or(row.bytes);
            row.duration_us = file.media.as_ref().and_then(|media| media.duration_us);
        });
    }

    /// A row is over.
    pub(crate) fn finish(&self, task: &Task, outcome: Outcome, seconds: f64) {
        let ending = outcome.ending();
        let mut inner = lock(&self.inner);
        if matches!(outcome, Outcome::Done(_)) {
            inner.keep_pace(seconds);
        }
        inner.change(task.id, |row| row.finish(outcome, seconds));
        inner.worked = true;
        inner.news();
        drop(inner);
        task.job.end(ending);
    }
}

impl Inner {
    fn add(&mut self, row: Row) -> u32 {
        self.last += 1;
        self.rows.insert(self.last, row);
        self.changed.insert(self.last);
        self.last
    }

    fn change(&mut self, id: u32, change: impl FnOnce(&mut Row)) {
        if let Some(row) = self.rows.get_mut(&id) {
            change(row);
            self.changed.insert(id);
        }
    }

    fn each(&mut self, mut change: impl FnMut(&mut Row)) {
        for (id, row) in self.rows.iter_mut().filter(|(_, row)| row.is_open()) {
            change(row);
            self.changed.insert(*id);
        }
    }

    /// What comes next: what is asked for in front of the window, then files in their order.
    fn waiting(&self) -> Option<u32> {
        let mut waiting = self.rows.iter().filter(|(_, row)| row.state == QueueState::Waiting);
        let asked_for = waiting.clone().find(|(_, row)| row.work.is_asked_for());
        asked_for.or_else(|| waiting.next()).map(|(&id, _)| id)
    }

    fn begin(&mut self, id: u32) -> Option<Task> {
        self.changed.insert(id);
        let row = self.rows.get_mut(&id)?;
        row.begin();
        let (cancel, job) = (row.cancel.clone(), Arc::clone(&row.job));
        let task = Task { id, path: row.path.clone(), case: row.case, work: row.work, cancel, job };
        self.news();
        Some(task)
    }

    /// Tells the watchers what changed since they were told last.
    fn news(&mut self) {
        let (changed, removed) = (std::mem::take(&mut self.changed), std::mem::take(&mut self.removed));
        if self.watchers.is_empty() || (changed.is_empty() && removed.is_empty()) {
            return;
        }
        let counts = self.counts();
        let mut events = Vec::new();
        if !removed.is_empty() {
            events.push(QueueEvent::Removed { ids: removed.into_iter().collect(), counts: counts.clone() });
        }
        let rows: Vec<QueueRow> = changed.into_iter().filter_map(|id| Some(self.rows.get(&id)?.shown(id))).collect();
        if !rows.is_empty() {
            events.push(QueueEvent::Changed { rows, counts });
        }
        self.watchers.retain(|tell| events.iter().all(|event| tell(event.clone())));
    }
}

impl Row {
    fn cancel(&mut self) {
        self.cancel.cancel();
        if self.state == QueueState::Waiting {
            self.state = QueueState::Cancelled;
            self.job.end(Ending::Cancelled);
        }
    }
}
