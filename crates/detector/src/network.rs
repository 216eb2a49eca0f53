//! A network with one logit or several, each of them a detector's.

use std::sync::{Mutex, PoisonError};

use candle_core::Tensor;
use image::RgbImage;
use nets::backbone::{Backbone, ClassMap};

use crate::DetectorError;
use crate::preprocess::Preprocess;

/// Crops per pass of the network; more of them only cost memory.
const BATCH: usize = 16;

/// What detectors that share an encoder share.
pub(crate) struct Network {
    backbone: Backbone,
    preprocess: Preprocess,
    classes: usize,
    /// The last crops and all their logits, crop by crop: the next detector asks for the same.
    last: Mutex<Option<(Vec<RgbImage>, Vec<f32>)>>,
}

impl Network {
    /// With so many logits.
    pub fn new(backbone: Backbone, preprocess: Preprocess, classes: usize) -> Self {
        Self { backbone, preprocess, classes: classes.max(1), last: Mutex::new(None) }
    }

    /// One of the logits of each crop.
    pub fn logits(&self, crops: &[RgbImage], class: usize) -> Result<Vec<f32>, DetectorError> {
        let mut logits = Vec::with_capacity(crops.len());
        for batch in crops.chunks(BATCH) {
            logits.extend(self.all(batch)?.into_iter().skip(class).step_by(self.classes));
        }
        Ok(logits)
    }

    fn all(&self, crops: &[RgbImage]) -> Result<Vec<f32>, DetectorError> {
        if self.classes == 1 {
            return self.computed(crops);
        }
        // Never held while the network runs: rayon may have this thread begin another batch meanwhile.
        let last = || self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((seen, logits)) = last().as_ref()
            && seen == crops
        {
            return Ok(logits.clone());
        }
        let logits = self.computed(crops)?;
        *last() = Some((crops.to_vec(), logits.clone()));
        Ok(logits)
    }

    fn computed(&self, crops: &[RgbImage]) -> Result<Vec<f32>, DetectorError> {
        Ok(self.backbone.forward(&self.tensor(crops)?)?.flatten_all()?.to_vec1()?)
    }

    /// Grad-CAM of one of the logits.
    pub fn class_map(&self, crop: &RgbImage, class: usize) -> Result<ClassMap, DetectorError> {
        Ok(self.backbone.class_map(&self.tensor(std::slice::from_ref(crop))?, class)?)
    }

    fn tensor(&self, crops: &[RgbImage]) -> Result<Tensor, DetectorError> {
        self.preprocess.tensor(crops, self.backbone.device())
    }
}
