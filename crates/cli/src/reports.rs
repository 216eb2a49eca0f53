//! `facefiction report`, and what every command needs that makes a report.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use report::{Dossier, Extent, MAX_DOSSIER_BYTES, Material, Moment, Redaction, Style, concerned, render_pdf};
use scan::analysis::{Analysis, EvidenceState, Exhibit, ModelFacts};
use scan::base::{Cancelled, Ctx};
use scan::{
    APP, Limits, Masking, ScanError, Store, collect_exhibits, heat_maps, model_facts, write_atomically, write_new,
};

use crate::args::{ReportArgs, ScanArgs, Wanted};
use crate::exit::Exit;
use crate::models_dir;
use crate::safe::one_line;

/// Bytes of an analysis that are read at most: hours of a crowd.
const MAX_ANALYSIS_BYTES: u64 = 2 << 30;

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unmade {
    /// What was asked for makes no sense.
    #[error("{0}")]
    Usage(String),
    /// The work was stopped.
    #[error("cancelled")]
    Cancelled,
    /// It could not be done.
    #[error("{0}")]
    Failed(String),
}

impl From<Cancelled> for Unmade {
    fn from(Cancelled: Cancelled) -> Self {
        Self::Cancelled
    }
}

impl From<report::ReportError> for Unmade {
    fn from(error: report::ReportError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<ScanError> for Unmade {
    fn from(error: ScanError) -> Self {
        match error {
            ScanError::Exists { .. } => Self::Usage(error.to_string()),
            ScanError::Cancelled => Self::Cancelled,
            error => Self::Failed(error.to_string()),
        }
    }
}

impl Unmade {
    /// Says why on standard error.
    pub(crate) fn told(&self) -> Exit {
        if !matches!(self, Self::Cancelled) {
            tell(&self.to_string());
        }
        match self {
            Self::Usage(_) => Exit::Usage,
            Self::Cancelled => Exit::Cancelled,
            Self::Failed(_) => Exit::Failed,
        }
    }
}

/// A line on standard error.
pub(crate) fn tell(line: &str) {
    // Nobody can be told that standard error is closed.
    let _ = writeln!(io::stderr(), "facefiction: {}", one_line(line));
}

/// Everything a report is made from.
pub(crate) struct Prepared {
    pub analysis: Analysis,
    pub models: Vec<ModelFacts>,
    pub exhibits: Vec<Exhibit>,
    pub evidence: EvidenceState,
    pub dossier: Dossier,
    pub made: Moment,
    pub style: Style,
}

impl Prepared {
    /// Reads an analysis and what `wanted` names, and cuts the pictures.
    ///
    /// # Errors
    /// Files that cannot be read or are not what they should be.
    pub(crate) fn read(path: &Path, wanted: &Wanted, ctx: &Ctx) -> Result<Self, Unmade> {
        let analysis = read_analysis(path)?;
        let dossier = wanted.dossier.as_deref().map(read_dossier).transpose()?.unwrap_or_default();
        let folder = path.parent().unwrap_or(Path::new(""));
        let file = evidence_path(&analysis, folder, wanted.evidence.as_deref());
        let style = Style {
            lang: wanted.lang.of_report(),
            extent: if wanted.summary { Extent::Summary } else { Extent::Full },
            redaction: if wanted.redact { Redaction::On } else { Redaction::Off },
        };
        // `scan --out` writes analyses into a folder beside that of the heat maps.
        let above = folder.join("..");
        let models = models_dir::find(wanted.models_dir.as_deref()).ok();
        if models.is_none() {
            tell("no models found: the report holds nothing from their cards");
        }
        let facts = models.map(|dir| model_facts(&dir, &analysis)).unwrap_or_default();
        Ok(Self::of(analysis, facts, (&file, &[folder, &above]), dossier, style, ctx)?)
    }

    /// From an analysis at hand; heat maps are looked for in `folders`.
    ///
    /// # Errors
    /// When cancelled.
    pub(crate) fn of(
        analysis: Analysis,
        models: Vec<ModelFacts>,
        (file, folders): (&Path, &[&Path]),
        dossier: Dossier,
        style: Style,
        ctx: &Ctx,
    ) -> Result<Self, Cancelled> {
        let masking = match style.redaction {
            Redaction::Off => Masking::Off,
            Redaction::On => Masking::Others(concerned(&analysis, &dossier)),
        };
        let cut = collect_exhibits(file, &analysis, &masking, &Limits::default(), ctx)?;
        let mut exhibits = cut.exhibits;
        exhibits.extend(heat_maps(&analysis, folders, &masking));
        Ok(Self { analysis, models, exhibits, evidence: cut.evidence, dossier, made: now(), style })
    }

    /// The PDF.
    ///
    /// # Errors
    /// What the typesetter says.
    pub(crate) fn pdf(&self) -> Result<Vec<u8>, report::ReportError> {
        render_pdf(&self.material())
    }

    /// What the report and the package are made from.
    pub(crate) fn material(&self) -> Material<'_> {
        Material {
            analysis: &self.analysis,
            models: &self.models,
            exhibits: &self.exhibits,
            evidence: &self.evidence,
            dossier: &self.dossier,
            app: APP,
            made: self.made,
            style: self.style,
        }
    }

    /// Says on standard error why there are no pictures, where that is not as it should be.
    pub(crate) fn tell_evidence(&self) {
        match &self.evidence {
            EvidenceState::Unchanged => {}
            EvidenceState::Absent => tell("the examined file was not found: the report has no pictures of it"),
            EvidenceState::Changed { .. } => {
                tell("the file found is not the one that was examined: the report has no pictures of it");
            }
            EvidenceState::Undecodable => tell("the frames could not be decoded again: the report has no pictures"),
        }
    }
}

/// `scan --report`: a PDF of every item, beside its JSON.
pub(crate) struct Reporting<'a> {
    out: &'a Path,
    models_dir: &'a Path,
    style: Style,
    /// Files of this scan: copies of one file have the same name.
    written: RefCell<BTreeSet<PathBuf>>,
}

impl<'a> Reporting<'a> {
    /// For a scan with `--out`.
    pub(crate) fn new(args: &'a ScanArgs, models_dir: &'a Path) -> Self {
        let style = Style { lang: args.lang.of_report(), ..Style::default() };
        Self { out: args.out.as_deref().unwrap_or(Path::new(".")), models_dir, style, written: RefCell::default() }
    }

    /// Writes the report of one item; gives back what is worth a note.
    ///
    /// # Errors
    /// What the typesetter or the disk says.
    pub(crate) fn write(
        &self,
        index: usize,
        path: &Path,
        analysis: &Analysis,
        store: Option<&Store>,
        ctx: &Ctx,
    ) -> Result<Option<String>, Unmade> {
        let kept = store.zip(analysis.file.sha256.as_deref()).filter(|_| analysis.error.is_none());
        // An item that failed has no JSON of its own; its report goes by its place in the list.
        let unnamed = || self.out.join("analyses").join(format!("failed-{:05}.pdf", index + 1));
        let target = kept.map_or_else(unnamed, |(store, sha)| store.place(sha).with_extension("pdf"));
        let target = self.own(target);
        let replaced = target.exists();
        let models = model_facts(self.models_dir, analysis);
        let files = (path, &[self.out][..]);
        let prepared = Prepared::of(analysis.clone(), models, files, Dossier::default(), self.style, ctx)?;
        write_atomically(&target, &prepared.pdf()?)?;
        Ok(replaced.then(|| format!("replaced: {}", target.display())))
    }
}

impl Reporting<'_> {
    /// The name, with a number where a copy of the same file got it already.
    fn own(&self, target: PathBuf) -> PathBuf {
        let mut written = self.written.borrow_mut();
        let stem = target.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let numbered = (2..).map(|n| target.with_file_name(format!("{stem}-{n}.pdf")));
        let own =
            std::iter::once(target.clone()).chain(numbered).find(|name| !written.contains(name)).unwrap_or(target);
        written.insert(own.clone());
        own
    }
}

/// Runs `report`.
///
/// # Errors
/// None that is not told here.
pub(crate) fn run(args: &ReportArgs) -> anyhow::Result<Exit> {
    let cancel = crate::stop::on_signals()?;
    let made = || -> Result<(), Unmade> {
        free(&args.out)?;
        let prepared = Prepared::read(&args.analysis, &args.wanted, &Ctx::new(cancel.clone(), |_| {}))?;
        prepared.tell_evidence();
        write_new(&args.out, &prepared.pdf()?)?;
        Ok(())
    };
    Ok(made().map_or_else(|unmade| unmade.told(), |()| Exit::Finished))
}

/// Nothing existing is replaced: better told before the work than after it.
pub(crate) fn free(out: &Path) -> Result<(), Unmade> {
    let there = fs::symlink_metadata(out).is_ok();
    if there { Err(ScanError::Exists { path: out.to_path_buf() }.into()) } else { Ok(()) }
}

/// Now, in UTC.
pub(crate) fn now() -> Moment {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    Moment::utc(i64::try_from(seconds).unwrap_or(0))
}

fn read_analysis(path: &Path) -> Result<Analysis, Unmade> {
    let text = read_text(path, MAX_ANALYSIS_BYTES)?;
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let several = "several analyses in one file; name one of those in analyses/";
    let error = match Analysis::from_json(&text) {
        Ok(analysis) => return Ok(analysis),
        Err(_) if lines.nth(1).is_some() && text.trim_start().starts_with("{\"schema\"") => several.to_owned(),
        Err(error) => error.to_string(),
    };
    Err(Unmade::Usage(format!("{error}: {}", path.display())))
}

fn read_dossier(path: &Path) -> Result<Dossier, Unmade> {
    let text = read_text(path, MAX_DOSSIER_BYTES)?;
    Dossier::read(&text).map_err(|error| Unmade::Usage(format!("{error}: {}", path.display())))
}

fn read_text(path: &Path, most: u64) -> Result<String, Unmade> {
    let unreadable = |error: io::Error| Unmade::Usage(format!("cannot read ({error}): {}", path.display()));
    let length = fs::metadata(path).map_err(unreadable)?.len();
    if length > most {
        return Err(Unmade::Usage(format!("larger than {most} bytes: {}", path.display())));
    }
    fs::read_to_string(path).map_err(unreadable)
}

/// Where the examined file is: as named, where the analysis says, or beside the analysis.
fn evidence_path(analysis: &Analysis, folder: &Path, named: Option<&Path>) -> PathBuf {
    if let Some(named) = named {
        return named.to_path_buf();
    }
    let said = exact(analysis);
    let beside = said.file_name().map(|name| folder.join(name));
    if said.is_file() { said } else { beside.filter(|path| path.is_file()).unwrap_or(said) }
}

#[cfg(unix)]
fn exact(analysis: &Analysis) -> PathBuf {
    use std::os::unix::ffi::OsStringExt;
    let bytes = analysis.file.exact_path().unwrap_or_else(|| analysis.file.path.clone().into_bytes());
    std::ffi::OsString::from_vec(bytes).into()
}

#[cfg(not(unix))]
fn exact(analysis: &Analysis) -> PathBuf {
    PathBuf::from(&analysis.file.path)
}
