//! A square picture while it is worked on.

/// Bytes a pixel: red, green, blue, and one that is not looked at, because vector units like four.
pub(crate) const PIXEL: usize = 4;

/// `[side, side, 4]`, row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tile {
    /// Pixels along one edge.
    pub side: usize,
    /// `side * side * 4` bytes.
    pub bytes: Vec<u8>,
}

impl Tile {
    /// From `[side, side, 3]`.
    pub fn from_rgb(side: usize, rgb: &[u8]) -> Self {
        let mut bytes = vec![255; side * side * PIXEL];
        for (pixel, from) in bytes.as_chunks_mut::<PIXEL>().0.iter_mut().zip(rgb.as_chunks::<3>().0) {
            let [r, g, b] = *from;
            *pixel = [r, g, b, 255];
        }
        Self { side, bytes }
    }

    /// The square of `side` px whose corner lies at (x, y), as `[side, side, 3]`; what lies outside is left black.
    pub fn cut_rgb(&self, x: usize, y: usize, side: usize) -> Vec<u8> {
        let mut rgb = vec![0; side * side * 3];
        let rows = self.bytes.chunks_exact(self.side * PIXEL).skip(y);
        for (to, from) in rgb.chunks_exact_mut(side * 3).zip(rows) {
            let pixels = from.as_chunks::<PIXEL>().0.iter().skip(x);
            for (pixel, &[r, g, b, _]) in to.as_chunks_mut::<3>().0.iter_mut().zip(pixels) {
                *pixel = [r, g, b];
            }
        }
        rgb
    }

    /// All pixels.
    pub fn pixels(&self) -> &[[u8; PIXEL]] {
        self.bytes.as_chunks().0
    }

    /// All pixels.
    pub fn pixels_mut(&mut self) -> &mut [[u8; PIXEL]] {
        self.bytes.as_chunks_mut().0
    }

    /// As numbers.
    pub fn floats(&self) -> Floats {
        Floats { side: self.side, pixels: self.pixels().iter().map(|p| p.map(f32::from)).collect() }
    }
}

/// A tile as numbers: `[side, side]` pixels of four, 0 to 255.
#[derive(Clone, Debug)]
pub(crate) struct Floats {
    /// Pixels along one edge.
    pub side: usize,
    /// Row by row.
    pub pixels: Vec<[f32; PIXEL]>,
}

impl Floats {
    /// Rounded and kept within 0 to 255.
    pub fn tile(&self) -> Tile {
        let bytes = self.pixels.iter().flat_map(|p| p.map(byte)).collect();
        Tile { side: self.side, bytes }
    }
}

/// Rounded and kept within 0 to 255.
pub(crate) fn byte(value: f32) -> u8 {
    // `as` saturates.
    (value + 0.5) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_go_in_and_come_out() {
        let rgb: Vec<u8> = (0..48).collect();
        let tile = Tile::from_rgb(4, &rgb);
        assert_eq!(tile.cut_rgb(0, 0, 4), rgb);
        assert_eq!(tile.cut_rgb(2, 1, 2), [18, 19, 20, 21, 22, 23, 30, 31, 32, 33, 34, 35]);
        assert_eq!(tile.floats().tile(), tile);
        assert_eq!([byte(-3.0), byte(0.4), byte(254.6), byte(300.0)], [0, 0, 255, 255]);
    }
}
