//! Face meshes of crops, computed once and kept beside them.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use base::{Ctx, Point, Progress, Rect, Stage};
use faces::{Face, FaceMeshAligner};
use rayon::prelude::*;

use super::manifest::Label;
use super::pack::{Pack, Wanted, stem};
use super::store::{Draft, Store};
use crate::TrainError;

/// Points of a mesh.
const POINTS: usize = 468;
/// Bytes of one.
const RECORD: usize = POINTS * 2 * size_of::<f32>();
/// Least probability that the network gives to a face being there; below it there is no mesh.
const MIN_PRESENCE: f32 = 0.5;

/// Meshes of the crops of one pack, in px of the crop.
#[derive(Debug)]
pub(crate) struct Meshes(Store);

impl Meshes {
    /// Opens the meshes of a pack, computing them when that was not done before. Only real faces get
    /// one, and only those with landmarks.
    ///
    /// # Errors
    /// A missing model, a picture that cannot be read, a full disk, `Cancelled`.
    pub fn open(
        list: &Path,
        wanted: &[Wanted],
        pack: &Pack,
        stored: usize,
        places: (&Path, &Path),
        ctx: &Ctx,
    ) -> Result<Self, TrainError> {
        let (cache, models) = places;
        let path = cache.join(format!("{}-{}.meshes", stem(list), pack.hash));
        if let Some(store) = Store::open(&path, RECORD, wanted.len())? {
            return Ok(Self(store));
        }
        let aligner = FaceMeshAligner::load(models)?;
        let draft = Draft::begin(&path, RECORD, wanted.len())?;
        let (done, total) = (AtomicU64::new(0), Some(wanted.len() as u64));
        let all = wanted.par_iter().zip(&pack.geometry).enumerate().map(|(i, (wanted, geometry))| {
            let mesh = if wanted.label == Label::Real { mesh_of(&aligner, list, wanted)? } else { None };
            let mut record = Vec::with_capacity(RECORD);
            for n in 0..POINTS {
                let point = mesh.as_ref().and_then(|m| m.get(n));
                let point = point.map_or(Point::new(f32::NAN, f32::NAN), |&p| geometry.into_crop(p, stored));
                record.extend_from_slice(&point.x.to_le_bytes());
                record.extend_from_slice(&point.y.to_le_bytes());
            }
            draft.write(i, &record)?;
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            ctx.checkpoint(Progress { stage: Stage::Analysing, done, total })?;
            Ok(())
        });
        let all: Vec<Result<(), TrainError>> = all.collect();
        all.into_iter().collect::<Result<(), _>>()?;
        draft.finish()?;
        let store = Store::open(&path, RECORD, wanted.len())?;
        store.map(Self).ok_or_else(|| TrainError::file(&path)(std::io::ErrorKind::UnexpectedEof.into()))
    }

    /// The points of a mesh in px of the crop; `None` where there is none.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read(&self, index: usize) -> Result<Option<Vec<Point>>, TrainError> {
        let bytes = self.0.read(index, 0, RECORD)?;
        let number = |b: &[u8; 4]| f32::from_le_bytes(*b);
        let numbers: Vec<f32> = bytes.as_chunks::<4>().0.iter().map(number).collect();
        let points: Vec<Point> = numbers.as_chunks::<2>().0.iter().map(|&[x, y]| Point::new(x, y)).collect();
        Ok(points.iter().all(|p| p.x.is_finite() && p.y.is_finite()).then_some(points))
    }
}

fn mesh_of(aligner: &FaceMeshAligner, list: &Path, wanted: &Wanted) -> Result<Option<Vec<Point>>, TrainError> {
    let Some(landmarks) = wanted.landmarks else { return Ok(None) };
    let rgb = wanted.decode(list)?;
    let face = Face { rect: Rect::default(), landmarks, refined: None, detector_score: 1.0 };
    let meshes = aligner.meshes(&rgb, &[face])?;
    Ok(meshes.into_iter().next().filter(|mesh| mesh.presence >= MIN_PRESENCE).map(|mesh| mesh.points))
}
