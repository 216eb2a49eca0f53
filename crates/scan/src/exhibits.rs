//! What a report shows of an item: key frames and faces cut from the file, heat maps written before, and
//! facts from the cards of the models used.
//!
//! The file is only read, and hashed before and after: pictures of another file than the one examined are
//! never handed out.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Cursor;
use std::path::{Component, Path};

use analysis::metrics::Buckets;
use analysis::{
    Analysis, EvidenceState, Exhibit, ExhibitKind, Explanation, MediaKind, ModelFacts, Person, ScoringFacts,
    TimelineFace, TimelineFrame, TogetherFacts, VerdictCode,
};
use base::{Cancelled, Ctx, FrameIndex, Progress, Rect, Score, Stage, Timestamp};
use faces::resize::{PixelRegion, shrink_area};
use image::{Rgb, RgbImage};
use media::Limits;
use nets::card::ModelCard;

use crate::error::ScanError;
use crate::evaluation::buckets;
use crate::explain::{EXPLAINED_CROPS, EXPLAINED_PEOPLE};
use crate::item::sha256_of;
use crate::picture;
use crate::policy::task_of;
use crate::reel::Reel;

/// People of whom pictures are cut, the gravest results first.
pub const SHOWN_PEOPLE: usize = 8;
/// Pictures of one person's face at most.
pub const SHOWN_FACES: usize = 5;
/// Microseconds between two of them at least: neighbours look the same.
const APART_US: i64 = 400_000;
/// Width of a face's picture in lengths of the face; a third less is its height.
const AROUND_FACE: f32 = 2.0;
/// Pixels across a face's picture at most.
const FACE_WIDTH: u32 = 480;
/// Pixels of a whole frame's longer side at most.
const FRAME_SIDE: u32 = 960;
const JPEG_QUALITY: u8 = 85;
/// How much larger than a face's box the area is that hides it: hair and ears tell people apart too.
const MASK: f32 = 1.6;
const MASK_COLOUR: Rgb<u8> = Rgb([0x8a, 0x90, 0x98]);
/// Bytes of a heat map's file at most.
const MAP_BYTES: u64 = 16 << 20;
/// Pixels along a side of a heat map at most; those of a scan have 804.
const MAP_SIDE: u32 = 4096;
/// Detectors that explain one item at most; four are installed today.
const MAP_DETECTORS: usize = 8;
/// Heat maps of one item at most: as many as a scan can make. The analysis is a file that anybody may have written.
const MAX_MAPS: usize = EXPLAINED_PEOPLE * EXPLAINED_CROPS * MAP_DETECTORS;
/// Bytes of all of them together at most; those of a scan are a tenth of it.
const MAPS_BYTES: usize = 128 << 20;
/// Where heat maps lie: below the folder of results, and inside a package.
const MAP_FOLDERS: [&str; 2] = ["explanations", "exhibits"];

/// Whose faces stay visible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Masking {
    /// Everybody's.
    Off,
    /// Those of these tracks; others are covered with a plain area.
    Others(BTreeSet<u32>),
}

impl Masking {
    fn hides(&self, track: u32) -> bool {
        matches!(self, Self::Others(shown) if !shown.contains(&track))
    }
}

/// Pictures cut from a file, and what became of it.
#[derive(Clone, Debug)]
pub struct Collected {
    /// By person, then by time; none unless the file is the one that was examined.
    pub exhibits: Vec<Exhibit>,
    /// What became of the file.
    pub evidence: EvidenceState,
}

/// Cuts the pictures that a report of `analysis` shows out of the file at `path`. Progress: hashing, then
/// [`Stage::Writing`] in frames.
///
/// # Errors
/// [`Cancelled`] when asked to stop.
pub fn collect_exhibits(
    path: &Path,
    analysis: &Analysis,
    masking: &Masking,
    limits: &Limits,
    ctx: &Ctx,
) -> Result<Collected, Cancelled> {
    let none = |evidence| Collected { exhibits: Vec::new(), evidence };
    let state = |found: Option<String>| match found {
        None => EvidenceState::Absent,
        Some(found) if analysis.file.sha256.as_ref() == Some(&found) => EvidenceState::Unchanged,
        Some(found) => EvidenceState::Changed { found },
    };
    let before = state(if path.is_file() { sha256_of(path, ctx)? } else { None });
    if before != EvidenceState::Unchanged {
        return Ok(none(before));
    }
    let wanted = wanted(analysis, masking);
    let cut = if wanted.is_empty() { Ok(Vec::new()) } else { cut(path, &wanted, masking, limits, ctx) };
    ctx.check()?;
    let after = state(sha256_of(path, ctx)?);
    Ok(match (after, cut) {
        (EvidenceState::Unchanged, Ok(exhibits)) => Collected { exhibits, evidence: EvidenceState::Unchanged },
        (EvidenceState::Unchanged, Err(_)) => none(EvidenceState::Undecodable),
        (other, _) => none(other),
    })
}

/// One picture to cut.
struct Wanted<'a> {
    frame: &'a TimelineFrame,
    face: &'a TimelineFace,
    /// The whole frame is wanted too.
    whole: bool,
}

/// By time, so that a video is decoded once through.
fn wanted<'a>(analysis: &'a Analysis, masking: &Masking) -> Vec<Wanted<'a>> {
    let mut people: Vec<&Person> = analysis.people.iter().filter(|p| p.score.is_some()).collect();
    people.retain(|p| p.verdict.code != VerdictCode::NotExamined && !masking.hides(p.track));
    let score = |p: &Person| p.score.map_or(-1.0, Score::get);
    people.sort_by(|a, b| {
        b.verdict.code.cmp(&a.verdict.code).then(score(b).total_cmp(&score(a))).then(a.track.cmp(&b.track))
    });
    people.truncate(SHOWN_PEOPLE);
    let mut wanted: Vec<Wanted<'a>> = people.iter().flat_map(|p| of_person(analysis, p.track)).collect();
    wanted.sort_by_key(|w| (w.frame.pts_us, w.frame.frame, w.face.track));
    wanted
}

/// The person's usable faces with the highest scores, some time apart; the highest with its whole frame.
fn of_person(analysis: &Analysis, track: u32) -> Vec<Wanted<'_>> {
    let faces = analysis.timeline.iter().flat_map(|frame| frame.faces.iter().map(move |face| (frame, face)));
    let mut own: Vec<_> =
        faces.filter(|(_, face)| face.track == track && face.quality.usable && face.score.is_some()).collect();
    let score = |face: &TimelineFace| face.score.map_or(-1.0, Score::get);
    own.sort_by(|(f, a), (g, b)| score(b).total_cmp(&score(a)).then(f.pts_us.cmp(&g.pts_us)));
    let apart = if analysis.file.kind == Some(MediaKind::Video) { APART_US } else { 0 };
    let mut picked: Vec<Wanted<'_>> = Vec::new();
    for (frame, face) in own {
        let near = |w: &Wanted<'_>| w.frame.pts_us.micros_since(frame.pts_us).abs() < apart;
        if picked.len() < SHOWN_FACES && !picked.iter().any(near) {
            picked.push(Wanted { frame, face, whole: picked.is_empty() });
        }
    }
    picked
}

fn cut(
    path: &Path,
    wanted: &[Wanted<'_>],
    masking: &Masking,
    limits: &Limits,
    ctx: &Ctx,
) -> Result<Vec<Exhibit>, ScanError> {
    let times = wanted.iter().map(|w| w.frame.pts_us).collect();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut reel = Reel::open(path, limits, times, threads, ctx)?;
    let (mut exhibits, total) = (Vec::new(), wanted.len() as u64);
    for (done, w) in wanted.iter().enumerate() {
        let progress = Progress { stage: Stage::Writing, done: done as u64, total: Some(total) };
        ctx.checkpoint(progress)?;
        let Some(frame) = reel.at(w.frame.pts_us, ctx)? else { continue };
        let rgb = masked(&frame.rgb, w.frame, masking);
        let masked = matches!(masking, Masking::Others(_));
        let exhibit = |kind, name, rect, bytes| Exhibit {
            name,
            kind,
            track: w.face.track,
            frame: w.frame.frame,
            pts_us: w.frame.pts_us,
            rect,
            masked,
            bytes,
        };
        if let Some(bytes) = face_picture(&rgb, w.face.rect).and_then(encoded) {
            exhibits.push(exhibit(ExhibitKind::Face, name(w, "face.jpg"), None, bytes));
        }
        if w.whole
            && let Some(bytes) = whole_picture(&rgb).and_then(encoded)
        {
            let (width, height) = (rgb.width() as f32, rgb.height() as f32);
            let Rect { x, y, w: across, h: down } = w.face.rect;
            let rect = Rect::new(x / width, y / height, across / width, down / height);
            let rect = rect.intersection(Rect::new(0.0, 0.0, 1.0, 1.0));
            exhibits.push(exhibit(ExhibitKind::Frame, name(w, "frame.jpg"), Some(rect), bytes));
        }
    }
    exhibits.sort_by(|a, b| (a.track, a.pts_us, &a.name).cmp(&(b.track, b.pts_us, &b.name)));
    if exhibits.is_empty() {
        let (path, message) = (path.to_path_buf(), "no frame of the analysis was found again".to_owned());
        return Err(ScanError::NothingDecoded { path, message });
    }
    Ok(exhibits)
}

/// `p01-000012480ms-face.jpg`: sorts by person and time.
fn name(w: &Wanted<'_>, what: &str) -> String {
    exhibit_name(w.face.track, w.frame.pts_us, what)
}

fn exhibit_name(track: u32, at: Timestamp, what: &str) -> String {
    format!("p{:02}-{:09}ms-{what}", track + 1, at.micros().max(0) / 1000)
}

/// The area that hides a face with its hair and ears.
fn covered(face: Rect) -> Rect {
    let (centre, w, h) = (face.center(), face.w * MASK, face.h * MASK);
    Rect::new(centre.x - w / 2.0, centre.y - h / 2.0, w, h)
}

/// The frame with every face covered that is to be hidden.
fn masked(rgb: &RgbImage, frame: &TimelineFrame, masking: &Masking) -> RgbImage {
    let mut rgb = rgb.clone();
    for face in frame.faces.iter().filter(|face| masking.hides(face.track)) {
        let area = covered(face.rect);
        let end = |v: f32, limit: u32| v.clamp(0.0, limit as f32) as u32;
        let (x0, x1) = (end(area.x, rgb.width()), end(area.right() + 1.0, rgb.width()));
        let (y0, y1) = (end(area.y, rgb.height()), end(area.bottom() + 1.0, rgb.height()));
        for y in y0..y1 {
            for x in x0..x1 {
                rgb.put_pixel(x, y, MASK_COLOUR);
            }
        }
    }
    rgb
}

/// The face with its surroundings, three to two, within the frame.
fn face_picture(rgb: &RgbImage, face: Rect) -> Option<RgbImage> {
    let (width, height) = (rgb.width() as f32, rgb.height() as f32);
    let w = (face.w.max(face.h) * AROUND_FACE).min(width).min(height * 1.5).max(3.0);
    let h = (w / 1.5).min(height);
    let centre = face.center();
    let x = (centre.x - w / 2.0).clamp(0.0, (width - w).max(0.0)) as u32;
    let y = (centre.y - h / 2.0).clamp(0.0, (height - h).max(0.0)) as u32;
    let (w, h) = ((w as u32).clamp(1, rgb.width() - x), (h as u32).clamp(1, rgb.height() - y));
    shrunk(rgb, PixelRegion { x, y, w, h }, FACE_WIDTH)
}

fn whole_picture(rgb: &RgbImage) -> Option<RgbImage> {
    shrunk(rgb, PixelRegion::all(rgb), FRAME_SIDE)
}

/// A part of the frame, its longer side at most `side` pixels.
fn shrunk(rgb: &RgbImage, region: PixelRegion, side: u32) -> Option<RgbImage> {
    let longest = region.w.max(region.h);
    if longest <= side {
        return Some(image::imageops::crop_imm(rgb, region.x, region.y, region.w, region.h).to_image());
    }
    let scaled = |v: u32| ((u64::from(v) * u64::from(side) / u64::from(longest)) as u32).max(1);
    shrink_area(rgb, region, scaled(region.w), scaled(region.h))
}

fn encoded(rgb: RgbImage) -> Option<Vec<u8>> {
    picture::jpeg(&rgb, JPEG_QUALITY)
}

/// The heat maps that an analysis names, as many as a scan can make, looked for in `folders` in order. One that is not
/// there or no PNG is left out. `masked` where no other face, nor the hair and ears around it, lies within the crop.
pub fn heat_maps(analysis: &Analysis, folders: &[&Path], masking: &Masking) -> Vec<Exhibit> {
    let in_folders = |place: usize| map_file(analysis.explanations.get(place)?.picture.as_deref()?, folders);
    heat_maps_from(analysis, &in_folders, masking)
}

/// As [`heat_maps`], with the pictures from `picture`, which is asked by the explanation's place in the analysis.
pub fn heat_maps_from(
    analysis: &Analysis,
    picture: &dyn Fn(usize) -> Option<Vec<u8>>,
    masking: &Masking,
) -> Vec<Exhibit> {
    let (mut maps, mut left) = (Vec::new(), MAPS_BYTES);
    let shown = |e: &Explanation| e.faithfulness.shown && !masking.hides(e.track);
    // Entries are counted, not pictures: one that leads to none costs a look as well.
    for (place, e) in analysis.explanations.iter().enumerate().filter(|(_, e)| shown(e)).take(MAX_MAPS) {
        let Some(bytes) = picture(place) else { continue };
        let Some(rest) = left.checked_sub(bytes.len()) else { break };
        left = rest;
        let frame = analysis.timeline.iter().find(|f| f.pts_us == e.pts_us && f.frame == e.frame);
        let apart = |face: &TimelineFace| covered(face.rect).intersection(e.crop).area() <= 0.0;
        // Of a frame that is not in the analysis nobody knows who else is in it.
        let alone = frame.is_some_and(|f| f.faces.iter().filter(|face| face.track != e.track).all(apart));
        if matches!(masking, Masking::Others(_)) && !alone {
            continue;
        }
        maps.push(Exhibit {
            name: exhibit_name(e.track, e.pts_us, &format!("{}.png", plain(&e.model))),
            kind: ExhibitKind::HeatMap,
            track: e.track,
            frame: FrameIndex(e.frame.0),
            pts_us: e.pts_us,
            rect: None,
            masked: alone,
            bytes,
        });
    }
    maps
}

/// What may stand in the name of a file.
fn plain(id: &str) -> String {
    id.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') { c } else { '_' }).collect()
}

/// The analysis is a file that anybody may have written: its names lead into the folders of heat maps only.
fn map_file(name: &str, folders: &[&Path]) -> Option<Vec<u8>> {
    let name = Path::new(name);
    let parts: Vec<Component<'_>> = name.components().collect();
    let [Component::Normal(folder), Component::Normal(_)] = parts.as_slice() else { return None };
    if !MAP_FOLDERS.iter().any(|own| **folder == **own) {
        return None;
    }
    let small = |path: &Path| fs::symlink_metadata(path).is_ok_and(|m| m.is_file() && m.len() <= MAP_BYTES);
    let bytes =
        folders.iter().map(|folder| folder.join(name)).find(|path| small(path)).and_then(|p| fs::read(p).ok())?;
    is_map(&bytes).then_some(bytes)
}

/// Whether this is a PNG of a size that heat maps have.
fn is_map(bytes: &[u8]) -> bool {
    let mut reader = image::ImageReader::with_format(Cursor::new(bytes), image::ImageFormat::Png);
    let mut limits = image::Limits::default();
    (limits.max_image_width, limits.max_image_height) = (Some(MAP_SIDE), Some(MAP_SIDE));
    reader.limits(limits);
    reader.decode().is_ok()
}

/// What the cards of the models used say; a model whose installed weights are not those that were used is left
/// out.
pub fn model_facts(models_dir: &Path, analysis: &Analysis) -> Vec<ModelFacts> {
    let mut cards: BTreeMap<String, (ModelCard, Option<Buckets>)> = BTreeMap::new();
    for model in &analysis.models {
        let Ok(folder) = nets::model::find(models_dir, &model.id) else { continue };
        let card = nets::model::load_card(&folder).ok().filter(|card| card.weights.sha256 == model.sha256);
        if let Some(card) = card {
            cards.insert(model.id.clone(), (card, buckets(&folder, &model.id, &model.sha256)));
        }
    }
    let used = || analysis.models.iter().filter_map(|m| cards.get(&m.id));
    let facts = |(card, tables): &(ModelCard, Option<Buckets>)| facts_of(card, tables, used().map(|(card, _)| card));
    used().map(facts).collect()
}

/// `used` are the cards of all that took part: beside the one that it goes together with it looked a second time.
fn facts_of<'a>(card: &ModelCard, tables: &Option<Buckets>, used: impl Iterator<Item = &'a ModelCard>) -> ModelFacts {
    let together = card.together(used);
    let scoring = together.map(|t| &t.scoring).or(card.scoring.as_ref()).and_then(|s| {
        let nets::card::Calibration::Platt { slope, intercept, .. } = s.calibration;
        Some(ScoringFacts {
            slope,
            intercept,
            together: together.map(|t| TogetherFacts { with: t.with.clone(), own: t.own, other: t.other }),
            suspected: Score::new(s.operating_points.suspected.threshold)?,
            no_indication: Score::new(s.operating_points.no_indication.threshold)?,
            n_real: s.validation.n_real.into(),
            false_alarms: s.validation.false_alarms.into(),
            n_fake: s.validation.n_fake.into(),
            found: s.validation.found.into(),
            unit: s.validation.unit.clone(),
            measured_on: s.validation.measured_on.clone(),
            measured: s.validation.measured.to_string(),
        })
    });
    ModelFacts {
        id: card.id.clone(),
        name: card.name.clone(),
        version: card.version.clone(),
        task: task_of(card.task),
        architecture: card.architecture.to_string(),
        sha256: card.weights.sha256.clone(),
        licence: card.licence.clone(),
        trained_on: card.trained_on.clone(),
        not_for: card.not_for.clone(),
        trained: card.trained.to_string(),
        expires: card.expires.to_string(),
        scoring,
        buckets: tables.clone(),
    }
}

#[cfg(test)]
#[path = "exhibits_tests.rs"]
mod tests;
