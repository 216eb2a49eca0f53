//! Pages that are part of the program.

use crate::ipc::{HelpLanguage, HelpPage};

const ETHICS_EN: &str = include_str!("../../ETHICS.md");
const ETHICS_FR: &str = include_str!("../../ETHICS.fr.md");

/// A page in Markdown.
pub fn text(page: HelpPage, language: HelpLanguage) -> &'static str {
    match (page, language) {
        (HelpPage::Ethics, HelpLanguage::En) => ETHICS_EN,
        (HelpPage::Ethics, HelpLanguage::Fr) => ETHICS_FR,
    }
}
