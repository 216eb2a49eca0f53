//! Options of `evaluate` and `calibrate`.

use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum};
use train::evaluate::{Condition, Tier};

use crate::args::{Device, FaceFinder};

pub(crate) const EVALUATE_EXAMPLES: &str = "\
Examples:
  facefiction evaluate --stills data/stills.csv --where split=val --by source --out results
  facefiction evaluate --stills data/dfdc.csv --crops --where split=val --model manipulated-faces --out results
  facefiction evaluate --videos data/videos/labels.csv --by manipulation --tiers clean,web,hard --out results --resume

A list is a CSV file with a column path or file (relative to the list), a column label (real, fake; files with any
other label are examined and counted, not scored) and any others. Each file goes through what `scan` does; with --crops
the faces are where the list says (box_x, box_y, box_w, box_h, lm0_x, lm0_y … lm4_y, in pixels of the picture) and the
quality gate is measured only. Lists are checked before the work begins.

DIR gets scores.csv, metrics.json, roc.svg, reliability.svg, confusion.svg, tiers.svg (of several --tiers), summary.md,
buckets.json, and rows.jsonl, which grows by a line with each finished file: with --resume, files that were examined in
the same way are taken from there. Intervals are 95 %, from 1,000 redraws of the groups.

Exit codes: 0 finished; 1 at least one file could not be examined (results are written all the same), or failed;
2 wrong usage or a list that cannot be used; 130 cancelled (what was finished is kept).";

pub(crate) const CALIBRATE_EXAMPLES: &str = "\
Examples:
  facefiction calibrate --scores results/scores.csv --model models/manipulated-faces
  facefiction calibrate --scores a/scores.csv --scores b/scores.csv --model my-model --fpr 0.005 --each source

From the scores of `evaluate`, the model's card gets a calibration, the threshold of \"suspected\" (split conformal: a
new real unit, drawn as these were, lies above it with at most the probability --fpr), that of \"no indication\" (a new
fake unit lies below it with at most --miss), and counts for the wording of verdicts, taken on each fifth of the units
at a threshold that the other four set. A real unit counts by its highest file, a fake one by the mean. Nothing of the
card but [scoring] and expires changes. Tables by face size, blur and compression go into MODEL/evaluation.

Use files that trained nothing. Exit codes: 0 finished; 1 failed, or too few files; 2 wrong usage.";

/// Options of `evaluate`.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("lists").args(["stills", "videos"]).multiple(true).required(true)))]
pub(crate) struct EvaluateArgs {
    /// List of labelled pictures; may be given several times
    #[arg(long, value_name = "CSV")]
    pub stills: Vec<PathBuf>,
    /// List of labelled clips; may be given several times
    #[arg(long, value_name = "CSV")]
    pub videos: Vec<PathBuf>,
    /// Use only this model; may be given several times [default: all that score faces]
    #[arg(long = "model", value_name = "ID")]
    pub models: Vec<String>,
    /// The pictures are crops: take box and landmarks of each face from the list
    #[arg(long)]
    pub crops: bool,
    /// Only rows with this value, or with COLUMN!=VALUE without it; may be given several times, then all must hold
    #[arg(long = "where", value_name = "COLUMN=VALUE")]
    pub conditions: Vec<Condition>,
    /// A table by the values of this column; may be given several times
    #[arg(long, value_name = "COLUMN")]
    pub by: Vec<String>,
    /// Deliveries, with commas between: clean as is; web 768 px and JPEG 60; hard 512 px and JPEG 40
    #[arg(long, value_name = "TIER", value_delimiter = ',', default_value = "clean")]
    pub tiers: Vec<Tier>,
    /// Rows with the same value of this column are drawn together for intervals [default: group, else each file]
    #[arg(long, value_name = "COLUMN")]
    pub group: Option<String>,
    /// A value of a --by column that a model was not trained on, marked in tables; may be given several times
    #[arg(long, value_name = "MODEL=VALUE")]
    pub left_out: Vec<Condition>,
    /// Folder that the results are written to
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Take files that were already examined in the same way from --out
    #[arg(long)]
    pub resume: bool,
    /// What finds the faces
    #[arg(long, value_enum, default_value_t)]
    pub detector: FaceFinder,
    /// What computes
    #[arg(long, value_enum, default_value_t)]
    pub device: Device,
    /// Threads [default: one a processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// No progress, no warnings
    #[arg(long, short)]
    pub quiet: bool,
    /// Folder of the models [default: $FACEFICTION_MODELS, or models/ beside or above the program]
    #[arg(long = "models", value_name = "DIR")]
    pub models_dir: Option<PathBuf>,
}

/// Options of `calibrate`.
#[derive(Debug, Args)]
pub(crate) struct CalibrateArgs {
    /// What `evaluate` wrote; may be given several times
    #[arg(long, value_name = "scores.csv", required = true)]
    pub scores: Vec<PathBuf>,
    /// The model: its folder, or its id among the installed ones
    #[arg(long, value_name = "DIR|ID")]
    pub model: PathBuf,
    /// Most false alarms, as a share of real units
    #[arg(long, value_name = "RATE", default_value_t = 0.01, value_parser = rate)]
    pub fpr: f64,
    /// Most fakes with no indication, as a share of fake units
    #[arg(long, value_name = "RATE", default_value_t = 0.1, value_parser = rate)]
    pub miss: f64,
    /// Share of fakes among what scores speak of. A third for each of two detectors with two questions: half of all files
    /// are fakes then, half of those of each kind
    #[arg(long, value_name = "SHARE", default_value_t = 0.5, value_parser = rate)]
    pub prior: f64,
    /// No value of this column may have more false alarms than --fpr on these files either
    #[arg(long, value_name = "COLUMN")]
    pub each: Option<String>,
    /// Set what its second look is worth together with this installed model's first one on the same question: the mean of
    /// both logits, each scaled by its own card. The rest of the card stays
    #[arg(long, value_name = "ID")]
    pub together: Option<String>,
    /// How logits become scores
    #[arg(long, value_enum, default_value_t)]
    pub scaling: Scaling,
    /// The delivery to calibrate on
    #[arg(long, value_name = "TIER", default_value = "clean")]
    pub tier: Tier,
    /// Rows with the same value of this column are one unit [default: group, else each file]
    #[arg(long, value_name = "COLUMN")]
    pub group: Option<String>,
    /// What a unit is, in words
    #[arg(long, value_name = "TEXT", default_value = "photograph, person or source video")]
    pub unit: String,
    /// What was measured on, in words [default: the lists and conditions of `evaluate`]
    #[arg(long, value_name = "TEXT")]
    pub measured_on: Option<String>,
    /// Day after which results carry a warning [default: a year from now]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub expires: Option<String>,
    /// Print the card and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Folder of the models [default: $FACEFICTION_MODELS, or models/ beside or above the program]
    #[arg(long = "models", value_name = "DIR")]
    pub models_dir: Option<PathBuf>,
}

/// How logits become scores.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scaling {
    /// A slope and an intercept.
    #[default]
    Platt,
    /// A slope alone.
    Temperature,
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if rate > 0.0 && rate < 1.0 => Ok(rate),
        _ => Err("a share between 0 and 1, such as 0.01".into()),
    }
}
