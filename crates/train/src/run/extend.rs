//! Incremental learning: new labelled material beside a replay of the old, and a gate behind it.
//!
//! The network starts from a finished run and learns from batches of which a share is new; what it was trained on
//! keeps the rest, so that it is not forgotten. Before and after, it is tested on everything that was held out, old
//! and new; one that got worse on any old list is refused.

use std::path::PathBuf;

use base::CancelToken;
#[cfg(test)]
use nets::weights::Weights;
use serde::{Deserialize, Serialize};

#[cfg(test)]
use super::folder::serialised;
use super::folder::{WEIGHTS, read_weights};
use super::held_out::{HeldOut, Tested};
use super::recipe::{OptimiserRecipe, Recipe};
use super::train::{News, Options, train};
use crate::augment::recipe::{Balance, DrawRecipe, SourceRecipe};
use crate::{Batches, TrainError};

/// Name of the new list in the recipe.
pub const NEW: &str = "new";
/// What refused weights are called, so that nobody takes them for good ones.
pub const REFUSED: &str = "refused.safetensors";
const VERDICT: &str = "extension.json";

/// How a run is extended.
#[derive(Clone, Debug, PartialEq)]
pub struct Extension {
    /// Folder of the finished run.
    pub from: PathBuf,
    /// List of new labelled faces: a CSV with the columns that recipes ask for.
    pub data: PathBuf,
    /// Share of each batch that is new, between 0 and 1.
    pub share: f32,
    /// Steps of learning.
    pub steps: u64,
    /// The rate, as a share of the one that the run was trained with.
    pub rate: f32,
    /// How much AUC an old list may lose.
    pub tolerance: f64,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// Before.
    pub before: Tested,
    /// After.
    pub after: Tested,
    /// Old lists that lost more than the tolerance: name, AUC before, AUC after.
    pub worse: Vec<(String, f64, f64)>,
    /// How much an old list may lose.
    pub tolerance: f64,
}

impl Verdict {
    /// Whether the extended network may take the old one's place.
    pub fn accepted(&self) -> bool {
        self.worse.is_empty()
    }
}

impl Extension {
    /// The recipe of the extension: the run's own, from its weights, with the new list in a share of each batch.
    ///
    /// # Errors
    /// A folder without a finished run; numbers that make no sense.
    pub fn recipe(&self) -> Result<Recipe, TrainError> {
        let path = self.from.join("recipe.toml");
        let mut recipe = Recipe::read(&path)?;
        let weights = self.from.join(WEIGHTS);
        std::fs::metadata(&weights).map_err(TrainError::file(&weights))?;
        let wrong = |problem: &str| TrainError::Recipe { problem: problem.to_owned(), path: path.clone() };
        if !(self.share > 0.0 && self.share < 1.0 && self.rate > 0.0 && self.rate.is_finite() && self.steps > 0) {
            return Err(wrong("the share of new material must lie between 0 and 1, rate and steps above 0"));
        }
        // What an earlier extension brought is old by now.
        let name = (0..).map(|i| if i == 0 { NEW.to_owned() } else { format!("{NEW}{}", i + 1) });
        let taken = |name: &String| recipe.data.sources.iter().any(|s| s.name == *name);
        let name = name.into_iter().find(|name| !taken(name)).unwrap_or_default();
        let first = recipe.data.sources.first().ok_or_else(|| wrong("has no [[data.source]]"))?;
        let manifest = std::path::absolute(&self.data).map_err(TrainError::file(&self.data))?;
        let new = SourceRecipe {
            name: name.clone(),
            manifest,
            by: vec!["source".into()],
            by_fake: None,
            balance: Balance::Sqrt,
            pair: None,
            only: Default::default(),
            except: Default::default(),
            ..first.clone()
        };
        recipe.data.sources.push(new);
        let total: f32 = recipe.data.draws.iter().map(|d| d.share).sum();
        recipe.data.draws.iter_mut().for_each(|d| d.share *= (1.0 - self.share) / total);
        let all = std::collections::BTreeMap::from([(name, 1.0)]);
        recipe.data.draws.push(DrawRecipe { share: self.share, real: all.clone(), fake: all, together: false });
        recipe.model.weights = Some(weights);
        recipe.training.steps = self.steps;
        match &mut recipe.training.optimiser {
            OptimiserRecipe::AdamW { rate, .. } | OptimiserRecipe::Sgd { rate, .. } => *rate *= self.rate,
        }
        recipe.training.seed = recipe.training.seed.wrapping_add(1);
        recipe.validate()?;
        Ok(recipe)
    }

    /// Learns, tests and judges. Accepted weights are `weights.safetensors` of the run's folder, refused ones
    /// [`REFUSED`].
    ///
    /// # Errors
    /// As [`train`]; nothing held out of the old lists, so that nothing could be judged.
    pub fn run(
        &self,
        recipe: &Recipe,
        batches: &dyn Batches,
        held_out: &HeldOut,
        options: Options<'_>,
        cancel: &CancelToken,
        tell: &mut (dyn FnMut(News<'_>) -> Result<(), TrainError> + Send),
    ) -> Result<Verdict, TrainError> {
        let start = self.from.join(WEIGHTS);
        let old = read_weights(&start)?;
        let before = held_out.test(&held_out.logits(&recipe.model, &old)?);
        let newest = recipe.data.sources.last().map(|s| s.name.clone()).unwrap_or_default();
        if !before.auc.iter().any(|(list, auc)| *list != newest && auc.is_some()) {
            let problem = "holds out nothing old with both labels, so that the gate has nothing to judge by".to_owned();
            return Err(TrainError::RecipeKey { key: "data.source".into(), problem });
        }
        let out = options.out.to_path_buf();
        train(recipe, batches, held_out, options, cancel, tell)?;
        let learned = read_weights(&out.join(WEIGHTS))?;
        let after = held_out.test(&held_out.logits(&recipe.model, &learned)?);
        let verdict = judge(before, after, &newest, self.tolerance);
        if !verdict.accepted() {
            let (good, refused) = (out.join(WEIGHTS), out.join(REFUSED));
            std::fs::rename(&good, &refused).map_err(TrainError::file(&refused))?;
        }
        let text = serde_json::to_vec_pretty(&verdict).unwrap_or_default();
        super::checkpoint::replace(&out.join(VERDICT), &text)?;
        Ok(verdict)
    }
}

fn judge(before: Tested, after: Tested, newest: &str, tolerance: f64) -> Verdict {
    let lost = |(list, old): (&String, &Option<f64>)| {
        let (old, new) = ((*old)?, after.auc.get(list).copied().flatten()?);
        (list != newest && new < old - tolerance).then(|| (list.clone(), old, new))
    };
    let worse = before.auc.iter().filter_map(lost).collect();
    Verdict { before, after, worse, tolerance }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn tested(old: f64, new: f64) -> Tested {
        let auc = BTreeMap::from([("old".to_owned(), Some(old)), (NEW.to_owned(), Some(new))]);
        Tested { auc, pairs: BTreeMap::new(), mean_auc: None, loss: 0.5 }
    }

    #[test]
    fn the_gate_looks_at_old_lists_only() {
        let verdict = |old, new| judge(tested(0.9, 0.5), tested(old, new), NEW, 0.01);
        assert!(verdict(0.895, 0.4).accepted());
        let refused = verdict(0.88, 0.9);
        assert!(!refused.accepted());
        assert_eq!(refused.worse, [("old".to_owned(), 0.9, 0.88)]);
    }

    #[test]
    fn the_recipe_replays_what_was_learned_before() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("recipe.toml"), super::super::recipe::tests::SMALL).unwrap();
        let mut extension = Extension {
            from: folder.path().into(),
            data: "new.csv".into(),
            share: 0.25,
            steps: 7,
            rate: 0.1,
            tolerance: 0.01,
        };
        assert!(extension.recipe().unwrap_err().to_string().ends_with("weights.safetensors"));
        std::fs::write(folder.path().join(WEIGHTS), serialised(&Weights::default()).unwrap()).unwrap();
        let recipe = extension.recipe().unwrap();
        let shares: Vec<f32> = recipe.data.draws.iter().map(|d| d.share).collect();
        assert_eq!(shares, [0.75, 0.25]);
        assert_eq!((recipe.training.steps, recipe.data.sources[1].name.as_str()), (7, NEW));
        assert!((recipe.training.optimiser.rate() - 1e-4).abs() < 1e-9);
        assert!(recipe.data.sources[1].manifest.is_absolute());
        extension.share = 1.0;
        assert!(extension.recipe().is_err());
    }
}
