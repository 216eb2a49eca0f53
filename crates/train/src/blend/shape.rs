//! The shape of a face: where its landmarks are, whatever its size and place.

use base::Point;

/// Every so many points of the mesh take part.
const STRIDE: usize = 9;

/// Some points of a mesh, moved to their middle and scaled to one size.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Shape(Box<[f32]>);

impl Shape {
    /// The shape of a mesh.
    pub fn of(mesh: &[Point]) -> Self {
        let points: Vec<Point> = mesh.iter().step_by(STRIDE).copied().collect();
        let n = points.len().max(1) as f32;
        let (x, y) = points.iter().fold((0.0, 0.0), |(x, y), p| (x + p.x / n, y + p.y / n));
        let spread = points.iter().map(|p| (p.x - x).powi(2) + (p.y - y).powi(2)).sum::<f32>() / n;
        let scale = 1.0 / spread.sqrt().max(1e-6);
        Self(points.iter().flat_map(|p| [(p.x - x) * scale, (p.y - y) * scale]).collect())
    }

    /// Sum of squares between two shapes.
    pub fn distance(&self, other: &Self) -> f32 {
        self.0.iter().zip(&other.0).map(|(a, b)| (a - b).powi(2)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::mesh;
    use super::*;

    #[test]
    fn size_and_place_do_not_matter_and_proportions_do() {
        let shape = |x, y, w, h| Shape::of(&mesh(x, y, w, h));
        let one = shape(70.0, 70.0, 40.0, 55.0);
        assert!(one.distance(&shape(10.0, 300.0, 80.0, 110.0)) < 1e-4);
        assert!(one.distance(&shape(70.0, 70.0, 50.0, 55.0)) > 0.05);
    }
}
