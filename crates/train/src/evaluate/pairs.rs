//! Groups that hold reals and fakes, such as a scene before and after a swap: how often the fakes lie above.

use std::collections::BTreeMap;

use analysis::clopper_pearson;
use analysis::metrics::{Item, Rate};
use serde::Serialize;

use super::results::{ModelFacts, Scored};

/// One detector on the pairs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Pairs {
    /// Groups with both classes.
    pub groups: u64,
    /// Share of them whose fakes have the higher mean logit, ties half, with its exact 95 % interval.
    pub fake_above_real: Rate,
}

/// By model; empty when no group holds both classes.
pub(super) fn pairs(models: &[ModelFacts], items: &[(&Scored<'_>, Item)]) -> BTreeMap<String, Pairs> {
    let of = |model: &ModelFacts| Some((model.id.clone(), pairs_of(model, items)?));
    models.iter().filter_map(of).collect()
}

fn pairs_of(model: &ModelFacts, items: &[(&Scored<'_>, Item)]) -> Option<Pairs> {
    let mut groups: BTreeMap<usize, [Vec<f64>; 2]> = BTreeMap::new();
    for (row, item) in items {
        if let Some(logit) = row.measured.logits.get(&model.id) {
            let [real, fake] = groups.entry(item.group).or_default();
            (if item.fake { fake } else { real }).push(f64::from(*logit));
        }
    }
    let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
    let both = groups.values().filter(|[real, fake]| !real.is_empty() && !fake.is_empty());
    let apart: Vec<f64> = both.map(|[real, fake]| mean(fake) - mean(real)).collect();
    let n = apart.len() as u64;
    let won: f64 = apart
        .iter()
        .map(|d| {
            if *d > 0.0 {
                1.0
            } else if *d == 0.0 {
                0.5
            } else {
                0.0
            }
        })
        .sum();
    let bounds = clopper_pearson(won.round() as u64, n, 0.025);
    let rate = Rate { value: Some(won / n as f64), low: Some(bounds.low), high: Some(bounds.high) };
    (n > 0).then_some(Pairs { groups: n, fake_above_real: rate })
}
