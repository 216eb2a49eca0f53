//! `tiers.svg`: what is left of a detector when files have travelled.

use analysis::metrics::{Metrics, Rate};
use plotters::prelude::{Circle, Color, RGBColor};
use plotters::style::text_anchor::HPos;

use super::plots::{Area, CURVES, Drawn, GRID, LABEL, MUTED, TEXT, TICK, drawn, line, text};
use super::results::{Evaluation, Tables};
use crate::TrainError;

const WIDTH: u32 = 1760;
/// The scale from left to right.
const SCALE: (i32, i32) = (210, 1130);
/// Where the figures are written.
const FIGURES: i32 = 1190;
const ROW: i32 = 74;
/// Above the rows of a panel, and below them.
const HEAD: i32 = 130;
const FOOT: i32 = 110;

/// A measure, one row a delivery.
struct Panel {
    title: &'static str,
    rate: fn(&Metrics) -> &Rate,
    /// Ends of its scale; widened to the whole where an interval leaves it.
    narrow: (f64, f64),
    percent: bool,
}

const PANELS: [Panel; 3] = [
    Panel { title: "told apart (AUC)", rate: |m| &m.auc, narrow: (0.5, 1.0), percent: false },
    Panel { title: "fakes called suspected", rate: |m| &m.tpr_suspected, narrow: (0.0, 1.0), percent: true },
    Panel {
        title: "reals called suspected (false alarms)",
        rate: |m| &m.fpr_suspected_exact,
        narrow: (0.0, 0.1),
        percent: true,
    },
];

/// Draws the measures by delivery with their intervals; `None` where there is nothing to compare.
///
/// # Errors
/// [`TrainError::Drawing`].
pub(super) fn tiers_svg(evaluation: &Evaluation<'_>, tables: &Tables) -> Result<Option<String>, TrainError> {
    let tiers: Vec<(&str, &Metrics)> =
        evaluation.tiers.iter().filter_map(|t| Some((t.name(), tables.tiers.get(t.name())?))).collect();
    if tiers.len() < 2 {
        return Ok(None);
    }
    let panel = HEAD + ROW * tiers.len() as i32 + FOOT;
    let height = panel as u32 * PANELS.len() as u32 + 80;
    drawn((WIDTH, height), |area| {
        for (which, top) in PANELS.iter().zip((0..).step_by(panel as usize)) {
            draw(area, which, top, &tiers)?;
        }
        let words = "clean: as is · web: 768 pixels, JPEG 60 · hard: 512 pixels, JPEG 40 · lines: 95 % intervals";
        text(area, words, (40, height as i32 - 50), TICK * 0.9, MUTED, HPos::Left)
    })
    .map(Some)
}

fn draw<'a>(area: &Area<'a>, panel: &Panel, top: i32, tiers: &[(&str, &Metrics)]) -> Drawn<'a> {
    text(area, panel.title, (40, top + 60), LABEL, TEXT, HPos::Left)?;
    let ends = ends(panel, tiers);
    let at = |v: f64| {
        let along = ((v - ends.0) / (ends.1 - ends.0)).clamp(0.0, 1.0);
        SCALE.0 + (along * f64::from(SCALE.1 - SCALE.0)).round() as i32
    };
    let (first, last) = (top + HEAD - 20, top + HEAD + ROW * tiers.len() as i32);
    for tick in 0..=5 {
        let v = ends.0 + (ends.1 - ends.0) * f64::from(tick) / 5.0;
        line(area, vec![(at(v), first), (at(v), last)], GRID, 2)?;
        let name = if panel.percent { format!("{:.0} %", 100.0 * v) } else { format!("{v:.1}") };
        text(area, &name, (at(v), last + 36), TICK * 0.9, MUTED, HPos::Center)?;
    }
    for (((name, metrics), colour), row) in tiers.iter().zip(CURVES).zip(0..) {
        let y = top + HEAD + ROW * row + ROW / 2 - 10;
        text(area, name, (SCALE.0 - 30, y), LABEL, TEXT, HPos::Right)?;
        let rate = (panel.rate)(metrics);
        mark(area, rate, y, colour, at)?;
        text(area, &told(rate, panel.percent), (FIGURES, y), TICK, TEXT, HPos::Left)?;
    }
    Ok(())
}

fn mark<'a>(area: &Area<'a>, rate: &Rate, y: i32, colour: RGBColor, at: impl Fn(f64) -> i32) -> Drawn<'a> {
    if let Some((low, high)) = rate.low.zip(rate.high) {
        line(area, vec![(at(low), y), (at(high), y)], colour, 8)?;
    }
    rate.value.map_or(Ok(()), |value| area.draw(&Circle::new((at(value), y), 18, colour.filled())))
}

/// The narrow scale where everything fits, the whole one where it does not.
fn ends(panel: &Panel, tiers: &[(&str, &Metrics)]) -> (f64, f64) {
    let (low, high) = panel.narrow;
    let rates = tiers.iter().map(|(_, metrics)| (panel.rate)(metrics));
    let fits = |v: f64| low <= v && v <= high;
    let all = rates.flat_map(|r| [r.value, r.low, r.high]).flatten().all(fits);
    if all { panel.narrow } else { (0.0, 1.0) }
}

fn told(rate: &Rate, percent: bool) -> String {
    let Some(value) = rate.value else { return "not known".to_owned() };
    let number = |v: f64| if percent { format!("{:.1}", 100.0 * v) } else { format!("{v:.3}") };
    let sign = if percent { " %" } else { "" };
    let bounds = rate.low.zip(rate.high).map(|(low, high)| format!(" [{}, {}]", number(low), number(high)));
    format!("{}{sign}{}", number(value), bounds.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_told_with_its_interval_and_never_made_up() {
        let rate = Rate { value: Some(0.125), low: Some(0.1), high: Some(0.151) };
        assert_eq!(told(&rate, true), "12.5 % [10.0, 15.1]");
        assert_eq!(told(&rate, false), "0.125 [0.100, 0.151]");
        assert_eq!(told(&Rate { value: None, low: None, high: None }, true), "not known");
    }
}
