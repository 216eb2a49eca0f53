//! The command line as clap reads it.

use std::path::PathBuf;

use clap::builder::styling::Styles;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::evaluate_args::{CALIBRATE_EXAMPLES, CalibrateArgs, EVALUATE_EXAMPLES, EvaluateArgs};
use crate::words::Lang;

const EXAMPLES: &str = "\
Example:
  facefiction scan interview.mp4 photos/ --out results

Exit codes: 0 finished, whatever was found; 1 at least one item failed; 2 wrong usage;
10 something is suspected, with --fail-on suspected; 130 cancelled.";

const SCAN_EXAMPLES: &str = "\
Examples:
  facefiction scan interview.mp4
  facefiction scan photos/ clip.mov --format json --out results --resume
  facefiction scan --format csv --lang fr -- -name-with-a-dash.mp4

With --out DIR, results go to standard output and into DIR: analyses.jsonl, analyses.csv, summary.txt and, one file an
item as soon as it is finished, analyses/*.json. With --resume, items whose content was already examined in the same
way are taken from DIR/analyses. With --explain, the crops with the highest scores of each person are explained: heat
maps in DIR/explanations, the rest in `explanations` of the JSON. With --report, each item gets a PDF beside its JSON.

With --deep, detectors too slow for every frame look again at the key crops (8 of each person in a video, of at most 4
people), and their scores stand beside the others. A suspicion falls to inconclusive where the second look at the same
question sees nothing, and so does \"no indication\" where it does not agree; where nothing could be said it may suspect,
by its own threshold. The encoder they need is not part of the program: `make deep-model` fetches it once.

With --baseline, clips known to be real are scanned like the rest, and the people of each item get their rank among
them. It never changes a verdict. End the list of clips with another option or with --.

Folders are walked with everything below them, in order of name; hidden entries and files that are neither images nor
videos are skipped with a warning. CSV has one row a person; text that a spreadsheet would take for a formula begins
with an apostrophe.

Exit codes: 0 finished, whatever was found; 1 at least one item failed; 2 wrong usage;
10 something is suspected, with --fail-on suspected; 130 cancelled (what was finished is kept).";

const REPORT_EXAMPLES: &str = "\
Examples:
  facefiction report results/analyses/9f2c41ab6e0d8a53-d215decc4fce3d80.json --out report.pdf
  facefiction report analysis.json --out rapport.pdf --lang fr --redact --dossier case.toml

Pictures are cut from the examined file, which is looked for where the analysis says, then beside the analysis, or
given with --evidence; it is opened for reading only and hashed before and after. A missing or changed file gives a
report without pictures that says so. The case file (TOML or JSON, everything optional) may hold: report_id, case,
author, organisation, question, received, copy, custody (when, who, what), people (names by number), about (numbers of
the people concerned), first_opinion and second_reviewer (text, by, at), notes. An existing file is never replaced.

Exit codes: 0 finished; 1 failed; 2 wrong usage.";

const PACKAGE_EXAMPLES: &str = "\
Examples:
  facefiction package analysis.json --out evidence.zip
  facefiction package analysis.json --out evidence --dossier case.toml

The package holds report.pdf, analysis.json, configuration.json, exhibits/, activity.jsonl (entries chained by their
hashes), manifest.json and signature.json (Ed25519). The key is made on first use and stays on this computer, in the
user's folder for application data; tell its fingerprint by another way than the package. The examined file itself is
not in the package. A name that ends in .zip gives a zip file, any other a folder. Nothing existing is replaced.

Exit codes: 0 finished; 1 failed; 2 wrong usage; 130 cancelled.";

const VERIFY_EXAMPLES: &str = "\
Examples:
  facefiction verify evidence.zip
  facefiction verify evidence.zip --evidence interview.mp4

Every byte of the package is hashed, its log and its seal are checked, and the models installed here are compared with
those used. With the examined file at hand (beside the package under its name, or given with --evidence) it is hashed,
examined again in the same way, and the numbers are compared. What changed is named.

Exit codes: 0 nothing changed; 1 something did, or could not be checked; 2 wrong usage; 130 cancelled.";

const MODELS_EXAMPLES: &str = "\
Examples:
  facefiction models list
  facefiction models show swapped-starter
  facefiction models verify";

const DATASET_EXAMPLES: &str = "\
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

const TRAIN_EXAMPLES: &str = "\
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

const EXTEND_EXAMPLES: &str = "\
Example:
  facefiction train extend --from runs/first --data new/faces.csv --out runs/second

The run learns from batches of which a share is new and the rest is what it was trained on. Afterwards it is tested on
everything that was held out, old and new; when it got worse on an old list, its weights are kept as
refused.safetensors only, and the exit code is 1. extension.json has the figures.

Exit codes: 0 extended; 1 failed or refused; 2 wrong usage; 130 cancelled.";

/// Signs of face manipulation in photos and videos, examined on this computer only.
#[derive(Debug, Parser)]
#[command(name = "facefiction", version, about, after_help = EXAMPLES, styles = Styles::plain())]
#[command(disable_help_subcommand = true)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Examine images and videos: people, a timeline, a worded verdict
    #[command(after_help = SCAN_EXAMPLES)]
    Scan(ScanArgs),
    /// A PDF report of an analysis
    #[command(after_help = REPORT_EXAMPLES)]
    Report(ReportArgs),
    /// A signed package of a report with all that is needed to check it
    #[command(after_help = PACKAGE_EXAMPLES)]
    Package(PackageArgs),
    /// Whether a package is untouched, and whether its numbers come out again
    #[command(after_help = VERIFY_EXAMPLES)]
    Verify(VerifyArgs),
    /// Train a detector by a recipe
    #[command(after_help = TRAIN_EXAMPLES)]
    Train(TrainArgs),
    /// What the detectors are, and whether they are intact
    #[command(after_help = MODELS_EXAMPLES)]
    Models(ModelsArgs),
    /// Lists of labelled faces to train on
    #[command(after_help = DATASET_EXAMPLES)]
    Dataset(DatasetArgs),
    /// How often the detectors are right on labelled files, with intervals
    #[command(after_help = EVALUATE_EXAMPLES)]
    Evaluate(EvaluateArgs),
    /// Calibrate a model and set its thresholds from scored files
    #[command(after_help = CALIBRATE_EXAMPLES)]
    Calibrate(CalibrateArgs),
}

/// Options of `scan`.
#[derive(Debug, Args)]
pub(crate) struct ScanArgs {
    /// Files and folders
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// What goes to standard output
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Folder that the results are written to as well
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Frames a second to examine [default: what the models' cards say]
    #[arg(long, value_name = "N", value_parser = frames_per_second)]
    pub fps: Option<f64>,
    /// Examine every frame
    #[arg(long, conflicts_with = "fps")]
    pub every_frame: bool,
    /// Use only this model; may be given several times [default: all that score faces, but those of --deep]
    #[arg(long = "model", value_name = "ID")]
    pub models: Vec<String>,
    /// Have slow detectors look again at the crops on which verdicts rest (half a second each; see `make deep-model`)
    #[arg(long)]
    pub deep: bool,
    /// What finds the faces
    #[arg(long, value_enum, default_value_t)]
    pub detector: FaceFinder,
    /// What computes
    #[arg(long, value_enum, default_value_t)]
    pub device: Device,
    /// Threads for finding, scoring and decoding [default: one a processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// Take items that were already examined in the same way from --out
    #[arg(long, requires = "out")]
    pub resume: bool,
    /// Say why: heat maps as pictures in --out, weights of the parts of the face, and how far both can be trusted
    #[arg(long, requires = "out")]
    pub explain: bool,
    /// Write a PDF report of each item into --out, beside its JSON
    #[arg(long, requires = "out")]
    pub report: bool,
    /// Clips known to be real, of the same person or channel: 3 to 20; people are ranked among them, verdicts stay
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub baseline: Vec<PathBuf>,
    /// Language of texts
    #[arg(long, value_enum, default_value_t)]
    pub lang: Lang,
    /// Exit with 10 when an item comes to this
    #[arg(long, value_enum, value_name = "VERDICT")]
    pub fail_on: Option<FailOn>,
    /// No progress, no warnings, no closing line
    #[arg(long, short)]
    pub quiet: bool,
    /// Folder of the models [default: $FACEFICTION_MODELS, or models/ beside or above the program]
    #[arg(long = "models", value_name = "DIR")]
    pub models_dir: Option<PathBuf>,
}

/// How a report is wanted, wherever one is made.
#[derive(Debug, Args)]
pub(crate) struct Wanted {
    /// Language of the report
    #[arg(long, value_enum, default_value_t)]
    pub lang: Lang,
    /// Cover the faces of others, leave out names of files and people
    #[arg(long)]
    pub redact: bool,
    /// Page one only
    #[arg(long)]
    pub summary: bool,
    /// The case file (TOML or JSON)
    #[arg(long, value_name = "FILE")]
    pub dossier: Option<PathBuf>,
    /// The examined file [default: where the analysis says, or beside the analysis]
    #[arg(long, value_name = "FILE")]
    pub evidence: Option<PathBuf>,
    /// Folder of the models [default: $FACEFICTION_MODELS, or models/ beside or above the program]
    #[arg(long = "models", value_name = "DIR")]
    pub models_dir: Option<PathBuf>,
}

/// Options of `report`.
#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// An analysis, as `scan --out` writes it into analyses/
    #[arg(value_name = "ANALYSIS.json")]
    pub analysis: PathBuf,
    /// Where the report goes
    #[arg(long, value_name = "REPORT.pdf")]
    pub out: PathBuf,
    /// How it is wanted.
    #[command(flatten)]
    pub wanted: Wanted,
}

/// Options of `package`.
#[derive(Debug, Args)]
pub(crate) struct PackageArgs {
    /// An analysis, as `scan --out` writes it into analyses/
    #[arg(value_name = "ANALYSIS.json")]
    pub analysis: PathBuf,
    /// Where the package goes: a folder, or a zip file
    #[arg(long, value_name = "FOLDER|ZIP")]
    pub out: PathBuf,
    /// How its report is wanted.
    #[command(flatten)]
    pub wanted: Wanted,
}

/// Options of `verify`.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// A folder or a zip file
    #[arg(value_name = "PACKAGE")]
    pub package: PathBuf,
    /// The examined file [default: beside the package, under its name]
    #[arg(long, value_name = "FILE")]
    pub evidence: Option<PathBuf>,
    /// Language of texts
    #[arg(long, value_enum, default_value_t)]
    pub lang: Lang,
    /// Folder of the models [default: $FACEFICTION_MODELS, or models/ beside or above the program]
    #[arg(long = "models", value_name = "DIR")]
    pub models_dir: Option<PathBuf>,
}

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

/// Options of `models`.
#[derive(Debug, Args)]
#[command(disable_help_subcommand = true)]
pub(crate) struct ModelsArgs {
    /// What to do with them.
    #[command(subcommand)]
    pub command: ModelsCommand,
    /// Folder of the models [default: $FACEFICTION_MODELS, or models/ beside or above the program]
    #[arg(long = "models", value_name = "DIR", global = true)]
    pub models_dir: Option<PathBuf>,
}

/// What can be done with models.
#[derive(Debug, Subcommand)]
pub(crate) enum ModelsCommand {
    /// One line a model: id, task, version, expiry
    #[command(after_help = "Example:\n  facefiction models list")]
    List,
    /// A model's card, whole
    #[command(after_help = "Example:\n  facefiction models show swapped-starter")]
    Show {
        /// Its id
        id: String,
    },
    /// Hash every model's weights and compare them with their cards
    #[command(after_help = "Examples:\n  facefiction models verify\n  facefiction models verify mtcnn")]
    Verify {
        /// Only these
        ids: Vec<String>,
    },
}

/// What goes to standard output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON object an item, one line each.
    Json,
    /// One row a person.
    Csv,
}

/// What finds faces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum FaceFinder {
    /// Finds small and turned faces best.
    #[default]
    Mtcnn,
    /// Faster, for large faces.
    Blazeface,
}

/// What computes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Device {
    /// A graphics processor where this build has one, else the CPU.
    #[default]
    Auto,
    /// The processor.
    Cpu,
    /// An NVIDIA card.
    Cuda,
    /// An Apple one.
    Metal,
}

/// What makes the exit code 10.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// At least one item is suspected.
    Suspected,
}

fn frames_per_second(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(fps) if fps > 0.0 && fps <= 1000.0 => Ok(fps),
        _ => Err("a number above 0 and at most 1000".into()),
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn names_with_dashes_and_repeated_models_are_read() {
        let cli = Cli::try_parse_from(["facefiction", "scan", "--model", "a", "--model=b", "--", "-x.mp4"]).unwrap();
        let Command::Scan(scan) = cli.command else { panic!("not a scan") };
        assert_eq!((scan.models, scan.paths), (vec!["a".to_owned(), "b".to_owned()], vec![PathBuf::from("-x.mp4")]));
    }

    #[test]
    fn senseless_combinations_are_usage_errors() {
        for bad in [
            &["scan"][..],
            &["scan", "a", "--fps", "0"],
            &["scan", "a", "--fps", "NaN"],
            &["scan", "a", "--fps", "5", "--every-frame"],
            &["scan", "a", "--resume"],
            &["scan", "a", "--explain"],
            &["scan", "a", "--report"],
            &["report", "a.json"],
            &["package", "a.json"],
            &["verify"],
            &["scan", "a", "--threads", "0"],
            &["scan", "a", "--format", "xml"],
            &["models"],
            &["evaluate", "--out", "d"],
            &["evaluate", "--stills", "a.csv"],
            &["evaluate", "--stills", "a.csv", "--out", "d", "--tiers", "soft"],
            &["evaluate", "--stills", "a.csv", "--out", "d", "--where", "split"],
            &["calibrate", "--model", "m"],
            &["calibrate", "--scores", "s.csv", "--model", "m", "--fpr", "0"],
            &["train", "recipe.toml"],
            &["train", "recipe.toml", "--out", "run", "--threads", "0"],
        ] {
            let error = Cli::try_parse_from(["facefiction"].iter().chain(bad)).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{bad:?}");
        }
    }

    #[test]
    fn every_help_shows_an_example() {
        let mut command = Cli::command();
        let mut pages = vec![command.render_long_help().to_string()];
        for sub in command.get_subcommands_mut() {
            pages.push(sub.render_long_help().to_string());
            pages.extend(sub.get_subcommands_mut().map(|s| s.render_long_help().to_string()));
        }
        for page in pages {
            assert!(page.contains("Example"), "{page}");
        }
    }
}
