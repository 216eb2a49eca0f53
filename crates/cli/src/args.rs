//! The command line as clap reads it.

use std::path::PathBuf;

use clap::builder::styling::Styles;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::dataset_args::{DATASET_EXAMPLES, DatasetArgs};
use crate::evaluate_args::{CALIBRATE_EXAMPLES, CalibrateArgs, EVALUATE_EXAMPLES, EvaluateArgs};
use crate::train_args::{TRAIN_EXAMPLES, TrainArgs};
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
examined again in the same way, and verdicts, scores and raw outputs are compared. What differs is named.

Without the examined file only the package and the models are checked. The scores are then NOT computed again: one line
says so, and the exit code is 0 all the same when nothing else is wrong. Give --evidence to be sure of the second run.

Exit codes: 0 nothing changed as far as it was checked; 1 something did, or a file at hand could not be checked;
2 wrong usage, also for a file given with --evidence that does not exist; 130 cancelled.";

const MODELS_EXAMPLES: &str = "\
Examples:
  facefiction models list
  facefiction models show manipulated-faces
  facefiction models verify
  facefiction models import ~/Downloads/their-detector";

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  facefiction explain portrait.jpg --out results
  facefiction explain interview.mp4 --out results --format json

The same as `scan --explain`: of each person the crops with the highest scores are explained. Heat maps come to
DIR/explanations, each tested against random maps and withheld where it does no better; what each part of the face adds
to the score stands in `explanations` of the JSON.

Exit codes as of scan: 0 finished, whatever was found; 1 at least one item failed; 2 wrong usage; 130 cancelled.";

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
    /// Examine, and say what the detectors looked at
    #[command(after_help = EXPLAIN_EXAMPLES, mut_arg("out", |out| out.required(true)))]
    #[command(mut_arg("explain", |explain| explain.hide(true)))]
    Explain(ScanArgs),
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
    #[command(after_help = "Example:\n  facefiction models show manipulated-faces")]
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
    /// Add a model: its folder is checked against its card and copied beside the others
    #[command(after_help = "Example:\n  facefiction models import ~/Downloads/their-detector")]
    Import {
        /// Its folder, with card.toml and the weights
        #[arg(value_name = "FOLDER")]
        folder: PathBuf,
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
            &["explain", "a"],
            &["models", "import"],
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
