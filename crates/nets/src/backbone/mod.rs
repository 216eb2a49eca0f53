//! Classification backbones: from a batch of normalised pictures to logits.
//!
//! One file per architecture writes down its layers (`plan`); two engines run them: the channels-last
//! kernels of [`crate::cpu`] on the CPU, candle tensors on any device. Both agree within 1e-4.
//! Inference only: batch norms are folded when the weights are read.

mod class_map;
mod efficientnet;
mod efficientnet_b0;
mod efficientnet_lite0;
mod engine;
#[cfg(test)]
mod golden_tests;
mod kernels;
mod mobilenet_v2;
mod mobilenet_v3_small;
mod plan;
mod resnet18;
mod tensors;
mod vit_s16;

use candle_core::{Device, Tensor};
use candle_nn::VarBuilder;
use rayon::prelude::*;

pub use crate::architecture::Architecture;
use crate::cpu::Nhwc;
use crate::error::NetsError;
pub use class_map::ClassMap;
use engine::Trunk;
use kernels::Kernels;
pub(crate) use plan::{Block, ConvPlan, DensePlan, GatePlan, GateShape, Plan, Skip};
use tensors::{TensorDense, Tensors};
pub(crate) use vit_s16::Vit;

/// What computes the layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// The channels-last kernels of [`crate::cpu`]; the CPU only, not for the ViT.
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

enum Body {
    Kernels(Box<Trunk<Kernels>>, Vec<TensorDense>),
    Tensors(Box<Trunk<Tensors>>, Vec<TensorDense>),
    Vit(Box<Vit>),
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
        let kernels = vb.device().is_cpu() && architecture != Architecture::VitS16;
        Self::load_by(if kernels { Route::Kernels } else { Route::Tensors }, architecture, vb, classes)
    }

    /// The same by a route of choice.
    ///
    /// # Errors
    /// As [`Backbone::load`]; [`NetsError::Unsupported`] for kernels off the CPU or for the ViT.
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
        let body = match (architecture, route) {
            (Architecture::VitS16, Route::Tensors) => Body::Vit(Box::new(Vit::load(vb, classes)?)),
            (Architecture::VitS16, Route::Kernels) => return Err(NetsError::Unsupported("the kernels for vit-s16")),
            _ => {
                let Plan { blocks, head } = plan(architecture, vb, classes)?;
                let head = head.iter().map(|d| TensorDense::new(d, &device)).collect::<Result<_, _>>()?;
                match route {
                    Route::Kernels => Body::Kernels(Box::new(Trunk::build(Kernels, &blocks)?), head),
                    Route::Tensors => {
                        let engine = Tensors { device: device.clone() };
                        Body::Tensors(Box::new(Trunk::build(engine, &blocks)?), head)
                    }
                }
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
            Body::Kernels(_, head) | Body::Tensors(_, head) => {
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
            Body::Kernels(trunk, _) => by_kernels(trunk, &self.pixels(x)?),
        }
    }

    /// What the first layer sees.
    fn pixels(&self, x: &Tensor) -> Result<Tensor, NetsError> {
        match self.architecture {
            Architecture::Resnet18Edges => resnet18::with_edges(x),
            _ => Ok(x.clone()),
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

/// The plan of a convolutional network.
pub(crate) fn plan(architecture: Architecture, vb: VarBuilder<'_>, classes: usize) -> Result<Plan, NetsError> {
    match architecture {
        Architecture::EfficientnetB0 => efficientnet_b0::plan(vb, classes),
        Architecture::EfficientnetLite0 => efficientnet_lite0::plan(vb, classes),
        Architecture::MobilenetV2 => mobilenet_v2::plan(vb, classes),
        Architecture::MobilenetV3Small => mobilenet_v3_small::plan(vb, classes),
        Architecture::Resnet18 => resnet18::plan(vb, 3, classes),
        Architecture::Resnet18Edges => resnet18::plan(vb, 4, classes),
        Architecture::BlazefaceShort
        | Architecture::BlazefaceFull
        | Architecture::FaceMesh
        | Architecture::Mtcnn
        | Architecture::VitS16 => Err(NetsError::NotABackbone(architecture.name())),
    }
}

/// Images spread over the current rayon pool; each one's bits depend on that image alone.
fn by_kernels(trunk: &Trunk<Kernels>, x: &Tensor) -> Result<Tensor, NetsError> {
    let (_, c, h, w) = x.dims4()?;
    let pixels = x.flatten_all()?.to_vec1::<f32>()?;
    let maps = pixels
        .par_chunks_exact(c * h * w)
        .map(|image| trunk.features(kernels::to_channels_last(image, [c, h, w])))
        .collect::<Result<Vec<Nhwc>, _>>()?;
    let shape = maps.first().map_or((0, 0, 0, 0), |m| (maps.len(), m.c, m.h, m.w));
    let planar: Vec<f32> = maps.iter().flat_map(kernels::to_planar).collect();
    Ok(Tensor::from_vec(planar, shape, &Device::Cpu)?)
}
