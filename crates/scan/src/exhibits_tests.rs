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
fn names_of_heat_maps_lead_only_downwards() {
    let dir = tempfile::tempdir().unwrap();
    let png = fs::read(root().join("assets/controls/manipulated-faces-hopper.png")).unwrap();
    fs::create_dir(dir.path().join("in")).unwrap();
    fs::write(dir.path().join("in/a.png"), &png).unwrap();
    fs::write(dir.path().join("in/no.png"), b"no picture").unwrap();
    let below = dir.path().join("in");
    let found = |name: &str| map_file(name, &[&below]).is_some();
    assert!(found("a.png"));
    assert!(map_file("in/a.png", &[&below, dir.path()]).is_some());
    for bad in ["../in/a.png", "/etc/passwd", "./a.png/..", "no.png", "absent.png", ""] {
        assert!(!found(bad), "{bad}");
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(below.join("a.png"), below.join("link.png")).unwrap();
        assert!(!found("link.png"));
    }
}
