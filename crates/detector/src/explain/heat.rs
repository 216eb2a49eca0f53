//! Heat maps: how much each place of a crop speaks for manipulation, in logits.

use image::RgbImage;

use super::blur::{Removable, feathered};
use super::{Judge, logit_of};
use crate::DetectorError;

/// Cells along a side of an occlusion map (field guide 5.7).
pub const OCCLUSION_GRID: usize = 8;

/// How a map was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeatMethod {
    /// Grad-CAM at the last feature map.
    GradCam,
    /// The fall of the logit when a cell is blurred, cell by cell.
    Occlusion,
}

/// A map over a crop, coarser than the crop. Signed: what speaks for manipulation is positive.
#[derive(Clone, Debug, PartialEq)]
pub struct HeatMap {
    /// How it was made.
    pub method: HeatMethod,
    width: usize,
    height: usize,
    values: Vec<f32>,
}

impl HeatMap {
    /// A map of these cells `[height, width]`, row by row; `None` when they are not that many or none.
    pub fn new(method: HeatMethod, [width, height]: [usize; 2], values: Vec<f32>) -> Option<Self> {
        (values.len() == width * height && !values.is_empty()).then_some(Self { method, width, height, values })
    }

    /// Cells across and down.
    pub fn size(&self) -> [usize; 2] {
        [self.width, self.height]
    }

    /// The cells, row by row.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// The highest value, 0 when none is positive.
    pub fn peak(&self) -> f32 {
        self.values.iter().copied().fold(0.0, f32::max)
    }

    /// The map at the size of the crop `[height, width]`: bilinear between the centres of cells, even
    /// beyond the outermost (PyTorch's `interpolate(mode = "bilinear", align_corners = False)`).
    pub fn stretched(&self, [width, height]: [usize; 2]) -> Vec<f32> {
        let columns: Vec<_> = (0..width).map(|x| between(x, self.width, width)).collect();
        let at = |row: usize, column: usize| self.values.get(row * self.width + column).copied().unwrap_or_default();
        let line = |(top, bottom, fy): (usize, usize, f32)| {
            columns.iter().map(move |&(left, right, fx)| {
                let upper = at(top, left) + (at(top, right) - at(top, left)) * fx;
                let lower = at(bottom, left) + (at(bottom, right) - at(bottom, left)) * fx;
                upper + (lower - upper) * fy
            })
        };
        (0..height).flat_map(|y| line(between(y, self.height, height))).collect()
    }
}

/// The two cells between whose centres a pixel's centre lies, and how far it is on the way.
fn between(pixel: usize, cells: usize, pixels: usize) -> (usize, usize, f32) {
    let at = ((pixel as f32 + 0.5) * cells as f32 / pixels as f32 - 0.5).max(0.0);
    let low = (at.floor() as usize).min(cells.saturating_sub(1));
    (low, (low + 1).min(cells.saturating_sub(1)), at - low as f32)
}

/// How far the logit falls when each of [`OCCLUSION_GRID`]² cells of the crop is blurred. Works on any
/// network, at one pass a cell.
///
/// # Errors
/// What the judge says.
pub fn occlusion_map(crop: &RgbImage, judge: &Judge<'_>) -> Result<HeatMap, DetectorError> {
    let [width, height] = [crop.width() as usize, crop.height() as usize];
    let removable = Removable::new(crop);
    let without = |cell: usize| {
        let inside = |i: usize| {
            let (x, y) = (i % width * OCCLUSION_GRID / width, i / width * OCCLUSION_GRID / height);
            f32::from(u8::from(y * OCCLUSION_GRID + x == cell))
        };
        let mask: Vec<f32> = (0..width * height).map(inside).collect();
        let kept: Vec<f32> = feathered(&mask, [width, height]).iter().map(|v| 1.0 - v).collect();
        removable.keeping(&kept)
    };
    let crops: Vec<RgbImage> = (0..OCCLUSION_GRID * OCCLUSION_GRID).map(without).collect();
    let logit = logit_of(judge, crop)?;
    let values: Vec<f32> = judge(&crops)?.into_iter().map(|l| logit - l).collect();
    let missing = DetectorError::NoLogit { index: values.len() };
    HeatMap::new(HeatMethod::Occlusion, [OCCLUSION_GRID; 2], values).ok_or(missing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;

    #[test]
    fn stretching_is_bilinear_between_centres() {
        let map = HeatMap::new(HeatMethod::GradCam, [2, 2], vec![0.0, 4.0, 8.0, 12.0]).unwrap();
        let wide = map.stretched([8, 4]);
        // As torch.nn.functional.interpolate gives it.
        assert_eq!(wide[..8], [0.0, 0.0, 0.5, 1.5, 2.5, 3.5, 4.0, 4.0]);
        assert_eq!(wide.iter().step_by(8).copied().collect::<Vec<_>>(), [0.0, 2.0, 6.0, 8.0]);
        assert_eq!(map.stretched([2, 2]), map.values());
        assert_eq!(map.peak(), 12.0);
    }

    #[test]
    fn cells_must_be_as_many_as_stated() {
        assert_eq!(HeatMap::new(HeatMethod::GradCam, [2, 2], vec![0.0; 3]), None);
        assert_eq!(HeatMap::new(HeatMethod::GradCam, [0, 0], vec![]), None);
    }

    #[test]
    fn occlusion_finds_the_cell_that_a_network_reads() {
        // Reads how far the pixels of one cell are from its mean.
        let judge = |crops: &[RgbImage]| {
            let read = |crop: &RgbImage| {
                let cell = (84..92).flat_map(|y| (36..44).map(move |x| (x, y)));
                cell.map(|(x, y)| (f32::from(crop.get_pixel(x, y).0[1]) - 128.0).abs()).sum::<f32>()
            };
            Ok(crops.iter().map(read).collect())
        };
        let crop = RgbImage::from_fn(128, 128, |x, y| Rgb([90, if (x + y) % 2 == 0 { 0 } else { 255 }, 90]));
        let map = occlusion_map(&crop, &judge).unwrap();
        let best = map.values().iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).unwrap().0;
        assert_eq!((best, map.size()), (5 * 8 + 2, [8, 8]));
        let far = map.values().iter().enumerate().filter(|(i, _)| (*i / 8).abs_diff(5) > 1 || (*i % 8).abs_diff(2) > 1);
        assert!(far.clone().count() > 50 && far.clone().all(|(_, v)| *v == 0.0));
    }
}
