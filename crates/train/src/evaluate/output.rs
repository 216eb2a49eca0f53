//! Writing everything that an evaluation found into its folder.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use super::confusion::confusion_svg;
use super::reliability::reliability_svg;
use super::results::Evaluation;
use super::roc::roc_svg;
use super::scores::scores_csv;
use super::shipped::buckets_of;
use super::summary::{headline, summary_md};
use super::tiers::tiers_svg;
use crate::TrainError;

/// What is written, in that order: the table of metrics last, so that a folder that has one is complete.
/// `tiers.svg` is there where files were delivered in several ways.
pub(super) const FILES: [&str; 8] = [
    "scores.csv",
    "buckets.json",
    "roc.svg",
    "reliability.svg",
    "confusion.svg",
    "tiers.svg",
    "summary.md",
    "metrics.json",
];

/// Writes all results into `out` and returns a few lines for people.
///
/// # Errors
/// [`TrainError::File`] when the disk refuses, [`TrainError::Drawing`].
pub fn write_results(evaluation: &Evaluation<'_>, out: &Path) -> Result<String, TrainError> {
    let failed = |name: &str| {
        let path = out.join(name);
        move |cause: io::Error| TrainError::File { cause, path }
    };
    let tables = evaluation.tables();
    let buckets: BTreeMap<&str, _> =
        evaluation.models.iter().map(|m| (m.id.as_str(), buckets_of(evaluation, m))).collect();
    let json = |name: &str, value: serde_json::Result<Vec<u8>>| value.map_err(|e| failed(name)(e.into()));
    let scores = scores_csv(evaluation).map_err(|e| failed("scores.csv")(io::Error::other(e)))?;
    let contents: [Option<Vec<u8>>; 8] = [
        Some(scores),
        Some(json("buckets.json", serde_json::to_vec_pretty(&buckets))?),
        Some(roc_svg(evaluation, &tables)?.into_bytes()),
        Some(reliability_svg(evaluation, &tables)?.into_bytes()),
        Some(confusion_svg(evaluation, &tables)?.into_bytes()),
        tiers_svg(evaluation, &tables)?.map(String::into_bytes),
        Some(summary_md(evaluation, &tables, &buckets).into_bytes()),
        Some(json("metrics.json", serde_json::to_vec_pretty(&tables))?),
    ];
    for (name, content) in FILES.into_iter().zip(contents) {
        if let Some(content) = content {
            write(&out.join(name), &content).map_err(failed(name))?;
        }
    }
    Ok(headline(evaluation, &tables))
}

/// Takes away what an earlier run wrote, so that a run that is stopped never looks finished.
///
/// # Errors
/// [`TrainError::File`].
pub fn clear_results(out: &Path) -> Result<(), TrainError> {
    for name in FILES {
        let path = out.join(name);
        match fs::remove_file(&path) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(TrainError::File { cause, path }),
            _ => {}
        }
    }
    Ok(())
}

/// Readers see the old content or the new one, never a part.
pub(super) fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".partial");
    let draft = path.with_file_name(name);
    fs::write(&draft, content).and_then(|()| fs::rename(&draft, path)).inspect_err(|_| {
        // What could not be written is not left behind; the first error is the one to tell.
        let _ = fs::remove_file(&draft);
    })
}
