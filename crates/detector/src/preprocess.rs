//! From bytes to the network's numbers.

use candle_core::{Device, Tensor};
use image::RgbImage;
use nets::card::{Channels, Input};

use crate::DetectorError;

/// `(pixel / 255 − mean) / std` for every value of a byte, by channel of the network.
#[derive(Clone, Debug)]
pub(crate) struct Preprocess {
    size: u32,
    /// Which channel of the RGB picture feeds which of the network's.
    order: [usize; 3],
    table: [[f32; 256]; 3],
}

impl Preprocess {
    pub fn new(input: &Input) -> Self {
        let mut table = [[0.0; 256]; 3];
        for (column, (mean, std)) in table.iter_mut().zip(input.mean.iter().zip(input.std)) {
            for (byte, out) in column.iter_mut().enumerate() {
                *out = (byte as f32 / 255.0 - mean) / std;
            }
        }
        let order = match input.channels {
            Channels::Rgb => [0, 1, 2],
            Channels::Bgr => [2, 1, 0],
        };
        Self { size: input.size, order, table }
    }

    /// `[n, 3, size, size]` on the device.
    pub fn tensor(&self, crops: &[RgbImage], device: &Device) -> Result<Tensor, DetectorError> {
        let size = self.size as usize;
        let mut data = Vec::with_capacity(crops.len() * 3 * size * size);
        for crop in crops {
            if crop.dimensions() != (self.size, self.size) {
                let (width, height) = crop.dimensions();
                return Err(DetectorError::CropSize { width, height, size: self.size });
            }
            for (&channel, table) in self.order.iter().zip(&self.table) {
                let bytes = crop.as_raw().iter().skip(channel).step_by(3);
                data.extend(bytes.map(|b| table.get(usize::from(*b)).copied().unwrap_or_default()));
            }
        }
        Ok(Tensor::from_vec(data, (crops.len(), 3, size, size), device)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nets::card::CropRule;

    fn input(channels: Channels) -> Input {
        Input {
            size: 8,
            resize: 8,
            mean: [0.5, 0.0, 0.0],
            std: [0.5, 1.0, 2.0],
            channels,
            views_from: None,
            crop: CropRule::Whole {},
        }
    }

    #[test]
    fn planes_follow_the_order_of_the_network() {
        let crop = RgbImage::from_pixel(8, 8, image::Rgb([255, 0, 51]));
        let corner = |channels| {
            let t = Preprocess::new(&input(channels)).tensor(&[crop.clone(), crop.clone()], &Device::Cpu).unwrap();
            assert_eq!(t.dims(), [2, 3, 8, 8]);
            let planes = t.to_vec3_of_second();
            [planes[0], planes[1], planes[2]]
        };
        assert_eq!(corner(Channels::Rgb), [1.0, 0.0, 0.1]);
        assert_eq!(corner(Channels::Bgr), [-0.6, 0.0, 0.5]);
    }

    trait Corner {
        fn to_vec3_of_second(&self) -> Vec<f32>;
    }

    impl Corner for Tensor {
        fn to_vec3_of_second(&self) -> Vec<f32> {
            let planes: Vec<Vec<Vec<f32>>> = self.get(1).unwrap().to_vec3().unwrap();
            planes.iter().map(|p| (p[3][5] * 1e6).round() / 1e6).collect()
        }
    }

    #[test]
    fn a_crop_of_another_size_is_refused() {
        let e = Preprocess::new(&input(Channels::Rgb)).tensor(&[RgbImage::new(8, 9)], &Device::Cpu).unwrap_err();
        assert_eq!(e.to_string(), "a crop of 8 x 9 pixels where the network takes 8 x 8");
    }
}
