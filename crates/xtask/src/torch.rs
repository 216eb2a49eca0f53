//! PyTorch's file format before version 1.6 ("legacy", not a zip): five pickles (magic number,
//! format version, facts of the machine, the state dict, the order of storages), then the storages
//! themselves. Read strictly and as data; see [`crate::pickle`].

use std::collections::HashMap;

use anyhow::{Context, Result, bail, ensure};
use safetensors::tensor::Dtype;

use crate::cursor::Cursor;
use crate::pickle::{self, Element, Pickle, TensorRef, Value};
use crate::tensors::{Tensor, Tensors, element_count, insert_new};

/// 0x1950a86a20f9469cfc6c, the number every legacy file starts with, little-endian.
const MAGIC: [u8; 10] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
const FORMAT_VERSION: i64 = 1001;

/// Reads the state dict of a legacy file: names to row-major tensors.
///
/// # Errors
/// When the file is of another format, holds anything but tensors, or its parts do not fit.
pub fn read_state_dict(bytes: &[u8]) -> Result<Tensors> {
    let mut input = Cursor::new(bytes);
    let magic = pickle::read(&mut input).context("magic number")?;
    ensure!(*magic.root()? == Value::BigInt(MAGIC.to_vec()), "not a legacy PyTorch file");
    let version = pickle::read(&mut input).context("format version")?;
    ensure!(*version.root()? == Value::Int(FORMAT_VERSION), "legacy PyTorch file of an unknown version");
    ensure_little_endian(&pickle::read(&mut input).context("machine facts")?)?;
    let state = pickle::read(&mut input).context("state dict")?;
    let keys = pickle::read(&mut input).context("storage order")?;

    let named = named_tensors(&state)?;
    let elements = storage_elements(&named)?;
    let storages = read_storages(&mut input, &keys, &elements)?;
    ensure!(input.is_at_end(), "bytes follow after the last storage");

    let mut tensors = Tensors::new();
    for (name, view) in named {
        let tensor = materialise(view, &storages).with_context(|| format!("tensor {name:?}"))?;
        insert_new(&mut tensors, name.to_owned(), tensor)?;
    }
    Ok(tensors)
}

fn ensure_little_endian(facts: &Pickle) -> Result<()> {
    let Value::Dict(entries) = facts.root()? else { bail!("the machine facts are not a dict") };
    for &(key, value) in entries {
        if facts.text(key)? == "little_endian" {
            ensure!(*facts.value(value)? == Value::Bool(true), "the file was written big-endian");
            return Ok(());
        }
    }
    bail!("the machine facts do not tell the byte order")
}

fn named_tensors(state: &Pickle) -> Result<Vec<(&str, &TensorRef)>> {
    let Value::Dict(entries) = state.root()? else { bail!("the file holds no state dict") };
    let mut named = Vec::with_capacity(entries.len());
    for &(key, value) in entries {
        let name = state.text(key)?;
        match state.value(value)? {
            Value::Tensor(view) => named.push((name, view)),
            other => bail!("{name:?} is {}, not a tensor", other.kind()),
        }
    }
    Ok(named)
}

/// What each storage key must hold, from the tensors that use it; two that disagree are refused.
fn storage_elements<'a>(named: &[(&'a str, &'a TensorRef)]) -> Result<HashMap<&'a str, (Element, usize)>> {
    let mut elements = HashMap::new();
    for (name, view) in named {
        let facts = (view.storage.element, view.storage.elements);
        let known = *elements.entry(view.storage.key.as_str()).or_insert(facts);
        ensure!(known == facts, "tensor {name:?} describes its storage differently from another one");
    }
    Ok(elements)
}

fn read_storages<'a>(
    input: &mut Cursor<'a>,
    keys: &Pickle,
    elements: &HashMap<&str, (Element, usize)>,
) -> Result<HashMap<String, &'a [u8]>> {
    let Value::List(order) = keys.root()? else { bail!("the order of storages is not a list") };
    let mut storages = HashMap::with_capacity(order.len());
    for &key in order {
        let key = keys.text(key)?;
        let &(element, count) = elements.get(key).with_context(|| format!("storage {key:?} belongs to no tensor"))?;
        let stored = usize::try_from(i64::from_le_bytes(input.array()?)).context("a negative storage size")?;
        ensure!(stored == count, "storage {key:?} holds {stored} elements, not {count}");
        let bytes = input.take(element_count(&[stored])? * element.size())?;
        ensure!(storages.insert(key.to_owned(), bytes).is_none(), "storage {key:?} is stored twice");
    }
    Ok(storages)
}

/// Copies the tensor out of its storage into row-major order.
fn materialise(view: &TensorRef, storages: &HashMap<String, &[u8]>) -> Result<Tensor> {
    let storage = storages.get(&view.storage.key).context("its storage is missing")?;
    let size = view.storage.element.size();
    let mut bytes = Vec::with_capacity(element_count(&view.shape)? * size);
    for place in places(view)? {
        let start = place.checked_mul(size).context("its offset overflows")?;
        let end = start.checked_add(size).context("its offset overflows")?;
        bytes.extend_from_slice(storage.get(start..end).context("it sticks out of its storage")?);
    }
    let dtype = match view.storage.element {
        Element::F16 => Dtype::F16,
        Element::F32 => Dtype::F32,
        Element::I64 => Dtype::I64,
    };
    Ok(Tensor { dtype, shape: view.shape.clone(), bytes })
}

/// Where each element lies in the storage, in row-major order of the tensor. MTCNN's were saved as
/// transposed views, so strides matter.
fn places(view: &TensorRef) -> Result<Vec<usize>> {
    if view.shape.contains(&0) {
        return Ok(Vec::new());
    }
    let mut places = vec![view.offset];
    for (&side, &stride) in view.shape.iter().zip(&view.strides) {
        let steps: Option<Vec<usize>> = (0..side).map(|index| stride.checked_mul(index)).collect();
        let steps = steps.context("its strides overflow")?;
        let spread = places.iter().flat_map(|&place| steps.iter().map(move |&step| place.checked_add(step)));
        places = spread.collect::<Option<_>>().context("its strides overflow")?;
    }
    Ok(places)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pickle::StorageRef;

    /// A legacy file with `weight` (2 x 2, F32) and `count` (a scalar, I64), as PyTorch lays it out.
    fn legacy_file() -> Vec<u8> {
        let mut bytes = b"\x80\x02\x8a\x0a".to_vec();
        bytes.extend(MAGIC);
        bytes.extend(b".\x80\x02M\xe9\x03.");
        bytes.extend(b"\x80\x02}q\x00X\x0d\x00\x00\x00little_endianq\x01\x88s.");
        bytes.extend(b"\x80\x02ccollections\nOrderedDict\nq\x00)Rq\x01(");
        bytes.extend(tensor_pickle("weight", "FloatStorage", "11", 4, &[2, 2]));
        bytes.extend(tensor_pickle("count", "LongStorage", "12", 1, &[]));
        bytes.extend(b"u}X\x09\x00\x00\x00_metadata}sb.");
        bytes.extend(b"\x80\x02](X\x02\x00\x00\x0011X\x02\x00\x00\x0012e.");
        bytes.extend(4_i64.to_le_bytes());
        bytes.extend([1.0_f32, 2.0, 3.0, 4.0].iter().flat_map(|value| value.to_le_bytes()));
        bytes.extend(1_i64.to_le_bytes());
        bytes.extend(7_i64.to_le_bytes());
        bytes
    }

    fn text_pickle(text: &str) -> Vec<u8> {
        let mut bytes = vec![b'X'];
        bytes.extend(u32::try_from(text.len()).unwrap().to_le_bytes());
        bytes.extend(text.as_bytes());
        bytes
    }

    fn tensor_pickle(name: &str, class: &str, key: &str, elements: u8, shape: &[u8]) -> Vec<u8> {
        let mut bytes = text_pickle(name);
        bytes.extend(b"ctorch._utils\n_rebuild_tensor_v2\n((");
        bytes.extend(text_pickle("storage"));
        bytes.extend(format!("ctorch\n{class}\n").as_bytes());
        bytes.extend(text_pickle(key));
        bytes.extend(text_pickle("cpu"));
        bytes.extend([b'K', elements, b'N', b't', b'Q', b'K', 0, b'(']);
        bytes.extend(shape.iter().flat_map(|&side| [b'K', side]));
        bytes.extend(b"t(");
        let strides = (0..shape.len()).map(|axis| shape.iter().skip(axis + 1).product::<u8>());
        bytes.extend(strides.flat_map(|stride| [b'K', stride]));
        bytes.extend(b"t\x89ccollections\nOrderedDict\n)RtR");
        bytes
    }

    #[test]
    fn reads_a_state_dict() {
        let tensors = read_state_dict(&legacy_file()).unwrap();
        assert_eq!(tensors.keys().collect::<Vec<_>>(), ["count", "weight"]);
        assert_eq!(tensors["weight"].shape, [2, 2]);
        assert_eq!(tensors["weight"].dtype, Dtype::F32);
        assert_eq!(tensors["weight"].bytes[8..12], 3.0_f32.to_le_bytes());
        assert_eq!(tensors["count"].bytes, 7_i64.to_le_bytes());
        assert!(tensors["count"].shape.is_empty());
    }

    #[test]
    fn refuses_every_truncation_and_trailing_bytes() {
        let file = legacy_file();
        for length in 0..file.len() {
            assert!(read_state_dict(&file[..length]).is_err(), "{length} of {} bytes were accepted", file.len());
        }
        let mut longer = file;
        longer.push(0);
        assert!(format!("{:#}", read_state_dict(&longer).unwrap_err()).contains("after the last storage"));
    }

    #[test]
    fn refuses_a_storage_that_claims_more_than_it_holds() {
        let mut file = legacy_file();
        let size_at = file.len() - 16 - 16 - 8;
        file[size_at..size_at + 8].copy_from_slice(&i64::MAX.to_le_bytes());
        assert!(read_state_dict(&file).is_err());
        file[size_at..size_at + 8].copy_from_slice(&(-1_i64).to_le_bytes());
        assert!(read_state_dict(&file).is_err());
    }

    #[test]
    fn refuses_a_zip() {
        assert!(read_state_dict(b"PK\x03\x04rest of a newer file").is_err());
    }

    #[test]
    fn transposed_views_come_out_row_major() {
        let view = |offset, shape: &[usize], strides: &[usize]| TensorRef {
            storage: StorageRef { element: Element::F16, key: "0".to_owned(), elements: 6 },
            offset,
            shape: shape.to_vec(),
            strides: strides.to_vec(),
        };
        let storages = HashMap::from([("0".to_owned(), &[0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5][..])]);
        let read = |view: &TensorRef| materialise(view, &storages).map(|tensor| tensor.bytes);
        assert_eq!(read(&view(0, &[3, 2], &[1, 3])).unwrap(), [0, 0, 3, 3, 1, 1, 4, 4, 2, 2, 5, 5]);
        assert_eq!(read(&view(2, &[2, 2], &[2, 1])).unwrap(), [2, 2, 3, 3, 4, 4, 5, 5]);
        assert_eq!(read(&view(5, &[], &[])).unwrap(), [5, 5]);
        assert!(
            read(&view(0, &[], &[])).unwrap() == [0, 0] && read(&view(0, &[0, 1 << 40], &[1, 1])).unwrap().is_empty()
        );
        assert!(read(&view(3, &[2, 2], &[2, 1])).is_err());
        assert!(read(&view(1, &[3], &[usize::MAX])).is_err());
        assert!(read(&view(usize::MAX, &[], &[])).is_err());
    }

    proptest::proptest! {
        #[test]
        fn no_mutation_makes_it_panic(edits in proptest::collection::vec((0_usize..1000, 0_u8..), 1..8)) {
            let mut file = legacy_file();
            for (at, byte) in edits {
                let at = at % file.len();
                file[at] = byte;
            }
            let _ = read_state_dict(&file);
        }
    }
}
