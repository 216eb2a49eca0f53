//! One opened file.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use base::{CancelToken, Cancelled, Ctx, Timestamp, Warning, WarningCode};

use crate::child::TICK;
use crate::frames::{Frames, Sampling};
use crate::identify::{HEAD, Sniffed, sniff};
use crate::probe::{self, Stream};
use crate::source::{Sha256Hex, Source};
use crate::still::{self, Still};
use crate::video::{Decoder, View};
use crate::{Kind, Limits, MediaError, MediaInfo};

/// A picture or video, opened read-only. A picture is read, hashed and decoded once, when it is
/// opened; a video is probed then and decoded as its frames are taken.
#[derive(Debug)]
pub struct Media {
    source: Arc<Source>,
    limits: Limits,
    content: Content,
    hash: Mutex<Hash>,
    /// A decoder that runs already, and what it was asked for.
    started: Mutex<Option<(Sampling, usize, Decoder)>>,
    /// Raised when this is dropped, so that a hash nobody will ask for stops.
    dropped: CancelToken,
}

#[derive(Debug)]
enum Content {
    Still(Box<Still>),
    Video(Box<Stream>),
}

#[derive(Debug)]
enum Hash {
    NotYet,
    Running(JoinHandle<Result<Sha256Hex, MediaError>>),
    Done(Sha256Hex),
}

impl Media {
    /// Opens `path` and finds out what it is, by content. Warns through `ctx` of an animation of
    /// which only the first frame is examined, of damage, and of a picture that changed while it was
    /// read.
    ///
    /// # Errors
    /// Any [`MediaError`].
    pub fn open(path: &Path, limits: &Limits, ctx: &Ctx) -> Result<Self, MediaError> {
        ctx.check().map_err(MediaError::cancelled(path))?;
        let source = Source::open(path)?;
        let (content, hash) = match sniff(&source.head(HEAD)?) {
            Sniffed::Unsupported(format) => return Err(MediaError::Unsupported { path: path.to_owned(), format }),
            Sniffed::Still(format) => {
                let bytes = source.read(limits.image_bytes, ctx)?;
                if source.changed() {
                    let detail = "size or time of change differ from when the file was opened";
                    ctx.warn(Warning::new(WarningCode::ChangedWhileReading, detail));
                }
                let hash = Sha256Hex::of(&bytes);
                ctx.check().map_err(MediaError::cancelled(path))?;
                let still = still::decode(path, format, &bytes, limits)?;
                still.warnings().into_iter().for_each(|warning| ctx.warn(warning));
                (Content::Still(Box::new(still)), Hash::Done(hash))
            }
            Sniffed::Other => {
                if let Some(limit) = limits.video_bytes.filter(|&limit| source.bytes() > limit) {
                    let (path, actual) = (path.to_owned(), source.bytes());
                    return Err(MediaError::TooLarge { path, what: "the file in bytes", actual, limit });
                }
                let stream = probe::probe(&source, limits, ctx)?;
                (Content::Video(Box::new(stream)), Hash::NotYet)
            }
        };
        let (source, limits) = (Arc::new(source), limits.clone());
        let (hash, started) = (Mutex::new(hash), Mutex::default());
        Ok(Self { source, limits, content, hash, started, dropped: CancelToken::default() })
    }

    /// Still or moving.
    pub fn kind(&self) -> Kind {
        match self.content {
            Content::Still(_) => Kind::Image,
            Content::Video(_) => Kind::Video,
        }
    }

    /// What is known before the frames are looked at.
    pub fn info(&self) -> &MediaInfo {
        match &self.content {
            Content::Still(still) => &still.info,
            Content::Video(stream) => &stream.info,
        }
    }

    /// Size of the file.
    pub fn bytes(&self) -> u64 {
        self.source.bytes()
    }

    /// The file as it was named.
    pub fn path(&self) -> &Path {
        &self.source.path
    }

    /// SHA-256 of the file. A picture's is known already; a video's is computed beside decoding once
    /// [`frames`](Self::frames) was called, and on the spot, with progress, if it was not.
    ///
    /// # Errors
    /// `Unreadable`, `Cancelled`.
    pub fn sha256(&self, ctx: &Ctx) -> Result<Sha256Hex, MediaError> {
        let mut hash = self.hash.lock().unwrap_or_else(PoisonError::into_inner);
        let digits = match std::mem::replace(&mut *hash, Hash::NotYet) {
            Hash::Done(digits) => digits,
            Hash::NotYet => self.source.sha256(ctx)?,
            Hash::Running(thread) => {
                while !thread.is_finished() {
                    if let Err(Cancelled) = ctx.check() {
                        *hash = Hash::Running(thread);
                        return Err(MediaError::cancelled(self.path())(Cancelled));
                    }
                    thread::sleep(TICK);
                }
                match thread.join() {
                    Ok(result) => result?,
                    Err(_) => self.source.sha256(ctx)?,
                }
            }
        };
        *hash = Hash::Done(digits.clone());
        Ok(digits)
    }

    /// The frames that `sampling` asks for, decoded on at most `threads` threads; also starts hashing
    /// a video beside that. Of a still there is always the one frame.
    ///
    /// # Errors
    /// `DecoderMissing`, `DecoderFailed`, `Unreadable`; later ones come from the iterator.
    pub fn frames(&self, sampling: Sampling, threads: usize, ctx: &Ctx) -> Result<Frames, MediaError> {
        ctx.check().map_err(MediaError::cancelled(self.path()))?;
        let stream = match &self.content {
            Content::Still(still) => return Ok(Frames::of_still(still, self.source.changed())),
            Content::Video(stream) => stream,
        };
        let started = self.started.lock().unwrap_or_else(PoisonError::into_inner).take();
        let decoder = match started.filter(|(how, on, _)| (*how, *on) == (sampling, threads)) {
            Some((_, _, decoder)) => decoder.heeding(ctx.cancel_token()),
            None => self.decoder(stream, sampling, threads, ctx.cancel_token())?,
        };
        self.start_hashing(ctx);
        Ok(Frames::of_video(decoder))
    }

    /// Lets the decoder of a video begin, for the next [`frames`](Self::frames) that asks for the same; any other ends it.
    /// What goes wrong is told there.
    pub fn start(&self, sampling: Sampling, threads: usize) {
        if let Content::Video(stream) = &self.content {
            let decoder = self.decoder(stream, sampling, threads, &CancelToken::default()).ok();
            let started = decoder.map(|decoder| (sampling, threads, decoder));
            *self.started.lock().unwrap_or_else(PoisonError::into_inner) = started;
        }
    }

    fn decoder(
        &self,
        stream: &Stream,
        sampling: Sampling,
        threads: usize,
        cancel: &CancelToken,
    ) -> Result<Decoder, MediaError> {
        if let Sampling::PerSecond(rate) = sampling
            && !(rate.is_finite() && rate > 0.0)
        {
            let detail = format!("cannot sample {rate} frames a second");
            return Err(MediaError::DecoderFailed { path: self.path().to_owned(), detail });
        }
        Decoder::start(&self.source, stream, sampling, threads, &self.limits, cancel)
    }

    /// Every frame from `from` on, scaled down to at most `width` pixels, for looking at; nothing is
    /// hashed. Numbers count from where decoding began, which is a key frame at or before `from`. Of a
    /// still there is always the one frame, at its own size.
    ///
    /// # Errors
    /// As [`Media::frames`].
    pub fn frames_from(&self, from: Timestamp, width: u32, threads: usize, ctx: &Ctx) -> Result<Frames, MediaError> {
        self.frames_of(&[from], Vec::new(), width, threads, ctx)
    }

    /// The frames of these times, which rise, at full size; those that no frame has are passed over. What lies
    /// between is decoded, but neither converted nor delivered. Otherwise as [`Media::frames_from`].
    ///
    /// # Errors
    /// As [`Media::frames`].
    pub fn frames_at(&self, times: &[Timestamp], threads: usize, ctx: &Ctx) -> Result<Frames, MediaError> {
        self.frames_of(times, times.to_vec(), u32::MAX, threads, ctx)
    }

    fn frames_of(
        &self,
        from: &[Timestamp],
        at: Vec<Timestamp>,
        width: u32,
        threads: usize,
        ctx: &Ctx,
    ) -> Result<Frames, MediaError> {
        ctx.check().map_err(MediaError::cancelled(self.path()))?;
        let stream = match &self.content {
            Content::Still(still) => return Ok(Frames::of_still(still, self.source.changed())),
            Content::Video(stream) => stream,
        };
        let (full, height) = (stream.info.width, stream.info.height);
        let width = width.clamp(1, full);
        let height = (u64::from(height) * u64::from(width)).div_ceil(u64::from(full)).max(1);
        let size = (width, u32::try_from(height).unwrap_or(u32::MAX));
        let view = View { sampling: Sampling::EveryFrame, from: from.first().copied(), at, size };
        let decoder = Decoder::start_at(&self.source, stream, view, threads, &self.limits, ctx.cancel_token())?;
        Ok(Frames::of_video(decoder))
    }

    /// Presentation times of all frames of a video in order, as its container states them; of a still
    /// the one time zero. Reads the whole file, but decodes nothing.
    ///
    /// # Errors
    /// `DecoderMissing`, `DecoderFailed`, `TimedOut`, `Cancelled`.
    pub fn frame_times(&self, ctx: &Ctx) -> Result<Vec<Timestamp>, MediaError> {
        match &self.content {
            Content::Still(_) => Ok(vec![Timestamp::default()]),
            Content::Video(stream) => probe::frame_times(&self.source, stream, &self.limits, ctx),
        }
    }

    /// Without a thread for it, the hash is computed when it is asked for.
    fn start_hashing(&self, ctx: &Ctx) {
        let mut hash = self.hash.lock().unwrap_or_else(PoisonError::into_inner);
        if !matches!(*hash, Hash::NotYet) {
            return;
        }
        let (source, cancel, dropped) = (Arc::clone(&self.source), ctx.cancel_token().clone(), self.dropped.clone());
        let work = move || source.sha256_unless(|| cancel.is_cancelled() || dropped.is_cancelled());
        if let Ok(thread) = thread::Builder::new().name("sha256".into()).spawn(work) {
            *hash = Hash::Running(thread);
        }
    }
}

impl Drop for Media {
    fn drop(&mut self) {
        self.dropped.cancel();
    }
}
