//! Whether a file was examined before, so that it need not be examined again.

use library::{Library, LibraryError, StampedFile, StoredAnalysis, Summary};
use scan::base::Ctx;
use scan::{Pipeline, sha256_of};

use super::Task;
use crate::desk::Desk;
use crate::error::CommandError;
use crate::now::now;

/// What the library has of exactly this content, examined in exactly this way, where it serves whoever asks for it now.
///
/// An analysis lies in one case at most. One that lies in none goes into the case that the file was meant for. One
/// that another case holds stays there, with its note and its stretches, and the file is examined again: taking it
/// away would change a case that nobody spoke of, and leaving it at that would drop the wish.
///
/// # Errors
/// A library that cannot be read, a case that is gone, [`crate::error::ErrorCode::Cancelled`].
pub(super) fn known(
    desk: &Desk,
    task: &Task,
    pipeline: &Pipeline,
    stamp: StampedFile,
    ctx: &Ctx<'_>,
) -> Result<Option<Summary>, CommandError> {
    let Some(bytes) = stamp.bytes else { return Ok(None) };
    let configuration = pipeline.configuration();
    if !desk.with_library(|library| library.may_have(bytes, configuration))? {
        return Ok(None);
    }
    let Some(sha256) = sha256_of(&task.path, ctx)? else { return Ok(None) };
    desk.with_library(|library| {
        let Some(newest) = library.find(&sha256, configuration)? else { return Ok(None) };
        let Some(found) = for_case(library, newest, task.case)? else { return Ok(None) };
        if task.case.is_some() && found.case.is_none() {
            library.move_to_case(&[found.id], task.case, &now())?;
        }
        if !library.evidence(found.id)?.path.exists() {
            library.set_evidence(found.id, &task.path)?;
        }
        Ok(Some(found))
    })
}

/// The newest analysis, unless another case than the one that is asked for holds it; then the one that this case has
/// and that says the same, so that a file of two cases is not examined again each time it is put into one of them.
fn for_case(library: &Library, newest: Summary, case: Option<i64>) -> Result<Option<Summary>, LibraryError> {
    let Some(case) = case.filter(|case| newest.case.is_some_and(|holder| holder != *case)) else {
        return Ok(Some(newest));
    };
    let newest = library.analysis(newest.id)?;
    let alike = |one: &Summary| {
        let like = &newest.summary;
        one.error.is_none() && one.people == like.people && one.verdict == like.verdict
    };
    for own in library.case(case)?.analyses.into_iter().filter(alike) {
        let of_this_content = library.evidence(own.id)?.sha256 == newest.evidence.sha256;
        if of_this_content && say_the_same(&library.analysis(own.id)?, &newest) {
            return Ok(Some(own));
        }
    }
    Ok(None)
}

/// Whether two analyses of one content rest on the same and came to the same; when and how fast is not asked.
fn say_the_same(one: &StoredAnalysis, other: &StoredAnalysis) -> bool {
    let (a, b) = (&one.analysis, &other.analysis);
    let same_way = (&a.run.app, &a.run.device, a.run.fps) == (&b.run.app, &b.run.device, b.run.fps);
    let same_basis = a.models == b.models && one.basis == other.basis;
    let same_result = a.verdict == b.verdict && a.people == b.people && a.timeline == b.timeline;
    same_way && same_basis && same_result
}
