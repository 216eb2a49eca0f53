use super::*;
use crate::options::ScanOptions;
use crate::scan_item;
use analysis::MAX_P;
use base::CancelToken;
use nets::device::DeviceChoice;
use std::path::PathBuf;
use std::sync::Mutex;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn load() -> Pipeline {
    let options = ScanOptions { device: DeviceChoice::Cpu, threads: Some(2), ..ScanOptions::default() };
    Pipeline::load(&root().join("models"), &options).unwrap()
}

#[test]
fn each_detector_explains_each_person_and_its_shares_add_up() {
    let (pipeline, sample) = (load(), root().join("assets/samples/side-by-side.jpg"));
    let analysis = scan_item(&sample, &pipeline, &Ctx::silent()).unwrap();
    let seen = Mutex::new(Vec::new());
    let ctx = Ctx::new(CancelToken::default(), |p| seen.lock().unwrap().push(p.done));
    let explained = explain_item(&sample, &analysis, &pipeline, &ctx).unwrap();
    let keys: Vec<_> = explained.iter().map(|e| (e.explanation.track, e.explanation.model.as_str())).collect();
    let models = ["generated-faces", "manipulated-faces"];
    assert_eq!(keys, [(0, models[0]), (0, models[1]), (1, models[0]), (1, models[1])]);
    assert_eq!(*seen.lock().unwrap(), [0, 1, 2, 3]);
    for Explained { explanation: e, png, overlay } in &explained {
        let face = analysis.timeline[0].faces.iter().find(|f| f.track == e.track).unwrap();
        let found = face.scores[&e.model];
        // What is explained is the first view; of a still's further ones the mean counts.
        let within = if e.model == "generated-faces" { 1.0 } else { 1e-4 };
        assert!((e.logit - found.logit).abs() < within, "{} {}", e.logit, found.logit);
        let middle = face.rect.center();
        assert!(e.crop.contains(middle), "{:?} {middle:?}", e.crop);
        let regions = e.regions.as_ref().unwrap();
        let sum: f64 = regions.shares.iter().map(|s| s.logit).sum();
        assert!((sum - (regions.logit - regions.logit_removed)).abs() < 1e-6);
        assert!((regions.logit - f64::from(e.logit)).abs() < 0.02, "nothing removed is the crop itself");
        assert_eq!(regions.shares.iter().map(|s| s.region).collect::<Vec<_>>(), FaceRegion::ALL);
        assert_eq!(png.is_some(), overlay.is_some());
        assert_eq!(png.is_some(), e.faithfulness.shown && e.peak > 0.0);
        assert_eq!(e.faithfulness.shown, e.faithfulness.p <= MAX_P);
        assert!(png.as_ref().is_none_or(|bytes| image::load_from_memory(bytes).is_ok()));
    }
}

#[test]
fn nobody_examined_is_nothing_explained() {
    let (pipeline, sample) = (load(), root().join("assets/samples/coffee.jpg"));
    let analysis = scan_item(&sample, &pipeline, &Ctx::silent()).unwrap();
    assert!(explain_item(&sample, &analysis, &pipeline, &Ctx::silent()).unwrap().is_empty());
}

#[test]
fn crops_of_a_video_lie_apart_and_are_found_again() {
    let (pipeline, sample) = (load(), root().join("assets/samples/clip.mp4"));
    let analysis = scan_item(&sample, &pipeline, &Ctx::silent()).unwrap();
    let chosen = chosen(&analysis);
    for person in analysis.people.iter().filter(|p| p.verdict.code != VerdictCode::NotExamined) {
        let own = chosen.iter().filter(|(track, _)| *track == person.track);
        let times: Vec<i64> = own.map(|(_, w)| w.pts.micros()).collect();
        assert!((1..=EXPLAINED_CROPS).contains(&times.len()), "{times:?}");
        assert!(times.windows(2).all(|t| t[1] - t[0] >= APART_US), "{times:?}");
    }
    let wanted: Vec<Wanted> = chosen.iter().map(|(_, wanted)| *wanted).collect();
    let again = look_again(&sample, &wanted, &pipeline, &Ctx::silent()).unwrap();
    assert!(!again.is_empty() && again.len() == wanted.len());
    for (again, (track, wanted)) in again.into_iter().zip(&chosen) {
        let again = again.unwrap();
        let frame = analysis.timeline.iter().find(|f| f.pts_us == wanted.pts).unwrap();
        assert_eq!((again.frame.index, again.frame.pts), (frame.frame, frame.pts_us));
        let face = frame.faces.iter().find(|f| f.track == *track).unwrap();
        for scorer in pipeline.scorers() {
            let crop = scorer.crop(&again.frame.rgb, &again.face).unwrap();
            let off = (scorer.logits(&[crop]).unwrap()[0] - face.scores[scorer.id()].logit).abs();
            assert!(off < 1e-4, "{off}");
        }
    }
}

#[test]
fn cancelling_ends_it() {
    let (pipeline, sample) = (load(), root().join("assets/samples/hopper.jpg"));
    let analysis = scan_item(&sample, &pipeline, &Ctx::silent()).unwrap();
    let cancel = CancelToken::default();
    let raise = cancel.clone();
    let ctx = Ctx::new(cancel, move |_| raise.cancel());
    assert!(matches!(explain_item(&sample, &analysis, &pipeline, &ctx), Err(ScanError::Cancelled)));
}
