//! What every convolution with its norm keeps between the passes, and how its raw output is read.

use std::ops::Range;

use super::kernel::normalise;
use super::norm::Norm;
use crate::cpu::{Activation, Nhwc, Padding, Simd};

/// Tasks that a pass over pixels is cut into. Fixed, so that sums do not depend on the number of threads.
pub(super) const TASKS: usize = 8;

/// A convolution without bias, its norm and the activation behind it.
#[derive(Debug)]
pub(super) struct Layer {
    /// One filter a channel; otherwise every output sees every input.
    pub depthwise: bool,
    pub cin: usize,
    pub cout: usize,
    pub kernel: usize,
    pub stride: usize,
    pub padding: Padding,
    pub weight: Range<usize>,
    pub norm: Norm,
    pub activation: Activation,
    /// Raw output `[n, h, w, cout]` of the last batch, before the norm.
    pub y: Vec<f32>,
    /// `[n, h, w]` of `y`.
    pub shape: [usize; 3],
    /// The input with zeros around it, where the convolution is a dense one.
    pub padded: Vec<f32>,
    /// `[n, h, w]` of the input that its zeros are around.
    pub padded_for: [usize; 3],
}

impl Layer {
    /// Pixels of the raw output over the whole batch.
    pub(super) fn pixels(&self) -> usize {
        self.shape.iter().product()
    }

    /// The output as the next layer sees it.
    pub(super) fn view(&self) -> View<'_> {
        View { data: &self.y, channels: self.cout, norm: Some(&self.norm), activation: &self.activation, gate: None }
    }
}

/// A feature map to be read: raw values that a norm, an activation and a gate still wait for, or plain ones.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    /// `[pixels, channels]`.
    pub data: &'a [f32],
    pub channels: usize,
    pub norm: Option<&'a Norm>,
    pub activation: &'a Activation,
    /// Factors `[n, channels]` behind the activation, and the pixels of an image.
    pub gate: Option<(&'a [f32], usize)>,
}

impl<'a> View<'a> {
    /// Values that are what they are.
    pub(super) fn plain(data: &'a [f32], channels: usize) -> Self {
        Self { data, channels, norm: None, activation: &Activation::None, gate: None }
    }

    /// The raw values of pixels `from..from + count`.
    pub(super) fn raw(&self, from: usize, count: usize) -> &'a [f32] {
        self.data.get(from * self.channels..(from + count) * self.channels).unwrap_or_default()
    }

    /// The finished values of pixels `from..from + count`, which belong to one image where there is a gate;
    /// computed into `room` if need be.
    pub(super) fn read<'b>(&self, from: usize, count: usize, room: &'b mut [f32], simd: Option<Simd>) -> &'b [f32]
    where
        'a: 'b,
    {
        let raw = self.raw(from, count);
        let Some(norm) = self.norm else { return raw };
        let gate = self.gate.and_then(|(factors, pixels)| {
            let image = from / pixels.max(1);
            factors.get(image * self.channels..(image + 1) * self.channels)
        });
        let room = room.get_mut(..raw.len()).unwrap_or_default();
        normalise(raw, norm.affine(), self.activation, gate, room, simd);
        room
    }
}

/// Spans of at most `rows` pixels that make up `from..to`; they end at images' ends where `image` pixels are given.
pub(super) fn spans(from: usize, to: usize, rows: usize, image: Option<usize>) -> impl Iterator<Item = (usize, usize)> {
    let mut at = from;
    std::iter::from_fn(move || {
        let end = image.map_or(to, |pixels| to.min((at / pixels + 1) * pixels));
        let count = rows.min(end.saturating_sub(at));
        at += count;
        (count > 0).then_some((at - count, count))
    })
}

/// Pixels a task gets of `pixels`, whole images of `image` pixels where given.
pub(super) fn task_pixels(pixels: usize, tasks: usize, image: Option<usize>) -> usize {
    let unit = image.unwrap_or(24).max(1);
    pixels.div_ceil(unit).div_ceil(tasks).max(1) * unit
}

/// Pixels that are worked on at a time so that `values` a pixel stay in the second-level cache.
pub(super) fn block_rows(values: usize) -> usize {
    (65_536 / values.max(1)).clamp(48, 384) / 24 * 24
}

/// Makes `buffer` hold `len` values, whatever they are. Buffers go from layer to layer: what one of them has once been
/// long enough for is neither allocated nor cleared again.
pub(super) fn resize(buffer: &mut Vec<f32>, len: usize) {
    if buffer.capacity() < len {
        // Fresh zeros, rather than a longer copy of what is not needed.
        *buffer = vec![0.0; len];
    }
    buffer.resize(len, 0.0);
}

/// Numbers from the start of a cache line on, so that vectors of whole lines are loaded from one line each.
pub(super) struct Aligned {
    data: Nhwc,
    from: usize,
    len: usize,
}

impl Aligned {
    /// Whatever an earlier buffer left.
    pub(super) fn scratch(len: usize) -> Self {
        const LINE: usize = 64;
        let data = Nhwc::scratch(1, 1, 1, len + LINE / size_of::<f32>());
        // A hint that an allocator may refuse, hence the bound.
        let from = data.data.as_ptr().align_offset(LINE).min(LINE / size_of::<f32>());
        Self { data, from, len }
    }

    pub(super) fn zeros(len: usize) -> Self {
        let mut buffer = Self::scratch(len);
        buffer.fill(0.0);
        buffer
    }
}

impl std::ops::Deref for Aligned {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        self.data.data.get(self.from..self.from + self.len).unwrap_or_default()
    }
}

impl std::ops::DerefMut for Aligned {
    fn deref_mut(&mut self) -> &mut [f32] {
        self.data.data.get_mut(self.from..self.from + self.len).unwrap_or_default()
    }
}
