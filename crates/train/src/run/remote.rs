//! A run as an MLflow server sees it.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::folder::{Facts, WEIGHTS};
use super::mlflow::{End, Metric, Mlflow};
use super::recipe::Recipe;
use super::train::News;
use crate::TrainError;

/// Metrics that are sent at once.
const AT_ONCE: usize = 200;
/// Which run it is, in the run's folder.
const FILE: &str = "mlflow.json";
/// What is uploaded at the end.
const ARTEFACTS: [&str; 5] = ["recipe.toml", "run.json", "metrics.jsonl", "curves.svg", WEIGHTS];

/// `mlflow.json`
#[derive(Debug, Serialize, Deserialize)]
struct Known {
    server: String,
    run: String,
}

/// A run that is logged to a server.
#[derive(Debug)]
pub struct Remote {
    mlflow: Mlflow,
    folder: PathBuf,
    server: String,
    model: String,
}

impl Remote {
    /// Starts the run on the server, or goes on with the one that the folder was logged as.
    ///
    /// # Errors
    /// [`TrainError::Mlflow`].
    pub fn open(url: &str, folder: &Path, recipe: &Recipe, facts: &Facts) -> Result<Self, TrainError> {
        let known = std::fs::read(folder.join(FILE)).ok().and_then(|b| serde_json::from_slice::<Known>(&b).ok());
        let known = known.filter(|k| k.server == url);
        let name = folder.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        let mlflow = Mlflow::open(url, &name, known.as_ref().map(|k| k.run.as_str()))?;
        if known.is_none() {
            let keys = recipe.keys();
            let commit = facts.commit.clone().unwrap_or_default();
            let facts =
                [("run.commit", commit.as_str()), ("run.data_sha256", &facts.data_sha256), ("run.app", &facts.app)];
            mlflow.params(keys.iter().map(|(k, v)| (k.as_str(), v.as_str())).chain(facts))?;
        }
        let model = format!("facefiction-{}", recipe.model.architecture);
        Ok(Self { mlflow, folder: folder.to_path_buf(), server: url.to_owned(), model })
    }

    /// Takes in what the run tells; sends now and then.
    ///
    /// # Errors
    /// [`TrainError::Mlflow`]; what was not sent is sent with the next.
    pub fn news(&mut self, news: &News<'_>) -> Result<(), TrainError> {
        let mut add = |key: &str, value: f64, step: u64| {
            // Names of lists may hold what the interface does not take.
            let key =
                key.chars().map(|c| if c.is_ascii_alphanumeric() || "_-./".contains(c) { c } else { '_' }).collect();
            self.mlflow.metric(&Metric { key, value, step });
        };
        match news {
            News::Begins { .. } => {
                let known = Known { server: self.server.clone(), run: self.mlflow.run().to_owned() };
                let text = serde_json::to_vec(&known).unwrap_or_default();
                super::checkpoint::replace(&self.folder.join(FILE), &text)?;
            }
            News::Step { step, learned, images_per_second } => {
                add("loss", learned.loss, *step);
                add("gradient", f64::from(learned.gradient), *step);
                add("rate", f64::from(learned.rate), *step);
                add("images_per_second", *images_per_second, *step);
            }
            News::Tested { step, tested } => {
                for (list, auc) in tested.auc.iter().filter_map(|(l, a)| Some((l, (*a)?))) {
                    add(&format!("auc.{list}"), auc, *step);
                }
                for (list, share) in &tested.pairs {
                    add(&format!("pairs.{list}"), *share, *step);
                }
                tested.mean_auc.into_iter().for_each(|auc| add("auc", auc, *step));
                add("held_out_loss", tested.loss, *step);
            }
        }
        if self.mlflow.waiting() >= AT_ONCE { self.mlflow.flush() } else { Ok(()) }
    }

    /// Sends what waits and, after a run that finished, its files and its weights as a new version of the model.
    ///
    /// # Errors
    /// [`TrainError::Mlflow`]; a file that cannot be read.
    pub fn end(&mut self, end: End) -> Result<(), TrainError> {
        self.mlflow.flush()?;
        if end == End::Finished {
            for name in ARTEFACTS {
                let path = self.folder.join(name);
                if path.exists() {
                    let bytes = std::fs::read(&path).map_err(TrainError::file(&path))?;
                    self.mlflow.artefact(name, &bytes)?;
                }
            }
            self.mlflow.register(&self.model, WEIGHTS)?;
        }
        self.mlflow.end(end)
    }
}
