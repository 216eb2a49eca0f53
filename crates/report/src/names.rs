//! Names of files and people in what was said of them: a redacted report tells what went wrong, not with which file, and
//! what was noted, not of whom.

use std::collections::BTreeSet;

use analysis::Analysis;

use crate::dossier::Dossier;
use crate::safe::one_line;

/// A name of fewer letters is a name only where it stands alone: a file called `a` would riddle every text.
const SHORT: usize = 4;

/// The names of the examined file, of the clips that it was compared with, and of people as the examiner calls them.
pub(crate) struct Names {
    /// Paths, their folders, and names without folders; the longest first, since names stand in paths.
    all: Vec<String>,
    /// What stands before the ending, in lower case.
    stems: BTreeSet<String>,
}

impl Names {
    /// Those that an analysis and its examiner know.
    pub fn of(analysis: &Analysis, dossier: &Dossier) -> Self {
        let (mut all, mut stems) = (BTreeSet::new(), BTreeSet::new());
        let clips = analysis.baseline.iter().flat_map(|b| &b.clips).map(|clip| clip.path.as_str());
        for path in clips.chain([analysis.file.path.as_str()]) {
            let (folder, name) = path.rsplit_once(['/', '\\']).unwrap_or(("", path));
            let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
            stems.extend(Some(stem.to_lowercase()).filter(|stem| tells(stem)));
            // The name of a folder alone may be any word.
            let folder = Some(folder).filter(|folder| folder.contains(['/', '\\']));
            for name in [path, name].into_iter().chain(folder) {
                all.extend(as_written(name).into_iter().filter(|name| tells(name)));
                // What somebody wrote is looked through line by line.
                let lines = name.split(['\n', '\r']).map(str::trim).filter(|line| line.len() >= SHORT && tells(line));
                all.extend(lines.map(str::to_owned));
            }
        }
        all.extend(dossier.people.values().map(|name| name.trim().to_owned()).filter(|name| tells(name)));
        let mut all: Vec<String> = all.into_iter().collect();
        all.sort_by_key(|name| std::cmp::Reverse(name.len()));
        Self { all, stems }
    }

    /// The text with `word` for every name; `None` when it may still lead to a file.
    pub fn masked(&self, text: &str, word: &str) -> Option<String> {
        let (mut masked, mut rest, mut before) = (String::with_capacity(text.len()), text, None);
        while let Some(letter) = rest.chars().next() {
            match self.all.iter().find_map(|name| Some((name, after(name, before, rest)?))) {
                // In another folder than the one known.
                Some(_) if before.is_some_and(is_separator) => return None,
                Some((name, after)) => {
                    masked.push_str(word);
                    (before, rest) = (name.chars().next_back(), after);
                }
                None => {
                    masked.push(letter);
                    (before, rest) = (Some(letter), rest.strip_prefix(letter).unwrap_or_default());
                }
            }
        }
        let lower = masked.to_lowercase();
        let mut parts = lower.split(is_separator).skip(1);
        let leads = parts.any(|part| self.stems.iter().any(|stem| part.starts_with(stem.as_str())));
        (!leads).then_some(masked)
    }
}

/// What follows the name where the text begins with it.
fn after<'a>(name: &str, before: Option<char>, rest: &'a str) -> Option<&'a str> {
    let after = rest.strip_prefix(name)?;
    let joined = [before, after.chars().next()].into_iter().flatten().any(char::is_alphanumeric);
    (name.chars().count() >= SHORT || !joined).then_some(after)
}

fn is_separator(letter: char) -> bool {
    matches!(letter, '/' | '\\')
}

/// Whether there is more to it than dots and dashes.
fn tells(name: &str) -> bool {
    name.chars().any(char::is_alphanumeric)
}

/// The name as programs write it: as it is, its control characters escaped, all escaped that hides, quoted.
fn as_written(name: &str) -> [String; 4] {
    let controls = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    let quoted = format!("{name:?}");
    let quoted = quoted.strip_prefix('"').and_then(|q| q.strip_suffix('"')).unwrap_or(&quoted).to_owned();
    [name.to_owned(), name.chars().map(controls).collect(), one_line(name), quoted]
}

#[cfg(test)]
mod tests {
    use super::*;
    use analysis::{ErrorCode, FileFacts, ItemError, Run};
    use std::path::Path;

    fn names(path: &str) -> Names {
        let run = Run {
            app: String::new(),
            device: "cpu".into(),
            threads: 1,
            fps: None,
            started: String::new(),
            seconds: 0.0,
            warnings: vec![],
            controls: vec![],
        };
        let error = ItemError { code: ErrorCode::Empty, message: String::new() };
        Names::of(&Analysis::failed(FileFacts::at(Path::new(path)), error, vec![], run), &Dossier::default())
    }

    fn masked(path: &str, text: &str) -> Option<String> {
        names(path).masked(text, "X")
    }

    #[test]
    fn every_name_goes_and_the_rest_stays() {
        let path = "/home/jane/the \"case\"\n7/wit.mp4";
        let cases = [
            (format!("bad: {path}"), "bad: X"),
            (format!("bad: {path:?}, wit.mp4, file:wit.mp4"), "bad: \"X\", X, file:X"),
            ("bad: /home/jane/the \"case\"\\n7/wit.mp4".to_owned(), "bad: X"),
            ("no room in /home/jane/the \"case\"\n7".to_owned(), "no room in X"),
            ("12 of 20 frames, 1/2".to_owned(), "12 of 20 frames, 1/2"),
        ];
        for (text, expected) in cases {
            assert_eq!(masked(path, &text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn a_path_to_the_file_or_one_like_it_is_not_told_at_all() {
        for text in ["at /srv/media/wit.mp4", "at C:\\media\\wit.mp4", "wrote /tmp/wit-0001.png", "wrote ./WIT.log"] {
            assert_eq!(masked("media/wit.mp4", text), None, "{text}");
        }
        assert_eq!(masked("media/wit.mp4", "at media/wit.mp4").as_deref(), Some("at X"));
    }

    #[test]
    fn a_short_name_is_one_only_where_it_stands_alone() {
        assert_eq!(masked("a", "an a at (a), a.").as_deref(), Some("an X at (X), X."));
        assert_eq!(masked("in/a.b", "nothing in it").as_deref(), Some("nothing in it"));
        assert_eq!(masked("..", "1..2").as_deref(), Some("1..2"));
        assert_eq!(masked("", "text").as_deref(), Some("text"));
    }
}
