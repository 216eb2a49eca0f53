//! What a package holds and what it speaks of.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The form of the manifest that this version writes and reads.
pub const MANIFEST_SCHEMA: &str = "facefiction.package/1";

/// A model with what its weights must hash to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedModel {
    /// Its id.
    pub id: String,
    /// SHA-256 of its weights.
    pub sha256: String,
    /// SHA-256 of the encoder that its weights are read through, for a second look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoder_sha256: Option<String>,
}

impl From<&analysis::Model> for ExpectedModel {
    fn from(model: &analysis::Model) -> Self {
        Self { id: model.id.clone(), sha256: model.sha256.clone(), encoder_sha256: model.encoder_sha256.clone() }
    }
}

/// How far a second run may differ.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tolerance {
    /// Between logits.
    pub logit: f64,
}

/// How far a logit may differ when it is computed again on the CPU, where the product's own bound holds.
const ON_CPU: f64 = 1e-3;
/// How far on processors that round otherwise (field guide 5.8).
const ELSEWHERE: f64 = 5e-3;

impl Tolerance {
    /// The program's own, of results that were computed on this device.
    pub fn of_device(device: &str) -> Self {
        Self { logit: if device == "cpu" { ON_CPU } else { ELSEWHERE } }
    }
}

/// The manifest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`MANIFEST_SCHEMA`].
    pub schema: String,
    /// When the package was made, RFC 3339, UTC.
    pub made: String,
    /// The program as it names itself.
    pub application: String,
    /// SHA-256 of the program's file; `None` where it could not be read.
    pub application_sha256: Option<String>,
    /// The evidence's own name, without folders; `None` when it was masked.
    pub evidence_name: Option<String>,
    /// Size of the evidence.
    pub evidence_bytes: Option<u64>,
    /// SHA-256 of the evidence.
    pub evidence_sha256: Option<String>,
    /// The models used.
    pub models: Vec<ExpectedModel>,
    /// How far a second run may differ.
    pub tolerance: Tolerance,
    /// SHA-256 of every other file of the package, the seal and this one aside.
    pub files: BTreeMap<String, String>,
    /// Entries of the log.
    pub log_entries: u64,
    /// Hash of its last entry.
    pub log_head: String,
}

impl Manifest {
    /// How far logits that were computed on this device may differ in a second run: as whoever sealed the package says,
    /// but never further than the program itself allows.
    pub fn tolerance_for(&self, device: &str) -> f64 {
        self.tolerance.logit.min(Tolerance::of_device(device).logit)
    }
}
