//! What is loaded once and used for every item.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use analysis::{Control, Model, ModelPolicy};
use base::{Ctx, Warning, WarningCode};
use detector::{Detector, DetectorError};
use faces::{BlazeFaceDetector, BlazeFaceOptions, FaceDetector, Mtcnn, MtcnnOptions, QualityGate};
use media::{Frame, Limits, Media, MediaError, Sampling};
use nets::card::ModelCard;
use nets::date::Date;
use nets::device::Device;
use rayon::prelude::*;
use serde_json::json;

use crate::ahead::Ahead;
use crate::clock::unix_seconds;
use crate::controls::{self, trusted};
use crate::delivery::Delivery;
use crate::error::ScanError;
use crate::options::{BLAZEFACE_RANGE, FaceFinder, Rate, ScanOptions, SecondLook};
use crate::policy::{model_of, policy_of};
use crate::scorer::Scorer;
use crate::second_look::Folders;

/// The program as it names itself in results.
pub const APP: &str = concat!("facefiction ", env!("CARGO_PKG_VERSION"));

/// The model that confirms faces and places their landmarks.
const FACE_MESH: &str = "face-mesh";

/// Models, device, threads and options, ready to examine any number of items.
pub struct Pipeline {
    pub(crate) finder: Box<dyn FaceDetector>,
    pub(crate) gate: QualityGate,
    pub(crate) scorers: Vec<Box<dyn Scorer>>,
    /// That look at key crops only.
    pub(crate) second: Vec<Box<dyn Scorer>>,
    /// Of the scorers, then of the second ones.
    pub(crate) policies: Vec<ModelPolicy>,
    pub(crate) models: Vec<Model>,
    pub(crate) sampling: Sampling,
    pub(crate) limits: Limits,
    pub(crate) device: &'static str,
    pub(crate) pool: rayon::ThreadPool,
    pub(crate) warnings: Vec<Warning>,
    pub(crate) configuration: String,
    pub(crate) controls: Vec<Control>,
    pub(crate) delivery: Option<Delivery>,
    pub(crate) models_dir: PathBuf,
    pub(crate) ahead: Ahead,
}

impl std::fmt::Debug for Pipeline {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pipeline").field("models", &self.models).field("device", &self.device).finish_non_exhaustive()
    }
}

impl Pipeline {
    /// Loads what `options` ask for from the folder of models; every weight is hashed and compared
    /// with its card, and every shipped detector scores known samples before it may score anything
    /// else ([`Pipeline::controls`]). A device that had to be replaced, because it is not there or
    /// because it computes those samples wrongly, and cards past their expiry are warned about in every
    /// result ([`Pipeline::warnings`]).
    ///
    /// # Errors
    /// A model that is missing, broken or of another kind; a device that is not there; an option that
    /// makes no sense; [`ScanError::Controls`] when the CPU too scores known samples wrongly.
    pub fn load(models_dir: &Path, options: &ScanOptions) -> Result<Self, ScanError> {
        Self::load_beside(models_dir, options, None)
    }

    /// The same while the file that will be examined first is opened on another thread, and its decoder started.
    ///
    /// # Errors
    /// As [`Pipeline::load`]; what is wrong with the file is told when its turn comes.
    pub fn load_for(models_dir: &Path, options: &ScanOptions, first: &Path) -> Result<Self, ScanError> {
        Self::load_beside(models_dir, options, Some(first))
    }

    fn load_beside(models_dir: &Path, options: &ScanOptions, first: Option<&Path>) -> Result<Self, ScanError> {
        options.validate()?;
        let ctx = Ctx::silent();
        let device = nets::device::select(options.device, &ctx)?;
        let folders = scoring_folders(models_dir, options);
        let ahead = first.map_or_else(Ahead::default, |first| {
            let how = folders.as_ref().ok().and_then(Folders::cards).map(|cards| sampling(options.rate, &cards));
            Ahead::of(first, &options.limits, how.map(|how| (how, options.thread_count())))
        });
        let devices = (!device.is_cpu()).then_some(Named(device)).into_iter().chain([Named(Device::Cpu)]);
        let pool = pool(options.thread_count())?;
        let (found, detectors) = pool.install(|| {
            let detectors = || {
                let Folders { mut first, second } = folders?;
                let ordinary = first.len();
                first.extend(second);
                let folders = (first, ordinary);
                let trusted = trusted(devices, |d| load_detectors(&folders.0, &d.0), &ctx)?;
                Ok::<_, ScanError>((trusted, folders))
            };
            rayon::join(|| load_finder(models_dir, options.finder), detectors)
        });
        let (finder, mut cards) = found?;
        let ((Named(device), detectors, controls), (folders, ordinary)) = detectors?;
        let mut scorers: Vec<Box<dyn Scorer>> = Vec::new();
        let mut policies = Vec::new();
        let first: Vec<ModelCard> = detectors.iter().take(ordinary).map(|d| d.card().clone()).collect();
        for (n, (detector, folder)) in detectors.into_iter().zip(&folders).enumerate() {
            policies.push(policy_of(detector.card(), folder, if n < ordinary { &[] } else { &first })?);
            cards.push(detector.card().clone());
            scorers.push(Box::new(detector));
        }
        let second = scorers.split_off(ordinary.min(scorers.len()));
        let today = Date::from_unix_seconds(unix_seconds(SystemTime::now()));
        for card in cards.iter().filter(|card| today.is_some_and(|today| card.expired(today))) {
            let detail = format!("{} expired on {}", card.id, card.expires);
            ctx.warn(Warning::new(WarningCode::ModelExpired, detail));
        }
        // Not before: while models load, buffers of one size follow each other and are better reused.
        nets::heap::return_large_buffers();
        nets::heap::return_free_pages();
        let device = nets::device::name(&device);
        let sampling = sampling(options.rate, &cards);
        Ok(Self {
            configuration: configuration(sampling, device, options, &cards),
            models: cards.iter().map(model_of).collect(),
            pool,
            warnings: ctx.take_warnings(),
            limits: options.limits.clone(),
            finder,
            gate: options.finder.gate(),
            scorers,
            second,
            policies,
            sampling,
            device,
            controls,
            delivery: options.delivery,
            models_dir: models_dir.to_path_buf(),
            ahead,
        })
    }

    /// What a verdict may rest on: thresholds and validation counts of the scoring models, those of the second look
    /// last.
    pub fn policies(&self) -> &[ModelPolicy] {
        &self.policies
    }

    /// Those of the models that see everything.
    pub(crate) fn first_policies(&self) -> &[ModelPolicy] {
        self.policies.get(..self.scorers.len()).unwrap_or_default()
    }

    /// Those of the models of the second look.
    pub(crate) fn second_policies(&self) -> &[ModelPolicy] {
        self.policies.get(self.scorers.len()..).unwrap_or_default()
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

    /// What the detectors said of known samples on this device; none of a detector that is not shipped.
    pub fn controls(&self) -> &[Control] {
        &self.controls
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

    pub(crate) fn second_scorers(&self) -> &[Box<dyn Scorer>] {
        &self.second
    }

    pub(crate) fn sampling(&self) -> Sampling {
        self.sampling
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Opens a file, or takes it where it was opened while the models were loaded.
    pub(crate) fn open(&self, path: &Path, ctx: &Ctx) -> Result<Media, MediaError> {
        self.ahead.open(path, &self.limits, ctx)
    }

    /// A decoded frame as it is looked at.
    pub(crate) fn delivered(&self, frame: Frame) -> Frame {
        match self.delivery {
            Some(delivery) => delivery.of(frame),
            None => frame,
        }
    }

    /// The folder that the models were loaded from.
    pub fn models_dir(&self) -> &Path {
        &self.models_dir
    }

    pub(crate) fn pool(&self) -> &rayon::ThreadPool {
        &self.pool
    }
}

/// The face detector, and the cards of the models it uses: the face mesh confirms what the detector
/// doubts.
fn load_finder(models_dir: &Path, finder: FaceFinder) -> Result<(Box<dyn FaceDetector>, Vec<ModelCard>), ScanError> {
    let card =
        |id| -> Result<ModelCard, ScanError> { Ok(nets::model::load_card(&nets::model::find(models_dir, id)?)?) };
    let cards = vec![card(finder.model_id())?, card(FACE_MESH)?];
    let finder: Box<dyn FaceDetector> = match finder {
        FaceFinder::Mtcnn => Box::new(Mtcnn::load_checked(models_dir, MtcnnOptions::default())?),
        FaceFinder::BlazeFace => {
            let options = BlazeFaceOptions { range: BLAZEFACE_RANGE, ..BlazeFaceOptions::default() };
            Box::new(BlazeFaceDetector::load_checked(models_dir, options)?)
        }
    };
    Ok((finder, cards))
}

/// A device that can be spoken of.
struct Named(Device);

impl std::fmt::Display for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(nets::device::name(&self.0))
    }
}

/// The detectors on a device, and what they say of known samples there.
fn load_detectors(folders: &[PathBuf], device: &Device) -> Result<(Vec<Detector>, Vec<Control>), ScanError> {
    let detectors = Detector::load_all(folders, device).map_err(|error| match error {
        DetectorError::Nets(error) => ScanError::Nets(error),
        other => other.into(),
    })?;
    let known = |detector: &Detector| controls::of_detector(detector, device.is_cpu());
    // What shares an encoder goes one after the other: the second finds what the encoder said of the same crops.
    let (small, deep): (Vec<&Detector>, Vec<&Detector>) =
        detectors.iter().partition(|d| !d.card().architecture.has_encoder());
    let (small, deep) = rayon::join(
        || small.into_par_iter().map(known).collect::<Result<Vec<_>, _>>(),
        || deep.into_iter().map(known).collect::<Result<Vec<_>, _>>(),
    );
    let obtained = [small?, deep?].concat().concat();
    Ok((detectors, obtained))
}

/// Folders of the models asked for, in that order and each once; of all that score faces and are not slow, in order of
/// id, when none was asked for. A broken card fails the scan only when its model is used.
fn scoring_folders(models_dir: &Path, options: &ScanOptions) -> Result<Folders, ScanError> {
    let mut folders = Vec::new();
    for id in &options.models {
        let folder = nets::model::find(models_dir, id)?;
        if !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    if options.models.is_empty() {
        folders = ordinary_folders(models_dir)?;
    }
    let folders = Folders::of(folders)?;
    match options.second_look {
        SecondLook::On => folders.with_all_second(models_dir),
        SecondLook::Off => Ok(folders),
    }
}

fn ordinary_folders(models_dir: &Path) -> Result<Vec<PathBuf>, ScanError> {
    let mut folders = Vec::new();
    for listed in nets::model::list(models_dir)? {
        let card = listed.card?;
        if card.task.scores() && !card.architecture.has_encoder() {
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
    let mut all = json!({ "app": APP, "rate": rate, "device": device, "limits": limits, "models": cards });
    if let (Some(Delivery { longest, quality }), Some(all)) = (options.delivery, all.as_object_mut()) {
        all.insert("delivery".into(), json!([longest, quality]));
    }
    nets::model::sha256_hex(all.to_string().as_bytes())
}

pub(crate) fn pool(threads: usize) -> Result<rayon::ThreadPool, ScanError> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|n| format!("scan-{n}"))
        .build()
        .map_err(|e| ScanError::Threads { threads, message: e.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use nets::NetsError;
    use nets::device::DeviceChoice;

    fn load(options: ScanOptions) -> Result<Pipeline, ScanError> {
        let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
        Pipeline::load(&models, &ScanOptions { device: DeviceChoice::Cpu, threads: Some(1), ..options })
    }

    fn ids(pipeline: &Pipeline) -> Vec<&str> {
        pipeline.models().iter().map(|m| m.id.as_str()).collect()
    }

    #[test]
    fn all_scoring_models_take_part_unless_some_are_named() {
        let all = load(ScanOptions::default()).unwrap();
        assert_eq!(ids(&all), ["mtcnn", "face-mesh", "generated-faces", "manipulated-faces"]);
        assert_eq!(all.policies().len(), 2);
        let twice = vec!["manipulated-faces".to_owned(), "manipulated-faces".to_owned()];
        let one = load(ScanOptions { models: twice, finder: FaceFinder::BlazeFace, ..ScanOptions::default() }).unwrap();
        assert_eq!(ids(&one), ["blazeface-short", "face-mesh", "manipulated-faces"]);
    }

    #[test]
    fn what_changes_results_changes_the_configuration_and_threads_do_not() {
        let of = |options| load(options).unwrap().configuration().to_owned();
        let default = of(ScanOptions::default());
        let Sampling::PerSecond(fps) = load(ScanOptions::default()).unwrap().sampling() else { panic!("every frame") };
        assert_eq!(of(ScanOptions { rate: Rate::PerSecond(fps), ..ScanOptions::default() }), default);
        let two = Pipeline::load(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models"),
            &ScanOptions { device: DeviceChoice::Cpu, threads: Some(2), ..ScanOptions::default() },
        );
        assert_eq!(two.unwrap().configuration(), default);
        for other in [
            ScanOptions { rate: Rate::EveryFrame, ..ScanOptions::default() },
            ScanOptions { finder: FaceFinder::BlazeFace, ..ScanOptions::default() },
            ScanOptions { models: vec!["manipulated-faces".into()], ..ScanOptions::default() },
            ScanOptions { delivery: Some(Delivery { longest: 768, quality: 60 }), ..ScanOptions::default() },
        ] {
            assert_ne!(of(other), default);
        }
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let absent = load(ScanOptions { models: vec!["absent".into()], ..ScanOptions::default() });
        assert!(matches!(absent, Err(ScanError::Nets(NetsError::NoSuchModel { .. }))));
        let no_scores = load(ScanOptions { models: vec!["mtcnn".into()], ..ScanOptions::default() });
        assert!(matches!(no_scores, Err(ScanError::Detector(_))));
        for fps in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let rate = load(ScanOptions { rate: Rate::PerSecond(fps), ..ScanOptions::default() });
            assert!(matches!(rate, Err(ScanError::Option { .. })), "{fps}");
        }
    }
}
