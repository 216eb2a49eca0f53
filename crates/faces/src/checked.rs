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
    /// Whose landmarks the faces that were asked about get.
    pub landmarks: LandmarkSource,
}

/// Where landmarks come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LandmarkSource {
    /// The detector.
    Detector,
    /// The face mesh, which knows the corners of the mouth where BlazeFace knows its middle.
    Mesh,
}

impl PresenceRule {
    /// For MTCNN. Chosen on the media of docs/face-detection.md: of 58 finds that were no people 20 remain, 18 of
    /// them one sculpted face, for 8 of 1,383 faces.
    pub const MTCNN: Self =
        Self { min_score: 0.9, believed_from: 0.98, min_presence: 0.5, landmarks: LandmarkSource::Detector };
    /// For BlazeFace, whose scores are spread otherwise: every face is asked about.
    pub const BLAZEFACE: Self =
        Self { min_score: 0.0, believed_from: f32::INFINITY, min_presence: 0.5, landmarks: LandmarkSource::Mesh };
}

impl<D: FaceDetector> Checked<D> {
    /// `detector`, confirmed by `mesh`.
    pub fn new(detector: D, mesh: FaceMeshAligner, rule: PresenceRule) -> Self {
        Self { detector, mesh, rule }
    }
}

/// A face whose box is larger than this part of the picture's width or height has its landmarks looked at again.
const LARGE: f32 = 0.8;
/// How often: the first mesh is put where the detector's landmarks say, the next where the mesh before says.
const LOOKS: usize = 2;

impl<D> Checked<D> {
    /// Detectors place faces badly that fill the picture or reach beyond it, because they slide a window inside it
    /// (MTCNN's boxes come out up to half too large). The mesh sees the picture on black and does not.
    fn look_again_at_large(&self, rgb: &RgbImage, faces: &mut [Face]) -> Result<(), FacesError> {
        let (width, height) = (rgb.width() as f32, rgb.height() as f32);
        let is_large = |face: &Face| face.rect.w > LARGE * width || face.rect.h > LARGE * height;
        for face in faces.iter_mut().filter(|face| is_large(face)) {
            let mut looked = *face;
            for _ in 0..LOOKS {
                let meshes = self.mesh.meshes(rgb, &[looked])?;
                let Some(mesh) = meshes.first().filter(|mesh| mesh.presence >= self.rule.min_presence) else { break };
                looked.refined = Some(mesh.landmarks());
                *face = looked;
            }
        }
        Ok(())
    }
}

impl<D> Checked<D> {
    /// Those faces that pass, with their landmarks.
    fn check(&self, rgb: &RgbImage, mut faces: Vec<Face>) -> Result<Vec<Face>, FacesError> {
        faces.retain(|face| face.detector_score >= self.rule.min_score);
        let is_doubtful = |face: &Face| face.detector_score < self.rule.believed_from;
        let doubtful: Vec<Face> = faces.iter().copied().filter(is_doubtful).collect();
        let mut meshes = self.mesh.meshes(rgb, &doubtful)?.into_iter();
        faces.retain_mut(|face| {
            if !is_doubtful(face) {
                return true;
            }
            let Some(mesh) = meshes.next().filter(|mesh| mesh.presence >= self.rule.min_presence) else { return false };
            if self.rule.landmarks == LandmarkSource::Mesh {
                face.landmarks = mesh.landmarks();
            }
            true
        });
        self.look_again_at_large(rgb, &mut faces)?;
        Ok(faces)
    }
}

impl<D: FaceDetector> FaceDetector for Checked<D> {
    fn detect(&self, rgb: &RgbImage) -> Result<Vec<Face>, FacesError> {
        self.check(rgb, self.detector.detect(rgb)?)
    }

    fn survey(&self, rgb: &RgbImage) -> Result<Vec<Face>, FacesError> {
        self.check(rgb, self.detector.survey(rgb)?)
    }

    fn follow(&self, rgb: &RgbImage, before: &[Face]) -> Result<Vec<Face>, FacesError> {
        self.check(rgb, self.detector.follow(rgb, before)?)
    }

    fn recheck(&self, rgb: &RgbImage, places: &[Face]) -> Result<Vec<Face>, FacesError> {
        self.check(rgb, self.detector.recheck(rgb, places)?)
    }

    fn refine(&self, rgb: &RgbImage, face: &mut Face) -> Result<(), FacesError> {
        self.look_again_at_large(rgb, std::slice::from_mut(face))
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
            refined: None,
            detector_score,
        };
        let grey = RgbImage::from_pixel(200, 200, image::Rgb([128; 3]));
        let mesh = FaceMeshAligner::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models")).unwrap();
        let checked =
            Checked::new(Told(vec![face(0.99), face(0.95), face(0.5), face(0.98)]), mesh, PresenceRule::MTCNN);
        let kept: Vec<f32> = checked.detect(&grey).unwrap().iter().map(|f| f.detector_score).collect();
        assert_eq!(kept, [0.99, 0.98], "there is no face on a grey picture");
    }
}
