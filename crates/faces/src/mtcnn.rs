//! MTCNN: three networks, each looking closer at what the one before let through.
//!
//! Zhang et al., "Joint Face Detection and Alignment Using Multitask Cascaded Convolutional Networks",
//! 2016. Geometry and rounding follow what facenet-pytorch 2.6.0 computes, whose weights these are, so
//! that boxes and landmarks equal that package's (`tests/facenet.rs`).

use std::path::Path;

use base::{Point, Rect};
use image::RgbImage;
use nets::cpu::Nhwc;
use nets::mtcnn::{ONet, PNet, PNetCell, RNet};
use rayon::prelude::*;

use crate::face::{FOLLOWED_BELOW, SURVEYED_FROM, sort_largest_first};
use crate::nms::{Overlap, ScoredBox, nms};
use crate::pyramid::Pyramid;
use crate::resize::PixelRegion;
use crate::{Checked, Face, FaceDetector, FaceMeshAligner, FacesError, PresenceRule};

/// What the cascade looks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MtcnnOptions {
    /// Side of the smallest face, in px of the frame; at least 12. The cost falls with its square.
    pub min_face: f32,
    /// Least face probability after each of the three stages.
    pub thresholds: [f32; 3],
    /// From one level of the pyramid to the next; in (0, 1).
    pub factor: f32,
}

impl Default for MtcnnOptions {
    /// facenet-pytorch's defaults: faces from 20 px.
    fn default() -> Self {
        Self { min_face: 20.0, thresholds: [0.6, 0.7, 0.7], factor: 0.709 }
    }
}

/// The cascade, ready to run.
#[derive(Debug)]
pub struct Mtcnn {
    pnet: PNet,
    rnet: RNet,
    onet: ONet,
    options: MtcnnOptions,
}

/// Where no face of a shot was smaller than this so far, followed frames are searched from 1.3 times
/// [`FOLLOWED_BELOW`] on: P-Net still proposes most faces of that size from a cell of 79 px, and a smaller one that
/// comes in is found by the next search for all sizes.
const LARGE_ALONE: f32 = 2.0 * FOLLOWED_BELOW;
/// Proposals kept per pyramid level before suppression, best first: far more than a crowd gives (the crowd clip of the
/// test media stays equal to facenet-pytorch, which has no limit). It bounds time on textures made to look like faces.
const MAX_PER_LEVEL: usize = 40_000;
/// Proposals that the second stage looks at, best first; for the same reason.
const MAX_PROPOSALS: usize = 4_000;
/// Crops a second- or third-stage batch holds.
const BATCH: usize = 128;

/// Overlap above which the worse of two proposals goes: within a level, across levels, in the end
/// (over the smaller box).
const NMS: [f32; 3] = [0.5, 0.7, 0.7];

/// A box with its corrections in units of its sides.
#[derive(Clone, Copy, Debug)]
struct Proposal {
    at: ScoredBox,
    offsets: [f32; 4],
}

impl Mtcnn {
    /// Loads `models_dir/mtcnn`.
    ///
    /// # Errors
    /// When the model is missing or differs from its card, or an option is out of range.
    pub fn load(models_dir: &Path, options: MtcnnOptions) -> Result<Self, FacesError> {
        options.check()?;
        let (_, weights) = nets::model::load(&models_dir.join("mtcnn"))?;
        Ok(Self { pnet: PNet::load(&weights)?, rnet: RNet::load(&weights)?, onet: ONet::load(&weights)?, options })
    }

    /// The default detector of the product: the cascade, its doubtful faces confirmed by the face mesh.
    ///
    /// # Errors
    /// As [`Mtcnn::load`], for both models.
    pub fn load_checked(models_dir: &Path, options: MtcnnOptions) -> Result<Checked<Self>, FacesError> {
        let mesh = FaceMeshAligner::load(models_dir)?;
        Ok(Checked::new(Self::load(models_dir, options)?, mesh, PresenceRule::MTCNN))
    }

    /// First stage: boxes over the pyramid, its levels for faces below `min_face` left out, squared, best first.
    fn propose(&self, pyramid: &Pyramid, min_face: f32) -> Result<Vec<ScoredBox>, FacesError> {
        let mut scales = scales(pyramid.rgb().width(), pyramid.rgb().height(), &self.options);
        scales.retain(|scale| PNet::CELL as f64 / scale >= f64::from(min_face));
        let levels: Vec<Vec<Proposal>> =
            scales.par_iter().map(|&scale| self.propose_at(pyramid, scale)).collect::<Result<_, _>>()?;
        let all: Vec<Proposal> = levels.into_iter().flatten().collect();
        let mut kept = suppress(&all, NMS[1], Overlap::Union);
        kept.truncate(MAX_PROPOSALS);
        Ok(kept.iter().map(|p| squared(moved(p, 0.0))).collect())
    }

    fn propose_at(&self, pyramid: &Pyramid, scale: f64) -> Result<Vec<Proposal>, FacesError> {
        let side = |length: u32| (f64::from(length) * scale + 1.0) as usize;
        let [w, h] = [pyramid.rgb().width(), pyramid.rgb().height()].map(side);
        let level = pyramid.level(w, h);
        let cells = self.pnet.cells([h, w], self.options.thresholds[0], || level.rows())?;
        let mut found: Vec<Proposal> = cells
            .into_iter()
            .map(|PNetCell { at: [x, y], face, offsets }| {
                let at = |cell: usize, end: usize| ((PNet::STRIDE * cell + end) as f32 / scale as f32).floor();
                let corners = [at(x, 1), at(y, 1), at(x, PNet::CELL), at(y, PNet::CELL)];
                Proposal { at: ScoredBox { corners, score: face }, offsets }
            })
            .collect();
        if found.len() > MAX_PER_LEVEL {
            found.sort_by(|a, b| b.at.score.total_cmp(&a.at.score));
            found.truncate(MAX_PER_LEVEL);
        }
        Ok(suppress(&found, NMS[0], Overlap::Union))
    }

    /// The second and third stage of some proposals; largest face first. With `thin`, what came to lie on a better one
    /// when it was corrected is left out before either.
    fn judge(&self, pyramid: &Pyramid, mut proposals: Vec<ScoredBox>, thin: bool) -> Result<Vec<Face>, FacesError> {
        if thin {
            proposals = thinned(&proposals);
        }
        let mut candidates = self.refine(pyramid, &proposals)?;
        if thin {
            candidates = thinned(&candidates);
        }
        let mut faces = self.confirm(pyramid, &candidates)?;
        sort_largest_first(&mut faces);
        Ok(faces)
    }

    /// Second stage: what still looks like a face at 24 × 24, corrected, best first.
    fn refine(&self, pyramid: &Pyramid, proposals: &[ScoredBox]) -> Result<Vec<ScoredBox>, FacesError> {
        let mut found = Vec::new();
        for batch in proposals.chunks(BATCH) {
            let (boxes, crops) = cut(pyramid, batch, RNet::SIZE);
            for (mut at, answer) in boxes.into_iter().zip(self.rnet.forward(&crops)?) {
                if answer.face > self.options.thresholds[1] {
                    at.score = answer.face;
                    found.push(Proposal { at, offsets: answer.offsets });
                }
            }
        }
        let kept = suppress(&found, NMS[1], Overlap::Union);
        Ok(kept.iter().map(|p| squared(moved(p, 1.0))).collect())
    }

    /// Third stage: faces and landmarks at 48 × 48.
    fn confirm(&self, pyramid: &Pyramid, candidates: &[ScoredBox]) -> Result<Vec<Face>, FacesError> {
        let (mut boxes, mut landmarks) = (Vec::new(), Vec::new());
        for batch in candidates.chunks(BATCH) {
            let (squares, crops) = cut(pyramid, batch, ONet::SIZE);
            for (mut at, answer) in squares.into_iter().zip(self.onet.forward(&crops)?) {
                if answer.face > self.options.thresholds[2] {
                    at.score = answer.face;
                    landmarks.push(points(&at, &answer.points));
                    boxes.push(moved(&Proposal { at, offsets: answer.offsets }, 1.0));
                }
            }
        }
        let kept = nms(&boxes, NMS[2], Overlap::Smaller);
        let face = |i: usize| {
            let (at, landmarks) = (boxes.get(i)?, *landmarks.get(i)?);
            let [x0, y0, x1, y1] = at.corners;
            let face =
                Face { rect: Rect::from_corners(x0, y0, x1, y1), landmarks, refined: None, detector_score: at.score };
            face.is_valid().then_some(face)
        };
        Ok(kept.into_iter().filter_map(face).collect())
    }
}

impl FaceDetector for Mtcnn {
    fn detect(&self, rgb: &RgbImage) -> Result<Vec<Face>, FacesError> {
        let pyramid = Pyramid::exact(rgb);
        self.judge(&pyramid, self.propose(&pyramid, 0.0)?, false)
    }

    fn survey(&self, rgb: &RgbImage) -> Result<Vec<Face>, FacesError> {
        let pyramid = Pyramid::quick(rgb);
        self.judge(&pyramid, self.propose(&pyramid, SURVEYED_FROM)?, true)
    }

    /// The finest levels of the pyramid, most of the work, are left out; what they would propose is taken from where
    /// small faces were.
    fn follow(&self, rgb: &RgbImage, before: &[Face]) -> Result<Vec<Face>, FacesError> {
        let side = |face: &Face| face.rect.w.max(face.rect.h);
        let large_alone = !before.is_empty() && before.iter().all(|face| side(face) >= LARGE_ALONE);
        let pyramid = Pyramid::quick(rgb);
        let mut proposals = self.propose(&pyramid, if large_alone { 1.3 * FOLLOWED_BELOW } else { FOLLOWED_BELOW })?;
        let small = before.iter().filter(|face| side(face) < FOLLOWED_BELOW);
        proposals.extend(small.map(|face| squared(as_scored(face))));
        self.judge(&pyramid, proposals, true)
    }

    /// What P-Net would propose is taken from the places.
    fn recheck(&self, rgb: &RgbImage, places: &[Face]) -> Result<Vec<Face>, FacesError> {
        let proposals = places.iter().map(|face| squared(as_scored(face))).collect();
        self.judge(&Pyramid::exact(rgb), proposals, true)
    }
}

impl MtcnnOptions {
    fn check(&self) -> Result<(), FacesError> {
        let bad = |option, allowed, value| Err(FacesError::Option { option, allowed, value });
        if !(self.min_face >= 12.0 && self.min_face.is_finite()) {
            return bad("min_face", "at least 12 px", self.min_face);
        }
        if !(self.factor > 0.1 && self.factor < 0.99) {
            return bad("factor", "between 0.1 and 0.99", self.factor);
        }
        match self.thresholds.iter().find(|t| !(0.0..=1.0).contains(*t)) {
            Some(&t) => bad("threshold", "between 0 and 1", t),
            None => Ok(()),
        }
    }
}

/// Scales of the pyramid, largest picture first; none when the picture is smaller than `min_face`.
fn scales(width: u32, height: u32, options: &MtcnnOptions) -> Vec<f64> {
    let cell = PNet::CELL as f64;
    let first = cell / f64::from(options.min_face);
    let factor = decimal(options.factor);
    let (mut scale, mut side) = (first, f64::from(width.min(height)) * first);
    let mut scales = Vec::new();
    while side >= cell {
        scales.push(scale);
        scale *= factor;
        side *= factor;
    }
    scales
}

/// The decimal number that was meant: 0.709 as f32 is 0.70899999141…, and level sizes are rounded.
fn decimal(value: f32) -> f64 {
    (f64::from(value) * 1e6).round() / 1e6
}

/// A face's box as a proposal.
fn as_scored(face: &Face) -> ScoredBox {
    let Rect { x, y, w, h } = face.rect;
    ScoredBox { corners: [x, y, x + w, y + h], score: face.detector_score }
}

fn suppress(proposals: &[Proposal], threshold: f32, overlap: Overlap) -> Vec<Proposal> {
    let boxes: Vec<ScoredBox> = proposals.iter().map(|p| p.at).collect();
    nms(&boxes, threshold, overlap).into_iter().filter_map(|i| proposals.get(i).copied()).collect()
}

/// Without those that overlap a better one as suppression does not allow. The stages suppress before they correct, as the
/// reference does, and corrected boxes of one face fall together: of seven that are left in a frame two are
/// (docs/performance.md).
fn thinned(boxes: &[ScoredBox]) -> Vec<ScoredBox> {
    nms(boxes, NMS[1], Overlap::Union).into_iter().filter_map(|i| boxes.get(i).copied()).collect()
}

/// The box after its correction; `one` is added to its sides first (the later stages count pixels, the
/// first one coordinates).
fn moved(proposal: &Proposal, one: f32) -> ScoredBox {
    let [x0, y0, x1, y1] = proposal.at.corners;
    let (w, h) = (x1 - x0 + one, y1 - y0 + one);
    let [dx0, dy0, dx1, dy1] = proposal.offsets;
    ScoredBox { corners: [x0 + dx0 * w, y0 + dy0 * h, x1 + dx1 * w, y1 + dy1 * h], ..proposal.at }
}

/// The square of the longer side about the same middle.
fn squared(at: ScoredBox) -> ScoredBox {
    let [x0, y0, x1, y1] = at.corners;
    let (w, h) = (x1 - x0, y1 - y0);
    let side = w.max(h);
    let (x, y) = (x0 + w * 0.5 - side * 0.5, y0 + h * 0.5 - side * 0.5);
    ScoredBox { corners: [x, y, x + side, y + side], ..at }
}

/// Landmarks in pixels from fractions of the third stage's square.
fn points(square: &ScoredBox, fractions: &[f32; 10]) -> [Point; 5] {
    let [x0, y0, x1, y1] = square.corners;
    let (w, h) = (x1 - x0 + 1.0, y1 - y0 + 1.0);
    let (xs, ys) = fractions.split_at(5);
    let mut points = [Point::default(); 5];
    for ((point, fx), fy) in points.iter_mut().zip(xs).zip(ys) {
        *point = Point::new(w * fx + x0 - 1.0, h * fy + y0 - 1.0);
    }
    points
}

/// The parts of the picture under the boxes at `size` × `size`, `[n, size, size, 3]`, with the boxes
/// they belong to; boxes beside the picture are left out.
fn cut(pyramid: &Pyramid, boxes: &[ScoredBox], size: usize) -> (Vec<ScoredBox>, Nhwc) {
    let regions = boxes.iter().filter_map(|b| Some((*b, region(b, pyramid.rgb())?)));
    let (boxes, regions): (Vec<ScoredBox>, Vec<PixelRegion>) = regions.unzip();
    let mut crops = Nhwc::zeros(boxes.len(), size, size, 3);
    crops.data.par_chunks_mut(size * size * 3).zip(regions).for_each(|(crop, region)| pyramid.crop(region, size, crop));
    (boxes, crops)
}

/// Pixels under the box: corners truncated and counted from 1, both ends included, clipped.
fn region(at: &ScoredBox, rgb: &RgbImage) -> Option<PixelRegion> {
    let [x0, y0, x1, y1] = at.corners;
    let span = |start: f32, end: f32, whole: u32| {
        let first = (start as i64).max(1) - 1;
        let end = (end as i64).min(i64::from(whole));
        let len = u32::try_from(end - first).ok().filter(|&len| len > 0)?;
        Some((u32::try_from(first).ok()?, len))
    };
    let (x, w) = span(x0, x1, rgb.width())?;
    let (y, h) = span(y0, y1, rgb.height())?;
    Some(PixelRegion { x, y, w, h })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(corners: [f32; 4]) -> ScoredBox {
        ScoredBox { corners, score: 0.9 }
    }

    #[test]
    fn the_pyramid_ends_when_the_shorter_side_is_one_cell() {
        let scales_of = |w, h| scales(w, h, &MtcnnOptions { min_face: 24.0, ..MtcnnOptions::default() });
        assert_eq!(scales_of(24, 100), [0.5]);
        assert_eq!(scales_of(23, 100), [0.0; 0]);
        assert_eq!(scales_of(0, 0), [0.0; 0]);
        let hd = scales_of(1920, 1080);
        assert_eq!(hd.len(), 12);
        assert_eq!(hd[1], 0.5 * 0.709);
    }

    #[test]
    fn regions_count_from_one_and_stay_inside() {
        let rgb = RgbImage::new(100, 50);
        let r = |x, y, w, h| Some(PixelRegion { x, y, w, h });
        assert_eq!(region(&at([10.9, 20.9, 30.9, 40.9]), &rgb), r(9, 19, 21, 21));
        assert_eq!(region(&at([-5.0, -5.0, 30.0, 40.0]), &rgb), r(0, 0, 30, 40));
        assert_eq!(region(&at([90.0, 40.0, 130.0, 80.0]), &rgb), r(89, 39, 11, 11));
        assert_eq!(region(&at([101.0, 0.0, 130.0, 80.0]), &rgb), None);
        assert_eq!(region(&at([-30.0, 0.0, -1.0, 20.0]), &rgb), None);
        assert_eq!(region(&at([f32::NAN; 4]), &rgb), None);
    }

    #[test]
    fn boxes_move_and_grow_square() {
        let p = Proposal { at: at([10.0, 10.0, 20.0, 30.0]), offsets: [0.1, 0.0, 0.2, -0.1] };
        assert_eq!(moved(&p, 0.0).corners, [11.0, 10.0, 22.0, 28.0]);
        assert_eq!(squared(at([10.0, 10.0, 20.0, 30.0])).corners, [5.0, 10.0, 25.0, 30.0]);
    }

    /// A face to find, made from a control crop of the product: enlarged or shrunk into a grey picture.
    fn picture(side: u32) -> RgbImage {
        let bytes = include_bytes!("../../../assets/controls/generated-faces-hopper.png");
        let face = image::load_from_memory(bytes).unwrap().into_rgb8();
        let face = image::imageops::resize(&face, side, side, image::imageops::FilterType::Triangle);
        let mut picture = RgbImage::from_pixel(640, 480, image::Rgb([110, 112, 108]));
        image::imageops::overlay(&mut picture, &face, 200, 120);
        picture
    }

    #[test]
    fn a_survey_finds_the_faces_that_it_should_as_a_full_search_does() {
        let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
        let mtcnn = Mtcnn::load(&models, MtcnnOptions::default()).unwrap();
        let large = picture(240);
        let (surveyed, found) = (mtcnn.survey(&large).unwrap(), mtcnn.detect(&large).unwrap());
        assert_eq!((surveyed.len(), found.len()), (1, 1));
        assert!(surveyed[0].rect.iou(found[0].rect) > 0.85, "{:?} {:?}", surveyed[0].rect, found[0].rect);
        let left_out = |side| {
            let faces = mtcnn.detect(&picture(side)).unwrap();
            (!faces.is_empty() && mtcnn.survey(&picture(side)).unwrap().is_empty()).then_some(faces)
        };
        let tiny: Vec<Face> = (16..60).filter_map(left_out).flatten().collect();
        assert!(!tiny.is_empty() && tiny.iter().all(|face| face.rect.h < SURVEYED_FROM), "{tiny:?}");
    }

    #[test]
    fn large_faces_are_followed_as_they_are_found_and_small_ones_where_they_were() {
        let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
        let mtcnn = Mtcnn::load(&models, MtcnnOptions::default()).unwrap();
        let large = picture(240);
        let found = mtcnn.detect(&large).unwrap();
        assert_eq!(found.len(), 1);
        assert!(found[0].rect.w > FOLLOWED_BELOW);
        let followed = mtcnn.follow(&large, &[]).unwrap();
        assert_eq!(followed.len(), 1);
        assert!(followed[0].rect.iou(found[0].rect) > 0.85, "{:?} {:?}", followed[0].rect, found[0].rect);

        let small = picture(36);
        let found = mtcnn.survey(&small).unwrap();
        assert_eq!(found.len(), 1);
        assert!(found[0].rect.w.max(found[0].rect.h) < FOLLOWED_BELOW);
        assert!(mtcnn.follow(&small, &[]).unwrap().is_empty(), "nothing says where it was");
        let followed = mtcnn.follow(&small, &found).unwrap();
        assert_eq!(followed.len(), 1);
        assert!(followed[0].rect.iou(found[0].rect) > 0.7, "{:?} {:?}", followed[0].rect, found[0].rect);
        let grey = RgbImage::from_pixel(640, 480, image::Rgb([110, 112, 108]));
        assert!(mtcnn.follow(&grey, &found).unwrap().is_empty(), "the face has gone");
    }

    #[test]
    fn a_face_is_rechecked_where_it_was_and_nowhere_else() {
        let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
        let mtcnn = Mtcnn::load(&models, MtcnnOptions::default()).unwrap();
        for side in [36, 110, 240] {
            let picture = picture(side);
            let found = mtcnn.survey(&picture).unwrap();
            assert_eq!(found.len(), 1);
            for share in [-0.15, 0.0, 0.15] {
                let (dx, dy) = (found[0].rect.w * share, found[0].rect.h * share * 0.5);
                let rect = Rect { x: found[0].rect.x + dx, y: found[0].rect.y - dy, ..found[0].rect };
                let rechecked = mtcnn.recheck(&picture, &[Face { rect, ..found[0] }]).unwrap();
                assert_eq!(rechecked.len(), 1, "{side} {share}");
                assert!(rechecked[0].rect.iou(found[0].rect) > 0.75, "{:?} {:?}", rechecked[0].rect, found[0].rect);
            }
            assert!(mtcnn.recheck(&picture, &[]).unwrap().is_empty(), "nothing says where it was");
            let beside = Face { rect: Rect::new(450.0, 350.0, 80.0, 80.0), ..found[0] };
            assert!(mtcnn.recheck(&picture, &[beside]).unwrap().is_empty(), "it is not there");
        }
    }

    #[test]
    fn options_out_of_range_are_named() {
        let bad = [
            MtcnnOptions { min_face: 5.0, ..MtcnnOptions::default() },
            MtcnnOptions { min_face: f32::NAN, ..MtcnnOptions::default() },
            MtcnnOptions { factor: 1.0, ..MtcnnOptions::default() },
            MtcnnOptions { thresholds: [0.6, 1.2, 0.7], ..MtcnnOptions::default() },
        ];
        let names = bad.map(|o| match o.check() {
            Err(FacesError::Option { option, .. }) => option,
            _ => "none",
        });
        assert_eq!(names, ["min_face", "min_face", "factor", "threshold"]);
        assert!(MtcnnOptions::default().check().is_ok());
    }
}
