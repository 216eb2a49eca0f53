//! Convex outlines of parts of the face.

use base::Point;

/// A convex polygon, counter-clockwise in a plane whose y points down.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Hull(Vec<Point>);

impl Hull {
    /// The convex hull of the points (Andrew's monotone chain, 1979). Points that are not numbers are left
    /// out.
    pub fn around(points: impl IntoIterator<Item = Point>) -> Self {
        let mut points: Vec<Point> = points.into_iter().filter(|p| p.x.is_finite() && p.y.is_finite()).collect();
        points.sort_by(|a, b| a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y)));
        let mut hull = half(points.iter().copied());
        hull.extend(half(points.iter().rev().copied()));
        Self(hull)
    }

    /// Whether the point lies inside, or outside by no more than `distance` pixels.
    pub fn reaches(&self, p: Point, distance: f32) -> bool {
        let edges = || self.0.iter().zip(self.0.iter().cycle().skip(1));
        let inside = self.0.len() > 2 && edges().all(|(a, b)| cross(*a, *b, p) >= 0.0);
        inside || edges().any(|(a, b)| distance_to(p, *a, *b) <= distance)
    }

    /// The mean of its corners.
    pub fn middle(&self) -> Point {
        let n = self.0.len().max(1) as f32;
        Point::new(self.0.iter().map(|p| p.x).sum::<f32>() / n, self.0.iter().map(|p| p.y).sum::<f32>() / n)
    }

    /// The same, `factor` times as large about its middle.
    pub fn grown(&self, factor: f32) -> Self {
        let m = self.middle();
        let out = |p: &Point| Point::new(m.x + (p.x - m.x) * factor, m.y + (p.y - m.y) * factor);
        Self(self.0.iter().map(out).collect())
    }
}

/// One half of the hull of sorted points, without its last corner, which begins the other half.
fn half(points: impl Iterator<Item = Point>) -> Vec<Point> {
    let mut chain: Vec<Point> = Vec::new();
    for p in points {
        while let [.., a, b] = chain.as_slice()
            && cross(*a, *b, p) <= 0.0
        {
            chain.pop();
        }
        chain.push(p);
    }
    chain.pop();
    chain
}

/// Twice the signed area of the triangle.
fn cross(a: Point, b: Point, c: Point) -> f32 {
    (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)
}

/// From a point to the nearest point of a line between two others.
fn distance_to(p: Point, a: Point, b: Point) -> f32 {
    let (dx, dy) = (b.x - a.x, b.y - a.y);
    let length = dx * dx + dy * dy;
    let t = if length > 0.0 { (((p.x - a.x) * dx + (p.y - a.y) * dy) / length).clamp(0.0, 1.0) } else { 0.0 };
    p.distance(Point::new(a.x + t * dx, a.y + t * dy))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_square_with_points_inside() {
        let hull =
            Hull::around([[0.0, 0.0], [4.0, 4.0], [2.0, 1.0], [4.0, 0.0], [0.0, 4.0], [2.0, 0.0]].map(Point::from));
        assert_eq!(hull.0.len(), 4);
        let at = |x, y, d| hull.reaches(Point::new(x, y), d);
        assert!(at(2.0, 2.0, 0.0) && at(0.0, 4.0, 0.0));
        assert!(!at(5.0, 2.0, 0.5) && at(5.0, 2.0, 1.0));
        assert!(!at(5.0, 5.0, 1.4) && at(5.0, 5.0, 1.5), "round corners");
        assert!(
            hull.grown(2.0).reaches(Point::new(5.9, 2.0), 0.0) && !hull.grown(2.0).reaches(Point::new(6.1, 2.0), 0.0)
        );
    }

    #[test]
    fn nothing_and_a_single_point_contain_nothing_but_their_surroundings() {
        assert!(!Hull::around([]).reaches(Point::new(0.0, 0.0), 9.0));
        let dot = Hull::around([Point::new(1.0, 1.0), Point::new(1.0, 1.0)]);
        assert!(!dot.reaches(Point::new(3.0, 1.0), 1.0));
    }
}
