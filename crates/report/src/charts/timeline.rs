//! Scores over time: one lane a person, the mean as a line, lowest to highest as a tint around it.

use super::*;

/// Columns a lane is divided into: finer than print, coarse enough for an hour.
const COLUMNS: i64 = 620;
const LEFT: i32 = 96;
const RIGHT: i32 = 24;
const LANE: i32 = 168;
const BETWEEN: i32 = 28;
const AXIS: i32 = 76;
/// Between the strokes of the hatching.
const HATCH: i32 = 26;
/// Most ticks of the axis.
const TICKS: i64 = 9;

/// One scored image.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    pub us: i64,
    pub score: f64,
}

/// One person.
pub(crate) struct Lane {
    pub track: u32,
    pub label: String,
    /// In order of time.
    pub samples: Vec<Sample>,
}

/// The longest time between images that are joined.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gap(pub i64);

/// What a column of a lane shows, in units from the lane's top.
struct Column {
    x: i32,
    mean: i32,
    low: i32,
    high: i32,
    from_us: i64,
    to_us: i64,
}

/// Draws the lanes over `span` microseconds; `tick` words a time.
pub(crate) fn timeline(
    lanes: &[Lane],
    span: (i64, i64),
    thresholds: Thresholds,
    gap: Gap,
    tick: &dyn Fn(i64) -> String,
) -> Result<String, ReportError> {
    let height = lanes.len() as i32 * (LANE + BETWEEN) + AXIS;
    let (start, end) = (span.0, span.1.max(span.0 + 1));
    let width = WIDTH - LEFT - RIGHT;
    let x_of = |us: i64| LEFT + ((us - start) as f64 / (end - start) as f64 * f64::from(width)).round() as i32;
    drawn(height, |area| {
        for (i, lane) in lanes.iter().enumerate() {
            let y = i as i32 * (LANE + BETWEEN);
            grounds(area, (LEFT, y, width, LANE), thresholds)?;
            text(area, &lane.label, (8, y + LANE / 2), Look::LABEL)?;
            draw_lane(area, (lane, y), thresholds, gap, (start, end), &x_of)?;
        }
        let y = lanes.len() as i32 * (LANE + BETWEEN) + 30;
        for us in ticks(start, end) {
            // The last one would stick out of the page.
            let anchor = if us + (end - start) / 40 > end { HPos::Right } else { HPos::Center };
            text(area, &tick(us), (x_of(us), y), Look { anchor, ..Look::TICK })?;
        }
        Ok(())
    })
}

fn draw_lane<'a>(
    area: &Area<'a>,
    (lane, y): (&Lane, i32),
    thresholds: Thresholds,
    gap: Gap,
    (start, end): (i64, i64),
    x_of: &impl Fn(i64) -> i32,
) -> Drawn<'a> {
    let columns = columns(lane, thresholds, (start, end), x_of);
    let colour = person_colour(lane.track);
    let runs: Vec<&[Column]> = columns.chunk_by(|a, b| b.from_us - a.to_us <= gap.0).collect();
    let mut reached = LEFT;
    for run in &runs {
        let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
        hatch(area, (reached, y, first.x - 6 - reached, LANE))?;
        reached = last.x + 6;
        let upper = run.iter().map(|c| (c.x, y + c.high));
        let lower = run.iter().rev().map(|c| (c.x, y + c.low));
        if run.len() > 1 {
            area.draw(&Polygon::new(upper.chain(lower).collect::<Vec<_>>(), colour.mix(0.22).filled()))?;
            line(area, run.iter().map(|c| (c.x, y + c.mean)).collect(), colour, 7)?;
        } else {
            fill(area, (first.x - 5, y + first.high - 5, 10, first.low - first.high + 10), colour)?;
        }
    }
    hatch(area, (reached, y, WIDTH - RIGHT - reached, LANE))
}

fn columns(lane: &Lane, thresholds: Thresholds, (start, end): (i64, i64), x_of: &impl Fn(i64) -> i32) -> Vec<Column> {
    let of = |s: &Sample| (s.us - start) * COLUMNS / (end - start).max(1);
    let y =
        |score: f64| (((1.0 - thresholds.place(score)) * f64::from(LANE - 14)).round() as i32 + 7).clamp(4, LANE - 4);
    let column = |part: &[Sample]| {
        let (first, last) = (part.first()?, part.last()?);
        let sum: f64 = part.iter().map(|s| s.score).sum();
        let (low, high) = part.iter().fold((1.0f64, 0.0f64), |(low, high), s| (low.min(s.score), high.max(s.score)));
        Some(Column {
            x: x_of(first.us.midpoint(last.us)),
            mean: y(sum / part.len() as f64),
            low: y(low) + 7,
            high: y(high) - 7,
            from_us: first.us,
            to_us: last.us,
        })
    };
    lane.samples.chunk_by(|a, b| of(a) == of(b)).filter_map(column).collect()
}

/// A white box with strokes from lower left to upper right; nothing when it is too narrow to be seen.
fn hatch<'a>(area: &Area<'a>, (x, y, w, h): (i32, i32, i32, i32)) -> Drawn<'a> {
    if w < 10 {
        return Ok(());
    }
    fill(area, (x, y, w, h), WHITE)?;
    let mut offset = HATCH / 2;
    while offset < w + h {
        let from = (x + offset.min(w), y + (offset - w).max(0));
        let to = (x + (offset - h).max(0), y + offset.min(h));
        line(area, vec![from, to], LINE, 4)?;
        offset += HATCH;
    }
    Ok(())
}

/// Round times for the axis.
fn ticks(start: i64, end: i64) -> Vec<i64> {
    const SECOND: i64 = 1_000_000;
    let steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400];
    let step =
        steps.into_iter().map(|s| s * SECOND).find(|s| (end - start) / s < TICKS).unwrap_or((end - start).max(1));
    let first = start.div_euclid(step) * step;
    (0..=TICKS + 1).map(|i| first + i * step).filter(|us| (start..=end).contains(us)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_few() {
        assert_eq!(ticks(0, 6_000_000), (0..=6).map(|s| s * 1_000_000).collect::<Vec<_>>());
        assert_eq!(ticks(0, 48_000_000).len(), 5);
        assert!(ticks(0, 3_600_000_000).len() <= 9);
        assert!(ticks(0, i64::MAX / 4).len() <= 10);
    }

    #[test]
    fn a_gap_is_hatched_and_a_run_is_one_line() {
        let sample = |s: i64| Sample { us: s * 200_000, score: 0.5 };
        let samples = (0..10).chain(40..50).map(sample).collect();
        let lanes = [Lane { track: 0, label: "1".into(), samples }];
        let thresholds = Thresholds { low: 0.2, high: 0.9 };
        let svg = timeline(&lanes, (0, 10_000_000), thresholds, Gap(1_000_000), &|us| us.to_string()).unwrap();
        assert_eq!(svg.matches("stroke-width=\"7\"").count(), 2, "two runs");
        assert!(svg.matches("stroke-width=\"4\"").count() > 20, "hatching");
        assert!(svg.contains("10000000"));
    }
}
