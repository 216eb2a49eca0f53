//! The activation tensor of the CPU kernels.

use std::cell::RefCell;

/// Most buffers that a thread keeps for its next layers: fresh ones cost page faults that weigh as much as a small
/// layer.
const KEPT: usize = 24;
/// Most values in all kept buffers of a thread (16 MiB).
const KEPT_VALUES: usize = 1 << 22;

thread_local! {
    static BUFFERS: RefCell<Vec<Vec<f32>>> = const { RefCell::new(Vec::new()) };
}

/// Activations in channels-last order: element `(n, y, x, c)` is
/// `data[((n * h + y) * w + x) * c_count + c]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Nhwc {
    /// Images in the batch.
    pub n: usize,
    /// Rows.
    pub h: usize,
    /// Columns.
    pub w: usize,
    /// Channels.
    pub c: usize,
    /// `n * h * w * c` values.
    pub data: Vec<f32>,
}

impl Nhwc {
    /// All zeros.
    #[must_use]
    pub fn zeros(n: usize, h: usize, w: usize, c: usize) -> Self {
        Self { n, h, w, c, data: vec![0.0; n * h * w * c] }
    }

    /// A tensor whose values are all about to be overwritten: zeros, or what an earlier layer left.
    pub(crate) fn scratch(n: usize, h: usize, w: usize, c: usize) -> Self {
        let len = n * h * w * c;
        let kept = BUFFERS.with_borrow_mut(|buffers| {
            // A much longer one is left alone: cut down, it would have to be filled up again for the layer it was
            // made for.
            let fits = buffers.iter().enumerate().filter(|(_, b)| b.capacity() >= len && b.len() / 2 <= len);
            // The shortest that is long enough; else the one with the least to fill up.
            let best = fits.min_by_key(|(_, b)| (b.len() < len, b.len().abs_diff(len))).map(|(i, _)| i);
            best.map(|i| buffers.swap_remove(i))
        });
        let mut data = kept.unwrap_or_else(|| vec![0.0; len]);
        data.resize(len, 0.0);
        Self { n, h, w, c, data }
    }

    /// Takes `data` as `[n, h, w, c]`; `None` when its length is not the product.
    #[must_use]
    pub fn from_vec(shape: [usize; 4], data: Vec<f32>) -> Option<Self> {
        let [n, h, w, c] = shape;
        let len = n.checked_mul(h)?.checked_mul(w)?.checked_mul(c)?;
        (data.len() == len).then_some(Self { n, h, w, c, data })
    }

    /// Interleaved 8-bit pixels as one image of 3 channels, each value `(v - mean) * scale`.
    /// `None` when `rgb` is not `h * w * 3` bytes.
    #[must_use]
    pub fn from_rgb8(h: usize, w: usize, rgb: &[u8], mean: f32, scale: f32) -> Option<Self> {
        Self::from_vec([1, h, w, 3], rgb.iter().map(|&v| (f32::from(v) - mean) * scale).collect())
    }

    /// Images of one size and channel count stacked into a batch; `None` when there are none or they differ.
    #[must_use]
    pub fn stack(mut images: Vec<Self>) -> Option<Self> {
        if images.len() < 2 {
            return images.pop();
        }
        let &Self { h, w, c, .. } = images.first()?;
        let mut all = Self::scratch(images.iter().map(|image| image.n).sum(), h, w, c);
        let mut rest = all.data.as_mut_slice();
        for image in &images {
            if [image.h, image.w, image.c] != [h, w, c] {
                return None;
            }
            let (to, later) = rest.split_at_mut(image.data.len());
            to.copy_from_slice(&image.data);
            rest = later;
        }
        Some(all)
    }

    /// Values of one image.
    #[must_use]
    pub fn image_len(&self) -> usize {
        self.h * self.w * self.c
    }

    /// Stops a tensor whose public fields disagree before a kernel reads through them.
    pub(crate) fn assert_consistent(&self) {
        assert_eq!(self.data.len(), self.n * self.h * self.w * self.c, "tensor data does not match its shape");
    }

    /// A copy with a border of zeros around each image.
    pub(crate) fn padded(&self, [top, bottom, left, right]: [usize; 4]) -> Self {
        self.assert_consistent();
        let mut out = Self::scratch(self.n, self.h + top + bottom, self.w + left + right, self.c);
        out.data.fill(0.0);
        let (from, to) = (self.w * self.c, out.w * self.c);
        if from == 0 || self.h == 0 {
            return out;
        }
        let out_image = out.h * to;
        for (image, target) in self.data.chunks_exact(self.h * from).zip(out.data.chunks_exact_mut(out_image)) {
            let rows = target.chunks_exact_mut(to).skip(top);
            for (row, wide) in image.chunks_exact(from).zip(rows) {
                if let Some(inner) = wide.get_mut(left * self.c..left * self.c + from) {
                    inner.copy_from_slice(row);
                }
            }
        }
        out
    }
}

impl Drop for Nhwc {
    /// Leaves the buffer to the layers that this thread runs next.
    fn drop(&mut self) {
        let data = std::mem::take(&mut self.data);
        if data.capacity() == 0 {
            return;
        }
        // At the end of a thread there is nothing to leave it to; then it is simply freed.
        let _ = BUFFERS.try_with(|buffers| {
            let Ok(mut buffers) = buffers.try_borrow_mut() else { return };
            buffers.push(data);
            while buffers.len() > KEPT || buffers.iter().map(Vec::capacity).sum::<usize>() > KEPT_VALUES {
                buffers.remove(0);
            }
        });
    }
}
