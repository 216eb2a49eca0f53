//! Files of records of one length, written once and read at random.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::TrainError;

/// Records that are all there.
#[derive(Debug)]
pub(crate) struct Store {
    file: File,
    path: PathBuf,
    record: usize,
}

/// Records that are being written. Nothing under the final name is seen before all of them are.
#[derive(Debug)]
pub(crate) struct Draft {
    file: File,
    part: PathBuf,
    path: PathBuf,
    record: usize,
    is_done: bool,
}

impl Store {
    /// Opens a file of `count` records; `None` when it is not there or not of that length.
    ///
    /// # Errors
    /// When it is there and cannot be opened.
    pub fn open(path: &Path, record: usize, count: usize) -> Result<Option<Self>, TrainError> {
        match File::open(path) {
            Ok(file) => {
                let whole = file.metadata().map_err(TrainError::file(path))?.len() == (record * count) as u64;
                Ok(whole.then(|| Self { file, path: path.to_path_buf(), record }))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(TrainError::file(path)(error)),
        }
    }

    /// `len` bytes of a record, from `offset` within it.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read(&self, index: usize, offset: usize, len: usize) -> Result<Vec<u8>, TrainError> {
        let mut bytes = vec![0; len];
        let at = (index * self.record + offset) as u64;
        read_exact_at(&self.file, &mut bytes, at).map_err(TrainError::file(&self.path))?;
        Ok(bytes)
    }
}

impl Draft {
    /// Begins a file; its folder is made when it is not there.
    ///
    /// # Errors
    /// When it cannot be written, or the disk has no room for it.
    pub fn begin(path: &Path, record: usize, count: usize) -> Result<Self, TrainError> {
        let folder = path.parent().unwrap_or(Path::new(""));
        fs::create_dir_all(folder).map_err(TrainError::file(folder))?;
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.part", std::process::id()));
        let part = path.with_file_name(name);
        let file =
            File::options().create(true).write(true).truncate(true).open(&part).map_err(TrainError::file(&part))?;
        let draft = Self { file, part, path: path.to_path_buf(), record, is_done: false };
        draft.file.set_len((record * count) as u64).map_err(TrainError::file(&draft.part))?;
        Ok(draft)
    }

    /// Writes one record, from any thread.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, index: usize, bytes: &[u8]) -> Result<(), TrainError> {
        debug_assert_eq!(bytes.len(), self.record, "a record has one length");
        write_all_at(&self.file, bytes, (index * self.record) as u64).map_err(TrainError::file(&self.part))
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn finish(mut self) -> Result<(), TrainError> {
        self.file.sync_all().map_err(TrainError::file(&self.part))?;
        fs::rename(&self.part, &self.path).map_err(TrainError::file(&self.path))?;
        self.is_done = true;
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.is_done {
            // What was begun and not finished is of no use to anybody; there is nobody to tell that it stays.
            let _ = fs::remove_file(&self.part);
        }
    }
}

#[cfg(unix)]
fn read_exact_at(file: &File, bytes: &mut [u8], at: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, at)
}

#[cfg(unix)]
fn write_all_at(file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, at)
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut bytes: &mut [u8], mut at: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, bytes, at)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            n => {
                bytes = bytes.split_at_mut(n).1;
                at += n as u64;
            }
        }
    }
    Ok(())
}

#[cfg(windows)]
fn write_all_at(file: &File, mut bytes: &[u8], mut at: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match std::os::windows::fs::FileExt::seek_write(file, bytes, at)? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            n => {
                bytes = bytes.split_at(n).1;
                at += n as u64;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_appears_when_it_is_whole_and_not_before() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("new/records");
        let draft = Draft::begin(&path, 4, 3).unwrap();
        draft.write(2, b"cccc").unwrap();
        draft.write(0, b"aaaa").unwrap();
        assert!(Store::open(&path, 4, 3).unwrap().is_none());
        draft.finish().unwrap();
        let store = Store::open(&path, 4, 3).unwrap().unwrap();
        assert_eq!(store.read(2, 1, 3).unwrap(), b"ccc");
        assert!(Store::open(&path, 4, 4).unwrap().is_none(), "another number of records is another file");
        drop(Draft::begin(&path.with_file_name("left"), 4, 3).unwrap());
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }
}
