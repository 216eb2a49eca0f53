//! Everything that is told of a set of labelled items, with intervals.

use serde::{Deserialize, Serialize};

use super::draws::{DRAWS, Draws, quantile};
use super::steps::Steps;
use crate::clopper_pearson;

/// Bins of equal mass that the calibration error is taken over (field guide 4g).
pub const ECE_BINS: u64 = 15;
/// False-alarm rates at which the detection rate is told.
pub const FPRS: [f64; 3] = [0.05, 0.01, 0.001];
/// Ends of a 95 % interval.
const ENDS: [f64; 2] = [0.025, 0.975];

/// One labelled thing that was looked at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Item {
    /// Items of the same group are drawn together: frames of a video, pictures of a person.
    pub group: usize,
    /// The label.
    pub fake: bool,
    /// Calibrated; `None` where nothing was examined.
    pub score: Option<f64>,
    /// Whether the verdict is `suspected`.
    pub suspected: bool,
}

/// A rate with the ends of its 95 % interval; `None` where it does not exist (an empty class) or where there are
/// fewer than two groups to draw from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// What was measured.
    pub value: Option<f64>,
    /// 2.5 % of the redraws lie below.
    pub low: Option<f64>,
    /// 2.5 % of the redraws lie above.
    pub high: Option<f64>,
}

/// Counts of examined items at a score of one half.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confusion {
    /// Fakes at or above.
    pub tp: u64,
    /// Reals at or above.
    pub fp: u64,
    /// Reals below.
    pub tn: u64,
    /// Fakes below.
    #[serde(rename = "fn")]
    pub misses: u64,
}

/// Detection rates at these false-alarm rates or below.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TprAtFpr {
    /// 5 %.
    #[serde(rename = "0.05")]
    pub five_percent: Rate,
    /// 1 %.
    #[serde(rename = "0.01")]
    pub one_percent: Rate,
    /// 0.1 %.
    #[serde(rename = "0.001")]
    pub one_permille: Rate,
}

/// What a set of items shows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    /// Fakes with a score.
    pub n_fake: u64,
    /// Reals with a score.
    pub n_real: u64,
    /// Groups that were drawn from.
    pub groups: u64,
    /// Area under the ROC curve.
    pub auc: Rate,
    /// Average precision.
    pub ap: Rate,
    /// Equal error rate.
    pub eer: Rate,
    /// Share of right answers at a score of one half.
    pub accuracy: Rate,
    /// Mean of the two classes' shares of right answers at a score of one half.
    pub balanced_accuracy: Rate,
    /// Counts at a score of one half.
    pub confusion: Confusion,
    /// Detection rate where false alarms are bounded.
    pub tpr_at_fpr: TprAtFpr,
    /// Share of the examined reals whose verdict is `suspected`.
    pub fpr_suspected: Rate,
    /// Share of the examined fakes whose verdict is `suspected`.
    pub tpr_suspected: Rate,
    /// Exact (Clopper–Pearson) 95 % interval of `fpr_suspected` as if items were independent; unlike the bootstrap
    /// it is never empty where nothing was suspected.
    pub fpr_suspected_exact: Rate,
    /// The same of `tpr_suspected`.
    pub tpr_suspected_exact: Rate,
    /// Expected calibration error over [`ECE_BINS`] bins of equal mass.
    pub ece: Rate,
    /// Mean squared difference between score and label.
    pub brier: Rate,
    /// Share of the items that have a score.
    pub coverage: Rate,
    /// Items without a score.
    pub failures: u64,
}

/// Rates in the order in which [`point`] gives them.
const RATES: usize = 13;

impl Metrics {
    /// Measures items. Intervals come from [`DRAWS`] redraws of the groups, the same on every run; a redraw in which
    /// a rate does not exist does not count for that rate.
    pub fn of(items: &[Item]) -> Self {
        let mut named: Vec<usize> = items.iter().map(|i| i.group).collect();
        named.sort_unstable();
        named.dedup();
        let group = |item: &Item| named.binary_search(&item.group).unwrap_or_default();
        // (score, fake, group), highest score first; ties reals last, which no metric notices.
        let mut sorted: Vec<(f64, bool, usize)> =
            items.iter().filter_map(|i| Some((i.score.filter(|s| s.is_finite())?, i.fake, group(i)))).collect();
        sorted.sort_by(|a, b| b.0.total_cmp(&a.0));
        let flags: Vec<(&Item, usize)> = items.iter().map(|i| (i, group(i))).collect();
        let whole = vec![1; named.len()];
        let measured = |times: &[u32]| {
            let often = |group: usize| times.get(group).copied().unwrap_or_default();
            let steps = Steps::of_sorted(sorted.iter().map(|&(score, fake, group)| (score, fake, often(group))));
            let counts = Counts::of(flags.iter().map(|&(item, group)| (item, often(group))));
            (point(&steps, &counts), steps, counts)
        };
        let (values, steps, counts) = measured(&whole);
        let mut draws = Draws::new(named.len());
        let mut drawn: [Vec<f64>; RATES] = std::array::from_fn(|_| Vec::with_capacity(DRAWS));
        for _ in 0..if named.len() < 2 { 0 } else { DRAWS } {
            let (redrawn, ..) = measured(&draws.draw());
            drawn.iter_mut().zip(redrawn).for_each(|(all, value)| all.extend(value));
        }
        Self::assembled(values, drawn, &steps, counts, named.len())
    }

    fn assembled(
        values: [Option<f64>; RATES],
        drawn: [Vec<f64>; RATES],
        steps: &Steps,
        counts: Counts,
        groups: usize,
    ) -> Self {
        let mut rates = values.into_iter().zip(drawn).map(|(value, mut drawn)| {
            drawn.sort_by(f64::total_cmp);
            let [low, high] = ENDS.map(|end| quantile(&drawn, end).filter(|_| value.is_some()));
            Rate { value, low, high }
        });
        let mut next = || rates.next().unwrap_or_default();
        let ([n_real, n_fake], [tp, fp, tn, misses]) = (steps.counts(), steps.confusion());
        Self {
            n_fake,
            n_real,
            groups: groups as u64,
            auc: next(),
            ap: next(),
            eer: next(),
            accuracy: next(),
            balanced_accuracy: next(),
            confusion: Confusion { tp, fp, tn, misses },
            tpr_at_fpr: TprAtFpr { five_percent: next(), one_percent: next(), one_permille: next() },
            fpr_suspected: next(),
            tpr_suspected: next(),
            fpr_suspected_exact: exact(counts.suspected[0], counts.examined[0]),
            tpr_suspected_exact: exact(counts.suspected[1], counts.examined[1]),
            ece: next(),
            brier: next(),
            coverage: next(),
            failures: counts.all - counts.examined[0] - counts.examined[1],
        }
    }
}

/// Counts of reals and fakes.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    examined: [u64; 2],
    suspected: [u64; 2],
    all: u64,
}

impl Counts {
    fn of<'a>(items: impl Iterator<Item = (&'a Item, u32)>) -> Self {
        let mut counts = Self::default();
        for (item, times) in items {
            let times = u64::from(times);
            counts.all += times;
            if item.score.is_some_and(f64::is_finite) {
                let class = usize::from(item.fake);
                for (at, hit) in [(&mut counts.examined, true), (&mut counts.suspected, item.suspected)] {
                    if let Some(count) = at.get_mut(class).filter(|_| hit) {
                        *count += times;
                    }
                }
            }
        }
        counts
    }
}

/// AUC, AP, EER, accuracy, balanced accuracy, three detection rates, two rates of `suspected`, ECE, Brier, coverage.
fn point(steps: &Steps, counts: &Counts) -> [Option<f64>; RATES] {
    let [tp, fp, tn, misses] = steps.confusion();
    let [five, one, permille] = FPRS.map(|fpr| steps.tpr_at_fpr(fpr));
    let recalls = share(tp, tp + misses).zip(share(tn, tn + fp));
    let [reals, fakes] = counts.examined;
    [
        steps.auc(),
        steps.ap().filter(|_| reals > 0),
        steps.eer(),
        share(tp + tn, tp + fp + tn + misses),
        recalls.map(|(fake, real)| f64::midpoint(fake, real)),
        five,
        one,
        permille,
        share(counts.suspected[0], reals),
        share(counts.suspected[1], fakes),
        steps.ece(ECE_BINS),
        steps.brier(),
        share(reals + fakes, counts.all),
    ]
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

fn exact(part: u64, whole: u64) -> Rate {
    let bounds = clopper_pearson(part, whole, ENDS[0]);
    let value = share(part, whole);
    let known = |end: f64| value.map(|_| end);
    Rate { value, low: known(bounds.low), high: known(bounds.high) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(group: usize, fake: bool, score: f64) -> Item {
        Item { group, fake, score: Some(score), suspected: score > 0.9 }
    }

    fn mixed() -> Vec<Item> {
        (0..60).map(|k| item(100 + k / 2, k % 3 == 0, ((k * 37 % 61) as f64 / 60.0).powi(1 + (k % 2) as i32))).collect()
    }

    #[test]
    fn failures_are_counted_and_never_scored() {
        let mut items = mixed();
        let without = Metrics::of(&items);
        items.push(Item { group: 7, fake: true, score: None, suspected: false });
        items.push(Item { group: 8, fake: false, score: Some(f64::NAN), suspected: true });
        let with = Metrics::of(&items);
        assert_eq!((with.failures, with.n_fake, with.n_real), (2, without.n_fake, without.n_real));
        assert_eq!(with.auc.value, without.auc.value);
        assert_eq!(with.fpr_suspected.value, without.fpr_suspected.value);
        assert_eq!(with.coverage.value, Some(60.0 / 62.0));
    }

    #[test]
    fn intervals_hold_the_value_and_do_not_depend_on_the_order() {
        let mut items = mixed();
        let m = Metrics::of(&items);
        items.reverse();
        assert_eq!(Metrics::of(&items), m);
        for rate in [m.auc, m.ap, m.eer, m.accuracy, m.brier, m.tpr_at_fpr.five_percent] {
            let (low, value, high) = (rate.low.unwrap(), rate.value.unwrap(), rate.high.unwrap());
            assert!(low <= value && value <= high && low < high, "{rate:?}");
        }
        assert_eq!((m.groups, m.coverage.low), (30, Some(1.0)));
    }

    #[test]
    fn an_interval_needs_two_groups_and_a_rate_two_classes() {
        let one: Vec<Item> = mixed().into_iter().map(|i| Item { group: 0, ..i }).collect();
        let m = Metrics::of(&one);
        assert!(m.auc.value.is_some() && m.auc.low.is_none());
        let reals: Vec<Item> = mixed().into_iter().filter(|i| !i.fake).collect();
        let m = Metrics::of(&reals);
        assert_eq!((m.auc, m.balanced_accuracy, m.tpr_suspected, m.ap), Default::default());
        assert!(m.accuracy.low.is_some() && m.fpr_suspected.value.is_some());
        assert_eq!(Metrics::of(&[]).n_real, 0);
    }

    #[test]
    fn no_false_alarm_is_not_told_as_certainty() {
        let items: Vec<Item> = (0..100).map(|k| item(k, k % 2 == 0, 0.3)).collect();
        let m = Metrics::of(&items);
        assert_eq!(m.fpr_suspected.high, Some(0.0));
        let exact = m.fpr_suspected_exact.high.unwrap();
        assert!((exact - (1.0 - 0.025_f64.powf(1.0 / 50.0))).abs() < 1e-9, "{exact}");
    }
}
