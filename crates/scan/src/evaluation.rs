//! What a model's folder brings of its evaluation (`models/<id>/evaluation/`, written by `facefiction evaluate`).
//!
//! Models are imported from anywhere, so nothing here is believed: files are read up to a size, tables must fit the
//! very weights, and drawings that could do anything but draw are left out.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use analysis::Analysis;
use analysis::metrics::{Alike, Buckets, alike};

/// Name of the folder beside a card.
const FOLDER: &str = "evaluation";
/// Name of the tables by kind of file.
const BUCKETS: &str = "buckets.json";
/// Bytes of a table at most.
const MAX_TABLE: u64 = 1 << 20;
/// Bytes of a drawing at most.
const MAX_DRAWING: u64 = 4 << 20;
/// What a drawing must not hold: programs, foreign pages, entities that multiply, pictures of its own.
const REFUSED: [&str; 7] =
    ["<script", "<foreignobject", "<!doctype", "<!entity", "<image", "<iframe", "<?xml-stylesheet"];

/// A drawing of an evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Drawing {
    /// Found against wrongly suspected.
    Roc,
    /// Scores against how often they were right.
    Reliability,
    /// What was taken for what.
    Confusion,
    /// What is left when files have travelled.
    Tiers,
    /// The course of the training.
    Curves,
}

impl Drawing {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 5] = [Self::Roc, Self::Reliability, Self::Confusion, Self::Tiers, Self::Curves];

    /// Its name in addresses; its file is called so too, with `.svg`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Roc => "roc",
            Self::Reliability => "reliability",
            Self::Confusion => "confusion",
            Self::Tiers => "tiers",
            Self::Curves => "curves",
        }
    }

    fn file(self) -> String {
        format!("{}.svg", self.name())
    }

    /// The drawing of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|drawing| drawing.name() == name)
    }
}

/// The tables by kind of file of the model in `model_dir`; `None` where there are none, or none for these weights.
pub fn buckets(model_dir: &Path, id: &str, sha256: &str) -> Option<Buckets> {
    let text = read(&model_dir.join(FOLDER).join(BUCKETS), MAX_TABLE)?;
    let own = Buckets::from_json(&text).ok();
    // As `evaluate` writes them: by detector.
    let by_model = || serde_json::from_str::<BTreeMap<String, Buckets>>(&text).ok()?.remove(id);
    own.or_else(by_model).filter(|tables| tables.are_of(id, sha256))
}

/// The drawings that the model in `model_dir` brings and that can be shown.
pub fn drawings(model_dir: &Path) -> Vec<Drawing> {
    Drawing::ALL.into_iter().filter(|which| drawing(model_dir, *which).is_some()).collect()
}

/// One of them, as SVG. `None` where it is missing, too large, or more than a drawing.
pub fn drawing(model_dir: &Path, which: Drawing) -> Option<Vec<u8>> {
    let text = read(&model_dir.join(FOLDER).join(which.file()), MAX_DRAWING)?;
    let plain = text.to_ascii_lowercase();
    let is_drawing = plain.trim_start().starts_with("<svg") || plain.trim_start().starts_with("<?xml");
    (is_drawing && !REFUSED.iter().any(|part| plain.contains(part))).then(|| text.into_bytes())
}

/// Copies what can be shown of an evaluation to another folder of the same model; the rest stays behind.
///
/// # Errors
/// A disk that refuses.
pub fn copy(model_dir: &Path, to: &Path) -> io::Result<()> {
    let table =
        read(&model_dir.join(FOLDER).join(BUCKETS), MAX_TABLE).map(|text| (BUCKETS.to_owned(), text.into_bytes()));
    let pictures = Drawing::ALL.into_iter().filter_map(|d| Some((d.file(), drawing(model_dir, d)?)));
    let files: Vec<(String, Vec<u8>)> = table.into_iter().chain(pictures).collect();
    if files.is_empty() {
        return Ok(());
    }
    fs::create_dir_all(to.join(FOLDER))?;
    files.iter().try_for_each(|(name, bytes)| fs::write(to.join(FOLDER).join(name), bytes))
}

/// What the models of an analysis did on files like it, as far as they are installed and bring that.
pub fn on_files_like(models_dir: &Path, analysis: &Analysis) -> Vec<Alike> {
    let tables = analysis.models.iter().filter_map(|model| {
        let folder = nets::model::find(models_dir, &model.id).ok()?;
        buckets(&folder, &model.id, &model.sha256)
    });
    alike(analysis, &tables.collect::<Vec<_>>())
}

/// A small text file; nothing that is no file is opened.
fn read(path: &Path, most: u64) -> Option<String> {
    let meta = fs::metadata(path).ok()?;
    if !meta.is_file() || meta.len() > most {
        return None;
    }
    let mut text = String::new();
    // It may have grown since.
    File::open(path).ok()?.take(most + 1).read_to_string(&mut text).ok()?;
    (text.len() as u64 <= most).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder_with(name: &str, content: &[u8]) -> tempfile::TempDir {
        let model = tempfile::tempdir().unwrap();
        fs::create_dir(model.path().join(FOLDER)).unwrap();
        fs::write(model.path().join(FOLDER).join(name), content).unwrap();
        model
    }

    #[test]
    fn drawings_draw_and_do_nothing_else() {
        let svg = "<?xml version=\"1.0\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\"><path d=\"M0 0\"/></svg>";
        let model = folder_with("roc.svg", svg.as_bytes());
        assert_eq!(drawings(model.path()), [Drawing::Roc]);
        assert_eq!(drawing(model.path(), Drawing::Roc).unwrap(), svg.as_bytes());
        assert!(drawing(model.path(), Drawing::Curves).is_none());
        for bad in [
            &b"<svg><SCRIPT>alert(1)</SCRIPT></svg>"[..],
            b"<!DOCTYPE svg [<!ENTITY a \"b\">]><svg/>",
            b"<svg><foreignObject/></svg>",
            b"<svg><image href=\"http://example.org/a.png\"/></svg>",
            b"<html></html>",
            b"<svg>\xff</svg>",
            b"",
        ] {
            let model = folder_with("roc.svg", bad);
            assert!(drawing(model.path(), Drawing::Roc).is_none(), "{}", String::from_utf8_lossy(bad));
        }
        let large = folder_with("roc.svg", &[b"<svg>", vec![b' '; MAX_DRAWING as usize].as_slice()].concat());
        assert!(drawing(large.path(), Drawing::Roc).is_none());
    }

    #[test]
    fn tables_are_read_for_their_own_weights_only() {
        let json = r#"{"schema":"facefiction.buckets/1","model":"m","sha256":"s","threshold":0.9,"measured":"2026-11-21",
            "measured_on":"here","dimensions":{"faceSize":[{"from":null,"to":96.0,"n_real":3,"false_alarms":1,
            "fpr":{"value":0.3,"low":0.0,"high":0.9},"n_fake":2,"found":2,"tpr":{"value":1.0,"low":0.1,"high":1.0},"auc":1.0}]}}"#;
        let model = folder_with(BUCKETS, json.as_bytes());
        assert_eq!(buckets(model.path(), "m", "s").unwrap().dimensions.len(), 1);
        assert!(buckets(model.path(), "m", "t").is_none() && buckets(model.path(), "n", "s").is_none());
        let together = folder_with(BUCKETS, format!("{{\"m\":{json}}}").as_bytes());
        assert!(buckets(together.path(), "m", "s").is_some() && buckets(together.path(), "n", "s").is_none());
        for bad in [json.replace("\"n_real\":3", "\"n_real\":0"), json.replace('}', ""), "null".to_owned()] {
            let model = folder_with(BUCKETS, bad.as_bytes());
            assert!(buckets(model.path(), "m", "s").is_none(), "{bad}");
        }
        let nothing = tempfile::tempdir().unwrap();
        assert!(buckets(nothing.path(), "m", "s").is_none());
    }
}
