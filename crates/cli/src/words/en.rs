//! English.

use report::package::Problem;
use scan::analysis::{ErrorCode, FaceRegion, Reason, Strength, VerdictCode};
use scan::base::{Score, Stage, WarningCode};

use super::{Counts, Said, Support, Tally, Unusual, Words, enumerate, sentence, weighed};

pub(super) struct English;

fn strength(strength: Strength) -> &'static str {
    match strength {
        Strength::Limited => "limited",
        Strength::Moderate => "moderate",
        Strength::ModeratelyStrong => "moderately strong",
    }
}

fn plural(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

impl Words for English {
    fn verdict(&self, code: VerdictCode) -> &'static str {
        match code {
            VerdictCode::NotExamined => "Not examined",
            VerdictCode::NoIndication => "No indication found by the methods applied",
            VerdictCode::Inconclusive => "Inconclusive",
            VerdictCode::Suspected => "Manipulation suspected",
        }
    }

    fn reason(&self, reason: Reason) -> &'static str {
        match reason {
            Reason::NoFace => "no face was found",
            Reason::TooFewUsableFaces => "too few usable images of the face",
            Reason::TooSmall => "the face is too small",
            Reason::Blurred => "the face is out of focus or blurred by motion",
            Reason::OverCompressed => "compression has destroyed the detail",
            Reason::TurnedAway => "the face is turned away",
            Reason::CutOff => "the face is cut off by the edge of the picture",
            Reason::UncertainFace => "it is not certain that this is a face",
            Reason::BetweenThresholds => "the score lies between the two thresholds",
            Reason::ModelsDisagree => "the methods contradict each other",
            Reason::OnlyBriefly => "only a short stretch stands out",
            Reason::NotValidatedForThis => "the methods were not validated on material of this kind",
            Reason::ValidationTooSmall => "the validation is too small to support a statement",
            Reason::DamagedFile => "the file is damaged and only part of it could be examined",
            Reason::DecodeFailed => "the file could not be decoded",
            Reason::NoDetector => "no detection method was applied",
            Reason::NotStable => "the result changed when the images were re-encoded or shrunk",
        }
    }

    fn error(&self, code: ErrorCode) -> &'static str {
        match code {
            ErrorCode::NotFound => "not found",
            ErrorCode::NotReadable => "cannot be read",
            ErrorCode::Unsupported => "not an image or a video that can be read",
            ErrorCode::Empty => "the file is empty",
            ErrorCode::TooLarge => "larger than the limits allow",
            ErrorCode::DecodeFailed => "cannot be decoded",
            ErrorCode::NoVideoStream => "there are no pictures in it",
            ErrorCode::Setup => "something the program needs is missing or broken",
            ErrorCode::Cancelled => "cancelled",
            ErrorCode::Internal => "a fault of this program",
        }
    }

    fn skipped_more(&self, count: usize) -> String {
        format!("skipped: {count} more that are neither images nor videos, or are hidden")
    }

    fn warning(&self, code: WarningCode) -> &'static str {
        match code {
            WarningCode::Damaged => "the file is damaged",
            WarningCode::AnimationFirstFrame => "only the first picture of the animation was examined",
            WarningCode::DeviceFallback => "device",
            WarningCode::FacesDropped => "more faces than the limit, the largest were kept",
            WarningCode::Skipped => "skipped",
            WarningCode::ChangedWhileReading => "the file changed while it was read",
            WarningCode::ModelExpired => "a model is past its expiry date",
            WarningCode::ControlsFailed => "a device scored known samples wrongly, the cpu is used",
            WarningCode::DecoderMessage => "the decoder says",
            _ => "note",
        }
    }

    fn stage(&self, stage: Stage) -> &'static str {
        match stage {
            Stage::Listing => "looking for files",
            Stage::Hashing => "reading",
            Stage::Probing => "opening",
            Stage::Analysing => "examining",
            Stage::Aggregating => "summing up",
            Stage::Writing => "writing",
        }
    }

    fn people(&self, numbers: &[usize]) -> String {
        let noun = if numbers.len() == 1 { "person" } else { "persons" };
        format!("{noun} {}", enumerate(&numbers.iter().map(usize::to_string).collect::<Vec<_>>(), "and"))
    }

    fn about(&self, headline: &str, people: &str) -> String {
        format!("{headline}: {people}")
    }

    fn support(&self, s: Support<'_>) -> String {
        let images = if s.usable == 1 { "1 usable image".to_owned() } else { format!("{} usable images", s.usable) };
        let place = s.range.map_or(images.clone(), |(from, to)| format!("{from} to {to}, {images}"));
        format!(
            "For person {} ({place}), the observations give {} support to the proposition that the face was altered or \
             generated, rather than that it was not.",
            s.person,
            strength(s.strength)
        )
    }

    fn false_alarms(&self, c: Counts<'_>) -> String {
        let alarms = if c.hits == 1 { "1 false alarm".to_owned() } else { format!("{} false alarms", c.hits) };
        format!("In its validation the method {} raised {alarms} on {} real samples.", c.model, c.of)
    }

    fn nothing_found(&self, counts: &[Counts<'_>]) -> String {
        let none = "No indication of the manipulation types covered was found.";
        let end = "finding nothing is not evidence that nothing was done.";
        if counts.is_empty() {
            return format!("{none} {}", sentence(end));
        }
        let each: Vec<_> = counts.iter().map(|c| format!("{} found {} of {}", c.model, c.hits, c.of)).collect();
        format!("{none} Of the manipulated samples in validation, {}; {end}", enumerate(&each, "and"))
    }

    fn because(&self, headline: &str, reasons: &[Reason]) -> String {
        let reasons: Vec<_> = reasons.iter().map(|r| self.reason(*r)).collect();
        format!("{headline}: {}.", reasons.join("; "))
    }

    fn better_copy(&self) -> &'static str {
        "A better copy, ideally the original file from the device, could allow an examination."
    }

    fn usable(&self, usable: u64, all: u64) -> String {
        format!("{usable} of {all} {} usable", if all == 1 { "face" } else { "faces" })
    }

    fn score(&self, score: Score) -> String {
        format!("score {}", score.rounded())
    }

    fn scale(&self) -> &'static str {
        "The curve and the score are the detectors' calibrated score from 0 to 1, higher when more like manipulated \
         faces; it is not the probability that the file was manipulated."
    }

    fn stretches(&self, ranges: &[(String, String)]) -> String {
        let each: Vec<_> = ranges.iter().map(|(from, to)| format!("{from} to {to}")).collect();
        format!("What stands out: {}.", enumerate(&each, "and"))
    }

    fn region(&self, region: FaceRegion) -> &'static str {
        match region {
            FaceRegion::Eyes => "eyes",
            FaceRegion::Brows => "brows",
            FaceRegion::Nose => "nose",
            FaceRegion::Mouth => "mouth",
            FaceRegion::CheeksAndJaw => "cheeks and jaw",
            FaceRegion::Forehead => "forehead",
            FaceRegion::HairAndBorder => "hair and border",
            FaceRegion::Background => "background",
        }
    }

    fn regions(&self, model: &str, at: Option<&str>, parts: &[(FaceRegion, f64)]) -> String {
        if parts.is_empty() {
            return String::new();
        }
        let parts: Vec<_> = parts.iter().map(|(r, logit)| weighed(self.region(*r), *logit, '.')).collect();
        let at = at.map(|at| format!(" at {at}")).unwrap_or_default();
        format!("What moves {model}{at} most, in its raw units: {}.", parts.join(", "))
    }

    fn map_shown(&self, file: &str, beaten: u32, random: u32) -> String {
        format!("Heat map (does better than {beaten} of {random} random ones): {file}")
    }

    fn map_withheld(&self, beaten: u32, random: u32) -> String {
        format!(
            "The heat map is withheld: it does better than {beaten} of {random} random ones, too few to mean anything."
        )
    }

    fn maps(&self) -> &'static str {
        "Coloured areas of heat maps show what weighed most in a detector's score. They are an aid to viewing, not a map \
         of the manipulation."
    }

    fn ladder(&self, low: Score, high: Score) -> String {
        let (low, high) = (low.rounded(), high.rounded());
        format!("Re-encoded and shrunk, the images with the highest scores keep between {low} and {high}.")
    }

    fn baseline(&self, model: &str, n: u64, reached: u64, unusual: Unusual) -> String {
        match unusual {
            Unusual::Yes => format!(
                "By {model}, unusual relative to the {n} clips you supplied: higher than in all of them, which happens \
                 once in {} times by chance.",
                n + 1
            ),
            Unusual::No => format!(
                "By {model}, not unusual relative to the {n} clips you supplied: {reached} of them reach at least this \
                 score."
            ),
        }
    }

    fn problem(&self, problem: &Problem) -> String {
        match problem {
            Problem::Missing { file } => format!("missing from the package: {file}"),
            Problem::Changed { file } => format!("changed since it was sealed: {file}"),
            Problem::Added { file } => format!("not part of the sealed package: {file}"),
            Problem::Unreadable { file } => format!("cannot be read any more: {file}"),
            Problem::LogBroken { entry } => format!("the log does not hold together from entry {entry} on"),
            Problem::LogCut => "the log does not end where it ended when it was sealed".into(),
            Problem::Contradiction { what: "models" } => "manifest and analysis name different models".into(),
            Problem::Contradiction { .. } => "manifest and analysis are about different files".into(),
            Problem::Tolerance { asked } => {
                format!("the manifest lets raw outputs differ by {asked}, more than this program allows")
            }
        }
    }

    fn verify(&self, said: Said<'_>) -> String {
        match said {
            Said::Untouched(key) => format!("The package is as it was sealed. Fingerprint of the key: {key}"),
            Said::Touched => "The package is not as it was sealed.".into(),
            Said::ModelChanged(id) => format!("the weights of {id} here are not those that were used"),
            Said::ModelAbsent(id) => format!("{id}, which was used, is not installed here"),
            Said::NoEvidence => "The examined file is not at hand; its scores were not computed again.".into(),
            Said::EvidenceChanged { found } => {
                format!("the file at hand is not the one that was examined: its SHA-256 is {found}")
            }
            Said::EvidenceUnreadable(file) => format!("the file at hand cannot be read: {file}"),
            Said::EvidenceSame => "The file at hand is the one that was examined.".into(),
            Said::Confirmed { n, largest, tolerance } => format!(
                "Examined again: {n} raw outputs compared, at most {largest:.6} apart, {tolerance} allowed; same verdict."
            ),
            Said::Differs(what) => format!("examined again, it differs: {what}"),
            Said::NotRerun => "The scores were not computed again.".into(),
        }
    }

    fn more_people(&self, n: usize) -> String {
        format!("and {}", plural(n, "more person", "more persons"))
    }

    fn failed(&self) -> &'static str {
        "Failed"
    }

    fn covered(&self, first: &str, last: &str) -> String {
        format!("The file is damaged: only {first} to {last} could be examined.")
    }

    fn limits(&self) -> &'static str {
        "This describes what the listed methods observed in the file supplied. It does not establish where the \
         recording comes from, who made it, when, or with what intent. The methods recognise only classes of \
         manipulation similar to those in their validation data; manipulation of another kind may be present and \
         undetected."
    }

    fn editorial(&self) -> &'static str {
        "Do not publish this result alone. Corroborate with the source, the original file, context and the person \
         shown; a second examiner should repeat the review."
    }

    fn tally(&self, t: &Tally, seconds: f64) -> String {
        let all = t.all();
        let mut parts = Vec::new();
        for (n, what) in [
            (t.suspected, "suspected"),
            (t.inconclusive, "inconclusive"),
            (t.no_indication, "without indication"),
            (t.not_examined, "not examined"),
            (t.failed, "failed"),
        ] {
            if n > 0 {
                parts.push(format!("{n} {what}"));
            }
        }
        let files = plural(all, "file", "files");
        if parts.is_empty() {
            return format!("{files} in {seconds:.1} s");
        }
        format!("{files} in {seconds:.1} s: {}", parts.join(", "))
    }

    fn stopped(&self, left: usize, resumable: bool) -> String {
        let how = if resumable { "; the same command with --resume goes on" } else { "" };
        match left {
            0 => "stopped before the end".to_owned(),
            left => format!("stopped: {} not examined{how}", plural(left, "file was", "files were")),
        }
    }

    fn left(&self) -> &'static str {
        "left"
    }

    fn decimal_mark(&self) -> char {
        '.'
    }
}
