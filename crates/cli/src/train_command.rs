//! `facefiction train`: a recipe in, a folder with a run out.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use scan::base::{CancelToken, Ctx};
use train::TrainError;
use train::augment::Mixture;
use train::run::{Facts, HeldOut, News, Options, Outcome, Recipe, Tested, train};

use crate::args::TrainArgs;
use crate::exit::Exit;
use crate::models_dir;
use crate::reports::{now, tell};

/// Runs the command.
///
/// # Errors
/// None that is not told here.
pub(crate) fn run(args: &TrainArgs) -> anyhow::Result<Exit> {
    let cancel = crate::stop::on_signals()?;
    let screen = Screen::new(args.quiet);
    let ended = trained(args, &cancel, &screen);
    screen.bar.finish_and_clear();
    Ok(match ended {
        Ok(outcome) => {
            screen.line(&closing(&outcome, &args.out));
            Exit::Finished
        }
        Err(TrainError::Cancelled) => {
            tell(&format!("stopped; go on with --resume: {}", args.out.display()));
            Exit::Cancelled
        }
        Err(error) => {
            tell(&error.to_string());
            match error {
                TrainError::Recipe { .. }
                | TrainError::RecipeKey { .. }
                | TrainError::DataRecipe { .. }
                | TrainError::RunExists { .. } => Exit::Usage,
                _ => Exit::Failed,
            }
        }
    })
}

fn trained(args: &TrainArgs, cancel: &CancelToken, screen: &Screen) -> Result<Outcome, TrainError> {
    let bar = &screen.bar;
    let mut recipe = Recipe::read(&args.recipe)?;
    recipe.data.models = models_dir::find(args.models_dir.as_deref()).ok();
    bar.set_message("reading the data");
    let ctx = Ctx::new(cancel.clone(), |progress| {
        if let Some(total) = progress.total {
            bar.set_length(total);
        }
        bar.set_position(progress.done);
    });
    let mixture = Mixture::open(&recipe.data, recipe.training.seed, recipe.model.side, &ctx)?;
    for (source, real, fake) in mixture.counts() {
        screen.line(&format!("{source}: {real} real, {fake} fake to train on"));
    }
    let held_out = HeldOut { crops: mixture.held_out()? };
    screen.line(&format!("{} crops held out", held_out.crops.len()));
    let facts = Facts {
        app: format!("facefiction {}", env!("CARGO_PKG_VERSION")),
        commit: commit(),
        data_sha256: mixture.fingerprint().to_owned(),
        seed: recipe.training.seed,
        started: now().rfc3339(),
        ..Facts::default()
    };
    let threads = args.threads.map_or_else(processors, usize::from);
    let options = Options { out: &args.out, resume: args.resume, threads, facts };
    train(&recipe, &mixture, &held_out, options, cancel, &mut |news| {
        screen.show(&news);
        Ok(())
    })
}

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
