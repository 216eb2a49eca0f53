//! The frames of one file, in order, and what they covered in the end.

use std::sync::Arc;

use base::{FrameIndex, Timestamp, Warning, WarningCode};
use image::RgbImage;

use crate::still::Still;
use crate::video::Decoder;
use crate::{Frame, MediaError};

/// Which frames of a video are wanted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sampling {
    /// All of them.
    EveryFrame,
    /// At most so many a second: time is divided into cells of that length from the start of the
    /// stream, and the first frame in each cell is taken, with its own time. Where frames are
    /// further apart than a cell, all are taken. Must be positive and finite.
    PerSecond(f64),
}

/// What was decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Frames that were handed out.
    pub frames: u64,
    /// Frames that were decoded, sampled or not.
    pub decoded: u64,
    /// Earliest presentation time among the decoded frames.
    pub first: Option<Timestamp>,
    /// Latest presentation time among the decoded frames.
    pub last: Option<Timestamp>,
    /// Whether the decoded frames were unevenly spaced.
    pub variable_frame_rate: bool,
    /// Whether the decoder met errors or the stream ended early. ffmpeg's exit status alone does not
    /// tell: it is 0 for most damaged files.
    pub damaged: bool,
    /// Whether the file's size or time of change differ from when it was opened.
    pub changed: bool,
    /// What the decoder said that is worth keeping: at most some twenty different lines.
    pub messages: Vec<String>,
}

impl Coverage {
    /// The same as warnings for the result.
    pub fn warnings(&self) -> Vec<Warning> {
        let mut warnings = Vec::new();
        if self.damaged {
            let said = self.messages.join("; ");
            let detail = match self.first.zip(self.last) {
                Some((first, last)) if first == last => said,
                Some((first, last)) => {
                    let (first, last) = (first.seconds(), last.seconds());
                    format!("{} frames decoded, covering {first:.3} s to {last:.3} s: {said}", self.decoded)
                }
                None => format!("nothing could be decoded: {said}"),
            };
            warnings.push(Warning::new(WarningCode::Damaged, detail));
        } else if !self.messages.is_empty() {
            warnings.push(Warning::new(WarningCode::DecoderMessage, self.messages.join("; ")));
        }
        if self.changed {
            let detail = "size or time of change differ from when the file was opened";
            warnings.push(Warning::new(WarningCode::ChangedWhileReading, detail));
        }
        warnings
    }
}

/// The sampled frames of a file: one for a still. Dropping it stops the decoder.
#[derive(Debug)]
pub struct Frames(Inner);

#[derive(Debug)]
enum Inner {
    Still { next: Option<Arc<RgbImage>>, coverage: Coverage },
    Video(Box<Decoder>),
}

impl Frames {
    pub(crate) fn of_still(still: &Still, changed: bool) -> Self {
        let coverage = Coverage {
            damaged: still.info.damaged,
            changed,
            messages: still.damage.iter().cloned().collect(),
            ..Coverage::default()
        };
        Self(Inner::Still { next: Some(Arc::clone(&still.rgb)), coverage })
    }

    pub(crate) fn of_video(decoder: Decoder) -> Self {
        Self(Inner::Video(Box::new(decoder)))
    }

    /// What was decoded. Call it when the iterator has ended; if it has not, decoding stops here and
    /// the coverage is that of the part decoded so far.
    pub fn finish(self) -> Coverage {
        match self.0 {
            Inner::Still { coverage, .. } => coverage,
            Inner::Video(decoder) => decoder.finish(),
        }
    }

    /// The process id of the decoder, while there is one.
    pub fn child_id(&self) -> Option<u32> {
        match &self.0 {
            Inner::Still { .. } => None,
            Inner::Video(decoder) => Some(decoder.child_id()),
        }
    }
}

impl Iterator for Frames {
    type Item = Result<Frame, MediaError>;

    /// The next frame. `Err` comes at most once and is the last item: `Cancelled`, `TimedOut`, or
    /// `Damaged` when not one frame could be decoded.
    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.0 {
            Inner::Still { next, coverage } => next.take().map(|rgb| {
                (coverage.frames, coverage.decoded) = (1, 1);
                (coverage.first, coverage.last) = (Some(Timestamp::default()), Some(Timestamp::default()));
                Ok(Frame { index: FrameIndex(0), pts: Timestamp::default(), rgb })
            }),
            Inner::Video(decoder) => decoder.next(),
        }
    }
}
