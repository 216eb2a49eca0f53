//! MTCNN against the facenet-pytorch package (goldens/facenet_boxes.py).

mod common;

use std::collections::BTreeMap;

use base::{Point, Rect};
use common::{models, open, shared};
use faces::{FaceDetector, Mtcnn, MtcnnOptions};
use serde::Deserialize;

#[derive(Deserialize)]
struct Still {
    size: [u32; 2],
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
