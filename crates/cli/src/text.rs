//! One analysis as text for people: verdict first, then the people with their lanes, reasons in words.

use scan::analysis::{Analysis, MediaKind, ModelPolicy, Person, Reason, VerdictCode};
use scan::base::Score;

use crate::baseline;
use crate::explanations;
use crate::glyphs::Glyphs;
use crate::lanes;
use crate::safe::one_line;
use crate::words::{Counts, Support, Words, time};

/// Columns of running text.
const COLUMNS: usize = 100;
/// People listed one by one; a crowd's others are counted.
const MAX_PEOPLE: usize = 12;

/// How analyses are written for people.
pub(crate) struct TextStyle<'a> {
    /// Language.
    pub words: &'static dyn Words,
    /// Signs.
    pub glyphs: Glyphs,
    /// What the detectors did in validation.
    pub policies: &'a [ModelPolicy],
}

impl TextStyle<'_> {
    /// The item as a paragraph, ending with an empty line.
    pub(crate) fn item(&self, analysis: &Analysis) -> String {
        let mut lines = vec![one_line(&analysis.file.path)];
        match &analysis.error {
            Some(error) => {
                let what = self.words.about(self.words.failed(), self.words.error(error.code));
                lines.push(format!("  {} {what}", self.glyphs.failed()));
                wrap(&mut lines, 4, &one_line(&error.message));
            }
            None => self.examined(analysis, &mut lines),
        }
        lines.push(String::new());
        lines.push(String::new());
        lines.join("\n")
    }

    /// What belongs under all items: how to read the curves, and the limits.
    pub(crate) fn footer(&self) -> String {
        let mut lines = Vec::new();
        for text in [self.words.scale(), self.words.limits(), self.words.editorial()] {
            wrap(&mut lines, 0, text);
        }
        lines.push(String::new());
        lines.join("\n")
    }

    fn examined(&self, analysis: &Analysis, lines: &mut Vec<String>) {
        let code = analysis.verdict.code;
        let suspects: Vec<usize> =
            analysis.people.iter().filter(|p| p.verdict.code == VerdictCode::Suspected).map(number).collect();
        let headline = self.words.verdict(code);
        let headline = match code {
            VerdictCode::Suspected if analysis.people.len() > 1 && !suspects.is_empty() => {
                self.words.about(headline, &self.words.people(&suspects))
            }
            VerdictCode::Inconclusive | VerdictCode::NotExamined if !analysis.verdict.reasons.is_empty() => {
                self.words.because(headline, &analysis.verdict.reasons)
            }
            _ => headline.to_owned(),
        };
        wrap(lines, 2, &format!("{} {headline}", self.glyphs.verdict(code)));
        self.sentences(analysis, lines);
        if let Some(facts) = self.facts(analysis) {
            lines.push(format!("    {facts}"));
        }
        if analysis.explanations.iter().any(|e| e.picture.is_some()) {
            wrap(lines, 4, self.words.maps());
        }
        let listed = most_telling(&analysis.people);
        for person in &listed {
            self.person(analysis, person, lines);
        }
        if listed.len() < analysis.people.len() {
            lines.push(format!("    {}", self.words.more_people(analysis.people.len() - listed.len())));
        }
    }

    fn sentences(&self, analysis: &Analysis, lines: &mut Vec<String>) {
        let verdict = &analysis.verdict;
        match verdict.code {
            VerdictCode::Suspected => {
                for person in analysis.people.iter().filter(|p| p.verdict.code == VerdictCode::Suspected) {
                    wrap(lines, 4, &self.support(analysis, person));
                }
            }
            VerdictCode::NoIndication => wrap(lines, 4, &self.words.nothing_found(&self.found(analysis))),
            VerdictCode::Inconclusive | VerdictCode::NotExamined if verdict.reasons.iter().any(a_better_copy_helps) => {
                wrap(lines, 4, self.words.better_copy());
            }
            VerdictCode::Inconclusive | VerdictCode::NotExamined => {}
        }
        let covered = analysis.file.media.as_ref().and_then(|m| m.covered_us);
        if let Some([first, last]) = covered {
            let [first, last] = [first, last].map(|us| time(scan::base::Timestamp::from_micros(us), self.words));
            wrap(lines, 4, &self.words.covered(&first, &last));
        }
    }

    fn support(&self, analysis: &Analysis, person: &Person) -> String {
        let Some(strength) = person.verdict.strength else { return String::new() };
        let ends = [person.first_us, person.last_us].map(|t| time(t, self.words));
        let range = (analysis.file.kind == Some(MediaKind::Video)).then_some((ends[0].as_str(), ends[1].as_str()));
        let support = Support { person: number(person), strength, range, usable: person.usable_crops };
        let mut text = self.words.support(support);
        let points = self.deciding(person).and_then(|p| Some((p, p.points(analysis.file.kind?)?)));
        if let Some((policy, points)) = points {
            let suspected = points.suspected();
            let counts = Counts { model: &policy.id, hits: suspected.false_alarms, of: suspected.n_real };
            text = format!("{text} {}", self.words.false_alarms(counts));
        }
        text
    }

    /// The detector on which the person's verdict rests.
    fn deciding(&self, person: &Person) -> Option<&ModelPolicy> {
        let model = person.decided_by()?;
        self.policies.iter().find(|policy| policy.id == model)
    }

    /// How many manipulated samples each detector found in validation.
    fn found<'p>(&'p self, analysis: &Analysis) -> Vec<Counts<'p>> {
        let points = self.policies.iter().filter_map(|p| Some((p, p.points(analysis.file.kind?)?.suspected())));
        points.map(|(p, s)| Counts { model: &p.id, hits: s.found, of: s.n_fake }).collect()
    }

    fn facts(&self, analysis: &Analysis) -> Option<String> {
        let media = analysis.file.media.as_ref()?;
        let mut facts = format!("{} {} {}, {}", media.width, self.glyphs.times(), media.height, one_line(&media.codec));
        if let Some(us) = media.duration_us {
            facts = format!("{facts}, {}", time(scan::base::Timestamp::from_micros(us), self.words));
        }
        if let Some(sha256) = &analysis.file.sha256 {
            facts = format!("{facts}, SHA-256 {sha256}");
        }
        Some(facts)
    }

    fn person(&self, analysis: &Analysis, person: &Person, lines: &mut Vec<String>) {
        let name = self.words.people(&[number(person)]);
        let [first, last] = [person.first_us, person.last_us].map(|t| time(t, self.words));
        let mut parts = vec![format!("{} {name}", self.glyphs.verdict(person.verdict.code))];
        if analysis.file.kind == Some(MediaKind::Video) {
            parts.push(format!("{first}{}{last}", self.glyphs.dash()));
        }
        parts.push(self.words.usable(person.usable_crops, person.crops));
        if let Some(score) = person.score {
            parts.push(self.words.score(score));
        }
        lines.push(format!("    {}", parts.join("   ")));
        if let Some(lane) = lanes::lane(&analysis.timeline, person.track, self.glyphs) {
            let wall = self.glyphs.wall();
            lines.push(format!("      {wall}{lane}{wall}"));
        }
        let told = person.verdict.code == VerdictCode::Suspected
            || (person.verdict.code, &person.verdict.reasons) == (analysis.verdict.code, &analysis.verdict.reasons);
        if !told && !person.verdict.reasons.is_empty() {
            wrap(lines, 6, &self.words.because(self.words.verdict(person.verdict.code), &person.verdict.reasons));
        }
        if person.verdict.code == VerdictCode::Suspected && !person.segments.is_empty() {
            let ranges: Vec<_> =
                person.segments.iter().map(|s| (time(s.start_us, self.words), time(s.end_us, self.words))).collect();
            wrap(lines, 6, &self.words.stretches(&ranges));
        }
        if let Some(stability) = &person.stability {
            let scores = || stability.rungs.iter().map(|r| r.score);
            if let (Some(low), Some(high)) = (scores().min_by(Score::total_cmp), scores().max_by(Score::total_cmp)) {
                wrap(lines, 6, &self.words.ladder(low, high));
            }
        }
        for text in baseline::sentences(analysis, person, self.words) {
            wrap(lines, 6, &text);
        }
        for text in explanations::sentences(analysis, person, self.words) {
            wrap(lines, 6, &text);
        }
    }
}

/// The number people are told apart by: from 1, where tracks count from 0.
fn number(person: &Person) -> usize {
    person.track as usize + 1
}

/// At most [`MAX_PEOPLE`], the suspected and the longest seen first chosen, told in order of track.
fn most_telling(people: &[Person]) -> Vec<&Person> {
    let mut chosen: Vec<&Person> = people.iter().collect();
    chosen.sort_by(|a, b| {
        (b.verdict.code == VerdictCode::Suspected)
            .cmp(&(a.verdict.code == VerdictCode::Suspected))
            .then(b.usable_crops.cmp(&a.usable_crops))
            .then(b.crops.cmp(&a.crops))
            .then(a.track.cmp(&b.track))
    });
    chosen.truncate(MAX_PEOPLE);
    chosen.sort_by_key(|p| p.track);
    chosen
}

/// Whether the picture's quality stands in the way, not the methods.
fn a_better_copy_helps(reason: &Reason) -> bool {
    matches!(
        reason,
        Reason::TooFewUsableFaces | Reason::TooSmall | Reason::Blurred | Reason::OverCompressed | Reason::DamagedFile
    )
}

/// Appends the text, broken at spaces after [`COLUMNS`] and indented.
fn wrap(lines: &mut Vec<String>, indent: usize, text: &str) {
    let mut line = String::new();
    let mut width = 0;
    for word in text.split(' ').filter(|w| !w.is_empty()) {
        let letters = word.chars().count();
        if width > 0 && indent + width + 1 + letters > COLUMNS {
            lines.push(format!("{:indent$}{line}", ""));
            (line, width) = (String::new(), 0);
        }
        if width > 0 {
            line.push(' ');
            width += 1;
        }
        line.push_str(word);
        width += letters;
    }
    if !line.is_empty() {
        lines.push(format!("{:indent$}{line}", ""));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{analysis, face, failed, frame, person, policy};
    use crate::words::Lang;
    use crate::words::tests::FORBIDDEN;
    use scan::analysis::{ErrorCode, Strength, Verdict};

    fn style(lang: Lang, policies: &[ModelPolicy]) -> TextStyle<'_> {
        TextStyle { words: lang.words(), glyphs: Glyphs::Unicode, policies }
    }

    fn two_people() -> Analysis {
        let score = Score::new(0.97).unwrap();
        let suspect = Verdict::suspected(score, Strength::Limited, []);
        let small = Verdict::inconclusive(Score::new(0.2).unwrap(), [Reason::TooSmall]);
        let mut item = analysis("clip.mp4", suspect.clone());
        item.people = vec![person(0, suspect, 41, 44), person(1, small, 2, 12)];
        item.timeline = (0..44).map(|n| frame(n * 6, n as i64 * 200_000, vec![face(0, Some(0.97))])).collect();
        item
    }

    #[test]
    fn a_suspicion_names_the_person_the_support_and_the_false_alarms() {
        let policies = [policy("swapped", 2, 310)];
        let text = style(Lang::En, &policies).item(&two_people());
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.starts_with("clip.mp4\n  ◆ Manipulation suspected: person 1\n"), "{text}");
        assert!(flat.contains("limited support to the proposition"), "{text}");
        assert!(flat.contains("the method swapped raised 2 false alarms on 310 real samples."), "{text}");
        assert!(flat.contains("◐ person 2") && flat.contains("Inconclusive: the face is too small."), "{text}");
        assert!(text.contains("│████"), "{text}");
        let french = style(Lang::Fr, &policies).item(&two_people());
        assert!(french.contains("◆ Soupçon de manipulation\u{a0}: personne 1"), "{french}");
    }

    #[test]
    fn no_rendering_uses_a_forbidden_word_or_a_line_too_long() {
        let policies = [policy("swapped", 2, 310)];
        let score = Score::new(0.02).unwrap();
        let verdicts = [
            Verdict::no_indication(score, []),
            Verdict::inconclusive(score, [Reason::TooFewUsableFaces, Reason::TurnedAway]),
            Verdict::not_examined([Reason::NoFace]),
        ];
        let mut items: Vec<_> = verdicts.map(|v| analysis("a.jpg", v)).to_vec();
        items.extend([two_people(), failed("b.jpg", ErrorCode::Empty, "the file is empty: b.jpg")]);
        for lang in [Lang::En, Lang::Fr] {
            let style = style(lang, &policies);
            let all: String = items.iter().map(|i| style.item(i)).chain([style.footer()]).collect();
            for word in FORBIDDEN {
                assert!(!all.to_lowercase().contains(word), "{word}: {all}");
            }
            for line in all.lines().filter(|l| !l.contains("SHA-256")) {
                assert!(line.chars().count() <= COLUMNS, "{line}");
            }
        }
    }

    #[test]
    fn an_item_without_a_face_shows_no_number() {
        let text = style(Lang::En, &[]).item(&analysis("a.jpg", Verdict::not_examined([Reason::NoFace])));
        assert!(text.contains("◌ Not examined: no face was found."), "{text}");
        assert!(!text.contains("score"), "{text}");
    }

    #[test]
    fn a_name_cannot_break_the_layout() {
        let text = style(Lang::En, &[]).item(&failed("a\nb.jpg", ErrorCode::Empty, "the file is empty: a\nb.jpg"));
        assert!(text.starts_with("a\\nb.jpg\n  ✕ Failed: the file is empty\n"), "{text}");
    }

    #[test]
    fn a_crowd_is_cut_to_those_who_matter() {
        let none = Verdict::not_examined([Reason::TooSmall]);
        let mut item = two_people();
        item.people.extend((2..40).map(|n| person(n, none.clone(), 0, 1)));
        let text = style(Lang::En, &[]).item(&item);
        assert!(text.contains("◆ person 1 ") && text.contains("and 28 more persons"), "{text}");
    }
}
