//! The folder of a run: what it was made from, what it measured, what it learned.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use nets::weights::Weights;
use safetensors::tensor::{Dtype, TensorView};
use serde::{Deserialize, Serialize};

use super::checkpoint::replace;
use super::held_out::Tested;
use crate::TrainError;

/// Name of what a run has learned, in its folder: what `nets::backbone` loads.
pub const WEIGHTS: &str = "weights.safetensors";
const RECIPE: &str = "recipe.toml";
const FACTS: &str = "run.json";
const METRICS: &str = "metrics.jsonl";
const CHECKPOINT: &str = "checkpoint.safetensors";

/// What a run was made from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// Name and version of the program.
    pub app: String,
    /// Commit of the folder the program was started in, where that is a Git checkout.
    pub commit: Option<String>,
    /// SHA-256 over the lists of data.
    pub data_sha256: String,
    /// Of the recipe.
    pub seed: u64,
    /// Threads that compute; does not change a number.
    pub threads: usize,
    /// What computes: `cpu`, `cuda` or `metal`.
    #[serde(default)]
    pub device: String,
    /// When the run began, RFC 3339.
    pub started: String,
    /// Tensors that the given weights did not have.
    pub fresh: Vec<String>,
}

/// A line of `metrics.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Line {
    /// After a step.
    Step { step: u64, loss: f64, gradient: f32, rate: f32, images_per_second: f64 },
    /// After a test.
    Test { step: u64, held_out: Tested },
}

impl Line {
    pub(super) fn step(&self) -> u64 {
        match self {
            Self::Step { step, .. } | Self::Test { step, .. } => *step,
        }
    }
}

/// The folder.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    metrics: File,
    pub lines: Vec<Line>,
}

impl Folder {
    /// Makes the folder of a new run; one that has a run in it is refused.
    pub(super) fn create(path: &Path, recipe: &str, facts: &Facts) -> Result<Self, TrainError> {
        std::fs::create_dir_all(path).map_err(TrainError::file(path))?;
        if [RECIPE, CHECKPOINT, METRICS].iter().any(|name| path.join(name).exists()) {
            return Err(TrainError::RunExists { path: path.to_path_buf() });
        }
        replace(&path.join(RECIPE), recipe.as_bytes())?;
        let facts = serde_json::to_vec_pretty(facts).unwrap_or_default();
        replace(&path.join(FACTS), &facts)?;
        let metrics = path.join(METRICS);
        let metrics = File::create(&metrics).map_err(TrainError::file(&metrics))?;
        Ok(Self { path: path.to_path_buf(), metrics, lines: Vec::new() })
    }

    /// Opens the folder of a run that stopped after `step` steps; what was logged later is dropped.
    pub(super) fn reopen(path: &Path, step: u64) -> Result<Self, TrainError> {
        let name = path.join(METRICS);
        let text = std::fs::read_to_string(&name).map_err(TrainError::file(&name))?;
        // A kill may have cut the last line short.
        let lines: Vec<Line> =
            text.lines().map_while(|l| serde_json::from_str(l).ok()).take_while(|l: &Line| l.step() <= step).collect();
        let kept: String = lines.iter().map(json_line).collect();
        replace(&name, kept.as_bytes())?;
        let metrics = OpenOptions::new().append(true).open(&name).map_err(TrainError::file(&name))?;
        Ok(Self { path: path.to_path_buf(), metrics, lines })
    }

    /// The tests, with their steps.
    pub(super) fn tests(&self) -> impl Iterator<Item = (u64, &Tested)> + Clone {
        self.lines.iter().filter_map(|l| match l {
            Line::Test { step, held_out } => Some((*step, held_out)),
            Line::Step { .. } => None,
        })
    }

    /// Where the checkpoint is.
    pub(super) fn checkpoint(path: &Path) -> PathBuf {
        path.join(CHECKPOINT)
    }

    /// Adds a line to the metrics.
    pub(super) fn log(&mut self, line: Line) -> Result<(), TrainError> {
        let name = self.path.join(METRICS);
        self.metrics.write_all(json_line(&line).as_bytes()).map_err(TrainError::file(&name))?;
        self.lines.push(line);
        Ok(())
    }

    /// Makes sure that what was logged outlives a power cut as the checkpoint does.
    pub(super) fn sync(&self) -> Result<(), TrainError> {
        self.metrics.sync_data().map_err(TrainError::file(&self.path.join(METRICS)))
    }

    /// Writes a file of text.
    pub(super) fn text(&self, name: &str, text: &str) -> Result<(), TrainError> {
        replace(&self.path.join(name), text.as_bytes())
    }

    /// Writes weights as inference reads them.
    pub(super) fn weights(&self, name: &str, weights: &Weights) -> Result<(), TrainError> {
        let path = self.path.join(name);
        replace(
            &path,
            &serialised(weights).map_err(|cause| TrainError::Weights { cause: Box::new(cause), path: path.clone() })?,
        )
    }
}

/// The weights in a file.
pub(super) fn read_weights(path: &Path) -> Result<Weights, TrainError> {
    let bytes = std::fs::read(path).map_err(TrainError::file(path))?;
    Weights::from_safetensors(&bytes)
        .map_err(|cause| TrainError::Weights { cause: Box::new(cause), path: path.to_path_buf() })
}

/// Weights as safetensors.
pub(super) fn serialised(weights: &Weights) -> Result<Vec<u8>, nets::NetsError> {
    let bytes: Vec<(&str, Vec<usize>, Vec<u8>)> = weights
        .names()
        .filter_map(|name| {
            let tensor = weights.get(name).ok()?;
            Some((name, tensor.shape.clone(), tensor.data.iter().flat_map(|v| v.to_le_bytes()).collect()))
        })
        .collect();
    let views = bytes
        .iter()
        .map(|(name, shape, bytes)| Ok((*name, TensorView::new(Dtype::F32, shape.clone(), bytes)?)))
        .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()?;
    Ok(safetensors::serialize(views, None)?)
}

fn json_line(line: &Line) -> String {
    serde_json::to_string(line).unwrap_or_default() + "\n"
}
