//! An evidence package: a report with all that another expert needs to check it, and a seal that shows any
//! change.
//!
//! Files by name in memory: `report.pdf`, `analysis.json`, `configuration.json`, `exhibits/…`,
//! `activity.jsonl` (entries chained by their hashes), `manifest.json` (SHA-256 of all of them, of the evidence,
//! of the models and of the program) and `signature.json` (Ed25519 over the bytes of the manifest). A seal says
//! that nothing changed since it was set and, by the fingerprint of its key, by whom; whoever has the package
//! can seal another one with a key of their own, so fingerprints are told by another way.

mod activity;
mod check;
mod keyfile;
mod manifest;
mod pack;
mod seal;
mod shelf;

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

pub use activity::{Activity, Entry};
pub use check::{Checked, Problem, check};
pub use keyfile::{KeyFile, KeyState, key_path};
pub use manifest::{ExpectedModel, MANIFEST_SCHEMA, Manifest, Tolerance};
pub use pack::pack;
pub use seal::{Key, Signature, fingerprint};
pub use shelf::{
    Found, MAX_FILE_BYTES, MAX_FILES, MAX_PACKAGE_BYTES, ShelfError, is_package, read, read_folder, read_zip,
    write_folder, write_zip,
};

use crate::error::ReportError;

/// The report.
pub const REPORT: &str = "report.pdf";
/// The analysis.
pub const ANALYSIS: &str = "analysis.json";
/// How it was examined.
pub const CONFIGURATION: &str = "configuration.json";
/// The log.
pub const ACTIVITY: &str = "activity.jsonl";
/// What there is.
pub const MANIFEST: &str = "manifest.json";
/// The seal.
pub const SIGNATURE: &str = "signature.json";
/// Folder of the pictures.
pub const EXHIBITS: &str = "exhibits";

/// Files by their names, `/` between folders.
pub type Files = BTreeMap<String, Vec<u8>>;

/// Puts the log, the manifest and the seal beside the files.
///
/// # Errors
/// JSON that cannot be written.
pub fn seal(mut files: Files, activity: &Activity, manifest: Manifest, key: &Key) -> Result<Files, ReportError> {
    files.insert(ACTIVITY.to_owned(), activity.to_lines()?.into_bytes());
    let hashes = files.iter().map(|(name, bytes)| (name.clone(), sha256(bytes))).collect();
    let manifest =
        Manifest { files: hashes, log_entries: activity.len() as u64, log_head: activity.head(), ..manifest };
    let mut bytes = serde_json::to_vec_pretty(&manifest)?;
    bytes.push(b'\n');
    let mut signature = serde_json::to_vec_pretty(&key.sign(&bytes))?;
    signature.push(b'\n');
    files.insert(MANIFEST.to_owned(), bytes);
    files.insert(SIGNATURE.to_owned(), signature);
    Ok(files)
}

/// SHA-256 in lower-case hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    // Capitals would be a second way to write the same bytes.
    let digits = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if text.len() != 2 * N || !digits {
        return None;
    }
    for (i, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * i..2 * i + 2)?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests;
