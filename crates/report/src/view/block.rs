//! The kinds of blocks a page is made of.

use serde::Serialize;

/// A heading with what stands under it.
#[derive(Debug, Serialize)]
pub(crate) struct Section {
    pub heading: String,
    pub blocks: Vec<Block>,
}

/// The frame of mind of a box.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Tone {
    Suspected,
    Inconclusive,
    NoIndication,
    NotExamined,
    Quote,
}

/// A box that is read first.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Callout {
    pub tone: Tone,
    pub lead: String,
    pub text: String,
    pub small: String,
}

/// A label with its value.
#[derive(Debug, Serialize)]
pub(crate) struct Fact {
    pub label: String,
    pub value: String,
    pub mono: bool,
}

impl Fact {
    pub fn new(label: &str, value: impl Into<String>) -> Self {
        Self { label: label.to_owned(), value: value.into(), mono: false }
    }

    pub fn mono(label: &str, value: impl Into<String>) -> Self {
        Self { mono: true, ..Self::new(label, value) }
    }
}

/// A column of a table: its heading, its share of the width (0: as wide as its content).
#[derive(Debug, Serialize)]
pub(crate) struct Column {
    pub heading: String,
    pub share: f64,
}

/// A cell of a table.
#[derive(Debug, Serialize)]
pub(crate) struct Cell {
    pub text: String,
    pub mono: bool,
    pub strong: bool,
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self { text, mono: false, strong: false }
    }
}

impl Cell {
    pub fn mono(text: impl Into<String>) -> Self {
        Self { mono: true, ..Self::from(text.into()) }
    }
}

/// A picture in a row of such.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Picture {
    pub file: String,
    pub alt: String,
    pub note: String,
    pub sub: String,
    /// A box in fractions of the picture: x, y, width, height, and the number beside it.
    pub marked: Option<(f32, f32, f32, f32, String)>,
}

/// What a page is made of.
#[derive(Debug, Serialize)]
#[serde(tag = "k", rename_all = "camelCase")]
pub(crate) enum Block {
    Heading { text: String },
    Text { lead: Option<String>, text: String },
    Small { text: String },
    List { items: Vec<String> },
    Facts { rows: Vec<Fact> },
    Table { columns: Vec<Column>, rows: Vec<Vec<Cell>> },
    Chart { file: String, alt: String, caption: String },
    Pictures { columns: usize, items: Vec<Picture>, caption: String },
    Whole { picture: Picture, caption: String },
    Callout { callout: Callout },
    Code { text: String },
}

impl Block {
    pub fn heading(text: &str) -> Self {
        Self::Heading { text: text.to_owned() }
    }

    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { lead: None, text: text.into() }
    }

    pub fn small(text: impl Into<String>) -> Self {
        Self::Small { text: text.into() }
    }

    pub fn led(lead: &str, text: impl Into<String>) -> Self {
        Self::Text { lead: Some(lead.to_owned()), text: text.into() }
    }
}

/// Columns by heading and share.
pub(crate) fn columns<const N: usize>(all: [(&str, f64); N]) -> Vec<Column> {
    all.into_iter().map(|(heading, share)| Column { heading: heading.to_owned(), share }).collect()
}
