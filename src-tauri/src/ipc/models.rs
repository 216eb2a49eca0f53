//! Installed models.

use scan::analysis::Task;
use serde::Serialize;

use super::{Threshold, Validation};

/// Whether a model can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum ModelState {
    /// Its weights are those that its card names.
    Verified,
    /// Its weights are others.
    HashMismatch,
    /// Its card or its weights do not read.
    Broken,
    /// It is intact, and past its expiry.
    Expired,
    /// Its own weights are intact; the encoder that it needs is not on this machine.
    NoEncoder,
}

/// What a picture of a model's validation shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum FigureKind {
    /// True against false alarms.
    Roc,
    /// Scores against how often they were right.
    Reliability,
    /// What was taken for what.
    Confusion,
    /// What is left when files have travelled.
    Tiers,
    /// The course of the training.
    Training,
}

/// A picture that a model brings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct Figure {
    /// What it shows.
    pub kind: FigureKind,
    /// Path for the `frame:` scheme.
    pub url: String,
}

/// An installed model with its card.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct ModelView {
    /// Name of its folder.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Of the weights.
    pub version: String,
    /// The question it answers.
    pub task: Task,
    /// The network.
    pub architecture: String,
    /// Terms of the weights.
    pub licence: String,
    /// Where the weights come from.
    pub source: String,
    /// Data the weights were fitted to.
    pub trained_on: String,
    /// What it must not be used for.
    pub not_for: String,
    /// Day.
    pub trained: String,
    /// Day.
    pub expires: String,
    /// Of the weights.
    pub sha256: String,
    /// Of the weights.
    pub bytes: u64,
    /// Whether it can be used.
    pub state: ModelState,
    /// Why not.
    pub detail: Option<String>,
    /// Whether it scores faces.
    pub is_scoring: bool,
    /// Whether it takes part in examinations.
    pub chosen: bool,
    /// Whether it is slow and looks at the crops on which a verdict rests only.
    pub second_look: bool,
    /// Whether it came with the program.
    pub built_in: bool,
    /// What its validation counted.
    pub validation: Option<Validation>,
    /// What its scores are held against.
    pub threshold: Option<Threshold>,
    /// Pictures that it brings.
    pub figures: Vec<Figure>,
}
