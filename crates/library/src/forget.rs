//! Forgetting, really: rows are overwritten where they stood (`secure_delete`), the index of words keeps
//! no deleted ones, the database is rewritten without free pages, and the log is cut to nothing.

use rusqlite::Transaction;

use crate::analyses::found;
use crate::error::LibraryError;
use crate::search::Entry;
use crate::store::Library;

impl Library {
    /// Forgets these analyses: documents, notes, ranges, thumbnails, heat maps, words. Numbers that nothing has are
    /// passed over.
    ///
    /// # Errors
    /// A disk that refuses; then nothing is forgotten, or everything is and only the wiping failed.
    pub fn forget_analyses(&mut self, ids: &[i64]) -> Result<(), LibraryError> {
        let step = self.conn.transaction()?;
        for &id in ids {
            forget_analysis(&step, id)?;
        }
        step.commit()?;
        self.wipe()
    }

    /// Forgets every analysis that is in no case, and takes the others off the list of recent ones.
    ///
    /// # Errors
    /// As [`Library::forget_analyses`].
    pub fn forget_recent(&mut self) -> Result<(), LibraryError> {
        self.forget_where("case_id IS NULL")?;
        self.conn.execute("UPDATE analyses SET listed = 0", [])?;
        self.wipe()
    }

    /// Forgets what is neither listed nor in a case: what was examined with the history off.
    ///
    /// # Errors
    /// As [`Library::forget_analyses`].
    pub fn forget_unlisted(&mut self) -> Result<(), LibraryError> {
        if self.forget_where("case_id IS NULL AND NOT listed")? > 0 { self.wipe() } else { Ok(()) }
    }

    /// Forgets a case and every analysis in it.
    ///
    /// # Errors
    /// A number that nothing has; else as [`Library::forget_analyses`].
    pub fn forget_case(&mut self, id: i64) -> Result<(), LibraryError> {
        let step = self.conn.transaction()?;
        for analysis in ids_where(&step, &format!("case_id = {id}"))? {
            forget_analysis(&step, analysis)?;
        }
        found("case", id, step.execute("DELETE FROM cases WHERE id = ?1", [id])?)?;
        Entry::of_case(id).remove(&step)?;
        step.commit()?;
        self.wipe()
    }

    /// Forgets all there is.
    ///
    /// # Errors
    /// As [`Library::forget_analyses`].
    pub fn forget_everything(&mut self) -> Result<(), LibraryError> {
        let step = self.conn.transaction()?;
        step.execute_batch(
            "DELETE FROM thumbnails; DELETE FROM heat_maps; DELETE FROM refined; DELETE FROM analyses; DELETE FROM cases; DELETE FROM words; \
             DELETE FROM sqlite_sequence;",
        )?;
        step.commit()?;
        self.wipe()
    }

    fn forget_where(&mut self, condition: &str) -> Result<usize, LibraryError> {
        let step = self.conn.transaction()?;
        let ids = ids_where(&step, condition)?;
        for &id in &ids {
            forget_analysis(&step, id)?;
        }
        step.commit()?;
        Ok(ids.len())
    }

    /// Leaves nothing of deleted rows in the files.
    fn wipe(&self) -> Result<(), LibraryError> {
        self.conn.execute("INSERT INTO words (words) VALUES ('optimize')", [])?;
        self.conn.execute_batch("VACUUM")?;
        self.conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(())
    }
}

fn ids_where(step: &Transaction<'_>, condition: &str) -> Result<Vec<i64>, LibraryError> {
    let mut query = step.prepare(&format!("SELECT id FROM analyses WHERE {condition}"))?;
    let ids = query.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(ids)
}

/// What belongs to it goes with it (`ON DELETE CASCADE`).
fn forget_analysis(step: &Transaction<'_>, id: i64) -> Result<(), LibraryError> {
    step.execute("DELETE FROM analyses WHERE id = ?1", [id])?;
    Entry::of_analysis(id).remove(step)
}
