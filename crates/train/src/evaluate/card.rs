//! A card with a new `[scoring]`, everything else as it was, comments included.

use analysis::clopper_pearson;
use nets::card::ModelCard;

use super::calibrate::{Calibrated, CalibrationPlan, Counts, Scaling};
use crate::TrainError;

/// What the card says besides numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct CardWords {
    /// Which files, how they were examined, what they have in common with the training data.
    pub measured_on: String,
    /// What counts as one, such as `person` or `source video`.
    pub unit: String,
    /// Day of the measurement, `2026-11-21`.
    pub measured: String,
    /// Day after which results carry a warning.
    pub expires: String,
    /// Frames a second that are examined, where the card does not say yet.
    pub fps: f64,
}

/// What a card says under `[scoring]` before anything was measured: the logit's own sigmoid, no verdict but
/// *inconclusive*, no validation that could bear one. [`with_scoring`] replaces it.
pub const UNCALIBRATED: &str = "
# Not calibrated yet: run `facefiction evaluate` on files that trained nothing, then `facefiction calibrate`.
[scoring]
fps = 5.0

[scoring.calibration]
kind = \"platt\"
slope = 1.0
intercept = 0.0
n_real = 1
n_fake = 1
measured_on = \"Nothing: not calibrated yet\"

[scoring.operating_points.suspected]
threshold = 1.0
fpr = 0.0
false_alarms = 0
n_real = 1
tpr = 0.0
found = 0
n_fake = 1
measured_on = \"Nothing: not calibrated yet\"

[scoring.operating_points.no_indication]
threshold = 0.0
fnr = 0.0
missed = 0
n_fake = 1
cleared = 0
n_real = 1
measured_on = \"Nothing: not calibrated yet\"

[scoring.validation]
n_real = 0
false_alarms = 0
n_fake = 0
found = 0
unit = \"file\"
measured_on = \"Nothing: not calibrated yet\"
measured = \"1970-01-01\"
";

/// The other half of a second look, as a card names it.
#[derive(Clone, Debug, PartialEq)]
pub struct Beside {
    /// Its id.
    pub with: String,
    /// SHA-256 of its weights.
    pub sha256: String,
    /// By what the own logit and its are multiplied.
    pub weights: [f64; 2],
}

/// The text of a card with calibration, operating points, validation and expiry replaced. What it said of going together
/// with another goes: that was set for other scores.
///
/// # Errors
/// [`TrainError::Calibration`] when what comes out is no valid card, with what is wrong.
pub fn with_scoring(
    card: &str,
    calibrated: &Calibrated,
    plan: &CalibrationPlan,
    words: &CardWords,
) -> Result<String, TrainError> {
    let fps = ModelCard::from_toml(card).ok().and_then(|c| c.scoring).map_or(words.fps, |s| s.fps);
    let mut text = with_expiry(&without(&without(card, "together"), "scoring"), &words.expires);
    text.push_str("\n# Written by `facefiction calibrate`.\n");
    text.push_str(&scoring("", calibrated, plan, words, fps));
    valid(text)
}

/// The text of a card that also says what its second look is worth together with another's first one; all else stays.
///
/// # Errors
/// [`TrainError::Calibration`] when what comes out is no valid card, with what is wrong.
pub fn with_together(
    card: &str,
    beside: &Beside,
    calibrated: &Calibrated,
    plan: &CalibrationPlan,
    words: &CardWords,
) -> Result<String, TrainError> {
    let fps = ModelCard::from_toml(card).ok().and_then(|c| c.scoring).map_or(words.fps, |s| s.fps);
    let [own, other] = beside.weights;
    let mut text = without(card, "together");
    text.push_str(&format!(
        "\n# Written by `facefiction calibrate --together`: of own × its logit + other × the other one's.\n\
         [together]\nwith = {}\nsha256 = {}\nown = {own:.6}\nother = {other:.6}\n\n",
        quoted(&beside.with),
        quoted(&beside.sha256)
    ));
    text.push_str(&scoring("together.", calibrated, plan, words, fps));
    valid(text)
}

fn valid(text: String) -> Result<String, TrainError> {
    let wrong = |e: nets::NetsError| TrainError::Calibration { what: format!("the card would not be valid: {e}") };
    ModelCard::from_toml(&text).map_err(wrong)?;
    Ok(text)
}

/// The same day a year later; 28 February for 29. `None` for what is no day.
pub fn next_year(day: &str) -> Option<String> {
    let (year, rest) = day.split_once('-')?;
    let rest = if rest == "02-29" { "02-28" } else { rest };
    Some(format!("{:04}-{rest}", year.parse::<u16>().ok()?.checked_add(1)?))
}

/// Everything but the tables under this one, and without the comments that stand right above their heads.
fn without(card: &str, table: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut inside = false;
    for line in card.lines() {
        let head = line.trim_start();
        if head.starts_with('[') {
            let was = inside;
            inside =
                head.strip_prefix('[').and_then(|h| h.strip_prefix(table)).is_some_and(|h| h.starts_with([']', '.']));
            if inside && !was {
                while kept.last().is_some_and(|l| l.trim_start().starts_with('#')) {
                    kept.pop();
                }
            }
        }
        if !inside {
            kept.push(line);
        }
    }
    format!("{}\n", kept.join("\n").trim_end())
}

/// The line `expires = …` before the first table, replaced.
fn with_expiry(card: &str, expires: &str) -> String {
    let mut top = true;
    let line = |line: &str| {
        top &= !line.trim_start().starts_with('[');
        let named = line.trim_start().strip_prefix("expires").is_some_and(|rest| rest.trim_start().starts_with('='));
        if top && named { format!("expires = {}", quoted(expires)) } else { line.to_owned() }
    };
    let lines: Vec<String> = card.lines().map(line).collect();
    format!("{}\n", lines.join("\n"))
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// The tables under `scoring`, itself under the table that `within` names with a full stop.
fn scoring(within: &str, c: &Calibrated, plan: &CalibrationPlan, words: &CardWords, fps: f64) -> String {
    let Counts { false_alarms, n_real, found, n_fake } = c.at_suspected;
    let Counts { false_alarms: x_alarms, n_real: x_real, found: x_found, n_fake: x_fake } = c.cross_fitted;
    let [rows_real, rows_fake] = c.rows;
    let scaling = match plan.scaling {
        Scaling::Platt => "Platt scaling",
        Scaling::Temperature => "Temperature scaling",
    };
    let [before, after] = c.ece;
    let fitted = format!(
        "{scaling} of single files, {}: {}. Calibration error {before:.3} before and \
         {after:.3} after, each fifth of the units scaled by the others; AUC {:.3}",
        classes(plan.prior),
        words.measured_on,
        c.auc
    );
    let high = format!(
        "By {}, a real one by its highest file: {}. Split conformal at {} % false alarms; 95 % intervals: false alarms \
         {}, found {}",
        words.unit,
        words.measured_on,
        100.0 * plan.fpr,
        percent(false_alarms, n_real),
        percent(found, n_fake)
    );
    let low = format!(
        "By {}: as above. Split conformal at {} % misses; 95 % intervals: missed {}, cleared {}",
        words.unit,
        100.0 * plan.miss,
        percent(c.missed, n_fake),
        percent(c.cleared, n_real)
    );
    let validation = format!(
        "As above, each fifth of the units at a threshold that the other four set. 95 % intervals: false alarms {}, found {}",
        percent(x_alarms, x_real),
        percent(x_found, x_fake)
    );
    let share = |part: u64, whole: u64| part as f64 / whole.max(1) as f64;
    format!(
        "[{within}scoring]\nfps = {fps:?}\n\n\
         [{within}scoring.calibration]\nkind = \"platt\"\nslope = {slope:.6}\nintercept = {intercept:.6}\nn_real = {rows_real}\nn_fake = {rows_fake}\nmeasured_on = {fitted}\n\n\
         [{within}scoring.operating_points.suspected]\nthreshold = {suspected:.6}\nfpr = {fpr:.4}\nfalse_alarms = {false_alarms}\nn_real = {n_real}\ntpr = {tpr:.4}\nfound = {found}\nn_fake = {n_fake}\nmeasured_on = {high}\n\n\
         [{within}scoring.operating_points.no_indication]\nthreshold = {no_indication:.6}\nfnr = {fnr:.4}\nmissed = {missed}\nn_fake = {n_fake}\ncleared = {cleared}\nn_real = {n_real}\nmeasured_on = {low}\n\n\
         [{within}scoring.validation]\nn_real = {x_real}\nfalse_alarms = {x_alarms}\nn_fake = {x_fake}\nfound = {x_found}\nunit = {unit}\nmeasured_on = {validation}\nmeasured = {measured}\n",
        slope = c.slope,
        intercept = c.intercept,
        suspected = c.suspected,
        no_indication = c.no_indication,
        fpr = share(false_alarms, n_real),
        tpr = share(found, n_fake),
        fnr = share(c.missed, n_fake),
        missed = c.missed,
        cleared = c.cleared,
        fitted = quoted(&fitted),
        high = quoted(&high),
        low = quoted(&low),
        validation = quoted(&validation),
        unit = quoted(&words.unit),
        measured = quoted(&words.measured),
    )
}

/// How much fakes weigh against reals, in words.
fn classes(prior: f64) -> String {
    if prior == 0.5 {
        return "both classes weighing the same".to_owned();
    }
    format!("fakes weighing {:.1} % and reals {:.1} %", 100.0 * prior, 100.0 - 100.0 * prior)
}

/// `0.3 % (0.0–1.0)` with the exact 95 % interval.
fn percent(hits: u64, n: u64) -> String {
    let b = clopper_pearson(hits, n, 0.025);
    let value = 100.0 * hits as f64 / n.max(1) as f64;
    format!("{value:.1} % ({:.1}–{:.1})", 100.0 * b.low, 100.0 * b.high)
}

#[cfg(test)]
#[path = "card_tests.rs"]
mod tests;
