//! `--baseline`: clips that the user knows to be real, scanned like the rest.

use scan::analysis::{Analysis, BaselineClip, BaselineRank, MAX_BASELINE_CLIPS, MIN_BASELINE_CLIPS, Person};
use scan::base::{CancelToken, Ctx};
use scan::{Pipeline, scan_item};

use crate::args::ScanArgs;
use crate::progress::Bars;
use crate::reports::Unmade;
use crate::words::{Unusual, Words};

/// Scans the clips; none when none were given.
///
/// # Errors
/// Too few or too many clips, a clip that cannot be scanned: a rank among others than were named would
/// mislead.
pub(crate) fn clips(
    args: &ScanArgs,
    pipeline: &Pipeline,
    cancel: &CancelToken,
    bars: &Bars,
) -> Result<Vec<BaselineClip>, Unmade> {
    let n = args.baseline.len();
    if n == 0 {
        return Ok(Vec::new());
    }
    if !(MIN_BASELINE_CLIPS..=MAX_BASELINE_CLIPS).contains(&n) {
        let most = MAX_BASELINE_CLIPS;
        return Err(Unmade::Usage(format!("--baseline takes {MIN_BASELINE_CLIPS} to {most} clips, not {n}")));
    }
    let mut clips = Vec::with_capacity(n);
    for path in &args.baseline {
        let name = path.to_string_lossy();
        let ctx = Ctx::new(cancel.clone(), |progress| bars.item(usize::MAX, &name, progress));
        let analysis = scan_item(path, pipeline, &ctx)?;
        if let Some(error) = &analysis.error {
            return Err(Unmade::Failed(format!("a clip of --baseline cannot be examined: {}", error.message)));
        }
        let clip = BaselineClip::of(&analysis);
        if clips.iter().any(|known: &BaselineClip| known.sha256.is_some() && known.sha256 == clip.sha256) {
            return Err(Unmade::Usage(format!("--baseline names the same clip twice: {}", path.display())));
        }
        clips.push(clip);
    }
    bars.drop_item(usize::MAX);
    Ok(clips)
}

/// Where a person stands among the clips, a sentence a detector.
pub(crate) fn sentences(analysis: &Analysis, person: &Person, words: &dyn Words) -> Vec<String> {
    let ranks = analysis.baseline.iter().flat_map(|b| &b.ranks).filter(|r| r.track == person.track);
    let told = |r: &BaselineRank| {
        words.baseline(&r.model, r.n, r.reached, if r.unusual() { Unusual::Yes } else { Unusual::No })
    };
    ranks.map(told).collect()
}
