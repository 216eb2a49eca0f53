use super::*;

const CARD: &str = r#"id = "m"
name = "A detector"
version = "1"
architecture = "mobilenet-v2"
task = "faceManipulation"
licence = "MIT"
source = "made here"
trained_on = "nothing"
not_for = "anything"
# The day it was made.
trained = "2026-01-01"
expires = "2026-06-01"

[input] # kept
size = 128
resize = 140
mean = [0.5, 0.5, 0.5]
std = [0.5, 0.5, 0.5]
channels = "rgb"

[input.crop]
rule = "box"
factor = 1.3

[weights]
file = "weights.safetensors"
bytes = 9
sha256 = "abababababababababababababababababababababababababababababababab"
"#;

fn calibrated() -> Calibrated {
    let at_suspected = Counts { false_alarms: 2, n_real: 400, found: 90, n_fake: 300 };
    Calibrated {
        slope: 0.612_345,
        intercept: -0.25,
        rows: [800, 700],
        suspected: 0.934_216,
        no_indication: 0.25,
        at_suspected,
        missed: 29,
        cleared: 180,
        cross_fitted: Counts { false_alarms: 4, ..at_suspected },
        auc: 0.85,
        ece: [0.1, 0.03],
        brier: [0.2, 0.15],
    }
}

fn words() -> CardWords {
    CardWords {
        measured_on: "val rows of \"list.csv\"".into(),
        unit: "person".into(),
        measured: "2026-11-21".into(),
        expires: "2027-11-21".into(),
        fps: 5.0,
    }
}

const PLAN: CalibrationPlan = CalibrationPlan { scaling: Scaling::Platt, fpr: 0.01, miss: 0.1, prior: 0.5 };

#[test]
fn a_card_gets_its_scoring_and_keeps_the_rest() {
    let text = with_scoring(CARD, &calibrated(), &PLAN, &words()).unwrap();
    let read = ModelCard::from_toml(&text).unwrap();
    let scoring = read.scoring.unwrap();
    assert_eq!((scoring.fps, scoring.operating_points.suspected.threshold), (5.0, 0.934_216));
    assert_eq!((scoring.validation.false_alarms, scoring.validation.n_real), (4, 400));
    let told = &scoring.operating_points.suspected.measured_on;
    assert!(told.contains("false alarms 0.5 % (0.1–1.8)") && told.contains("val rows of \"list.csv\""), "{told}");
    assert_eq!(read.expires.to_string(), "2027-11-21");
    assert!(text.contains("# The day it was made.") && text.contains("[input] # kept"));
}

#[test]
fn calibrating_twice_replaces_and_does_not_pile_up() {
    let first = with_scoring(CARD, &calibrated(), &PLAN, &words()).unwrap().replace("fps = 5.0", "fps = 2.5");
    let second = with_scoring(&first, &Calibrated { slope: 0.7, ..calibrated() }, &PLAN, &words()).unwrap();
    assert_eq!(second.matches("[scoring.calibration]").count(), 1);
    assert_eq!(second.matches("# Written by").count(), 1);
    assert!(
        second.contains("slope = 0.700000") && second.contains("fps = 2.5"),
        "the rate of frames is the card's own"
    );
    let third = with_scoring(&second, &Calibrated { slope: 0.7, ..calibrated() }, &PLAN, &words()).unwrap();
    assert_eq!(third, second);
}

#[test]
fn a_fresh_card_accuses_nobody_and_is_replaced() {
    let fresh = format!("{CARD}{UNCALIBRATED}");
    let scoring = ModelCard::from_toml(&fresh).unwrap().scoring.unwrap();
    assert_eq!((scoring.validation.n_real, scoring.operating_points.no_indication.threshold), (0, 0.0));
    let text = with_scoring(&fresh, &calibrated(), &PLAN, &words()).unwrap();
    assert!(!text.contains("ot calibrated yet"), "{text}");
}

#[test]
fn what_would_be_no_card_is_refused() {
    let late = CardWords { expires: "2025-01-01".into(), ..words() };
    let error = with_scoring(CARD, &calibrated(), &PLAN, &late).unwrap_err().to_string();
    assert!(error.contains("expires"), "{error}");
    assert!(with_scoring("id = 3", &calibrated(), &PLAN, &words()).is_err());
}

#[test]
fn a_year_later_is_a_day() {
    assert_eq!(next_year("2026-11-21").as_deref(), Some("2027-11-21"));
    assert_eq!(next_year("2028-02-29").as_deref(), Some("2029-02-28"));
    assert_eq!(next_year("never"), None);
}

/// A card that may look a second time.
fn second_look() -> String {
    let card = CARD.replace("\"mobilenet-v2\"", "\"clip-vit-b16\"");
    let encoder = "\n[encoder]\nfile = \"encoder.safetensors\"\nbytes = 9\nsha256 = \"";
    with_scoring(&format!("{card}{encoder}{}\"\n", "cd".repeat(32)), &calibrated(), &PLAN, &words()).unwrap()
}

#[test]
fn what_two_looks_are_worth_stands_beside_the_rest_until_that_changes() {
    let card = second_look();
    let beside = Beside { with: "first".into(), sha256: "ef".repeat(32), weights: [0.3, 0.4] };
    let both = Calibrated { slope: 1.25, ..calibrated() };
    let text = with_together(&card, &beside, &both, &PLAN, &words()).unwrap();
    assert!(text.starts_with(card.trim_end()), "{text}");
    let (plain, read) = (ModelCard::from_toml(&card).unwrap(), ModelCard::from_toml(&text).unwrap());
    assert_eq!(read.scoring, plain.scoring);
    let together = read.together.unwrap();
    assert_eq!((together.with.as_str(), together.own, together.other), ("first", 0.3, 0.4));
    let nets::card::Calibration::Platt { slope, .. } = together.scoring.calibration;
    assert_eq!((slope, together.scoring.fps), (1.25, 5.0));
    // Again the same; and gone with a new calibration of its own.
    assert_eq!(with_together(&text, &beside, &both, &PLAN, &words()).unwrap(), text);
    assert_eq!(with_scoring(&text, &calibrated(), &PLAN, &words()).unwrap(), card);
    // Nothing that looks first has it.
    let fast = with_scoring(CARD, &calibrated(), &PLAN, &words()).unwrap();
    assert!(with_together(&fast, &beside, &both, &PLAN, &words()).unwrap_err().to_string().contains("together"));
}
