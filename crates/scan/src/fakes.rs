//! Stand-ins for files, detectors and models, so that the pipeline is tested for what it does itself.

use std::path::Path;
use std::sync::Arc;

use analysis::{Calibration, ModelPolicy, OperatingPoint, OperatingPoints, Task};
use base::{FrameIndex, Point, Rect, Score, Timestamp};
use detector::DetectorError;
use detector::explain::{CropPlace, HeatMap, HeatMethod};
use faces::{CropBasis, CropRule, Face, FaceDetector, FacesError};
use image::{Rgb, RgbImage};
use media::{Frame, Limits, Sampling};

use crate::pipeline::Pipeline;
use crate::scorer::Scorer;

/// Microseconds between the frames of [`frame`].
pub(crate) const STEP_US: i64 = 200_000;

/// Red tells the finder how many faces to find; blue is what the scorer sees.
pub(crate) fn frame(number: u64, faces: u8, blue: u8) -> Frame {
    // A different texture in each frame, so that no two are the same.
    let picture = RgbImage::from_fn(640, 360, |x, y| Rgb([faces, (x * 7 + y * 13) as u8, blue]));
    Frame {
        index: FrameIndex(number * 6),
        pts: Timestamp::from_micros(number as i64 * STEP_US),
        rgb: Arc::new(picture),
    }
}

/// Finds as many faces side by side as the red of the first pixel says; panics at 255.
pub(crate) struct CountingFinder;

impl FaceDetector for CountingFinder {
    fn detect(&self, rgb: &RgbImage) -> Result<Vec<Face>, FacesError> {
        let Rgb([faces, ..]) = *rgb.get_pixel(0, 0);
        assert!(faces != 255, "the finder broke");
        Ok((0..faces).map(|n| face_at(10.0 + 150.0 * f32::from(n))).collect())
    }
}

/// An upright face looking at the camera.
fn face_at(x: f32) -> Face {
    let at = |dx: f32, dy: f32| Point::new(x + dx, 100.0 + dy);
    Face {
        rect: Rect::new(x, 100.0, 110.0, 140.0),
        landmarks: [at(35.0, 55.0), at(75.0, 55.0), at(55.0, 80.0), at(38.0, 108.0), at(72.0, 108.0)],
        refined: None,
        detector_score: 0.99,
    }
}

/// The blue of the crop is the logit.
pub(crate) struct BlueScorer;

impl Scorer for BlueScorer {
    fn id(&self) -> &str {
        "blue"
    }

    fn crop_of(&self, rgb: &RgbImage, _: Rect) -> Option<RgbImage> {
        Some(RgbImage::from_pixel(1, 1, *rgb.get_pixel(0, 0)))
    }

    fn place_of(&self, rgb: &RgbImage, rect: Rect) -> Option<CropPlace> {
        CropPlace::of_rect(rgb, rect, &CropRule { basis: CropBasis::LargerSide, factor: 1.0, resize: 64, size: 64 })
    }

    fn heat_map(&self, crop: &RgbImage) -> Result<HeatMap, DetectorError> {
        let blue = f32::from(crop.get_pixel(0, 0).0[2]);
        HeatMap::new(HeatMethod::GradCam, [1, 1], vec![blue]).ok_or(DetectorError::NoLogit { index: 0 })
    }

    fn logits(&self, crops: &[RgbImage]) -> Result<Vec<f32>, DetectorError> {
        Ok(crops.iter().map(|c| f32::from(c.get_pixel(0, 0).0[2])).collect())
    }
}

/// The blue one, but that from a logit of 100 on it wants a black view of a still too.
pub(crate) struct Hesitant;

impl Scorer for Hesitant {
    fn id(&self) -> &str {
        BlueScorer.id()
    }

    fn crop_of(&self, rgb: &RgbImage, rect: Rect) -> Option<RgbImage> {
        BlueScorer.crop_of(rgb, rect)
    }

    fn place_of(&self, rgb: &RgbImage, rect: Rect) -> Option<CropPlace> {
        BlueScorer.place_of(rgb, rect)
    }

    fn views_of(&self, _: &RgbImage, _: Rect, logit: f32) -> Vec<RgbImage> {
        if logit >= 100.0 { vec![RgbImage::new(1, 1)] } else { Vec::new() }
    }

    fn heat_map(&self, crop: &RgbImage) -> Result<HeatMap, DetectorError> {
        BlueScorer.heat_map(crop)
    }

    fn logits(&self, crops: &[RgbImage]) -> Result<Vec<f32>, DetectorError> {
        BlueScorer.logits(crops)
    }
}

/// A pipeline of fakes.
pub(crate) fn pipeline(threads: usize) -> Pipeline {
    let high =
        OperatingPoint { threshold: Score::new(0.9).unwrap(), false_alarms: 0, n_real: 500, found: 400, n_fake: 500 };
    let points = OperatingPoints::new(high, Score::new(0.1).unwrap()).unwrap();
    let policy = ModelPolicy {
        id: "blue".into(),
        task: Task::FaceManipulation,
        calibration: Calibration::new(0.05, -5.0).unwrap(),
        image: Some(points),
        video: Some(points),
        together: None,
    };
    Pipeline::of_parts(Box::new(CountingFinder), Box::new(BlueScorer), policy, threads)
}

/// A picture that opens and shows `faces` faces.
pub(crate) fn save_picture(path: &Path, faces: u8, blue: u8) {
    frame(0, faces, blue).rgb.save(path).unwrap();
}

impl Pipeline {
    fn of_parts(finder: Box<dyn FaceDetector>, scorer: Box<dyn Scorer>, policy: ModelPolicy, threads: usize) -> Self {
        Self {
            finder,
            gate: faces::QualityGate::default(),
            scorers: vec![scorer],
            second: vec![],
            policies: vec![policy],
            models: vec![],
            sampling: Sampling::PerSecond(5.0),
            limits: Limits::default(),
            device: "cpu",
            pool: crate::pipeline::pool(threads).unwrap(),
            warnings: vec![],
            configuration: "fakes".into(),
            controls: vec![],
            delivery: None,
            models_dir: std::path::PathBuf::new(),
            ahead: crate::ahead::Ahead::default(),
        }
    }
}
