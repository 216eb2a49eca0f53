//! The bounded pipeline of one item: look, follow, score, collect.
//!
//! ```text
//! frames ─► stretches ─► look (pool, any order) ─► follow (in order) ─► score (pool, in batches) ─► collect (in order)
//! ```
//!
//! Looking finds faces, grades them and cuts the crops of those that are good enough; afterwards the
//! frame is let go. Frames are looked at in stretches of up to [`STRETCH`], whose first is searched for small faces too,
//! and most others only where faces were ([`search_stretch`]). Stretches know nothing of each
//! other, so several are looked at at once. Following gives every face its track and forms batches of [`BATCH_CROPS`] crops or
//! [`BATCH_FRAMES`] frames. What is in a batch depends on the frames alone, never on threads, so the
//! same input gives the same numbers on any number of them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use analysis::{FaceObservation, FaceQuality, FrameObservation, ModelPolicy};
use base::{Ctx, Progress, Stage, Timestamp};
use faces::{Face, Tracker, search_stretch};
use image::RgbImage;
use media::{Frame, MediaError};

use crate::again::Wanted;
use crate::error::ScanError;
use crate::grade::grade;
use crate::keepsakes::{Keepsakes, PATCH_BYTES};
use crate::ordered::ordered_map;
use crate::patch::Patch;
use crate::pipeline::Pipeline;
use crate::scorer::Scorer;

/// Crops of one scoring model that make a batch full.
const BATCH_CROPS: usize = 16;
/// Frames that make a batch full, so that results keep coming where nobody is seen.
const BATCH_FRAMES: usize = 16;
/// Faces examined in one frame; the largest are kept. Crowds hold more, but none of those can be
/// examined at their size.
pub(crate) const MAX_FACES: usize = 32;
/// Most frames from one search for small faces to the next.
const STRETCH: usize = 8;
/// Most media time from one such search to the next, in µs: a face too small to be scored that comes in is seen within so
/// long.
const STRETCH_US: i64 = 2_000_000;
/// Most media time from one frame to the next through which faces are followed, in µs.
const STEP_US: i64 = 1_000_000;
/// Frames that are looked at first, so that something is to be seen early.
const FIRST_STRETCH: usize = 2;
/// Bytes of decoded frames between decoder and detector.
const FRAME_BYTES: usize = 256 << 20;
/// Stretches that should fit there: one that is looked at, one that waits, one that fills.
const STRETCHES: usize = 3;
/// Frames after which the first batch is full, so that something is to be seen early.
const FIRST_BATCH: usize = 2;

/// What came out of one item's frames.
#[derive(Default)]
pub(crate) struct Examined {
    /// In order of decoding.
    pub frames: Vec<FrameObservation>,
    /// What ended the decoding early; what came before it counts.
    pub broken: Option<MediaError>,
    /// Faces left out because a frame held more than [`MAX_FACES`].
    pub dropped: u64,
    /// What the stability ladder may ask for.
    pub kept: Keepsakes,
}

/// What is told on the way, in order.
pub(crate) enum Told<'a> {
    /// The last frame of a batch, with its pixels, before the batch's frames are told.
    Picture(&'a Frame),
    /// A finished frame.
    Frame(&'a FrameObservation),
}

/// Runs the frames of one item through the pipeline. `expected` is the media time there is to
/// examine; `tell` is told every finished frame in order.
///
/// # Errors
/// [`ScanError::Cancelled`], or a network that failed. An error of the decoder is no error here.
pub(crate) fn examine(
    frames: impl Iterator<Item = Result<Frame, MediaError>> + Send,
    pipeline: &Pipeline,
    expected: Expected,
    ctx: &Ctx,
    tell: &dyn Fn(Told<'_>),
) -> Result<Examined, ScanError> {
    let dropped = AtomicU64::new(0);
    let look = |stretch: Vec<Result<Frame, MediaError>>| look(stretch, expected.video, pipeline, &dropped);
    let stretches = Stretches::new(frames, expected.stretch());
    let score = |batch: Result<Batch, ScanError>| batch.and_then(|b| b.scored(pipeline));
    let mut examined = Examined::default();
    pipeline.pool().in_place_scope(|pool| {
        thread::scope(|threads| -> Result<(), ScanError> {
            let seen = ordered_map(threads, pool, expected.stretches_in_flight(pipeline.threads()), stretches, look);
            let follow = Follow::new(seen.flatten(), ctx, expected);
            for batch in ordered_map(threads, pool, pipeline.threads() + 1, follow, score) {
                ctx.check()?;
                let mut batch = batch?;
                batch.keep(pipeline.first_policies(), &mut examined.kept);
                if let Some(last) = &batch.last {
                    tell(Told::Picture(last));
                }
                batch.frames.iter().for_each(|frame| tell(Told::Frame(frame)));
                examined.frames.extend(batch.frames);
                examined.broken = batch.broken;
            }
            Ok(())
        })
    })?;
    ctx.check()?;
    examined.dropped = dropped.into_inner();
    Ok(examined)
}

/// What is known about an item's frames before they come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected {
    /// Whether there is more than one frame.
    pub video: bool,
    /// Media time, where known.
    pub duration_us: Option<u64>,
    /// Bytes of one decoded frame.
    pub frame_bytes: usize,
}

impl Expected {
    /// Frames of a stretch at most: fewer where they are huge.
    fn stretch(self) -> usize {
        (FRAME_BYTES / STRETCHES / self.frame_bytes.max(1)).clamp(1, STRETCH)
    }

    /// Stretches at a time: one a thread and one waiting, fewer where frames are huge.
    fn stretches_in_flight(self, threads: usize) -> usize {
        (FRAME_BYTES / self.frame_bytes.max(1) / self.stretch()).clamp(1, threads + 1)
    }
}

/// Frames in stretches. Where one ends depends on the frames' times alone.
struct Stretches<I> {
    frames: I,
    longest: usize,
    /// Of the next one.
    length: usize,
    next: Option<Frame>,
    ended: bool,
}

impl<I> Stretches<I> {
    fn new(frames: I, longest: usize) -> Self {
        Self { frames, longest, length: FIRST_STRETCH.min(longest), next: None, ended: false }
    }
}

/// Whether a frame is looked at together with those before it.
fn goes_on(stretch: &[Result<Frame, MediaError>], frame: &Frame) -> bool {
    let within = |of: Option<&Result<Frame, MediaError>>, most: i64| match of {
        Some(Ok(before)) => (0..most).contains(&frame.pts.micros_since(before.pts)),
        _ => true,
    };
    within(stretch.first(), STRETCH_US) && within(stretch.last(), STEP_US)
}

impl<I: Iterator<Item = Result<Frame, MediaError>>> Iterator for Stretches<I> {
    type Item = Vec<Result<Frame, MediaError>>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut stretch: Vec<Result<Frame, MediaError>> = self.next.take().map(Ok).into_iter().collect();
        let length = std::mem::replace(&mut self.length, self.longest);
        while !self.ended && stretch.len() < length {
            match self.frames.next() {
                Some(Ok(frame)) if goes_on(&stretch, &frame) => stretch.push(Ok(frame)),
                Some(Ok(frame)) => {
                    self.next = Some(frame);
                    break;
                }
                Some(Err(error)) => {
                    stretch.push(Err(error));
                    self.ended = true;
                }
                None => self.ended = true,
            }
        }
        (!stretch.is_empty()).then_some(stretch)
    }
}

/// A frame that was looked at, still with its pixels.
struct Seen {
    frame: Frame,
    faces: Vec<SeenFace>,
}

struct SeenFace {
    face: Face,
    quality: FaceQuality,
    /// One a scoring model; empty for a face that is not good enough.
    crops: Vec<Option<Cut>>,
}

/// What a scoring model sees of a face.
struct Cut {
    crop: RgbImage,
    /// Kept for the stability ladder, unless it is too large.
    patch: Option<Patch>,
}

/// The frames of a stretch, one after the other.
fn look(
    stretch: Vec<Result<Frame, MediaError>>,
    video: bool,
    pipeline: &Pipeline,
    dropped: &AtomicU64,
) -> Vec<Result<Seen, ScanError>> {
    let (mut frames, mut broken) = (Vec::with_capacity(stretch.len()), None);
    for frame in stretch {
        match frame {
            Ok(frame) => frames.push(pipeline.delivered(frame)),
            Err(error) => broken = Some(error),
        }
    }
    let finder = pipeline.finder();
    let found = match frames.as_slice() {
        [still] if !video => finder.detect(&still.rgb).map(|faces| vec![faces]),
        frames => search_stretch(finder, frames),
    };
    let found = match found {
        Ok(found) => found,
        Err(error) => return vec![Err(error.into())],
    };
    let one = |(frame, mut faces): (Frame, Vec<Face>)| {
        if faces.len() > MAX_FACES {
            dropped.fetch_add((faces.len() - MAX_FACES) as u64, Ordering::Relaxed);
            faces.truncate(MAX_FACES);
        }
        Ok(seen(frame, faces, pipeline))
    };
    frames.into_iter().zip(found).map(one).chain(broken.map(|error| Err(error.into()))).collect()
}

fn seen(frame: Frame, faces: Vec<Face>, pipeline: &Pipeline) -> Seen {
    let graded = faces.into_iter().map(|face| {
        let quality = grade(&frame.rgb, &face, &pipeline.gate);
        let crops = if quality.usable {
            pipeline.scorers().iter().map(|s| cut(&frame.rgb, &face, s.as_ref())).collect()
        } else {
            Vec::new()
        };
        SeenFace { face, quality, crops }
    });
    let faces = graded.collect();
    Seen { frame, faces }
}

fn cut(rgb: &RgbImage, face: &Face, scorer: &dyn Scorer) -> Option<Cut> {
    let crop = scorer.crop(rgb, face)?;
    Some(Cut { crop, patch: Patch::of_at_most(PATCH_BYTES, rgb, face, scorer) })
}

/// Frames in order with their tracks, and the crops to score.
#[derive(Default)]
struct Batch {
    frames: Vec<FrameObservation>,
    /// By scoring model.
    crops: Vec<Vec<RgbImage>>,
    /// Which face each crop is of, by scoring model.
    places: Vec<Vec<Place>>,
    /// The last of the frames: its pixels are shown, and a still is it.
    last: Option<Frame>,
    /// Whether there is no other frame.
    still: bool,
    broken: Option<MediaError>,
}

/// A face of a batch.
struct Place {
    /// Index into the batch's frames.
    frame: usize,
    /// Index into its faces.
    face: usize,
    /// As it was found.
    found: Face,
    patch: Option<Patch>,
}

impl Batch {
    fn is_full(&self, frames: usize) -> bool {
        self.frames.len() >= frames || self.crops.iter().any(|c| c.len() >= BATCH_CROPS)
    }

    fn push(&mut self, seen: Seen, tracks: Vec<u32>, cut: bool) {
        let index = self.frames.len();
        let mut faces = Vec::with_capacity(seen.faces.len());
        for (place, (seen, track)) in seen.faces.into_iter().zip(tracks).enumerate() {
            for (model, crop) in seen.crops.into_iter().enumerate() {
                let Some(Cut { crop, patch }) = crop else { continue };
                if self.crops.len() <= model {
                    self.crops.resize_with(model + 1, Vec::new);
                    self.places.resize_with(model + 1, Vec::new);
                }
                if let (Some(crops), Some(places)) = (self.crops.get_mut(model), self.places.get_mut(model)) {
                    crops.push(crop);
                    places.push(Place { frame: index, face: place, found: seen.face, patch });
                }
            }
            let Face { rect, landmarks, .. } = seen.face;
            faces.push(FaceObservation { track, rect, landmarks, quality: seen.quality, logits: BTreeMap::new() });
        }
        self.frames.push(FrameObservation { frame: seen.frame.index, pts: seen.frame.pts, cut, faces });
        self.last = Some(seen.frame);
    }

    fn scored(mut self, pipeline: &Pipeline) -> Result<Self, ScanError> {
        let crops = std::mem::take(&mut self.crops);
        for ((scorer, crops), places) in pipeline.scorers().iter().zip(&crops).zip(&self.places) {
            let logits = scorer.logits(crops)?;
            let still = self.last.as_ref().filter(|_| self.still);
            for (place, logit) in places.iter().zip(logits) {
                let logit = match still {
                    Some(still) => scorer.of_still(logit, &still.rgb, &place.found)?,
                    None => logit,
                };
                if let Some(face) = self.frames.get_mut(place.frame).and_then(|f| f.faces.get_mut(place.face)) {
                    face.logits.insert(scorer.id().to_owned(), logit);
                }
            }
        }
        Ok(self)
    }

    /// Hands over the patches of what was scored.
    fn keep(&mut self, policies: &[ModelPolicy], kept: &mut Keepsakes) {
        for (policy, places) in policies.iter().zip(std::mem::take(&mut self.places)) {
            for Place { frame, face, patch, .. } in places {
                let Some(frame) = self.frames.get(frame) else { continue };
                let Some(face) = frame.faces.get(face) else { continue };
                if let Some((logit, patch)) = face.logits.get(&policy.id).zip(patch) {
                    let of = Wanted { frame: frame.frame, pts: frame.pts, rect: face.rect, landmarks: face.landmarks };
                    kept.offer(face.track, policy, *logit, of, patch);
                }
            }
        }
    }
}

/// Follows faces through frames that come in order, and forms batches. Reports progress: it is the
/// first place where frames are in order.
struct Follow<'a, 'c, I> {
    seen: I,
    tracker: Tracker,
    ctx: &'a Ctx<'c>,
    expected: Expected,
    first: Option<Timestamp>,
    ended: bool,
    /// That make the next batch full.
    frames: usize,
}

impl<'a, 'c, I> Follow<'a, 'c, I> {
    fn new(seen: I, ctx: &'a Ctx<'c>, expected: Expected) -> Self {
        Self { seen, tracker: Tracker::default(), ctx, expected, first: None, ended: false, frames: FIRST_BATCH }
    }

    fn follow(&mut self, seen: Seen, batch: &mut Batch) -> Result<(), ScanError> {
        let pts = seen.frame.pts;
        let first = *self.first.get_or_insert(pts);
        let faces = seen.faces.iter().map(|f| f.face).collect();
        let tracks = self.tracker.push(&seen.frame, faces).into_iter().map(|(id, _)| id.0).collect();
        batch.push(seen, tracks, self.tracker.is_at_cut());
        let done = u64::try_from(pts.micros_since(first)).unwrap_or(0);
        let done = self.expected.duration_us.map_or(done, |total| done.min(total));
        self.ctx.checkpoint(Progress { stage: Stage::Analysing, done, total: self.expected.duration_us })?;
        Ok(())
    }
}

impl<I: Iterator<Item = Result<Seen, ScanError>>> Iterator for Follow<'_, '_, I> {
    type Item = Result<Batch, ScanError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let mut batch = Batch { still: !self.expected.video, ..Batch::default() };
        let frames = std::mem::replace(&mut self.frames, BATCH_FRAMES);
        while !batch.is_full(frames) {
            let followed = match self.seen.next() {
                Some(Ok(seen)) => self.follow(seen, &mut batch),
                Some(Err(ScanError::Media(error))) if error.code() != media::ErrorCode::Cancelled => {
                    self.ended = true;
                    batch.broken = Some(error);
                    return Some(Ok(batch));
                }
                Some(Err(error)) => Err(error),
                None => {
                    self.ended = true;
                    return (!batch.frames.is_empty()).then_some(Ok(batch));
                }
            };
            if let Err(error) = followed {
                self.ended = true;
                return Some(Err(error));
            }
        }
        Some(Ok(batch))
    }
}

#[cfg(test)]
#[path = "stages_tests.rs"]
mod tests;
