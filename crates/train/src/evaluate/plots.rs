//! What the drawings share: a square with axes from 0 to 1. Two drawing units a pixel of a usual screen, because the
//! back end knows whole numbers only.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::TrainError;

pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
pub(super) type Drawn<'a> = Result<(), DrawingAreaErrorKind<<SVGBackend<'a> as DrawingBackend>::ErrorType>>;

pub(super) const TEXT: RGBColor = RGBColor(0x17, 0x1b, 0x21);
pub(super) const MUTED: RGBColor = RGBColor(0x52, 0x5d, 0x6b);
pub(super) const GRID: RGBColor = RGBColor(0xd9, 0xde, 0xe5);
pub(super) const REAL: RGBColor = RGBColor(0x0f, 0x6f, 0xbf);
pub(super) const FAKE: RGBColor = RGBColor(0xa8, 0x4a, 0x12);
/// Told apart by the colour-blind too, and by their dashes.
pub(super) const CURVES: [RGBColor; 4] =
    [RGBColor(0x0f, 0x6f, 0xbf), RGBColor(0xa8, 0x4a, 0x12), RGBColor(0x0f, 0x8a, 0x5a), RGBColor(0x8a, 0x3f, 0xc0)];

/// Size of text in units.
pub(super) const LABEL: f64 = 42.0;
pub(super) const TICK: f64 = 36.0;

/// A drawing of this size in units.
pub(super) fn drawn(
    (width, height): (u32, u32),
    draw: impl for<'a> FnOnce(&Area<'a>) -> Drawn<'a>,
) -> Result<String, TrainError> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (width, height)).into_drawing_area();
        let all = area.fill(&WHITE).and_then(|()| draw(&area)).and_then(|()| area.present());
        all.map_err(|e| TrainError::Drawing { what: e.to_string() })?;
    }
    // Shown at half the units: the view box keeps them.
    let size = format!("width=\"{width}\" height=\"{height}\"");
    Ok(svg.replacen(&size, &format!("width=\"{}\" height=\"{}\"", width / 2, height / 2), 1))
}

/// Text about a point.
pub(super) fn text<'a>(
    area: &Area<'a>,
    words: &str,
    at: (i32, i32),
    size: f64,
    colour: RGBColor,
    side: HPos,
) -> Drawn<'a> {
    let style = TextStyle::from(("sans-serif", size).into_font()).color(&colour).pos(Pos::new(side, VPos::Center));
    area.draw(&Text::new(words.to_owned(), at, style))
}

/// A straight line.
pub(super) fn line<'a>(area: &Area<'a>, points: Vec<(i32, i32)>, colour: impl Color, width: u32) -> Drawn<'a> {
    area.draw(&PathElement::new(points, colour.stroke_width(width)))
}

/// A line with gaps; `dash` units on, as many off.
pub(super) fn dashed<'a>(area: &Area<'a>, points: &[(i32, i32)], colour: RGBColor, width: u32, dash: f64) -> Drawn<'a> {
    let (mut on, mut left, mut drawn) = (true, dash, points.first().copied().into_iter().collect::<Vec<_>>());
    for (&a, &b) in points.iter().zip(points.iter().skip(1)) {
        let whole = f64::from(b.0 - a.0).hypot(f64::from(b.1 - a.1));
        let mut gone = 0.0;
        while whole - gone > left {
            gone += left;
            let along = |from: i32, to: i32| from + (f64::from(to - from) * gone / whole).round() as i32;
            let turn = (along(a.0, b.0), along(a.1, b.1));
            drawn.push(turn);
            if on {
                line(area, std::mem::take(&mut drawn), colour, width)?;
            }
            (on, left, drawn) = (!on, dash, vec![turn]);
        }
        left -= whole - gone;
        drawn.push(b);
    }
    if on && drawn.len() > 1 { line(area, drawn, colour, width) } else { Ok(()) }
}

/// A filled box from corner to corner.
pub(super) fn fill<'a>(area: &Area<'a>, from: (i32, i32), to: (i32, i32), colour: impl Color) -> Drawn<'a> {
    area.draw(&Rectangle::new([from, to], colour.filled()))
}

/// A square on which both axes go from 0 to 1.
#[derive(Clone, Copy, Debug)]
pub(super) struct Square {
    pub left: i32,
    pub top: i32,
    pub side: i32,
}

impl Square {
    pub fn at(self, x: f64, y: f64) -> (i32, i32) {
        let along = |v: f64| (v.clamp(0.0, 1.0) * f64::from(self.side)).round() as i32;
        (self.left + along(x), self.top + self.side - along(y))
    }

    /// Grid, numbers and names of the axes.
    pub fn axes<'a>(self, area: &Area<'a>, across: &str, up: &str) -> Drawn<'a> {
        for tick in 0..=5 {
            let v = f64::from(tick) / 5.0;
            let name = format!("{v:.1}");
            line(area, vec![self.at(v, 0.0), self.at(v, 1.0)], GRID, 2)?;
            line(area, vec![self.at(0.0, v), self.at(1.0, v)], GRID, 2)?;
            let (below, beside) = (self.at(v, 0.0), self.at(0.0, v));
            text(area, &name, (below.0, below.1 + 40), TICK, MUTED, HPos::Center)?;
            text(area, &name, (beside.0 - 18, beside.1), TICK, MUTED, HPos::Right)?;
        }
        text(area, across, (self.left + self.side / 2, self.top + self.side + 100), LABEL, TEXT, HPos::Center)?;
        // Above the axis and level: a reader does not have to turn the head.
        text(area, up, (self.left - 60, self.top - 50), LABEL, TEXT, HPos::Left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dashed_line_is_half_there() {
        let svg = drawn((400, 100), |area| dashed(area, &[(0, 50), (200, 50), (400, 50)], TEXT, 2, 20.0)).unwrap();
        assert_eq!(svg.matches("<polyline").count(), 10, "{svg}");
        assert!(svg.starts_with("<svg width=\"200\" height=\"50\" viewBox=\"0 0 400 100\""), "{svg}");
    }

    #[test]
    fn the_square_keeps_everything_inside() {
        let square = Square { left: 100, top: 10, side: 1000 };
        assert_eq!((square.at(0.0, 0.0), square.at(1.0, 1.0)), ((100, 1010), (1100, 10)));
        assert_eq!(square.at(f64::INFINITY, -3.0), (1100, 1010));
    }
}
