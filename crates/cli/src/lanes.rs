//! The small timeline of the terminal: one lane a person, one column a slice of time.

use scan::analysis::TimelineFrame;
use scan::base::{Score, Timestamp};

use crate::glyphs::Glyphs;

/// Columns of a lane; short clips get one a frame.
pub(crate) const WIDTH: usize = 60;

/// What one slice of time shows of one person.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Cell {
    Absent,
    Unscored,
    Scored(Score),
}

/// The span of a timeline: first and last presentation time; `None` for fewer than two frames.
pub(crate) fn span(timeline: &[TimelineFrame]) -> Option<(Timestamp, Timestamp)> {
    match timeline {
        [first, .., last] => Some((first.pts_us, last.pts_us)),
        _ => None,
    }
}

/// One person's lane: the highest score of each slice as a block, a dot where the face was seen but not
/// scored, blank where it was not seen. `None` for a still.
pub(crate) fn lane(timeline: &[TimelineFrame], track: u32, glyphs: Glyphs) -> Option<String> {
    let (start, end) = span(timeline)?;
    let columns = timeline.len().min(WIDTH);
    let mut cells = vec![Cell::Absent; columns];
    for frame in timeline {
        let Some(face) = frame.faces.iter().find(|f| f.track == track) else { continue };
        let seen = face.score.map_or(Cell::Unscored, Cell::Scored);
        if let Some(cell) = cells.get_mut(column(frame.pts_us, start, end, columns)) {
            *cell = higher(*cell, seen);
        }
    }
    let signs = cells.into_iter().map(|cell| match cell {
        Cell::Absent => ' ',
        Cell::Unscored => glyphs.unscored(),
        Cell::Scored(score) => glyphs.level(score),
    });
    Some(signs.collect())
}

/// Rounds to the nearest column, so that evenly spaced frames fall one into each.
fn column(at: Timestamp, start: Timestamp, end: Timestamp, columns: usize) -> usize {
    let span = end.micros_since(start).max(1) as f64;
    let place = at.micros_since(start) as f64 / span * (columns.saturating_sub(1)) as f64;
    place.round().max(0.0) as usize
}

fn higher(a: Cell, b: Cell) -> Cell {
    match (a, b) {
        (Cell::Scored(x), Cell::Scored(y)) => Cell::Scored(if x.get() >= y.get() { x } else { y }),
        (Cell::Scored(_), _) | (Cell::Unscored, Cell::Absent) => a,
        _ => b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{face, frame};

    #[test]
    fn presence_scores_and_gaps_are_told_apart() {
        let timeline = vec![
            frame(0, 0, vec![face(0, Some(0.0))]),
            frame(6, 200_000, vec![face(0, Some(1.0)), face(1, None)]),
            frame(12, 400_000, vec![]),
            frame(18, 600_000, vec![face(0, None)]),
        ];
        assert_eq!(lane(&timeline, 0, Glyphs::Unicode).unwrap(), "▁█ ·");
        assert_eq!(lane(&timeline, 1, Glyphs::Ascii).unwrap(), " :  ");
        assert_eq!(lane(&timeline[..1], 0, Glyphs::Ascii), None);
    }

    #[test]
    fn a_long_timeline_keeps_its_peaks() {
        let timeline: Vec<_> = (0..6000_u64)
            .map(|n| frame(n, n as i64 * 200_000, vec![face(0, Some(if n == 3000 { 0.99 } else { 0.01 }))]))
            .collect();
        let lane = lane(&timeline, 0, Glyphs::Unicode).unwrap();
        assert_eq!(lane.chars().count(), WIDTH);
        assert_eq!(lane.chars().filter(|c| *c == '█').count(), 1);
        assert_eq!(lane.chars().filter(|c| *c == '▁').count(), WIDTH - 1);
    }
}
