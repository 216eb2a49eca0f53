//! What a person should see before training on the list: counts, sizes, quality, faces.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use plotters::prelude::*;

use super::examine::FaceFound;
use super::split::Side;
use super::{Item, shelf};
use crate::TrainError;
use crate::data::Label;
use crate::data::picture::{self, Framed, GREEN, grid, write_jpeg, write_whole};

/// Faces of each label in the montage.
const SHOWN: usize = 30;
const COLUMNS: usize = 10;
const SIDE: u32 = 112;
/// Files that are named as left out; the rest are counted.
const NAMED: usize = 50;

/// Files, groups and number of faces of one row.
type Counted<'a> = (BTreeSet<&'a Path>, BTreeSet<&'a str>, usize);
/// A measure and its name.
type Measure = (&'static str, fn(&FaceFound) -> f32);
type Listed<'a> = (&'a Item, &'a Side, &'a FaceFound);

/// Writes `summary.md` and its pictures into `out`; returns the path of the first.
///
/// # Errors
/// When they cannot be written, or a crop cannot be read back.
pub(super) fn write(
    out: &Path,
    items: &[Item],
    sides: &[Side],
    left_out: &[(PathBuf, String)],
) -> Result<PathBuf, TrainError> {
    let kept = || items.iter().zip(sides).filter(|(_, side)| side.left_out.is_none());
    let listed: Vec<Listed> =
        kept().flat_map(|(item, side)| item.examined.faces.iter().map(move |face| (item, side, face))).collect();
    histogram(&out.join("sizes.svg"), "height of the face in px (log2)", &listed, |f| f.face_px.max(1.0).log2())?;
    histogram(&out.join("sharpness.svg"), "sharpness (log10)", &listed, |f| f.sharpness.max(1e-4).log10())?;
    montage(out, &listed)?;
    let mut text = String::from("# Faces for training\n\n");
    counts(&mut text, items, sides, &listed);
    quality(&mut text, &listed);
    refused(&mut text, items);
    text.push_str("\n## Left out\n\n");
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    left_out.iter().for_each(|(_, why)| *reasons.entry(why).or_default() += 1);
    if reasons.is_empty() {
        text.push_str("No file.\n");
    }
    for (why, n) in &reasons {
        let _ = writeln!(text, "- {n} files: {why}");
    }
    for (path, why) in left_out.iter().take(NAMED) {
        let _ = writeln!(text, "  - `{}`: {why}", path.display());
    }
    text.push_str(HONESTY);
    let path = out.join("summary.md");
    write_whole(&path, text.as_bytes())?;
    Ok(path)
}

const HONESTY: &str = "
## What this list does not know

No network that recognises people looked at these faces. People are kept on one side of the split by what names,
folders and columns say of them, and scenes by pictures that are nearly the same. A person who appears in two files
under two names, in two scenes, may still be on both sides.

![Reals in green, fakes in red](montage.jpg)

![Sizes](sizes.svg)

![Sharpness](sharpness.svg)
";

fn counts(text: &mut String, items: &[Item], sides: &[Side], listed: &[Listed]) {
    let files = items.iter().zip(sides).filter(|(_, side)| side.left_out.is_none()).count();
    let people: BTreeSet<&str> = listed.iter().map(|(_, side, _)| side.cluster.as_str()).collect();
    let _ =
        writeln!(text, "{} faces of {files} files in {} groups that must not be split.\n", listed.len(), people.len());
    text.push_str("| source | label | made by | split | files | groups | faces |\n|---|---|---|---|---|---|---|\n");
    let mut rows: BTreeMap<[&str; 4], Counted> = BTreeMap::new();
    for (item, side, _) in listed {
        let label = item.found.label.map_or("", Label::as_str);
        let made = if item.found.generator.is_empty() { &item.found.manipulation } else { &item.found.generator };
        let row = rows.entry([&item.found.source, label, made, &side.split]).or_default();
        row.0.insert(&item.found.path);
        row.1.insert(&side.cluster);
        row.2 += 1;
    }
    for ([source, label, made, split], (files, groups, faces)) in rows {
        let _ =
            writeln!(text, "| {source} | {label} | {made} | {split} | {} | {} | {faces} |", files.len(), groups.len());
    }
}

fn quality(text: &mut String, listed: &[Listed]) {
    text.push_str("\n## Quality\n\n| label | measure | 5 % | median | 95 % |\n|---|---|---|---|---|\n");
    for label in [Label::Real, Label::Fake] {
        let measures: [Measure; 4] = [
            ("height of the face, px", |f| f.face_px),
            ("sharpness", |f| f.sharpness),
            ("blockiness", |f| f.blockiness),
            ("turn to the side, degrees", |f| f.yaw_deg.abs()),
        ];
        for (name, measure) in measures {
            let own = listed.iter().filter(|(item, ..)| item.found.label == Some(label));
            let mut values: Vec<f32> = own.map(|(_, _, face)| measure(face)).collect();
            values.sort_by(f32::total_cmp);
            let at = |part: f32| values.get((part * values.len().saturating_sub(1) as f32).round() as usize);
            if let (Some(low), Some(middle), Some(high)) = (at(0.05), at(0.5), at(0.95)) {
                let _ = writeln!(text, "| {} | {name} | {low:.3} | {middle:.3} | {high:.3} |", label.as_str());
            }
        }
    }
    text.push_str("\nWhere the two labels differ here, a network can learn the difference instead of the forgery.\n");
}

fn refused(text: &mut String, items: &[Item]) {
    let frames: usize = items.iter().map(|i| i.examined.frames).sum();
    let empty: usize = items.iter().map(|i| i.examined.empty).sum();
    let _ = writeln!(text, "\n## Frames and faces\n\n- {frames} frames were looked at, {empty} had no face.");
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for (reason, n) in items.iter().flat_map(|i| &i.examined.refused) {
        *reasons.entry(reason).or_default() += n;
    }
    for (reason, n) in reasons {
        let _ = writeln!(text, "- {n} faces were not good enough: {reason}.");
    }
}

fn montage(out: &Path, listed: &[Listed]) -> Result<(), TrainError> {
    let mut shown = Vec::new();
    for (label, colour) in [(Label::Real, GREEN), (Label::Fake, picture::RED)] {
        let own: Vec<&Listed> = listed.iter().filter(|(item, ..)| item.found.label == Some(label)).collect();
        let step = own.len().div_ceil(SHOWN).max(1);
        for (item, _, face) in own.into_iter().step_by(step) {
            let path = out.join("faces").join(shelf(&item.key)).join(&face.file);
            let rgb = image::open(&path).map_err(|e| TrainError::file(&path)(std::io::Error::other(e)))?.to_rgb8();
            shown.push(Framed { rgb, colour });
        }
    }
    write_jpeg(&out.join("montage.jpg"), &grid(&shown, COLUMNS, SIDE), 88)
}

const BINS: usize = 40;

/// Bars for both labels, each in parts of its own number.
fn histogram(path: &Path, title: &str, listed: &[Listed], of: fn(&FaceFound) -> f32) -> Result<(), TrainError> {
    let values = |label: Label| {
        let own = listed.iter().filter(move |(item, ..)| item.found.label == Some(label));
        own.map(|(_, _, face)| of(face)).collect::<Vec<f32>>()
    };
    let (real, fake) = (values(Label::Real), values(Label::Fake));
    let all = || real.iter().chain(&fake).copied();
    let (low, high) = (all().fold(f32::MAX, f32::min), all().fold(f32::MIN, f32::max));
    if low > high {
        return write_whole(path, b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>");
    }
    let width = ((high - low) / BINS as f32).max(1e-3);
    let share = |values: &[f32]| {
        let mut bins = [0.0f32; BINS];
        for v in values {
            let bin = (((v - low) / width) as usize).min(BINS - 1);
            bins.iter_mut().skip(bin).take(1).for_each(|b| *b += 1.0 / values.len().max(1) as f32);
        }
        bins
    };
    let both = [(share(&real), RGBColor(40, 160, 70), "real"), (share(&fake), RGBColor(200, 50, 50), "fake")];
    let most = both.iter().flat_map(|(bins, ..)| bins).copied().fold(0.01, f32::max);
    let svg = draw(title, &both, (low, width, most)).map_err(|e| TrainError::file(path)(std::io::Error::other(e)))?;
    write_whole(path, svg.as_bytes())
}

type Bars = ([f32; BINS], RGBColor, &'static str);

fn draw(title: &str, both: &[Bars; 2], (low, width, most): (f32, f32, f32)) -> Result<String, String> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (720, 300)).into_drawing_area();
        let text = |e: DrawingAreaErrorKind<_>| -> String { format!("{e}") };
        let mut chart = ChartBuilder::on(&area)
            .margin(12)
            .x_label_area_size(40)
            .y_label_area_size(52)
            .build_cartesian_2d(low..low + width * BINS as f32, 0.0..most * 1.05)
            .map_err(text)?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .x_desc(title)
            .y_desc("part of its label")
            .draw()
            .map_err(text)?;
        for (bins, colour, name) in both {
            let bars = bins.iter().enumerate().map(|(i, &share)| {
                let left = low + width * i as f32;
                Rectangle::new([(left, 0.0), (left + width, share)], colour.mix(0.5).filled())
            });
            let colour = *colour;
            let series = chart.draw_series(bars).map_err(text)?;
            series
                .label(*name)
                .legend(move |(x, y)| Rectangle::new([(x, y - 5), (x + 14, y + 5)], colour.mix(0.5).filled()));
        }
        chart.configure_series_labels().border_style(BLACK.mix(0.3)).draw().map_err(text)?;
        area.present().map_err(text)?;
    }
    Ok(svg)
}
