//! What was done, entry by entry, each holding the hash of the one before: none can be changed, taken out or
//! put in without the rest changing too.

use serde::{Deserialize, Serialize};

use super::sha256;
use crate::error::ReportError;

/// One thing that was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// From 1.
    pub n: u64,
    /// RFC 3339, UTC.
    pub at: String,
    /// A short name: `scanned`, `checked`, `picturesCut`, `reported`, `packaged`.
    pub what: String,
    /// The particulars.
    pub detail: String,
    /// Hash of the entry before; of nothing for the first.
    pub previous: String,
    /// SHA-256 over the other fields, each followed by a line end.
    pub hash: String,
}

impl Entry {
    fn sealed(n: u64, at: &str, what: &str, detail: &str, previous: String) -> Self {
        let mut entry = Self {
            n,
            at: at.to_owned(),
            what: what.to_owned(),
            detail: detail.to_owned(),
            previous,
            hash: String::new(),
        };
        entry.hash = entry.own_hash();
        entry
    }

    fn own_hash(&self) -> String {
        // Line ends within a field would let two different entries look the same.
        let field = |text: &str| text.replace('\\', "\\\\").replace('\n', "\\n");
        let all = [self.n.to_string(), field(&self.at), field(&self.what), field(&self.detail), field(&self.previous)];
        sha256(all.map(|f| f + "\n").concat().as_bytes())
    }
}

/// The chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Activity(Vec<Entry>);

impl Activity {
    /// Adds an entry.
    pub fn add(&mut self, at: &str, what: &str, detail: &str) {
        self.0.push(Entry::sealed(self.0.len() as u64 + 1, at, what, detail, self.head()));
    }

    /// Hash of the last entry; of nothing when there is none.
    pub fn head(&self) -> String {
        self.0.last().map_or_else(|| sha256(b""), |e| e.hash.clone())
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The entries, in order.
    pub fn entries(&self) -> &[Entry] {
        &self.0
    }

    /// One JSON object a line.
    pub(super) fn to_lines(&self) -> Result<String, ReportError> {
        let lines = self.0.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>()?;
        Ok(lines.into_iter().map(|line| line + "\n").collect())
    }

    /// Reads the lines; the number of the first entry, from 1, that is none or does not follow from the one
    /// before.
    pub(super) fn read(text: &str) -> Result<Self, u64> {
        let mut read = Self::default();
        for (i, line) in text.lines().enumerate() {
            let n = i as u64 + 1;
            let entry: Entry = serde_json::from_str(line).map_err(|_| n)?;
            if entry.n != n || entry.previous != read.head() || entry.hash != entry.own_hash() {
                return Err(n);
            }
            read.0.push(entry);
        }
        Ok(read)
    }
}
