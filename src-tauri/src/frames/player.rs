//! Decoders that stay open between two frames.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use image::RgbImage;
use scan::base::{Ctx, Timestamp};
use scan::media::{Frame, Frames, Kind, Media};
use scan::{Limits, picture};

use crate::error::{CommandError, ErrorCode};

/// Decoders of one thread; each keeps a child process and a few frames.
const OPEN: usize = 2;
/// Further ahead than this, seeking is faster than decoding what lies between.
const AHEAD_US: i64 = 2_000_000;
/// A time between two frames is looked for from this much earlier.
const BEHIND_US: i64 = 1_000_000;
/// The frame at a time that the window was told is the frame asked for, whatever the rounding.
const SAME_US: i64 = 1;
/// Two suffice for playing; examining needs the others.
const THREADS: usize = 2;

/// The decoders used last, the newest first.
#[derive(Debug, Default)]
pub(super) struct Players(Vec<Player>);

#[derive(Debug)]
struct Player {
    path: PathBuf,
    width: u32,
    media: Media,
    run: Option<Run>,
}

/// A decoder under way.
#[derive(Debug)]
struct Run {
    frames: Frames,
    shown: Frame,
    next: Option<Frame>,
}

impl Players {
    /// The picture shown at `pts`, at most `width` pixels wide.
    pub(super) fn at(&mut self, path: &Path, pts: Timestamp, width: u32) -> Result<Arc<RgbImage>, CommandError> {
        let open = self.0.iter().position(|player| player.path == path && player.width == width);
        let mut player = match open {
            Some(index) => self.0.remove(index),
            None => Player {
                path: path.to_owned(),
                width,
                media: Media::open(path, &Limits::default(), &Ctx::silent())?,
                run: None,
            },
        };
        let picture = player.at(pts);
        self.0.insert(0, player);
        self.0.truncate(OPEN);
        picture
    }
}

impl Player {
    fn at(&mut self, pts: Timestamp) -> Result<Arc<RgbImage>, CommandError> {
        if let Some(run) = self.run.as_mut().filter(|run| run.is_near(pts)) {
            return run.advance(pts);
        }
        self.run = None;
        let mut run = self.start(pts)?;
        if run.shown.pts.micros_since(pts) > SAME_US {
            // The time lies between two frames: the earlier one is shown.
            if let Ok(earlier) = self.start(Timestamp::from_micros(pts.micros().saturating_sub(BEHIND_US))) {
                run = earlier;
            }
        }
        let shown = run.advance(pts)?;
        // Of a still there is one frame, held by `media`.
        self.run = (self.media.kind() == Kind::Video).then_some(run);
        // Stills come at their own size.
        picture::at_most(shown, self.width)
            .ok_or_else(|| CommandError::new(ErrorCode::Internal, "an empty picture").at(&self.path))
    }

    fn start(&self, from: Timestamp) -> Result<Run, CommandError> {
        let mut frames = self.media.frames_from(from, self.width, THREADS, &Ctx::silent())?;
        match frames.next() {
            Some(Ok(shown)) => Ok(Run { frames, shown, next: None }),
            // Past the end there is nothing to decode, which a decoder calls an error.
            Some(Err(_)) | None => self.last(from),
        }
    }

    /// Nothing is shown from that time on: the last frames before it.
    fn last(&self, before: Timestamp) -> Result<Run, CommandError> {
        let end = self.media.info().duration_us.map_or(before, |us| before.min(Timestamp::from_micros(us)));
        let from = Timestamp::from_micros(end.micros().saturating_sub(BEHIND_US));
        let mut frames = self.media.frames_from(from, self.width, THREADS, &Ctx::silent())?;
        let shown = frames.next().transpose()?;
        let none = || CommandError::new(ErrorCode::NotFound, "no picture is shown at that time").at(&self.path);
        Ok(Run { shown: shown.ok_or_else(none)?, frames, next: None })
    }
}

impl Run {
    fn is_near(&self, pts: Timestamp) -> bool {
        (0..=AHEAD_US).contains(&(pts.micros_since(self.shown.pts) + SAME_US))
    }

    /// Decodes on to the last frame that is not later than `pts`.
    fn advance(&mut self, pts: Timestamp) -> Result<Arc<RgbImage>, CommandError> {
        while self.shown.pts.micros_since(pts) < -SAME_US {
            if self.next.is_none() {
                self.next = self.frames.next().transpose()?;
            }
            match self.next.take() {
                Some(next) if next.pts.micros_since(pts) <= SAME_US => self.shown = next,
                later => {
                    self.next = later;
                    break;
                }
            }
        }
        Ok(Arc::clone(&self.shown.rgb))
    }
}
