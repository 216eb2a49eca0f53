//! Thresholds with a bound on how often they err (split conformal), and temperature scaling.
//!
//! A detector's threshold is set on items that trained nothing. If a new real item is drawn like those (which another
//! camera, another person or another messenger may break), it lies above [`conformal_high`] with at most the
//! probability asked for, whatever the scores look like (Vovk et al. 2005; Papadopoulos et al. 2002).

/// The lowest threshold at or above which a new real lies with probability at most `fpr`: just above the
/// ⌈(n + 1)(1 − fpr)⌉-th smallest of `real`. `None` when there are fewer than [`reals_needed`].
pub fn conformal_high(real: &[f64], fpr: f64) -> Option<f64> {
    let sorted = sorted(real);
    // A hair less, because 0.99 × 100 is 99.00000000000001 to some.
    let k = ((sorted.len() + 1) as f64 * (1.0 - fpr) - 1e-9).ceil() as usize;
    let highest = sorted.get(k.checked_sub(1)?)?;
    Some(highest.next_up())
}

/// The highest threshold below which a new fake lies with probability at most `fnr`: the ⌊(m + 1) × fnr⌋-th smallest
/// of `fake`. `None` when there are too few.
pub fn conformal_low(fake: &[f64], fnr: f64) -> Option<f64> {
    let k = ((fake.len() + 1) as f64 * fnr + 1e-9).floor() as usize;
    sorted(fake).get(k.checked_sub(1)?).copied()
}

/// Fewest reals from which a false-alarm rate can be bounded: 99 for 1 %.
pub fn reals_needed(fpr: f64) -> usize {
    (1.0 / fpr - 1.0 - 1e-9).ceil() as usize
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

/// Temperature scaling of logits (Guo et al. 2017): the slope without an intercept that makes the labels most likely,
/// with Platt's smoothed targets and each class weighing the same in total, as in [`super::fit_platt`]. `None` when a
/// class is empty or when no positive slope is best.
pub fn fit_temperature(real: &[f64], fake: &[f64]) -> Option<f64> {
    if real.is_empty() || fake.is_empty() {
        return None;
    }
    let (n, m) = (real.len() as f64, fake.len() as f64);
    let (low_target, high_target) = (1.0 / (n + 2.0), (m + 1.0) / (m + 2.0));
    // The derivative of the loss in the slope; it only rises, because the loss is convex.
    let rise = |slope: f64| {
        let of = |x: &f64, target: f64| (1.0 / (1.0 + (-slope * x).exp()) - target) * x;
        let reals: f64 = real.iter().map(|x| of(x, low_target)).sum();
        let fakes: f64 = fake.iter().map(|x| of(x, high_target)).sum();
        reals / n + fakes / m
    };
    let (mut low, mut high) = (0.0_f64, 1.0_f64);
    while rise(high) < 0.0 {
        (low, high) = (high, high * 2.0);
        if high > 1e9 {
            return None; // Logits of nothing but zero and the like.
        }
    }
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if rise(middle) < 0.0 { low = middle } else { high = middle }
    }
    let slope = f64::midpoint(low, high);
    (slope > 1e-9).then_some(slope)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_needs_enough_reals() {
        assert_eq!([0.01, 0.005, 0.05, 0.1].map(reals_needed), [99, 199, 19, 9]);
        let real: Vec<f64> = (0..98).map(f64::from).collect();
        assert_eq!(conformal_high(&real, 0.01), None);
        let real: Vec<f64> = (0..99).map(f64::from).collect();
        assert_eq!(conformal_high(&real, 0.01), Some(98.0_f64.next_up()));
        let real: Vec<f64> = (0..250).map(f64::from).collect();
        assert_eq!(real.iter().filter(|r| **r >= conformal_high(&real, 0.01).unwrap()).count(), 1);
        assert_eq!(conformal_low(&[1.0; 8], 0.1), None);
        assert_eq!(conformal_low(&[5.0, 1.0, 2.0, 3.0, 4.0, 6.0, 7.0, 8.0, 9.0], 0.1), Some(1.0));
    }

    /// Over all ways to draw a threshold's sample and one more value, the share of false alarms is at most asked for.
    #[test]
    fn the_bound_holds_for_the_next_one() {
        for n in [19_usize, 20, 39, 57, 99] {
            for fpr in [0.05, 0.1, 0.3] {
                let all: Vec<f64> = (0..=n).map(|v| v as f64).collect();
                let alarms = (0..=n).filter(|&new| {
                    let rest: Vec<f64> = all.iter().copied().filter(|v| *v != new as f64).collect();
                    new as f64 >= conformal_high(&rest, fpr).unwrap_or(f64::INFINITY)
                });
                assert!(alarms.count() as f64 <= fpr * (n + 1) as f64 + 1e-9, "{n} {fpr}");
            }
        }
    }

    #[test]
    fn a_detector_turned_around_has_no_temperature() {
        assert_eq!(fit_temperature(&[2.0, 1.0, 3.0], &[-1.0, -2.0]), None);
        assert!(fit_temperature(&[-1.0], &[1.0]).is_some_and(f64::is_finite));
        assert_eq!(fit_temperature(&[], &[1.0]), None);
    }
}
