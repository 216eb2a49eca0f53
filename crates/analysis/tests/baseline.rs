//! The rank among known-real clips.

#![allow(clippy::unwrap_used, reason = "a test program fails by panicking")]

use std::collections::BTreeMap;
use std::path::Path;

use analysis::{
    Analysis, Baseline, BaselineClip, FileFacts, Findings, MIN_BASELINE_CLIPS, MediaKind, ModelScore, Person, Run,
    Verdict,
};
use base::{Score, Timestamp};
use proptest::prelude::*;

fn analysis(sha: &str, people: &[(f32, u64)]) -> Analysis {
    let score = Score::new(0.5).unwrap();
    let verdict = Verdict::inconclusive(score, []);
    let person = |(track, &(logit, usable)): (usize, &(f32, u64))| Person {
        track: track as u32,
        first_us: Timestamp::from_micros(0),
        last_us: Timestamp::from_micros(1),
        crops: usable,
        usable_crops: usable,
        score: Some(score),
        verdict: verdict.clone(),
        fraction_above: None,
        longest_run: 0,
        scores: BTreeMap::from([("m".to_owned(), ModelScore { logit, score })]),
        segments: vec![],
        stability: None,
    };
    let file = FileFacts { sha256: Some(sha.into()), kind: Some(MediaKind::Video), ..FileFacts::at(Path::new(sha)) };
    let findings = Findings {
        verdict: verdict.clone(),
        people: people.iter().enumerate().map(person).collect(),
        timeline: vec![],
    };
    let run = Run {
        app: String::new(),
        device: String::new(),
        threads: 1,
        fps: None,
        started: String::new(),
        seconds: 0.0,
        warnings: vec![],
        controls: vec![],
    };
    Analysis::examined(file, findings, vec![], run)
}

fn clips(logits: &[f32]) -> Vec<BaselineClip> {
    let clip = |(i, logit): (usize, &f32)| BaselineClip::of(&analysis(&i.to_string(), &[(*logit, 8)]));
    logits.iter().enumerate().map(clip).collect()
}

#[test]
fn a_clip_counts_with_its_highest_person_that_has_enough_faces() {
    let clip = BaselineClip::of(&analysis("a", &[(1.0, 8), (9.0, 7), (2.0, 8)]));
    assert_eq!(clip.logits, BTreeMap::from([("m".to_owned(), 2.0)]));
}

#[test]
fn too_few_clips_give_no_rank_and_a_file_is_not_its_own_measure() {
    let item = analysis("q", &[(3.0, 8)]);
    assert!(Baseline::of(&item, &clips(&[1.0, 2.0])).ranks.is_empty());
    let mut own = clips(&[1.0, 2.0]);
    own.push(BaselineClip::of(&item));
    let baseline = Baseline::of(&item, &own);
    assert_eq!((baseline.clips.len(), baseline.ranks.len()), (2, 0));
}

proptest! {
    #[test]
    fn a_rank_counts_the_clips_that_reach_the_score(
        logits in prop::collection::vec(-10.0f32..10.0, MIN_BASELINE_CLIPS..20),
        own in -10.0f32..10.0,
        shift in 0.0f32..5.0,
    ) {
        let of = |own: f32| Baseline::of(&analysis("q", &[(own, 8)]), &clips(&logits)).ranks[0].clone();
        let rank = of(own);
        prop_assert_eq!(rank.n, logits.len() as u64);
        prop_assert_eq!(rank.reached, logits.iter().filter(|l| **l >= own).count() as u64);
        prop_assert_eq!(rank.unusual(), logits.iter().all(|l| *l < own));
        // A higher score never has more clips above it.
        prop_assert!(of(own + shift).reached <= rank.reached);
        // The order of the clips does not matter.
        let turned: Vec<f32> = logits.iter().rev().copied().collect();
        prop_assert_eq!(&Baseline::of(&analysis("q", &[(own, 8)]), &clips(&turned)).ranks[0], &rank);
    }

    #[test]
    fn a_baseline_touches_neither_verdict_nor_people(own in -10.0f32..10.0) {
        let item = analysis("q", &[(own, 8)]);
        let mut ranked = item.clone();
        ranked.baseline = Some(Baseline::of(&item, &clips(&[1.0, 2.0, 3.0])));
        prop_assert_eq!(&ranked.verdict, &item.verdict);
        prop_assert_eq!(&ranked.people, &item.people);
        let text = ranked.to_json_line().unwrap();
        prop_assert_eq!(Analysis::from_json(&text).unwrap(), ranked);
        prop_assert!(!item.to_json_line().unwrap().contains("baseline"));
    }
}
