//! An analysis, made again and compared: the same file, models and sampling must give the same numbers.

use std::path::Path;

use analysis::{Analysis, MediaKind, Task};
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

/// Compares two analyses of one file.
fn compare(first: &Analysis, second: &Analysis, tolerance: f64) -> Compared {
    let mut compared = Compared { largest: 0.0, logits: 0, differences: Vec::new(), device: second.run.device.clone() };
    let told = |d: &Compared| d.differences.len() < TOLD;
    let differ = |compared: &mut Compared, what: String| {
        if told(compared) {
            compared.differences.push(what);
        }
    };
    if let Some(error) = &second.error {
        differ(&mut compared, format!("the file cannot be examined now: {}", error.message));
        return compared;
    }
    let verdict = |a: &Analysis| (a.verdict.code, a.verdict.strength, a.verdict.reasons.clone());
    if verdict(first) != verdict(second) {
        differ(&mut compared, format!("the verdict is {:?}, was {:?}", second.verdict.code, first.verdict.code));
    }
    if first.people.len() != second.people.len() {
        differ(&mut compared, format!("{} people, were {}", second.people.len(), first.people.len()));
    }
    if first.timeline.len() != second.timeline.len() {
        differ(&mut compared, format!("{} frames, were {}", second.timeline.len(), first.timeline.len()));
    }
    let people = first.people.iter().zip(&second.people).flat_map(|(a, b)| {
        let name = format!("person {}", a.track + 1);
        a.scores.iter().map(move |(id, score)| (name.clone(), id, score.logit, b.scores.get(id).map(|s| s.logit)))
    });
    let frames = first.timeline.iter().zip(&second.timeline);
    let faces = frames.flat_map(|(f, g)| {
        let at = f.pts_us.micros();
        f.faces.iter().flat_map(move |face| {
            let other = g.faces.iter().find(|o| o.track == face.track);
            let name = format!("person {} at {at} µs", face.track + 1);
            let of = move |(id, s): (_, &analysis::ModelScore)| {
                (name.clone(), id, s.logit, other.and_then(|o| o.scores.get(id)).map(|s| s.logit))
            };
            face.scores.iter().map(of)
        })
    });
    for (who, id, was, is) in people.chain(faces) {
        compared.logits += 1;
        match is {
            None => differ(&mut compared, format!("{who} has no score by {id} now")),
            Some(is) => {
                let apart = (f64::from(was) - f64::from(is)).abs();
                compared.largest = compared.largest.max(apart);
                if apart.is_nan() || apart > tolerance {
                    differ(&mut compared, format!("{who}: {id} gives {is:.4}, was {was:.4}"));
                }
            }
        }
    }
    compared
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    #[test]
    fn a_second_run_confirms_and_a_forged_number_is_named() {
        let root: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let options = ScanOptions { device: DeviceChoice::Cpu, threads: Some(2), ..ScanOptions::default() };
        let pipeline = Pipeline::load(&root.join("models"), &options).unwrap();
        let path = root.join("assets/samples/side-by-side.jpg");
        let mut analysis = scan_item(&path, &pipeline, &Ctx::silent()).unwrap();
        let again = rerun(&path, &analysis, 1e-3, &root.join("models"), &Ctx::silent()).unwrap();
        assert_eq!((again.differences.as_slice(), again.logits > 4, again.largest <= 1e-3), (&[][..], true, true));
        let score = analysis.people[1].scores.get_mut("manipulated-faces").unwrap();
        score.logit += 0.5;
        let forged = compare(&analysis, &scan_item(&path, &pipeline, &Ctx::silent()).unwrap(), 1e-3);
        assert_eq!(forged.differences.len(), 1, "{forged:?}");
        assert!(forged.differences[0].starts_with("person 2: manipulated-faces"), "{forged:?}");
        assert_eq!(options_of(&analysis).models, ["generated-faces", "manipulated-faces"]);
    }
}
