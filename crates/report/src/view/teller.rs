//! Names, times, people and models in the words of the report.

use std::collections::BTreeSet;

use analysis::{
    Analysis, EvidenceState, Exhibit, ExhibitKind, MediaKind, ModelFacts, Person, Reason, ScoringFacts, Task,
    TimelineFace, VerdictCode,
};
use base::Timestamp;

use super::Assets;
use super::looks::Looks;
use crate::charts::{Gap, Lane, Sample, Thresholds};
use crate::dossier::Dossier;
use crate::material::{Extent, Material, Redaction, concerned};
use crate::names::Names;
use crate::safe::one_line;
use crate::words::{Lang, Words, fill, listed, of};

/// Times between images that are joined in a chart, in distances between examined frames.
const JOINED: i64 = 3;
const JOINED_AT_LEAST_US: i64 = 1_000_000;

/// The material with its words.
pub(crate) struct Teller<'a> {
    pub m: &'a Material<'a>,
    pub w: &'a Words,
    pub lang: Lang,
    /// Whose faces may be shown.
    concerned: BTreeSet<u32>,
    looks: Looks,
    names: Names,
}

impl<'a> Teller<'a> {
    pub fn new(m: &'a Material<'a>, w: &'a Words) -> Self {
        let (looks, names) = (Looks::of(m.analysis), Names::of(m.analysis, m.dossier));
        Self { m, w, lang: m.style.lang, concerned: concerned(m.analysis, m.dossier), looks, names }
    }

    pub fn analysis(&self) -> &'a Analysis {
        self.m.analysis
    }

    pub fn dossier(&self) -> &'a Dossier {
        self.m.dossier
    }

    pub fn redacted(&self) -> bool {
        self.m.style.redaction == Redaction::On
    }

    pub fn is_video(&self) -> bool {
        self.analysis().file.kind == Some(MediaKind::Video)
    }

    /// The people whom the report is about, in order.
    pub fn concerned(&self) -> &BTreeSet<u32> {
        &self.concerned
    }

    /// The file's own name, without its folders, on one line.
    pub fn file_name(&self) -> String {
        if self.redacted() {
            return self.w.masked_name.clone();
        }
        let path = &self.analysis().file.path;
        let name = path.rsplit(['/', '\\']).find(|part| !part.is_empty()).unwrap_or(path);
        one_line(name)
    }

    /// What a program said, on one line; without names of files where they are masked, `None` where it may still hold
    /// one.
    pub fn said(&self, detail: &str) -> Option<String> {
        let told =
            if self.redacted() { self.names.masked(detail, &self.w.masked_name) } else { Some(detail.to_owned()) };
        told.map(|told| one_line(&told))
    }

    /// What the examiner wrote; without names where they are masked, and not at all where it may still lead to a file.
    pub fn noted(&self, text: &str) -> String {
        let masked = || self.names.masked(text, &self.w.masked_name).unwrap_or_else(|| self.w.masked_name.clone());
        if self.redacted() { masked() } else { text.to_owned() }
    }

    /// Why nothing could be examined; `None` where something was.
    pub fn failure(&self) -> Option<String> {
        self.analysis().error.as_ref().map(|error| of(&self.w.error, &error.code))
    }

    pub fn title(&self) -> String {
        match (&self.dossier().question, self.redacted()) {
            (Some(question), false) => one_line(question),
            // Whoever asked may have named somebody.
            (_, true) => fill(&self.w.question_default, &[("file", &self.w.masked_name)]),
            (None, false) => fill(&self.w.question_default, &[("file", &self.file_name())]),
        }
    }

    pub fn header(&self) -> [String; 2] {
        let product = match self.m.style.extent {
            Extent::Full => &self.w.product,
            Extent::Summary => &self.w.product_summary,
        };
        let mut right = Vec::new();
        if let Some(case) = &self.dossier().case {
            right.push(fill(&self.w.case, &[("case", &one_line(&self.noted(case)))]));
        }
        if let Some(id) = &self.dossier().report_id {
            right.push(fill(&self.w.report_id, &[("id", &one_line(&self.noted(id)))]));
        }
        right.push(self.lang.moment(self.m.made));
        [product.clone(), right.join(" · ")]
    }

    /// `person 2`, `person 2, “the speaker”`.
    pub fn person(&self, track: u32) -> String {
        let n = (track + 1).to_string();
        match self.dossier().people.get(&n).filter(|_| !self.redacted()) {
            Some(name) => fill(&self.w.person_named, &[("n", &n), ("name", &one_line(name))]),
            None => fill(&self.w.person, &[("n", &n)]),
        }
    }

    /// `person 2`, `persons 1 and 3`.
    pub fn people(&self, tracks: &[u32]) -> String {
        match tracks {
            [one] => self.person(*one),
            many => {
                let numbers: Vec<String> = many.iter().map(|t| (t + 1).to_string()).collect();
                fill(&self.w.people_many, &[("list", &listed(&numbers, &self.w.people_and))])
            }
        }
    }

    pub fn time(&self, t: Timestamp) -> String {
        self.lang.time(t)
    }

    pub fn score(&self, score: base::Score) -> String {
        self.lang.marked(score.rounded())
    }

    pub fn images(&self, n: u64) -> String {
        if n == 1 { self.w.image_one.clone() } else { fill(&self.w.image_many, &[("n", &self.lang.integer(n))]) }
    }

    pub fn alarms(&self, n: u64) -> String {
        if n == 1 { self.w.alarm_one.clone() } else { fill(&self.w.alarm_many, &[("n", &self.lang.integer(n))]) }
    }

    pub fn reasons(&self, reasons: &[Reason]) -> Vec<String> {
        reasons.iter().map(|r| of(&self.w.reason, r)).collect()
    }

    pub fn question_of(&self, task: Task) -> String {
        of(&self.w.task, &task)
    }

    pub fn facts(&self, id: &str) -> Option<&'a ModelFacts> {
        self.m.models.iter().find(|m| m.id == id)
    }

    pub fn scoring(&self, id: &str) -> Option<&'a ScoringFacts> {
        self.facts(id)?.scoring.as_ref()
    }

    /// What a curve's caption adds where the detector on which a person's verdict rests was shown some frames only.
    pub fn looked<'p>(&self, people: impl IntoIterator<Item = &'p Person>) -> Option<String> {
        let timeline = &self.analysis().timeline;
        let model = people.into_iter().find(|person| person.decided_on_some(timeline))?.decided_by()?;
        Some(fill(&self.w.fig_looked, &[("model", model)]))
    }

    /// What a model's card says of its scores, with the thresholds that hold for this item.
    pub fn judged(&self, id: &str) -> Option<(&'a ScoringFacts, Thresholds)> {
        let facts = self.scoring(id)?;
        Some((facts, self.looks.thresholds(id, facts)))
    }

    /// The thresholds that a chart shows: those of the gravest person's detector.
    pub fn thresholds(&self) -> Option<(&'a ScoringFacts, Thresholds)> {
        let gravest = self.most_telling().into_iter().find_map(|p| self.judged(p.decided_by()?));
        gravest.or_else(|| self.m.models.iter().find_map(|m| self.judged(&m.id)))
    }

    /// A threshold or another number between 0 and 1 on an axis.
    pub fn tick(&self, value: f64) -> String {
        base::Score::new(value).map_or_else(|| self.lang.decimal(value, 2), |score| self.score(score))
    }

    /// The gravest first.
    pub fn most_telling(&self) -> Vec<&'a Person> {
        let mut people: Vec<&Person> = self.analysis().people.iter().collect();
        let score = |p: &Person| p.score.map_or(-1.0, base::Score::get);
        people.sort_by(|a, b| {
            b.verdict.code.cmp(&a.verdict.code).then(score(b).total_cmp(&score(a))).then(a.track.cmp(&b.track))
        });
        people
    }

    pub fn with_code(&self, code: VerdictCode) -> Vec<u32> {
        self.analysis().people.iter().filter(|p| p.verdict.code == code).map(|p| p.track).collect()
    }

    /// Every face of a person, with its frame's number and time.
    pub fn faces(&self, track: u32) -> impl Iterator<Item = (u64, Timestamp, &'a TimelineFace)> + use<'a> {
        let frames = self.m.analysis.timeline.iter();
        frames.flat_map(move |f| {
            f.faces.iter().filter(move |face| face.track == track).map(move |face| (f.frame.0, f.pts_us, face))
        })
    }

    pub fn lane(&self, person: &Person) -> Lane {
        let scored = self.faces(person.track).filter(|(.., face)| face.quality.usable);
        let samples = scored.filter_map(|(_, t, face)| Some(Sample { us: t.micros(), score: face.score?.get() }));
        Lane { track: person.track, label: (person.track + 1).to_string(), samples: samples.collect() }
    }

    /// First and last examined moment; the file's length where that is longer.
    pub fn span(&self) -> (i64, i64) {
        let times = || self.analysis().timeline.iter().map(|f| f.pts_us.micros());
        let duration = self.analysis().file.media.as_ref().and_then(|m| m.duration_us).unwrap_or(0);
        let (first, last) = (times().min().unwrap_or(0), times().max().unwrap_or(0));
        (first.min(0), last.max(duration).max(first.min(0) + 1))
    }

    pub fn gap(&self) -> Gap {
        let mut steps: Vec<i64> = self
            .analysis()
            .timeline
            .windows(2)
            .filter_map(|w| Some(w.last()?.pts_us.micros_since(w.first()?.pts_us)))
            .collect();
        steps.sort_unstable();
        let usual = steps.get(steps.len() / 2).copied().unwrap_or(0);
        Gap(JOINED_AT_LEAST_US.max(usual * JOINED))
    }

    /// Why there are no pictures; `None` when there are some.
    pub fn why_no_pictures(&self) -> Option<String> {
        if self.exhibits().next().is_some() {
            return None;
        }
        Some(match self.m.evidence {
            _ if self.analysis().people.is_empty() && self.failure().is_none() => self.w.no_pictures_no_face.clone(),
            EvidenceState::Absent => self.w.no_pictures_absent.clone(),
            EvidenceState::Changed { found } => fill(&self.w.no_pictures_changed, &[("found", found)]),
            _ if self.failure().is_some() => self.w.no_pictures_failed.clone(),
            EvidenceState::Undecodable => self.w.no_pictures_damaged.clone(),
            EvidenceState::Unchanged if self.redacted() => self.w.no_pictures_nobody.clone(),
            EvidenceState::Unchanged => self.w.no_pictures_no_face.clone(),
        })
    }

    /// The pictures that may be shown.
    pub fn exhibits(&self) -> impl Iterator<Item = &'a Exhibit> {
        let shown = |e: &&Exhibit| !self.redacted() || (self.concerned.contains(&e.track) && e.masked);
        self.m.exhibits.iter().filter(shown)
    }

    pub fn exhibits_of(&self, track: u32, kind: ExhibitKind) -> Vec<&'a Exhibit> {
        self.exhibits().filter(|e| e.track == track && e.kind == kind).collect()
    }

    /// The score of a person's face in a frame.
    pub fn score_at(&self, e: &Exhibit) -> Option<base::Score> {
        let mut faces = self.faces(e.track);
        faces.find(|(_, t, _)| *t == e.pts_us).and_then(|(.., face)| face.score)
    }

    /// The pictures as files for the template.
    pub fn pictures(&self) -> Assets {
        self.exhibits().map(|e| (picture_file(e), e.bytes.clone())).collect()
    }
}

/// Where the template finds a picture.
pub(crate) fn picture_file(e: &Exhibit) -> String {
    format!("/pictures/{}", e.name)
}

/// Whether the picture's quality stands in the way, not the methods.
pub(crate) fn a_better_copy_helps(reason: &Reason) -> bool {
    matches!(
        reason,
        Reason::TooFewUsableFaces | Reason::TooSmall | Reason::Blurred | Reason::OverCompressed | Reason::DamagedFile
    )
}
