//! Page one as a picture, to be looked at before a report is written.

use typst_svg::SvgOptions;

use crate::error::ReportError;
use crate::material::Material;
use crate::pdf::typeset;
use crate::view::view;

/// How a report will look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// Page one as SVG: outlines for letters, pictures within, nothing loaded from elsewhere.
    pub svg: String,
    /// How many pages there are.
    pub pages: usize,
}

/// Typesets a report as [`crate::render_pdf`] does and draws its first page.
///
/// # Errors
/// [`ReportError::Typeset`] for pictures that are none; other errors are faults of this program.
pub fn render_preview(material: &Material<'_>) -> Result<Preview, ReportError> {
    let (view, assets) = view(material)?;
    let document = typeset(&view, assets)?;
    let none = || ReportError::Typeset { message: "the report has no page".into() };
    let first = document.pages().first().ok_or_else(none)?;
    let preview = Preview { svg: typst_svg::svg(first, &SvgOptions::default()), pages: document.pages().len() };
    typst::comemo::evict(0);
    Ok(preview)
}
