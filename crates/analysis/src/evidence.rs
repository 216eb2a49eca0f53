//! How much a validation of so many items can bear: exact binomial bounds and the likelihood ratio.

use crate::Strength;

/// Lower bounds of the likelihood ratio at which the wording changes (ENFSI-style scale, field guide
/// 6.3; sources differ, so reports print this table).
pub const LIKELIHOOD_RATIO_BOUNDS: [(f64, Strength); 3] =
    [(2.0, Strength::Limited), (10.0, Strength::Moderate), (100.0, Strength::ModeratelyStrong)];

/// Error probability on each side of [`likelihood_ratio_floor`]'s bounds: 95 % one-sided.
const ONE_SIDED: f64 = 0.05;

/// An interval of rates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// Lower end, in [0, 1].
    pub low: f64,
    /// Upper end, in [0, 1].
    pub high: f64,
}

/// Exact (Clopper–Pearson) bounds of a rate seen `hits` times in `n`, each side wrong with probability
/// `tail`: 0.025 for the usual 95 % interval, 0.05 for two one-sided 95 % bounds. With no hit in many
/// trials the upper one-sided bound is the rule of three, 3 / n. [0, 1] when `n` is 0; more hits than
/// trials count as all.
pub fn clopper_pearson(hits: u64, n: u64, tail: f64) -> Bounds {
    let hits = hits.min(n);
    let (k, m) = (hits as f64, (n - hits) as f64);
    let low = if hits == 0 { 0.0 } else { beta_quantile(tail, k, m + 1.0) };
    let high = if hits == n { 1.0 } else { beta_quantile(1.0 - tail, k + 1.0, m) };
    Bounds { low, high }
}

/// What the likelihood ratio of "above the threshold" is at least: the lower one-sided 95 % bound of the
/// detection rate over the upper one of the false-alarm rate. Units are independent sources or people,
/// never frames. 0 without reals or fakes.
pub fn likelihood_ratio_floor(found: u64, n_fake: u64, false_alarms: u64, n_real: u64) -> f64 {
    let tpr = clopper_pearson(found, n_fake, ONE_SIDED).low;
    let fpr = clopper_pearson(false_alarms, n_real, ONE_SIDED).high;
    if fpr > 0.0 { tpr / fpr } else { 0.0 }
}

/// The word for a likelihood ratio of at least `floor`; `None` below 2.
pub(crate) fn strength_of(floor: f64) -> Option<Strength> {
    LIKELIHOOD_RATIO_BOUNDS.iter().rev().find(|(bound, _)| floor >= *bound).map(|(_, strength)| *strength)
}

/// The x at which the regularised incomplete beta function reaches `p`, by bisection to the last bit.
fn beta_quantile(p: f64, a: f64, b: f64) -> f64 {
    let (mut low, mut high) = (0.0_f64, 1.0_f64);
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            break;
        }
        if regularised_beta(middle, a, b) < p { low = middle } else { high = middle }
    }
    f64::midpoint(low, high)
}

/// I_x(a, b) by Lentz's evaluation of its continued fraction (Abramowitz and Stegun 26.5.8).
fn regularised_beta(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - regularised_beta(1.0 - x, b, a);
    }
    let front = (a * x.ln() + b * (1.0 - x).ln() + ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b)).exp() / a;
    let tiny = 1e-300;
    let guard = |v: f64| if v.abs() < tiny { tiny } else { v };
    let (mut c, mut d) = (1.0, 1.0 / guard(1.0 - (a + b) * x / (a + 1.0)));
    let mut fraction = d;
    for m in 1..500 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / guard(1.0 + even * d);
        c = guard(1.0 + even / c);
        fraction *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / guard(1.0 + odd * d);
        c = guard(1.0 + odd / c);
        let step = d * c;
        fraction *= step;
        if (step - 1.0).abs() < 1e-15 {
            break;
        }
    }
    (front * fraction).clamp(0.0, 1.0)
}

/// ln Γ(x) for x > 0: Stirling's series (Abramowitz and Stegun 6.1.41) after shifting x above 15.
fn ln_gamma(x: f64) -> f64 {
    let (mut x, mut shift) = (x, 0.0);
    while x < 15.0 {
        shift += x.ln();
        x += 1.0;
    }
    let r = 1.0 / (x * x);
    let series = (1.0 / 12.0 - r * (1.0 / 360.0 - r * (1.0 / 1260.0 - r * (1.0 / 1680.0 - r / 1188.0)))) / x;
    (x - 0.5) * x.ln() - x + 0.5 * (2.0 * std::f64::consts::PI).ln() + series - shift
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_false_alarm_is_the_rule_of_three() {
        for n in [35_u64, 350, 3500] {
            let exact = clopper_pearson(0, n, 0.05);
            assert_eq!(exact.low, 0.0);
            assert!((exact.high - (1.0 - 0.05_f64.powf(1.0 / n as f64))).abs() < 1e-12);
            assert!((exact.high * n as f64 - 3.0).abs() < 0.15, "{n}: {}", exact.high);
        }
    }

    #[test]
    fn the_edges_are_whole() {
        assert_eq!(clopper_pearson(0, 0, 0.05), Bounds { low: 0.0, high: 1.0 });
        assert_eq!(clopper_pearson(7, 7, 0.05).high, 1.0);
        assert_eq!(clopper_pearson(9, 7, 0.05), clopper_pearson(7, 7, 0.05));
    }

    #[test]
    fn the_words_follow_the_size_of_the_validation() {
        // Field guide 6.3: 85 % found and no false alarm in about 350 reals bear "moderately strong",
        // in about 35 "moderate".
        let word = |real| strength_of(likelihood_ratio_floor(850, 1000, 0, real));
        assert_eq!(word(380), Some(Strength::ModeratelyStrong));
        assert_eq!(word(330), Some(Strength::Moderate));
        assert_eq!(word(37), Some(Strength::Moderate));
        assert_eq!(word(30), Some(Strength::Limited));
        assert_eq!(word(5), None);
        assert_eq!(strength_of(likelihood_ratio_floor(0, 0, 0, 0)), None);
        assert_eq!(strength_of(likelihood_ratio_floor(5, 10, 0, 0)), None);
    }
}
