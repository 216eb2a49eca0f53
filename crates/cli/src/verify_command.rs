//! `facefiction verify`: is a package untouched, and do its numbers come out again?

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use report::package::{Checked, ExpectedModel, Manifest, check, read};
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
}

fn verified(args: &VerifyArgs, told: &mut Told, ctx: &Ctx) -> Result<(), Unmade> {
    let path = &args.package;
    if !path.exists() {
        return Err(Unmade::Usage(format!("no such package: {}", path.display())));
    }
    let files = read(path).map_err(|error| Unmade::Failed(error.to_string()))?;
    let checked = check(&files);
    drop(files);
    if checked.problems.is_empty() {
        told.fine(Said::Untouched(checked.fingerprint.as_deref().unwrap_or_default()));
    } else {
        told.wrong = true;
        told.lines.push(told.words.verify(Said::Touched));
        let problems = checked.problems.iter().map(|p| format!("- {}", told.words.problem(p)));
        told.lines.extend(problems.collect::<Vec<_>>());
    }
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
        told.wrong(Said::EvidenceChanged { found: found.as_deref().unwrap_or("?") });
        told.fine(Said::NotRerun);
        return Ok(());
    }
    told.fine(Said::EvidenceSame);
    match (models, checked.problems.is_empty() && same_models) {
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
            Ok(card) if card.weights.sha256 == model.sha256 => continue,
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
    let tolerance = manifest.tolerance.logit;
    let compared = rerun(evidence, analysis, tolerance, models, ctx)?;
    for difference in &compared.differences {
        told.wrong(Said::Differs(difference));
    }
    if compared.differences.is_empty() {
        told.fine(Said::Confirmed { n: compared.logits, largest: compared.largest, tolerance });
    }
    Ok(())
}
