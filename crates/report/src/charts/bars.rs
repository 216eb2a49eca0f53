//! Bars to both sides of nought: which parts of the face moved a logit.

use super::*;

const LANE: i32 = 58;
const BETWEEN: i32 = 22;
const LEFT: i32 = 560;
const RIGHT: i32 = 240;

/// One bar.
pub(crate) struct Bar {
    pub label: String,
    pub value: f64,
    /// The value in words.
    pub told: String,
}

/// One lane a bar; the longest fills its side.
pub(crate) fn bars(all: &[Bar]) -> Result<String, ReportError> {
    let longest = all.iter().map(|b| b.value.abs()).fold(0.0, f64::max);
    let width = WIDTH - LEFT - RIGHT;
    let (negative, positive) = all.iter().fold((0.0f64, 0.0f64), |(n, p), b| (n.max(-b.value), p.max(b.value)));
    let whole = if longest > 0.0 { negative + positive } else { 1.0 };
    let nought = LEFT + (negative / whole * f64::from(width)).round() as i32;
    drawn(all.len() as i32 * (LANE + BETWEEN), |area| {
        for (i, bar) in all.iter().enumerate() {
            let y = i as i32 * (LANE + BETWEEN);
            let length = (bar.value.abs() / whole * f64::from(width)).round() as i32;
            let (x, colour) = if bar.value < 0.0 {
                (nought - length, RGBColor(0x5a, 0x6f, 0x86))
            } else {
                (nought, RGBColor(0xb8, 0x38, 0x1a))
            };
            fill(area, (x, y, length.max(2), LANE), colour)?;
            text(area, &bar.label, (8, y + LANE / 2), Look::LABEL)?;
            let told = Look { anchor: HPos::Right, size: 48.0, colour: TEXT, ..Look::TICK };
            text(area, &bar.told, (WIDTH - 8, y + LANE / 2), told)?;
        }
        line(area, vec![(nought, 0), (nought, all.len() as i32 * (LANE + BETWEEN) - BETWEEN)], MUTED, 3)
    })
}
