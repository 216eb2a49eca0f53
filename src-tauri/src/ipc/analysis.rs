//! A kept analysis as the window shows it.

use library::{StoredAnalysis, Summary, ThresholdFacts, ValidationFacts};
use scan::analysis::metrics::Alike;
use scan::analysis::{Explanation, FileFacts, ItemError, MediaKind, Model, Person, Run, TimelineFrame, Verdict};
use scan::base::{FrameIndex, Timestamp};
use serde::Serialize;

use super::{FacePoint, FramePoint};

/// Whether the file is still the one that was examined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum Integrity {
    /// Not known yet.
    Checking,
    /// The same bytes.
    Unchanged,
    /// Other bytes.
    Changed,
    /// It is not where it was.
    Missing,
    /// It cannot be read.
    Unreadable,
}

/// What a model's scores were held against.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Threshold {
    /// The model's id.
    pub model: String,
    /// At or above: suspected.
    pub suspected: f64,
    /// Below: no indication.
    pub no_indication: f64,
}

/// What a model's validation counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Validation {
    /// The model's id.
    pub model: String,
    /// Independent real samples.
    pub n_real: u32,
    /// Those called suspected.
    pub false_alarms: u32,
    /// Independent manipulated samples.
    pub n_fake: u32,
    /// Those called suspected.
    pub found: u32,
    /// What counts as one sample.
    pub unit: String,
    /// Which samples.
    pub measured_on: String,
}

/// One line of a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct AnalysisSummary {
    /// Its number.
    pub id: i64,
    /// The case it belongs to.
    pub case_id: Option<i64>,
    /// Name of the file.
    pub name: String,
    /// Still or moving.
    pub kind: Option<MediaKind>,
    /// What it came to.
    pub verdict: Verdict,
    /// How many people were seen.
    pub people: u32,
    /// Of a video.
    pub duration_us: Option<i64>,
    /// RFC 3339.
    pub analysed_at: String,
    /// Why it could not be examined.
    pub error: Option<ItemError>,
}

/// A kept analysis with everything about it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct AnalysisView {
    /// Its number.
    pub id: i64,
    /// The case it belongs to.
    pub case_id: Option<i64>,
    /// Name of the file.
    pub name: String,
    /// The file as it was when it was examined, at the place where it was last.
    pub file: FileFacts,
    /// What it came to.
    pub verdict: Verdict,
    /// Sorted by track.
    pub people: Vec<Person>,
    /// The models that took part.
    pub models: Vec<Model>,
    /// Of the scoring models, at that time.
    pub thresholds: Vec<Threshold>,
    /// Of the scoring models, at that time.
    pub validations: Vec<Validation>,
    /// What its models did on files like this one, as far as they are installed and bring that.
    pub alike: Vec<Alike>,
    /// How it was run.
    pub run: Run,
    /// Why it could not be examined.
    pub error: Option<ItemError>,
    /// Whether the file is still the same.
    pub integrity: Integrity,
    /// The whole timeline; within refined ranges every frame.
    pub frames: Vec<FramePoint>,
    /// People whose verdict rests on a detector that was shown some of their pictures only.
    pub decided_on_some: Vec<u32>,
    /// Why the detectors gave the scores they gave; none until that was asked for.
    pub explanations: Vec<Explanation>,
    /// The user's.
    pub note: String,
    /// Ranges that were examined again at every frame.
    pub refined: Vec<(Timestamp, Timestamp)>,
}

impl From<Summary> for AnalysisSummary {
    fn from(kept: Summary) -> Self {
        let Summary { id, case, name, kind, verdict, people, duration_us, analysed_at, error } = kept;
        Self { id, case_id: case, name, kind, verdict, people, duration_us, analysed_at, error }
    }
}

impl From<ThresholdFacts> for Threshold {
    fn from(kept: ThresholdFacts) -> Self {
        let ThresholdFacts { model, suspected, no_indication } = kept;
        Self { model, suspected, no_indication }
    }
}

impl From<ValidationFacts> for Validation {
    fn from(kept: ValidationFacts) -> Self {
        let ValidationFacts { model, n_real, false_alarms, n_fake, found, unit, measured_on } = kept;
        Self { model, n_real, false_alarms, n_fake, found, unit, measured_on }
    }
}

impl AnalysisView {
    /// The view of what was kept, of a file that is in this state.
    pub fn new(kept: StoredAnalysis, integrity: Integrity, alike: Vec<Alike>) -> Self {
        let StoredAnalysis { summary, evidence, analysis, basis, note, refined } = kept;
        let at = FileFacts::at(&evidence.path);
        let on_some = analysis.people.iter().filter(|person| person.decided_on_some(&analysis.timeline));
        let decided_on_some = on_some.map(|person| person.track).collect();
        let ranges: Vec<_> = refined.iter().map(|range| (range.from, range.to)).collect();
        let in_a_range = |pts: Timestamp| ranges.iter().any(|&(from, to)| (from..=to).contains(&pts));
        let mut frames: Vec<TimelineFrame> =
            analysis.timeline.into_iter().filter(|frame| !in_a_range(frame.pts_us)).collect();
        frames.extend(refined.into_iter().flat_map(|range| range.frames));
        frames.sort_by_key(|frame| frame.pts_us);
        frames.dedup_by_key(|frame| frame.pts_us);
        Self {
            id: summary.id,
            case_id: summary.case,
            name: summary.name,
            file: FileFacts { path: at.path, path_bytes: at.path_bytes, ..analysis.file },
            verdict: analysis.verdict,
            people: analysis.people,
            models: analysis.models,
            thresholds: basis.thresholds.into_iter().map(Into::into).collect(),
            validations: basis.validations.into_iter().map(Into::into).collect(),
            alike,
            run: analysis.run,
            error: analysis.error,
            integrity,
            frames: frames.into_iter().map(|frame| FramePoint::of_timeline(frame, &basis.cuts)).collect(),
            explanations: analysis.explanations,
            note,
            decided_on_some,
            refined: ranges,
        }
    }
}

impl FramePoint {
    /// A frame of a document; `cuts` are the frames that begin a shot.
    pub fn of_timeline(frame: TimelineFrame, cuts: &[FrameIndex]) -> Self {
        let faces = frame.faces.into_iter().map(|face| FacePoint {
            track: face.track,
            rect: face.rect,
            score: face.score,
            usable: face.quality.usable,
            reasons: face.quality.reasons,
        });
        Self { frame: frame.frame, pts_us: frame.pts_us, cut: cuts.contains(&frame.frame), faces: faces.collect() }
    }
}
