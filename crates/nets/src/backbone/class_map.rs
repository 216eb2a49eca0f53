//! Grad-CAM (Selvaraju et al. 2017) without automatic differentiation.
//!
//! All convolutional backbones here pool their last feature map by its mean, so the gradient of a logit
//! is the same at every pixel of a channel: that of the head at the pooled vector, over the number of
//! pixels. The head's own gradient is a product of matrices; of a head of one linear layer it is the
//! classifier's row. One forward pass, nothing backward.

use candle_core::Tensor;

use super::kernels::to_channels_last;
use super::strip::placed;
use super::tensors::{TensorDense, mean_of_pixels};
use super::{Backbone, Body, KernelHead};
use crate::error::NetsError;

/// Where in the picture a class's logit comes from.
#[derive(Clone, Debug)]
pub struct ClassMap {
    /// `[n, h', w']`, the size of the last feature map; signed: what speaks for the class is positive.
    /// Of a network that sees a strip only, that of the whole picture, zero outside the strip.
    /// Of a head of one linear layer the values sum to the logit less its bias.
    pub values: Tensor,
    /// The class's logits, `[n]`: those of [`Backbone::forward`].
    pub logits: Tensor,
}

impl Backbone {
    /// The Grad-CAM map of `class` at the last feature map of pictures `[n, 3, h, w]`, before any ReLU.
    ///
    /// # Errors
    /// As [`Backbone::forward`]; [`NetsError::Unsupported`] for a network that is not pooled by its mean
    /// (the ViT) or has no such class.
    pub fn class_map(&self, x: &Tensor, class: usize) -> Result<ClassMap, NetsError> {
        let head = match &self.body {
            Body::Kernels(_, head) => &head.tensors,
            Body::Tensors(_, head) => head,
            Body::Vit(_) | Body::VitKernels(_) => return Err(NetsError::Unsupported("a class map of a transformer")),
        };
        let maps = self.features(x)?;
        let (n, channels, h, w) = maps.dims4()?;
        let (mut logits, gradient) = head_gradient(head, &mean_of_pixels(&maps)?, class)?;
        if let Body::Kernels(_, head) = &self.body {
            // The forward pass sums in another order than tensors do.
            logits = logits_of(head, &maps, class)?;
        }
        let weights = (gradient / (h * w) as f64)?.reshape((n, channels, 1, 1))?;
        let values = placed(self.architecture, &maps.broadcast_mul(&weights)?.sum(1)?)?;
        Ok(ClassMap { values, logits })
    }
}

/// The class's logits `[n]` of feature maps `[n, c, h, w]`, with the bits of the forward pass.
fn logits_of(head: &KernelHead, maps: &Tensor, class: usize) -> Result<Tensor, NetsError> {
    let (n, c, h, w) = maps.dims4()?;
    let planes = maps.flatten_all()?.to_vec1::<f32>()?;
    let image = |planar: &[f32]| head.logits(&to_channels_last(planar, [c, h, w])).get(class).copied();
    let logits: Vec<f32> = planes.chunks_exact(c * h * w).filter_map(image).collect();
    Ok(Tensor::from_vec(logits, n, maps.device())?)
}

/// The class's logit `[n]` of pooled vectors `[n, channels]`, and its gradient there, of the same shape.
fn head_gradient(head: &[TensorDense], pooled: &Tensor, class: usize) -> Result<(Tensor, Tensor), NetsError> {
    let mut inputs = vec![pooled.clone()];
    for layer in head {
        let next = inputs.last().map_or_else(|| layer.forward(pooled), |x| layer.forward(x))?;
        inputs.push(next);
    }
    let outputs = inputs.pop().unwrap_or_else(|| pooled.clone());
    let (n, classes) = outputs.dims2()?;
    if class >= classes {
        return Err(NetsError::Unsupported("a class map of a class that the network does not have"));
    }
    let one: Vec<f32> = (0..n * classes).map(|i| f32::from(u8::from(i % classes == class))).collect();
    let mut gradient = Tensor::from_vec(one, (n, classes), pooled.device())?;
    for (layer, x) in head.iter().zip(&inputs).rev() {
        gradient = layer.backward(x, &gradient)?;
    }
    Ok((outputs.narrow(1, class, 1)?.squeeze(1)?, gradient))
}

#[cfg(test)]
mod tests {
    use super::super::golden_tests::{pictures, synthetic_of};
    use super::super::{Architecture, Route};
    use super::*;
    use serde::Deserialize;

    #[derive(Deserialize)]
    struct Golden {
        classes: usize,
        nets: Vec<Net>,
    }

    #[derive(Deserialize)]
    struct Net {
        architecture: Architecture,
        gain: f64,
        size: usize,
        class: usize,
        maps: Vec<Vec<Vec<f64>>>,
    }

    fn golden() -> Golden {
        serde_json::from_str(include_str!("../../goldens/gradcam.json")).unwrap()
    }

    #[test]
    fn maps_equal_the_gradients_of_pytorch() {
        let golden = golden();
        assert_eq!(golden.nets.len(), 9);
        for net in golden.nets {
            let x = pictures(2, net.size);
            let want: Vec<f64> = net.maps.iter().flatten().flatten().copied().collect();
            let scale = want.iter().fold(1.0f64, |a, v| a.max(v.abs()));
            for route in [Route::Kernels, Route::Tensors] {
                let vb = synthetic_of(net.gain, net.size);
                let backbone = Backbone::load_by(route, net.architecture, vb, golden.classes).unwrap();
                let map = backbone.class_map(&x, net.class).unwrap();
                let got: Vec<f32> = map.values.flatten_all().unwrap().to_vec1().unwrap();
                assert_eq!(got.len(), want.len());
                let off = got.iter().zip(&want).map(|(g, w)| (f64::from(*g) - w).abs()).fold(0.0, f64::max);
                eprintln!("{} by {route:?}: at most {off:.1e} from PyTorch, of {scale:.2}", net.architecture);
                assert!(off < 1e-4 * scale, "{} by {route:?}: {off}", net.architecture);
                let all = backbone.forward(&x).unwrap().narrow(1, net.class, 1).unwrap().flatten_all().unwrap();
                let (all, own): (Vec<f32>, Vec<f32>) = (all.to_vec1().unwrap(), map.logits.to_vec1().unwrap());
                assert_eq!(all, own, "the logits are those of the forward pass");
            }
        }
    }

    #[test]
    fn what_has_no_map_says_so() {
        let vit = Backbone::load(Architecture::VitS16, synthetic_of(2.0, 128), 1).unwrap();
        assert!(matches!(vit.class_map(&pictures(1, 128), 0), Err(NetsError::Unsupported(_))));
        let net = Backbone::load(Architecture::MobilenetV2, synthetic_of(1.5, 128), 1).unwrap();
        assert!(matches!(net.class_map(&pictures(1, 128), 1), Err(NetsError::Unsupported(_))));
    }
}
