//! The options of `train`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use train::run::Part;

use crate::args::Device;

pub(crate) const TRAIN_EXAMPLES: &str = "\
Examples:
  facefiction train recipe.toml --out runs/first
  facefiction train recipe.toml --out runs/first --resume --threads 8

The folder gets recipe.toml, run.json (what the run was made from), metrics.jsonl (a line a step, and one a test on what
was held out), curves.svg, checkpoint.safetensors, best.safetensors (highest AUC on what was held out) and, at the end,
weights.safetensors. Killed or cancelled at any moment, a run goes on with --resume to the same numbers; their number
of threads changes nothing. docs/training.md explains the recipe.

With --mlflow URL the run is also logged to an MLflow server; only http://HOST:PORT, and nothing else is contacted.

Exit codes: 0 trained; 1 failed; 2 wrong usage; 130 cancelled (a checkpoint is written first).";

const SEARCH_EXAMPLES: &str = "\
Example:
  facefiction train search search.toml --out runs/search

The search names a recipe, how many trials and which keys to vary (docs/training.md). Values are proposed from the
trials before; trials that fall behind are stopped. trials.jsonl in the folder has a line a trial, each trial is a run
of its own. Killed at any moment, a search goes on with --resume as if it had not been.

Exit codes: 0 finished; 1 failed; 2 wrong usage; 130 cancelled.";

const AVERAGE_EXAMPLES: &str = "\
Example:
  facefiction train average start.safetensors=0.3 runs/second/best.safetensors=0.7 --out weights.safetensors

Between a network and what further training made of it there is often one that is nearly as good on the new lists and
better on those that the training did not ask about. Evaluate it like any other.

Exit codes: 0 written; 1 failed; 2 wrong usage.";

const JOIN_EXAMPLES: &str = "\
Example:
  facefiction train join runs/a/weights.safetensors=1 runs/b/best.safetensors=1 --out weights.safetensors

Two MobileNetV2 that were trained apart, on pictures of the same size and cut, become one network (mobilenet-v2-pair) whose
logit is the mean of theirs, weighed by the shares. It takes twice the time. Networks of different descent err on different
pictures: two that began with the same weights gain little. Evaluate it like any other.

Exit codes: 0 written; 1 failed; 2 wrong usage.";

const EXTEND_EXAMPLES: &str = "\
Example:
  facefiction train extend --from runs/first --data new/faces.csv --out runs/second

The run learns from batches of which a share is new and the rest is what it was trained on. Afterwards it is tested on
everything that was held out, old and new; when it got worse on an old list, its weights are kept as
refused.safetensors only, and the exit code is 1. extension.json has the figures.

Exit codes: 0 extended; 1 failed or refused; 2 wrong usage; 130 cancelled.";

/// Options of `train`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true, disable_help_subcommand = true)]
pub(crate) struct TrainArgs {
    /// Other ways to train.
    #[command(subcommand)]
    pub command: Option<TrainCommand>,
    /// The recipe (TOML)
    #[arg(value_name = "RECIPE.toml", required = true, requires = "out")]
    pub recipe: Option<PathBuf>,
    /// How the run is wanted.
    #[command(flatten)]
    pub run: Option<RunArgs>,
}

/// Other ways to train.
#[derive(Debug, Subcommand)]
pub(crate) enum TrainCommand {
    /// Many short runs, to find good values of some keys of a recipe
    #[command(after_help = SEARCH_EXAMPLES)]
    Search {
        /// The search (TOML)
        #[arg(value_name = "SEARCH.toml")]
        search: PathBuf,
        /// How the runs are wanted.
        #[command(flatten)]
        run: RunArgs,
    },
    /// The average of several weights of one network, such as a run's and those it started from
    #[command(after_help = AVERAGE_EXAMPLES)]
    Average {
        /// Weights, and what they count for
        #[arg(value_name = "FILE=SHARE", required = true, num_args = 2..)]
        parts: Vec<Part>,
        /// The file to write
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Two networks that answer the same question as one that says the mean of what both say
    #[command(after_help = JOIN_EXAMPLES)]
    Join {
        /// Weights, and what they count for
        #[arg(value_name = "FILE=SHARE", required = true, num_args = 2)]
        parts: Vec<Part>,
        /// The file to write
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Teach a finished run new material without losing the old
    #[command(after_help = EXTEND_EXAMPLES)]
    Extend(ExtendArgs),
}

/// How a run is wanted.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// Folder of the run
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Go on with what is in --out from its last checkpoint
    #[arg(long)]
    pub resume: bool,
    /// Threads that compute, and as many that prepare batches [default: one a processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// What computes; graphics processors need a build with their feature
    #[arg(long, value_name = "DEVICE", value_enum, default_value_t = Device::Cpu)]
    pub device: Device,
    /// Log to the MLflow server at http://HOST:PORT as well
    #[arg(long, value_name = "URL")]
    pub mlflow: Option<String>,
    /// No progress, no closing line
    #[arg(long, short)]
    pub quiet: bool,
    /// Folder of the models [default: $FACEFICTION_MODELS, or models/ beside or above the program]
    #[arg(long = "models", value_name = "DIR")]
    pub models_dir: Option<PathBuf>,
}

/// Options of `train extend`.
#[derive(Debug, Args)]
pub(crate) struct ExtendArgs {
    /// Folder of a finished run
    #[arg(long, value_name = "DIR")]
    pub from: PathBuf,
    /// New labelled faces: a CSV with the columns that recipes ask for
    #[arg(long, value_name = "NEW.csv")]
    pub data: PathBuf,
    /// Share of each batch that is new
    #[arg(long, value_name = "SHARE", default_value_t = 0.3)]
    pub share: f32,
    /// Steps of learning
    #[arg(long, value_name = "N", default_value_t = 300)]
    pub steps: u64,
    /// Rate of learning, as a share of the run's own
    #[arg(long, value_name = "SHARE", default_value_t = 0.25)]
    pub rate: f32,
    /// AUC that a list which the run was tested on before may lose
    #[arg(long, value_name = "AUC", default_value_t = 0.01)]
    pub tolerance: f64,
    /// How the run is wanted.
    #[command(flatten)]
    pub run: RunArgs,
}
