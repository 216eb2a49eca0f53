//! `facefiction dataset`.

use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use indicatif::{ProgressBar, ProgressStyle};
use train::TrainError;
use train::augment::{DataRecipe, Mixture};
use train::base::{Ctx, Progress, Stage};
use train::data::prepare::{Layout, Options, Unreadable, prepare};

use crate::dataset_args::{DatasetArgs, DatasetCommand, DatasetLayout, MontageArgs, PrepareArgs};
use crate::exit::Exit;
use crate::safe::one_line;
use crate::{models_dir, stop};

/// Runs the command.
///
/// # Errors
/// Whatever ended it; usage errors are told here.
pub(crate) fn run(args: &DatasetArgs) -> anyhow::Result<Exit> {
    let models = match models_dir::find(args.models_dir.as_deref()) {
        Ok(models) => models,
        Err(error) => {
            writeln!(io::stderr(), "facefiction: {}", one_line(&error.to_string()))?;
            return Ok(Exit::Usage);
        }
    };
    let token = stop::on_signals()?;
    let bar = Bar::default();
    let ctx = Ctx::new(token, |progress| bar.show(progress));
    let ended = match &args.command {
        DatasetCommand::Prepare(args) => prepared(args, models, &ctx, &bar),
        DatasetCommand::Montage(args) => montage(args, models, &ctx, &bar),
    };
    bar.clear();
    match ended {
        Ok(()) => Ok(Exit::Finished),
        Err(TrainError::Cancelled) => Ok(Exit::Cancelled),
        Err(error) => Err(error.into()),
    }
}

fn prepared(args: &PrepareArgs, models: std::path::PathBuf, ctx: &Ctx, bar: &Bar) -> Result<(), TrainError> {
    let options = Options {
        layout: layout_of(args),
        out: args.out.clone(),
        models,
        frames: args.frames,
        faces_a_frame: args.faces,
        side: args.side,
        held_out: args.held_out,
        seed: args.seed,
        unreadable: if args.skip_unreadable { Unreadable::Skip } else { Unreadable::Refuse },
    };
    let done = prepare(&args.paths, &options, ctx)?;
    bar.clear();
    for (path, why) in &done.left_out {
        note(&format!("left out: {}: {why}", path.display()));
    }
    note(&format!("{} files examined, {} known from before; see {}", done.examined, done.kept, done.summary.display()));
    say(&format!("{}\t{} faces", done.manifest.display(), done.faces))
}

/// The layout asked for; else a list when a list was named, and plain folders when not.
fn layout_of(args: &PrepareArgs) -> Layout {
    let is_list = args.paths.iter().all(|p| p.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv")));
    match args.layout {
        None if is_list => Layout::Csv,
        None | Some(DatasetLayout::Plain) => Layout::Plain,
        Some(DatasetLayout::Dfdc) => Layout::Dfdc,
        Some(DatasetLayout::Faceforensics) => Layout::FaceForensics,
        Some(DatasetLayout::Celebdf) => Layout::CelebDf,
        Some(DatasetLayout::Csv) => Layout::Csv,
    }
}

fn montage(args: &MontageArgs, models: std::path::PathBuf, ctx: &Ctx, bar: &Bar) -> Result<(), TrainError> {
    let mut recipe = DataRecipe::read(&args.recipe)?;
    recipe.models = Some(models);
    let mixture = Mixture::open(&recipe, args.seed, args.side, ctx)?;
    bar.clear();
    for (source, real, fake) in mixture.counts() {
        note(&format!("{source}: {real} reals and {fake} fakes to train on"));
    }
    train::data::write_jpeg(&args.out, &mixture.montage(args.columns)?, 90)?;
    say(&args.out.display().to_string())
}

fn note(line: &str) {
    // Nobody can be told that standard error is closed.
    let _ = writeln!(io::stderr(), "facefiction: {}", one_line(line));
}

fn say(line: &str) -> Result<(), TrainError> {
    writeln!(io::stdout(), "{line}").map_err(TrainError::file("standard output".as_ref()))
}

/// One bar on standard error, for one stage after the other.
#[derive(Default)]
struct Bar(Mutex<Option<(Stage, ProgressBar)>>);

impl Bar {
    fn show(&self, progress: Progress) {
        let mut shown = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let total = progress.total.unwrap_or(0);
        let bar = match &*shown {
            // Threads report out of order; a smaller total is another job.
            Some((stage, bar)) if *stage == progress.stage && bar.length() == Some(total) => bar.clone(),
            _ => {
                let style =
                    ProgressStyle::with_template("{msg} [{wide_bar}] {pos}/{len}  {per_sec}  {elapsed}, {eta} left");
                let bar = ProgressBar::new(total).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
                bar.set_message(if progress.stage == Stage::Probing { "opening" } else { "faces" });
                if let Some((_, old)) = shown.replace((progress.stage, bar.clone())) {
                    old.finish_and_clear();
                }
                bar
            }
        };
        if progress.done > bar.position() {
            bar.set_position(progress.done);
        }
    }

    fn clear(&self) {
        if let Some((_, bar)) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
            bar.finish_and_clear();
        }
    }
}
