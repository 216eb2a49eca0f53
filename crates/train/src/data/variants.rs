//! Crops after a video encoder, made once.
//!
//! A child process for every crop of every step would take longer than the step. So each crop has one variant beside
//! it: encoded by H.264 or HEVC at a rate factor that is drawn for it, as the last of four frames that move by a pixel
//! each, so that most of it is predicted from other frames, as in a video.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use base::{Ctx, Progress, Stage};
use rayon::prelude::*;

use super::pack::{Pack, stem};
use super::store::{Draft, Store};
use crate::TrainError;
use crate::augment::dice::{Dice, Purpose};

/// Crops that share one run of the encoder, its codec and its rate factor.
const CLIP: usize = 32;
/// Frames a crop is shown in; the last is kept.
const FRAMES: usize = 4;

/// Variants of the crops of one pack.
#[derive(Debug)]
pub(crate) struct Variants {
    store: Store,
    bytes: usize,
}

impl Variants {
    /// Opens the variants of a pack, making them when that was not done before. `crf` is the range of rate factors.
    ///
    /// # Errors
    /// When ffmpeg is missing or fails, when the disk is full, `Cancelled`.
    pub fn open(
        list: &Path,
        pack: &Pack,
        stored: usize,
        crf: [f32; 2],
        cache: &Path,
        ctx: &Ctx,
    ) -> Result<Self, TrainError> {
        let [low, high] = crf;
        let count = pack.geometry.len();
        let path = cache.join(format!("{}-{}-crf{low:.0}-{high:.0}.video", stem(list), pack.hash));
        let bytes = stored * stored * 3;
        if let Some(store) = Store::open(&path, bytes, count)? {
            return Ok(Self { store, bytes });
        }
        let draft = Draft::begin(&path, bytes, count)?;
        // Neighbours in a list are alike; clips take every n-th, so that a codec and rate factor are no source's own.
        let clips = count.div_ceil(CLIP);
        let (done, total) = (AtomicU64::new(0), Some(count as u64));
        (0..clips).into_par_iter().try_for_each(|clip| {
            let members: Vec<usize> = (clip..count).step_by(clips).collect();
            let crops = members.iter().map(|&i| pack.read(i)).collect::<Result<Vec<_>, _>>()?;
            let mut dice = Dice::new(0, clip as u64, 0, Purpose::Variant);
            let codec = dice.pick([Codec::H264, Codec::Hevc]);
            let crf = dice.between(crf).round() as u8;
            let temporary = path.with_extension(format!("{}-{clip}.mkv", std::process::id()));
            let coded = through_video(&crops, stored, codec, crf, &temporary, &mut dice)?;
            for (&i, coded) in members.iter().zip(&coded) {
                draft.write(i, coded)?;
            }
            let done = done.fetch_add(members.len() as u64, Ordering::Relaxed) + members.len() as u64;
            Ok::<(), TrainError>(ctx.checkpoint(Progress { stage: Stage::Analysing, done, total })?)
        })?;
        draft.finish()?;
        let store = Store::open(&path, bytes, count)?;
        let store = store.ok_or_else(|| TrainError::file(&path)(std::io::ErrorKind::UnexpectedEof.into()))?;
        Ok(Self { store, bytes })
    }

    /// A crop after the encoder, `[stored, stored, 3]`.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read(&self, index: usize) -> Result<Vec<u8>, TrainError> {
        self.store.read(index, 0, self.bytes)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Codec {
    H264,
    Hevc,
}

impl Codec {
    fn name(self) -> &'static str {
        match self {
            Self::H264 => "H.264",
            Self::Hevc => "HEVC",
        }
    }

    /// Each crop begins with a picture of its own, and no frame looks ahead to the next crop.
    fn arguments(self) -> Vec<String> {
        let gop = FRAMES.to_string();
        let words: &[&str] = match self {
            Self::H264 => &["-c:v", "libx264", "-preset", "veryfast", "-bf", "0", "-sc_threshold", "0"],
            Self::Hevc => &["-c:v", "libx265", "-preset", "veryfast"],
        };
        let mut arguments: Vec<String> = words.iter().map(|w| (*w).to_owned()).collect();
        arguments.extend(["-g".into(), gop.clone(), "-keyint_min".into(), gop]);
        if self == Self::Hevc {
            let own = format!("log-level=error:bframes=0:scenecut=0:open-gop=0:keyint={FRAMES}:min-keyint={FRAMES}");
            arguments.extend(["-x265-params".into(), own]);
        }
        arguments
    }
}

/// What is left of crops after a video encoder, each `[stored, stored, 3]`.
fn through_video(
    crops: &[Vec<u8>],
    stored: usize,
    codec: Codec,
    crf: u8,
    temporary: &Path,
    dice: &mut Dice,
) -> Result<Vec<Vec<u8>>, TrainError> {
    let mut input = Vec::with_capacity(crops.len() * FRAMES * stored * stored * 3);
    for crop in crops {
        let (dx, dy) = (dice.below(3) as i32 - 1, dice.below(3) as i32 - 1);
        for frame in 0..FRAMES as i32 {
            let back = FRAMES as i32 - 1 - frame;
            input.extend(shifted(crop, stored, dx * back, dy * back));
        }
    }
    let _remove = Removed(temporary.to_path_buf());
    let size = format!("{stored}x{stored}");
    let raw = ["-f", "rawvideo", "-pix_fmt", "rgb24"];
    let mut encoder = Command::new("ffmpeg");
    encoder.args(["-nostdin", "-loglevel", "error", "-y"]).args(raw).args(["-s", &size, "-r", "25", "-i", "pipe:0"]);
    encoder.args(codec.arguments()).args(["-crf", &crf.to_string(), "-pix_fmt", "yuv420p", "-threads", "1"]);
    encoder.arg(temporary);
    run(encoder, &input, codec)?;
    let mut decoder = Command::new("ffmpeg");
    decoder.args(["-nostdin", "-loglevel", "error", "-protocol_whitelist", "file,pipe", "-threads", "1", "-i"]);
    decoder.arg(temporary).args(["-fps_mode", "passthrough"]).args(raw).arg("pipe:1");
    let output = run(decoder, &[], codec)?;
    let frame = stored * stored * 3;
    let last: Vec<Vec<u8>> = output.chunks_exact(frame).skip(FRAMES - 1).step_by(FRAMES).map(<[u8]>::to_vec).collect();
    if last.len() != crops.len() || output.len() != input.len() {
        let problem = format!("{} of {} bytes came back", output.len(), input.len());
        return Err(TrainError::Codec { codec: codec.name(), problem });
    }
    Ok(last)
}

/// The picture moved by (dx, dy) px; its edge goes on where it has left.
fn shifted(crop: &[u8], side: usize, dx: i32, dy: i32) -> Vec<u8> {
    let pixels = crop.as_chunks::<3>().0;
    let last = side as i32 - 1;
    let at = |x: i32, y: i32| {
        let (x, y) = ((x - dx).clamp(0, last), (y - dy).clamp(0, last));
        pixels.get(y as usize * side + x as usize).copied().unwrap_or_default()
    };
    (0..=last).flat_map(|y| (0..=last).map(move |x| (x, y))).flat_map(|(x, y)| at(x, y)).collect()
}

/// Runs a child to its end, all of `input` in, all of its output back.
fn run(mut command: Command, input: &[u8], codec: Codec) -> Result<Vec<u8>, TrainError> {
    let wrong = |problem: String| TrainError::Codec { codec: codec.name(), problem };
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.map_err(|e| wrong(format!("ffmpeg cannot be started: {e}")))?;
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (output, messages) = thread::scope(|scope| {
        // A child that dies says why on its standard error; that its input then breaks off says nothing more.
        scope.spawn(move || stdin.map(|mut pipe| pipe.write_all(input)));
        let messages = scope.spawn(move || read_all(stderr));
        (read_all(stdout), messages.join().unwrap_or_default())
    });
    let status = child.wait().map_err(|e| wrong(e.to_string()))?;
    if !status.success() {
        return Err(wrong(String::from_utf8_lossy(&messages).trim().replace('\n', "; ")));
    }
    Ok(output)
}

fn read_all(pipe: Option<impl Read>) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(mut pipe) = pipe {
        // What is missing is noticed by its length.
        let _ = pipe.read_to_end(&mut bytes);
    }
    bytes
}

/// A file that goes when this does.
struct Removed(PathBuf);

impl Drop for Removed {
    fn drop(&mut self) {
        // There is nobody to tell that it stays.
        let _ = std::fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_crop_comes_back_worse_at_a_higher_rate_factor() {
        let side = 64;
        let crop = |n: usize| {
            (0..side * side)
                .flat_map(|i| [(i % side * 3) as u8, (i / side * 3) as u8, ((i * 7 + n * 50) % 97) as u8])
                .collect::<Vec<u8>>()
        };
        let crops: Vec<Vec<u8>> = (0..5).map(crop).collect();
        let dir = tempfile::tempdir().unwrap();
        for codec in [Codec::H264, Codec::Hevc] {
            let loss = |crf| {
                let mut dice = Dice::new(0, 0, 0, Purpose::Variant);
                let temporary = dir.path().join("clip.mkv");
                let coded = through_video(&crops, side, codec, crf, &temporary, &mut dice).unwrap();
                assert!(!temporary.exists());
                let losses: Vec<f32> = crops
                    .iter()
                    .zip(&coded)
                    .map(|(a, b)| a.iter().zip(b).map(|(a, b)| f32::from(a.abs_diff(*b))).sum::<f32>() / a.len() as f32)
                    .collect();
                assert!(losses.iter().all(|l| *l < 60.0), "{codec:?} {losses:?}");
                losses.iter().sum::<f32>()
            };
            assert!(loss(40) > loss(18), "{codec:?}");
        }
    }
}
