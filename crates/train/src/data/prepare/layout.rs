//! What a folder of a known data set says about the files in it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::TrainError;
use crate::data::Label;

/// How a data set lies on disk. docs/data.md says where each comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Folders called `real` and `fake`, anything below them.
    Plain,
    /// DFDC: parts with a `metadata.json` each.
    Dfdc,
    /// FaceForensics++: `original_sequences` and `manipulated_sequences`.
    FaceForensics,
    /// Celeb-DF: `Celeb-real`, `Celeb-synthesis`, `YouTube-real`.
    CelebDf,
    /// A list: `path` or `file`, `label`, and whatever else is known.
    Csv,
}

/// One file of a data set and what is known of it before it is opened.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Found {
    /// The picture or video.
    pub path: PathBuf,
    /// What it is; `None` where a list says `none`: such files are left out.
    pub label: Option<Label>,
    /// The data set, or part of it, that a network could learn to tell from others.
    pub source: String,
    /// Who or what is in it, as far as names and folders say: never to be on two sides of a split.
    pub group: String,
    /// A second person in it, of whom the same holds: the donor of a swapped face.
    pub other_group: Option<String>,
    /// The original of a fake, or the file itself when it is one.
    pub original: String,
    /// What made it.
    pub generator: String,
    /// What was done.
    pub manipulation: String,
    /// Its side of the split, where the data set says so.
    pub split: Option<String>,
    /// Terms of use.
    pub terms: String,
    /// Line of the list, where there is one.
    pub line: u64,
}

/// Lists the files of a data set, in order of their names.
///
/// # Errors
/// A folder without what the layout promises; a list with a missing column, a wrong label, a file that is gone.
pub(crate) fn find(paths: &[PathBuf], layout: Layout) -> Result<Vec<Found>, TrainError> {
    let mut all = Vec::new();
    for path in paths {
        let found = match layout {
            Layout::Plain => plain(path)?,
            Layout::Dfdc => dfdc(path)?,
            Layout::FaceForensics => face_forensics(path)?,
            Layout::CelebDf => celeb_df(path)?,
            Layout::Csv => super::list::read(path)?,
        };
        if found.is_empty() {
            let nothing = format!("nothing here has the layout {layout:?}; see --layout");
            return Err(TrainError::file(path)(std::io::Error::other(nothing)));
        }
        all.extend(found);
    }
    Ok(all)
}

/// All files below a folder, in order of their names; hidden ones are left out.
fn files(folder: &Path) -> Result<Vec<PathBuf>, TrainError> {
    let wrong = TrainError::file;
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(wrong(folder))? {
        entries.push(entry.map_err(wrong(folder))?.path());
    }
    entries.sort();
    let mut all = Vec::new();
    for path in entries {
        if path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b".")) {
            continue;
        }
        if path.is_dir() {
            all.extend(files(&path)?);
        } else {
            all.push(path);
        }
    }
    Ok(all)
}

/// Pictures and videos among them, by content; so are those that are only named like one, to be told as unreadable.
fn media_files(folder: &Path) -> Result<Vec<PathBuf>, TrainError> {
    let mut files = files(folder)?;
    files.retain(|path| media::is_named_like_media(path) || media::identify(path).is_ok());
    Ok(files)
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn stem_of(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// A person's or video's folder below `real` or `fake` is a group; a file that lies there directly is its own.
fn plain(root: &Path) -> Result<Vec<Found>, TrainError> {
    let source = name_of(&root.canonicalize().map_err(TrainError::file(root))?);
    let mut all = Vec::new();
    for path in media_files(root)? {
        let below: Vec<String> =
            path.strip_prefix(root).unwrap_or(&path).iter().map(|p| p.to_string_lossy().into()).collect();
        let Some((at, label)) =
            below.iter().enumerate().find_map(|(i, part)| Some((i, Label::parse(&part.to_lowercase())?)))
        else {
            continue;
        };
        let after: Vec<&str> = below.iter().skip(at + 1).map(String::as_str).collect();
        let group = match after[..] {
            [folder, _, ..] => folder.to_owned(),
            _ => name_of(&path),
        };
        let source = std::iter::once(source.as_str()).chain(below.iter().take(at).map(String::as_str));
        let source = source.collect::<Vec<_>>().join("/");
        all.push(Found { label: Some(label), source, group, original: stem_of(&path), path, ..Found::default() });
    }
    Ok(all)
}

#[derive(Deserialize)]
struct DfdcEntry {
    label: String,
    #[serde(default)]
    original: Option<String>,
}

/// A part of DFDC has its own actors: the part is the group.
fn dfdc(root: &Path) -> Result<Vec<Found>, TrainError> {
    let mut all = Vec::new();
    for metadata in files(root)?.into_iter().filter(|path| name_of(path) == "metadata.json") {
        let text = std::fs::read_to_string(&metadata).map_err(TrainError::file(&metadata))?;
        let entries: BTreeMap<String, DfdcEntry> =
            serde_json::from_str(&text).map_err(|e| TrainError::file(&metadata)(std::io::Error::other(e)))?;
        let folder = metadata.parent().unwrap_or(root);
        for (name, entry) in entries {
            let path = folder.join(&name);
            if !path.is_file() {
                let gone = format!("`{name}` of metadata.json is not there");
                return Err(TrainError::file(&metadata)(std::io::Error::other(gone)));
            }
            let Some(label) = Label::parse(&entry.label.to_lowercase()) else {
                let wrong = format!("`{name}` has the label `{}`, neither REAL nor FAKE", entry.label);
                return Err(TrainError::file(&metadata)(std::io::Error::other(wrong)));
            };
            let original = entry.original.as_deref().map_or_else(|| stem_of(&path), |o| stem_of(o.as_ref()));
            let fake = label == Label::Fake;
            all.push(Found {
                label: Some(label),
                source: "dfdc".into(),
                group: name_of(folder),
                original,
                manipulation: if fake { "face_swap".into() } else { "none".into() },
                generator: if fake { "DFDC".into() } else { String::new() },
                terms: "DFDC: research, no redistribution".into(),
                path,
                ..Found::default()
            });
        }
    }
    Ok(all)
}

/// `000_003.mp4` shows the scene of 000 with the face of 003; both are in one group. Actors' videos are called
/// `03__scene.mp4` and `03_11__scene__ABCD.mp4`.
fn face_forensics(root: &Path) -> Result<Vec<Found>, TrainError> {
    let mut all = Vec::new();
    for path in media_files(root)? {
        let below: Vec<String> =
            path.strip_prefix(root).unwrap_or(&path).iter().map(|p| p.to_string_lossy().into()).collect();
        let at = |name: &str| below.iter().position(|part| part == name).and_then(|i| below.get(i + 1)).cloned();
        let (label, method) = match (at("original_sequences"), at("manipulated_sequences")) {
            (Some(set), _) => (Label::Real, set),
            (_, Some(method)) => (Label::Fake, method),
            _ => continue,
        };
        // Masks lie beside the videos.
        if below.iter().any(|part| part == "masks") {
            continue;
        }
        let stem = stem_of(&path);
        let (who, scene) = stem
            .split_once("__")
            .map_or((stem.as_str(), ""), |(who, rest)| (who, rest.split("__").next().unwrap_or_default()));
        let (target, donor) = who.split_once('_').map_or((who, None), |(t, d)| (t, Some(d)));
        let actors = if scene.is_empty() { "" } else { "actor " };
        let original = if scene.is_empty() { target.to_owned() } else { format!("{target}__{scene}") };
        all.push(Found {
            label: Some(label),
            source: if scene.is_empty() { "faceforensics".into() } else { "deepfakedetection".into() },
            group: format!("{actors}{target}"),
            other_group: donor.map(|donor| format!("{actors}{donor}")),
            original,
            manipulation: if label == Label::Fake { method.clone() } else { "none".into() },
            generator: if label == Label::Fake { method } else { String::new() },
            terms: "FaceForensics++: research, signed form".into(),
            path,
            ..Found::default()
        });
    }
    Ok(all)
}

/// `id0_0003.mp4` is id0; `id0_id16_0003.mp4` is its scene with the face of id16.
fn celeb_df(root: &Path) -> Result<Vec<Found>, TrainError> {
    let tested = tested_of_celeb_df(root)?;
    let mut all = Vec::new();
    for path in media_files(root)? {
        let folder = path.parent().map(name_of).unwrap_or_default();
        let label = match folder.as_str() {
            "Celeb-real" | "YouTube-real" => Label::Real,
            "Celeb-synthesis" => Label::Fake,
            _ => continue,
        };
        let stem = stem_of(&path);
        let ids: Vec<&str> = stem.split('_').filter(|part| part.starts_with("id")).collect();
        let take = stem.rsplit('_').next().unwrap_or_default();
        let target = ids.first().map_or_else(|| format!("youtube {stem}"), |id| (*id).to_owned());
        let fake = label == Label::Fake;
        all.push(Found {
            label: Some(label),
            source: "celebdf".into(),
            original: if ids.is_empty() { stem.clone() } else { format!("{target}_{take}") },
            group: target,
            other_group: ids.get(1).map(|id| (*id).to_owned()),
            manipulation: if fake { "face_swap".into() } else { "none".into() },
            generator: if fake { "Celeb-DF".into() } else { String::new() },
            split: tested.contains(&format!("{folder}/{}", name_of(&path))).then(|| "test".into()),
            terms: "Celeb-DF: research, signed form".into(),
            path,
            ..Found::default()
        });
    }
    Ok(all)
}

/// The videos that its authors test on, when their list is there.
fn tested_of_celeb_df(root: &Path) -> Result<Vec<String>, TrainError> {
    let path = root.join("List_of_testing_videos.txt");
    if !path.is_file() {
        return Ok(Vec::new());
    }
    let text = std::fs::read_to_string(&path).map_err(TrainError::file(&path))?;
    Ok(text.lines().filter_map(|line| line.split_whitespace().nth(1)).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture of one pixel under each name.
    fn tree(names: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for name in names {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            let format = image::ImageFormat::Png;
            image::RgbImage::new(1, 1).save_with_format(&path, format).unwrap();
        }
        dir
    }

    fn told(dir: &tempfile::TempDir, layout: Layout) -> Vec<(String, &'static str, String, Option<String>, String)> {
        let found = find(&[dir.path().to_path_buf()], layout).unwrap();
        let tell = |f: Found| (name_of(&f.path), f.label.unwrap().as_str(), f.group, f.other_group, f.original);
        found.into_iter().map(tell).collect()
    }

    #[test]
    fn plain_folders() {
        let dir = tree(&["real/anna/1.mp4", "real/anna/2.mp4", "fake/b.jpg", "notes/c.jpg"]);
        let all = told(&dir, Layout::Plain);
        let names: Vec<_> =
            all.iter().map(|(name, label, group, ..)| (name.as_str(), *label, group.as_str())).collect();
        assert_eq!(names, [("b.jpg", "fake", "b.jpg"), ("1.mp4", "real", "anna"), ("2.mp4", "real", "anna")]);
        assert!(find(&[dir.path().join("notes")], Layout::Plain).is_err());
    }

    #[test]
    fn dfdc_parts() {
        let dir = tree(&["dfdc_train_part_0/a.mp4", "dfdc_train_part_0/b.mp4"]);
        let metadata = dir.path().join("dfdc_train_part_0/metadata.json");
        let text = r#"{"a.mp4": {"label": "FAKE", "split": "train", "original": "b.mp4"}, "b.mp4": {"label": "REAL", "split": "train"}}"#;
        std::fs::write(&metadata, text).unwrap();
        let part = "dfdc_train_part_0".to_owned();
        let expected = [
            ("a.mp4".to_owned(), "fake", part.clone(), None, "b".to_owned()),
            ("b.mp4".to_owned(), "real", part, None, "b".to_owned()),
        ];
        assert_eq!(told(&dir, Layout::Dfdc), expected);
        for (from, to, message) in
            [("FAKE", "FAK", "`a.mp4` has the label `FAK`"), ("\"a.mp4\"", "\"z.mp4\"", "`z.mp4`")]
        {
            std::fs::write(&metadata, text.replacen(from, to, 1)).unwrap();
            let error = find(&[dir.path().to_path_buf()], Layout::Dfdc).unwrap_err().to_string();
            assert!(error.contains(message) && error.contains("metadata.json"), "{error}");
        }
    }

    #[test]
    fn face_forensics_names() {
        let dir = tree(&[
            "original_sequences/youtube/c23/videos/000.mp4",
            "original_sequences/actors/c23/videos/03__kitchen.mp4",
            "manipulated_sequences/Deepfakes/c23/videos/000_003.mp4",
            "manipulated_sequences/Deepfakes/masks/videos/000_003.mp4",
            "manipulated_sequences/DeepFakeDetection/c23/videos/03_11__kitchen__ABCD.mp4",
        ]);
        let mut all = told(&dir, Layout::FaceForensics);
        all.sort();
        let row = |a: &str, label, group: &str, other: Option<&str>, original: &str| {
            (a.to_owned(), label, group.to_owned(), other.map(str::to_owned), original.to_owned())
        };
        let expected = [
            row("000.mp4", "real", "000", None, "000"),
            row("000_003.mp4", "fake", "000", Some("003"), "000"),
            row("03_11__kitchen__ABCD.mp4", "fake", "actor 03", Some("actor 11"), "03__kitchen"),
            row("03__kitchen.mp4", "real", "actor 03", None, "03__kitchen"),
        ];
        assert_eq!(all, expected);
    }

    #[test]
    fn celeb_df_names() {
        let dir = tree(&["Celeb-real/id0_0001.mp4", "Celeb-synthesis/id0_id16_0001.mp4", "YouTube-real/00007.mp4"]);
        std::fs::write(dir.path().join("List_of_testing_videos.txt"), "1 YouTube-real/00007.mp4\n").unwrap();
        let found = find(&[dir.path().to_path_buf()], Layout::CelebDf).unwrap();
        let told: Vec<_> = found
            .iter()
            .map(|f| (f.group.as_str(), f.other_group.as_deref(), f.original.as_str(), f.split.as_deref()))
            .collect();
        assert_eq!(
            told,
            [
                ("id0", None, "id0_0001", None),
                ("id0", Some("id16"), "id0_0001", None),
                ("youtube 00007", None, "00007", Some("test")),
            ]
        );
    }
}
