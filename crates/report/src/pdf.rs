//! From material to the bytes of a PDF that archives accept and that can be read aloud.

use typst::diag::SourceDiagnostic;
use typst::foundations::{Datetime, Smart};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};

use crate::error::ReportError;
use crate::fonts::settable;
use crate::material::Material;
use crate::moment::Moment;
use crate::view::{Assets, View, view};
use crate::world::Desk;

/// Typesets a report: PDF/A-2a (archives) and PDF/UA-1 (accessible) at once. The same material gives the same
/// bytes.
///
/// # Errors
/// [`ReportError::Typeset`] for pictures that are none; other errors are faults of this program.
pub fn render_pdf(material: &Material<'_>) -> Result<Vec<u8>, ReportError> {
    let (view, assets) = view(material)?;
    let document = typeset(&view, assets)?;
    let ident = material.analysis.file.sha256.clone().unwrap_or_default();
    let options = PdfOptions {
        ident: Smart::Custom(format!("{} {ident} {}", crate::APP, material.made.unix_seconds)),
        creator: Smart::Custom(Some(material.app.to_owned())),
        timestamp: timestamp(material.made),
        standards: PdfStandards::new(&[PdfStandard::A_2a, PdfStandard::Ua_1])
            .map_err(|e| ReportError::Typeset { message: e.message().to_string() })?,
        ..PdfOptions::default()
    };
    let bytes = typst_pdf::pdf(&document, &options).map_err(|errors| told(&errors));
    // Memoised layouts of one report are of no use to another.
    typst::comemo::evict(0);
    bytes
}

/// Lays the pages out.
pub(crate) fn typeset(view: &View, assets: Assets) -> Result<PagedDocument, ReportError> {
    let mut data = serde_json::to_value(view)?;
    settable(&mut data);
    let desk = Desk::new(serde_json::to_vec(&data)?, assets);
    let desk = desk.ok_or(ReportError::Typeset { message: "a picture's name is no path".into() })?;
    typst::compile::<PagedDocument>(&desk).output.map_err(|errors| told(&errors))
}

fn told(errors: &[SourceDiagnostic]) -> ReportError {
    let each: Vec<String> = errors.iter().map(|e| e.message.replace("\n", " ").to_string()).collect();
    ReportError::Typeset { message: each.join("; ") }
}

fn timestamp(made: Moment) -> Option<Timestamp> {
    let c = made.civil();
    let at = Datetime::from_ymd_hms(c.year.try_into().ok()?, c.month, c.day, c.hour, c.minute, c.second)?;
    if made.offset_minutes == 0 { Some(Timestamp::new_utc(at)) } else { Timestamp::new_local(at, made.offset_minutes) }
}
