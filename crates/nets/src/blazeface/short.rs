//! The short-range network: sixteen single BlazeBlocks, outputs at 16x16 and 8x8.

use crate::cpu::{Activation, Conv, Nhwc, Padding};
use crate::error::NetsError;
use crate::tflite_layers::{BlazeBlock, conv, depthwise, same};
use crate::weights::Weights;

/// Output channels and stride of the blocks.
const BLOCKS: [(usize, usize); 16] = [
    (24, 1),
    (28, 1),
    (32, 2),
    (36, 1),
    (42, 1),
    (48, 2),
    (56, 1),
    (64, 1),
    (72, 1),
    (80, 1),
    (88, 1),
    (96, 2),
    (96, 1),
    (96, 1),
    (96, 1),
    (96, 1),
];
/// Blocks before the 16x16 outputs.
const FINE: usize = 11;

#[derive(Debug, Clone)]
pub(super) struct ShortRange {
    stem: Conv,
    blocks: Vec<BlazeBlock>,
    fine: Heads,
    coarse: Heads,
}

/// Scores and boxes of one map.
#[derive(Debug, Clone)]
struct Heads {
    classes: Conv,
    boxes: Conv,
}

impl ShortRange {
    pub(super) fn load(weights: &Weights) -> Result<Self, NetsError> {
        let named = |layer: &str, shape: [usize; 3], stride: usize, activation: Activation| {
            let names = [format!("{layer}/Kernel"), format!("{layer}/Bias")];
            conv(weights, names.each_ref().map(String::as_str), shape, same(stride, activation))
        };
        let heads = |map: usize, input: usize, anchors: usize| {
            Ok::<_, NetsError>(Heads {
                classes: named(&format!("classificator_{map}"), [anchors, 1, input], 1, Activation::None)?,
                boxes: named(&format!("regressor_{map}"), [16 * anchors, 1, input], 1, Activation::None)?,
            })
        };
        let mut blocks = Vec::with_capacity(BLOCKS.len());
        let mut input = 24;
        for (i, (out, stride)) in BLOCKS.into_iter().enumerate() {
            let dw = if i == 0 { "depthwise_conv2d".to_owned() } else { format!("depthwise_conv2d_{i}") };
            let names = [format!("{dw}/Kernel"), format!("{dw}/Bias")];
            let names = names.each_ref().map(String::as_str);
            let depthwise = depthwise(weights, names, input, (stride, Padding::Same))?;
            let pointwise = named(&format!("conv2d_{}", i + 1), [out, 1, input], 1, Activation::Relu)?;
            blocks.push(BlazeBlock::new(depthwise, pointwise, stride));
            input = out;
        }
        Ok(Self {
            stem: named("conv2d", [24, 5, 3], 2, Activation::Relu)?,
            blocks,
            fine: heads(8, 88, 2)?,
            coarse: heads(16, 96, 6)?,
        })
    }

    /// Logits `[n][896]` and boxes `[n][896][16]`.
    pub(super) fn forward(&self, images: &Nhwc) -> (Vec<f32>, Vec<f32>) {
        let (fine, coarse) = self.blocks.split_at(FINE);
        let mut x = self.stem.forward(images);
        for block in fine {
            x = block.forward(&x);
        }
        let (fine_classes, fine_boxes) = self.fine.forward(&x);
        for block in coarse {
            x = block.forward(&x);
        }
        let (coarse_classes, coarse_boxes) = self.coarse.forward(&x);
        (interleave(&fine_classes, &coarse_classes), interleave(&fine_boxes, &coarse_boxes))
    }
}

impl Heads {
    fn forward(&self, x: &Nhwc) -> (Nhwc, Nhwc) {
        (self.classes.forward(x), self.boxes.forward(x))
    }
}

/// Image by image, all of `a` then all of `b`.
fn interleave(a: &Nhwc, b: &Nhwc) -> Vec<f32> {
    let mut out = Vec::with_capacity(a.data.len() + b.data.len());
    for (a, b) in a.data.chunks_exact(a.image_len()).zip(b.data.chunks_exact(b.image_len())) {
        out.extend_from_slice(a);
        out.extend_from_slice(b);
    }
    out
}
