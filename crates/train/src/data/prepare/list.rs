//! Media named in a CSV.

use std::path::Path;

use super::layout::Found;
use crate::TrainError;
use crate::data::Label;

/// Reads a list with `path` or `file`, `label`, and of `source`, `group`, `person`, `original`, `generator`,
/// `manipulation`, `split`, `terms` those that are there. Every row is checked before anything is opened.
pub(super) fn read(list: &Path) -> Result<Vec<Found>, TrainError> {
    let wrong = |e: csv::Error| TrainError::file(list)(std::io::Error::other(e));
    let mut reader = csv::ReaderBuilder::new().from_path(list).map_err(wrong)?;
    let columns: Vec<String> = reader.headers().map_err(wrong)?.iter().map(str::to_owned).collect();
    let column = |name: &str| columns.iter().position(|c| c == name);
    let missing = |column: &str| TrainError::Column {
        column: column.into(),
        present: columns.join(", "),
        path: list.to_path_buf(),
    };
    let file = column("path").or_else(|| column("file")).ok_or_else(|| missing("path"))?;
    let label = column("label").ok_or_else(|| missing("label"))?;
    let folder = list.parent().unwrap_or(Path::new(""));
    let name = list.file_stem().unwrap_or_default().to_string_lossy();
    let mut all = Vec::new();
    for record in reader.records() {
        let cells = record.map_err(wrong)?;
        let line = cells.position().map_or(0, csv::Position::line);
        let problem = |problem: String| TrainError::Row { line, problem, path: list.to_path_buf() };
        let at = |i: usize| cells.get(i).unwrap_or_default();
        let cell = |name: &str| column(name).map(at).unwrap_or_default().to_owned();
        let or = |value: String, other: &str| if value.is_empty() { other.to_owned() } else { value };
        let label = match (at(label), Label::parse(at(label))) {
            // What the lists of `facefiction evaluate` call a file that is neither: nothing to learn from.
            ("none", _) => None,
            (_, Some(label)) => Some(label),
            (word, None) => return Err(problem(format!("the label must be `real` or `fake`, not `{word}`"))),
        };
        let path = folder.join(at(file));
        if !path.is_file() {
            return Err(problem(format!("there is no file {}", path.display())));
        }
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let split = cell("split");
        all.push(Found {
            label,
            source: or(cell("source"), &name),
            group: or(or(cell("group"), &cell("person")), at(file)),
            other_group: None,
            original: or(cell("original"), &stem),
            generator: cell("generator"),
            manipulation: cell("manipulation"),
            split: (!split.is_empty()).then_some(split),
            terms: cell("terms"),
            line,
            path,
        });
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_checked_before_anything_is_opened() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a.mp4"), b"x").unwrap();
        let list = dir.path().join("clips.csv");
        let of = |text: &str| {
            std::fs::write(&list, text).unwrap();
            read(&list).map_err(|e| e.to_string())
        };
        let found = of("file,label,person\na.mp4,real,anna\n").unwrap();
        assert_eq!((found[0].group.as_str(), found[0].source.as_str(), found[0].line), ("anna", "clips", 2));
        assert!(of("file\na.mp4\n").unwrap_err().contains("no column `label`"));
        assert!(of("label\nreal\n").unwrap_err().contains("no column `path`"));
        assert!(of("file,label\na.mp4,real\nb.mp4,fake\n").unwrap_err().contains("line 3: there is no file"));
        assert!(of("file,label\na.mp4,maybe\n").unwrap_err().contains("line 2: the label must be"));
        assert_eq!(of("file,label\na.mp4,none\n").unwrap()[0].label, None);
    }
}
