//! Times one backbone at the word of another program: `tests/bench/nets_against_onnx.py` runs it beside ONNX Runtime
//! and PyTorch.
//!
//!     cargo run --release -p nets --example time_backbone -- ARCHITECTURE WEIGHTS.safetensors CLASSES THREADS
//!
//! Answers each line on standard input with one line of JSON: `time SIDE BATCH RUNS` with `[[milliseconds of every run],
//! milliseconds of processor time per run]`, `logits FILE SIDE BATCH` with the logits of pictures `[batch, 3, side, side]` stored as 32-bit floats, `peak` with
//! the multiply-adds that one core can do, in GFLOPS.
#![expect(clippy::print_stdout, reason = "answers on standard output are what this program is for")]

use std::io::BufRead;
use std::num::NonZero;
use std::time::Instant;

use candle_core::{Device, Tensor};
use nets::architecture::Architecture;
use nets::backbone::Backbone;
use nets::weights::Weights;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let mut args = std::env::args().skip(1);
    let mut next = || args.next().ok_or("usage: time_backbone ARCHITECTURE WEIGHTS CLASSES THREADS");
    let architecture: Architecture = serde_json::from_value(next()?.into())?;
    let weights = Weights::from_safetensors(&std::fs::read(next()?)?)?;
    let classes: usize = next()?.parse()?;
    let threads: NonZero<usize> = next()?.parse()?;
    // This thread is one of them, as it is in what is compared with.
    rayon::ThreadPoolBuilder::new().num_threads(threads.get()).use_current_thread().build_global()?;
    let net = Backbone::load(architecture, weights.var_builder(&Device::Cpu)?, classes)?;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split(' ').collect();
        match words.as_slice() {
            ["time", side, batch, runs] => {
                let (each, cpu) = times(&net, side.parse()?, batch.parse()?, runs.parse()?)?;
                println!("[{each:?}, {cpu:?}]");
            }
            ["logits", file, side, batch] => println!("{:?}", logits(&net, file, side.parse()?, batch.parse()?)?),
            ["peak"] => println!("{}", nets::cpu::fma_peak_gflops()),
            _ => return Err(format!("not understood: {line}").into()),
        }
    }
    Ok(())
}

/// Milliseconds of each run, and of processor time per run.
fn times(net: &Backbone, side: usize, batch: usize, runs: usize) -> Result<(Vec<f64>, f64), Failure> {
    let x = Tensor::randn(0f32, 1.0, (batch, 3, side, side), &Device::Cpu)?;
    let mut times = Vec::with_capacity(runs);
    let cpu = cpu_ms();
    for _ in 0..runs {
        let from = Instant::now();
        net.forward(&x)?;
        times.push(from.elapsed().as_secs_f64() * 1e3);
    }
    let cpu = (cpu_ms() - cpu) / runs as f64;
    Ok((times, cpu))
}

/// What all threads of this process have run so far; 0 off Linux.
fn cpu_ms() -> f64 {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let ran = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("schedstat")).ok());
    ran.filter_map(|stat| stat.split_whitespace().next()?.parse::<f64>().ok()).sum::<f64>() * 1e-6
}

fn logits(net: &Backbone, file: &str, side: usize, batch: usize) -> Result<Vec<f32>, Failure> {
    let bytes = std::fs::read(file)?;
    let values: Vec<f32> = bytes.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
    let x = Tensor::from_vec(values, (batch, 3, side, side), &Device::Cpu)?;
    Ok(net.forward(&x)?.flatten_all()?.to_vec1()?)
}
