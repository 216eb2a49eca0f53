//! Why the detectors gave their scores: kept in the analysis's document, the heat maps beside it.

use analysis::Explanation;
use rusqlite::{OptionalExtension, params};

use crate::analyses::found;
use crate::error::LibraryError;
use crate::packed::pack;
use crate::store::Library;

/// A heat map as two PNGs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeatMap {
    /// The crop beside the map, for reports.
    pub picture: Vec<u8>,
    /// The map alone, to be laid over the frame.
    pub overlay: Vec<u8>,
}

impl Library {
    /// Puts explanations into an analysis in place of those it had, each with its heat map where it has one.
    ///
    /// # Errors
    /// A number that nothing has; a disk that refuses: then nothing changes.
    pub fn explain(&mut self, id: i64, explained: Vec<(Explanation, Option<HeatMap>)>) -> Result<(), LibraryError> {
        let mut document = self.document(id)?;
        let (explanations, maps): (Vec<_>, Vec<_>) = explained.into_iter().unzip();
        document.explanations = explanations;
        let packed = pack(&document.to_json_line()?)?;
        let step = self.conn.transaction()?;
        found("analysis", id, step.execute("UPDATE analyses SET document = ?2 WHERE id = ?1", params![id, packed])?)?;
        step.execute("DELETE FROM heat_maps WHERE analysis_id = ?1", [id])?;
        for (place, map) in maps.into_iter().enumerate() {
            let Some(HeatMap { picture, overlay }) = map else { continue };
            step.prepare_cached(
                "INSERT INTO heat_maps (analysis_id, place, picture, overlay) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![id, u32::try_from(place).unwrap_or(u32::MAX), picture, overlay])?;
        }
        Ok(step.commit()?)
    }

    /// The heat map of the explanation at this place in an analysis's document; `None` when it is withheld.
    ///
    /// # Errors
    /// A database that cannot be read.
    pub fn heat_map(&self, id: i64, place: u32) -> Result<Option<HeatMap>, LibraryError> {
        let mut query =
            self.conn.prepare_cached("SELECT picture, overlay FROM heat_maps WHERE analysis_id = ?1 AND place = ?2")?;
        let map = query.query_row(params![id, place], |row| Ok(HeatMap { picture: row.get(0)?, overlay: row.get(1)? }));
        Ok(map.optional()?)
    }
}
