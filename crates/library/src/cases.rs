//! Cases: a name, a note and the analyses that belong together.

use rusqlite::{OptionalExtension, Row, params};

use crate::analyses::{SUMMARY, Summary, found};
use crate::error::LibraryError;
use crate::search::Entry;
use crate::store::Library;

/// One line of the list of cases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseSummary {
    /// Its number.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// How many analyses it holds.
    pub files: u32,
    /// RFC 3339.
    pub created_at: String,
    /// RFC 3339; of its name, its note or what it holds.
    pub updated_at: String,
}

/// A case with everything in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// What the list shows.
    pub summary: CaseSummary,
    /// The user's note.
    pub note: String,
    /// The newest first.
    pub analyses: Vec<Summary>,
}

const CASE: &str = "SELECT id, name, created_at, updated_at, \
                    (SELECT count(*) FROM analyses WHERE case_id = cases.id) FROM cases";

impl Library {
    /// A new, empty case.
    ///
    /// # Errors
    /// A disk that refuses.
    pub fn create_case(&mut self, name: &str, at: &str) -> Result<CaseSummary, LibraryError> {
        let step = self.conn.transaction()?;
        step.execute("INSERT INTO cases (name, created_at, updated_at) VALUES (?1, ?2, ?2)", [name, at])?;
        let id = step.last_insert_rowid();
        Entry::of_case(id).write(&step, name, "")?;
        step.commit()?;
        self.case_summary(id)
    }

    /// All cases, the last changed first.
    ///
    /// # Errors
    /// A database that cannot be read.
    pub fn cases(&self) -> Result<Vec<CaseSummary>, LibraryError> {
        let mut query = self.conn.prepare_cached(&format!("{CASE} ORDER BY updated_at DESC, id DESC"))?;
        let cases = query.query_map([], read_case)?.collect::<Result<_, _>>()?;
        Ok(cases)
    }

    /// One line about a case.
    ///
    /// # Errors
    /// A number that nothing has.
    pub fn case_summary(&self, id: i64) -> Result<CaseSummary, LibraryError> {
        let found = self.conn.query_row(&format!("{CASE} WHERE id = ?1"), [id], read_case).optional()?;
        found.ok_or(LibraryError::NoSuch { what: "case", id })
    }

    /// Everything about a case.
    ///
    /// # Errors
    /// A number that nothing has.
    pub fn case(&self, id: i64) -> Result<Case, LibraryError> {
        let summary = self.case_summary(id)?;
        let note = self.conn.query_row("SELECT note FROM cases WHERE id = ?1", [id], |row| row.get(0))?;
        let text = format!("SELECT {SUMMARY} FROM analyses WHERE case_id = ?1 ORDER BY analysed_at DESC, id DESC");
        Ok(Case { summary, note, analyses: self.summaries(&text, id)? })
    }

    /// Another name for a case.
    ///
    /// # Errors
    /// A number that nothing has.
    pub fn rename_case(&mut self, id: i64, name: &str, at: &str) -> Result<(), LibraryError> {
        self.change_case(id, "UPDATE cases SET name = ?2, updated_at = ?3 WHERE id = ?1", name, at)
    }

    /// Replaces the note of a case.
    ///
    /// # Errors
    /// A number that nothing has.
    pub fn set_case_note(&mut self, id: i64, note: &str, at: &str) -> Result<(), LibraryError> {
        self.change_case(id, "UPDATE cases SET note = ?2, updated_at = ?3 WHERE id = ?1", note, at)
    }

    fn change_case(&mut self, id: i64, text: &str, value: &str, at: &str) -> Result<(), LibraryError> {
        let step = self.conn.transaction()?;
        found("case", id, step.execute(text, params![id, value, at])?)?;
        let (name, note): (String, String) =
            step.query_row("SELECT name, note FROM cases WHERE id = ?1", [id], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Entry::of_case(id).write(&step, &name, &note)?;
        Ok(step.commit()?)
    }

    /// Puts analyses into a case, or into none.
    ///
    /// # Errors
    /// A number that nothing has; then none is moved.
    pub fn move_to_case(&mut self, analyses: &[i64], case: Option<i64>, at: &str) -> Result<(), LibraryError> {
        let step = self.conn.transaction()?;
        for &id in analyses {
            let left: Option<Option<i64>> =
                step.query_row("SELECT case_id FROM analyses WHERE id = ?1", [id], |row| row.get(0)).optional()?;
            let left = left.ok_or(LibraryError::NoSuch { what: "analysis", id })?;
            // What leaves a case is listed, or it would be nowhere.
            step.execute(
                "UPDATE analyses SET case_id = ?2, listed = listed OR ?2 IS NULL WHERE id = ?1",
                params![id, case],
            )?;
            step.execute("UPDATE cases SET updated_at = ?2 WHERE id = ?1", params![left, at])?;
        }
        if let Some(id) = case {
            found("case", id, step.execute("UPDATE cases SET updated_at = ?2 WHERE id = ?1", params![id, at])?)?;
        }
        Ok(step.commit()?)
    }
}

fn read_case(row: &Row<'_>) -> rusqlite::Result<CaseSummary> {
    Ok(CaseSummary {
        id: row.get(0)?,
        name: row.get(1)?,
        created_at: row.get(2)?,
        updated_at: row.get(3)?,
        files: row.get(4)?,
    })
}
