//! MTCNN against the facenet-pytorch package (goldens/facenet_boxes.py).
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod fixtures;

use std::collections::BTreeMap;

use base::{Point, Rect};
use faces::{BlazeFaceDetector, BlazeFaceOptions, Face, FaceDetector, Mtcnn, MtcnnOptions, canonical_rect};
use fixtures::{models, open, shared};
use serde::Deserialize;

#[derive(Deserialize)]
struct Still {
    size: [u32; 2],
    pixel_sum: u64,
    faces: Vec<Golden>,
}

#[derive(Deserialize)]
struct Golden {
    corners: [f32; 4],
    probability: f32,
    landmarks: [[f32; 2]; 5],
}

#[test]
fn boxes_and_landmarks_equal_those_of_facenet_pytorch() {
    let Some(folder) = shared("media/stills") else { return };
    let stills: BTreeMap<String, Still> = serde_json::from_str(include_str!("../goldens/facenet_boxes.json")).unwrap();
    let mtcnn = Mtcnn::load(&models(), MtcnnOptions { min_face: 20.0, ..MtcnnOptions::default() }).unwrap();
    let (mut wanted, mut equal) = (0, 0);
    for (name, still) in &stills {
        let rgb = open(&folder.join(name));
        assert_eq!([rgb.width(), rgb.height()], still.size, "{name}");
        let pixel_sum: u64 = rgb.as_raw().iter().map(|&v| u64::from(v)).sum();
        assert_eq!(pixel_sum, still.pixel_sum, "{name}: decoded to other pixels than the goldens were made from");
        let found = mtcnn.detect(&rgb).unwrap();
        assert_eq!(found.len(), still.faces.len(), "{name}: number of faces");
        for golden in &still.faces {
            let [x0, y0, x1, y1] = golden.corners;
            let rect = Rect::from_corners(x0, y0, x1, y1);
            let face = found.iter().max_by(|a, b| a.rect.iou(rect).total_cmp(&b.rect.iou(rect))).unwrap();
            let iou = face.rect.iou(rect);
            let pairs = face.landmarks.iter().zip(golden.landmarks);
            let off = pairs.map(|(p, q)| p.distance(Point::from(q))).fold(0.0, f32::max);
            wanted += 1;
            if iou >= 0.98 && off <= 1.5 {
                equal += 1;
            }
            eprintln!(
                "{name}: IoU {iou:.4}, landmarks off by {off:.2} px, score {:.4} for {:.4}",
                face.detector_score, golden.probability
            );
        }
    }
    assert!(wanted >= 20, "{wanted} faces in the goldens");
    assert!(equal * 100 >= wanted * 99, "{equal} of {wanted} faces are equal");
}

#[test]
fn a_drawing_and_empty_pictures_hold_no_face() {
    let mtcnn = Mtcnn::load(&models(), MtcnnOptions::default()).unwrap();
    for (w, h) in [(0, 0), (1, 1), (23, 400), (24, 24), (300, 200)] {
        assert!(mtcnn.detect(&image::RgbImage::new(w, h)).unwrap().is_empty(), "{w} x {h}");
    }
    let Some(drawing) = shared("media/stills/noface_drawing_pyfeat.jpg") else { return };
    assert!(mtcnn.detect(&open(&drawing)).unwrap().is_empty());
}

#[test]
fn the_same_picture_gives_the_same_faces_on_any_number_of_threads() {
    let Some(group) = shared("media/stills/real_group_pyfeat.jpg") else { return };
    let rgb = open(&group);
    let mtcnn = Mtcnn::load(&models(), MtcnnOptions::default()).unwrap();
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| mtcnn.detect(&rgb).unwrap())
    };
    let one = on(1);
    assert_eq!(one.len(), 5);
    assert_eq!(one, on(3));
}

/// A face of a sample, as high as `face_px`, on a 4K frame.
fn in_4k(face_px: f32, at: (i64, i64)) -> (image::RgbImage, Face) {
    let sample = open(&models().join("../assets/samples/hopper.jpg"));
    let mtcnn = Mtcnn::load(&models(), MtcnnOptions::default()).unwrap();
    let whole = mtcnn.detect(&sample).unwrap()[0];
    let scale = face_px / whole.rect.h;
    let (w, h) = ((sample.width() as f32 * scale) as u32, (sample.height() as f32 * scale) as u32);
    let small = image::imageops::resize(&sample, w, h, image::imageops::FilterType::Triangle);
    let mut frame = image::RgbImage::from_fn(3840, 2160, |x, y| image::Rgb([(x / 24) as u8, (y / 16) as u8, 90]));
    image::imageops::replace(&mut frame, &small, at.0, at.1);
    let rect = Rect::new(
        whole.rect.x * scale + at.0 as f32,
        whole.rect.y * scale + at.1 as f32,
        whole.rect.w * scale,
        face_px,
    );
    (frame, Face { rect, ..whole })
}

#[test]
fn a_face_of_24_px_in_a_4k_frame_is_found() {
    let mtcnn = Mtcnn::load_checked(&models(), MtcnnOptions::default()).unwrap();
    let blazeface = BlazeFaceDetector::load(&models(), BlazeFaceOptions::default()).unwrap();
    for (px, at) in [(24.0, (1900, 300)), (28.0, (3700, 2050))] {
        let (frame, face) = in_4k(px, at);
        for (name, detector) in [("mtcnn", &mtcnn as &dyn FaceDetector), ("blazeface", &blazeface)] {
            let found = detector.detect(&frame).unwrap();
            let best = found.iter().map(|f| f.rect.iou(face.rect)).fold(0.0, f32::max);
            assert!(best > 0.4, "{name}, {px} px: {found:?} for {:?}", face.rect);
        }
    }
}

#[test]
fn the_samples_hold_their_people_and_the_coffee_none() {
    let detectors: [(&str, Box<dyn FaceDetector>); 2] = [
        ("mtcnn", Box::new(Mtcnn::load_checked(&models(), MtcnnOptions::default()).unwrap())),
        ("blazeface", Box::new(BlazeFaceDetector::load_checked(&models(), BlazeFaceOptions::default()).unwrap())),
    ];
    let wanted = [
        ("coffee.jpg", 0),
        ("collins.jpg", 1),
        ("hopper.jpg", 1),
        ("generated-a.jpg", 1),
        ("generated-c.png", 1),
        ("side-by-side.jpg", 2),
    ];
    for (name, people) in wanted {
        let rgb = open(&models().join("../assets/samples").join(name));
        for (detector, faces) in &detectors {
            let found = faces.detect(&rgb).unwrap();
            assert_eq!(found.len(), people, "{detector} on {name}: {found:?}");
            assert!(
                found.iter().all(|f| canonical_rect(&f.landmarks).iou(f.rect) > 0.5),
                "{detector} on {name}: {found:?}"
            );
        }
    }
}
