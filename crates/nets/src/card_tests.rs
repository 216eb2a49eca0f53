use super::*;

pub(crate) const SCORING_CARD: &str = r#"
id = "swapped-test"
name = "Swapped faces, test"
version = "1.0.0"
architecture = "mobilenet-v2"
task = "faceManipulation"
licence = "MIT OR Apache-2.0"
source = "this project"
trained_on = "nothing"
not_for = "proof"
trained = "2026-11-01"
expires = "2027-11-01"

[input]
size = 128
resize = 140
mean = [0.485, 0.456, 0.406]
std = [0.229, 0.224, 0.225]
channels = "rgb"

[input.crop]
rule = "height"
factor = 0.87

[weights]
file = "weights.safetensors"
bytes = 100
sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

[scoring]
fps = 5.0

[scoring.calibration]
kind = "platt"
slope = 0.8
intercept = -1.5
n_real = 500
n_fake = 400
measured_on = "val rows"

[scoring.operating_points.suspected]
threshold = 0.9
fpr = 0.01
false_alarms = 5
n_real = 500
tpr = 0.32
found = 128
n_fake = 400
measured_on = "val rows"

[scoring.operating_points.no_indication]
threshold = 0.2
fnr = 0.1
missed = 40
n_fake = 400
cleared = 250
n_real = 500
measured_on = "val rows"

[scoring.validation]
n_real = 52
false_alarms = 1
n_fake = 51
found = 20
unit = "source video"
measured_on = "clips"
measured = "2026-11-21"
"#;

fn changed(from: &str, to: &str) -> NetsError {
    assert!(SCORING_CARD.contains(from), "{from}");
    ModelCard::from_toml(&SCORING_CARD.replacen(from, to, 1)).expect_err(to)
}

#[test]
fn a_good_card_survives_a_round_trip() {
    let card = ModelCard::from_toml(SCORING_CARD).unwrap();
    assert_eq!(card.input.crop, CropRule::Height { factor: 0.87 });
    let again = ModelCard::from_toml(&toml::to_string(&card).unwrap()).unwrap();
    assert_eq!(again, card);
}

#[test]
fn every_line_is_required() {
    for line in SCORING_CARD.lines().filter(|l| l.contains(" = ")) {
        let key = line.split(' ').next().unwrap();
        // A number that appears twice under the same key is taken out where it stands first.
        let message = changed(&format!("{line}\n"), "").to_string();
        assert!(message.contains(&format!("`{key}`")), "{key}: {message}");
    }
}

#[test]
fn an_unknown_field_is_refused_wherever_it_stands() {
    let mut lines: Vec<&str> = SCORING_CARD.lines().collect();
    let heads: Vec<usize> = (0..lines.len()).filter(|i| lines[*i].starts_with('[')).chain([0]).collect();
    for at in heads {
        lines.insert(at + 1, "surprise = 1");
        let message = ModelCard::from_toml(&lines.join("\n")).unwrap_err().to_string();
        assert!(message.contains("surprise"), "after line {at}: {message}");
        lines.remove(at + 1);
    }
}

#[test]
fn a_value_that_makes_no_sense_is_named() {
    for (from, to, field) in [
        ("swapped-test", "../etc", "`id`"),
        ("licence = \"MIT OR Apache-2.0\"", "licence = \" \"", "`licence`"),
        ("faceManipulation", "faceLandmarks", "`task`"),
        ("2027-11-01", "2026-11-01", "`expires`"),
        ("size = 128", "size = 0", "`input.size`"),
        ("resize = 140", "resize = 100", "`input.resize`"),
        ("std = [0.229", "std = [0.0", "`input.std`"),
        ("mean = [0.485", "mean = [nan", "`input.mean`"),
        ("factor = 0.87", "factor = -1.0", "`input.crop.factor`"),
        ("weights.safetensors", "../weights.safetensors", "`weights.file`"),
        ("weights.safetensors", "weights.pth", "`weights.file`"),
        ("bytes = 100", "bytes = 99999999999", "`weights.bytes`"),
        ("0123456789abcdef0123456789abcdef", "0123456789ABCDEF0123456789abcdef", "`weights.sha256`"),
        ("fps = 5.0", "fps = 0.0", "`scoring.fps`"),
        ("slope = 0.8", "slope = -0.8", "`scoring.calibration.slope`"),
        ("fpr = 0.01", "fpr = 0.02", "`scoring.operating_points.suspected.fpr`"),
        ("found = 128", "found = 500", "`scoring.operating_points.suspected.tpr`"),
        ("threshold = 0.2", "threshold = 0.95", "`scoring.operating_points.no_indication.threshold`"),
        ("false_alarms = 1\n", "false_alarms = 100\n", "`scoring.validation.false_alarms`"),
    ] {
        let message = changed(from, to).to_string();
        assert!(message.contains(field), "{field}: {message}");
    }
}

#[test]
fn unknown_words_and_days_are_refused_with_their_line() {
    let message = changed("mobilenet-v2", "mobilenet-v9").to_string();
    assert!(message.contains("mobilenet-v9") && message.contains("line 5"), "{message}");
    assert!(changed("2026-11-21", "2026-11-31").to_string().contains("2026-11-31"));
    assert!(changed("\"height\"", "\"nose\"").to_string().contains("nose"));
}

#[test]
fn scoring_belongs_to_scoring_tasks_only() {
    let (head, _) = SCORING_CARD.split_once("[scoring]").unwrap();
    let message = ModelCard::from_toml(head).unwrap_err().to_string();
    assert!(message.contains("`scoring`"), "{message}");
    let detector = |text: &str| text.replace("mobilenet-v2", "mtcnn").replace("faceManipulation", "faceDetection");
    assert!(ModelCard::from_toml(&detector(head)).is_ok());
    assert!(ModelCard::from_toml(&detector(SCORING_CARD)).unwrap_err().to_string().contains("`scoring`"));
}

#[test]
fn calibration_rises_with_the_logit() {
    let card = ModelCard::from_toml(SCORING_CARD).unwrap();
    let c = &card.scoring.as_ref().unwrap().calibration;
    assert!((c.score(1.875).unwrap().get() - 0.5).abs() < 1e-12);
    assert!(c.score(3.0) > c.score(2.0));
    assert_eq!(c.score(f64::NAN), None);
    assert_eq!(c.score(-1e9).map(base::Score::get), Some(0.0));
}

#[test]
fn a_card_is_of_its_weights_and_its_encoder() {
    let mut card = ModelCard::from_toml(SCORING_CARD).unwrap();
    let weights = card.weights.sha256.clone();
    assert!(card.is_of(&weights, None) && !card.is_of("00", None));
    assert!(!card.is_of(&weights, Some("ef")), "it has none");
    card.encoder = Some(WeightsFile { sha256: "ef".into(), ..card.weights.clone() });
    assert!(card.is_of(&weights, Some("ef")) && !card.is_of(&weights, Some("00")));
    assert!(card.is_of(&weights, None), "as packages of before say");
}

#[test]
fn a_card_expires_the_day_after() {
    let card = ModelCard::from_toml(SCORING_CARD).unwrap();
    assert!(!card.expired(card.expires));
    assert!(card.expired(Date::new(2027, 11, 2).unwrap()));
}

#[test]
fn a_second_look_goes_together_with_the_very_weights_it_names() {
    let first = ModelCard::from_toml(SCORING_CARD).unwrap();
    let (_, scoring) = SCORING_CARD.split_once("[scoring]").unwrap();
    let scoring = format!("[scoring]{scoring}");
    let slow = |with: &str, sha256: &str, own: &str| {
        let card = SCORING_CARD.replace("mobilenet-v2", "clip-vit-b16").replace("swapped-test", "slow-test");
        let encoder = format!("[encoder]\nfile = \"e.safetensors\"\nbytes = 9\nsha256 = \"{}\"\n", "ab".repeat(32));
        let head = format!("[together]\nwith = \"{with}\"\nsha256 = \"{sha256}\"\nown = {own}\nother = 0.4\n");
        let both = scoring.replace("[scoring", "[together.scoring");
        ModelCard::from_toml(&format!("{card}\n{encoder}\n{head}\n{both}"))
    };
    let own = &first.weights.sha256;
    let card = slow("swapped-test", own, "0.3").unwrap();
    assert_eq!(card.together([&first].into_iter()).map(|t| (t.own, t.other)), Some((0.3, 0.4)));
    assert_eq!(card.together(std::iter::empty()), None);
    let others = slow("swapped-test", &"cd".repeat(32), "0.3").unwrap();
    assert_eq!(others.together([&first].into_iter()), None, "other weights");
    for (with, sha256, weight, field) in [
        ("slow-test", own.as_str(), "0.3", "`together.with`"),
        ("swapped-test", "abc", "0.3", "`together.sha256`"),
        ("swapped-test", own, "-0.3", "`together.own`"),
        ("swapped-test", own, "nan", "`together.own`"),
    ] {
        let message = slow(with, sha256, weight).unwrap_err().to_string();
        assert!(message.contains(field), "{field}: {message}");
    }
    let quick = format!(
        "{SCORING_CARD}\n[together]\nwith = \"x\"\nsha256 = \"{own}\"\nown = 1.0\nother = 1.0\n{}",
        scoring.replace("[scoring", "[together.scoring")
    );
    assert!(ModelCard::from_toml(&quick).unwrap_err().to_string().contains("`together`"));
}
