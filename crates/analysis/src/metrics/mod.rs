//! Metrics of calibrated scores, as scikit-learn defines them, their intervals, and the thresholds that follow.
//!
//! The functions here take two slices, scores of reals and scores of fakes, high = more like manipulated, and
//! ignore nothing: leave out what was not examined before calling. [`Metrics::of`] takes labelled items, examined
//! or not, and gives everything at once with intervals from a bootstrap over groups.

mod alike;
mod buckets;
mod conformal;
mod draws;
mod evaluation;
mod steps;

pub use alike::{Alike, alike};
pub use buckets::{BUCKETS_SCHEMA, Bucket, Buckets, Dimension, Graded, Quality, bucket_table};
pub use conformal::{conformal_high, conformal_low, fit_temperature, reals_needed};
pub use draws::{DRAWS, Draws};
pub use evaluation::{Confusion, ECE_BINS, FPRS, Item, Metrics, Rate, TprAtFpr};
pub use steps::{Steps, at_half};

/// Area under the ROC curve: the probability that a fake scores above a real, ties counting one half.
/// `None` when a class is empty.
pub fn auc(real: &[f64], fake: &[f64]) -> Option<f64> {
    if real.is_empty() || fake.is_empty() {
        return None;
    }
    let mut all: Vec<(f64, bool)> = labelled(real, fake).collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut wins, mut reals_below) = (0.0, 0.0);
    for tied in all.chunk_by(|a, b| a.0 == b.0) {
        let fakes = tied.iter().filter(|t| t.1).count() as f64;
        let reals = tied.len() as f64 - fakes;
        wins += fakes * (reals_below + reals / 2.0);
        reals_below += reals;
    }
    Some(wins / (real.len() as f64 * fake.len() as f64))
}

/// The lowest threshold at which (score >= threshold) flags at most `fpr` of the reals: just above the
/// highest real that must be let through. `None` without reals.
pub fn threshold_at_fpr(real: &[f64], fpr: f64) -> Option<f64> {
    let mut sorted = real.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    // A hair more, because 0.07 × 100 is 7.000000000000001 and 0.29 × 100 is 28.999999999999996.
    let allowed = (fpr.clamp(0.0, 1.0) * sorted.len() as f64 + 1e-9).floor() as usize;
    sorted.get(allowed).map(|next| next.next_up()).or(sorted.last().copied())
}

/// Share of `scores` at or above `threshold`; `None` when empty.
pub fn rate_at(scores: &[f64], threshold: f64) -> Option<f64> {
    let hits = scores.iter().filter(|s| **s >= threshold).count();
    (!scores.is_empty()).then(|| hits as f64 / scores.len() as f64)
}

/// Share of fakes found when at most `fpr` of the reals are flagged. `None` when a class is empty.
pub fn tpr_at_fpr(real: &[f64], fake: &[f64], fpr: f64) -> Option<f64> {
    rate_at(fake, threshold_at_fpr(real, fpr)?)
}

/// Mean squared difference between score and label. `None` when both are empty.
pub fn brier(real: &[f64], fake: &[f64]) -> Option<f64> {
    let n = real.len() + fake.len();
    let sum: f64 = labelled(real, fake).map(|(s, is_fake)| (s - f64::from(u8::from(is_fake))).powi(2)).sum();
    (n > 0).then(|| sum / n as f64)
}

/// Expected calibration error over `bins` bins of equal mass (field guide 4g uses 15): the mean over bins of
/// |mean score − share of fakes|, weighted by their size. Scores are sorted, ties kept in the order reals
/// first, and cut into bins whose sizes differ by at most one, the larger ones first. `None` when both
/// are empty or `bins` is 0.
pub fn ece(real: &[f64], fake: &[f64], bins: usize) -> Option<f64> {
    let mut all: Vec<(f64, bool)> = labelled(real, fake).collect();
    if all.is_empty() || bins == 0 {
        return None;
    }
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (size, larger) = (all.len() / bins, all.len() % bins);
    let (mut rest, mut error) = (all.as_slice(), 0.0);
    for bin in 0..bins {
        let (now, later) = rest.split_at(size + usize::from(bin < larger));
        let gap: f64 = now.iter().map(|(s, is_fake)| s - f64::from(u8::from(*is_fake))).sum();
        error += gap.abs();
        rest = later;
    }
    Some(error / all.len() as f64)
}

/// Platt scaling of logits by maximum likelihood with his smoothed targets (Platt 1999), each class
/// weighing the same in total whatever its size, so that scores mean "at equal odds". Returns slope and
/// intercept; `None` when a class is empty or nothing converges.
pub fn fit_platt(real: &[f64], fake: &[f64]) -> Option<(f64, f64)> {
    if real.is_empty() || fake.is_empty() {
        return None;
    }
    let (n, m) = (real.len() as f64, fake.len() as f64);
    let targets = [(real, 1.0 / (n + 2.0), 1.0 / n), (fake, (m + 1.0) / (m + 2.0), 1.0 / m)];
    let (mut a, mut b) = (1.0_f64, 0.0_f64);
    for _ in 0..200 {
        let (mut ga, mut gb, mut haa, mut hab, mut hbb) = (0.0, 0.0, 1e-12, 0.0, 1e-12);
        for (logits, target, weight) in targets {
            for &x in logits {
                let p = 1.0 / (1.0 + (-(a * x + b)).exp());
                let (d, w) = (weight * (p - target), weight * p * (1.0 - p));
                ga += d * x;
                gb += d;
                haa += w * x * x;
                hab += w * x;
                hbb += w;
            }
        }
        let det = haa * hbb - hab * hab;
        let (da, db) = ((hbb * ga - hab * gb) / det, (haa * gb - hab * ga) / det);
        // Newton's step, shortened where the curve is flat.
        let scale = (1.0 / da.abs().max(db.abs())).min(1.0);
        a -= scale * da;
        b -= scale * db;
        if !(a.is_finite() && b.is_finite()) {
            return None;
        }
        if da.abs().max(db.abs()) < 1e-10 {
            return Some((a, b));
        }
    }
    None
}

fn labelled<'a>(real: &'a [f64], fake: &'a [f64]) -> impl Iterator<Item = (f64, bool)> + 'a {
    real.iter().map(|s| (*s, false)).chain(fake.iter().map(|s| (*s, true)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_never_flags_more_than_it_was_allowed() {
        let real = [0.1, 0.2, 0.3, 0.3, 0.3, 0.6, 0.7, 0.7, 0.8, 0.9];
        for (fpr, flagged) in [
            (0.0, 0.0),
            (0.1, 0.1),
            (0.2, 0.2),
            (0.3, 0.2),
            (0.4, 0.4),
            (0.5, 0.5),
            (0.6, 0.5),
            (0.7, 0.5),
            (0.8, 0.8),
            (1.0, 1.0),
        ] {
            let t = threshold_at_fpr(&real, fpr).unwrap();
            assert_eq!(rate_at(&real, t), Some(flagged), "FPR {fpr}, threshold {t}");
        }
        assert_eq!(threshold_at_fpr(&[], 0.1), None);
    }

    #[test]
    fn separated_classes() {
        let (real, fake) = ([0.1, 0.2], [0.8, 0.9]);
        assert_eq!(auc(&real, &fake), Some(1.0));
        assert_eq!(auc(&fake, &real), Some(0.0));
        assert_eq!(tpr_at_fpr(&real, &fake, 0.0), Some(1.0));
        assert_eq!(auc(&[0.5, 0.5], &[0.5]), Some(0.5));
        assert_eq!(auc(&[], &fake), None);
    }
}
