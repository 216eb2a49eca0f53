//! P-Net, R-Net and O-Net against facenet-pytorch (goldens/mtcnn.py), with the weights that ship.

mod golden;

use golden::{golden, images, on_threads, weights, worst};
use nets::cpu::Nhwc;
use nets::mtcnn::{MEAN, ONet, PNet, RNet, SCALE};

/// What the networks promise, on probabilities and offsets.
const TOLERANCE: f32 = 1e-4;

fn input(shape: [usize; 3], seed: usize) -> Nhwc {
    images(shape, seed, MEAN, SCALE)
}

#[test]
fn pnet_equals_the_reference() {
    let (net, expected) = (PNet::load(&weights("mtcnn")).unwrap(), golden("mtcnn.safetensors"));
    for (h, w) in [(61, 83), (60, 48), (12, 12), (11, 30)] {
        let maps = net.forward(&input([1, h, w], h)).unwrap();
        let face = expected.get_shaped(&format!("pnet.{h}x{w}.face"), &[1, maps.h, maps.w]).unwrap();
        let offsets = expected.get_shaped(&format!("pnet.{h}x{w}.offsets"), &[1, maps.h, maps.w, 4]).unwrap();
        assert!(worst(&maps.face, &face.data) < TOLERANCE, "face of {h}x{w}");
        assert!(worst(maps.offsets.as_flattened(), &offsets.data) < TOLERANCE, "offsets of {h}x{w}");
    }
}

#[test]
fn rnet_equals_the_reference() {
    let (net, expected) = (RNet::load(&weights("mtcnn")).unwrap(), golden("mtcnn.safetensors"));
    let out = net.forward(&input([7, 24, 24], 1)).unwrap();
    let face: Vec<f32> = out.iter().map(|o| o.face).collect();
    let offsets: Vec<f32> = out.iter().flat_map(|o| o.offsets).collect();
    assert!(worst(&face, &expected.get("rnet.face").unwrap().data) < TOLERANCE);
    assert!(worst(&offsets, &expected.get("rnet.offsets").unwrap().data) < TOLERANCE);
}

#[test]
fn onet_equals_the_reference() {
    let (net, expected) = (ONet::load(&weights("mtcnn")).unwrap(), golden("mtcnn.safetensors"));
    let out = net.forward(&input([5, 48, 48], 2)).unwrap();
    let face: Vec<f32> = out.iter().map(|o| o.face).collect();
    let offsets: Vec<f32> = out.iter().flat_map(|o| o.offsets).collect();
    let points: Vec<f32> = out.iter().flat_map(|o| o.points).collect();
    assert!(worst(&face, &expected.get("onet.face").unwrap().data) < TOLERANCE);
    assert!(worst(&offsets, &expected.get("onet.offsets").unwrap().data) < TOLERANCE);
    assert!(worst(&points, &expected.get("onet.points").unwrap().data) < TOLERANCE);
}

#[test]
fn pnet_gives_the_same_bits_in_a_batch_twice_and_on_any_number_of_threads() {
    let net = PNet::load(&weights("mtcnn")).unwrap();
    let images = input([2, 141, 203], 5);
    let batch = on_threads(1, || net.forward(&images)).unwrap();
    assert_eq!(batch, on_threads(1, || net.forward(&images)).unwrap());
    assert_eq!(batch, on_threads(2, || net.forward(&images)).unwrap());
    assert_eq!(batch, on_threads(5, || net.forward(&images)).unwrap());
    let half = images.data.len() / 2;
    let second = Nhwc::from_vec([1, 141, 203, 3], images.data[half..].to_vec()).unwrap();
    let alone = net.forward(&second).unwrap();
    assert_eq!(batch.face[alone.face.len()..], alone.face);
    assert_eq!(batch.offsets[alone.face.len()..], alone.offsets);
}

#[test]
fn crops_give_the_same_bits_alone_as_in_a_batch_and_on_any_number_of_threads() {
    let w = weights("mtcnn");
    let (rnet, onet) = (RNet::load(&w).unwrap(), ONet::load(&w).unwrap());
    let (small, large) = (input([37, 24, 24], 3), input([11, 48, 48], 4));
    let refined = on_threads(1, || rnet.forward(&small)).unwrap();
    let output = on_threads(1, || onet.forward(&large)).unwrap();
    for threads in [1, 2, 5] {
        assert_eq!(refined, on_threads(threads, || rnet.forward(&small)).unwrap());
        assert_eq!(output, on_threads(threads, || onet.forward(&large)).unwrap());
    }
    for (i, crop) in small.data.chunks(small.image_len()).enumerate() {
        let one = Nhwc::from_vec([1, 24, 24, 3], crop.to_vec()).unwrap();
        assert_eq!(rnet.forward(&one).unwrap(), refined[i..=i]);
    }
    for (i, crop) in large.data.chunks(large.image_len()).enumerate() {
        let one = Nhwc::from_vec([1, 48, 48, 3], crop.to_vec()).unwrap();
        assert_eq!(onet.forward(&one).unwrap(), output[i..=i]);
    }
}

#[test]
fn inputs_of_another_shape_are_refused() {
    let w = weights("mtcnn");
    let message = PNet::load(&w).unwrap().forward(&input([1, 10, 40], 0)).unwrap_err().to_string();
    assert!(message.starts_with("P-Net takes [n, 11 or more, 11 or more, 3]"), "{message}");
    assert!(RNet::load(&w).unwrap().forward(&input([1, 48, 48], 0)).is_err());
    assert!(ONet::load(&w).unwrap().forward(&input([1, 24, 24], 0)).is_err());
    assert!(RNet::load(&w).unwrap().forward(&Nhwc::zeros(0, 24, 24, 3)).unwrap().is_empty());
}
