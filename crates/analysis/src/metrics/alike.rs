//! "On files like this one": the rows of a detector's tables that the faces of an analysis belong to.

use std::collections::BTreeMap;

use serde::Serialize;

use super::buckets::{Bucket, Buckets, Dimension, Quality};
use crate::Analysis;

/// What a detector did on faces of known origin that resemble some of an analysis in one respect.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Alike {
    /// The detector.
    pub model: String,
    /// In which respect.
    pub dimension: Dimension,
    /// From this value on; open below where absent.
    pub from: Option<f64>,
    /// Below this value; open above where absent.
    pub to: Option<f64>,
    /// Whose faces, in rising order.
    pub tracks: Vec<u32>,
    /// Real units.
    pub n_real: u64,
    /// Of them, wrongly suspected.
    pub false_alarms: u64,
    /// Manipulated units.
    pub n_fake: u64,
    /// Of them, suspected.
    pub found: u64,
}

/// The rows of `tables` for the people of an analysis, one for each detector, respect and kind: by detector in the
/// order of the analysis, then by respect, from small to large. Tables of other models or other weights are left out.
pub fn alike(analysis: &Analysis, tables: &[Buckets]) -> Vec<Alike> {
    let people: Vec<(u32, Quality)> =
        analysis.people.iter().filter_map(|p| Some((p.track, Quality::of(analysis, p)?))).collect();
    let mut all = Vec::new();
    for model in &analysis.models {
        let Some(table) = tables.iter().find(|t| t.are_of(&model.id, &model.sha256)) else { continue };
        let mut rows: BTreeMap<(Dimension, u64), Alike> = BTreeMap::new();
        for (track, quality) in &people {
            let like: BTreeMap<Dimension, &Bucket> = table.like(*quality).into_iter().collect();
            for dimension in table.dimensions.keys().copied() {
                let row = like.get(&dimension).map_or_else(
                    || untried(&model.id, dimension, quality.along(dimension)),
                    |bucket| row(&model.id, dimension, bucket),
                );
                // Never negative, so its bits are in its order.
                let key = (dimension, row.from.unwrap_or_default().max(0.0).to_bits());
                rows.entry(key).or_insert(row).tracks.push(*track);
            }
        }
        all.extend(rows.into_values().map(|mut row| {
            row.tracks.sort_unstable();
            row
        }));
    }
    all
}

fn row(model: &str, dimension: Dimension, bucket: &Bucket) -> Alike {
    let Bucket { from, to, n_real, false_alarms, n_fake, found, .. } = *bucket;
    Alike { model: model.to_owned(), dimension, from, to, tracks: Vec::new(), n_real, false_alarms, n_fake, found }
}

/// Of a kind of which nothing was tried: that is told too. Tables leave empty rows out.
fn untried(model: &str, dimension: Dimension, value: f64) -> Alike {
    let edges = dimension.edges().iter().copied();
    let from = edges.clone().rfind(|edge| *edge <= value);
    let to = edges.clone().find(|edge| *edge > value);
    let (model, tracks) = (model.to_owned(), Vec::new());
    Alike { model, dimension, from, to, tracks, n_real: 0, false_alarms: 0, n_fake: 0, found: 0 }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use base::{FrameIndex, Point, Rect, Timestamp};

    use super::super::buckets::{BUCKETS_SCHEMA, Graded, bucket_table};
    use super::*;
    use crate::{FaceQuality, FileFacts, Findings, Model, Person, Run, Task, TimelineFace, TimelineFrame, Verdict};

    fn face(track: u32, face_px: f32, usable: bool) -> TimelineFace {
        let quality = FaceQuality { usable, face_px, sharpness: 0.1, blockiness: 1.0, ..FaceQuality::default() };
        let (rect, landmarks) = (Rect::new(0.0, 0.0, 1.0, 1.0), [Point::default(); 5]);
        TimelineFace { track, rect, landmarks, quality, score: None, scores: BTreeMap::new() }
    }

    fn person(track: u32) -> Person {
        let time = Timestamp::default();
        Person {
            track,
            first_us: time,
            last_us: time,
            crops: 3,
            usable_crops: 3,
            score: None,
            scores: BTreeMap::new(),
            verdict: Verdict::not_examined([]),
            fraction_above: None,
            longest_run: 0,
            segments: vec![],
            stability: None,
        }
    }

    fn analysis(sha256: &str) -> Analysis {
        let faces = vec![
            face(0, 100.0, true),
            face(1, 300.0, true),
            face(2, 110.0, true),
            face(3, 100.0, false),
            face(4, 200.0, true),
        ];
        let frame = TimelineFrame { frame: FrameIndex(0), pts_us: Timestamp::default(), faces };
        let people = (0..5).map(person).collect();
        let findings = Findings { verdict: Verdict::not_examined([]), people, timeline: vec![frame] };
        let model = Model {
            id: "m".into(),
            task: Task::FaceManipulation,
            architecture: "x".into(),
            sha256: sha256.to_owned(),
            encoder_sha256: None,
        };
        let run = Run {
            app: "x".into(),
            device: "cpu".into(),
            threads: 1,
            fps: None,
            started: "2026-01-01T00:00:00Z".into(),
            seconds: 1.0,
            warnings: vec![],
            controls: vec![],
        };
        Analysis::examined(FileFacts::at(Path::new("a.jpg")), findings, vec![model], run)
    }

    fn tables() -> Buckets {
        let graded = |group, fake, score, face_px| Graded {
            group,
            fake,
            score,
            quality: Quality { face_px, sharpness: 0.1, blockiness: 1.0 },
        };
        let items = [graded(1, false, 0.9, 100.0), graded(2, false, 0.1, 100.0), graded(3, true, 0.9, 300.0)];
        Buckets {
            schema: BUCKETS_SCHEMA.to_owned(),
            model: "m".to_owned(),
            sha256: "s".to_owned(),
            threshold: 0.5,
            measured: "2026-11-21".to_owned(),
            measured_on: "here".to_owned(),
            dimensions: Dimension::ALL.map(|d| (d, bucket_table(&items, d, 0.5))).into(),
        }
    }

    #[test]
    fn people_of_one_kind_share_a_row_and_who_cannot_be_judged_has_none() {
        let rows = alike(&analysis("s"), &[tables()]);
        let seen: Vec<_> =
            rows.iter().map(|r| (r.dimension, r.tracks.clone(), r.false_alarms, r.n_real, r.found, r.n_fake)).collect();
        assert_eq!(
            seen,
            [
                (Dimension::FaceSize, vec![0, 2], 1, 2, 0, 0),
                (Dimension::FaceSize, vec![4], 0, 0, 0, 0),
                (Dimension::FaceSize, vec![1], 0, 0, 1, 1),
                (Dimension::Sharpness, vec![0, 1, 2, 4], 1, 2, 1, 1),
                (Dimension::Blockiness, vec![0, 1, 2, 4], 1, 2, 1, 1),
            ]
        );
    }

    #[test]
    fn of_a_kind_that_was_never_tried_that_is_said() {
        let rows = alike(&analysis("s"), &[tables()]);
        let untried = rows.iter().find(|row| row.tracks == [4] && row.n_real + row.n_fake == 0).unwrap();
        assert_eq!((untried.from, untried.to), (Some(192.0), Some(256.0)));
    }

    #[test]
    fn tables_of_other_weights_or_with_impossible_counts_are_not_believed() {
        assert!(alike(&analysis("other"), &[tables()]).is_empty());
        let mut impossible = tables();
        let rows = impossible.dimensions.get_mut(&Dimension::FaceSize).unwrap();
        rows[0].false_alarms = rows[0].n_real + 1;
        assert!(alike(&analysis("s"), &[impossible]).is_empty());
    }
}
