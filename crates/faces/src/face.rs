//! A face in a picture, and what finds it.

use base::{Point, Rect};
use image::RgbImage;

use crate::FacesError;

/// One face in pixels of the upright frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Face {
    /// The detector's own box; detectors differ in what they call a face's box, so crops are cut
    /// from [`Face::canonical_rect`](crate::canonical_rect) instead. May stick out of the frame.
    pub rect: Rect,
    /// Left eye, right eye, nose tip, left and right corner of the mouth, left and right as seen in
    /// the picture.
    pub landmarks: [Point; 5],
    /// The same points placed anew by the face mesh, where the detector is known to place them badly; crops and pose
    /// rest on these then ([`Face::placed`]), while [`Face::landmarks`] stay what the detector said.
    pub refined: Option<[Point; 5]>,
    /// How sure the detector is, in [0, 1]; comparable within one detector only.
    pub detector_score: f32,
}

impl Face {
    /// The landmarks that crops and pose rest on.
    pub fn placed(&self) -> &[Point; 5] {
        self.refined.as_ref().unwrap_or(&self.landmarks)
    }

    /// Whether every number is finite and the box is not empty.
    pub fn is_valid(&self) -> bool {
        let Rect { x, y, w, h } = self.rect;
        [x, y, w, h].iter().all(|v| v.is_finite())
            && w > 0.0
            && h > 0.0
            && self.landmarks.iter().chain(self.placed()).all(|p| p.x.is_finite() && p.y.is_finite())
            && self.detector_score.is_finite()
    }
}

/// Finds faces. The same picture gives the same faces, in the same order, on any number of threads.
pub trait FaceDetector: Send + Sync {
    /// The faces of an upright picture `[height, width, 3]`, largest box first; none in a picture
    /// without faces or too small to hold one.
    ///
    /// # Errors
    /// When a network refuses its input.
    fn detect(&self, rgb: &RgbImage) -> Result<Vec<Face>, FacesError>;

    /// As [`FaceDetector::detect`] for a frame of a video, of which there are many: faces below [`SURVEYED_FROM`] px may
    /// be left out.
    ///
    /// # Errors
    /// As [`FaceDetector::detect`].
    fn survey(&self, rgb: &RgbImage) -> Result<Vec<Face>, FacesError> {
        self.detect(rgb)
    }

    /// The faces of a picture of the same shot as one shortly before it, whose faces were `before`. Faces of at least
    /// [`FOLLOWED_BELOW`] px are searched for, less finely where all faces before were much larger; smaller ones may be
    /// looked for only where they were.
    ///
    /// # Errors
    /// As [`FaceDetector::detect`].
    fn follow(&self, rgb: &RgbImage, before: &[Face]) -> Result<Vec<Face>, FacesError> {
        let _ = before;
        self.detect(rgb)
    }

    /// Of a picture of the same shot as one shortly before or after it, the faces where `places` were there; elsewhere
    /// none need be looked for.
    ///
    /// # Errors
    /// As [`FaceDetector::detect`].
    fn recheck(&self, rgb: &RgbImage, places: &[Face]) -> Result<Vec<Face>, FacesError> {
        self.follow(rgb, places)
    }

    /// Sets [`Face::refined`] of a face of this picture whose box and landmarks are all that is known, as the searches do.
    ///
    /// # Errors
    /// As [`FaceDetector::detect`].
    fn refine(&self, rgb: &RgbImage, face: &mut Face) -> Result<(), FacesError> {
        let _ = (rgb, face);
        Ok(())
    }
}

/// Side in px of the faces that [`FaceDetector::survey`] looks for: half of what a face needs to be scored
/// ([`crate::QualityGate`]). Smaller ones could only be counted, and half of all pixels of the pyramid are there for them.
pub const SURVEYED_FROM: f32 = 28.0;

/// Side in px of the faces that [`FaceDetector::follow`] searches for everywhere: none that is too small for it is large
/// enough to be scored ([`crate::QualityGate`]).
pub const FOLLOWED_BELOW: f32 = 56.0;

/// Largest first; equal sizes by score, then from left to right, so that the order never depends on
/// threads.
pub(crate) fn sort_largest_first(faces: &mut [Face]) {
    faces.sort_by(|a, b| {
        (b.rect.area().total_cmp(&a.rect.area()))
            .then(b.detector_score.total_cmp(&a.detector_score))
            .then(a.rect.x.total_cmp(&b.rect.x))
            .then(a.rect.y.total_cmp(&b.rect.y))
    });
}
