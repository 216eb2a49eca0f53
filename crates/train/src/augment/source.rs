//! One list of a recipe, open: its rows, its crops, who may be drawn.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use base::{Ctx, Point};
use sha2::{Digest, Sha256};

use super::chain::Subject;
use super::dice::Dice;
use super::recipe::{AugmentRecipe, DataRecipe, SourceRecipe};
use super::sampler::Pool;
use super::tile::Tile;
use crate::TrainError;
use crate::blend::Shape;
use crate::data::{Label, Manifest, Meshes, Pack, Row, Variants, Wanted, Words};

/// An open list.
#[derive(Debug)]
pub(crate) struct Source {
    pub name: String,
    pub list: PathBuf,
    /// Over the list and what was said of its faces.
    pub list_sha256: String,
    pub faces: Vec<FaceRow>,
    pub pack: Pack,
    pub real: Pool,
    pub fake: Pool,
    meshes: Option<Meshes>,
    variants: Option<Variants>,
    shapes: Vec<Option<Shape>>,
    pairs: Pairs,
    splits: [String; 2],
    stored: usize,
}

/// One face of it.
#[derive(Debug)]
pub(crate) struct FaceRow {
    pub label: Label,
    pub held_out: bool,
    pub source: String,
    pub group: String,
    pub item: String,
    pub pair: Option<String>,
    pub path: PathBuf,
    /// What another detector said of it.
    pub word: Option<f32>,
    landmarks: Option<[Point; 5]>,
    native: f32,
    whole: f32,
}

/// Reals with the fakes that were made of them.
#[derive(Debug)]
struct Pairs {
    reals: Pool,
    fakes_of: HashMap<u32, Vec<u32>>,
}

/// Opens all lists of a recipe.
pub(crate) fn open_sources(recipe: &DataRecipe, stored: usize, ctx: &Ctx) -> Result<Vec<Source>, TrainError> {
    // All lists are read and checked before the first picture is opened.
    let read = |(i, source): (usize, &SourceRecipe)| read_list(i, source);
    let lists = recipe.sources.iter().enumerate().map(read).collect::<Result<Vec<_>, _>>()?;
    let open = |(i, (source, list)): (usize, (&SourceRecipe, List))| {
        // Meshes take longer than crops: only the faces that something is made of get them.
        let needs = if recipe.makes_of(&source.name, &["cross_blend"]) {
            Needs::Shapes
        } else if recipe.makes_of(&source.name, &["self_blend", "texture"]) {
            Needs::Meshes
        } else {
            Needs::Crops
        };
        Source::open(recipe, i, source, list, needs, stored, ctx)
    };
    recipe.sources.iter().zip(lists).enumerate().map(open).collect()
}

/// What is needed of a source besides its crops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Needs {
    Crops,
    Meshes,
    Shapes,
}

/// A list that was read: rows of both splits.
struct List {
    manifest: Manifest,
    rows: Vec<Row>,
    wanted: Vec<Wanted>,
    words: Option<Words>,
}

fn read_list(i: usize, source: &SourceRecipe) -> Result<List, TrainError> {
    let mut manifest = Manifest::read(&source.manifest, &["source", "group", "split"])?;
    let known = |key: &str, column: &str| {
        if manifest.columns().iter().any(|c| c == column) {
            return Ok(());
        }
        let (there, path) = (manifest.columns().join(", "), manifest.path.display());
        let problem = format!("there is no column `{column}` (there are {there}): {path}");
        Err(TrainError::data(format!("source[{i}].{key}"), problem))
    };
    source.by.iter().try_for_each(|column| known("by", column))?;
    source.by_fake.iter().flatten().try_for_each(|column| known("by_fake", column))?;
    source.pair.iter().try_for_each(|column| known("pair", column))?;
    for (key, wanted) in [("only", &source.only), ("except", &source.except)] {
        wanted.keys().try_for_each(|column| known(key, column))?;
        every_value_occurs(&manifest, &format!("source[{i}].{key}"), wanted)?;
    }
    manifest.check_splits()?;
    let mut rows = std::mem::take(&mut manifest.rows);
    rows.retain(|row| [&source.train, &source.held_out].iter().any(|split| **split == manifest.cell(row, "split")));
    let has =
        |row: &Row, (column, values): (&String, &Vec<String>)| values.iter().any(|v| v == manifest.cell(row, column));
    rows.retain(|row| {
        source.only.iter().all(|wanted| has(row, wanted)) && !source.except.iter().any(|not| has(row, not))
    });
    let wanted = rows.iter().map(|row| Wanted::new(&manifest, row, &source.crop)).collect::<Result<Vec<_>, _>>()?;
    let words = source.words.as_deref().map(Words::read).transpose()?;
    if let (Some(words), Some(path)) = (&words, &source.words)
        && rows.iter().all(|row| words.on(&manifest, row).is_none())
    {
        let problem = format!("has a word on none of the rows: {}", path.display());
        return Err(TrainError::data(format!("source[{i}].words"), problem));
    }
    Ok(List { manifest, rows, wanted, words })
}

/// A value that no row has is a slip of the pen: a source that was to be left out would be trained on.
fn every_value_occurs(
    manifest: &Manifest,
    key: &str,
    wanted: &BTreeMap<String, Vec<String>>,
) -> Result<(), TrainError> {
    for (column, values) in wanted {
        for value in values {
            if !manifest.rows.iter().any(|row| manifest.cell(row, column) == value) {
                let problem = format!("no row has `{value}`: {}", manifest.path.display());
                return Err(TrainError::data(format!("{key}.{column}"), problem));
            }
        }
    }
    Ok(())
}

impl Source {
    fn open(
        recipe: &DataRecipe,
        i: usize,
        source: &SourceRecipe,
        list: List,
        needs: Needs,
        stored: usize,
        ctx: &Ctx,
    ) -> Result<Self, TrainError> {
        let cache = recipe.cache.clone().unwrap_or_else(|| "cache".into());
        let path = &source.manifest;
        let pack = Pack::open(path, &list.wanted, &source.crop, stored, &cache, ctx)?;
        let meshes = match (needs, &recipe.models) {
            (Needs::Crops, _) => None,
            (_, Some(models)) => Some(Meshes::open(path, &list.wanted, &pack, stored, (&cache, models), ctx)?),
            (_, None) => {
                return Err(TrainError::data(
                    format!("source[{i}]"),
                    "blends need the folder of models, for the face mesh",
                ));
            }
        };
        let video = recipe.augment.video;
        let variants = match video.share > 0.0 {
            true => Some(Variants::open(path, &pack, stored, video.range, &cache, ctx)?),
            false => None,
        };
        let faces = faces(source, &list, &pack, stored)?;
        let shapes = match (&meshes, needs) {
            (Some(meshes), Needs::Shapes) => shapes(&faces, meshes)?,
            _ => Vec::new(),
        };
        let mut hash = Sha256::new();
        for path in [Some(path), source.words.as_ref()].into_iter().flatten() {
            hash.update(std::fs::read(path).map_err(TrainError::file(path))?);
        }
        Ok(Self {
            name: source.name.clone(),
            list: path.clone(),
            list_sha256: hash.finalize().iter().map(|b| format!("{b:02x}")).collect(),
            real: pool(source, &list, &faces, Label::Real),
            fake: pool(source, &list, &faces, Label::Fake),
            pairs: pairs(source, &list, &faces),
            splits: [source.train.clone(), source.held_out.clone()],
            faces,
            pack,
            meshes,
            variants,
            shapes,
            stored,
        })
    }

    /// A face's crop, or what a video encoder left of it, with what augmentation wants to know of it.
    ///
    /// # Errors
    /// When the cache cannot be read.
    pub fn subject(&self, face: u32, recipe: &AugmentRecipe, dice: &mut Dice) -> Result<Subject, TrainError> {
        let rgb = match &self.variants {
            Some(variants) if dice.chance(recipe.video.share) => variants.read(face as usize)?,
            _ => self.pack.read(face as usize)?,
        };
        let tile = Tile::from_rgb(self.stored, &rgb);
        let row = self.faces.get(face as usize);
        Ok(Subject {
            tile,
            landmarks: row.and_then(|r| r.landmarks),
            native: row.map_or(self.stored as f32, |r| r.native),
            whole: row.map_or(0.0, |r| r.whole),
            word: row.and_then(|r| r.word),
        })
    }

    /// A real and one fake made of it: one of the same moment, where both are frames of videos and there is one.
    pub fn draw_pair(&self, dice: &mut Dice) -> Option<(u32, u32)> {
        let real = self.pairs.reals.draw(dice)?;
        let fakes = self.pairs.fakes_of.get(&real)?;
        Some((real, fakes.get(dice.below(fakes.len())).copied()?))
    }

    /// The face's mesh in px of its crop.
    ///
    /// # Errors
    /// When the cache cannot be read.
    pub fn mesh(&self, face: u32) -> Result<Option<Vec<Point>>, TrainError> {
        self.meshes.as_ref().map_or(Ok(None), |meshes| meshes.read(face as usize))
    }

    /// The shape of a face, and whose it is.
    pub fn shape(&self, face: u32) -> Option<(&Shape, (&str, &str))> {
        let shape = self.shapes.get(face as usize)?.as_ref()?;
        let row = self.faces.get(face as usize)?;
        Some((shape, (row.source.as_str(), row.group.as_str())))
    }

    /// Makes sure that there is something of this label to draw.
    pub fn require(&self, label: Label, draw: usize) -> Result<(), TrainError> {
        let pool = if label == Label::Real { &self.real } else { &self.fake };
        if pool.len() > 0 {
            return Ok(());
        }
        let (label, [train, _]) = (label.as_str(), &self.splits);
        let problem = format!("no row is `{label}` with split `{train}`: {}", self.list.display());
        Err(TrainError::data(format!("draw[{draw}].{label}.{}", self.name), problem))
    }

    /// Makes sure that there are pairs to draw.
    pub fn require_pairs(&self, draw: usize) -> Result<(), TrainError> {
        if self.pairs.reals.len() > 0 {
            return Ok(());
        }
        let problem = format!("no real shares its group and `pair` with a fake: {}", self.list.display());
        Err(TrainError::data(format!("draw[{draw}].fake.pair"), problem))
    }
}

fn faces(source: &SourceRecipe, list: &List, pack: &Pack, stored: usize) -> Result<Vec<FaceRow>, TrainError> {
    let manifest = &list.manifest;
    let of = |((row, wanted), geometry): ((&Row, &Wanted), &crate::data::Geometry)| {
        let cell = |column: &str| manifest.cell(row, column).to_owned();
        // `crop_side`: pixels of the original that the row's picture was cut from; `orig_w` and `orig_h`: all of it.
        let picture = geometry.picture[0].max(geometry.picture[1]);
        let under = manifest.number(row, "crop_side")?.unwrap_or(picture);
        let original = manifest.number(row, "orig_w")?.zip(manifest.number(row, "orig_h")?);
        let pair = source.pair.as_deref().map(|column| manifest.cell(row, column)).filter(|key| !key.is_empty());
        let video = manifest.cell(row, "video");
        Ok(FaceRow {
            label: row.label,
            held_out: manifest.cell(row, "split") == source.held_out,
            source: cell("source"),
            group: manifest.group(row).to_owned(),
            item: if video.is_empty() { cell("path") } else { video.to_owned() },
            pair: pair.map(|key| format!("{}/{key}", manifest.group(row))),
            path: row.path.clone(),
            word: list.words.as_ref().and_then(|words| words.on(manifest, row)),
            landmarks: wanted.landmarks.map(|points| points.map(|p| geometry.into_crop(p, stored))),
            native: geometry.side * under / picture,
            whole: original.map_or(under, |(w, h)| w.max(h)),
        })
    };
    list.rows.iter().zip(&list.wanted).zip(&pack.geometry).map(of).collect()
}

fn pool(source: &SourceRecipe, list: &List, faces: &[FaceRow], label: Label) -> Pool {
    let by = match (label, &source.by_fake) {
        (Label::Fake, Some(by)) => by,
        _ => &source.by,
    };
    let mut groups: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for (i, (row, face)) in list.rows.iter().zip(faces).enumerate() {
        if face.label == label && !face.held_out {
            groups.entry(list.manifest.key(row, by)).or_default().push(i as u32);
        }
    }
    Pool::new(groups, source.balance)
}

fn pairs(source: &SourceRecipe, list: &List, faces: &[FaceRow]) -> Pairs {
    // By what joins them, then by the moment: a fake of another moment is taken only where there is none of the same.
    let mut fakes: HashMap<&str, HashMap<&str, Vec<u32>>> = HashMap::new();
    let moment = |row: usize| list.rows.get(row).map_or("", |row| list.manifest.cell(row, "frame_us"));
    let trained = |label| faces.iter().enumerate().filter(move |(_, f)| f.label == label && !f.held_out);
    for (i, face) in trained(Label::Fake) {
        if let Some(pair) = &face.pair {
            fakes.entry(pair).or_default().entry(moment(i)).or_default().push(i as u32);
        }
    }
    let mut groups: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    let mut fakes_of = HashMap::new();
    for (i, face) in trained(Label::Real) {
        let Some(by_moment) = face.pair.as_deref().and_then(|pair| fakes.get(pair)) else { continue };
        let mut own: Vec<u32> = match by_moment.get(moment(i)) {
            Some(same) => same.clone(),
            None => by_moment.values().flatten().copied().collect(),
        };
        own.sort_unstable();
        fakes_of.insert(i as u32, own);
        let key = list.rows.get(i).map(|row| list.manifest.key(row, &source.by)).unwrap_or_default();
        groups.entry(key).or_default().push(i as u32);
    }
    Pairs { reals: Pool::new(groups, source.balance), fakes_of }
}

fn shapes(faces: &[FaceRow], meshes: &Meshes) -> Result<Vec<Option<Shape>>, TrainError> {
    let of = |(i, face): (usize, &FaceRow)| match face.label == Label::Real && !face.held_out {
        true => Ok(meshes.read(i)?.map(|points| Shape::of(&points))),
        false => Ok(None),
    };
    faces.iter().enumerate().map(of).collect()
}
