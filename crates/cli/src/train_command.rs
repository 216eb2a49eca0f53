//! `facefiction train`: a recipe in, a folder with a run out.

use std::cmp::Ordering;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use scan::base::{CancelToken, Ctx};
use train::TrainError;
use train::augment::Mixture;
use train::run::mlflow::End;
use train::run::{
    Extension, Facts, HeldOut, News, Options, Outcome, Recipe, Remote, SearchRecipe, SearchRoom, Tested, TrialLine,
    TrialState, average, join, open_device, search, train,
};

use crate::exit::Exit;
use crate::models_dir;
use crate::reports::{now, tell};
use crate::scan_command::device_of;
use crate::train_args::{ExtendArgs, RunArgs, TrainArgs, TrainCommand};

/// Runs the command.
///
/// # Errors
/// None that is not told here.
pub(crate) fn run(args: &TrainArgs) -> anyhow::Result<Exit> {
    let cancel = crate::stop::on_signals()?;
    let ended = match (&args.command, &args.recipe, &args.run) {
        (Some(TrainCommand::Search { search, run }), ..) => Job::new(run, &cancel).search(search),
        (Some(TrainCommand::Average { parts, out }), ..) => average(parts, out).map(|()| Exit::Finished),
        (Some(TrainCommand::Join { parts, out }), ..) => match parts.as_slice() {
            [first, second] => join(first, second, out).map(|()| Exit::Finished),
            // clap requires two.
            _ => Ok(Exit::Usage),
        },
        (Some(TrainCommand::Extend(extend)), ..) => Job::new(&extend.run, &cancel).extend(extend),
        (None, Some(recipe), Some(run)) => Job::new(run, &cancel).train(recipe),
        // clap requires both.
        (None, ..) => Ok(Exit::Usage),
    };
    Ok(ended.unwrap_or_else(|error| {
        tell(&error.to_string());
        match error {
            TrainError::Cancelled => Exit::Cancelled,
            TrainError::Recipe { .. }
            | TrainError::RecipeKey { .. }
            | TrainError::DataRecipe { .. }
            | TrainError::RunExists { .. } => Exit::Usage,
            _ => Exit::Failed,
        }
    }))
}

/// What all ways to train share.
struct Job<'a> {
    args: &'a RunArgs,
    cancel: &'a CancelToken,
    screen: Screen,
}

/// What a run learns from and is tested on.
struct Material {
    mixture: Mixture,
    held_out: HeldOut,
    facts: Facts,
}

impl<'a> Job<'a> {
    fn new(args: &'a RunArgs, cancel: &'a CancelToken) -> Self {
        Self { args, cancel, screen: Screen::new(args.quiet) }
    }

    fn train(&self, recipe: &Path) -> Result<Exit, TrainError> {
        let mut recipe = Recipe::read(recipe)?;
        let material = self.material(&mut recipe)?;
        let outcome = self.logged(&recipe, &material.facts, &mut |tell| {
            train(&recipe, &material.mixture, &material.held_out, self.options(&material), self.cancel, tell)
        })?;
        self.screen.close(&closing(&outcome, &self.args.out));
        Ok(Exit::Finished)
    }

    fn search(&self, path: &Path) -> Result<Exit, TrainError> {
        let wanted = SearchRecipe::read(path)?;
        let mut base = Recipe::read(&wanted.recipe)?;
        let material = self.material(&mut base)?;
        let bar = &self.screen.bar;
        bar.set_style(style("{bar:30} {pos}/{len} trials, {eta} left"));
        bar.set_length(wanted.trials);
        let room = SearchRoom {
            out: &self.args.out,
            resume: self.args.resume,
            threads: self.threads(),
            device: device_of(self.args.device),
            facts: material.facts.clone(),
            base: &base,
        };
        let mut tell = |line: &TrialLine| {
            bar.set_position(line.trial + 1);
            self.screen.line(&of_trial(line));
        };
        let trials = search(&wanted, &material.mixture, &material.held_out, &room, self.cancel, &mut tell)?;
        let best = trials
            .iter()
            .filter(|t| t.best.is_some())
            .max_by(|a, b| a.best.partial_cmp(&b.best).unwrap_or(Ordering::Equal));
        self.screen.close(&best.map_or_else(|| "no trial was tested".to_owned(), |t| format!("best: {}", of_trial(t))));
        Ok(Exit::Finished)
    }

    fn extend(&self, args: &ExtendArgs) -> Result<Exit, TrainError> {
        let extension = Extension {
            from: args.from.clone(),
            data: args.data.clone(),
            share: args.share,
            steps: args.steps,
            rate: args.rate,
            tolerance: args.tolerance,
        };
        let mut recipe = extension.recipe()?;
        let material = self.material(&mut recipe)?;
        let verdict = self.logged(&recipe, &material.facts, &mut |tell| {
            extension.run(&recipe, &material.mixture, &material.held_out, self.options(&material), self.cancel, tell)
        })?;
        self.screen.line(&format!("before: {}", of(&verdict.before)));
        self.screen.line(&format!("after: {}", of(&verdict.after)));
        if verdict.accepted() {
            self.screen.close(&format!("extended: {}", self.args.out.display()));
            return Ok(Exit::Finished);
        }
        let worse = verdict.worse.iter().map(|(list, old, new)| format!("{list} from {old:.3} to {new:.3}"));
        self.screen.bar.finish_and_clear();
        tell(&format!(
            "refused, worse than before on {}: {}",
            worse.collect::<Vec<_>>().join(", "),
            self.args.out.display()
        ));
        Ok(Exit::Failed)
    }

    /// Reads the data that the recipe names.
    fn material(&self, recipe: &mut Recipe) -> Result<Material, TrainError> {
        // A device that is not there is told before hours are spent on data.
        open_device(recipe, device_of(self.args.device))?;
        recipe.data.models = models_dir::find(self.args.models_dir.as_deref()).ok();
        let bar = &self.screen.bar;
        bar.set_message("reading the data");
        let ctx = Ctx::new(self.cancel.clone(), |progress| {
            if let Some(total) = progress.total {
                bar.set_length(total);
            }
            bar.set_position(progress.done);
        });
        let mixture = Mixture::open(&recipe.data, recipe.training.seed, recipe.model.side, &ctx)?;
        for (source, real, fake) in mixture.counts() {
            self.screen.line(&format!("{source}: {real} real, {fake} fake to train on"));
        }
        let held_out = HeldOut { crops: mixture.held_out()? };
        self.screen.line(&format!("{} crops held out", held_out.crops.len()));
        let facts = Facts {
            app: format!("facefiction {}", env!("CARGO_PKG_VERSION")),
            commit: commit(),
            data_sha256: mixture.fingerprint().to_owned(),
            seed: recipe.training.seed,
            started: now().rfc3339(),
            ..Facts::default()
        };
        Ok(Material { mixture, held_out, facts })
    }

    /// Runs with the news on the screen and, where asked for, on the MLflow server. A server that fails under way does
    /// not stop a run.
    fn logged<T>(
        &self,
        recipe: &Recipe,
        facts: &Facts,
        work: &mut dyn FnMut(&mut Listener<'_>) -> Result<T, TrainError>,
    ) -> Result<T, TrainError> {
        let url = self.args.mlflow.as_deref();
        let mut remote = url.map(|url| Remote::open(url, &self.args.out, recipe, facts)).transpose()?;
        let mut lost = false;
        let mut listen = |news: News<'_>| {
            self.screen.show(&news);
            if let Some(Err(error)) = remote.as_mut().map(|remote| remote.news(&news))
                && !std::mem::replace(&mut lost, true)
            {
                self.screen.line(&format!("the run goes on, its log there may have gaps: {error}"));
            }
            Ok(())
        };
        let ended = work(&mut listen);
        let end = match &ended {
            Ok(_) => End::Finished,
            Err(TrainError::Cancelled) => End::Killed,
            Err(_) => End::Failed,
        };
        if let Some(Err(error)) = remote.as_mut().map(|remote| remote.end(end)) {
            self.screen.line(&error.to_string());
        }
        if matches!(ended, Err(TrainError::Cancelled)) {
            self.screen.line(&format!("go on with --resume: {}", self.args.out.display()));
        }
        ended
    }

    fn options(&self, material: &Material) -> Options<'a> {
        Options {
            out: &self.args.out,
            resume: self.args.resume,
            threads: self.threads(),
            device: device_of(self.args.device),
            facts: material.facts.clone(),
        }
    }

    fn threads(&self) -> usize {
        self.args.threads.map_or_else(processors, usize::from)
    }
}

/// What hears the news of a run.
type Listener<'a> = dyn FnMut(News<'_>) -> Result<(), TrainError> + Send + 'a;

/// Steps between lines where there is no terminal to draw a bar on.
const LINE_EVERY: u64 = 100;

/// Standard error: a bar where it is a terminal, lines elsewhere.
struct Screen {
    bar: ProgressBar,
    quiet: bool,
}

impl Screen {
    fn new(quiet: bool) -> Self {
        let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(None, target).with_style(style("{spinner} {msg} {pos}/{len}"));
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { bar, quiet }
    }

    fn line(&self, text: &str) {
        if !self.quiet {
            self.bar.suspend(|| tell(text));
        }
    }

    /// The last line.
    fn close(&self, text: &str) {
        self.bar.finish_and_clear();
        self.line(text);
    }

    fn show(&self, news: &News<'_>) {
        let bar = &self.bar;
        match news {
            News::Begins { done, steps, fresh } => {
                if let Some(first) = fresh.first() {
                    self.line(&format!("{} tensors start from random numbers, the first is {first}", fresh.len()));
                }
                bar.set_length(*steps);
                bar.set_position(*done);
                bar.reset_eta();
                bar.set_style(style("{bar:30} {pos}/{len} {msg}, {eta} left"));
            }
            News::Step { step, learned, images_per_second } => {
                let message = format!("loss {:.4}, {images_per_second:.1} images/s", learned.loss);
                if bar.is_hidden() && step.is_multiple_of(LINE_EVERY) {
                    self.line(&format!("step {step}: {message}"));
                }
                bar.set_position(*step);
                bar.set_message(message);
            }
            News::Tested { step, tested } => self.line(&format!("step {step}: {}", of(tested))),
        }
    }
}

/// A test in a line.
fn of(tested: &Tested) -> String {
    let auc = tested.auc.iter().filter_map(|(list, auc)| Some(format!("{list} AUC {:.3}", (*auc)?)));
    let pairs = tested.pairs.iter().map(|(list, share)| format!("{list} fake above its real {share:.3}"));
    let mut parts: Vec<String> = auc.chain(pairs).collect();
    parts.push(format!("held-out loss {:.3}", tested.loss));
    parts.join(", ")
}

/// A trial in a line.
fn of_trial(line: &TrialLine) -> String {
    let values: Vec<String> = line.values.iter().map(|(key, value)| format!("{key} {value}")).collect();
    let best = line.best.map_or_else(|| "not tested".to_owned(), |auc| format!("AUC {auc:.3}"));
    let state = match line.state {
        TrialState::Finished => "",
        TrialState::Pruned => ", stopped early",
        TrialState::Diverged => ", its loss ran away",
    };
    format!("trial {}: {}: {best}{state}", line.trial, values.join(", "))
}

fn closing(outcome: &Outcome, out: &Path) -> String {
    let tested = outcome.tested.as_ref().map_or_else(String::new, |t| format!("; {}", of(t)));
    let best = outcome.best.map_or_else(String::new, |(step, auc)| format!("; best mean AUC {auc:.3} at step {step}"));
    format!("{} steps{tested}{best}: {}", outcome.steps, out.display())
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The commit of the folder that the program was started in.
fn commit() -> Option<String> {
    let said = Command::new("git").args(["rev-parse", "HEAD"]).output().ok().filter(|o| o.status.success())?;
    String::from_utf8(said.stdout).ok().map(|text| text.trim().to_owned())
}
