//! Hyper-parameter search: many short runs, each with values that the earlier ones speak for.
//!
//! Values are proposed by a tree-structured Parzen estimator (Bergstra et al. 2011) and runs that fall behind the
//! median of the others at the same test are stopped (Golovin et al. 2017), both by the crate `optimizer`. All that is
//! known stands in `trials.jsonl`; a search that was killed proposes what it would have proposed, and its unfinished
//! run goes on from its checkpoint.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use base::CancelToken;
use nets::device::DeviceChoice;
use optimizer::param::ParamValue;
use optimizer::parameter::{CategoricalParam, FloatParam, ParamId, Parameter as _};
use optimizer::pruner::MedianPruner;
use optimizer::sampler::tpe::TpeSampler;
use optimizer::{Direction, Study, Trial};
use serde::{Deserialize, Serialize};

use super::folder::{Facts, Folder};
use super::held_out::HeldOut;
use super::recipe::Recipe;
use super::train::{News, Options, train};
use crate::{Batches, TrainError};

/// Runs that end by themselves before any is stopped early.
const UNPRUNED: usize = 3;
const TRIALS: &str = "trials.jsonl";

/// `search.toml`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SearchRecipe {
    /// The recipe that is varied, beside this file.
    pub recipe: PathBuf,
    /// Runs in all.
    pub trials: u64,
    /// Steps of each, where that differs from the recipe.
    #[serde(default)]
    pub steps: Option<u64>,
    /// Decides what is proposed.
    #[serde(default)]
    pub seed: u64,
    /// `[[key]]`: what is varied.
    #[serde(rename = "key")]
    pub keys: Vec<SearchKey>,
}

/// A key of the recipe and the values it may take: a range, or a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SearchKey {
    /// Dotted, as `training.optimiser.rate`.
    pub name: String,
    /// Least and most.
    #[serde(default)]
    pub range: Option<[f64; 2]>,
    /// Whether factors matter rather than differences.
    #[serde(default)]
    pub log: bool,
    /// All there are.
    #[serde(default)]
    pub choices: Option<Vec<toml::Value>>,
}

/// How a trial ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TrialState {
    /// At its last step.
    Finished,
    /// Early: it fell behind.
    Pruned,
    /// Its loss ran away.
    Diverged,
}

/// A line of `trials.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrialLine {
    /// From 0.
    pub trial: u64,
    /// Name and value of each key.
    pub values: Vec<(String, toml::Value)>,
    /// Mean AUC on what was held out at each test: step, value.
    pub tests: Vec<(u64, f64)>,
    /// The highest of them.
    pub best: Option<f64>,
    /// How it ended.
    pub state: TrialState,
}

impl SearchRecipe {
    /// Reads a search; relative paths are those beside it.
    ///
    /// # Errors
    /// [`TrainError::Recipe`] naming the line or key.
    pub fn read(path: &Path) -> Result<Self, TrainError> {
        let text = std::fs::read_to_string(path).map_err(TrainError::file(path))?;
        let wrong = |problem: String| TrainError::Recipe { problem, path: path.to_path_buf() };
        let mut search: Self = toml::from_str(&text).map_err(|e| wrong(e.to_string().trim_end().replace('\n', " ")))?;
        for key in &search.keys {
            let fits = match (&key.range, &key.choices) {
                (Some([low, high]), None) => {
                    low < high && low.is_finite() && high.is_finite() && (!key.log || *low > 0.0)
                }
                (None, Some(choices)) => !choices.is_empty(),
                _ => false,
            };
            if !fits {
                let problem = "needs a `range` that goes up (above 0 with `log`) or a list of `choices`";
                return Err(wrong(format!("key `{}` {problem}", key.name)));
            }
        }
        if search.keys.is_empty() || search.trials == 0 {
            return Err(wrong("needs at least one [[key]] and one trial".into()));
        }
        let folder = std::path::absolute(path).map_err(TrainError::file(path))?;
        search.recipe = folder.parent().unwrap_or(Path::new(".")).join(&search.recipe);
        Ok(search)
    }

    /// The recipe with these values of the keys.
    ///
    /// # Errors
    /// A key that recipes do not have, or a value that it cannot take.
    pub fn apply(&self, base: &Recipe, values: &[toml::Value]) -> Result<Recipe, TrainError> {
        let wrong = |problem: String| TrainError::Recipe { problem, path: self.recipe.clone() };
        let mut table = toml::Value::try_from(base).map_err(|e| wrong(e.to_string()))?;
        for (key, value) in self.keys.iter().zip(values) {
            let mut at = &mut table;
            for part in key.name.split('.') {
                let unknown = || wrong(format!("there is no table above `{}`", key.name));
                at = at.as_table_mut().ok_or_else(unknown)?.entry(part).or_insert(toml::Value::Boolean(false));
            }
            *at = value.clone();
        }
        let mut recipe: Recipe =
            table.try_into().map_err(|e: toml::de::Error| wrong(e.to_string().trim_end().replace('\n', " ")))?;
        recipe.data.models.clone_from(&base.data.models);
        if let Some(steps) = self.steps {
            recipe.training.steps = steps;
            recipe.training.evaluate_every = recipe.training.evaluate_every.min(steps.div_ceil(4));
        }
        recipe.validate()?;
        Ok(recipe)
    }
}

/// What a search needs beside its recipe.
pub struct SearchRoom<'a> {
    /// The folder of the search: `trials.jsonl` and a run a trial.
    pub out: &'a Path,
    /// Whether to go on with a search that is there.
    pub resume: bool,
    /// Threads that compute.
    pub threads: usize,
    /// What computes.
    pub device: DeviceChoice,
    /// What the runs are made from.
    pub facts: Facts,
    /// The recipe that is varied.
    pub base: &'a Recipe,
}

/// Runs all trials that are still to do; `tell` hears of each as it ends. Gives all, in order.
///
/// # Errors
/// As [`train`]; a trial whose loss runs away is no error.
pub fn search(
    search: &SearchRecipe,
    batches: &dyn Batches,
    held_out: &HeldOut,
    room: &SearchRoom<'_>,
    cancel: &CancelToken,
    tell: &mut (dyn FnMut(&TrialLine) + Send),
) -> Result<Vec<TrialLine>, TrainError> {
    std::fs::create_dir_all(room.out).map_err(TrainError::file(room.out))?;
    let path = room.out.join(TRIALS);
    let mut done = history(&path, room.resume)?;
    if held_out.crops.is_empty() {
        let problem = "holds nothing out, so that trials cannot be compared".to_owned();
        return Err(TrainError::RecipeKey { key: "data".into(), problem });
    }
    for trial in done.len() as u64..search.trials {
        let mut proposal = propose(search, trial, &done)?;
        let recipe = search.apply(room.base, &proposal.values)?;
        let out = room.out.join(format!("trial-{trial:03}"));
        let resume = Folder::checkpoint(&out).exists();
        let (threads, device) = (room.threads, room.device);
        let options = Options { out: &out, resume, threads, device, facts: room.facts.clone() };
        let mut tests: Vec<(u64, f64)> = Vec::new();
        let mut listen = |news: News<'_>| {
            if let News::Tested { step, tested } = news
                && let Some(auc) = tested.mean_auc
            {
                tests.push((step, auc));
                proposal.trial.report(step, auc);
                if proposal.trial.should_prune() {
                    return Err(TrainError::Pruned);
                }
            }
            Ok(())
        };
        let state = match train(&recipe, batches, held_out, options, cancel, &mut listen) {
            Ok(_) => TrialState::Finished,
            Err(TrainError::Pruned) => TrialState::Pruned,
            Err(TrainError::Diverged { .. }) => TrialState::Diverged,
            Err(error) => return Err(error),
        };
        let known = tests_of(&out, tests);
        let best = known.iter().map(|t| t.1).reduce(f64::max);
        let names = search.keys.iter().map(|k| k.name.clone());
        let line = TrialLine { trial, values: names.zip(proposal.values).collect(), tests: known, best, state };
        append(&path, &line)?;
        tell(&line);
        done.push(line);
    }
    Ok(done)
}

/// A trial that was resumed was tested before, too.
fn tests_of(out: &Path, tests: Vec<(u64, f64)>) -> Vec<(u64, f64)> {
    let Ok(folder) = Folder::reopen(out, u64::MAX) else { return tests };
    let logged = folder.tests().filter_map(|(step, t)| Some((step, t.mean_auc?)));
    let first = tests.first().map_or(u64::MAX, |t| t.0);
    let mut all: Vec<(u64, f64)> = logged.filter(|t| t.0 < first).collect();
    all.extend(tests);
    all
}

fn history(path: &Path, resume: bool) -> Result<Vec<TrialLine>, TrainError> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    if !resume {
        return Err(TrainError::RunExists { path: path.to_path_buf() });
    }
    let text = std::fs::read_to_string(path).map_err(TrainError::file(path))?;
    Ok(text.lines().map_while(|line| serde_json::from_str(line).ok()).collect())
}

fn append(path: &Path, line: &TrialLine) -> Result<(), TrainError> {
    let text = serde_json::to_string(line).unwrap_or_default() + "\n";
    let mut file = OpenOptions::new().create(true).append(true).open(path).map_err(TrainError::file(path))?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_data()).map_err(TrainError::file(path))
}

struct Proposal {
    trial: Trial,
    values: Vec<toml::Value>,
}

enum Param {
    Range(FloatParam),
    List(CategoricalParam<usize>),
}

/// The values of a trial, from those before it; the same whenever it is asked.
fn propose(search: &SearchRecipe, trial: u64, done: &[TrialLine]) -> Result<Proposal, TrainError> {
    let wrong = |e: optimizer::Error| TrainError::Recipe { problem: e.to_string(), path: search.recipe.clone() };
    let sampler = TpeSampler::builder().seed(search.seed.wrapping_mul(1_000_003).wrapping_add(trial)).build();
    let study: Study<f64> = Study::builder()
        .maximize()
        .sampler(sampler.map_err(wrong)?)
        .pruner(MedianPruner::new(Direction::Maximize).n_min_trials(UNPRUNED))
        .build();
    let params: Vec<Param> = search.keys.iter().map(param).collect();
    for line in done {
        let values = params.iter().zip(&search.keys).zip(&line.values);
        let known = values.filter_map(|((param, key), (_, value))| Some((param.id(), param.known(key, value)?)));
        study.enqueue(known.collect());
        let mut trial = study.ask();
        for param in &params {
            param.suggest(&mut trial).map_err(wrong)?;
        }
        line.tests.iter().for_each(|(step, value)| trial.report(*step, *value));
        match (line.state, line.best) {
            (TrialState::Finished, Some(best)) => study.complete_trial(trial, best),
            (TrialState::Pruned, _) => study.prune_trial(trial),
            _ => study.fail_trial(trial, "diverged"),
        }
    }
    let mut trial = study.ask();
    let values = params.iter().zip(&search.keys).map(|(param, key)| {
        Ok(match param.suggest(&mut trial)? {
            Suggested::Number(number) => toml::Value::Float(number),
            Suggested::Place(i) => key.choices.iter().flatten().nth(i).cloned().unwrap_or(toml::Value::Boolean(false)),
        })
    });
    let values = values.collect::<Result<Vec<_>, optimizer::Error>>().map_err(wrong)?;
    Ok(Proposal { trial, values })
}

fn param(key: &SearchKey) -> Param {
    match (key.range, &key.choices) {
        (Some([low, high]), _) => {
            let param = FloatParam::new(low, high).name(&key.name);
            Param::Range(if key.log { param.log_scale() } else { param })
        }
        (None, choices) => {
            let count = choices.as_ref().map_or(1, Vec::len);
            Param::List(CategoricalParam::new((0..count).collect()).name(&key.name))
        }
    }
}

enum Suggested {
    Number(f64),
    Place(usize),
}

impl Param {
    fn id(&self) -> ParamId {
        match self {
            Self::Range(p) => p.id(),
            Self::List(p) => p.id(),
        }
    }

    fn suggest(&self, trial: &mut Trial) -> Result<Suggested, optimizer::Error> {
        Ok(match self {
            Self::Range(p) => Suggested::Number(p.suggest(trial)?),
            Self::List(p) => Suggested::Place(p.suggest(trial)?),
        })
    }

    fn known(&self, key: &SearchKey, value: &toml::Value) -> Option<ParamValue> {
        match self {
            Self::Range(_) => value.as_float().map(ParamValue::Float),
            Self::List(_) => key.choices.as_ref()?.iter().position(|c| c == value).map(ParamValue::Categorical),
        }
    }
}
