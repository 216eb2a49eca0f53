//! Finished analyses: keeping, listing, opening.

use std::path::{Path, PathBuf};

use analysis::{Analysis, ItemError, MediaKind, TimelineFrame, Verdict};
use base::{FrameIndex, Timestamp};
use rusqlite::{OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};

use crate::error::LibraryError;
use crate::packed::{pack, unpack};
use crate::paths::{from_bytes, to_bytes};
use crate::search::Entry;
use crate::store::Library;

/// The thresholds that a model's scores were held against.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ThresholdFacts {
    /// The model's id.
    pub model: String,
    /// At or above: suspected.
    pub suspected: f64,
    /// Below: no indication.
    pub no_indication: f64,
}

/// What a model's validation counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValidationFacts {
    /// The model's id.
    pub model: String,
    /// Independent real samples.
    pub n_real: u32,
    /// Those called suspected.
    pub false_alarms: u32,
    /// Independent manipulated samples.
    pub n_fake: u32,
    /// Those called suspected.
    pub found: u32,
    /// What counts as one sample.
    pub unit: String,
    /// Which samples.
    pub measured_on: String,
}

/// What an analysis rests on and its document does not say. Kept with it, because models change.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Basis {
    /// Of the scoring models.
    pub thresholds: Vec<ThresholdFacts>,
    /// Of the scoring models.
    pub validations: Vec<ValidationFacts>,
    /// Frames that begin a new shot.
    pub cuts: Vec<FrameIndex>,
}

/// A file's size and time of change, which differ when somebody wrote to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StampedFile {
    /// Size in bytes.
    pub bytes: Option<u64>,
    /// Time of the last change, in microseconds since 1970.
    pub modified_us: Option<i64>,
}

/// A finished analysis to keep.
#[derive(Clone, Copy, Debug)]
pub struct NewAnalysis<'a> {
    /// The case it belongs to, if any.
    pub case: Option<i64>,
    /// Whether it is shown among the recent ones.
    pub listed: bool,
    /// The file as it was opened.
    pub path: &'a Path,
    /// Its size and time of change.
    pub stamp: StampedFile,
    /// [`Analysis`].
    pub analysis: &'a Analysis,
    /// What it rests on.
    pub basis: &'a Basis,
    /// Everything that changes results, as one hash.
    pub configuration: &'a str,
    /// RFC 3339.
    pub at: &'a str,
}

/// Where the file of an analysis is, and what identifies it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// Where it was last.
    pub path: PathBuf,
    /// Its SHA-256 when it was examined.
    pub sha256: Option<String>,
}

/// One line of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Its number.
    pub id: i64,
    /// The case it belongs to.
    pub case: Option<i64>,
    /// Name of the file.
    pub name: String,
    /// Still or moving.
    pub kind: Option<MediaKind>,
    /// What it came to.
    pub verdict: Verdict,
    /// How many people were seen.
    pub people: u32,
    /// Of a video.
    pub duration_us: Option<i64>,
    /// RFC 3339.
    pub analysed_at: String,
    /// Why the file could not be examined.
    pub error: Option<ItemError>,
}

/// A range that was examined again at every frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Refined {
    /// First presentation time.
    pub from: Timestamp,
    /// Last presentation time.
    pub to: Timestamp,
    /// Every frame in it, with tracks of the analysis.
    pub frames: Vec<TimelineFrame>,
}

/// A kept analysis with everything about it.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredAnalysis {
    /// What lists show.
    pub summary: Summary,
    /// Where its file is.
    pub evidence: Evidence,
    /// The whole document.
    pub analysis: Analysis,
    /// What it rests on.
    pub basis: Basis,
    /// The user's note.
    pub note: String,
    /// In order of time.
    pub refined: Vec<Refined>,
}

/// Columns of [`Summary`], in order.
pub(crate) const SUMMARY: &str = "id, case_id, name, kind, verdict, people, duration_us, analysed_at, error";

impl Library {
    /// Keeps a finished analysis; when this returns it survives a kill, and a loss of power as far as
    /// [`crate::Durability`] goes.
    ///
    /// # Errors
    /// A case that does not exist; a disk that refuses.
    pub fn record(&mut self, new: &NewAnalysis<'_>) -> Result<i64, LibraryError> {
        let Analysis { file, verdict, people, error, .. } = new.analysis;
        let name = new.path.file_name().unwrap_or(new.path.as_os_str()).to_string_lossy().into_owned();
        let duration_us = file.media.as_ref().and_then(|media| media.duration_us);
        let json = |value: &_| serde_json::to_string(value);
        let (kind, error) = (file.kind.as_ref().map(serde_json::to_string), error.as_ref().map(serde_json::to_string));
        let step = self.conn.transaction()?;
        if let Some(case) = new.case {
            let changed = step.execute("UPDATE cases SET updated_at = ?2 WHERE id = ?1", params![case, new.at])?;
            found("case", case, changed)?;
        }
        step.prepare_cached(
            "INSERT INTO analyses (case_id, listed, name, path, bytes, modified_us, sha256, configuration, kind, verdict, \
             error, people, duration_us, analysed_at, document, basis) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
        )?
        .execute(params![
            new.case,
            new.listed,
            name,
            to_bytes(new.path),
            new.stamp.bytes.and_then(|bytes| i64::try_from(bytes).ok()),
            new.stamp.modified_us,
            file.sha256,
            new.configuration,
            kind.transpose()?,
            json(verdict)?,
            error.transpose()?,
            u32::try_from(people.len()).unwrap_or(u32::MAX),
            duration_us,
            new.at,
            pack(&new.analysis.to_json_line()?)?,
            pack(&serde_json::to_string(new.basis)?)?,
        ])?;
        let id = step.last_insert_rowid();
        Entry::of_analysis(id).write(&step, &name, "")?;
        step.commit()?;
        Ok(id)
    }

    /// Whether an analysis without error of a file of this size was made in this way: a cheap question
    /// before a file is hashed.
    ///
    /// # Errors
    /// A database that cannot be read.
    pub fn may_have(&self, bytes: u64, configuration: &str) -> Result<bool, LibraryError> {
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        let mut asked = self.conn.prepare_cached(
            "SELECT 1 FROM analyses WHERE bytes = ?1 AND configuration = ?2 AND error IS NULL AND sha256 IS NOT NULL",
        )?;
        Ok(asked.exists(params![bytes, configuration])?)
    }

    /// The newest analysis without error of exactly this content made in exactly this way.
    ///
    /// # Errors
    /// A database that cannot be read.
    pub fn find(&self, sha256: &str, configuration: &str) -> Result<Option<Summary>, LibraryError> {
        let text = format!(
            "SELECT {SUMMARY} FROM analyses WHERE sha256 = ?1 AND configuration = ?2 AND error IS NULL ORDER BY id DESC LIMIT 1"
        );
        let row = self.conn.query_row(&text, [sha256, configuration], read_summary).optional()?;
        row.map(RawSummary::read).transpose()
    }

    /// The newest `most` analyses that are listed.
    ///
    /// # Errors
    /// A database that cannot be read.
    pub fn recent(&self, most: u32) -> Result<Vec<Summary>, LibraryError> {
        let text = format!("SELECT {SUMMARY} FROM analyses WHERE listed ORDER BY analysed_at DESC, id DESC LIMIT ?1");
        self.summaries(&text, i64::from(most))
    }

    /// One line about an analysis.
    ///
    /// # Errors
    /// A number that nothing has.
    pub fn summary(&self, id: i64) -> Result<Summary, LibraryError> {
        let found = self.summaries(&format!("SELECT {SUMMARY} FROM analyses WHERE id = ?1"), id)?;
        found.into_iter().next().ok_or(LibraryError::NoSuch { what: "analysis", id })
    }

    pub(crate) fn summaries(&self, text: &str, parameter: i64) -> Result<Vec<Summary>, LibraryError> {
        let mut query = self.conn.prepare_cached(text)?;
        let rows = query.query_map([parameter], read_summary)?.collect::<Result<Vec<_>, _>>()?;
        rows.into_iter().map(RawSummary::read).collect()
    }

    /// Everything about an analysis.
    ///
    /// # Errors
    /// A number that nothing has; a document that does not read.
    pub fn analysis(&self, id: i64) -> Result<StoredAnalysis, LibraryError> {
        let summary = self.summary(id)?;
        let evidence = self.evidence(id)?;
        let (document, basis, note): (Vec<u8>, Vec<u8>, String) =
            self.conn.query_row("SELECT document, basis, note FROM analyses WHERE id = ?1", [id], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })?;
        let analysis = Analysis::from_json(&unpack(&document)?)?;
        let basis = serde_json::from_str(&unpack(&basis)?)?;
        Ok(StoredAnalysis { summary, evidence, analysis, basis, note, refined: self.refined(id)? })
    }

    /// The document alone.
    ///
    /// # Errors
    /// A number that nothing has; a document that does not read.
    pub fn document(&self, id: i64) -> Result<Analysis, LibraryError> {
        let document: Option<Vec<u8>> =
            self.conn.query_row("SELECT document FROM analyses WHERE id = ?1", [id], |row| row.get(0)).optional()?;
        let document = document.ok_or(LibraryError::NoSuch { what: "analysis", id })?;
        Ok(Analysis::from_json(&unpack(&document)?)?)
    }

    /// Where the file of an analysis is, and its hash.
    ///
    /// # Errors
    /// A number that nothing has.
    pub fn evidence(&self, id: i64) -> Result<Evidence, LibraryError> {
        let read = |row: &Row<'_>| Ok(Evidence { path: from_bytes(row.get(0)?), sha256: row.get(1)? });
        let found = self.conn.query_row("SELECT path, sha256 FROM analyses WHERE id = ?1", [id], read).optional()?;
        found.ok_or(LibraryError::NoSuch { what: "analysis", id })
    }

    /// The file of an analysis is somewhere else now.
    ///
    /// # Errors
    /// A number that nothing has.
    pub fn set_evidence(&mut self, id: i64, path: &Path) -> Result<(), LibraryError> {
        let changed = self.conn.execute("UPDATE analyses SET path = ?2 WHERE id = ?1", params![id, to_bytes(path)])?;
        found("analysis", id, changed)
    }

    /// Replaces the note of an analysis.
    ///
    /// # Errors
    /// A number that nothing has.
    pub fn set_note(&mut self, id: i64, note: &str) -> Result<(), LibraryError> {
        let step = self.conn.transaction()?;
        let changed = step.execute("UPDATE analyses SET note = ?2 WHERE id = ?1", params![id, note])?;
        found("analysis", id, changed)?;
        let name: String = step.query_row("SELECT name FROM analyses WHERE id = ?1", [id], |row| row.get(0))?;
        Entry::of_analysis(id).write(&step, &name, note)?;
        Ok(step.commit()?)
    }

    /// Keeps a range that was examined again; one with the same bounds is replaced.
    ///
    /// # Errors
    /// A number that nothing has.
    pub fn refine(&mut self, id: i64, range: &Refined) -> Result<(), LibraryError> {
        self.summary(id)?;
        let frames = pack(&serde_json::to_string(&range.frames)?)?;
        self.conn.execute(
            "INSERT OR REPLACE INTO refined (analysis_id, from_us, to_us, frames) VALUES (?1, ?2, ?3, ?4)",
            params![id, range.from.micros(), range.to.micros(), frames],
        )?;
        Ok(())
    }

    fn refined(&self, id: i64) -> Result<Vec<Refined>, LibraryError> {
        let mut query = self.conn.prepare_cached(
            "SELECT from_us, to_us, frames FROM refined WHERE analysis_id = ?1 ORDER BY from_us, to_us",
        )?;
        let rows = query.query_map([id], |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, Vec<u8>>(2)?)))?;
        let mut ranges = Vec::new();
        for row in rows {
            let (from, to, frames) = row?;
            let frames = serde_json::from_str(&unpack(&frames)?)?;
            ranges.push(Refined { from: Timestamp::from_micros(from), to: Timestamp::from_micros(to), frames });
        }
        Ok(ranges)
    }
}

/// A row changed, or there is none.
pub(crate) fn found(what: &'static str, id: i64, changed: usize) -> Result<(), LibraryError> {
    if changed == 0 { Err(LibraryError::NoSuch { what, id }) } else { Ok(()) }
}

/// A summary with its JSON not read yet.
pub(crate) struct RawSummary {
    rest: Summary,
    kind: Option<String>,
    verdict: String,
    error: Option<String>,
}

impl RawSummary {
    fn read(self) -> Result<Summary, LibraryError> {
        Ok(Summary {
            kind: self.kind.map(|kind| serde_json::from_str(&kind)).transpose()?,
            verdict: serde_json::from_str(&self.verdict)?,
            error: self.error.map(|error| serde_json::from_str(&error)).transpose()?,
            ..self.rest
        })
    }
}

fn read_summary(row: &Row<'_>) -> rusqlite::Result<RawSummary> {
    let rest = Summary {
        id: row.get(0)?,
        case: row.get(1)?,
        name: row.get(2)?,
        kind: None,
        verdict: Verdict::not_examined([]),
        people: row.get(5)?,
        duration_us: row.get(6)?,
        analysed_at: row.get(7)?,
        error: None,
    };
    Ok(RawSummary { rest, kind: row.get(3)?, verdict: row.get(4)?, error: row.get(8)? })
}
