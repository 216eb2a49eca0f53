//! `facefiction calibrate`: a model's card gets its calibration and thresholds from scored files.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use scan::write_atomically;
use serde_json::Value;
use train::evaluate::{
    Calibrated, CalibrationPlan, CardWords, Scaling, ScoredLogit, calibrate, graded_of_scores, next_year, read_scores,
    shipped_buckets, short, with_scoring,
};

use crate::evaluate_args::{self, CalibrateArgs};
use crate::evaluate_command::today;
use crate::exit::Exit;
use crate::models_dir;

/// Frames a second where a card says nothing yet, as the other detectors.
const FPS: f64 = 5.0;

/// Runs the command.
///
/// # Errors
/// What is wrong with scores, card or disk, in one line.
pub(crate) fn run(args: &CalibrateArgs) -> anyhow::Result<Exit> {
    let folder = model_folder(args)?;
    let path = folder.join("card.toml");
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let card = Facts::of(&text).with_context(|| path.display().to_string())?;
    let rows = rows(args, &card)?;
    let scaling = match args.scaling {
        evaluate_args::Scaling::Platt => Scaling::Platt,
        evaluate_args::Scaling::Temperature => Scaling::Temperature,
    };
    let plan = CalibrationPlan { scaling, fpr: args.fpr, miss: args.miss, prior: args.prior };
    let calibrated = calibrate(&rows, &plan)?;
    let measured = today();
    let expires = args.expires.clone().or_else(|| next_year(&measured)).unwrap_or_default();
    let words = CardWords { measured_on: measured_on(args), unit: args.unit.clone(), measured, expires, fps: FPS };
    let card_text = with_scoring(&text, &calibrated, &plan, &words)?;
    if args.dry_run {
        io::stdout().write_all(card_text.as_bytes())?;
        return Ok(Exit::Finished);
    }
    let score = |logit: f64| 1.0 / (1.0 + (-(calibrated.slope * logit + calibrated.intercept)).exp());
    let graded = graded_of_scores(&rows, &score);
    let facts = (words.measured.as_str(), words.measured_on.as_str());
    let buckets = shipped_buckets((&card.id, &card.sha256), calibrated.suspected, facts, &graded);
    let shipped = folder.join("evaluation");
    std::fs::create_dir_all(&shipped).with_context(|| format!("cannot create {}", shipped.display()))?;
    write_atomically(&shipped.join("buckets.json"), &serde_json::to_vec_pretty(&buckets)?)?;
    write_atomically(&path, card_text.as_bytes())?;
    tell(&calibrated, &words, &path)?;
    Ok(Exit::Finished)
}

/// A folder with a card, or the id of an installed model.
fn model_folder(args: &CalibrateArgs) -> anyhow::Result<PathBuf> {
    if args.model.join("card.toml").is_file() {
        return Ok(args.model.clone());
    }
    let installed = models_dir::find(args.models_dir.as_deref())?;
    Ok(scan::models::find(&installed, &args.model.to_string_lossy())?)
}

/// What must be known of a card that may have no `[scoring]` yet.
struct Facts {
    id: String,
    sha256: String,
}

impl Facts {
    fn of(text: &str) -> anyhow::Result<Self> {
        let card: toml::Table = toml::from_str(text)?;
        let id = card.get("id").and_then(|v| v.as_str()).context("no id")?;
        let sha256 = card.get("weights").and_then(|w| w.get("sha256")?.as_str()).context("no weights.sha256")?;
        Ok(Self { id: id.to_owned(), sha256: sha256.to_owned() })
    }
}

/// The rows of all files of scores. The same group in two of them is two units, but for scores of the same lists: who was
/// scored twice, as a crop and in the whole picture for instance, is still one.
fn rows(args: &CalibrateArgs, card: &Facts) -> anyhow::Result<Vec<ScoredLogit>> {
    let group = args.group.as_deref().unwrap_or("group");
    let mut all = Vec::new();
    for (n, path) in args.scores.iter().enumerate() {
        check_weights(path, card)?;
        let rows = read_scores(path, &card.id, args.tier.name(), group, args.each.as_deref())?;
        if rows.is_empty() {
            bail!("no row delivered `{}` has a label and a logit of {}: {}", args.tier, card.id, path.display());
        }
        let lists = metrics_beside(path).and_then(|m| Some(m.pointer("/run/manifests")?.to_string()));
        let lists = lists.unwrap_or_else(|| n.to_string());
        all.extend(rows.into_iter().map(|r| ScoredLogit { group: format!("{lists}:{}", r.group), ..r }));
    }
    Ok(all)
}

/// What `evaluate` wrote beside the scores.
fn metrics_beside(scores: &Path) -> Option<Value> {
    serde_json::from_slice(&std::fs::read(scores.with_file_name("metrics.json")).ok()?).ok()
}

/// Scores of other weights would give this model another's thresholds.
fn check_weights(scores: &Path, card: &Facts) -> anyhow::Result<()> {
    let Some(metrics) = metrics_beside(scores) else {
        // Scores that were made elsewhere are taken at their word.
        let scores = scores.display().to_string();
        let told = format!("no metrics.json beside the scores, so whose weights they are of was not checked: {scores}");
        writeln!(io::stderr(), "facefiction: {}", crate::safe::one_line(&told))?;
        return Ok(());
    };
    let models = metrics.get("model_facts").and_then(Value::as_array).into_iter().flatten();
    let own = models.filter(|m| m.get("id").and_then(Value::as_str) == Some(&card.id));
    let others = own.filter_map(|m| m.get("sha256")?.as_str()).find(|sha| *sha != card.sha256);
    if others.is_some() {
        bail!("these scores are of other weights of {}: evaluate again: {}", card.id, scores.display());
    }
    Ok(())
}

/// The lists and conditions of the evaluations, as far as they can be read.
fn measured_on(args: &CalibrateArgs) -> String {
    if let Some(words) = &args.measured_on {
        return words.clone();
    }
    let one = |scores: &PathBuf| {
        let metrics = metrics_beside(scores);
        let Some(run) = metrics.as_ref().and_then(|m| m.get("run")) else { return short(&scores.to_string_lossy()) };
        let list = |key: &str| {
            let all = run.get(key).and_then(Value::as_array).into_iter().flatten();
            all.filter_map(Value::as_str).map(short).collect::<Vec<_>>().join(", ")
        };
        let met = list("conditions");
        let met = if met.is_empty() { met } else { format!(" with {met}") };
        let listed = run.get("crops").and_then(Value::as_bool) == Some(true);
        let faces = if listed { "faces of the list" } else { "faces found by the product" };
        format!("{}{met} ({faces})", list("manifests"))
    };
    let all: Vec<String> = args.scores.iter().map(one).collect();
    format!("{}, delivered {}", all.join("; "), args.tier)
}

fn tell(c: &Calibrated, words: &CardWords, card: &Path) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let [before, after] = c.ece;
    writeln!(
        out,
        "score = 1 / (1 + exp(-({} x logit + {}))): calibration error {before:.3} before, {after:.3} after",
        c.slope, c.intercept
    )?;
    let (own, fold) = (c.at_suspected, c.cross_fitted);
    writeln!(
        out,
        "suspected from {}: {} of {} reals, {} of {} fakes ({}); by each fifth left out, {} of {} reals, {} of {} fakes",
        c.suspected,
        own.false_alarms,
        own.n_real,
        own.found,
        own.n_fake,
        words.unit,
        fold.false_alarms,
        fold.n_real,
        fold.found,
        fold.n_fake
    )?;
    writeln!(
        out,
        "no indication below {}: {} of {} fakes, {} of {} reals",
        c.no_indication, c.missed, own.n_fake, c.cleared, own.n_real
    )?;
    writeln!(out, "expires {}; written to {}", words.expires, crate::safe::one_line(&card.display().to_string()))
}
