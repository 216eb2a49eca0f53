//! Who is who from frame to frame.

use base::{Point, Rect, Timestamp};
use media::Frame;
use serde::Serialize;

use crate::Face;
use crate::assignment::assign;
use crate::scene::SceneCuts;

/// Number of a track; counted from 0 in order of appearance (faces that appear together: the larger
/// first).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct TrackId(pub u32);

/// When a face continues a track.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrackerOptions {
    /// A track that has not been seen for longer is over, in µs of media time.
    pub max_gap_us: i64,
    /// The two boxes must overlap at least so much (IoU) or lie within `reach`.
    pub min_iou: f32,
    /// How far (in box sides) a face may lie from where it was expected, right after it was seen.
    pub reach: f32,
    /// How much `reach` grows per second without a sighting.
    pub reach_per_second: f32,
    /// The larger box side over the smaller one at most.
    pub max_growth: f32,
}

/// Set by hand, for samples about a fifth of a second apart, between which a talking head moves by less than a third of
/// its box; the exact cases are in `track_tests.rs`.
impl Default for TrackerOptions {
    fn default() -> Self {
        Self { max_gap_us: 1_000_000, min_iou: 0.3, reach: 0.4, reach_per_second: 0.6, max_growth: 1.6 }
    }
}

/// Follows faces through the sampled frames of one file. Push every sampled frame in order, also those
/// without a face: the tracker watches for cuts.
#[derive(Clone, Debug, Default)]
pub struct Tracker {
    options: TrackerOptions,
    cuts: SceneCuts,
    at_cut: bool,
    live: Vec<Track>,
    next_id: u32,
}

#[derive(Clone, Debug)]
struct Track {
    id: TrackId,
    rect: Rect,
    seen: Timestamp,
    /// Pixels a second of the middle.
    velocity: Point,
}

impl Tracker {
    /// A tracker with these limits.
    pub fn new(options: TrackerOptions) -> Self {
        Self { options, ..Self::default() }
    }

    /// Gives each face of the frame its track; the faces keep their order. Which face gets which track
    /// does not depend on that order.
    pub fn push(&mut self, frame: &Frame, faces: Vec<Face>) -> Vec<(TrackId, Face)> {
        self.at_cut = self.cuts.push(&frame.rgb);
        if self.at_cut {
            self.live.clear();
        }
        self.assign(frame.pts, faces)
    }

    /// Whether the frame pushed last began a new shot.
    pub fn is_at_cut(&self) -> bool {
        self.at_cut
    }

    fn assign(&mut self, now: Timestamp, faces: Vec<Face>) -> Vec<(TrackId, Face)> {
        let max_gap = self.options.max_gap_us;
        self.live.retain(|t| (0..=max_gap).contains(&now.micros_since(t.seen)));
        // The matching works on faces in an order of their own, so that ties do not depend on the caller's.
        let mut order: Vec<usize> = (0..faces.len()).collect();
        order.sort_by(|&a, &b| compare(faces.get(a), faces.get(b)));
        let sorted: Vec<Face> = order.iter().filter_map(|&i| faces.get(i).copied()).collect();
        let costs: Vec<Vec<f64>> =
            sorted.iter().map(|face| self.live.iter().map(|track| self.cost(track, now, face)).collect()).collect();
        let matched = assign(&costs, ALONE);

        let mut ids = vec![TrackId(0); faces.len()];
        for ((&index, face), track) in order.iter().zip(&sorted).zip(matched) {
            let id = match track.and_then(|t| self.live.get_mut(t)) {
                Some(track) => track.update(now, face),
                None => self.begin(now, face),
            };
            if let Some(slot) = ids.get_mut(index) {
                *slot = id;
            }
        }
        ids.into_iter().zip(faces).collect()
    }

    fn begin(&mut self, now: Timestamp, face: &Face) -> TrackId {
        let id = TrackId(self.next_id);
        self.next_id += 1;
        self.live.push(Track { id, rect: face.rect, seen: now, velocity: Point::default() });
        id
    }

    /// How badly the face continues the track, in [0, [`ALONE`]]; infinite when it cannot.
    fn cost(&self, track: &Track, now: Timestamp, face: &Face) -> f64 {
        let options = &self.options;
        let seconds = now.micros_since(track.seen) as f32 / 1e6;
        let expected = track.expected(seconds);
        let side = |r: Rect| r.area().sqrt();
        let (a, b) = (side(expected), side(face.rect));
        let growth = (a / b).max(b / a);
        let iou = expected.iou(face.rect).max(track.rect.iou(face.rect));
        let away = expected.center().distance(face.rect.center()).min(track.rect.center().distance(face.rect.center()));
        let distance = away / a.max(b);
        let reach = options.reach + options.reach_per_second * seconds;
        if !growth.is_finite() || growth > options.max_growth || (iou < options.min_iou && distance > reach) {
            return f64::INFINITY;
        }
        // The position counts where it was expected; that the face may also stand still only opens the gate.
        let off = expected.center().distance(face.rect.center()) / a.max(b);
        f64::from((1.0 - expected.iou(face.rect)) + off + growth.ln()).min(ALONE)
    }
}

/// What it costs to begin a track or to let one wait; dearer than any match that passes the gates.
const ALONE: f64 = 8.0;

/// Shares of a new sighting in the velocity; the rest is what was thought before.
const VELOCITY_GAIN: f32 = 0.6;
/// Movement is extrapolated for so long at most, in seconds: people turn around.
const COAST_SECONDS: f32 = 0.5;

impl Track {
    /// The box where constant velocity takes it.
    fn expected(&self, seconds: f32) -> Rect {
        let t = seconds.min(COAST_SECONDS);
        Rect::new(self.rect.x + self.velocity.x * t, self.rect.y + self.velocity.y * t, self.rect.w, self.rect.h)
    }

    fn update(&mut self, now: Timestamp, face: &Face) -> TrackId {
        let seconds = now.micros_since(self.seen) as f32 / 1e6;
        if seconds > 0.0 {
            let (from, to) = (self.rect.center(), face.rect.center());
            let blend = |old: f32, moved: f32| old + VELOCITY_GAIN * (moved / seconds - old);
            self.velocity = Point::new(blend(self.velocity.x, to.x - from.x), blend(self.velocity.y, to.y - from.y));
        }
        self.rect = face.rect;
        self.seen = now;
        self.id
    }
}

/// Larger first, then by place and score: a total order of distinct faces.
fn compare(a: Option<&Face>, b: Option<&Face>) -> std::cmp::Ordering {
    let key = |f: Option<&Face>| {
        f.map(|f| {
            let marks = f.landmarks.map(|p| [p.x, p.y]);
            (f.rect, f.detector_score, marks)
        })
        .unwrap_or_default()
    };
    let ((ra, sa, ma), (rb, sb, mb)) = (key(a), key(b));
    (rb.area().total_cmp(&ra.area()))
        .then(ra.x.total_cmp(&rb.x))
        .then(ra.y.total_cmp(&rb.y))
        .then(sb.total_cmp(&sa))
        .then_with(|| {
            let pairs = ma.as_flattened().iter().zip(mb.as_flattened());
            pairs.map(|(p, q)| p.total_cmp(q)).find(|o| o.is_ne()).unwrap_or(std::cmp::Ordering::Equal)
        })
}

#[cfg(test)]
#[path = "track_tests.rs"]
mod tests;
