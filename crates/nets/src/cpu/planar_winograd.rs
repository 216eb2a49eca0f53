//! Valid 3 × 3 convolution of planar image rows, four rows at a time, by Winograd's F(4, 3) down the columns: half the
//! products of [`super::PlanarConv`].
//!
//! Six input rows become six places, each place is convolved along its row with transformed weights, and the six
//! results become four output rows. Neighbouring columns fill the vectors, so no transform shuffles anything.

use super::planar::PlanarRows;
use super::planar_kernel;
use super::simd::Avx2;
use super::winograd::Square;
use super::winograd_transforms::{self, Gather, STRIP, Spread, WIDE_STRIP};

/// Output rows that are computed together.
const OUT: usize = 4;
/// Input rows under them, and places.
const IN: usize = 6;
/// Side of the window.
const TAPS: usize = 3;

/// A 3 × 3 convolution without padding, stride 1, followed by PReLU.
#[derive(Debug, Clone)]
pub(crate) struct PlanarWinograd {
    cin: usize,
    cout: usize,
    /// Where each group of output channels ends; a group is computed together.
    group_ends: Vec<usize>,
    /// By place, then group by group `[ci][kx][channels of the group]`.
    weights: Vec<f32>,
    /// Zeros, one for each output channel: the bias of all places but one.
    none: Vec<f32>,
    bias: Vec<f32>,
    slopes: Vec<f32>,
}

/// Room for a strip of columns on its way through a layer.
#[derive(Debug, Default)]
pub(crate) struct Places {
    inputs: Vec<f32>,
    products: Vec<f32>,
}

impl PlanarWinograd {
    /// Output rows that are computed together; the first of them is a multiple of it.
    pub const ROWS: usize = OUT;

    /// From weights in PyTorch's order `[out, in, 3, 3]`.
    #[expect(clippy::indexing_slicing, reason = "indices run over the shape that is asserted first")]
    pub fn from_oihw([cout, cin]: [usize; 2], weights: &[f32], bias: &[f32], slopes: &[f32]) -> Self {
        assert!(weights.len() == cout * cin * TAPS * TAPS && bias.len() == cout && slopes.len() == cout);
        let group_ends = planar_kernel::group_ends(cout);
        let mut packed = Vec::with_capacity(IN * cout * cin * TAPS);
        for filter in Square::Four.filter() {
            let mut first = 0;
            for &end in &group_ends {
                for tap in 0..cin * TAPS {
                    let (ci, kx) = (tap / TAPS, tap % TAPS);
                    packed.extend((first..end).map(|co| {
                        let at = |ky: usize| f64::from(weights[((co * cin + ci) * TAPS + ky) * TAPS + kx]);
                        (0..TAPS).map(|ky| filter[ky] * at(ky)).sum::<f64>() as f32
                    }));
                }
                first = end;
            }
        }
        let (bias, slopes) = (bias.to_vec(), slopes.to_vec());
        Self { cin, cout, group_ends, weights: packed, none: vec![0.0; cout], bias, slopes }
    }

    /// Output channels.
    pub fn channels(&self) -> usize {
        self.cout
    }

    /// Computes rows `y..y + 4` of the output, `width` columns, from input rows `y..y + 6`; columns beyond `width`
    /// are overwritten with numbers of no meaning.
    pub fn rows(
        &self,
        source: &PlanarRows,
        y: usize,
        width: usize,
        target: &mut PlanarRows,
        (places, simd): (&mut Places, Option<Avx2>),
    ) {
        assert!(source.channels == self.cin && target.channels == self.cout, "planes do not fit the layer");
        assert!(source.rows >= IN && target.rows >= OUT, "a ring is too short");
        let wide = width.next_multiple_of(8);
        assert!(wide + 8 <= source.pitch && wide <= target.pitch, "row is wider than its ring");
        places.inputs.resize(IN * self.cin * WIDE_STRIP, 0.0);
        places.products.resize(IN * self.cout * STRIP, 0.0);
        for x in (0..wide).step_by(STRIP) {
            let columns = STRIP.min(wide - x);
            let spread = Spread {
                rows: std::array::from_fn(|r| source.data.get(source.offset(y + r) + x..).unwrap_or_default()),
                pitch: source.pitch,
                columns: columns + 8,
            };
            winograd_transforms::spread(&spread, self.cin, &mut places.inputs, simd);
            self.multiply(places, columns, simd);
            let starts = std::array::from_fn(|r| target.offset(y + r) + x);
            let gather = Gather { starts, pitch: target.pitch, columns, slopes: &self.slopes };
            winograd_transforms::gather(&gather, &places.products, &mut target.data, simd);
        }
    }

    /// Convolves each place of a strip along its row.
    fn multiply(&self, places: &mut Places, columns: usize, simd: Option<Avx2>) {
        let mut taps = [0; 64];
        let count = self.cin * TAPS;
        for (i, tap) in taps.iter_mut().enumerate() {
            *tap = i / TAPS * WIDE_STRIP + i % TAPS;
        }
        let inputs = places.inputs.chunks_exact(self.cin * WIDE_STRIP);
        let products = places.products.chunks_exact_mut(self.cout * STRIP);
        let weights = self.weights.chunks_exact(self.cout * count);
        for (place, ((source, out), weights)) in inputs.zip(products).zip(weights).enumerate() {
            let job = planar_kernel::Job {
                source,
                taps: taps.get(..count).unwrap_or_default(),
                group_ends: &self.group_ends,
                width: columns,
                weights,
                // What comes in at the second place, the point 1, comes out in each of the four rows.
                bias: if place == 1 { &self.bias } else { &self.none },
                slopes: None,
                out_pitch: STRIP,
            };
            planar_kernel::run(&job, out, simd);
        }
    }
}
