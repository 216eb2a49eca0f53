//! Charts as SVG, drawn by plotters. Four drawing units a CSS pixel, because the back end knows whole numbers
//! only; text is set by the typesetter in the report's own fonts.

mod bars;
mod scale;
mod timeline;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::error::ReportError;

pub(crate) use bars::{Bar, bars};
pub(crate) use scale::{Mark, scale};
pub(crate) use timeline::{Gap, Lane, Sample, timeline};

/// Units across a chart that fills the page.
pub(crate) const WIDTH: i32 = 2648;
/// The report's text face.
const FACE: &str = "Inter";
/// Its face for numbers.
const MONO: &str = "JetBrains Mono";

const TEXT: RGBColor = RGBColor(0x17, 0x1b, 0x21);
const MUTED: RGBColor = RGBColor(0x52, 0x5d, 0x6b);
const LINE: RGBColor = RGBColor(0xd9, 0xde, 0xe5);
const LOW_GROUND: RGBColor = RGBColor(0xe6, 0xec, 0xf3);
const MIDDLE_GROUND: RGBColor = RGBColor(0xfb, 0xf3, 0xdf);
const HIGH_GROUND: RGBColor = RGBColor(0xfd, 0xeb, 0xe5);
/// Colours of people, told apart by the colour-blind too; numbers stand beside them.
const PEOPLE: [RGBColor; 6] = [
    RGBColor(0x0f, 0x6f, 0xbf),
    RGBColor(0x8a, 0x3f, 0xc0),
    RGBColor(0x0f, 0x8a, 0x5a),
    RGBColor(0xa8, 0x4a, 0x12),
    RGBColor(0x2f, 0x3b, 0x4c),
    RGBColor(0xb0, 0x1f, 0x6e),
];

/// The two thresholds between which nothing is said.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Thresholds {
    pub low: f64,
    pub high: f64,
}

impl Thresholds {
    /// Where a score lies between the ends of an axis on which each of the three grounds is equally long: the
    /// thresholds often leave one of them too narrow to be seen.
    fn place(self, score: f64) -> f64 {
        let score = score.clamp(0.0, 1.0);
        let part = |i: u8, from: f64, to: f64| {
            (f64::from(i) + if to > from { (score - from) / (to - from) } else { 0.0 }) / 3.0
        };
        match score {
            s if s < self.low => part(0, 0.0, self.low),
            s if s < self.high => part(1, self.low, self.high),
            _ => part(2, self.high, 1.0),
        }
    }
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn<'a> = Result<(), DrawingAreaErrorKind<<SVGBackend<'a> as DrawingBackend>::ErrorType>>;

/// The colour of a person by track.
fn person_colour(track: u32) -> RGBColor {
    let at = track as usize % PEOPLE.len();
    PEOPLE.get(at).copied().unwrap_or(TEXT)
}

/// A drawing of this size in units.
fn drawn(height: i32, draw: impl for<'a> FnOnce(&Area<'a>) -> Drawn<'a>) -> Result<String, ReportError> {
    let mut svg = String::new();
    let size = (WIDTH.unsigned_abs(), height.unsigned_abs());
    {
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        draw(&area).and_then(|()| area.present()).map_err(|e| ReportError::Chart { message: e.to_string() })?;
    }
    Ok(svg)
}

fn fill<'a>(area: &Area<'a>, (x, y, w, h): (i32, i32, i32, i32), colour: impl Color) -> Drawn<'a> {
    area.draw(&Rectangle::new([(x, y), (x + w, y + h)], colour.filled()))
}

fn line<'a>(area: &Area<'a>, points: Vec<(i32, i32)>, colour: RGBColor, width: u32) -> Drawn<'a> {
    area.draw(&PathElement::new(points, colour.stroke_width(width)))
}

/// Text with its anchor; size in units.
fn text<'a>(area: &Area<'a>, words: &str, at: (i32, i32), look: Look) -> Drawn<'a> {
    let family = if look.mono { MONO } else { FACE };
    let style = TextStyle::from((family, look.size).into_font()).color(&look.colour);
    let style = style.pos(Pos::new(look.anchor, VPos::Center));
    area.draw(&Text::new(words.to_owned(), at, style))
}

/// How text looks.
#[derive(Clone, Copy)]
struct Look {
    size: f64,
    colour: RGBColor,
    anchor: HPos,
    mono: bool,
}

impl Look {
    const LABEL: Self = Self { size: 52.0, colour: TEXT, anchor: HPos::Left, mono: false };
    const TICK: Self = Self { size: 44.0, colour: MUTED, anchor: HPos::Center, mono: true };
}

/// The three grounds of a score from bottom to top, in a box.
fn grounds<'a>(area: &Area<'a>, (x, y, w, h): (i32, i32, i32, i32), t: Thresholds) -> Drawn<'a> {
    let at = |score: f64| y + ((1.0 - t.place(score)) * f64::from(h)).round() as i32;
    fill(area, (x, y, w, h), LOW_GROUND)?;
    fill(area, (x, at(t.high), w, at(t.low) - at(t.high)), MIDDLE_GROUND)?;
    fill(area, (x, y, w, at(t.high) - y), HIGH_GROUND)
}
