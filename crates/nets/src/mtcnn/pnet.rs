//! P-Net: the fully convolutional proposal network that sees every level of the image pyramid.

use super::face_probability;
use crate::cpu::{Nhwc, PlanarConv, PlanarRows, Simd, pool_pairs, split_rgb, worth_splitting};
use crate::error::NetsError;
use crate::weights::Weights;
use rayon::prelude::*;

/// P-Net's answer: one cell per step of 2 input pixels, each looking at 12x12 pixels.
#[derive(Debug, Clone, PartialEq)]
pub struct PNetMaps {
    /// Images in the batch.
    pub n: usize,
    /// Rows of the map.
    pub h: usize,
    /// Columns of the map.
    pub w: usize,
    /// Probability of a face, 0..1, `[n][h][w]`.
    pub face: Vec<f32>,
    /// Corrections of left, top, right, bottom in units of the cell's 12 pixels, `[n][h][w]`.
    pub offsets: Vec<[f32; 4]>,
}

/// The proposal network, for images of any size from 12x12 up (11x11 still gives one cell).
///
/// About 1,830 multiply-adds per input pixel. All layers advance together, row by row, over rings of
/// planar rows that stay in the cache.
#[derive(Debug, Clone)]
pub struct PNet {
    conv1: PlanarConv,
    conv2: PlanarConv,
    conv3: PlanarConv,
    /// Both heads: background, face, then four offsets.
    heads: PlanarConv,
}

/// Multiply-adds per input pixel, for deciding whether to split an image.
const MACS_PER_PIXEL: usize = 1830;
/// Fewest output rows worth a band of their own: four rows of pooled input are computed twice per seam.
const BAND: usize = 24;

impl PNet {
    /// Smallest side of an input.
    pub const MIN_SIDE: usize = 11;
    /// Input pixels between neighbouring cells.
    pub const STRIDE: usize = 2;
    /// Input pixels that a cell looks at, per side.
    pub const CELL: usize = 12;

    /// From tensors `pnet.conv1.weight` and so on.
    ///
    /// # Errors
    /// [`NetsError::MissingTensor`], [`NetsError::TensorShape`].
    pub fn load(weights: &Weights) -> Result<Self, NetsError> {
        let tensor =
            |name: &str, shape: &[usize]| weights.get_shaped(&format!("pnet.{name}"), shape).map(|t| t.data.as_slice());
        let conv = |i: usize, [out, input]: [usize; 2]| {
            let shape = [out, input, 3, 3];
            Ok::<_, NetsError>(PlanarConv::from_oihw(
                shape,
                tensor(&format!("conv{i}.weight"), &shape)?,
                tensor(&format!("conv{i}.bias"), &[out])?,
                Some(tensor(&format!("prelu{i}.weight"), &[out])?),
            ))
        };
        let both = |kind: &str, a: &[usize], b: &[usize]| {
            Ok::<_, NetsError>(
                [tensor(&format!("conv4_1.{kind}"), a)?, tensor(&format!("conv4_2.{kind}"), b)?].concat(),
            )
        };
        let head_weights = both("weight", &[2, 32, 1, 1], &[4, 32, 1, 1])?;
        let head_bias = both("bias", &[2], &[4])?;
        Ok(Self {
            conv1: conv(1, [10, 3])?,
            conv2: conv(2, [16, 10])?,
            conv3: conv(3, [32, 16])?,
            heads: PlanarConv::from_oihw([6, 32, 1, 1], &head_weights, &head_bias, None),
        })
    }

    /// The maps of a batch `[n, h, w, 3]`; `h` and `w` at least [`PNet::MIN_SIDE`].
    ///
    /// # Errors
    /// [`NetsError::InputShape`].
    pub fn forward(&self, images: &Nhwc) -> Result<PNetMaps, NetsError> {
        self.run(images, Simd::detect())
    }

    pub(crate) fn run(&self, images: &Nhwc, simd: Option<Simd>) -> Result<PNetMaps, NetsError> {
        let Nhwc { n, h, w, c, .. } = *images;
        if c != 3 || h < Self::MIN_SIDE || w < Self::MIN_SIDE || images.data.len() != n * h * w * c {
            let actual = vec![n, h, w, c];
            return Err(NetsError::InputShape { net: "P-Net", expected: "[n, 11 or more, 11 or more, 3]", actual });
        }
        let size = Size::of(h, w);
        let (out_h, out_w) = (size.out_h, size.out_w);
        let cells = n * out_h * out_w;
        let mut maps = PNetMaps { n, h: out_h, w: out_w, face: vec![0.0; cells], offsets: vec![[0.0; 4]; cells] };
        let rows = if worth_splitting(h * w * MACS_PER_PIXEL) {
            out_h.div_ceil(rayon::current_num_threads()).max(BAND)
        } else {
            out_h
        };
        for ((image, face), offsets) in images
            .data
            .chunks_exact(h * w * 3)
            .zip(maps.face.chunks_exact_mut(out_h * out_w))
            .zip(maps.offsets.chunks_exact_mut(out_h * out_w))
        {
            if rows >= out_h {
                self.band(image, size, 0, BandOut { face, offsets }, simd);
                continue;
            }
            face.par_chunks_mut(rows * out_w)
                .zip(offsets.par_chunks_mut(rows * out_w))
                .enumerate()
                .for_each(|(i, (face, offsets))| self.band(image, size, i * rows, BandOut { face, offsets }, simd));
        }
        Ok(maps)
    }

    /// Output rows from `first` on, as many as `out` holds.
    fn band(&self, image: &[f32], size: Size, first: usize, out: BandOut, simd: Option<Simd>) {
        let mut rings = Rings::new(self, size.w);
        // Rows that each layer has produced so far are those below these marks.
        let (mut next_input, mut next_pooled, mut next_second) = (2 * first, first, first);
        let lines = out.face.chunks_exact_mut(size.out_w).zip(out.offsets.chunks_exact_mut(size.out_w));
        for (i, (face, offsets)) in lines.enumerate() {
            let y = first + i;
            while next_second < y + 3 {
                while next_pooled < next_second + 3 {
                    while next_input < (2 * next_pooled + 4).min(size.h) {
                        split_planes(image, size.w, next_input, &mut rings.input, simd);
                        next_input += 1;
                    }
                    self.pooled_row(&mut rings, size, next_pooled, simd);
                    next_pooled += 1;
                }
                self.conv2.row(&rings.pooled, next_second, size.pooled_w - 2, &mut rings.second, simd);
                next_second += 1;
            }
            self.conv3.row(&rings.second, y, size.out_w, &mut rings.third, simd);
            self.heads.row(&rings.third, y, size.out_w, &mut rings.heads, simd);
            finish_row(&rings.heads, y, face, offsets);
        }
    }

    /// First convolution, PReLU and 2x2 ceil-mode pool: row `y` of the pooled map.
    fn pooled_row(&self, rings: &mut Rings, size: Size, y: usize, simd: Option<Simd>) {
        let (first_h, first_w) = (size.h - 2, size.w - 2);
        let rows = if 2 * y + 1 < first_h { [2 * y, 2 * y + 1] } else { [2 * y; 2] };
        for row in rows {
            self.conv1.row(&rings.input, row, first_w, &mut rings.first, simd);
            if first_w % 2 == 1 {
                // The last column has no partner: pair it with something that never wins.
                for plane in rings.first.planes_mut(row) {
                    if let Some(beyond) = plane.get_mut(first_w) {
                        *beyond = f32::NEG_INFINITY;
                    }
                }
            }
        }
        let [a, b] = rows;
        let above = rings.first.planes(a);
        for ((above, below), to) in above.zip(rings.first.planes(b)).zip(rings.pooled.planes_mut(y)) {
            if let Some(to) = to.get_mut(..size.pooled_w) {
                pool_pairs([above, below], to, simd);
            }
        }
    }
}

/// Sizes that follow from an input of `h` x `w`.
#[derive(Debug, Clone, Copy)]
struct Size {
    h: usize,
    w: usize,
    pooled_w: usize,
    out_h: usize,
    out_w: usize,
}

impl Size {
    fn of(h: usize, w: usize) -> Self {
        let pooled = |len: usize| (len - 2).div_ceil(2);
        Self { h, w, pooled_w: pooled(w), out_h: pooled(h) - 4, out_w: pooled(w) - 4 }
    }
}

/// Where a band of output rows goes.
struct BandOut<'a> {
    face: &'a mut [f32],
    offsets: &'a mut [[f32; 4]],
}

/// The last rows of every layer.
struct Rings {
    input: PlanarRows,
    first: PlanarRows,
    pooled: PlanarRows,
    second: PlanarRows,
    third: PlanarRows,
    heads: PlanarRows,
}

impl Rings {
    fn new(net: &PNet, w: usize) -> Self {
        Self {
            input: PlanarRows::new(4, 3, w),
            first: PlanarRows::new(2, net.conv1.channels(), w),
            pooled: PlanarRows::new(3, net.conv1.channels(), w / 2),
            second: PlanarRows::new(3, net.conv2.channels(), w / 2),
            third: PlanarRows::new(1, net.conv3.channels(), w / 2),
            heads: PlanarRows::new(1, net.heads.channels(), w / 2),
        }
    }
}

/// Row `y` of an interleaved image as three planes.
fn split_planes(image: &[f32], w: usize, y: usize, ring: &mut PlanarRows, simd: Option<Simd>) {
    let row = image.get(y * w * 3..(y + 1) * w * 3).unwrap_or_default();
    let mut planes = ring.planes_mut(y);
    if let (Some(r), Some(g), Some(b)) = (planes.next(), planes.next(), planes.next()) {
        split_rgb(row, [r, g, b], simd);
    }
}

/// Turns the six planes of the heads into probabilities and offsets.
fn finish_row(heads: &PlanarRows, y: usize, face: &mut [f32], offsets: &mut [[f32; 4]]) {
    let mut planes = heads.planes(y);
    let mut next = || planes.next().unwrap_or_default();
    let (no, yes, a, b, c, d) = (next(), next(), next(), next(), next(), next());
    for ((f, &no), &yes) in face.iter_mut().zip(no).zip(yes) {
        *f = face_probability(no, yes);
    }
    for ((((o, &a), &b), &c), &d) in offsets.iter_mut().zip(a).zip(b).zip(c).zip(d) {
        *o = [a, b, c, d];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::weights::WeightTensor;

    /// A P-Net of small numbers by a formula.
    fn net() -> PNet {
        let shapes: [(&str, &[usize]); 13] = [
            ("conv1.weight", &[10, 3, 3, 3]),
            ("conv1.bias", &[10]),
            ("prelu1.weight", &[10]),
            ("conv2.weight", &[16, 10, 3, 3]),
            ("conv2.bias", &[16]),
            ("prelu2.weight", &[16]),
            ("conv3.weight", &[32, 16, 3, 3]),
            ("conv3.bias", &[32]),
            ("prelu3.weight", &[32]),
            ("conv4_1.weight", &[2, 32, 1, 1]),
            ("conv4_1.bias", &[2]),
            ("conv4_2.weight", &[4, 32, 1, 1]),
            ("conv4_2.bias", &[4]),
        ];
        let tensors = shapes.map(|(name, shape)| {
            let len: usize = shape.iter().product();
            let data = (0..len).map(|i| ((i * 37 + name.len() * 11) % 101) as f32 / 150.0 - 0.33).collect();
            (format!("pnet.{name}"), WeightTensor { shape: shape.to_vec(), data })
        });
        PNet::load(&Weights::from_tensors(tensors)).unwrap()
    }

    fn image(h: usize, w: usize) -> Nhwc {
        let values = (0..h * w * 3).map(|i| ((i * 7919) % 255) as f32 / 127.5 - 1.0).collect();
        Nhwc::from_vec([1, h, w, 3], values).unwrap()
    }

    #[test]
    fn the_plain_kernels_agree_with_the_vector_ones() {
        let net = net();
        for (h, w) in [(11, 11), (12, 47), (53, 38)] {
            let (plain, fast) = (net.run(&image(h, w), None).unwrap(), net.forward(&image(h, w)).unwrap());
            assert_eq!((plain.h, plain.w), (fast.h, fast.w));
            let close = |a: f32, b: f32| (a - b).abs() < 1e-4;
            assert!(plain.face.iter().zip(&fast.face).all(|(&a, &b)| close(a, b)));
            let offsets = plain.offsets.as_flattened().iter().zip(fast.offsets.as_flattened());
            assert!(offsets.into_iter().all(|(&a, &b)| close(a, b)));
        }
    }

    #[test]
    fn a_cell_sees_twelve_pixels_at_a_step_of_two() {
        let net = net();
        let whole = net.forward(&image(30, 40)).unwrap();
        assert_eq!((whole.h, whole.w), (10, 15));
        let picture = image(30, 40);
        let (y, x) = (7, 9);
        let part: Vec<f32> = (2 * y..2 * y + PNet::CELL)
            .flat_map(|row| picture.data[(row * 40 + 2 * x) * 3..][..PNet::CELL * 3].to_vec())
            .collect();
        let cell = net.forward(&Nhwc::from_vec([1, PNet::CELL, PNet::CELL, 3], part).unwrap()).unwrap();
        assert_eq!(cell.face, [whole.face[y * whole.w + x]]);
        assert_eq!(cell.offsets, [whole.offsets[y * whole.w + x]]);
    }
}
