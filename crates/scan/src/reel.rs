//! Some frames of a file, decoded once more.

use std::path::Path;

use base::{Ctx, Timestamp};
use media::{Frame, Frames, Kind, Limits, Media, MediaError};

/// How much may lie between two frames that one run of the decoder gives: decoding what is between costs less than
/// starting at a key frame again.
const ON_THE_WAY_US: i64 = 5_000_000;

/// Looks frames up by their times, forwards. What lies between is neither converted nor copied.
pub(crate) struct Reel {
    media: Media,
    /// Rising.
    times: Vec<Timestamp>,
    threads: usize,
    run: Option<Run>,
    last: Option<Frame>,
}

/// A running decoder.
struct Run {
    frames: Frames,
    until: Timestamp,
}

impl Reel {
    /// Opens a file of which the frames at `times` will be wanted.
    pub fn open(
        path: &Path,
        limits: &Limits,
        mut times: Vec<Timestamp>,
        threads: usize,
        ctx: &Ctx,
    ) -> Result<Self, MediaError> {
        times.sort_unstable();
        times.dedup();
        Ok(Self { media: Media::open(path, limits, ctx)?, times, threads, run: None, last: None })
    }

    /// The frame with this presentation time, one of those that were named; `None` when there is none. Of a still
    /// there is always its one frame.
    pub fn at(&mut self, pts: Timestamp, ctx: &Ctx) -> Result<Option<Frame>, MediaError> {
        let still = self.media.kind() == Kind::Image;
        if let Some(last) = &self.last
            && (still || last.pts == pts)
        {
            return Ok(Some(last.clone()));
        }
        let behind = self.last.as_ref().is_some_and(|last| last.pts > pts);
        let mut run = match self.run.take() {
            Some(run) if !behind && pts <= run.until => run,
            _ => self.start(pts, ctx)?,
        };
        for frame in &mut run.frames {
            let frame = frame?;
            if !still && frame.pts < pts {
                continue;
            }
            let found = (still || frame.pts == pts).then(|| frame.clone());
            self.last = Some(frame);
            // After the last of them the decoder is stopped rather than run to the end of the file.
            self.run = (pts < run.until).then_some(run);
            return Ok(found);
        }
        Ok(None)
    }

    fn start(&self, pts: Timestamp, ctx: &Ctx) -> Result<Run, MediaError> {
        let mut wanted = vec![pts];
        let mut until = pts;
        for &time in self.times.iter().filter(|&&time| time > pts) {
            if time.micros_since(until) > ON_THE_WAY_US {
                break;
            }
            wanted.push(time);
            until = time;
        }
        Ok(Run { frames: self.media.frames_at(&wanted, self.threads, ctx)?, until })
    }
}
