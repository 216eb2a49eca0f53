//! One number for each channel of a map: its means, and factors for it.

use super::Nhwc;
use super::simd::Avx2;

/// The mean of each channel of each image: `[n, 1, 1, c]`, its pixels summed in their order.
#[must_use]
pub fn channel_means(x: &Nhwc) -> Nhwc {
    x.assert_consistent();
    let mut means = Nhwc::zeros(x.n, 1, 1, x.c);
    #[cfg(target_arch = "x86_64")]
    if let Some(token) = Avx2::detect() {
        x86::sum(x, &mut means.data, token);
        return share(means, x);
    }
    sum(x, &mut means.data);
    share(means, x)
}

fn share(mut sums: Nhwc, x: &Nhwc) -> Nhwc {
    let share = 1.0 / (x.h * x.w).max(1) as f32;
    sums.data.iter_mut().for_each(|s| *s *= share);
    sums
}

/// Each channel of each image times its factor, `[n, 1, 1, c]`.
///
/// # Panics
/// When there is not one factor for each.
pub fn scale_channels(x: &mut Nhwc, factors: &Nhwc) {
    x.assert_consistent();
    assert_eq!(factors.data.len(), x.n * x.c, "one factor for each channel");
    #[cfg(target_arch = "x86_64")]
    if let Some(token) = Avx2::detect() {
        x86::scale(x, &factors.data, token);
        return;
    }
    scale(x, &factors.data);
}

/// Channels that are summed together, in registers.
const SUMMED: usize = 64;

#[inline(always)]
fn sum(x: &Nhwc, sums: &mut [f32]) {
    for (image, sums) in x.data.chunks_exact(x.image_len().max(1)).zip(sums.chunks_exact_mut(x.c.max(1))) {
        let (whole, _) = sums.as_chunks_mut::<SUMMED>();
        let done = whole.len() * SUMMED;
        for (i, to) in whole.iter_mut().enumerate() {
            let mut block = [0.0; SUMMED];
            for pixel in image.chunks_exact(x.c) {
                let Some(values) = pixel.get(i * SUMMED..).and_then(|p| p.first_chunk::<SUMMED>()) else { break };
                block.iter_mut().zip(values).for_each(|(s, v)| *s += v);
            }
            *to = block;
        }
        for pixel in image.chunks_exact(x.c) {
            sums.iter_mut().zip(pixel).skip(done).for_each(|(s, v)| *s += v);
        }
    }
}

#[inline(always)]
fn scale(x: &mut Nhwc, factors: &[f32]) {
    let (image, c) = (x.image_len(), x.c);
    for (pixels, f) in x.data.chunks_exact_mut(image.max(1)).zip(factors.chunks_exact(c.max(1))) {
        for pixel in pixels.chunks_exact_mut(c) {
            pixel.iter_mut().zip(f).for_each(|(v, f)| *v *= f);
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "calls safe code compiled for AVX2 or AVX-512")]
mod x86 {
    use super::super::Nhwc;
    use super::super::simd::compiled;

    compiled!(sum = super::sum, (x: &Nhwc, sums: &mut [f32]));
    compiled!(scale = super::scale, (x: &mut Nhwc, factors: &[f32]));
}
