//! From a model's card to what may be concluded from its logits.

use std::path::Path;

use analysis::{Calibration, Model, ModelPolicy, OperatingPoint, OperatingPoints, Task, Together};
use base::Score;
use nets::card::{self, ModelCard, Scoring};

use crate::error::ScanError;

/// What may be concluded from a scoring model's logits. The thresholds are those of the operating
/// points; the counts that bound the wording are those of the validation, which is the more
/// independent of the two. They hold for stills and for tracks of videos alike. `first` are the models that looked before
/// this one; none where it looks itself.
///
/// # Errors
/// [`ScanError::Card`] when the card scores nothing or its numbers contradict each other.
pub(crate) fn policy_of(card: &ModelCard, folder: &Path, first: &[ModelCard]) -> Result<ModelPolicy, ScanError> {
    let bad = |what| ScanError::Card { what, path: folder.join(nets::model::CARD_FILE) };
    let scoring = card.scoring.as_ref().ok_or(bad("it scores nothing"))?;
    let (calibration, points) = judged(scoring).map_err(bad)?;
    let together = card.together(first.iter()).map(|t| {
        let (calibration, points) = judged(&t.scoring)?;
        let (image, video) = (Some(points), Some(points));
        Ok(Together { with: t.with.clone(), weights: [t.own, t.other], calibration, image, video })
    });
    let together = together.transpose().map_err(bad)?;
    let (image, video) = (Some(points), Some(points));
    Ok(ModelPolicy { id: card.id.clone(), task: task_of(card.task), calibration, image, video, together })
}

fn judged(scoring: &Scoring) -> Result<(Calibration, OperatingPoints), &'static str> {
    let card::Calibration::Platt { slope, intercept, .. } = scoring.calibration;
    let calibration = Calibration::new(slope, intercept).ok_or("its calibration falls or is not a number")?;
    let points = &scoring.operating_points;
    let high = Score::new(points.suspected.threshold).ok_or("a threshold lies outside 0 to 1")?;
    let low = Score::new(points.no_indication.threshold).ok_or("a threshold lies outside 0 to 1")?;
    let suspected = OperatingPoint {
        threshold: high,
        false_alarms: scoring.validation.false_alarms.into(),
        n_real: scoring.validation.n_real.into(),
        found: scoring.validation.found.into(),
        n_fake: scoring.validation.n_fake.into(),
    };
    Ok((calibration, OperatingPoints::new(suspected, low).ok_or("its two thresholds are not in order")?))
}

/// The model as it stands in the result.
pub(crate) fn model_of(card: &ModelCard) -> Model {
    Model {
        id: card.id.clone(),
        // What confirms faces belongs to finding them.
        task: if card.task == card::Task::FaceLandmarks { Task::FaceDetection } else { task_of(card.task) },
        architecture: card.architecture.to_string(),
        sha256: card.weights.sha256.clone(),
        encoder_sha256: card.encoder.as_ref().map(|encoder| encoder.sha256.clone()),
    }
}

/// The same question in the words of the result.
pub fn task_of(task: card::Task) -> Task {
    match task {
        card::Task::FaceManipulation => Task::FaceManipulation,
        card::Task::FaceSynthesis => Task::FaceSynthesis,
        card::Task::FaceDetection => Task::FaceDetection,
        card::Task::FaceLandmarks => Task::FaceLandmarks,
    }
}
