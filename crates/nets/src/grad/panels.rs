//! Matrix products over packed weights, by the kernel of the inference convolutions.

use rayon::prelude::*;

use super::layer::Aligned;
use crate::cpu::{Activation, Job, LANES, Simd, run_job};

/// Weights `[columns][depth]` as panels of 16 columns, each `[depth][16]`, the last filled up with zeros.
pub(super) fn pack(columns: usize, depth: usize, weight: &[f32]) -> Aligned {
    let mut panels = Aligned::scratch(columns.next_multiple_of(LANES) * depth);
    panels.par_chunks_exact_mut(LANES * depth.max(1)).enumerate().for_each(|(p, panel)| {
        let column = |lane: usize| {
            let at = (p * LANES + lane) * depth;
            if p * LANES + lane < columns { weight.get(at..at + depth).unwrap_or_default() } else { &[] }
        };
        let columns: [&[f32]; LANES] = std::array::from_fn(column);
        if columns.iter().all(|c| c.len() == depth) {
            for (k, row) in panel.chunks_exact_mut(LANES).enumerate() {
                for (to, column) in row.iter_mut().zip(columns) {
                    *to = column.get(k).copied().unwrap_or_default();
                }
            }
            return;
        }
        panel.fill(0.0);
        for (lane, column) in columns.into_iter().enumerate() {
            for (row, value) in panel.chunks_exact_mut(LANES).zip(column) {
                row.iter_mut().skip(lane).take(1).for_each(|to| *to = *value);
            }
        }
    });
    panels
}

/// The same from weights that lie by depth: the columns' values at depth `k` are neighbours from `start(k)` on.
pub(super) fn pack_across(
    columns: usize,
    depth: usize,
    start: impl Fn(usize) -> usize + Sync,
    weight: &[f32],
) -> Aligned {
    let mut panels = Aligned::scratch(columns.next_multiple_of(LANES) * depth);
    panels.par_chunks_exact_mut(LANES * depth.max(1)).enumerate().for_each(|(p, panel)| {
        let from = p * LANES;
        let count = LANES.min(columns.saturating_sub(from));
        for (k, row) in panel.chunks_exact_mut(LANES).enumerate() {
            let at = start(k) + from;
            let values = weight.get(at..at + count).unwrap_or_default();
            if let Some(values) = values.first_chunk::<LANES>() {
                row.copy_from_slice(values);
            } else {
                row.fill(0.0);
                row.iter_mut().zip(values).for_each(|(to, from)| *to = *from);
            }
        }
    });
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
