//! Frames and faces of an analysis, looked up again in the file.
//!
//! An examination lets go of its pixels. Whoever needs some of them afterwards has the frame decoded again
//! and its faces found again: the same decoder and the same networks give the same face at the same place.

use std::path::Path;

use analysis::{TimelineFace, TimelineFrame};
use base::{Ctx, FrameIndex, Rect, Timestamp};
use faces::Face;
use media::Frame;

use crate::error::ScanError;
use crate::pipeline::Pipeline;
use crate::reel::Reel;

/// How much a box must overlap with the one it was: only rounding may be between them.
const SAME_BOX: f32 = 0.99;
/// The same for the same way of searching.
const TO_THE_PIXEL: f32 = 0.9999;

/// A face to look up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Wanted {
    pub frame: FrameIndex,
    pub pts: Timestamp,
    pub rect: Rect,
}

impl Wanted {
    pub fn of(frame: &TimelineFrame, face: &TimelineFace) -> Self {
        Self { frame: frame.frame, pts: frame.pts_us, rect: face.rect }
    }
}

/// A face that was found again, with its frame.
pub(crate) struct Again {
    pub frame: Frame,
    pub face: Face,
}

/// Looks the faces up, in their order; `None` for one that is not there any more, because the file changed
/// or does not decode to the same frame from its middle on. `on_face` is called after each.
///
/// # Errors
/// A file that cannot be opened or decoded, a network that failed, [`ScanError::Cancelled`].
pub(crate) fn look_again(
    path: &Path,
    wanted: &[Wanted],
    pipeline: &Pipeline,
    ctx: &Ctx,
) -> Result<Vec<Option<Again>>, ScanError> {
    let times = wanted.iter().map(|w| w.pts).collect();
    let mut reel = Reel::open(path, pipeline.limits(), times, pipeline.threads(), ctx)?;
    let mut last: Option<Frame> = None;
    let mut found = Vec::with_capacity(wanted.len());
    for w in wanted {
        ctx.check()?;
        if last.as_ref().is_none_or(|frame| frame.pts != w.pts) {
            last = reel.at(w.pts, ctx)?.map(|frame| pipeline.delivered(frame));
        }
        let again = match &last {
            Some(frame) => {
                let frame = Frame { index: w.frame, ..frame.clone() };
                find_again(&frame, w.rect, pipeline)?.map(|face| Again { frame, face })
            }
            _ => None,
        };
        found.push(again);
    }
    Ok(found)
}

/// The face that was at `rect`. An examination searches some frames in full and follows faces through others, in
/// another way where all faces of the shot are large, and what was seen by the one way need not be seen to the pixel by
/// the other. Following costs less and most frames were followed, so it is tried first.
fn find_again(frame: &Frame, rect: Rect, pipeline: &Pipeline) -> Result<Option<Face>, ScanError> {
    let (finder, rgb) = (pipeline.finder(), &frame.rgb);
    let known = Face { rect, landmarks: [rect.center(); 5], refined: None, detector_score: 1.0 };
    let alone = || finder.follow(rgb, &[known]);
    let among_others = || finder.follow(rgb, &[]);
    let surveyed = || finder.survey(rgb);
    let searched = || finder.detect(rgb);
    let mut best: Option<(f32, Face)> = None;
    for ways in [&alone as &dyn Fn() -> _, &among_others, &surveyed, &searched] {
        for face in ways()? {
            let overlap = face.rect.iou(rect);
            if overlap >= SAME_BOX && best.is_none_or(|(most, _)| overlap > most) {
                best = Some((overlap, face));
            }
        }
        if best.is_some_and(|(overlap, _)| overlap >= TO_THE_PIXEL) {
            break;
        }
    }
    Ok(best.map(|(_, face)| face))
}
