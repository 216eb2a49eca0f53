//! Loss and AUC over the steps of a run, as an SVG.

use plotters::prelude::*;

use super::folder::Line;

/// Steps that a point of the smoothed loss looks back.
const WINDOW: usize = 50;

type Points = Vec<(f64, f64)>;

/// The picture of what was logged so far; `None` while there is nothing to draw.
pub(super) fn draw(lines: &[Line]) -> Option<String> {
    let losses: Points = lines
        .iter()
        .filter_map(|l| match l {
            Line::Step { step, loss, .. } => Some((*step as f64, *loss)),
            Line::Test { .. } => None,
        })
        .collect();
    let smooth: Points = (0..losses.len())
        .filter_map(|i| {
            let window = losses.get(i.saturating_sub(WINDOW - 1)..=i)?;
            Some((losses.get(i)?.0, window.iter().map(|p| p.1).sum::<f64>() / window.len() as f64))
        })
        .collect();
    let mut areas: std::collections::BTreeMap<&str, Points> = std::collections::BTreeMap::new();
    for line in lines {
        if let Line::Test { step, held_out } = line {
            for (list, auc) in held_out.auc.iter().filter_map(|(l, a)| Some((l, (*a)?))) {
                areas.entry(list).or_default().push((*step as f64, auc));
            }
        }
    }
    let last = losses.last()?.0;
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (900, 620)).into_drawing_area();
        root.fill(&WHITE).ok()?;
        let (above, below) = root.split_vertically(310);
        let top = losses.iter().map(|p| p.1).fold(0.1, f64::max).min(2.0);
        chart(&above, "training loss", (last, 0.0..top), &[("each step", losses), ("mean of 50", smooth)])?;
        let series: Vec<(&str, Points)> = areas.into_iter().collect();
        let low = series.iter().flat_map(|s| &s.1).map(|p| p.1).fold(0.5, f64::min);
        chart(&below, "AUC on what was held out", (last, low..1.0), &series)?;
        root.present().ok()?;
    }
    Some(svg)
}

fn chart(
    area: &DrawingArea<SVGBackend<'_>, plotters::coord::Shift>,
    title: &str,
    (last, y): (f64, std::ops::Range<f64>),
    series: &[(&str, Points)],
) -> Option<()> {
    let mut chart = ChartBuilder::on(area)
        .caption(title, ("sans-serif", 18))
        .margin(12)
        .x_label_area_size(36)
        .y_label_area_size(52)
        .build_cartesian_2d(0.0..last.max(1.0), y)
        .ok()?;
    chart.configure_mesh().x_desc("step").light_line_style(WHITE).draw().ok()?;
    for (i, (name, points)) in series.iter().enumerate() {
        let colour = Palette99::pick(i).to_rgba();
        let line = PathElement::new(points.clone(), colour.stroke_width(2));
        chart
            .draw_series([line])
            .ok()?
            .label(*name)
            .legend(move |(x, y)| PathElement::new(vec![(x, y), (x + 16, y)], colour.stroke_width(2)));
    }
    if !series.is_empty() {
        chart.configure_series_labels().background_style(WHITE).border_style(BLACK).draw().ok()?;
    }
    Some(())
}
