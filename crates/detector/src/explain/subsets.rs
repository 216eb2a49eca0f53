//! The logit with only some of the regions left, for every choice of regions.

use image::RgbImage;

use super::blur::Removable;
use super::{Judge, Partition, REGIONS};
use crate::DetectorError;

/// Crops handed to the judge at once.
const BATCH: usize = 32;

/// The logits of a crop of which only the regions of a subset are left and the others are blurred, for
/// every subset: 2⁸ = 256 values, at the place whose bits are the subset's regions. Regions that cover no
/// pixel make no difference and cost nothing.
///
/// # Errors
/// What the judge says; [`DetectorError::CropSize`] when the partition is of another size.
pub fn subset_logits(crop: &RgbImage, partition: &Partition, judge: &Judge<'_>) -> Result<Vec<f64>, DetectorError> {
    let (width, height) = crop.dimensions();
    let [across, down] = partition.size();
    if [across, down] != [width as usize, height as usize] {
        return Err(DetectorError::CropSize { width, height, size: across as u32 });
    }
    let removable = Removable::new(crop);
    let present = partition.present();
    let distinct: Vec<usize> = (0..1 << REGIONS).filter(|s| s & !present == 0).collect();
    let mut values = vec![0.0; 1 << REGIONS];
    for batch in distinct.chunks(BATCH) {
        let crops: Vec<RgbImage> = batch.iter().map(|s| removable.keeping(&partition.kept(*s))).collect();
        for (subset, logit) in batch.iter().zip(judge(&crops)?) {
            if let Some(value) = values.get_mut(*subset) {
                *value = f64::from(logit);
            }
        }
    }
    Ok((0..1usize << REGIONS).map(|s| values.get(s & present).copied().unwrap_or_default()).collect())
}

#[cfg(test)]
mod tests {
    use super::super::Region;
    use super::*;
    use image::Rgb;
    use std::cell::Cell;

    /// Detail everywhere.
    fn crop() -> RgbImage {
        RgbImage::from_fn(128, 128, |x, y| Rgb([if (x + y) % 2 == 0 { 0 } else { 255 }, (x + y) as u8, 90]))
    }

    /// Two rows of four regions of 32 x 64 pixels: wide enough that each has a core beyond all feathers.
    fn blocks() -> Partition {
        let region = |i: usize| Region::ALL[i / 128 / 64 * 4 + i % 128 / 32];
        Partition::of_labels(&(0..128 * 128).map(region).collect::<Vec<_>>(), [128, 128]).unwrap()
    }

    /// A network that reads the detail of the given regions, weighed, away from their feathered borders.
    fn planted(weights: [f32; REGIONS]) -> impl Fn(&[RgbImage]) -> Result<Vec<f32>, DetectorError> {
        let partition = blocks();
        move |crops| {
            let read = |crop: &RgbImage| {
                let of = |bit: usize| {
                    let cores = partition.kept(1 << bit);
                    let inside = crop.pixels().zip(cores).filter(|(_, share)| *share > 0.9999);
                    let (sum, n) =
                        inside.fold((0.0, 0.0), |(s, n), (p, _)| (s + (f32::from(p.0[0]) - 128.0).abs(), n + 1.0));
                    sum / f32::max(n, 1.0) / 127.5
                };
                weights.iter().enumerate().map(|(bit, w)| w * of(bit)).sum()
            };
            Ok(crops.iter().map(read).collect())
        }
    }

    fn shares(weights: [f32; REGIONS]) -> Vec<f64> {
        let partition = blocks();
        let values = subset_logits(&crop(), &partition, &planted(weights)).unwrap();
        analysis::shapley(&values).unwrap()
    }

    #[test]
    fn a_network_that_reads_one_region_gets_exactly_that_region() {
        for region in Region::ALL {
            let mut weights = [0.0; REGIONS];
            weights[region as usize] = 3.0;
            let shares = shares(weights);
            for (other, share) in Region::ALL.into_iter().zip(&shares) {
                if other == region {
                    assert!((share - 3.0).abs() < 0.06, "{region:?}: {shares:?}");
                } else {
                    assert_eq!(*share, 0.0, "{region:?} is read, {other:?} is not: {shares:?}");
                }
            }
        }
    }

    #[test]
    fn regions_that_add_up_get_what_they_add_and_those_that_subtract_less() {
        let shares = shares([1.0, 0.0, 0.0, 2.0, -1.5, 0.0, 0.0, 0.0]);
        for (share, want) in shares.iter().zip([1.0, 0.0, 0.0, 2.0, -1.5, 0.0, 0.0, 0.0]) {
            assert!((share - want).abs() < 0.04, "{shares:?}");
        }
    }

    #[test]
    fn absent_regions_cost_nothing() {
        let labels: Vec<Region> =
            (0..128 * 128).map(|i| if i % 128 < 64 { Region::Nose } else { Region::Mouth }).collect();
        let partition = Partition::of_labels(&labels, [128, 128]).unwrap();
        let seen = Cell::new(0);
        let judge = |crops: &[RgbImage]| {
            seen.set(seen.get() + crops.len());
            Ok(vec![1.0; crops.len()])
        };
        let values = subset_logits(&crop(), &partition, &judge).unwrap();
        assert_eq!((values.len(), seen.get()), (256, 4));
    }

    #[test]
    fn another_size_is_refused() {
        let partition = blocks();
        let wrong = subset_logits(&RgbImage::new(64, 64), &partition, &|c| Ok(vec![0.0; c.len()]));
        assert!(matches!(wrong, Err(DetectorError::CropSize { width: 64, size: 128, .. })));
    }
}
