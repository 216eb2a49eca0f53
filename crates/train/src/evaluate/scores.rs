//! `scores.csv`: one row a file and delivery, and reading it again.

use std::collections::BTreeSet;
use std::path::Path;

use analysis::metrics::Quality;
use analysis::{MediaKind, VerdictCode};

use super::results::Evaluation;
use crate::TrainError;

/// What every row begins with.
const FIXED: [&str; 8] = ["file", "kind", "label", "tier", "score", "logit", "verdict", "error"];
/// Before the id of a detector.
const LOGIT: &str = "logit:";
/// How good the pictures are, after everything else.
const QUALITY: [&str; 3] = ["quality:face_px", "quality:sharpness", "quality:blockiness"];

/// The name of a verdict as in an analysis.
pub(super) fn verdict_name(code: VerdictCode) -> &'static str {
    match code {
        VerdictCode::NotExamined => "notExamined",
        VerdictCode::NoIndication => "noIndication",
        VerdictCode::Inconclusive => "inconclusive",
        VerdictCode::Suspected => "suspected",
    }
}

fn kind_name(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Image => "image",
        MediaKind::Video => "video",
    }
}

/// The columns of the lists that are not among the fixed ones already, and the names they get: a column that is only
/// called like a fixed one is kept under `manifest:`.
fn own_columns(evaluation: &Evaluation<'_>) -> Vec<(String, String)> {
    let mut seen = BTreeSet::new();
    let all = evaluation.manifests.iter().flat_map(|m| &m.columns);
    let new = all.filter(|c| !matches!(c.as_str(), "file" | "label") && seen.insert(c.as_str()));
    let taken = |c: &str| FIXED.contains(&c) || c.starts_with(LOGIT) || QUALITY.contains(&c);
    new.map(|c| (c.clone(), if taken(c) { format!("manifest:{c}") } else { c.clone() })).collect()
}

/// The whole table.
///
/// # Errors
/// None that memory does not cause; the writer's type has them.
pub(super) fn scores_csv(evaluation: &Evaluation<'_>) -> Result<Vec<u8>, csv::Error> {
    let own = own_columns(evaluation);
    let ids: Vec<&str> = evaluation.models.iter().map(|m| m.id.as_str()).collect();
    let mut out = csv::Writer::from_writer(Vec::new());
    let logits = ids.iter().map(|id| format!("{LOGIT}{id}"));
    let head = FIXED.iter().map(|c| (*c).to_owned()).chain(own.iter().map(|c| c.1.clone())).chain(logits);
    out.write_record(head.chain(QUALITY.map(str::to_owned)))?;
    for row in &evaluation.rows {
        let m = &row.measured;
        let number = |n: Option<f64>| n.map(|n| n.to_string()).unwrap_or_default();
        let logit = |l: Option<&f32>| l.map(f32::to_string).unwrap_or_default();
        let fixed = [
            row.row.file.clone(),
            kind_name(row.row.kind).to_owned(),
            row.row.label.clone(),
            row.tier.name().to_owned(),
            number(m.score),
            logit(m.logit.as_ref()),
            verdict_name(m.verdict).to_owned(),
            m.error.clone().unwrap_or_default(),
        ];
        let own = own.iter().map(|(column, _)| row.value(column).unwrap_or_default().to_owned());
        let logits = ids.iter().map(|id| logit(m.logits.get(*id)));
        let quality = m.quality.map(|q| [q.face_px, q.sharpness, q.blockiness]);
        let quality = (0..QUALITY.len()).map(|i| number(quality.and_then(|q| q.get(i).copied())));
        out.write_record(fixed.into_iter().chain(own).chain(logits).chain(quality))?;
    }
    out.into_inner().map_err(|e| csv::Error::from(e.into_error()))
}

/// One row of `scores.csv`, as far as one detector is concerned.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoredLogit {
    /// The file.
    pub file: String,
    /// The label.
    pub fake: bool,
    /// The unit that it belongs to.
    pub group: String,
    /// The value of the column that is looked at on its own, if any.
    pub source: String,
    /// The detector's logit.
    pub logit: f64,
    /// How good its pictures are.
    pub quality: Option<Quality>,
}

/// Reads the rows of one delivery that a detector scored. `group` names the column of units, where a row has a value
/// there, else `group`, else the file counts; `source` the column whose values are looked at on their own.
///
/// # Errors
/// [`TrainError::Manifest`] with row and column; [`TrainError::File`].
pub fn read_scores(
    path: &Path,
    model: &str,
    tier: &str,
    group: &str,
    source: Option<&str>,
) -> Result<Vec<ScoredLogit>, TrainError> {
    let refuse = |what: String| TrainError::Manifest { what, path: path.to_path_buf() };
    let bytes = std::fs::read(path).map_err(|cause| TrainError::File { cause, path: path.to_path_buf() })?;
    let mut reader = csv::Reader::from_reader(bytes.as_slice());
    let head = reader.headers().map_err(|e| refuse(e.to_string()))?.clone();
    let columns = Columns::of(&head, model, group, source).map_err(refuse)?;
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| refuse(e.to_string()))?;
        let line = record.position().map_or(0, csv::Position::line);
        if record.get(columns.tier) == Some(tier) {
            rows.extend(columns.row(&record).map_err(|what| refuse(format!("row {line}, {what}")))?);
        }
    }
    Ok(rows)
}

/// Where a detector's numbers stand in a row.
struct Columns {
    file: usize,
    label: usize,
    tier: usize,
    logit: usize,
    groups: [Option<usize>; 2],
    source: Option<usize>,
    quality: [Option<usize>; 3],
}

impl Columns {
    fn of(head: &csv::StringRecord, model: &str, group: &str, source: Option<&str>) -> Result<Self, String> {
        let place = |name: &str| head.iter().position(|c| c == name);
        let needed = |name: &str| place(name).ok_or_else(|| format!("row 1: no column `{name}`"));
        Ok(Self {
            file: needed("file")?,
            label: needed("label")?,
            tier: needed("tier")?,
            logit: needed(&format!("{LOGIT}{model}"))?,
            groups: [place(group), place("group")],
            source: source.map(needed).transpose()?,
            quality: QUALITY.map(place),
        })
    }

    /// `None` for a row that has no logit, or a label that is neither `real` nor `fake`.
    fn row(&self, record: &csv::StringRecord) -> Result<Option<ScoredLogit>, String> {
        let text = |at: usize| record.get(at).unwrap_or_default();
        let fake = match text(self.label) {
            "real" => false,
            "fake" => true,
            _ => return Ok(None),
        };
        let Some(logit) = number(text(self.logit), "logit")? else { return Ok(None) };
        let group = self.groups.into_iter().flatten().map(text).find(|g| !g.is_empty());
        let mut quality = [None; QUALITY.len()];
        for ((value, at), name) in quality.iter_mut().zip(self.quality).zip(QUALITY) {
            *value = number(at.map(text).unwrap_or_default(), name)?;
        }
        let quality = match quality {
            [Some(face_px), Some(sharpness), Some(blockiness)] => Some(Quality { face_px, sharpness, blockiness }),
            _ => None,
        };
        Ok(Some(ScoredLogit {
            file: text(self.file).to_owned(),
            fake,
            group: group.unwrap_or(text(self.file)).to_owned(),
            source: self.source.map(text).unwrap_or_default().to_owned(),
            logit,
            quality,
        }))
    }
}

/// `None` for an empty cell.
fn number(text: &str, column: &str) -> Result<Option<f64>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let number = text.parse::<f64>().ok().filter(|n| n.is_finite());
    number.map(Some).ok_or_else(|| format!("column `{column}`: `{text}` is no number"))
}
