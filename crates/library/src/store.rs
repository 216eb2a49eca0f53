//! The database file: opening, closing, moving.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::{LibraryError, schema};

/// Name of the database in its folder.
pub const DATABASE_FILE: &str = "facefiction.sqlite3";

/// How long another program may hold the database before it counts as in use.
const PATIENCE: Duration = Duration::from_secs(2);

/// What a loss of power may cost. Killing the program costs nothing in either.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// Nothing that was confirmed: every commit waits for the disk.
    #[default]
    Full,
    /// The last commits; the database stays whole.
    Normal,
}

/// An open library. Only one program at a time can have it open.
#[derive(Debug)]
pub struct Library {
    pub(crate) conn: Connection,
    folder: PathBuf,
    durability: Durability,
}

impl Library {
    /// Opens the library in `folder`, making both where they are not there.
    ///
    /// # Errors
    /// A folder that cannot be written, a database of a later version or in use by another program.
    pub fn open(folder: &Path, durability: Durability) -> Result<Self, LibraryError> {
        make_private_folder(folder).map_err(|source| LibraryError::Folder { path: folder.into(), source })?;
        let path = folder.join(DATABASE_FILE);
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let in_use = |error: rusqlite::Error| match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => LibraryError::InUse { path: path.clone() },
            _ => error.into(),
        };
        let mut conn = Connection::open_with_flags(&path, flags)?;
        prepare(&conn, durability).map_err(in_use)?;
        let found = schema::form(&conn)?;
        if found > schema::KNOWN {
            return Err(LibraryError::Newer { found, known: schema::KNOWN, path });
        }
        schema::migrate(&mut conn)?;
        Ok(Self { conn, folder: folder.into(), durability })
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A whole copy in `folder`, opened. This one stays as it is; [`Library::erase`] ends it when the
    /// copy has taken its place.
    ///
    /// # Errors
    /// As [`Library::open`]; a folder that has a library already.
    pub fn copy_to(&self, folder: &Path) -> Result<Self, LibraryError> {
        let failed = |source| LibraryError::Folder { path: folder.to_path_buf(), source };
        make_private_folder(folder).map_err(failed)?;
        let path = folder.join(DATABASE_FILE);
        if path.exists() {
            return Err(LibraryError::AlreadyThere { path });
        }
        let draft = folder.join(format!("{DATABASE_FILE}.draft"));
        remove(&draft).map_err(failed)?;
        let Some(name) = draft.to_str() else {
            return Err(failed(io::Error::new(io::ErrorKind::InvalidInput, "its name is not Unicode")));
        };
        self.conn.execute("VACUUM INTO ?1", [name])?;
        fs::File::open(&draft).and_then(|file| file.sync_all()).map_err(failed)?;
        fs::rename(&draft, &path).map_err(failed)?;
        Self::open(folder, self.durability)
    }

    /// Overwrites and removes the database. On a disk that writes in place nothing of it is left; where
    /// the disk or the file system keeps old blocks, only encryption of the disk helps.
    ///
    /// # Errors
    /// A file that cannot be written or removed.
    pub fn erase(self) -> Result<(), LibraryError> {
        let path = self.folder.join(DATABASE_FILE);
        let failed = |source| LibraryError::Folder { path: path.clone(), source };
        self.conn.close().map_err(|(_, error)| error)?;
        for ending in ["", "-wal", "-shm", "-journal"] {
            let mut name = path.clone().into_os_string();
            name.push(ending);
            let file = PathBuf::from(name);
            overwrite(&file).map_err(failed)?;
            remove(&file).map_err(failed)?;
        }
        Ok(())
    }
}

/// Sets what holds for a connection as long as it lives. The temporary files of sorting and vacuuming
/// stay in memory, so that nothing is written outside the folder.
fn prepare(conn: &Connection, durability: Durability) -> Result<(), rusqlite::Error> {
    conn.busy_timeout(PATIENCE)?;
    conn.pragma_update(None, "temp_store", "memory")?;
    conn.pragma_update(None, "secure_delete", "on")?;
    conn.pragma_update(None, "foreign_keys", "on")?;
    // Exclusive: the log needs no shared memory, which some encrypted volumes do not have.
    conn.pragma_update(None, "locking_mode", "exclusive")?;
    conn.pragma_update(None, "journal_mode", "wal")?;
    let synchronous = match durability {
        Durability::Full => "full",
        Durability::Normal => "normal",
    };
    conn.pragma_update(None, "synchronous", synchronous)
}

#[cfg(unix)]
fn make_private_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn make_private_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn overwrite(path: &Path) -> io::Result<()> {
    let mut file = match fs::OpenOptions::new().write(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let bytes = file.metadata()?.len();
    io::copy(&mut io::Read::take(io::repeat(0), bytes), &mut file)?;
    file.sync_all()
}
