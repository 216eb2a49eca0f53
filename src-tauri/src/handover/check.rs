//! Is a package untouched, and do its numbers come out again?

use std::path::{Path, PathBuf};

use report::package::{self, Checked, ExpectedModel, KeyFile, Manifest, Problem};
use scan::base::Ctx;
use scan::models::{NetsError, find, verify};
use scan::{rerun, sha256_of};

use crate::desk::Desk;
use crate::error::CommandError;
use crate::ipc::{ModelMatch, PackageCheck, PackageEvidence, PackageModel, PackageProblem, Rerun};
use crate::selection::{Parcel, name_of};

/// Checks every byte of a package, its log and its seal; with the examined file, the same models and an untouched
/// package, examines the file again and compares.
///
/// # Errors
/// A package that cannot be read at all; models that cannot be loaded.
pub fn check(desk: &Desk, parcel: &Parcel, ctx: &Ctx<'_>) -> Result<PackageCheck, CommandError> {
    let files = package::read(&parcel.path)?;
    let checked = package::check(&files);
    drop(files);
    ctx.check()?;
    let own = KeyFile::fingerprint(desk.key());
    let mut found = PackageCheck {
        name: name_of(&parcel.path),
        problems: checked.problems.iter().map(problem).collect(),
        files: 0,
        made: None,
        application: None,
        own_key: own.is_some() && own == checked.fingerprint,
        fingerprint: checked.fingerprint.clone(),
        evidence_sha256: None,
        evidence: PackageEvidence::Absent,
        models: Vec::new(),
        rerun: Rerun::NotRun,
    };
    let Some(manifest) = &checked.manifest else { return Ok(found) };
    found.files = u32::try_from(manifest.files.len()).unwrap_or(u32::MAX);
    found.made = Some(manifest.made.clone());
    found.application = Some(manifest.application.clone());
    found.evidence_sha256 = manifest.evidence_sha256.clone();
    let models = desk.models_folder()?;
    found.models = manifest.models.iter().map(|used| compare(&models, used)).collect();
    let Some(evidence) = parcel.evidence.clone().or_else(|| beside(&parcel.path, manifest)) else { return Ok(found) };
    found.evidence = identify(&evidence, manifest, ctx)?;
    let same_models = found.models.iter().all(|model| model.state == ModelMatch::Same);
    if found.problems.is_empty() && same_models && matches!(found.evidence, PackageEvidence::Same { .. }) {
        found.rerun = again(&evidence, &checked, manifest, &models, ctx)?;
    }
    Ok(found)
}

fn problem(problem: &Problem) -> PackageProblem {
    match problem.clone() {
        Problem::Missing { file } => PackageProblem::Missing { file },
        Problem::Changed { file } => PackageProblem::Changed { file },
        Problem::Added { file } => PackageProblem::Added { file },
        Problem::Unreadable { file } => PackageProblem::Unreadable { file },
        Problem::LogBroken { entry } => PackageProblem::LogBroken { entry },
        Problem::LogCut => PackageProblem::LogCut,
        Problem::Contradiction { what: "evidence" } => PackageProblem::OtherEvidence,
        Problem::Contradiction { .. } => PackageProblem::OtherModels,
        Problem::Tolerance { asked } => PackageProblem::Tolerance { asked },
    }
}

fn compare(models: &Path, used: &ExpectedModel) -> PackageModel {
    let state = match find(models, &used.id).and_then(|folder| verify(&folder)) {
        Ok(card) if card.is_of(&used.sha256, used.encoder_sha256.as_deref()) => ModelMatch::Same,
        Err(NetsError::NoSuchModel { .. }) => ModelMatch::Absent,
        Ok(_) | Err(_) => ModelMatch::Changed,
    };
    PackageModel { id: used.id.clone(), state }
}

/// The examined file, under its name beside the package.
fn beside(path: &Path, manifest: &Manifest) -> Option<PathBuf> {
    // The name is what a stranger wrote: only its last part counts.
    let name = Path::new(manifest.evidence_name.as_deref()?).file_name()?.to_owned();
    let file = path.canonicalize().ok()?.parent()?.join(name);
    file.is_file().then_some(file)
}

fn identify(path: &Path, manifest: &Manifest, ctx: &Ctx<'_>) -> Result<PackageEvidence, CommandError> {
    let (name, sha256) = (name_of(path), sha256_of(path, ctx)?);
    let same = sha256.is_some() && sha256 == manifest.evidence_sha256;
    Ok(if same { PackageEvidence::Same { name } } else { PackageEvidence::Other { name, sha256 } })
}

fn again(
    evidence: &Path,
    checked: &Checked,
    manifest: &Manifest,
    models: &Path,
    ctx: &Ctx<'_>,
) -> Result<Rerun, CommandError> {
    let Some(analysis) = checked.analysis.as_ref().filter(|analysis| analysis.error.is_none()) else {
        return Ok(Rerun::NotRun);
    };
    let tolerance = manifest.tolerance_for(&analysis.run.device);
    let compared = rerun(evidence, analysis, tolerance, models, ctx)?;
    Ok(if compared.differences.is_empty() {
        Rerun::Confirmed { logits: compared.logits as u64, largest: compared.largest, tolerance }
    } else {
        Rerun::Differs { differences: compared.differences, tolerance }
    })
}
