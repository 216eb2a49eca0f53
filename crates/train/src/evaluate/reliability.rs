//! `reliability.svg`: whether a score means what it says, and how many files have which.

use analysis::clopper_pearson;
use analysis::metrics::{ECE_BINS, Steps};
use plotters::prelude::{Circle, Color};
use plotters::style::text_anchor::HPos;

use super::plots::{FAKE, GRID, LABEL, MUTED, REAL, Square, TEXT, TICK, drawn, fill, line, text};
use super::results::{Evaluation, Tables};
use super::summary::interval;
use crate::TrainError;

const SQUARE: Square = Square { left: 150, top: 140, side: 1300 };
const SIZE: (u32, u32) = (1560, 2100);
/// Top and height of the histogram.
const BARS: (i32, i32) = (1690, 300);
const COLUMNS: usize = 25;

/// Draws the bins with their exact intervals, and the scores of both classes below.
///
/// # Errors
/// [`TrainError::Drawing`].
pub(super) fn reliability_svg(evaluation: &Evaluation<'_>, tables: &Tables) -> Result<String, TrainError> {
    let scores = |fake: bool| -> Vec<f64> {
        let rows = evaluation.main_rows().filter(|r| r.row.fake() == Some(fake));
        rows.filter_map(|r| r.measured.score).collect()
    };
    let (real, fake) = (scores(false), scores(true));
    let bins = Steps::new(&real, &fake).bins(ECE_BINS);
    drawn(SIZE, |area| {
        SQUARE.axes(area, "mean score of a bin", "share of fakes in it")?;
        line(area, vec![SQUARE.at(0.0, 0.0), SQUARE.at(1.0, 1.0)], GRID, 4)?;
        for [score, share, n] in &bins {
            let bounds = clopper_pearson((share * n).round() as u64, *n as u64, 0.025);
            line(area, vec![SQUARE.at(*score, bounds.low), SQUARE.at(*score, bounds.high)], MUTED, 4)?;
            area.draw(&Circle::new(SQUARE.at(*score, *share), 14, TEXT.filled()))?;
        }
        let ece = interval(&tables.overall.ece).unwrap_or("not known".to_owned());
        let brier = interval(&tables.overall.brier).unwrap_or("not known".to_owned());
        let told = format!("{ECE_BINS} bins of equal size: ECE {ece}, Brier {brier}");
        text(area, &told, (SQUARE.left + 30, SQUARE.top + 50), TICK, TEXT, HPos::Left)?;
        let most = counted(&real).into_iter().chain(counted(&fake)).max().unwrap_or_default().max(1);
        for (scores, colour, side) in [(&real, REAL, 0), (&fake, FAKE, 1)] {
            for (column, n) in counted(scores).into_iter().enumerate() {
                let width = SQUARE.side / COLUMNS as i32;
                let x = SQUARE.left + column as i32 * width + side * width / 2;
                let height = (n as f64 / most as f64 * f64::from(BARS.1)).round() as i32;
                let bottom = BARS.0 + BARS.1;
                fill(area, (x + 1, bottom - height), (x + width / 2 - 1, bottom), colour)?;
            }
        }
        line(area, vec![(SQUARE.left, BARS.0 + BARS.1), (SQUARE.left + SQUARE.side, BARS.0 + BARS.1)], MUTED, 3)?;
        let words = [(REAL, format!("{} reals", real.len())), (FAKE, format!("{} fakes", fake.len()))];
        for (i, (colour, words)) in (0..).zip(words) {
            let x = SQUARE.left + 30 + i * 360;
            fill(area, (x, BARS.0 - 60), (x + 30, BARS.0 - 30), colour)?;
            text(area, &words, (x + 46, BARS.0 - 45), TICK, TEXT, HPos::Left)?;
        }
        text(area, "score", (SQUARE.left + SQUARE.side / 2, BARS.0 + BARS.1 + 50), LABEL, TEXT, HPos::Center)
    })
}

/// How many scores lie in each column.
fn counted(scores: &[f64]) -> Vec<usize> {
    let mut counts = vec![0; COLUMNS];
    for score in scores {
        let column = ((score * COLUMNS as f64) as usize).min(COLUMNS - 1);
        if let Some(count) = counts.get_mut(column) {
            *count += 1;
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_score_has_a_column_too() {
        let counts = counted(&[0.0, 0.039, 0.04, 1.0]);
        assert_eq!((counts[0], counts[1], counts[24], counts.len()), (2, 1, 1, 25));
    }
}
