//! The `[data]` table of a recipe: which lists of crops, how they are cut, what a batch is made of, and how crops are
//! made to look travelled.
//!
//! The defaults of `[data.augment]` are those of the measured starting point that docs/data.md names, so that a recipe
//! which says nothing about it does what is known to work.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::TrainError;

/// `[data]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataRecipe {
    /// Examples of a batch.
    pub batch: usize,
    /// Folder of crops that were cut once, meshes and re-encoded variants; made when it is not there. By default
    /// `cache` beside the recipe ([`DataRecipe::anchor`]).
    #[serde(default)]
    pub cache: Option<PathBuf>,
    /// Folder of the models: the face mesh is there, which blends need. Not part of the recipe: the shell fills it in.
    #[serde(skip)]
    pub models: Option<PathBuf>,
    /// `[[data.source]]`: lists of labelled faces.
    #[serde(rename = "source")]
    pub sources: Vec<SourceRecipe>,
    /// `[[data.draw]]`: what a batch is made of.
    #[serde(rename = "draw")]
    pub draws: Vec<DrawRecipe>,
    /// `[data.augment]`: what is done to every crop.
    #[serde(default)]
    pub augment: AugmentRecipe,
    /// `[data.blend]`: how fakes are made of real faces.
    #[serde(default)]
    pub blend: BlendRecipe,
}

/// One list of labelled faces.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceRecipe {
    /// What draws call it.
    pub name: String,
    /// The list: a CSV with at least `path`, `label`, `source`, `group` and `split`; relative to the recipe.
    pub manifest: PathBuf,
    /// Which square of each picture.
    pub crop: CropRecipe,
    /// Columns that together name the groups between which draws are balanced.
    #[serde(default = "by_source")]
    pub by: Vec<String>,
    /// The same for fakes, where that differs.
    #[serde(default)]
    pub by_fake: Option<Vec<String>>,
    /// How much a large group counts against a small one.
    #[serde(default)]
    pub balance: Balance,
    /// Column that joins a real and the fakes made of it, within a `group`.
    #[serde(default)]
    pub pair: Option<String>,
    /// Rows that are taken: those with one of the values in each of the columns. All where nothing is said.
    #[serde(default)]
    pub only: BTreeMap<String, Vec<String>>,
    /// Rows that are left out, of both splits: those with one of the values in any of the columns.
    #[serde(default)]
    pub except: BTreeMap<String, Vec<String>>,
    /// What another detector said of these faces: a CSV with the columns `path`, as in the list, and `logit`; relative to
    /// the recipe. It joins the word of `[teacher]`.
    #[serde(default)]
    pub words: Option<PathBuf>,
    /// Value of `split` of what is trained on.
    #[serde(default = "train_split")]
    pub train: String,
    /// Value of `split` of what is held out.
    #[serde(default = "held_out_split")]
    pub held_out: String,
}

/// Which square of a picture a network is shown.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CropRecipe {
    /// What `factor` multiplies.
    pub basis: CropBasis,
    /// Side of the square over the basis; nothing for `whole`.
    #[serde(default)]
    pub factor: Option<f32>,
    /// Where the face's box comes from.
    #[serde(default)]
    pub place: Place,
}

/// What the side of a crop is measured against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CropBasis {
    /// The larger side of the face's box.
    Box,
    /// The height of the face's box.
    Height,
    /// The picture: it is a crop already.
    Whole,
}

/// Where the face's box comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// Computed from the five landmarks (`lm0_x` to `lm4_y`), as when a file is scanned.
    #[default]
    Landmarks,
    /// The columns `box_x`, `box_y`, `box_w`, `box_h`.
    Columns,
}

/// How much a group of n faces counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Balance {
    /// The square root of n.
    #[default]
    Sqrt,
    /// All the same.
    Equal,
    /// n: every face is as likely as any other.
    Size,
}

/// A part of the batch. With both `real` and `fake` it is dealt out in couples of one each; with one of them it is
/// all of that label.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DrawRecipe {
    /// Part of the batch, against the other draws' shares.
    pub share: f32,
    /// Sources of real faces and how much each counts.
    #[serde(default)]
    pub real: BTreeMap<String, f32>,
    /// Sources of fakes and how much each counts: names of sources, or one of
    /// `pair` (a fake of the couple's own real), `self_blend`, `cross_blend`, `texture` (made of the couple's real).
    #[serde(default)]
    pub fake: BTreeMap<String, f32>,
    /// Whether both of a couple get the same augmentation.
    #[serde(default)]
    pub together: bool,
}

/// Names of fakes that are no sources.
pub const MADE: [&str; 4] = ["pair", "self_blend", "cross_blend", "texture"];

/// Something that is done to a share of the crops, by an amount drawn evenly from a range.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sometimes {
    /// Of 1.
    pub share: f32,
    /// Least and most.
    pub range: [f32; 2],
}

impl Sometimes {
    const fn new(share: f32, low: f32, high: f32) -> Self {
        Self { share, range: [low, high] }
    }

    const fn never(low: f32, high: f32) -> Self {
        Self::new(0.0, low, high)
    }
}

/// What is done to every crop, real or fake, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AugmentRecipe {
    /// Share of crops that were through a video encoder: H.264 or HEVC, as many of each, at this constant rate factor.
    /// Encoded once, when the crops are cut.
    pub video: Sometimes,
    /// Share of crops of which the eyes, nose or mouth are painted over, or (one in five of them) half of the face.
    pub drop_out: f32,
    /// Share that is mirrored.
    pub flip: f32,
    /// Most degrees to either side.
    pub rotate_deg: f32,
    /// Least and most enlargement.
    pub scale: [f32; 2],
    /// Most shift to any side, in parts of the side.
    pub shift: f32,
    /// Shrunk to this part of the side and enlarged again, with one of several filters each way.
    pub resize: Sometimes,
    /// Gaussian blur of this many pixels.
    pub blur: Sometimes,
    /// Unsharp masking of this strength.
    pub sharpen: Sometimes,
    /// Share of crops whose colours are changed at all, by each of [`ColourRecipe`].
    pub colour: f32,
    /// By how much.
    pub tone: ColourRecipe,
    /// Normal noise of so many grey levels.
    pub noise: Sometimes,
    /// Share that gets the treatment of the `web` tier of `facefiction evaluate`: longest side of the whole picture at
    /// most 768 px, JPEG quality 60.
    pub web: f32,
    /// The same for the `hard` tier: 512 px, JPEG quality 40.
    pub hard: f32,
    /// WebP at this quality.
    pub webp: Sometimes,
    /// JPEG at this quality.
    pub jpeg: Sometimes,
}

impl Default for AugmentRecipe {
    fn default() -> Self {
        Self {
            video: Sometimes::never(20.0, 36.0),
            drop_out: 0.0,
            flip: 0.5,
            rotate_deg: 8.0,
            scale: [0.94, 1.2],
            shift: 0.03,
            resize: Sometimes::new(0.35, 0.45, 1.0),
            blur: Sometimes::new(0.2, 0.3, 1.1),
            sharpen: Sometimes::never(0.3, 1.1),
            colour: 0.6,
            tone: ColourRecipe::default(),
            noise: Sometimes::new(0.2, 1.0, 6.0),
            web: 0.0,
            hard: 0.0,
            webp: Sometimes::never(30.0, 95.0),
            jpeg: Sometimes::new(0.65, 40.0, 100.0),
        }
    }
}

/// How colours are changed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ColourRecipe {
    /// Grey levels added to each of red, green and blue.
    pub tint: Sometimes,
    /// Contrast about the mean.
    pub contrast: Sometimes,
    /// Grey levels added together with it.
    pub brightness: [f32; 2],
    /// Turn of the hue in degrees.
    pub hue_deg: Sometimes,
    /// Saturation, together with it.
    pub saturation: [f32; 2],
}

impl Default for ColourRecipe {
    fn default() -> Self {
        Self {
            tint: Sometimes::new(0.6, -18.0, 18.0),
            contrast: Sometimes::new(0.6, 0.85, 1.18),
            brightness: [-14.0, 14.0],
            hue_deg: Sometimes::new(0.5, -12.0, 12.0),
            saturation: [0.75, 1.25],
        }
    }
}

/// How fakes are made of real faces.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BlendRecipe {
    /// How much each mask counts.
    pub masks: MaskShares,
    /// How much of the other side is taken inside the mask; each as likely as the others.
    pub ratios: [f32; 6],
    /// Real faces among which the one with the nearest landmarks is looked for, for a cross-identity blend.
    pub candidates: usize,
}

impl Default for BlendRecipe {
    fn default() -> Self {
        // Ratios: Shiohara and Yamasaki 2022, section 3.2.
        Self { masks: MaskShares::default(), ratios: [0.25, 0.5, 0.75, 1.0, 1.0, 1.0], candidates: 100 }
    }
}

/// How often each part of the face is what was exchanged.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MaskShares {
    /// The hull of all points of the mesh.
    pub face: f32,
    /// That and the forehead above.
    pub forehead: f32,
    /// Nose to chin.
    pub lower: f32,
    /// Eyes and brows.
    pub eyes: f32,
    /// The mouth.
    pub mouth: f32,
    /// The nose.
    pub nose: f32,
    /// Left or right half.
    pub half: f32,
}

impl Default for MaskShares {
    fn default() -> Self {
        Self { face: 0.38, forehead: 0.17, lower: 0.14, eyes: 0.11, mouth: 0.1, nose: 0.05, half: 0.05 }
    }
}

/// A recipe as far as this module reads it.
#[derive(Deserialize)]
struct Tables {
    data: DataRecipe,
}

fn by_source() -> Vec<String> {
    vec!["source".into()]
}

fn train_split() -> String {
    "train".into()
}

fn held_out_split() -> String {
    "val".into()
}

/// Side of the crops that are kept, for a network's input of `side` px: 140 for 128. The rest is room for shifts; in
/// use, and for the held-out crops, the middle is what the network sees. Even, as video encoders want it.
pub fn stored_side(side: usize) -> usize {
    (side * 35 / 32).next_multiple_of(2)
}

impl DataRecipe {
    /// Reads the `[data]` table of a recipe; the other tables are left to others. Paths are relative to the recipe.
    ///
    /// # Errors
    /// A file that cannot be read, is no TOML, has no `[data]`, or has a key in it that is unknown or wrong.
    pub fn read(path: &Path) -> Result<Self, TrainError> {
        let text = std::fs::read_to_string(path).map_err(TrainError::file(path))?;
        let wrong = |e: toml::de::Error| TrainError::file(path)(std::io::Error::other(e));
        let recipe: Tables = toml::from_str(&text).map_err(wrong)?;
        let mut data = recipe.data;
        data.anchor(path.parent().unwrap_or(Path::new("")));
        data.validate()?;
        Ok(data)
    }

    /// Makes relative paths those beside the recipe, which lies in `folder`, and puts the cache there unless the
    /// recipe names one.
    pub fn anchor(&mut self, folder: &Path) {
        for source in &mut self.sources {
            source.manifest = folder.join(&source.manifest);
            source.words = source.words.as_ref().map(|words| folder.join(words));
        }
        self.cache = Some(folder.join(self.cache.as_deref().unwrap_or("cache".as_ref())));
    }

    /// Checks everything that can be checked without opening a file.
    ///
    /// # Errors
    /// [`TrainError::DataRecipe`] with the key.
    pub fn validate(&self) -> Result<(), TrainError> {
        if self.batch == 0 {
            return Err(TrainError::data("batch", "must be at least 1"));
        }
        if self.sources.is_empty() {
            return Err(TrainError::data("source", "there must be at least one [[data.source]]"));
        }
        if self.draws.is_empty() {
            return Err(TrainError::data("draw", "there must be at least one [[data.draw]]"));
        }
        for (i, source) in self.sources.iter().enumerate() {
            self.validate_source(i, source)?;
        }
        for (i, draw) in self.draws.iter().enumerate() {
            self.validate_draw(&format!("draw[{i}]"), draw)?;
        }
        self.augment.validate()?;
        self.blend.validate()
    }

    fn validate_source(&self, i: usize, source: &SourceRecipe) -> Result<(), TrainError> {
        let key = |name: &str| format!("source[{i}].{name}");
        if MADE.contains(&source.name.as_str()) || source.name.is_empty() {
            return Err(TrainError::data(key("name"), format!("`{}` is no name for a source", source.name)));
        }
        if self.sources.iter().take(i).any(|other| other.name == source.name) {
            return Err(TrainError::data(key("name"), format!("two sources are called `{}`", source.name)));
        }
        if source.train == source.held_out {
            return Err(TrainError::data(key("held_out"), "what is held out must not be trained on"));
        }
        match (source.crop.basis, source.crop.factor) {
            (CropBasis::Whole, None) => Ok(()),
            (CropBasis::Whole, Some(_)) => {
                Err(TrainError::data(key("crop.factor"), "a whole picture has no factor: leave it out"))
            }
            (_, Some(factor)) if factor > 0.0 && factor.is_finite() => Ok(()),
            _ => Err(TrainError::data(key("crop.factor"), "must be a number above 0, such as 0.87 or 1.3")),
        }
    }

    fn validate_draw(&self, key: &str, draw: &DrawRecipe) -> Result<(), TrainError> {
        if !(draw.share > 0.0 && draw.share.is_finite()) {
            return Err(TrainError::data(format!("{key}.share"), "must be a number above 0"));
        }
        if draw.real.is_empty() && draw.fake.is_empty() {
            return Err(TrainError::data(key, "must say where `real`, `fake` or both come from"));
        }
        for (side, from) in [("real", &draw.real), ("fake", &draw.fake)] {
            for (name, &share) in from {
                let key = format!("{key}.{side}.{name}");
                let made = side == "fake" && MADE.contains(&name.as_str());
                let source = self.sources.iter().find(|source| source.name == *name);
                if !made && source.is_none() {
                    let known = self.sources.iter().map(|s| s.name.as_str());
                    let known: Vec<&str> = known.chain(MADE.into_iter().filter(|_| side == "fake")).collect();
                    return Err(TrainError::data(key, format!("no such source; there are {}", known.join(", "))));
                }
                if made && draw.real.is_empty() {
                    return Err(TrainError::data(key, "is made of a real face, so `real` must say which"));
                }
                if !(share > 0.0 && share.is_finite()) {
                    return Err(TrainError::data(key, "must be a number above 0"));
                }
            }
        }
        if draw.fake.contains_key("pair") {
            let unpaired = |name: &&String| self.sources.iter().any(|s| s.name == **name && s.pair.is_none());
            if let Some(name) = draw.real.keys().find(unpaired) {
                let problem = format!("source `{name}` does not say which column joins pairs: give it `pair = \"…\"`");
                return Err(TrainError::data(format!("{key}.fake.pair"), problem));
            }
        }
        Ok(())
    }

    /// Whether fakes of one of these kinds are made of a source's reals.
    pub(crate) fn makes_of(&self, source: &str, kinds: &[&str]) -> bool {
        let makes = |draw: &&DrawRecipe| kinds.iter().any(|kind| draw.fake.contains_key(*kind));
        self.draws.iter().filter(makes).any(|draw| draw.real.contains_key(source))
    }
}

impl AugmentRecipe {
    fn validate(&self) -> Result<(), TrainError> {
        let shares = [
            ("drop_out", self.drop_out),
            ("flip", self.flip),
            ("colour", self.colour),
            ("web", self.web),
            ("hard", self.hard),
            ("video.share", self.video.share),
            ("resize.share", self.resize.share),
            ("blur.share", self.blur.share),
            ("sharpen.share", self.sharpen.share),
            ("noise.share", self.noise.share),
            ("webp.share", self.webp.share),
            ("jpeg.share", self.jpeg.share),
            ("tone.tint.share", self.tone.tint.share),
            ("tone.contrast.share", self.tone.contrast.share),
            ("tone.hue_deg.share", self.tone.hue_deg.share),
        ];
        for (name, share) in shares {
            if !(0.0..=1.0).contains(&share) {
                return Err(TrainError::data(format!("augment.{name}"), "must lie between 0 and 1"));
            }
        }
        let ranges = [
            ("video.range", self.video.range, [0.0, 51.0]),
            ("scale", self.scale, [0.1, 10.0]),
            ("resize.range", self.resize.range, [0.05, 1.0]),
            ("blur.range", self.blur.range, [0.0, 20.0]),
            ("sharpen.range", self.sharpen.range, [0.0, 10.0]),
            ("noise.range", self.noise.range, [0.0, 255.0]),
            ("webp.range", self.webp.range, [1.0, 100.0]),
            ("jpeg.range", self.jpeg.range, [1.0, 100.0]),
            ("tone.tint.range", self.tone.tint.range, [-255.0, 255.0]),
            ("tone.contrast.range", self.tone.contrast.range, [0.0, 10.0]),
            ("tone.brightness", self.tone.brightness, [-255.0, 255.0]),
            ("tone.hue_deg.range", self.tone.hue_deg.range, [-180.0, 180.0]),
            ("tone.saturation", self.tone.saturation, [0.0, 10.0]),
            ("rotate_deg", [0.0, self.rotate_deg], [0.0, 180.0]),
            ("shift", [0.0, self.shift], [0.0, 0.5]),
        ];
        for (name, [low, high], [least, most]) in ranges {
            if !(low >= least && low <= high && high <= most) {
                let problem = format!("must go upwards within {least} to {most}");
                return Err(TrainError::data(format!("augment.{name}"), problem));
            }
        }
        Ok(())
    }
}

impl BlendRecipe {
    fn validate(&self) -> Result<(), TrainError> {
        let m = &self.masks;
        let shares = [m.face, m.forehead, m.lower, m.eyes, m.mouth, m.nose, m.half];
        if !(shares.iter().all(|&s| s >= 0.0 && s.is_finite()) && shares.iter().sum::<f32>() > 0.0) {
            return Err(TrainError::data("blend.masks", "must be at least 0 each, and one of them above"));
        }
        if !self.ratios.iter().all(|r| (0.0..=1.0).contains(r) && *r > 0.0) {
            return Err(TrainError::data("blend.ratios", "must lie above 0 and up to 1"));
        }
        if self.candidates == 0 {
            return Err(TrainError::data("blend.candidates", "must be at least 1"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = r#"
        batch = 4
        [[source]]
        name = "stills"
        manifest = "stills.csv"
        crop = { basis = "height", factor = 0.87 }
        [[draw]]
        share = 1
        real = { stills = 1 }
        fake = { stills = 0.5, self_blend = 0.5 }
    "#;

    fn parse(text: &str) -> Result<DataRecipe, String> {
        let recipe: DataRecipe = toml::from_str(text).map_err(|e| e.to_string())?;
        recipe.validate().map_err(|e| e.to_string())?;
        Ok(recipe)
    }

    #[test]
    fn what_is_not_said_is_the_measured_starting_point() {
        let mut recipe = parse(SMALL).unwrap();
        assert_eq!(recipe.augment, AugmentRecipe::default());
        assert_eq!((recipe.sources[0].train.as_str(), recipe.sources[0].held_out.as_str()), ("train", "val"));
        assert_eq!(recipe.sources[0].crop.place, Place::Landmarks);
        assert!(recipe.makes_of("stills", &["self_blend"]) && !recipe.makes_of("stills", &["cross_blend"]));
        recipe.anchor("/recipes".as_ref());
        assert_eq!(recipe.sources[0].manifest, Path::new("/recipes/stills.csv"));
        assert_eq!(recipe.cache.as_deref(), Some(Path::new("/recipes/cache")));
        assert_eq!((stored_side(128), stored_side(224)), (140, 246));
        let again: DataRecipe = toml::from_str(&toml::to_string(&recipe).unwrap()).unwrap();
        assert_eq!(again, recipe);
    }

    #[test]
    fn every_mistake_names_its_key() {
        let cases = [
            ("batch = 4", "batch = 0", "data.batch"),
            ("batch = 4", "batch = 4\nbtch = 5", "btch"),
            ("share = 1", "share = 0", "data.draw[0].share"),
            ("share = 1", "share = 1\nfakes = {}", "fakes"),
            ("factor = 0.87", "factor = -1", "data.source[0].crop.factor"),
            (", factor = 0.87", "", "data.source[0].crop.factor"),
            ("\"height\"", "\"whole\"", "data.source[0].crop.factor"),
            ("real = { stills = 1 }", "real = { still = 1 }", "data.draw[0].real.still"),
            ("real = { stills = 1 }", "", "data.draw[0].fake.self_blend"),
            ("self_blend = 0.5", "pair = 0.5", "data.draw[0].fake.pair"),
            ("self_blend = 0.5", "self_blend = -1", "data.draw[0].fake.self_blend"),
            ("name = \"stills\"", "name = \"pair\"", "data.source[0].name"),
            ("share = 1", "share = 1\n[augment]\njpeg = { share = 2, range = [40, 90] }", "data.augment.jpeg.share"),
            ("share = 1", "share = 1\n[augment]\njpeg = { share = 1, range = [90, 40] }", "data.augment.jpeg.range"),
        ];
        for (from, to, key) in cases {
            // Tables come last in TOML.
            let (to, tail) = to.split_once("\n[augment]").unwrap_or((to, ""));
            let tail = if tail.is_empty() { String::new() } else { format!("\n[augment]{tail}") };
            let text = SMALL.replacen(from, to, 1) + &tail;
            let message = parse(&text).unwrap_err();
            assert!(message.contains(key), "{to}{tail}: {message}");
        }
    }
}
