//! Small pictures that are kept with an analysis: its people and the whole.

use std::path::Path;

use library::Evidence;
use scan::analysis::{Analysis, TimelineFace, TimelineFrame};
use scan::base::{Rect, Timestamp};
use scan::picture;

use super::player::Players;
use super::{Owner, encode};
use crate::desk::Desk;
use crate::error::{CommandError, ErrorCode};

/// Side of a face in pixels.
const FACE: u32 = 96;
/// Width of a poster in pixels.
const POSTER: u32 = 160;
/// Around the box of a face, so that hair and chin are seen.
const MARGIN: f32 = 1.4;
/// Wide enough for faces in 4K.
const FULL: u32 = 4096;

/// The best face of a person, square.
pub(super) fn face(desk: &Desk, players: &mut Players, owner: Owner, track: u32) -> Result<Vec<u8>, CommandError> {
    kept(desk, owner, &format!("face/{track}"), |document, path| {
        let (pts, rect) = best_face(document, track).ok_or_else(|| CommandError::no_such("person", track))?;
        let frame = players.at(path, pts, FULL)?;
        let (full, shown) = (document.file.media.as_ref().map_or(frame.width(), |media| media.width), frame.width());
        let place = square(rect, shown as f32 / full.max(1) as f32, frame.dimensions());
        let face = picture::square(&frame, place, FACE);
        encode(&face.ok_or_else(|| CommandError::new(ErrorCode::Internal, "a face outside of its picture"))?)
    })
}

/// The frame in which the first person is seen best, or the first one.
pub(super) fn poster(desk: &Desk, players: &mut Players, owner: Owner) -> Result<Vec<u8>, CommandError> {
    kept(desk, owner, "poster", |document, path| {
        let first = document.people.first().and_then(|person| best_face(document, person.track));
        let start = document.timeline.first().map(|frame| frame.pts_us);
        let pts = first.map(|(pts, _)| pts).or(start).unwrap_or_default();
        encode(&*players.at(path, pts, POSTER)?)
    })
}

/// What the library has under this name; made, and kept, when it has nothing. It is shown as a picture of the analysis
/// from then on, so it is not cut from a file that changed before or meanwhile.
fn kept(
    desk: &Desk,
    owner: Owner,
    name: &str,
    make: impl FnOnce(&Analysis, &Path) -> Result<Vec<u8>, CommandError>,
) -> Result<Vec<u8>, CommandError> {
    let Owner::Analysis(id) = owner else {
        return Err(CommandError::new(ErrorCode::Invalid, "only an analysis has thumbnails"));
    };
    if let Some(jpeg) = desk.with_library(|library| library.thumbnail(id, name))? {
        return Ok(jpeg);
    }
    let (document, Evidence { path, sha256 }) =
        desk.with_library(|library| Ok((library.document(id)?, library.evidence(id)?)))?;
    let unchanged = || desk.frames.hashes.require_same(&path, sha256.as_deref());
    unchanged()?;
    let jpeg = make(&document, &path)?;
    unchanged()?;
    desk.with_library(|library| library.keep_thumbnail(id, name, &jpeg))?;
    Ok(jpeg)
}

/// Usable before unusable, then the one with the most sharp pixels.
fn best_face(document: &Analysis, track: u32) -> Option<(Timestamp, Rect)> {
    let of_track = |frame: &'_ TimelineFrame| {
        let face = frame.faces.iter().find(|face| face.track == track)?.clone();
        Some((frame.pts_us, face))
    };
    let worth = |face: &TimelineFace| {
        let quality = &face.quality;
        (quality.usable, f64::from(quality.face_px) * f64::from(quality.sharpness.max(1.0)).ln())
    };
    let better = |a: &(Timestamp, TimelineFace), b: &(Timestamp, TimelineFace)| {
        let (a, b) = (worth(&a.1), worth(&b.1));
        a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
    };
    document.timeline.iter().filter_map(of_track).max_by(better).map(|(pts, face)| (pts, face.rect))
}

/// A square around the box that lies in the picture: left, top, side.
fn square(rect: Rect, scale: f32, (width, height): (u32, u32)) -> (u32, u32, u32) {
    let side = (rect.w.max(rect.h) * scale * MARGIN).round().clamp(1.0, width.min(height).max(1) as f32);
    let middle = rect.center();
    let place = |middle: f32, length: u32| {
        (middle * scale - side / 2.0).round().clamp(0.0, (length as f32 - side).max(0.0)) as u32
    };
    (place(middle.x, width), place(middle.y, height), side as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_square_lies_in_the_picture() {
        assert_eq!(square(Rect::new(100.0, 100.0, 80.0, 100.0), 1.0, (640, 480)), (70, 80, 140));
        assert_eq!(square(Rect::new(-20.0, -20.0, 80.0, 100.0), 1.0, (640, 480)), (0, 0, 140));
        assert_eq!(square(Rect::new(600.0, 460.0, 80.0, 100.0), 0.5, (320, 240)), (250, 170, 70));
        assert_eq!(square(Rect::new(0.0, 0.0, 900.0, 900.0), 1.0, (640, 480)), (160, 0, 480));
    }
}
