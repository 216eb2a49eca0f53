//! P-Net: the fully convolutional proposal network that sees every level of the image pyramid.

use super::face_probability;
use crate::cpu::{Nhwc, Places, PlanarConv, PlanarRows, PlanarWinograd, Simd, pool_pairs, split_rgb, worth_splitting};
use crate::error::NetsError;
use crate::weights::Weights;
use rayon::prelude::*;
use std::ops::Range;

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

/// A place that may show a face.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PNetCell {
    /// Column and row of the map.
    pub at: [usize; 2],
    /// Probability of a face, 0..1.
    pub face: f32,
    /// Corrections of left, top, right, bottom in units of the cell's 12 pixels.
    pub offsets: [f32; 4],
}

/// The proposal network, for images of any size from 12x12 up (11x11 still gives one cell).
///
/// About 1,830 multiply-adds per input pixel, half of them saved by Winograd's filtering. All layers advance together,
/// four rows at a time, over rings of planar rows that stay in the cache.
#[derive(Debug, Clone)]
pub struct PNet {
    conv1: PlanarWinograd,
    conv2: PlanarWinograd,
    conv3: PlanarWinograd,
    /// Both heads: background, face, then four offsets.
    heads: PlanarConv,
}

/// Multiply-adds per input pixel, for deciding whether to split an image.
const MACS_PER_PIXEL: usize = 1830;
/// Fewest output rows worth a band of their own: six rows of pooled input are computed twice per seam. Bands begin at
/// multiples of four rows, as the layers' steps do.
const BAND: usize = 24;
/// Channels of both heads.
const HEADS: usize = 6;
/// Rows that a ring holds: what a step of the next layer sees and what a step of the layer before adds.
const RING: usize = 8;

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
            Ok::<_, NetsError>(PlanarWinograd::from_oihw(
                [out, input],
                tensor(&format!("conv{i}.weight"), &shape)?,
                tensor(&format!("conv{i}.bias"), &[out])?,
                tensor(&format!("prelu{i}.weight"), &[out])?,
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

    /// The cells of one image with a face probability of at least `least`, row by row. The image's rows are made as they
    /// are needed: `rows()` gives what writes row `y`, `[w, 3]`, into a slice. A row may be asked for more than once; each
    /// `rows()` is asked for rising ones.
    ///
    /// # Errors
    /// [`NetsError::InputShape`].
    pub fn cells<R: FnMut(usize, &mut [f32])>(
        &self,
        [h, w]: [usize; 2],
        least: f32,
        rows: impl Fn() -> R + Sync,
    ) -> Result<Vec<PNetCell>, NetsError> {
        let size = Size::of_input([1, h, w, 3])?;
        let simd = Simd::detect();
        // The logarithm of the odds, less what rounding could take: most cells are settled without an exponential.
        let least_difference = (least / (1.0 - least)).ln() - 1e-3;
        let find = |range: Range<usize>| {
            let mut found = Vec::new();
            let emit = |y: usize, [no, yes, offsets @ ..]: [&[f32]; HEADS]| {
                for (x, (&no, &yes)) in no.iter().zip(yes).enumerate() {
                    if yes - no >= least_difference && face_probability(no, yes) >= least {
                        let offsets = offsets.map(|plane| plane.get(x).copied().unwrap_or_default());
                        found.push(PNetCell { at: [x, y], face: face_probability(no, yes), offsets });
                    }
                }
            };
            self.band(&mut rows(), size, range, emit, simd);
            found
        };
        let band = size.band();
        if band >= size.out_h {
            return Ok(find(0..size.out_h));
        }
        let bands = (0..size.out_h).into_par_iter().step_by(band);
        Ok(bands.flat_map_iter(|first| find(first..(first + band).min(size.out_h))).collect())
    }

    pub(crate) fn run(&self, images: &Nhwc, simd: Option<Simd>) -> Result<PNetMaps, NetsError> {
        let Nhwc { n, h, w, c, .. } = *images;
        let size = Size::of_input([n, h, w, c])?;
        images.assert_consistent();
        let (out_h, out_w) = (size.out_h, size.out_w);
        let cells = n * out_h * out_w;
        let mut maps = PNetMaps { n, h: out_h, w: out_w, face: vec![0.0; cells], offsets: vec![[0.0; 4]; cells] };
        let band = size.band();
        for ((image, face), offsets) in images
            .data
            .chunks_exact(h * w * 3)
            .zip(maps.face.chunks_exact_mut(out_h * out_w))
            .zip(maps.offsets.chunks_exact_mut(out_h * out_w))
        {
            let read = |y: usize, to: &mut [f32]| {
                to.copy_from_slice(image.get(y * w * 3..(y + 1) * w * 3).unwrap_or_default());
            };
            let parts = face.par_chunks_mut(band * out_w).zip(offsets.par_chunks_mut(band * out_w));
            parts.enumerate().for_each(|(i, (face, offsets))| {
                let first = i * band;
                let emit = |y: usize, planes: [&[f32]; HEADS]| {
                    let line = (y - first) * out_w..(y - first + 1) * out_w;
                    if let (Some(face), Some(offsets)) = (face.get_mut(line.clone()), offsets.get_mut(line)) {
                        write_row(planes, face, offsets);
                    }
                };
                self.band(&mut read.clone(), size, first..(first + band).min(out_h), emit, simd);
            });
        }
        Ok(maps)
    }

    /// The heads of output rows `range`, which begins at a multiple of four, one row after the other. Rows beyond the
    /// image count as zeros.
    fn band(
        &self,
        read: &mut impl FnMut(usize, &mut [f32]),
        size: Size,
        range: Range<usize>,
        mut emit: impl FnMut(usize, [&[f32]; HEADS]),
        simd: Option<Simd>,
    ) {
        const STEP: usize = PlanarWinograd::ROWS;
        let mut rings = Rings::new(self, size.w);
        let mut line = vec![0.0; size.w * 3];
        // Rows that each layer has produced so far are those below these marks.
        let (mut next_input, mut next_pooled, mut next_second) = (2 * range.start, range.start, range.start);
        for first in range.clone().step_by(STEP) {
            while next_second < first + STEP + 2 {
                while next_pooled < next_second + STEP + 2 {
                    while next_input < 2 * next_pooled + STEP + 2 {
                        read_row(read, size, next_input, (&mut line, &mut rings.input), simd);
                        next_input += 1;
                    }
                    self.pooled_rows(&mut rings, size, next_pooled, simd);
                    next_pooled += STEP / 2;
                }
                let to = &mut rings.second;
                self.conv2.rows(&rings.pooled, next_second, size.pooled_w - 2, to, (&mut rings.places, simd));
                next_second += STEP;
            }
            self.conv3.rows(&rings.second, first, size.out_w, &mut rings.third, (&mut rings.places, simd));
            for y in first..(first + STEP).min(range.end) {
                self.heads.row(&rings.third, y, size.out_w, &mut rings.heads, simd);
                let mut planes = rings.heads.planes(y).filter_map(|plane| plane.get(..size.out_w));
                emit(y, std::array::from_fn(|_| planes.next().unwrap_or_default()));
            }
        }
    }

    /// First convolution, PReLU and 2x2 ceil-mode pool: rows `y` and `y + 1` of the pooled map.
    fn pooled_rows(&self, rings: &mut Rings, size: Size, y: usize, simd: Option<Simd>) {
        let (first_h, first_w) = (size.h - 2, size.w - 2);
        self.conv1.rows(&rings.input, 2 * y, first_w, &mut rings.first, (&mut rings.places, simd));
        for row in [y, y + 1] {
            let rows = if 2 * row + 1 < first_h { [2 * row, 2 * row + 1] } else { [2 * row; 2] };
            if first_w % 2 == 1 {
                // The last column has no partner: pair it with something that never wins.
                for row in rows {
                    for beyond in rings.first.planes_mut(row).filter_map(|plane| plane.get_mut(first_w)) {
                        *beyond = f32::NEG_INFINITY;
                    }
                }
            }
            let [a, b] = rows;
            let above = rings.first.planes(a);
            for ((above, below), to) in above.zip(rings.first.planes(b)).zip(rings.pooled.planes_mut(row)) {
                if let Some(to) = to.get_mut(..size.pooled_w) {
                    pool_pairs([above, below], to, simd);
                }
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
    /// Sizes of images of this shape, `[n, h, w, c]`.
    fn of_input(actual: [usize; 4]) -> Result<Self, NetsError> {
        let [_, h, w, c] = actual;
        if c != 3 || h < PNet::MIN_SIDE || w < PNet::MIN_SIDE {
            let actual = actual.to_vec();
            return Err(NetsError::InputShape { net: "P-Net", expected: "[n, 11 or more, 11 or more, 3]", actual });
        }
        Ok(Self::of(h, w))
    }

    /// Output rows that a task works on.
    fn band(self) -> usize {
        if !worth_splitting(self.h * self.w * MACS_PER_PIXEL) {
            return self.out_h;
        }
        self.out_h.div_ceil(rayon::current_num_threads()).max(BAND).next_multiple_of(PlanarWinograd::ROWS)
    }

    fn of(h: usize, w: usize) -> Self {
        let pooled = |len: usize| (len - 2).div_ceil(2);
        Self { h, w, pooled_w: pooled(w), out_h: pooled(h) - 4, out_w: pooled(w) - 4 }
    }
}

/// The last rows of every layer.
struct Rings {
    input: PlanarRows,
    first: PlanarRows,
    pooled: PlanarRows,
    second: PlanarRows,
    third: PlanarRows,
    heads: PlanarRows,
    places: Places,
}

impl Rings {
    fn new(net: &PNet, w: usize) -> Self {
        Self {
            input: PlanarRows::new(RING, 3, w),
            first: PlanarRows::new(PlanarWinograd::ROWS, net.conv1.channels(), w),
            pooled: PlanarRows::new(RING, net.conv1.channels(), w / 2),
            second: PlanarRows::new(RING, net.conv2.channels(), w / 2),
            third: PlanarRows::new(PlanarWinograd::ROWS, net.conv3.channels(), w / 2),
            heads: PlanarRows::new(1, net.heads.channels(), w / 2),
            places: Places::default(),
        }
    }
}

/// Row `y` of an image as three planes, zeros beyond its end; `line` holds it in between.
fn read_row(
    read: &mut impl FnMut(usize, &mut [f32]),
    size: Size,
    y: usize,
    (line, ring): (&mut [f32], &mut PlanarRows),
    simd: Option<Simd>,
) {
    let mut planes = ring.planes_mut(y);
    if y >= size.h {
        planes.for_each(|plane| plane.fill(0.0));
    } else if let (Some(r), Some(g), Some(b)) = (planes.next(), planes.next(), planes.next()) {
        read(y, line);
        split_rgb(line, [r, g, b], simd);
    }
}

/// Turns the six planes of the heads into probabilities and offsets.
fn write_row([no, yes, a, b, c, d]: [&[f32]; HEADS], face: &mut [f32], offsets: &mut [[f32; 4]]) {
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
        let close = |a: f32, b: f32| assert!((a - b).abs() < 1e-5, "{a} {b}");
        close(cell.face[0], whole.face[y * whole.w + x]);
        cell.offsets[0].into_iter().zip(whole.offsets[y * whole.w + x]).for_each(|(a, b)| close(a, b));
    }
}
