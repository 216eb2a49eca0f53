//! The list of faces.

use std::path::Path;

use super::split::Side;
use super::{Item, shelf};
use crate::TrainError;
use crate::data::picture::write_whole;

const COLUMNS: &str = "path,label,generator,source,group,split,face_px,orig_w,orig_h,terms,box_x,box_y,box_w,box_h,\
lm0_x,lm0_y,lm1_x,lm1_y,lm2_x,lm2_y,lm3_x,lm3_y,lm4_x,lm4_y,crop_side,det,origin,original,manipulation,video,frame_us,\
codec,frame_rate,duration_us,bit_rate,sharpness,blockiness,yaw_deg,det_score,sha256";

/// Writes the list; returns how many faces it holds.
///
/// # Errors
/// When it cannot be written.
pub(super) fn write(path: &Path, items: &[Item], sides: &[Side]) -> Result<usize, TrainError> {
    let wrong = |e: csv::Error| TrainError::file(path)(std::io::Error::other(e));
    let mut table = csv::WriterBuilder::new().from_writer(Vec::new());
    table.write_record(COLUMNS.split(',')).map_err(wrong)?;
    let mut rows = 0;
    for (item, side) in items.iter().zip(sides).filter(|(_, side)| side.left_out.is_none()) {
        for row in rows_of(item, side) {
            table.write_record(row).map_err(wrong)?;
            rows += 1;
        }
    }
    let bytes = table.into_inner().map_err(|e| TrainError::file(path)(e.into_error()))?;
    write_whole(path, &bytes)?;
    Ok(rows)
}

fn rows_of<'a>(item: &'a Item, side: &'a Side) -> impl Iterator<Item = Vec<String>> + 'a {
    let (found, seen) = (&item.found, &item.examined);
    let origin = found.path.to_string_lossy().into_owned();
    let bit_rate = seen.duration_us.filter(|us| *us > 0).map(|us| (seen.bytes as f64 * 8e6 / us as f64).round());
    seen.faces.iter().map(move |face| {
        let [width, height] = seen.size;
        let one = |v: f32| format!("{v:.1}");
        let mut row = vec![
            format!("faces/{}/{}", shelf(&item.key), face.file),
            found.label.map_or("", |l| l.as_str()).to_owned(),
            found.generator.clone(),
            found.source.clone(),
            side.cluster.clone(),
            side.split.clone(),
            one(face.face_px),
            width.to_string(),
            height.to_string(),
            found.terms.clone(),
        ];
        row.extend([face.rect.x, face.rect.y, face.rect.w, face.rect.h].map(one));
        row.extend(face.landmarks.iter().flat_map(|p| [one(p.x), one(p.y)]));
        let text = |number: Option<f64>| number.map_or_else(String::new, |n| n.to_string());
        row.extend([
            face.crop_side.to_string(),
            "mtcnn".to_owned(),
            origin.clone(),
            found.original.clone(),
            found.manipulation.clone(),
            if seen.video { origin.clone() } else { String::new() },
            if seen.video { face.frame_us.to_string() } else { String::new() },
            seen.codec.clone(),
            seen.frame_rate.clone(),
            seen.duration_us.map_or_else(String::new, |us| us.to_string()),
            text(bit_rate),
            format!("{:.4}", face.sharpness),
            format!("{:.3}", face.blockiness),
            one(face.yaw_deg),
            format!("{:.3}", face.detector_score),
            seen.sha256.clone(),
        ]);
        row
    })
}
