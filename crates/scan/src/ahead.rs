//! One file that is opened before its turn, beside the loading of the models: reading a still, or probing a video and
//! decoding its first frames, take about as long as that, on another thread.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use base::{CancelToken, Ctx, Warning};
use media::{Limits, Media, MediaError, Sampling};

/// How often a file that is still being opened is looked after.
const TICK: Duration = Duration::from_millis(2);

/// At most one file that is open already or being opened.
#[derive(Debug, Default)]
pub(crate) struct Ahead(Mutex<Option<Opening>>);

/// What came of opening a file, and what was warned of.
type Opened = (Result<Media, MediaError>, Vec<Warning>);

#[derive(Debug)]
struct Opening {
    path: PathBuf,
    cancel: CancelToken,
    /// Until it is joined.
    thread: Option<JoinHandle<Opened>>,
}

impl Ahead {
    /// Begins to open `path`, where a thread is to be had and it is a file: waiting for a pipe is for its turn. A video's
    /// decoder starts too where it is known how its frames will be asked for, as in [`Media::frames`].
    pub fn of(path: &Path, limits: &Limits, frames: Option<(Sampling, usize)>) -> Self {
        if !path.is_file() {
            return Self::default();
        }
        let cancel = CancelToken::default();
        let (token, own, limits) = (cancel.clone(), path.to_path_buf(), limits.clone());
        let open = move || {
            let ctx = Ctx::new(token, |_| {});
            let opened = Media::open(&own, &limits, &ctx);
            if let (Ok(media), Some((sampling, threads)), Ok(())) = (&opened, frames, ctx.check()) {
                media.start(sampling, threads);
            }
            (opened, ctx.take_warnings())
        };
        let thread = thread::Builder::new().name("ahead".into()).spawn(open).ok();
        Self(Mutex::new(thread.map(|thread| Opening { path: path.to_path_buf(), cancel, thread: Some(thread) })))
    }

    /// [`Media::open`], or what came of it where that has begun already; what was begun for another file is let go, for
    /// its turn has passed.
    pub fn open(&self, path: &Path, limits: &Limits, ctx: &Ctx) -> Result<Media, MediaError> {
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        match waiting.filter(|opening| opening.path == path).and_then(|opening| opening.wait(ctx)) {
            Some((opened, warnings)) => {
                warnings.into_iter().for_each(|warning| ctx.warn(warning));
                opened
            }
            None => Media::open(path, limits, ctx),
        }
    }
}

impl Opening {
    /// What came of it; nothing where somebody asked to stop, who is answered as by [`Media::open`], and after a panic,
    /// which is met again in its own place.
    fn wait(mut self, ctx: &Ctx) -> Option<Opened> {
        let thread = self.thread.take()?;
        while !thread.is_finished() {
            if ctx.check().is_err() {
                self.cancel.cancel();
            }
            thread::sleep(TICK);
        }
        thread.join().ok().filter(|_| ctx.check().is_ok())
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            self.cancel.cancel();
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
    fn what_was_opened_ahead_is_taken_once_and_let_go_when_its_turn_has_passed() {
        let (limits, ctx) = (Limits::default(), Ctx::silent());
        let (clip, still) = (samples().join("clip.mp4"), samples().join("hopper.jpg"));
        let ahead = Ahead::of(&clip, &limits, None);
        let opened = ahead.open(&clip, &limits, &ctx).unwrap();
        assert_eq!(opened.info(), Media::open(&clip, &limits, &ctx).unwrap().info());
        assert!(ahead.0.lock().unwrap().is_none());
        assert_eq!(ahead.open(&clip, &limits, &ctx).unwrap().bytes(), opened.bytes());
        let ahead = Ahead::of(&clip, &limits, None);
        assert_eq!(ahead.open(&still, &limits, &ctx).unwrap().path(), still);
        assert!(ahead.0.lock().unwrap().is_none());
    }

    #[test]
    fn a_decoder_that_started_ahead_gives_the_frames_of_one_that_did_not_and_stops_when_asked() {
        let (limits, clip) = (Limits::default(), samples().join("clip.mp4"));
        let (sampling, cancel) = (Sampling::PerSecond(5.0), CancelToken::default());
        let ctx = Ctx::new(cancel.clone(), |_| {});
        let frames = |media: &Media| -> Vec<_> {
            media.frames(sampling, 1, &ctx).unwrap().map(|frame| frame.unwrap()).map(|f| (f.pts, f.rgb)).collect()
        };
        let ahead = Ahead::of(&clip, &limits, Some((sampling, 1)));
        let expected = frames(&Media::open(&clip, &limits, &ctx).unwrap());
        let media = ahead.open(&clip, &limits, &ctx).unwrap();
        assert!(expected.len() > 3 && frames(&media) == expected);
        assert!(frames(&media) == expected, "a second time it is decoded anew");
        // Asked for otherwise, it is decoded anew too.
        let media = Ahead::of(&clip, &limits, Some((Sampling::EveryFrame, 1))).open(&clip, &limits, &ctx).unwrap();
        assert!(frames(&media) == expected);
        let media = Ahead::of(&clip, &limits, Some((sampling, 1))).open(&clip, &limits, &ctx).unwrap();
        let mut started = media.frames(sampling, 1, &ctx).unwrap();
        cancel.cancel();
        assert_eq!(started.next().unwrap().unwrap_err().code(), media::ErrorCode::Cancelled);
    }

    #[test]
    fn errors_warnings_and_stops_are_those_of_opening_in_turn() {
        let folder = tempfile::tempdir().unwrap();
        let (limits, ctx) = (Limits::default(), Ctx::silent());
        let broken = folder.path().join("broken.jpg");
        std::fs::write(&broken, b"no picture").unwrap();
        let error = |ahead: &Ahead, ctx: &Ctx| ahead.open(&broken, &limits, ctx).unwrap_err();
        let expected = Media::open(&broken, &limits, &ctx).unwrap_err();
        assert_eq!(error(&Ahead::of(&broken, &limits, None), &ctx).to_string(), expected.to_string());
        ctx.cancel_token().cancel();
        assert_eq!(error(&Ahead::of(&broken, &limits, None), &ctx).code(), media::ErrorCode::Cancelled);
        // Nothing is opened ahead that is no file, and one that nobody takes ends with its owner.
        assert!(Ahead::of(folder.path(), &limits, None).0.lock().unwrap().is_none());
        drop(Ahead::of(&samples().join("clip.mp4"), &limits, Some((Sampling::EveryFrame, 1))));
    }
}
