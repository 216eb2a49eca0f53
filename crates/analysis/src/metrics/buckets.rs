//! How a detector did on files of a kind: tables by face size, blur and compression that are shipped with it, so that
//! a shell can say "on files like yours".

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::evaluation::Rate;
use super::{auc, rate_at};
use crate::{Analysis, AnalysisError, FaceQuality, Person, clopper_pearson};

/// The name of the form this version writes and reads.
pub const BUCKETS_SCHEMA: &str = "facefiction.buckets/1";

/// Buckets of a dimension at most; this version writes six.
const MOST_BUCKETS: usize = 64;
/// Units of a bucket at most: more are a slip or a fraud.
const MOST_UNITS: u64 = 1 << 32;

/// What files are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum Dimension {
    /// Pixels of the face ([`crate::FaceQuality::face_px`]).
    FaceSize,
    /// [`crate::FaceQuality::sharpness`].
    Sharpness,
    /// [`crate::FaceQuality::blockiness`].
    Blockiness,
}

impl Dimension {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::FaceSize, Self::Sharpness, Self::Blockiness];

    /// Where one bucket ends and the next begins; the first has no lower end and the last no upper one. Face sizes
    /// are those of the quality gate's limit and of doublings; the others cut the stills of this project and their
    /// re-encoded copies into parts of use.
    pub const fn edges(self) -> &'static [f64] {
        match self {
            Self::FaceSize => &[96.0, 128.0, 192.0, 256.0, 384.0],
            Self::Sharpness => &[0.03, 0.06, 0.12, 0.25],
            Self::Blockiness => &[1.05, 1.15, 1.3, 1.6],
        }
    }
}

/// How good the pictures of a face are: medians over its usable crops.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quality {
    /// Pixels of the face.
    pub face_px: f64,
    /// The higher the sharper.
    pub sharpness: f64,
    /// The higher the more compressed.
    pub blockiness: f64,
}

impl Quality {
    /// Of a person's usable faces; `None` when there are none.
    pub fn of(analysis: &Analysis, person: &Person) -> Option<Self> {
        let faces = || analysis.timeline.iter().flat_map(|frame| &frame.faces);
        let usable = || faces().filter(|f| f.track == person.track && f.quality.usable);
        let median = |of: fn(&FaceQuality) -> f32| {
            let mut all: Vec<f32> = usable().map(|f| of(&f.quality)).collect();
            all.sort_by(f32::total_cmp);
            // More digits than four would only be noise in tables.
            all.get(all.len() / 2).map(|m| (f64::from(*m) * 1e4).round() / 1e4)
        };
        Some(Self {
            face_px: median(|q| q.face_px)?,
            sharpness: median(|q| q.sharpness)?,
            blockiness: median(|q| q.blockiness)?,
        })
    }

    pub(super) fn along(self, dimension: Dimension) -> f64 {
        match dimension {
            Dimension::FaceSize => self.face_px,
            Dimension::Sharpness => self.sharpness,
            Dimension::Blockiness => self.blockiness,
        }
    }
}

/// What a detector did on faces of one kind. Units are groups (people, source videos), not pictures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bucket {
    /// From this value on; open below where absent.
    pub from: Option<f64>,
    /// Below this value; open above where absent.
    pub to: Option<f64>,
    /// Real units.
    pub n_real: u64,
    /// Of them, those of which any crop or clip lies at or above the threshold.
    pub false_alarms: u64,
    /// Their share with its exact 95 % interval.
    pub fpr: Rate,
    /// Fake units.
    pub n_fake: u64,
    /// Of them, those whose mean lies at or above the threshold.
    pub found: u64,
    /// Their share with its exact 95 % interval.
    pub tpr: Rate,
    /// Area under the ROC curve of the units' means.
    pub auc: Option<f64>,
}

/// `models/<id>/evaluation/buckets.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Buckets {
    /// [`BUCKETS_SCHEMA`].
    pub schema: String,
    /// The detector.
    pub model: String,
    /// SHA-256 of its weights: the tables hold for no others.
    pub sha256: String,
    /// The calibrated score from which on a unit counts as suspected.
    pub threshold: f64,
    /// Day of the measurement, `2026-11-21`.
    pub measured: String,
    /// Which files, and how they were examined.
    pub measured_on: String,
    /// The tables, buckets in rising order.
    pub dimensions: BTreeMap<Dimension, Vec<Bucket>>,
}

/// One crop or clip as one detector scored it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Graded {
    /// Group and label make the unit.
    pub group: usize,
    /// The label.
    pub fake: bool,
    /// Calibrated.
    pub score: f64,
    /// How good its pictures are.
    pub quality: Quality,
}

impl Buckets {
    /// The buckets of a face, one a dimension, as far as there are any.
    pub fn like(&self, quality: Quality) -> Vec<(Dimension, &Bucket)> {
        let holds = |b: &&Bucket, v: f64| b.from.is_none_or(|from| v >= from) && b.to.is_none_or(|to| v < to);
        let dimensions = self.dimensions.iter();
        dimensions.filter_map(|(d, all)| Some((*d, all.iter().find(|b| holds(b, quality.along(*d)))?))).collect()
    }

    /// Whether these can be tables of the model with these weights: counts within their totals, ends in order.
    pub fn are_of(&self, model: &str, sha256: &str) -> bool {
        let sound = |b: &Bucket| {
            let in_order = b.from.zip(b.to).is_none_or(|(from, to)| from < to);
            in_order && b.false_alarms <= b.n_real && b.found <= b.n_fake && b.n_real.max(b.n_fake) <= MOST_UNITS
        };
        let tables = self.dimensions.values();
        let is_small = tables.clone().all(|all| all.len() <= MOST_BUCKETS);
        self.schema == BUCKETS_SCHEMA
            && self.model == model
            && self.sha256 == sha256
            && is_small
            && tables.flatten().all(sound)
    }

    /// Reads the document.
    ///
    /// # Errors
    /// [`AnalysisError::Schema`] for another form, [`AnalysisError::Shape`] for anything that is none.
    pub fn from_json(text: &str) -> Result<Self, AnalysisError> {
        let buckets: Self = serde_json::from_str(text)?;
        if buckets.schema == BUCKETS_SCHEMA {
            Ok(buckets)
        } else {
            Err(AnalysisError::Schema { found: buckets.schema })
        }
    }
}

/// The table of one dimension, empty buckets left out.
pub fn bucket_table(items: &[Graded], dimension: Dimension, threshold: f64) -> Vec<Bucket> {
    let edges = dimension.edges();
    let ends = edges.iter().map(|e| Some(*e)).chain([None]);
    let starts = [None].into_iter().chain(edges.iter().map(|e| Some(*e)));
    let tables = starts.zip(ends).map(|(from, to)| {
        let within = |g: &&Graded| {
            let value = g.quality.along(dimension);
            from.is_none_or(|from| value >= from) && to.is_none_or(|to| value < to)
        };
        bucket(items.iter().filter(within), threshold, (from, to))
    });
    tables.filter(|b| b.n_real + b.n_fake > 0).collect()
}

fn bucket<'a>(
    items: impl Iterator<Item = &'a Graded>,
    threshold: f64,
    (from, to): (Option<f64>, Option<f64>),
) -> Bucket {
    let mut units: BTreeMap<(bool, usize), Vec<f64>> = BTreeMap::new();
    for g in items {
        units.entry((g.fake, g.group)).or_default().push(g.score);
    }
    let of = |fake: bool| units.iter().filter(move |((f, _), _)| *f == fake).map(|(_, scores)| scores);
    let means = |fake: bool| -> Vec<f64> { of(fake).map(|s| s.iter().sum::<f64>() / s.len() as f64).collect() };
    let (real, fake) = (means(false), means(true));
    let false_alarms = of(false).filter(|s| s.iter().any(|s| *s >= threshold)).count() as u64;
    let found = fake.iter().filter(|s| **s >= threshold).count() as u64;
    let (n_real, n_fake) = (real.len() as u64, fake.len() as u64);
    let alarms = (n_real > 0).then(|| false_alarms as f64 / n_real as f64);
    Bucket {
        from,
        to,
        n_real,
        false_alarms,
        fpr: with_bounds(alarms, false_alarms, n_real),
        n_fake,
        found,
        tpr: with_bounds(rate_at(&fake, threshold), found, n_fake),
        auc: auc(&real, &fake),
    }
}

fn with_bounds(value: Option<f64>, hits: u64, n: u64) -> Rate {
    let bounds = clopper_pearson(hits, n, 0.025);
    Rate { value, low: value.map(|_| bounds.low), high: value.map(|_| bounds.high) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graded(group: usize, fake: bool, score: f64, face_px: f64) -> Graded {
        Graded { group, fake, score, quality: Quality { face_px, sharpness: 0.1, blockiness: 1.0 } }
    }

    #[test]
    fn units_count_once_and_reals_by_their_worst() {
        let items = [
            graded(1, false, 0.2, 100.0),
            graded(1, false, 0.95, 110.0),
            graded(2, false, 0.1, 120.0),
            graded(3, true, 0.99, 127.9),
            graded(3, true, 0.5, 96.0),
            graded(4, true, 0.95, 128.0),
        ];
        let table = bucket_table(&items, Dimension::FaceSize, 0.9);
        assert_eq!(table.len(), 2);
        let (small, large) = (&table[0], &table[1]);
        assert_eq!((small.from, small.to, small.n_real, small.false_alarms), (Some(96.0), Some(128.0), 2, 1));
        assert_eq!((small.n_fake, small.found, small.auc), (1, 0, Some(1.0)));
        assert_eq!((large.from, large.n_fake, large.found, large.fpr), (Some(128.0), 1, 1, Rate::default()));
        assert!(small.fpr.low.unwrap() > 0.0 && small.fpr.high.unwrap() < 1.0);
    }

    #[test]
    fn a_face_finds_its_buckets_again() {
        let items = [graded(1, false, 0.2, 100.0), graded(2, true, 0.9, 300.0)];
        let dimensions = Dimension::ALL.map(|d| (d, bucket_table(&items, d, 0.5))).into();
        let text = |s: &str| s.to_owned();
        let buckets = Buckets {
            schema: text(BUCKETS_SCHEMA),
            model: text("m"),
            sha256: text("0"),
            threshold: 0.5,
            measured: text("2026-11-21"),
            measured_on: text("here"),
            dimensions,
        };
        let json = serde_json::to_string(&buckets).unwrap();
        assert_eq!(Buckets::from_json(&json).unwrap(), buckets);
        assert!(Buckets::from_json(&json.replace("buckets/1", "buckets/9")).is_err());
        let like = buckets.like(Quality { face_px: 300.0, sharpness: 0.1, blockiness: 0.9 });
        assert_eq!(
            like.iter().map(|(d, b)| (*d, b.n_real, b.n_fake)).collect::<Vec<_>>(),
            [(Dimension::FaceSize, 0, 1), (Dimension::Sharpness, 1, 1), (Dimension::Blockiness, 1, 1)]
        );
        assert_eq!(buckets.like(Quality { face_px: 140.0, ..Quality::default() }).len(), 1);
    }
}
