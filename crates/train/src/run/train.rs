//! The loop.

use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::time::Instant;

use base::CancelToken;
use nets::device::DeviceChoice;

use super::checkpoint;
use super::curves;
use super::folder::{Facts, Folder, Line, WEIGHTS};
use super::held_out::{HeldOut, Tested};
use super::learner::{Learned, Learner, open_device};
use super::recipe::Recipe;
use crate::{Batch, Batches, TrainError};

/// Batches that are made ahead.
const AHEAD: usize = 3;
/// What the best weights on what was held out are called.
const BEST: &str = "best.safetensors";

/// How a run is wanted.
#[derive(Clone, Debug)]
pub struct Options<'a> {
    /// The folder of the run.
    pub out: &'a Path,
    /// Whether the folder holds a run that is to go on.
    pub resume: bool,
    /// Threads that compute.
    pub threads: usize,
    /// What computes.
    pub device: DeviceChoice,
    /// What the run is made from; `fresh`, `threads` and `device` are filled in here.
    pub facts: Facts,
}

/// What a run tells while it goes on.
#[derive(Clone, Debug, PartialEq)]
pub enum News<'a> {
    /// It begins after so many steps, of so many.
    Begins {
        /// Steps done.
        done: u64,
        /// Steps in all.
        steps: u64,
        /// Tensors that the given weights did not have.
        fresh: &'a [String],
    },
    /// A step is done.
    Step {
        /// Steps done.
        step: u64,
        /// What it learned.
        learned: Learned,
        /// Over the last steps.
        images_per_second: f64,
    },
    /// It was tested on what was held out.
    Tested {
        /// Steps done.
        step: u64,
        /// How it does.
        tested: &'a Tested,
    },
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Steps done in all.
    pub steps: u64,
    /// Loss of the last step.
    pub loss: Option<f64>,
    /// The last test.
    pub tested: Option<Tested>,
    /// Step of the best weights, with their mean AUC.
    pub best: Option<(u64, f64)>,
}

/// Trains by a recipe into a folder; `tell` gets the news and may stop the run by an error.
///
/// # Errors
/// [`TrainError::RunExists`], [`TrainError::Checkpoint`] before anything is computed; whatever a batch or the disk
/// says; [`TrainError::Diverged`]; [`TrainError::Cancelled`] after a last checkpoint.
pub fn train(
    recipe: &Recipe,
    batches: &dyn Batches,
    held_out: &HeldOut,
    options: Options<'_>,
    cancel: &CancelToken,
    tell: &mut (dyn FnMut(News<'_>) -> Result<(), TrainError> + Send),
) -> Result<Outcome, TrainError> {
    recipe.validate()?;
    let pool = || {
        let built = rayon::ThreadPoolBuilder::new().num_threads(options.threads).build();
        built.map_err(|e| TrainError::Threads { problem: e.to_string() })
    };
    let (compute, prepare) = (pool()?, pool()?);
    compute.install(|| {
        let mut run = Run::open(recipe, held_out, &options)?;
        tell(News::Begins { done: run.step, steps: recipe.training.steps, fresh: &run.fresh })?;
        let (send, receive) = sync_channel::<Result<Batch, TrainError>>(AHEAD);
        let (from, to) = (run.step, recipe.training.steps);
        std::thread::scope(|scope| {
            scope.spawn(move || {
                for step in from..to {
                    let batch = prepare.install(|| batches.batch(step));
                    let failed = batch.is_err();
                    if send.send(batch).is_err() || failed {
                        return;
                    }
                }
            });
            let ended = run.all(|| receive.recv().unwrap_or(Err(TrainError::Cancelled)), cancel, tell);
            // The thread that makes batches ends when nobody takes them.
            drop(receive);
            ended
        })
    })
}

struct Run<'a> {
    recipe: &'a Recipe,
    held_out: &'a HeldOut,
    folder: Folder,
    checkpoint: std::path::PathBuf,
    learner: Learner,
    data: String,
    fresh: Vec<String>,
    step: u64,
    saved: u64,
}

impl<'a> Run<'a> {
    fn open(recipe: &'a Recipe, held_out: &'a HeldOut, options: &Options<'_>) -> Result<Self, TrainError> {
        let device = open_device(recipe, options.device)?;
        let (mut learner, fresh) = Learner::new(recipe, &device)?;
        let checkpoint = Folder::checkpoint(options.out);
        let data = options.facts.data_sha256.clone();
        let (folder, step) = if options.resume && checkpoint.exists() {
            let step = checkpoint::load(&checkpoint, &mut learner, &data)?;
            (Folder::reopen(options.out, step)?, step)
        } else {
            let device = nets::device::name(&device).to_owned();
            let facts = Facts { fresh: fresh.clone(), threads: options.threads, device, ..options.facts.clone() };
            (Folder::create(options.out, &recipe.to_toml(), &facts)?, 0)
        };
        let run = Self { recipe, held_out, folder, checkpoint, learner, data, fresh, step, saved: step };
        if step == 0 {
            // Says now, not after the first interval, that a checkpoint does not fit on the disk.
            checkpoint::save(&run.checkpoint, &run.learner, 0, &run.data)?;
        }
        Ok(run)
    }

    fn all(
        &mut self,
        next: impl Fn() -> Result<Batch, TrainError>,
        cancel: &CancelToken,
        tell: &mut dyn FnMut(News<'_>) -> Result<(), TrainError>,
    ) -> Result<Outcome, TrainError> {
        let training = &self.recipe.training;
        let mut speed = Speed::new();
        while self.step < training.steps {
            if cancel.is_cancelled() {
                self.save()?;
                return Err(TrainError::Cancelled);
            }
            let batch = next()?;
            let learned = self.learner.step(self.step, &batch)?;
            self.step += 1;
            let images_per_second = speed.after(batch.labels.len());
            let Learned { loss, gradient, rate } = learned;
            self.folder.log(Line::Step { step: self.step, loss, gradient, rate, images_per_second })?;
            tell(News::Step { step: self.step, learned, images_per_second })?;
            let last = self.step == training.steps;
            if self.step.is_multiple_of(training.evaluate_every) || last {
                self.test(tell)?;
                speed = Speed::new();
            }
            if self.step.is_multiple_of(training.checkpoint_every) || last {
                self.save()?;
            }
        }
        self.folder.weights(WEIGHTS, &self.learner.weights())?;
        Ok(self.outcome())
    }

    fn test(&mut self, tell: &mut dyn FnMut(News<'_>) -> Result<(), TrainError>) -> Result<(), TrainError> {
        if self.held_out.crops.is_empty() {
            return Ok(());
        }
        let weights = self.learner.weights();
        let logits = self.held_out.logits(&self.recipe.model, &weights)?;
        let tested = self.held_out.test(&logits);
        let before = self.outcome().best.map_or(f64::NEG_INFINITY, |b| b.1);
        if tested.mean_auc.is_some_and(|auc| auc > before) {
            self.folder.weights(BEST, &weights)?;
        }
        tell(News::Tested { step: self.step, tested: &tested })?;
        self.folder.log(Line::Test { step: self.step, held_out: tested })
    }

    fn save(&mut self) -> Result<(), TrainError> {
        if let Some(svg) = curves::draw(&self.folder.lines) {
            self.folder.text("curves.svg", &svg)?;
        }
        if self.saved == self.step {
            return Ok(());
        }
        self.folder.sync()?;
        checkpoint::save(&self.checkpoint, &self.learner, self.step, &self.data)?;
        self.saved = self.step;
        Ok(())
    }

    fn outcome(&self) -> Outcome {
        let loss = self.folder.lines.iter().rev().find_map(|l| match l {
            Line::Step { loss, .. } => Some(*loss),
            Line::Test { .. } => None,
        });
        let tests = self.folder.tests();
        let best = tests.clone().filter_map(|(step, t)| Some((step, t.mean_auc?)));
        // The first of equals, as it was kept.
        let best = best.reduce(|a, b| if b.1 > a.1 { b } else { a });
        Outcome { steps: self.step, loss, tested: tests.last().map(|t| t.1.clone()), best }
    }
}

/// Images a second over the last steps.
struct Speed {
    since: Instant,
    images: usize,
    steps: usize,
}

impl Speed {
    fn new() -> Self {
        Self { since: Instant::now(), images: 0, steps: 0 }
    }

    fn after(&mut self, images: usize) -> f64 {
        (self.images, self.steps) = (self.images + images, self.steps + 1);
        let speed = self.images as f64 / self.since.elapsed().as_secs_f64().max(1e-9);
        if self.steps == 50 {
            *self = Self::new();
        }
        speed
    }
}
