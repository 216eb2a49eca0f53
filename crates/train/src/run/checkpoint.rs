//! The state of a run in one file, written so that a kill at any moment leaves the last one whole.

use std::collections::HashMap;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};

use super::learner::Learner;
use super::optimiser::Average;
use super::recipe::Recipe;
use crate::TrainError;

/// Version of the file's layout.
const FORMAT: &str = "facefiction.checkpoint/1";

/// Writes `bytes` to `path`: all of them, or none and the old file stays.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), TrainError> {
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    let partial = Path::new(&partial);
    let write = || {
        let mut file = File::create(partial)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(partial, path)
    };
    write().map_err(|cause| {
        // A full disk is full of it.
        let _ = std::fs::remove_file(partial);
        TrainError::File { cause, path: path.to_path_buf() }
    })
}

/// Writes the state after `step` steps.
pub(super) fn save(path: &Path, learner: &Learner, step: u64, data: &str) -> Result<(), TrainError> {
    let mut parts: Vec<(String, &[f32])> =
        vec![("params".into(), learner.net.params()), ("running".into(), learner.net.running())];
    let memories = learner.optimiser.memory.iter().enumerate();
    parts.extend(memories.map(|(i, m)| (format!("optimiser.{i}"), m.as_slice())));
    if let Some(average) = &learner.average {
        parts.push(("average.params".into(), &average.params));
        parts.push(("average.running".into(), &average.running));
    }
    let bytes: Vec<(String, Vec<u8>)> =
        parts.into_iter().map(|(name, v)| (name, v.iter().flat_map(|v| v.to_le_bytes()).collect())).collect();
    let views = bytes
        .iter()
        .map(|(name, b)| Ok((name.as_str(), TensorView::new(Dtype::F32, vec![b.len() / 4], b)?)))
        .collect::<Result<Vec<_>, safetensors::SafeTensorError>>();
    let facts = HashMap::from([
        ("format".to_owned(), FORMAT.to_owned()),
        ("step".to_owned(), step.to_string()),
        ("data".to_owned(), data.to_owned()),
        ("recipe".to_owned(), learner.recipe.to_toml()),
    ]);
    let file = views.and_then(|views| safetensors::serialize(views, Some(facts)));
    let broken = |e: safetensors::SafeTensorError| checkpoint(path, e.to_string());
    replace(path, &file.map_err(broken)?)
}

/// Sets a learner to the state in a file; gives the steps done.
pub(super) fn load(path: &Path, learner: &mut Learner, data: &str) -> Result<u64, TrainError> {
    let bytes = std::fs::read(path).map_err(TrainError::file(path))?;
    let damaged = |e: safetensors::SafeTensorError| checkpoint(path, format!("damaged: {e}"));
    let (_, header) = SafeTensors::read_metadata(&bytes).map_err(damaged)?;
    let facts = header.metadata().clone().unwrap_or_default();
    let fact = |name: &str| facts.get(name).map(String::as_str).unwrap_or_default();
    if fact("format") != FORMAT {
        return Err(checkpoint(path, format!("not a checkpoint of this program (`{}`)", fact("format"))));
    }
    let theirs: Recipe = toml::from_str(fact("recipe")).map_err(|e| checkpoint(path, e.to_string()))?;
    if let Some(difference) = learner.recipe.difference(&theirs) {
        return Err(checkpoint(path, format!("of another recipe: {difference}")));
    }
    if fact("data") != data {
        return Err(checkpoint(path, "the lists of data have changed since; start a new run".to_owned()));
    }
    let step = fact("step").parse().map_err(|_| checkpoint(path, "has no step".to_owned()))?;
    let file = SafeTensors::deserialize(&bytes).map_err(damaged)?;
    let read = |name: &str, to: &mut [f32]| {
        let view = file.tensor(name).map_err(damaged)?;
        let values = view.data().as_chunks::<4>().0;
        if view.dtype() != Dtype::F32 || values.len() != to.len() {
            return Err(checkpoint(path, format!("`{name}` has another size than the network")));
        }
        to.iter_mut().zip(values).for_each(|(t, b)| *t = f32::from_le_bytes(*b));
        Ok(())
    };
    read("params", learner.net.params_mut())?;
    read("running", learner.net.running_mut())?;
    for (i, memory) in learner.optimiser.memory.iter_mut().enumerate() {
        read(&format!("optimiser.{i}"), memory)?;
    }
    if let Some(Average { params, running }) = &mut learner.average {
        read("average.params", params)?;
        read("average.running", running)?;
    }
    Ok(step)
}

fn checkpoint(path: &Path, problem: String) -> TrainError {
    TrainError::Checkpoint { problem, path: path.to_path_buf() }
}
