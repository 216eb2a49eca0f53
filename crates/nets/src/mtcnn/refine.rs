//! R-Net and O-Net: small crops in, one decision per crop out.

use super::face_probability;
use crate::cpu::{Activation, Conv, ConvSpec, Dense, MaxPool, Nhwc, Square, Winograd, worth_splitting};
use crate::error::NetsError;
use crate::weights::Weights;
use rayon::prelude::*;

/// R-Net's answer for one crop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RNetOutput {
    /// Probability of a face, 0..1.
    pub face: f32,
    /// Corrections of left, top, right, bottom in units of the box's width and height.
    pub offsets: [f32; 4],
}

/// O-Net's answer for one crop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ONetOutput {
    /// Probability of a face, 0..1.
    pub face: f32,
    /// Corrections of left, top, right, bottom in units of the box's width and height.
    pub offsets: [f32; 4],
    /// Landmarks in units of the box's width and height: x of left eye, right eye, nose, left and right mouth
    /// corner (as seen in the picture), then y of the same.
    pub points: [f32; 10],
}

/// The refinement network: 24x24 crops.
#[derive(Debug, Clone)]
pub struct RNet {
    trunk: Trunk,
    face: Dense,
    offsets: Dense,
}

/// The output network: 48x48 crops.
#[derive(Debug, Clone)]
pub struct ONet {
    trunk: Trunk,
    face: Dense,
    offsets: Dense,
    points: Dense,
}

/// Convolutions and the shared dense layer.
#[derive(Debug, Clone)]
struct Trunk {
    first: Layer,
    layers: Vec<Layer>,
    dense: Dense,
}

/// A convolution and the pool after it, if any.
#[derive(Debug, Clone)]
struct Layer {
    conv: Kernel,
    pool: Option<MaxPool>,
}

/// How a convolution without padding is computed.
#[derive(Debug, Clone)]
enum Kernel {
    Direct(Conv),
    Winograd(Winograd),
}

impl Layer {
    fn forward(&self, x: &Nhwc) -> Nhwc {
        let mut y = match &self.conv {
            Kernel::Direct(conv) => conv.forward(x),
            Kernel::Winograd(conv) => conv.forward(x, None),
        };
        if let Some(pool) = self.pool {
            y = pool.forward(&y);
        }
        y
    }
}

impl RNet {
    /// Side of its input in pixels.
    pub const SIZE: usize = 24;

    /// From tensors `rnet.conv1.weight` and so on.
    ///
    /// # Errors
    /// [`NetsError::MissingTensor`], [`NetsError::TensorShape`].
    pub fn load(weights: &Weights) -> Result<Self, NetsError> {
        let loader = Loader { weights, prefix: "rnet" };
        let first = loader.layer(1, [28, 3, 3], Some(MaxPool::ceil(3, 2)))?;
        let layers =
            vec![loader.layer(2, [48, 28, 3], Some(MaxPool::ceil(3, 2)))?, loader.layer(3, [64, 48, 2], None)?];
        let dense = loader.first_dense("dense4", "prelu4", [128, 64, 3])?;
        Ok(Self {
            trunk: Trunk { first, layers, dense },
            face: loader.dense("dense5_1", [2, 128])?,
            offsets: loader.dense("dense5_2", [4, 128])?,
        })
    }

    /// One answer per crop of `[n, 24, 24, 3]`.
    ///
    /// # Errors
    /// [`NetsError::InputShape`].
    pub fn forward(&self, crops: &Nhwc) -> Result<Vec<RNetOutput>, NetsError> {
        check("R-Net", "[n, 24, 24, 3]", Self::SIZE, crops)?;
        Ok(by_chunks(crops, RNET_MACS, |chunk| {
            let features = self.trunk.forward(chunk);
            let faces = self.face.forward(features.clone());
            let offsets = self.offsets.forward(features);
            let rows = rows::<2>(&faces).iter().zip(rows::<4>(&offsets));
            rows.map(|(&[no, yes], &offsets)| RNetOutput { face: face_probability(no, yes), offsets }).collect()
        }))
    }
}

impl ONet {
    /// Side of its input in pixels.
    pub const SIZE: usize = 48;

    /// From tensors `onet.conv1.weight` and so on.
    ///
    /// # Errors
    /// [`NetsError::MissingTensor`], [`NetsError::TensorShape`].
    pub fn load(weights: &Weights) -> Result<Self, NetsError> {
        let loader = Loader { weights, prefix: "onet" };
        let first = loader.layer(1, [32, 3, 3], Some(MaxPool::ceil(3, 2)))?;
        let layers = vec![
            loader.layer(2, [64, 32, 3], Some(MaxPool::ceil(3, 2)))?,
            loader.layer(3, [64, 64, 3], Some(MaxPool::ceil(2, 2)))?,
            loader.layer(4, [128, 64, 2], None)?,
        ];
        let dense = loader.first_dense("dense5", "prelu5", [256, 128, 3])?;
        Ok(Self {
            trunk: Trunk { first, layers, dense },
            face: loader.dense("dense6_1", [2, 256])?,
            offsets: loader.dense("dense6_2", [4, 256])?,
            points: loader.dense("dense6_3", [10, 256])?,
        })
    }

    /// One answer per crop of `[n, 48, 48, 3]`.
    ///
    /// # Errors
    /// [`NetsError::InputShape`].
    pub fn forward(&self, crops: &Nhwc) -> Result<Vec<ONetOutput>, NetsError> {
        check("O-Net", "[n, 48, 48, 3]", Self::SIZE, crops)?;
        Ok(by_chunks(crops, ONET_MACS, |chunk| {
            let features = self.trunk.forward(chunk);
            let faces = self.face.forward(features.clone());
            let offsets = self.offsets.forward(features.clone());
            let points = self.points.forward(features);
            let rows = rows::<2>(&faces).iter().zip(rows::<4>(&offsets)).zip(rows::<10>(&points));
            rows.map(|((&[no, yes], &offsets), &points)| ONetOutput {
                face: face_probability(no, yes),
                offsets,
                points,
            })
            .collect()
        }))
    }
}

impl Trunk {
    fn forward(&self, crops: &Nhwc) -> Nhwc {
        let mut x = self.first.forward(crops);
        for layer in &self.layers {
            x = layer.forward(&x);
        }
        self.dense.forward(x)
    }
}

/// Multiply-adds per crop.
const RNET_MACS: usize = 1_500_000;
/// Multiply-adds per crop.
const ONET_MACS: usize = 12_900_000;

/// Answers for all crops, some of them at a time: few enough for their activations to stay in the cache, enough to
/// fill the dense layers' tiles. Chunks run in parallel when they are worth it.
fn by_chunks<T: Send>(crops: &Nhwc, macs: usize, answer: impl Fn(&Nhwc) -> Vec<T> + Sync) -> Vec<T> {
    /// About 250 kB of first-layer output for either network, and a multiple of the kernel's six rows.
    const CHUNK_VALUES: usize = 6 * RNet::SIZE * RNet::SIZE * 3;
    let len = crops.image_len();
    let per_chunk = (CHUNK_VALUES / len).max(2);
    let run = |values: &[f32]| {
        let mut chunk = Nhwc::scratch(values.len() / len, crops.h, crops.w, crops.c);
        chunk.data.copy_from_slice(values);
        answer(&chunk)
    };
    if crops.n > per_chunk && worth_splitting(crops.n * macs) {
        crops.data.par_chunks(per_chunk * len).flat_map_iter(run).collect()
    } else {
        crops.data.chunks(per_chunk * len).flat_map(run).collect()
    }
}

/// The rows of a `[n, 1, 1, N]` tensor.
fn rows<const N: usize>(x: &Nhwc) -> &[[f32; N]] {
    x.data.as_chunks::<N>().0
}

fn check(net: &'static str, expected: &'static str, size: usize, crops: &Nhwc) -> Result<(), NetsError> {
    let shape = [crops.n, crops.h, crops.w, crops.c];
    if shape == [crops.n, size, size, 3] && crops.data.len() == shape.iter().product::<usize>() {
        return Ok(());
    }
    Err(NetsError::InputShape { net, expected, actual: shape.to_vec() })
}

/// Channels that the kernels compute together.
const LANES: usize = 16;

/// Reads layers under a prefix by the names that facenet-pytorch gives them.
struct Loader<'a> {
    weights: &'a Weights,
    prefix: &'static str,
}

impl Loader<'_> {
    fn tensor(&self, name: &str, shape: &[usize]) -> Result<&[f32], NetsError> {
        Ok(&self.weights.get_shaped(&format!("{}.{name}", self.prefix), shape)?.data)
    }

    /// `conv<i>` of shape `[out, in, k]` with its `prelu<i>`. Channels are filled up with zeros to a multiple of 16, in
    /// which the kernels work: the next layer must expect as many.
    fn layer(&self, i: usize, [out, input, k]: [usize; 3], pool: Option<MaxPool>) -> Result<Layer, NetsError> {
        let shape = [out, input, k, k];
        let mut slopes = self.tensor(&format!("prelu{i}.weight"), &[out])?.to_vec();
        let mut bias = self.tensor(&format!("conv{i}.bias"), &[out])?.to_vec();
        let wide = out.next_multiple_of(LANES);
        // The first layer sees three colours, the others what the layer before them filled up.
        let deep = if i == 1 { input } else { input.next_multiple_of(LANES) };
        let mut weights = vec![0.0; wide * deep * k * k];
        let filled = weights.chunks_exact_mut(deep * k * k);
        let given = self.tensor(&format!("conv{i}.weight"), &shape)?.chunks_exact(input * k * k);
        filled.zip(given).for_each(|(to, from)| to.iter_mut().zip(from).for_each(|(to, from)| *to = *from));
        slopes.resize(wide, 0.0);
        bias.resize(wide, 0.0);
        let activation = Activation::Prelu(slopes);
        let conv = if k == 3 && Winograd::fits([wide, deep], &activation) {
            Kernel::Winograd(Winograd::new(Square::Four, [wide, deep], &weights, &bias, &activation).valid())
        } else {
            Kernel::Direct(Conv::from_oihw([wide, deep, k, k], &weights, &bias, ConvSpec::unit(activation)))
        };
        Ok(Layer { conv, pool })
    }

    fn dense(&self, name: &str, shape: [usize; 2]) -> Result<Dense, NetsError> {
        let [out, _] = shape;
        let weights = self.tensor(&format!("{name}.weight"), &shape)?;
        Ok(Dense::new(shape, weights, self.tensor(&format!("{name}.bias"), &[out])?, Activation::None))
    }

    /// The dense layer after the last convolution of `[channels, side, side]`. The reference flattens in the
    /// order `[x][y][channel]` (it permutes by (0, 3, 2, 1), as the original column-major Caffe model did); the
    /// columns are turned here into the channels-last order `[y][x][channel]`.
    #[expect(clippy::indexing_slicing, reason = "indices run over the shape that get_shaped has checked")]
    fn first_dense(&self, name: &str, prelu: &str, [out, c, side]: [usize; 3]) -> Result<Dense, NetsError> {
        let input = c * side * side;
        let weights = self.tensor(&format!("{name}.weight"), &[out, input])?;
        let mut turned = Vec::with_capacity(weights.len());
        for row in weights.chunks_exact(input) {
            for y in 0..side {
                for x in 0..side {
                    turned.extend_from_slice(&row[(x * side + y) * c..][..c]);
                }
            }
        }
        let slopes = self.tensor(&format!("{prelu}.weight"), &[out])?.to_vec();
        let bias = self.tensor(&format!("{name}.bias"), &[out])?;
        Ok(Dense::new([out, input], &turned, bias, Activation::Prelu(slopes)))
    }
}
