//! Whether a face is good enough to be scored.

use analysis::{FaceQuality, Reason};
use faces::Face;
use image::RgbImage;

/// Grades a face of an upright frame.
pub(crate) fn grade(_rgb: &RgbImage, face: &Face) -> FaceQuality {
    let face_px = face.rect.w.max(face.rect.h);
    let reasons = if face_px < 64.0 { vec![Reason::TooSmall] } else { vec![] };
    FaceQuality {
        usable: reasons.is_empty(),
        reasons,
        face_px,
        detector_score: face.detector_score,
        ..FaceQuality::default()
    }
}
