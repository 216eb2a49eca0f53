//! A detector whose faces the face mesh must confirm.

use image::RgbImage;

use crate::{Face, FaceDetector, FaceMeshAligner, FacesError};

/// Drops faces on which the face mesh sees none.
#[derive(Debug)]
pub struct Checked<D> {
    detector: D,
    mesh: FaceMeshAligner,
    rule: PresenceRule,
}

/// Which faces need confirming, and how much.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PresenceRule {
    /// Least probability that the mesh network gives to a face being there.
    pub min_presence: f32,
    /// Faces that the detector itself gives at least this score are believed without asking.
    pub believed_from: f32,
}

impl Default for PresenceRule {
    fn default() -> Self {
        Self { min_presence: 0.5, believed_from: 2.0 }
    }
}

impl<D: FaceDetector> Checked<D> {
    /// `detector`, confirmed by `mesh`.
    pub fn new(detector: D, mesh: FaceMeshAligner, rule: PresenceRule) -> Self {
        Self { detector, mesh, rule }
    }
}

impl<D: FaceDetector> FaceDetector for Checked<D> {
    fn detect(&self, rgb: &RgbImage) -> Result<Vec<Face>, FacesError> {
        let faces = self.detector.detect(rgb)?;
        let doubtful: Vec<Face> =
            faces.iter().filter(|f| f.detector_score < self.rule.believed_from).copied().collect();
        let mut presences = self.mesh.meshes(rgb, &doubtful)?.into_iter().map(|m| m.presence);
        let mut keep = |face: &Face| {
            face.detector_score >= self.rule.believed_from
                || presences.next().is_some_and(|p| p >= self.rule.min_presence)
        };
        Ok(faces.into_iter().filter(|f| keep(f)).collect())
    }
}
