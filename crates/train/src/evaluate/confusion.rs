//! `confusion.svg`: what the product says of reals and of fakes, and what a score of one half would.

use analysis::VerdictCode;
use plotters::style::RGBColor;
use plotters::style::text_anchor::HPos;

use super::plots::{Area, Drawn, LABEL, MUTED, TEXT, TICK, drawn, fill, text};
use super::results::{Evaluation, Tables};
use crate::TrainError;

const SIZE: (u32, u32) = (1760, 1260);
const CELL: (i32, i32) = (360, 190);
const LEFT: i32 = 220;
const VERDICTS: [(VerdictCode, &str); 4] = [
    (VerdictCode::Suspected, "suspected"),
    (VerdictCode::Inconclusive, "inconclusive"),
    (VerdictCode::NoIndication, "no indication"),
    (VerdictCode::NotExamined, "not examined"),
];

/// How often each verdict was given to reals and to fakes, in the order of columns.
pub(super) fn verdicts(evaluation: &Evaluation<'_>) -> [(&'static str, [u64; 2]); 4] {
    VERDICTS.map(|(code, name)| {
        let count = |fake: bool| {
            let rows = evaluation.main_rows().filter(|r| r.row.fake() == Some(fake));
            rows.filter(|r| r.measured.verdict == code).count() as u64
        };
        (name, [count(false), count(true)])
    })
}

/// Draws both tables.
///
/// # Errors
/// [`TrainError::Drawing`].
pub(super) fn confusion_svg(evaluation: &Evaluation<'_>, tables: &Tables) -> Result<String, TrainError> {
    let said = verdicts(evaluation);
    let c = tables.overall.confusion;
    let half = [("score ≥ 0.5", [c.fp, c.tp]), ("score < 0.5", [c.tn, c.misses])];
    drawn(SIZE, |area| {
        table(area, 60, "What the product says", &said)?;
        table(area, 680, "At a score of one half", &half)
    })
}

fn table<'a>(area: &Area<'a>, top: i32, title: &str, columns: &[(&str, [u64; 2])]) -> Drawn<'a> {
    text(area, title, (40, top), LABEL, TEXT, HPos::Left)?;
    for (row, name) in (0..).zip(["real", "fake"]) {
        let y = top + 140 + row * CELL.1;
        let of = |counts: &[u64; 2]| counts.get(row as usize).copied().unwrap_or_default();
        let whole = columns.iter().map(|c| of(&c.1)).sum::<u64>();
        text(area, name, (LEFT - 40, y + CELL.1 / 2), LABEL, TEXT, HPos::Right)?;
        for (column, (head, counts)) in (0..).zip(columns) {
            let x = LEFT + column * CELL.0;
            if row == 0 {
                text(area, head, (x + CELL.0 / 2, y - 50), LABEL, MUTED, HPos::Center)?;
            }
            let share = if whole == 0 { 0.0 } else { of(counts) as f64 / whole as f64 };
            fill(area, (x + 4, y + 4), (x + CELL.0 - 4, y + CELL.1 - 4), tint(share))?;
            let colour = if share > 0.6 { RGBColor(255, 255, 255) } else { TEXT };
            let middle = (x + CELL.0 / 2, y + CELL.1 / 2);
            text(area, &of(counts).to_string(), (middle.0, middle.1 - 24), LABEL * 1.3, colour, HPos::Center)?;
            text(area, &format!("{:.1} %", 100.0 * share), (middle.0, middle.1 + 44), TICK, colour, HPos::Center)?;
        }
    }
    Ok(())
}

/// From near white to dark blue.
fn tint(share: f64) -> RGBColor {
    let mix = |from: f64, to: f64| (from + (to - from) * share).round() as u8;
    RGBColor(mix(240.0, 12.0), mix(244.0, 74.0), mix(249.0, 128.0))
}
