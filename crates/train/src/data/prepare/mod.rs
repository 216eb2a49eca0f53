//! From folders of pictures and videos to a list of face crops that can be trained on.
//!
//! Faces are found, graded and cut by what a scan uses, evenly over time. What was found in a file is kept beside the
//! crops under a name that its path, size and time of change give, so that a second run looks at new files only. The
//! list, the split and the summary are made anew each time: they depend on all files.

mod examine;
mod layout;
mod list;
mod near;
mod split;
mod summary;
mod table;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::UNIX_EPOCH;

use base::{Ctx, Progress, Stage};
use faces::{Mtcnn, MtcnnOptions, QualityGate};
use media::{Limits, Media};
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use self::examine::{Examined, Tools};
use self::layout::Found;
use self::near::{Alike, Print};
use self::split::{COPY, Side};
use super::picture::write_whole;
use crate::TrainError;

pub use layout::Layout;

/// What is made of the files.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// How the files lie.
    pub layout: Layout,
    /// Folder that everything is written to.
    pub out: PathBuf,
    /// Folder of the models.
    pub models: PathBuf,
    /// Most frames of a video.
    pub frames: usize,
    /// Most faces of a frame; the largest are taken.
    pub faces_a_frame: usize,
    /// Most pixels along one edge of a crop.
    pub side: u32,
    /// Part of the people that is held out.
    pub held_out: f32,
    /// Names another split.
    pub seed: u64,
    /// What to do when a file cannot be read.
    pub unreadable: Unreadable,
}

/// What to do when a file cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// Say so before anything is examined, and stop.
    Refuse,
    /// Leave it out and say so in the summary.
    Skip,
}

/// What was made.
#[derive(Clone, Debug, PartialEq)]
pub struct Prepared {
    /// The list of faces.
    pub manifest: PathBuf,
    /// What there is to know about it.
    pub summary: PathBuf,
    /// Files that were examined now.
    pub examined: usize,
    /// Files that were examined before.
    pub kept: usize,
    /// Faces in the list.
    pub faces: usize,
    /// Files left out, and why.
    pub left_out: Vec<(PathBuf, String)>,
}

/// A file with what was found in it.
struct Item {
    found: Found,
    key: String,
    examined: Examined,
}

/// Names what is kept of a file: changes when the way of looking at files does.
const LOOK: u32 = 1;

/// Prepares a data set.
///
/// # Errors
/// A layout that is not there, a row that cannot be used, files that cannot be read (all of them at once, before
/// anything is examined), a full disk, `Cancelled`. What was examined before an error is kept.
pub fn prepare(paths: &[PathBuf], options: &Options, ctx: &Ctx) -> Result<Prepared, TrainError> {
    let found = layout::find(paths, options.layout)?;
    let records = options.out.join("items");
    fs::create_dir_all(&records).map_err(TrainError::file(&records))?;
    let (found, unlabelled): (Vec<_>, Vec<_>) = found.into_iter().partition(|f| f.label.is_some());
    let named = found.into_iter().map(|f| Ok((key(&f.path, options)?, f))).collect::<Result<Vec<_>, TrainError>>()?;
    let no_label = |f: Found| (f.path, "the label is `none`".to_owned());
    let mut left_out: Vec<(PathBuf, String)> = unlabelled.into_iter().map(no_label).collect();
    let is_new = |key: &str| !records.join(format!("{key}.json")).is_file();
    let (new, old): (Vec<_>, Vec<_>) = named.into_iter().partition(|(key, _)| is_new(key));
    let new = readable(new, options.unreadable, &mut left_out, ctx)?;
    let (examined, kept) = (new.len(), old.len());
    if !new.is_empty() {
        examine_all(&new, &records, options, ctx)?;
    }
    let mut items = Vec::with_capacity(examined + kept);
    for (key, found) in old.into_iter().chain(new) {
        let path = records.join(format!("{key}.json"));
        let text = fs::read_to_string(&path).map_err(TrainError::file(&path))?;
        let examined = serde_json::from_str(&text).map_err(|e| TrainError::file(&path)(std::io::Error::other(e)))?;
        items.push(Item { found, key, examined });
    }
    items.sort_by(|a, b| a.found.path.cmp(&b.found.path));
    let sides = sides_of(&items, options);
    for (item, side) in items.iter().zip(&sides) {
        if let Some(why) = side.left_out {
            left_out.push((item.found.path.clone(), why.to_owned()));
        } else if item.examined.faces.is_empty() {
            left_out.push((item.found.path.clone(), "no face that is good enough".to_owned()));
        }
    }
    let manifest = options.out.join("faces.csv");
    let faces = table::write(&manifest, &items, &sides)?;
    let summary = summary::write(&options.out, &items, &sides, &left_out)?;
    Ok(Prepared { manifest, summary, examined, kept, faces, left_out })
}

/// The name of what is kept of a file.
fn key(path: &Path, options: &Options) -> Result<String, TrainError> {
    let whole = path.canonicalize().map_err(TrainError::file(path))?;
    let meta = whole.metadata().map_err(TrainError::file(path))?;
    let changed = meta.modified().ok().and_then(|t| t.duration_since(UNIX_EPOCH).ok());
    let how = (LOOK, options.frames, options.faces_a_frame, options.side);
    let digest = Sha256::digest(format!("{whole:?} {} {changed:?} {how:?}", meta.len()));
    Ok(digest.iter().take(8).map(|b| format!("{b:02x}")).collect())
}

/// Files named at most in an error.
const NAMED: usize = 20;

/// Opens every new file, so that one that cannot be read is known before the hours of examining.
fn readable(
    new: Vec<(String, Found)>,
    unreadable: Unreadable,
    left_out: &mut Vec<(PathBuf, String)>,
    ctx: &Ctx,
) -> Result<Vec<(String, Found)>, TrainError> {
    let (done, total) = (AtomicU64::new(0), Some(new.len() as u64));
    let open = |(_, found): &(String, Found)| -> Result<Option<String>, TrainError> {
        let quiet = Ctx::new(ctx.cancel_token().clone(), |_| {});
        let problem = Media::open(&found.path, &Limits::default(), &quiet).err().map(|e| e.to_string());
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        ctx.checkpoint(Progress { stage: Stage::Probing, done, total })?;
        Ok(problem)
    };
    let problems: Vec<Option<String>> = new.par_iter().map(open).collect::<Result<_, _>>()?;
    let bad: Vec<(&Found, &String)> =
        new.iter().zip(&problems).filter_map(|((_, found), problem)| Some((found, problem.as_ref()?))).collect();
    if !bad.is_empty() && unreadable == Unreadable::Refuse {
        let line = |f: &Found| if f.line > 0 { format!("line {}: ", f.line) } else { String::new() };
        let list: Vec<String> = bad.iter().take(NAMED).map(|(f, problem)| format!("{}{problem}", line(f))).collect();
        return Err(TrainError::Unreadable { count: bad.len(), list: list.join("; ") });
    }
    left_out.extend(bad.iter().map(|(found, problem)| (found.path.clone(), (*problem).clone())));
    Ok(new.into_iter().zip(problems).filter(|(_, problem)| problem.is_none()).map(|(item, _)| item).collect())
}

fn examine_all(new: &[(String, Found)], records: &Path, options: &Options, ctx: &Ctx) -> Result<(), TrainError> {
    let detector = Mtcnn::load_checked(&options.models, MtcnnOptions::default())?;
    let tools = Tools { detector: Box::new(detector), gate: QualityGate::default() };
    let (done, total) = (AtomicU64::new(0), Some(new.len() as u64));
    new.par_iter().try_for_each(|(key, found)| {
        ctx.check()?;
        let folder = options.out.join("faces").join(shelf(key));
        let examined = examine::examine(&found.path, key, &folder, &tools, options, ctx)?;
        let text = serde_json::to_vec(&examined).map_err(|e| TrainError::file(records)(std::io::Error::other(e)))?;
        write_whole(&records.join(format!("{key}.json")), &text)?;
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        Ok(ctx.checkpoint(Progress { stage: Stage::Analysing, done, total })?)
    })
}

/// Folders of crops, so that none holds a hundred thousand.
fn shelf(key: &str) -> &str {
    key.get(..2).unwrap_or(key)
}

/// Splits the files, after looking for those that show the same.
fn sides_of(items: &[Item], options: &Options) -> Vec<Side> {
    let mut prints: Vec<Print> = Vec::new();
    let mut owner: Vec<usize> = Vec::new();
    for (i, item) in items.iter().enumerate() {
        for face in &item.examined.faces {
            prints.push(face.print.clone());
            owner.push(i);
        }
    }
    let of = |face: usize| owner.get(face).copied().unwrap_or_default();
    let alike = near::alike(&prints);
    let between = alike.iter().map(|&(a, b, kind)| (of(a), of(b), kind)).filter(|(a, b, _)| a != b);
    let mut pairs: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for (a, b, kind) in between {
        *pairs.entry((a.min(b), a.max(b))).or_default() += usize::from(kind == Alike::Copy);
    }
    let found: Vec<Found> = items.iter().map(|item| item.found.clone()).collect();
    let scenes: Vec<(usize, usize)> = pairs.keys().copied().collect();
    let mut sides = split::sides(&found, options.layout, &scenes, options.held_out, options.seed);
    // A file whose every face is a copy of one in another file of the same label is that file once more.
    for ((a, b), copies) in pairs {
        let (Some(first), Some(second)) = (items.get(a), items.get(b)) else { continue };
        let same = first.found.label == second.found.label && first.found.manipulation == second.found.manipulation;
        let whole = copies >= second.examined.faces.len() && first.examined.faces.len() >= second.examined.faces.len();
        let stays = sides.get(a).is_some_and(|side| side.left_out.is_none());
        if let (true, true, true, Some(side)) = (same, whole, stays, sides.get_mut(b)) {
            side.left_out.get_or_insert(COPY);
        }
    }
    sides
}
