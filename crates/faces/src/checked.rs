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
    /// Faces with a lower detector score are dropped.
    pub min_score: f32,
    /// Faces with at least this detector score are believed without asking.
    pub believed_from: f32,
    /// Least probability that the mesh network gives to a face being there, between the two.
    pub min_presence: f32,
}

impl Default for PresenceRule {
    /// For MTCNN, chosen on the media of docs/face-detection.md: of 90 finds that were no people 20 remain, 18 of
    /// them one sculpted face, for 12 of 1,381 faces.
    fn default() -> Self {
        Self { min_score: 0.9, believed_from: 0.98, min_presence: 0.5 }
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
        let mut faces = self.detector.detect(rgb)?;
        faces.retain(|face| face.detector_score >= self.rule.min_score);
        let is_doubtful = |face: &Face| face.detector_score < self.rule.believed_from;
        let doubtful: Vec<Face> = faces.iter().copied().filter(is_doubtful).collect();
        let mut presences = self.mesh.meshes(rgb, &doubtful)?.into_iter().map(|mesh| mesh.presence);
        faces.retain(|face| !is_doubtful(face) || presences.next().is_some_and(|p| p >= self.rule.min_presence));
        Ok(faces)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use base::{Point, Rect};

    use super::*;

    /// Says what it was told.
    struct Told(Vec<Face>);

    impl FaceDetector for Told {
        fn detect(&self, _: &RgbImage) -> Result<Vec<Face>, FacesError> {
            Ok(self.0.clone())
        }
    }

    #[test]
    fn only_the_doubtful_are_asked_about() {
        let face = |detector_score: f32| Face {
            rect: Rect::new(50.0, 50.0, 60.0, 80.0),
            landmarks: [[66.0, 80.0], [94.0, 80.0], [80.0, 96.0], [68.0, 112.0], [92.0, 112.0]].map(Point::from),
            detector_score,
        };
        let grey = RgbImage::from_pixel(200, 200, image::Rgb([128; 3]));
        let mesh = FaceMeshAligner::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models")).unwrap();
        let checked =
            Checked::new(Told(vec![face(0.99), face(0.95), face(0.5), face(0.98)]), mesh, PresenceRule::default());
        let kept: Vec<f32> = checked.detect(&grey).unwrap().iter().map(|f| f.detector_score).collect();
        assert_eq!(kept, [0.99, 0.98], "there is no face on a grey picture");
    }
}
