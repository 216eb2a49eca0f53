//! Examines files one after the other and says where the time goes: `cargo run --release -p scan --example time_scan --
//! MODELS THREADS FPS FILE...`. Prints the analyses, one JSON line each, and on standard error the milliseconds that
//! loading took, from the start to each file's first scored face, and each file took in all.
#![expect(clippy::print_stdout, reason = "results on standard output are what this program is for")]

use std::path::Path;
use std::sync::Mutex;
use std::time::Instant;

use scan::base::Ctx;
use scan::{Observer, Pipeline, Rate, ScanOptions, scan_item_observed};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let start = Instant::now();
    let ms = || start.elapsed().as_secs_f64() * 1e3;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [models, threads, fps, files @ ..] = arguments.as_slice() else {
        return Err("usage: time_scan MODELS THREADS FPS FILE...".into());
    };
    let rate = Rate::PerSecond(fps.parse()?);
    let options = ScanOptions { rate, threads: Some(threads.parse()?), ..ScanOptions::default() };
    let pipeline = Pipeline::load(Path::new(models), &options)?;
    eprintln!("loaded after {:.0} ms", ms());
    for file in files {
        let (from, first) = (ms(), Mutex::new(None));
        let on_frame = |frame: &analysis::FrameObservation| {
            if frame.faces.iter().any(|face| !face.logits.is_empty())
                && let Ok(mut first) = first.lock()
            {
                first.get_or_insert_with(ms);
            }
        };
        let observer = Observer { on_file: &|_| {}, on_picture: &|_| {}, on_frame: &on_frame };
        let analysis =
            scan_item_observed(Path::new(file), &pipeline, &Ctx::silent(), &observer).map_err(|_| "cancelled")?;
        println!("{}", analysis.to_json_line()?);
        let first = first.into_inner().ok().flatten().map_or("none".to_owned(), |at: f64| format!("{at:.0} ms"));
        eprintln!("{file}: {:.0} ms, first scored face {first} after the start", ms() - from);
    }
    Ok(())
}
