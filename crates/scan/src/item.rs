//! One item from its path to its analysis.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use analysis::{
    Analysis, ErrorCode, FileFacts, FrameObservation, ItemError, MediaFacts, MediaKind, Observations, Run, aggregate,
};
use base::{Cancelled, Ctx, Progress, Stage, Warning, WarningCode};
use media::{Coverage, Frame, Kind, Media, MediaError, Sampling};
use sha2::{Digest, Sha256};

use crate::clock::Clock;
use crate::error::ScanError;
use crate::keepsakes::Keepsakes;
use crate::ladder::{Pixels, with_stability};
use crate::pipeline::{APP, Pipeline};
use crate::second_look::with_second_looks;
use crate::stages::{Examined, Expected, MAX_FACES, Told, examine};

/// Bytes read at a time for a hash.
const CHUNK: usize = 1 << 20;

/// Examines one file. An error becomes part of the result: not examined, no score, `error` set.
/// Progress: [`Stage::Probing`], then [`Stage::Analysing`] in microseconds of media time, then
/// [`Stage::Aggregating`]. Takes the warnings collected on `ctx` into the result.
///
/// # Errors
/// [`Cancelled`] when asked to stop: a cancelled item has no result.
pub fn scan_item(path: &Path, pipeline: &Pipeline, ctx: &Ctx) -> Result<Analysis, Cancelled> {
    scan_item_observed(path, pipeline, ctx, &Observer { on_file: &|_| {}, on_picture: &|_| {}, on_frame: &|_| {} })
}

/// Who is told what was found out so far.
pub struct Observer<'a> {
    /// What the file is, once it was opened; its hash is not known yet.
    pub on_file: &'a dyn Fn(&FileFacts),
    /// Pixels to look at, of the last frame of each batch, just before that batch's frames are told.
    pub on_picture: &'a dyn Fn(&Frame),
    /// Every finished frame in order of decoding, as soon as the batch it belongs to was scored.
    pub on_frame: &'a dyn Fn(&FrameObservation),
}

/// As [`scan_item`], telling an [`Observer`] on the way.
///
/// # Errors
/// [`Cancelled`] when asked to stop.
pub fn scan_item_observed(
    path: &Path,
    pipeline: &Pipeline,
    ctx: &Ctx,
    observer: &Observer<'_>,
) -> Result<Analysis, Cancelled> {
    concluded(path, pipeline, ctx, |file| {
        let (observations, kept) = examine_file(path, pipeline, ctx, observer, file)?;
        Ok((observations, Pixels::File { path, kept }))
    })
}

/// What was observed in a file, and where its pixels can be had again.
type Observed<'a> = (Observations, Pixels<'a>);

/// From observations to an analysis.
pub(crate) fn concluded<'a>(
    path: &Path,
    pipeline: &Pipeline,
    ctx: &Ctx,
    observe: impl FnOnce(&mut FileFacts) -> Result<Observed<'a>, ScanError>,
) -> Result<Analysis, Cancelled> {
    let clock = Clock::start();
    let mut file = FileFacts::at(path);
    match observe(&mut file) {
        Ok((observations, pixels)) => {
            ctx.checkpoint(Progress { stage: Stage::Aggregating, done: 0, total: None })?;
            let findings = aggregate(&observations, pipeline.first_policies());
            let looked = with_second_looks(findings, observations.kind, &pixels, pipeline, ctx);
            let findings = match looked {
                Ok(findings) => findings,
                Err(error) => return failed(file, path, &error, pipeline, &clock, ctx),
            };
            let settled = with_stability(findings, observations.kind, &pixels, pipeline, ctx);
            let findings = settled.map_err(|_| Cancelled)?;
            let run = run(pipeline, &clock, ctx, file.kind);
            Ok(Analysis::examined(file, findings, pipeline.models().to_vec(), run))
        }
        Err(error) => failed(file, path, &error, pipeline, &clock, ctx),
    }
}

/// The result of an item that could not be examined; what can be known of the file all the same (size,
/// hash) is in it.
pub(crate) fn failed_item(
    path: &Path,
    error: &ScanError,
    pipeline: &Pipeline,
    ctx: &Ctx,
) -> Result<Analysis, Cancelled> {
    failed(FileFacts::at(path), path, error, pipeline, &Clock::start(), ctx)
}

fn failed(
    mut file: FileFacts,
    path: &Path,
    error: &ScanError,
    pipeline: &Pipeline,
    clock: &Clock,
    ctx: &Ctx,
) -> Result<Analysis, Cancelled> {
    let error = ItemError { code: error.code(), message: error.to_string() };
    ctx.check()?;
    if error.code == ErrorCode::Cancelled {
        return Err(Cancelled);
    }
    if file.sha256.is_none()
        && let Ok(meta) = fs::metadata(path)
        && meta.is_file()
    {
        file.bytes = Some(meta.len());
        file.sha256 = sha256_of(path, ctx)?;
    }
    let run = run(pipeline, clock, ctx, file.kind);
    Ok(Analysis::failed(file, error, pipeline.models().to_vec(), run))
}

/// SHA-256 of a file in lower-case hexadecimal; `None` when it cannot be read to its end.
///
/// # Errors
/// [`Cancelled`] when asked to stop.
pub fn sha256_of(path: &Path, ctx: &Ctx) -> Result<Option<String>, Cancelled> {
    let Ok(mut file) = File::open(path) else { return Ok(None) };
    let total = file.metadata().ok().map(|meta| meta.len());
    let (mut hasher, mut buffer, mut done) = (Sha256::new(), vec![0; CHUNK], 0);
    loop {
        ctx.checkpoint(Progress { stage: Stage::Hashing, done, total })?;
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => {
                hasher.update(buffer.get(..n).unwrap_or_default());
                done += n as u64;
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return Ok(None),
        }
    }
    Ok(Some(hasher.finalize().iter().map(|b| format!("{b:02x}")).collect()))
}

fn examine_file(
    path: &Path,
    pipeline: &Pipeline,
    ctx: &Ctx,
    observer: &Observer<'_>,
    file: &mut FileFacts,
) -> Result<(Observations, Keepsakes), ScanError> {
    ctx.checkpoint(Progress { stage: Stage::Probing, done: 0, total: None })?;
    let media = pipeline.open(path, ctx)?;
    let kind = match media.kind() {
        Kind::Image => MediaKind::Image,
        Kind::Video => MediaKind::Video,
    };
    (file.kind, file.bytes) = (Some(kind), Some(media.bytes()));
    file.media = Some(media_facts(&media, &Coverage::default(), &Examined::default()));
    (observer.on_file)(file);
    let mut frames = media.frames(pipeline.sampling(), pipeline.threads(), ctx)?;
    let expected = expected(&media);
    let tell = |told: Told<'_>| match told {
        Told::Picture(frame) => (observer.on_picture)(frame),
        Told::Frame(frame) => (observer.on_frame)(frame),
    };
    let examined = examine(frames.by_ref(), pipeline, expected, ctx, &tell)?;
    let coverage = frames.finish();
    file.sha256 = Some(media.sha256(ctx)?.to_string());
    warn_of(&coverage, &examined, ctx);
    file.media = Some(media_facts(&media, &coverage, &examined));
    if examined.frames.is_empty() {
        return Err(examined.broken.map_or_else(
            || ScanError::NothingDecoded { path: path.to_path_buf(), message: coverage.messages.join("; ") },
            ScanError::Media,
        ));
    }
    Ok((Observations { kind, frames: examined.frames }, examined.kept))
}

fn expected(media: &Media) -> Expected {
    let info = media.info();
    let duration_us = info.duration_us.and_then(|us| u64::try_from(us).ok());
    Expected {
        video: media.kind() == Kind::Video,
        duration_us,
        frame_bytes: info.width as usize * info.height as usize * 3,
    }
}

fn warn_of(coverage: &Coverage, examined: &Examined, ctx: &Ctx) {
    coverage.warnings().into_iter().for_each(|warning| ctx.warn(warning));
    if let Some(error) = &examined.broken {
        ctx.warn(Warning::new(WarningCode::Damaged, error.to_string()));
    }
    if examined.dropped > 0 {
        let detail = format!("{} faces in frames with more than {MAX_FACES}", examined.dropped);
        ctx.warn(Warning::new(WarningCode::FacesDropped, detail));
    }
}

/// What an opened still says of itself.
pub(crate) fn media_facts_of_still(media: &Media) -> MediaFacts {
    media_facts(media, &Coverage::default(), &Examined::default())
}

fn media_facts(media: &Media, coverage: &Coverage, examined: &Examined) -> MediaFacts {
    let info = media.info();
    let damaged = info.damaged || coverage.damaged || examined.broken.is_some();
    let covered = coverage.first.zip(coverage.last).map(|(first, last)| [first.micros(), last.micros()]);
    MediaFacts {
        width: info.width,
        height: info.height,
        duration_us: info.duration_us,
        frame_rate: info.frame_rate.clone(),
        variable_frame_rate: info.variable_frame_rate || coverage.variable_frame_rate,
        codec: info.codec.clone(),
        rotation: info.rotation,
        damaged,
        covered_us: covered.filter(|_| damaged && media.kind() == Kind::Video),
    }
}

fn run(pipeline: &Pipeline, clock: &Clock, ctx: &Ctx, kind: Option<MediaKind>) -> Run {
    let fps = match pipeline.sampling() {
        Sampling::PerSecond(fps) if kind == Some(MediaKind::Video) => Some(fps),
        _ => None,
    };
    let warnings = pipeline.warnings().iter().cloned().chain(ctx.take_warnings()).collect();
    Run {
        app: APP.to_owned(),
        device: pipeline.device().to_owned(),
        threads: pipeline.threads(),
        fps,
        started: clock.started(),
        seconds: clock.seconds(),
        warnings,
        controls: pipeline.controls().to_vec(),
    }
}

impl ScanError {
    /// The stable name of this error.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::NotFound { .. } | Self::DanglingLink { .. } => ErrorCode::NotFound,
            Self::NotAFile { .. } | Self::NotAStill { .. } => ErrorCode::Unsupported,
            Self::Unreadable { .. } => ErrorCode::NotReadable,
            Self::NothingDecoded { .. } => ErrorCode::DecodeFailed,
            Self::Media(error) => media_code(error),
            Self::Cancelled => ErrorCode::Cancelled,
            Self::NoModels { .. }
            | Self::NoSecondLook { .. }
            | Self::Controls { .. }
            | Self::Option { .. }
            | Self::Threads { .. }
            | Self::Card { .. } => ErrorCode::Setup,
            Self::Nets(_) | Self::Faces(_) | Self::Detector(_) => ErrorCode::Setup,
            Self::Write { .. } | Self::Exists { .. } => ErrorCode::Setup,
            Self::Document(_) | Self::Panicked { .. } => ErrorCode::Internal,
        }
    }
}

fn media_code(error: &MediaError) -> ErrorCode {
    match error.code() {
        media::ErrorCode::NotFound => ErrorCode::NotFound,
        media::ErrorCode::Unreadable => ErrorCode::NotReadable,
        media::ErrorCode::Empty => ErrorCode::Empty,
        media::ErrorCode::NotAFile | media::ErrorCode::NotMedia | media::ErrorCode::Unsupported => {
            ErrorCode::Unsupported
        }
        media::ErrorCode::TooLarge => ErrorCode::TooLarge,
        media::ErrorCode::NoVideoStream => ErrorCode::NoVideoStream,
        media::ErrorCode::DecoderMissing => ErrorCode::Setup,
        media::ErrorCode::Cancelled => ErrorCode::Cancelled,
        _ => ErrorCode::DecodeFailed,
    }
}
