//! Viridis (Smith, van der Walt and Firing 2015, CC0): perceptually uniform, readable without colour and
//! with every common kind of colour blindness.

/// Colours of 33 evenly spread places of matplotlib's 256; between them straight lines, at most 1.8 of 255
/// from the full table.
const STOPS: [[u8; 3]; 33] = [
    [68, 1, 84],
    [71, 13, 96],
    [72, 24, 106],
    [72, 35, 116],
    [71, 45, 123],
    [69, 55, 129],
    [66, 64, 134],
    [62, 73, 137],
    [59, 82, 139],
    [55, 91, 141],
    [51, 99, 141],
    [47, 107, 142],
    [44, 114, 142],
    [41, 122, 142],
    [38, 130, 142],
    [35, 137, 142],
    [33, 145, 140],
    [31, 151, 139],
    [31, 159, 136],
    [33, 166, 133],
    [39, 173, 129],
    [49, 181, 123],
    [61, 188, 116],
    [76, 194, 108],
    [92, 200, 99],
    [110, 206, 88],
    [129, 211, 77],
    [149, 216, 64],
    [170, 220, 50],
    [192, 223, 37],
    [213, 226, 26],
    [234, 229, 26],
    [253, 231, 37],
];

/// The colour of a value in [0, 1]; values outside take the colour of the nearer end.
pub(super) fn viridis(value: f32) -> [u8; 3] {
    let at = value.clamp(0.0, 1.0) * (STOPS.len() - 1) as f32;
    let low = (at.floor() as usize).min(STOPS.len() - 2);
    let (Some(a), Some(b)) = (STOPS.get(low), STOPS.get(low + 1)) else { return [0; 3] };
    let mut colour = *a;
    for (v, b) in colour.iter_mut().zip(b) {
        *v = (f32::from(*v) + (f32::from(*b) - f32::from(*v)) * (at - low as f32)).round() as u8;
    }
    colour
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_and_middle_are_those_of_the_published_table() {
        assert_eq!(viridis(0.0), [68, 1, 84]);
        assert_eq!(viridis(-3.0), viridis(0.0));
        assert_eq!(viridis(1.0), [253, 231, 37]);
        assert_eq!(viridis(2.0), viridis(1.0));
        assert_eq!(viridis(0.5), [33, 145, 140]);
    }

    #[test]
    fn lightness_rises_in_even_steps() {
        // CIE L* of sRGB.
        let lightness = |[r, g, b]: [u8; 3]| {
            let linear = |v: u8| {
                let v = f32::from(v) / 255.0;
                if v <= 0.040_45 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
            };
            116.0 * (0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)).cbrt() - 16.0
        };
        let all: Vec<f32> = (0..=20).map(|i| lightness(viridis(i as f32 / 20.0))).collect();
        let steps: Vec<f32> = all.windows(2).map(|w| w[1] - w[0]).collect();
        assert!(steps.iter().all(|s| (2.6..5.2).contains(s)), "{steps:?}");
    }
}
