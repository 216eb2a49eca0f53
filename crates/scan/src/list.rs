//! From the paths a user names to the files to examine, in the order they will be reported.
//!
//! Named paths keep their order; inside a folder everything is sorted by name (bytes), folders
//! included. Symbolic links are followed. A folder that was already visited under the same named
//! path (same device and inode) is skipped, which ends every loop. Inside a folder, entries whose
//! name starts with a dot and files that are not media are skipped with a warning; a file that was
//! named explicitly is always an item, and so is anything that could not be read.

use std::collections::BTreeSet;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use base::{Cancelled, Ctx, Progress, Stage, Warning, WarningCode};

use crate::error::ScanError;

/// One thing to examine, or one thing that could not even be reached.
#[derive(Debug)]
pub struct Item {
    /// As the user named it, or below the folder that the user named.
    pub path: PathBuf,
    /// Why it cannot be examined, when that is known before opening it.
    pub problem: Option<ScanError>,
}

/// Lists what `paths` stand for. Never fails as a whole: what cannot be reached becomes an item
/// with its problem. Skipped entries are warned about on `ctx`; progress counts items in
/// [`Stage::Listing`].
///
/// # Errors
/// [`Cancelled`] when asked to stop.
pub fn list(paths: &[PathBuf], ctx: &Ctx) -> Result<Vec<Item>, Cancelled> {
    list_observed(paths, ctx, &|_| {})
}

/// As [`list`], without what lies in the folder `results`, unless it was named: heat maps are no evidence.
///
/// # Errors
/// As [`list`].
pub fn list_without(paths: &[PathBuf], results: &Path, ctx: &Ctx) -> Result<Vec<Item>, Cancelled> {
    let results = fs::metadata(results).ok().map(|meta| folder_id(results, &meta));
    Lister { results, ..Lister::new(ctx, &|_| {}) }.run(paths)
}

/// As [`list`], telling what is met on the way, so that a user sees it before the end.
///
/// # Errors
/// [`Cancelled`] when asked to stop.
pub fn list_observed(paths: &[PathBuf], ctx: &Ctx, on_sighting: &dyn Fn(Sighting<'_>)) -> Result<Vec<Item>, Cancelled> {
    Lister::new(ctx, on_sighting).run(paths)
}

/// What a walk through folders meets.
#[derive(Clone, Copy, Debug)]
pub enum Sighting<'a> {
    /// A folder is entered.
    Folder(&'a Path),
    /// Something to examine, or to report as out of reach.
    Item(&'a Item),
    /// Something that is left out.
    Skipped(&'a Path, Skip),
}

/// Why something in a folder is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skip {
    /// The folder was visited before, by another way.
    Loop,
    /// A device, a pipe or a socket.
    NotAFile,
    /// The folder that results go to.
    Results,
    /// Neither a picture nor a video.
    NotMedia,
    /// So many entries whose names begin with a dot.
    Hidden(usize),
}

struct Lister<'a, 'c> {
    ctx: &'a Ctx<'c>,
    is_media: &'a dyn Fn(&Path) -> bool,
    on_sighting: &'a dyn Fn(Sighting<'_>),
    /// A folder below those that were named which is passed over.
    results: Option<FolderId>,
    items: Vec<Item>,
}

/// What a folder cannot contain twice: device and inode on Unix, the resolved path elsewhere.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum FolderId {
    #[cfg(unix)]
    Inode(u64, u64),
    #[cfg(not(unix))]
    Resolved(PathBuf),
}

impl<'a, 'c> Lister<'a, 'c> {
    fn new(ctx: &'a Ctx<'c>, on_sighting: &'a dyn Fn(Sighting<'_>)) -> Self {
        Self { ctx, is_media: &|path| media::identify(path).is_ok(), on_sighting, results: None, items: Vec::new() }
    }
}

impl Lister<'_, '_> {
    fn run(mut self, paths: &[PathBuf]) -> Result<Vec<Item>, Cancelled> {
        for path in paths {
            match fs::metadata(path) {
                Ok(meta) if meta.is_dir() => self.folder(path, &meta, &mut BTreeSet::new())?,
                Ok(meta) if meta.is_file() => self.push(path, None)?,
                Ok(_) => self.push(path, Some(ScanError::NotAFile { path: path.clone() }))?,
                Err(error) => self.push(path, Some(unreachable_path(path, error)))?,
            }
        }
        Ok(self.items)
    }

    fn push(&mut self, path: &Path, problem: Option<ScanError>) -> Result<(), Cancelled> {
        let item = Item { path: path.to_path_buf(), problem };
        (self.on_sighting)(Sighting::Item(&item));
        self.items.push(item);
        let done = self.items.len() as u64;
        self.ctx.checkpoint(Progress { stage: Stage::Listing, done, total: None })
    }

    fn folder(&mut self, folder: &Path, meta: &Metadata, seen: &mut BTreeSet<FolderId>) -> Result<(), Cancelled> {
        self.ctx.check()?;
        if !seen.insert(folder_id(folder, meta)) {
            self.skipped(folder, Skip::Loop);
            return Ok(());
        }
        (self.on_sighting)(Sighting::Folder(folder));
        let names = match sorted_names(folder) {
            Ok(names) => names,
            Err(source) => {
                return self.push(folder, Some(ScanError::Unreadable { path: folder.to_path_buf(), source }));
            }
        };
        let mut hidden = 0_usize;
        for name in names {
            if name.as_encoded_bytes().starts_with(b".") {
                hidden += 1;
                continue;
            }
            self.entry(&folder.join(name), seen)?;
        }
        if hidden > 0 {
            self.skipped(folder, Skip::Hidden(hidden));
        }
        Ok(())
    }

    fn entry(&mut self, path: &Path, seen: &mut BTreeSet<FolderId>) -> Result<(), Cancelled> {
        match fs::metadata(path) {
            Ok(meta) if meta.is_dir() && self.results.as_ref() == Some(&folder_id(path, &meta)) => {
                self.skipped(path, Skip::Results);
                Ok(())
            }
            Ok(meta) if meta.is_dir() => self.folder(path, &meta, seen),
            Ok(meta) if !meta.is_file() => {
                self.skipped(path, Skip::NotAFile);
                Ok(())
            }
            Ok(_) => self.file(path),
            Err(error) => self.push(path, Some(unreachable_path(path, error))),
        }
    }

    /// A file found inside a folder. One that cannot be opened is an item, so that it is reported;
    /// so is one whose name promises media but whose content does not hold it.
    fn file(&mut self, path: &Path) -> Result<(), Cancelled> {
        match fs::File::open(path) {
            Err(source) => self.push(path, Some(ScanError::Unreadable { path: path.to_path_buf(), source })),
            Ok(_) if media::is_named_like_media(path) || (self.is_media)(path) => self.push(path, None),
            Ok(_) => {
                self.skipped(path, Skip::NotMedia);
                self.ctx.check()
            }
        }
    }

    fn skipped(&self, path: &Path, skip: Skip) {
        let shown = path.display();
        let what = match skip {
            Skip::Loop => format!("a folder that was already visited: {shown}"),
            Skip::Results => format!("the folder of the results: {shown}"),
            Skip::NotAFile => format!("not a regular file: {shown}"),
            Skip::NotMedia => format!("not an image or a video: {shown}"),
            Skip::Hidden(count) => format!("{count} hidden in {shown}"),
        };
        (self.on_sighting)(Sighting::Skipped(path, skip));
        self.ctx.warn(Warning::new(WarningCode::Skipped, what));
    }
}

fn sorted_names(folder: &Path) -> io::Result<Vec<std::ffi::OsString>> {
    let mut names = fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name())).collect::<io::Result<Vec<_>>>()?;
    names.sort();
    Ok(names)
}

fn unreachable_path(path: &Path, error: io::Error) -> ScanError {
    let path = path.to_path_buf();
    let is_link = fs::symlink_metadata(&path).is_ok_and(|meta| meta.is_symlink());
    match error.kind() {
        io::ErrorKind::NotFound if is_link => ScanError::DanglingLink { path },
        io::ErrorKind::NotFound => ScanError::NotFound { path },
        _ => ScanError::Unreadable { path, source: error },
    }
}

#[cfg(unix)]
fn folder_id(_: &Path, meta: &Metadata) -> FolderId {
    use std::os::unix::fs::MetadataExt;
    FolderId::Inode(meta.dev(), meta.ino())
}

#[cfg(not(unix))]
fn folder_id(folder: &Path, _: &Metadata) -> FolderId {
    FolderId::Resolved(fs::canonicalize(folder).unwrap_or_else(|_| folder.to_path_buf()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lists with "is media" decided by the first byte, so that the walk is tested without decoders.
    fn listed(paths: &[PathBuf]) -> (Vec<(PathBuf, bool)>, Vec<String>) {
        let ctx = Ctx::silent();
        let is_media = |p: &Path| fs::read(p).is_ok_and(|bytes| bytes.first() == Some(&b'M'));
        let items = Lister { is_media: &is_media, ..Lister::new(&ctx, &|_| {}) }.run(paths).unwrap();
        let warnings = ctx.take_warnings().into_iter().map(|w| w.detail).collect();
        (items.into_iter().map(|i| (i.path, i.problem.is_some())).collect(), warnings)
    }

    #[test]
    fn named_paths_keep_their_order_and_folders_are_sorted() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::create_dir_all(at("d/b")).unwrap();
        for name in ["d/c", "d/b/2", "d/b/10", "d/a", "z"] {
            fs::write(at(name), b"M").unwrap();
        }
        let (items, warnings) = listed(&[at("z"), at("d")]);
        let expected = ["z", "d/a", "d/b/10", "d/b/2", "d/c"].map(|n| (at(n), false)).to_vec();
        assert_eq!(items, expected);
        assert_eq!(warnings, Vec::<String>::new());
    }

    #[test]
    fn inside_folders_only_media_and_broken_media_are_items() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        for name in ["notes.txt", ".hidden.mp4", "empty.MP4"] {
            fs::write(at(name), b"").unwrap();
        }
        let (items, warnings) = listed(&[dir.path().to_path_buf()]);
        assert_eq!(items, vec![(at("empty.MP4"), false)]);
        assert_eq!(warnings.len(), 2, "{warnings:?}");
        let (named, _) = listed(&[at("notes.txt"), at(".hidden.mp4"), at("absent")]);
        assert_eq!(named, vec![(at("notes.txt"), false), (at(".hidden.mp4"), false), (at("absent"), true)]);
    }

    #[cfg(unix)]
    #[test]
    fn loops_end_and_dangling_links_are_told() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::create_dir_all(at("d")).unwrap();
        fs::write(at("d/a"), b"M").unwrap();
        std::os::unix::fs::symlink(at("d"), at("d/loop")).unwrap();
        std::os::unix::fs::symlink("nowhere", at("d/gone")).unwrap();
        let (items, warnings) = listed(&[at("d")]);
        assert_eq!(items, vec![(at("d/a"), false), (at("d/gone"), true)]);
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        let item = &list(&[at("d/gone")], &Ctx::silent()).unwrap()[0];
        assert!(matches!(item.problem, Some(ScanError::DanglingLink { .. })));
    }

    #[test]
    fn listing_stops_when_asked() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a"), b"M").unwrap();
        let ctx = Ctx::silent();
        ctx.cancel_token().cancel();
        assert!(matches!(list(&[dir.path().to_path_buf()], &ctx), Err(Cancelled)));
    }
}
