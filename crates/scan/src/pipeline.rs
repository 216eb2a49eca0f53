//! What is loaded once and used for every item.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use analysis::{Model, ModelPolicy};
use base::{Ctx, Warning, WarningCode};
use detector::Detector;
use faces::{BlazeFaceDetector, BlazeFaceOptions, FaceDetector, Mtcnn, MtcnnOptions};
use media::{Limits, Sampling};
use nets::card::ModelCard;
use nets::date::Date;
use serde_json::json;

use crate::clock::unix_seconds;
use crate::error::ScanError;
use crate::options::{FaceFinder, Rate, ScanOptions};
use crate::policy::{model_of, policy_of};
use crate::scorer::Scorer;

/// The program as it names itself in results.
pub const APP: &str = concat!("facefiction ", env!("CARGO_PKG_VERSION"));

/// Models, device, threads and options, ready to examine any number of items.
pub struct Pipeline {
    pub(crate) finder: Box<dyn FaceDetector>,
    pub(crate) scorers: Vec<Box<dyn Scorer>>,
    pub(crate) policies: Vec<ModelPolicy>,
    pub(crate) models: Vec<Model>,
    pub(crate) sampling: Sampling,
    pub(crate) limits: Limits,
    pub(crate) device: &'static str,
    pub(crate) pool: rayon::ThreadPool,
    pub(crate) warnings: Vec<Warning>,
    pub(crate) configuration: String,
}

impl std::fmt::Debug for Pipeline {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pipeline").field("models", &self.models).field("device", &self.device).finish_non_exhaustive()
    }
}

impl Pipeline {
    /// Loads what `options` ask for from the folder of models; every weight is hashed and compared
    /// with its card. A device that had to be replaced and cards past their expiry are warned about
    /// in every result ([`Pipeline::warnings`]).
    ///
    /// # Errors
    /// A model that is missing, broken or of another kind; a device that is not there; an option that
    /// makes no sense.
    pub fn load(models_dir: &Path, options: &ScanOptions) -> Result<Self, ScanError> {
        options.validate()?;
        let ctx = Ctx::silent();
        let device = nets::device::select(options.device, &ctx)?;
        let (finder, finder_card) = load_finder(models_dir, options.finder)?;
        let mut scorers: Vec<Box<dyn Scorer>> = Vec::new();
        let mut policies = Vec::new();
        let mut cards = vec![finder_card];
        for folder in scoring_folders(models_dir, &options.models)? {
            let detector = Detector::load(&folder, &device)?;
            policies.push(policy_of(detector.card(), &folder)?);
            cards.push(detector.card().clone());
            scorers.push(Box::new(detector));
        }
        let today = Date::from_unix_seconds(unix_seconds(SystemTime::now()));
        for card in cards.iter().filter(|card| today.is_some_and(|today| card.expired(today))) {
            let detail = format!("{} expired on {}", card.id, card.expires);
            ctx.warn(Warning::new(WarningCode::ModelExpired, detail));
        }
        let device = nets::device::name(&device);
        let sampling = sampling(options.rate, &cards);
        Ok(Self {
            configuration: configuration(sampling, device, options, &cards),
            models: cards.iter().map(model_of).collect(),
            pool: pool(options.thread_count())?,
            warnings: ctx.take_warnings(),
            limits: options.limits.clone(),
            finder,
            scorers,
            policies,
            sampling,
            device,
        })
    }

    /// What a verdict may rest on: thresholds and validation counts of the scoring models.
    pub fn policies(&self) -> &[ModelPolicy] {
        &self.policies
    }

    /// The models that take part, the face detector first.
    pub fn models(&self) -> &[Model] {
        &self.models
    }

    /// SHA-256 in hexadecimal over everything that changes results: version, sampling, device, face
    /// detector, and the cards of all models, which hold their weights' hashes and their thresholds.
    pub fn configuration(&self) -> &str {
        &self.configuration
    }

    /// What every result is warned of: a replaced device, models past their expiry.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Threads for finding, scoring and decoding.
    pub fn threads(&self) -> usize {
        self.pool.current_num_threads()
    }

    /// `cpu`, `cuda` or `metal`.
    pub fn device(&self) -> &'static str {
        self.device
    }

    pub(crate) fn finder(&self) -> &dyn FaceDetector {
        self.finder.as_ref()
    }

    pub(crate) fn scorers(&self) -> &[Box<dyn Scorer>] {
        &self.scorers
    }

    pub(crate) fn sampling(&self) -> Sampling {
        self.sampling
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(crate) fn pool(&self) -> &rayon::ThreadPool {
        &self.pool
    }
}

fn load_finder(models_dir: &Path, finder: FaceFinder) -> Result<(Box<dyn FaceDetector>, ModelCard), ScanError> {
    let card = nets::model::load_card(&nets::model::find(models_dir, finder.model_id())?)?;
    let finder: Box<dyn FaceDetector> = match finder {
        FaceFinder::Mtcnn => Box::new(Mtcnn::load(models_dir, MtcnnOptions::default())?),
        FaceFinder::BlazeFace => Box::new(BlazeFaceDetector::load(models_dir, BlazeFaceOptions::default())?),
    };
    Ok((finder, card))
}

/// Folders of the models asked for, in that order and each once; of all that score faces, in order of
/// id, when none was asked for. A broken card fails the scan only when its model is used.
fn scoring_folders(models_dir: &Path, ids: &[String]) -> Result<Vec<PathBuf>, ScanError> {
    if !ids.is_empty() {
        let mut folders = Vec::new();
        for id in ids {
            let folder = nets::model::find(models_dir, id)?;
            if !folders.contains(&folder) {
                folders.push(folder);
            }
        }
        return Ok(folders);
    }
    let mut folders = Vec::new();
    for listed in nets::model::list(models_dir)? {
        if listed.card?.task.scores() {
            folders.push(listed.dir);
        }
    }
    if folders.is_empty() { Err(ScanError::NoModels { folder: models_dir.to_path_buf() }) } else { Ok(folders) }
}

fn sampling(rate: Rate, cards: &[ModelCard]) -> Sampling {
    match rate {
        Rate::EveryFrame => Sampling::EveryFrame,
        Rate::PerSecond(fps) => Sampling::PerSecond(fps),
        Rate::FromCard => {
            let stated = cards.iter().filter_map(|c| c.scoring.as_ref()).map(|s| s.fps);
            Sampling::PerSecond(stated.fold(0.0, f64::max))
        }
    }
}

fn configuration(sampling: Sampling, device: &str, options: &ScanOptions, cards: &[ModelCard]) -> String {
    let rate = match sampling {
        Sampling::EveryFrame => None,
        Sampling::PerSecond(fps) => Some(fps),
    };
    let limits = format!("{:?}", options.limits);
    let all = json!({ "app": APP, "rate": rate, "device": device, "limits": limits, "models": cards });
    nets::model::sha256_hex(all.to_string().as_bytes())
}

pub(crate) fn pool(threads: usize) -> Result<rayon::ThreadPool, ScanError> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|n| format!("scan-{n}"))
        .build()
        .map_err(|e| ScanError::Threads { threads, message: e.to_string() })
}
