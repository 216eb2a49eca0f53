//! Metrics and bounds against scikit-learn and SciPy (`goldens/metrics.py`).

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test says what went wrong by stopping")]

use std::collections::BTreeMap;

use analysis::{clopper_pearson, metrics};
use serde::Deserialize;

#[derive(Deserialize)]
struct Goldens {
    cases: Vec<Case>,
    clopper_pearson: Vec<(u64, u64, f64, f64, f64)>,
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
        for (fpr, want) in &c.tpr_at_fpr {
            let got = metrics::tpr_at_fpr(&c.real, &c.fake, fpr.parse().unwrap()).unwrap();
            close(&format!("TPR at FPR {fpr}"), got, *want, 1e-12);
        }
    }
}

#[test]
fn platt_scaling_reaches_the_same_optimum() {
    for c in goldens().cases {
        let (slope, intercept) = metrics::fit_platt(&c.real_logits, &c.fake_logits).unwrap();
        close("slope", slope, c.platt[0], 1e-5);
        close("intercept", intercept, c.platt[1], 1e-5);
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
