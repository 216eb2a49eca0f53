//! Packages as folders and zip files. Strangers make them too: everything is bounded, nothing leads outside,
//! no link is followed.

use std::fs;
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::{EXHIBITS, Files, MANIFEST, SIGNATURE};

/// Files of a package at most.
pub const MAX_FILES: usize = 2000;
/// Bytes of one file at most.
pub const MAX_FILE_BYTES: u64 = 1 << 30;
/// Bytes of all files together at most.
pub const MAX_PACKAGE_BYTES: u64 = 2 << 30;

/// Why a package could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ShelfError {
    /// The system refuses.
    #[error("cannot read ({source}): {}", path.display())]
    Read {
        /// What.
        path: PathBuf,
        /// What it says.
        source: io::Error,
    },
    /// No zip file, or a broken one.
    #[error("not a zip file that can be read ({message}): {}", path.display())]
    Zip {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// A name that leads out of the package, a link, a device, more or larger files than a package has.
    #[error("not a package of this program ({what}): {name}")]
    Hostile {
        /// What is wrong.
        what: &'static str,
        /// With what.
        name: String,
    },
    /// The folder could not be written, or something has its name.
    #[error("cannot write ({source}): {}", path.display())]
    Folder {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The zip file could not be put together.
    #[error("the zip file could not be written: {message}")]
    Write {
        /// What is wrong.
        message: String,
    },
}

/// Bytes of the record that ends a zip file without a comment.
const END: u64 = 22;
/// Bytes that may follow a file in a zip file: its length, by programs that did not know it beforehand.
const DESCRIPTOR: u64 = 24;

/// What was read: the files, and entries that are none of a package. An empty folder is an entry whose name ends with
/// `/`; that of the pictures may be empty.
pub type Found = Files;

/// Counts what was taken.
#[derive(Default)]
struct Budget {
    files: usize,
    bytes: u64,
}

impl Budget {
    fn take(&mut self, name: &str, bytes: u64) -> Result<(), ShelfError> {
        let hostile = |what| Err(ShelfError::Hostile { what, name: name.to_owned() });
        self.files += 1;
        self.bytes = self.bytes.saturating_add(bytes);
        if self.files > MAX_FILES {
            return hostile("too many files");
        }
        if bytes > MAX_FILE_BYTES || self.bytes > MAX_PACKAGE_BYTES {
            return hostile("too large");
        }
        Ok(())
    }
}

/// Reads a folder: its files and those of the folders in it.
///
/// # Errors
/// [`ShelfError`] of any kind but writing.
pub fn read_folder(folder: &Path) -> Result<Found, ShelfError> {
    let (mut files, mut budget) = (Files::new(), Budget::default());
    read_into(folder, "", &mut files, &mut budget)?;
    Ok(files)
}

fn read_into(folder: &Path, prefix: &str, files: &mut Files, budget: &mut Budget) -> Result<(), ShelfError> {
    let failed = |path: &Path| {
        let path = path.to_path_buf();
        |source| ShelfError::Read { path, source }
    };
    let mut empty = !prefix.is_empty();
    for entry in fs::read_dir(folder).map_err(failed(folder))? {
        empty = false;
        let entry = entry.map_err(failed(folder))?;
        let (path, kind) = (entry.path(), entry.file_type().map_err(failed(&entry.path()))?);
        let own = entry.file_name().to_string_lossy().into_owned();
        let name = format!("{prefix}{own}");
        if kind.is_dir() && prefix.is_empty() {
            read_into(&path, &format!("{own}/"), files, budget)?;
        } else if kind.is_file() {
            let file = fs::File::open(&path).map_err(failed(&path))?;
            let length = file.metadata().map_err(failed(&path))?.len();
            budget.take(&name, length)?;
            files.insert(name, bounded(file, length).map_err(failed(&path))?);
        } else {
            let what = if kind.is_dir() { "folders within folders" } else { "a link or a device" };
            return Err(ShelfError::Hostile { what, name });
        }
    }
    if empty { empty_folder(prefix, files, budget) } else { Ok(()) }
}

/// `name` ends with `/`.
fn empty_folder(name: &str, files: &mut Files, budget: &mut Budget) -> Result<(), ShelfError> {
    if name.strip_suffix('/') != Some(EXHIBITS) {
        budget.take(name, 0)?;
        files.insert(name.to_owned(), Vec::new());
    }
    Ok(())
}

/// Reads what was announced, and fails when there is more: the file grew, or the archive lied.
fn bounded(reader: impl Read, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(length + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > length {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "more bytes than announced"));
    }
    Ok(bytes)
}

/// Reads a zip file. One that holds more than its files is refused: what stands before, between or after them has no
/// hash in the manifest.
///
/// # Errors
/// [`ShelfError`] of any kind but writing.
pub fn read_zip(path: &Path) -> Result<Found, ShelfError> {
    let broken = |message: String| ShelfError::Zip { path: path.to_path_buf(), message };
    let unreadable = |source| ShelfError::Read { path: path.to_path_buf(), source };
    let file = fs::File::open(path).map_err(unreadable)?;
    let directory = directory(&file).map_err(unreadable)?;
    let mut archive = ZipArchive::new(io::BufReader::new(file)).map_err(|e| broken(e.to_string()))?;
    if archive.offset() != 0 {
        return Err(broken("it does not begin with the package".to_owned()));
    }
    if directory != Some(archive.central_directory_start()) || !archive.comment().is_empty() {
        return Err(broken("it does not end with the package".to_owned()));
    }
    if archive.len() > MAX_FILES {
        return Err(ShelfError::Hostile { what: "too many files", name: path.display().to_string() });
    }
    let (mut files, mut budget) = (Files::new(), Budget::default());
    let (mut places, mut folders) = (Vec::new(), Vec::new());
    for i in 0..archive.len() {
        let entry = archive.by_index(i).map_err(|e| broken(e.to_string()))?;
        let name = entry.name().map_err(|e| broken(e.to_string()))?.into_owned();
        if !safe(name.strip_suffix('/').unwrap_or(&name)) || entry.is_symlink() {
            return Err(ShelfError::Hostile { what: "a name that leads elsewhere, or a link", name });
        }
        let begins = entry.data_start().unwrap_or_default();
        places.push((entry.header_start(), begins.saturating_add(entry.compressed_size())));
        if entry.is_dir() && entry.compressed_size() == 0 {
            folders.push(name);
            continue;
        }
        let length = entry.size();
        budget.take(&name, length)?;
        let bytes = bounded(entry, length).map_err(|e| broken(format!("{name}: {e}")))?;
        if files.insert(name.clone(), bytes).is_some() {
            return Err(ShelfError::Hostile { what: "two files of one name", name });
        }
    }
    if !is_packed(places, archive.central_directory_start()) {
        return Err(broken("it holds bytes that belong to none of its files".to_owned()));
    }
    folders.retain(|folder| !files.keys().any(|name| name.starts_with(folder.as_str())));
    folders.iter().try_for_each(|folder| empty_folder(folder, &mut files, &mut budget))?;
    Ok(files)
}

/// Where the directory of a zip file begins; `None` when the file does not end with it.
fn directory(mut file: &fs::File) -> io::Result<Option<u64>> {
    let length = file.seek(SeekFrom::End(0))?;
    let Some(at) = length.checked_sub(END) else { return Ok(None) };
    file.seek(SeekFrom::Start(at))?;
    let mut end = [0; END as usize];
    file.read_exact(&mut end)?;
    // Signature, numbers of disks and of entries, the directory's size and place, length of the comment.
    let [b'P', b'K', 5, 6, _, _, _, _, _, _, _, _, s0, s1, s2, s3, p0, p1, p2, p3, 0, 0] = end else { return Ok(None) };
    let (size, place) = (u32::from_le_bytes([s0, s1, s2, s3]).into(), u32::from_le_bytes([p0, p1, p2, p3]).into());
    Ok((at.checked_sub(size) == Some(place)).then_some(place))
}

/// Whether entries, by their first and last bytes, lie one after the other from the file's first byte to its directory.
fn is_packed(mut places: Vec<(u64, u64)>, directory: u64) -> bool {
    places.sort_unstable();
    let mut end = None;
    for (from, to) in places.into_iter().chain([(directory, directory)]) {
        let near = match end {
            None => from == 0,
            Some(end) => from.checked_sub(end).is_some_and(|gap| gap <= DESCRIPTOR),
        };
        if !near {
            return false;
        }
        end = Some(to);
    }
    true
}

/// A name in the package or in one folder of it.
fn safe(name: &str) -> bool {
    let parts: Vec<&str> = name.split('/').collect();
    let plain = |part: &&str| !part.is_empty() && *part != "." && *part != ".." && !part.contains(['\\', ':', '\0']);
    parts.len() <= 2 && parts.iter().all(plain)
}

/// Whether this looks like a package: a folder, or a file called `….zip`, with a manifest and a seal.
pub fn is_package(path: &Path) -> bool {
    if path.is_dir() {
        return [MANIFEST, SIGNATURE].iter().all(|name| path.join(name).is_file());
    }
    let zip = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("zip"));
    let opened = zip.then(|| fs::File::open(path).ok()).flatten();
    let archive = opened.and_then(|file| ZipArchive::new(io::BufReader::new(file)).ok());
    archive.is_some_and(|a| [MANIFEST, SIGNATURE].iter().all(|name| a.index_for_name(name).is_some()))
}

/// Reads a package, folder or zip file.
///
/// # Errors
/// [`ShelfError`] of any kind but writing.
pub fn read(path: &Path) -> Result<Found, ShelfError> {
    if path.is_dir() { read_folder(path) } else { read_zip(path) }
}

/// Writes a package as a new folder, whole or not at all; `draft` is a name beside `out` that nothing has.
///
/// # Errors
/// [`ShelfError::Folder`], also when something has the name already.
pub fn write_folder(out: &Path, draft: &Path, files: &Files) -> Result<(), ShelfError> {
    let failed = |source: io::Error| ShelfError::Folder { path: out.to_path_buf(), source };
    fs::create_dir(draft).map_err(failed)?;
    let written = write_all(draft, files).and_then(|()| {
        // Renaming onto an empty folder would replace it.
        if fs::symlink_metadata(out).is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        fs::rename(draft, out)
    });
    if written.is_err() {
        // What is left over has a name that says whose it is.
        let _ = fs::remove_dir_all(draft);
    }
    written.map_err(failed)
}

fn write_all(folder: &Path, files: &Files) -> io::Result<()> {
    fs::create_dir(folder.join(EXHIBITS))?;
    for (name, bytes) in files {
        let mut file = fs::File::create_new(folder.join(name))?;
        file.write_all(bytes)?;
        file.sync_all()?;
    }
    Ok(())
}

/// A zip file of the files: the same files give the same bytes.
///
/// # Errors
/// [`ShelfError::Write`].
pub fn write_zip(files: &Files) -> Result<Vec<u8>, ShelfError> {
    let failed = |message: String| ShelfError::Write { message };
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        let packed = name.ends_with(".json") || name.ends_with(".jsonl");
        let method = if packed { CompressionMethod::Deflated } else { CompressionMethod::Stored };
        let options = SimpleFileOptions::default().compression_method(method).unix_permissions(0o644);
        zip.start_file(name.as_str(), options).map_err(|e| failed(e.to_string()))?;
        zip.write_all(bytes).map_err(|e| failed(e.to_string()))?;
    }
    Ok(zip.finish().map_err(|e| failed(e.to_string()))?.into_inner())
}
