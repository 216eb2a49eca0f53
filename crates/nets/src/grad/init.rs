//! What a network starts from: given weights where they fit, random numbers by seed elsewhere.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use candle_core::{DType, Device, Shape, Tensor};
use candle_nn::VarBuilder;
use candle_nn::var_builder::SimpleBackend;

use crate::architecture::Architecture;
use crate::backbone::{plan, read_vit_s16};
use crate::error::NetsError;
use crate::weights::{WeightTensor, Weights};

/// All tensors of `architecture` with `classes` logits, and the names of those that are fresh. Tensors of `given`
/// are taken over; only those of the last layer may be missing there or have another shape, and a stem that sees
/// more channels than the given one gets zeros for the rest. Without `given`, convolutions are drawn from a normal
/// distribution by their fan-out (He et al. 2015), the last layers from one of standard deviation 0.01; those of the
/// strips, of which three follow each other without a norm, by their fan-in.
///
/// # Errors
/// [`NetsError::NotABackbone`]; a tensor of `given` that is missing or of another shape, save as said.
pub fn starting_weights(
    architecture: Architecture,
    classes: usize,
    seed: u64,
    given: Option<&Weights>,
) -> Result<(Weights, Vec<String>), NetsError> {
    let positions = given.and_then(|g| g.get("pos_embed").ok()).map(|t| t.shape.clone());
    let by_input = matches!(architecture, Architecture::EyeStrip | Architecture::MouthStrip);
    let drawn = Drawn { seed, positions, by_input, tensors: Arc::default() };
    let tensors = drawn.tensors.clone();
    let vb = VarBuilder::from_backend(Box::new(drawn), DType::F32, Device::Cpu);
    let head: Vec<String> = if architecture == Architecture::VitS16 {
        read_vit_s16(vb, classes)?;
        vec!["head".to_owned()]
    } else {
        plan(architecture, vb, classes)?.head.into_iter().map(|d| d.name).collect()
    };
    let mut tensors = std::mem::take(&mut *tensors.lock().unwrap_or_else(PoisonError::into_inner));
    let last = head.last().cloned().unwrap_or_default();
    let mut fresh = Vec::new();
    for (name, tensor) in &mut tensors {
        let Some(given) = given else {
            fresh.push(name.clone());
            continue;
        };
        match given.get_shaped(name, &tensor.shape) {
            Ok(found) => tensor.data.clone_from(&found.data),
            Err(_) if name.strip_prefix(&last).is_some_and(|rest| rest.starts_with('.')) => fresh.push(name.clone()),
            Err(error) => tensor.data = widened(given, name, &tensor.shape).ok_or(error)?,
        }
    }
    Ok((Weights::from_tensors(tensors), fresh))
}

/// A convolution's weights with zeros for input channels that it did not have.
fn widened(given: &Weights, name: &str, wanted: &[usize]) -> Option<Vec<f32>> {
    let found = given.get(name).ok()?;
    let [o, wide, kh, kw] = <[usize; 4]>::try_from(wanted).ok()?;
    let [fo, narrow, fh, fw] = <[usize; 4]>::try_from(found.shape.as_slice()).ok()?;
    if [o, kh, kw] != [fo, fh, fw] || narrow != 3 || wide <= narrow {
        return None;
    }
    let mut data = Vec::with_capacity(o * wide * kh * kw);
    for filter in found.data.chunks_exact(narrow * kh * kw) {
        data.extend_from_slice(filter);
        data.resize(data.len() + (wide - narrow) * kh * kw, 0.0);
    }
    Some(data)
}

/// Draws each tensor that is asked for and keeps it.
struct Drawn {
    seed: u64,
    /// Shape of the ViT's position embedding, which says how large its pictures are; 224 px otherwise.
    positions: Option<Vec<usize>>,
    /// Whether linear layers are drawn by their fan-in.
    by_input: bool,
    tensors: Arc<Mutex<BTreeMap<String, WeightTensor>>>,
}

impl SimpleBackend for Drawn {
    fn get(
        &self,
        shape: Shape,
        name: &str,
        _: candle_nn::Init,
        _: DType,
        device: &Device,
    ) -> candle_core::Result<Tensor> {
        let dims = shape.dims().to_vec();
        let count = dims.iter().product();
        let mut kept = self.tensors.lock().unwrap_or_else(PoisonError::into_inner);
        let tensor = kept.entry(name.to_owned()).or_insert_with(|| {
            let constant = |v: f32| vec![v; count];
            let data = match *dims {
                _ if name.ends_with("running_var") => constant(1.0),
                [o, _, kh, kw] => normals(self.seed, name, count, (2.0 / (o * kh * kw) as f64).sqrt()),
                _ if matches!(name, "cls_token" | "pos_embed") => normals(self.seed, name, count, 0.02),
                [_, i] if self.by_input => normals(self.seed, name, count, (2.0 / i as f64).sqrt()),
                [_, _] => normals(self.seed, name, count, 0.01),
                _ if name.ends_with("weight") => constant(1.0),
                _ => constant(0.0),
            };
            WeightTensor { shape: dims, data }
        });
        Tensor::from_slice(&tensor.data, shape, device)
    }

    fn get_unchecked(&self, name: &str, dtype: DType, device: &Device) -> candle_core::Result<Tensor> {
        if let (Some(shape), "pos_embed") = (&self.positions, name) {
            return self.get(shape.as_slice().into(), name, candle_nn::Init::Const(0.0), dtype, device);
        }
        Err(candle_core::Error::CannotFindTensor { path: name.to_owned() })
    }

    fn contains_tensor(&self, _: &str) -> bool {
        true
    }
}

/// The mixing function of splitmix64 (Vigna 2015).
pub(super) fn mix(index: u64) -> u64 {
    let mut z = index.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Normally distributed numbers that follow from a seed and a name (Box and Muller 1958).
fn normals(seed: u64, name: &str, count: usize, deviation: f64) -> Vec<f32> {
    let start = name.bytes().fold(mix(seed), |h, b| mix(h ^ u64::from(b)));
    let uniform = |i: u64| ((mix(start.wrapping_add(i)) >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
    (0..count as u64)
        .map(|i| {
            let (u, v) = (uniform(2 * i), uniform(2 * i + 1));
            (deviation * (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()) as f32
        })
        .collect()
}
