//! What leaves the program for others: reports and evidence packages, and the check of packages that come in.

mod check;
mod prepared;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use report::package::{KeyFile, pack, write_folder, write_zip};
use report::{render_pdf, render_preview};
use scan::analysis::EvidenceState;
use scan::base::{Ctx, Progress, Stage};
use scan::{ScanError, sha256_of, write_new};

pub use self::check::check;
use self::prepared::Prepared;
use crate::desk::Desk;
use crate::error::{CommandError, ErrorCode};
use crate::frames::Jpeg;
use crate::ipc::{EvidenceFound, PackageForm, ReportOptions, ReportPreview, ReportRedaction, Written};
use crate::lock::lock;
use crate::selection::name_of;

/// Page one of the report that is being prepared; there is one at a time.
#[derive(Debug, Default)]
pub struct Handover(Mutex<Pages>);

#[derive(Debug, Default)]
struct Pages {
    last: u32,
    page: Option<Jpeg>,
}

impl Handover {
    fn keep(&self, svg: String) -> u32 {
        let mut pages = lock(&self.0);
        pages.last += 1;
        pages.page = Some(Arc::new(svg.into_bytes()));
        pages.last
    }

    /// The picture with this number.
    ///
    /// # Errors
    /// A number that the last preview does not have.
    pub fn page(&self, number: u32) -> Result<Jpeg, CommandError> {
        let pages = lock(&self.0);
        let found = pages.page.as_ref().filter(|_| pages.last == number);
        found.map(Arc::clone).ok_or_else(|| CommandError::no_such("page", number))
    }

    /// Forgets the picture.
    pub fn forget(&self) {
        lock(&self.0).page = None;
    }
}

/// Sets a report and keeps the picture of its first page.
///
/// # Errors
/// An analysis that is not there; what the typesetter says.
pub fn preview(desk: &Desk, id: i64, options: &ReportOptions, ctx: &Ctx<'_>) -> Result<ReportPreview, CommandError> {
    let prepared = Prepared::of(desk, id, options, ctx)?;
    let preview = render_preview(&prepared.material())?;
    Ok(ReportPreview {
        number: desk.handover.keep(preview.svg),
        pages: u32::try_from(preview.pages).unwrap_or(u32::MAX),
        pictures: u32::try_from(prepared.exhibits.len()).unwrap_or(u32::MAX),
        evidence: prepared.evidence_found(),
    })
}

/// Writes a report; never over anything.
///
/// # Errors
/// As [`preview`]; a name that is taken, a disk that refuses.
pub fn write_report(
    desk: &Desk,
    id: i64,
    options: &ReportOptions,
    path: &Path,
    ctx: &Ctx<'_>,
) -> Result<Written, CommandError> {
    let out = with_ending(path, "pdf");
    free(&out)?;
    let prepared = Prepared::of(desk, id, options, ctx)?;
    let pdf = render_pdf(&prepared.material())?;
    ctx.checkpoint(WRITING)?;
    write_new(&out, &pdf)?;
    Ok(Written { name: name_of(&out), fingerprint: None, evidence: prepared.evidence_found() })
}

/// Writes a package, sealed with this user's key; never over anything.
///
/// # Errors
/// As [`write_report`]; a key that cannot be made or read.
pub fn write_package(
    desk: &Desk,
    id: i64,
    options: &ReportOptions,
    (path, form): (&Path, PackageForm),
    ctx: &Ctx<'_>,
) -> Result<Written, CommandError> {
    let out = match form {
        PackageForm::Zip => with_ending(path, "zip"),
        PackageForm::Folder => path.to_owned(),
    };
    free(&out)?;
    let prepared = Prepared::of(desk, id, options, ctx)?;
    let KeyFile { key, .. } = KeyFile::open(desk.key())?;
    let program = std::env::current_exe().ok();
    let application_sha256 = program.map(|program| sha256_of(&program, ctx)).transpose()?.flatten();
    let files = pack(&prepared.material(), application_sha256, &key)?;
    ctx.checkpoint(WRITING)?;
    match form {
        PackageForm::Zip => write_new(&out, &write_zip(&files)?)?,
        PackageForm::Folder => write_folder(&out, &draft_beside(&out), &files)?,
    }
    Ok(Written { name: name_of(&out), fingerprint: Some(key.fingerprint()), evidence: prepared.evidence_found() })
}

/// What a report or a package may be called: after the file, unless that is to be masked.
pub fn proposed_name(file: &str, options: &ReportOptions, ending: &str) -> String {
    let stem = match options.redaction {
        ReportRedaction::Off => Path::new(file).file_stem().map(|stem| stem.to_string_lossy().into_owned()),
        ReportRedaction::On => None,
    };
    let name = stem.map_or_else(|| "facefiction".to_owned(), |stem| format!("{stem}-facefiction"));
    if ending.is_empty() { name } else { format!("{name}.{ending}") }
}

const WRITING: Progress = Progress { stage: Stage::Writing, done: 0, total: None };

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let has = path.extension().is_some_and(|own| own.eq_ignore_ascii_case(ending));
    if has {
        return path.to_owned();
    }
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    name.into()
}

/// Nothing existing is replaced: better told before the work than after it.
fn free(out: &Path) -> Result<(), CommandError> {
    let taken = fs::symlink_metadata(out).is_ok();
    if taken { Err(ScanError::Exists { path: out.to_owned() }.into()) } else { Ok(()) }
}

fn draft_beside(out: &Path) -> PathBuf {
    let folder = out.parent().unwrap_or(Path::new("."));
    folder.join(format!(".facefiction-{}", std::process::id()))
}

impl From<report::ReportError> for CommandError {
    fn from(error: report::ReportError) -> Self {
        let code = match error {
            report::ReportError::Key { .. } => ErrorCode::Storage,
            _ => ErrorCode::Internal,
        };
        Self::new(code, error)
    }
}

impl From<report::package::ShelfError> for CommandError {
    fn from(error: report::package::ShelfError) -> Self {
        use report::package::ShelfError;
        let code = match &error {
            ShelfError::Folder { source, .. } if source.kind() == std::io::ErrorKind::AlreadyExists => {
                ErrorCode::AlreadyThere
            }
            ShelfError::Folder { .. } | ShelfError::Write { .. } => ErrorCode::Storage,
            ShelfError::Read { source, .. } if source.kind() == std::io::ErrorKind::NotFound => ErrorCode::NotFound,
            ShelfError::Read { .. } => ErrorCode::NotReadable,
            _ => ErrorCode::Unsupported,
        };
        Self::new(code, error)
    }
}

impl From<EvidenceState> for EvidenceFound {
    fn from(state: EvidenceState) -> Self {
        match state {
            EvidenceState::Unchanged => Self::Unchanged,
            EvidenceState::Changed { .. } => Self::Changed,
            EvidenceState::Absent => Self::Absent,
            EvidenceState::Undecodable => Self::Undecodable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ending_is_added_where_it_is_not() {
        assert_eq!(with_ending(Path::new("/a/report"), "pdf"), Path::new("/a/report.pdf"));
        assert_eq!(with_ending(Path::new("/a/report.PDF"), "pdf"), Path::new("/a/report.PDF"));
        assert_eq!(with_ending(Path::new("/a/clip.mp4"), "pdf"), Path::new("/a/clip.mp4.pdf"));
    }

    #[test]
    fn only_the_last_page_is_kept() {
        let handover = Handover::default();
        let (first, second) = (handover.keep("<svg>1</svg>".into()), handover.keep("<svg>2</svg>".into()));
        assert!(handover.page(first).is_err());
        assert_eq!(*handover.page(second).unwrap(), b"<svg>2</svg>");
        handover.forget();
        assert!(handover.page(second).is_err());
    }
}
