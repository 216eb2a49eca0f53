//! What the typesetter may see: the template, the data, the pictures. No package, no file, no clock.

use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};

use crate::fonts::{Fonts, fonts};
use crate::view::Assets;

const TEMPLATE: &str = include_str!("../../../assets/report/report.typ");

/// A world of bytes.
pub(crate) struct Desk {
    library: LazyHash<Library>,
    fonts: &'static Fonts,
    source: Source,
    assets: Vec<(FileId, Bytes)>,
}

impl Desk {
    /// With the data as `/data.json`, everything else by its name. `None` for a name that is no path.
    pub fn new(data: Vec<u8>, assets: Assets) -> Option<Self> {
        let id = |path: &str| Some(RootedPath::new(VirtualRoot::Project, VirtualPath::new(path).ok()?).intern());
        let mut files = vec![(id("/data.json")?, Bytes::new(data))];
        for (name, bytes) in assets {
            files.push((id(&name)?, Bytes::new(bytes)));
        }
        Some(Self {
            library: LazyHash::new(Library::default()),
            fonts: fonts(),
            source: Source::new(id("/report.typ")?, TEMPLATE.to_owned()),
            assets: files,
        })
    }
}

impl World for Desk {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.fonts.book
    }

    fn main(&self) -> FileId {
        self.source.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.source.id() { Ok(self.source.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        let file = self.assets.iter().find(|(own, _)| *own == id);
        file.map(|(_, bytes)| bytes.clone()).ok_or(FileError::AccessDenied)
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.fonts.faces.get(index).cloned()
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}
