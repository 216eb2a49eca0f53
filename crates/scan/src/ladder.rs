//! The stability ladder: crops that carry a suspicion, spoilt as files are on their way, and scored again.

use std::path::Path;

use analysis::{Findings, MediaKind, ModelPolicy, Person, Rung, Stability, TimelineFrame};
use base::{Ctx, Warning, WarningCode};
use faces::Face;
use media::Frame;

use crate::again::{Again, Wanted, look_again};
use crate::error::ScanError;
use crate::given::Boxed;
use crate::keepsakes::Keepsakes;
use crate::patch::Patch;
use crate::pipeline::Pipeline;
use crate::scorer::Scorer;

/// Crops of a person that are spoilt: those with the highest scores.
pub(crate) const LADDER_CROPS: usize = 8;

/// Where the pixels of a suspicion come from.
pub(crate) enum Pixels<'a> {
    /// Frames are decoded and faces found once more, but for what was kept of them.
    File {
        /// The examined one.
        path: &'a Path,
        /// Patches that may carry a suspicion.
        kept: Keepsakes,
    },
    /// Both are at hand.
    Given {
        /// As it was looked at.
        frame: Frame,
        /// All of them.
        faces: Vec<Face>,
    },
}

impl Pixels<'_> {
    /// Those of the wanted faces that can be had again.
    pub fn again(&self, wanted: &[Wanted], pipeline: &Pipeline, ctx: &Ctx) -> Result<Vec<Again>, ScanError> {
        match self {
            Self::File { path, .. } => {
                let again: Vec<Again> = look_again(path, wanted, pipeline, ctx)?.into_iter().flatten().collect();
                if again.len() < wanted.len() {
                    let lost = wanted.len() - again.len();
                    let detail = format!("{lost} of {} images could not be had from the file again", wanted.len());
                    ctx.warn(Warning::new(WarningCode::DecoderMessage, detail));
                }
                Ok(again)
            }
            Self::Given { frame, faces } => {
                let known = wanted.iter().filter_map(|w| faces.iter().find(|f| f.rect == w.rect));
                Ok(known.map(|face| Again { frame: frame.clone(), face: *face }).collect())
            }
        }
    }

    /// Patches of the wanted faces of this track for a detector, as they were kept or cut once more.
    fn patches(
        &self,
        wanted: &[Wanted],
        track: u32,
        scorer: &dyn Scorer,
        pipeline: &Pipeline,
        ctx: &Ctx,
    ) -> Result<Vec<Patch>, ScanError> {
        if let Self::File { kept, .. } = self
            && let Some(patches) = kept.all(track, scorer.id(), wanted)
        {
            return Ok(patches);
        }
        let again = self.again(wanted, pipeline, ctx)?;
        Ok(again.iter().filter_map(|a| Patch::of(&a.frame.rgb, &a.face, scorer)).collect())
    }
}

/// Puts every suspicion on the ladder.
///
/// # Errors
/// [`ScanError::Cancelled`]. Frames that cannot be had again are warned about; their suspicion stays.
pub(crate) fn with_stability(
    findings: Findings,
    kind: MediaKind,
    pixels: &Pixels<'_>,
    pipeline: &Pipeline,
    ctx: &Ctx,
) -> Result<Findings, ScanError> {
    let timeline = findings.timeline.clone();
    let mut cancelled = false;
    let findings = findings.with_stability(|person| match stability(person, kind, &timeline, pixels, pipeline, ctx) {
        Ok(stability) => stability,
        Err(error) if error.code() == analysis::ErrorCode::Cancelled => {
            cancelled = true;
            None
        }
        Err(error) => {
            let detail = format!("the stability of person {} could not be tested: {error}", person.track + 1);
            ctx.warn(Warning::new(WarningCode::DecoderMessage, detail));
            None
        }
    });
    if cancelled { Err(ScanError::Cancelled) } else { Ok(findings) }
}

fn stability(
    person: &Person,
    kind: MediaKind,
    timeline: &[TimelineFrame],
    pixels: &Pixels<'_>,
    pipeline: &Pipeline,
    ctx: &Ctx,
) -> Result<Option<Stability>, ScanError> {
    let Some((scorer, policy)) = deciding(person, pipeline) else { return Ok(None) };
    let now = policy.beside(&person.scores);
    let Some(points) = now.points(kind) else { return Ok(None) };
    let wanted = highest(timeline, person.track, &policy.id);
    let of = |scorer: &dyn Scorer| -> Result<_, ScanError> {
        let boxed = Boxed(scorer);
        let scorer = if matches!(pixels, Pixels::Given { .. }) { &boxed as &dyn Scorer } else { scorer };
        let patches = pixels.patches(&wanted, person.track, scorer, pipeline, ctx)?;
        let climbed = pipeline.pool().install(|| climb(&patches, kind, scorer, pipeline.gate.min_face_px))?;
        Ok((patches.len(), climbed))
    };
    let (crops, logits) = of(scorer)?;
    if crops == 0 {
        let detail =
            format!("the suspicion of person {} was not re-encoded: none of its images is left", person.track + 1);
        ctx.warn(Warning::new(WarningCode::DecoderMessage, detail));
        return Ok(None);
    }
    // The one whose word counts too climbs beside it.
    let with = policy.together.as_ref().map(|t| t.with.as_str());
    let other = pipeline.scorers().iter().find(|scorer| Some(scorer.id()) == with);
    let other = other.map(|other| of(other.as_ref())).transpose()?;
    let rung = |&(rung, logit): &(Rung, f64)| {
        let mut scores = person.scores.clone();
        if let (Some(with), Some((_, climbed))) = (with, &other) {
            let spoilt = climbed.iter().find(|(r, _)| *r == rung)?.1;
            scores.get_mut(with)?.logit = spoilt as f32;
        }
        Some((rung, logit, policy.beside(&scores).calibration))
    };
    let logits: Option<Vec<_>> = logits.iter().map(rung).collect();
    Ok(logits.and_then(|logits| Stability::of(&policy.id, crops as u64, &logits, points)))
}

/// The detector on which a person's verdict rests.
pub(crate) fn deciding<'p>(person: &Person, pipeline: &'p Pipeline) -> Option<(&'p dyn Scorer, &'p ModelPolicy)> {
    let model = person.decided_by()?;
    let mut both = pipeline.scorers().iter().chain(pipeline.second_scorers()).zip(pipeline.policies());
    let (scorer, policy) = both.find(|(_, policy)| policy.id == model)?;
    Some((scorer.as_ref(), policy))
}

/// The faces of a person that this detector scored highest, in order of time.
fn highest(timeline: &[TimelineFrame], track: u32, model: &str) -> Vec<Wanted> {
    let faces = timeline.iter().flat_map(|frame| frame.faces.iter().map(move |face| (frame, face)));
    let own = faces.filter(|(_, face)| face.track == track && face.quality.usable);
    let mut scored: Vec<(f32, Wanted)> =
        own.filter_map(|(frame, face)| Some((face.scores.get(model)?.logit, Wanted::of(frame, face)))).collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.pts.cmp(&b.1.pts)));
    scored.truncate(LADDER_CROPS);
    scored.sort_by_key(|(_, wanted)| (wanted.pts, wanted.frame));
    scored.into_iter().map(|(_, wanted)| wanted).collect()
}

/// The mean logit on each rung that changes the frames and leaves the faces large enough.
fn climb(
    patches: &[Patch],
    kind: MediaKind,
    scorer: &dyn Scorer,
    min_face_px: f32,
) -> Result<Vec<(Rung, f64)>, ScanError> {
    let mut climbed = Vec::new();
    for rung in Rung::ALL {
        let spoilt = patches.iter().map(|p| p.spoilt(rung, min_face_px)).collect::<Option<Vec<_>>>();
        let Some(spoilt) = spoilt.filter(|spoilt| !spoilt.is_empty()) else { continue };
        let Some(crops) = spoilt.iter().map(|p| p.crop(scorer)).collect::<Option<Vec<_>>>() else { continue };
        let mut logits = scorer.logits(&crops)?;
        if kind == MediaKind::Image {
            for (logit, patch) in logits.iter_mut().zip(&spoilt) {
                *logit = patch.of_still(scorer, *logit)?;
            }
        }
        climbed.push((rung, logits.iter().map(|l| f64::from(*l)).sum::<f64>() / logits.len() as f64));
    }
    Ok(climbed)
}

#[cfg(test)]
#[path = "ladder_tests.rs"]
mod tests;
