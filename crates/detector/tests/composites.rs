//! Whether the parts of a face that a suspicion is said to come from are those that were exchanged: parts of generated
//! faces set into the photographs of `assets/samples`, scored by the detector of generated faces that ships.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout, reason = "a test program")]

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use base::Point;
use candle_core::Device;
use detector::Detector;
use detector::explain::{CropPlace, Partition, REGIONS, Region, subset_logits};
use faces::{FaceDetector, FaceMeshAligner, Mtcnn, MtcnnOptions, crop_face};
use image::RgbImage;

/// Which parts are exchanged: some of these.
const INNER: [Region; 6] =
    [Region::Eyes, Region::Brows, Region::Nose, Region::Mouth, Region::CheeksAndJaw, Region::Forehead];

/// How many of them at a time: of fewer the detector suspects next to none.
const EXCHANGED: RangeInclusive<u32> = 4..=5;
/// Faces smaller than this in their pictures would be enlarged.
const MIN_HEIGHT: f32 = 90.0;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The crop that a detector sees, with its mesh in px of the crop.
#[derive(Clone)]
struct Seen {
    crop: RgbImage,
    mesh: Vec<Point>,
}

fn seen(names: &[&str], mirrored: bool, detector: &Detector) -> Vec<Seen> {
    let finder = Mtcnn::load(&root().join("models"), MtcnnOptions::default()).unwrap();
    let aligner = FaceMeshAligner::load(&root().join("models")).unwrap();
    let of = |name: &&str| {
        let rgb = image::open(root().join("assets/samples").join(name)).unwrap().into_rgb8();
        let rgb = if mirrored { image::imageops::flip_horizontal(&rgb) } else { rgb };
        let faces = finder.detect(&rgb).unwrap().into_iter().filter(|f| f.rect.h >= MIN_HEIGHT);
        let of = |face| {
            let mesh = aligner.meshes(&rgb, &[face]).unwrap().remove(0);
            let place = CropPlace::of(&rgb, &face, detector.crop_rule()).unwrap();
            let mesh = mesh.points.iter().map(|p| place.in_crop(*p)).collect();
            Seen { crop: crop_face(&rgb, &face, detector.crop_rule()).unwrap(), mesh }
        };
        faces.map(of).collect::<Vec<_>>()
    };
    names.iter().flat_map(of).collect()
}

/// The similarity that takes the points of one mesh nearest to those of another: `z -> turn · z + shift` of complex
/// numbers, as `[turn.x, turn.y, shift.x, shift.y]`.
fn fit(from: &[Point], to: &[Point]) -> [f32; 4] {
    let mean = |points: &[Point]| {
        let n = points.len() as f32;
        Point::new(points.iter().map(|p| p.x).sum::<f32>() / n, points.iter().map(|p| p.y).sum::<f32>() / n)
    };
    let (a, b) = (mean(from), mean(to));
    let (mut re, mut im, mut square) = (0.0, 0.0, 0.0);
    for (p, q) in from.iter().zip(to) {
        let (x, y, u, v) = (p.x - a.x, p.y - a.y, q.x - b.x, q.y - b.y);
        (re, im, square) = (re + x * u + y * v, im + x * v - y * u, square + x * x + y * y);
    }
    let (re, im) = (re / square, im / square);
    [re, im, b.x - re * a.x + im * a.y, b.y - im * a.x - re * a.y]
}

/// A part of the donor's face in place of the host's, in the host's colours; `share` is 1 where it is exchanged.
fn composite(host: &Seen, donor: &Seen, share: &[f32]) -> RgbImage {
    let [re, im, dx, dy] = fit(&host.mesh, &donor.mesh);
    let (width, height) = host.crop.dimensions();
    let moved = RgbImage::from_fn(width, height, |x, y| {
        let (x, y) = (x as f32 + 0.5, y as f32 + 0.5);
        let at = |v: f32, limit: u32| (v - 0.5).clamp(0.0, limit as f32 - 1.0);
        let (u, v) = (at(re * x - im * y + dx, width), at(im * x + re * y + dy, height));
        image::imageops::interpolate_bilinear(&donor.crop, u, v).unwrap()
    });
    let weight = share.iter().sum::<f32>();
    let statistics = |of: &RgbImage, channel: usize| {
        let values = || of.pixels().zip(share).map(|(p, w)| (f32::from(p.0[channel]), w));
        let mean = values().map(|(v, w)| v * w).sum::<f32>() / weight;
        (mean, (values().map(|(v, w)| (v - mean).powi(2) * w).sum::<f32>() / weight).sqrt())
    };
    let mut made = host.crop.clone();
    for channel in 0..3 {
        let ((from, spread), (to, wide)) = (statistics(&moved, channel), statistics(&host.crop, channel));
        for ((pixel, donor), w) in made.pixels_mut().zip(moved.pixels()).zip(share) {
            let value = (f32::from(donor.0[channel]) - from) * wide / spread.max(1.0) + to;
            pixel.0[channel] = (f32::from(pixel.0[channel]) * (1.0 - w) + value * w).round().clamp(0.0, 255.0) as u8;
        }
    }
    made
}

/// A composite that is suspected: whose parts it was made of, which regions were exchanged, and what each region is said
/// to contribute.
struct Suspect {
    pair: (usize, usize),
    exchanged: usize,
    shares: Vec<f64>,
}

fn suspects(detector: &Detector, hosts: &[Seen], donors: &[Seen]) -> Vec<Suspect> {
    let judge = |crops: &[RgbImage]| detector.logits(crops);
    let threshold = detector.scoring().operating_points.suspected.threshold;
    let suspected = |logit: f32| detector.calibrate(f64::from(logit)).unwrap().get() >= threshold;
    let inner: usize = INNER.iter().map(|r| 1 << *r as usize).sum();
    let choices: Vec<usize> =
        (0..1usize << REGIONS).filter(|s| s & !inner == 0 && EXCHANGED.contains(&s.count_ones())).collect();
    let mut found = Vec::new();
    for (h, host) in hosts.iter().enumerate() {
        assert!(!suspected(judge(std::slice::from_ref(&host.crop)).unwrap()[0]), "photograph {h}");
        let partition = Partition::of(&host.mesh, [host.crop.width() as usize; 2]).unwrap();
        for (d, donor) in donors.iter().enumerate() {
            let crops: Vec<RgbImage> = choices.iter().map(|s| composite(host, donor, &partition.kept(*s))).collect();
            let logits = judge(&crops).unwrap();
            for ((&exchanged, crop), _) in choices.iter().zip(&crops).zip(logits).filter(|(_, l)| suspected(*l)) {
                let values = subset_logits(crop, &partition, &judge).unwrap();
                found.push(Suspect { pair: (h, d), exchanged, shares: analysis::shapley(&values).unwrap() });
            }
        }
    }
    found
}

#[test]
fn suspected_composites_point_to_the_part_that_was_exchanged() {
    let detector = Detector::load(&root().join("models/generated-faces"), &Device::Cpu).unwrap();
    let both = |names: &[&str]| [false, true].map(|mirrored| seen(names, mirrored, &detector)).concat();
    let hosts = both(&["collins.jpg", "hopper.jpg"]);
    let donors = both(&["generated-a.jpg", "generated-b.jpg", "generated-c.png"]);
    assert_eq!((hosts.len(), donors.len()), (4, 6));
    let found = suspects(&detector, &hosts, &donors);

    // The region with the highest share was exchanged: by chance, as often as regions were exchanged.
    let highest = |s: &Suspect| (0..REGIONS).max_by(|a, b| s.shares[*a].total_cmp(&s.shares[*b])).unwrap();
    let hits = found.iter().filter(|s| s.exchanged >> highest(s) & 1 == 1).count();
    let chances: Vec<f64> = found.iter().map(|s| f64::from(s.exchanged.count_ones()) / REGIONS as f64).collect();
    let expected: f64 = chances.iter().sum();
    let spread = chances.iter().map(|p| p * (1.0 - p)).sum::<f64>().sqrt();
    println!("{hits} of {} point to an exchanged region, {expected:.1} by chance", found.len());
    assert!(found.len() >= 12 && hits as f64 > expected + 3.0 * spread);

    // That could be a detector that always looks at the same place. So: of the same two people, each of the features
    // that composites exchange says more where it was exchanged than where it stayed. (Skin is beside every seam; what
    // brows, cheeks and forehead say follows the features about them.)
    let (mut more, mut compared) = (0_u32, 0_u32);
    for (i, a) in found.iter().enumerate() {
        for b in found.iter().take(i).filter(|b| b.pair == a.pair) {
            for feature in [Region::Eyes, Region::Nose, Region::Mouth].map(|r| r as usize) {
                let of = |s: &Suspect| (s.exchanged >> feature & 1, s.shares[feature]);
                let ((here, mine), (there, other)) = (of(a), of(b));
                if here != there {
                    compared += 1;
                    more += u32::from((mine > other) == (here > there));
                }
            }
        }
    }
    println!("{more} of {compared} features say more where they were exchanged");
    // By chance half of them would, with a spread of half the root of their number.
    let compared = f64::from(compared);
    assert!(f64::from(more) > 0.5 * compared + 2.5 * 0.5 * compared.sqrt());
}
