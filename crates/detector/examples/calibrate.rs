//! Measures the detectors in `models/` and proposes the numbers of their cards.
//!
//!     cargo run --release -p detector --example calibrate -- measure mtcnn ../shared/data ../shared/media logits.csv
//!     cargo run --release -p detector --example calibrate -- fit logits.csv
//!
//! `measure` scores the `val` rows of `stills.csv` and `dfdc.csv` and all clips of `videos/labels.csv` and
//! of the media folder, with the product's own faces, quality gate, boxes and crops and with the boxes of the lists.
//! `fit` needs no picture: calibration, thresholds, tables in Markdown, with intervals.

#![allow(clippy::print_stdout, clippy::indexing_slicing, reason = "a program that prints tables of counts")]

use std::path::Path;

use anyhow::{Context, bail};

#[path = "calibrate/fit.rs"]
mod fit;
#[path = "calibrate/measure.rs"]
mod measure;
#[path = "calibrate/rows.rs"]
mod rows;
#[path = "calibrate/said.rs"]
mod said;

fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["measure", finder, data, media, out] => {
            let rows = measure::measure(Path::new("models"), Path::new(data), Path::new(media), finder)?;
            rows::write(&rows, Path::new(out)).with_context(|| format!("writing {out}"))
        }
        ["fit", csv] => fit::fit(&rows::read(Path::new(csv)).with_context(|| format!("reading {csv}"))?),
        _ => bail!("usage: calibrate measure mtcnn|blazeface DATA MEDIA OUT.csv | calibrate fit LOGITS.csv"),
    }
}
