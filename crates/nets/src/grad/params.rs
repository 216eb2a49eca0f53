//! All numbers of a network that training changes, in two flat vectors, and their names.
//!
//! An optimiser walks over the flat vector and needs to know nothing; files see PyTorch's names and orders.

use std::ops::Range;

use crate::error::NetsError;
use crate::weights::{WeightTensor, Weights};

/// What a parameter does: optimisers treat the kinds differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParamKind {
    /// Multiplied with activations: the kind that weight decay is for.
    Weight,
    /// Added to activations.
    Bias,
    /// Scale or shift of a norm.
    Norm,
}

/// One named tensor in a flat vector.
#[derive(Clone, Debug, PartialEq)]
pub struct Slot {
    /// Its name in files.
    pub name: String,
    /// Its shape in files.
    pub shape: Vec<usize>,
    /// Where it lies.
    pub range: Range<usize>,
    /// What it does.
    pub kind: ParamKind,
    order: Order,
}

/// How a tensor lies in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    /// As in files.
    Same,
    /// Files: `[out, in, kh, kw]`; here `[out, kh, kw, in]`.
    ChannelsLast,
    /// Files: `[channels, 1, kh, kw]`; here `[kh, kw, channels]`.
    Depthwise,
}

impl Slot {
    /// Where in the file's tensor the value number `i` of this slot is.
    pub(super) fn file_index(&self, i: usize) -> usize {
        let at = |axis: usize| self.shape.get(axis).copied().unwrap_or(1).max(1);
        match self.order {
            Order::Same => i,
            Order::ChannelsLast => {
                let (input, taps) = (at(1), at(2) * at(3));
                let (o, tap, ci) = (i / (input * taps), i / input % taps, i % input);
                (o * input + ci) * taps + tap
            }
            Order::Depthwise => {
                let (channels, taps) = (at(0), at(2) * at(3));
                i % channels * taps + i / channels
            }
        }
    }
}

/// Named tensors in a flat vector.
#[derive(Clone, Debug, Default)]
pub(super) struct Flat {
    pub values: Vec<f32>,
    pub slots: Vec<Slot>,
}

impl Flat {
    /// Adds the tensor of that name from `weights`, of that shape.
    pub(super) fn take(
        &mut self,
        weights: &Weights,
        name: String,
        shape: &[usize],
        kind: ParamKind,
    ) -> Result<Range<usize>, NetsError> {
        let order = match *shape {
            [_, 1, kh, kw] if kh * kw > 1 => Order::Depthwise,
            [_, _, kh, kw] if kh * kw > 1 => Order::ChannelsLast,
            _ => Order::Same,
        };
        self.add(weights, name, shape, kind, order)
    }

    /// The same in the order of files.
    pub(super) fn take_as_is(
        &mut self,
        weights: &Weights,
        name: String,
        shape: &[usize],
        kind: ParamKind,
    ) -> Result<Range<usize>, NetsError> {
        self.add(weights, name, shape, kind, Order::Same)
    }

    fn add(
        &mut self,
        weights: &Weights,
        name: String,
        shape: &[usize],
        kind: ParamKind,
        order: Order,
    ) -> Result<Range<usize>, NetsError> {
        let tensor = weights.get_shaped(&name, shape)?;
        let start = self.values.len();
        let slot = Slot { name, shape: shape.to_vec(), range: start..start + tensor.data.len(), kind, order };
        self.values.extend((0..tensor.data.len()).filter_map(|i| tensor.data.get(slot.file_index(i))));
        let range = slot.range.clone();
        self.slots.push(slot);
        Ok(range)
    }

    /// The tensors with names, shapes and orders of files, out of `values` that lie as these do.
    pub(super) fn export(&self, values: &[f32]) -> Vec<(String, WeightTensor)> {
        let tensor = |slot: &Slot| {
            let from = values.get(slot.range.clone()).unwrap_or_default();
            let mut data = vec![0.0; from.len()];
            for (i, v) in from.iter().enumerate() {
                if let Some(to) = data.get_mut(slot.file_index(i)) {
                    *to = *v;
                }
            }
            (slot.name.clone(), WeightTensor { shape: slot.shape.clone(), data })
        };
        self.slots.iter().map(tensor).collect()
    }
}

/// The part of a flat vector that a layer owns.
pub(super) fn part<'a>(values: &'a [f32], range: &Range<usize>) -> &'a [f32] {
    values.get(range.clone()).unwrap_or_default()
}

/// The same to write to.
pub(super) fn part_mut<'a>(values: &'a mut [f32], range: &Range<usize>) -> &'a mut [f32] {
    values.get_mut(range.clone()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_comes_back_in_the_order_of_files() {
        let tensor = |shape: &[usize]| WeightTensor {
            shape: shape.to_vec(),
            data: (0..shape.iter().product::<usize>()).map(|i| i as f32).collect(),
        };
        let shapes = [("a", vec![4, 3, 3, 3]), ("b", vec![8, 1, 5, 5]), ("c", vec![4, 6, 1, 1]), ("d", vec![7])];
        let weights = Weights::from_tensors(shapes.iter().map(|(n, s)| ((*n).to_owned(), tensor(s))));
        let mut flat = Flat::default();
        for (name, shape) in &shapes {
            flat.take(&weights, (*name).to_owned(), shape, ParamKind::Weight).unwrap();
        }
        // The first output's first pixel over all inputs; the first tap over all channels.
        assert_eq!(flat.values[..4], [0.0, 9.0, 18.0, 1.0]);
        assert_eq!(flat.values[108..111], [0.0, 25.0, 50.0]);
        let back = flat.export(&flat.values);
        assert_eq!(back, shapes.map(|(n, s)| (n.to_owned(), tensor(&s))));
    }
}
