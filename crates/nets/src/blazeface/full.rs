//! The full-range network: double BlazeBlocks with bottlenecks down to 6x6, then a top-down path back to
//! 48x48 with lateral connections, and one output map.

use crate::cpu::{Activation, Conv, ConvSpec, Depthwise, Nhwc, Padding};
use crate::error::NetsError;
use crate::tflite_layers::{conv, depthwise};
use crate::weights::Weights;

/// Depthwise, 1x1 down (ReLU), depthwise, 1x1 up, plus the input unless the shape changes, ReLU.
#[derive(Debug, Clone)]
struct DoubleBlock {
    first: Depthwise,
    down: Conv,
    second: Depthwise,
    up: Conv,
    residual: bool,
}

/// Blocks of one resolution on the way down.
type Stage = Vec<DoubleBlock>;

/// One step of the way up: 1x1 on what comes from below, doubled in size, plus 1x1 on the stage beside it.
#[derive(Debug, Clone)]
struct Merge {
    below: Conv,
    lateral: Conv,
    blocks: Stage,
}

/// A head: 1x1, then depthwise of stride 2 whose channels hold 2x2 cells each.
#[derive(Debug, Clone)]
struct Head {
    pointwise: Conv,
    spread: Depthwise,
}

#[derive(Debug, Clone)]
pub(super) struct FullRange {
    stem: Conv,
    /// 96x96, 48x48, 24x24, 12x12, 6x6.
    stages: [Stage; 5],
    /// To 12x12, 24x24, 48x48.
    merges: [Merge; 3],
    classes: Head,
    boxes: Head,
}

impl FullRange {
    pub(super) fn load(weights: &Weights) -> Result<Self, NetsError> {
        let mut next = Sequence { weights, norm: 0, conv: 0 };
        let stem =
            next.conv([32, 3, 3], ConvSpec { stride: 2, padding: Padding::all(1), activation: Activation::Relu })?;
        let stages = [
            next.stage([32, 8, 32], 2, 1)?,
            next.stage([32, 16, 64], 3, 2)?,
            next.stage([64, 32, 128], 3, 2)?,
            next.stage([128, 48, 192], 3, 2)?,
            next.stage([192, 96, 384], 4, 2)?,
        ];
        let merges = [next.merge([384, 192], 96, 2)?, next.merge([96, 128], 64, 2)?, next.merge([64, 64], 48, 1)?];
        Ok(Self {
            stem,
            stages,
            merges,
            classes: Head::load(weights, "classifier_face_4_NO_PRUNING", "depthwise_conv2d_40", 4)?,
            boxes: Head::load(weights, "regressor_face_4_NO_PRUNING", "depthwise_conv2d_41", 64)?,
        })
    }

    /// Logits `[n][2304]` and boxes `[n][2304][16]`.
    pub(super) fn forward(&self, images: &Nhwc) -> (Vec<f32>, Vec<f32>) {
        let [s96, s48, s24, s12, s6] = &self.stages;
        let mut x = self.stem.forward(images);
        x = run(s96, &x);
        x = run(s48, &x);
        let x24 = run(s24, &x);
        let x12 = run(s12, &x24);
        let x48 = std::mem::replace(&mut x, run(s6, &x12));
        for (merge, beside) in self.merges.iter().zip([x12, x24, x48]) {
            x = merge.forward(&x, &beside);
        }
        (self.classes.forward(&x), self.boxes.forward(&x))
    }
}

/// One block after the other.
fn run(blocks: &[DoubleBlock], x: &Nhwc) -> Nhwc {
    let mut y = None;
    for block in blocks {
        y = Some(block.forward(y.as_ref().unwrap_or(x)));
    }
    y.unwrap_or_else(|| x.clone())
}

impl DoubleBlock {
    fn forward(&self, x: &Nhwc) -> Nhwc {
        let mut inner = self.first.forward(x);
        inner = self.down.forward(&inner);
        inner = self.second.forward(&inner);
        if self.residual { self.up.forward_add(&inner, x) } else { self.up.forward(&inner) }
    }
}

impl Merge {
    fn forward(&self, below: &Nhwc, beside: &Nhwc) -> Nhwc {
        let small = self.below.forward(below);
        let mut x = double_size(&small);
        let beside = self.lateral.forward(beside);
        for (sum, v) in x.data.iter_mut().zip(&beside.data) {
            *sum += v;
        }
        run(&self.blocks, &x)
    }
}

/// Bilinear, twice the height and width, pixel centres at half (TensorFlow's `half_pixel_centers`): every output
/// lies a quarter of the way from its nearest input cell to the next; edges repeat.
#[expect(clippy::indexing_slicing, reason = "neighbours are clamped to the image")]
fn double_size(x: &Nhwc) -> Nhwc {
    let mut out = Nhwc::scratch(x.n, 2 * x.h, 2 * x.w, x.c);
    let neighbour = |o: usize, len: usize| {
        let near = o / 2;
        (near, if o.is_multiple_of(2) { near.saturating_sub(1) } else { (near + 1).min(len - 1) })
    };
    for (i, target) in out.data.chunks_exact_mut(x.c).enumerate() {
        let (row, ox) = (i / (2 * x.w), i % (2 * x.w));
        let (image, oy) = (row / (2 * x.h), row % (2 * x.h));
        let ((y0, y1), (x0, x1)) = (neighbour(oy, x.h), neighbour(ox, x.w));
        let cell = |y: usize, col: usize| &x.data[((image * x.h + y) * x.w + col) * x.c..][..x.c];
        let top = cell(y0, x0).iter().zip(cell(y0, x1));
        let bottom = cell(y1, x0).iter().zip(cell(y1, x1));
        for ((t, (a, b)), (c, d)) in target.iter_mut().zip(top).zip(bottom) {
            *t = 0.75 * (0.75 * a + 0.25 * b) + 0.25 * (0.75 * c + 0.25 * d);
        }
    }
    out
}

impl Head {
    fn load(weights: &Weights, pointwise: &str, spread: &str, channels: usize) -> Result<Self, NetsError> {
        let path = |name: String| format!("model_1/model/{name}");
        let kernel = path(format!("{pointwise}/Conv2D"));
        let bias = part(weights, &format!("{pointwise}/BiasAdd"), 1)?;
        let none = ConvSpec::unit(Activation::None);
        let spread_kernel = path(format!("{spread}/depthwise"));
        let spread_bias = part(weights, &format!("{spread}/BiasAdd"), 1)?;
        Ok(Self {
            pointwise: conv(weights, [&kernel, bias], [channels, 1, 48], none)?,
            spread: depthwise(weights, [&spread_kernel, spread_bias], channels, (2, Padding::all(1)))?,
        })
    }

    /// `[n][48 * 48][channels / 4]`: the four quarters of the channels are the cells of a 2x2 square
    /// (TensorFlow's depth to space).
    fn forward(&self, x: &Nhwc) -> Vec<f32> {
        let x = self.spread.forward(&self.pointwise.forward(x));
        let depth = x.c / 4;
        let mut out = Vec::with_capacity(x.data.len());
        for row in x.data.chunks_exact(x.w * x.c) {
            for half in [0, 2 * depth] {
                for cell in row.chunks_exact(x.c) {
                    out.extend_from_slice(cell.get(half..half + 2 * depth).unwrap_or_default());
                }
            }
        }
        out
    }
}

/// The name of the tensor of that rank that has `part` among the names that the converter joined with `;`.
fn part<'a>(weights: &'a Weights, part: &str, rank: usize) -> Result<&'a str, NetsError> {
    let wanted = format!("model_1/model/{part}");
    let fits =
        |name: &&str| name.split(';').any(|p| p == wanted) && weights.get(name).is_ok_and(|t| t.shape.len() == rank);
    weights.names().find(fits).ok_or(NetsError::MissingTensor { name: wanted })
}

/// Hands out layers in the order in which the model was built: the converter named them by running numbers, and
/// folded batch normalisation `i` into the `i`-th convolution of either kind.
struct Sequence<'a> {
    weights: &'a Weights,
    norm: usize,
    conv: usize,
}

/// `name`, `name_1`, `name_2`, …
fn numbered(name: &str, i: usize) -> String {
    if i == 0 { name.to_owned() } else { format!("{name}_{i}") }
}

impl Sequence<'_> {
    /// The name of the next normalisation's part in a tensor's name.
    fn next_norm(&mut self) -> String {
        self.norm += 1;
        format!("{}/FusedBatchNormV3", numbered("batch_normalization", self.norm - 1))
    }

    /// `shape` is `[out, k, in]`. All but the first kernel are stored sparse, hence the suffix.
    fn conv(&mut self, shape: [usize; 3], spec: ConvSpec) -> Result<Conv, NetsError> {
        let bias = part(self.weights, &self.next_norm(), 1)?;
        let suffix = if self.conv == 0 { "" } else { "_dequantize" };
        let kernel = format!("model_1/model/{}/Conv2D{suffix}", numbered("conv2d", self.conv));
        self.conv += 1;
        conv(self.weights, [&kernel, bias], shape, spec)
    }

    /// 1x1 with ReLU.
    fn pointwise(&mut self, [input, out]: [usize; 2]) -> Result<Conv, NetsError> {
        self.conv([out, 1, input], ConvSpec::unit(Activation::Relu))
    }

    fn depthwise(&mut self, channels: usize, stride: usize) -> Result<Depthwise, NetsError> {
        let norm = self.next_norm();
        let names = [part(self.weights, &norm, 4)?, part(self.weights, &norm, 1)?];
        depthwise(self.weights, names, channels, (stride, Padding::all(1)))
    }

    /// `count` blocks through `mid` channels; the first takes `input` channels and the stride.
    fn stage(&mut self, [input, mid, out]: [usize; 3], count: usize, stride: usize) -> Result<Stage, NetsError> {
        let mut blocks = Vec::with_capacity(count);
        for i in 0..count {
            let (input, stride) = if i == 0 { (input, stride) } else { (out, 1) };
            blocks.push(DoubleBlock {
                first: self.depthwise(input, stride)?,
                down: self.pointwise([input, mid])?,
                second: self.depthwise(mid, 1)?,
                up: self.pointwise([mid, out])?,
                residual: input == out && stride == 1,
            });
        }
        Ok(blocks)
    }

    fn merge(&mut self, [below, beside]: [usize; 2], out: usize, blocks: usize) -> Result<Merge, NetsError> {
        Ok(Merge {
            below: self.pointwise([below, out])?,
            lateral: self.pointwise([beside, out])?,
            blocks: self.stage([out, out / 2, out], blocks, 1)?,
        })
    }
}
