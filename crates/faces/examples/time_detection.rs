//! Times face detection on frames at the word of another program: `tests/bench/detection.py` runs it beside OpenCV's YuNet
//! and facenet-pytorch's MTCNN.
//!
//!     cargo run --release -p faces --example time_detection -- MODELS WIDTH HEIGHT FRAMES.rgb THREADS
//!
//! FRAMES.rgb holds frames of a clip, five a second, 8 bits a channel. Answers each line on standard input with one
//! line of JSON, `[[milliseconds of each frame], processor milliseconds in all, faces]`: `default` for what a scan does
//! with them (in stretches whose first is searched for faces from 28 px; tracks and cuts included), `full` for the default
//! detector on every frame, `mtcnn PX` for the cascade alone with that smallest face. `faces` answers with the default's faces
//! instead, `[x, y, width, height, 1 where it is good enough to be scored]` for each face of each frame.
#![expect(clippy::print_stdout, reason = "answers on standard output are what this program is for")]

use std::io::BufRead;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use base::{FrameIndex, Timestamp};
use faces::{Face, FaceDetector, FacesError, Mtcnn, MtcnnOptions, Quality, QualityGate, Tracker, search_stretch};
use image::RgbImage;
use media::Frame;

type Failure = Box<dyn std::error::Error>;

/// Frames of the first stretch, and of each after it, that begins with a search for small faces too: as in a scan.
const FIRST_STRETCH: usize = 2;
const STRETCH: usize = 8;
const STEP_US: i64 = 200_000;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [models, width, height, file, threads] = arguments.as_slice() else {
        return Err("usage: time_detection MODELS WIDTH HEIGHT FRAMES.rgb THREADS".into());
    };
    let (width, height): (u32, u32) = (width.parse()?, height.parse()?);
    rayon::ThreadPoolBuilder::new().num_threads(threads.parse()?).build_global()?;
    let models = Path::new(models);
    let bytes = std::fs::read(file)?;
    let pictures = bytes.chunks_exact(width as usize * height as usize * 3);
    let frames: Vec<Frame> =
        pictures.filter_map(|p| RgbImage::from_raw(width, height, p.to_vec())).zip(0..).map(frame).collect();
    let checked = Mtcnn::load_checked(models, MtcnnOptions::default())?;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split(' ').collect();
        match words.as_slice() {
            ["default"] => {
                let mut tracker = Tracker::default();
                timed(&stretches(&frames), |stretch| {
                    let found = search_stretch(&checked, stretch)?;
                    Ok(stretch.iter().zip(found).map(|(frame, faces)| tracker.push(frame, faces).len()).sum())
                })?;
            }
            ["faces"] => {
                let mut each: Vec<Vec<[f32; 5]>> = Vec::new();
                for stretch in stretches(&frames) {
                    let found = search_stretch(&checked, stretch)?;
                    let told =
                        |(frame, faces): (&Frame, Vec<Face>)| faces.iter().map(|face| told(frame, face)).collect();
                    each.extend(stretch.iter().zip(found).map(told));
                }
                println!("{each:?}");
            }
            ["full"] => timed(&single(&frames), |frame| count(&checked, frame))?,
            ["mtcnn", px] => {
                let detector = Mtcnn::load(models, MtcnnOptions { min_face: px.parse()?, ..MtcnnOptions::default() })?;
                timed(&single(&frames), |frame| count(&detector, frame))?;
            }
            _ => return Err(format!("not understood: {line}").into()),
        }
    }
    Ok(())
}

/// Frames as a scan looks at them together.
fn stretches(frames: &[Frame]) -> Vec<&[Frame]> {
    let (first, rest) = frames.split_at(FIRST_STRETCH.min(frames.len()));
    std::iter::once(first).chain(rest.chunks(STRETCH)).collect()
}

fn single(frames: &[Frame]) -> Vec<&[Frame]> {
    frames.chunks(1).collect()
}

fn count(detector: &dyn FaceDetector, frames: &[Frame]) -> Result<usize, FacesError> {
    frames.iter().map(|frame| Ok(detector.detect(&frame.rgb)?.len())).sum()
}

fn told(frame: &Frame, face: &Face) -> [f32; 5] {
    let usable = QualityGate::default().reasons(&Quality::of(&frame.rgb, face)).is_empty();
    [face.rect.x, face.rect.y, face.rect.w, face.rect.h, if usable { 1.0 } else { 0.0 }]
}

fn frame((rgb, number): (RgbImage, u64)) -> Frame {
    let pts = Timestamp::from_micros(number as i64 * STEP_US);
    Frame { index: FrameIndex(number), pts, rgb: Arc::new(rgb) }
}

/// Prints what `find` takes on the frames of each stretch, shared out among them.
fn timed(stretches: &[&[Frame]], mut find: impl FnMut(&[Frame]) -> Result<usize, FacesError>) -> Result<(), Failure> {
    let (mut each, mut faces) = (Vec::new(), 0);
    let cpu = cpu_ms();
    for stretch in stretches {
        let from = Instant::now();
        faces += find(stretch)?;
        let ms = from.elapsed().as_secs_f64() * 1e3;
        each.extend(stretch.iter().map(|_| ms / stretch.len() as f64));
    }
    println!("[{each:?}, {:?}, {faces}]", cpu_ms() - cpu);
    Ok(())
}

/// What all threads of this process have run so far; 0 off Linux.
fn cpu_ms() -> f64 {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let ran = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("schedstat")).ok());
    ran.filter_map(|stat| stat.split_whitespace().next()?.parse::<f64>().ok()).sum::<f64>() * 1e-6
}
