//! Why a detector gave a crop its score: where it looked, which parts of the face mattered, and whether
//! that says anything.

use base::{FrameIndex, Rect, Score, Timestamp};
use serde::{Deserialize, Serialize};

/// How a heat map was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum MapMethod {
    /// Grad-CAM at the last feature map.
    GradCam,
    /// The fall of the logit when a part is blurred, part by part.
    Occlusion,
}

/// A part of the crop, by the face mesh. Together they cover it, none overlaps another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum FaceRegion {
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

impl FaceRegion {
    /// All of them; the place of each is its bit in a subset.
    pub const ALL: [Self; 8] = [
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

/// What one region contributes to a logit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct RegionShare {
    /// Which.
    pub region: FaceRegion,
    /// Its Shapley value in logits; positive: speaks for manipulation.
    pub logit: f64,
    /// Its share of the crop, in [0, 1].
    pub area: f64,
}

/// How much of a logit comes from which region. The shares sum to `logit − logit_removed`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct RegionShares {
    /// The logit of the crop as it is.
    pub logit: f64,
    /// The logit of the crop with every region blurred.
    pub logit_removed: f64,
    /// In the order of [`FaceRegion::ALL`].
    pub shares: Vec<RegionShare>,
}

/// Whether blurring the part that a map points to changes the logit more than blurring parts of the same
/// area that random maps point to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Faithfulness {
    /// Share of the crop that was blurred, in [0, 1].
    pub area: f64,
    /// How far the logit falls.
    pub fall: f64,
    /// The median fall over the random maps.
    pub median_random_fall: f64,
    /// Random maps tried.
    pub random: u32,
    /// Random maps that the map beats.
    pub beaten: u32,
    /// How often chance alone does as well, estimated: (1 + not beaten) / (1 + random).
    pub p: f64,
    /// Whether the map may be shown: `p` is at most [`MAX_P`].
    pub shown: bool,
}

/// A map that chance equals more often than this is withheld. Two maps are tried at most, so that of crops
/// where neither means anything one in twenty shows a map.
pub const MAX_P: f64 = 0.025;

impl Faithfulness {
    /// From the fall under the map and those under random maps; `None` without random maps, when nothing
    /// can be said.
    pub fn of(area: f64, fall: f64, random_falls: &[f64]) -> Option<Self> {
        let mut sorted = random_falls.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        let median = (sorted.get(sorted.len().saturating_sub(1) / 2)? + sorted.get(sorted.len() / 2)?) / 2.0;
        let beaten = sorted.iter().filter(|r| fall > **r).count();
        let p = (1 + sorted.len() - beaten) as f64 / (1 + sorted.len()) as f64;
        Some(Self {
            area,
            fall,
            median_random_fall: median,
            random: sorted.len() as u32,
            beaten: beaten as u32,
            p,
            shown: p <= MAX_P,
        })
    }
}

/// One crop of one person as one detector sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Explanation {
    /// The person, as in [`crate::Person::track`].
    pub track: u32,
    /// Number of the frame in decoding order.
    pub frame: FrameIndex,
    /// Its presentation time.
    pub pts_us: Timestamp,
    /// The detector, by model id.
    pub model: String,
    /// What it says of this crop.
    pub logit: f32,
    /// The same, calibrated.
    pub score: Score,
    /// The square that it sees, in pixels of the upright frame.
    pub crop: Rect,
    /// How the heat map was made.
    pub method: MapMethod,
    /// The map's highest value in logits: the upper end of the picture's scale, whose lower end is 0.
    pub peak: f64,
    /// Whether the map says anything.
    pub faithfulness: Faithfulness,
    /// Which parts of the face mattered; `None` when no mesh could be laid over it.
    pub regions: Option<RegionShares>,
    /// File of the heat map's picture, relative to the folder of results; `None` when none was written, as
    /// for a map that is withheld.
    pub picture: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_is_shown_when_chance_hardly_ever_does_as_well() {
        let random: Vec<f64> = (0..39).map(f64::from).collect();
        let of = |fall| Faithfulness::of(0.15, fall, &random).unwrap();
        let best = of(100.0);
        assert_eq!((best.beaten, best.p, best.shown), (39, 1.0 / 40.0, true));
        assert_eq!((of(38.5).beaten, of(38.5).shown), (39, true));
        assert_eq!((of(37.5).beaten, of(37.5).shown), (38, false));
        let equal = of(19.0);
        assert_eq!((equal.beaten, equal.median_random_fall, equal.shown), (19, 19.0, false), "a tie is no win");
        assert_eq!(of(-1.0).p, 1.0);
    }

    #[test]
    fn without_random_maps_nothing_can_be_said() {
        assert_eq!(Faithfulness::of(0.15, 1.0, &[]), None);
    }
}
