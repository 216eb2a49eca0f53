//! One line of the table between measuring and fitting.

use std::path::Path;

use anyhow::Context;
use serde::{Deserialize, Serialize};

/// A still, or the track of a clip that lasts longest.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Row {
    /// `stills`, `dfdc`, `videos` or `media`.
    pub list: String,
    pub file: String,
    pub label: String,
    /// Manipulation of a clip, generator of a still.
    pub kind: String,
    pub source: String,
    /// The unit that must never be split.
    pub group: String,
    pub split: String,
    /// Usable crops: 1 for a still.
    pub crops: usize,
    /// Whether the quality gate lets it through; of a clip, whether there are enough such crops.
    pub usable: bool,
    /// Mean logits, from the product's own box; none where no face was found.
    pub generated: Option<f64>,
    pub swapped: Option<f64>,
    /// From the box of the list; none for clips.
    pub generated_listed: Option<f64>,
    pub swapped_listed: Option<f64>,
}

impl Row {
    pub fn is_fake(&self) -> bool {
        self.label == "fake"
    }
}

pub fn write(rows: &[Row], path: &Path) -> anyhow::Result<()> {
    let mut out = csv::Writer::from_path(path)?;
    for row in rows {
        out.serialize(row)?;
    }
    Ok(out.flush()?)
}

pub fn read(path: &Path) -> anyhow::Result<Vec<Row>> {
    csv::Reader::from_path(path)?.deserialize().map(|r| r.context("a row that `measure` did not write")).collect()
}
