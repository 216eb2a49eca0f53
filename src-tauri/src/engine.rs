//! The loaded models, kept while there is something to examine.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use scan::{DeviceChoice, FaceFinder, Pipeline, Rate, ScanOptions, SecondLook};

use crate::error::{CommandError, ErrorCode};
use crate::ipc::{self, SamplingChoice, Settings};
use crate::lock::lock;

/// What examines, loaded when it is needed and again when the choices change.
#[derive(Debug, Default)]
pub struct Engine {
    loaded: Mutex<Option<Loaded>>,
    /// What came of the last loading; readable while another one goes on.
    state: Mutex<EngineState>,
    /// ffmpeg was there once; it is not asked again.
    has_decoder: AtomicBool,
}

#[derive(Debug)]
struct Loaded {
    options: ScanOptions,
    folder: PathBuf,
    pipeline: Arc<Pipeline>,
}

/// What is known about the engine without waiting for it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EngineState {
    /// `cpu`, `cuda` or `metal`; empty until it was loaded.
    pub device: String,
    /// Threads in use; 0 until it was loaded.
    pub threads: u32,
    /// Why nothing can be examined.
    pub problem: Option<CommandError>,
}

impl Engine {
    /// The pipeline for these choices. Loads it unless it is loaded already, and meanwhile opens the file that is examined
    /// first.
    ///
    /// # Errors
    /// A model or a tool that is missing or broken.
    pub fn pipeline(
        &self,
        models: &Path,
        settings: &Settings,
        first: Option<&Path>,
    ) -> Result<Arc<Pipeline>, CommandError> {
        let options = options_of(settings, models);
        let mut loaded = lock(&self.loaded);
        if let Some(fit) = loaded.as_ref().filter(|loaded| loaded.options == options && loaded.folder == models) {
            return Ok(Arc::clone(&fit.pipeline));
        }
        *loaded = None;
        let load = || match first {
            Some(first) => Pipeline::load_for(models, &options, first),
            None => Pipeline::load(models, &options),
        };
        let result = self.find_decoder().and_then(|()| Ok(Arc::new(load()?)));
        *lock(&self.state) = match &result {
            Ok(pipeline) => EngineState {
                device: pipeline.device().to_owned(),
                threads: u32::try_from(pipeline.threads()).unwrap_or(u32::MAX),
                problem: None,
            },
            Err(error) => EngineState { problem: Some(error.clone()), ..EngineState::default() },
        };
        let pipeline = result?;
        *loaded = Some(Loaded { options, folder: models.to_owned(), pipeline: Arc::clone(&pipeline) });
        Ok(pipeline)
    }

    fn find_decoder(&self) -> Result<(), CommandError> {
        if !self.has_decoder.load(Ordering::Relaxed) {
            find_decoder()?;
            self.has_decoder.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    /// What is known by now.
    pub fn state(&self) -> EngineState {
        lock(&self.state).clone()
    }

    /// The next examination loads the models again.
    pub fn forget(&self) {
        *lock(&self.loaded) = None;
    }
}

/// A detector that was chosen once and is not installed any more, because a newer version of the program brought others,
/// keeps nobody from examining: when none of the chosen is left, all that are installed take part. Nor does a second look
/// whose encoder is gone.
fn options_of(settings: &Settings, models: &Path) -> ScanOptions {
    let rate = match settings.sampling {
        SamplingChoice::FromCard => Rate::FromCard,
        SamplingChoice::PerSecond { fps } => Rate::PerSecond(fps),
        SamplingChoice::EveryFrame => Rate::EveryFrame,
    };
    let finder = match settings.face_finder {
        ipc::FaceFinder::Mtcnn => FaceFinder::Mtcnn,
        ipc::FaceFinder::BlazeFace => FaceFinder::BlazeFace,
    };
    let device = match settings.device {
        ipc::Device::Auto => DeviceChoice::Auto,
        ipc::Device::Cpu => DeviceChoice::Cpu,
        ipc::Device::Cuda => DeviceChoice::Cuda,
        ipc::Device::Metal => DeviceChoice::Metal,
    };
    let threads = settings.threads.map(usize::from);
    let installed = |id: &&String| crate::installed::has(models, id);
    let detectors = settings.detectors.iter().filter(installed).cloned().collect();
    let looks_again = settings.second_look && crate::installed::can_look_again(models);
    let second_look = if looks_again { SecondLook::On } else { SecondLook::Off };
    ScanOptions { rate, models: detectors, second_look, finder, device, threads, ..ScanOptions::default() }
}

/// Videos need ffmpeg; it is better to say so at the start than on the first video.
fn find_decoder() -> Result<(), CommandError> {
    let answers = |program: &str| {
        let mut command = Command::new(program);
        command.arg("-version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    match ["ffmpeg", "ffprobe"].into_iter().find(|program| !answers(program)) {
        None => Ok(()),
        Some(program) => {
            let message = format!("{program} is missing; install the package ffmpeg, 5.1 or newer, then start again");
            Err(CommandError::new(ErrorCode::Setup, message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chosen_detector_that_is_gone_is_passed_over() {
        let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models");
        let chosen = |ids: &[&str]| {
            let detectors = ids.iter().map(|id| (*id).to_owned()).collect();
            options_of(&Settings { detectors, ..Settings::default() }, &models).models
        };
        assert_eq!(chosen(&["swapped-starter", "generated-faces"]), ["generated-faces"]);
        assert!(chosen(&["swapped-starter", "../models/generated-faces"]).is_empty(), "all take part");
    }
}
