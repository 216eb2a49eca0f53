//! Work that somebody waits for and that is no examination: reports, packages, checks. It runs on the thread of
//! its command, tells how far it is, and can be stopped.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use scan::base::{CancelToken, Ctx, Progress};

use crate::error::{CommandError, ErrorCode};
use crate::ipc::ErrandEvent;
use crate::job::Tell;
use crate::lock::lock;

/// How often somebody is told.
const NEWS: Duration = Duration::from_millis(50);

/// What is under way.
#[derive(Debug, Default)]
pub struct Errands(Mutex<UnderWay>);

#[derive(Debug, Default)]
struct UnderWay {
    last: u32,
    tokens: BTreeMap<u32, CancelToken>,
}

impl Errands {
    /// Runs `work` here; `tell` is told its number first, then how far it is.
    ///
    /// # Errors
    /// What `work` says; [`ErrorCode::Cancelled`] when it was stopped.
    pub fn run<T>(
        &self,
        tell: Tell<ErrandEvent>,
        work: impl FnOnce(&Ctx<'_>) -> Result<T, CommandError>,
    ) -> Result<T, CommandError> {
        let (id, token) = self.begin();
        let told = Mutex::new(Told { tell, last: None });
        lock(&told).say(ErrandEvent::Started { id });
        let ctx = Ctx::new(token.clone(), |progress| lock(&told).progressed(progress));
        let done = work(&ctx);
        lock(&self.0).tokens.remove(&id);
        // Whatever was left undone because of the stop is no other failure.
        match done {
            Err(_) if token.is_cancelled() => Err(CommandError::new(ErrorCode::Cancelled, "cancelled")),
            done => done,
        }
    }

    fn begin(&self) -> (u32, CancelToken) {
        let mut under_way = lock(&self.0);
        under_way.last += 1;
        let (id, token) = (under_way.last, CancelToken::default());
        under_way.tokens.insert(id, token.clone());
        (id, token)
    }

    /// Asks an errand to stop; one that is over does not mind.
    pub fn cancel(&self, id: u32) {
        if let Some(token) = lock(&self.0).tokens.get(&id) {
            token.cancel();
        }
    }

    /// Asks all to stop.
    pub fn close(&self) {
        lock(&self.0).tokens.values().for_each(CancelToken::cancel);
    }
}

struct Told {
    tell: Tell<ErrandEvent>,
    last: Option<(Instant, Progress)>,
}

impl Told {
    fn say(&self, event: ErrandEvent) {
        // Whoever left the dialog has asked for the stop already.
        let _ = (self.tell)(event);
    }

    fn progressed(&mut self, progress: Progress) {
        let soon = self.last.is_some_and(|(at, before)| before.stage == progress.stage && at.elapsed() < NEWS);
        if !soon {
            self.last = Some((Instant::now(), progress));
            self.say(ErrandEvent::Progress { progress });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scan::base::Stage;
    use std::sync::Arc;

    fn recorder() -> (Arc<Mutex<Vec<ErrandEvent>>>, Tell<ErrandEvent>) {
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

    fn at(stage: Stage) -> Progress {
        Progress { stage, done: 0, total: None }
    }

    #[test]
    fn its_number_is_told_first_and_every_stage_once() {
        let (errands, (told, tell)) = (Errands::default(), recorder());
        let done = errands.run(tell, |ctx| {
            for stage in [Stage::Hashing, Stage::Hashing, Stage::Writing] {
                ctx.checkpoint(at(stage)).unwrap();
            }
            Ok(7)
        });
        assert_eq!(done, Ok(7));
        let stages = [Stage::Hashing, Stage::Writing].map(|stage| ErrandEvent::Progress { progress: at(stage) });
        let [first, second] = stages;
        assert_eq!(*lock(&told), [ErrandEvent::Started { id: 1 }, first, second]);
        assert!(lock(&errands.0).tokens.is_empty());
    }

    #[test]
    fn what_is_stopped_says_so_whatever_it_failed_of() {
        let errands = Errands::default();
        let stopped = errands.run::<()>(recorder().1, |ctx| {
            errands.cancel(1);
            assert!(ctx.check().is_err());
            Err(CommandError::new(ErrorCode::Internal, "half a report"))
        });
        assert_eq!(stopped.map_err(|error| error.code), Err(ErrorCode::Cancelled));
        let other = errands.run::<()>(recorder().1, |_| Err(CommandError::new(ErrorCode::Storage, "full")));
        assert_eq!(other.map_err(|error| error.code), Err(ErrorCode::Storage));
        errands.cancel(99);
    }
}
