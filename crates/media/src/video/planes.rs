//! Frames as most videos hold them: a plane of brightness and two of colour at half the width and height.
//!
//! They take half the bytes of pixels on their way through the pipe, and ffmpeg, which decodes meanwhile, need not turn
//! them into pixels.

use image::RgbImage;
use yuv::{YuvPlanarImage, YuvRange, YuvStandardMatrix, yuv420_to_rgb};

/// How the planes of a stream are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Planes {
    /// ffmpeg's `yuv420p`: of whichever range the frame states.
    Stated,
    /// `yuvj420p`: of full range.
    Full,
}

impl Planes {
    /// The planes of a pixel format, where they are of this kind.
    pub fn of(format: &str) -> Option<Self> {
        match format {
            "yuv420p" => Some(Self::Stated),
            "yuvj420p" => Some(Self::Full),
            _ => None,
        }
    }

    /// ffmpeg's name.
    pub fn format(self) -> &'static str {
        match self {
            Self::Stated => "yuv420p",
            Self::Full => "yuvj420p",
        }
    }
}

/// What a frame states of its colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Colours {
    matrix: Matrix,
    full: Option<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Matrix {
    Bt601,
    Bt709,
    Bt2020,
    /// Rare ones, and what is no matrix of brightness and two colour differences: swscale knows them.
    Other,
}

impl Colours {
    /// Of ffmpeg's names of a range and a colour space. BT.601 where the space is not stated, as in OpenCV.
    pub fn named(range: &str, space: &str) -> Self {
        let matrix = match space {
            "bt709" => Matrix::Bt709,
            "bt2020nc" | "bt2020c" => Matrix::Bt2020,
            "" | "unknown" | "reserved" | "bt470bg" | "smpte170m" => Matrix::Bt601,
            _ => Matrix::Other,
        };
        let full = match range {
            "pc" => Some(true),
            "tv" => Some(false),
            _ => None,
        };
        Self { matrix, full }
    }

    /// Whether planes of such colours can be turned into pixels here.
    pub fn known(self) -> bool {
        self.matrix != Matrix::Other
    }
}

/// Bytes of the planes of a frame.
pub(crate) fn bytes_of((width, height): (u32, u32)) -> usize {
    let colour = width.div_ceil(2) as usize * height.div_ceil(2) as usize;
    width as usize * height as usize + 2 * colour
}

/// The pixels of planes: 8-bit RGB of full range, each colour that of the square of four pixels it was stored for, as on
/// swscale's fast path, but within a level or two of the exact value where that is some five off. Brightness below black
/// counts as black. `None` where the bytes are not those of such a frame.
pub(crate) fn pixels(planes: &[u8], (width, height): (u32, u32), how: Planes, colours: Colours) -> Option<RgbImage> {
    let (half, rows) = (width.div_ceil(2), height.div_ceil(2) as usize);
    let (y_plane, colour) = planes.split_at_checked(width as usize * height as usize)?;
    let (u_plane, v_plane) = colour.split_at_checked(half as usize * rows)?;
    let full = how == Planes::Full || colours.full == Some(true);
    let range = if full { YuvRange::Full } else { YuvRange::Limited };
    let matrix = match colours.matrix {
        Matrix::Bt709 => YuvStandardMatrix::Bt709,
        Matrix::Bt2020 => YuvStandardMatrix::Bt2020,
        Matrix::Bt601 | Matrix::Other => YuvStandardMatrix::Bt601,
    };
    let image =
        YuvPlanarImage { y_plane, y_stride: width, u_plane, u_stride: half, v_plane, v_stride: half, width, height };
    let mut rgb = RgbImage::new(width, height);
    yuv420_to_rgb(&image, &mut rgb, width * 3, range, matrix).ok()?;
    Some(rgb)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By the definition: `kr` and `kb` of the matrix, levels of the range.
    fn exact([y, u, v]: [u8; 3], [kr, kb]: [f64; 2], full: bool) -> [u8; 3] {
        let [y, u, v] = [y, u, v].map(f64::from);
        let (light, [u, v]) = if full {
            (y, [u, v].map(|c| c - 128.0))
        } else {
            ((y - 16.0).max(0.0) * 255.0 / 219.0, [u, v].map(|c| (c - 128.0) * 255.0 / 224.0))
        };
        let (red, blue) = (light + 2.0 * (1.0 - kr) * v, light + 2.0 * (1.0 - kb) * u);
        let green = (light - kr * red - kb * blue) / (1.0 - kr - kb);
        [red, green, blue].map(|c| c.round().clamp(0.0, 255.0) as u8)
    }

    #[test]
    fn planes_of_any_size_become_the_pixels_of_their_matrix_and_range() {
        let spaces = [
            ("bt709", [0.2126, 0.0722]),
            ("smpte170m", [0.299, 0.114]),
            ("unknown", [0.299, 0.114]),
            ("bt2020nc", [0.2627, 0.0593]),
        ];
        for (how, range, full) in
            [(Planes::Stated, "tv", false), (Planes::Stated, "pc", true), (Planes::Full, "unknown", true)]
        {
            for (space, weights) in spaces {
                for (width, height) in [(64, 32), (37, 21), (1, 1), (130, 3)] {
                    let mut seed = 7_u32;
                    let mut byte = || {
                        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                        (seed >> 24) as u8
                    };
                    let planes: Vec<u8> = (0..bytes_of((width, height))).map(|_| byte()).collect();
                    let rgb = pixels(&planes, (width, height), how, Colours::named(range, space)).unwrap();
                    let (w, half) = (width as usize, width.div_ceil(2) as usize);
                    let colours = w * height as usize;
                    let rest = half * height.div_ceil(2) as usize;
                    for (x, y, pixel) in rgb.enumerate_pixels() {
                        let (x, y) = (x as usize, y as usize);
                        let at = colours + y / 2 * half + x / 2;
                        let expected = exact([planes[y * w + x], planes[at], planes[at + rest]], weights, full);
                        let off = pixel.0.iter().zip(expected).map(|(a, b)| a.abs_diff(b)).max().unwrap();
                        assert!(off <= 3, "{space} {range} {width}x{height} at {x},{y}: {pixel:?} {expected:?}");
                    }
                }
            }
        }
        assert!(pixels(&[0; 10], (4, 4), Planes::Stated, Colours::named("tv", "bt709")).is_none());
        assert!(!Colours::named("pc", "gbr").known() && Planes::of("yuv444p").is_none());
    }
}
