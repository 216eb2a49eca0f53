//! What has been decoded so far, gathered from ffmpeg's standard error.

use std::time::Instant;

use base::Timestamp;

use super::planes::Colours;
use super::showinfo::{self, Line, Numbering};
use crate::child::Messages;
use crate::probe::{JITTER_US, Stream};

/// Place of a kept frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub index: u64,
    pub pts: Timestamp,
    /// Whether the container gave that time, rather than the frame rate.
    pub stated: bool,
    /// As the frame states them, or the stream.
    pub colours: Colours,
}

/// Counts and ranges over all decoded frames, sampled or not.
#[derive(Debug)]
pub(crate) struct Tally {
    time_base: (u32, u32),
    frame_us: i64,
    start: Timestamp,
    colours: Colours,
    numbering: Numbering,
    /// A kept frame whose colours have not been told yet.
    waiting: Option<Place>,
    latest: Option<(Option<i64>, Timestamp)>,
    gaps: Option<(i64, i64)>,
    /// Earliest presentation time.
    pub first: Option<Timestamp>,
    /// Latest presentation time.
    pub last: Option<Timestamp>,
    /// Frames without a time of their own.
    pub untimed: u64,
    /// What else ffmpeg said.
    pub messages: Messages,
    /// When it last said anything.
    pub alive: Instant,
}

impl Tally {
    pub fn new(stream: &Stream) -> Self {
        let (num, den) = stream.time_base;
        Self {
            time_base: stream.time_base,
            frame_us: stream.frame_us.unwrap_or(40_000),
            start: Timestamp::from_ticks(stream.start, num, den).unwrap_or_default(),
            colours: stream.colours,
            numbering: Numbering::default(),
            waiting: None,
            latest: None,
            gaps: None,
            first: None,
            last: None,
            untimed: 0,
            messages: Messages::default(),
            alive: Instant::now(),
        }
    }

    /// Takes in one line; a kept frame's place comes back, with the line that tells its colours or with the next frame.
    pub fn take(&mut self, line: &str) -> Option<Place> {
        self.alive = Instant::now();
        match showinfo::parse(line) {
            Line::Seen(ticks) => {
                self.see(ticks);
                self.waiting.take()
            }
            Line::Kept(ticks) => {
                let place = self.place(ticks);
                std::mem::replace(&mut self.waiting, place)
            }
            Line::Colours(colours) => self.waiting.take().map(|place| Place { colours, ..place }),
            Line::Chatter => None,
            Line::Other => {
                self.messages.note(line);
                None
            }
        }
    }

    /// The last kept frame's place, where its colours were not told.
    pub fn rest(&mut self) -> Option<Place> {
        self.waiting.take()
    }

    fn place(&mut self, ticks: Option<i64>) -> Option<Place> {
        let index = self.numbering.kept(ticks)?;
        let stated = self.time(ticks);
        let pts = stated.or(self.latest.map(|(_, pts)| pts))?;
        Some(Place { index, pts, stated: stated.is_some(), colours: self.colours })
    }

    /// Decoded frames.
    pub fn count(&self) -> u64 {
        self.numbering.count()
    }

    /// Whether the frames decoded so far are unevenly spaced.
    pub fn uneven(&self) -> bool {
        self.gaps.is_some_and(|(least, most)| most - least > JITTER_US)
    }

    fn time(&self, ticks: Option<i64>) -> Option<Timestamp> {
        Timestamp::from_ticks(ticks?, self.time_base.0, self.time_base.1)
    }

    /// A frame without a time follows the one before it at the nominal rate.
    fn see(&mut self, ticks: Option<i64>) {
        self.numbering.forget_old();
        self.numbering.seen(ticks);
        let before = self.latest.map(|(_, pts)| pts);
        let pts = self.time(ticks).unwrap_or_else(|| {
            self.untimed += 1;
            before.map_or(self.start, |b| Timestamp::from_micros(b.micros().saturating_add(self.frame_us)))
        });
        if let Some(before) = before {
            let gap = pts.micros_since(before);
            self.gaps = Some(self.gaps.map_or((gap, gap), |(least, most)| (least.min(gap), most.max(gap))));
        }
        self.first = Some(self.first.map_or(pts, |first| first.min(pts)));
        self.last = Some(self.last.map_or(pts, |last| last.max(pts)));
        self.latest = Some((ticks, pts));
    }
}
