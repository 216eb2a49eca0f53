//! Settings and what the program says about itself.

use serde::{Deserialize, Serialize};

use crate::error::CommandError;

/// Language of the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum Language {
    /// That of the system.
    #[default]
    System,
    /// English.
    En,
    /// French.
    Fr,
}

/// Colours of the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum Theme {
    /// Those of the system.
    #[default]
    System,
    /// Light on dark.
    Dark,
    /// Dark on light.
    Light,
    /// High contrast.
    Contrast,
}

/// What computes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum Device {
    /// A GPU where there is one.
    #[default]
    Auto,
    /// The processor.
    Cpu,
    /// The first NVIDIA GPU.
    Cuda,
    /// The Apple GPU.
    Metal,
}

/// Which frames of a video are examined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum SamplingChoice {
    /// What the models' cards say.
    #[default]
    FromCard,
    /// So many a second.
    PerSecond {
        /// Positive.
        fps: f64,
    },
    /// All.
    EveryFrame,
}

/// What finds the faces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum FaceFinder {
    /// MTCNN.
    #[default]
    Mtcnn,
    /// BlazeFace.
    BlazeFace,
}

/// What the user has chosen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase", default)]
pub struct Settings {
    /// Language of the window.
    pub language: Language,
    /// Colours of the window.
    pub theme: Theme,
    /// What computes.
    pub device: Device,
    /// How many threads; `None` for one a processor.
    pub threads: Option<u16>,
    /// Which frames of a video.
    pub sampling: SamplingChoice,
    /// What finds the faces.
    pub face_finder: FaceFinder,
    /// Ids of the detectors that see every frame; empty for all that are installed.
    pub detectors: Vec<String>,
    /// Whether the slow detectors look again at the crops on which a verdict rests, where they can.
    pub second_look: bool,
    /// Whether analyses are listed among the recent ones and outlive the program outside of cases.
    pub history: bool,
    /// Whether the explanation of the first run was read.
    pub explained: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            language: Language::default(),
            theme: Theme::default(),
            device: Device::default(),
            threads: None,
            sampling: SamplingChoice::default(),
            face_finder: FaceFinder::default(),
            detectors: Vec::new(),
            second_look: false,
            history: true,
            explained: false,
        }
    }
}

/// A language that the window speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum SystemLanguage {
    /// English.
    En,
    /// French.
    Fr,
}

/// A language of the help.
pub type HelpLanguage = SystemLanguage;

/// A page of the help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum HelpPage {
    /// What the program is for and what it must not be used for.
    Ethics,
}

/// What the program says about itself.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct AppInfo {
    /// Of the program.
    pub version: String,
    /// What `system` stands for in the settings.
    pub system_language: SystemLanguage,
    /// What the user has chosen.
    pub settings: Settings,
    /// `cpu`, `cuda` or `metal`; empty until the models are loaded.
    pub device_in_use: String,
    /// Threads that examine.
    pub threads_in_use: u32,
    /// Processors of this machine.
    pub processors: u32,
    /// Where the library is; to be shown, not to be opened.
    pub library_folder: String,
    /// Why nothing can be examined or kept, if so.
    pub problem: Option<CommandError>,
}
