//! Named tensors out of safetensors bytes, as 32-bit floats.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use crate::error::NetsError;

/// One tensor, row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct WeightTensor {
    /// Sizes of its axes, slowest first; empty for a scalar.
    pub shape: Vec<usize>,
    /// Its numbers.
    pub data: Vec<f32>,
}

/// All tensors of a weights file by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Weights {
    tensors: BTreeMap<String, WeightTensor>,
}

impl Weights {
    /// Reads safetensors. F16 and BF16 become F32; 8-bit integers are multiplied with the scale of their row, which
    /// stands beside `name` as `name_scale`; integer counters such as BatchNorm's
    /// `num_batches_tracked` play no part in inference and are left out.
    ///
    /// # Errors
    /// [`NetsError::Safetensors`] when the bytes are something else, [`NetsError::TensorType`] for
    /// element types that no net here uses.
    pub fn from_safetensors(bytes: &[u8]) -> Result<Self, NetsError> {
        let file = SafeTensors::deserialize(bytes)?;
        let mut tensors = BTreeMap::new();
        for (name, view) in file.iter() {
            let data = match view.dtype() {
                Dtype::F32 => floats::<4>(view.data(), f32::from_le_bytes),
                Dtype::F16 => floats::<2>(view.data(), |b| half::f16::from_le_bytes(b).to_f32()),
                Dtype::BF16 => floats::<2>(view.data(), |b| half::bf16::from_le_bytes(b).to_f32()),
                Dtype::I8 => scaled(name, &view, &file)?,
                Dtype::I64 if name.ends_with("num_batches_tracked") => continue,
                other => {
                    return Err(NetsError::TensorType { name: name.to_owned(), dtype: other.to_string() });
                }
            };
            tensors.insert(name.to_owned(), WeightTensor { shape: view.shape().to_vec(), data });
        }
        Ok(Self { tensors })
    }

    /// Weights from tensors made elsewhere.
    pub fn from_tensors(tensors: impl IntoIterator<Item = (String, WeightTensor)>) -> Self {
        Self { tensors: tensors.into_iter().collect() }
    }

    /// The tensor of that name.
    ///
    /// # Errors
    /// [`NetsError::MissingTensor`].
    pub fn get(&self, name: &str) -> Result<&WeightTensor, NetsError> {
        self.tensors.get(name).ok_or_else(|| NetsError::MissingTensor { name: name.to_owned() })
    }

    /// The tensor of that name if it has that shape.
    ///
    /// # Errors
    /// [`NetsError::MissingTensor`], [`NetsError::TensorShape`].
    pub fn get_shaped(&self, name: &str, shape: &[usize]) -> Result<&WeightTensor, NetsError> {
        let t = self.get(name)?;
        if t.shape == shape {
            return Ok(t);
        }
        Err(NetsError::TensorShape { name: name.to_owned(), expected: shape.to_vec(), actual: t.shape.clone() })
    }

    /// Whether there is a tensor of that name.
    pub fn contains(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    /// These tensors and others; of two with the same name, the other.
    #[must_use]
    pub fn with(mut self, others: Self) -> Self {
        self.tensors.extend(others.tensors);
        self
    }

    /// Whether all tensors that are not under `prefix` are the same.
    pub fn equals_but_for(&self, prefix: &str, other: &Self) -> bool {
        let own = self.tensors.iter().filter(|(name, _)| !name.starts_with(prefix));
        own.eq(other.tensors.iter().filter(|(name, _)| !name.starts_with(prefix)))
    }

    /// These tensors, those under `prefix` followed by the rows of the others' tensors of the same name, in order: heads
    /// of several networks become one. What one of them lacks is zero.
    ///
    /// # Errors
    /// [`NetsError::TensorShape`] when rows are not of one length.
    pub fn with_rows_of(mut self, others: &[Self], prefix: &str) -> Result<Self, NetsError> {
        let all = || std::iter::once(&self).chain(others);
        let names: BTreeSet<&String> = all().flat_map(|w| w.tensors.keys()).filter(|n| n.starts_with(prefix)).collect();
        let mut stacked = Vec::new();
        for name in names {
            let first = all().find_map(|w| w.tensors.get(name));
            let row = first.map_or(&[][..], |t| t.shape.get(1..).unwrap_or_default());
            let mut data = Vec::new();
            for weights in all() {
                match weights.tensors.get(name) {
                    Some(t) if t.shape.len() == row.len() + 1 && t.shape.ends_with(row) => data.extend(&t.data),
                    Some(t) => {
                        let expected = [&[1], row].concat();
                        return Err(NetsError::TensorShape { name: name.clone(), expected, actual: t.shape.clone() });
                    }
                    None => data.resize(data.len() + row.iter().product::<usize>(), 0.0),
                }
            }
            let shape = [&[data.len() / row.iter().product::<usize>().max(1)], row].concat();
            stacked.push((name.clone(), WeightTensor { shape, data }));
        }
        self.tensors.extend(stacked);
        Ok(self)
    }

    /// Names in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    /// Number of tensors.
    pub fn len(&self) -> usize {
        self.tensors.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.tensors.is_empty()
    }

    /// As [`Weights::var_builder`] on the CPU, without a copy.
    ///
    /// # Errors
    /// As there.
    pub fn into_var_builder(self, device: &Device) -> Result<VarBuilder<'static>, NetsError> {
        let on_device =
            self.tensors.into_iter().map(|(name, t)| Ok((name, Tensor::from_vec(t.data, t.shape, device)?)));
        let on_device = on_device.collect::<Result<HashMap<_, _>, candle_core::Error>>()?;
        Ok(VarBuilder::from_tensors(on_device, DType::F32, device))
    }

    /// The same tensors on a device, to build candle layers from.
    ///
    /// # Errors
    /// [`NetsError::Candle`] when the device refuses.
    pub fn var_builder(&self, device: &Device) -> Result<VarBuilder<'static>, NetsError> {
        let on_device = self
            .tensors
            .iter()
            .map(|(name, t)| Ok((name.clone(), Tensor::from_slice(&t.data, t.shape.as_slice(), device)?)))
            .collect::<Result<HashMap<_, _>, candle_core::Error>>()?;
        Ok(VarBuilder::from_tensors(on_device, DType::F32, device))
    }
}

/// What integers stand for: each row, the values of one output, has a scale.
fn scaled(name: &str, view: &TensorView<'_>, file: &SafeTensors<'_>) -> Result<Vec<f32>, NetsError> {
    let scale_name = format!("{name}_scale");
    let scale = file.tensor(&scale_name).map_err(|_| NetsError::MissingTensor { name: scale_name.clone() })?;
    let rows = view.shape().first().copied().unwrap_or(1);
    if scale.dtype() != Dtype::F32 || scale.shape() != [rows] {
        let (expected, actual) = (vec![rows], scale.shape().to_vec());
        return Err(NetsError::TensorShape { name: scale_name, expected, actual });
    }
    let scales = floats::<4>(scale.data(), f32::from_le_bytes);
    let row = (view.data().len() / rows.max(1)).max(1);
    let rows = view.data().chunks_exact(row).zip(scales);
    Ok(rows.flat_map(|(row, scale)| row.iter().map(move |b| f32::from(b.cast_signed()) * scale)).collect())
}

/// Little-endian elements of `N` bytes as floats; safetensors has checked that the length is a multiple.
fn floats<const N: usize>(bytes: &[u8], read: impl Fn([u8; N]) -> f32) -> Vec<f32> {
    bytes.as_chunks::<N>().0.iter().map(|b| read(*b)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use safetensors::tensor::TensorView;

    fn file(dtype: Dtype, name: &str, shape: Vec<usize>, bytes: &[u8]) -> Vec<u8> {
        safetensors::serialize([(name, TensorView::new(dtype, shape, bytes).unwrap())], None).unwrap()
    }

    #[test]
    fn half_floats_become_floats() {
        let numbers = [1.5f32, -2.0, 0.0, 65280.0];
        let f32s: Vec<u8> = numbers.iter().flat_map(|v| v.to_le_bytes()).collect();
        let f16s: Vec<u8> = numbers.iter().flat_map(|v| half::f16::from_f32(*v).to_le_bytes()).collect();
        let bf16s: Vec<u8> = numbers.iter().flat_map(|v| half::bf16::from_f32(*v).to_le_bytes()).collect();
        for (dtype, bytes) in [(Dtype::F32, f32s), (Dtype::F16, f16s), (Dtype::BF16, bf16s)] {
            let w = Weights::from_safetensors(&file(dtype, "a.weight", vec![2, 2], &bytes)).unwrap();
            assert_eq!(w.get_shaped("a.weight", &[2, 2]).unwrap().data, numbers, "{dtype}");
        }
    }

    #[test]
    fn heads_of_several_networks_become_one_and_the_rest_stays_the_first_ones() {
        let of = |tensors: &[(&str, &[usize], &[f32])]| {
            let tensor = |shape: &[usize], data: &[f32]| WeightTensor { shape: shape.to_vec(), data: data.to_vec() };
            Weights::from_tensors(tensors.iter().map(|(name, shape, data)| ((*name).to_owned(), tensor(shape, data))))
        };
        let first = of(&[("body", &[1], &[7.0]), ("head.a", &[1, 2], &[1.0, 2.0]), ("head.bias", &[1], &[0.5])]);
        let second = of(&[("body", &[1], &[9.0]), ("head.b", &[1, 2], &[3.0, 4.0]), ("head.bias", &[1], &[0.25])]);
        let one = first.clone().with_rows_of(std::slice::from_ref(&second), "head.").unwrap();
        assert_eq!(one.get_shaped("body", &[1]).unwrap().data, [7.0]);
        assert_eq!(one.get_shaped("head.a", &[2, 2]).unwrap().data, [1.0, 2.0, 0.0, 0.0]);
        assert_eq!(one.get_shaped("head.b", &[2, 2]).unwrap().data, [0.0, 0.0, 3.0, 4.0]);
        assert_eq!(one.get_shaped("head.bias", &[2]).unwrap().data, [0.5, 0.25]);
        assert_eq!(first.clone().with_rows_of(&[], "head.").unwrap(), first);
        let other = of(&[("head.a", &[1, 3], &[1.0, 2.0, 3.0])]);
        assert!(matches!(first.with_rows_of(&[other], "head."), Err(NetsError::TensorShape { .. })));
    }

    #[test]
    fn counters_are_left_out_and_other_integers_refused() {
        let counter = file(Dtype::I64, "bn.num_batches_tracked", vec![], &7i64.to_le_bytes());
        assert!(Weights::from_safetensors(&counter).unwrap().is_empty());
        let other = file(Dtype::I64, "index", vec![], &7i64.to_le_bytes());
        assert!(Weights::from_safetensors(&other).unwrap_err().to_string().contains("`index`"));
    }

    #[test]
    fn integers_are_multiplied_with_the_scale_of_their_row() {
        let (ints, scales) = ([1u8, 0xff, 127, 0x80], [0.5f32, 2.0].map(f32::to_le_bytes).concat());
        let view = |dtype, shape, bytes| TensorView::new(dtype, shape, bytes).unwrap();
        let a = ("a", view(Dtype::I8, vec![2, 2], &ints));
        let whole = safetensors::serialize([a.clone(), ("a_scale", view(Dtype::F32, vec![2], &scales))], None).unwrap();
        let w = Weights::from_safetensors(&whole).unwrap();
        assert_eq!(w.get_shaped("a", &[2, 2]).unwrap().data, [0.5, -0.5, 254.0, -256.0]);
        let alone = safetensors::serialize([a.clone()], None).unwrap();
        assert_eq!(Weights::from_safetensors(&alone).unwrap_err().to_string(), "tensor `a_scale` is missing");
        let short = safetensors::serialize([a, ("a_scale", view(Dtype::F32, vec![1], &scales[..4]))], None).unwrap();
        assert!(matches!(Weights::from_safetensors(&short), Err(NetsError::TensorShape { .. })));
    }

    #[test]
    fn what_is_missing_or_of_another_shape_is_named() {
        let w = Weights::from_safetensors(&file(Dtype::F32, "a", vec![1], &1f32.to_le_bytes())).unwrap();
        assert_eq!(w.get("b").unwrap_err().to_string(), "tensor `b` is missing");
        let message = w.get_shaped("a", &[2, 3]).unwrap_err().to_string();
        assert_eq!(message, "tensor `a` has shape [1] instead of [2, 3]");
    }

    #[test]
    fn bytes_that_are_not_safetensors_are_refused() {
        let good = file(Dtype::F32, "a", vec![1], &1f32.to_le_bytes());
        for bad in [&[][..], &[0xff; 64], &good[..good.len() - 1], b"PK\x03\x04 a zip of pickles"] {
            assert!(matches!(Weights::from_safetensors(bad), Err(NetsError::Safetensors(_))));
        }
    }

    #[test]
    fn candle_sees_the_same_numbers() {
        let bytes: Vec<u8> = (0..6u8).flat_map(|v| f32::from(v).to_le_bytes()).collect();
        let w = Weights::from_safetensors(&file(Dtype::F32, "a.b", vec![2, 3], &bytes)).unwrap();
        let t = w.var_builder(&Device::Cpu).unwrap().pp("a").get((2, 3), "b").unwrap();
        assert_eq!(t.to_vec2::<f32>().unwrap(), [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]);
    }
}
