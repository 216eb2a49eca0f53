use super::*;

const PLAN: CalibrationPlan = CalibrationPlan { scaling: Scaling::Platt, fpr: 0.01, miss: 0.1, prior: 0.5 };

/// Deterministic noise of about unit spread.
fn noise(n: usize) -> f64 {
    let mix = |n: u64| (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (n << 7)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 11;
    (0..6).map(|k| mix(n as u64 * 6 + k) as f64 / (1u64 << 53) as f64).sum::<f64>() - 3.0
}

fn row(n: usize, fake: bool, logit: f64) -> ScoredLogit {
    ScoredLogit { file: format!("{n}"), fake, group: format!("g{n}"), source: String::new(), logit, quality: None }
}

fn rows(reals: usize, fakes: usize) -> Vec<ScoredLogit> {
    let real = (0..reals).map(|n| row(n, false, 2.0 * noise(n) - 2.0));
    let fake = (0..fakes).map(|n| row(n + 10_000, true, 2.0 * noise(n + 10_000) + 2.0));
    real.chain(fake).collect()
}

fn said(rows: &[ScoredLogit], plan: &CalibrationPlan) -> String {
    calibrate(rows, plan).unwrap_err().to_string()
}

#[test]
fn thresholds_keep_their_bounds_and_leave_room_between() {
    let c = calibrate(&rows(400, 300), &PLAN).unwrap();
    assert!(c.at_suspected.false_alarms <= 4 && c.at_suspected.n_real == 400, "{c:?}");
    assert!(c.missed <= 30 && c.missed >= 25, "{c:?}");
    assert!(c.no_indication < c.suspected && c.suspected < 1.0);
    assert!(c.at_suspected.found > 60 && c.cleared > 200);
    assert_eq!((c.rows, c.cross_fitted.n_real, c.cross_fitted.n_fake), ([400, 300], 400, 300));
    assert!(c.ece[1] < c.ece[0] && c.brier[1] < c.brier[0], "scaling helps: {c:?}");
}

#[test]
fn a_prior_moves_scores_and_no_verdict() {
    let rows = rows(400, 300);
    let even = calibrate(&rows, &PLAN).unwrap();
    let third = calibrate(&rows, &CalibrationPlan { prior: 1.0 / 3.0, ..PLAN }).unwrap();
    assert_eq!(third.slope, even.slope);
    assert!((third.intercept - (even.intercept - 2f64.ln())).abs() < 1e-5, "odds of one to two");
    assert!(third.suspected < even.suspected && third.no_indication < even.no_indication);
    let verdicts = |c: &Calibrated| (c.at_suspected, c.missed, c.cleared, c.cross_fitted);
    assert_eq!(verdicts(&third), verdicts(&even));
}

#[test]
fn too_few_are_refused_in_words() {
    assert!(said(&rows(98, 300), &PLAN).contains("from 98 independent reals: 99 are needed"));
    assert!(calibrate(&rows(99, 300), &PLAN).is_ok());
    assert!(said(&rows(200, 8), &PLAN).contains("from 8 independent fakes: 9 are needed"));
    let many_pictures_of_few: Vec<_> =
        rows(400, 300).into_iter().map(|r| ScoredLogit { group: format!("{}", r.logit > 0.0), ..r }).collect();
    assert!(said(&many_pictures_of_few, &PLAN).contains("from 2 independent reals"));
}

#[test]
fn a_detector_turned_around_is_refused() {
    let turned: Vec<_> = rows(200, 200).into_iter().map(|r| ScoredLogit { fake: !r.fake, ..r }).collect();
    assert!(said(&turned, &PLAN).contains("do not rise with manipulation"));
}

#[test]
fn a_source_of_its_own_raises_the_threshold() {
    let mut all = rows(400, 300);
    all.extend((0..50).map(|n| row(20_000 + n, false, 1.5 + noise(n))));
    let pooled = calibrate(&all, &PLAN).unwrap();
    for r in &mut all {
        r.source = if r.group.starts_with("g200") { "hard".into() } else { "easy".into() };
    }
    let each = calibrate(&all, &PLAN).unwrap();
    assert!(each.suspected >= pooled.suspected);
    let score = |l: f64| 1.0 / (1.0 + (-(each.slope * l + each.intercept)).exp());
    let alarms = all.iter().filter(|r| r.source == "hard" && score(r.logit) >= each.suspected).count();
    assert_eq!(alarms, 0, "1 % of 50 is none");
}

#[test]
fn real_units_count_by_their_worst_picture() {
    let mut all = rows(400, 300);
    all[0].logit = 50.0;
    all[1].group = all[0].group.clone();
    let c = calibrate(&all, &PLAN).unwrap();
    assert_eq!((c.at_suspected.n_real, c.at_suspected.false_alarms >= 1), (399, true));
}

#[test]
fn temperature_has_no_intercept() {
    let c = calibrate(&rows(400, 300), &CalibrationPlan { scaling: Scaling::Temperature, ..PLAN }).unwrap();
    assert!(c.intercept == 0.0 && c.slope > 0.0);
}

#[test]
fn scores_that_saturate_have_no_threshold() {
    let mut all = rows(400, 300);
    for r in &mut all {
        r.logit = if r.fake { 1e5 + r.logit } else { 1e5 - 1.0 + r.logit / 1e3 };
    }
    // Nearly all logits alike and huge: whatever comes of it is an answer in words or a valid calibration.
    match calibrate(&all, &PLAN) {
        Ok(c) => assert!(c.at_suspected.false_alarms <= 4 && c.no_indication < c.suspected),
        Err(e) => assert!(!e.to_string().is_empty()),
    }
}
