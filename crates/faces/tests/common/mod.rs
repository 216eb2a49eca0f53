//! Where tests find pictures and models.
#![allow(dead_code, reason = "each test file uses its share")]

use std::path::{Path, PathBuf};

use image::{DynamicImage, ImageDecoder, ImageReader, RgbImage};

pub fn models() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models")
}

/// A path in the shared inputs beside the repository, or `None`, said aloud.
pub fn shared(path: &str) -> Option<PathBuf> {
    let found = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared").join(path);
    if !found.exists() {
        eprintln!("skipped: ../shared is absent");
        return None;
    }
    Some(found)
}

/// Upright pixels.
pub fn open(path: &Path) -> RgbImage {
    let mut decoder = ImageReader::open(path).unwrap().with_guessed_format().unwrap().into_decoder().unwrap();
    let orientation = decoder.orientation().unwrap();
    let mut picture = DynamicImage::from_decoder(decoder).unwrap();
    picture.apply_orientation(orientation);
    picture.into_rgb8()
}
