//! `roc.svg`: detection against false alarms, one curve a delivery, with the product's own operating point.

use analysis::metrics::Steps;
use plotters::prelude::{Circle, Color, WHITE};
use plotters::style::text_anchor::HPos;

use super::plots::{CURVES, GRID, LABEL, MUTED, Square, TEXT, TICK, dashed, drawn, fill, line, text};
use super::results::{Evaluation, Tables};
use super::summary::interval;
use super::tier::Tier;
use crate::TrainError;

const SQUARE: Square = Square { left: 150, top: 140, side: 1500 };
const SIZE: (u32, u32) = (1760, 1800);

/// Draws the curves.
///
/// # Errors
/// [`TrainError::Drawing`].
pub(super) fn roc_svg(evaluation: &Evaluation<'_>, tables: &Tables) -> Result<String, TrainError> {
    drawn(SIZE, |area| {
        SQUARE.axes(area, "share of reals called fake (false alarms)", "share of fakes found")?;
        line(area, vec![SQUARE.at(0.0, 0.0), SQUARE.at(1.0, 1.0)], GRID, 4)?;
        let mut y = SQUARE.top + 1230 - 64 * evaluation.tiers.len() as i32;
        let below = (SQUARE.left + SQUARE.side - 4, SQUARE.top + 1230 + 40);
        fill(area, (SQUARE.left + 600, y - 40), below, WHITE)?;
        for ((tier, colour), dash) in evaluation.tiers.iter().zip(CURVES).zip([0.0, 30.0, 12.0, 6.0]) {
            let points: Vec<(i32, i32)> = curve(evaluation, *tier).iter().map(|p| SQUARE.at(p[0], p[1])).collect();
            let named = tables.tiers.get(tier.name()).map_or(String::new(), |m| {
                let auc = interval(&m.auc).map_or("not known".to_owned(), |auc| auc);
                format!("{tier}: AUC {auc}, {} fake, {} real", m.n_fake, m.n_real)
            });
            let sample = vec![(SQUARE.left + 620, y), (SQUARE.left + 700, y)];
            if dash == 0.0 {
                line(area, points, colour, 7)?;
                line(area, sample, colour, 7)?;
            } else {
                dashed(area, &points, colour, 7, dash)?;
                dashed(area, &sample, colour, 7, dash)?;
            }
            text(area, &named, (SQUARE.left + 720, y), TICK, TEXT, HPos::Left)?;
            if let Some(m) = tables.tiers.get(tier.name())
                && let (Some(fpr), Some(tpr)) = (m.fpr_suspected.value, m.tpr_suspected.value)
            {
                area.draw(&Circle::new(SQUARE.at(fpr, tpr), 16, colour.filled()))?;
            }
            y += 64;
        }
        area.draw(&Circle::new((SQUARE.left + 660, y), 16, MUTED.filled()))?;
        text(area, "verdict “suspected”", (SQUARE.left + 720, y), TICK, TEXT, HPos::Left)?;
        if tables.overall.auc.value.is_none() {
            text(area, "no curve: one class only", SQUARE.at(0.5, 0.6), LABEL, TEXT, HPos::Center)?;
        }
        Ok(())
    })
}

fn curve(evaluation: &Evaluation<'_>, tier: Tier) -> Vec<[f64; 3]> {
    let scores = |fake: bool| -> Vec<f64> {
        let rows = evaluation.rows.iter().filter(|r| r.tier == tier && r.row.fake() == Some(fake));
        rows.filter_map(|r| r.measured.score).collect()
    };
    Steps::new(&scores(false), &scores(true)).roc()
}
