//! How many crops a second a recipe draws, makes and augments.
//!
//!     cargo run --release -p train --example batch_speed -- recipe.toml [threads] [steps]

use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

use train::Batches as _;
use train::augment::{DataRecipe, Mixture};
use train::base::Ctx;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |i: usize, default: u64| arguments.get(i).map_or(Ok(default), |text| text.parse());
    let recipe = arguments.first().ok_or("usage: batch_speed RECIPE.toml [threads] [steps]")?;
    let (threads, steps) = (number(1, 1)?, number(2, 20)?);
    let mut recipe = DataRecipe::read(Path::new(recipe))?;
    recipe.models = Some(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models"));
    let opening = Instant::now();
    let mixture = Mixture::open(&recipe, 0, 128, &Ctx::silent())?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "opened in {:.1} s", opening.elapsed().as_secs_f64())?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads as usize).build()?;
    // The median of several steps, because machines are shared.
    let mut seconds = Vec::new();
    let (before, mut images) = (cpu_seconds(), 0);
    for step in 0..steps {
        let start = Instant::now();
        let batch = pool.install(|| mixture.batch(step))?;
        images += batch.labels.len();
        seconds.push(start.elapsed().as_secs_f64() / batch.labels.len() as f64);
    }
    seconds.sort_by(f64::total_cmp);
    let rate = |part: f64| seconds.get((part * (seconds.len() - 1) as f64) as usize).map_or(0.0, |s| 1.0 / s);
    let (best, median) = (rate(0.0), rate(0.5));
    writeln!(out, "{threads} threads, {steps} steps: median {median:.0} images/s, best {best:.0} images/s")?;
    if let Some(spent) = before.zip(cpu_seconds()).map(|(before, after)| after - before) {
        writeln!(out, "{:.0} images a second of processor time", images as f64 / spent.max(0.01))?;
    }
    Ok(())
}

/// Processor time of this process so far, where the system tells (Linux, in hundredths of a second): what others do on
/// the machine does not count.
fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let after_name = stat.rsplit_once(')')?.1;
    let ticks = |n: usize| after_name.split_whitespace().nth(n)?.parse::<f64>().ok();
    Some((ticks(11)? + ticks(12)?) / 100.0)
}
