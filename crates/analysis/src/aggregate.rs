//! From scored faces to people, segments and verdicts.
//!
//! A track's score is the trimmed mean of its logits, calibrated. Each detector answers its own question
//! with its own operating points: a person is `suspected` when one of them supports it, shows
//! `noIndication` only when all of them stay below their low thresholds, and is `inconclusive`
//! otherwise. The item says the strongest thing that one of its people supports, with thresholds that
//! allow for how many people were looked at.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use base::{Score, Timestamp};

use crate::runs::{Crop, MAX_GAP_US, Reading, Setting, Stance, read};
use crate::{
    FaceObservation, Findings, ModelPolicy, ModelScore, Observations, Person, Reason, Segment, TimelineFace,
    TimelineFrame, Verdict, VerdictCode,
};

/// Concludes. The order of frames, of faces and of policies' ids in the input does not matter; the order
/// of `policies` only breaks ties between equal scores.
pub fn aggregate(observations: &Observations, policies: &[ModelPolicy]) -> Findings {
    let tracks = by_track(observations);
    let crops: BTreeMap<u32, Vec<Vec<Crop>>> = tracks
        .iter()
        .map(|(&track, sightings)| (track, policies.iter().map(|p| crops_of(sightings, p)).collect()))
        .collect();
    let mut setting = Setting { kind: observations.kind, tracks: 1, max_gap_us: max_gap(observations) };
    let enough = |models: &&Vec<Vec<Crop>>| models.iter().any(|c| c.len() >= setting.min_crops());
    setting.tracks = crops.values().filter(enough).count().max(1);

    let mut concluded = Vec::with_capacity(tracks.len());
    for ((&track, sightings), models) in tracks.iter().zip(crops.values()) {
        let readings: Vec<Option<Reading>> = policies
            .iter()
            .zip(models)
            .map(|(p, c)| read(c, &p.id, p.calibration, p.points(setting.kind), setting))
            .collect();
        concluded.push(conclude(track, sightings, policies, readings));
    }
    let verdict = item_verdict(&concluded);
    let rests_on: BTreeMap<u32, Option<usize>> = concluded.iter().map(|c| (c.person.track, c.rests_on)).collect();
    let timeline = timeline(observations, policies, &rests_on);
    Findings { verdict, people: concluded.into_iter().map(|c| c.person).collect(), timeline }
}

/// One face with its time.
#[derive(Clone, Copy)]
struct Sighting<'a> {
    pts: Timestamp,
    face: &'a FaceObservation,
}

/// A person with what the item's verdict needs to know.
struct Concluded {
    person: Person,
    /// Index of the policy on which the verdict rests.
    rests_on: Option<usize>,
    /// Too few crops, all of them below every low threshold: says nothing, and stands in nobody's way.
    quiet: bool,
    /// Enough crops for a statement.
    sufficient: bool,
}

fn by_track(observations: &Observations) -> BTreeMap<u32, Vec<Sighting<'_>>> {
    let mut tracks: BTreeMap<u32, Vec<Sighting<'_>>> = BTreeMap::new();
    for frame in &observations.frames {
        for face in &frame.faces {
            tracks.entry(face.track).or_default().push(Sighting { pts: frame.pts, face });
        }
    }
    for sightings in tracks.values_mut() {
        sightings.sort_by(|a, b| a.pts.cmp(&b.pts).then_with(|| face_order(a.face, b.face)));
    }
    tracks
}

/// An order of faces that leaves only equal ones side by side, so that results do not depend on the order
/// of input.
fn face_order(a: &FaceObservation, b: &FaceObservation) -> Ordering {
    fn numbers(f: &FaceObservation) -> impl Iterator<Item = f32> {
        let q = &f.quality;
        let own = [f.rect.x, f.rect.y, f.rect.w, f.rect.h];
        let quality = [q.face_px, q.sharpness, q.blockiness, q.yaw_deg, q.detector_score];
        let landmarks = f.landmarks.iter().flat_map(|p| [p.x, p.y]);
        own.into_iter().chain(quality).chain(landmarks)
    }
    let key = |f: &FaceObservation| (f.track, f.quality.usable, f.quality.reasons.clone());
    (numbers(a).zip(numbers(b)).map(|(x, y)| x.total_cmp(&y)).fold(Ordering::Equal, Ordering::then))
        .then_with(|| a.logits.keys().cmp(b.logits.keys()))
        .then_with(|| {
            a.logits.values().zip(b.logits.values()).map(|(x, y)| x.total_cmp(y)).fold(Ordering::Equal, Ordering::then)
        })
        .then_with(|| key(a).cmp(&key(b)))
}

/// The usable crops that this detector scored, in order of time.
fn crops_of(sightings: &[Sighting<'_>], policy: &ModelPolicy) -> Vec<Crop> {
    let usable = sightings.iter().filter(|s| s.face.quality.usable);
    let crop = |s: &Sighting<'_>| {
        let logit = *s.face.logits.get(&policy.id)?;
        Some(Crop { pts: s.pts, logit, score: policy.calibration.score(f64::from(logit))? })
    };
    usable.filter_map(crop).collect()
}

/// [`MAX_GAP_US`] or three times the median distance between examined frames, the longer of the two.
fn max_gap(observations: &Observations) -> i64 {
    let mut times: Vec<_> = observations.frames.iter().map(|f| f.pts).collect();
    times.sort_unstable();
    let mut steps: Vec<i64> = times.iter().zip(times.iter().skip(1)).map(|(a, b)| b.micros_since(*a)).collect();
    steps.sort_unstable();
    steps.get(steps.len() / 2).map_or(MAX_GAP_US, |median| median.saturating_mul(3).max(MAX_GAP_US))
}

fn conclude(
    track: u32,
    sightings: &[Sighting<'_>],
    policies: &[ModelPolicy],
    readings: Vec<Option<Reading>>,
) -> Concluded {
    let rests_on = deciding(&readings);
    let deciding = rests_on.and_then(|i| readings.get(i)).and_then(Option::as_ref);
    let verdict = match deciding {
        None => Verdict::not_examined(reasons_unexamined(sightings)),
        Some(d) => person_verdict(d, &readings, policies, sightings),
    };
    let all = || readings.iter().flatten();
    let quiet =
        all().count() > 0 && all().all(|r| matches!(r.stance, Stance::TooFew { low: true } | Stance::NotValidated));
    let quiet = quiet && all().any(|r| matches!(r.stance, Stance::TooFew { .. }));
    let scores = policies.iter().zip(&readings).filter_map(|(p, r)| {
        let r = r.as_ref()?;
        Some((p.id.clone(), ModelScore { logit: r.logit, score: r.score }))
    });
    let mut segments: Vec<Segment> = all().flat_map(|r| r.segments.iter().cloned()).collect();
    segments.sort_by(|a, b| (a.start_us, a.end_us, &a.model).cmp(&(b.start_us, b.end_us, &b.model)));
    let usable = sightings.iter().filter(|s| s.face.quality.usable && s.face.logits.values().any(|l| l.is_finite()));
    let person = Person {
        track,
        first_us: sightings.first().map(|s| s.pts).unwrap_or_default(),
        last_us: sightings.last().map(|s| s.pts).unwrap_or_default(),
        crops: sightings.len() as u64,
        usable_crops: if deciding.is_some() { usable.count() as u64 } else { 0 },
        score: verdict.score,
        verdict,
        fraction_above: deciding.map(|d| d.above as f64 / d.crops.max(1) as f64),
        longest_run: deciding.map_or(0, |d| d.longest_run as u64),
        scores: scores.collect(),
        segments,
        stability: None,
    };
    let sufficient = all().any(|r| !matches!(r.stance, Stance::TooFew { .. }));
    Concluded { person, rests_on, quiet, sufficient }
}

/// The detector on which a person's verdict rests: one that supports it (the strongest wording first), else one that keeps
/// it from "no indication", else any that was validated for this, else any; among those the highest score, then the first.
fn deciding(readings: &[Option<Reading>]) -> Option<usize> {
    let rank = |r: &Reading| match r.stance {
        Stance::Supports(strength) => 3 + strength as u8,
        Stance::Between | Stance::Briefly | Stance::Unbacked | Stance::TooFew { .. } => 2,
        Stance::Below => 1,
        Stance::NotValidated => 0,
    };
    let known = readings.iter().enumerate().filter_map(|(i, r)| r.as_ref().map(|r| (i, r)));
    let best = known.max_by(|(i, a), (j, b)| rank(a).cmp(&rank(b)).then(a.score.total_cmp(&b.score)).then(j.cmp(i)));
    best.map(|(i, _)| i)
}

fn person_verdict(
    deciding: &Reading,
    readings: &[Option<Reading>],
    policies: &[ModelPolicy],
    sightings: &[Sighting<'_>],
) -> Verdict {
    if let Stance::Supports(strength) = deciding.stance {
        return Verdict::suspected(
            deciding.score,
            strength,
            contradicted(readings, policies).then_some(Reason::ModelsDisagree),
        );
    }
    let mut reasons = Vec::new();
    for reading in readings {
        match reading.as_ref().map(|r| r.stance) {
            Some(Stance::Below | Stance::Supports(_)) => {}
            Some(Stance::Between) => reasons.push(Reason::BetweenThresholds),
            Some(Stance::Briefly) => reasons.push(Reason::OnlyBriefly),
            Some(Stance::Unbacked) => reasons.push(Reason::ValidationTooSmall),
            Some(Stance::NotValidated) => reasons.push(Reason::NotValidatedForThis),
            Some(Stance::TooFew { .. }) | None => {
                reasons.push(Reason::TooFewUsableFaces);
                reasons.extend(left_out(sightings));
            }
        }
    }
    if reasons.is_empty() {
        Verdict::no_indication(deciding.score, [])
    } else {
        Verdict::inconclusive(deciding.score, reasons)
    }
}

/// Whether a detector sees nothing where another one with the same task supports manipulation.
fn contradicted(readings: &[Option<Reading>], policies: &[ModelPolicy]) -> bool {
    let stances = || policies.iter().zip(readings).filter_map(|(p, r)| Some((p.task, r.as_ref()?.stance)));
    stances().any(|(task, s)| {
        matches!(s, Stance::Supports(_)) && stances().any(|(other, t)| other == task && t == Stance::Below)
    })
}

fn left_out<'a>(sightings: &'a [Sighting<'_>]) -> impl Iterator<Item = Reason> + 'a {
    sightings.iter().filter(|s| !s.face.quality.usable).flat_map(|s| s.face.quality.reasons.iter().copied())
}

fn reasons_unexamined(sightings: &[Sighting<'_>]) -> Vec<Reason> {
    let unscored = sightings.iter().any(|s| s.face.quality.usable).then_some(Reason::NoDetector);
    left_out(sightings).chain(unscored).collect()
}

fn item_verdict(concluded: &[Concluded]) -> Verdict {
    let verdicts = || concluded.iter().map(|c| &c.person.verdict);
    let best = verdicts().filter(|v| v.code == VerdictCode::Suspected).max_by(|a, b| {
        a.strength.cmp(&b.strength).then_with(|| compare(a.score, b.score)).then_with(|| b.reasons.cmp(&a.reasons))
    });
    if let Some(best) = best {
        return best.clone();
    }
    let highest = |sufficient: bool| {
        let some = concluded.iter().filter(|c| !sufficient || c.sufficient);
        some.filter_map(|c| c.person.score).max_by(Score::total_cmp)
    };
    let Some(score) = highest(true).or_else(|| highest(false)) else {
        let reasons: Vec<_> = verdicts().flat_map(|v| v.reasons.iter().copied()).collect();
        return Verdict::not_examined(if concluded.is_empty() { vec![Reason::NoFace] } else { reasons });
    };
    let quiet = concluded.iter().any(|c| c.quiet);
    let open = || concluded.iter().filter(|c| c.person.verdict.code == VerdictCode::Inconclusive && !c.quiet);
    let clear = verdicts().any(|v| v.code == VerdictCode::NoIndication);
    if clear && open().next().is_none() {
        return Verdict::no_indication(score, quiet.then_some(Reason::TooFewUsableFaces));
    }
    let unclear = verdicts().filter(|v| v.code == VerdictCode::Inconclusive);
    Verdict::inconclusive(score, unclear.flat_map(|v| v.reasons.iter().copied()))
}

fn compare(a: Option<Score>, b: Option<Score>) -> Ordering {
    a.map(Score::get).unwrap_or(-1.0).total_cmp(&b.map(Score::get).unwrap_or(-1.0))
}

fn timeline(
    observations: &Observations,
    policies: &[ModelPolicy],
    rests_on: &BTreeMap<u32, Option<usize>>,
) -> Vec<TimelineFrame> {
    let mut frames: Vec<TimelineFrame> = Vec::with_capacity(observations.frames.len());
    for frame in &observations.frames {
        let mut faces: Vec<&FaceObservation> = frame.faces.iter().collect();
        faces.sort_by(|a, b| a.track.cmp(&b.track).then_with(|| face_order(a, b)));
        let face = |f: &&FaceObservation| {
            let id = rests_on.get(&f.track).copied().flatten().and_then(|i| policies.get(i)).map(|p| p.id.as_str());
            timeline_face(f, policies, id)
        };
        frames.push(TimelineFrame { frame: frame.frame, pts_us: frame.pts, faces: faces.iter().map(face).collect() });
    }
    frames.sort_by_key(|f| (f.pts_us, f.frame));
    frames
}

fn timeline_face(face: &FaceObservation, policies: &[ModelPolicy], rests_on: Option<&str>) -> TimelineFace {
    let scores: BTreeMap<String, ModelScore> = policies
        .iter()
        .filter_map(|p| {
            let logit = *face.logits.get(&p.id)?;
            Some((p.id.clone(), ModelScore { logit, score: p.calibration.score(f64::from(logit))? }))
        })
        .collect();
    let own = rests_on.and_then(|id| scores.get(id)).map(|s| s.score);
    let any = || scores.values().map(|s| s.score).max_by(Score::total_cmp);
    TimelineFace {
        track: face.track,
        rect: face.rect,
        landmarks: face.landmarks,
        quality: face.quality.clone(),
        score: own.or_else(any),
        scores,
    }
}
