//! JPEG and WebP, there and back.

use turbojpeg::{Image, PixelFormat, Subsamp};

use super::tile::{PIXEL, Tile};
use crate::TrainError;

/// How finely JPEG keeps colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chroma {
    /// Half as fine both ways, as nearly everybody does.
    Halved,
    /// As fine as brightness.
    Full,
}

/// What is left of a picture after JPEG at this quality, 1 to 100.
pub(crate) fn through_jpeg(tile: &Tile, quality: u8, chroma: Chroma) -> Result<Tile, TrainError> {
    let wrong = |e: turbojpeg::Error| TrainError::Codec { codec: "JPEG", problem: e.to_string() };
    let side = tile.side;
    let pitch = side * PIXEL;
    let image = Image { pixels: tile.bytes.as_slice(), width: side, pitch, height: side, format: PixelFormat::RGBX };
    let subsampling = match chroma {
        Chroma::Halved => Subsamp::Sub2x2,
        Chroma::Full => Subsamp::None,
    };
    let jpeg = turbojpeg::compress(image, i32::from(quality.clamp(1, 100)), subsampling).map_err(wrong)?;
    let mut bytes = vec![0; side * pitch];
    let back = Image { pixels: bytes.as_mut_slice(), width: side, pitch, height: side, format: PixelFormat::RGBX };
    turbojpeg::Decompressor::new().map_err(wrong)?.decompress(&jpeg, back).map_err(wrong)?;
    Ok(Tile { side, bytes })
}

/// The same for lossy WebP.
pub(crate) fn through_webp(tile: &Tile, quality: f32) -> Result<Tile, TrainError> {
    let wrong = |problem: &str| TrainError::Codec { codec: "WebP", problem: problem.into() };
    let side = tile.side;
    let rgb = tile.cut_rgb(0, 0, side);
    let mut config = webp::WebPConfig::new().map_err(|()| wrong("no configuration"))?;
    config.quality = quality.clamp(1.0, 100.0);
    // The quickest of its ways to search: what it leaves of the picture hardly differs.
    config.method = 1;
    let encoder = webp::Encoder::from_rgb(&rgb, side as u32, side as u32);
    let encoded = encoder.encode_advanced(&config).map_err(|e| wrong(&format!("{e:?}")))?;
    let decoded = webp::Decoder::new(&encoded).decode().ok_or_else(|| wrong("its own output cannot be read"))?;
    match decoded.len() / (side * side) {
        3 => Ok(Tile::from_rgb(side, &decoded)),
        _ => Err(wrong("its own output has another size")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scene() -> Tile {
        let value = |i: usize| {
            let (x, y) = (i % 64, i / 64);
            [(x * 4) as u8, (y * 4) as u8, if (x / 8 + y / 8) % 2 == 0 { 40 } else { 200 }]
        };
        Tile::from_rgb(64, &(0..64 * 64).flat_map(value).collect::<Vec<u8>>())
    }

    fn loss(a: &Tile, b: &Tile) -> f32 {
        let pairs = a.bytes.iter().zip(&b.bytes);
        pairs.map(|(&a, &b)| (f32::from(a) - f32::from(b)).powi(2)).sum::<f32>() / a.bytes.len() as f32
    }

    #[test]
    fn lower_quality_loses_more() {
        let scene = scene();
        let jpeg = |quality, chroma| loss(&scene, &through_jpeg(&scene, quality, chroma).unwrap());
        assert!(jpeg(95, Chroma::Full) < 10.0);
        assert!(jpeg(20, Chroma::Full) > 2.0 * jpeg(95, Chroma::Full));
        assert!(jpeg(95, Chroma::Halved) > jpeg(95, Chroma::Full));
        let webp = |quality| loss(&scene, &through_webp(&scene, quality).unwrap());
        assert!(webp(95.0) < 200.0 && webp(10.0) > webp(95.0), "{} {}", webp(95.0), webp(10.0));
    }
}
