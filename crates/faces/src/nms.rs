//! Non-maximum suppression: of boxes that overlap too much, the best stays.

use std::collections::HashMap;

/// A scored box between two corners, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScoredBox {
    /// Left, top, right, bottom.
    pub corners: [f32; 4],
    /// Larger is better.
    pub score: f32,
}

/// What overlap is measured against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overlap {
    /// Intersection over union, corners as coordinates (as torchvision counts).
    Union,
    /// Intersection over the smaller box, corners as the first and last pixel (`+ 1`), which also
    /// drops a box inside another one (MTCNN's last stage).
    Smaller,
}

impl Overlap {
    fn of(self, a: &[f32; 4], b: &[f32; 4]) -> f32 {
        let [ax0, ay0, ax1, ay1] = *a;
        let [bx0, by0, bx1, by1] = *b;
        let one = if self == Self::Smaller { 1.0 } else { 0.0 };
        let w = (ax1.min(bx1) - ax0.max(bx0) + one).max(0.0);
        let h = (ay1.min(by1) - ay0.max(by0) + one).max(0.0);
        let common = w * h;
        if common <= 0.0 {
            return 0.0;
        }
        let area_a = (ax1 - ax0 + one) * (ay1 - ay0 + one);
        let area_b = (bx1 - bx0 + one) * (by1 - by0 + one);
        match self {
            Self::Union => common / (area_a + area_b - common),
            Self::Smaller => common / area_a.min(area_b),
        }
    }
}

/// Indices of the boxes that stay, best first: a box goes when it overlaps a better one that stays by
/// more than `threshold`. Equal scores keep their order.
///
/// Kept boxes are looked up by grid cell, so that thousands of small boxes spread over a picture cost
/// linear time; the result is that of the plain quadratic loop.
pub fn nms(boxes: &[ScoredBox], threshold: f32, overlap: Overlap) -> Vec<usize> {
    let mut order: Vec<usize> = (0..boxes.len()).collect();
    order.sort_by(|&a, &b| score_of(boxes, b).total_cmp(&score_of(boxes, a)));
    let mut grid = Grid::new(boxes);
    let mut kept = Vec::new();
    for index in order {
        let Some(candidate) = boxes.get(index) else { continue };
        if !grid.any_near(&candidate.corners, |other| overlap.of(&candidate.corners, other) > threshold) {
            grid.insert(candidate.corners);
            kept.push(index);
        }
    }
    kept
}

fn score_of(boxes: &[ScoredBox], index: usize) -> f32 {
    boxes.get(index).map_or(f32::NEG_INFINITY, |b| b.score)
}

/// Boxes by every grid cell they touch; cells are as large as the mean box.
struct Grid {
    cell: f32,
    cells: HashMap<(i32, i32), Vec<[f32; 4]>>,
    large: Vec<[f32; 4]>,
}

/// A box that touches more cells than this is kept in a list of its own that everybody looks at.
const MAX_CELLS_EACH: i64 = 36;

impl Grid {
    fn new(boxes: &[ScoredBox]) -> Self {
        let sides = boxes.iter().map(|b| {
            let [x0, y0, x1, y1] = b.corners;
            f64::from((x1 - x0).max(y1 - y0).max(1.0))
        });
        let mean = sides.sum::<f64>() / boxes.len().max(1) as f64;
        Self { cell: mean.max(1.0) as f32, cells: HashMap::new(), large: Vec::new() }
    }

    /// The cells that a box and a rim of one pixel (for [`Overlap::Smaller`]) touch.
    fn range(&self, corners: &[f32; 4]) -> [i32; 4] {
        let [x0, y0, x1, y1] = *corners;
        let at = |v: f32| (v / self.cell).floor() as i32;
        [at(x0 - 1.0), at(y0 - 1.0), at(x1 + 1.0), at(y1 + 1.0)]
    }

    fn count([cx0, cy0, cx1, cy1]: [i32; 4]) -> i64 {
        (i64::from(cx1) - i64::from(cx0) + 1).max(0) * (i64::from(cy1) - i64::from(cy0) + 1).max(0)
    }

    fn insert(&mut self, corners: [f32; 4]) {
        let range = self.range(&corners);
        if Self::count(range) > MAX_CELLS_EACH {
            self.large.push(corners);
            return;
        }
        let [cx0, cy0, cx1, cy1] = range;
        for cy in cy0..=cy1 {
            for cx in cx0..=cx1 {
                self.cells.entry((cx, cy)).or_default().push(corners);
            }
        }
    }

    fn any_near(&self, corners: &[f32; 4], mut hit: impl FnMut(&[f32; 4]) -> bool) -> bool {
        if self.large.iter().any(&mut hit) {
            return true;
        }
        let range = self.range(corners);
        if Self::count(range) > self.cells.len() as i64 {
            return self.cells.values().flatten().any(hit);
        }
        let [cx0, cy0, cx1, cy1] = range;
        (cy0..=cy1)
            .any(|cy| (cx0..=cx1).any(|cx| self.cells.get(&(cx, cy)).is_some_and(|boxes| boxes.iter().any(&mut hit))))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scored(corners: [f32; 4], score: f32) -> ScoredBox {
        ScoredBox { corners, score }
    }

    #[test]
    fn overlap_of_known_boxes() {
        let outer = [0.0, 0.0, 10.0, 10.0];
        let half = [0.0, 0.0, 10.0, 5.0];
        assert_eq!(Overlap::Union.of(&outer, &half), 0.5);
        assert_eq!(Overlap::Smaller.of(&outer, &half), 1.0);
        assert_eq!(Overlap::Union.of(&outer, &[10.0, 0.0, 20.0, 10.0]), 0.0);
        // Both own the pixel column 10: 11 of 121 pixels.
        assert_eq!(Overlap::Smaller.of(&outer, &[10.0, 0.0, 20.0, 10.0]), 11.0 / 121.0);
    }

    #[test]
    fn the_best_stays_and_what_it_covers_goes() {
        let boxes = [
            scored([0.0, 0.0, 10.0, 10.0], 0.8),
            scored([1.0, 0.0, 11.0, 10.0], 0.9),
            scored([30.0, 30.0, 40.0, 40.0], 0.7),
            scored([2.0, 2.0, 6.0, 6.0], 0.6),
        ];
        assert_eq!(nms(&boxes, 0.5, Overlap::Union), vec![1, 2, 3]);
        assert_eq!(nms(&boxes, 0.5, Overlap::Smaller), vec![1, 2]);
        assert_eq!(nms(&[], 0.5, Overlap::Union), Vec::<usize>::new());
    }

    #[test]
    fn an_overlap_of_exactly_the_threshold_stays() {
        let boxes = [scored([0.0, 0.0, 10.0, 10.0], 0.9), scored([0.0, 0.0, 10.0, 5.0], 0.8)];
        assert_eq!(nms(&boxes, 0.5, Overlap::Union), vec![0, 1]);
    }

    fn plain(boxes: &[ScoredBox], threshold: f32, overlap: Overlap) -> Vec<usize> {
        let mut order: Vec<usize> = (0..boxes.len()).collect();
        order.sort_by(|&a, &b| boxes[b].score.total_cmp(&boxes[a].score));
        let mut kept: Vec<usize> = Vec::new();
        for i in order {
            if kept.iter().all(|&k| overlap.of(&boxes[i].corners, &boxes[k].corners) <= threshold) {
                kept.push(i);
            }
        }
        kept
    }

    proptest! {
        #[test]
        fn the_grid_changes_nothing(
            raw in prop::collection::vec((-50.0f32..400.0, -50.0f32..400.0, 1.0f32..150.0, 1.0f32..150.0, 0u8..40), 0..120),
            threshold in 0.1f32..0.9,
        ) {
            let boxes: Vec<_> = raw.iter().map(|&(x, y, w, h, s)| scored([x, y, x + w, y + h], f32::from(s) / 40.0)).collect();
            for overlap in [Overlap::Union, Overlap::Smaller] {
                prop_assert_eq!(nms(&boxes, threshold, overlap), plain(&boxes, threshold, overlap));
            }
        }
    }
}
