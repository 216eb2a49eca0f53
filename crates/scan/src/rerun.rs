//! An analysis, made again and compared: the same file, models and sampling must give the same numbers.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use analysis::{
    Analysis, MAX_GAP_US, MediaKind, ModelScore, Person, Segment, Stability, Task, TimelineFace, TimelineFrame, Verdict,
};
use base::{Cancelled, Ctx};
use nets::device::DeviceChoice;

use crate::error::ScanError;
use crate::item::scan_item;
use crate::options::{FaceFinder, Rate, ScanOptions};
use crate::pipeline::Pipeline;

/// What a second run came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// The largest difference between two logits of the same face or person.
    pub largest: f64,
    /// Logits compared.
    pub logits: usize,
    /// What differs beyond the tolerance or in kind, in English, the first few; empty when the analysis is
    /// confirmed.
    pub differences: Vec<String>,
    /// The device of the second run.
    pub device: String,
}

/// Differences that are told.
const TOLD: usize = 5;
/// How far the share of images above a threshold may move: a rounding may carry a few of them across it.
const SHARE: f64 = 0.02;

/// The options that an analysis was made with, as far as they change results.
pub fn options_of(analysis: &Analysis) -> ScanOptions {
    let rate = match (analysis.file.kind, analysis.run.fps) {
        (Some(MediaKind::Video), Some(fps)) => Rate::PerSecond(fps),
        (Some(MediaKind::Video), None) => Rate::EveryFrame,
        _ => Rate::FromCard,
    };
    let scoring = |task| matches!(task, Task::FaceManipulation | Task::FaceSynthesis);
    let models = analysis.models.iter().filter(|m| scoring(m.task)).map(|m| m.id.clone()).collect();
    let blazeface = analysis.models.iter().any(|m| m.id == FaceFinder::BlazeFace.model_id());
    let finder = if blazeface { FaceFinder::BlazeFace } else { FaceFinder::Mtcnn };
    let device = match analysis.run.device.as_str() {
        "cuda" => DeviceChoice::Cuda,
        "metal" => DeviceChoice::Metal,
        _ => DeviceChoice::Cpu,
    };
    ScanOptions { rate, models, finder, device, ..ScanOptions::default() }
}

/// Examines the file at `path` as `analysis` says it was examined, and compares. A device that is not here is
/// replaced by the CPU.
///
/// # Errors
/// Models that cannot be loaded, [`ScanError::Cancelled`]. A file that cannot be examined is a difference.
pub fn rerun(
    path: &Path,
    analysis: &Analysis,
    tolerance: f64,
    models_dir: &Path,
    ctx: &Ctx,
) -> Result<Compared, ScanError> {
    let options = options_of(analysis);
    let pipeline = Pipeline::load(models_dir, &options).or_else(|error| match options.device {
        DeviceChoice::Cpu => Err(error),
        _ => Pipeline::load(models_dir, &ScanOptions { device: DeviceChoice::Cpu, ..options.clone() }),
    })?;
    let again = scan_item(path, &pipeline, ctx).map_err(|Cancelled| ScanError::Cancelled)?;
    Ok(compare(analysis, &again, tolerance))
}

/// Compares two analyses of one file, in both directions: what only one of them has is a difference too.
fn compare(first: &Analysis, second: &Analysis, tolerance: f64) -> Compared {
    let none = Compared { largest: 0.0, logits: 0, differences: Vec::new(), device: second.run.device.clone() };
    let mut found = Comparison { tolerance, compared: none };
    if let Some(error) = &second.error {
        found.differ(format!("the file cannot be examined now: {}", error.message));
        return found.compared;
    }
    found.verdicts("", &first.verdict, &second.verdict);
    found.people(&first.people, &second.people);
    found.timelines(&first.timeline, &second.timeline);
    found.compared
}

/// What was compared so far.
struct Comparison {
    tolerance: f64,
    compared: Compared,
}

impl Comparison {
    fn differ(&mut self, what: String) {
        if self.compared.differences.len() < TOLD {
            self.compared.differences.push(what);
        }
    }

    /// `whose` stands before what is said: nothing, or a person with a colon.
    fn verdicts(&mut self, whose: &str, first: &Verdict, second: &Verdict) {
        let said = |v: &Verdict| (v.code, v.strength, v.reasons.clone());
        if said(first) != said(second) {
            self.differ(format!("{whose}the verdict is {}, was {}", worded(second), worded(first)));
        }
        let score = |v: &Verdict| v.score.map(base::Score::get);
        self.numbers(&format!("{whose}the score of the verdict"), score(first), score(second));
    }

    fn people(&mut self, first: &[Person], second: &[Person]) {
        if first.len() != second.len() {
            self.differ(format!("{} people, were {}", second.len(), first.len()));
        }
        for (track, was, is) in paired(&people_of(first), &people_of(second)) {
            let who = name(*track);
            match (was, is) {
                (Some(was), Some(is)) => self.persons(&who, was, is),
                (Some(_), None) => self.differ(format!("{who} is not there now")),
                (None, _) => self.differ(format!("{who} was not there")),
            }
        }
    }

    fn persons(&mut self, who: &str, first: &Person, second: &Person) {
        self.verdicts(&format!("{who}: "), &first.verdict, &second.verdict);
        let score = |p: &Person| p.score.map(base::Score::get);
        self.numbers(&format!("{who}: the score"), score(first), score(second));
        self.model_scores(who, &first.scores, &second.scores);
        let faces = |p: &Person| (p.crops, p.usable_crops);
        if faces(first) != faces(second) {
            self.differ(format!("{who}: faces and usable ones are {:?}, were {:?}", faces(second), faces(first)));
        }
        let what = format!("{who}: the share of images above the threshold");
        self.within(&what, first.fraction_above, second.fraction_above, SHARE);
        self.stretches(who, &first.segments, &second.segments);
        self.ladders(who, first.stability.as_ref(), second.stability.as_ref());
    }

    /// Stretches above a threshold. Their ends may move a little: a rounding may carry an image across it.
    fn stretches(&mut self, who: &str, first: &[Segment], second: &[Segment]) {
        let near = |a: &Segment, b: &Segment| {
            let apart = [a.start_us.micros_since(b.start_us), a.end_us.micros_since(b.end_us)];
            a.model == b.model && apart.iter().all(|us| us.unsigned_abs() <= MAX_GAP_US.unsigned_abs())
        };
        let told = |s: &Segment| format!("by {} from {} to {} µs", s.model, s.start_us.micros(), s.end_us.micros());
        for was in first {
            match second.iter().find(|is| near(was, is)) {
                Some(is) => {
                    let peaks = (was.peak.get(), is.peak.get());
                    self.numbers(&format!("{who}: the peak {}", told(was)), Some(peaks.0), Some(peaks.1));
                }
                None => self.differ(format!("{who}: there is no stretch {} now", told(was))),
            }
        }
        for is in second.iter().filter(|is| !first.iter().any(|was| near(was, is))) {
            self.differ(format!("{who}: there was no stretch {}", told(is)));
        }
    }

    fn ladders(&mut self, who: &str, first: Option<&Stability>, second: Option<&Stability>) {
        let said = |s: Option<&Stability>| s.map(|s| (s.ladder.clone(), s.model.clone(), s.crops, s.holds));
        if said(first) != said(second) {
            self.differ(format!("{who}: what the ladder says is {:?}, was {:?}", said(second), said(first)));
        }
        let rungs = |s: Option<&Stability>| {
            let rungs = s.into_iter().flat_map(|s| &s.rungs);
            rungs.map(|r| (r.rung, (r.logit, r.score.get()))).collect::<BTreeMap<_, _>>()
        };
        for (rung, was, is) in paired(&rungs(first), &rungs(second)) {
            let (logit, score) = (|s: &(f64, f64)| s.0, |s: &(f64, f64)| s.1);
            self.numbers(&format!("{who}: the raw output on rung {rung:?}"), was.map(logit), is.map(logit));
            self.numbers(&format!("{who}: the score on rung {rung:?}"), was.map(score), is.map(score));
        }
    }

    fn timelines(&mut self, first: &[TimelineFrame], second: &[TimelineFrame]) {
        if first.len() != second.len() {
            self.differ(format!("{} frames, were {}", second.len(), first.len()));
        }
        for (was, is) in first.iter().zip(second) {
            let place = |f: &TimelineFrame| (f.frame.0, f.pts_us.micros());
            if place(was) != place(is) {
                self.differ(format!("frame and time in µs are {:?}, were {:?}", place(is), place(was)));
            }
            let at = was.pts_us.micros();
            for ((track, _), a, b) in paired(&by_track(&was.faces), &by_track(&is.faces)) {
                let who = format!("{} at {at} µs", name(*track));
                match (a, b) {
                    (Some(a), Some(b)) => self.faces(&who, a, b),
                    (Some(_), None) => self.differ(format!("{who} is not there now")),
                    (None, _) => self.differ(format!("{who} was not there")),
                }
            }
        }
    }

    fn faces(&mut self, who: &str, first: &TimelineFace, second: &TimelineFace) {
        if first.quality.usable != second.quality.usable {
            self.differ(format!("{who}: usable is {}, was {}", second.quality.usable, first.quality.usable));
        }
        self.model_scores(who, &first.scores, &second.scores);
        let score = |f: &TimelineFace| f.score.map(base::Score::get);
        self.numbers(&format!("{who}: the score"), score(first), score(second));
    }

    /// Raw outputs, which are counted, and what they were calibrated to.
    fn model_scores(&mut self, who: &str, first: &BTreeMap<String, ModelScore>, second: &BTreeMap<String, ModelScore>) {
        for (id, was, is) in paired(first, second) {
            match (was, is) {
                (Some(was), Some(is)) => {
                    let (a, b) = (f64::from(was.logit), f64::from(is.logit));
                    self.compared.logits += 1;
                    self.compared.largest = self.compared.largest.max((a - b).abs());
                    if (a - b).is_nan() || (a - b).abs() > self.tolerance {
                        self.differ(format!("{who}: {id} gives {b:.4}, was {a:.4}"));
                    }
                    let what = format!("{who}: the score by {id}");
                    self.numbers(&what, Some(was.score.get()), Some(is.score.get()));
                }
                (Some(_), None) => self.differ(format!("{who} has no score by {id} now")),
                (None, _) => self.differ(format!("{who} had no score by {id}")),
            }
        }
    }

    fn numbers(&mut self, what: &str, was: Option<f64>, is: Option<f64>) {
        self.within(what, was, is, self.tolerance);
    }

    fn within(&mut self, what: &str, was: Option<f64>, is: Option<f64>, tolerance: f64) {
        match (was, is) {
            (None, None) => {}
            (Some(_), None) => self.differ(format!("{what} is not there now")),
            (None, Some(_)) => self.differ(format!("{what} was not there")),
            (Some(was), Some(is)) if (was - is).abs() <= tolerance => {}
            (Some(was), Some(is)) => self.differ(format!("{what} is {is:.4}, was {was:.4}")),
        }
    }
}

/// `person 2`.
fn name(track: u32) -> String {
    format!("person {}", u64::from(track) + 1)
}

/// `Suspected (Moderate, ModelsDisagree)`.
fn worded(verdict: &Verdict) -> String {
    let strength = verdict.strength.map(|s| format!("{s:?}"));
    let said: Vec<String> = strength.into_iter().chain(verdict.reasons.iter().map(|r| format!("{r:?}"))).collect();
    if said.is_empty() { format!("{:?}", verdict.code) } else { format!("{:?} ({})", verdict.code, said.join(", ")) }
}

fn people_of(people: &[Person]) -> BTreeMap<u32, &Person> {
    people.iter().map(|person| (person.track, person)).collect()
}

/// The faces of a frame by person; a number tells apart those that have one person.
fn by_track(faces: &[TimelineFace]) -> BTreeMap<(u32, usize), &TimelineFace> {
    let mut seen: BTreeMap<u32, usize> = BTreeMap::new();
    let numbered = faces.iter().map(|face| {
        let n = seen.entry(face.track).or_default();
        *n += 1;
        ((face.track, *n), face)
    });
    numbered.collect()
}

/// Both sides of everything that either of two lists names.
fn paired<'a, K: Ord, V>(
    first: &'a BTreeMap<K, V>,
    second: &'a BTreeMap<K, V>,
) -> impl Iterator<Item = (&'a K, Option<&'a V>, Option<&'a V>)> {
    let names: BTreeSet<&K> = first.keys().chain(second.keys()).collect();
    names.into_iter().map(move |name| (name, first.get(name), second.get(name)))
}

#[cfg(test)]
#[path = "rerun_tests.rs"]
mod tests;
