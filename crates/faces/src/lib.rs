//! Finds, aligns, crops, grades and follows faces.
//!
//! Owns [`Face`], [`FaceDetector`], crops, crop quality and tracks. Knows the networks that find
//! faces, never those that judge them; reads no files but the models' own. Stands between `media`
//! (frames) and `detector` (logits of crops).
#![forbid(unsafe_code)]

mod assignment;
mod blazeface;
mod checked;
mod crop;
mod error;
mod face;
mod mesh;
mod mtcnn;
pub mod nms;
mod pose;
mod pyramid;
mod quality;
pub mod resize;
mod scene;
mod stretch;
mod track;

pub use blazeface::{BlazeFaceDetector, BlazeFaceOptions};
pub use checked::{Checked, LandmarkSource, PresenceRule};
pub use crop::{CropBasis, CropRule, canonical_rect, crop_face, crop_square, further_views};
pub use error::FacesError;
pub use face::{FOLLOWED_BELOW, Face, FaceDetector, SURVEYED_FROM};
pub use mesh::{FaceMeshAligner, Mesh};
pub use mtcnn::{Mtcnn, MtcnnOptions};
pub use pose::Pose;
pub use quality::{Quality, QualityGate, Unusable};
pub use scene::SceneCuts;
pub use stretch::search_stretch;
pub use track::{TrackId, Tracker, TrackerOptions};
