//! Every backbone against PyTorch (`goldens/backbones.py`), by both routes.

use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_nn::var_builder::SimpleBackend;
use serde::Deserialize;

use super::*;
use crate::synthetic;

/// Tensors of any name and shape, by formula.
struct Synthetic {
    gain: f64,
    /// `pos_embed` says how large the pictures are.
    tokens: usize,
}

impl SimpleBackend for Synthetic {
    fn get(
        &self,
        shape: candle_core::Shape,
        name: &str,
        _: candle_nn::Init,
        _: DType,
        device: &Device,
    ) -> candle_core::Result<Tensor> {
        Tensor::from_vec(synthetic::weight(name, shape.dims(), self.gain), shape, device)
    }

    fn get_unchecked(&self, name: &str, dtype: DType, device: &Device) -> candle_core::Result<Tensor> {
        match name {
            "pos_embed" => self.get((1, self.tokens, 384).into(), name, candle_nn::Init::Const(0.0), dtype, device),
            _ => Err(candle_core::Error::CannotFindTensor { path: name.to_owned() }),
        }
    }

    fn contains_tensor(&self, _: &str) -> bool {
        true
    }
}

#[derive(Deserialize)]
struct Golden {
    classes: usize,
    nets: Vec<Net>,
    models: Vec<Model>,
    clip: Clip,
}

/// Logits of CLIP's encoder under a head by formula.
#[derive(Deserialize)]
struct Clip {
    /// With weights by formula.
    synthetic: Vec<Vec<f64>>,
    /// With the true ones.
    encoder: Vec<Vec<f64>>,
}

#[derive(Deserialize)]
struct Net {
    architecture: Architecture,
    gain: f64,
    size: usize,
    logits: Vec<Vec<f64>>,
}

#[derive(Deserialize)]
struct Model {
    id: String,
    architecture: Architecture,
    size: usize,
    logits: Vec<Vec<f64>>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("../../goldens/backbones.json")).unwrap()
}

fn synthetic_vb(net: &Net) -> VarBuilder<'static> {
    synthetic_of(net.gain, net.size)
}

/// Weights by formula for pictures of this size.
pub(super) fn synthetic_of(gain: f64, size: usize) -> VarBuilder<'static> {
    let tokens = 1 + (size / 16).pow(2);
    VarBuilder::from_backend(Box::new(Synthetic { gain, tokens }), DType::F32, Device::Cpu)
}

pub(super) fn pictures(n: usize, size: usize) -> Tensor {
    Tensor::from_vec(synthetic::pictures(n, size), (n, 3, size, size), &Device::Cpu).unwrap()
}

fn rows(t: &Tensor) -> Vec<Vec<f32>> {
    t.to_vec2().unwrap()
}

fn worst(got: &[Vec<f32>], want: &[Vec<f64>]) -> f64 {
    assert_eq!(got.len(), want.len());
    let pairs = got.iter().zip(want).flat_map(|(g, w)| {
        assert_eq!(g.len(), w.len());
        g.iter().zip(w)
    });
    pairs.map(|(g, w)| (f64::from(*g) - w).abs()).fold(0.0, f64::max)
}

/// Both routes of one architecture, at both sizes; batch against single; twice the same.
fn check(architecture: Architecture, routes: &[Route]) {
    let golden = golden();
    let cases: Vec<&Net> = golden.nets.iter().filter(|n| n.architecture == architecture).collect();
    assert_eq!(cases.iter().map(|n| n.size).collect::<Vec<_>>(), [128, 224]);
    for net in cases {
        let x = pictures(2, net.size);
        for route in routes {
            let backbone = Backbone::load_by(*route, architecture, synthetic_vb(net), golden.classes).unwrap();
            let logits = rows(&backbone.forward(&x).unwrap());
            let off = worst(&logits, &net.logits);
            eprintln!("{architecture} {} by {route:?}: at most {off:.1e} from PyTorch", net.size);
            assert!(off < 1e-4, "{architecture} {} by {route:?}: {off}", net.size);
            if net.size > 128 {
                continue;
            }
            assert_eq!(logits, rows(&backbone.forward(&x).unwrap()), "twice the same");
            let alone: Vec<_> =
                (0..2).flat_map(|i| rows(&backbone.forward(&x.narrow(0, i, 1).unwrap()).unwrap())).collect();
            assert_eq!(logits, alone, "batch and single have the same bits");
            let (n, c, h, w) = backbone.features(&x).unwrap().dims4().unwrap();
            let (rows, stride, least) = match architecture {
                Architecture::VitS16 => (net.size, 16, 384),
                Architecture::EyeStrip | Architecture::MouthStrip => (net.size * 3 / 8, 8, 128),
                _ => (net.size, 32, 384),
            };
            assert_eq!((n, h, w), (2, rows.div_ceil(stride), net.size / stride));
            assert!(c >= least);
        }
    }
}

const BOTH: [Route; 2] = [Route::Kernels, Route::Tensors];

#[test]
fn mobilenet_v2_equals_torchvision() {
    check(Architecture::MobilenetV2, &BOTH);
}

#[test]
fn two_mobilenets_side_by_side_equal_torchvision() {
    check(Architecture::MobilenetV2Pair, &BOTH);
}

#[test]
fn mobilenet_v3_small_equals_torchvision() {
    check(Architecture::MobilenetV3Small, &BOTH);
}

#[test]
fn efficientnet_b0_equals_torchvision() {
    check(Architecture::EfficientnetB0, &BOTH);
}

#[test]
fn efficientnet_lite0_equals_timm() {
    check(Architecture::EfficientnetLite0, &BOTH);
}

#[test]
fn resnet18_equals_torchvision() {
    check(Architecture::Resnet18, &BOTH);
}

#[test]
fn resnet18_with_edges_equals_torchvision() {
    check(Architecture::Resnet18Edges, &BOTH);
}

#[test]
fn strips_equal_pytorch() {
    check(Architecture::EyeStrip, &BOTH);
    check(Architecture::MouthStrip, &BOTH);
}

#[test]
fn vit_s16_equals_timm() {
    check(Architecture::VitS16, &BOTH);
}

fn clip(route: Route, vb: VarBuilder<'static>, want: &[Vec<f64>]) -> f64 {
    let net = Backbone::load_by(route, Architecture::ClipVitB16, vb, want[0].len()).unwrap();
    worst(&rows(&net.forward(&pictures(2, 224)).unwrap()), want)
}

#[test]
fn clip_equals_timm() {
    let golden = golden().clip.synthetic;
    for route in BOTH {
        let off = clip(route, synthetic_of(2.0, 224), &golden);
        eprintln!("clip-vit-b16 by {route:?}: at most {off:.1e} from PyTorch");
        assert!(off < 1e-4, "{route:?}: {off}");
    }
}

#[test]
fn clip_names_what_is_missing_and_refuses_other_sizes() {
    let all: std::collections::HashMap<String, Tensor> = ["head.layer2.weight", "head.bias"]
        .into_iter()
        .zip([vec![1, 2304], vec![1]])
        .map(|(name, shape)| {
            let values = synthetic::weight(name, &shape, 2.0);
            (name.to_owned(), Tensor::from_vec(values, shape, &Device::Cpu).unwrap())
        })
        .collect();
    let head = VarBuilder::from_tensors(all, DType::F32, &Device::Cpu);
    let needed = Backbone::load(Architecture::ClipVitB16, head, 1).unwrap_err().to_string();
    assert_eq!(needed, "tensor `vision_model.embeddings.patch_embedding.weight` is missing");
    let x = pictures(1, 224);
    let net = Backbone::load(Architecture::ClipVitB16, synthetic_of(2.0, 224), 1).unwrap();
    assert_eq!(net.features(&x).unwrap().dims(), [1, 768, 14, 14]);
    assert!(matches!(net.forward(&pictures(1, 128)), Err(NetsError::InputShape { .. })));
}

/// CLIP's true encoder, on machines where `make deep-model` has made it.
#[test]
fn the_true_clip_encoder_equals_timm() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/clip-vit-b16.safetensors");
    let Ok(bytes) = std::fs::read(&path) else {
        eprintln!("not there: {}", path.display());
        return;
    };
    let head = (1..=12).map(|layer| (format!("head.layer{layer}.weight"), vec![5, 2304]));
    let head = head.chain([("head.bias".to_owned(), vec![5])]).map(|(name, shape)| {
        let data = synthetic::weight(&name, &shape, 1.0);
        (name, crate::weights::WeightTensor { shape, data })
    });
    let weights = crate::weights::Weights::from_safetensors(&bytes).unwrap();
    let vb = weights.with(crate::weights::Weights::from_tensors(head)).into_var_builder(&Device::Cpu).unwrap();
    let golden = golden().clip.encoder;
    let off = clip(Route::Kernels, vb, &golden);
    eprintln!("the true encoder: at most {off:.1e} from PyTorch");
    assert!(off < 1e-3, "{off}");
}

/// The detectors that ship, with their true weights.
#[test]
fn the_shipped_detectors_equal_pytorch() {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
    let golden = golden();
    assert_eq!(golden.models.len(), 2);
    for model in golden.models {
        let dir: PathBuf = models.join(&model.id);
        let bytes = std::fs::read(dir.join("weights.safetensors")).unwrap();
        let weights = crate::weights::Weights::from_safetensors(&bytes).unwrap();
        for route in BOTH {
            let vb = weights.var_builder(&Device::Cpu).unwrap();
            let net = Backbone::load_by(route, model.architecture, vb, 1).unwrap();
            let off = worst(&rows(&net.forward(&pictures(2, model.size)).unwrap()), &model.logits);
            eprintln!("{} by {route:?}: at most {off:.1e} from PyTorch", model.id);
            assert!(off < 1e-4, "{}: {off}", model.id);
        }
    }
}

#[test]
fn odd_sizes_agree_between_routes() {
    for net in golden().nets.iter().filter(|n| n.size == 128 && n.architecture != Architecture::VitS16) {
        let x =
            Tensor::from_vec(synthetic::pictures(1, 99)[..3 * 77 * 99].to_vec(), (1, 3, 77, 99), &Device::Cpu).unwrap();
        let [a, b] = BOTH.map(|route| {
            let backbone = Backbone::load_by(route, net.architecture, synthetic_vb(net), 5).unwrap();
            rows(&backbone.forward(&x).unwrap())
        });
        let b: Vec<Vec<f64>> = b.iter().map(|r| r.iter().map(|v| f64::from(*v)).collect()).collect();
        assert!(worst(&a, &b) < 1e-4, "{}", net.architecture);
    }
}

#[test]
fn what_does_not_fit_is_an_error_with_a_name() {
    let golden = golden();
    let net = golden.nets.iter().find(|n| n.architecture == Architecture::MobilenetV2).unwrap();
    let good = Backbone::load(net.architecture, synthetic_vb(net), 1).unwrap();
    for shape in [vec![3, 128, 128], vec![1, 4, 128, 128], vec![0, 3, 128, 128], vec![1, 3, 16, 128]] {
        let x = Tensor::zeros(shape.as_slice(), DType::F32, &Device::Cpu).unwrap();
        assert!(matches!(good.forward(&x), Err(NetsError::InputShape { .. })), "{shape:?}");
    }
    let empty = VarBuilder::from_tensors(std::collections::HashMap::new(), DType::F32, &Device::Cpu);
    let message = Backbone::load(net.architecture, empty.clone(), 1).unwrap_err().to_string();
    assert_eq!(message, "tensor `features.0.0.weight` is missing");
    assert!(matches!(Backbone::load(Architecture::Mtcnn, empty, 1), Err(NetsError::NotABackbone("mtcnn"))));
    let small = golden.nets.iter().find(|n| n.architecture == Architecture::VitS16 && n.size == 128).unwrap();
    let vit = Backbone::load(Architecture::VitS16, synthetic_vb(small), 1).unwrap();
    assert!(matches!(vit.forward(&pictures(1, 224)), Err(NetsError::InputShape { .. })));
}
