//! The batches of a recipe.

use std::path::PathBuf;

use base::Ctx;
use image::RgbImage;
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::chain::{Subject, augment};
use super::dice::{Dice, Purpose};
use super::recipe::{AugmentRecipe, BlendRecipe, DataRecipe, DrawRecipe, stored_side};
use super::sampler::{Weighted, divide};
use super::source::{Source, open_sources};
use super::tile::Tile;
use crate::blend::{Donor, Made};
use crate::data::{Framed, GREEN, Label, RED, grid};
use crate::{Batch, Batches, TrainError, blend};

/// Draws, makes and augments the examples of each step.
#[derive(Debug)]
pub struct Mixture {
    seed: u64,
    side: usize,
    stored: usize,
    sources: Vec<Source>,
    draws: Vec<Draw>,
    augment: AugmentRecipe,
    blend: BlendRecipe,
    fingerprint: String,
}

/// One crop that was held out, as the network would see it when a file is scanned.
#[derive(Clone, Debug, PartialEq)]
pub struct Crop {
    /// `[side, side, 3]`, RGB, row by row.
    pub rgb: Vec<u8>,
    /// What it is.
    pub label: Label,
    /// Column `source` of its list.
    pub source: String,
    /// What must not be split.
    pub group: String,
    /// The video it is a frame of, or its own path: what one score is given for.
    pub item: String,
    /// What it shares with the real it was made from or with the fakes made from it.
    pub pair: Option<String>,
    /// The picture.
    pub path: PathBuf,
    /// Name of the recipe's source.
    pub list: String,
}

/// A part of the batch.
#[derive(Debug)]
struct Draw {
    /// Couples, or examples where only one label is drawn.
    count: usize,
    real: Weighted<usize>,
    fake: Weighted<Origin>,
    together: bool,
}

/// Where a fake comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    Source(usize),
    Pair,
    Made(Made),
}

impl Origin {
    fn of(name: &str, source: impl Fn(&str) -> Option<usize>) -> Option<Self> {
        match name {
            "pair" => Some(Self::Pair),
            "self_blend" => Some(Self::Made(Made::SelfBlend)),
            "cross_blend" => Some(Self::Made(Made::CrossBlend)),
            "texture" => Some(Self::Made(Made::Texture)),
            name => source(name).map(Self::Source),
        }
    }
}

/// One couple, or one example, of a step.
#[derive(Clone, Copy, Debug)]
struct Job {
    draw: usize,
    /// `None`: a real alone.
    fake: Option<Origin>,
    /// Where its first example lies in the batch.
    place: usize,
}

/// One example of a batch.
struct Example {
    pixels: Vec<u8>,
    label: f32,
    word: Option<f32>,
}

/// Faces without a mesh that may be drawn in a row before it is an error.
const TRIES: usize = 16;

impl Mixture {
    /// Reads and checks the lists, and cuts all crops that were not cut before: whatever is wrong with a row is said
    /// now. `side` is that of the network's input. Progress counts crops.
    ///
    /// # Errors
    /// A recipe that asks for what is not there; the first row that cannot be used; a full disk; `Cancelled`.
    pub fn open(recipe: &DataRecipe, seed: u64, side: usize, ctx: &Ctx) -> Result<Self, TrainError> {
        recipe.validate()?;
        if side < 16 {
            return Err(TrainError::data("batch", format!("crops of {side} px are too small to be augmented")));
        }
        let stored = stored_side(side);
        let sources = open_sources(recipe, stored, ctx)?;
        let mut fingerprint = Sha256::new();
        sources.iter().for_each(|source| fingerprint.update(source.list_sha256.as_bytes()));
        Ok(Self {
            seed,
            side,
            stored,
            draws: draws(recipe, &sources)?,
            sources,
            augment: recipe.augment,
            blend: recipe.blend,
            fingerprint: fingerprint.finalize().iter().map(|b| format!("{b:02x}")).collect(),
        })
    }

    /// SHA-256 over the lists, in the order of the recipe: two runs with the same one had the same rows.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Pixels along one edge of what a face is resized to before its middle is shown to the network (`input.resize` of
    /// a model's card).
    pub fn stored(&self) -> usize {
        self.stored
    }

    /// Faces that can be drawn, by source of the recipe: reals and fakes of the `train` split.
    pub fn counts(&self) -> Vec<(&str, usize, usize)> {
        self.sources.iter().map(|s| (s.name.as_str(), s.real.len(), s.fake.len())).collect()
    }

    /// The crops that were held out, in the order of the lists, without any augmentation.
    ///
    /// # Errors
    /// When the cache cannot be read.
    pub fn held_out(&self) -> Result<Vec<Crop>, TrainError> {
        let margin = (self.stored - self.side) / 2;
        let mut crops = Vec::new();
        for source in &self.sources {
            for (i, face) in source.faces.iter().enumerate().filter(|(_, face)| face.held_out) {
                let tile = Tile::from_rgb(self.stored, &source.pack.read(i)?);
                crops.push(Crop {
                    rgb: tile.cut_rgb(margin, margin, self.side),
                    label: face.label,
                    source: face.source.clone(),
                    group: face.group.clone(),
                    item: face.item.clone(),
                    pair: face.pair.clone(),
                    path: face.path.clone(),
                    list: source.name.clone(),
                });
            }
        }
        Ok(crops)
    }

    /// A picture of what is trained on, for people. For every kind of couple `columns` of them, in four rows: reals as
    /// they are (framed green), the fakes beside them (red), and both again as the network gets them. Draws of one label
    /// have two rows.
    ///
    /// # Errors
    /// When the cache cannot be read, or a fake cannot be made.
    pub fn montage(&self, columns: usize) -> Result<RgbImage, TrainError> {
        let mut framed = Vec::new();
        let mut kind = 0;
        for draw in &self.draws {
            let fakes: Vec<Option<Origin>> = match draw.fake.things() {
                [] => vec![None],
                fakes => fakes.iter().copied().map(Some).collect(),
            };
            for fake in fakes {
                kind += 1;
                let mut rows = vec![Vec::new(); 4];
                for column in 0..columns {
                    let mut dice = Dice::new(self.seed, kind, column as u64, Purpose::Show);
                    for (i, (subject, label)) in self.subjects(draw, fake, &mut dice)?.into_iter().enumerate() {
                        let colour = if label == Label::Fake { RED } else { GREEN };
                        let plain = picture(self.stored, subject.tile.cut_rgb(0, 0, self.stored));
                        let seen = augment(&self.augment, subject, self.side, &mut dice)?;
                        let seen = picture(self.side, seen);
                        for (row, rgb) in [(i, plain), (i + 2, seen)] {
                            rows.iter_mut().skip(row).take(1).for_each(|r| r.push(Framed { rgb: rgb.clone(), colour }));
                        }
                    }
                }
                framed.extend(rows.into_iter().flatten());
            }
        }
        Ok(grid(&framed, columns, self.side as u32))
    }

    /// What a step draws, in order: which kind of fake comes with each couple.
    fn plan(&self, step: u64) -> Vec<Job> {
        let mut jobs = Vec::new();
        let mut place = 0;
        for (d, draw) in self.draws.iter().enumerate() {
            // One draw for the whole step, at even distances: as many of each kind as their shares say, every step.
            let start = Dice::new(self.seed, step, d as u64, Purpose::Plan).unit();
            for i in 0..draw.count {
                let part = (i as f64 + f64::from(start)) / draw.count as f64;
                let fake = draw.fake.at(part).copied();
                let is_couple = fake.is_some() && !draw.real.things().is_empty();
                jobs.push(Job { draw: d, fake, place });
                place += if is_couple { 2 } else { 1 };
            }
        }
        jobs
    }

    fn examples(&self, step: u64, job: Job) -> Result<Vec<Example>, TrainError> {
        let mut dice = Dice::new(self.seed, step, job.place as u64, Purpose::Choice);
        let Some(draw) = self.draws.get(job.draw) else { return Ok(Vec::new()) };
        let subjects = self.subjects(draw, job.fake, &mut dice)?;
        let finish = |(i, (subject, label)): (usize, (Subject, Label))| {
            let place = if draw.together { job.place } else { job.place + i };
            let mut dice = Dice::new(self.seed, step, place as u64, Purpose::Augment);
            let word = subject.word;
            let pixels = augment(&self.augment, subject, self.side, &mut dice)?;
            Ok(Example { pixels, label: if label == Label::Fake { 1.0 } else { 0.0 }, word })
        };
        subjects.into_iter().enumerate().map(finish).collect()
    }

    /// The crops of a job before augmentation, the real first.
    fn subjects(
        &self,
        draw: &Draw,
        fake: Option<Origin>,
        dice: &mut Dice,
    ) -> Result<Vec<(Subject, Label)>, TrainError> {
        let mut subjects = Vec::with_capacity(2);
        let real = draw.real.draw(dice).and_then(|&i| self.sources.get(i));
        match (real, fake) {
            (Some(source), Some(Origin::Pair)) => {
                let (real, fake) = source.draw_pair(dice).ok_or_else(|| empty("pair"))?;
                subjects.push((source.subject(real, &self.augment, dice)?, Label::Real));
                subjects.push((source.subject(fake, &self.augment, dice)?, Label::Fake));
            }
            (Some(_), Some(Origin::Made(made))) => {
                let (real, fake) = self.make(draw, made, dice)?;
                subjects.push((real, Label::Real));
                subjects.push((fake, Label::Fake));
            }
            (real, fake) => {
                if let Some(source) = real {
                    let face = source.real.draw(dice).ok_or_else(|| empty("real"))?;
                    subjects.push((source.subject(face, &self.augment, dice)?, Label::Real));
                }
                if let Some(Origin::Source(i)) = fake
                    && let Some(source) = self.sources.get(i)
                {
                    let face = source.fake.draw(dice).ok_or_else(|| empty("fake"))?;
                    subjects.push((source.subject(face, &self.augment, dice)?, Label::Fake));
                }
            }
        }
        Ok(subjects)
    }

    /// A real and a fake made of it.
    fn make(&self, draw: &Draw, made: Made, dice: &mut Dice) -> Result<(Subject, Subject), TrainError> {
        for _ in 0..TRIES {
            let Some(source) = draw.real.draw(dice).and_then(|&i| self.sources.get(i)) else { break };
            let Some(face) = source.real.draw(dice) else { break };
            let Some(mesh) = source.mesh(face)? else { continue };
            let real = source.subject(face, &self.augment, dice)?;
            let donor = match made {
                Made::CrossBlend => self.donor(draw, (source, face), dice)?,
                Made::SelfBlend | Made::Texture => None,
            };
            if made == Made::CrossBlend && donor.is_none() {
                continue;
            }
            let tile = blend::make(made, &real.tile, &mesh, donor.as_ref(), &self.blend, dice)?;
            let fake = Subject { tile, word: None, ..real.clone() };
            return Ok((real, fake));
        }
        Err(TrainError::data(
            format!("draw[..].fake.{}", made.name()),
            format!("{TRIES} real faces in a row have no face mesh to make a fake of; choose other sources"),
        ))
    }

    /// Another person's face whose landmarks are nearest, of so many that are drawn.
    fn donor(&self, draw: &Draw, of: (&Source, u32), dice: &mut Dice) -> Result<Option<Donor>, TrainError> {
        let Some((shape, group)) = of.0.shape(of.1) else { return Ok(None) };
        let mut nearest: Option<(f32, &Source, u32)> = None;
        for _ in 0..self.blend.candidates {
            let Some(source) = draw.real.draw(dice).and_then(|&i| self.sources.get(i)) else { break };
            let Some(face) = source.real.draw(dice) else { break };
            let Some((other, other_group)) = source.shape(face) else { continue };
            if other_group == group {
                continue;
            }
            let distance = shape.distance(other);
            if nearest.is_none_or(|(least, ..)| distance < least) {
                nearest = Some((distance, source, face));
            }
        }
        let Some((_, source, face)) = nearest else { return Ok(None) };
        let Some(mesh) = source.mesh(face)? else { return Ok(None) };
        Ok(Some(Donor { tile: source.subject(face, &self.augment, dice)?.tile, mesh }))
    }
}

fn picture(side: usize, rgb: Vec<u8>) -> RgbImage {
    RgbImage::from_raw(side as u32, side as u32, rgb).unwrap_or_default()
}

fn empty(what: &str) -> TrainError {
    TrainError::data(format!("draw[..].{what}"), "there is nothing to draw from")
}

impl Batches for Mixture {
    fn batch(&self, step: u64) -> Result<Batch, TrainError> {
        let jobs = self.plan(step);
        let made: Result<Vec<_>, TrainError> = jobs.par_iter().map(|&job| self.examples(step, job)).collect();
        let (labels, weights, words) = (Vec::new(), Vec::new(), Vec::new());
        let mut batch = Batch { pixels: Vec::new(), labels, weights, words, side: self.side };
        for Example { pixels, label, word } in made?.into_iter().flatten() {
            batch.pixels.extend_from_slice(&pixels);
            batch.labels.push(label);
            batch.weights.push(1.0);
            batch.words.push(word);
        }
        Ok(batch)
    }
}

/// Turns the recipe's draws into counts and places.
fn draws(recipe: &DataRecipe, sources: &[Source]) -> Result<Vec<Draw>, TrainError> {
    let unit = |draw: &DrawRecipe| if draw.real.is_empty() || draw.fake.is_empty() { 1 } else { 2 };
    let shares: Vec<(f32, usize)> = recipe.draws.iter().map(|d| (d.share, unit(d))).collect();
    let parts = divide(recipe.batch, &shares).ok_or_else(|| {
        TrainError::data("batch", format!("{} does not divide into couples: make it even", recipe.batch))
    })?;
    let place = |name: &str| sources.iter().position(|s| s.name == name);
    let mut draws = Vec::new();
    for (i, (draw, part)) in recipe.draws.iter().zip(parts).enumerate() {
        let count = part / unit(draw);
        if count == 0 {
            let problem = format!("comes to nothing in a batch of {}", recipe.batch);
            return Err(TrainError::data(format!("draw[{i}].share"), problem));
        }
        for (label, from) in [(Label::Real, &draw.real), (Label::Fake, &draw.fake)] {
            for source in from.keys().filter_map(|name| place(name)).filter_map(|i| sources.get(i)) {
                source.require(label, i)?;
            }
        }
        if draw.fake.contains_key("pair") {
            for source in draw.real.keys().filter_map(|name| place(name)).filter_map(|i| sources.get(i)) {
                source.require_pairs(i)?;
            }
        }
        let real = draw.real.iter().filter_map(|(name, &share)| Some((place(name)?, share)));
        let fake = draw.fake.iter().filter_map(|(name, &share)| Some((Origin::of(name, place)?, share)));
        draws.push(Draw { count, real: Weighted::new(real), fake: Weighted::new(fake), together: draw.together });
    }
    Ok(draws)
}
