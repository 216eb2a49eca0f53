//! Why detectors gave their scores: heat maps, regions and how far both can be trusted, for the crops that
//! carry the verdicts.

use std::path::Path;

use analysis::{
    Analysis, Explanation, FaceRegion, Faithfulness, MapMethod, MediaKind, Person, RegionShare, RegionShares,
    TimelineFace, TimelineFrame, VerdictCode, shapley,
};
use base::{Ctx, Point, Progress, Score, Stage};
use detector::explain::{
    CropPlace, HeatMap, HeatMethod, Partition, REGIONS, Region, TOP_AREA, deletion_test, occlusion_map, overlay,
    picture, subset_logits,
};
use faces::{FaceMeshAligner, Mesh};
use image::{DynamicImage, ImageFormat, RgbImage};

use crate::again::{Again, Wanted, look_again};
use crate::error::ScanError;
use crate::pipeline::Pipeline;
use crate::scorer::Scorer;

/// Crops of a person that are explained: those with the highest scores.
pub const EXPLAINED_CROPS: usize = 3;
/// People of an item that are explained, those with the gravest verdicts and the highest scores first.
pub const EXPLAINED_PEOPLE: usize = 8;
/// Microseconds between explained crops of one person at least: neighbours look the same.
const APART_US: i64 = 500_000;
/// Below this the face mesh does not believe that there is a face, and its regions mean nothing.
const MESH_PRESENCE: f32 = 0.5;

/// One explanation, and its heat map as a PNG where the map may be shown.
#[derive(Clone, Debug)]
pub struct Explained {
    /// What goes into the document; `picture` is for whoever writes the file to fill in.
    pub explanation: Explanation,
    /// The crop beside the map ([`detector::explain::picture`]); `None` when the map is withheld.
    pub png: Option<Vec<u8>>,
    /// The map alone, to be laid over `explanation.crop` of the frame ([`detector::explain::overlay`]), as a PNG
    /// with transparency; `None` when the map is withheld.
    pub overlay: Option<Vec<u8>>,
}

/// Explains the crops with the highest scores of each person in an analysis of the file at `path`, by every
/// detector; sorted by person, time and model. Progress: [`Stage::Aggregating`], in crops and detectors.
/// A face that cannot be found again is left out.
///
/// # Errors
/// A file that cannot be opened or decoded, a model that failed, [`ScanError::Cancelled`].
pub fn explain_item(
    path: &Path,
    analysis: &Analysis,
    pipeline: &Pipeline,
    ctx: &Ctx,
) -> Result<Vec<Explained>, ScanError> {
    let chosen = chosen(analysis);
    if chosen.is_empty() {
        return Ok(Vec::new());
    }
    let aligner = FaceMeshAligner::load(pipeline.models_dir())?;
    let wanted: Vec<Wanted> = chosen.iter().map(|(_, wanted)| *wanted).collect();
    let total = (chosen.len() * pipeline.scorers().len()) as u64;
    let (mut explained, mut done) = (Vec::new(), 0);
    for ((track, _), again) in chosen.iter().zip(look_again(path, &wanted, pipeline, ctx)?) {
        let Some(again) = again else { continue };
        let mesh = aligner.meshes(&again.frame.rgb, std::slice::from_ref(&again.face))?.pop();
        let mesh = mesh.filter(|m| m.presence >= MESH_PRESENCE);
        for (scorer, policy) in pipeline.scorers().iter().zip(pipeline.first_policies()) {
            ctx.checkpoint(Progress { stage: Stage::Aggregating, done, total: Some(total) })?;
            done += 1;
            let subject = Subject { track: *track, again: &again, mesh: mesh.as_ref() };
            let one =
                pipeline.pool().install(|| subject.explained(scorer.as_ref(), |l| policy.calibration.score(l)))?;
            explained.extend(one);
        }
    }
    explained.sort_by(|a, b| {
        let key = |e: &Explained| (e.explanation.track, e.explanation.pts_us, e.explanation.frame);
        key(a).cmp(&key(b)).then_with(|| a.explanation.model.cmp(&b.explanation.model))
    });
    Ok(explained)
}

/// Which faces, in order of time: frames are decoded once each.
fn chosen(analysis: &Analysis) -> Vec<(u32, Wanted)> {
    let mut people: Vec<&Person> =
        analysis.people.iter().filter(|p| p.verdict.code != VerdictCode::NotExamined).collect();
    let score = |p: &Person| p.score.map_or(-1.0, Score::get);
    people.sort_by(|a, b| {
        b.verdict.code.cmp(&a.verdict.code).then(score(b).total_cmp(&score(a))).then(a.track.cmp(&b.track))
    });
    people.truncate(EXPLAINED_PEOPLE);
    let apart = if analysis.file.kind == Some(MediaKind::Video) { APART_US } else { 0 };
    let mut chosen: Vec<(u32, Wanted)> =
        people.iter().flat_map(|p| highest(&analysis.timeline, p.track, apart).map(|w| (p.track, w))).collect();
    chosen.sort_by_key(|(track, wanted)| (wanted.pts, wanted.frame, *track));
    chosen
}

/// The person's usable faces with the highest scores, some time apart.
fn highest(timeline: &[TimelineFrame], track: u32, apart_us: i64) -> impl Iterator<Item = Wanted> + use<> {
    let faces = timeline.iter().flat_map(|frame| frame.faces.iter().map(move |face| (frame, face)));
    let own = faces.filter(|(_, face)| face.track == track && face.quality.usable && face.score.is_some());
    let mut own: Vec<(&TimelineFrame, &TimelineFace)> = own.collect();
    let score = |face: &TimelineFace| face.score.map_or(-1.0, Score::get);
    own.sort_by(|(f, a), (g, b)| score(b).total_cmp(&score(a)).then(f.pts_us.cmp(&g.pts_us)));
    let mut picked: Vec<Wanted> = Vec::new();
    for (frame, face) in own {
        let near = |w: &Wanted| w.pts.micros_since(frame.pts_us).abs() < apart_us;
        if picked.len() < EXPLAINED_CROPS && !picked.iter().any(near) {
            picked.push(Wanted::of(frame, face));
        }
    }
    picked.into_iter()
}

/// The detector's own map where it beats chance, else the occlusion map where that does, else the own one all
/// the same, to be withheld.
fn tested_map(crop: &RgbImage, scorer: &dyn Scorer) -> Result<Option<(HeatMap, Faithfulness)>, ScanError> {
    let judge = |crops: &[RgbImage]| scorer.logits(crops);
    let test = |map: HeatMap| {
        let tested = deletion_test(crop, &map, &judge)?;
        let faithfulness = Faithfulness::of(f64::from(TOP_AREA), tested.fall, &tested.random_falls);
        Ok::<_, ScanError>(faithfulness.map(|f| (map, f)))
    };
    let own = test(scorer.heat_map(crop)?)?;
    if own.as_ref().is_none_or(|(map, f)| f.shown || map.method == HeatMethod::Occlusion) {
        return Ok(own);
    }
    let other = test(occlusion_map(crop, &judge)?)?;
    Ok(other.filter(|(_, f)| f.shown).or(own))
}

/// One face that was found again. What is explained is what its detector makes of the first view.
struct Subject<'a> {
    track: u32,
    again: &'a Again,
    mesh: Option<&'a Mesh>,
}

impl Subject<'_> {
    /// `None` when the detector cuts no crop of this face.
    fn explained(
        &self,
        scorer: &dyn Scorer,
        calibrate: impl Fn(f64) -> Option<Score>,
    ) -> Result<Option<Explained>, ScanError> {
        let (rgb, face) = (&self.again.frame.rgb, &self.again.face);
        let (Some(crop), Some(place)) = (scorer.crop(rgb, face), scorer.place(rgb, face)) else { return Ok(None) };
        let judge = |crops: &[RgbImage]| scorer.logits(crops);
        let Some(&logit) = judge(std::slice::from_ref(&crop))?.first() else { return Ok(None) };
        let Some(score) = calibrate(f64::from(logit)) else { return Ok(None) };
        let Some((map, faithfulness)) = tested_map(&crop, scorer)? else { return Ok(None) };
        let shown = faithfulness.shown && map.peak() > 0.0;
        let png = shown.then(|| png_of(&picture(&crop, &map).into())).flatten();
        let overlay = shown.then(|| png_of(&overlay(&map).into())).flatten();
        let explanation = Explanation {
            track: self.track,
            frame: self.again.frame.index,
            pts_us: self.again.frame.pts,
            model: scorer.id().to_owned(),
            logit,
            score,
            crop: place.seen(),
            method: match map.method {
                HeatMethod::GradCam => MapMethod::GradCam,
                HeatMethod::Occlusion => MapMethod::Occlusion,
            },
            peak: f64::from(map.peak()),
            faithfulness,
            regions: self.regions(&crop, &place, &judge)?,
            picture: None,
        };
        Ok(Some(Explained { explanation, png, overlay }))
    }

    fn regions(
        &self,
        crop: &RgbImage,
        place: &CropPlace,
        judge: &detector::explain::Judge<'_>,
    ) -> Result<Option<RegionShares>, ScanError> {
        let Some(mesh) = self.mesh else { return Ok(None) };
        let points: Vec<Point> = mesh.points.iter().map(|p| place.in_crop(*p)).collect();
        let Some(partition) = Partition::of(&points, [crop.width() as usize, crop.height() as usize]) else {
            return Ok(None);
        };
        let values = subset_logits(crop, &partition, judge)?;
        Ok(shares_of(&values, partition.areas()))
    }
}

fn shares_of(values: &[f64], areas: [f64; REGIONS]) -> Option<RegionShares> {
    let shares = shapley(values)?.into_iter().zip(areas).zip(Region::ALL);
    let shares = shares.map(|((logit, area), r)| RegionShare { region: region(r), logit, area }).collect();
    Some(RegionShares { logit: *values.last()?, logit_removed: *values.first()?, shares })
}

/// The region in the words of the result.
fn region(region: Region) -> FaceRegion {
    match region {
        Region::Eyes => FaceRegion::Eyes,
        Region::Brows => FaceRegion::Brows,
        Region::Nose => FaceRegion::Nose,
        Region::Mouth => FaceRegion::Mouth,
        Region::CheeksAndJaw => FaceRegion::CheeksAndJaw,
        Region::Forehead => FaceRegion::Forehead,
        Region::HairAndBorder => FaceRegion::HairAndBorder,
        Region::Background => FaceRegion::Background,
    }
}

fn png_of(page: &DynamicImage) -> Option<Vec<u8>> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    page.write_to(&mut bytes, ImageFormat::Png).ok().map(|()| bytes.into_inner())
}

#[cfg(test)]
#[path = "explain_tests.rs"]
mod tests;
