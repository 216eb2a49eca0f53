//! Small pictures of what was examined.

use rusqlite::{OptionalExtension, params};

use crate::error::LibraryError;
use crate::store::Library;

impl Library {
    /// The JPEG kept under this name for an analysis.
    ///
    /// # Errors
    /// A database that cannot be read.
    pub fn thumbnail(&self, analysis: i64, name: &str) -> Result<Option<Vec<u8>>, LibraryError> {
        let mut query = self.conn.prepare_cached("SELECT jpeg FROM thumbnails WHERE analysis_id = ?1 AND name = ?2")?;
        Ok(query.query_row(params![analysis, name], |row| row.get(0)).optional()?)
    }

    /// Keeps a JPEG under a name; it goes with the analysis.
    ///
    /// # Errors
    /// A number that no analysis has.
    pub fn keep_thumbnail(&mut self, analysis: i64, name: &str, jpeg: &[u8]) -> Result<(), LibraryError> {
        self.summary(analysis)?;
        self.conn.execute(
            "INSERT OR REPLACE INTO thumbnails (analysis_id, name, jpeg) VALUES (?1, ?2, ?3)",
            params![analysis, name, jpeg],
        )?;
        Ok(())
    }
}
