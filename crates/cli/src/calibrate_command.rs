//! `facefiction calibrate`: a model's card gets its calibration and thresholds from scored files.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use scan::models::{Calibration, ModelCard};
use scan::write_atomically;
use serde_json::Value;
use train::evaluate::{
    Beside, Calibrated, CalibrationPlan, CardWords, Scaling, ScoredLogit, calibrate, graded_of_scores, next_year,
    read_scores, shipped_buckets, short, with_scoring, with_together,
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
    let beside = args.together.as_ref().map(|id| beside(args, &text, id)).transpose()?;
    let rows = rows(args, &card, beside.as_ref())?;
    let scaling = match args.scaling {
        evaluate_args::Scaling::Platt => Scaling::Platt,
        evaluate_args::Scaling::Temperature => Scaling::Temperature,
    };
    let plan = CalibrationPlan { scaling, fpr: args.fpr, miss: args.miss, prior: args.prior };
    let calibrated = calibrate(&rows, &plan)?;
    let measured = today();
    let expires = args.expires.clone().or_else(|| next_year(&measured)).unwrap_or_default();
    let words = CardWords { measured_on: measured_on(args), unit: args.unit.clone(), measured, expires, fps: FPS };
    let card_text = match &beside {
        Some(beside) => with_together(&text, beside, &calibrated, &plan, &words)?,
        None => with_scoring(&text, &calibrated, &plan, &words)?,
    };
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
    let expires = beside.is_none().then_some(words.expires.as_str());
    tell(&calibrated, &words.unit, expires, &path)?;
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

/// How the model goes together with another: the mean of their log odds, as their cards scale them.
fn beside(args: &CalibrateArgs, own: &str, id: &str) -> anyhow::Result<Beside> {
    let own =
        ModelCard::from_toml(own).context("it needs a calibration of its own first: run this without --together")?;
    let installed = models_dir::find(args.models_dir.as_deref())?;
    let other = scan::models::load_card(&scan::models::find(&installed, id)?)?;
    if other.task != own.task {
        bail!("{id} answers another question than {}: their scores do not go together", own.id);
    }
    let half = |card: &ModelCard| {
        let Calibration::Platt { slope, .. } = card.scoring.as_ref()?.calibration;
        // As the card will state it.
        Some((slope / 2.0 * 1e6).round() / 1e6)
    };
    let [Some(a), Some(b)] = [half(&own), half(&other)] else { bail!("{id} scores no faces") };
    Ok(Beside { with: other.id, sha256: other.weights.sha256, weights: [a, b] })
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
fn rows(args: &CalibrateArgs, card: &Facts, beside: Option<&Beside>) -> anyhow::Result<Vec<ScoredLogit>> {
    let group = args.group.as_deref().unwrap_or("group");
    let mut all = Vec::new();
    for (n, path) in args.scores.iter().enumerate() {
        check_weights(path, card)?;
        let read = |id: &str| read_scores(path, id, args.tier.name(), group, args.each.as_deref());
        let mut rows = read(&card.id)?;
        if let Some(Beside { with, sha256, weights: [own, other] }) = beside {
            check_weights(path, &Facts { id: with.clone(), sha256: sha256.clone() })?;
            let others: BTreeMap<String, f64> = read(with)?.into_iter().map(|r| (r.file, r.logit)).collect();
            let joint = |r: ScoredLogit| {
                let logit = own * r.logit + other * others.get(&r.file)?;
                Some(ScoredLogit { logit, ..r })
            };
            rows = rows.into_iter().filter_map(joint).collect();
        }
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

fn tell(c: &Calibrated, unit: &str, expires: Option<&str>, card: &Path) -> io::Result<()> {
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
        unit,
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
    let expires = expires.map(|day| format!("expires {day}; ")).unwrap_or_default();
    writeln!(out, "{expires}written to {}", crate::safe::one_line(&card.display().to_string()))
}
