//! Results of the queue as one file.

use std::path::Path;

use report::csv;
use scan::Draft;

use crate::desk::Desk;
use crate::error::{CommandError, ErrorCode};
use crate::ipc::ExportFormat;

/// Writes the analyses of these rows of the queue (of all when none is named), whole or not at all.
///
/// # Errors
/// An analysis that was forgotten meanwhile; a disk that refuses.
pub fn write(desk: &Desk, format: ExportFormat, ids: &[u32], path: &Path) -> Result<(), CommandError> {
    let mut draft = Draft::create(path)?;
    if format == ExportFormat::Csv {
        draft.write(csv::header().as_bytes())?;
    }
    for id in desk.queue.analyses_of(ids) {
        let document = desk.with_library(|library| library.document(id))?;
        let text = match format {
            ExportFormat::Csv => csv::rows(&document),
            ExportFormat::Jsonl => {
                let line = document.to_json_line();
                line.map_err(|error| CommandError::new(ErrorCode::Internal, error))? + "\n"
            }
        };
        draft.write(text.as_bytes())?;
    }
    Ok(draft.publish()?)
}

impl ExportFormat {
    /// How the file's name ends.
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
        }
    }
}
