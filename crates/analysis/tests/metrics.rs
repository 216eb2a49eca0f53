//! Metrics and bounds against scikit-learn and SciPy (`goldens/metrics.py`).

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test says what went wrong by stopping")]

use std::collections::BTreeMap;

use analysis::metrics::{Item, Metrics, Rate, Steps};
use analysis::{clopper_pearson, metrics};
use serde::Deserialize;

#[derive(Deserialize)]
struct Goldens {
    cases: Vec<Case>,
    clopper_pearson: Vec<(u64, u64, f64, f64, f64)>,
    evaluations: Vec<Evaluation>,
}

#[derive(Deserialize)]
struct Evaluation {
    /// Group, whether fake, score, whether suspected.
    items: Vec<(usize, bool, f64, bool)>,
    confusion: [u64; 4],
    /// Value, low and high, in the order of the script's `measures`.
    rates: Vec<[f64; 3]>,
}

#[derive(Deserialize)]
struct Case {
    real_logits: Vec<f64>,
    fake_logits: Vec<f64>,
    real: Vec<f64>,
    fake: Vec<f64>,
    auc: f64,
    brier: f64,
    ece15: f64,
    ece4: f64,
    tpr_at_fpr: BTreeMap<String, f64>,
    platt: [f64; 2],
    temperature: f64,
    ap: f64,
    eer: f64,
}

fn goldens() -> Goldens {
    serde_json::from_str(include_str!("../goldens/metrics.json")).unwrap()
}

fn close(name: &str, got: f64, want: f64, tolerance: f64) {
    assert!((got - want).abs() <= tolerance, "{name}: {got}, reference {want}");
}

#[test]
fn metrics_equal_scikit_learns() {
    for c in goldens().cases {
        close("AUC", metrics::auc(&c.real, &c.fake).unwrap(), c.auc, 1e-12);
        close("Brier", metrics::brier(&c.real, &c.fake).unwrap(), c.brier, 1e-12);
        close("ECE, 15 bins", metrics::ece(&c.real, &c.fake, 15).unwrap(), c.ece15, 1e-12);
        close("ECE, 4 bins", metrics::ece(&c.real, &c.fake, 4).unwrap(), c.ece4, 1e-12);
        let steps = Steps::new(&c.real, &c.fake);
        close("AP", steps.ap().unwrap(), c.ap, 1e-12);
        close("EER", steps.eer().unwrap(), c.eer, 1e-12);
        for (fpr, want) in &c.tpr_at_fpr {
            let got = metrics::tpr_at_fpr(&c.real, &c.fake, fpr.parse().unwrap()).unwrap();
            close(&format!("TPR at FPR {fpr}"), got, *want, 1e-12);
        }
    }
}

#[test]
fn every_rate_and_its_interval_equal_scikit_learns_over_the_same_redraws() {
    for e in goldens().evaluations {
        let item = |&(group, fake, score, suspected): &_| Item { group, fake, score: Some(score), suspected };
        let m = Metrics::of(&e.items.iter().map(item).collect::<Vec<_>>());
        let at = &m.tpr_at_fpr;
        let rates = [
            ("AUC", m.auc),
            ("AP", m.ap),
            ("EER", m.eer),
            ("accuracy", m.accuracy),
            ("balanced accuracy", m.balanced_accuracy),
            ("TPR at 5 %", at.five_percent),
            ("TPR at 1 %", at.one_percent),
            ("TPR at 0.1 %", at.one_permille),
            ("FPR of suspected", m.fpr_suspected),
            ("TPR of suspected", m.tpr_suspected),
            ("ECE", m.ece),
            ("Brier", m.brier),
        ];
        assert_eq!(rates.len(), e.rates.len());
        for ((name, Rate { value, low, high }), want) in rates.into_iter().zip(e.rates) {
            for (end, got, want) in
                [("", value, want[0]), ("low end of ", low, want[1]), ("high end of ", high, want[2])]
            {
                close(&format!("{end}{name}"), got.unwrap(), want, 1e-9);
            }
        }
        assert_eq!([m.confusion.tp, m.confusion.fp, m.confusion.tn, m.confusion.misses], e.confusion);
    }
}

#[test]
fn platt_scaling_reaches_the_same_optimum() {
    for c in goldens().cases {
        let (slope, intercept) = metrics::fit_platt(&c.real_logits, &c.fake_logits).unwrap();
        close("slope", slope, c.platt[0], 1e-5);
        close("intercept", intercept, c.platt[1], 1e-5);
        let temperature = metrics::fit_temperature(&c.real_logits, &c.fake_logits).unwrap();
        close("temperature", temperature, c.temperature, 1e-9);
    }
    assert_eq!(metrics::fit_platt(&[], &[1.0]), None);
}

#[test]
fn bounds_equal_scipys() {
    for (hits, n, tail, low, high) in goldens().clopper_pearson {
        let got = clopper_pearson(hits, n, tail);
        close(&format!("low end of {hits} in {n} at {tail}"), got.low, low, 1e-9);
        close(&format!("high end of {hits} in {n} at {tail}"), got.high, high, 1e-9);
    }
}
