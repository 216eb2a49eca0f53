//! `facefiction verify`: is a package untouched, and do its numbers come out again?

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use report::package::{Checked, ExpectedModel, Manifest, Problem, check, read};
use scan::base::Ctx;
use scan::models::{NetsError, find, verify};
use scan::{rerun, sha256_of};

use crate::args::VerifyArgs;
use crate::exit::Exit;
use crate::models_dir;
use crate::reports::{Unmade, tell};
use crate::safe::one_line;
use crate::words::{Said, Words};

/// Runs the command.
///
/// # Errors
/// Standard output that cannot be written.
pub(crate) fn run(args: &VerifyArgs) -> anyhow::Result<Exit> {
    let cancel = crate::stop::on_signals()?;
    let mut told = Told { words: args.lang.words(), lines: Vec::new(), wrong: false };
    let ended = verified(args, &mut told, &Ctx::new(cancel, |_| {}));
    let mut out = io::stdout().lock();
    for line in &told.lines {
        writeln!(out, "{}", one_line(line))?;
    }
    Ok(match ended {
        Err(unmade) => unmade.told(),
        Ok(()) if told.wrong => Exit::Failed,
        Ok(()) => Exit::Finished,
    })
}

/// What is said, in order.
struct Told {
    words: &'static dyn Words,
    lines: Vec<String>,
    wrong: bool,
}

impl Told {
    fn fine(&mut self, said: Said<'_>) {
        self.lines.push(self.words.verify(said));
    }

    fn wrong(&mut self, said: Said<'_>) {
        self.wrong = true;
        self.lines.push(format!("- {}", self.words.verify(said)));
    }

    fn problem(&mut self, problem: &Problem) {
        self.wrong = true;
        self.lines.push(format!("- {}", self.words.problem(problem)));
    }
}

fn verified(args: &VerifyArgs, told: &mut Told, ctx: &Ctx) -> Result<(), Unmade> {
    let path = &args.package;
    if !path.exists() {
        return Err(Unmade::Usage(format!("no such package: {}", path.display())));
    }
    if let Some(named) = args.evidence.as_deref().filter(|named| !named.exists()) {
        return Err(Unmade::Usage(format!("no such file to compare with: {}", named.display())));
    }
    let files = read(path).map_err(|error| Unmade::Failed(error.to_string()))?;
    let checked = check(&files);
    drop(files);
    let touched = checked.problems.iter().any(Problem::is_change);
    let key = checked.fingerprint.as_deref().unwrap_or_default();
    told.fine(if touched { Said::Touched } else { Said::Untouched(key) });
    checked.problems.iter().for_each(|problem| told.problem(problem));
    let Some(manifest) = &checked.manifest else { return Ok(()) };
    let models = models_dir::find(args.models_dir.as_deref());
    let models = models.inspect_err(|error| tell(&error.to_string())).ok();
    let same_models = models.as_deref().is_some_and(|dir| compare_models(dir, &manifest.models, told));
    let Some(evidence) = evidence(args, manifest) else {
        told.fine(Said::NoEvidence);
        return Ok(());
    };
    let found = sha256_of(&evidence, ctx)?;
    if found.is_none() || found != manifest.evidence_sha256 {
        match &found {
            Some(found) => told.wrong(Said::EvidenceChanged { found }),
            None => told.wrong(Said::EvidenceUnreadable(&evidence.to_string_lossy())),
        }
        told.fine(Said::NotRerun);
        return Ok(());
    }
    told.fine(Said::EvidenceSame);
    match (models, !touched && same_models) {
        (Some(dir), true) => again(&evidence, &checked, manifest, &dir, told, ctx),
        _ => {
            told.wrong = true;
            told.fine(Said::NotRerun);
            Ok(())
        }
    }
}

/// Whether the models installed here are those that were used.
fn compare_models(dir: &Path, used: &[ExpectedModel], told: &mut Told) -> bool {
    let mut same = true;
    for model in used {
        let own = find(dir, &model.id).and_then(|folder| verify(&folder));
        match own {
            Ok(card) if card.is_of(&model.sha256, model.encoder_sha256.as_deref()) => continue,
            Err(NetsError::NoSuchModel { .. }) => told.wrong(Said::ModelAbsent(&model.id)),
            Ok(_) | Err(_) => told.wrong(Said::ModelChanged(&model.id)),
        }
        same = false;
    }
    same
}

/// The examined file: as named, or beside the package under its name.
fn evidence(args: &VerifyArgs, manifest: &Manifest) -> Option<PathBuf> {
    if let Some(named) = &args.evidence {
        return Some(named.clone());
    }
    // The name is what a stranger wrote: only its last part counts.
    let name = Path::new(manifest.evidence_name.as_deref()?).file_name()?.to_owned();
    let package = args.package.canonicalize().ok()?;
    Some(package.parent()?.join(name)).filter(|path| path.is_file())
}

fn again(
    evidence: &Path,
    checked: &Checked,
    manifest: &Manifest,
    models: &Path,
    told: &mut Told,
    ctx: &Ctx,
) -> Result<(), Unmade> {
    let Some(analysis) = checked.analysis.as_ref().filter(|a| a.error.is_none()) else {
        told.fine(Said::NotRerun);
        return Ok(());
    };
    let tolerance = manifest.tolerance_for(&analysis.run.device);
    let compared = rerun(evidence, analysis, tolerance, models, ctx)?;
    for difference in &compared.differences {
        told.wrong(Said::Differs(difference));
    }
    if compared.differences.is_empty() {
        told.fine(Said::Confirmed { n: compared.logits, largest: compared.largest, tolerance });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Lang;
    use report::package::{ANALYSIS, Activity, Files, Key, MANIFEST_SCHEMA, Tolerance, seal, write_folder};
    use scan::analysis::{Reason, Verdict};
    use std::fs;

    /// A package of an analysis by no models, in a folder.
    fn packed(folder: &Path, logit: f64) -> PathBuf {
        let analysis = crate::tests::analysis("a.jpg", Verdict::not_examined([Reason::NoFace]));
        let manifest = Manifest {
            schema: MANIFEST_SCHEMA.into(),
            made: "2026-01-01T00:00:00Z".into(),
            application: "facefiction 0".into(),
            application_sha256: None,
            evidence_name: Some("a.jpg".into()),
            evidence_bytes: Some(1),
            evidence_sha256: analysis.file.sha256.clone(),
            models: vec![],
            tolerance: Tolerance { logit },
            files: Default::default(),
            log_entries: 0,
            log_head: String::new(),
        };
        let files = Files::from([(ANALYSIS.to_owned(), analysis.to_json_line().unwrap().into_bytes())]);
        let sealed = seal(files, &Activity::default(), manifest, &Key::generate().unwrap()).unwrap();
        let out = folder.join("package");
        write_folder(&out, &folder.join("draft"), &sealed).unwrap();
        out
    }

    fn told(package: PathBuf, evidence: Option<PathBuf>) -> (Result<(), Unmade>, Told) {
        let args = VerifyArgs { package, evidence, lang: Lang::En, models_dir: None };
        let mut told = Told { words: Lang::En.words(), lines: Vec::new(), wrong: false };
        (verified(&args, &mut told, &Ctx::silent()), told)
    }

    #[test]
    fn a_file_to_compare_with_that_is_not_there_is_wrong_usage() {
        let dir = tempfile::tempdir().unwrap();
        let (ended, told) = told(packed(dir.path(), 1e-3), Some(dir.path().join("typo.mp4")));
        assert!(matches!(&ended, Err(Unmade::Usage(said)) if said.contains("typo.mp4")), "{ended:?}");
        assert_eq!(told.lines, Vec::<String>::new());
    }

    #[test]
    fn a_file_that_cannot_be_read_is_told_as_such() {
        let dir = tempfile::tempdir().unwrap();
        let unreadable = dir.path().join("folder.mp4");
        fs::create_dir(&unreadable).unwrap();
        let (ended, told) = told(packed(dir.path(), 1e-3), Some(unreadable));
        let said = told.lines.join("\n");
        assert!(ended.is_ok() && told.wrong, "{said}");
        assert!(said.contains("cannot be read: ") && said.contains("folder.mp4"), "{said}");
        assert!(!said.contains("SHA-256"), "{said}");
    }

    #[test]
    fn a_tolerance_that_the_sealer_chose_is_named_and_the_rest_is_as_it_was_sealed() {
        let dir = tempfile::tempdir().unwrap();
        let (ended, told) = told(packed(dir.path(), 40.0), None);
        let said = told.lines.join("\n");
        assert!(ended.is_ok() && told.wrong, "{said}");
        assert!(said.contains("is as it was sealed") && said.contains("differ by 40,"), "{said}");
    }
}
