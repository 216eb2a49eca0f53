//! What an examination says, and how it gets there: pure data and maths.
//!
//! Owns the JSON model `facefiction.analysis/1` ([`Analysis`]), the verdict ladder ([`Verdict`]),
//! aggregation from scored faces to people, segments and verdicts ([`aggregate`]), the bound that
//! validation counts put on the wording ([`OperatingPoint::strength`]) and the metrics of calibration
//! ([`metrics`]). Never does I/O, never sees a pixel or a tensor, never words anything for a reader:
//! shells translate the closed enums. Comes after `detector` in the flow and before `report`.
#![forbid(unsafe_code)]

mod aggregate;
mod baseline;
mod document;
mod error;
mod evidence;
mod exhibit;
mod explanation;
mod file;
mod findings;
pub mod metrics;
mod observation;
mod policy;
mod runs;
mod second_look;
mod shapley;
mod stability;
mod verdict;

pub use aggregate::aggregate;
pub use baseline::{Baseline, BaselineClip, BaselineRank, MAX_BASELINE_CLIPS, MIN_BASELINE_CLIPS};
pub use document::{Analysis, Control, ErrorCode, ItemError, Model, Run, SCHEMA, Task};
pub use error::AnalysisError;
pub use evidence::{Bounds, LIKELIHOOD_RATIO_BOUNDS, clopper_pearson, likelihood_ratio_floor};
pub use exhibit::{EvidenceState, Exhibit, ExhibitKind, ModelFacts, ScoringFacts, TogetherFacts};
pub use explanation::{Explanation, FaceRegion, Faithfulness, MAX_P, MapMethod, RegionShare, RegionShares};
pub use file::{FileFacts, MediaFacts, MediaKind};
pub use findings::{FaceQuality, Findings, ModelScore, Person, Segment, TimelineFace, TimelineFrame};
pub use observation::{FaceObservation, FrameObservation, Observations};
pub use policy::{Calibration, ModelPolicy, OperatingPoint, OperatingPoints, Together};
pub use runs::{MAX_GAP_US, MIN_SEGMENT_CROPS, MIN_TRACK_CROPS, TRIMMED_TAIL};
pub use second_look::Look;
pub use shapley::shapley;
pub use stability::{LADDER, Rung, RungScore, Stability};
pub use verdict::{Reason, Strength, Verdict, VerdictCode};
