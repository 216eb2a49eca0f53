//! A whole network that can learn.

use candle_core::Device;

use super::block::{Kind, Map, Pass, Room};
use super::gate::{Gate, means};
use super::layer::{Layer, View};
use super::linear::Linear;
use super::norm::{Mode, Norm};
use super::params::{Flat, ParamKind, Slot};
use super::tape::{Given, Place, Precision, Tape};
use super::vit::Vit;
use crate::architecture::Architecture;
use crate::backbone::{Block, ConvPlan, DensePlan, GatePlan, plan, strip_rows};
use crate::error::NetsError;
use crate::weights::Weights;

/// Weights of R, G and B in luma (ITU-R BT.601), as in [`Architecture::Resnet18Edges`].
const LUMA: [f32; 3] = [0.299, 0.587, 0.114];

/// Zeroes a share of what the last layer is given, differently by seed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dropout {
    /// Share of zeros, in [0, 1); the rest is scaled up to keep the sum.
    pub rate: f32,
    /// The same seed zeroes the same places.
    pub seed: u64,
}

/// A backbone with the gradients of its parameters.
pub struct TrainNet {
    architecture: Architecture,
    classes: usize,
    flat: Flat,
    grads: Vec<f32>,
    running: Flat,
    blocks: Vec<Kind>,
    /// Instead of blocks.
    vit: Option<Vit>,
    tape: Option<Tape>,
    /// `maps[i]` is what block `i` is given; the last one is what is pooled.
    maps: Vec<Map>,
    head: Vec<Linear>,
    /// Factors of the dropout of the last batch; empty without.
    kept: Vec<f32>,
    /// Leading blocks that do not learn.
    frozen: usize,
    /// Where the parameters of each block begin, then those of the head.
    starts: Vec<usize>,
    room: Room,
    /// Gradients of feature maps, two in turn.
    flow: [Vec<f32>; 2],
}

impl std::fmt::Debug for TrainNet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TrainNet").field("architecture", &self.architecture).finish_non_exhaustive()
    }
}

impl TrainNet {
    /// Builds the network with `classes` logits from the tensors that [`crate::backbone`] reads, to learn on the CPU.
    ///
    /// # Errors
    /// [`NetsError::NotABackbone`] for a face finder; a tensor that is missing or of another shape.
    pub fn new(architecture: Architecture, weights: &Weights, classes: usize) -> Result<Self, NetsError> {
        Self::build(architecture, weights, classes, None)
    }

    /// The same to learn by candle's tape on a device; parameters, gradients and moments stay on the CPU, laid out as by
    /// [`TrainNet::new`].
    ///
    /// # Errors
    /// As [`TrainNet::new`], and from the device.
    pub fn on(
        device: &Device,
        precision: Precision,
        architecture: Architecture,
        weights: &Weights,
        classes: usize,
    ) -> Result<Self, NetsError> {
        Self::build(architecture, weights, classes, Some(Place { device: device.clone(), precision }))
    }

    fn build(
        architecture: Architecture,
        weights: &Weights,
        classes: usize,
        place: Option<Place>,
    ) -> Result<Self, NetsError> {
        let mut build =
            Build { weights, flat: Flat::default(), running: Flat::default(), momentum: momentum(architecture) };
        if architecture == Architecture::VitS16 {
            let place = place.unwrap_or(Place { device: Device::Cpu, precision: Precision::F32 });
            let (vit, starts) = Vit::take(weights, classes, &mut build.flat, place)?;
            return Ok(Self::of(architecture, classes, build, starts, Body { vit: Some(vit), ..Body::default() }));
        }
        let plan = plan(architecture, weights.var_builder(&Device::Cpu)?, classes)?;
        let mut starts = Vec::with_capacity(plan.blocks.len() + 1);
        let mut kinds = Vec::with_capacity(plan.blocks.len());
        for block in &plan.blocks {
            starts.push(build.flat.values.len());
            kinds.push(build.block(block)?);
        }
        starts.push(build.flat.values.len());
        let head = plan.head.iter().map(|d| build.dense(d)).collect::<Result<Vec<_>, _>>()?;
        let tape = place.map(|place| Tape::new(place, plan, build.momentum));
        Ok(Self::of(architecture, classes, build, starts, Body { kinds, head, tape, vit: None }))
    }

    fn of(architecture: Architecture, classes: usize, build: Build<'_>, starts: Vec<usize>, body: Body) -> Self {
        let Build { flat, running, .. } = build;
        Self {
            architecture,
            classes,
            grads: vec![0.0; flat.values.len()],
            flat,
            running,
            maps: (0..=body.kinds.len()).map(|_| Map::default()).collect(),
            blocks: body.kinds,
            vit: body.vit,
            tape: body.tape,
            head: body.head,
            kept: Vec::new(),
            frozen: 0,
            starts,
            room: Room::default(),
            flow: Default::default(),
        }
    }

    /// Which network it is.
    pub fn architecture(&self) -> Architecture {
        self.architecture
    }

    /// Logits a picture.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Blocks between the pixels and the head.
    pub fn blocks(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// From now on the first `blocks` blocks keep their weights and the moments of their norms.
    pub fn freeze(&mut self, blocks: usize) {
        self.frozen = blocks.min(self.blocks());
    }

    /// The parameters from this one on learn.
    pub fn first_learning(&self) -> usize {
        self.starts.get(self.frozen).copied().unwrap_or_default()
    }

    /// All parameters.
    pub fn params(&self) -> &[f32] {
        &self.flat.values
    }

    /// All parameters, for an optimiser.
    pub fn params_mut(&mut self) -> &mut [f32] {
        &mut self.flat.values
    }

    /// Their gradients.
    pub fn grads(&self) -> &[f32] {
        &self.grads
    }

    /// Their gradients, for clipping.
    pub fn grads_mut(&mut self) -> &mut [f32] {
        &mut self.grads
    }

    /// Parameters and gradients at once.
    pub fn params_and_grads(&mut self) -> (&mut [f32], &mut [f32]) {
        (&mut self.flat.values, &mut self.grads)
    }

    /// Which parameters are which.
    pub fn slots(&self) -> &[Slot] {
        &self.flat.slots
    }

    /// The running moments of all norms.
    pub fn running(&self) -> &[f32] {
        &self.running.values
    }

    /// The running moments, to be set when a run is taken up again.
    pub fn running_mut(&mut self) -> &mut [f32] {
        &mut self.running.values
    }

    /// Everything by the names and in the orders of files.
    pub fn weights(&self) -> Weights {
        self.weights_with(&self.flat.values, &self.running.values)
    }

    /// The same with other numbers, laid out like [`TrainNet::params`] and [`TrainNet::running`].
    pub fn weights_with(&self, params: &[f32], running: &[f32]) -> Weights {
        Weights::from_tensors(self.flat.export(params).into_iter().chain(self.running.export(running)))
    }

    /// Logits `[n, classes]` of normalised pictures `[n, h, w, 3]`.
    ///
    /// # Errors
    /// [`NetsError::InputShape`] when `pixels` is not that many values or a side is below 32.
    pub fn forward(
        &mut self,
        pixels: &[f32],
        shape: [usize; 3],
        mode: Mode,
        dropout: Option<Dropout>,
    ) -> Result<Vec<f32>, NetsError> {
        let [n, h, w] = shape;
        if n == 0 || h < 32 || w < 32 || pixels.len() != n * h * w * 3 {
            return Err(NetsError::InputShape {
                net: self.architecture.name(),
                expected: "[n, h, w, 3] with at least one picture of at least 32 x 32",
                actual: vec![n, h, w, pixels.len() / (n * h * w).max(1)],
            });
        }
        let learning = self.first_learning();
        if let Some(vit) = &mut self.vit {
            let kept = dropout.filter(|_| mode != Mode::Eval).map_or_else(Vec::new, |d| d.factors(n * vit.width()));
            return vit.forward(&self.flat, learning, pixels, shape, &kept);
        }
        if let Some(first) = self.maps.first_mut() {
            first.data.clear();
            first.shape = shape;
            first.channels = if self.architecture == Architecture::Resnet18Edges { 4 } else { 3 };
            if first.channels == 4 {
                with_edges(pixels, shape, &mut first.data);
            } else if let Some([top, rows]) = strip_rows(self.architecture, h) {
                first.shape = [n, rows, w];
                let strips =
                    pixels.chunks_exact(h * w * 3).filter_map(|image| image.get(top * w * 3..(top + rows) * w * 3));
                strips.for_each(|strip| first.data.extend_from_slice(strip));
            } else {
                first.data.extend(pixels);
            }
        }
        if let (Some(tape), Some(first)) = (&mut self.tape, self.maps.first()) {
            let given = Given {
                pixels: &first.data,
                shape: first.shape,
                channels: first.channels,
                mode,
                frozen: self.frozen,
                learning,
            };
            let kept = |count| dropout.map_or_else(Vec::new, |d| d.factors(count));
            return tape.forward(&self.flat, &mut self.running, &given, kept);
        }
        for (i, block) in self.blocks.iter_mut().enumerate() {
            let mode = if i < self.frozen { Mode::Eval } else { mode };
            let mut pass = Pass { params: &self.flat.values, running: &mut self.running.values, mode };
            if let Some((given, rest)) = self.maps.get_mut(i..).and_then(|m| m.split_first_mut())
                && let Some(out) = rest.first_mut()
            {
                block.forward(given, out, &mut pass);
            }
        }
        let mut row = self.maps.last().map_or_else(Vec::new, |last| {
            let [_, h, w] = last.shape;
            means(View::plain(&last.data, last.channels), h * w)
        });
        let layers = self.head.len();
        for (i, layer) in self.head.iter_mut().enumerate() {
            if i + 1 == layers {
                self.kept = dropout.map_or_else(Vec::new, |d| d.factors(row.len()));
                row.iter_mut().zip(&self.kept).for_each(|(v, k)| *v *= k);
            }
            row = layer.forward(row, &self.flat.values);
        }
        Ok(row)
    }

    /// Adds the gradients of all learning parameters, from those of the logits of the last [`TrainNet::forward`].
    ///
    /// # Errors
    /// [`NetsError::Candle`] of the tape.
    pub fn backward(&mut self, logits: &[f32]) -> Result<(), NetsError> {
        if let Some(vit) = &mut self.vit {
            return vit.backward(logits, &self.flat, &mut self.grads);
        }
        if let Some(tape) = &mut self.tape {
            return tape.backward(logits, &self.flat, &mut self.grads);
        }
        let (params, grads) = (self.flat.values.as_slice(), self.grads.as_mut_slice());
        let mut row = logits.to_vec();
        for (i, layer) in self.head.iter().enumerate().rev() {
            row = layer.backward(row, params, grads);
            if i + 1 == self.head.len() {
                row.iter_mut().zip(&self.kept).for_each(|(v, k)| *v *= k);
            }
        }
        if self.frozen == self.blocks.len() {
            return Ok(());
        }
        let [mut g, mut dx] = std::mem::take(&mut self.flow);
        if let Some(last) = self.maps.last() {
            let pixels = last.shape.iter().skip(1).product::<usize>().max(1);
            g.clear();
            for image in row.chunks_exact(last.channels.max(1)) {
                let each: Vec<f32> = image.iter().map(|v| v / pixels as f32).collect();
                (0..pixels).for_each(|_| g.extend_from_slice(&each));
            }
        }
        for (i, block) in self.blocks.iter_mut().enumerate().skip(self.frozen).rev() {
            let (Some(given), Some(out)) = (self.maps.get(i), self.maps.get(i + 1)) else { continue };
            let target = (i > self.frozen).then_some(&mut dx);
            block.backward((given, out), &mut g, target, (params, grads), &mut self.room);
            std::mem::swap(&mut g, &mut dx);
        }
        self.flow = [g, dx];
        Ok(())
    }
}

impl Dropout {
    /// 0 or 1 / (1 − rate) for each of `count` places.
    fn factors(self, count: usize) -> Vec<f32> {
        let keep = 1.0 / (1.0 - self.rate);
        let start = self.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let uniform = |i: u64| (super::init::mix(start.wrapping_add(i)) >> 40) as f32 / (1u32 << 24) as f32;
        (0..count as u64).map(|i| if uniform(i) < self.rate { 0.0 } else { keep }).collect()
    }
}

/// Share of a batch in the new running moments, as where the weights come from.
fn momentum(architecture: Architecture) -> f32 {
    match architecture {
        Architecture::MobilenetV3Small => 0.01,
        _ => 0.1,
    }
}

/// Appends the pictures with a fourth channel: the Laplacian of luma, borders repeated.
#[expect(clippy::indexing_slicing, reason = "rows and columns are clamped into the picture, whose length was checked")]
fn with_edges(pixels: &[f32], [_, h, w]: [usize; 3], out: &mut Vec<f32>) {
    for image in pixels.chunks_exact(h * w * 3) {
        let luma: Vec<f32> = image.chunks_exact(3).map(|p| p.iter().zip(LUMA).map(|(v, l)| v * l).sum()).collect();
        for (i, pixel) in image.chunks_exact(3).enumerate() {
            let (y, x) = (i / w, i % w);
            let vertical = luma[y.saturating_sub(1) * w + x] + luma[(y + 1).min(h - 1) * w + x];
            let horizontal = luma[y * w + x.saturating_sub(1)] + luma[y * w + (x + 1).min(w - 1)];
            out.extend_from_slice(pixel);
            out.push(vertical + horizontal - 4.0 * luma[i]);
        }
    }
}

/// What computes.
#[derive(Default)]
struct Body {
    kinds: Vec<Kind>,
    head: Vec<Linear>,
    vit: Option<Vit>,
    tape: Option<Tape>,
}

/// Makes layers of plans and takes their tensors.
struct Build<'a> {
    weights: &'a Weights,
    flat: Flat,
    running: Flat,
    momentum: f32,
}

impl Build<'_> {
    fn block(&mut self, block: &Block<ConvPlan, GatePlan>) -> Result<Kind, NetsError> {
        Ok(match block {
            Block::Conv(conv) => Kind::Conv(self.conv(conv)?),
            Block::MaxPool => Kind::MaxPool(Vec::new()),
            Block::Inverted { expand, depthwise, gate, project, skip } => Kind::Inverted {
                expand: expand.as_ref().map(|c| self.conv(c)).transpose()?,
                depthwise: self.conv(depthwise)?,
                gate: gate.as_ref().map(|g| self.gate(g)).transpose()?,
                project: self.conv(project)?,
                skip: *skip,
            },
            Block::Basic { first, second, shortcut } => Kind::Basic {
                first: self.conv(first)?,
                second: self.conv(second)?,
                shortcut: shortcut.as_ref().map(|c| self.conv(c)).transpose()?,
            },
            Block::Pair { .. } => {
                return Err(NetsError::Unsupported("the training of a pair: train each by itself and join them"));
            }
        })
    }

    fn conv(&mut self, plan: &ConvPlan) -> Result<Layer, NetsError> {
        let [cout, input, kernel, _] = plan.shape;
        let cin = if plan.depthwise { cout } else { input };
        let part = |of: &str, name: &str| format!("{of}.{name}");
        let (conv, norm) = (&plan.origin.conv, &plan.origin.norm);
        let weight = self.flat.take(self.weights, part(conv, "weight"), &plan.shape, ParamKind::Weight)?;
        let gamma = self.flat.take(self.weights, part(norm, "weight"), &[cout], ParamKind::Norm)?;
        let beta = self.flat.take(self.weights, part(norm, "bias"), &[cout], ParamKind::Norm)?;
        let running_mean = self.running.take(self.weights, part(norm, "running_mean"), &[cout], ParamKind::Norm)?;
        let running_var = self.running.take(self.weights, part(norm, "running_var"), &[cout], ParamKind::Norm)?;
        let norm = Norm {
            gamma,
            beta,
            running_mean,
            running_var,
            eps: plan.origin.eps,
            momentum: self.momentum,
            ..Norm::default()
        };
        Ok(Layer {
            depthwise: plan.depthwise,
            cin,
            cout,
            kernel,
            stride: plan.stride,
            padding: plan.padding,
            weight,
            norm,
            activation: plan.activation.clone(),
            y: Vec::new(),
            shape: [0; 3],
            padded: Vec::new(),
            padded_for: [0; 3],
        })
    }

    fn gate(&mut self, plan: &GatePlan) -> Result<Gate, NetsError> {
        Ok(Gate::new(self.dense(&plan.reduce)?, self.dense(&plan.expand)?, plan.shape))
    }

    fn dense(&mut self, plan: &DensePlan) -> Result<Linear, NetsError> {
        let name = format!("{}.weight", plan.name);
        // Gates are written as 1 x 1 convolutions, heads as matrices.
        let shape = self.weights.get(&name)?.shape.clone();
        let weight = self.flat.take(self.weights, name, &shape, ParamKind::Weight)?;
        let [output, _] = plan.shape;
        let bias = self.flat.take(self.weights, format!("{}.bias", plan.name), &[output], ParamKind::Bias)?;
        Ok(Linear::new(plan.shape, weight, bias, plan.activation.clone()))
    }
}
