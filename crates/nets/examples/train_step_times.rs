//! Times training steps: `cargo run --release -p nets --example train_step_times -- NETWORK SIDE BATCH STEPS`, one line
//! of seconds a step, forward, backward and an update of all parameters. With `parts` behind it also what forward and
//! backward took, with `cpu` seconds of processor time. `tests/bench/train_step.py` runs it in turn with PyTorch.
#![expect(clippy::print_stdout, reason = "a line of numbers is what this program is for")]

use std::time::Instant;

use nets::NetsError;
use nets::architecture::Architecture;
use nets::grad::{Mode, TrainNet, starting_weights};

fn main() -> Result<(), NetsError> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let name = args.first().map_or("mobilenet-v2", String::as_str);
    let number = |i: usize, otherwise: usize| args.get(i).and_then(|a| a.parse().ok()).unwrap_or(otherwise);
    let cpu = args.get(4).is_some_and(|a| a == "cpu");
    let (side, batch, steps) = (number(1, 224), number(2, 16), number(3, 5));
    let architecture = Architecture::ALL.into_iter().find(|a| a.name() == name).unwrap_or(Architecture::MobilenetV2);
    let (weights, _) = starting_weights(architecture, 1, 1, None)?;
    let mut net = TrainNet::new(architecture, &weights, 1)?;
    let pixels: Vec<f32> = (0..batch * side * side * 3).map(|i| ((i * 7919) % 1009) as f32 / 504.5 - 1.0).collect();
    let mut moments = [vec![0f32; net.params().len()], vec![0f32; net.params().len()]];
    let mut line = String::new();
    for _ in 0..steps {
        let (start, spent) = (Instant::now(), processor_seconds());
        let logits = net.forward(&pixels, [batch, side, side], Mode::Train, None)?;
        let forward = start.elapsed();
        let gradient: Vec<f32> = logits
            .iter()
            .enumerate()
            .map(|(i, z)| (1.0 / (1.0 + (-z).exp()) - (i % 2) as f32) / batch as f32)
            .collect();
        net.grads_mut().fill(0.0);
        net.backward(&gradient)?;
        let backward = start.elapsed() - forward;
        let [first, second] = &mut moments;
        let (params, grads) = net.params_and_grads();
        for (((p, g), m), v) in params.iter_mut().zip(&*grads).zip(first).zip(second) {
            *m = 0.9 * *m + 0.1 * g;
            *v = 0.999 * *v + 0.001 * g * g;
            *p -= 1e-3 * (*m / (v.sqrt() + 1e-8) + 0.01 * *p);
        }
        let wall = start.elapsed().as_secs_f64();
        let taken = spent.zip(processor_seconds()).filter(|_| cpu).map_or(wall, |(before, after)| after - before);
        line += &format!("{taken:.4} ");
        if args.get(4).is_some_and(|a| a == "parts") {
            line += &format!("(forward {:.4} backward {:.4}) ", forward.as_secs_f64(), backward.as_secs_f64());
        }
    }
    println!("{line}");
    Ok(())
}

/// Processor time of all threads of this process so far, where the system tells (Linux).
fn processor_seconds() -> Option<f64> {
    let mut nanoseconds = 0.0;
    for task in std::fs::read_dir("/proc/self/task").ok()? {
        let text = std::fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
        nanoseconds += text.split_whitespace().next()?.parse::<f64>().ok()?;
    }
    Some(nanoseconds / 1e9)
}
