//! Logits by the product's own pipeline.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};
use base::{Ctx, Rect};
use candle_core::Device;
use detector::Detector;
use faces::{
    BlazeFaceDetector, BlazeFaceOptions, Face, FaceDetector, Mtcnn, MtcnnOptions, Quality, QualityGate, TrackId,
    Tracker, TrackerOptions, canonical_rect, crop_square,
};
use image::RgbImage;
use media::{Limits, Media, Sampling};
use rayon::prelude::*;

use crate::rows::Row;

/// Crops per second of a clip, as the cards say.
const FPS: f64 = 5.0;
/// Field guide 5.6: tails left out before averaging.
const TRIMMED: f64 = 0.1;

struct Pipeline {
    faces: Box<dyn FaceDetector>,
    generated: Detector,
    swapped: Detector,
}

pub fn measure(models: &Path, data: &Path, media: &Path, finder: &str) -> anyhow::Result<Vec<Row>> {
    let load = |id: &str| Detector::load(&models.join(id), &Device::Cpu);
    let pipeline = Pipeline {
        faces: match finder {
            "mtcnn" => Box::new(Mtcnn::load_checked(models, MtcnnOptions::default())?),
            "blazeface" => Box::new(BlazeFaceDetector::load_checked(models, BlazeFaceOptions::default())?),
            other => bail!("no face detector {other}"),
        },
        generated: load("generated-starter")?,
        swapped: load("swapped-starter")?,
    };
    let mut rows = Vec::new();
    for list in ["stills", "dfdc"] {
        let listed: Vec<BTreeMap<String, String>> = table(&data.join(format!("{list}.csv")))?;
        let val: Vec<_> = listed.iter().filter(|r| text(r, "split") == "val").collect();
        let found: Vec<Row> = val.par_iter().map(|r| pipeline.still(list, data, r)).collect::<anyhow::Result<_>>()?;
        eprintln!(
            "{list}: {} rows, {} without a usable face",
            found.len(),
            found.iter().filter(|r| r.crops == 0).count()
        );
        rows.extend(found);
    }
    for (list, folder, labels) in [
        ("videos", data.join("videos"), data.join("videos/labels.csv")),
        ("media", media.into(), media.join("labels.csv")),
    ] {
        for r in table(&labels)? {
            rows.push(pipeline.clip(list, &folder, &r).with_context(|| text(&r, "file"))?);
        }
        eprintln!("{list}: done");
    }
    Ok(rows)
}

impl Pipeline {
    fn still(&self, list: &str, data: &Path, r: &BTreeMap<String, String>) -> anyhow::Result<Row> {
        let file = text(r, "path");
        let rgb = picture(&data.join(&file)).with_context(|| file.clone())?;
        let side = |k: &str| text(r, k).parse::<f32>().with_context(|| format!("{k} of {file}"));
        let listed = Rect::new(side("box_x")?, side("box_y")?, side("box_w")?, side("box_h")?);
        // DFDC's crops are the swapped detector's crop already: no box of ours could be cut from them.
        let tight = list == "dfdc";
        let face = if tight { None } else { self.nearest(&rgb, listed)? };
        let own = face.map(|f| canonical_rect(f.placed()));
        let swapped_listed = if tight { self.tight(&rgb)? } else { one(&self.swapped, &rgb, Some(listed))? };
        let group = if tight { text(r, "original") } else { text(r, "group") };
        Ok(Row {
            list: list.into(),
            label: text(r, "label"),
            kind: text(r, "generator"),
            source: text(r, "source"),
            group,
            split: text(r, "split"),
            crops: usize::from(tight || face.is_some()),
            usable: tight || face.is_some_and(|f| QualityGate::default().reasons(&Quality::of(&rgb, &f)).is_empty()),
            generated: one(&self.generated, &rgb, own)?,
            swapped: if tight { swapped_listed } else { one(&self.swapped, &rgb, own)? },
            generated_listed: one(&self.generated, &rgb, (!tight).then_some(listed))?,
            swapped_listed,
            file,
        })
    }

    /// The face that overlaps most with the one of the list.
    fn nearest(&self, rgb: &RgbImage, listed: Rect) -> anyhow::Result<Option<Face>> {
        let faces = self.faces.detect(rgb)?;
        let overlap = |f: &Face| canonical_rect(f.placed()).iou(listed);
        Ok(faces.into_iter().filter(|f| overlap(f) > 0.3).max_by(|a, b| overlap(a).total_cmp(&overlap(b))))
    }

    /// A picture that is the crop already.
    fn tight(&self, rgb: &RgbImage) -> anyhow::Result<Option<f64>> {
        let rule = faces::CropRule { basis: faces::CropBasis::LargerSide, factor: 1.0, ..*self.swapped.crop_rule() };
        let whole = Rect::new(0.0, 0.0, rgb.width() as f32, rgb.height() as f32);
        let crop = crop_square(rgb, whole, &rule).context("an empty picture")?;
        Ok(self.swapped.logits(&[crop])?.first().map(|l| f64::from(*l)))
    }

    fn clip(&self, list: &str, folder: &Path, r: &BTreeMap<String, String>) -> anyhow::Result<Row> {
        let file = text(r, "file");
        let ctx = Ctx::silent();
        let opened = Media::open(&folder.join(&file), &Limits::default(), &ctx)?;
        let mut tracker = Tracker::new(TrackerOptions::default());
        let mut crops: BTreeMap<TrackId, [Vec<RgbImage>; 2]> = BTreeMap::new();
        for frame in opened.frames(Sampling::PerSecond(FPS), 2, &ctx)? {
            let frame = frame?;
            let faces = self.faces.detect(&frame.rgb)?;
            let gate = QualityGate::default();
            for (track, face) in tracker.push(&frame, faces) {
                if !gate.reasons(&Quality::of(&frame.rgb, &face)).is_empty() {
                    continue;
                }
                let rect = canonical_rect(face.placed());
                let [generated, swapped] = crops.entry(track).or_default();
                generated.extend(crop_square(&frame.rgb, rect, self.generated.crop_rule()));
                swapped.extend(crop_square(&frame.rgb, rect, self.swapped.crop_rule()));
            }
        }
        let longest = crops.into_values().max_by_key(|[g, _]| g.len()).unwrap_or_default();
        let source = match text(r, "source") {
            s if s.is_empty() => file.clone(),
            s => s,
        };
        Ok(Row {
            list: list.into(),
            label: text(r, "label"),
            kind: text(r, "manipulation"),
            group: Some(text(r, "group")).filter(|g| !g.is_empty()).unwrap_or_else(|| file.clone()),
            source,
            split: text(r, "split"),
            crops: longest[0].len(),
            usable: longest[0].len() >= analysis::MIN_TRACK_CROPS,
            generated: trimmed_mean(&self.generated, &longest[0])?,
            swapped: trimmed_mean(&self.swapped, &longest[1])?,
            generated_listed: None,
            swapped_listed: None,
            file,
        })
    }
}

/// A still, decoded as the product does.
fn picture(path: &Path) -> anyhow::Result<Arc<RgbImage>> {
    let ctx = Ctx::silent();
    let opened = Media::open(path, &Limits::default(), &ctx)?;
    let first = opened.frames(Sampling::EveryFrame, 1, &ctx)?.next();
    Ok(first.context("no picture")??.rgb)
}

fn one(detector: &Detector, rgb: &RgbImage, rect: Option<Rect>) -> anyhow::Result<Option<f64>> {
    let Some(crop) = rect.and_then(|r| crop_square(rgb, r, detector.crop_rule())) else { return Ok(None) };
    Ok(detector.logits(&[crop])?.first().map(|l| f64::from(*l)))
}

fn trimmed_mean(detector: &Detector, crops: &[RgbImage]) -> anyhow::Result<Option<f64>> {
    let mut logits = detector.logits(crops)?;
    logits.sort_by(f32::total_cmp);
    let cut = (logits.len() as f64 * TRIMMED).floor() as usize;
    let kept = logits.get(cut..logits.len() - cut).unwrap_or_default();
    Ok((!kept.is_empty()).then(|| kept.iter().map(|l| f64::from(*l)).sum::<f64>() / kept.len() as f64))
}

fn table(path: &Path) -> anyhow::Result<Vec<BTreeMap<String, String>>> {
    let mut reader = csv::Reader::from_path(path).with_context(|| path.display().to_string())?;
    Ok(reader.deserialize().collect::<Result<_, _>>()?)
}

fn text(row: &BTreeMap<String, String>, column: &str) -> String {
    row.get(column).cloned().unwrap_or_default()
}
