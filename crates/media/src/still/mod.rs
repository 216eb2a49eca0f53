//! Decodes pictures, from memory, to one upright RGB frame.
//!
//! Transparent pixels are laid on white, as most viewers show them. Pixels stay in the colour space
//! that the file stores (an embedded profile is not applied), 16-bit samples are rounded to 8.

mod damage;
mod heif;
mod raster;

use std::path::Path;
use std::sync::Arc;

use base::{Warning, WarningCode};
use image::RgbImage;

use crate::identify::StillFormat;
use crate::{Limits, MediaError, MediaInfo};

/// A decoded picture.
#[derive(Debug)]
pub(crate) struct Still {
    pub rgb: Arc<RgbImage>,
    pub info: MediaInfo,
    /// What is wrong with it, if anything.
    pub damage: Option<String>,
    animated: bool,
}

impl Still {
    /// Warnings for the result; damage is told by [`crate::Coverage`].
    pub fn warnings(&self) -> Vec<Warning> {
        let detail = || format!("only the first frame of the animated {} was examined", self.info.codec);
        self.animated.then(|| Warning::new(WarningCode::AnimationFirstFrame, detail())).into_iter().collect()
    }
}

/// What the two decoders give.
struct Picture {
    rgb: RgbImage,
    /// Degrees clockwise that were applied.
    rotation: i32,
    animated: bool,
    /// What the decoder says is wrong with it.
    damage: Option<String>,
}

/// Decodes `bytes`, which start with the magic of `format`.
///
/// # Errors
/// `TooLarge` before pixels are allocated, `Damaged`, `DecoderMissing`.
pub(crate) fn decode(path: &Path, format: StillFormat, bytes: &[u8], limits: &Limits) -> Result<Still, MediaError> {
    let picture = match format {
        StillFormat::Heic | StillFormat::Avif => heif::decode(path, bytes, limits)?,
        _ => raster::decode(path, format, bytes, limits)?,
    };
    let damage = damage::look(format, bytes).or(picture.damage);
    let (width, height) = picture.rgb.dimensions();
    let info = MediaInfo {
        width,
        height,
        duration_us: None,
        frame_rate: None,
        variable_frame_rate: false,
        codec: format.name().into(),
        rotation: picture.rotation,
        damaged: damage.is_some(),
    };
    Ok(Still { rgb: Arc::new(picture.rgb), info, damage, animated: picture.animated })
}

/// Refuses a picture whose stated size is over the limit.
fn check_size(path: &Path, width: u32, height: u32, limits: &Limits) -> Result<(), MediaError> {
    let (actual, limit) = (u64::from(width) * u64::from(height), limits.image_pixels);
    if actual > limit {
        return Err(MediaError::TooLarge { path: path.to_owned(), what: "the picture in pixels", actual, limit });
    }
    Ok(())
}

fn damaged(path: &Path, detail: impl std::fmt::Display) -> MediaError {
    MediaError::Damaged { path: path.to_owned(), detail: crate::error::one_line(&detail.to_string()) }
}

/// Lays `[r, g, b, a]` on white.
fn on_white([r, g, b, a]: [u8; 4]) -> [u8; 3] {
    let a = u32::from(a);
    [r, g, b].map(|c| ((u32::from(c) * a + 255 * (255 - a) + 127) / 255) as u8)
}
