//! Prints how long each backbone takes by each route: `cargo run --release -p nets --example backbone_times`,
//! with `RAYON_NUM_THREADS=1` for one thread. `goldens/torch_times.py` prints the same table for PyTorch.
#![expect(clippy::print_stdout, reason = "a table is what this program is for")]

use std::time::{Duration, Instant};

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use nets::NetsError;
use nets::architecture::Architecture;
use nets::backbone::{Backbone, Route};

/// Network, side of the picture, pictures in a batch.
const CASES: [(Architecture, usize, usize); 8] = [
    (Architecture::MobilenetV2, 128, 1),
    (Architecture::MobilenetV2, 128, 8),
    (Architecture::MobilenetV2, 128, 16),
    (Architecture::MobilenetV3Small, 224, 8),
    (Architecture::EfficientnetLite0, 224, 8),
    (Architecture::EfficientnetB0, 224, 8),
    (Architecture::Resnet18, 224, 4),
    (Architecture::VitS16, 224, 4),
];

fn main() -> Result<(), NetsError> {
    println!("threads {}", rayon::current_num_threads());
    println!(
        "{:<20} {:>5} {:>5} {:>8} {:>10} {:>10} {:>8}",
        "network", "side", "batch", "route", "median ms", "least ms", "cpu ms"
    );
    for (architecture, side, batch) in CASES {
        let x = Tensor::randn(0f32, 1.0, (batch, 3, side, side), &Device::Cpu)?;
        for route in [Route::Kernels, Route::Tensors] {
            // Zeros take as long as any other weights.
            let net = match Backbone::load_by(route, architecture, VarBuilder::zeros(DType::F32, &Device::Cpu), 1) {
                Err(NetsError::Unsupported(_)) => continue,
                net => net?,
            };
            net.forward(&x)?;
            let mut times = Vec::new();
            let (start, cpu) = (Instant::now(), cpu_ms());
            while start.elapsed() < Duration::from_millis(700) || times.len() < 3 {
                let from = Instant::now();
                net.forward(&x)?;
                times.push(from.elapsed().as_secs_f64() * 1e3);
            }
            let cpu = (cpu_ms() - cpu) / times.len() as f64;
            times.sort_by(f64::total_cmp);
            let at = |i: usize| times.get(i).copied().unwrap_or_default();
            let (median, least) = (at(times.len() / 2), at(0));
            let route = format!("{route:?}");
            println!("{architecture:<20} {side:>5} {batch:>5} {route:>8} {median:>10.2} {least:>10.2} {cpu:>8.1}");
        }
    }
    Ok(())
}

/// Processor time of this process so far, in the kernel's ticks of 10 ms; 0 off Linux.
fn cpu_ms() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    // Fields 14 and 15 of proc_pid_stat(5): user and system time.
    after_name.split_whitespace().skip(11).take(2).filter_map(|t| t.parse::<f64>().ok()).sum::<f64>() * 10.0
}
