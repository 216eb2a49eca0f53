//! Matrix products over packed weights, by the kernel of the inference convolutions.

use crate::cpu::{Activation, Job, LANES, Simd, run_job};

/// Weights as panels of 16 columns, each `[depth][16]`, the last filled up with zeros; `index(column, k)` says where
/// a value lies.
pub(super) fn pack(columns: usize, depth: usize, index: impl Fn(usize, usize) -> usize, weight: &[f32]) -> Vec<f32> {
    let mut panels = vec![0.0; columns.next_multiple_of(LANES) * depth];
    for (p, panel) in panels.chunks_exact_mut(LANES * depth.max(1)).enumerate() {
        for (k, row) in panel.chunks_exact_mut(LANES).enumerate() {
            for (lane, to) in row.iter_mut().enumerate() {
                let column = p * LANES + lane;
                if column < columns {
                    *to = weight.get(index(column, k)).copied().unwrap_or_default();
                }
            }
        }
    }
    panels
}

/// Rows of `depth` values times packed weights.
pub(super) struct Product<'a> {
    /// `[rows, depth]`.
    pub a: &'a [f32],
    pub depth: usize,
    /// Of [`pack`].
    pub panels: &'a [f32],
    /// `[rows, columns]`, added to the result.
    pub residual: Option<&'a [f32]>,
}

impl Product<'_> {
    /// Writes `[rows, columns]`.
    pub(super) fn write(&self, out: &mut [f32], columns: usize, simd: Option<Simd>) {
        let rows = out.len() / columns.max(1);
        let bias = vec![0.0; columns.next_multiple_of(LANES)];
        let job = Job {
            source: self.a,
            image: [1, rows, self.depth],
            out_image: [1, rows, columns],
            kernel: [1, 1],
            stride: 1,
            panels: self.panels,
            bias: &bias,
            activation: &Activation::None,
            residual: self.residual.map(|r| (r, columns)),
        };
        run_job(&job, 0, out, simd);
    }
}
