//! Frames and faces of an analysis, looked up again in the file.
//!
//! An examination lets go of its pixels. Whoever needs some of them afterwards has the frame decoded again, and a face
//! found where the examination has left one.

use std::path::Path;

use analysis::{TimelineFace, TimelineFrame};
use base::{Ctx, FrameIndex, Point, Rect, Timestamp};
use faces::Face;
use image::RgbImage;
use media::Frame;

use crate::error::ScanError;
use crate::pipeline::Pipeline;
use crate::reel::Reel;

/// How much a box must overlap with the one it was.
const SAME_FACE: f32 = 0.7;

/// A face to look up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Wanted {
    pub frame: FrameIndex,
    pub pts: Timestamp,
    pub rect: Rect,
    /// As in [`TimelineFace::landmarks`].
    pub landmarks: [Point; 5],
}

impl Wanted {
    pub fn of(frame: &TimelineFrame, face: &TimelineFace) -> Self {
        Self { frame: frame.frame, pts: frame.pts_us, rect: face.rect, landmarks: face.landmarks }
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
                find_again(&frame.rgb, w, pipeline)?.map(|face| Again { frame, face })
            }
            None => None,
        };
        found.push(again);
    }
    Ok(found)
}

/// The face that was there, by the box and landmarks that it had: what an examination said of a frame may rest on the
/// frame before it, so that it need not come out to the pixel again. But the face must be found there, by whichever way.
fn find_again(rgb: &RgbImage, wanted: &Wanted, pipeline: &Pipeline) -> Result<Option<Face>, ScanError> {
    let finder = pipeline.finder();
    let mut known = Face { rect: wanted.rect, landmarks: wanted.landmarks, refined: None, detector_score: 1.0 };
    let places = [known];
    let there = || finder.recheck(rgb, &places);
    let about = || finder.follow(rgb, &places);
    let surveyed = || finder.survey(rgb);
    let searched = || finder.detect(rgb);
    for way in [&there as &dyn Fn() -> _, &about, &surveyed, &searched] {
        if way()?.iter().any(|face| face.rect.iou(wanted.rect) >= SAME_FACE) {
            finder.refine(rgb, &mut known)?;
            return Ok(Some(known));
        }
    }
    Ok(None)
}
