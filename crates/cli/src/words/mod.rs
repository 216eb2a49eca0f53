//! Everything the command line says about an examination, keyed by the core's closed enums, once per
//! language. Sentences of a careful colleague (field guide 6.4): what was observed, how far it goes,
//! what it does not show. Never a percentage, never a word that claims to know the truth.

mod en;
mod fr;

use report::package::Problem;
use scan::analysis::{ErrorCode, FaceRegion, Reason, Strength, VerdictCode};
use scan::base::{Score, Stage, Timestamp, WarningCode};

/// A language the results can be worded in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Lang {
    /// English.
    #[default]
    En,
    /// French.
    Fr,
}

impl Lang {
    /// Its catalogue.
    pub(crate) fn words(self) -> &'static dyn Words {
        match self {
            Self::En => &en::English,
            Self::Fr => &fr::French,
        }
    }

    /// The same for reports.
    pub(crate) const fn of_report(self) -> report::Lang {
        match self {
            Self::En => report::Lang::En,
            Self::Fr => report::Lang::Fr,
        }
    }
}

/// What a statement about one person rests on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Support<'a> {
    /// Number shown to people, from 1.
    pub person: usize,
    /// How far the observations go.
    pub strength: Strength,
    /// First and last presentation time, already formatted; `None` for a still.
    pub range: Option<(&'a str, &'a str)>,
    /// Usable images of the face.
    pub usable: u64,
}

/// What a detector did in its validation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counts<'a> {
    /// Its id.
    pub model: &'a str,
    /// How many it called suspected.
    pub hits: u64,
    /// Of so many.
    pub of: u64,
}

/// Whether a rank is told as unusual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unusual {
    /// Above all clips.
    Yes,
    /// Not above all.
    No,
}

/// What `verify` says besides problems.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Said<'a> {
    /// Every byte is as it was sealed, by the key with this fingerprint.
    Untouched(&'a str),
    /// The package was changed.
    Touched,
    /// A model used has other weights here.
    ModelChanged(&'a str),
    /// A model used is not installed here.
    ModelAbsent(&'a str),
    /// The examined file is not at hand.
    NoEvidence,
    /// The file given has another hash than the one examined.
    EvidenceChanged {
        /// The hash now.
        found: &'a str,
    },
    /// The file given, or found beside the package, cannot be read.
    EvidenceUnreadable(&'a str),
    /// The file has the hash that was examined.
    EvidenceSame,
    /// A second run gave the same.
    Confirmed {
        /// Numbers compared.
        n: usize,
        /// How far apart at most.
        largest: f64,
        /// How far they may be apart.
        tolerance: f64,
    },
    /// A second run gave something else, in English.
    Differs(&'a str),
    /// A second run was not made, because of what was found before.
    NotRerun,
}

/// How many items came to what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Suspected.
    pub suspected: usize,
    /// Inconclusive.
    pub inconclusive: usize,
    /// No indication.
    pub no_indication: usize,
    /// Not examined, though nothing failed.
    pub not_examined: usize,
    /// Failed.
    pub failed: usize,
}

impl Tally {
    /// All of them.
    pub(crate) fn all(&self) -> usize {
        self.suspected + self.inconclusive + self.no_indication + self.not_examined + self.failed
    }
}

/// One language. Sentences end with their full stop; fragments have none and start in lower case.
pub(crate) trait Words: Sync {
    /// Headline of a verdict.
    fn verdict(&self, code: VerdictCode) -> &'static str;
    /// Fragment: why not more, or why not at all.
    fn reason(&self, reason: Reason) -> &'static str;
    /// Fragment: why an item failed.
    fn error(&self, code: ErrorCode) -> &'static str;
    /// Sentence: so many more entries of folders were skipped than were told one by one.
    fn skipped_more(&self, count: usize) -> String;
    /// Fragment: what kind of warning.
    fn warning(&self, code: WarningCode) -> &'static str;
    /// Fragment: what is being done.
    fn stage(&self, stage: Stage) -> &'static str;
    /// `person 1`, `persons 1 and 3`; numbers from 1.
    fn people(&self, numbers: &[usize]) -> String;
    /// Headline joined with the people it is about.
    fn about(&self, headline: &str, people: &str) -> String;
    /// Sentence of support.
    fn support(&self, support: Support<'_>) -> String;
    /// Sentence: false alarms in validation.
    fn false_alarms(&self, counts: Counts<'_>) -> String;
    /// Sentences: nothing found, and how often the methods find what is there.
    fn nothing_found(&self, counts: &[Counts<'_>]) -> String;
    /// Sentence: reasons for nothing more, joined.
    fn because(&self, headline: &str, reasons: &[Reason]) -> String;
    /// Sentence: what would help.
    fn better_copy(&self) -> &'static str;
    /// Fragment: `41 of 44 faces usable`.
    fn usable(&self, usable: u64, all: u64) -> String;
    /// Fragment: label of the score.
    fn score(&self, score: Score) -> String;
    /// Sentence: how to read curve and score.
    fn scale(&self) -> &'static str;
    /// Sentence: the stretches that stand out, already formatted.
    fn stretches(&self, ranges: &[(String, String)]) -> String;
    /// Fragment: a part of the face.
    fn region(&self, region: FaceRegion) -> &'static str;
    /// Sentence: what moves a detector's score of one image most, in its raw units, heaviest first; empty when
    /// nothing does. `at` is the image's time, already formatted, where there is more than one.
    fn regions(&self, model: &str, at: Option<&str>, parts: &[(FaceRegion, f64)]) -> String;
    /// Sentence: where the heat map is, and how many random maps it beats.
    fn map_shown(&self, file: &str, beaten: u32, random: u32) -> String;
    /// Sentence: why there is no heat map.
    fn map_withheld(&self, beaten: u32, random: u32) -> String;
    /// Sentence: how to read heat maps.
    fn maps(&self) -> &'static str;
    /// Sentence: between which scores the suspicion moved on the ladder.
    fn ladder(&self, low: Score, high: Score) -> String;
    /// Sentence: where a person stands among the clips known to be real.
    fn baseline(&self, model: &str, n: u64, reached: u64, unusual: Unusual) -> String;
    /// Sentence about a package: one thing that is not as it was.
    fn problem(&self, problem: &Problem) -> String;
    /// Fragments and sentences of `verify`.
    fn verify(&self, said: Said<'_>) -> String;
    /// Fragment: so many people are not listed.
    fn more_people(&self, n: usize) -> String;
    /// Headline of a failed item.
    fn failed(&self) -> &'static str;
    /// Sentence: only part of the file was examined.
    fn covered(&self, first: &str, last: &str) -> String;
    /// Sentences: general limits.
    fn limits(&self) -> &'static str;
    /// Sentences: what to do with a result.
    fn editorial(&self) -> &'static str;
    /// One line: how it all ended.
    fn tally(&self, tally: &Tally, seconds: f64) -> String;
    /// One line: it was stopped, and so many files were not examined; whether `--resume` can go on.
    fn stopped(&self, left: usize, resumable: bool) -> String;
    /// Fragment after a length of time: still to come.
    fn left(&self) -> &'static str;
    /// Character between seconds and their fraction.
    fn decimal_mark(&self) -> char;
}

/// `1:02:03.456`, `2:03.456`; with the language's decimal mark.
pub(crate) fn time(t: Timestamp, words: &dyn Words) -> String {
    let us = t.micros();
    let sign = if us < 0 { "-" } else { "" };
    let ms = (us.unsigned_abs() + 500) / 1000;
    let (h, m, s) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
    let fraction = format!("{}{:03}", words.decimal_mark(), ms % 1000);
    if h > 0 { format!("{sign}{h}:{m:02}:{s:02}{fraction}") } else { format!("{sign}{m}:{s:02}{fraction}") }
}

/// Items joined with commas and the language's "and".
fn enumerate(items: &[String], and: &str) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} {and} {last}", most.join(", ")),
    }
}

/// `mouth +1.25`, with the language's decimal mark and a true minus.
fn weighed(part: &str, logit: f64, mark: char) -> String {
    let sign = if logit < 0.0 { '−' } else { '+' };
    format!("{part} {sign}{}", format!("{:.2}", logit.abs()).replace('.', &mark.to_string()))
}

/// First letter in upper case.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// What no output may say, in lower case (field guide 6.1 no. 9, 6.5 no. 7).
    pub(crate) const FORBIDDEN: [&str; 16] = [
        "fake",
        "authenti",
        "ai detected",
        "ai-detected",
        "confidence",
        "confiance",
        "proven",
        "proof",
        "prouv",
        "preuve",
        "%",
        "truqu",
        "ia détectée",
        "certifi",
        "genuine",
        "no manipulation",
    ];

    pub(crate) const VERDICTS: [VerdictCode; 4] =
        [VerdictCode::NotExamined, VerdictCode::NoIndication, VerdictCode::Inconclusive, VerdictCode::Suspected];
    const REASONS: [Reason; 17] = [
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
    const ERRORS: [ErrorCode; 10] = [
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
    const WARNINGS: [WarningCode; 9] = [
        WarningCode::Damaged,
        WarningCode::AnimationFirstFrame,
        WarningCode::DeviceFallback,
        WarningCode::FacesDropped,
        WarningCode::Skipped,
        WarningCode::ChangedWhileReading,
        WarningCode::ModelExpired,
        WarningCode::ControlsFailed,
        WarningCode::DecoderMessage,
    ];
    const STAGES: [Stage; 6] =
        [Stage::Listing, Stage::Hashing, Stage::Probing, Stage::Analysing, Stage::Aggregating, Stage::Writing];
    const STRENGTHS: [Strength; 3] = [Strength::Limited, Strength::Moderate, Strength::ModeratelyStrong];

    fn at(score: f64) -> Score {
        Score::new(score).unwrap()
    }

    /// Every text a catalogue can produce.
    fn everything(w: &dyn Words) -> Vec<String> {
        let counts = [Counts { model: "m", hits: 2, of: 310 }, Counts { model: "n", hits: 0, of: 1 }];
        let mut all: Vec<String> = [w.better_copy(), w.scale(), w.limits(), w.editorial()].map(String::from).to_vec();
        all.extend(VERDICTS.map(|c| w.verdict(c).to_owned()));
        all.extend(REASONS.map(|r| w.reason(r).to_owned()));
        all.extend(ERRORS.map(|e| w.error(e).to_owned()));
        all.extend(WARNINGS.map(|c| w.warning(c).to_owned()));
        all.extend(STAGES.map(|s| w.stage(s).to_owned()));
        all.extend([w.people(&[1]), w.people(&[1, 2, 3]), w.about("A", "b"), w.because("A", &REASONS)]);
        for strength in STRENGTHS {
            for range in [None, Some(("0:00", "0:01"))] {
                all.push(w.support(Support { person: 1, strength, range, usable: 143 }));
            }
        }
        all.extend(counts.map(|c| w.false_alarms(c)));
        all.extend([w.nothing_found(&counts), w.nothing_found(&counts[..1]), w.nothing_found(&[])]);
        all.extend([w.usable(1, 2), w.score(at(0.93)), w.covered("0:00", "0:03"), w.more_people(1), w.more_people(7)]);
        all.push(w.stretches(&[("0:01".into(), "0:02".into()), ("0:04".into(), "0:05".into())]));
        all.extend(FaceRegion::ALL.map(|r| w.region(r).to_owned()));
        let parts = [(FaceRegion::Mouth, 1.25), (FaceRegion::Eyes, -0.5)];
        all.extend([w.regions("m", None, &parts), w.regions("m", Some("0:01"), &parts[..1]), w.maps().to_owned()]);
        all.extend([w.map_shown("a.png", 39, 39), w.map_withheld(20, 39), w.ladder(at(0.2), at(0.9))]);
        all.extend([w.baseline("m", 5, 0, Unusual::Yes), w.baseline("m", 5, 2, Unusual::No)]);
        let file = || "report.pdf".to_owned();
        all.extend([Problem::Missing { file: file() }, Problem::Changed { file: file() }].map(|p| w.problem(&p)));
        all.extend([Problem::Added { file: file() }, Problem::Unreadable { file: file() }].map(|p| w.problem(&p)));
        all.extend([Problem::LogBroken { entry: 2 }, Problem::LogCut].map(|p| w.problem(&p)));
        all.extend(["evidence", "models"].map(|what| w.problem(&Problem::Contradiction { what })));
        all.push(w.problem(&Problem::Tolerance { asked: "40".to_owned() }));
        all.push(w.verify(Said::EvidenceUnreadable("a.mp4")));
        all.extend(
            [Said::Untouched("ab"), Said::Touched, Said::ModelChanged("m"), Said::ModelAbsent("m")]
                .map(|s| w.verify(s)),
        );
        all.extend([Said::NoEvidence, Said::EvidenceChanged { found: "ab" }, Said::EvidenceSame].map(|s| w.verify(s)));
        let confirmed = Said::Confirmed { n: 9, largest: 0.0, tolerance: 0.001 };
        all.extend([confirmed, Said::Differs("x"), Said::NotRerun].map(|s| w.verify(s)));
        all.extend([w.stopped(0, false), w.stopped(1, true), w.stopped(7, false)]);
        all.extend([w.failed(), w.left()].map(String::from));
        let tally = Tally { suspected: 1, inconclusive: 2, no_indication: 1, not_examined: 3, failed: 4 };
        all.extend([w.tally(&tally, 12.3), w.tally(&Tally::default(), 0.0)]);
        all
    }

    #[test]
    fn no_language_uses_a_forbidden_word() {
        for lang in [Lang::En, Lang::Fr] {
            for text in everything(lang.words()) {
                let lower = text.to_lowercase();
                for word in FORBIDDEN {
                    assert!(!lower.contains(word), "{lang:?}: `{word}` in: {text}");
                }
            }
        }
    }

    #[test]
    fn every_word_exists_and_differs_between_the_languages() {
        let (en, fr) = (everything(Lang::En.words()), everything(Lang::Fr.words()));
        assert_eq!(en.len(), fr.len());
        for (e, f) in en.iter().zip(&fr) {
            assert!(!e.trim().is_empty() && !f.trim().is_empty(), "{e:?} {f:?}");
        }
        let same: Vec<_> = en.iter().zip(&fr).filter(|(e, f)| e == f).map(|(e, _)| e.as_str()).collect();
        assert_eq!(same, Vec::<&str>::new());
    }

    #[test]
    fn french_keeps_its_spaces_before_high_punctuation() {
        for text in everything(Lang::Fr.words()) {
            let letters: Vec<char> = text.chars().collect();
            for pair in letters.windows(2) {
                if matches!(pair[1], ';' | '?' | '!' | '»') {
                    assert!(matches!(pair[0], '\u{a0}' | '\u{202f}'), "{text}");
                }
            }
        }
    }

    #[test]
    fn times_follow_the_language() {
        let us = Timestamp::from_micros;
        let cases = [
            (0, "0:00.000", "0:00,000"),
            (12_480_400, "0:12.480", "0:12,480"),
            (3_723_999_600, "1:02:04.000", "1:02:04,000"),
            (-40_000, "-0:00.040", "-0:00,040"),
        ];
        for (at, en, fr) in cases {
            assert_eq!(time(us(at), Lang::En.words()), en);
            assert_eq!(time(us(at), Lang::Fr.words()), fr);
        }
    }

    #[test]
    fn people_are_joined_in_words() {
        assert_eq!(Lang::En.words().people(&[1, 2, 4]), "persons 1, 2 and 4");
        assert_eq!(Lang::Fr.words().people(&[2]), "personne 2");
    }
}
