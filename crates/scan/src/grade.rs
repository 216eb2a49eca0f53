//! Whether a face is good enough to be scored: the measurements of `faces` in the words of `analysis`.

use analysis::{FaceQuality, Reason};
use faces::{Face, Quality, QualityGate, Unusable};
use image::RgbImage;

/// Grades a face of an upright frame.
pub(crate) fn grade(rgb: &RgbImage, face: &Face, gate: &QualityGate) -> FaceQuality {
    let measured = Quality::of(rgb, face);
    let mut reasons: Vec<Reason> = gate.reasons(&measured).into_iter().map(reason).collect();
    reasons.sort_unstable();
    FaceQuality {
        usable: reasons.is_empty(),
        reasons,
        face_px: measured.face_px,
        sharpness: measured.sharpness,
        blockiness: measured.blockiness,
        yaw_deg: measured.yaw_deg,
        detector_score: measured.detector_score,
    }
}

fn reason(unusable: Unusable) -> Reason {
    match unusable {
        Unusable::TooSmall => Reason::TooSmall,
        Unusable::Blurred => Reason::Blurred,
        Unusable::Blocky => Reason::OverCompressed,
        Unusable::TurnedAway => Reason::TurnedAway,
        Unusable::WeakDetection => Reason::UncertainFace,
        Unusable::CutOff => Reason::CutOff,
    }
}
