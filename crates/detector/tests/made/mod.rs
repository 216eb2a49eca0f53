//! Pictures made by arithmetic, the same in `goldens/logits.py`.

use image::{Rgb, RgbImage};

/// The picture of the script, by the same integer arithmetic.
pub fn picture(i: u32, width: u32, height: u32) -> RgbImage {
    let (w, h, n) = (i64::from(width), i64::from(height), i64::from(i));
    let (rx, ry) = (w / 4 + n, h / 3 + n);
    RgbImage::from_fn(width, height, |x, y| {
        let (x, y) = (i64::from(x), i64::from(y));
        let ellipse = |cx: i64, cy: i64, rx: i64, ry: i64| {
            (x - cx).pow(2) * ry * ry + (y - cy).pow(2) * rx * rx < rx * rx * ry * ry
        };
        let face = ellipse(w / 2, h / 2, rx, ry);
        let eye = |cx| ellipse(cx, h * 2 / 5, rx / 5, ry / 9);
        let dark = eye(w / 2 - rx / 2) || eye(w / 2 + rx / 2) || ellipse(w / 2, h * 2 / 3, rx / 2, ry / 12);
        let channel = |c: i64| {
            let gradient = (x * 255 / w * (n % 3) + y * 255 / h * ((n + c) % 4) + 40 * c + 30 * n) % 256;
            let ground = match (dark, face) {
                (true, _) => 90 - 20 * c + 3 * n,
                (false, true) => 210 - 25 * c - 8 * n + x * 40 / w,
                (false, false) => gradient,
            };
            let shift = n % 5;
            let seed = ((x >> shift) * 73_856_093 + (y >> shift) * 19_349_663 + c * 83_492_791 + n * 2_654_435_761)
                & 0xffff_ffff;
            let seed = ((seed ^ (seed >> 13)) * 1_274_126_177) & 0xffff_ffff;
            ((ground * 15 + (seed >> 16) % 256) / 16) as u8
        };
        Rgb([channel(0), channel(1), channel(2)])
    })
}
