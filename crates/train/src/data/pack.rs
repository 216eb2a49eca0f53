//! Crops, cut once and kept in one file.
//!
//! Decoding and resizing thousands of pictures at every step would cost more than the network. The crops lie in a file
//! as bytes, are read at random, and stay in the memory of the system, not in that of the program. The file's name
//! holds a hash over everything that its content depends on, so that a changed list, picture or rule makes a new one.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::UNIX_EPOCH;

use base::{Ctx, Point, Progress, Rect, Stage};
use faces::{CropRule, canonical_rect, crop_square};
use image::RgbImage;
use media::{Limits, Media, Sampling};
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::manifest::{Label, Manifest, Row};
use super::store::{Draft, Store};
use crate::TrainError;
use crate::augment::recipe::{CropBasis, CropRecipe, Place};

/// Which square of its picture a crop is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Geometry {
    /// Left edge, in px of the picture.
    pub x: f32,
    /// Top edge.
    pub y: f32,
    /// Side.
    pub side: f32,
    /// Width and height of the picture.
    pub picture: [f32; 2],
}

impl Geometry {
    const BYTES: usize = 20;

    fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        let values = [self.x, self.y, self.side, self.picture[0], self.picture[1]];
        for (part, value) in bytes.as_chunks_mut::<4>().0.iter_mut().zip(values) {
            *part = value.to_le_bytes();
        }
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Self {
        let mut values = [0.0; 5];
        for (value, part) in values.iter_mut().zip(bytes.as_chunks::<4>().0) {
            *value = f32::from_le_bytes(*part);
        }
        let [x, y, side, w, h] = values;
        Self { x, y, side, picture: [w, h] }
    }

    /// A point of the picture in px of a crop of `stored` px.
    pub fn into_crop(self, p: Point, stored: usize) -> Point {
        let scale = stored as f32 / self.side;
        Point::new((p.x - self.x) * scale, (p.y - self.y) * scale)
    }
}

/// One crop to be cut.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// Line of the list.
    pub line: u64,
    /// The picture.
    pub path: PathBuf,
    /// What it is.
    pub label: Label,
    /// The face's box; `None` for the whole picture.
    pub rect: Option<Rect>,
    /// The five landmarks, where they are known.
    pub landmarks: Option<[Point; 5]>,
}

impl Wanted {
    /// What a row asks for.
    ///
    /// # Errors
    /// A row without the box or landmarks that the rule needs.
    pub fn new(manifest: &Manifest, row: &Row, crop: &CropRecipe) -> Result<Self, TrainError> {
        let landmarks = manifest.landmarks(row)?;
        let rect = match (crop.basis, crop.place) {
            (CropBasis::Whole, _) => None,
            (_, Place::Landmarks) => {
                let lacking = || manifest.problem(row.line, "the landmarks (lm0_x to lm4_y) are empty");
                Some(canonical_rect(&landmarks.ok_or_else(lacking)?))
            }
            (_, Place::Columns) => {
                let lacking = || manifest.problem(row.line, "the face's box (box_x to box_h) is empty");
                Some(manifest.face_box(row)?.ok_or_else(lacking)?)
            }
        };
        Ok(Self { line: row.line, path: row.path.clone(), label: row.label, rect, landmarks })
    }

    /// Decodes the picture as a scan does.
    pub fn decode(&self, list: &Path) -> Result<std::sync::Arc<RgbImage>, TrainError> {
        let ctx = Ctx::silent();
        let wrong = |e: media::MediaError| TrainError::Row {
            line: self.line,
            problem: format!("the picture cannot be read: {e}"),
            path: list.to_path_buf(),
        };
        let media = Media::open(&self.path, &Limits::default(), &ctx).map_err(wrong)?;
        let mut frames = media.frames(Sampling::EveryFrame, 1, &ctx).map_err(wrong)?;
        match frames.next() {
            Some(frame) => Ok(frame.map_err(wrong)?.rgb),
            None => Err(TrainError::Row {
                line: self.line,
                problem: format!("there is no picture in {}", self.path.display()),
                path: list.to_path_buf(),
            }),
        }
    }
}

/// Crops of one list, `[stored, stored, 3]` each.
#[derive(Debug)]
pub(crate) struct Pack {
    store: Store,
    stored: usize,
    /// Where each crop lies in its picture.
    pub geometry: Vec<Geometry>,
    /// Hash over all that the content depends on.
    pub hash: String,
}

impl Pack {
    /// Opens the pack of these crops, cutting them when that was not done before.
    ///
    /// # Errors
    /// The first row whose picture cannot be read or does not hold its face; a full disk; `Cancelled`.
    pub fn open(
        list: &Path,
        wanted: &[Wanted],
        crop: &CropRecipe,
        stored: usize,
        cache: &Path,
        ctx: &Ctx,
    ) -> Result<Self, TrainError> {
        let hash = hash(list, wanted, crop, stored)?;
        let path = cache.join(format!("{}-{hash}.crops", stem(list)));
        let record = Geometry::BYTES + stored * stored * 3;
        let store = match Store::open(&path, record, wanted.len())? {
            Some(store) => store,
            None => {
                cut_all(list, wanted, crop, stored, &path, ctx)?;
                let again = Store::open(&path, record, wanted.len())?;
                again.ok_or_else(|| TrainError::file(&path)(std::io::ErrorKind::UnexpectedEof.into()))?
            }
        };
        let read = |i| Ok(Geometry::from_bytes(&store.read(i, 0, Geometry::BYTES)?));
        let geometry = (0..wanted.len()).map(read).collect::<Result<_, TrainError>>()?;
        Ok(Self { store, stored, geometry, hash })
    }

    /// A crop, `[stored, stored, 3]`.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read(&self, index: usize) -> Result<Vec<u8>, TrainError> {
        self.store.read(index, Geometry::BYTES, self.stored * self.stored * 3)
    }
}

fn cut_all(
    list: &Path,
    wanted: &[Wanted],
    crop: &CropRecipe,
    stored: usize,
    path: &Path,
    ctx: &Ctx,
) -> Result<(), TrainError> {
    let draft = Draft::begin(path, Geometry::BYTES + stored * stored * 3, wanted.len())?;
    let (done, total) = (AtomicU64::new(0), Some(wanted.len() as u64));
    let problems = wanted.par_iter().enumerate().map(|(i, wanted)| {
        let (geometry, rgb) = cut(list, wanted, crop, stored)?;
        let mut record = geometry.to_bytes().to_vec();
        record.extend_from_slice(&rgb);
        draft.write(i, &record)?;
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        ctx.checkpoint(Progress { stage: Stage::Analysing, done, total })?;
        Ok(())
    });
    // The first by line, whichever thread was first.
    let problems: Vec<Result<(), TrainError>> = problems.collect();
    problems.into_iter().collect::<Result<(), _>>()?;
    draft.finish()
}

fn cut(list: &Path, wanted: &Wanted, crop: &CropRecipe, stored: usize) -> Result<(Geometry, Vec<u8>), TrainError> {
    let rgb = wanted.decode(list)?;
    let lost = || TrainError::Row {
        line: wanted.line,
        problem: format!("the face does not lie in the picture {}", wanted.path.display()),
        path: list.to_path_buf(),
    };
    let (rule, rect) = rule(wanted, crop, stored, &rgb);
    let square = rule.square(rect, rgb.width(), rgb.height()).ok_or_else(lost)?;
    let cut = crop_square(&rgb, rect, &rule).ok_or_else(lost)?;
    let geometry = Geometry {
        x: square.x as f32,
        y: square.y as f32,
        side: square.w as f32,
        picture: [rgb.width() as f32, rgb.height() as f32],
    };
    Ok((geometry, cut.into_raw()))
}

/// The rule that a scan would cut by, and the box for it.
fn rule(wanted: &Wanted, crop: &CropRecipe, stored: usize, rgb: &RgbImage) -> (CropRule, Rect) {
    let (width, height) = (rgb.width() as f32, rgb.height() as f32);
    let whole = || Rect::new(0.0, 0.0, width, height);
    let (basis, factor) = match crop.basis {
        CropBasis::Box => (faces::CropBasis::LargerSide, crop.factor.unwrap_or(1.0)),
        CropBasis::Height => (faces::CropBasis::Height, crop.factor.unwrap_or(1.0)),
        CropBasis::Whole => (faces::CropBasis::LargerSide, 1.0),
    };
    let stored = stored as u32;
    (CropRule { basis, factor, resize: stored, size: stored }, wanted.rect.unwrap_or_else(whole))
}

fn hash(list: &Path, wanted: &[Wanted], crop: &CropRecipe, stored: usize) -> Result<String, TrainError> {
    let mut hasher = Sha256::new();
    hasher.update(format!("crops 1 {stored} {crop:?}"));
    for w in wanted {
        let problem = |e: std::io::Error| TrainError::Row {
            line: w.line,
            problem: format!("{e}: {}", w.path.display()),
            path: list.to_path_buf(),
        };
        let meta = w.path.metadata().map_err(problem)?;
        let changed = meta.modified().ok().and_then(|t| t.duration_since(UNIX_EPOCH).ok());
        let row = (&w.path, meta.len(), changed, w.label, w.rect, w.landmarks);
        hasher.update(format!("{row:?}\n"));
    }
    Ok(hasher.finalize().iter().take(8).map(|b| format!("{b:02x}")).collect())
}

/// The list's name as part of a file name.
pub(crate) fn stem(list: &Path) -> String {
    let name = list.file_stem().unwrap_or_default().to_string_lossy();
    name.chars().map(|c| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '_' }).take(40).collect()
}
