//! Classification backbones: from a batch of normalised pictures to logits.
//!
//! One file per architecture writes down its layers (`plan`); two engines run them: the channels-last
//! kernels of [`crate::cpu`] on the CPU, candle tensors on any device. Both agree within 1e-4.
//! Inference only: batch norms are folded when the weights are read.

mod class_map;
mod clip_b16;
mod efficientnet;
mod efficientnet_b0;
mod efficientnet_lite0;
mod engine;
#[cfg(test)]
mod golden_tests;
mod kernels;
mod mobilenet_v2;
mod mobilenet_v2_pair;
mod mobilenet_v3_small;
mod plan;
mod resnet18;
mod strip;
mod tensors;
mod vit_kernels;
mod vit_plan;
mod vit_s16;
mod vit_tensors;

use candle_core::{Device, Storage, Tensor};
use candle_nn::VarBuilder;
use rayon::prelude::*;

pub use crate::architecture::Architecture;
use crate::cpu::{Dense, Nhwc, channel_means, in_company};
use crate::error::NetsError;
pub use class_map::ClassMap;
use engine::Trunk;
use kernels::Kernels;
use plan::Reader;
pub(crate) use plan::{Block, ConvPlan, DensePlan, GatePlan, GateShape, Plan, Skip};
pub(crate) use strip::rows as strip_rows;
use tensors::{TensorDense, Tensors};
use vit_kernels::VitKernels;
use vit_plan::VitPlan;
use vit_tensors::VitTensors;

/// What computes the layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// The channels-last kernels of [`crate::cpu`]; the CPU only.
    Kernels,
    /// candle tensors; any device.
    Tensors,
}

/// A network ready to run.
pub struct Backbone {
    architecture: Architecture,
    device: Device,
    body: Body,
}

/// What follows the mean over the last feature map, once for each purpose.
struct KernelHead {
    /// For logits.
    dense: Vec<Dense>,
    /// For their gradient.
    tensors: Vec<TensorDense>,
}

impl KernelHead {
    /// The logits of the last feature maps, one image after the other.
    fn logits(&self, map: &Nhwc) -> Vec<f32> {
        let mut row = channel_means(map);
        for layer in &self.dense {
            row = layer.forward(row);
        }
        std::mem::take(&mut row.data)
    }
}

enum Body {
    Kernels(Box<Trunk<Kernels>>, KernelHead),
    Tensors(Box<Trunk<Tensors>>, Vec<TensorDense>),
    Vit(Box<VitTensors>),
    VitKernels(Box<VitKernels>),
}

impl std::fmt::Debug for Backbone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Backbone").field("architecture", &self.architecture).finish_non_exhaustive()
    }
}

impl Backbone {
    /// Builds the network with `classes` logits from the tensors of `vb`, on its device, by the fastest
    /// [`Route`] there.
    ///
    /// # Errors
    /// [`NetsError::NotABackbone`] for a face finder; a tensor that is missing or of another shape.
    pub fn load(architecture: Architecture, vb: VarBuilder<'_>, classes: usize) -> Result<Self, NetsError> {
        Self::load_by(if vb.device().is_cpu() { Route::Kernels } else { Route::Tensors }, architecture, vb, classes)
    }

    /// The same by a route of choice.
    ///
    /// # Errors
    /// As [`Backbone::load`]; [`NetsError::Unsupported`] for kernels off the CPU.
    pub fn load_by(
        route: Route,
        architecture: Architecture,
        vb: VarBuilder<'_>,
        classes: usize,
    ) -> Result<Self, NetsError> {
        let device = vb.device().clone();
        if route == Route::Kernels && !device.is_cpu() {
            return Err(NetsError::Unsupported("the kernels off the cpu"));
        }
        if let Some(read) = vit_plan_of(architecture) {
            let reader = Reader { vb, eps: 0.0 };
            let plan = read(&reader, classes)?;
            let body = match route {
                Route::Tensors => Body::Vit(Box::new(VitTensors::build(plan, &reader)?)),
                Route::Kernels => Body::VitKernels(Box::new(VitKernels::build(plan, &reader)?)),
            };
            return Ok(Self { architecture, device, body });
        }
        let Plan { blocks, head } = plan(architecture, vb, classes)?;
        let tensors = head.iter().map(|d| TensorDense::new(d, &device)).collect::<Result<_, _>>()?;
        let body = match route {
            Route::Kernels => {
                let head = KernelHead { dense: head.iter().map(kernels::dense).collect(), tensors };
                Body::Kernels(Box::new(Trunk::build(Kernels, &blocks)?), head)
            }
            Route::Tensors => {
                let engine = Tensors { device: device.clone() };
                Body::Tensors(Box::new(Trunk::build(engine, &blocks)?), tensors)
            }
        };
        Ok(Self { architecture, device, body })
    }

    /// Which network it is.
    pub fn architecture(&self) -> Architecture {
        self.architecture
    }

    /// Where it runs.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Logits `[n, classes]` of normalised pictures `[n, 3, h, w]`. An image's logits have the same bits
    /// alone and in any batch on the CPU.
    ///
    /// # Errors
    /// [`NetsError::InputShape`] when the input is not such a batch, [`NetsError::Candle`] from the device.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor, NetsError> {
        match &self.body {
            Body::Vit(vit) => {
                self.check(x)?;
                self.per_image(x, |image| vit.forward(image))
            }
            Body::Kernels(trunk, head) => {
                self.check(x)?;
                let rows = by_kernels(&self.pixels(x)?, GROUP, |images| Ok(head.logits(&trunk.features_of(images)?)))?;
                Ok(Tensor::from_vec(rows.concat(), (x.dim(0)?, ()), &Device::Cpu)?)
            }
            Body::VitKernels(vit) => {
                check_square(vit, x)?;
                let rows = by_kernels(x, 1, |images| {
                    Ok(images.iter().flat_map(|image| vit.logits(image)).collect::<Vec<_>>())
                })?;
                Ok(Tensor::from_vec(rows.concat(), (x.dim(0)?, ()), &Device::Cpu)?)
            }
            Body::Tensors(_, head) => {
                let pooled = tensors::mean_of_pixels(&self.features(x)?)?;
                head.iter().try_fold(pooled, |row, layer| layer.forward(&row))
            }
        }
    }

    /// The last feature map before pooling, `[n, channels, h', w']`, of the same input.
    ///
    /// # Errors
    /// As [`Backbone::forward`].
    pub fn features(&self, x: &Tensor) -> Result<Tensor, NetsError> {
        self.check(x)?;
        match &self.body {
            Body::Vit(vit) => self.per_image(x, |image| vit.features(image)),
            Body::Tensors(trunk, _) => self.per_image(&self.pixels(x)?, |image| trunk.features(image.clone())),
            Body::Kernels(trunk, _) => stacked(&by_kernels(&self.pixels(x)?, 1, |image| trunk.features_of(image))?),
            Body::VitKernels(vit) => {
                check_square(vit, x)?;
                let features =
                    by_kernels(x, 1, |images| Ok(images.iter().map(|image| vit.features(image)).collect::<Vec<_>>()))?;
                stacked(&features.into_iter().flatten().collect::<Vec<_>>())
            }
        }
    }

    /// What the first layer sees.
    fn pixels(&self, x: &Tensor) -> Result<Tensor, NetsError> {
        match self.architecture {
            Architecture::Resnet18Edges => resnet18::with_edges(x),
            other => match strip::rows(other, x.dim(2)?) {
                Some(rows) => strip::cut(x, rows),
                None => Ok(x.clone()),
            },
        }
    }

    fn check(&self, x: &Tensor) -> Result<(), NetsError> {
        match *x.dims() {
            [n, 3, h, w] if n > 0 && h >= 32 && w >= 32 => Ok(()),
            _ => Err(NetsError::InputShape {
                net: self.architecture.name(),
                expected: "[n, 3, h, w] with at least one picture of at least 32 x 32",
                actual: x.dims().to_vec(),
            }),
        }
    }

    /// On the CPU one image after the other, so that neither the batch's size nor its order changes a bit;
    /// elsewhere all at once.
    fn per_image(&self, x: &Tensor, run: impl Fn(&Tensor) -> Result<Tensor, NetsError>) -> Result<Tensor, NetsError> {
        if !self.device.is_cpu() {
            return run(x);
        }
        let rows = (0..x.dim(0)?).map(|i| run(&x.narrow(0, i, 1)?.contiguous()?)).collect::<Result<Vec<_>, _>>()?;
        Ok(Tensor::cat(&rows, 0)?)
    }
}

/// Asks `vb` for every tensor of ViT-S/16, in order of its layers.
pub(crate) fn read_vit_s16(vb: VarBuilder<'_>, classes: usize) -> Result<(), NetsError> {
    let reader = Reader { vb, eps: 0.0 };
    let plan = vit_s16::plan(&reader, classes)?;
    (0..plan.depth).try_for_each(|i| (plan.block)(&reader, i).map(drop))
}

/// Reads the plan of a transformer with so many logits.
type ReadVit = fn(&Reader<'_>, usize) -> Result<VitPlan, NetsError>;

/// What reads the plan of a transformer; `None` for any other network.
fn vit_plan_of(architecture: Architecture) -> Option<ReadVit> {
    match architecture {
        Architecture::ClipVitB16 => Some(clip_b16::plan),
        Architecture::VitS16 => Some(vit_s16::plan),
        _ => None,
    }
}

fn check_square(vit: &VitKernels, x: &Tensor) -> Result<(), NetsError> {
    let (name, grid) = vit.input();
    vit_plan::check(x, name, grid)
}

/// The plan of a convolutional network.
pub(crate) fn plan(architecture: Architecture, vb: VarBuilder<'_>, classes: usize) -> Result<Plan, NetsError> {
    match architecture {
        Architecture::EfficientnetB0 => efficientnet_b0::plan(vb, classes),
        Architecture::EfficientnetLite0 => efficientnet_lite0::plan(vb, classes),
        Architecture::MobilenetV2 => mobilenet_v2::plan(vb, classes),
        Architecture::MobilenetV2Pair => mobilenet_v2_pair::plan(vb, classes),
        Architecture::MobilenetV3Small => mobilenet_v3_small::plan(vb, classes),
        Architecture::Resnet18 => resnet18::plan(vb, 3, classes),
        Architecture::Resnet18Edges => resnet18::plan(vb, 4, classes),
        Architecture::EyeStrip | Architecture::MouthStrip => strip::plan(vb, classes),
        Architecture::BlazefaceShort
        | Architecture::BlazefaceFull
        | Architecture::FaceMesh
        | Architecture::Mtcnn
        | Architecture::ClipVitB16
        | Architecture::VitS16 => Err(NetsError::NotABackbone(architecture.name())),
    }
}

/// Most images that go through a network together: the weights of its last layers are read once for them.
const GROUP: usize = 4;

/// What `run` makes of groups of at most `most` images of `[n, c, h, w]`, spread over the current rayon pool; each
/// image's bits depend on that image alone.
fn by_kernels<T: Send>(
    x: &Tensor,
    most: usize,
    run: impl Fn(&[Nhwc]) -> Result<T, NetsError> + Send + Sync,
) -> Result<Vec<T>, NetsError> {
    let (n, c, h, w) = x.dims4()?;
    let x = x.contiguous()?;
    let (storage, layout) = x.storage_and_layout();
    let (Storage::Cpu(storage), Some((start, end))) = (&*storage, layout.contiguous_offsets()) else {
        return Err(NetsError::Unsupported("the kernels off the cpu"));
    };
    let pixels = storage.as_slice::<f32>()?.get(start..end).unwrap_or_default();
    let threads = rayon::current_num_threads();
    let group = |images: &[f32]| {
        let images = images.chunks_exact((c * h * w).max(1)).map(|image| kernels::to_channels_last(image, [c, h, w]));
        run(&images.collect::<Vec<_>>())
    };
    // Rather a group for each thread than large ones for some.
    let together = most.min(n.div_ceil(threads)).max(1) * c * h * w;
    if pixels.len() <= together || threads == 1 {
        return in_company(|| pixels.chunks(together.max(1)).map(group).collect());
    }
    pixels.par_chunks(together).map(group).collect()
}

/// Maps of one image each as a tensor `[n, c, h, w]`.
fn stacked(maps: &[Nhwc]) -> Result<Tensor, NetsError> {
    let shape = maps.first().map_or((0, 0, 0, 0), |m| (maps.len(), m.c, m.h, m.w));
    let planar: Vec<f32> = maps.iter().flat_map(kernels::to_planar).collect();
    Ok(Tensor::from_vec(planar, shape, &Device::Cpu)?)
}
