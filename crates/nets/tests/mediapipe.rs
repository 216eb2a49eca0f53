//! BlazeFace and the face mesh against TensorFlow Lite's interpreter (goldens/mediapipe.py), with the weights
//! that ship.

mod golden;

use golden::{golden, images, on_threads, weights, worst};
use nets::blazeface::{BlazeFace, Range};
use nets::cpu::Nhwc;
use nets::face_mesh::FaceMesh;

fn detector_input(range: Range, n: usize) -> Nhwc {
    images([n, range.size(), range.size()], range.size(), 127.5, 1.0 / 127.5)
}

fn mesh_input(n: usize) -> Nhwc {
    images([n, 192, 192], 192, 0.0, 1.0 / 255.0)
}

#[test]
fn detectors_equal_the_reference() {
    let expected = golden("mediapipe.safetensors");
    for (range, name) in [(Range::Short, "short"), (Range::Full, "full")] {
        let net = BlazeFace::load(range, &weights(range.model_id())).unwrap();
        let [raw] = net.forward(&detector_input(range, 1)).unwrap().try_into().unwrap();
        let logits = &expected.get(&format!("{name}.score")).unwrap().data;
        let boxes = &expected.get(&format!("{name}.boxes")).unwrap().data;
        // Logits reach into the tens, positions into the hundreds of input pixels.
        assert!(worst(&raw.logits, logits) < 1e-4, "{name} logits: {}", worst(&raw.logits, logits));
        let error = worst(raw.boxes.as_flattened(), boxes);
        assert!(error < 1e-4 * range.size() as f32, "{name} boxes: {error}");
    }
}

#[test]
fn mesh_equals_the_reference() {
    let expected = golden("mediapipe.safetensors");
    let net = FaceMesh::load(&weights("face-mesh")).unwrap();
    let [out] = net.forward(&mesh_input(1)).unwrap().try_into().unwrap();
    assert_eq!(out.points.len(), FaceMesh::POINTS);
    let presence = expected.get("mesh.score").unwrap().data[0];
    assert!((out.presence_logit - presence).abs() < 1e-4, "{} {presence}", out.presence_logit);
    // Points are pixels of a 192x192 crop: a hundredth is 5e-5 of its side.
    let error = worst(out.points.as_flattened(), &expected.get("mesh.points").unwrap().data);
    assert!(error < 1e-2, "{error}");
}

#[test]
fn a_batch_gives_the_same_bits_as_single_images_on_any_number_of_threads() {
    for range in [Range::Short, Range::Full] {
        let net = BlazeFace::load(range, &weights(range.model_id())).unwrap();
        let batch = detector_input(range, 3);
        let together = on_threads(1, || net.forward(&batch)).unwrap();
        for threads in [1, 2, 5] {
            assert_eq!(together, on_threads(threads, || net.forward(&batch)).unwrap());
        }
        for (image, expected) in batch.data.chunks(batch.image_len()).zip(&together) {
            let one = Nhwc::from_vec([1, range.size(), range.size(), 3], image.to_vec()).unwrap();
            assert_eq!(net.forward(&one).unwrap(), std::slice::from_ref(expected));
        }
    }
    let net = FaceMesh::load(&weights("face-mesh")).unwrap();
    let batch = mesh_input(3);
    let together = on_threads(1, || net.forward(&batch)).unwrap();
    for threads in [1, 2, 5] {
        assert_eq!(together, on_threads(threads, || net.forward(&batch)).unwrap());
    }
    for (image, expected) in batch.data.chunks(batch.image_len()).zip(&together) {
        let one = Nhwc::from_vec([1, 192, 192, 3], image.to_vec()).unwrap();
        assert_eq!(net.forward(&one).unwrap(), std::slice::from_ref(expected));
    }
}

#[test]
fn inputs_of_another_size_are_refused() {
    let net = BlazeFace::load(Range::Full, &weights(Range::Full.model_id())).unwrap();
    let message = net.forward(&detector_input(Range::Short, 1)).unwrap_err().to_string();
    assert_eq!(message, "BlazeFace full range takes [n, 192, 192, 3], got shape [1, 128, 128, 3]");
    assert!(FaceMesh::load(&weights("face-mesh")).unwrap().forward(&detector_input(Range::Short, 1)).is_err());
}

#[test]
fn weights_of_another_net_are_refused() {
    assert!(BlazeFace::load(Range::Short, &weights(Range::Full.model_id())).is_err());
    assert!(FaceMesh::load(&weights(Range::Short.model_id())).is_err());
}
