//! Lists of labelled files: CSV with one row a file, paths relative to the list.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use analysis::MediaKind;
use base::{Point, Rect};

use crate::TrainError;

/// Columns that may name the file, the first that is there counts.
const FILE_COLUMNS: [&str; 2] = ["path", "file"];
const LABEL_COLUMN: &str = "label";
/// The face in the picture, in its pixels: a box and five landmarks.
const BOX_COLUMNS: [&str; 4] = ["box_x", "box_y", "box_w", "box_h"];
const LANDMARK_COLUMNS: [&str; 10] =
    ["lm0_x", "lm0_y", "lm1_x", "lm1_y", "lm2_x", "lm2_y", "lm3_x", "lm3_y", "lm4_x", "lm4_y"];

/// Where faces come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Faces {
    /// The product looks for them.
    Found,
    /// The list says where they are.
    Listed,
}

/// Only rows with this value in this column, or only those with another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// A column of the manifests.
    pub column: String,
    /// Its value.
    pub value: String,
    /// Whether rows must have another value instead.
    pub other: bool,
}

impl std::fmt::Display for Condition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}{}", self.column, if self.other { "!=" } else { "=" }, self.value)
    }
}

impl std::str::FromStr for Condition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let told = "write COLUMN=VALUE or COLUMN!=VALUE";
        let (column, value) = text.split_once('=').ok_or(told)?;
        let (column, other) = column.strip_suffix('!').map_or((column, false), |column| (column, true));
        if column.is_empty() {
            return Err(told.to_owned());
        }
        Ok(Self { column: column.to_owned(), value: value.to_owned(), other })
    }
}

/// A face as the list states it, in pixels of the picture; may stick out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ListedFace {
    /// Its box.
    pub rect: Rect,
    /// Left eye, right eye, nose, left and right corner of the mouth, as seen in the picture.
    pub landmarks: [Point; 5],
}

/// One labelled file.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// As the list writes it.
    pub file: String,
    /// Where it is.
    pub path: PathBuf,
    /// By the list that it is in.
    pub kind: MediaKind,
    /// `real`, `fake`, or anything else that is examined and counted, but not scored.
    pub label: String,
    /// Line of the list.
    pub line: u64,
    /// As many as the list has columns.
    pub values: Vec<String>,
    /// With [`Faces::Listed`].
    pub face: Option<ListedFace>,
}

impl Row {
    /// Whether it is fake; `None` for a label that is neither.
    pub fn fake(&self) -> Option<bool> {
        match self.label.as_str() {
            "real" => Some(false),
            "fake" => Some(true),
            _ => None,
        }
    }
}

/// One list.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    /// The file.
    pub path: PathBuf,
    /// What it lists.
    pub kind: MediaKind,
    /// Names, in order.
    pub columns: Vec<String>,
    /// Those that meet the conditions.
    pub rows: Vec<Row>,
}

impl Manifest {
    /// Reads and checks a list. Everything that would stop the work later stops it here: columns that are missing,
    /// rows without a label, files that are not there, files listed twice, boxes that are no numbers.
    ///
    /// # Errors
    /// [`TrainError::Manifest`] with row and column; [`TrainError::File`] when the list cannot be read.
    pub fn read(path: &Path, kind: MediaKind, faces: Faces, conditions: &[Condition]) -> Result<Self, TrainError> {
        let bytes = std::fs::read(path).map_err(|cause| TrainError::File { cause, path: path.to_path_buf() })?;
        let text = String::from_utf8(bytes).map_err(|e| {
            let before = e.as_bytes().get(..e.utf8_error().valid_up_to()).unwrap_or_default();
            let line = 1 + before.iter().filter(|b| **b == b'\n').count() as u64;
            refuse(path, Some(line), None, "bytes that are not UTF-8: save the list as UTF-8")
        })?;
        let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
        let broken = |e: csv::Error| refuse(path, e.position().map(csv::Position::line), None, &said(&e));
        let columns: Vec<String> = reader.headers().map_err(broken)?.iter().map(str::to_owned).collect();
        let layout = Layout::of(path, &columns, faces, conditions)?;
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.map_err(broken)?;
            let line = record.position().map_or(0, csv::Position::line);
            let values: Vec<String> = record.iter().map(str::to_owned).collect();
            if layout.meets(&values) {
                rows.push(layout.row(path, kind, line, values)?);
            }
        }
        check_files(path, &layout, &rows, faces)?;
        Ok(Self { path: path.to_path_buf(), kind, columns, rows })
    }

    /// The place of a column.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|c| c == name)
    }
}

/// Which column holds what.
struct Layout {
    file: usize,
    file_name: &'static str,
    label: usize,
    face: Vec<(usize, &'static str)>,
    conditions: Vec<(usize, Condition)>,
}

impl Layout {
    fn of(path: &Path, columns: &[String], faces: Faces, conditions: &[Condition]) -> Result<Self, TrainError> {
        let place = |name: &str| columns.iter().position(|c| c == name);
        let needed = |name: &str| {
            let there = columns.join(", ");
            place(name).ok_or_else(|| refuse(path, Some(1), Some(name), &format!("missing; there are: {there}")))
        };
        let file_name = FILE_COLUMNS.into_iter().find(|n| place(n).is_some()).unwrap_or(FILE_COLUMNS[0]);
        let face = match faces {
            Faces::Found => Vec::new(),
            Faces::Listed => {
                let all = BOX_COLUMNS.into_iter().chain(LANDMARK_COLUMNS);
                all.map(|name| Ok((needed(name)?, name))).collect::<Result<_, TrainError>>()?
            }
        };
        let conditions = conditions.iter().map(|c| Ok((needed(&c.column)?, c.clone())));
        let conditions = conditions.collect::<Result<_, TrainError>>()?;
        Ok(Self { file: needed(file_name)?, file_name, label: needed(LABEL_COLUMN)?, face, conditions })
    }

    fn meets(&self, values: &[String]) -> bool {
        self.conditions.iter().all(|(column, c)| (values.get(*column) == Some(&c.value)) != c.other)
    }

    fn row(&self, list: &Path, kind: MediaKind, line: u64, values: Vec<String>) -> Result<Row, TrainError> {
        let text = |column: usize, name: &str| match values.get(column).map(String::as_str) {
            None | Some("") => Err(refuse(list, Some(line), Some(name), "empty")),
            Some(text) => Ok(text.to_owned()),
        };
        let (file, label) = (text(self.file, self.file_name)?, text(self.label, LABEL_COLUMN)?);
        let mut numbers = Vec::with_capacity(self.face.len());
        for &(column, name) in &self.face {
            let text = text(column, name)?;
            let number = text.trim().parse::<f32>().ok().filter(|n| n.is_finite());
            let wrong = || refuse(list, Some(line), Some(name), &format!("`{text}` is no number"));
            numbers.push(number.ok_or_else(wrong)?);
        }
        let face = face_of(&numbers);
        if face.is_some_and(|f| f.rect.w <= 0.0 || f.rect.h <= 0.0) {
            return Err(refuse(list, Some(line), Some("box_w"), "the box is empty"));
        }
        let path = list.parent().unwrap_or(Path::new("")).join(&file);
        Ok(Row { file, path, kind, label, line, values, face })
    }
}

fn face_of(numbers: &[f32]) -> Option<ListedFace> {
    let (&[x, y, w, h], marks) = numbers.split_first_chunk::<4>()?;
    let mut landmarks = [Point::new(0.0, 0.0); 5];
    for (at, pair) in landmarks.iter_mut().zip(marks.chunks_exact(2)) {
        let &[x, y] = pair else { return None };
        *at = Point::new(x, y);
    }
    Some(ListedFace { rect: Rect::new(x, y, w, h), landmarks })
}

/// Files that are not there, and files whose rows would be the same item twice.
fn check_files(list: &Path, layout: &Layout, rows: &[Row], faces: Faces) -> Result<(), TrainError> {
    let missing: Vec<&Row> = rows.iter().filter(|r| !r.path.is_file()).collect();
    if let Some(first) = missing.first() {
        let more = match missing.len() - 1 {
            0 => String::new(),
            n => format!(", and {n} more are not there"),
        };
        let what = format!("no such file: `{}`{more}; paths are relative to the list", first.file);
        return Err(refuse(list, Some(first.line), Some(layout.file_name), &what));
    }
    let mut seen: BTreeMap<&Path, u64> = BTreeMap::new();
    for row in rows.iter().filter(|_| faces == Faces::Found) {
        if let Some(first) = seen.insert(&row.path, row.line) {
            let what = format!("`{}` is in row {first} already", row.file);
            return Err(refuse(list, Some(row.line), Some(layout.file_name), &what));
        }
    }
    Ok(())
}

fn refuse(path: &Path, row: Option<u64>, column: Option<&str>, what: &str) -> TrainError {
    let row = row.map(|row| format!("row {row}"));
    let column = column.map(|column| format!("column `{column}`"));
    let place = [row, column].into_iter().flatten().collect::<Vec<_>>().join(", ");
    let what = if place.is_empty() { what.to_owned() } else { format!("{place}: {what}") };
    TrainError::Manifest { what, path: path.to_path_buf() }
}

fn said(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("{len} fields, where the first line has {expected_len}")
        }
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const FACE: &str = "box_x,box_y,box_w,box_h,lm0_x,lm0_y,lm1_x,lm1_y,lm2_x,lm2_y,lm3_x,lm3_y,lm4_x,lm4_y";

    fn read(text: &str, faces: Faces, conditions: &[&str]) -> Result<Manifest, String> {
        let dir = tempfile::tempdir().unwrap();
        for name in ["a.jpg", "b.jpg"] {
            fs::write(dir.path().join(name), b"x").unwrap();
        }
        let list = dir.path().join("list.csv");
        fs::write(&list, text).unwrap();
        let conditions: Vec<Condition> = conditions.iter().map(|c| c.parse().unwrap()).collect();
        Manifest::read(&list, MediaKind::Image, faces, &conditions).map_err(|e| e.to_string())
    }

    #[test]
    fn rows_are_read_with_all_their_columns_and_filtered() {
        let text = "\u{feff}path,label,split\na.jpg,real,val\nb.jpg,none,train\n";
        let all = read(text, Faces::Found, &[]).unwrap();
        assert_eq!(all.columns, ["path", "label", "split"]);
        assert_eq!(all.rows.iter().map(Row::fake).collect::<Vec<_>>(), [Some(false), None]);
        assert!(all.rows[0].path.ends_with("a.jpg"));
        let val = read(text, Faces::Found, &["split=val"]).unwrap();
        assert_eq!(val.rows.iter().map(|r| (r.line, r.values[2].as_str())).collect::<Vec<_>>(), [(2, "val")]);
        let rest = read(text, Faces::Found, &["split!=val"]).unwrap();
        assert_eq!(rest.rows.iter().map(|r| (r.line, r.values[2].as_str())).collect::<Vec<_>>(), [(3, "train")]);
        let written = ["split=a=b", "split!=val"].map(|text| text.parse::<Condition>().unwrap().to_string());
        assert_eq!(written, ["split=a=b", "split!=val"]);
        assert!("=val".parse::<Condition>().is_err() && "!=val".parse::<Condition>().is_err());
    }

    #[test]
    fn boxes_may_stick_out_and_one_picture_may_hold_two() {
        let row = "a.jpg,fake,-21.7,-33.1,268.2,272.2,58.9,59.7,171.8,65.4,113.6,115.6,62.8,166.0,156.1,171.7";
        let two = read(&format!("path,label,{FACE}\n{row}\n{row}\n"), Faces::Listed, &[]).unwrap();
        let face = two.rows[1].face.unwrap();
        assert_eq!((face.rect.x, face.landmarks[4].y), (-21.7, 171.7));
    }

    #[test]
    fn what_is_wrong_is_named_with_row_and_column() {
        let faces = format!("path,label,{FACE}\na.jpg,real,1,2,3,x,1,1,1,1,1,1,1,1,1,1\n");
        let empty = format!("path,label,{FACE}\na.jpg,real,1,2,0,3,1,1,1,1,1,1,1,1,1,1\n");
        for (text, faces, conditions, told) in [
            ("file,kind\na.jpg,real\n", Faces::Found, vec![], "row 1, column `label`: missing; there are: file, kind"),
            ("name,label\na.jpg,real\n", Faces::Found, vec![], "column `path`: missing"),
            ("path,label\na.jpg,\n", Faces::Found, vec![], "row 2, column `label`: empty"),
            (
                "path,label\na.jpg,real\nc.jpg,fake\nd.jpg,fake\n",
                Faces::Found,
                vec![],
                "row 3, column `path`: no such file: `c.jpg`, and 1 more",
            ),
            (
                "path,label\na.jpg,real\na.jpg,fake\n",
                Faces::Found,
                vec![],
                "row 3, column `path`: `a.jpg` is in row 2 already",
            ),
            ("path,label\na.jpg,real,1\n", Faces::Found, vec![], "row 2: 3 fields, where the first line has 2"),
            ("path,label\na.jpg,real\n", Faces::Found, vec!["split=val"], "column `split`: missing"),
            ("path,label\na.jpg,real\n", Faces::Listed, vec![], "column `box_x`: missing"),
            (&faces, Faces::Listed, vec![], "row 2, column `box_h`: `x` is no number"),
            (&empty, Faces::Listed, vec![], "row 2, column `box_w`: the box is empty"),
        ] {
            let said = read(text, faces, &conditions).unwrap_err();
            assert!(said.contains(told) && said.ends_with("list.csv"), "{said}");
        }
    }

    #[test]
    fn a_list_that_is_not_utf8_or_not_there_says_so() {
        let dir = tempfile::tempdir().unwrap();
        let list = dir.path().join("list.csv");
        fs::write(&list, b"path,label\na\xff,real\n").unwrap();
        let read = || Manifest::read(&list, MediaKind::Image, Faces::Found, &[]).unwrap_err().to_string();
        assert!(read().contains("row 2: bytes that are not UTF-8"), "{}", read());
        fs::remove_file(&list).unwrap();
        assert!(read().ends_with("list.csv"));
    }
}
