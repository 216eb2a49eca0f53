//! Two trained networks as one that says the mean of what both say (`mobilenet-v2-pair`).

use std::path::Path;

use nets::NetsError;
use nets::weights::{WeightTensor, Weights};

use super::average::{Part, learned};
use super::checkpoint::replace;
use super::folder::{read_weights, serialised};
use crate::TrainError;

/// The linear layer of MobileNetV2.
const HEAD: &str = "classifier.1";

/// Writes the pair of two MobileNetV2 to `out`: its logit is the mean of theirs, weighed by their shares, which are made
/// to sum to one. Both must have been trained on pictures of the same size and cut.
///
/// # Errors
/// [`TrainError::Weights`] for a file that holds no MobileNetV2; [`TrainError::File`].
pub fn join(first: &Part, second: &Part, out: &Path) -> Result<(), TrainError> {
    let whole = first.share + second.share;
    let mut tensors = Vec::new();
    let mut heads = Vec::new();
    for (name, Part { path, share }) in [("first", first), ("second", second)] {
        let weights = learned(&read_weights(path)?);
        let fits = |cause| TrainError::Weights { cause: Box::new(cause), path: path.clone() };
        heads.push(head(&weights, share / whole).map_err(fits)?);
        let body = weights.names().filter(|n| !n.starts_with(HEAD));
        tensors.extend(body.filter_map(|n| Some((format!("{name}.{n}"), weights.get(n).ok()?.clone()))));
    }
    let weight: Vec<f32> = heads.iter().flat_map(|(w, _)| w).copied().collect();
    let bias = heads.iter().map(|(_, b)| b).sum();
    tensors.push(("classifier.weight".to_owned(), WeightTensor { shape: vec![1, weight.len()], data: weight }));
    tensors.push(("classifier.bias".to_owned(), WeightTensor { shape: vec![1], data: vec![bias] }));
    let fits = |cause| TrainError::Weights { cause: Box::new(cause), path: out.to_path_buf() };
    replace(out, &serialised(&Weights::from_tensors(tensors)).map_err(fits)?)
}

/// Weight and bias of a network's one logit, times its share.
fn head(weights: &Weights, share: f32) -> Result<(Vec<f32>, f32), NetsError> {
    let weight = weights.get_shaped(&format!("{HEAD}.weight"), &[1, 1280])?;
    let bias = weights.get_shaped(&format!("{HEAD}.bias"), &[1])?;
    let scaled = |t: &WeightTensor| t.data.iter().map(|v| v * share).collect::<Vec<_>>();
    Ok((scaled(weight), scaled(bias).iter().sum()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{Device, Tensor};
    use nets::architecture::Architecture;
    use nets::backbone::Backbone;
    use nets::grad::starting_weights;

    #[test]
    fn the_pair_says_the_weighed_mean_of_both() {
        let dir = tempfile::tempdir().unwrap();
        let x = Tensor::rand(-1f32, 1f32, (2, 3, 64, 64), &Device::Cpu).unwrap();
        let logits = |architecture, weights: &Weights| -> Vec<f32> {
            let net = Backbone::load(architecture, weights.var_builder(&Device::Cpu).unwrap(), 1).unwrap();
            net.forward(&x).unwrap().flatten_all().unwrap().to_vec1().unwrap()
        };
        let mut said = Vec::new();
        let parts = [(1, 3.0), (2, 1.0)].map(|(seed, share)| {
            let (weights, _) = starting_weights(Architecture::MobilenetV2, 1, seed, None).unwrap();
            said.push(logits(Architecture::MobilenetV2, &weights));
            let path = dir.path().join(seed.to_string());
            replace(&path, &serialised(&weights).unwrap()).unwrap();
            Part { path, share }
        });
        let out = dir.path().join("pair");
        join(&parts[0], &parts[1], &out).unwrap();
        let pair = logits(Architecture::MobilenetV2Pair, &read_weights(&out).unwrap());
        for (i, said_by_both) in pair.iter().enumerate() {
            let mean = 0.75 * said[0][i] + 0.25 * said[1][i];
            assert!((said_by_both - mean).abs() < 1e-4 * mean.abs().max(1.0), "{said_by_both} {mean}");
        }
    }

    #[test]
    fn a_file_that_is_no_mobilenet_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let (weights, _) = starting_weights(Architecture::MobilenetV3Small, 1, 1, None).unwrap();
        let path = dir.path().join("small");
        replace(&path, &serialised(&weights).unwrap()).unwrap();
        let part = Part { path, share: 1.0 };
        let said = join(&part, &part, &dir.path().join("pair")).unwrap_err().to_string();
        assert!(said.contains("classifier.1") && said.ends_with("small"), "{said}");
        assert!(!dir.path().join("pair").exists());
    }
}
