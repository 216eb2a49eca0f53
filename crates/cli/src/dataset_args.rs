//! The options of `dataset`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

pub(crate) const DATASET_EXAMPLES: &str = "\
Examples:
  facefiction dataset prepare ../data/clips --out out/clips
  facefiction dataset montage recipe.toml --out montage.jpg";

const PREPARE_EXAMPLES: &str = "\
Examples:
  facefiction dataset prepare my-videos --out out/mine
  facefiction dataset prepare labels.csv --out out/clips --frames 24
  facefiction dataset prepare FaceForensics --layout faceforensics --out out/ff

Plain folders hold `real` and `fake` with files or a folder a person below. A list has the columns path (or file) and
label (real or fake), and of source, group, person, original, generator, manipulation, split and terms what is known.

Faces are found, graded and cut as in a scan. DIR gets faces.csv, summary.md with its pictures, and the crops; a second
run examines new and changed files only. People are kept on one side of the split by what files, folders and columns
say, and scenes by pictures that are nearly the same; no network recognises people.

Exit codes: 0 finished; 1 failed; 2 wrong usage; 130 cancelled (what was examined is kept).";

const MONTAGE_EXAMPLES: &str = "\
Example:
  facefiction dataset montage crates/train/recipes/swapped.toml --out montage.jpg

For every kind of couple of the recipe four rows: reals (green), their fakes (red), and both as the network gets them.

Exit codes: 0 finished; 1 failed; 2 wrong usage; 130 cancelled.";

/// Options of `dataset`.
#[derive(Debug, Args)]
pub(crate) struct DatasetArgs {
    /// Folder of the models
    #[arg(long = "models", value_name = "DIR", global = true)]
    pub models_dir: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: DatasetCommand,
}

/// What `dataset` does.
#[derive(Debug, Subcommand)]
pub(crate) enum DatasetCommand {
    /// From pictures and videos to a list of face crops
    #[command(after_help = PREPARE_EXAMPLES)]
    Prepare(PrepareArgs),
    /// A picture of what a recipe trains on
    #[command(after_help = MONTAGE_EXAMPLES)]
    Montage(MontageArgs),
}

/// Options of `dataset prepare`.
#[derive(Debug, Args)]
pub(crate) struct PrepareArgs {
    /// Folders, or lists
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Folder that everything is written to
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// How the files lie (default: csv for lists, else plain)
    #[arg(long, value_enum)]
    pub layout: Option<DatasetLayout>,
    /// Most frames of a video, evenly over time
    #[arg(long, default_value_t = 16, value_name = "N", value_parser = at_least_one)]
    pub frames: usize,
    /// Most faces of a frame, the largest first
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = at_least_one)]
    pub faces: usize,
    /// Most pixels along one edge of a crop
    #[arg(long, default_value_t = 288, value_name = "PX", value_parser = clap::value_parser!(u32).range(32..=4096))]
    pub side: u32,
    /// Part of the people that is held out, where the data set does not say who
    #[arg(long, default_value_t = 0.1, value_name = "PART", value_parser = a_part)]
    pub held_out: f32,
    /// Names another split
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub seed: u64,
    /// Leave out files that cannot be read, instead of stopping before anything is examined
    #[arg(long)]
    pub skip_unreadable: bool,
}

/// Options of `dataset montage`.
#[derive(Debug, Args)]
pub(crate) struct MontageArgs {
    /// A recipe with a [data] table
    #[arg(value_name = "RECIPE.toml")]
    pub recipe: PathBuf,
    /// The JPEG
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Pixels along one edge of the network's input
    #[arg(long, default_value_t = 128, value_name = "PX")]
    pub side: usize,
    /// Couples of each kind
    #[arg(long, default_value_t = 10, value_name = "N", value_parser = at_least_one)]
    pub columns: usize,
    /// Names other draws
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub seed: u64,
}

/// How a data set lies on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DatasetLayout {
    /// Folders called real and fake
    Plain,
    /// Parts with a metadata.json
    Dfdc,
    /// original_sequences and manipulated_sequences
    Faceforensics,
    /// Celeb-real, Celeb-synthesis, YouTube-real
    Celebdf,
    /// A list
    Csv,
}

fn at_least_one(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|n| *n > 0).ok_or_else(|| "must be a whole number from 1".into())
}

fn a_part(text: &str) -> Result<f32, String> {
    text.parse().ok().filter(|n| (0.0..=1.0).contains(n)).ok_or_else(|| "must lie between 0 and 1".into())
}
