//! Max pooling.

#[cfg(target_arch = "x86_64")]
use super::simd::Avx2;
use super::{Nhwc, Padding};

/// The largest value of each window, per channel. Parts of a window outside the image do not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaxPool {
    size: usize,
    stride: usize,
    rounding: Rounding,
}

/// How many windows fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rounding {
    /// Whole windows only.
    Floor,
    /// PyTorch's `ceil_mode=True`: a last partial window counts if it starts inside the image.
    Ceil,
    /// TensorFlow's SAME padding.
    Same,
}

impl MaxPool {
    /// Whole windows only (PyTorch's default, TensorFlow's VALID).
    #[must_use]
    pub const fn floor(size: usize, stride: usize) -> Self {
        Self { size, stride, rounding: Rounding::Floor }
    }

    /// PyTorch's `ceil_mode=True`.
    #[must_use]
    pub const fn ceil(size: usize, stride: usize) -> Self {
        Self { size, stride, rounding: Rounding::Ceil }
    }

    /// TensorFlow's SAME padding.
    #[must_use]
    pub const fn same(size: usize, stride: usize) -> Self {
        Self { size, stride, rounding: Rounding::Same }
    }

    /// `(windows, cells before the image)` along an axis of `len`.
    fn windows(&self, len: usize) -> (usize, usize) {
        let room = len.saturating_sub(self.size);
        match self.rounding {
            Rounding::Floor => (if len < self.size { 0 } else { room / self.stride + 1 }, 0),
            Rounding::Ceil => {
                let n = room.div_ceil(self.stride) + 1;
                (if (n - 1) * self.stride >= len { n - 1 } else { n }, 0)
            }
            Rounding::Same => {
                let [top, ..] = Padding::Same.resolve([len; 2], [self.size; 2], self.stride);
                (len.div_ceil(self.stride), top)
            }
        }
    }

    /// Pools each image of the batch.
    #[must_use]
    pub fn forward(&self, x: &Nhwc) -> Nhwc {
        x.assert_consistent();
        let ((oh, top), (ow, left)) = (self.windows(x.h), self.windows(x.w));
        let mut out = Nhwc::scratch(x.n, oh, ow, x.c);
        if x.c == 0 || oh * ow == 0 {
            return out;
        }
        #[cfg(target_arch = "x86_64")]
        if let Some(token) = Avx2::detect() {
            x86::pool(self, x, [top, left], &mut out, token);
            return out;
        }
        self.pool(x, [top, left], &mut out);
        out
    }

    #[inline(always)]
    #[expect(clippy::indexing_slicing, reason = "window bounds are clipped to the image of an asserted length")]
    fn pool(&self, x: &Nhwc, [top, left]: [usize; 2], out: &mut Nhwc) {
        let (c, oh, ow) = (x.c, out.h, out.w);
        for (i, target) in out.data.chunks_exact_mut(c).enumerate() {
            let (row, ox) = (i / ow, i % ow);
            let (image, oy) = (row / oh, row % oh);
            let span = |o: usize, before: usize, len: usize| {
                let start = o * self.stride;
                start.saturating_sub(before)..(start + self.size - before.min(start + self.size)).min(len)
            };
            let mut first = true;
            for y in span(oy, top, x.h) {
                for xx in span(ox, left, x.w) {
                    let cell = &x.data[((image * x.h + y) * x.w + xx) * c..][..c];
                    if first {
                        target.copy_from_slice(cell);
                        first = false;
                    } else {
                        for (t, &v) in target.iter_mut().zip(cell) {
                            *t = if v > *t { v } else { *t };
                        }
                    }
                }
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "calls safe code compiled for AVX2 or AVX-512")]
mod x86 {
    use super::super::Nhwc;
    use super::super::simd::compiled;
    use super::MaxPool;

    compiled!(pool = MaxPool::pool, (pool: &MaxPool, x: &Nhwc, before: [usize; 2], out: &mut Nhwc));
}
