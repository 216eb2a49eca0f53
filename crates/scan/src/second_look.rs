//! The second look: slow detectors, shown the crops on which a person's verdict rests.

use std::path::{Path, PathBuf};

use analysis::{Findings, Look, MediaKind, Person, TimelineFace, TimelineFrame, VerdictCode};
use base::{Ctx, Progress, Score, Stage, Warning, WarningCode};
use nets::card::ModelCard;

use crate::again::{Again, Wanted};
use crate::error::ScanError;
use crate::given::Boxed;
use crate::ladder::{Pixels, deciding};
use crate::pipeline::Pipeline;
use crate::scorer::Scorer;

/// People who get one: those with the weightiest verdicts.
pub const SECOND_LOOK_PEOPLE: usize = 4;
/// Crops of a person in a video that get one: as many as a statement about a track needs, no more, because each costs
/// half a second of a processor.
pub const SECOND_LOOK_CROPS: usize = analysis::MIN_TRACK_CROPS;

/// Folders of the detectors that see everything, and of those that look twice: detectors with an encoder do where
/// there are others.
pub(crate) struct Folders {
    pub first: Vec<PathBuf>,
    pub second: Vec<PathBuf>,
}

impl Folders {
    /// Of these models, in their order.
    pub fn of(folders: Vec<PathBuf>) -> Result<Self, ScanError> {
        let (mut first, mut second) = (Vec::new(), Vec::new());
        for folder in folders {
            let slow = nets::model::load_card(&folder)?.architecture.has_encoder();
            if slow { &mut second } else { &mut first }.push(folder);
        }
        if first.is_empty() {
            std::mem::swap(&mut first, &mut second);
        }
        Ok(Self { first, second })
    }

    /// Their cards; `None` where one cannot be read.
    pub fn cards(&self) -> Option<Vec<ModelCard>> {
        self.first.iter().chain(&self.second).map(|folder| nets::model::load_card(folder).ok()).collect()
    }

    /// With all second detectors of `models_dir`.
    pub fn with_all_second(mut self, models_dir: &Path) -> Result<Self, ScanError> {
        for listed in nets::model::list(models_dir)? {
            let slow = listed.card.is_ok_and(|card| card.architecture.has_encoder());
            if slow && !self.first.contains(&listed.dir) && !self.second.contains(&listed.dir) {
                self.second.push(listed.dir);
            }
        }
        // Where only slow detectors look first all of them do, as when the same models are named one by one.
        let slow_first =
            self.first.iter().all(|dir| nets::model::load_card(dir).is_ok_and(|c| c.architecture.has_encoder()));
        if slow_first && !self.first.is_empty() {
            self.first.append(&mut self.second);
            return Ok(self);
        }
        if self.second.is_empty() { Err(ScanError::NoSecondLook { folder: models_dir.into() }) } else { Ok(self) }
    }
}

/// Has the crops on which verdicts rest looked at by the second detectors.
///
/// # Errors
/// [`ScanError::Cancelled`], a detector that failed. Frames that cannot be had again are warned about; the verdict
/// stays what it was.
pub(crate) fn with_second_looks(
    findings: Findings,
    kind: MediaKind,
    pixels: &Pixels<'_>,
    pipeline: &Pipeline,
    ctx: &Ctx,
) -> Result<Findings, ScanError> {
    if pipeline.second_scorers().is_empty() {
        return Ok(findings);
    }
    let people = chosen(&findings.people);
    let each = match kind {
        MediaKind::Image => 1,
        MediaKind::Video => SECOND_LOOK_CROPS,
    };
    let total = people.len() * each * pipeline.second_scorers().len();
    let mut looks = Vec::new();
    for (n, person) in people.iter().enumerate() {
        let wanted = key_crops(&findings.timeline, person, pipeline, each);
        let again = match pixels.again(&wanted, pipeline, ctx) {
            Ok(again) => again,
            Err(error) if error.code() == analysis::ErrorCode::Cancelled => return Err(error),
            Err(error) => {
                let detail = format!("person {} got no second look: {error}", person.track + 1);
                ctx.warn(Warning::new(WarningCode::DecoderMessage, detail));
                continue;
            }
        };
        // Crop by crop: detectors that share an encoder run it once for both.
        let scorers = pipeline.second_scorers();
        for (i, again) in again.iter().enumerate() {
            for (m, scorer) in scorers.iter().enumerate() {
                let done = ((n * each + i) * scorers.len() + m) as u64;
                ctx.checkpoint(Progress { stage: Stage::Aggregating, done, total: Some(total as u64) })?;
                looks.extend(look(scorer.as_ref(), again, person.track, pixels, pipeline)?);
            }
        }
    }
    Ok(findings.with_second_looks(&looks, kind, pipeline.first_policies(), pipeline.second_policies()))
}

/// `None` when the detector cuts no crop of this face.
fn look(
    scorer: &dyn Scorer,
    again: &Again,
    track: u32,
    pixels: &Pixels<'_>,
    pipeline: &Pipeline,
) -> Result<Option<Look>, ScanError> {
    let boxed = Boxed(scorer);
    let cutting = if matches!(pixels, Pixels::Given { .. }) { &boxed as &dyn Scorer } else { scorer };
    let Some(crop) = cutting.crop(&again.frame.rgb, &again.face) else { return Ok(None) };
    let logits = pipeline.pool().install(|| scorer.logits(&[crop]))?;
    let (frame, pts) = (again.frame.index, again.frame.pts);
    Ok(logits.first().map(|&logit| Look { track, frame, pts, model: scorer.id().to_owned(), logit }))
}

/// The examined people with the weightiest verdicts, then the highest scores.
fn chosen(people: &[Person]) -> Vec<&Person> {
    let mut chosen: Vec<&Person> = people.iter().filter(|p| p.verdict.code != VerdictCode::NotExamined).collect();
    let score = |p: &Person| p.score.map_or(-1.0, Score::get);
    chosen.sort_by(|a, b| {
        b.verdict.code.cmp(&a.verdict.code).then(score(b).total_cmp(&score(a))).then(a.track.cmp(&b.track))
    });
    chosen.truncate(SECOND_LOOK_PEOPLE);
    chosen
}

/// A person's crops on which the verdict rests: those that its detector scored highest, in order of time.
fn key_crops(timeline: &[TimelineFrame], person: &Person, pipeline: &Pipeline, most: usize) -> Vec<Wanted> {
    let model = deciding(person, pipeline).map(|(scorer, _)| scorer.id());
    let logit = |face: &TimelineFace| Some(face.scores.get(model?)?.logit);
    let faces = timeline.iter().flat_map(|frame| frame.faces.iter().map(move |face| (frame, face)));
    let own = faces.filter(|(_, face)| face.track == person.track && face.quality.usable);
    let mut scored: Vec<(f32, Wanted)> =
        own.filter_map(|(f, face)| Some((logit(face)?, Wanted::of(f, face)))).collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.pts.cmp(&b.1.pts)));
    scored.truncate(most);
    scored.sort_by_key(|(_, wanted)| (wanted.pts, wanted.frame));
    scored.into_iter().map(|(_, wanted)| wanted).collect()
}

#[cfg(test)]
#[path = "second_look_tests.rs"]
mod tests;
