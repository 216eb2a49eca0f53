//! Files that were chosen, dropped or opened: counted for the window, their paths kept here.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use report::package::is_package;
use scan::analysis::{ErrorCode as ItemCode, MediaKind};
use scan::base::{CancelToken, Ctx};
use scan::{Item, ScanError, Sighting, Skip, list_observed, media};

use crate::ipc::{Selection, SkipReason, Skipped};
use crate::lock::lock;

/// Names that are shown.
const NAMES: usize = 5;
/// Skipped entries that are shown; the rest is counted.
const SKIPPED: usize = 50;
/// Selections that wait to be put into the queue; the oldest goes when there are more.
const WAITING: usize = 16;

/// Endings that say what a file is before it is opened.
const IMAGES: [&str; 12] = ["jpg", "jpeg", "jpe", "png", "webp", "gif", "bmp", "tif", "tiff", "avif", "heic", "heif"];
const VIDEOS: [&str; 14] =
    ["mp4", "m4v", "mov", "mkv", "webm", "avi", "flv", "wmv", "mpg", "mpeg", "mts", "m2ts", "3gp", "ogv"];

/// A file to examine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// Where it is.
    pub path: PathBuf,
    /// What it seems to be.
    pub kind: Option<MediaKind>,
    /// Its size.
    pub bytes: Option<u64>,
}

/// How much time counting may take.
#[derive(Clone, Copy, Debug)]
pub enum Patience {
    /// All there is.
    Endless,
    /// What can be counted while something is dragged over the window.
    Hover,
}

impl Patience {
    const fn limit(self) -> Option<(usize, Duration)> {
        match self {
            Self::Endless => None,
            Self::Hover => Some((2_000, Duration::from_millis(400))),
        }
    }
}

/// Counted files with their paths.
#[derive(Clone, Debug, Default)]
pub struct Gathered {
    /// For the window.
    pub selection: Selection,
    /// In the order in which they will be examined.
    pub files: Vec<Chosen>,
    /// The package that this is.
    pub package: Option<PathBuf>,
}

/// A package to check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parcel {
    /// Folder or zip file.
    pub path: PathBuf,
    /// The examined file, where the user has shown it.
    pub evidence: Option<PathBuf>,
}

/// Looks through `paths` and counts what will be examined and what will not; `queued` are in the queue
/// already.
pub fn gather(paths: &[PathBuf], queued: &HashSet<PathBuf>, patience: Patience) -> Gathered {
    if let [path] = paths
        && is_package(path)
    {
        return Gathered::of_package(path);
    }
    let gathering = Mutex::new(Gathered::default());
    let (cancel, began) = (CancelToken::default(), Instant::now());
    let over = |count: usize| patience.limit().is_some_and(|(most, time)| count > most || began.elapsed() > time);
    let on_sighting = |sighting: Sighting<'_>| {
        let mut gathered = lock(&gathering);
        match sighting {
            Sighting::Folder(_) => gathered.selection.folders += 1,
            Sighting::Item(item) => gathered.item(item, queued),
            Sighting::Skipped(path, Skip::NotAFile | Skip::NotMedia | Skip::Results) => {
                gathered.skip(path, SkipReason::NotMedia)
            }
            Sighting::Skipped(path, Skip::Loop) => gathered.skip(path, SkipReason::FolderLoop),
            Sighting::Skipped(_, Skip::Hidden(_)) => {}
        }
        if over(gathered.files.len() + gathered.selection.skipped_count as usize) {
            cancel.cancel();
        }
    };
    let complete = list_observed(paths, &Ctx::new(cancel.clone(), |_| {}), &on_sighting).is_ok();
    let mut gathered = gathering.into_inner().unwrap_or_default();
    gathered.selection.more = !complete;
    gathered
}

impl Gathered {
    fn of_package(path: &Path) -> Self {
        let selection = Selection { package: Some(name_of(path)), ..Selection::default() };
        Self { selection, files: Vec::new(), package: Some(path.to_owned()) }
    }

    fn item(&mut self, item: &Item, queued: &HashSet<PathBuf>) {
        let path = item.path.as_path();
        if item.problem.is_some() {
            return self.skip(path, SkipReason::Unreadable);
        }
        let bytes = std::fs::metadata(path).ok().map(|meta| meta.len());
        if bytes == Some(0) {
            return self.skip(path, SkipReason::Empty);
        }
        if queued.contains(path) || self.files.iter().rev().take(NAMES).any(|file| file.path == path) {
            return self.skip(path, SkipReason::AlreadyQueued);
        }
        match kind_of(path) {
            Ok(kind) => self.take(Chosen { path: path.to_owned(), kind: Some(kind), bytes }),
            Err(reason) => self.skip(path, reason),
        }
    }

    fn take(&mut self, file: Chosen) {
        match file.kind {
            Some(MediaKind::Image) => self.selection.images += 1,
            _ => self.selection.videos += 1,
        }
        if self.selection.names.len() < NAMES {
            self.selection.names.push(name_of(&file.path));
        }
        self.files.push(file);
    }

    fn skip(&mut self, path: &Path, reason: SkipReason) {
        self.selection.skipped_count += 1;
        if self.selection.skipped.len() < SKIPPED {
            self.selection.skipped.push(Skipped { name: name_of(path), reason });
        }
    }
}

/// By its ending where that says it, else by its content.
fn kind_of(path: &Path) -> Result<MediaKind, SkipReason> {
    let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
    let ending = ending.as_deref().unwrap_or_default();
    if IMAGES.contains(&ending) {
        return Ok(MediaKind::Image);
    }
    if VIDEOS.contains(&ending) {
        return Ok(MediaKind::Video);
    }
    match media::identify(path) {
        Ok(media::Kind::Image) => Ok(MediaKind::Image),
        Ok(media::Kind::Video) => Ok(MediaKind::Video),
        Err(error) => Err(match ScanError::from(error).code() {
            ItemCode::NotFound | ItemCode::NotReadable => SkipReason::Unreadable,
            ItemCode::Empty => SkipReason::Empty,
            _ => SkipReason::NotMedia,
        }),
    }
}

/// The last part of a path, for display.
pub(crate) fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// What was chosen and is not in the queue yet.
#[derive(Debug, Default)]
pub struct Selections {
    inner: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    last: u32,
    chosen: BTreeMap<u32, Vec<Chosen>>,
    packages: BTreeMap<u32, Parcel>,
    /// Chosen before the window listened, such as the arguments of the program.
    early: Option<Selection>,
    listening: bool,
    /// Counts drags over the window, so that a late answer to an old one is not shown.
    hover: u64,
}

impl Selections {
    /// Keeps the paths and gives the selection its number.
    pub fn keep(&self, gathered: Gathered) -> Selection {
        let mut inner = lock(&self.inner);
        inner.last += 1;
        let id = inner.last;
        if let Some(path) = gathered.package {
            inner.packages.insert(id, Parcel { path, evidence: None });
        }
        inner.chosen.insert(id, gathered.files);
        while inner.chosen.len() > WAITING {
            inner.chosen.pop_first();
        }
        while inner.packages.len() > WAITING {
            inner.packages.pop_first();
        }
        Selection { id, ..gathered.selection }
    }

    /// Keeps a package that was chosen as one, whatever it looks like: the check says what is wrong with it.
    pub fn keep_package(&self, path: PathBuf) -> Selection {
        self.keep(Gathered::of_package(&path))
    }

    /// The package that a selection is.
    pub fn package(&self, id: u32) -> Option<Parcel> {
        lock(&self.inner).packages.get(&id).cloned()
    }

    /// The user has shown the file that a package is about; false when there is no such package.
    pub fn set_evidence(&self, id: u32, path: PathBuf) -> bool {
        let mut inner = lock(&self.inner);
        let parcel = inner.packages.get_mut(&id);
        parcel.map(|parcel| parcel.evidence = Some(path)).is_some()
    }

    /// Gives the paths of a selection, once.
    pub fn take(&self, id: u32) -> Option<Vec<Chosen>> {
        lock(&self.inner).chosen.remove(&id)
    }

    /// The selection, when the window listens for events; else it is kept for [`Selections::early`].
    pub fn offer(&self, selection: Selection) -> Option<Selection> {
        let mut inner = lock(&self.inner);
        if inner.listening {
            return Some(selection);
        }
        inner.early = Some(selection);
        None
    }

    /// What was chosen before the window asked for the first time; from now on it listens.
    pub fn early(&self) -> Option<Selection> {
        let mut inner = lock(&self.inner);
        inner.listening = true;
        inner.early.take()
    }

    /// Something else, or nothing, is dragged over the window now.
    pub fn begin_hover(&self) -> u64 {
        let mut inner = lock(&self.inner);
        inner.hover += 1;
        inner.hover
    }

    /// Whether it is still what is dragged over the window.
    pub fn is_hovering(&self, hover: u64) -> bool {
        lock(&self.inner).hover == hover
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn what_is_taken_and_what_is_not_is_counted() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::create_dir(at("folder")).unwrap();
        for (name, content) in [
            ("folder/a.jpg", "x"),
            ("folder/b.mp4", "x"),
            ("folder/empty.png", ""),
            ("notes.txt", "text"),
            ("c.jpg", "x"),
        ] {
            fs::write(at(name), content).unwrap();
        }
        let queued = HashSet::from([at("c.jpg")]);
        let paths = ["folder", "notes.txt", "c.jpg", "absent.jpg"].map(at);
        let Gathered { selection, files, .. } = gather(&paths, &queued, Patience::Endless);
        assert_eq!((selection.images, selection.videos, selection.folders, selection.more), (1, 1, 1, false));
        assert_eq!(
            files.iter().map(|file| file.path.clone()).collect::<Vec<_>>(),
            [at("folder/a.jpg"), at("folder/b.mp4")]
        );
        assert_eq!(selection.names, ["a.jpg", "b.mp4"]);
        let skipped: Vec<_> = selection.skipped.iter().map(|skip| (skip.name.as_str(), skip.reason)).collect();
        assert_eq!(
            skipped,
            [
                ("empty.png", SkipReason::Empty),
                ("notes.txt", SkipReason::NotMedia),
                ("c.jpg", SkipReason::AlreadyQueued),
                ("absent.jpg", SkipReason::Unreadable),
            ]
        );
        assert_eq!(selection.skipped_count, 4);
    }

    #[test]
    fn counting_under_a_drag_ends_at_a_limit() {
        let dir = tempfile::tempdir().unwrap();
        for n in 0..2_100 {
            fs::write(dir.path().join(format!("{n}.jpg")), "x").unwrap();
        }
        let paths = [dir.path().to_path_buf()];
        let hovered = gather(&paths, &HashSet::new(), Patience::Hover).selection;
        assert!(hovered.more && hovered.images <= 2_001);
        let all = gather(&paths, &HashSet::new(), Patience::Endless).selection;
        assert_eq!((all.images, all.more, all.names.len()), (2_100, false, 5));
    }

    #[test]
    fn paths_are_given_once_and_only_for_numbers_that_were_handed_out() {
        let selections = Selections::default();
        let file = Chosen { path: "a.jpg".into(), kind: None, bytes: None };
        let id = selections.keep(Gathered { files: vec![file.clone()], ..Gathered::default() }).id;
        assert_eq!(selections.take(id + 1), None);
        assert_eq!(selections.take(id), Some(vec![file]));
        assert_eq!(selections.take(id), None);
    }

    #[test]
    fn what_is_opened_before_the_window_listens_waits_for_it() {
        let selections = Selections::default();
        let early = Selection { id: 7, ..Selection::default() };
        assert_eq!(selections.offer(early.clone()), None);
        assert_eq!(selections.early(), Some(early.clone()));
        assert_eq!(selections.early(), None);
        assert_eq!(selections.offer(early.clone()), Some(early));
    }
}
