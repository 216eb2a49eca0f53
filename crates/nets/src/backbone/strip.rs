//! Small networks that see nothing of a face but a strip: the eyes, or the mouth. Four convolutions, three linear
//! layers.
//!
//! They are given the same crop as any other network, placed by the five landmarks, and cut their strip out of it
//! themselves, so that crops, augmentation and explanations need not know of strips. In a tight crop (`rule = "height"`,
//! `factor = 0.87`) the eyes of nearly all faces lie at 0.26–0.42 and the mouth at 0.71–0.82 of its height.

use candle_core::Tensor;
use candle_nn::VarBuilder;

use super::Architecture;
use crate::backbone::plan::{Block, ConvNamed, Plan, Reader};
use crate::cpu::{Activation, Padding};
use crate::error::NetsError;

/// Channels between the layers.
const CHANNELS: [usize; 5] = [3, 16, 32, 64, 128];
const STRIDES: [usize; 4] = [2, 2, 2, 1];
const HIDDEN: [usize; 2] = [128, 32];
/// What strips are measured in: parts of a crop's height.
const PARTS: usize = 16;

/// Where a network's strip begins and how high it is, in [`PARTS`] of the crop.
const fn strip(architecture: Architecture) -> Option<[usize; 2]> {
    match architecture {
        Architecture::EyeStrip => Some([3, 6]),
        Architecture::MouthStrip => Some([9, 6]),
        _ => None,
    }
}

/// First row and number of rows of a network's strip in a crop of this height; `None` for networks that see it all.
pub(crate) fn rows(architecture: Architecture, height: usize) -> Option<[usize; 2]> {
    strip(architecture).map(|parts| parts.map(|p| p * height / PARTS))
}

/// `[n, 3, h, w]` → `[n, 3, rows, w]`.
pub(crate) fn cut(x: &Tensor, [first, rows]: [usize; 2]) -> Result<Tensor, NetsError> {
    Ok(x.narrow(2, first, rows)?.contiguous()?)
}

/// A map `[n, rows, w]` of the strip as one of the whole crop, zero where the network sees nothing. Exact where the
/// crop's side is a multiple of 128, to the nearest cell elsewhere.
pub(crate) fn placed(architecture: Architecture, map: &Tensor) -> Result<Tensor, NetsError> {
    let Some([first, high]) = strip(architecture) else { return Ok(map.clone()) };
    let rows = map.dim(1)?;
    let nearest = |parts: usize| (parts * rows + high / 2) / high;
    let (above, all) = (nearest(first), nearest(PARTS));
    Ok(map.pad_with_zeros(1, above, all.saturating_sub(above + rows))?)
}

/// Input `[n, 3, h, w]` of a strip, last feature map `[n, 128, h / 8, w / 8]`, rounded up.
pub(crate) fn plan(vb: VarBuilder<'_>, classes: usize) -> Result<Plan, NetsError> {
    let r = Reader { vb, eps: 1e-5 };
    let convolution = |(i, (channels, stride)): (usize, (&[usize], usize))| {
        let [input, out] = *channels else { return Err(NetsError::Unsupported("a strip without channels")) };
        Ok(Block::Conv(r.conv(ConvNamed {
            conv: &format!("features.{i}.0"),
            norm: &format!("features.{i}.1"),
            channels: [out, input],
            kernel: 3,
            depthwise: false,
            stride,
            padding: Padding::all(1),
            activation: Activation::Relu,
        })?))
    };
    let blocks = CHANNELS.windows(2).zip(STRIDES).enumerate().map(convolution).collect::<Result<_, _>>()?;
    let ([wide, narrow], [.., last]) = (HIDDEN, CHANNELS);
    let head = vec![
        r.dense("classifier.0", [wide, last], Activation::Relu)?,
        r.dense("classifier.2", [narrow, wide], Activation::Relu)?,
        r.dense("classifier.4", [classes, narrow], Activation::None)?,
    ];
    Ok(Plan { blocks, head })
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{DType, Device};

    #[test]
    fn strips_lie_in_the_crop_and_maps_go_back_there() {
        assert_eq!(rows(Architecture::EyeStrip, 128), Some([24, 48]));
        assert_eq!(rows(Architecture::MouthStrip, 128), Some([72, 48]));
        assert_eq!(rows(Architecture::Resnet18, 128), None);
        for (architecture, seen) in [(Architecture::EyeStrip, 3..9), (Architecture::MouthStrip, 9..15)] {
            for cells in [6, 7, 8] {
                let map = Tensor::ones((1, cells, 2), DType::F32, &Device::Cpu).unwrap();
                let whole: Vec<Vec<f32>> = placed(architecture, &map).unwrap().squeeze(0).unwrap().to_vec2().unwrap();
                assert_eq!(whole.iter().filter(|row| row[0] > 0.0).count(), cells);
                if cells == 6 {
                    let lit: Vec<usize> = (0..whole.len()).filter(|i| whole[*i][0] > 0.0).collect();
                    assert_eq!((whole.len(), lit), (16, seen.clone().collect::<Vec<_>>()));
                }
            }
        }
    }
}
