//! Takes the constant weights out of a TensorFlow Lite file, read as data by a minimal strict
//! flatbuffer reader. Only F32 and F16 constants are weights here; integer constants (shapes and
//! paddings) are left out, quantised ones are refused. Sparse tensors come out dense.
//!
//! Names and layouts stay TFLite's: convolutions are `[out, height, width, in]`, depthwise ones
//! `[1, height, width, channels]`.
//!
//! Source: `tensorflow/compiler/mlir/lite/schema/schema.fbs` (field numbers below).

mod flat;
mod sparse;
#[cfg(test)]
mod tests;

use anyhow::{Context, Result, bail, ensure};
use safetensors::tensor::Dtype;

use crate::tensors::{Tensor, Tensors, element_count, insert_new};
use flat::{Root, Table};
use sparse::{Level, Sparsity};

const MAX_TENSORS: usize = 10_000;
const MAX_RANK: usize = 8;
/// Upper bound of all constants together, so that many tensors on one buffer cannot fill the memory.
const MAX_BYTES: usize = 1 << 28;

/// Field numbers of the schema, by table.
mod field {
    pub const MODEL_SUBGRAPHS: usize = 2;
    pub const MODEL_BUFFERS: usize = 4;
    pub const SUBGRAPH_TENSORS: usize = 0;
    pub const TENSOR_SHAPE: usize = 0;
    pub const TENSOR_TYPE: usize = 1;
    pub const TENSOR_BUFFER: usize = 2;
    pub const TENSOR_NAME: usize = 3;
    pub const TENSOR_SPARSITY: usize = 6;
    pub const BUFFER_DATA: usize = 0;
    pub const BUFFER_OFFSET: usize = 1;
    pub const SPARSITY_TRAVERSAL: usize = 0;
    pub const SPARSITY_BLOCK_MAP: usize = 1;
    pub const SPARSITY_LEVELS: usize = 2;
    pub const LEVEL_FORMAT: usize = 0;
    pub const LEVEL_DENSE_SIZE: usize = 1;
    pub const LEVEL_SEGMENTS_TYPE: usize = 2;
    pub const LEVEL_INDICES_TYPE: usize = 4;
    pub const VECTOR_VALUES: usize = 0;
}

/// `TensorType` of the schema.
const FLOAT32: u8 = 0;
const FLOAT16: u8 = 1;
const INT32: u8 = 2;
const INT64: u8 = 4;

/// Reads the floating-point constants of a TFLite file: names to row-major tensors.
///
/// # Errors
/// When the file is no TFLite flatbuffer, has more than one subgraph, is quantised, keeps its
/// buffers outside the flatbuffer, or any offset or size does not fit.
pub fn read_constants(bytes: &[u8]) -> Result<Tensors> {
    let model = Root::read(bytes, *b"TFL3")?.table()?;
    let subgraphs = model.tables(field::MODEL_SUBGRAPHS)?;
    let [subgraph] = subgraphs.as_slice() else { bail!("the file has {} subgraphs, not one", subgraphs.len()) };
    let buffers = model.tables(field::MODEL_BUFFERS)?;
    let entries = subgraph.tables(field::SUBGRAPH_TENSORS)?;
    ensure!(entries.len() <= MAX_TENSORS, "the file names {} tensors", entries.len());

    let mut tensors = Tensors::new();
    let mut bytes_taken = 0_usize;
    for entry in entries {
        let name = entry.text(field::TENSOR_NAME)?.to_owned();
        if let Some(tensor) = constant(&entry, &buffers).with_context(|| format!("tensor {name:?}"))? {
            bytes_taken = bytes_taken.saturating_add(tensor.bytes.len());
            ensure!(bytes_taken <= MAX_BYTES, "the constants take more than {MAX_BYTES} bytes");
            insert_new(&mut tensors, name, tensor)?;
        }
    }
    ensure!(!tensors.is_empty(), "the file holds no floating-point constants");
    Ok(tensors)
}

/// The tensor when it is a floating-point constant; `None` for activations and integer constants.
fn constant(entry: &Table<'_>, buffers: &[Table<'_>]) -> Result<Option<Tensor>> {
    let index = usize::try_from(entry.u32_or(field::TENSOR_BUFFER, 0)?)?;
    let buffer = buffers.get(index).with_context(|| format!("buffer {index} is not there"))?;
    ensure!(buffer.u64_or(field::BUFFER_OFFSET, 0)? <= 1, "its buffer lies outside the flatbuffer");
    let data = buffer.bytes(field::BUFFER_DATA)?;
    if data.is_empty() {
        return Ok(None);
    }
    let (dtype, element) = match entry.u8_or(field::TENSOR_TYPE, FLOAT32)? {
        FLOAT32 => (Dtype::F32, 4),
        FLOAT16 => (Dtype::F16, 2),
        INT32 | INT64 => return Ok(None),
        other => bail!("constants of type {other} (quantised?) are not read"),
    };
    let shape = sizes(&entry.i32s(field::TENSOR_SHAPE)?)?;
    let bytes = match entry.table(field::TENSOR_SPARSITY)? {
        None => data.to_vec(),
        Some(table) => sparse::densify(&shape, &sparsity(&table)?, data, element)?,
    };
    ensure!(bytes.len() == element_count(&shape)? * element, "{} bytes do not fill the shape {shape:?}", bytes.len());
    Ok(Some(Tensor { dtype, shape, bytes }))
}

fn sizes(values: &[i32]) -> Result<Vec<usize>> {
    ensure!(values.len() <= MAX_RANK, "a rank of {}", values.len());
    values.iter().map(|&value| usize::try_from(value).context("a negative size")).collect()
}

fn sparsity(table: &Table<'_>) -> Result<Sparsity> {
    let levels = table.tables(field::SPARSITY_LEVELS)?;
    ensure!(levels.len() <= 2 * MAX_RANK, "{} levels of sparsity", levels.len());
    Ok(Sparsity {
        traversal: sizes(&table.i32s(field::SPARSITY_TRAVERSAL)?)?,
        block_map: sizes(&table.i32s(field::SPARSITY_BLOCK_MAP)?)?,
        levels: levels.iter().map(level).collect::<Result<_>>()?,
    })
}

fn level(table: &Table<'_>) -> Result<Level> {
    match table.u8_or(field::LEVEL_FORMAT, 0)? {
        0 => {
            let size = table.i32_or(field::LEVEL_DENSE_SIZE, 0)?;
            Ok(Level::Dense { size: usize::try_from(size).context("a negative size")? })
        }
        1 => Ok(Level::Compressed {
            segments: index_vector(table, field::LEVEL_SEGMENTS_TYPE)?,
            indices: index_vector(table, field::LEVEL_INDICES_TYPE)?,
        }),
        other => bail!("sparsity format {other}"),
    }
}

/// The union `SparseIndexVector`: its type in `type_field`, its table in the field after it.
fn index_vector(table: &Table<'_>, type_field: usize) -> Result<Vec<usize>> {
    let kind = table.u8_or(type_field, 0)?;
    let vector = table.table(type_field + 1)?.context("a compressed level without indices")?;
    match kind {
        1 => {
            let values = vector.i32s(field::VECTOR_VALUES)?;
            values.iter().map(|&value| usize::try_from(value).context("a negative index")).collect()
        }
        2 => Ok(vector.u16s(field::VECTOR_VALUES)?.iter().map(|&value| usize::from(value)).collect()),
        3 => Ok(vector.bytes(field::VECTOR_VALUES)?.iter().map(|&value| usize::from(value)).collect()),
        other => bail!("sparse index vector of type {other}"),
    }
}
