//! The average of several weights of one network (Izmailov et al. 2018; Wortsman et al. 2022, "Robust fine-tuning of
//! zero-shot models"): between a network and what further training made of it there is often one that is nearly as good
//! on the new lists and better on those that the training did not ask about.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use nets::weights::{WeightTensor, Weights};

use super::checkpoint::replace;
use super::folder::{read_weights, serialised};
use crate::TrainError;

/// Weights and what they count for.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// The file.
    pub path: PathBuf,
    /// Its share, against those of the others.
    pub share: f32,
}

impl FromStr for Part {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (path, share) = text.rsplit_once('=').ok_or("write FILE=SHARE, such as runs/a/weights.safetensors=0.3")?;
        let share = share.parse().ok().filter(|s: &f32| s.is_finite() && *s > 0.0);
        Ok(Self { path: path.into(), share: share.ok_or("the share must be a number above 0")? })
    }
}

/// Writes the average of `parts` to `out`, as inference reads it; shares are made to sum to one.
///
/// # Errors
/// [`TrainError::Weights`] for a file that holds none, or other tensors than the first; [`TrainError::File`].
pub fn average(parts: &[Part], out: &Path) -> Result<(), TrainError> {
    let whole: f32 = parts.iter().map(|p| p.share).sum();
    let mut sum: Option<Weights> = None;
    for Part { path, share } in parts {
        let fits = |cause| TrainError::Weights { cause: Box::new(cause), path: path.clone() };
        let weights = learned(&read_weights(path)?);
        sum = Some(added(sum.as_ref(), &weights, share / whole).map_err(fits)?);
    }
    let fits = |cause| TrainError::Weights { cause: Box::new(cause), path: out.to_path_buf() };
    replace(out, &serialised(&sum.unwrap_or_default()).map_err(fits)?)
}

/// Without the counters that some files keep of the batches that a norm has seen: inference does not read them.
pub(super) fn learned(weights: &Weights) -> Weights {
    let names = weights.names().filter(|name| !name.ends_with("num_batches_tracked"));
    Weights::from_tensors(names.filter_map(|name| Some((name.to_owned(), weights.get(name).ok()?.clone()))))
}

/// `sum` and `share` of `weights`, which must have the same tensors.
fn added(sum: Option<&Weights>, weights: &Weights, share: f32) -> Result<Weights, nets::NetsError> {
    let names = sum.map_or_else(|| weights.names(), Weights::names);
    if let Some(strange) = sum.and_then(|sum| weights.names().find(|name| !sum.contains(name))) {
        return Err(nets::NetsError::MissingTensor { name: strange.to_owned() });
    }
    let tensors = names.map(|name| {
        let before = sum.map(|sum| sum.get(name)).transpose()?;
        let shape = before.map_or_else(|| weights.get(name).map(|t| &t.shape), |t| Ok(&t.shape))?.clone();
        let own = weights.get_shaped(name, &shape)?.data.iter().map(|v| v * share);
        let data = match before {
            Some(before) => before.data.iter().zip(own).map(|(a, b)| a + b).collect(),
            None => own.collect(),
        };
        Ok((name.to_owned(), WeightTensor { shape, data }))
    });
    Ok(Weights::from_tensors(tensors.collect::<Result<Vec<_>, nets::NetsError>>()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(dir: &Path, name: &str, tensors: &[(&str, &[f32])]) -> PathBuf {
        let tensor = |(name, data): &(&str, &[f32])| {
            ((*name).to_owned(), WeightTensor { shape: vec![data.len()], data: data.to_vec() })
        };
        let path = dir.join(name);
        replace(&path, &serialised(&Weights::from_tensors(tensors.iter().map(tensor))).unwrap()).unwrap();
        path
    }

    #[test]
    fn shares_are_taken_of_every_tensor() {
        let dir = tempfile::tempdir().unwrap();
        let a = file(dir.path(), "a", &[("x", &[1.0, 2.0]), ("y", &[4.0])]);
        let b = file(dir.path(), "b", &[("x", &[5.0, 0.0]), ("y", &[0.0]), ("n.num_batches_tracked", &[9.0])]);
        let parts = [(a, "3"), (b, "1")].map(|(path, share)| format!("{}={share}", path.display()).parse().unwrap());
        let out = dir.path().join("c");
        average(&parts, &out).unwrap();
        let made = read_weights(&out).unwrap();
        assert_eq!(made.len(), 2);
        assert_eq!((&*made.get("x").unwrap().data, &*made.get("y").unwrap().data), (&[2.0, 1.5][..], &[3.0][..]));
    }

    #[test]
    fn what_does_not_fit_is_named_and_nothing_is_written() {
        let dir = tempfile::tempdir().unwrap();
        let a = file(dir.path(), "a", &[("x", &[1.0])]);
        let out = dir.path().join("c");
        for (name, other) in
            [("more", &[("x", &[1.0][..]), ("z", &[1.0])][..]), ("less", &[]), ("longer", &[("x", &[1.0, 2.0])])]
        {
            let other = file(dir.path(), name, other);
            let parts = [a.clone(), other].map(|path| Part { path, share: 1.0 });
            let said = average(&parts, &out).unwrap_err().to_string();
            assert!(said.ends_with(name) && !out.exists(), "{said}");
        }
        assert!("a".parse::<Part>().is_err() && "a=0".parse::<Part>().is_err() && "a=b".parse::<Part>().is_err());
    }
}
