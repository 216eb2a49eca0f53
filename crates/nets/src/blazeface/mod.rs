//! MediaPipe's BlazeFace detectors: short range (128x128, 896 anchors) and full range (192x192, 2304 anchors).
//!
//! Bazarevsky et al. 2019, "BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs"; weights and layer
//! names of `face_detection_short_range.tflite` and `face_detection_full_range_sparse.tflite`. Inputs are RGB
//! scaled to -1..1. Suppression of overlapping boxes belongs to the `faces` crate.

mod decode;
mod full;
mod short;

pub use decode::{BlazeFaceBox, RawBoxes};

use crate::cpu::Nhwc;
use crate::error::NetsError;
use crate::weights::Weights;

/// Which of the two detectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Range {
    /// Faces within about 2 m of a phone: at least a tenth or so of the picture's width.
    Short,
    /// Faces within about 5 m.
    Full,
}

impl Range {
    /// Side of the input in pixels.
    #[must_use]
    pub const fn size(self) -> usize {
        match self {
            Self::Short => 128,
            Self::Full => 192,
        }
    }

    /// Number of anchors.
    #[must_use]
    pub const fn anchors(self) -> usize {
        match self {
            Self::Short => 896,
            Self::Full => 2304,
        }
    }

    /// Name of its folder in `models/`.
    #[must_use]
    pub const fn model_id(self) -> &'static str {
        match self {
            Self::Short => "blazeface-short",
            Self::Full => "blazeface-full",
        }
    }
}

/// A BlazeFace detector.
#[derive(Debug, Clone)]
pub struct BlazeFace {
    net: Net,
}

#[derive(Debug, Clone)]
enum Net {
    Short(Box<short::ShortRange>),
    Full(Box<full::FullRange>),
}

impl BlazeFace {
    /// From tensors under their TensorFlow Lite names.
    ///
    /// # Errors
    /// [`NetsError::MissingTensor`], [`NetsError::TensorShape`].
    pub fn load(range: Range, weights: &Weights) -> Result<Self, NetsError> {
        let net = match range {
            Range::Short => Net::Short(Box::new(short::ShortRange::load(weights)?)),
            Range::Full => Net::Full(Box::new(full::FullRange::load(weights)?)),
        };
        Ok(Self { net })
    }

    /// Which of the two this is.
    #[must_use]
    pub fn range(&self) -> Range {
        match self.net {
            Net::Short(_) => Range::Short,
            Net::Full(_) => Range::Full,
        }
    }

    /// The undecoded answer for each image of `[n, size, size, 3]`; [`RawBoxes::decode`] makes boxes of it.
    ///
    /// # Errors
    /// [`NetsError::InputShape`].
    pub fn forward(&self, images: &Nhwc) -> Result<Vec<RawBoxes>, NetsError> {
        let (range, shape) = (self.range(), [images.n, images.h, images.w, images.c]);
        let size = range.size();
        if shape != [images.n, size, size, 3] || images.data.len() != shape.iter().product::<usize>() {
            let (net, expected) = match range {
                Range::Short => ("BlazeFace short range", "[n, 128, 128, 3]"),
                Range::Full => ("BlazeFace full range", "[n, 192, 192, 3]"),
            };
            return Err(NetsError::InputShape { net, expected, actual: shape.to_vec() });
        }
        let (logits, boxes) = match &self.net {
            Net::Short(net) => net.forward(images),
            Net::Full(net) => net.forward(images),
        };
        let count = range.anchors();
        let images = logits.chunks_exact(count).zip(boxes.as_chunks::<16>().0.chunks_exact(count));
        Ok(images.map(|(logits, boxes)| RawBoxes { range, logits: logits.to_vec(), boxes: boxes.to_vec() }).collect())
    }
}
