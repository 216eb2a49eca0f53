//! The tables and how they came to be. A migration is never changed once it was released.

use rusqlite::Connection;

use crate::LibraryError;

/// One text per form of the database, from the first to the last.
const MIGRATIONS: [&str; 2] = [include_str!("schema_1.sql"), include_str!("schema_2.sql")];

/// The form this version writes.
pub(crate) const KNOWN: i64 = MIGRATIONS.len() as i64;

/// The form that `conn` has.
pub(crate) fn form(conn: &Connection) -> Result<i64, LibraryError> {
    Ok(conn.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

/// Brings `conn` to the last form, each step in one transaction of its own.
pub(crate) fn migrate(conn: &mut Connection) -> Result<(), LibraryError> {
    let have = usize::try_from(form(conn)?).unwrap_or(0);
    for (index, text) in MIGRATIONS.iter().enumerate().skip(have) {
        let step = conn.transaction()?;
        step.execute_batch(text)?;
        step.pragma_update(None, "user_version", index as i64 + 1)?;
        step.commit()?;
    }
    Ok(())
}
