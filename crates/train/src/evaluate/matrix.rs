//! Every detector on every source: how far what was learned on some carries over to the others.

use std::collections::BTreeMap;

use analysis::metrics::{Item, Metrics, Rate};
use serde::Serialize;

use super::results::{LeftOut, ModelFacts, Scored, grouped};

/// By model, then by value of the column.
pub(super) type Matrix = BTreeMap<String, BTreeMap<String, Cell>>;

/// One detector on one source.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Cell {
    pub auc: Rate,
    /// Detection rate at 1 % false alarms.
    pub tpr_at_fpr_0_01: Rate,
    pub n_fake: u64,
    pub n_real: u64,
    pub against: Against,
    /// Whether the detector is known not to have been trained on this source.
    pub left_out: bool,
}

/// What a source is told apart from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Against {
    /// Its fakes from its own reals.
    Own,
    /// It has one class only: its items from all items of the other class.
    All,
}

/// AUCs by each detector's logit.
pub(super) fn matrix(column: &str, models: &[ModelFacts], items: &[(&Scored<'_>, Item)], left: &LeftOut) -> Matrix {
    let values = grouped(column, items);
    let row = |model: &ModelFacts| {
        let scored = |(row, item): &(&Scored<'_>, Item)| {
            let score = row.measured.logits.get(&model.id).map(|l| f64::from(*l));
            Item { score, suspected: false, ..*item }
        };
        let all: Vec<Item> = items.iter().map(scored).collect();
        let without = left.0.get(&model.id);
        let cells = values.iter().map(|(value, at)| {
            let own: Vec<Item> = at.iter().filter_map(|i| all.get(*i)).copied().collect();
            (value.clone(), cell(own, &all, without.is_some_and(|w| w.contains(value))))
        });
        (model.id.clone(), cells.collect())
    };
    models.iter().map(row).collect()
}

fn cell(own: Vec<Item>, all: &[Item], left_out: bool) -> Cell {
    let fakes = own.iter().filter(|i| i.fake).count();
    let against = if fakes == 0 || fakes == own.len() { Against::All } else { Against::Own };
    let mut items = own;
    if against == Against::All {
        items.extend(all.iter().filter(|i| i.fake != (fakes > 0)));
    }
    let m = Metrics::of(&items);
    let (n_fake, n_real) = (m.n_fake, m.n_real);
    Cell { auc: m.auc, tpr_at_fpr_0_01: m.tpr_at_fpr.one_percent, n_fake, n_real, against, left_out }
}
