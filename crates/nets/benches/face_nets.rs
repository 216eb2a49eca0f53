//! How long the face networks take on one thread: `cargo bench -p nets --bench face_nets`.
//!
//! Its twin `face_nets.py` times the same work in facenet-pytorch and TensorFlow Lite. Both count the time that their
//! thread ran, not the time that passed, and take the best of some rounds: a busy machine only ever adds.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a program that prints measurements")]

use nets::blazeface::{BlazeFace, Range};
use nets::cpu::Nhwc;
use nets::face_mesh::FaceMesh;
use nets::mtcnn::{ONet, PNet, RNet};
use nets::weights::Weights;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

fn weights(id: &str) -> Weights {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models").join(id).join("weights.safetensors");
    Weights::from_safetensors(&std::fs::read(path).unwrap()).unwrap()
}

/// Noise in -1..1.
fn images(n: usize, h: usize, w: usize) -> Nhwc {
    let noise = |i: usize| (i as u32).wrapping_mul(2_654_435_761) >> 8;
    let values = (0..n * h * w * 3).map(|i| noise(i) as f32 / 8_388_608.0 - 1.0).collect();
    Nhwc::from_vec([n, h, w, 3], values).unwrap()
}

/// Sizes of the MTCNN pyramid of a 1920x1080 picture, factor 0.709.
fn pyramid(min_face: f64) -> Vec<(usize, usize)> {
    let mut scale = 12.0 / min_face;
    let mut sizes = Vec::new();
    while 1080.0 * scale >= 12.0 {
        sizes.push(((1080.0 * scale + 1.0) as usize, (1920.0 * scale + 1.0) as usize));
        scale *= 0.709;
    }
    sizes
}

/// Seconds that this thread has run; where the system does not tell, seconds since `start`.
fn seconds(start: Instant) -> f64 {
    let ran = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = ran.and_then(|s| s.split_whitespace().next()?.parse::<f64>().ok());
    nanoseconds.map_or_else(|| start.elapsed().as_secs_f64(), |ns| ns * 1e-9)
}

/// Milliseconds per run in the best of five rounds of at least a quarter of a second: the system counts in ticks.
fn best(mut run: impl FnMut()) -> f64 {
    run();
    let start = Instant::now();
    let mut round = || {
        let (from, mut runs) = (seconds(start), 0.0);
        loop {
            run();
            runs += 1.0;
            let spent = seconds(start) - from;
            if spent >= 0.25 {
                return spent / runs * 1e3;
            }
        }
    };
    (0..5).map(|_| round()).fold(f64::INFINITY, f64::min)
}

fn report(name: &str, ms: f64, macs: Option<f64>) {
    let rate = macs.map_or(String::new(), |m| format!("{:8.1} GFLOPS", 2.0 * m / ms / 1e6));
    println!("{name:44} {ms:8.2} ms{rate}");
}

fn main() {
    rayon::ThreadPoolBuilder::new().num_threads(1).build_global().unwrap();
    let mtcnn = weights("mtcnn");
    let (pnet, rnet, onet) = (PNet::load(&mtcnn).unwrap(), RNet::load(&mtcnn).unwrap(), ONet::load(&mtcnn).unwrap());
    for min_face in [20.0, 24.0] {
        let levels: Vec<Nhwc> = pyramid(min_face).into_iter().map(|(h, w)| images(1, h, w)).collect();
        let pixels: usize = levels.iter().map(|l| l.h * l.w).sum();
        let ms = best(|| {
            for level in &levels {
                black_box(pnet.forward(level).unwrap());
            }
        });
        report(&format!("P-Net, pyramid of 1080p, faces from {min_face} px"), ms, Some(pixels as f64 * 1830.0));
    }
    let crops = images(64, 24, 24);
    report("R-Net, 64 crops", best(|| drop(black_box(rnet.forward(&crops).unwrap()))), Some(64.0 * 1.5e6));
    let crops = images(16, 48, 48);
    report("O-Net, 16 crops", best(|| drop(black_box(onet.forward(&crops).unwrap()))), Some(16.0 * 12.9e6));
    for (range, name) in [(Range::Short, "BlazeFace short range"), (Range::Full, "BlazeFace full range")] {
        let net = BlazeFace::load(range, &weights(range.model_id())).unwrap();
        let image = images(1, range.size(), range.size());
        report(name, best(|| drop(black_box(net.forward(&image).unwrap()))), None);
    }
    let mesh = FaceMesh::load(&weights("face-mesh")).unwrap();
    let crop = images(1, FaceMesh::SIZE, FaceMesh::SIZE);
    report("face mesh", best(|| drop(black_box(mesh.forward(&crop).unwrap()))), None);
}
