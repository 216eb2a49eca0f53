//! Scores of people side by side on one scale from 0 to 1, for stills and for the ladder.

use super::*;

const LANE: i32 = 84;
const BETWEEN: i32 = 24;
const AXIS: i32 = 70;
const RIGHT: i32 = 260;

/// One score.
pub(crate) struct Mark {
    pub label: String,
    /// Whose colour.
    pub track: u32,
    pub score: f64,
    /// The score in words.
    pub told: String,
}

/// One lane a mark, `left` units for the labels.
pub(crate) fn scale(
    marks: &[Mark],
    thresholds: Thresholds,
    left: i32,
    number: &dyn Fn(f64) -> String,
) -> Result<String, ReportError> {
    let width = WIDTH - left - RIGHT;
    let x_of = |score: f64| left + (thresholds.place(score) * f64::from(width)).round() as i32;
    drawn(marks.len() as i32 * (LANE + BETWEEN) + AXIS, |area| {
        for (i, mark) in marks.iter().enumerate() {
            let y = i as i32 * (LANE + BETWEEN);
            fill(area, (left, y, width, LANE), LOW_GROUND)?;
            let (low, high) = (x_of(thresholds.low), x_of(thresholds.high));
            fill(area, (low, y, high - low, LANE), MIDDLE_GROUND)?;
            fill(area, (high, y, left + width - high, LANE), HIGH_GROUND)?;
            let (middle, x) = (y + LANE / 2, x_of(mark.score));
            line(area, vec![(left, middle), (x, middle)], person_colour(mark.track), 7)?;
            area.draw(&Circle::new((x, middle), 20, person_colour(mark.track).filled()))?;
            text(area, &mark.label, (8, middle), Look::LABEL)?;
            let told = Look { anchor: HPos::Right, size: 48.0, colour: TEXT, ..Look::TICK };
            text(area, &mark.told, (WIDTH - 8, middle), told)?;
        }
        let y = marks.len() as i32 * (LANE + BETWEEN) + 24;
        for score in [0.0, thresholds.low, thresholds.high, 1.0] {
            text(area, &number(score), (x_of(score), y), Look::TICK)?;
        }
        Ok(())
    })
}
