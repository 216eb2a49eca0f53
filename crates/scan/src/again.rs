//! Frames and faces of an analysis, looked up again in the file.
//!
//! An examination lets go of its pixels. Whoever needs some of them afterwards has the frame decoded again
//! and its faces found again: the same decoder and the same networks give the same face at the same place.

use std::path::Path;

use analysis::{TimelineFace, TimelineFrame};
use base::{Ctx, FrameIndex, Rect, Timestamp};
use faces::Face;
use media::{Frame, Kind, Media};

use crate::error::ScanError;
use crate::pipeline::Pipeline;

/// How much a box must overlap with the one it was: only rounding may be between them.
const SAME_BOX: f32 = 0.99;

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
    let media = Media::open(path, pipeline.limits(), ctx)?;
    let mut last: Option<Frame> = None;
    let mut found = Vec::with_capacity(wanted.len());
    for w in wanted {
        ctx.check()?;
        if last.as_ref().is_none_or(|frame| frame.pts != w.pts) {
            last = frame_at(&media, w.pts, pipeline, ctx)?;
        }
        let again = match &last {
            Some(frame) if frame.pts == w.pts => {
                let frame = Frame { index: w.frame, ..frame.clone() };
                find_again(&frame, w.rect, pipeline)?.map(|face| Again { frame, face })
            }
            _ => None,
        };
        found.push(again);
    }
    Ok(found)
}

/// The face that was at `rect`: an examination searches some frames in full and follows faces through others, and
/// what was seen by the one way need not be seen to the pixel by the other.
fn find_again(frame: &Frame, rect: Rect, pipeline: &Pipeline) -> Result<Option<Face>, ScanError> {
    let same = |faces: Vec<Face>| {
        let nearest = faces.into_iter().max_by(|a, b| a.rect.iou(rect).total_cmp(&b.rect.iou(rect)));
        nearest.filter(|face| face.rect.iou(rect) >= SAME_BOX)
    };
    match same(pipeline.finder().detect(&frame.rgb)?) {
        Some(face) => Ok(Some(face)),
        None => Ok(same(pipeline.finder().follow(&frame.rgb, &[])?)),
    }
}

fn frame_at(media: &Media, pts: Timestamp, pipeline: &Pipeline, ctx: &Ctx) -> Result<Option<Frame>, ScanError> {
    let mut frames = media.frames_from(pts, media.info().width, pipeline.threads(), ctx)?;
    if media.kind() == Kind::Image {
        return Ok(frames.next().transpose()?.map(|frame| pipeline.delivered(frame)));
    }
    for frame in frames {
        let frame = frame?;
        if frame.pts >= pts {
            return Ok(Some(pipeline.delivered(frame)));
        }
    }
    Ok(None)
}
