//! What is wrong with a package, named file by file.

use analysis::Analysis;

use super::seal::Sealed;
use super::{
    ACTIVITY, ANALYSIS, Activity, ExpectedModel, Files, MANIFEST, MANIFEST_SCHEMA, Manifest, SIGNATURE, Signature,
    Tolerance, sha256,
};

/// Something that is not as it was when the package was sealed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Problem {
    /// A file of the package is not there.
    Missing {
        /// Its name.
        file: String,
    },
    /// A file of the package has other bytes.
    Changed {
        /// Its name.
        file: String,
    },
    /// A file that the manifest does not know.
    Added {
        /// Its name.
        file: String,
    },
    /// A file of the package is not of the form it should have.
    Unreadable {
        /// Its name.
        file: String,
    },
    /// The log does not follow from itself.
    LogBroken {
        /// The first entry that does not fit, from 1.
        entry: u64,
    },
    /// The log has another end than the manifest says.
    LogCut,
    /// The analysis is about another file, or was made with other models, than the manifest says.
    Contradiction {
        /// Of what.
        what: &'static str,
    },
    /// The manifest lets a second run differ further than this program does.
    Tolerance {
        /// How far, in logits.
        asked: String,
    },
}

impl Problem {
    /// Whether something changed since the package was sealed, or cannot be as it was. A tolerance is as it was sealed.
    pub fn is_change(&self) -> bool {
        !matches!(self, Self::Tolerance { .. })
    }
}

/// What a check found.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// Sorted; none of them [a change](Problem::is_change) when the package is untouched.
    pub problems: Vec<Problem>,
    /// The manifest, where it can be read.
    pub manifest: Option<Manifest>,
    /// The analysis, where it can be read.
    pub analysis: Option<Analysis>,
    /// Fingerprint of the key that sealed it, where the seal can be read.
    pub fingerprint: Option<String>,
}

/// Checks every byte of a package, its log and its seal.
pub fn check(files: &Files) -> Checked {
    let mut problems = Vec::new();
    let signature: Option<Signature> = part(files, SIGNATURE, &mut problems);
    let manifest: Option<Manifest> = part(files, MANIFEST, &mut problems);
    let manifest = manifest.filter(|m| {
        let known = m.schema == MANIFEST_SCHEMA;
        if !known {
            problems.push(Problem::Unreadable { file: MANIFEST.to_owned() });
        }
        known
    });
    if let (Some(signature), Some(bytes)) = (&signature, files.get(MANIFEST)) {
        match signature.of(bytes) {
            Sealed::Yes => {}
            Sealed::OtherManifest => problems.push(Problem::Changed { file: MANIFEST.to_owned() }),
            Sealed::Broken => problems.push(Problem::Changed { file: SIGNATURE.to_owned() }),
        }
    }
    let analysis =
        files.get(ANALYSIS).and_then(|b| std::str::from_utf8(b).ok()).and_then(|t| Analysis::from_json(t).ok());
    if let Some(manifest) = &manifest {
        against(manifest, files, analysis.as_ref(), &mut problems);
    }
    log(manifest.as_ref(), files, &mut problems);
    problems.sort();
    problems.dedup();
    Checked { problems, manifest, analysis, fingerprint: signature.map(|s| s.fingerprint) }
}

fn part<T: serde::de::DeserializeOwned>(files: &Files, name: &str, problems: &mut Vec<Problem>) -> Option<T> {
    let file = name.to_owned();
    match files.get(name) {
        None => {
            problems.push(Problem::Missing { file });
            None
        }
        Some(bytes) => {
            let read = serde_json::from_slice(bytes).ok();
            if read.is_none() {
                problems.push(Problem::Unreadable { file });
            }
            read
        }
    }
}

fn against(manifest: &Manifest, files: &Files, analysis: Option<&Analysis>, problems: &mut Vec<Problem>) {
    for (file, hash) in &manifest.files {
        let file = file.clone();
        match files.get(&file) {
            None => problems.push(Problem::Missing { file }),
            Some(bytes) if sha256(bytes) != *hash => problems.push(Problem::Changed { file }),
            Some(_) => {}
        }
    }
    let sealed = |name: &String| name == MANIFEST || name == SIGNATURE;
    let added = files.keys().filter(|name| !sealed(name) && !manifest.files.contains_key(*name));
    problems.extend(added.map(|name| Problem::Added { file: name.clone() }));
    let Some(analysis) = analysis else {
        return problems.push(Problem::Unreadable { file: ANALYSIS.to_owned() });
    };
    // An analysis that was changed is named already; what it says now is nobody's fault.
    if problems.contains(&Problem::Changed { file: ANALYSIS.to_owned() }) {
        return;
    }
    if analysis.file.sha256 != manifest.evidence_sha256 {
        problems.push(Problem::Contradiction { what: "evidence" });
    }
    if !analysis.models.iter().map(ExpectedModel::from).eq(manifest.models.iter().cloned()) {
        problems.push(Problem::Contradiction { what: "models" });
    }
    if manifest.tolerance.logit > Tolerance::of_device(&analysis.run.device).logit {
        problems.push(Problem::Tolerance { asked: manifest.tolerance.logit.to_string() });
    }
}

fn log(manifest: Option<&Manifest>, files: &Files, problems: &mut Vec<Problem>) {
    let Some(bytes) = files.get(ACTIVITY) else { return };
    match std::str::from_utf8(bytes).map_err(|_| 1).and_then(Activity::read) {
        Err(entry) => problems.push(Problem::LogBroken { entry }),
        Ok(read) if manifest.is_some_and(|m| m.log_entries != read.len() as u64 || m.log_head != read.head()) => {
            problems.push(Problem::LogCut);
        }
        Ok(_) => {}
    }
}
