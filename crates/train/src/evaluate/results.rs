//! Rows with what came of them, and the tables of metrics made from them.

use std::collections::{BTreeMap, BTreeSet};

use analysis::metrics::{Item, Metrics, Rate};
use analysis::{Calibration, MediaKind, Task, VerdictCode};
use serde::Serialize;

use super::manifest::{Manifest, Row};
use super::matrix::{Matrix, matrix};
use super::measured::Measured;
use super::pairs::{Pairs, pairs};
use super::tier::Tier;

/// A detector, as far as an evaluation tells of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModelFacts {
    /// Its id.
    pub id: String,
    /// SHA-256 of its weights.
    pub sha256: String,
    /// Its question.
    pub task: Task,
    /// From logit to score.
    pub calibration: Calibration,
    /// Suspected from here, on the calibrated score.
    pub suspected: f64,
    /// No indication below.
    pub no_indication: f64,
}

impl ModelFacts {
    pub(super) fn score(&self, logit: f32) -> Option<f64> {
        self.calibration.score(f64::from(logit)).map(f64::from)
    }
}

/// How it was run; everything that a reader needs to run it again.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct RunFacts {
    /// `facefiction x.y.z`.
    pub app: String,
    /// `cpu`, `cuda` or `metal`.
    pub device: String,
    /// Threads used.
    pub threads: usize,
    /// Day, `2026-11-21`.
    pub day: String,
    /// Wall time of this run; what was taken from an earlier one is not in it.
    pub seconds: f64,
    /// Files taken from an earlier run.
    pub resumed: usize,
    /// The lists, as named.
    pub manifests: Vec<String>,
    /// `COLUMN=VALUE` that rows had to meet.
    pub conditions: Vec<String>,
    /// Whether faces were taken from the list instead of being looked for.
    pub crops: bool,
    /// The column whose values are drawn together.
    pub group: String,
}

/// Values of a column that a model was not trained on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LeftOut(pub BTreeMap<String, BTreeSet<String>>);

/// One file delivered in one way, with what came of it.
#[derive(Clone, Debug)]
pub struct Scored<'a> {
    /// The list it is in.
    pub list: &'a Manifest,
    /// Its row.
    pub row: &'a Row,
    /// The delivery.
    pub tier: Tier,
    /// What came of it.
    pub measured: Measured,
}

impl Scored<'_> {
    /// The value of a column; `None` when the list has no such column.
    pub fn value(&self, column: &str) -> Option<&str> {
        self.row.values.get(self.list.column(column)?).map(String::as_str)
    }

    pub(super) fn suspected(&self) -> bool {
        self.measured.verdict == VerdictCode::Suspected
    }
}

/// Everything that was measured.
#[derive(Clone, Debug)]
pub struct Evaluation<'a> {
    /// In order of the lists, then of their rows, then of delivery.
    pub rows: Vec<Scored<'a>>,
    /// The lists.
    pub manifests: &'a [Manifest],
    /// The detectors.
    pub models: Vec<ModelFacts>,
    /// Deliveries, in the order asked for.
    pub tiers: Vec<Tier>,
    /// Columns that tables are made by.
    pub by: Vec<String>,
    /// What models were not trained on.
    pub left_out: LeftOut,
    /// How it was run.
    pub run: RunFacts,
}

/// `metrics.json`.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Tables {
    pub overall: Metrics,
    pub by: BTreeMap<String, BTreeMap<String, ValueMetrics>>,
    pub tiers: BTreeMap<&'static str, Metrics>,
    pub videos: Metrics,
    pub frames: Metrics,
    /// Each detector on its own, by its own score and threshold.
    pub models: BTreeMap<String, Metrics>,
    /// By column, model and value.
    pub matrix: BTreeMap<String, Matrix>,
    /// By model, over the groups that hold both classes.
    pub pairs: BTreeMap<String, Pairs>,
    /// Rows whose label is neither `real` nor `fake`: examined, not scored.
    pub other_labels: BTreeMap<String, u64>,
    pub run: RunFacts,
    pub model_facts: Vec<ModelFacts>,
}

/// The metrics of one value of a column.
#[derive(Clone, Debug, Serialize)]
pub(super) struct ValueMetrics {
    #[serde(flatten)]
    pub metrics: Metrics,
    /// Of a value with one class only: its items against all items of the other class.
    pub auc_against_all: Option<Rate>,
}

/// Name of an empty value in tables.
pub(super) const EMPTY: &str = "(empty)";

impl<'a> Evaluation<'a> {
    /// The delivery that everything but the table of deliveries is told of: `clean` where it was asked for.
    pub(super) fn main_tier(&self) -> Tier {
        let first = self.tiers.first().copied().unwrap_or(Tier::Clean);
        if self.tiers.contains(&Tier::Clean) { Tier::Clean } else { first }
    }

    pub(super) fn main_rows(&self) -> impl Iterator<Item = &Scored<'a>> {
        let tier = self.main_tier();
        self.rows.iter().filter(move |r| r.tier == tier)
    }

    /// Numbers of the groups, one a row: the value of the group column, else of `group`, else the file itself; of
    /// different lists never the same.
    pub(super) fn groups(&self) -> Vec<usize> {
        let mut numbers: BTreeMap<(usize, &str, &str), usize> = BTreeMap::new();
        let mut all = Vec::with_capacity(self.rows.len());
        for row in &self.rows {
            let list = self.manifests.iter().position(|m| std::ptr::eq(m, row.list)).unwrap_or_default();
            let named = [self.run.group.as_str(), "group"].into_iter();
            let mut named = named.filter_map(|c| Some((c, row.value(c).filter(|v| !v.is_empty())?)));
            let (column, value) = named.next().unwrap_or(("", row.row.file.as_str()));
            let next = numbers.len();
            all.push(*numbers.entry((list, column, value)).or_insert(next));
        }
        all
    }

    pub(super) fn tables(&self) -> Tables {
        let groups = self.groups();
        let items: Vec<(&Scored<'a>, Item)> =
            self.rows.iter().zip(&groups).filter_map(|(row, group)| Some((row, item(row, *group)?))).collect();
        let of = |keep: &dyn Fn(&Scored<'a>) -> bool| -> Vec<Item> {
            items.iter().filter(|(row, _)| keep(row)).map(|(_, item)| *item).collect()
        };
        let tier = self.main_tier();
        let video = |row: &Scored<'a>| row.tier == tier && row.row.kind == MediaKind::Video;
        let main: Vec<(&Scored<'a>, Item)> = items.iter().filter(|(r, _)| r.tier == tier).copied().collect();
        let models = self.models.iter().map(|m| (m.id.clone(), Metrics::of(&items_of_model(m, &main))));
        Tables {
            overall: Metrics::of(&of(&|r| r.tier == tier)),
            by: self.by.iter().map(|c| (c.clone(), by_value(c, &main))).collect(),
            tiers: self.tiers.iter().map(|t| (t.name(), Metrics::of(&of(&|r| r.tier == *t)))).collect(),
            videos: Metrics::of(&of(&video)),
            frames: Metrics::of(&main.iter().filter(|(r, _)| video(r)).flat_map(frames).collect::<Vec<_>>()),
            models: models.collect(),
            matrix: self.by.iter().map(|c| (c.clone(), matrix(c, &self.models, &main, &self.left_out))).collect(),
            pairs: pairs(&self.models, &main),
            other_labels: self.other_labels(),
            run: self.run.clone(),
            model_facts: self.models.clone(),
        }
    }

    fn other_labels(&self) -> BTreeMap<String, u64> {
        let mut others = BTreeMap::new();
        for row in self.main_rows().filter(|r| r.row.fake().is_none()) {
            *others.entry(row.row.label.clone()).or_default() += 1;
        }
        others
    }
}

/// `None` for a label that is neither `real` nor `fake`.
fn item(row: &Scored<'_>, group: usize) -> Option<Item> {
    Some(Item { group, fake: row.row.fake()?, score: row.measured.score, suspected: row.suspected() })
}

/// The frames of a video; one that could not be opened is one failure.
fn frames<'a>((row, item): &(&'a Scored<'_>, Item)) -> Box<dyn Iterator<Item = Item> + 'a> {
    let item = *item;
    if row.measured.frames.is_empty() {
        return Box::new(std::iter::once(Item { score: None, suspected: false, ..item }));
    }
    Box::new(row.measured.frames.iter().map(move |f| Item { score: f.score, suspected: f.suspected, ..item }))
}

/// The same items as one detector alone scores them.
fn items_of_model(model: &ModelFacts, items: &[(&Scored<'_>, Item)]) -> Vec<Item> {
    let own = |(row, item): &(&Scored<'_>, Item)| {
        let score = row.measured.logits.get(&model.id).and_then(|l| model.score(*l));
        Item { score, suspected: score.is_some_and(|s| s >= model.suspected), ..*item }
    };
    items.iter().map(own).collect()
}

/// Items by the value of a column; lists without the column take no part.
pub(super) fn grouped<'b, 'a>(column: &str, items: &'b [(&'b Scored<'a>, Item)]) -> BTreeMap<String, Vec<usize>> {
    let mut values: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, (row, _)) in items.iter().enumerate() {
        if let Some(value) = row.value(column) {
            let value = if value.is_empty() { EMPTY } else { value };
            values.entry(value.to_owned()).or_default().push(at);
        }
    }
    values
}

fn by_value(column: &str, items: &[(&Scored<'_>, Item)]) -> BTreeMap<String, ValueMetrics> {
    let values = grouped(column, items);
    let table = values.into_iter().map(|(value, at)| {
        let own: Vec<Item> = at.iter().filter_map(|i| items.get(*i)).map(|(_, item)| *item).collect();
        let fakes = own.iter().filter(|i| i.fake).count();
        let one_class = fakes == 0 || fakes == own.len();
        let others = items.iter().map(|(_, item)| *item).filter(|i| i.fake != (fakes > 0));
        let against = one_class.then(|| Metrics::of(&own.iter().copied().chain(others).collect::<Vec<_>>()).auc);
        (value, ValueMetrics { metrics: Metrics::of(&own), auc_against_all: against })
    });
    table.collect()
}

#[cfg(test)]
#[path = "results_tests.rs"]
mod tests;
