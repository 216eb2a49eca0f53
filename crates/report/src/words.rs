//! The words of the report, one file a language (`assets/report/*.toml`), and how a language writes numbers
//! and times.

use std::collections::BTreeMap;

use base::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::ReportError;
use crate::moment::Moment;

/// A language that reports are written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// French.
    Fr,
}

const ENGLISH: &str = include_str!("../../../assets/report/en.toml");
const FRENCH: &str = include_str!("../../../assets/report/fr.toml");

macro_rules! words {
    (texts: $($text:ident)*; tables: $($table:ident)*;) => {
        /// A catalogue: every field is a text with `{…}` to fill in, or a table of such by the names of the JSON.
        #[derive(Debug)]
        pub(crate) struct Words {
            $(pub $text: String,)*
            $(pub $table: BTreeMap<String, String>,)*
        }

        impl Words {
            /// What a catalogue has; tests compare it with the files. Fields are filled without serde: its code
            /// for hundreds of them keeps a compiler busy for minutes.
            fn of(file: &toml::Table) -> Self {
                Self { $($text: text(file, stringify!($text)),)* $($table: table(file, stringify!($table)),)* }
            }

            #[cfg(test)]
            const NAMES: &[&str] = &[$(stringify!($text),)* $(stringify!($table)),*];
        }
    };
}

/// A text of the catalogue; empty where it has none, which a test rules out.
fn text(file: &toml::Table, name: &str) -> String {
    file.get(name).and_then(toml::Value::as_str).unwrap_or_default().to_owned()
}

fn table(file: &toml::Table, name: &str) -> BTreeMap<String, String> {
    let all = file.get(name).and_then(toml::Value::as_table).into_iter().flatten();
    all.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}

words! {
    texts:
        product product_summary footer footer_summary case report_id   question_default masked_name item person
        person_named people_and people_many range dash    unknown not_stated headline_one headline_support
        headline_all others_clear_one others_clear_many others_open_one others_open_many others_not_one
        others_not_many support place_video image_one image_many false_alarms alarm_one alarm_many stands_out
        survives  nothing_found found_of found_list because better_copy damaged failed summary_limit s_item
        s_suitability s_time s_scores s_frames s_faces exhibits_heading file content examined_by examined_with sha256 file_line received_line by_line by_who
        blind_line content_video content_image rate rate_variable col_person col_present col_faces col_usable
        col_size col_limits col_result col_score px more_people more_person fig_time fig_scores fig_frames
        fig_frames_still no_frames alt_time alt_scores alt_face alt_face_still alt_frame alt_frame_still alt_map
        alt_regions alt_ladder no_pictures_absent no_pictures_changed no_pictures_damaged no_pictures_nobody
        no_pictures_no_face no_pictures_failed s_report f_report_id f_case f_author f_organisation f_made f_app f_schema f_language
        language f_redaction redacted not_redacted how_to_read s_question propositions h1 h2 f_name f_bytes bytes
        f_kind image video f_received f_copy f_examined f_rehash rehash_same rehash_changed rehash_absent custody
        custody_none col_when col_who col_what s_provenance provenance s_technical f_codec f_picture f_rate
        f_duration f_rotation degrees f_damage damage_none damage_some damage_all f_sampling sampling_fps
        sampling_all sampling_still f_faces faces_line excluded col_left_out left_out s_method methods_title
        methods_video methods_image methods_failed fps_sampled fps_all steps step_hash step_decode step_faces step_gate step_score
        step_aggregate step_ladder models_title col_model col_question col_version col_trained
        trained_expires weights_of encoder
        no_card  thresholds_title col_low col_high thresholds_note together_note controls_title controls controls_none
        controls_passed controls_failed col_sample col_known known_generated known_real col_expected col_obtained
        deviations_title deviations_none f_device device_line thread_one thread_many s_results result_none
        result_score detectors_title stance_above stance_between stance_below above_share opposite_title
        opposite_below opposite_between opposite_some opposite_none opposite_for frame_note  face_sub
        face_still fig_person_time fig_looked fig_whole fig_whole_still regions_title fig_regions at ladder_title fig_ladder
        ladder_holds ladder_falls
        maps_title maps_none maps map_shown map_withheld maps_withheld map_no_file map_hidden
        baseline_title baseline baseline_unusual baseline_usual baseline_too_few others_title others_note
        s_observations first_opinion opinion_blind opinion_late opinion_undated notes second_reviewer
        observations_none s_conclusion scale col_word col_ratio col_this
        word_higher ratio_2 ratio_10 ratio_100 ratio_1000 scale_here scale_sources s_limits
        limits not_covered not_for_title expired editorial s_validation validation validation_none f_unit f_real
        f_alarms alarms_line f_fakes f_found found_line f_floor f_word f_on f_when word_none like_title like like_none
        like_no_units like_of like_measured like_face_size like_sharpness like_blockiness like_between like_from
        like_below like_any col_kind col_real_suspected col_fake_suspected s_reproduction
        reproduction  f_started f_took seconds recheck s_annexes annex_a activity act_scanned act_unhashed act_checked
        act_check_failed act_pictures act_reported annex_b exhibits_none exhibits_note col_exhibit col_shows
        shows_frame shows_face shows_map shows_frame_still shows_face_still shows_map_still annex_c annex_d redaction
        redaction_nobody
    ;
    tables: task rung method word verdict strength reason error warning region glossary;
}

impl Lang {
    /// Its catalogue.
    ///
    /// # Errors
    /// [`ReportError::Words`] when the catalogue is broken, which a test rules out.
    pub(crate) fn words(self) -> Result<Words, ReportError> {
        let text = match self {
            Self::En => ENGLISH,
            Self::Fr => FRENCH,
        };
        let file: toml::Table =
            toml::from_str(text).map_err(|e| ReportError::Words { message: e.message().to_owned() })?;
        Ok(Words::of(&file))
    }

    /// As PDF and the typesetter name it.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Fr => "fr",
        }
    }

    /// A whole number with its digits in threes.
    pub(crate) fn integer(self, n: u64) -> String {
        let mark = match self {
            Self::En => ',',
            Self::Fr => '\u{202f}',
        };
        let digits = n.to_string();
        let mut text = String::new();
        for (i, digit) in digits.chars().enumerate() {
            // From five digits on; years and the like stay whole.
            if i > 0 && (digits.len() - i).is_multiple_of(3) && digits.len() > 4 {
                text.push(mark);
            }
            text.push(digit);
        }
        text
    }

    /// A number with so many decimals.
    pub(crate) fn decimal(self, value: f64, decimals: usize) -> String {
        self.marked(format!("{value:.decimals$}"))
    }

    /// A number that was written with a point, with the language's mark.
    pub(crate) fn marked(self, number: String) -> String {
        match self {
            Self::En => number,
            Self::Fr => number.replace('.', ","),
        }
    }

    /// As [`Lang::decimal`], with its sign always.
    pub(crate) fn signed(self, value: f64, decimals: usize) -> String {
        let text = self.decimal(value.abs(), decimals);
        if value < 0.0 { format!("\u{2212}{text}") } else { format!("+{text}") }
    }

    /// `1:02:03.456`, `2:03.456`.
    pub(crate) fn time(self, t: Timestamp) -> String {
        let us = t.micros();
        let sign = if us < 0 { "\u{2212}" } else { "" };
        let ms = (us.unsigned_abs() + 500) / 1000;
        let mark = match self {
            Self::En => '.',
            Self::Fr => ',',
        };
        let (h, m, s) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
        let fraction = format!("{mark}{:03}", ms % 1000);
        if h > 0 { format!("{sign}{h}:{m:02}:{s:02}{fraction}") } else { format!("{sign}{m}:{s:02}{fraction}") }
    }

    /// `1:02:03`, `2:03`: to the second, for running text and axes.
    pub(crate) fn clock(self, us: i64) -> String {
        let s = us.max(0).unsigned_abs() / 1_000_000;
        let (h, m, s) = (s / 3600, s / 60 % 60, s % 60);
        if h > 0 { format!("{h}:{m:02}:{s:02}") } else { format!("{m}:{s:02}") }
    }

    /// `21 November 2026, 14:02 UTC+1`.
    pub(crate) fn moment(self, moment: Moment) -> String {
        const EN: [&str; 12] = [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ];
        const FR: [&str; 12] = [
            "janvier",
            "février",
            "mars",
            "avril",
            "mai",
            "juin",
            "juillet",
            "août",
            "septembre",
            "octobre",
            "novembre",
            "décembre",
        ];
        let c = moment.civil();
        let names = match self {
            Self::En => EN,
            Self::Fr => FR,
        };
        let month = names.get(usize::from(c.month).saturating_sub(1)).copied().unwrap_or_default();
        let zone = moment.zone();
        match (self, c.day) {
            (Self::Fr, 1) => format!("1er {month} {}, {:02}:{:02} {zone}", c.year, c.hour, c.minute),
            _ => format!("{} {month} {}, {:02}:{:02} {zone}", c.day, c.year, c.hour, c.minute),
        }
    }
}

/// Fills a text's `{name}` in one pass, so that what is filled in is never looked through. A name without a
/// value stays as it is.
pub(crate) fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let known = after.split_once('}').and_then(|(name, tail)| {
            let (_, value) = values.iter().find(|(key, _)| *key == name)?;
            Some((value, tail))
        });
        match known {
            Some((value, tail)) => {
                filled.push_str(value);
                rest = tail;
            }
            None => {
                filled.push('{');
                rest = after;
            }
        }
    }
    filled.push_str(rest);
    filled
}

/// The word for a value of a closed enum, by the name it has in the JSON.
pub(crate) fn of(table: &BTreeMap<String, String>, value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => table.get(&name).cloned().unwrap_or(name),
        _ => String::new(),
    }
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn listed(items: &[String], and: &str) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} {and} {last}", most.join(", ")),
    }
}

/// With a capital at its head.
pub(crate) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const FORBIDDEN: [&str; 17] = [
        "fake",
        "authenti",
        "ai detected",
        "ai-detected",
        "confidence",
        "confiance",
        "proven",
        "proof",
        "proved",
        "prouv",
        "preuve",
        "%",
        "truqu",
        "ia détectée",
        "certifi",
        "genuine",
        "no manipulation",
    ];

    fn file(text: &str) -> toml::Table {
        toml::from_str(text).unwrap()
    }

    /// Every text of a catalogue, comments left out.
    fn texts(file: &toml::Table) -> Vec<(String, String)> {
        let mut all = Vec::new();
        for (name, value) in file {
            match value {
                toml::Value::String(text) => all.push((name.clone(), text.clone())),
                toml::Value::Table(table) => all.extend(
                    table.iter().map(|(key, v)| (format!("{name}.{key}"), format!("{key} {}", v.as_str().unwrap()))),
                ),
                other => panic!("{name}: {other}"),
            }
        }
        all
    }

    #[test]
    fn both_catalogues_have_every_word_and_no_other() {
        let known: BTreeSet<&str> = Words::NAMES.iter().copied().collect();
        let (en, fr) = (file(ENGLISH), file(FRENCH));
        for file in [&en, &fr] {
            assert_eq!(file.keys().map(String::as_str).collect::<BTreeSet<_>>(), known);
            assert!(texts(file).iter().all(|(_, text)| !text.trim().is_empty()));
        }
        for name in Words::NAMES.iter().filter(|n| **n != "glossary") {
            let keys = |f: &toml::Table| f[*name].as_table().map(|t| t.keys().cloned().collect::<Vec<_>>());
            assert_eq!(keys(&en), keys(&fr), "{name}");
        }
    }

    #[test]
    fn the_same_is_filled_in_in_both_languages() {
        let slots = |text: &str| -> BTreeSet<String> {
            text.split('{').skip(1).filter_map(|s| Some(s.split_once('}')?.0.to_owned())).collect()
        };
        let (en, fr) = (file(ENGLISH), file(FRENCH));
        for name in en.keys() {
            if let (Some(e), Some(f)) = (en[name].as_str(), fr[name].as_str()) {
                assert_eq!(slots(e), slots(f), "{name}");
            }
        }
    }

    #[test]
    fn no_catalogue_and_no_template_uses_a_forbidden_word() {
        let template = include_str!("../../../assets/report/report.typ");
        // Lengths are shares of the page there.
        let template = template.replace("100%", "").to_lowercase();
        let all = texts(&file(ENGLISH)).into_iter().chain(texts(&file(FRENCH)));
        for (name, text) in all.chain([("report.typ".to_owned(), template)]) {
            for word in FORBIDDEN {
                // Where something comes from is no claim to know the truth.
                let lower = text.to_lowercase().replace("provenance", "");
                assert!(!lower.contains(word), "{name}: `{word}` in: {text}");
            }
        }
    }

    #[test]
    fn every_value_of_the_closed_enums_has_a_word() {
        use analysis::{ErrorCode, FaceRegion, MapMethod, Reason, Rung, Strength, VerdictCode};
        let reasons = [
            Reason::NoFace,
            Reason::TooFewUsableFaces,
            Reason::TooSmall,
            Reason::Blurred,
            Reason::OverCompressed,
            Reason::TurnedAway,
            Reason::CutOff,
            Reason::UncertainFace,
            Reason::BetweenThresholds,
            Reason::ModelsDisagree,
            Reason::OnlyBriefly,
            Reason::NotValidatedForThis,
            Reason::ValidationTooSmall,
            Reason::DamagedFile,
            Reason::DecodeFailed,
            Reason::NoDetector,
            Reason::NotStable,
        ];
        let errors = [
            ErrorCode::NotFound,
            ErrorCode::NotReadable,
            ErrorCode::Unsupported,
            ErrorCode::Empty,
            ErrorCode::TooLarge,
            ErrorCode::DecodeFailed,
            ErrorCode::NoVideoStream,
            ErrorCode::Setup,
            ErrorCode::Cancelled,
            ErrorCode::Internal,
        ];
        let verdicts =
            [VerdictCode::NotExamined, VerdictCode::NoIndication, VerdictCode::Inconclusive, VerdictCode::Suspected];
        for lang in [Lang::En, Lang::Fr] {
            let w = lang.words().unwrap();
            assert_eq!(reasons.iter().map(|r| of(&w.reason, r)).filter(|t| t.contains(' ')).count(), reasons.len());
            assert_eq!(w.reason.len(), reasons.len());
            assert_eq!(w.error.len(), errors.len());
            assert!(errors.iter().all(|e| w.error.contains_key(serde_json::to_value(e).unwrap().as_str().unwrap())));
            assert!(verdicts.iter().all(|v| of(&w.verdict, v).chars().next().is_some_and(char::is_uppercase)));
            assert!(
                FaceRegion::ALL
                    .iter()
                    .all(|r| w.region.contains_key(serde_json::to_value(r).unwrap().as_str().unwrap()))
            );
            assert!(Rung::ALL.iter().all(|r| w.rung.contains_key(serde_json::to_value(r).unwrap().as_str().unwrap())));
            for s in [Strength::Limited, Strength::Moderate, Strength::ModeratelyStrong] {
                assert!(of(&w.word, &s).contains(&of(&w.strength, &s)));
            }
            assert!(!of(&w.method, &MapMethod::GradCam).is_empty() && !of(&w.method, &MapMethod::Occlusion).is_empty());
        }
    }

    #[test]
    fn french_keeps_its_spaces_before_high_punctuation() {
        for (name, text) in texts(&file(FRENCH)) {
            let letters: Vec<char> = text.chars().collect();
            for pair in letters.windows(2) {
                if matches!(pair[1], ';' | '?' | '!' | '»' | ':') {
                    assert!(matches!(pair[0], '\u{a0}' | '\u{202f}'), "{name}: {text}");
                }
            }
        }
    }

    #[test]
    fn what_is_filled_in_is_not_looked_through() {
        assert_eq!(fill("{a} and {b}{c", &[("a", "{b}"), ("b", "x")]), "{b} and x{c");
    }

    #[test]
    fn numbers_and_times_follow_the_language() {
        assert_eq!(Lang::En.integer(11_402_113), "11,402,113");
        assert_eq!(Lang::Fr.integer(11_402_113), "11\u{202f}402\u{202f}113");
        assert_eq!(Lang::En.integer(2026), "2026");
        assert_eq!(Lang::Fr.signed(-0.5, 2), "\u{2212}0,50");
        assert_eq!(Lang::En.time(Timestamp::from_micros(3_723_999_600)), "1:02:04.000");
        let at = Moment::parse("2026-11-21T14:02:00+01:00").unwrap();
        assert_eq!(Lang::En.moment(at), "21 November 2026, 14:02 UTC+1");
        assert_eq!(Lang::Fr.moment(at), "21 novembre 2026, 14:02 UTC+1");
    }
}
