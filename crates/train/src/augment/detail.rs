//! Sharpness: resizing back and forth, blur, unsharp masking, noise.
#![expect(clippy::indexing_slicing, reason = "indices are folded into the picture, or bounded by the slices' lengths")]

use std::sync::LazyLock;

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x4;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};

use super::dice::{Dice, Purpose};
use super::tile::{Floats, PIXEL, Tile, byte};
use super::warp::{Plane, folded};
use crate::TrainError;

/// How pictures are made smaller out there: with and without care for what the smaller grid cannot hold.
pub(crate) const DOWN: [ResizeAlg; 4] = [
    ResizeAlg::Interpolation(FilterType::Bilinear),
    ResizeAlg::Interpolation(FilterType::CatmullRom),
    ResizeAlg::Convolution(FilterType::Box),
    ResizeAlg::Convolution(FilterType::Lanczos3),
];
/// And larger.
pub(crate) const UP: [ResizeAlg; 3] = [
    ResizeAlg::Interpolation(FilterType::Bilinear),
    ResizeAlg::Interpolation(FilterType::CatmullRom),
    ResizeAlg::Convolution(FilterType::Lanczos3),
];

/// At another side.
pub(crate) fn resized(tile: &Tile, side: usize, with: ResizeAlg) -> Result<Tile, TrainError> {
    let wrong = |problem: String| TrainError::Codec { codec: "resize", problem };
    let (from, to) = (tile.side as u32, side as u32);
    // Typed: the untyped form would compile the resizer of every kind of pixel into this crate.
    let source = TypedImageRef::<U8x4>::from_buffer(from, from, &tile.bytes).map_err(|e| wrong(e.to_string()))?;
    let mut bytes = vec![0; side * side * PIXEL];
    let mut target = TypedImage::<U8x4>::from_buffer(to, to, &mut bytes).map_err(|e| wrong(e.to_string()))?;
    let options = ResizeOptions::new().resize_alg(with).use_alpha(false);
    Resizer::new().resize_typed(&source, &mut target, &options).map_err(|e| wrong(e.to_string()))?;
    Ok(Tile { side, bytes })
}

/// Shrunk to this part of the side and enlarged again, with filters that are drawn.
pub(crate) fn down_and_up(tile: &Tile, part: f32, dice: &mut Dice) -> Result<Tile, TrainError> {
    let small = ((tile.side as f32 * part) as usize).clamp(8, tile.side);
    let (down, up) = (dice.pick(DOWN), dice.pick(UP));
    if small == tile.side {
        return Ok(tile.clone());
    }
    resized(&resized(tile, small, down)?, tile.side, up)
}

/// Weights of a Gaussian out to three widths, summing to 1.
fn gaussian(sigma: f32) -> Vec<f32> {
    let reach = (3.0 * sigma).ceil().max(1.0) as i32;
    let mut weights: Vec<f32> = (-reach..=reach).map(|i| (-0.5 * (i as f32 / sigma).powi(2)).exp()).collect();
    let sum: f32 = weights.iter().sum();
    weights.iter_mut().for_each(|w| *w /= sum);
    weights
}

/// Least blur that does anything to bytes.
const MIN_SIGMA: f32 = 0.2;

/// Gaussian blur; beyond its edges the picture is mirrored.
pub(crate) fn blurred(source: &Floats, sigma: f32) -> Floats {
    if sigma < MIN_SIGMA {
        return source.clone();
    }
    let (side, weights) = (source.side, gaussian(sigma));
    let reach = weights.len() / 2;
    let mut across = vec![[0.0; PIXEL]; side * side];
    let mut padded = vec![[0.0; PIXEL]; side + 2 * reach];
    for (row, out) in source.pixels.chunks_exact(side).zip(across.chunks_exact_mut(side)) {
        for (i, pixel) in padded.iter_mut().enumerate() {
            *pixel = row[folded(i as i32 - reach as i32, side)];
        }
        for (x, pixel) in out.iter_mut().enumerate() {
            let mut sum = [0.0; PIXEL];
            for (w, p) in weights.iter().zip(&padded[x..]) {
                for c in 0..PIXEL {
                    sum[c] += w * p[c];
                }
            }
            *pixel = sum;
        }
    }
    let mut down = vec![[0.0; PIXEL]; side * side];
    for (y, out) in down.chunks_exact_mut(side).enumerate() {
        for (i, &w) in weights.iter().enumerate() {
            let from = folded((y + i) as i32 - reach as i32, side) * side;
            for (pixel, p) in out.iter_mut().zip(&across[from..from + side]) {
                for c in 0..PIXEL {
                    pixel[c] += w * p[c];
                }
            }
        }
    }
    Floats { side, pixels: down }
}

/// The same for one plane.
pub(crate) fn blurred_plane(plane: &Plane, sigma: f32) -> Plane {
    if sigma < MIN_SIGMA {
        return plane.clone();
    }
    let (side, weights) = (plane.side, gaussian(sigma));
    let reach = weights.len() as i32 / 2;
    let mut across = vec![0.0; side * side];
    let mut padded = vec![0.0; side + 2 * reach as usize];
    for (row, out) in plane.values.chunks_exact(side).zip(across.chunks_exact_mut(side)) {
        for (i, value) in padded.iter_mut().enumerate() {
            *value = row[(i as i32 - reach).clamp(0, side as i32 - 1) as usize];
        }
        for (i, &w) in weights.iter().enumerate() {
            for (value, p) in out.iter_mut().zip(&padded[i..]) {
                *value += w * p;
            }
        }
    }
    let mut down = vec![0.0; side * side];
    for (y, out) in down.chunks_exact_mut(side).enumerate() {
        for (i, &w) in weights.iter().enumerate() {
            let from = (y as i32 + i as i32 - reach).clamp(0, side as i32 - 1) as usize * side;
            for (value, p) in out.iter_mut().zip(&across[from..from + side]) {
                *value += w * p;
            }
        }
    }
    Plane { side, values: down }
}

/// Unsharp masking: what a blur of `sigma` takes away is added `strength` times.
pub(crate) fn sharpened(tile: &Tile, strength: f32, sigma: f32) -> Tile {
    let sharp = tile.floats();
    let mut soft = blurred(&sharp, sigma);
    for (pixel, p) in soft.pixels.iter_mut().zip(&sharp.pixels) {
        for (value, &v) in pixel.iter_mut().zip(p) {
            *value = v + strength * (v - *value);
        }
    }
    soft.tile()
}

/// Normal numbers, drawn once. Each row of a picture starts somewhere else in them.
static NORMALS: LazyLock<Vec<f32>> = LazyLock::new(|| {
    let mut dice = Dice::new(0x6e_6f69_7365, 0, 0, Purpose::Augment);
    (0..1 << 16).map(|_| dice.normal()).collect()
});

/// Adds normal noise of this many grey levels, another to each channel.
pub(crate) fn add_noise(tile: &mut Tile, levels: f32, dice: &mut Dice) {
    let row = tile.side * PIXEL;
    for bytes in tile.bytes.chunks_exact_mut(row) {
        let start = dice.below(NORMALS.len() - row);
        for (b, normal) in bytes.iter_mut().zip(&NORMALS[start..]) {
            *b = byte(f32::from(*b) + levels * normal);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dot(side: usize) -> Tile {
        let mut tile = Tile::from_rgb(side, &vec![0; side * side * 3]);
        let middle = side / 2 * side + side / 2;
        tile.pixels_mut()[middle] = [255; 4];
        tile
    }

    #[test]
    fn a_blurred_dot_is_a_gaussian_that_keeps_its_light() {
        let soft = blurred(&dot(41).floats(), 2.0);
        let sum: f32 = soft.pixels.iter().map(|p| p[0]).sum();
        assert!((sum - 255.0).abs() < 0.1, "{sum}");
        let at = |dx: usize| soft.pixels[20 * 41 + 20 + dx][1];
        // exp(-x² / 8)
        assert!((at(2) / at(0) - (-0.5f32).exp()).abs() < 1e-3 && (at(4) / at(0) - (-2.0f32).exp()).abs() < 1e-3);
        let mut plane = Plane::filled(41, 0.0);
        plane.values[20 * 41 + 20] = 255.0;
        let plane = blurred_plane(&plane, 2.0);
        for (p, v) in soft.pixels.iter().zip(&plane.values) {
            assert!((p[2] - v).abs() < 1e-3);
        }
    }

    #[test]
    fn a_flat_picture_stays_flat_whatever_is_done() {
        let flat = Tile::from_rgb(37, &[90; 37 * 37 * 3]);
        assert_eq!(blurred(&flat.floats(), 1.3).tile(), flat);
        assert_eq!(sharpened(&flat, 1.0, 1.0), flat);
        for seed in 0..20 {
            let mut dice = Dice::new(seed, 0, 0, Purpose::Augment);
            assert_eq!(down_and_up(&flat, 0.5, &mut dice).unwrap(), flat);
        }
    }

    #[test]
    fn noise_is_as_strong_as_told() {
        let mut tile = Tile::from_rgb(64, &[128; 64 * 64 * 3]);
        add_noise(&mut tile, 6.0, &mut Dice::new(1, 0, 0, Purpose::Augment));
        let spread = tile.pixels().iter().map(|p| (f32::from(p[1]) - 128.0).powi(2)).sum::<f32>() / 4096.0;
        assert!((spread.sqrt() - 6.0).abs() < 0.5, "{spread}");
    }

    #[test]
    fn sharpening_undoes_blur_in_part() {
        let sharp = dot(41);
        let soft = blurred(&sharp.floats(), 1.0).tile();
        let peak = |tile: &Tile| tile.pixels()[20 * 41 + 20][0];
        assert!(peak(&sharpened(&soft, 1.0, 1.0)) > peak(&soft));
    }
}
