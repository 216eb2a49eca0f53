//! Is a map better than chance? Blur what it points to, blur what random maps point to, compare.

use image::RgbImage;

use super::blur::{Removable, feathered};
use super::{HeatMap, Judge, logit_of};
use crate::DetectorError;

/// Share of the crop that is blurred: the top of the map (field guide, section 1, idea 9).
pub const TOP_AREA: f32 = 0.15;
/// Random maps to compare with: the fewest among which the best place has a chance of one in forty.
pub const RANDOM_MAPS: usize = 39;

/// How far the logit falls.
#[derive(Clone, Debug, PartialEq)]
pub struct Deletion {
    /// When the top of the map is blurred.
    pub fall: f64,
    /// When the top of each of [`RANDOM_MAPS`] random maps is.
    pub random_falls: Vec<f64>,
}

/// Blurs the [`TOP_AREA`] of the crop where the map is highest, then as much where random maps of the
/// same resolution are highest, so that the parts have the same area and the same kind of shape. The
/// random maps are the same each time.
///
/// # Errors
/// What the judge says.
pub fn deletion_test(crop: &RgbImage, map: &HeatMap, judge: &Judge<'_>) -> Result<Deletion, DetectorError> {
    let size = [crop.width() as usize, crop.height() as usize];
    let removable = Removable::new(crop);
    let random = (0..RANDOM_MAPS as u64).filter_map(|seed| {
        let cells = map.size().iter().product::<usize>() as u64;
        HeatMap::new(map.method, map.size(), (0..cells).map(|i| uniform(seed * cells + i)).collect())
    });
    let without_top = |map: &HeatMap| {
        let gone = feathered(&top(&map.stretched(size)), size);
        removable.keeping(&gone.iter().map(|v| 1.0 - v).collect::<Vec<_>>())
    };
    let crops: Vec<RgbImage> = std::iter::once(without_top(map)).chain(random.map(|m| without_top(&m))).collect();
    let logit = f64::from(logit_of(judge, crop)?);
    let mut falls = judge(&crops)?.into_iter().map(|l| logit - f64::from(l));
    let fall = falls.next().ok_or(DetectorError::NoLogit { index: 0 })?;
    Ok(Deletion { fall, random_falls: falls.collect() })
}

/// 1 at the highest [`TOP_AREA`] of the values, 0 elsewhere; of equal values the first.
fn top(values: &[f32]) -> Vec<f32> {
    let mut order: Vec<(usize, f32)> = values.iter().copied().enumerate().collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let mut mask = vec![0.0; values.len()];
    for (i, _) in order.iter().take((values.len() as f32 * TOP_AREA).round() as usize) {
        if let Some(v) = mask.get_mut(*i) {
            *v = 1.0;
        }
    }
    mask
}

/// A number in [0, 1) from an index: the top 24 bits of splitmix64 (Vigna 2015).
fn uniform(index: u64) -> f32 {
    let mut z = index.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^= z >> 31;
    (z >> 40) as f32 / (1u32 << 24) as f32
}

#[cfg(test)]
mod tests {
    use super::super::HeatMethod;
    use super::*;
    use image::Rgb;

    /// Reads the detail in the second of four rows and columns.
    fn reads_one_cell(crops: &[RgbImage]) -> Result<Vec<f32>, DetectorError> {
        let read = |crop: &RgbImage| {
            let cell = (32..64).flat_map(|y| (32..64).map(move |x| (x, y)));
            cell.map(|(x, y)| (f32::from(crop.get_pixel(x, y).0[0]) - 128.0).abs()).sum::<f32>() / 1e5
        };
        Ok(crops.iter().map(read).collect())
    }

    fn crop() -> RgbImage {
        RgbImage::from_fn(128, 128, |x, y| Rgb([if (x + y) % 2 == 0 { 0 } else { 255 }, 90, 90]))
    }

    fn map(hot: usize) -> HeatMap {
        HeatMap::new(HeatMethod::GradCam, [4, 4], (0..16).map(|i| f32::from(u8::from(i == hot))).collect()).unwrap()
    }

    fn beaten(hot: usize) -> usize {
        let tested = deletion_test(&crop(), &map(hot), &reads_one_cell).unwrap();
        assert_eq!(tested.random_falls.len(), RANDOM_MAPS);
        tested.random_falls.iter().filter(|r| tested.fall > **r).count()
    }

    #[test]
    fn a_map_that_points_where_the_network_looks_beats_chance_and_another_does_not() {
        assert_eq!(beaten(5), RANDOM_MAPS);
        assert!(beaten(15) < RANDOM_MAPS / 2);
    }

    #[test]
    fn the_same_share_is_deleted_whatever_the_map() {
        for map in [map(0), map(10), HeatMap::new(HeatMethod::Occlusion, [8, 8], vec![1.0; 64]).unwrap()] {
            let deleted = top(&map.stretched([128, 128])).iter().sum::<f32>();
            assert_eq!(deleted, (128.0f32 * 128.0 * TOP_AREA).round());
        }
    }

    #[test]
    fn the_test_gives_the_same_numbers_each_time() {
        let run = || deletion_test(&crop(), &map(5), &reads_one_cell).unwrap();
        assert_eq!(run(), run());
        let different = run().random_falls.windows(2).filter(|w| w[0] != w[1]).count();
        assert!(different > RANDOM_MAPS / 2, "random maps differ");
    }
}
