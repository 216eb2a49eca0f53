//! Search over the names of cases and files and over notes.

use rusqlite::{Connection, params};

use crate::error::LibraryError;
use crate::store::Library;

/// Hits given at most.
const MOST_HITS: u32 = 100;

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HitKind {
    /// A case.
    Case,
    /// An analysis.
    Analysis,
}

/// One place where the words occur.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// What it is.
    pub kind: HitKind,
    /// Its number.
    pub id: i64,
    /// Name of the case or of the file.
    pub title: String,
    /// The words with some around them.
    pub snippet: String,
}

/// A row of the index.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry(i64);

impl Entry {
    pub(crate) fn of_analysis(id: i64) -> Self {
        Self(id * 2)
    }

    pub(crate) fn of_case(id: i64) -> Self {
        Self(id * 2 + 1)
    }

    pub(crate) fn write(self, conn: &Connection, title: &str, note: &str) -> Result<(), LibraryError> {
        self.remove(conn)?;
        conn.execute("INSERT INTO words (rowid, title, note) VALUES (?1, ?2, ?3)", params![self.0, title, note])?;
        Ok(())
    }

    pub(crate) fn remove(self, conn: &Connection) -> Result<(), LibraryError> {
        conn.execute("DELETE FROM words WHERE rowid = ?1", [self.0])?;
        Ok(())
    }
}

impl Library {
    /// Where all the words of `text` occur, the best first. Words may be cut short at their end; case
    /// and accents do not matter.
    ///
    /// # Errors
    /// A database that cannot be read.
    pub fn search(&self, text: &str) -> Result<Vec<Hit>, LibraryError> {
        let Some(query) = query_of(text) else { return Ok(Vec::new()) };
        let mut search = self.conn.prepare_cached(
            "SELECT rowid, title, snippet(words, -1, '', '', '…', 12) FROM words WHERE words MATCH ?1 ORDER BY rank LIMIT ?2",
        )?;
        let hits = search.query_map(params![query, MOST_HITS], |row| {
            let number: i64 = row.get(0)?;
            let kind = if number % 2 == 0 { HitKind::Analysis } else { HitKind::Case };
            Ok(Hit { kind, id: number / 2, title: row.get(1)?, snippet: row.get(2)? })
        })?;
        Ok(hits.collect::<Result<_, _>>()?)
    }
}

/// Every word as the beginning of one, none of it as an operator; `None` without a word.
fn query_of(text: &str) -> Option<String> {
    let words: Vec<String> = text
        .split_whitespace()
        .filter(|word| word.chars().any(char::is_alphanumeric))
        .map(|word| format!("\"{}\"*", word.replace('"', " ")))
        .collect();
    (!words.is_empty()).then(|| words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::query_of;

    #[test]
    fn nothing_a_user_types_is_an_operator() {
        assert_eq!(query_of(" a\"b OR c* ").unwrap(), "\"a b\"* \"OR\"* \"c*\"*");
        assert_eq!(query_of("\" - *"), None);
    }
}
