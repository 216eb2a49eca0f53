//! Valid convolution of planar image rows, for narrow first layers over large images.
//!
//! With few channels and many columns, eight neighbouring columns fill a vector where channels would not
//! (10 of 16 lanes in P-Net's first layer), and rows can be consumed as they appear: the caller keeps a
//! ring of the last few rows per layer, so nothing larger than that is ever stored.

use super::planar_kernel;
use super::simd::Avx2;

/// A ring of image rows, each `[channel][pitch]`.
#[derive(Debug, Clone)]
pub(crate) struct PlanarRows {
    pub(super) channels: usize,
    pub(super) pitch: usize,
    pub(super) rows: usize,
    pub(super) data: Vec<f32>,
}

impl PlanarRows {
    /// Columns that a kernel may read or write beyond the image's width.
    pub const SLACK: usize = 32;

    /// Room for `rows` rows of `channels` planes of `width` columns.
    pub fn new(rows: usize, channels: usize, width: usize) -> Self {
        let pitch = (width + Self::SLACK).next_multiple_of(8);
        Self { channels, pitch, rows, data: vec![0.0; rows * channels * pitch] }
    }

    /// Where row `y` of the image begins.
    pub(super) fn offset(&self, y: usize) -> usize {
        y % self.rows * self.channels * self.pitch
    }

    /// The planes of image row `y`, each of pitch length.
    pub fn planes_mut(&mut self, y: usize) -> std::slice::ChunksExactMut<'_, f32> {
        let (from, len) = (self.offset(y), self.channels * self.pitch);
        self.data.get_mut(from..from + len).unwrap_or_default().chunks_exact_mut(self.pitch)
    }

    /// The planes of image row `y`, each of pitch length.
    pub fn planes(&self, y: usize) -> std::slice::ChunksExact<'_, f32> {
        let (from, len) = (self.offset(y), self.channels * self.pitch);
        self.data.get(from..from + len).unwrap_or_default().chunks_exact(self.pitch)
    }
}

/// A square convolution without padding, stride 1, optionally followed by PReLU.
#[derive(Debug, Clone)]
pub(crate) struct PlanarConv {
    size: usize,
    cin: usize,
    cout: usize,
    /// Where each group of output channels ends; a group is computed together.
    group_ends: Vec<usize>,
    /// Group by group `[ky][ci][kx][channels of the group]`.
    weights: Vec<f32>,
    bias: Vec<f32>,
    slopes: Option<Vec<f32>>,
}

impl PlanarConv {
    /// From weights in PyTorch's order `[out, in, k, k]`.
    #[expect(clippy::indexing_slicing, reason = "indices run over the shape that is asserted first")]
    pub fn from_oihw(shape: [usize; 4], weights: &[f32], bias: &[f32], slopes: Option<&[f32]>) -> Self {
        let [cout, cin, size, width] = shape;
        assert!(size == width && weights.len() == cout * cin * size * size && bias.len() == cout);
        assert!(slopes.is_none_or(|s| s.len() == cout), "PReLU has one slope per channel");
        let group_ends = planar_kernel::group_ends(cout);
        let mut packed = Vec::with_capacity(weights.len());
        let mut first = 0;
        for &end in &group_ends {
            for ky in 0..size {
                for ci in 0..cin {
                    for kx in 0..size {
                        let at = |co: usize| ((co * cin + ci) * size + ky) * size + kx;
                        packed.extend((first..end).map(|co| weights[at(co)]));
                    }
                }
            }
            first = end;
        }
        let slopes = slopes.map(<[f32]>::to_vec);
        Self { size, cin, cout, group_ends, weights: packed, bias: bias.to_vec(), slopes }
    }

    /// Output channels.
    pub fn channels(&self) -> usize {
        self.cout
    }

    /// Computes row `y` of the output, `width` columns, from input rows `y..y + size`; up to 23 columns
    /// beyond `width` are overwritten with numbers of no meaning.
    pub fn row(&self, source: &PlanarRows, y: usize, width: usize, target: &mut PlanarRows, simd: Option<Avx2>) {
        assert!(source.channels == self.cin && target.channels == self.cout, "planes do not fit the layer");
        assert!(source.rows >= self.size, "ring is shorter than the window");
        let reach = width.next_multiple_of(8) + self.size - 1;
        assert!(reach <= source.pitch && width.next_multiple_of(8) <= target.pitch, "row is wider than its ring");
        let mut taps = Vec::with_capacity(self.size * self.size * self.cin);
        for ky in 0..self.size {
            for ci in 0..self.cin {
                let plane = source.offset(y + ky) + ci * source.pitch;
                taps.extend((0..self.size).map(|kx| plane + kx));
            }
        }
        let to = target.offset(y);
        let out_len = self.cout * target.pitch;
        let job = planar_kernel::Job {
            source: &source.data,
            taps: &taps,
            group_ends: &self.group_ends,
            width,
            weights: &self.weights,
            bias: &self.bias,
            slopes: self.slopes.as_deref(),
            out_pitch: target.pitch,
        };
        planar_kernel::run(&job, target.data.get_mut(to..to + out_len).unwrap_or_default(), simd);
    }
}
