//! What another detector said of a list's faces, written down once: a slow teacher's word need not be asked for anew.

use std::collections::HashMap;
use std::path::Path;

use serde::Deserialize;

use super::manifest::csv_error;
use super::{Manifest, Row};
use crate::TrainError;

/// Logits by the column `path` of a list.
pub(crate) struct Words(HashMap<String, Vec<f32>>);

#[derive(Deserialize)]
struct Line {
    path: String,
    logit: f32,
}

impl Words {
    /// Reads a CSV with the columns `path` and `logit` (above 0: manipulated or generated). Of several lines for one path
    /// the mean counts.
    ///
    /// # Errors
    /// A file that cannot be read, a missing column, a logit that is no number; each with its line.
    pub fn read(path: &Path) -> Result<Self, TrainError> {
        let mut reader = csv::ReaderBuilder::new().from_path(path).map_err(|e| csv_error(path, e))?;
        let headers = reader.headers().map_err(|e| csv_error(path, e))?;
        for column in ["path", "logit"] {
            if !headers.iter().any(|name| name == column) {
                let present = headers.iter().collect::<Vec<_>>().join(", ");
                return Err(TrainError::Column { column: column.into(), present, path: path.to_path_buf() });
            }
        }
        let mut words: HashMap<String, Vec<f32>> = HashMap::new();
        for (i, line) in reader.deserialize().enumerate() {
            let line: Line = line.map_err(|e| csv_error(path, e))?;
            if !line.logit.is_finite() {
                let problem = "`logit` must be a finite number".to_owned();
                return Err(TrainError::Row { line: i as u64 + 2, problem, path: path.to_path_buf() });
            }
            words.entry(line.path).or_default().push(line.logit);
        }
        Ok(Self(words))
    }

    /// The word on a row of the list, where there is one.
    pub fn on(&self, manifest: &Manifest, row: &Row) -> Option<f32> {
        let said = self.0.get(manifest.cell(row, "path"))?;
        Some(said.iter().sum::<f32>() / said.len().max(1) as f32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_by_path_and_every_bad_line_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        ["a.jpg", "b.jpg"].iter().for_each(|name| std::fs::write(at(name), b"x").unwrap());
        std::fs::write(at("list.csv"), "path,label\na.jpg,real\nb.jpg,fake\n").unwrap();
        let manifest = Manifest::read(&at("list.csv"), &[]).unwrap();
        let read = |text: &str| {
            std::fs::write(at("words.csv"), text).unwrap();
            Words::read(&at("words.csv"))
        };
        let words = read("logit,path\n-2,a.jpg\n1,a.jpg\n7,c.jpg\n").unwrap();
        let said: Vec<_> = manifest.rows.iter().map(|row| words.on(&manifest, row)).collect();
        assert_eq!(said, [Some(-0.5), None]);
        for (text, problem) in [
            ("path,score\na.jpg,1\n", "no column `logit`"),
            ("path,logit\na.jpg,1\na.jpg,NaN\n", "line 3: `logit` must be a finite number"),
        ] {
            let message = read(text).err().unwrap().to_string();
            assert!(message.contains(problem), "{message}");
        }
    }
}
