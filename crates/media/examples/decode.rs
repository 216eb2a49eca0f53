//! Decodes one file and says what that took: `cargo run --release -p media --example decode -- FILE [FPS] [THREADS]`.
#![allow(clippy::print_stdout, reason = "this is what the program is for")]

use std::time::Instant;

use base::Ctx;
use media::{Limits, Media, MediaError, Sampling};

fn main() -> Result<(), MediaError> {
    let mut arguments = std::env::args_os().skip(1);
    let path = arguments.next().unwrap_or_default();
    let mut number = || arguments.next().and_then(|word| word.to_str()?.parse::<f64>().ok());
    let sampling = number().map_or(Sampling::EveryFrame, Sampling::PerSecond);
    let threads = number().unwrap_or(1.0) as usize;
    let (ctx, start) = (Ctx::silent(), Instant::now());
    let media = Media::open(path.as_ref(), &Limits::default(), &ctx)?;
    println!("{:?} {:?}, opened in {:.3} s", media.kind(), media.info(), start.elapsed().as_secs_f64());
    let start = Instant::now();
    let mut frames = media.frames(sampling, threads, &ctx)?;
    for frame in &mut frames {
        frame?;
    }
    let seconds = start.elapsed().as_secs_f64();
    let coverage = frames.finish();
    let rate = coverage.decoded as f64 / seconds;
    println!("{coverage:?}, decoded in {seconds:.3} s, {rate:.1} frames/s, sha256 {}", media.sha256(&ctx)?);
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().filter(|line| line.starts_with("VmHWM")).for_each(|line| println!("{line}"));
    ctx.take_warnings().iter().for_each(|warning| println!("{warning:?}"));
    Ok(())
}
