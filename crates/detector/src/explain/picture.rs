//! A heat map as a picture: the crop, the map over it, and the scale.

use image::imageops::{self, FilterType};
use image::{Rgb, RgbImage, Rgba, RgbaImage};

use super::HeatMap;
use super::palette::viridis;

/// Picture pixels along a side of the crop.
const SIDE: u32 = 384;
/// Pixels around and between the parts.
const GAP: u32 = 12;
/// Height of the bar of colours.
const BAR: u32 = 16;
/// How much of the colour lies over the grey crop.
const COVER: f32 = 0.55;
/// Picture pixels a dot of a digit.
const DOT: u32 = 2;
/// Dots across and down of a digit.
const DIGIT: [u32; 2] = [5, 7];
const PAPER: Rgb<u8> = Rgb([255; 3]);
const INK: Rgb<u8> = Rgb([24; 3]);

/// The crop as the network saw it, beside it in grey under the map's colours, below the scale: from 0 on
/// the left (nothing there speaks for manipulation) to the map's peak in logits on the right. Words belong
/// to whoever shows it. 804 × 464 pixels.
pub fn picture(crop: &RgbImage, map: &HeatMap) -> RgbImage {
    let [across, down] = [3 * GAP + 2 * SIDE, 3 * GAP + SIDE + BAR + GAP / 2 + DIGIT[1] * DOT + GAP / 2 + 2];
    let mut page = RgbImage::from_pixel(across, down, PAPER);
    let large = imageops::resize(crop, SIDE, SIDE, FilterType::CatmullRom);
    imageops::replace(&mut page, &large, GAP.into(), GAP.into());
    imageops::replace(&mut page, &covered(&large, map), (2 * GAP + SIDE).into(), GAP.into());
    let (left, top) = (2 * GAP + SIDE, 2 * GAP + SIDE);
    for x in 0..SIDE {
        let colour = over(128, viridis(x as f32 / (SIDE - 1) as f32));
        (0..BAR).for_each(|y| page.put_pixel(left + x, top + y, colour));
    }
    let peak = format!("+{:.2}", map.peak());
    write(&mut page, "0", left, top + BAR + GAP / 2);
    write(&mut page, &peak, left + SIDE - width_of(&peak), top + BAR + GAP / 2);
    page
}

/// Picture pixels along a side of an overlay; it is laid over the frame and stretched there.
const OVERLAY_SIDE: u32 = 256;
/// Share of the peak at which an overlay's colour covers fully. Below, it fades to nothing: what does not speak
/// for manipulation hides nothing.
const COVERS_FROM: f32 = 0.25;

/// The map alone, to be laid over the square that the network saw: the colours of [`picture`]'s scale, clear
/// where nothing speaks for manipulation. 256 × 256 pixels.
pub fn overlay(map: &HeatMap) -> RgbaImage {
    let peak = map.peak().max(f32::MIN_POSITIVE);
    let mut out = RgbaImage::new(OVERLAY_SIDE, OVERLAY_SIDE);
    for (pixel, value) in out.pixels_mut().zip(map.stretched([OVERLAY_SIDE as usize; 2])) {
        let share = (value / peak).clamp(0.0, 1.0);
        let [r, g, b] = viridis(share);
        *pixel = Rgba([r, g, b, ((share / COVERS_FROM).min(1.0) * 255.0).round() as u8]);
    }
    out
}

/// The crop in grey under the colours of the map's positive values.
fn covered(large: &RgbImage, map: &HeatMap) -> RgbImage {
    let peak = map.peak().max(f32::MIN_POSITIVE);
    let mut out = large.clone();
    for (pixel, value) in out.pixels_mut().zip(map.stretched([SIDE as usize; 2])) {
        let [r, g, b] = pixel.0.map(f32::from);
        *pixel = over((0.299 * r + 0.587 * g + 0.114 * b) as u8, viridis(value / peak));
    }
    out
}

fn over(grey: u8, colour: [u8; 3]) -> Rgb<u8> {
    Rgb(colour.map(|c| (f32::from(grey) * (1.0 - COVER) + f32::from(c) * COVER).round() as u8))
}

/// Digits of 5 × 7 dots, a row a byte, the leftmost dot in bit 4.
const fn dots(letter: char) -> [u8; 7] {
    match letter {
        '0' => [0x0e, 0x11, 0x13, 0x15, 0x19, 0x11, 0x0e],
        '1' => [0x04, 0x0c, 0x04, 0x04, 0x04, 0x04, 0x0e],
        '2' => [0x0e, 0x11, 0x01, 0x02, 0x04, 0x08, 0x1f],
        '3' => [0x1f, 0x02, 0x04, 0x02, 0x01, 0x11, 0x0e],
        '4' => [0x02, 0x06, 0x0a, 0x12, 0x1f, 0x02, 0x02],
        '5' => [0x1f, 0x10, 0x1e, 0x01, 0x01, 0x11, 0x0e],
        '6' => [0x06, 0x08, 0x10, 0x1e, 0x11, 0x11, 0x0e],
        '7' => [0x1f, 0x01, 0x02, 0x04, 0x08, 0x08, 0x08],
        '8' => [0x0e, 0x11, 0x11, 0x0e, 0x11, 0x11, 0x0e],
        '9' => [0x0e, 0x11, 0x11, 0x0f, 0x01, 0x02, 0x0c],
        '+' => [0x00, 0x04, 0x04, 0x1f, 0x04, 0x04, 0x00],
        '.' => [0x00, 0x00, 0x00, 0x00, 0x00, 0x0c, 0x0c],
        _ => [0; 7],
    }
}

/// Picture pixels that a number takes up, a dot's gap after each digit.
fn width_of(number: &str) -> u32 {
    number.chars().count() as u32 * (DIGIT[0] + 1) * DOT
}

fn write(page: &mut RgbImage, number: &str, left: u32, top: u32) {
    for (place, letter) in (0u32..).zip(number.chars()) {
        for (y, row) in (0u32..).zip(dots(letter)) {
            for x in (0..DIGIT[0]).filter(|x| row & (0x10 >> x) != 0) {
                let (x, y) = (left + (place * (DIGIT[0] + 1) + x) * DOT, top + y * DOT);
                for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
                    if let Some(pixel) = page.get_pixel_mut_checked(x + dx, y + dy) {
                        *pixel = INK;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::HeatMethod;
    use super::*;

    fn page(values: Vec<f32>) -> RgbImage {
        let crop = RgbImage::from_pixel(128, 128, Rgb([200, 100, 50]));
        picture(&crop, &HeatMap::new(HeatMethod::GradCam, [2, 2], values).unwrap())
    }

    #[test]
    fn the_crop_the_map_and_the_scale_are_in_their_places() {
        let page = page(vec![-3.0, 0.0, 1.0, 2.5]);
        assert_eq!(page.dimensions(), (804, 464));
        assert_eq!(*page.get_pixel(200, 200), Rgb([200, 100, 50]));
        let map = |x: u32, y: u32| *page.get_pixel(2 * GAP + SIDE + x, GAP + y);
        assert_eq!(map(5, 5), over(124, viridis(0.0)), "what speaks against is no warmer than nothing");
        assert_eq!(map(SIDE - 5, SIDE - 5), over(124, viridis(1.0)));
        assert_eq!(map(5, SIDE - 5), over(124, viridis(0.4)));
        let bar = |x: u32| *page.get_pixel(2 * GAP + SIDE + x, 2 * GAP + SIDE + 3);
        assert_eq!((bar(0), bar(SIDE - 1)), (over(128, viridis(0.0)), over(128, viridis(1.0))));
    }

    #[test]
    fn the_scale_ends_with_the_peak() {
        let ink = |page: &RgbImage| {
            let of = |from: u32, to: u32| {
                let rows = 2 * GAP + SIDE + BAR..page.height();
                rows.flat_map(|y| (from..to).map(move |x| (x, y)))
                    .filter(|&(x, y)| *page.get_pixel(x, y) == INK)
                    .count()
            };
            (of(0, 600), of(600, 804))
        };
        let (zero, peak) = ink(&page(vec![0.0, 0.0, 0.0, 1.11]));
        let (same, other) = ink(&page(vec![0.0, 0.0, 0.0, 8.88]));
        assert_eq!(zero, same);
        assert!(zero > 40 && peak > zero && other > peak, "{zero} {peak} {other}");
    }

    #[test]
    fn an_overlay_is_clear_where_nothing_speaks_for_manipulation() {
        let over = overlay(&HeatMap::new(HeatMethod::GradCam, [2, 2], vec![-3.0, 0.25, 1.0, 2.0]).unwrap());
        assert_eq!(over.dimensions(), (OVERLAY_SIDE, OVERLAY_SIDE));
        let end = OVERLAY_SIDE - 1;
        assert_eq!(over.get_pixel(0, 0).0[3], 0);
        assert_eq!(over.get_pixel(end, 0).0[3], 128, "half of what covers fully");
        let [r, g, b] = viridis(1.0);
        assert_eq!(over.get_pixel(end, end).0, [r, g, b, 255]);
        let none = overlay(&HeatMap::new(HeatMethod::GradCam, [1, 1], vec![-1.0]).unwrap());
        assert!(none.pixels().all(|pixel| pixel.0[3] == 0));
    }

    #[test]
    fn a_map_without_anything_positive_is_all_cold() {
        let page = page(vec![-1.0; 4]);
        assert_eq!(*page.get_pixel(2 * GAP + SIDE + 100, 100), over(124, viridis(0.0)));
    }
}
