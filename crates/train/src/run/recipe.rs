//! `recipe.toml`: everything that decides what a run becomes.
//!
//! Two runs of one recipe, seed included, on the same data give the same numbers. Unknown keys are errors.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use nets::architecture::Architecture;
use nets::grad::Precision;
use serde::{Deserialize, Serialize};

use super::teacher::TeacherRecipe;
use crate::TrainError;
use crate::augment::DataRecipe;

/// Mean of ImageNet's colours in [0, 1], which the given weights were trained with.
const MEAN: [f32; 3] = [0.485, 0.456, 0.406];
/// Their standard deviation.
const STD: [f32; 3] = [0.229, 0.224, 0.225];

/// A whole recipe.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// `[model]`: what learns.
    pub model: ModelRecipe,
    /// `[training]`: how.
    pub training: TrainingRecipe,
    /// `[teacher]`: from whose word, beside the labels.
    #[serde(default)]
    pub teacher: Option<TeacherRecipe>,
    /// `[data]`: from what.
    pub data: DataRecipe,
}

/// `[model]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelRecipe {
    /// The network, by its name in model cards.
    pub architecture: Architecture,
    /// Pixels along one edge of what it is given.
    pub side: usize,
    /// Safetensors to start from, beside the recipe; random numbers otherwise. A last layer of another size is
    /// replaced.
    #[serde(default)]
    pub weights: Option<PathBuf>,
    /// Subtracted from colours in [0, 1].
    #[serde(default = "mean")]
    pub mean: [f32; 3],
    /// Divides them.
    #[serde(default = "std")]
    pub std: [f32; 3],
    /// Share of what the last layer is given that is zeroed in training.
    #[serde(default)]
    pub dropout: f32,
    /// Leading blocks that keep their weights; a large number leaves only the head to learn.
    #[serde(default)]
    pub frozen_blocks: usize,
}

/// `[training]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingRecipe {
    /// Batches in all.
    pub steps: u64,
    /// Decides fresh weights, dropout and what is drawn.
    #[serde(default)]
    pub seed: u64,
    /// What turns gradients into updates.
    pub optimiser: OptimiserRecipe,
    /// How the rate changes.
    #[serde(default)]
    pub schedule: ScheduleRecipe,
    /// Labels become `smoothing` and `1 − smoothing`.
    #[serde(default)]
    pub label_smoothing: f32,
    /// What a real and a manipulated example count for.
    #[serde(default = "ones")]
    pub class_weights: [f32; 2],
    /// Longest gradient; a longer one is shortened to it.
    #[serde(default)]
    pub clip: Option<f32>,
    /// Weights are averaged over about `1 / (1 − ema)` steps, and the average is what is tested and kept.
    #[serde(default)]
    pub ema: Option<f32>,
    /// How precise factors of products are; bfloat16 on graphics processors only.
    #[serde(default)]
    pub precision: Precision,
    /// Steps between checkpoints.
    #[serde(default = "hundred")]
    pub checkpoint_every: u64,
    /// Steps between tests on what was held out.
    #[serde(default = "five_hundred")]
    pub evaluate_every: u64,
}

/// What turns gradients into updates.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum OptimiserRecipe {
    /// Adam with decoupled weight decay (Loshchilov and Hutter 2019).
    AdamW {
        /// Largest rate.
        rate: f32,
        /// Pull of weights towards zero.
        #[serde(default = "decay")]
        weight_decay: f32,
        /// Memory of the mean and of the square.
        #[serde(default = "betas")]
        betas: [f32; 2],
        /// Radius of sharpness-aware minimisation (Foret et al. 2021): two passes a step; 0 for none.
        #[serde(default)]
        sam: f32,
        /// Whether norms and biases are pulled too.
        #[serde(default)]
        decay_all: bool,
    },
    /// Stochastic gradient descent.
    Sgd {
        /// Largest rate.
        rate: f32,
        /// Memory.
        #[serde(default = "momentum")]
        momentum: f32,
        /// Look ahead.
        #[serde(default)]
        nesterov: bool,
        /// Pull of weights towards zero.
        #[serde(default)]
        weight_decay: f32,
        /// As for AdamW.
        #[serde(default)]
        sam: f32,
        /// Whether norms and biases are pulled too.
        #[serde(default)]
        decay_all: bool,
    },
}

/// How the rate changes over a run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum ScheduleRecipe {
    /// Constant for a share of the run, then straight down.
    Linear {
        /// Steps of a rise from zero.
        #[serde(default = "warm_up")]
        warm_up: u64,
        /// Share of the run at the full rate.
        #[serde(default = "constant")]
        constant: f32,
        /// Share of the full rate that is left at the end.
        #[serde(default = "floor")]
        floor: f32,
    },
    /// Half a cosine (Loshchilov and Hutter 2017).
    Cosine {
        /// Steps of a rise from zero.
        #[serde(default = "warm_up")]
        warm_up: u64,
        /// Share of the full rate that is left at the end.
        #[serde(default = "floor")]
        floor: f32,
    },
}

impl Default for ScheduleRecipe {
    fn default() -> Self {
        Self::Cosine { warm_up: warm_up(), floor: floor() }
    }
}

impl ScheduleRecipe {
    /// What the full rate is multiplied with at `step` of `steps`.
    pub fn factor(&self, step: u64, steps: u64) -> f32 {
        let done = step as f64 / steps.max(1) as f64;
        let (warm_up, after) = match *self {
            Self::Linear { warm_up, constant, floor } => {
                let constant = f64::from(constant);
                let down = if done < constant { 1.0 } else { (1.0 - done) / (1.0 - constant).max(1e-9) };
                (warm_up, down.max(f64::from(floor)))
            }
            Self::Cosine { warm_up, floor } => {
                let floor = f64::from(floor);
                (warm_up, floor + (1.0 - floor) * 0.5 * (1.0 + (std::f64::consts::PI * done).cos()))
            }
        };
        (after * ((step + 1) as f64 / warm_up.max(1) as f64).min(1.0)) as f32
    }
}

impl OptimiserRecipe {
    /// The largest rate.
    pub const fn rate(&self) -> f32 {
        match *self {
            Self::AdamW { rate, .. } | Self::Sgd { rate, .. } => rate,
        }
    }

    /// The radius of sharpness-aware minimisation.
    pub const fn sam(&self) -> f32 {
        match *self {
            Self::AdamW { sam, .. } | Self::Sgd { sam, .. } => sam,
        }
    }
}

impl Recipe {
    /// Reads a recipe; relative paths in it are those beside it.
    ///
    /// # Errors
    /// An unreadable file; [`TrainError::Recipe`] naming the line or key.
    pub fn read(path: &Path) -> Result<Self, TrainError> {
        let text = std::fs::read_to_string(path).map_err(TrainError::file(path))?;
        let wrong = |problem: String| TrainError::Recipe { problem, path: path.to_path_buf() };
        let mut recipe: Self = toml::from_str(&text).map_err(|e| wrong(e.to_string().trim_end().replace('\n', " ")))?;
        recipe.validate().map_err(|problem| wrong(problem.to_string()))?;
        // Absolute, so that the copy in a run's folder means the same files.
        let path = std::path::absolute(path).map_err(TrainError::file(path))?;
        let folder = path.parent().unwrap_or(Path::new("."));
        recipe.data.anchor(folder);
        if let Some(weights) = &mut recipe.model.weights {
            *weights = folder.join(&*weights);
        }
        if let Some(weights) = recipe.teacher.as_mut().and_then(|teacher| teacher.weights.as_mut()) {
            *weights = folder.join(&*weights);
        }
        Ok(recipe)
    }

    /// Checks everything that can be checked without opening a file.
    ///
    /// # Errors
    /// [`TrainError::RecipeKey`] with the key.
    pub fn validate(&self) -> Result<(), TrainError> {
        let (m, t) = (&self.model, &self.training);
        let share = |v: f32| (0.0..1.0).contains(&v);
        let positive = |v: f32| v > 0.0 && v.is_finite();
        let (rate, decay) = match t.optimiser {
            OptimiserRecipe::AdamW { rate, weight_decay, .. } | OptimiserRecipe::Sgd { rate, weight_decay, .. } => {
                (rate, weight_decay)
            }
        };
        let memory = match t.optimiser {
            OptimiserRecipe::AdamW { betas: [a, b], .. } => share(a) && share(b),
            OptimiserRecipe::Sgd { momentum, .. } => share(momentum),
        };
        let has_words = self.data.sources.iter().any(|source| source.words.is_some());
        let rules = [
            (m.side >= 32, "model.side", "must be at least 32 pixels"),
            (m.std.iter().all(|v| positive(*v)), "model.std", "must be numbers above 0"),
            (share(m.dropout), "model.dropout", "must lie in [0, 1)"),
            (t.steps > 0, "training.steps", "must be at least 1"),
            (positive(rate), "training.optimiser.rate", "must be a number above 0"),
            (decay >= 0.0 && decay.is_finite(), "training.optimiser.weight_decay", "must be a number from 0 up"),
            (memory, "training.optimiser", "`betas` and `momentum` must lie in [0, 1)"),
            (t.optimiser.sam() >= 0.0, "training.optimiser.sam", "must be a number from 0 up"),
            ((0.0..0.5).contains(&t.label_smoothing), "training.label_smoothing", "must lie in [0, 0.5)"),
            (t.class_weights.iter().all(|v| positive(*v)), "training.class_weights", "must be numbers above 0"),
            (t.clip.is_none_or(positive), "training.clip", "must be a number above 0"),
            (t.ema.is_none_or(share), "training.ema", "must lie in [0, 1)"),
            (t.checkpoint_every > 0, "training.checkpoint_every", "must be at least 1 step"),
            (t.evaluate_every > 0, "training.evaluate_every", "must be at least 1 step"),
            (
                self.teacher.as_ref().is_none_or(|teacher| (0.0..=1.0).contains(&teacher.share)),
                "teacher.share",
                "must lie in [0, 1]",
            ),
            (
                self.teacher.as_ref().is_none_or(|teacher| positive(teacher.temperature)),
                "teacher.temperature",
                "must be a number above 0",
            ),
            (
                self.teacher.as_ref().is_none_or(|t| t.architecture.is_some() == t.weights.is_some()),
                "teacher",
                "a network needs both `architecture` and `weights`",
            ),
            (
                self.teacher.as_ref().is_none_or(|t| t.architecture.is_some() || has_words),
                "teacher",
                "must name a network, or a source must have `words`",
            ),
            (
                self.teacher.is_some() || !has_words,
                "data.source",
                "`words` are heard only where [teacher] says how much they count",
            ),
        ];
        for (holds, key, problem) in rules {
            if !holds {
                return Err(TrainError::RecipeKey { key: key.to_owned(), problem: problem.to_owned() });
            }
        }
        self.data.validate()
    }

    /// Every key that decides something, dotted, with its value; paths are left out.
    pub fn keys(&self) -> BTreeMap<String, String> {
        self.flat()
    }

    /// As TOML.
    pub fn to_toml(&self) -> String {
        toml::to_string_pretty(self).unwrap_or_default()
    }

    /// The first key in which two recipes differ, with both values. Paths do not count: a folder may be moved, and
    /// what is in the files is told by fingerprints.
    pub fn difference(&self, other: &Self) -> Option<String> {
        let (mine, others) = (self.flat(), other.flat());
        let keys = mine.keys().chain(others.keys());
        let of = |map: &BTreeMap<String, String>, key: &String| map.get(key).cloned().unwrap_or("nothing".into());
        let differs = |key: &&String| mine.get(*key) != others.get(*key);
        keys.filter(differs)
            .min()
            .map(|key| format!("`{key}` is {} here and {} there", of(&mine, key), of(&others, key)))
    }

    fn flat(&self) -> BTreeMap<String, String> {
        fn walk(value: &toml::Value, key: String, into: &mut BTreeMap<String, String>) {
            match value {
                toml::Value::Table(table) => {
                    for (name, value) in table {
                        let key = if key.is_empty() { name.clone() } else { format!("{key}.{name}") };
                        walk(value, key, into);
                    }
                }
                toml::Value::Array(values) if values.iter().any(|v| v.is_table()) => {
                    for (i, value) in values.iter().enumerate() {
                        walk(value, format!("{key}[{i}]"), into);
                    }
                }
                value => {
                    into.insert(key, value.to_string());
                }
            }
        }
        let mut flat = BTreeMap::new();
        if let Ok(value) = toml::Value::try_from(self) {
            walk(&value, String::new(), &mut flat);
        }
        let path = |key: &String| {
            key.ends_with(".weights")
                || key == "data.cache"
                || [".manifest", ".words"].iter().any(|end| key.ends_with(end))
        };
        flat.retain(|key, _| !path(key));
        flat
    }
}

const fn mean() -> [f32; 3] {
    MEAN
}

const fn std() -> [f32; 3] {
    STD
}

const fn ones() -> [f32; 2] {
    [1.0, 1.0]
}

const fn hundred() -> u64 {
    100
}

const fn five_hundred() -> u64 {
    500
}

const fn decay() -> f32 {
    0.01
}

const fn betas() -> [f32; 2] {
    [0.9, 0.999]
}

const fn momentum() -> f32 {
    0.9
}

const fn warm_up() -> u64 {
    60
}

const fn constant() -> f32 {
    0.4
}

const fn floor() -> f32 {
    0.02
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) const SMALL: &str = r#"
[model]
architecture = "mobilenet-v3-small"
side = 32
[training]
steps = 12
optimiser = { kind = "adamw", rate = 1e-3 }
checkpoint_every = 5
[data]
batch = 6
[[data.source]]
name = "stills"
manifest = "stills.csv"
crop = { basis = "whole" }
[[data.draw]]
share = 1
real = { stills = 1 }
fake = { stills = 1 }
"#;

    pub(crate) fn small() -> Recipe {
        toml::from_str(SMALL).unwrap()
    }

    #[test]
    fn mistakes_name_their_key_and_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("recipe.toml");
        for (from, to, key) in [
            ("side = 32", "side = 16", "model.side"),
            ("side = 32", "size = 32", "size"),
            ("steps = 12", "steps = 0", "training.steps"),
            ("steps = 12", "steps = 12\nwarmup = 3", "warmup"),
            ("rate = 1e-3", "rate = -1", "training.optimiser.rate"),
            ("rate = 1e-3", "rate = 1e-3, decay = 1", "decay"),
            ("steps = 12", "steps = 12\nema = 1.5", "training.ema"),
            ("batch = 6", "batch = 0", "data.batch"),
            ("mobilenet-v3-small", "mobilenet-v4", "mobilenet-v4"),
            (
                "[data]",
                "[teacher]\narchitecture = \"mobilenet-v2\"\nweights = \"w\"\nshare = 2.0\n[data]",
                "teacher.share",
            ),
            (
                "[data]",
                "[teacher]\narchitecture = \"mobilenet-v2\"\nshare = 0.5\n[data]",
                "`architecture` and `weights`",
            ),
            ("[data]", "[teacher]\nshare = 0.5\n[data]", "a source must have `words`"),
            ("manifest = ", "words = \"words.csv\"\nmanifest = ", "only where [teacher] says"),
        ] {
            std::fs::write(&path, SMALL.replacen(from, to, 1)).unwrap();
            let message = Recipe::read(&path).unwrap_err().to_string();
            assert!(message.contains(key) && message.ends_with("recipe.toml"), "{to}: {message}");
        }
    }

    #[test]
    fn paths_are_beside_the_recipe_and_do_not_make_another_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("recipe.toml");
        std::fs::write(&path, SMALL).unwrap();
        let read = Recipe::read(&path).unwrap();
        assert_eq!(read.data.sources[0].manifest, folder.path().join("stills.csv"));
        assert_eq!(read.difference(&small()), None);
        let mut other = small();
        other.training.clip = Some(1.0);
        assert_eq!(other.difference(&read).unwrap(), "`training.clip` is 1.0 here and nothing there");
        let taught =
            format!("{SMALL}[teacher]\narchitecture = \"mobilenet-v2\"\nweights = \"t.safetensors\"\nshare = 0.5");
        std::fs::write(&path, taught).unwrap();
        let taught = Recipe::read(&path).unwrap();
        assert_eq!(taught.teacher.as_ref().unwrap().weights, Some(folder.path().join("t.safetensors")));
        assert!(taught.difference(&read).unwrap().starts_with("`teacher.architecture`"));
        let again: Recipe = toml::from_str(&read.to_toml()).unwrap();
        assert_eq!(again, read);
    }

    #[test]
    fn rates_rise_and_fall_as_said() {
        let linear = ScheduleRecipe::Linear { warm_up: 10, constant: 0.4, floor: 0.02 };
        let at = |step| linear.factor(step, 100);
        assert_eq!((at(0), at(4), at(9), at(39)), (0.1, 0.5, 1.0, 1.0));
        assert!((at(70) - 0.5).abs() < 1e-6 && at(99) == 0.02, "{} {}", at(70), at(99));
        let cosine = ScheduleRecipe::Cosine { warm_up: 0, floor: 0.1 };
        assert_eq!(cosine.factor(0, 100), 1.0);
        assert!((cosine.factor(50, 100) - 0.55).abs() < 1e-6 && (cosine.factor(100, 100) - 0.1).abs() < 1e-6);
    }
}
