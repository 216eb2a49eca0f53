//! MediaPipe's face landmark network: 468 surface points of one face.
//!
//! Kartynnik et al. 2019, "Real-time Facial Surface Geometry from Monocular Video on Mobile GPUs". Layer names
//! are those of `face_landmark.tflite`. The crop that goes in (rotated upright, 1.5 times the face box) belongs
//! to the `faces` crate.

use crate::cpu::{Activation, Conv, Nhwc, Padding};
use crate::error::NetsError;
use crate::tflite_layers::{BlazeBlock, conv, depthwise, same};
use crate::weights::Weights;

/// The landmark network: RGB crops of 192x192, values 0..1.
#[derive(Debug, Clone)]
pub struct FaceMesh {
    stem: Conv,
    /// Down to 6x6x128, shared by both heads.
    trunk: Vec<BlazeBlock>,
    points: Head,
    presence: Head,
}

/// The last blocks for one output.
#[derive(Debug, Clone)]
struct Head {
    first: BlazeBlock,
    wide: Vec<BlazeBlock>,
    squeeze: Conv,
    narrow: BlazeBlock,
    /// 3x3 over 3x3: a dense layer.
    out: Conv,
}

/// What the network says of one crop.
#[derive(Debug, Clone, PartialEq)]
pub struct MeshOutput {
    /// x, y in pixels of the 192x192 crop and relative depth in the same unit, in the order of MediaPipe's
    /// canonical face mesh. [`FaceMesh::POINTS`] of them.
    pub points: Vec<[f32; 3]>,
    /// Raw score of a face being there; its sigmoid is a probability.
    pub presence_logit: f32,
}

/// Output channels and stride of trunk blocks 1 to 14.
const TRUNK: [(usize, usize); 14] = [
    (16, 1),
    (16, 1),
    (32, 2),
    (32, 1),
    (32, 1),
    (64, 2),
    (64, 1),
    (64, 1),
    (128, 2),
    (128, 1),
    (128, 1),
    (128, 2),
    (128, 1),
    (128, 1),
];

impl FaceMesh {
    /// Side of its input in pixels.
    pub const SIZE: usize = 192;
    /// Points per face.
    pub const POINTS: usize = 468;

    /// From tensors under their TensorFlow Lite names (`conv2d_1/Kernel`, `p_re_lu_1/Alpha`, …).
    ///
    /// # Errors
    /// [`NetsError::MissingTensor`], [`NetsError::TensorShape`].
    pub fn load(weights: &Weights) -> Result<Self, NetsError> {
        let names = Names(weights);
        let mut trunk = Vec::with_capacity(TRUNK.len());
        let mut input = 16;
        for (i, (out, stride)) in (1..).zip(TRUNK) {
            trunk.push(names.block([i, i + 1, i + 1], [input, out], stride)?);
            input = out;
        }
        Ok(Self {
            stem: names.conv(1, [16, 3, 3], 2, Some(1))?,
            trunk,
            points: Head {
                first: names.block([15, 16, 16], [128, 128], 2)?,
                wide: vec![names.block([16, 17, 17], [128, 128], 1)?, names.block([17, 18, 18], [128, 128], 1)?],
                squeeze: names.conv(19, [32, 1, 128], 1, Some(19))?,
                narrow: names.block([18, 20, 20], [32, 32], 1)?,
                out: names.dense(21, 3 * Self::POINTS)?,
            },
            presence: Head {
                first: names.block([23, 28, 26], [128, 128], 2)?,
                wide: Vec::new(),
                squeeze: names.conv(29, [32, 1, 128], 1, Some(27))?,
                narrow: names.block([24, 30, 28], [32, 32], 1)?,
                out: names.dense(31, 1)?,
            },
        })
    }

    /// One answer per crop of `[n, 192, 192, 3]`.
    ///
    /// # Errors
    /// [`NetsError::InputShape`].
    pub fn forward(&self, crops: &Nhwc) -> Result<Vec<MeshOutput>, NetsError> {
        let shape = [crops.n, crops.h, crops.w, crops.c];
        if shape != [crops.n, Self::SIZE, Self::SIZE, 3] || crops.data.len() != shape.iter().product::<usize>() {
            let actual = shape.to_vec();
            return Err(NetsError::InputShape { net: "face mesh", expected: "[n, 192, 192, 3]", actual });
        }
        let mut x = self.stem.forward(crops);
        for block in &self.trunk {
            x = block.forward(&x);
        }
        let (points, presence) = (self.points.forward(&x), self.presence.forward(&x));
        let faces = points.data.chunks_exact(3 * Self::POINTS).zip(&presence.data);
        Ok(faces
            .map(|(p, &presence_logit)| MeshOutput { points: p.as_chunks::<3>().0.to_vec(), presence_logit })
            .collect())
    }
}

impl Head {
    fn forward(&self, trunk: &Nhwc) -> Nhwc {
        let mut x = self.first.forward(trunk);
        for block in &self.wide {
            x = block.forward(&x);
        }
        x = self.squeeze.forward(&x);
        x = self.narrow.forward(&x);
        self.out.forward(&x)
    }
}

/// Layers by their numbers in the file.
struct Names<'a>(&'a Weights);

impl Names<'_> {
    fn prelu(&self, number: Option<usize>, channels: usize) -> Result<Activation, NetsError> {
        let Some(number) = number else { return Ok(Activation::None) };
        let slopes = self.0.get_shaped(&format!("p_re_lu_{number}/Alpha"), &[1, 1, channels])?;
        Ok(Activation::Prelu(slopes.data.clone()))
    }

    /// `shape` is `[out, k, in]`.
    fn conv(&self, i: usize, shape: [usize; 3], stride: usize, prelu: Option<usize>) -> Result<Conv, NetsError> {
        let [out, ..] = shape;
        let names = [format!("conv2d_{i}/Kernel"), format!("conv2d_{i}/Bias")];
        conv(self.0, names.each_ref().map(String::as_str), shape, same(stride, self.prelu(prelu, out)?))
    }

    /// 3x3 over 3x3x32.
    fn dense(&self, i: usize, out: usize) -> Result<Conv, NetsError> {
        let names = [format!("conv2d_{i}/Kernel"), format!("conv2d_{i}/Bias")];
        let spec = crate::cpu::ConvSpec::unit(Activation::None);
        conv(self.0, names.each_ref().map(String::as_str), [out, 3, 32], spec)
    }

    /// The numbers of its depthwise convolution, 1x1 convolution and PReLU.
    fn block(
        &self,
        [dw, pw, prelu]: [usize; 3],
        [input, out]: [usize; 2],
        stride: usize,
    ) -> Result<BlazeBlock, NetsError> {
        let names = [format!("depthwise_conv2d_{dw}/Kernel"), format!("depthwise_conv2d_{dw}/Bias")];
        let names = names.each_ref().map(String::as_str);
        let depthwise = depthwise(self.0, names, input, (stride, Padding::Same))?;
        Ok(BlazeBlock::new(depthwise, self.conv(pw, [out, 1, input], 1, Some(prelu))?, stride))
    }
}
