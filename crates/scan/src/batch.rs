//! Many items: one after the other where they are videos, side by side where they are stills, always
//! told in the order of the list. One bad item never ends the rest.

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;

use analysis::Analysis;
use base::{CancelToken, Cancelled, Ctx, Progress};

use crate::error::ScanError;
use crate::item::{failed_item, scan_item, sha256_of};
use crate::list::Item;
use crate::pipeline::Pipeline;
use crate::store::Store;

/// Stills decoded side by side at most: each may hold a picture of the largest size allowed.
const MAX_SIDE_BY_SIDE: usize = 4;

/// Where a result comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It was examined just now.
    Examined,
    /// It was found in the store.
    Stored,
}

/// What is done with results that are already in the store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Resume {
    /// Examine again.
    #[default]
    Off,
    /// Take them.
    On,
}

/// How a batch is run.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    /// What examines.
    pub pipeline: &'a Pipeline,
    /// Where finished analyses are kept, if anywhere.
    pub store: Option<&'a Store>,
    /// Whether those are used.
    pub resume: Resume,
}

/// One finished item.
#[derive(Debug)]
pub struct Finished {
    /// Its place in the list.
    pub index: usize,
    /// Its result.
    pub analysis: Analysis,
    /// Where that comes from.
    pub origin: Origin,
    /// Why it could not be kept in the store.
    pub not_kept: Option<ScanError>,
}

/// Told how far the item at an index has come; called from several threads.
pub type OnProgress<'a> = dyn Fn(usize, Progress) + Sync + 'a;

impl Batch<'_> {
    /// Examines `items` and hands every result to `finished` in the order of the list, as soon as all
    /// before it are there. Each is stored first, so a crash loses only what was under way.
    ///
    /// # Errors
    /// [`Cancelled`] when asked to stop; what had finished by then was handed over.
    pub fn run(
        &self,
        items: &[Item],
        cancel: &CancelToken,
        on_progress: &OnProgress<'_>,
        finished: &mut dyn FnMut(Finished),
    ) -> Result<(), Cancelled> {
        self.run_with(items, cancel, on_progress, finished, &|_, path, pipeline, ctx| scan_item(path, pipeline, ctx))
    }

    /// [`Batch::run`] with the examination itself given.
    ///
    /// # Errors
    /// As [`Batch::run`].
    pub fn run_with(
        &self,
        items: &[Item],
        cancel: &CancelToken,
        on_progress: &OnProgress<'_>,
        finished: &mut dyn FnMut(Finished),
        scan: &Examine<'_>,
    ) -> Result<(), Cancelled> {
        let mut start = 0;
        while start < items.len() {
            let side_by_side = self.side_by_side(items.get(start..).unwrap_or_default());
            let work = |index: usize| {
                let item = items.get(index)?;
                let ctx = Ctx::new(cancel.clone(), move |progress| on_progress(index, progress));
                self.one(index, item, &ctx, scan).ok()
            };
            in_order(start..start + side_by_side, self.pipeline.threads().min(MAX_SIDE_BY_SIDE), &work, finished);
            if cancel.is_cancelled() {
                return Err(Cancelled);
            }
            start += side_by_side;
        }
        Ok(())
    }

    /// How many of the first items may be examined side by side: a row of stills, else one.
    fn side_by_side(&self, items: &[Item]) -> usize {
        let still = |item: &&Item| item.problem.is_some() || media::begins_as_still(&item.path);
        items.iter().take(STILLS_LOOKED_AHEAD).take_while(still).count().max(1)
    }

    /// One item, from the store or examined, and kept.
    fn one(&self, index: usize, item: &Item, ctx: &Ctx, scan: &Examine<'_>) -> Result<Finished, Cancelled> {
        if let Some(analysis) = self.stored(&item.path, ctx)? {
            return Ok(Finished { index, analysis, origin: Origin::Stored, not_kept: None });
        }
        let path = item.path.as_path();
        let examined = catch_unwind(AssertUnwindSafe(|| match &item.problem {
            Some(problem) => failed_item(path, problem, self.pipeline, ctx),
            None => scan(index, path, self.pipeline, ctx),
        }));
        let analysis = examined.unwrap_or_else(|panic| {
            let fault = ScanError::Panicked { path: path.to_path_buf(), message: said(panic.as_ref()) };
            failed_item(path, &fault, self.pipeline, ctx)
        })?;
        let kept = self.store.map_or(Ok(None), |store| store.keep(&analysis));
        Ok(Finished { index, analysis, origin: Origin::Examined, not_kept: kept.err() })
    }

    fn stored(&self, path: &Path, ctx: &Ctx) -> Result<Option<Analysis>, Cancelled> {
        let (Some(store), Resume::On) = (self.store, self.resume) else { return Ok(None) };
        if !path.is_file() {
            return Ok(None);
        }
        Ok(sha256_of(path, ctx)?.and_then(|sha256| store.find(&sha256, path)))
    }
}

/// What examines one item: its place in the list, its path, with what and in which context.
pub type Examine<'a> = dyn Fn(usize, &Path, &Pipeline, &Ctx) -> Result<Analysis, Cancelled> + Sync + 'a;

/// Stills in a row that are handed out before results are awaited; bounds what waits to be told.
const STILLS_LOOKED_AHEAD: usize = 64;

/// Runs `work` for every index on up to `workers` threads and hands the results over in order. An index
/// without a result (cancelled) is passed over.
fn in_order<T: Send>(
    indices: std::ops::Range<usize>,
    workers: usize,
    work: &(dyn Fn(usize) -> Option<T> + Sync),
    hand_over: &mut dyn FnMut(T),
) {
    if indices.len() == 1 || workers <= 1 {
        indices.filter_map(work).for_each(hand_over);
        return;
    }
    let next = AtomicUsize::new(indices.start);
    let (sender, results) = channel();
    thread::scope(|threads| {
        for _ in 0..workers.min(indices.len()) {
            let sender = sender.clone();
            threads.spawn(|| take_turns(&next, indices.end, work, sender));
        }
        drop(sender);
        let (mut waiting, mut due) = (BTreeMap::new(), indices.start);
        for (index, result) in results {
            waiting.insert(index, result);
            while let Some(result) = waiting.remove(&due) {
                result.into_iter().for_each(&mut *hand_over);
                due += 1;
            }
        }
    });
}

fn take_turns<T>(
    next: &AtomicUsize,
    end: usize,
    work: &(dyn Fn(usize) -> Option<T> + Sync),
    sender: Sender<(usize, Option<T>)>,
) {
    loop {
        let index = next.fetch_add(1, Ordering::Relaxed);
        if index >= end || sender.send((index, work(index))).is_err() {
            return;
        }
    }
}

fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or(panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("no message").lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
#[path = "batch_tests.rs"]
mod tests;
