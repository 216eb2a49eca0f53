//! The stability ladder: crops that carry a suspicion, spoilt as files are on their way, and scored again.
//!
//! Every rung works on a patch of the frame about the crop, aligned to JPEG's blocks, so that what is scored
//! is what re-encoding or shrinking the whole frame would have left there.

use std::path::Path;

use analysis::{Findings, MediaKind, ModelPolicy, Person, Rung, Stability, TimelineFrame};
use base::{Ctx, Point, Rect, Warning, WarningCode};
use faces::resize::{PixelRegion, shrink_area};
use faces::{Face, canonical_rect};
use image::RgbImage;
use media::Frame;
use turbojpeg::{Image, PixelFormat, Subsamp};

use crate::again::{Again, Wanted, look_again};
use crate::error::ScanError;
use crate::given::Boxed;
use crate::pipeline::Pipeline;
use crate::scorer::Scorer;

/// Crops of a person that are spoilt: those with the highest scores.
pub(crate) const LADDER_CROPS: usize = 8;
/// Pixels of the frame kept about a crop: more than JPEG's colour smoothing and shrinking reach.
const AROUND: u32 = 16;
/// Side of JPEG's largest block, at half colour resolution.
const BLOCK: u32 = 16;

/// Where the pixels of a suspicion come from.
pub(crate) enum Pixels<'a> {
    /// Frames are decoded and faces found once more.
    File(&'a Path),
    /// Both are at hand.
    Given {
        /// As it was looked at.
        frame: Frame,
        /// All of them.
        faces: Vec<Face>,
    },
}

impl Pixels<'_> {
    /// Those of the wanted faces that can be had again.
    pub fn again(&self, wanted: &[Wanted], pipeline: &Pipeline, ctx: &Ctx) -> Result<Vec<Again>, ScanError> {
        match self {
            Self::File(path) => Ok(look_again(path, wanted, pipeline, ctx)?.into_iter().flatten().collect()),
            Self::Given { frame, faces } => {
                let known = wanted.iter().filter_map(|w| faces.iter().find(|f| f.rect == w.rect));
                Ok(known.map(|face| Again { frame: frame.clone(), face: *face }).collect())
            }
        }
    }
}

/// Puts every suspicion on the ladder.
///
/// # Errors
/// [`ScanError::Cancelled`]. Frames that cannot be had again are warned about; their suspicion stays.
pub(crate) fn with_stability(
    findings: Findings,
    kind: MediaKind,
    pixels: &Pixels<'_>,
    pipeline: &Pipeline,
    ctx: &Ctx,
) -> Result<Findings, ScanError> {
    let timeline = findings.timeline.clone();
    let mut cancelled = false;
    let findings = findings.with_stability(|person| match stability(person, kind, &timeline, pixels, pipeline, ctx) {
        Ok(stability) => stability,
        Err(error) if error.code() == analysis::ErrorCode::Cancelled => {
            cancelled = true;
            None
        }
        Err(error) => {
            let detail = format!("the stability of person {} could not be tested: {error}", person.track + 1);
            ctx.warn(Warning::new(WarningCode::DecoderMessage, detail));
            None
        }
    });
    if cancelled { Err(ScanError::Cancelled) } else { Ok(findings) }
}

fn stability(
    person: &Person,
    kind: MediaKind,
    timeline: &[TimelineFrame],
    pixels: &Pixels<'_>,
    pipeline: &Pipeline,
    ctx: &Ctx,
) -> Result<Option<Stability>, ScanError> {
    let Some((scorer, policy)) = deciding(person, pipeline) else { return Ok(None) };
    let Some(points) = policy.points(kind) else { return Ok(None) };
    let wanted = highest(timeline, person.track, &policy.id);
    let again = pixels.again(&wanted, pipeline, ctx)?;
    if again.is_empty() {
        return Ok(None);
    }
    let boxed = Boxed(scorer);
    let scorer = if matches!(pixels, Pixels::Given { .. }) { &boxed as &dyn Scorer } else { scorer };
    let logits = pipeline.pool().install(|| climb(&again, scorer, pipeline.gate.min_face_px))?;
    Ok(Stability::of(&policy.id, again.len() as u64, &logits, policy.calibration, points))
}

/// The detector on which a person's verdict rests.
pub(crate) fn deciding<'p>(person: &Person, pipeline: &'p Pipeline) -> Option<(&'p dyn Scorer, &'p ModelPolicy)> {
    let mut both = pipeline.scorers().iter().chain(pipeline.second_scorers()).zip(pipeline.policies());
    let (scorer, policy) =
        both.find(|(_, p)| person.scores.get(&p.id).is_some_and(|s| Some(s.score) == person.score))?;
    Some((scorer.as_ref(), policy))
}

/// The faces of a person that this detector scored highest, in order of time.
fn highest(timeline: &[TimelineFrame], track: u32, model: &str) -> Vec<Wanted> {
    let faces = timeline.iter().flat_map(|frame| frame.faces.iter().map(move |face| (frame, face)));
    let own = faces.filter(|(_, face)| face.track == track && face.quality.usable);
    let mut scored: Vec<(f32, Wanted)> =
        own.filter_map(|(frame, face)| Some((face.scores.get(model)?.logit, Wanted::of(frame, face)))).collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.pts.cmp(&b.1.pts)));
    scored.truncate(LADDER_CROPS);
    scored.sort_by_key(|(_, wanted)| (wanted.pts, wanted.frame));
    scored.into_iter().map(|(_, wanted)| wanted).collect()
}

/// The mean logit on each rung that changes the frames and leaves the faces large enough.
fn climb(again: &[Again], scorer: &dyn Scorer, min_face_px: f32) -> Result<Vec<(Rung, f64)>, ScanError> {
    let patches: Vec<Patch> = again.iter().filter_map(|a| Patch::of(a, scorer)).collect();
    let mut climbed = Vec::new();
    for rung in Rung::ALL {
        let spoilt = patches.iter().map(|p| p.spoilt(rung, min_face_px)).collect::<Option<Vec<_>>>();
        let crops = spoilt.and_then(|all| all.iter().map(|p| scorer.crop(&p.rgb, &p.face)).collect::<Option<Vec<_>>>());
        let Some(crops) = crops.filter(|crops| !crops.is_empty()) else { continue };
        let logits = scorer.logits(&crops)?;
        climbed.push((rung, logits.iter().map(|l| f64::from(*l)).sum::<f64>() / logits.len() as f64));
    }
    Ok(climbed)
}

/// Part of a frame, with the face in its pixels.
#[derive(Clone)]
struct Patch {
    rgb: RgbImage,
    face: Face,
    /// Pixels of the whole frame's longer side.
    longest: u32,
}

impl Patch {
    fn of(again: &Again, scorer: &dyn Scorer) -> Option<Self> {
        let rgb = &again.frame.rgb;
        let square = scorer.place(rgb, &again.face)?.square;
        let region = aligned(square, rgb.width(), rgb.height());
        let PixelRegion { x, y, w, h } = region;
        let part = image::imageops::crop_imm(rgb.as_ref(), x, y, w, h).to_image();
        let face = moved(&again.face, |p| Point::new(p.x - x as f32, p.y - y as f32));
        Some(Self { rgb: part, face, longest: rgb.width().max(rgb.height()) })
    }

    /// `None` where the rung changes nothing or leaves too small a face.
    fn spoilt(&self, rung: Rung, min_face_px: f32) -> Option<Self> {
        let encoded = |quality| Some(Self { rgb: reencoded(&self.rgb, quality)?, ..self.clone() });
        match rung {
            Rung::Native => Some(self.clone()),
            Rung::Jpeg75 => encoded(75),
            Rung::Jpeg60 => encoded(60),
            Rung::Jpeg40 => encoded(40),
            Rung::Side768 => self.shrunk(768, min_face_px),
            Rung::Side512 => self.shrunk(512, min_face_px),
        }
    }

    fn shrunk(&self, longest: u32, min_face_px: f32) -> Option<Self> {
        let factor = f64::from(longest) / f64::from(self.longest);
        let face_px = canonical_rect(self.face.placed()).h * factor as f32;
        if factor >= 1.0 || face_px < min_face_px {
            return None;
        }
        let (width, height) = self.rgb.dimensions();
        let [w, h] = [width, height].map(|side| ((f64::from(side) * factor).round() as u32).max(1));
        let rgb = shrink_area(&self.rgb, PixelRegion::all(&self.rgb), w, h)?;
        let (fx, fy) = (w as f32 / width as f32, h as f32 / height as f32);
        let face = moved(&self.face, |p| Point::new(p.x * fx, p.y * fy));
        Some(Self { rgb, face, longest })
    }
}

/// The square with [`AROUND`] more on each side, from block to block, within the frame.
fn aligned(square: PixelRegion, width: u32, height: u32) -> PixelRegion {
    let along = |at: u32, len: u32, whole: u32| {
        let start = at.saturating_sub(AROUND) / BLOCK * BLOCK;
        let end = (at + len + AROUND).next_multiple_of(BLOCK).min(whole);
        (start, end - start)
    };
    let ((x, w), (y, h)) = (along(square.x, square.w, width), along(square.y, square.h, height));
    PixelRegion { x, y, w, h }
}

fn moved(face: &Face, to: impl Fn(Point) -> Point) -> Face {
    let Rect { x, y, .. } = face.rect;
    let (corner, end) = (to(Point::new(x, y)), to(Point::new(face.rect.right(), face.rect.bottom())));
    Face {
        rect: Rect::from_corners(corner.x, corner.y, end.x, end.y),
        landmarks: face.landmarks.map(&to),
        refined: face.refined.map(|points| points.map(&to)),
        ..*face
    }
}

/// The picture after JPEG at half colour resolution, as messengers and most sites write it; by libjpeg-turbo.
pub(crate) fn reencoded(rgb: &RgbImage, quality: i32) -> Option<RgbImage> {
    let (width, height) = (rgb.width() as usize, rgb.height() as usize);
    let format = PixelFormat::RGB;
    let image = Image { pixels: rgb.as_raw().as_slice(), width, pitch: 3 * width, height, format };
    let jpeg = turbojpeg::compress(image, quality, Subsamp::Sub2x2).ok()?;
    let back = turbojpeg::decompress(&jpeg, format).ok()?;
    RgbImage::from_raw(rgb.width(), rgb.height(), back.pixels)
}

#[cfg(test)]
#[path = "ladder_tests.rs"]
mod tests;
