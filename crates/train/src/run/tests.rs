//! Runs on made-up crops: learning, the same numbers on any threads, going on after a kill, bad folders.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use base::CancelToken;
use nets::backbone::Architecture;
use nets::device::DeviceChoice;
use nets::grad::Precision;

use super::folder::{Facts, Folder, Line};
use super::recipe::tests::small;
use super::*;
use crate::augment::Crop;
use crate::data::Label;
use crate::{Batch, Batches, TrainError};

/// Grey noise; fakes have a bright left half.
struct Noise {
    /// Stops the run when this step is asked for.
    fails_at: u64,
    asked: AtomicU64,
}

impl Noise {
    fn endless() -> Self {
        Self { fails_at: u64::MAX, asked: AtomicU64::new(0) }
    }
}

const SIDE: usize = 32;

fn picture(seed: u64, fake: bool) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    (0..SIDE * SIDE * 3)
        .map(|i| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let left = (i / 3) % SIDE < SIDE / 2;
            (state % 150) as u8 + if fake && left { 60 } else { 20 }
        })
        .collect()
}

impl Batches for Noise {
    fn batch(&self, step: u64) -> Result<Batch, TrainError> {
        self.asked.fetch_max(step + 1, Ordering::Relaxed);
        if step >= self.fails_at {
            let cause = std::io::ErrorKind::NotFound.into();
            return Err(TrainError::File { cause, path: "crop.png".into() });
        }
        let n = 6;
        let pixels = (0..n).flat_map(|i| picture(step * 100 + i, i % 2 == 1)).collect();
        let labels = (0..n).map(|i| (i % 2) as f32).collect();
        let (weights, words) = (vec![1.0; n as usize], vec![None; n as usize]);
        Ok(Batch { pixels, labels, weights, words, side: SIDE })
    }
}

fn held_out() -> HeldOut {
    let crop = |i: u64| Crop {
        rgb: picture(1_000_000 + i, i % 2 == 1),
        label: if i % 2 == 1 { Label::Fake } else { Label::Real },
        source: "noise".into(),
        group: "noise".into(),
        item: i.to_string(),
        pair: Some((i / 2).to_string()),
        path: i.to_string().into(),
        list: "noise".into(),
    };
    HeldOut { crops: (0..40).map(crop).collect() }
}

fn run(recipe: &Recipe, out: &Path, noise: &Noise, resume: bool, threads: usize) -> Result<Outcome, TrainError> {
    run_on(recipe, out, noise, resume, threads)
}

fn run_on(
    recipe: &Recipe,
    out: &Path,
    noise: &dyn Batches,
    resume: bool,
    threads: usize,
) -> Result<Outcome, TrainError> {
    let options = Options {
        out,
        resume,
        threads,
        device: DeviceChoice::Cpu,
        facts: Facts { data_sha256: "d".into(), ..Facts::default() },
    };
    train(recipe, noise, &held_out(), options, &CancelToken::default(), &mut |_| Ok(()))
}

/// What was logged, less the speeds.
fn logged(out: &Path) -> Vec<Line> {
    let mut lines = Folder::reopen(out, u64::MAX).unwrap().lines;
    for line in &mut lines {
        if let Line::Step { images_per_second, .. } = line {
            *images_per_second = 0.0;
        }
    }
    lines
}

#[test]
fn a_run_learns_and_leaves_what_inference_loads() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let mut recipe = small();
    recipe.training.steps = 40;
    recipe.training.label_smoothing = 0.02;
    recipe.training.ema = Some(0.8);
    let outcome = run(&recipe, &out, &Noise::endless(), false, 2).unwrap();
    let tested = outcome.tested.unwrap();
    // From random numbers in 40 steps of six; chance is 0.5.
    assert!(tested.auc["noise"].unwrap() > 0.85, "{tested:?}");
    assert_eq!(outcome.best.unwrap().0, 40);
    let bytes = std::fs::read(out.join(WEIGHTS)).unwrap();
    let weights = nets::weights::Weights::from_safetensors(&bytes).unwrap();
    let logits = held_out().logits(&recipe.model, &weights).unwrap();
    assert_eq!(held_out().test(&logits), tested);
    for file in ["recipe.toml", "run.json", "metrics.jsonl", "best.safetensors", "checkpoint.safetensors"] {
        assert!(out.join(file).exists(), "{file}");
    }
    let svg = std::fs::read_to_string(out.join("curves.svg")).unwrap();
    assert!(svg.contains("<svg") && svg.contains("noise"));
}

/// The same pictures with every label wrong.
struct Liar(Noise);

impl Batches for Liar {
    fn batch(&self, step: u64) -> Result<Batch, TrainError> {
        let mut batch = self.0.batch(step)?;
        batch.labels.iter_mut().for_each(|label| *label = 1.0 - *label);
        Ok(batch)
    }
}

#[test]
fn a_teacher_is_believed_as_far_as_the_recipe_says() {
    let folder = tempfile::tempdir().unwrap();
    let recipe = small();
    let taught = folder.path().join("teacher");
    run(&recipe, &taught, &Noise::endless(), false, 2).unwrap();
    let steps = |name: &str, share: Option<f32>, batches: &dyn Batches| {
        let (architecture, weights) = (Some(recipe.model.architecture), Some(taught.join(WEIGHTS)));
        let teacher = share.map(|share| TeacherRecipe { architecture, weights, share, temperature: 1.0 });
        let out = folder.path().join(name);
        run_on(&Recipe { teacher, ..recipe.clone() }, &out, batches, false, 2).unwrap();
        logged(&out)
    };
    let (honest, liar) = (Noise::endless(), Liar(Noise::endless()));
    let (labels, lies) = (steps("labels", None, &honest), steps("lies", None, &liar));
    assert_ne!(labels, lies);
    assert_eq!(steps("none", Some(0.0), &honest), labels);
    // Who listens to the teacher alone does not hear the labels.
    let all = steps("all", Some(1.0), &honest);
    assert_eq!(steps("all-lies", Some(1.0), &liar), all);
    assert_ne!(all, labels);
    let half = steps("half", Some(0.5), &honest);
    assert!(half != labels && half != all && half != steps("half-lies", Some(0.5), &liar));
}

/// The same crops at every step.
struct OneBatch;

impl Batches for OneBatch {
    fn batch(&self, _: u64) -> Result<Batch, TrainError> {
        Noise::endless().batch(0)
    }
}

#[test]
fn every_backbone_learns_a_batch_by_heart() {
    use Architecture as A;
    let folder = tempfile::tempdir().unwrap();
    for architecture in [
        A::MobilenetV3Small,
        A::MobilenetV2,
        A::EfficientnetLite0,
        A::EfficientnetB0,
        A::Resnet18,
        A::Resnet18Edges,
        A::EyeStrip,
        A::MouthStrip,
    ] {
        let mut recipe = small();
        recipe.model.architecture = architecture;
        recipe.training.steps = 60;
        recipe.training.evaluate_every = 60;
        let out = folder.path().join(architecture.name());
        run_on(&recipe, &out, &OneBatch, false, 2).unwrap();
        let loss = |line: &Line| if let Line::Step { loss, .. } = line { Some(*loss) } else { None };
        let losses: Vec<f64> = logged(&out).iter().filter_map(loss).collect();
        let (first, last) = (losses[0], losses[losses.len() - 1]);
        println!("{}: loss {first:.3} to {last:.3}", architecture.name());
        assert!(losses.len() == 60 && last < 0.2 * first, "{}: loss {first} to {last}", architecture.name());
    }
}

#[test]
fn a_killed_run_goes_on_to_the_same_numbers_on_any_threads() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, killed) = (folder.path().join("whole"), folder.path().join("killed"));
    let mut recipe = small();
    recipe.training.clip = Some(1.0);
    recipe.training.ema = Some(0.9);
    recipe.model.dropout = 0.3;
    recipe.training.evaluate_every = 4;
    run(&recipe, &whole, &Noise::endless(), false, 1).unwrap();
    // Checkpoints at 0 and 5; killed in step 8.
    let failing = Noise { fails_at: 8, ..Noise::endless() };
    let error = run(&recipe, &killed, &failing, false, 3).unwrap_err();
    assert!(error.to_string().ends_with("crop.png"), "{error}");
    run(&recipe, &killed, &Noise::endless(), true, 2).unwrap();
    assert_eq!(logged(&whole), logged(&killed));
    assert_eq!(std::fs::read(whole.join(WEIGHTS)).unwrap(), std::fs::read(killed.join(WEIGHTS)).unwrap());
    // A finished run has nothing left to do, and says the same.
    let again = run(&recipe, &killed, &Noise::endless(), true, 1).unwrap();
    assert_eq!(again.steps, 12);
    assert_eq!(logged(&whole), logged(&killed));
}

#[test]
fn sharpness_aware_runs_and_stochastic_descent_resume_too() {
    let folder = tempfile::tempdir().unwrap();
    let mut recipe = small();
    recipe.training.steps = 4;
    recipe.training.checkpoint_every = 2;
    recipe.training.optimiser = OptimiserRecipe::Sgd {
        rate: 0.01,
        momentum: 0.9,
        nesterov: true,
        weight_decay: 1e-4,
        sam: 0.05,
        decay_all: false,
    };
    let (whole, killed) = (folder.path().join("whole"), folder.path().join("killed"));
    run(&recipe, &whole, &Noise::endless(), false, 2).unwrap();
    run(&recipe, &killed, &Noise { fails_at: 3, ..Noise::endless() }, false, 1).unwrap_err();
    run(&recipe, &killed, &Noise::endless(), true, 2).unwrap();
    assert_eq!(logged(&whole), logged(&killed));
}

#[test]
fn devices_that_cannot_do_it_are_named_before_anything_is_computed() {
    let mut recipe = small();
    if nets::device::select(DeviceChoice::Cuda, &base::Ctx::silent()).is_err() {
        let absent = open_device(&recipe, DeviceChoice::Cuda).unwrap_err().to_string();
        assert!(absent.contains("cuda"), "{absent}");
    }
    assert!(open_device(&recipe, DeviceChoice::Cpu).unwrap().is_cpu());
    recipe.training.precision = Precision::Bf16;
    let folder = tempfile::tempdir().unwrap();
    let refused = run(&recipe, &folder.path().join("run"), &Noise::endless(), false, 1).unwrap_err().to_string();
    assert!(refused.contains("training.precision") && refused.contains("--device cuda"), "{refused}");
    assert!(!folder.path().join("run").exists());
}

#[test]
fn what_does_not_fit_together_is_said_before_anything_is_computed() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let mut recipe = small();
    recipe.training.steps = 2;
    run(&recipe, &out, &Noise::endless(), false, 1).unwrap();
    let noise = Noise::endless();
    let message = |recipe: &Recipe, resume| run(recipe, &out, &noise, resume, 1).unwrap_err().to_string();
    assert!(message(&recipe, false).contains("--resume"));
    let mut other = recipe.clone();
    other.training.seed = 7;
    let error = message(&other, true);
    assert!(error.contains("`training.seed` is 7 here and 0 there") && error.contains("checkpoint"), "{error}");
    let options = Options { out: &out, resume: true, threads: 1, device: DeviceChoice::Cpu, facts: Facts::default() };
    let error = train(&recipe, &noise, &held_out(), options, &CancelToken::default(), &mut |_| Ok(())).unwrap_err();
    assert!(error.to_string().contains("lists of data have changed"), "{error}");
    let checkpoint = Folder::checkpoint(&out);
    let bytes = std::fs::read(&checkpoint).unwrap();
    std::fs::write(&checkpoint, &bytes[..bytes.len() / 2]).unwrap();
    assert!(message(&recipe, true).contains("damaged"));
    assert_eq!(noise.asked.load(Ordering::Relaxed), 0, "no batch was made");
    let mut lost = recipe.clone();
    lost.model.weights = Some("nowhere.safetensors".into());
    let error = run(&lost, &folder.path().join("other"), &noise, false, 1).unwrap_err().to_string();
    assert!(error.ends_with("nowhere.safetensors"), "{error}");
}

#[test]
fn a_cancelled_run_keeps_its_last_step() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, out) = (folder.path().join("whole"), folder.path().join("run"));
    let recipe = small();
    run(&recipe, &whole, &Noise::endless(), false, 1).unwrap();
    let cancel = CancelToken::default();
    let options = Options {
        out: &out,
        resume: false,
        threads: 1,
        device: DeviceChoice::Cpu,
        facts: Facts { data_sha256: "d".into(), ..Facts::default() },
    };
    let raised = cancel.clone();
    let mut tell = move |news: News<'_>| {
        if matches!(news, News::Step { step: 7, .. }) {
            raised.cancel();
        }
        Ok(())
    };
    let ended = train(&recipe, &Noise::endless(), &held_out(), options, &cancel, &mut tell);
    assert!(matches!(ended, Err(TrainError::Cancelled)));
    assert_eq!(logged(&out).len(), 7);
    run(&recipe, &out, &Noise::endless(), true, 2).unwrap();
    assert_eq!(logged(&whole), logged(&out));
}

#[test]
fn a_search_proposes_the_same_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("search.toml");
    let text = "recipe = \"recipe.toml\"\ntrials = 4\nsteps = 4\nseed = 3\n\
                [[key]]\nname = \"training.optimiser.rate\"\nrange = [1e-4, 1e-2]\nlog = true\n\
                [[key]]\nname = \"model.dropout\"\nchoices = [0.0, 0.3]\n";
    std::fs::write(&path, text).unwrap();
    let wanted = SearchRecipe::read(&path).unwrap();
    let base = small();
    let go = |out: &str, trials: u64, resume| {
        let out = folder.path().join(out);
        let facts = Facts { data_sha256: "d".into(), ..Facts::default() };
        let room = SearchRoom { out: &out, resume, threads: 1, device: DeviceChoice::Cpu, facts, base: &base };
        let wanted = SearchRecipe { trials, ..wanted.clone() };
        search(&wanted, &Noise::endless(), &held_out(), &room, &CancelToken::default(), &mut |_| ())
    };
    let whole = go("whole", 4, false).unwrap();
    assert_eq!(whole.len(), 4);
    let rates: std::collections::BTreeSet<String> = whole.iter().map(|t| t.values[0].1.to_string()).collect();
    assert_eq!(rates.len(), 4, "{whole:?}");
    go("halves", 2, false).unwrap();
    assert_eq!(go("halves", 4, true).unwrap(), whole);
    assert!(matches!(go("halves", 4, false), Err(TrainError::RunExists { .. })));
    let unknown = text.replace("model.dropout", "model.drop_out");
    std::fs::write(&path, unknown).unwrap();
    let unknown = SearchRecipe::read(&path).unwrap();
    let error = unknown.apply(&base, &[toml::Value::Float(1e-3), toml::Value::Float(0.0)]).unwrap_err().to_string();
    assert!(error.contains("drop_out"), "{error}");
}
