//! Sparse TFLite tensors made dense.
//!
//! Source: the comments on `SparsityParameters` and `DimensionMetadata` in TFLite's `schema.fbs`,
//! after "The Sparse Polyhedral Framework" / TACO's format: the tensor's dimensions, followed by
//! the dimensions of its blocks, are visited in `traversal` order; each visited dimension is a
//! level, either dense or compressed (CSR: for parent `p`, entries `segments[p]..segments[p + 1]`
//! of `indices`). Stored values follow in that order.

use anyhow::{Context, Result, ensure};

use crate::tensors::element_count;

/// How a sparse tensor is laid out. `block_map[i]` is the dimension that block dimension `i` splits.
pub struct Sparsity {
    pub traversal: Vec<usize>,
    pub block_map: Vec<usize>,
    pub levels: Vec<Level>,
}

/// One level, in traversal order.
pub enum Level {
    Dense { size: usize },
    Compressed { segments: Vec<usize>, indices: Vec<usize> },
}

/// Spreads `values` (elements of `element` bytes) over a zeroed tensor of `shape`.
///
/// # Errors
/// When the levels do not describe `shape`, an index lies outside it, or the values do not fit.
pub fn densify(shape: &[usize], sparsity: &Sparsity, values: &[u8], element: usize) -> Result<Vec<u8>> {
    let steps = steps(shape, sparsity)?;
    ensure!(values.len().is_multiple_of(element), "half an element is stored");
    let stored = values.len() / element;

    // Positions in the dense tensor of the parents of the current level, in order of storage.
    let mut positions = vec![0_usize];
    for (level, step) in sparsity.levels.iter().zip(&steps) {
        positions = descend(&positions, level, step)?;
    }
    ensure!(positions.len() == stored, "{stored} values are stored for {} places", positions.len());

    let mut dense = vec![0_u8; element_count(shape)? * element];
    for (position, value) in positions.into_iter().zip(values.chunks_exact(element)) {
        let start = position * element;
        dense.get_mut(start..start + element).context("a value lies outside the tensor")?.copy_from_slice(value);
    }
    Ok(dense)
}

/// What moving one along a level means: how many places it has and how far apart they are.
struct Step {
    size: usize,
    stride: usize,
}

fn steps(shape: &[usize], sparsity: &Sparsity) -> Result<Vec<Step>> {
    let (rank, blocks) = (shape.len(), sparsity.block_map.len());
    ensure!(sparsity.levels.len() == rank + blocks, "{} levels for {rank} dimensions", sparsity.levels.len());
    let mut seen: Vec<usize> = sparsity.traversal.clone();
    seen.sort_unstable();
    ensure!(seen.into_iter().eq(0..rank + blocks), "the traversal order is not a permutation");

    let block_sizes = block_sizes(rank, sparsity)?;
    let mut block_of = vec![1_usize; rank];
    for (&dimension, &size) in sparsity.block_map.iter().zip(&block_sizes) {
        let block = block_of.get_mut(dimension).context("a block of a dimension that is not there")?;
        ensure!(*block == 1 && size > 0, "a dimension is split twice, or into nothing");
        *block = size;
    }
    let mut sides = Vec::with_capacity(rank + blocks);
    let mut stride = element_count(shape)?;
    for (&side, &block) in shape.iter().zip(&block_of) {
        ensure!(side > 0 && side.is_multiple_of(block), "a side of {side} does not split into blocks of {block}");
        stride /= side;
        sides.push(Step { size: side / block, stride: stride * block });
    }
    for (&dimension, &size) in sparsity.block_map.iter().zip(&block_sizes) {
        let outer = sides.get(dimension).context("a block of a dimension that is not there")?;
        sides.push(Step { size, stride: outer.stride / size });
    }
    let in_order = sparsity.traversal.iter().map(|&dimension| {
        let side = sides.get(dimension).context("the traversal order is not a permutation")?;
        Ok(Step { size: side.size, stride: side.stride })
    });
    in_order.collect()
}

/// Sizes of the block dimensions, which stand in their (dense) levels only.
fn block_sizes(rank: usize, sparsity: &Sparsity) -> Result<Vec<usize>> {
    let mut sizes = vec![0_usize; sparsity.block_map.len()];
    for (&dimension, level) in sparsity.traversal.iter().zip(&sparsity.levels) {
        let Some(block) = dimension.checked_sub(rank) else { continue };
        let Level::Dense { size } = level else { anyhow::bail!("a block dimension is compressed") };
        *sizes.get_mut(block).context("the traversal order is not a permutation")? = *size;
    }
    Ok(sizes)
}

fn descend(parents: &[usize], level: &Level, step: &Step) -> Result<Vec<usize>> {
    match level {
        Level::Dense { size } => {
            ensure!(*size == step.size, "a dense level of {size} for a side of {}", step.size);
            element_count(&[parents.len(), *size])?;
            let children = parents.iter().flat_map(|&parent| (0..*size).map(move |index| parent + index * step.stride));
            Ok(children.collect())
        }
        Level::Compressed { segments, indices } => {
            ensure!(segments.len() == parents.len() + 1, "{} segments for {} rows", segments.len(), parents.len());
            ensure!(segments.first() == Some(&0), "the first segment does not start at 0");
            ensure!(segments.last() == Some(&indices.len()), "the last segment does not end at the last index");
            ensure!(segments.is_sorted(), "segments run backwards");
            let mut children = Vec::with_capacity(indices.len());
            for (&parent, range) in parents.iter().zip(segments.windows(2)) {
                let &[start, end] = range else { continue };
                let row = indices.get(start..end).context("a segment sticks out of the indices")?;
                ensure!(row.is_sorted_by(|left, right| left < right), "a row's indices do not ascend");
                for &index in row {
                    ensure!(index < step.size, "index {index} in a side of {}", step.size);
                    children.push(parent + index * step.stride);
                }
            }
            Ok(children)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dense(size: usize) -> Level {
        Level::Dense { size }
    }

    fn csr(segments: &[usize], indices: &[usize]) -> Level {
        Level::Compressed { segments: segments.to_vec(), indices: indices.to_vec() }
    }

    fn sparsity(traversal: &[usize], block_map: &[usize], levels: Vec<Level>) -> Sparsity {
        Sparsity { traversal: traversal.to_vec(), block_map: block_map.to_vec(), levels }
    }

    #[test]
    fn rows_with_compressed_columns() {
        let layout = sparsity(&[0, 1], &[], vec![dense(2), csr(&[0, 1, 3], &[2, 0, 3])]);
        assert_eq!(densify(&[2, 4], &layout, &[7, 8, 9], 1).unwrap(), [0, 0, 7, 0, 8, 0, 0, 9]);
    }

    #[test]
    fn columns_first() {
        let layout = sparsity(&[1, 0], &[], vec![dense(2), csr(&[0, 1, 3], &[2, 0, 1])]);
        assert_eq!(densify(&[3, 2], &layout, &[7, 8, 9], 1).unwrap(), [0, 8, 0, 9, 7, 0]);
    }

    /// The example of TFLite's schema comments: a 4 x 4 matrix in 2 x 2 blocks, three of them stored.
    #[test]
    fn blocks() {
        let layout = sparsity(&[0, 1, 2, 3], &[0, 1], vec![dense(2), csr(&[0, 2, 3], &[0, 1, 1]), dense(2), dense(2)]);
        let values: Vec<u8> = (1..=12).collect();
        let expected = [1, 2, 5, 6, 3, 4, 7, 8, 0, 0, 9, 10, 0, 0, 11, 12];
        assert_eq!(densify(&[4, 4], &layout, &values, 1).unwrap(), expected);
    }

    #[test]
    fn elements_of_two_bytes() {
        let layout = sparsity(&[0], &[], vec![csr(&[0, 1], &[1])]);
        assert_eq!(densify(&[2], &layout, &[5, 6], 2).unwrap(), [0, 0, 5, 6]);
    }

    #[test]
    fn refuses_layouts_that_do_not_fit() {
        let good = || vec![dense(2), csr(&[0, 1, 2], &[0, 1])];
        for (what, layout) in [
            ("traversal", sparsity(&[0, 0], &[], good())),
            ("levels", sparsity(&[0, 1], &[], vec![dense(2)])),
            ("dense size", sparsity(&[0, 1], &[], vec![dense(3), csr(&[0, 1, 2], &[0, 1])])),
            ("index", sparsity(&[0, 1], &[], vec![dense(2), csr(&[0, 1, 2], &[0, 9])])),
            ("backwards", sparsity(&[0, 1], &[], vec![dense(2), csr(&[0, 3, 2], &[0, 1])])),
            ("first segment", sparsity(&[0, 1], &[], vec![dense(2), csr(&[1, 1, 2], &[0, 1])])),
            ("huge segment", sparsity(&[0, 1], &[], vec![dense(2), csr(&[0, 1, usize::MAX], &[0, 1])])),
            ("too few segments", sparsity(&[0, 1], &[], vec![dense(2), csr(&[0, 2], &[0, 1])])),
            ("same place twice", sparsity(&[0, 1], &[], vec![dense(2), csr(&[0, 2, 2], &[1, 1])])),
            ("block of nothing", sparsity(&[0, 1, 2], &[7], vec![dense(2), csr(&[0, 1, 2], &[0, 1]), dense(1)])),
            ("zero block", sparsity(&[0, 1, 2], &[0], vec![dense(2), csr(&[0, 1, 2], &[0, 1]), dense(0)])),
            ("values", sparsity(&[0, 1], &[], vec![dense(2), csr(&[0, 1, 1], &[0])])),
        ] {
            assert!(densify(&[2, 2], &layout, &[1, 2], 1).is_err(), "{what} was accepted");
        }
        assert!(densify(&[2, 2], &sparsity(&[0, 1], &[], good()), &[1, 2], 1).is_ok());
        assert!(densify(&[0, 2], &sparsity(&[0, 1], &[], vec![dense(0), dense(2)]), &[], 1).is_err());
    }
}
