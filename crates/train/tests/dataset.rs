//! From a list of pictures and a video to batches, with what the repository ships: prepared once, extended by one file,
//! drawn on any number of threads.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test program fails by panicking"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use tempfile::TempDir;
use train::augment::recipe::{DataRecipe, Sometimes};
use train::augment::{Crop, Mixture};
use train::base::Ctx;
use train::data::prepare::{Layout, Options, Unreadable, prepare};
use train::data::{Label, Manifest, Row};
use train::{Batches, TrainError};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn sample(name: &str) -> PathBuf {
    repository().join("assets/samples").join(name)
}

fn options(out: &Path) -> Options {
    Options {
        layout: Layout::Csv,
        out: out.to_path_buf(),
        models: repository().join("models"),
        frames: 3,
        faces_a_frame: 1,
        side: 288,
        held_out: 0.1,
        seed: 0,
        unreadable: Unreadable::Refuse,
    }
}

const HEADER: &str = "path,label,source,group,original,split\n";

/// A prepared list: two people, their "fakes", a clip and a held-out one.
fn prepared() -> &'static TempDir {
    static DIR: OnceLock<TempDir> = OnceLock::new();
    DIR.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        for name in ["hopper.jpg", "collins.jpg", "generated-a.jpg", "generated-b.jpg", "generated-c.png", "coffee.jpg"]
        {
            fs::copy(sample(name), dir.path().join(name)).unwrap();
        }
        let rows = "hopper.jpg,real,press,h,one,train\ncollins.jpg,real,nasa,c,two,train\n\
                    generated-a.jpg,fake,gan,h,one,train\ngenerated-b.jpg,fake,gan,b,,train\n\
                    generated-c.png,fake,gan,v,,val\n";
        fs::write(dir.path().join("list.csv"), format!("{HEADER}{rows}")).unwrap();
        let out = dir.path().join("out");
        let done = prepare(&[dir.path().join("list.csv")], &options(&out), &Ctx::silent()).unwrap();
        assert_eq!((done.examined, done.kept, done.faces), (5, 0, 5), "{done:?}");
        dir
    })
}

fn recipe(dir: &Path) -> DataRecipe {
    let text = r#"
        [data]
        batch = 14
        cache = "cache"
        [[data.source]]
        name = "all"
        manifest = "out/faces.csv"
        crop = { basis = "height", factor = 0.87 }
        pair = "original"
        [[data.draw]]
        share = 2
        real = { all = 1 }
        fake = { pair = 1 }
        [[data.draw]]
        share = 4
        real = { all = 1 }
        fake = { self_blend = 1, cross_blend = 1, texture = 1, all = 1 }
        [[data.draw]]
        share = 1
        fake = { all = 1 }
    "#;
    let path = dir.join("recipe.toml");
    fs::write(&path, text).unwrap();
    let mut recipe = DataRecipe::read(&path).unwrap();
    recipe.models = Some(repository().join("models"));
    recipe
}

#[test]
fn rows_are_taken_and_left_out_by_their_columns() {
    let open = |only: &[(&str, &str)], except: &[(&str, &str)]| {
        let mut recipe = recipe(prepared().path());
        recipe.draws.truncate(1);
        recipe.draws[0].fake = [("all".to_owned(), 1.0)].into();
        let columns = |of: &[(&str, &str)]| of.iter().map(|(c, v)| ((*c).to_owned(), vec![(*v).to_owned()])).collect();
        (recipe.sources[0].only, recipe.sources[0].except) = (columns(only), columns(except));
        Mixture::open(&recipe, 1, 64, &Ctx::silent()).map_err(|e| e.to_string())
    };
    let counts = |only: &[_], except: &[_]| {
        let mixture = open(only, except).unwrap();
        let held_out = mixture.held_out().unwrap().len();
        (mixture.counts()[0].1, mixture.counts()[0].2, held_out)
    };
    assert_eq!(counts(&[], &[]), (2, 2, 1));
    assert_eq!(counts(&[], &[("source", "nasa")]), (1, 2, 1));
    assert_eq!(counts(&[("original", "one")], &[]), (1, 1, 0), "the held-out one has no `original`");
    assert_eq!(counts(&[], &[("split", "val")]), (2, 2, 0));
    let typo = open(&[], &[("source", "nass")]).unwrap_err();
    assert!(typo.contains("data.source[0].except.source") && typo.contains("`nass`"), "{typo}");
    let column = open(&[("sauce", "nasa")], &[]).unwrap_err();
    assert!(column.contains("data.source[0].only") && column.contains("`sauce`"), "{column}");
}

#[test]
fn a_second_run_examines_only_what_is_new() {
    let dir = tempfile::tempdir().unwrap();
    let list = dir.path().join("list.csv");
    let (clip, hopper) = (sample("clip.mp4"), sample("hopper.jpg"));
    let row = |path: &Path, label: &str| format!("{},{label},s,{},,\n", path.display(), path.display());
    fs::write(&list, format!("{HEADER}{}", row(&hopper, "real"))).unwrap();
    let out = dir.path().join("out");
    let run = || prepare(std::slice::from_ref(&list), &options(&out), &Ctx::silent()).unwrap();
    let first = run();
    assert_eq!((first.examined, first.kept), (1, 0));
    let crop = |row: &Row| fs::metadata(&row.path).unwrap().modified().unwrap();
    let before = crop(&Manifest::read(&first.manifest, &[]).unwrap().rows[0]);
    fs::write(&list, format!("{HEADER}{}{}", row(&hopper, "real"), row(&clip, "fake"))).unwrap();
    let second = run();
    assert_eq!((second.examined, second.kept), (1, 1), "only the new file");
    let manifest = Manifest::read(&second.manifest, &["source", "group", "split", "video", "codec", "sha256"]).unwrap();
    manifest.check_splits().unwrap();
    let stills = manifest.rows.iter().filter(|r| r.label == Label::Real).collect::<Vec<_>>();
    assert_eq!(stills.len(), 1);
    assert_eq!(crop(stills[0]), before, "the crop of before was not written again");
    let times: Vec<i64> = manifest.rows.iter().filter_map(|r| manifest.cell(r, "frame_us").parse().ok()).collect();
    assert!((2..=3).contains(&times.len()), "of three frames of the clip: {times:?}");
    assert!(times.windows(2).all(|w| w[1] - w[0] > 200_000), "evenly over time: {times:?}");
    for row in &manifest.rows {
        let (rect, landmarks) = (manifest.face_box(row).unwrap().unwrap(), manifest.landmarks(row).unwrap().unwrap());
        assert!(landmarks.iter().all(|p| rect.contains(*p)), "{rect:?} {landmarks:?}");
    }
    assert_eq!((run().examined, run().kept), (0, 2));
    let summary = fs::read_to_string(&second.summary).unwrap();
    for expected in ["faces of 2 files", "| s | real |", "montage.jpg", "No network that recognises people"] {
        assert!(summary.contains(expected), "{summary}");
    }
    for picture in ["montage.jpg", "sizes.svg", "sharpness.svg"] {
        assert!(fs::metadata(out.join(picture)).unwrap().len() > 500, "{picture}");
    }
}

#[test]
fn the_same_picture_under_two_names_is_listed_once() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["a.jpg", "b.jpg"] {
        fs::copy(sample("hopper.jpg"), dir.path().join(name)).unwrap();
    }
    let list = dir.path().join("list.csv");
    fs::write(&list, format!("{HEADER}a.jpg,real,s,a,,\nb.jpg,real,s,b,,\n")).unwrap();
    let done = prepare(&[list], &options(&dir.path().join("out")), &Ctx::silent()).unwrap();
    assert_eq!((done.faces, done.left_out.len()), (1, 1), "{done:?}");
    assert!(done.left_out[0].1.contains("a copy of another one"), "{:?}", done.left_out);
}

#[test]
fn files_that_cannot_be_read_are_named_before_anything_is_examined() {
    let dir = tempfile::tempdir().unwrap();
    fs::copy(sample("hopper.jpg"), dir.path().join("a.jpg")).unwrap();
    fs::write(dir.path().join("broken.jpg"), b"\xff\xd8\xff\xe0 no picture").unwrap();
    let list = dir.path().join("list.csv");
    fs::write(&list, format!("{HEADER}a.jpg,real,s,a,,\nbroken.jpg,fake,s,b,,\n")).unwrap();
    let out = dir.path().join("out");
    let refused = prepare(std::slice::from_ref(&list), &options(&out), &Ctx::silent()).unwrap_err();
    let message = refused.to_string();
    assert!(message.contains("1 files cannot be read") && message.contains("line 3:"), "{message}");
    assert!(message.contains("broken.jpg"), "{message}");
    assert!(!out.join("faces").exists(), "nothing was examined");
    let skipping = Options { unreadable: Unreadable::Skip, ..options(&out) };
    let done = prepare(&[list], &skipping, &Ctx::silent()).unwrap();
    assert_eq!((done.faces, done.left_out.len()), (1, 1));
}

#[test]
fn batches_depend_on_seed_and_step_alone() {
    let dir = prepared().path();
    let recipe = recipe(dir);
    let open = |seed| Mixture::open(&recipe, seed, 128, &Ctx::silent()).unwrap();
    let mixture = open(1);
    let on = |threads: usize, step: u64| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| mixture.batch(step).unwrap())
    };
    let third = on(1, 3);
    assert_eq!((third.labels.len(), third.pixels.len(), third.side), (14, 14 * 128 * 128 * 3, 128));
    assert_eq!(third.labels, [0., 1., 0., 1., 0., 1., 0., 1., 0., 1., 0., 1., 1., 1.]);
    let _ = on(4, 0);
    assert_eq!(on(4, 3), third, "neither threads nor what was asked before matter");
    assert_eq!(open(1).batch(3).unwrap(), third, "nor when it was opened");
    assert_ne!(on(2, 4), third);
    assert_ne!(open(2).batch(3).unwrap(), third);
    assert_eq!(mixture.counts(), [("all", 2, 2)]);
    let held_out: Vec<Crop> = mixture.held_out().unwrap();
    assert_eq!(held_out.len(), 1);
    assert_eq!(
        (held_out[0].label, held_out[0].group.as_str(), held_out[0].rgb.len()),
        (Label::Fake, "v", 128 * 128 * 3)
    );
    let montage = mixture.montage(3).unwrap();
    assert!(montage.height() > 20 * 128, "{:?}", montage.dimensions());
}

#[test]
fn crops_after_a_video_encoder_take_part_when_asked_for() {
    let dir = prepared().path();
    let mut recipe = recipe(dir);
    recipe.augment.video = Sometimes { share: 1.0, range: [38.0, 42.0] };
    let never = Sometimes { share: 0.0, range: [0.5, 1.0] };
    (recipe.augment.resize, recipe.augment.blur, recipe.augment.noise, recipe.augment.jpeg) =
        (never, never, never, never);
    recipe.augment.jpeg.range = [50.0, 60.0];
    let coded = Mixture::open(&recipe, 1, 128, &Ctx::silent()).unwrap().batch(0).unwrap();
    recipe.augment.video.share = 0.0;
    let plain = Mixture::open(&recipe, 1, 128, &Ctx::silent()).unwrap().batch(0).unwrap();
    // The dice fall differently, so compare how much fine detail there is, not pixels.
    let detail = |pixels: &[u8]| pixels.windows(4).map(|w| u64::from(w[0].abs_diff(w[3]))).sum::<u64>();
    assert!(
        detail(&coded.pixels) < detail(&plain.pixels) * 98 / 100,
        "{} {}",
        detail(&coded.pixels),
        detail(&plain.pixels)
    );
}

#[test]
fn recipes_that_ask_for_what_is_not_there_name_the_key() {
    let dir = prepared().path();
    let open = |change: &dyn Fn(&mut DataRecipe)| -> TrainError {
        let mut recipe = recipe(dir);
        change(&mut recipe);
        Mixture::open(&recipe, 0, 128, &Ctx::silent()).unwrap_err()
    };
    type Change = (&'static str, &'static dyn Fn(&mut DataRecipe));
    let cases: [Change; 6] = [
        ("data.source[0].by", &|r| r.sources[0].by = vec!["colour".into()]),
        ("data.source[0].pair", &|r| r.sources[0].pair = Some("twin".into())),
        ("no row is `real` with split `trained`", &|r| r.sources[0].train = "trained".into()),
        ("data.draw[2].share", &|r| r.draws[2].share = 1e-4),
        ("the folder of models", &|r| r.models = None),
        ("absent.csv", &|r| r.sources[0].manifest = "absent.csv".into()),
    ];
    for (expected, change) in cases {
        let message = open(change).to_string();
        assert!(message.contains(expected), "{expected}: {message}");
    }
}

#[test]
fn the_recipes_that_are_shipped_can_be_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("recipes");
    let swapped = DataRecipe::read(&folder.join("swapped.toml")).unwrap();
    assert_eq!((swapped.batch, swapped.sources.len(), swapped.draws.len()), (48, 3, 3));
    assert_eq!(swapped.augment, train::augment::recipe::AugmentRecipe::default());
}
