//! The thread that works through the queue.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use library::{Basis, HeatMap, NewAnalysis, Refined, Summary, ThresholdFacts, ValidationFacts};
use scan::analysis::{
    Analysis, ErrorCode as ItemCode, FaceObservation, FrameObservation, ItemError, ModelScore, Person, TimelineFace,
    TimelineFrame,
};
use scan::base::{Cancelled, Ctx, FrameIndex, Score, Timestamp};
use scan::{
    Explained, Observer, Pipeline, ScanError, explain_item, models, options_of, scan_item_observed, scan_range,
};

use super::known::known;
use super::tracks::match_tracks;
use super::{Kept, Outcome, Task, Work};
use crate::desk::{Desk, Notice};
use crate::error::{CommandError, ErrorCode};
use crate::evidence::{require_same, stamp_of};
use crate::ipc::{FacePoint, FramePoint};
use crate::now::now;

/// Works until the queue is closed.
pub(crate) fn work(desk: &Desk) {
    let idle = |counts| {
        desk.rest();
        desk.tell(Notice::QueueFinished(counts));
    };
    while let Some(task) = desk.queue.next(&idle) {
        let began = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| run(desk, &task)));
        let outcome =
            outcome.unwrap_or_else(|_| Outcome::Failed(item_error(ItemCode::Internal, &"the program is at fault")));
        desk.queue.finish(&task, outcome, began.elapsed().as_secs_f64());
    }
}

/// Why a task came to no result.
enum Stop {
    Cancelled,
    Failed(ItemError),
}

impl From<Cancelled> for Stop {
    fn from(_: Cancelled) -> Self {
        Self::Cancelled
    }
}

impl From<ScanError> for Stop {
    fn from(error: ScanError) -> Self {
        match error.code() {
            ItemCode::Cancelled => Self::Cancelled,
            code => Self::Failed(item_error(code, &error)),
        }
    }
}

impl From<CommandError> for Stop {
    fn from(error: CommandError) -> Self {
        let code = match error.code {
            ErrorCode::Cancelled => return Self::Cancelled,
            ErrorCode::Setup => ItemCode::Setup,
            ErrorCode::NotFound => ItemCode::NotFound,
            ErrorCode::NotReadable => ItemCode::NotReadable,
            _ => ItemCode::Internal,
        };
        Self::Failed(item_error(code, &error))
    }
}

fn item_error(code: ItemCode, message: &dyn std::fmt::Display) -> ItemError {
    ItemError { code, message: message.to_string() }
}

fn run(desk: &Desk, task: &Task) -> Outcome {
    let ctx = Ctx::new(task.cancel.clone(), |progress| desk.queue.progress(task, progress));
    let done = match task.work {
        Work::Whole => whole(desk, task, &ctx),
        Work::Range { analysis, from, to } => range(desk, task, &ctx, analysis, (from, to)),
        Work::Explain { analysis } => explain(desk, task, &ctx, analysis),
    };
    match done {
        Ok(outcome) => outcome,
        Err(Stop::Cancelled) => Outcome::Cancelled,
        Err(Stop::Failed(error)) => Outcome::Failed(error),
    }
}

fn whole(desk: &Desk, task: &Task, ctx: &Ctx<'_>) -> Result<Outcome, Stop> {
    // Before the models are loaded, since the file is opened meanwhile: what is read has this stamp or a later one.
    let stamp = stamp_of(&task.path);
    let pipeline = desk.pipeline_for(Some(&task.path))?;
    if let Some(known) = known(desk, task, &pipeline, stamp, ctx)? {
        return Ok(Outcome::Skipped(kept(known)));
    }
    let cuts = RefCell::new(Vec::new());
    let observer = Observer {
        on_file: &|file| {
            desk.queue.describe(task.id, file);
            task.job.opened(file.clone());
        },
        on_picture: &|frame| task.job.pictured(frame),
        on_frame: &|frame| {
            if frame.cut {
                cuts.borrow_mut().push(frame.frame);
            }
            task.job.examined(point_of(frame, &pipeline));
        },
    };
    let analysis = scan_item_observed(&task.path, &pipeline, ctx, &observer)?;
    if let Some(error) = analysis.error {
        return Err(Stop::Failed(error));
    }
    if let Some(sha256) = &analysis.file.sha256 {
        // Its thumbnails are asked for next.
        desk.frames.hashes.remember(&task.path, stamp, sha256);
    }
    let basis = basis_of(desk, &pipeline, &analysis, cuts.into_inner())?;
    let new = NewAnalysis {
        case: task.case,
        listed: desk.choices().settings.history,
        path: &task.path,
        stamp,
        analysis: &analysis,
        basis: &basis,
        configuration: pipeline.configuration(),
        at: &now(),
    };
    let (id, summary) = desk.with_library(|library| {
        let id = library.record(&new)?;
        Ok((id, library.summary(id)?))
    })?;
    Ok(Outcome::Done(Kept { analysis: id, ..kept(summary) }))
}

fn kept(summary: Summary) -> Kept {
    let Summary { id, verdict, people, duration_us, .. } = summary;
    Kept { analysis: id, verdict, people, duration_us }
}

fn range(
    desk: &Desk,
    task: &Task,
    ctx: &Ctx<'_>,
    id: i64,
    (from, to): (Timestamp, Timestamp),
) -> Result<Outcome, Stop> {
    let (document, pipeline) = reopened(desk, task, ctx, id)?;
    let on_frame = |frame: &FrameObservation| task.job.examined(point_of(frame, &pipeline));
    let frames = scan_range(&task.path, (from, to), &pipeline, ctx, &on_frame)?;
    let refined = Refined { from, to, frames: timeline_of(&document, frames, &pipeline) };
    let summary = desk.with_library(|library| {
        library.refine(id, &refined)?;
        library.summary(id)
    })?;
    Ok(Outcome::Done(kept(summary)))
}

fn explain(desk: &Desk, task: &Task, ctx: &Ctx<'_>, id: i64) -> Result<Outcome, Stop> {
    let (document, pipeline) = reopened(desk, task, ctx, id)?;
    let explained = explain_item(&task.path, &document, &pipeline, ctx)?;
    if explained.is_empty() {
        return Err(Stop::Failed(item_error(ItemCode::DecodeFailed, &"no face of the analysis was found again")));
    }
    let kept_maps = explained.into_iter().map(|one| {
        let Explained { explanation, png, overlay } = one;
        let map = png.zip(overlay).map(|(picture, overlay)| HeatMap { picture, overlay });
        (explanation, map)
    });
    let explained = kept_maps.collect();
    let summary = desk.with_library(|library| {
        library.explain(id, explained)?;
        library.summary(id)
    })?;
    desk.frames.forget();
    Ok(Outcome::Done(kept(summary)))
}

/// An analysis and its models, to look again at its file. What comes of it is shown as part of the analysis: it belongs
/// to the very file and the very models of it.
fn reopened(desk: &Desk, task: &Task, ctx: &Ctx<'_>, id: i64) -> Result<(Analysis, Arc<Pipeline>), Stop> {
    let document = desk.with_library(|library| library.document(id))?;
    task.job.opened(document.file.clone());
    require_same(&task.path, document.file.sha256.as_deref(), ctx)?;
    let pipeline = pipeline_of(desk, &document)?;
    Ok((document, pipeline))
}

/// The loaded models when they are those of the analysis; else those of the analysis, loaded for this once.
fn pipeline_of(desk: &Desk, document: &Analysis) -> Result<Arc<Pipeline>, Stop> {
    let pipeline = desk.pipeline()?;
    if pipeline.models() == document.models {
        return Ok(pipeline);
    }
    let own = Pipeline::load(&desk.models_folder()?, &options_of(document))?;
    if own.models() != document.models {
        return Err(Stop::Failed(item_error(
            ItemCode::Setup,
            &"the models of the analysis are not installed any more",
        )));
    }
    Ok(Arc::new(own))
}

/// Frames of a range with the people and the calibration of the analysis.
fn timeline_of(document: &Analysis, frames: Vec<FrameObservation>, pipeline: &Pipeline) -> Vec<TimelineFrame> {
    let tracks = match_tracks(&document.timeline, &frames);
    let face = |seen: FaceObservation| {
        let track = tracks.get(&seen.track).copied().unwrap_or(seen.track);
        let scores: std::collections::BTreeMap<_, _> = scores_of(&seen, pipeline).collect();
        let person = document.people.iter().find(|person| person.track == track);
        let score = person
            .and_then(Person::decided_by)
            .and_then(|model| scores.get(model))
            .or_else(|| scores.values().max_by(|a, b| a.score.total_cmp(&b.score)))
            .map(|score| score.score);
        let FaceObservation { rect, landmarks, quality, .. } = seen;
        TimelineFace { track, rect, landmarks, quality, score, scores }
    };
    frames
        .into_iter()
        .map(|frame| {
            let mut faces: Vec<_> = frame.faces.into_iter().map(face).collect();
            faces.sort_by_key(|face| face.track);
            TimelineFrame { frame: frame.frame, pts_us: frame.pts, faces }
        })
        .collect()
}

fn scores_of<'a>(
    face: &'a FaceObservation,
    pipeline: &'a Pipeline,
) -> impl Iterator<Item = (String, ModelScore)> + use<'a> {
    face.logits.iter().filter_map(|(model, &logit)| {
        let policy = pipeline.policies().iter().find(|policy| policy.id == *model)?;
        let score = policy.calibration.score(f64::from(logit))?;
        Some((model.clone(), ModelScore { logit, score }))
    })
}

fn point_of(frame: &FrameObservation, pipeline: &Pipeline) -> FramePoint {
    let highest = |face: &FaceObservation| -> Option<Score> {
        scores_of(face, pipeline).map(|(_, score)| score.score).max_by(Score::total_cmp)
    };
    let mut faces: Vec<FacePoint> = frame
        .faces
        .iter()
        .map(|face| FacePoint {
            track: face.track,
            rect: face.rect,
            score: highest(face),
            usable: face.quality.usable,
            reasons: face.quality.reasons.clone(),
        })
        .collect();
    faces.sort_by_key(|face| face.track);
    FramePoint { frame: frame.frame, pts_us: frame.pts, cut: frame.cut, faces }
}

/// Thresholds and validation of the models that score, as they are now and as they hold for that many people.
fn basis_of(
    desk: &Desk,
    pipeline: &Pipeline,
    analysis: &Analysis,
    cuts: Vec<FrameIndex>,
) -> Result<Basis, CommandError> {
    let folder = desk.models_folder()?;
    let mut basis = Basis { cuts, ..Basis::default() };
    for policy in pipeline.policies() {
        if let Some(points) = analysis.file.kind.and_then(|kind| policy.points_in_use(kind)) {
            basis.thresholds.push(ThresholdFacts {
                model: policy.id.clone(),
                suspected: points.suspected().threshold_for(analysis.looks() as f64).get(),
                no_indication: points.no_indication().get(),
            });
        }
        let card = models::load_card(&models::find(&folder, &policy.id)?)?;
        let together = card.together.map(|t| t.scoring).filter(|_| policy.together.is_some());
        if let Some(scoring) = together.or(card.scoring) {
            let counted = scoring.validation;
            basis.validations.push(ValidationFacts {
                model: policy.id.clone(),
                n_real: counted.n_real,
                false_alarms: counted.false_alarms,
                n_fake: counted.n_fake,
                found: counted.found,
                unit: counted.unit,
                measured_on: counted.measured_on,
            });
        }
    }
    Ok(basis)
}
