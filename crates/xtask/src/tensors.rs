//! Named tensors on their way from a foreign file to safetensors.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use safetensors::tensor::{Dtype, TensorView};

/// Upper bound of the elements of one tensor: 64 Mi, four times the largest layer converted here.
pub const MAX_ELEMENTS: usize = 1 << 26;

/// One constant tensor, row-major, little-endian.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    pub dtype: Dtype,
    pub shape: Vec<usize>,
    pub bytes: Vec<u8>,
}

/// Tensors by name; sorted, so that what is written does not depend on the order of reading.
pub type Tensors = BTreeMap<String, Tensor>;

/// Elements of `shape`, refused above [`MAX_ELEMENTS`].
pub fn element_count(shape: &[usize]) -> Result<usize> {
    let count = shape.iter().try_fold(1_usize, |count, &side| count.checked_mul(side)).context("shape overflows")?;
    ensure!(count <= MAX_ELEMENTS, "a tensor of {count} elements is larger than any weights expected here");
    Ok(count)
}

/// Adds `tensor`, refusing a second one of the same name.
pub fn insert_new(tensors: &mut Tensors, name: String, tensor: Tensor) -> Result<()> {
    ensure!(!tensors.contains_key(&name), "two tensors are called {name:?}");
    tensors.insert(name, tensor);
    Ok(())
}

/// The bytes of a safetensors file: same tensors in, same bytes out.
pub fn to_safetensors(tensors: &Tensors) -> Result<Vec<u8>> {
    let views: Vec<(&str, TensorView<'_>)> = tensors
        .iter()
        .map(|(name, tensor)| Ok((name.as_str(), TensorView::new(tensor.dtype, tensor.shape.clone(), &tensor.bytes)?)))
        .collect::<Result<_>>()?;
    Ok(safetensors::serialize(views, None)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back_and_is_the_same_each_time() {
        let mut tensors = Tensors::new();
        for (name, values) in [("b", [1.0_f32, 2.0]), ("a", [3.0, 4.0])] {
            let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
            insert_new(&mut tensors, name.to_owned(), Tensor { dtype: Dtype::F32, shape: vec![2, 1], bytes }).unwrap();
        }
        let written = to_safetensors(&tensors).unwrap();
        assert_eq!(written, to_safetensors(&tensors.clone()).unwrap());
        let read = safetensors::SafeTensors::deserialize(&written).unwrap();
        assert_eq!(read.tensor("a").unwrap().shape(), [2, 1]);
        assert_eq!(read.tensor("a").unwrap().data(), tensors["a"].bytes);
        assert!(insert_new(&mut tensors.clone(), "a".to_owned(), tensors["a"].clone()).is_err());
    }

    #[test]
    fn a_shape_whose_product_overflows_is_refused() {
        assert!(element_count(&[usize::MAX, 2]).is_err());
        assert!(element_count(&[MAX_ELEMENTS, 2]).is_err());
        assert_eq!(element_count(&[]).unwrap(), 1);
        assert_eq!(element_count(&[3, 4]).unwrap(), 12);
    }
}
