//! The eight parts that a crop is divided into, by the 468 points of the face mesh.

use base::Point;

use super::blur::feathered;
use super::hull::Hull;

/// How many regions there are.
pub const REGIONS: usize = 8;

/// A part of a crop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Region {
    /// Both eyes with their lids.
    Eyes,
    /// Both brows.
    Brows,
    /// The nose.
    Nose,
    /// The mouth with its lips.
    Mouth,
    /// What the mesh covers below the brows and none of the others does.
    CheeksAndJaw,
    /// What the mesh covers above the brows.
    Forehead,
    /// A ring about the mesh: hair, ears, the border of the face.
    HairAndBorder,
    /// The rest.
    Background,
}

impl Region {
    /// All of them; the place of each is its bit in a subset.
    pub const ALL: [Self; REGIONS] = [
        Self::Eyes,
        Self::Brows,
        Self::Nose,
        Self::Mouth,
        Self::CheeksAndJaw,
        Self::Forehead,
        Self::HairAndBorder,
        Self::Background,
    ];
}

// Points of MediaPipe's canonical face mesh, by their numbers: the published contours FACE_OVAL, LEFT_EYE, RIGHT_EYE,
// LEFT_EYEBROW, RIGHT_EYEBROW and LIPS, and the outline of the nose from its bridge (168) over the wings (48, 278) to
// its base (2).
const OVAL: [usize; 36] = [
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150,
    136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
];
const EYES: [[usize; 16]; 2] = [
    [33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246],
    [263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466],
];
const BROWS: [[usize; 10]; 2] =
    [[46, 53, 52, 65, 55, 70, 63, 105, 66, 107], [276, 283, 282, 295, 285, 300, 293, 334, 296, 336]];
const LIPS: [usize; 20] = [61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 185, 40, 39, 37, 0, 267, 269, 270, 409];
const NOSE: [usize; 12] = [168, 6, 1, 2, 48, 278, 64, 294, 98, 327, 115, 344];

// How far a region reaches beyond its outline, over the distance between the eyes: lids, the ends of brows and the
// edges of lips belong to them.
const EYES_REACH: f32 = 0.12;
const BROWS_REACH: f32 = 0.06;
const NOSE_REACH: f32 = 0.05;
const MOUTH_REACH: f32 = 0.08;
/// Size of the outer edge of the ring over that of the face's oval.
const RING: f32 = 1.45;

/// A crop divided into its regions.
#[derive(Clone, Debug)]
pub struct Partition {
    size: [usize; 2],
    /// By region: the share of each pixel, row by row. They sum to 1 at every pixel.
    shares: Vec<Vec<f32>>,
    /// By region: pixels.
    counts: [usize; REGIONS],
}

impl Partition {
    /// Divides a crop of `[width, height]` pixels by a mesh whose 468 points are given in pixels of the
    /// crop. `None` for another number of points or an empty crop.
    pub fn of(mesh: &[Point], size: [usize; 2]) -> Option<Self> {
        let outlines = Outlines::of(mesh)?;
        let [width, height] = size;
        let centre = |i: usize| Point::new((i % width) as f32 + 0.5, (i / width) as f32 + 0.5);
        let labels: Vec<Region> = (0..width * height).map(|i| outlines.region(centre(i))).collect();
        Self::of_labels(&labels, size)
    }

    /// From the region of each pixel, row by row; `None` when they are not as many as the pixels, or none.
    pub fn of_labels(labels: &[Region], size: [usize; 2]) -> Option<Self> {
        if labels.is_empty() || labels.len() != size.iter().product::<usize>() {
            return None;
        }
        let mask = |region| labels.iter().map(|l| f32::from(u8::from(*l == region))).collect::<Vec<_>>();
        let counts = Region::ALL.map(|region| labels.iter().filter(|l| **l == region).count());
        let shares = Region::ALL.iter().map(|region| feathered(&mask(*region), size)).collect();
        Some(Self { size, shares, counts })
    }

    /// Share of the crop that a region covers, in [0, 1], in the order of [`Region::ALL`].
    pub fn areas(&self) -> [f64; REGIONS] {
        let all = self.size.iter().product::<usize>() as f64;
        self.counts.map(|n| n as f64 / all)
    }

    /// Bits of the regions that cover any pixel at all.
    pub fn present(&self) -> usize {
        self.counts.iter().enumerate().filter(|(_, n)| **n > 0).map(|(bit, _)| 1 << bit).sum()
    }

    /// The share of each pixel that belongs to a subset of the regions, whose bits are given; row by row, in [0, 1].
    pub fn kept(&self, subset: usize) -> Vec<f32> {
        let mut sum = vec![0.0; self.size.iter().product()];
        for (bit, shares) in self.shares.iter().enumerate() {
            if subset & (1 << bit) != 0 {
                sum.iter_mut().zip(shares).for_each(|(s, v): (&mut f32, &f32)| *s += v);
            }
        }
        sum
    }

    /// Pixels across and down.
    pub(super) fn size(&self) -> [usize; 2] {
        self.size
    }
}

/// The outlines that decide.
struct Outlines {
    eyes: [Hull; 2],
    brows: [Hull; 2],
    nose: Hull,
    mouth: Hull,
    oval: Hull,
    ring: Hull,
    /// A point on the line of the brows and the direction upwards from there, of length 1.
    brow_line: Point,
    up: Point,
    /// Between the middles of the eyes, in pixels.
    between_eyes: f32,
}

impl Outlines {
    fn of(mesh: &[Point]) -> Option<Self> {
        if mesh.len() != 468 {
            return None;
        }
        let hull = |points: &[usize]| Hull::around(points.iter().filter_map(|i| mesh.get(*i).copied()));
        let (eyes, brows) = (EYES.map(|e| hull(&e)), BROWS.map(|b| hull(&b)));
        let (mouth, oval) = (hull(&LIPS), hull(&OVAL));
        let middle = |[a, b]: &[Hull; 2]| {
            let (a, b) = (a.middle(), b.middle());
            Point::new((a.x + b.x) / 2.0, (a.y + b.y) / 2.0)
        };
        let [left, right] = &eyes;
        let (from, to) = (mouth.middle(), middle(&eyes));
        let length = from.distance(to).max(f32::EPSILON);
        Some(Self {
            between_eyes: left.middle().distance(right.middle()),
            brow_line: middle(&brows),
            up: Point::new((to.x - from.x) / length, (to.y - from.y) / length),
            nose: hull(&NOSE),
            ring: oval.grown(RING),
            eyes,
            brows,
            mouth,
            oval,
        })
    }

    fn region(&self, p: Point) -> Region {
        let reaches = |hull: &Hull, share: f32| hull.reaches(p, share * self.between_eyes);
        if self.brows.iter().any(|b| reaches(b, BROWS_REACH)) {
            Region::Brows
        } else if self.eyes.iter().any(|e| reaches(e, EYES_REACH)) {
            Region::Eyes
        } else if reaches(&self.mouth, MOUTH_REACH) {
            Region::Mouth
        } else if reaches(&self.nose, NOSE_REACH) {
            Region::Nose
        } else if self.oval.reaches(p, 0.0) {
            let above = (p.x - self.brow_line.x) * self.up.x + (p.y - self.brow_line.y) * self.up.y;
            if above > 0.0 { Region::Forehead } else { Region::CheeksAndJaw }
        } else if self.ring.reaches(p, 0.0) {
            Region::HairAndBorder
        } else {
            Region::Background
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The outlines of a face that looks at the camera, in a crop of 128 px; other points lie in the middle.
    fn plain_mesh() -> Vec<Point> {
        let mut mesh = vec![Point::new(64.0, 66.0); 468];
        let mut ring = |indices: &[usize], x: f32, y: f32, rx: f32, ry: f32| {
            for (k, i) in indices.iter().enumerate() {
                let (sin, cos) = (std::f32::consts::TAU * k as f32 / indices.len() as f32).sin_cos();
                mesh[*i] = Point::new(x + rx * sin, y - ry * cos);
            }
        };
        ring(&OVAL, 64.0, 66.0, 36.0, 46.0);
        for (side, x) in [(0, 48.0), (1, 80.0)] {
            ring(&EYES[side], x, 54.0, 8.0, 3.0);
            ring(&BROWS[side], x, 42.0, 10.0, 2.0);
        }
        ring(&LIPS, 64.0, 92.0, 13.0, 5.0);
        ring(&NOSE, 64.0, 68.0, 8.0, 13.0);
        mesh
    }

    #[test]
    fn each_part_of_a_face_is_where_one_expects_it() {
        let outlines = Outlines::of(&plain_mesh()).unwrap();
        for (x, y, region) in [
            (48.0, 54.0, Region::Eyes),
            (80.0, 50.0, Region::Eyes),
            (48.0, 41.0, Region::Brows),
            (64.0, 70.0, Region::Nose),
            (64.0, 92.0, Region::Mouth),
            (40.0, 75.0, Region::CheeksAndJaw),
            (64.0, 107.0, Region::CheeksAndJaw),
            (64.0, 28.0, Region::Forehead),
            (64.0, 14.0, Region::HairAndBorder),
            (20.0, 66.0, Region::HairAndBorder),
            (2.0, 2.0, Region::Background),
        ] {
            assert_eq!(outlines.region(Point::new(x, y)), region, "{x}, {y}");
        }
    }

    #[test]
    fn the_forehead_turns_with_the_head() {
        let turned: Vec<Point> = plain_mesh().iter().map(|p| Point::new(p.y, 128.0 - p.x)).collect();
        let outlines = Outlines::of(&turned).unwrap();
        assert_eq!(outlines.region(Point::new(28.0, 64.0)), Region::Forehead);
        assert_eq!(outlines.region(Point::new(107.0, 64.0)), Region::CheeksAndJaw);
    }

    #[test]
    fn regions_cover_the_crop_once() {
        let partition = Partition::of(&plain_mesh(), [128, 128]).unwrap();
        assert!((partition.areas().iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert!(partition.areas().iter().all(|a| *a > 0.005), "{:?}", partition.areas());
        assert!(partition.kept(0xff).iter().all(|v| (v - 1.0).abs() < 1e-4));
        assert!(partition.kept(0).iter().all(|v| *v == 0.0));
        assert_eq!(partition.present(), 0xff);
    }

    #[test]
    fn a_tight_crop_has_no_background() {
        let close: Vec<Point> =
            plain_mesh().iter().map(|p| Point::new((p.x - 64.0) * 2.0 + 64.0, (p.y - 64.0) * 2.0 + 64.0)).collect();
        let partition = Partition::of(&close, [128, 128]).unwrap();
        assert_eq!(partition.present() & (1 << 7), 0);
        assert_eq!(partition.areas()[7], 0.0);
    }

    #[test]
    fn what_is_no_mesh_divides_nothing() {
        assert!(Partition::of(&[Point::default(); 5], [128, 128]).is_none());
        assert!(Partition::of_labels(&[Region::Nose; 5], [2, 2]).is_none());
    }
}
