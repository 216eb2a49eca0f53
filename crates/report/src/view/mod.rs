//! What the report says, as blocks that a template sets: every text is final here, nothing is computed there.

mod block;
mod close;
mod examined;
mod looks;
mod method;
mod people;
mod summary;
mod teller;

use std::collections::BTreeMap;

use serde::Serialize;

pub(crate) use block::{Block, Callout, Cell, Fact, Picture, Section, Tone};

use crate::error::ReportError;
use crate::material::{Extent, Material};
use teller::Teller;

/// The report as the template reads it.
#[derive(Debug, Serialize)]
pub(crate) struct View {
    /// Code of the language.
    pub lang: &'static str,
    /// Title of the document.
    pub title: String,
    /// Its author, for the file's properties.
    pub author: Option<String>,
    /// Head of every page.
    pub header: [String; 2],
    /// Foot of every page.
    pub footer: String,
    /// Page one.
    pub callout: Callout,
    /// Page one, after the callout.
    pub summary: Vec<Section>,
    /// The numbered sections.
    pub sections: Vec<Section>,
}

/// Files that the template shows, by their names.
pub(crate) type Assets = BTreeMap<String, Vec<u8>>;

/// Puts the material into words and charts.
///
/// # Errors
/// A chart that cannot be drawn, a catalogue that cannot be read.
pub(crate) fn view(material: &Material<'_>) -> Result<(View, Assets), ReportError> {
    let words = material.style.lang.words()?;
    let teller = Teller::new(material, &words);
    let mut assets = teller.pictures();
    let full = material.style.extent == Extent::Full;
    let summary = summary::sections(&teller, &mut assets)?;
    let mut sections = Vec::new();
    if full {
        sections.push(close::this_report(&teller));
        sections.push(examined::question(&teller));
        sections.push(examined::item(&teller));
        sections.push(examined::provenance(&teller));
        sections.push(examined::suitability(&teller));
        sections.push(method::section(&teller));
        sections.push(people::section(&teller, &mut assets)?);
        sections.push(close::observations(&teller));
        sections.push(close::conclusion(&teller));
        sections.push(close::limits(&teller));
        sections.push(method::validation(&teller));
        sections.push(close::reproduction(&teller));
        sections.push(close::annexes(&teller));
    }
    let view = View {
        lang: material.style.lang.code(),
        title: teller.title(),
        author: material.dossier.author.clone(),
        header: teller.header(),
        footer: if full { words.footer.clone() } else { words.footer_summary.clone() },
        callout: summary::callout(&teller),
        summary,
        sections,
    };
    Ok((view, assets))
}

#[cfg(test)]
mod tests;
