//! Finds the faces of many pictures and writes them as CSV, for scripts that compare or fit.
//!
//! `cargo run --release -p faces --example export_faces -- DETECTOR MODELS LIST OUT.csv`
//!
//! DETECTOR is `checked` (the default: MTCNN and face mesh), `mesh` (MTCNN with the
//! landmarks of the mesh), `mtcnn`, `mtcnn:MIN_FACE`, `full` or `short` (BlazeFace
//! alone); LIST holds one picture path a line (relative paths count from
//! LIST's folder). Columns: path, x, y, w, h, score, lm0_x … lm4_y, presence (of the face mesh), face_px,
//! sharpness, blockiness, yaw; one row a face. Prints the time spent
//! in detection.
#![allow(clippy::print_stdout, reason = "a program")]

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use base::Ctx;
use faces::{
    BlazeFaceDetector, BlazeFaceOptions, Checked, Face, FaceDetector, FaceMeshAligner, Mtcnn, MtcnnOptions,
    PresenceRule, Quality,
};
use image::RgbImage;
use media::{Limits, Media, Sampling};
use nets::blazeface::Range;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, models, list, out] = arguments.as_slice() else {
        return Err("usage: export_faces DETECTOR MODELS LIST OUT.csv".into());
    };
    let detector = detector(name, Path::new(models))?;
    let base = Path::new(list).parent().unwrap_or(Path::new("."));
    let mut csv = String::from("path,x,y,w,h,score");
    for k in 0..5 {
        write!(csv, ",lm{k}_x,lm{k}_y")?;
    }
    csv.push_str(",presence,face_px,sharpness,blockiness,yaw\n");
    let mesh = FaceMeshAligner::load(Path::new(models))?;
    let (mut spent, mut pictures, mut found) = (Duration::ZERO, 0, 0);
    for line in std::fs::read_to_string(list)?.lines() {
        let rgb = open(&base.join(line))?;
        let start = Instant::now();
        let faces = detector.detect(&rgb)?;
        spent += start.elapsed();
        pictures += 1;
        found += faces.len();
        let meshes = mesh.meshes(&rgb, &faces)?;
        faces
            .iter()
            .zip(&meshes)
            .try_for_each(|(face, mesh)| write_row(&mut csv, line, face, &(mesh.presence, Quality::of(&rgb, face))))?;
    }
    std::fs::write(PathBuf::from(out), csv)?;
    println!(
        "{name}: {found} faces in {pictures} pictures, {:.1} ms each",
        spent.as_secs_f64() * 1e3 / f64::from(pictures.max(1))
    );
    Ok(())
}

fn detector(name: &str, models: &Path) -> Result<Box<dyn FaceDetector>, Box<dyn Error>> {
    let (kind, size) = name.split_once(':').map_or((name, None), |(k, s)| (k, Some(s)));
    Ok(match kind {
        "mtcnn" => {
            let mut options = MtcnnOptions::default();
            if let Some(size) = size {
                options.min_face = size.parse()?;
            }
            Box::new(Mtcnn::load(models, options)?)
        }
        "mesh" => Box::new(Checked::new(
            Mtcnn::load(models, MtcnnOptions::default())?,
            FaceMeshAligner::load(models)?,
            PresenceRule { believed_from: f32::INFINITY, min_presence: 0.0, ..PresenceRule::BLAZEFACE },
        )),
        "checked" => Box::new(Mtcnn::load_checked(models, MtcnnOptions::default())?),
        "full" | "short" => {
            let range = if kind == "full" { Range::Full } else { Range::Short };
            Box::new(BlazeFaceDetector::load(
                models,
                BlazeFaceOptions { range, min_score: 0.5, ..BlazeFaceOptions::default() },
            )?)
        }
        _ => return Err(format!("no detector is called {kind}").into()),
    })
}

fn write_row(csv: &mut String, path: &str, face: &Face, (presence, q): &(f32, Quality)) -> std::fmt::Result {
    let r = face.rect;
    write!(csv, "{path},{:.3},{:.3},{:.3},{:.3},{:.5}", r.x, r.y, r.w, r.h, face.detector_score)?;
    for p in face.landmarks {
        write!(csv, ",{:.3},{:.3}", p.x, p.y)?;
    }
    writeln!(csv, ",{presence:.5},{:.1},{:.5},{:.4},{:.1}", q.face_px, q.sharpness, q.blockiness, q.yaw_deg)
}

/// Upright pixels, decoded as the product does.
fn open(path: &Path) -> Result<Arc<RgbImage>, Box<dyn Error>> {
    let ctx = Ctx::silent();
    let still = Media::open(path, &Limits::default(), &ctx)?;
    let frame = still.frames(Sampling::EveryFrame, 1, &ctx)?.next();
    Ok(frame.ok_or("no picture")??.rgb)
}
