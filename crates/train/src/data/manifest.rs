//! A list of labelled faces: a CSV with one picture a row.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use base::{Point, Rect};
use csv::StringRecord;

use crate::TrainError;

/// What a face is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Label {
    /// As a camera saw it.
    Real,
    /// Manipulated or generated.
    Fake,
}

impl Label {
    /// The word of the lists.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Real => "real",
            Self::Fake => "fake",
        }
    }

    /// The label of a word, in lower case as the lists have it.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "real" => Some(Self::Real),
            "fake" => Some(Self::Fake),
            _ => None,
        }
    }
}

/// A list that was read and checked.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// The CSV.
    pub path: PathBuf,
    /// Its rows, in order.
    pub rows: Vec<Row>,
    columns: HashMap<String, usize>,
    names: Vec<String>,
}

/// One picture.
#[derive(Clone, Debug)]
pub struct Row {
    /// Line of the CSV, from 1; the header is line 1.
    pub line: u64,
    /// The picture.
    pub path: PathBuf,
    /// What it is.
    pub label: Label,
    cells: StringRecord,
}

impl Manifest {
    /// Reads a list with the columns `path` and `label` and those of `needed`. Paths are relative to the list.
    ///
    /// # Errors
    /// A list that cannot be read, a missing column, a row of another length, a label that is neither `real` nor
    /// `fake`, a file that is not there: each with its line.
    pub fn read(path: &Path, needed: &[&str]) -> Result<Self, TrainError> {
        let bad = |error: csv::Error| csv_error(path, error);
        let mut reader = csv::ReaderBuilder::new().from_path(path).map_err(bad)?;
        let names: Vec<String> = reader.headers().map_err(bad)?.iter().map(str::to_owned).collect();
        let columns: HashMap<String, usize> = names.iter().cloned().zip(0..).collect();
        let mut manifest = Self { path: path.to_path_buf(), rows: Vec::new(), columns, names };
        for column in ["path", "label"].iter().chain(needed) {
            manifest.require(column)?;
        }
        let folder = path.parent().unwrap_or(Path::new("")).to_path_buf();
        for record in reader.records() {
            let cells = record.map_err(bad)?;
            let line = cells.position().map_or(0, csv::Position::line);
            let row = manifest.row(&folder, line, cells)?;
            manifest.rows.push(row);
        }
        Ok(manifest)
    }

    fn row(&self, folder: &Path, line: u64, cells: StringRecord) -> Result<Row, TrainError> {
        let cell = |column: &str| self.columns.get(column).and_then(|&i| cells.get(i)).unwrap_or_default();
        let word = cell("label");
        let label = Label::parse(word)
            .ok_or_else(|| self.problem(line, format!("the label must be `real` or `fake`, not `{word}`")))?;
        if cell("path").is_empty() {
            return Err(self.problem(line, "`path` is empty"));
        }
        let path = folder.join(cell("path"));
        if !path.is_file() {
            return Err(self.problem(line, format!("there is no file {}", path.display())));
        }
        Ok(Row { line, path, label, cells })
    }

    /// Makes sure of a column.
    ///
    /// # Errors
    /// [`TrainError::Column`].
    pub fn require(&self, column: &str) -> Result<(), TrainError> {
        if self.columns.contains_key(column) {
            return Ok(());
        }
        let (column, present) = (column.to_owned(), self.names.join(", "));
        Err(TrainError::Column { column, present, path: self.path.clone() })
    }

    /// Names of the columns, in order.
    pub fn columns(&self) -> &[String] {
        &self.names
    }

    /// A cell; empty where there is no such column.
    pub fn cell<'a>(&self, row: &'a Row, column: &str) -> &'a str {
        self.columns.get(column).and_then(|&i| row.cells.get(i)).unwrap_or_default()
    }

    /// Several cells, joined.
    pub fn key(&self, row: &Row, columns: &[String]) -> String {
        columns.iter().map(|c| self.cell(row, c)).collect::<Vec<_>>().join(" / ")
    }

    /// What must not be split: the column `group`, or the path where that is empty.
    pub fn group<'a>(&self, row: &'a Row) -> &'a str {
        let group = self.cell(row, "group");
        if group.is_empty() { self.cell(row, "path") } else { group }
    }

    /// A number; `None` where the cell is empty.
    ///
    /// # Errors
    /// A cell that is no number.
    pub fn number(&self, row: &Row, column: &str) -> Result<Option<f32>, TrainError> {
        let text = self.cell(row, column).trim();
        if text.is_empty() {
            return Ok(None);
        }
        let number = text.parse::<f32>().ok().filter(|n| n.is_finite());
        number.map(Some).ok_or_else(|| self.problem(row.line, format!("`{column}` must be a number, not `{text}`")))
    }

    /// The face's box, where it is known.
    ///
    /// # Errors
    /// A cell that is no number.
    pub fn face_box(&self, row: &Row) -> Result<Option<Rect>, TrainError> {
        let mut sides = [0.0; 4];
        for (side, column) in sides.iter_mut().zip(["box_x", "box_y", "box_w", "box_h"]) {
            let Some(number) = self.number(row, column)? else { return Ok(None) };
            *side = number;
        }
        Ok(Some(Rect::from(sides)))
    }

    /// The five landmarks, where they are known: eyes, nose, corners of the mouth, from left to right.
    ///
    /// # Errors
    /// A cell that is no number.
    pub fn landmarks(&self, row: &Row) -> Result<Option<[Point; 5]>, TrainError> {
        let mut points = [Point::default(); 5];
        for (i, point) in points.iter_mut().enumerate() {
            let (x, y) = (self.number(row, &format!("lm{i}_x"))?, self.number(row, &format!("lm{i}_y"))?);
            let Some((x, y)) = x.zip(y) else { return Ok(None) };
            *point = Point::new(x, y);
        }
        Ok(Some(points))
    }

    /// An error about a line.
    pub fn problem(&self, line: u64, problem: impl Into<String>) -> TrainError {
        TrainError::Row { line, problem: problem.into(), path: self.path.clone() }
    }

    /// Makes sure that no group and no file is on two sides of the split.
    ///
    /// # Errors
    /// [`TrainError::SplitLeak`] with both lines; [`TrainError::Column`].
    pub fn check_splits(&self) -> Result<(), TrainError> {
        self.require("split")?;
        // A group of one source is not that of another which happens to have the same name.
        let mut seen: HashMap<(&str, &str, &str), (&str, u64)> = HashMap::new();
        for row in &self.rows {
            let split = self.cell(row, "split");
            let (source, group, path) = (self.cell(row, "source"), self.group(row), self.cell(row, "path"));
            for (kind, source, name) in [("group", source, group), ("file", "", path)] {
                let (first, first_line) = *seen.entry((kind, source, name)).or_insert((split, row.line));
                if first != split {
                    return Err(TrainError::SplitLeak {
                        what: format!("the {kind} `{name}`").into(),
                        first: first.into(),
                        first_line,
                        second: split.into(),
                        second_line: row.line,
                        path: self.path.clone(),
                    });
                }
            }
        }
        Ok(())
    }
}

pub(super) fn csv_error(path: &Path, error: csv::Error) -> TrainError {
    let line = error.position().map_or(0, csv::Position::line);
    let problem = match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("has {len} cells where the header has {expected_len}")
        }
        csv::ErrorKind::Utf8 { .. } => "is not UTF-8".into(),
        other => format!("{other:?}"),
    };
    match error.into_kind() {
        csv::ErrorKind::Io(cause) => TrainError::File { cause, path: path.to_path_buf() },
        _ => TrainError::Row { line, problem, path: path.to_path_buf() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> Result<Manifest, String> {
        let dir = tempfile::tempdir().unwrap();
        for name in ["a.jpg", "b.jpg"] {
            std::fs::write(dir.path().join(name), b"x").unwrap();
        }
        let path = dir.path().join("list.csv");
        std::fs::write(&path, text).unwrap();
        let read = Manifest::read(&path, &["split"]).and_then(|m| m.check_splits().map(|()| m));
        read.map_err(|e| e.to_string())
    }

    #[test]
    fn rows_are_read_with_their_lines_and_cells() {
        let text =
            "path,label,split,group,box_x,box_y,box_w,box_h\na.jpg,real,train,,1,2,3,4.5\nb.jpg,fake,val,g,,,,\n";
        let manifest = list(text).unwrap();
        let [a, b] = &manifest.rows[..] else { panic!("two rows") };
        assert_eq!((a.line, a.label, b.line, b.label), (2, Label::Real, 3, Label::Fake));
        assert_eq!(manifest.face_box(a).unwrap(), Some(Rect::new(1.0, 2.0, 3.0, 4.5)));
        assert_eq!((manifest.face_box(b).unwrap(), manifest.landmarks(b).unwrap()), (None, None));
        assert_eq!((manifest.group(a), manifest.group(b)), ("a.jpg", "g"));
        assert_eq!(manifest.key(b, &["split".into(), "group".into()]), "val / g");
    }

    #[test]
    fn every_bad_row_is_named() {
        let cases = [
            ("path,label\na.jpg,real\n", "no column `split`"),
            ("path,split\na.jpg,val\n", "no column `label`"),
            ("path,label,split\na.jpg,real,train\nb.jpg,Real?,val\n", "line 3: the label must be"),
            ("path,label,split\na.jpg,real,train\ngone.jpg,real,val\n", "line 3: there is no file"),
            ("path,label,split\na.jpg,real\n", "line 2: has 2 cells where the header has 3"),
            (
                "path,label,split\na.jpg,real,train\na.jpg,real,val\n",
                "`a.jpg` is in `train` (line 2) and in `val` (line 3)",
            ),
            ("path,label,split,group\na.jpg,real,train,g\nb.jpg,real,val,g\n", "the group `g` is in `train` (line 2)"),
        ];
        for (text, expected) in cases {
            let message = list(text).unwrap_err();
            assert!(message.contains(expected), "{message}");
        }
        let manifest = list("path,label,split,box_x\na.jpg,real,train,wide\n").unwrap();
        let message = manifest.face_box(&manifest.rows[0]).unwrap_err().to_string();
        assert!(message.contains("line 2: `box_x` must be a number, not `wide`"), "{message}");
    }
}
