//! What a user can choose about an examination.

use faces::QualityGate;
use media::Limits;
use nets::blazeface::Range;
use nets::device::DeviceChoice;

use crate::delivery::Delivery;
use crate::error::ScanError;

/// Which frames of a video are examined.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Rate {
    /// What the cards of the scoring models say; the highest where they differ.
    #[default]
    FromCard,
    /// At most so many a second; positive and finite.
    PerSecond(f64),
    /// All of them.
    EveryFrame,
}

/// What finds the faces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FaceFinder {
    /// MTCNN.
    #[default]
    Mtcnn,
    /// BlazeFace over tiles.
    BlazeFace,
}

/// The BlazeFace that finds more faces at fewer false ones (docs/face-detection.md).
pub(crate) const BLAZEFACE_RANGE: Range = Range::Short;

impl FaceFinder {
    /// What its faces must reach to be scored.
    pub(crate) fn gate(self) -> QualityGate {
        match self {
            Self::Mtcnn => QualityGate::default(),
            Self::BlazeFace => QualityGate::blazeface(),
        }
    }

    /// The folder of its model.
    pub const fn model_id(self) -> &'static str {
        match self {
            Self::Mtcnn => "mtcnn",
            Self::BlazeFace => BLAZEFACE_RANGE.model_id(),
        }
    }
}

/// Whether slow detectors look at the crops on which verdicts rest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SecondLook {
    /// No, unless they are named among the models.
    #[default]
    Off,
    /// All that are installed.
    On,
}

/// Everything that can be chosen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScanOptions {
    /// Which frames.
    pub rate: Rate,
    /// Ids of the scoring models; empty for all that are installed but the slow ones. Slow ones look twice where there
    /// are others, and at everything where there are none.
    pub models: Vec<String>,
    /// By slow detectors.
    pub second_look: SecondLook,
    /// What finds the faces.
    pub finder: FaceFinder,
    /// What computes.
    pub device: DeviceChoice,
    /// Threads for finding, scoring and decoding; `None` for one a processor.
    pub threads: Option<usize>,
    /// Bounds on what is opened.
    pub limits: Limits,
    /// How frames are spoilt before anything looks at them, for tests of robustness.
    pub delivery: Option<Delivery>,
}

impl ScanOptions {
    /// Checks what types alone cannot say.
    ///
    /// # Errors
    /// [`ScanError::Option`] for a rate that is no positive number.
    pub(crate) fn validate(&self) -> Result<(), ScanError> {
        match self.rate {
            Rate::PerSecond(fps) if !(fps.is_finite() && fps > 0.0) => {
                Err(ScanError::Option { option: "frames a second", allowed: "a positive number" })
            }
            _ => Ok(()),
        }
    }

    /// How many threads to use on this machine.
    pub(crate) fn thread_count(&self) -> usize {
        let all = || std::thread::available_parallelism().map_or(1, usize::from);
        self.threads.filter(|n| *n > 0).unwrap_or_else(all)
    }
}
