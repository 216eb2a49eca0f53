//! Rules that a model card keeps beyond its types.

use std::path::PathBuf;

use crate::card::{Calibration, Input, ModelCard, NoIndication, Scoring, Suspected, Together, Validation, WeightsFile};
use crate::error::NetsError;

/// Largest weights file that will be read, in bytes. A bound on memory, far above every backbone here.
pub(crate) const MAX_WEIGHT_BYTES: u64 = 1 << 30;
/// A rate in a card may be rounded; it must agree with its counts to this.
const RATE_TOLERANCE: f64 = 0.0051;

type Checked = Result<(), NetsError>;

/// The first rule that is broken, if any.
pub(crate) fn check(card: &ModelCard) -> Checked {
    let id_ok = !card.id.is_empty()
        && card.id.len() <= 64
        && card.id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !card.id.starts_with('-');
    need(id_ok, "id", "lower-case letters, digits and `-`, at most 64")?;
    for (field, text) in [
        ("name", &card.name),
        ("version", &card.version),
        ("licence", &card.licence),
        ("source", &card.source),
        ("trained_on", &card.trained_on),
        ("not_for", &card.not_for),
    ] {
        need(!text.trim().is_empty(), field, "must not be empty")?;
    }
    need(card.architecture.fits(card.task), "task", "is not one that this architecture can do")?;
    need(card.expires > card.trained, "expires", "must come after `trained`")?;
    input(&card.input)?;
    weights(&card.weights)?;
    match (&card.encoder, card.architecture.has_encoder()) {
        (Some(encoder), true) => weights(encoder)?,
        (None, false) => {}
        (None, true) => broken("encoder", "missing: this architecture has one")?,
        (Some(_), false) => broken("encoder", "not allowed: this architecture has none")?,
    }
    match (&card.scoring, card.task.scores()) {
        (Some(s), true) => scoring(s)?,
        (None, false) => {}
        (None, true) => broken("scoring", "missing: this task gives scores")?,
        (Some(_), false) => broken("scoring", "not allowed: this task gives no scores")?,
    }
    card.together.as_ref().map_or(Ok(()), |t| together(card, t))
}

fn together(card: &ModelCard, t: &Together) -> Checked {
    need(card.architecture.has_encoder() && card.task.scores(), "together", "not allowed: it takes no second look")?;
    need(!t.with.is_empty() && t.with != card.id, "together.with", "the id of another model")?;
    need(is_sha256(&t.sha256), "together.sha256", "64 lower-case hexadecimal digits")?;
    let positive = |weight: f64| weight.is_finite() && weight > 0.0;
    need(positive(t.own), "together.own", "positive")?;
    need(positive(t.other), "together.other", "positive")?;
    scoring(&t.scoring)
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

fn input(i: &Input) -> Checked {
    need((8..=4096).contains(&i.size), "input.size", "between 8 and 4096 pixels")?;
    need((i.size..=8192).contains(&i.resize), "input.resize", "not smaller than `size`, at most 8192 pixels")?;
    need(i.mean.iter().all(|v| v.is_finite()), "input.mean", "three finite numbers")?;
    need(i.std.iter().all(|v| v.is_finite() && *v > 0.0), "input.std", "three positive numbers")?;
    let factor_ok = i.crop.factor().is_none_or(|f| (0.1..=10.0).contains(&f));
    need(factor_ok, "input.crop.factor", "between 0.1 and 10")
}

fn weights(w: &WeightsFile) -> Checked {
    let plain = w.file.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    let named = w.file.strip_suffix(".safetensors").is_some_and(|stem| !stem.is_empty() && !stem.starts_with('.'));
    need(plain && named, "weights.file", "a plain file name ending in .safetensors")?;
    need((1..=MAX_WEIGHT_BYTES).contains(&w.bytes), "weights.bytes", "between 1 and 1,073,741,824")?;
    need(is_sha256(&w.sha256), "weights.sha256", "64 lower-case hexadecimal digits")
}

fn scoring(s: &Scoring) -> Checked {
    need(s.fps > 0.0 && s.fps <= 1000.0, "scoring.fps", "above 0, at most 1000 frames a second")?;
    let Calibration::Platt { slope, intercept, n_real, n_fake, measured_on } = &s.calibration;
    let slope_ok = slope.is_finite() && *slope > 0.0;
    need(slope_ok, "scoring.calibration.slope", "positive: high means more like manipulated")?;
    need(intercept.is_finite(), "scoring.calibration.intercept", "a finite number")?;
    need(*n_real > 0, "scoring.calibration.n_real", "above 0")?;
    need(*n_fake > 0, "scoring.calibration.n_fake", "above 0")?;
    need(!measured_on.trim().is_empty(), "scoring.calibration.measured_on", "must not be empty")?;
    let points = &s.operating_points;
    suspected(&points.suspected)?;
    no_indication(&points.no_indication)?;
    let ordered = points.no_indication.threshold < points.suspected.threshold;
    need(ordered, "scoring.operating_points.no_indication.threshold", "below that of `suspected`")?;
    validation(&s.validation)
}

fn suspected(p: &Suspected) -> Checked {
    need((0.0..=1.0).contains(&p.threshold), "scoring.operating_points.suspected.threshold", "between 0 and 1")?;
    rate(p.fpr, p.false_alarms, p.n_real, "scoring.operating_points.suspected.fpr")?;
    rate(p.tpr, p.found, p.n_fake, "scoring.operating_points.suspected.tpr")?;
    let told = !p.measured_on.trim().is_empty();
    need(told, "scoring.operating_points.suspected.measured_on", "must not be empty")
}

fn no_indication(p: &NoIndication) -> Checked {
    need((0.0..=1.0).contains(&p.threshold), "scoring.operating_points.no_indication.threshold", "between 0 and 1")?;
    rate(p.fnr, p.missed, p.n_fake, "scoring.operating_points.no_indication.fnr")?;
    let cleared_ok = p.n_real > 0 && p.cleared <= p.n_real;
    need(cleared_ok, "scoring.operating_points.no_indication.cleared", "not above `n_real`, which is above 0")?;
    let told = !p.measured_on.trim().is_empty();
    need(told, "scoring.operating_points.no_indication.measured_on", "must not be empty")
}

fn validation(v: &Validation) -> Checked {
    need(v.false_alarms <= v.n_real, "scoring.validation.false_alarms", "not above `n_real`")?;
    need(v.found <= v.n_fake, "scoring.validation.found", "not above `n_fake`")?;
    need(!v.unit.trim().is_empty(), "scoring.validation.unit", "must not be empty")?;
    need(!v.measured_on.trim().is_empty(), "scoring.validation.measured_on", "must not be empty")
}

fn rate(value: f64, part: u32, whole: u32, field: &'static str) -> Checked {
    let counts_ok = whole > 0 && part <= whole;
    need(counts_ok, field, "its counts: the part is not above the whole, the whole is above 0")?;
    let agrees = (value - f64::from(part) / f64::from(whole)).abs() <= RATE_TOLERANCE;
    need(agrees, field, "does not agree with its counts")
}

fn need(ok: bool, field: &'static str, message: &str) -> Checked {
    if ok { Ok(()) } else { broken(field, message) }
}

fn broken(field: &'static str, message: &str) -> Checked {
    Err(NetsError::CardField { field, message: message.to_owned(), path: PathBuf::new() })
}
