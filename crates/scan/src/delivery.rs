//! How files are spoilt on their way, applied to frames before anything looks at them: for tests of robustness.

use std::sync::Arc;

use faces::resize::{PixelRegion, shrink_area};
use image::RgbImage;
use media::Frame;

use crate::patch::reencoded;

/// Every frame is shrunk to a longest side (never enlarged) and goes through JPEG, as messengers and sites do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Longest side in pixels.
    pub longest: u32,
    /// JPEG quality of libjpeg, 1 to 100, at half colour resolution.
    pub quality: u8,
}

impl Delivery {
    /// The frame as it arrives.
    pub(crate) fn of(self, frame: Frame) -> Frame {
        let spoilt = self.spoilt(&frame.rgb);
        Frame { rgb: spoilt.map_or(frame.rgb, Arc::new), ..frame }
    }

    fn spoilt(self, rgb: &RgbImage) -> Option<RgbImage> {
        let (width, height) = rgb.dimensions();
        let factor = f64::from(self.longest) / f64::from(width.max(height));
        let quality = i32::from(self.quality);
        if factor >= 1.0 {
            return reencoded(rgb, quality);
        }
        let [w, h] = [width, height].map(|side| ((f64::from(side) * factor).round() as u32).max(1));
        reencoded(&shrink_area(rgb, PixelRegion::all(rgb), w, h)?, quality)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_shrunk_and_encoded_but_never_enlarged() {
        let rgb = RgbImage::from_fn(300, 120, |x, y| image::Rgb([(x * 7 % 256) as u8, (y * 11 % 256) as u8, 90]));
        let small = Delivery { longest: 100, quality: 60 }.spoilt(&rgb).unwrap();
        assert_eq!(small.dimensions(), (100, 40));
        let same = Delivery { longest: 768, quality: 40 }.spoilt(&rgb).unwrap();
        assert_eq!(same.dimensions(), rgb.dimensions());
        let apart = |quality| {
            let spoilt = Delivery { longest: 768, quality }.spoilt(&rgb).unwrap();
            rgb.as_raw().iter().zip(spoilt.as_raw()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum::<u64>()
        };
        assert!(apart(40) > apart(95), "{} {}", apart(40), apart(95));
    }
}
