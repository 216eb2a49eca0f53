//! Analyses as files for people and for other programs.
//!
//! Owns the table of results ([`csv`]) and the report as a PDF ([`render_pdf`]): its words in English and
//! French, its charts, its look; and evidence packages ([`package`]). Takes finished analyses, facts from models' cards and encoded pictures;
//! knows no clock (the time is passed in), sees no tensor, decodes nothing. Comes after `analysis` in the
//! flow.
#![forbid(unsafe_code)]

mod charts;
pub mod csv;
mod dossier;
mod error;
mod fonts;
mod material;
mod moment;
mod names;
pub mod package;
mod pdf;
mod preview;
mod safe;
mod view;
mod words;
mod world;

pub use dossier::{Custody, Dossier, MAX_DOSSIER_BYTES, Opinion};
pub use error::ReportError;
pub use material::{Extent, Material, Redaction, Style, concerned};
pub use moment::Moment;
pub use pdf::render_pdf;
pub use preview::{Preview, render_preview};
pub use words::Lang;

/// What makes a report's identity its own.
const APP: &str = "facefiction report";
