//! What the desktop window keeps: cases, analyses, notes and thumbnails, in one embedded database.
//!
//! Owns the file `facefiction.sqlite3` in a folder of the user's choice ([`Library`]), its migrations,
//! the search over names and notes, and forgetting: what was forgotten is overwritten in the database
//! and in its log, not only unlinked ([`Library::forget_analyses`]). Knows no clock (the time is passed in),
//! no window and no words for readers. Comes after `analysis` in the flow, beside `report`.
#![forbid(unsafe_code)]

mod analyses;
mod cases;
mod error;
mod explanations;
mod forget;
mod packed;
mod paths;
mod schema;
mod search;
mod store;
mod thumbnails;

pub use analyses::{
    Basis, Evidence, NewAnalysis, Refined, StampedFile, StoredAnalysis, Summary, ThresholdFacts, ValidationFacts,
};
pub use cases::{Case, CaseSummary};
pub use error::LibraryError;
pub use explanations::HeatMap;
pub use search::{Hit, HitKind};
pub use store::{DATABASE_FILE, Durability, Library};
