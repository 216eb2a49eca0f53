//! From scored rows to a calibration and two thresholds with bounds.

use std::collections::BTreeMap;

use analysis::metrics::{self, ECE_BINS, Steps};

use super::scores::ScoredLogit;
use crate::TrainError;

/// Scores are kept to so many decimals ([`analysis::Calibration`]), and so are thresholds.
const DECIMALS: f64 = 1e6;
/// Parts of which each is judged by thresholds set on the others.
const FOLDS: u64 = 5;

/// How logits become scores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scaling {
    /// A slope and an intercept.
    Platt,
    /// A slope alone: a logit of 0 stays a score of one half.
    Temperature,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CalibrationPlan {
    /// How logits become scores.
    pub scaling: Scaling,
    /// Most false alarms of `suspected`, as a share of new real units.
    pub fpr: f64,
    /// Most misses of `noIndication`, as a share of new fake units.
    pub miss: f64,
    /// Share of fakes among what scores speak of: reals and fakes of the detector's own question. One half where one
    /// detector judges; a third for each of two questions, when half of all files are fakes, half of those of each kind.
    pub prior: f64,
}

/// Counts of independent units at a threshold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Reals at or above it.
    pub false_alarms: u64,
    /// Of so many reals.
    pub n_real: u64,
    /// Fakes at or above it.
    pub found: u64,
    /// Of so many fakes.
    pub n_fake: u64,
}

/// A calibration with its thresholds and what they did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Calibrated {
    /// score = 1 / (1 + exp(−(slope × logit + intercept))).
    pub slope: f64,
    /// See `slope`.
    pub intercept: f64,
    /// Real and fake rows it was fitted on.
    pub rows: [u64; 2],
    /// Suspected from here.
    pub suspected: f64,
    /// No indication below.
    pub no_indication: f64,
    /// At `suspected`, on the units that set it.
    pub at_suspected: Counts,
    /// Fake units below `no_indication`.
    pub missed: u64,
    /// Real units below `no_indication`.
    pub cleared: u64,
    /// Each fifth of the units at a threshold that the other four set.
    pub cross_fitted: Counts,
    /// Area under the ROC curve of the rows.
    pub auc: f64,
    /// Expected calibration error of rows: of the logit's sigmoid, and of each fifth scaled by what the other four set.
    pub ece: [f64; 2],
    /// Brier score of the same two.
    pub brier: [f64; 2],
}

/// A person, a source video: what counts as one.
#[derive(Clone, Debug)]
struct Unit {
    name: String,
    source: String,
    fake: bool,
    /// Of a real its highest logit: no picture of it may accuse. Of a fake its mean.
    logit: f64,
    mean: f64,
}

/// Fits a calibration and sets both thresholds. `groups` that hold reals and fakes make a unit of each. Where rows name
/// a source, no source may have a larger share of false alarms than `fpr` either.
///
/// # Errors
/// [`TrainError::Calibration`]: too few reals or fakes for what is promised, or logits that do not rise with
/// manipulation.
pub fn calibrate(rows: &[ScoredLogit], plan: &CalibrationPlan) -> Result<Calibrated, TrainError> {
    let units = units_of(rows);
    enough(&units, plan)?;
    let (real, fake) = logits(rows.iter());
    // As the card will state them, so that the counts below are those of the card.
    let stated = |v: f64| (v * DECIMALS).round() / DECIMALS;
    let (slope, intercept) = scaled(&real, &fake, plan)?;
    let (slope, intercept) = (stated(slope).max(1.0 / DECIMALS), stated(intercept));
    let score = |logit: f64| 1.0 / (1.0 + (-(slope * logit + intercept)).exp());
    let high = high_logit(&units, plan.fpr).ok_or_else(|| refuse("no threshold bounds the false alarms"))?;
    let suspected = above(&units, high, &score)?;
    let means: Vec<f64> = units.iter().filter(|u| u.fake).map(|u| u.mean).collect();
    let low = metrics::conformal_low(&means, plan.miss).ok_or_else(|| refuse("no threshold bounds the misses"))?;
    let no_indication = ((score(low) * DECIMALS).floor() / DECIMALS).min(suspected - 1.0 / DECIMALS).max(0.0);
    let rounded = |logit: f64| stated(score(logit));
    let below = |fake: bool| units.iter().filter(|u| u.fake == fake && rounded(u.mean) < no_indication).count() as u64;
    let [before, after] = [rows_as_they_are(rows), rows_cross_fitted(rows, plan)];
    let measured = [&before, &after].map(|s| (s.ece(ECE_BINS).unwrap_or_default(), s.brier().unwrap_or_default()));
    Ok(Calibrated {
        slope,
        intercept,
        rows: [real.len() as u64, fake.len() as u64],
        suspected,
        no_indication,
        at_suspected: counts(&units, &|u| rounded(u.logit) >= suspected),
        missed: below(true),
        cleared: below(false),
        cross_fitted: cross_fitted(&units, plan.fpr),
        auc: metrics::auc(&real, &fake).unwrap_or_default(),
        ece: measured.map(|m| m.0),
        brier: measured.map(|m| m.1),
    })
}

fn refuse(what: &str) -> TrainError {
    TrainError::Calibration { what: what.to_owned() }
}

fn enough(units: &[Unit], plan: &CalibrationPlan) -> Result<(), TrainError> {
    let reals = units.iter().filter(|u| !u.fake).count();
    let needed = metrics::reals_needed(plan.fpr);
    if reals < needed {
        let percent = 100.0 * plan.fpr;
        return Err(refuse(&format!(
            "at most {percent} % false alarms cannot be promised from {reals} independent reals: {needed} are needed. \
             Score more reals, or allow more false alarms with --fpr"
        )));
    }
    let (fakes, needed) = (units.len() - reals, metrics::reals_needed(plan.miss));
    if fakes < needed {
        let percent = 100.0 * plan.miss;
        return Err(refuse(&format!(
            "at most {percent} % misses cannot be promised from {fakes} independent fakes: {needed} are needed. \
             Score more fakes, or allow more misses with --miss"
        )));
    }
    Ok(())
}

fn units_of(rows: &[ScoredLogit]) -> Vec<Unit> {
    let mut groups: BTreeMap<(&str, &str, bool), Vec<f64>> = BTreeMap::new();
    for r in rows {
        groups.entry((&r.source, &r.group, r.fake)).or_default().push(r.logit);
    }
    let unit = |((source, name, fake), logits): ((&str, &str, bool), Vec<f64>)| {
        let mean = logits.iter().sum::<f64>() / logits.len() as f64;
        let highest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        Unit { name: name.to_owned(), source: source.to_owned(), fake, logit: if fake { mean } else { highest }, mean }
    };
    groups.into_iter().map(unit).collect()
}

/// Reals, fakes.
fn logits<'a>(rows: impl Iterator<Item = &'a ScoredLogit>) -> (Vec<f64>, Vec<f64>) {
    let (fake, real): (Vec<_>, Vec<_>) = rows.partition(|r| r.fake);
    let of = |rows: Vec<&ScoredLogit>| rows.into_iter().map(|r| r.logit).collect();
    (of(real), of(fake))
}

/// Fitted with both classes weighing the same, then moved to the prior.
fn scaled(real: &[f64], fake: &[f64], plan: &CalibrationPlan) -> Result<(f64, f64), TrainError> {
    let moved = (plan.prior / (1.0 - plan.prior)).ln();
    let fitted = match plan.scaling {
        Scaling::Platt => metrics::fit_platt(real, fake),
        Scaling::Temperature => metrics::fit_temperature(real, fake).map(|slope| (slope, 0.0)),
    };
    fitted.filter(|(slope, _)| *slope > 0.0).map(|(slope, intercept)| (slope, intercept + moved)).ok_or_else(|| {
        refuse("the detector's logits do not rise with manipulation on these rows: check the labels and the model")
    })
}

/// The lowest logit that keeps the bound over all real units and, counted, within each source.
fn high_logit(units: &[Unit], fpr: f64) -> Option<f64> {
    let mut sources: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for unit in units.iter().filter(|u| !u.fake) {
        sources.entry(&unit.source).or_default().push(unit.logit);
    }
    let pooled: Vec<f64> = sources.values().flatten().copied().collect();
    let bound = metrics::conformal_high(&pooled, fpr)?;
    if sources.len() < 2 {
        return Some(bound);
    }
    let each = sources.values().filter_map(|s| metrics::threshold_at_fpr(s, fpr));
    Some(each.fold(bound, f64::max))
}

/// The lowest score to six decimals that no more reals reach than reach the logit.
fn above(units: &[Unit], high: f64, score: &dyn Fn(f64) -> f64) -> Result<f64, TrainError> {
    let reals = || units.iter().filter(|u| !u.fake);
    let allowed = reals().filter(|u| u.logit >= high).count();
    let reach = |t: f64| reals().filter(|u| (score(u.logit) * DECIMALS).round() >= t).count();
    let first = (score(high) * DECIMALS).ceil();
    let threshold = [first, first + 1.0].into_iter().find(|t| *t <= DECIMALS && reach(*t) <= allowed);
    let refused = || refuse("scores of reals reach 1 to six decimals: no threshold tells them from fakes");
    threshold.map(|t| t / DECIMALS).ok_or_else(refused)
}

fn counts(units: &[Unit], hit: &dyn Fn(&Unit) -> bool) -> Counts {
    let of = |fake: bool| units.iter().filter(move |u| u.fake == fake);
    let hits = |fake: bool| of(fake).filter(|u| hit(u)).count() as u64;
    Counts {
        false_alarms: hits(false),
        n_real: of(false).count() as u64,
        found: hits(true),
        n_fake: of(true).count() as u64,
    }
}

/// Which fifth a unit is in: by its name, the same on every run, a group's real and fake together (FNV-1a).
fn fold(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)) % FOLDS
}

fn cross_fitted(units: &[Unit], fpr: f64) -> Counts {
    let mut sum = Counts::default();
    for k in 0..FOLDS {
        let (out, rest): (Vec<Unit>, Vec<Unit>) = units.iter().cloned().partition(|u| fold(&u.name) == k);
        // Where four fifths are too few for the bound, nothing but a logit above all of theirs keeps it.
        let highest = rest.iter().filter(|u| !u.fake).map(|u| u.logit).fold(f64::NEG_INFINITY, f64::max);
        let threshold = high_logit(&rest, fpr).unwrap_or_else(|| highest.next_up());
        let c = counts(&out, &|u| u.logit >= threshold);
        sum.false_alarms += c.false_alarms;
        sum.n_real += c.n_real;
        sum.found += c.found;
        sum.n_fake += c.n_fake;
    }
    sum
}

fn rows_as_they_are(rows: &[ScoredLogit]) -> Steps {
    let (real, fake) = logits(rows.iter());
    let plain = |of: Vec<f64>| of.into_iter().map(|l| 1.0 / (1.0 + (-l).exp())).collect::<Vec<_>>();
    Steps::new(&plain(real), &plain(fake))
}

/// Rows scaled by what the other fifths set; rows of a fifth whose others cannot be fitted are left out.
fn rows_cross_fitted(rows: &[ScoredLogit], plan: &CalibrationPlan) -> Steps {
    let (mut reals, mut fakes) = (Vec::new(), Vec::new());
    for k in 0..FOLDS {
        let (real, fake) = logits(rows.iter().filter(|r| fold(&r.group) != k));
        let Ok((slope, intercept)) = scaled(&real, &fake, plan) else { continue };
        let score = |l: f64| 1.0 / (1.0 + (-(slope * l + intercept)).exp());
        let (real, fake) = logits(rows.iter().filter(|r| fold(&r.group) == k));
        reals.extend(real.into_iter().map(score));
        fakes.extend(fake.into_iter().map(score));
    }
    Steps::new(&reals, &fakes)
}

#[cfg(test)]
#[path = "calibrate_tests.rs"]
mod tests;
