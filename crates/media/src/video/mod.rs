//! Decodes a video in an ffmpeg child process.
//!
//! ffmpeg decodes from the first frame to the last, turns the frames upright, keeps those that the
//! sampling asks for and writes them to a pipe, as planes where the stream has them in 8 bits with colours at half the
//! size ([`planes`]), as RGB otherwise; on standard error it says which ones they are. One thread reads the pixels, one
//! reads the words; at most a few frames wait for the
//! consumer, so that a long film takes no more memory than a short one.
//!
//! Colours: the matrix and range that the frame states (BT.601 where it states nothing, as OpenCV does too) give
//! full-range 8-bit RGB: planes within a level or two of the exact value, all else by swscale's fast path, at most some
//! five levels from it, at a tenth of the cost (2 ms against 23 ms for 1080p). High dynamic range is reduced to
//! 8 bits without tone mapping, interlaced fields are left woven: both would invent pixels.

mod planes;
mod showinfo;
mod tally;

use std::io::Read;
use std::process::{ChildStderr, ChildStdout};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use base::{CancelToken, Cancelled, FrameIndex, Timestamp};
use ffmpeg_sidecar::command::FfmpegCommand;
use image::RgbImage;

pub(crate) use self::planes::{Colours, Planes};
use self::tally::{Place, Tally};
use crate::child::{self, Guard, TICK};
use crate::frames::{Coverage, Sampling};
use crate::probe::{FORMATS, Stream};
use crate::source::Source;
use crate::{Frame, Limits, MediaError};

/// Most frames that wait for the consumer.
const QUEUE: u64 = 4;
/// How much earlier to look in containers without an index, where ffmpeg guesses a place by its bytes and
/// may land after the last key frame: at least the distance of two of them in broadcasts.
const INEXACT_SEEK_US: i64 = 2_000_000;

/// A running decoder. Dropping it kills ffmpeg and joins its threads.
#[derive(Debug)]
pub(crate) struct Decoder {
    source: Arc<Source>,
    stream: Stream,
    cancel: CancelToken,
    silence: Duration,
    tally: Arc<Mutex<Tally>>,
    delivered: u64,
    end: End,
    // Dropped in this order: a reader blocked on a full queue wakes up when nobody receives.
    frames: Option<Receiver<Frame>>,
    child: Guard,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// Frames may come.
    NotYet,
    /// The last frame came; whether ffmpeg ended well.
    Reached { success: bool },
    /// An error was returned.
    Failed,
}

impl Decoder {
    /// Starts ffmpeg on the stream.
    ///
    /// # Errors
    /// `DecoderMissing`, `DecoderFailed`, `Unreadable`.
    pub fn start(
        source: &Arc<Source>,
        stream: &Stream,
        sampling: Sampling,
        threads: usize,
        limits: &Limits,
        cancel: &CancelToken,
    ) -> Result<Self, MediaError> {
        Self::start_at(source, stream, View::whole(stream, sampling), threads, limits, cancel)
    }

    /// Starts ffmpeg on a part of the stream, at a size of the caller's.
    ///
    /// # Errors
    /// As [`Decoder::start`].
    pub fn start_at(
        source: &Arc<Source>,
        stream: &Stream,
        view: View,
        threads: usize,
        limits: &Limits,
        cancel: &CancelToken,
    ) -> Result<Self, MediaError> {
        let mut command = command(source, stream, &view, threads);
        let (child, stdout, stderr) = Guard::spawn(command.as_inner_mut(), "ffmpeg", source)?;
        let tally = Arc::new(Mutex::new(Tally::new(stream)));
        let form = Form { size: view.size, planes: view.planes(stream) };
        let (sampling, (width, height)) = (view.sampling, view.size);
        let frame_bytes = u64::from(width) * u64::from(height) * 3;
        let depth = (limits.queue_bytes / frame_bytes.max(1)).clamp(1, QUEUE);
        let (send, frames) = mpsc::sync_channel(usize::try_from(depth).unwrap_or(1));
        let (place, places) = mpsc::channel();
        let mut decoder = Self {
            source: Arc::clone(source),
            stream: stream.clone(),
            cancel: cancel.clone(),
            silence: limits.silence,
            tally: Arc::clone(&tally),
            delivered: 0,
            end: End::NotYet,
            frames: Some(frames),
            child,
            threads: Vec::new(),
        };
        decoder.thread("ffmpeg-words", move || read_words(stderr, &tally, &place))?;
        decoder.thread("ffmpeg-pixels", move || read_pixels(stdout, form, Cells::new(sampling), &places, &send))?;
        Ok(decoder)
    }

    /// The same, stopped by another token.
    pub fn heeding(mut self, cancel: &CancelToken) -> Self {
        self.cancel = cancel.clone();
        self
    }

    fn thread(&mut self, name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), MediaError> {
        let handle =
            thread::Builder::new().name(name.into()).spawn(work).map_err(|error| MediaError::DecoderFailed {
                path: self.source.path.clone(),
                detail: format!("cannot start a thread: {error}"),
            })?;
        self.threads.push(handle);
        Ok(())
    }

    /// The next sampled frame.
    ///
    /// # Errors
    /// `Cancelled`, `TimedOut`; `Damaged` or `DecoderMissing` in place of the first frame when there
    /// is not one. After an error there are no more frames.
    pub fn next(&mut self) -> Option<Result<Frame, MediaError>> {
        if self.end != End::NotYet {
            return None;
        }
        let asked = Instant::now();
        loop {
            if self.cancel.is_cancelled() {
                return Some(Err(self.fail(MediaError::cancelled(&self.source.path)(Cancelled))));
            }
            match self.frames.as_ref().map(|frames| frames.recv_timeout(TICK)) {
                Some(Ok(frame)) => {
                    self.delivered += 1;
                    return Some(Ok(frame));
                }
                Some(Err(RecvTimeoutError::Timeout)) => {}
                Some(Err(RecvTimeoutError::Disconnected)) | None => return self.ended().map(Err),
            }
            let alive = lock(&self.tally).alive.max(asked);
            if alive.elapsed() > self.silence {
                let error = MediaError::TimedOut { path: self.source.path.clone(), silence: self.silence };
                return Some(Err(self.fail(error)));
            }
        }
    }

    /// What was decoded. Ends the child if it is still running.
    pub fn finish(mut self) -> Coverage {
        if self.end == End::NotYet {
            self.stop();
        }
        let changed = self.source.changed();
        let tally = lock(&self.tally);
        let mut messages: Vec<String> = self.stream.cut_short.iter().cloned().collect();
        messages.extend(self.shortfall(&tally));
        messages.extend(tally.messages.lines());
        let success = !matches!(self.end, End::Reached { success: false } | End::Failed);
        if !success && tally.messages.errors == 0 && !self.cancel.is_cancelled() {
            messages.push("the decoder ended with an error".into());
        }
        let damaged = !messages.is_empty();
        if tally.untimed > 0 {
            messages.push(format!("{} frames carry no time; theirs follows from the frame rate", tally.untimed));
        }
        Coverage {
            frames: self.delivered,
            decoded: tally.count(),
            first: tally.first,
            last: tally.last,
            variable_frame_rate: tally.uneven(),
            damaged,
            changed,
            messages,
        }
    }

    /// The child's process id.
    pub fn child_id(&self) -> u32 {
        self.child.id()
    }

    /// No more output: waits for ffmpeg's exit status and decides whether that was a video at all.
    fn ended(&mut self) -> Option<MediaError> {
        let success = self.child.finish(self.silence).is_some_and(|status| status.success());
        self.join();
        self.end = End::Reached { success };
        if self.delivered > 0 {
            return None;
        }
        let path = &self.source.path;
        let tally = lock(&self.tally);
        let error = child::too_old(&tally.messages, "ffmpeg", path).unwrap_or_else(|| MediaError::Damaged {
            path: path.clone(),
            detail: tally.messages.first("the decoder gave no frame and no reason"),
        });
        drop(tally);
        self.end = End::Failed;
        Some(error)
    }

    /// Whether the stream ended well before the container says it does. Both the number of frames
    /// and the time must fall short where both are known: an edit list leaves out frames that are
    /// counted, and the last frame may be shown for long.
    fn shortfall(&self, tally: &Tally) -> Option<String> {
        let (first, last) = tally.first.zip(tally.last)?;
        if !matches!(self.end, End::Reached { .. }) {
            return None;
        }
        let decoded = tally.count();
        if self.stream.frame_count.is_some_and(|n| decoded + 2 + n / 50 >= n) {
            return None;
        }
        let duration = self.stream.own_duration_us?;
        let covered = last.micros_since(first).saturating_add(self.stream.frame_us.unwrap_or(0));
        let tolerance = if self.stream.frame_count.is_some() { 100_000 } else { (duration / 50).max(1_000_000) };
        (covered.saturating_add(tolerance) < duration).then(|| {
            let [covered, duration] = [covered, duration].map(|us| us as f64 / 1e6);
            format!("only {covered:.3} s of {duration:.3} s could be decoded")
        })
    }

    fn fail(&mut self, error: MediaError) -> MediaError {
        self.stop();
        self.end = End::Failed;
        error
    }

    fn stop(&mut self) {
        self.frames = None;
        self.child.stop();
        self.join();
    }

    fn join(&mut self) {
        for thread in self.threads.drain(..) {
            // A reader that panicked has already ended the stream.
            let _ = thread.join();
        }
    }
}

impl Drop for Decoder {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Which frames, from when on, how large.
#[derive(Clone, Debug)]
pub(crate) struct View {
    pub sampling: Sampling,
    /// Frames before it are passed over; decoding begins at the last key frame that is not later.
    pub from: Option<Timestamp>,
    /// Only frames of these times; all where there are none.
    pub at: Vec<Timestamp>,
    /// Width and height in pixels.
    pub size: (u32, u32),
}

impl View {
    fn whole(stream: &Stream, sampling: Sampling) -> Self {
        Self { sampling, from: None, at: Vec::new(), size: (stream.info.width, stream.info.height) }
    }

    /// The planes in which frames come: none where ffmpeg has to scale them, which it does to pixels.
    fn planes(&self, stream: &Stream) -> Option<Planes> {
        stream.planes.filter(|_| !stream.anamorphic && self.size == (stream.info.width, stream.info.height))
    }
}

/// The bytes of a frame.
#[derive(Clone, Copy, Debug)]
struct Form {
    /// Width and height in pixels.
    size: (u32, u32),
    /// RGB without.
    planes: Option<Planes>,
}

impl Form {
    fn bytes(self) -> usize {
        let (width, height) = self.size;
        self.planes.map_or(width as usize * height as usize * 3, |_| planes::bytes_of(self.size))
    }
}

/// Threads for decoding on so many processors. ffmpeg gives each a frame, frames wait for others they are made of, and
/// one at a time is handed on: two more keep the processors busy. Alone it decodes beside whoever takes the frames.
fn decoders(threads: usize) -> usize {
    if threads > 1 { threads + 2 } else { 1 }
}

fn command(source: &Source, stream: &Stream, view: &View, threads: usize) -> FfmpegCommand {
    let [threads, decoders] = [threads.max(1), decoders(threads)].map(|n| n.to_string());
    let mut command = FfmpegCommand::new();
    command.hide_banner().args(["-nostdin", "-nostats", "-loglevel", "repeat+level+info"]);
    command.args(["-threads", &decoders, "-filter_threads", &threads, "-copyts"]);
    command.args(["-protocol_whitelist", "file", "-format_whitelist", FORMATS]);
    if let Some(from) = view.from {
        // ffmpeg's own exact seeking adds the start of the file to times that are absolute already; the
        // filter leaves out what lies before.
        let margin_us = if stream.frame_count.is_some() { 0 } else { INEXACT_SEEK_US };
        let start = Timestamp::from_ticks(stream.start, stream.time_base.0, stream.time_base.1).unwrap_or_default();
        let near = from.micros().saturating_sub(margin_us).max(start.micros());
        command.args(["-seek_timestamp", "1", "-noaccurate_seek", "-ss", &format!("{near}us")]);
    }
    command.input(child::input_url(source));
    command.map(format!("0:{}", stream.index)).args(["-an", "-sn", "-dn"]);
    command.filter(filters(stream, view)).fps_mode("passthrough");
    // With more threads the raw "encoder" holds back as many frames, and without flushing the end of
    // each frame waits until the next one comes.
    command.args(["-threads", "1", "-flush_packets", "1"]).format("rawvideo").output("pipe:1");
    command
}

/// The filter graph. ffmpeg puts the rotation in front of it. Sampling comes before scaling and
/// conversion, so that frames nobody wants are not converted; scaling to the size of the first frame
/// also holds the size when the stream changes it midway.
fn filters(stream: &Stream, view: &View) -> String {
    let (num, den) = stream.time_base;
    let start = format!("({})*({num}/{den})", stream.start);
    // One microsecond less: what is compared here was rounded.
    let from = view.from.map_or_else(String::new, |from| format!("select='gte(t,({}-1)/1000000)',", from.micros()));
    let near = |at: &Timestamp| format!("lt(abs(t*1000000-({})),1)", at.micros());
    let select = match view.sampling {
        _ if !view.at.is_empty() => format!("select='{}',", view.at.iter().map(near).collect::<Vec<_>>().join("+")),
        Sampling::EveryFrame => String::new(),
        // One frame for each cell of the grid: the first whose cell is not that of the frame kept
        // last. The start is computed as ffmpeg computes `t`, so that a frame at the start of a cell
        // lies there in spite of rounding. Frames without a time (NAN) pass; `Cells` looks at them.
        Sampling::PerSecond(rate) => format!(
            "select='gt(isnan(t)+isnan(prev_selected_t)+not(eq(floor((t-{start})*{rate:?}+1e-6)\
             ,floor((prev_selected_t-{start})*{rate:?}+1e-6))),0)',"
        ),
    };
    let (width, height) = view.size;
    let (seen, kept) = (showinfo::SEEN, showinfo::KEPT);
    let square = if stream.anamorphic { ",setsar=1" } else { "" };
    let format = view.planes(stream).map_or("rgb24", Planes::format);
    format!(
        "showinfo@{seen}=checksum=0,{from}{select}showinfo@{kept}=checksum=0,scale={width}:{height}{square},format={format}"
    )
}

/// Samples frames that carry no time, which ffmpeg's `select` lets through.
#[derive(Debug)]
struct Cells {
    rate: Option<f64>,
    last: Option<f64>,
}

impl Cells {
    fn new(sampling: Sampling) -> Self {
        let rate = match sampling {
            Sampling::EveryFrame => None,
            Sampling::PerSecond(rate) => Some(rate),
        };
        Self { rate, last: None }
    }

    /// Whether a frame at `place` is wanted.
    fn wants(&mut self, place: Place) -> bool {
        let Some(rate) = self.rate else { return true };
        let cell = (place.pts.seconds() * rate + 1e-6).floor();
        let new = self.last != Some(cell);
        self.last = Some(cell);
        place.stated || new
    }
}

fn read_words(stderr: ChildStderr, tally: &Mutex<Tally>, places: &mpsc::Sender<Place>) {
    child::for_each_line(stderr, |line| {
        let place = lock(tally).take(line);
        if let Some(place) = place {
            let _ = places.send(place);
        }
    });
    if let Some(place) = lock(tally).rest() {
        let _ = places.send(place);
    }
}

fn read_pixels(
    mut stdout: ChildStdout,
    form: Form,
    mut cells: Cells,
    places: &Receiver<Place>,
    frames: &SyncSender<Frame>,
) {
    let (size, (width, height)) = (form.bytes(), form.size);
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        bytes.reserve_exact(size);
        match stdout.by_ref().take(size as u64).read_to_end(&mut bytes) {
            Ok(got) if got == size => {}
            _ => return,
        }
        // Said before the pixels were written, so this waits for the other thread at most.
        let Ok(place) = places.recv() else { return };
        if !cells.wants(place) {
            continue;
        }
        let rgb = match form.planes {
            Some(how) => planes::pixels(&bytes, form.size, how, place.colours),
            None => RgbImage::from_raw(width, height, std::mem::take(&mut bytes)),
        };
        let Some(rgb) = rgb else { return };
        let frame = Frame { index: FrameIndex(place.index), pts: place.pts, rgb: Arc::new(rgb) };
        if frames.send(frame).is_err() {
            return;
        }
    }
}

fn lock(tally: &Mutex<Tally>) -> MutexGuard<'_, Tally> {
    tally.lock().unwrap_or_else(PoisonError::into_inner)
}
