//! One file that is opened before its turn, beside the loading of the models: reading a still and probing a video take
//! about as long as that, on another thread.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use base::{CancelToken, Ctx, Warning};
use media::{Limits, Media, MediaError};

/// How often a file that is still being opened is looked after.
const TICK: Duration = Duration::from_millis(2);

/// At most one file that is open already or being opened.
#[derive(Debug, Default)]
pub(crate) struct Ahead(Mutex<Option<Opening>>);

#[derive(Debug)]
struct Opening {
    path: PathBuf,
    cancel: CancelToken,
    thread: JoinHandle<(Result<Media, MediaError>, Vec<Warning>)>,
}

impl Ahead {
    /// Begins to open `path`, where a thread is to be had and it is a file: waiting for a pipe is for its turn.
    pub fn of(path: &Path, limits: &Limits) -> Self {
        if !path.is_file() {
            return Self::default();
        }
        let cancel = CancelToken::default();
        let (token, own, limits) = (cancel.clone(), path.to_path_buf(), limits.clone());
        let open = move || {
            let ctx = Ctx::new(token, |_| {});
            let opened = Media::open(&own, &limits, &ctx);
            (opened, ctx.take_warnings())
        };
        let thread = thread::Builder::new().name("ahead".into()).spawn(open).ok();
        Self(Mutex::new(thread.map(|thread| Opening { path: path.to_path_buf(), cancel, thread })))
    }

    /// [`Media::open`], or what came of it where that has begun already.
    pub fn open(&self, path: &Path, limits: &Limits, ctx: &Ctx) -> Result<Media, MediaError> {
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner).take_if(|opening| opening.path == path);
        let Some(Opening { cancel, thread, .. }) = waiting else { return Media::open(path, limits, ctx) };
        while !thread.is_finished() {
            if ctx.check().is_err() {
                cancel.cancel();
            }
            thread::sleep(TICK);
        }
        match thread.join() {
            // Whoever asked to stop is answered as by `Media::open`; a panic is met again, in its own place.
            Ok((opened, warnings)) if ctx.check().is_ok() => {
                warnings.into_iter().for_each(|warning| ctx.warn(warning));
                opened
            }
            _ => Media::open(path, limits, ctx),
        }
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        if let Some(Opening { cancel, thread, .. }) = self.0.get_mut().unwrap_or_else(PoisonError::into_inner).take() {
            cancel.cancel();
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/samples")
    }

    #[test]
    fn what_was_opened_ahead_is_taken_once_and_other_files_are_opened_in_their_turn() {
        let (limits, ctx) = (Limits::default(), Ctx::silent());
        let (clip, still) = (samples().join("clip.mp4"), samples().join("hopper.jpg"));
        let ahead = Ahead::of(&clip, &limits);
        assert_eq!(ahead.open(&still, &limits, &ctx).unwrap().path(), still);
        assert!(ahead.0.lock().unwrap().is_some());
        let opened = ahead.open(&clip, &limits, &ctx).unwrap();
        assert_eq!(opened.info(), Media::open(&clip, &limits, &ctx).unwrap().info());
        assert!(ahead.0.lock().unwrap().is_none());
        assert_eq!(ahead.open(&clip, &limits, &ctx).unwrap().bytes(), opened.bytes());
    }

    #[test]
    fn errors_warnings_and_stops_are_those_of_opening_in_turn() {
        let folder = tempfile::tempdir().unwrap();
        let (limits, ctx) = (Limits::default(), Ctx::silent());
        let broken = folder.path().join("broken.jpg");
        std::fs::write(&broken, b"no picture").unwrap();
        let error = |ahead: &Ahead, ctx: &Ctx| ahead.open(&broken, &limits, ctx).unwrap_err();
        let expected = Media::open(&broken, &limits, &ctx).unwrap_err();
        assert_eq!(error(&Ahead::of(&broken, &limits), &ctx).to_string(), expected.to_string());
        ctx.cancel_token().cancel();
        assert_eq!(error(&Ahead::of(&broken, &limits), &ctx).code(), media::ErrorCode::Cancelled);
        // Nothing is opened ahead that is no file, and one that nobody takes ends with its owner.
        assert!(Ahead::of(folder.path(), &limits).0.lock().unwrap().is_none());
        drop(Ahead::of(&samples().join("clip.mp4"), &limits));
    }
}
