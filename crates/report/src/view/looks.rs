//! The thresholds that hold for an item: the verdicts allow for how many people were looked at, and so does every word
//! and every ground of a chart.

use std::collections::{BTreeMap, BTreeSet};

use analysis::{Analysis, MIN_TRACK_CROPS, MediaKind, ScoringFacts};

use crate::charts::Thresholds;

/// People who are looked at twice, at most (`SECOND_LOOK_PEOPLE` of `scan`).
const TWICE: usize = 4;

/// How many people each detector looked at, as its threshold allows for them.
pub(crate) struct Looks {
    all: usize,
    /// Of the second look.
    second: usize,
    /// The detectors of the second look.
    slow: BTreeSet<String>,
}

impl Looks {
    pub fn of(analysis: &Analysis) -> Self {
        let mut scored: BTreeMap<&str, BTreeMap<u32, usize>> = BTreeMap::new();
        let faces = analysis.timeline.iter().flat_map(|frame| &frame.faces).filter(|face| face.quality.usable);
        for (face, model) in faces.flat_map(|face| face.scores.keys().map(move |model| (face, model))) {
            *scored.entry(model).or_default().entry(face.track).or_default() += 1;
        }
        // A second look is a few faces of a few people, where another detector saw more of either.
        let each = if analysis.file.kind == Some(MediaKind::Video) { MIN_TRACK_CROPS } else { 1 };
        let few = |own: &BTreeMap<u32, usize>| own.len() <= TWICE && own.values().all(|n| *n <= each);
        let looked_on = scored.values().any(|own| !few(own));
        let slow = || scored.iter().filter(|(_, own)| looked_on && few(own));
        let twice: BTreeSet<u32> = slow().flat_map(|(_, own)| own.keys().copied()).collect();
        Self {
            all: analysis.looks(),
            second: twice.len().max(1),
            slow: slow().map(|(model, _)| (*model).to_owned()).collect(),
        }
    }

    /// Between which this detector says nothing.
    pub fn thresholds(&self, model: &str, facts: &ScoringFacts) -> Thresholds {
        let looks = if self.slow.contains(model) { self.second } else { self.all };
        let high = facts.points().map_or(facts.suspected, |points| points.suspected().threshold_for(looks as f64));
        Thresholds { low: facts.no_indication.get(), high: high.get() }
    }
}
