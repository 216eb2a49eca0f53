//! Files in the queue: examined once, one after the other, paused, cancelled, looked at more closely.

use desktop::desk::Notice;
use desktop::error::ErrorCode;
use desktop::ipc::{AnalysisView, FramePoint, JobEvent, QueueState};
use desktop::queue::Work;
use scan::analysis::MediaKind;
use scan::base::{Stage, Timestamp};

use crate::session::{PATIENCE, analysis_of, frames_of, sample, session, to_the_end};

#[test]
fn a_video_is_told_while_it_is_examined_and_kept_when_it_is_done() {
    let session = session();
    let (id, events) = session.examine(&sample("clip.mp4"));
    let stages: Vec<Stage> = events
        .iter()
        .filter_map(|event| match event {
            JobEvent::Progress { progress, .. } => Some(progress.stage),
            _ => None,
        })
        .collect();
    assert!(stages.is_sorted() && stages.contains(&Stage::Probing) && stages.contains(&Stage::Analysing), "{stages:?}");
    let started = events.iter().position(|event| matches!(event, JobEvent::Started { .. })).unwrap();
    let first_frames = events.iter().position(|event| matches!(event, JobEvent::Frames { .. })).unwrap();
    assert!(started < first_frames);
    let JobEvent::Started { file } = &events[started] else { panic!("found above") };
    assert_eq!(file.media.as_ref().map(|media| (media.width, media.height)), Some((640, 480)));

    let view = session.view(analysis_of(&events));
    let told = frames_of(&events);
    assert_eq!(told.len(), 30);
    let times = |frames: &[FramePoint]| frames.iter().map(|frame| frame.pts_us).collect::<Vec<_>>();
    assert_eq!(times(&told), times(&view.frames));
    assert!(!view.people.is_empty() && view.file.sha256.is_some());
    assert_eq!(view.thresholds.iter().map(|t| t.model.as_str()).collect::<Vec<_>>(), ["manipulated-faces"]);
    assert_eq!(view.validations.len(), 1);
    let row = session.row(id);
    assert_eq!((row.state, row.verdict, row.duration_us), (QueueState::Done, Some(view.verdict), Some(6_000_000)));
    loop {
        match session.notices.recv_timeout(PATIENCE).unwrap() {
            Notice::QueueFinished(counts) => break assert_eq!((counts.total, counts.done), (1, 1)),
            Notice::Changed(info) => assert_eq!(info.device_in_use, "cpu"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn what_was_examined_before_is_not_examined_again_unless_the_choices_changed() {
    let session = session();
    let (_, first) = session.examine(&sample("coffee.jpg"));
    let copy = session.data.path().join("another name.jpg");
    std::fs::copy(sample("coffee.jpg"), &copy).unwrap();
    let (id, again) = session.examine(&copy);
    assert_eq!(analysis_of(&again), analysis_of(&first));
    assert_eq!(session.row(id).state, QueueState::Skipped);
    let mut settings = session.desk.choices().settings;
    settings.detectors = vec!["generated-faces".into()];
    session.desk.save_settings(settings).unwrap();
    let (id, other) = session.examine(&copy);
    assert_ne!(analysis_of(&other), analysis_of(&first));
    assert_eq!(session.row(id).state, QueueState::Done);
}

#[test]
fn a_file_of_another_case_is_examined_for_this_one_too() {
    let session = session();
    let at = "2026-01-01T00:00:00Z";
    let case = |name| session.desk.with_library(|library| Ok(library.create_case(name, at)?.id)).unwrap();
    let (harbour, quay) = (case("harbour"), case("quay"));
    let put = |case| {
        let id = session.enqueue_for(&[sample("coffee.jpg")], case)[0];
        let analysis = analysis_of(&to_the_end(&session.watch(id)));
        (analysis, session.row(id).state)
    };
    let (first, state) = put(None);
    assert_eq!(state, QueueState::Done);
    assert_eq!(put(Some(harbour)), (first, QueueState::Skipped), "it lay in no case");
    let (second, state) = put(Some(quay));
    assert!(second != first && state == QueueState::Done, "{state:?}");
    let held = |case| {
        let analyses = session.desk.with_library(|library| Ok(library.case(case)?.analyses)).unwrap();
        analyses.into_iter().map(|analysis| analysis.id).collect::<Vec<_>>()
    };
    assert_eq!((held(harbour), held(quay)), (vec![first], vec![second]));
    assert_eq!((put(Some(harbour)), put(Some(quay))), ((first, QueueState::Skipped), (second, QueueState::Skipped)));
    assert_eq!((held(harbour), held(quay)), (vec![first], vec![second]), "each case has it once");
}

#[test]
fn a_bad_file_fails_in_words_and_the_next_one_goes_on() {
    let session = session();
    let broken = session.data.path().join("broken.mp4");
    std::fs::write(&broken, b"this is no video").unwrap();
    let ids = session.enqueue(&[broken, sample("coffee.jpg")]);
    let events = to_the_end(&session.watch(ids[0]));
    let Some(JobEvent::Failed { error }) = events.last() else { panic!("{events:?}") };
    assert!(!error.message.is_empty());
    analysis_of(&to_the_end(&session.watch(ids[1])));
    let row = session.row(ids[0]);
    assert_eq!((row.state, row.error.as_ref(), row.analysis), (QueueState::Failed, Some(error), None));
    session.desk.queue.retry(&[ids[0]]);
    let again = to_the_end(&session.watch(ids[0]));
    assert!(matches!(again.last(), Some(JobEvent::Failed { .. })));
}

#[test]
fn what_is_paused_goes_on_and_what_is_cancelled_leaves_nothing() {
    let session = session();
    session.desk.queue.pause();
    let ids = session.enqueue(&[sample("clip.mp4"), sample("hopper.jpg")]);
    let events = session.watch(ids[0]);
    assert!(session.rows().iter().all(|row| row.state == QueueState::Waiting));
    session.desk.queue.resume();
    while !matches!(events.recv_timeout(PATIENCE).unwrap(), JobEvent::Frames { .. }) {}
    session.desk.queue.pause();
    assert_eq!(session.row(ids[0]).state, QueueState::Paused);
    assert!(session.desk.queue.counts().is_paused);
    session.desk.queue.cancel(&ids);
    assert!(matches!(to_the_end(&events).last(), Some(JobEvent::Cancelled)));
    session.desk.queue.resume();
    let states = session.rows().into_iter().map(|row| (row.state, row.analysis)).collect::<Vec<_>>();
    assert_eq!(states, [(QueueState::Cancelled, None), (QueueState::Cancelled, None)]);
    assert_eq!(session.desk.with_library(|library| library.recent(9)).unwrap(), []);
    session.desk.queue.retry(&ids);
    analysis_of(&to_the_end(&session.watch(ids[1])));
    session.desk.queue.remove(&ids);
    assert!(session.rows().is_empty());
}

#[test]
fn frames_are_those_of_the_file_in_any_order_and_faces_are_kept() {
    let session = session();
    let (id, events) = session.examine(&sample("clip.mp4"));
    let analysis = analysis_of(&events);
    let at = |n: i64| session.picture(&format!("analysis/{analysis}/at/{}?w=400", n * 40_000)).unwrap();
    let (ahead, back) = (at(100), at(10));
    assert_eq!(ahead.dimensions(), (400, 300));
    let played: Vec<_> = (8..=11).map(at).collect();
    assert_eq!(played[2], back, "the same frame by playing and by jumping");
    assert_ne!(played[2], played[3]);
    assert_eq!(session.picture(&format!("analysis/{analysis}/at/415000?w=400")).unwrap(), back, "between two frames");
    assert_eq!(session.picture(&format!("analysis/{analysis}/at/99000000?w=64")).unwrap().width(), 64, "after the end");
    assert_eq!(session.picture(&format!("job/{id}/at/400000?w=400")).unwrap(), back);
    let track = session.view(analysis).people[0].track;
    assert_eq!(session.picture(&format!("analysis/{analysis}/face/{track}")).unwrap().dimensions(), (96, 96));
    assert_eq!(session.picture(&format!("analysis/{analysis}/poster")).unwrap().width(), 160);
    let kept = session.desk.with_library(|library| library.thumbnail(analysis, &format!("face/{track}"))).unwrap();
    assert!(kept.is_some());
    for nothing in ["analysis/99/at/0", "job/99/at/0", "analysis/99/poster"] {
        assert_eq!(session.picture(nothing).unwrap_err(), ErrorCode::NotFound, "{nothing}");
    }
    assert!(session.picture(&format!("analysis/{analysis}/face/999")).is_err());
    session.desk.forget(|library| library.forget_analyses(&[analysis])).unwrap();
    assert!(session.picture(&format!("analysis/{analysis}/at/400000?w=400")).is_err(), "not even from memory");
}

#[test]
fn a_range_is_refined_at_every_frame_and_the_verdict_stays() {
    let session = session();
    let (_, events) = session.examine(&sample("clip.mp4"));
    let analysis = analysis_of(&events);
    let before = session.view(analysis);
    let (from, to) = (Timestamp::from_micros(1_000_000), Timestamp::from_micros(1_400_000));
    let work = Work::Range { analysis, from, to };
    let id = session.desk.queue.add_work(sample("clip.mp4"), Some(MediaKind::Video), work);
    assert_eq!(analysis_of(&to_the_end(&session.watch(id))), analysis);
    let after = session.view(analysis);
    assert_eq!((&after.verdict, &after.people, &after.refined), (&before.verdict, &before.people, &vec![(from, to)]));
    let within = |view: &AnalysisView| {
        view.frames.iter().filter(|f| (from..=to).contains(&f.pts_us)).cloned().collect::<Vec<_>>()
    };
    assert_eq!(within(&after).len(), 11);
    for frame in within(&before) {
        let again = within(&after).into_iter().find(|other| other.pts_us == frame.pts_us).unwrap();
        assert_eq!(again.frame, frame.frame);
        let tracks = |frame: &FramePoint| frame.faces.iter().map(|face| face.track).collect::<Vec<_>>();
        assert_eq!(tracks(&again), tracks(&frame), "people keep their numbers");
    }
}

#[test]
fn a_range_is_refined_from_the_very_file_by_the_very_models_of_the_analysis() {
    let session = session();
    let path = session.data.path().join("clip.mp4");
    std::fs::copy(sample("clip.mp4"), &path).unwrap();
    let analysis = analysis_of(&session.examine(&path).1);
    let refine = || {
        let (from, to) = (Timestamp::from_micros(1_000_000), Timestamp::from_micros(1_200_000));
        let work = Work::Range { analysis, from, to };
        to_the_end(&session.watch(session.desk.queue.add_work(path.clone(), Some(MediaKind::Video), work)))
    };
    let stored = || session.desk.with_library(|library| library.analysis(analysis)).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, [&bytes[..], b"x"].concat()).unwrap();
    let Some(JobEvent::Failed { error }) = refine().pop() else { panic!("another file was examined") };
    assert_eq!(error.message, "the file is not the one that was examined");
    assert!(stored().refined.is_empty());

    std::fs::write(&path, bytes).unwrap();
    let mut settings = session.desk.choices().settings;
    settings.detectors = vec!["generated-faces".into()];
    session.desk.save_settings(settings).unwrap();
    assert_eq!(analysis_of(&refine()), analysis);
    let faces: Vec<_> = stored().refined.into_iter().flat_map(|r| r.frames).flat_map(|frame| frame.faces).collect();
    let models: Vec<_> = faces.iter().flat_map(|face| face.scores.keys()).collect();
    assert!(!models.is_empty() && models.iter().all(|model| *model == "manipulated-faces"), "{models:?}");
}

#[test]
fn what_is_asked_for_goes_before_files_that_wait_and_is_not_done_twice() {
    let session = session();
    let path = sample("side-by-side.jpg");
    let analysis = analysis_of(&session.examine(&path).1);
    session.desk.queue.pause();
    let files = session.enqueue(&[sample("hopper.jpg")]);
    let work = Work::Explain { analysis };
    let id = session.desk.queue.add_work(path.clone(), None, work);
    assert_eq!(session.desk.queue.add_work(path, None, work), id);
    let (first, second) = (session.watch(id), session.watch(files[0]));
    session.desk.queue.resume();
    analysis_of(&to_the_end(&first));
    analysis_of(&to_the_end(&second));
    assert!(session.view(analysis).explanations.len() > 1);
}
