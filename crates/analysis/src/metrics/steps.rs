//! Scores in order, each so many times: what every metric is computed from, for a sample and for its redraws.

/// What lies at one score.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Step {
    score: f64,
    real: u64,
    fake: u64,
}

/// How many reals and fakes lie at each score, highest score first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Steps {
    steps: Vec<Step>,
    real: u64,
    fake: u64,
}

/// Whether a score counts as "fake" for accuracy and confusion: at or above one half, which is where a calibrated
/// score is as often seen on fakes as on reals.
pub fn at_half(score: f64) -> bool {
    score >= 0.5
}

impl Steps {
    /// From (score, whether fake, how often), scores finite and in falling order.
    pub(super) fn of_sorted(sorted: impl Iterator<Item = (f64, bool, u32)>) -> Self {
        let mut all = Self::default();
        for (score, fake, times) in sorted.filter(|(.., times)| *times > 0) {
            if all.steps.last().is_none_or(|s| s.score != score) {
                all.steps.push(Step { score, ..Step::default() });
            }
            let Some(step) = all.steps.last_mut() else { continue };
            let (here, whole) = if fake { (&mut step.fake, &mut all.fake) } else { (&mut step.real, &mut all.real) };
            *here += u64::from(times);
            *whole += u64::from(times);
        }
        all
    }

    /// From scores in any order; what is not a number is left out.
    pub fn new(real: &[f64], fake: &[f64]) -> Self {
        let mut all: Vec<(f64, bool, u32)> =
            super::labelled(real, fake).filter(|s| s.0.is_finite()).map(|(s, fake)| (s, fake, 1)).collect();
        all.sort_by(|a, b| b.0.total_cmp(&a.0));
        Self::of_sorted(all.into_iter())
    }

    /// Reals and fakes.
    pub fn counts(&self) -> [u64; 2] {
        [self.real, self.fake]
    }

    fn classes(&self) -> Option<(f64, f64)> {
        (self.real > 0 && self.fake > 0).then_some((self.real as f64, self.fake as f64))
    }

    /// False-alarm rate, detection rate and threshold of every step from (0, 0) to (1, 1); empty when a class is.
    pub fn roc(&self) -> Vec<[f64; 3]> {
        let Some((reals, fakes)) = self.classes() else { return Vec::new() };
        let (mut real, mut fake) = (0, 0);
        let step = |s: &Step| {
            real += s.real;
            fake += s.fake;
            [real as f64 / reals, fake as f64 / fakes, s.score]
        };
        std::iter::once([0.0, 0.0, f64::INFINITY]).chain(self.steps.iter().map(step)).collect()
    }

    /// As [`super::auc`].
    pub fn auc(&self) -> Option<f64> {
        let (reals, fakes) = self.classes()?;
        let (mut wins, mut fakes_above) = (0.0, 0.0);
        for s in &self.steps {
            wins += s.real as f64 * (fakes_above + s.fake as f64 / 2.0);
            fakes_above += s.fake as f64;
        }
        Some(wins / (reals * fakes))
    }

    /// Average precision: the precision at each step weighted by the recall gained there, without interpolation.
    /// `None` without fakes.
    pub fn ap(&self) -> Option<f64> {
        let (mut real, mut fake, mut sum) = (0, 0, 0.0);
        for s in &self.steps {
            real += s.real;
            fake += s.fake;
            sum += s.fake as f64 * (fake as f64 / (real + fake) as f64);
        }
        (self.fake > 0).then(|| sum / self.fake as f64)
    }

    /// Equal error rate: where the ROC curve, drawn with straight lines between its steps, has as many false alarms
    /// as misses. `None` when a class is empty.
    pub fn eer(&self) -> Option<f64> {
        let roc = self.roc();
        let crossing = roc.iter().zip(roc.iter().skip(1)).find_map(|(a, b)| {
            let (before, after) = (a[0] + a[1] - 1.0, b[0] + b[1] - 1.0);
            let part = -before / (after - before);
            (after >= 0.0).then(|| a[0] + part * (b[0] - a[0]))
        });
        crossing.map(|e| e.clamp(0.0, 1.0))
    }

    /// As [`super::tpr_at_fpr`].
    pub fn tpr_at_fpr(&self, fpr: f64) -> Option<f64> {
        let (reals, fakes) = self.classes()?;
        let allowed = (fpr.clamp(0.0, 1.0) * reals + 1e-9).floor() as u64;
        let (mut real, mut fake) = (0, 0);
        for s in &self.steps {
            if real + s.real > allowed {
                break;
            }
            real += s.real;
            fake += s.fake;
        }
        Some(fake as f64 / fakes)
    }

    /// True and false positives, true and false negatives, where "positive" is [`at_half`].
    pub fn confusion(&self) -> [u64; 4] {
        let above = || self.steps.iter().filter(|s| at_half(s.score));
        let (tp, fp) = (above().map(|s| s.fake).sum::<u64>(), above().map(|s| s.real).sum::<u64>());
        [tp, fp, self.real - fp, self.fake - tp]
    }

    /// As [`super::brier`].
    pub fn brier(&self) -> Option<f64> {
        let n = self.real + self.fake;
        let at = |s: &Step| s.real as f64 * s.score.powi(2) + s.fake as f64 * (s.score - 1.0).powi(2);
        (n > 0).then(|| self.steps.iter().map(at).sum::<f64>() / n as f64)
    }

    /// As [`super::ece`].
    pub fn ece(&self, bins: u64) -> Option<f64> {
        let n = self.real + self.fake;
        let binned = self.bins(bins);
        let gap = |b: &[f64; 3]| (b[0] - b[1]).abs() * b[2];
        (n > 0 && bins > 0).then(|| binned.iter().map(gap).sum::<f64>() / n as f64)
    }

    /// Bins of equal mass from the lowest score up, the larger ones first, ties reals first: mean score, share of
    /// fakes and size of each that is not empty.
    pub fn bins(&self, bins: u64) -> Vec<[f64; 3]> {
        let n = self.real + self.fake;
        let mut rest = self.steps.iter().rev().flat_map(|s| [(s.score, 0.0, s.real), (s.score, 1.0, s.fake)]);
        let (mut score, mut label, mut left) = (0.0, 0.0, 0);
        let mut all = Vec::new();
        for bin in 0..bins {
            let size = n / bins + u64::from(bin < n % bins);
            let (mut wanted, mut scores, mut fakes) = (size, 0.0, 0.0);
            while wanted > 0 {
                if left == 0 {
                    let Some(next) = rest.next() else { break };
                    (score, label, left) = next;
                    continue;
                }
                let taken = left.min(wanted);
                scores += score * taken as f64;
                fakes += label * taken as f64;
                left -= taken;
                wanted -= taken;
            }
            if size > 0 {
                all.push([scores / size as f64, fakes / size as f64, size as f64]);
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics;

    /// Scores with ties, both classes mixed.
    fn some() -> (Vec<f64>, Vec<f64>) {
        let at = |k: u64, m: u64| (k * m % 17) as f64 / 16.0;
        ((0..23).map(|k| at(k, 5)).collect(), (0..19).map(|k| at(k, 7).sqrt()).collect())
    }

    #[test]
    fn steps_agree_with_the_plain_functions() {
        let (real, fake) = some();
        let s = Steps::new(&real, &fake);
        let near = |a: Option<f64>, b: Option<f64>| assert!((a.unwrap() - b.unwrap()).abs() < 1e-12, "{a:?} {b:?}");
        near(s.auc(), metrics::auc(&real, &fake));
        near(s.brier(), metrics::brier(&real, &fake));
        for bins in [1, 4, 15, 50] {
            near(s.ece(bins), metrics::ece(&real, &fake, bins as usize));
        }
        for fpr in [0.0, 0.05, 0.2, 0.5, 1.0] {
            near(s.tpr_at_fpr(fpr), metrics::tpr_at_fpr(&real, &fake, fpr));
        }
    }

    #[test]
    fn counting_twice_is_the_same_as_writing_twice() {
        let (real, fake) = some();
        let twice = |v: &[f64]| v.iter().chain(v).copied().collect::<Vec<_>>();
        let written = Steps::new(&twice(&real), &twice(&fake));
        let mut sorted: Vec<_> = metrics::labelled(&real, &fake).map(|(s, f)| (s, f, 2)).collect();
        sorted.sort_by(|a, b| b.0.total_cmp(&a.0));
        assert_eq!(Steps::of_sorted(sorted.into_iter()), written);
    }

    #[test]
    fn an_empty_class_has_no_curve() {
        let s = Steps::new(&[0.2, 0.7, f64::NAN], &[]);
        assert_eq!(s.counts(), [2, 0]);
        assert_eq!((s.auc(), s.ap(), s.eer(), s.tpr_at_fpr(0.1)), (None, None, None, None));
        assert_eq!(s.confusion(), [0, 1, 1, 0]);
        assert!(s.roc().is_empty() && s.brier().is_some());
        assert_eq!(Steps::default().ece(15), None);
    }

    #[test]
    fn error_rates_meet_where_the_curve_crosses() {
        assert_eq!(Steps::new(&[0.1, 0.2], &[0.8, 0.9]).eer(), Some(0.0));
        assert_eq!(Steps::new(&[0.8, 0.9], &[0.1, 0.2]).eer(), Some(1.0));
        assert_eq!(Steps::new(&[0.5; 4], &[0.5; 3]).eer(), Some(0.5));
    }
}
