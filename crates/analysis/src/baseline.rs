//! Where a questioned person stands among clips that the user knows to be real.
//!
//! A rank among a handful of clips says how usual a score is for this person or channel and this way of
//! delivery. It never changes a verdict: whoever chooses the clips would choose the verdict.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{Analysis, MIN_TRACK_CROPS, MediaKind, Person};

/// Fewest clips that a rank is given for.
pub const MIN_BASELINE_CLIPS: usize = 3;
/// Most clips that are taken.
pub const MAX_BASELINE_CLIPS: usize = 20;

/// A clip that the user knows to be real.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct BaselineClip {
    /// The path as given.
    pub path: String,
    /// SHA-256 in lower-case hexadecimal.
    pub sha256: Option<String>,
    /// By model id the highest aggregated logit of its people with enough usable crops; empty when it has
    /// none.
    pub logits: BTreeMap<String, f32>,
}

impl BaselineClip {
    /// What an examined clip contributes. Of several people the highest counts, so that a questioned person
    /// is not called unusual too easily.
    pub fn of(analysis: &Analysis) -> Self {
        let enough = |p: &&Person| p.usable_crops >= least_crops(analysis.file.kind);
        let mut logits: BTreeMap<String, f32> = BTreeMap::new();
        for (id, score) in analysis.people.iter().filter(enough).flat_map(|p| &p.scores) {
            let highest = logits.entry(id.clone()).or_insert(score.logit);
            *highest = highest.max(score.logit);
        }
        Self { path: analysis.file.path.clone(), sha256: analysis.file.sha256.clone(), logits }
    }
}

fn least_crops(kind: Option<MediaKind>) -> u64 {
    if kind == Some(MediaKind::Image) { 1 } else { MIN_TRACK_CROPS as u64 }
}

/// Where one person's score by one detector lies among the clips'.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct BaselineRank {
    /// The person, as in [`Person::track`].
    pub track: u32,
    /// The detector, by model id.
    pub model: String,
    /// Clips that have a score by this detector.
    pub n: u64,
    /// Of them, those whose score is at least the person's.
    pub reached: u64,
}

impl BaselineRank {
    /// Whether the person lies above every clip, and there are enough of them to say so. Of clips and person
    /// drawn alike this happens once in n + 1 times.
    pub fn unusual(&self) -> bool {
        self.reached == 0 && self.n >= MIN_BASELINE_CLIPS as u64
    }

    /// From the top, the highest being 1, of `n` + 1.
    pub fn rank(&self) -> u64 {
        self.reached + 1
    }
}

/// The clips, and where the item's people stand among them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// In the order given.
    pub clips: Vec<BaselineClip>,
    /// By person, then by model; only of people with enough usable crops.
    pub ranks: Vec<BaselineRank>,
}

impl Baseline {
    /// Ranks the people of an item. The item itself, by its hash, is left out of the clips: it cannot be its
    /// own measure; so is a clip that was given twice.
    pub fn of(analysis: &Analysis, clips: &[BaselineClip]) -> Self {
        let mut known: BTreeSet<String> = analysis.file.sha256.iter().cloned().collect();
        let new = |clip: &&BaselineClip| clip.sha256.as_ref().is_none_or(|sha256| known.insert(sha256.clone()));
        let clips: Vec<BaselineClip> = clips.iter().filter(new).cloned().collect();
        let enough = |p: &&Person| p.usable_crops >= least_crops(analysis.file.kind);
        let mut ranks = Vec::new();
        for person in analysis.people.iter().filter(enough) {
            for (model, score) in &person.scores {
                let known: Vec<f32> = clips.iter().filter_map(|c| c.logits.get(model).copied()).collect();
                if known.len() < MIN_BASELINE_CLIPS {
                    continue;
                }
                let reached = known.iter().filter(|l| **l >= score.logit).count() as u64;
                ranks.push(BaselineRank { track: person.track, model: model.clone(), n: known.len() as u64, reached });
            }
        }
        Self { clips, ranks }
    }
}
