use super::*;
use crate::options::ScanOptions;
use crate::pipeline::Pipeline;
use crate::scan_item;
use analysis::SCHEMA;
use nets::device::DeviceChoice;
use std::path::PathBuf;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn two_people() -> (PathBuf, Analysis) {
    let options = ScanOptions { device: DeviceChoice::Cpu, threads: Some(2), ..ScanOptions::default() };
    let pipeline = Pipeline::load(&root().join("models"), &options).unwrap();
    let path = root().join("assets/samples/side-by-side.jpg");
    let analysis = scan_item(&path, &pipeline, &Ctx::silent()).unwrap();
    assert_eq!((analysis.schema.as_str(), analysis.people.len()), (SCHEMA, 2));
    (path, analysis)
}

fn collect(path: &Path, analysis: &Analysis, masking: &Masking) -> Collected {
    collect_exhibits(path, analysis, masking, &Limits::default(), &Ctx::silent()).unwrap()
}

fn pixels(e: &Exhibit) -> RgbImage {
    image::load_from_memory(&e.bytes).unwrap().into_rgb8()
}

#[test]
fn faces_and_frames_are_cut_and_others_are_covered() {
    let (path, analysis) = two_people();
    let all = collect(&path, &analysis, &Masking::Off);
    assert_eq!(all.evidence, EvidenceState::Unchanged);
    let names: Vec<&str> = all.exhibits.iter().map(|e| e.name.as_str()).collect();
    let each = |track: u32| [format!("p0{track}-000000000ms-face.jpg"), format!("p0{track}-000000000ms-frame.jpg")];
    assert_eq!(names, [each(1), each(2)].concat());
    let one = collect(&path, &analysis, &Masking::Others(BTreeSet::from([0])));
    assert!(one.exhibits.iter().all(|e| e.track == 0 && e.masked));
    let frame = one.exhibits.iter().find(|e| e.kind == ExhibitKind::Frame).unwrap();
    let whole = pixels(frame);
    let face = |track: u32| analysis.timeline[0].faces.iter().find(|f| f.track == track).unwrap().rect.center();
    let factor = whole.width() as f32 / analysis.file.media.as_ref().unwrap().width as f32;
    let at = |p: base::Point| whole.get_pixel((p.x * factor) as u32, (p.y * factor) as u32).0;
    let plain = |p: [u8; 3]| p.iter().zip(MASK_COLOUR.0).all(|(a, b)| a.abs_diff(b) < 12);
    assert!(plain(at(face(1))) && !plain(at(face(0))), "{:?} {:?}", at(face(1)), at(face(0)));
    assert!(collect(&path, &analysis, &Masking::Others(BTreeSet::new())).exhibits.is_empty());
}

#[test]
fn another_file_gives_no_pictures_and_a_missing_one_neither() {
    let (path, analysis) = two_people();
    let dir = tempfile::tempdir().unwrap();
    let copy = dir.path().join("copy.jpg");
    let mut bytes = fs::read(&path).unwrap();
    fs::write(&copy, &bytes).unwrap();
    assert_eq!(collect(&copy, &analysis, &Masking::Off).exhibits.len(), 4);
    bytes.push(0);
    fs::write(&copy, &bytes).unwrap();
    let changed = collect(&copy, &analysis, &Masking::Off);
    assert!(matches!(changed.evidence, EvidenceState::Changed { .. }) && changed.exhibits.is_empty());
    let absent = collect(&dir.path().join("absent"), &analysis, &Masking::Off);
    assert_eq!((absent.evidence, absent.exhibits.len()), (EvidenceState::Absent, 0));
}

#[test]
fn frames_of_a_video_are_those_of_the_analysis() {
    let options = ScanOptions { device: DeviceChoice::Cpu, threads: Some(2), ..ScanOptions::default() };
    let pipeline = Pipeline::load(&root().join("models"), &options).unwrap();
    let path = root().join("assets/samples/clip.mp4");
    let analysis = scan_item(&path, &pipeline, &Ctx::silent()).unwrap();
    let cut = collect(&path, &analysis, &Masking::Off);
    assert_eq!(cut.evidence, EvidenceState::Unchanged);
    assert_eq!(cut.exhibits.iter().filter(|e| e.kind == ExhibitKind::Frame).count(), analysis.people.len());
    let faces: Vec<_> = cut.exhibits.iter().filter(|e| e.kind == ExhibitKind::Face).collect();
    assert!(faces.len() >= 2 * analysis.people.len(), "{}", faces.len());
    for pair in faces.windows(2).filter(|p| p[0].track == p[1].track) {
        assert!(pair[1].pts_us.micros_since(pair[0].pts_us) >= APART_US);
    }
    let facts = model_facts(&root().join("models"), &analysis);
    assert_eq!(facts.len(), analysis.models.len());
    assert_eq!(facts.iter().filter(|f| f.scoring.is_some()).count(), 2);
    let mut other = analysis;
    other.models[0].sha256 = "0".repeat(64);
    assert_eq!(model_facts(&root().join("models"), &other).len(), facts.len() - 1);
}

#[test]
fn names_of_heat_maps_lead_only_into_their_folders() {
    let dir = tempfile::tempdir().unwrap();
    let below = dir.path().join("in");
    for folder in ["explanations", "exhibits", "other"] {
        fs::create_dir_all(below.join(folder)).unwrap();
        fs::write(below.join(folder).join("a.png"), map()).unwrap();
    }
    fs::write(below.join("a.png"), map()).unwrap();
    fs::write(below.join("exhibits/no.png"), b"no picture").unwrap();
    let found = |name: &str| map_file(name, &[&below]).is_some();
    assert!(found("explanations/a.png") && found("exhibits/a.png"));
    assert!(map_file("exhibits/a.png", &[dir.path(), &below]).is_some());
    let outside = ["a.png", "other/a.png", "exhibits/../a.png", "../in/exhibits/a.png", "/etc/passwd", "exhibits"];
    let absolute = below.join("exhibits/a.png");
    for bad in outside.into_iter().chain(["exhibits/no.png", "exhibits/absent.png", "", absolute.to_str().unwrap()]) {
        assert!(!found(bad), "{bad}");
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(below.join("a.png"), below.join("exhibits/link.png")).unwrap();
        assert!(!found("exhibits/link.png"));
    }
}

fn map() -> Vec<u8> {
    fs::read(root().join("assets/controls/manipulated-faces-hopper.png")).unwrap()
}

#[test]
fn a_picture_wider_than_any_heat_map_is_none() {
    let png = |width: u32| {
        let mut bytes = Cursor::new(Vec::new());
        RgbImage::new(width, 2).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
        bytes.into_inner()
    };
    assert!(is_map(&map()) && is_map(&png(MAP_SIDE)));
    assert!(!is_map(&png(MAP_SIDE + 1)));
}

/// A frame with two faces of 100 pixels, and heat maps of the first one.
fn explained(crop: Rect, maps: usize) -> Analysis {
    let face = |track: u32, x: f32| TimelineFace {
        track,
        rect: Rect::new(x, 100.0, 100.0, 100.0),
        landmarks: [base::Point::new(0.0, 0.0); 5],
        quality: analysis::FaceQuality::default(),
        score: None,
        scores: BTreeMap::new(),
    };
    let timeline = vec![TimelineFrame {
        frame: FrameIndex(0),
        pts_us: Timestamp::from_micros(0),
        faces: vec![face(0, 100.0), face(1, 300.0)],
    }];
    let random: Vec<f64> = vec![0.0; 39];
    let explanation = Explanation {
        track: 0,
        frame: FrameIndex(0),
        pts_us: Timestamp::from_micros(0),
        model: "m".into(),
        logit: 1.0,
        score: Score::new(0.9).unwrap(),
        crop,
        method: analysis::MapMethod::GradCam,
        peak: 1.0,
        faithfulness: analysis::Faithfulness::of(0.15, 1.0, &random).unwrap(),
        regions: None,
        picture: Some("explanations/a.png".into()),
    };
    assert!(explanation.faithfulness.shown);
    let run = analysis::Run {
        app: "facefiction 0".into(),
        device: "cpu".into(),
        threads: 1,
        fps: None,
        started: "2026-01-01T00:00:00Z".into(),
        seconds: 0.0,
        warnings: vec![],
        controls: vec![],
    };
    let verdict = analysis::Verdict::not_examined([]);
    let findings = analysis::Findings { verdict, people: vec![], timeline };
    let file = analysis::FileFacts::at(Path::new("a.jpg"));
    Analysis { explanations: vec![explanation; maps], ..Analysis::examined(file, findings, vec![], run) }
}

#[test]
fn a_map_that_shows_a_neighbours_hair_is_no_map_of_one_person() {
    let one = Masking::Others(BTreeSet::from([0]));
    let shown = |crop| heat_maps_from(&explained(crop, 1), &|_| Some(vec![1]), &one).len();
    // The neighbour's face begins at 300, what covers it at 270.
    assert_eq!(shown(Rect::new(80.0, 80.0, 180.0, 180.0)), 1);
    assert_eq!(shown(Rect::new(80.0, 80.0, 200.0, 200.0)), 0);
    let mut elsewhere = explained(Rect::new(80.0, 80.0, 180.0, 180.0), 1);
    elsewhere.timeline.clear();
    assert!(heat_maps_from(&elsewhere, &|_| Some(vec![1]), &one).is_empty(), "nobody knows who else is there");
}

#[test]
fn heat_maps_are_bounded_in_number_and_in_bytes() {
    let crop = Rect::new(80.0, 80.0, 180.0, 180.0);
    let many = explained(crop, MAX_MAPS + 9);
    let (looked, none) = (std::cell::Cell::new(0), Masking::Off);
    let look = |found: Option<Vec<u8>>| {
        looked.set(0);
        let picture = |_| {
            looked.set(looked.get() + 1);
            found.clone()
        };
        (heat_maps_from(&many, &picture, &none).len(), looked.get())
    };
    assert_eq!(look(Some(vec![1])), (MAX_MAPS, MAX_MAPS));
    assert_eq!(look(None), (0, MAX_MAPS));
    assert_eq!(look(Some(vec![1; MAPS_BYTES / 3])), (3, 4));
}
