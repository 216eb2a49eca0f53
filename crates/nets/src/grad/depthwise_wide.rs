//! Depthwise convolutions with AVX-512: sixteen channels at a time along a row, their weights in registers.
//!
//! Backward, each input value is visited once: it gathers its gradient from the output gradients whose windows it is in,
//! and adds its products with the same ones to the weights' gradients.
#![expect(unsafe_code, reason = "vector kernels; see the SAFETY comments")]
#![expect(
    clippy::indexing_slicing,
    clippy::needless_range_loop,
    reason = "loops over registers have constant bounds: they unroll and the checks vanish"
)]

use std::arch::x86_64::{__mmask16, _mm512_fmadd_ps, _mm512_mask_storeu_ps, _mm512_maskz_loadu_ps, _mm512_setzero_ps};

use super::depthwise::Window;
use crate::cpu::Simd;

/// Channels in a vector.
const WIDTH: usize = 16;

/// A row of the input or of the output's gradient, and the row of the window that it is under.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    pub values: &'a [f32],
    pub ky: usize,
}

/// Whether there are kernels for such windows on this processor.
pub(super) fn fits(w: &Window, simd: Option<Simd>) -> bool {
    simd.is_some_and(|s| s.avx512().is_some()) && matches!(w.kernel, 3 | 5) && matches!(w.stride, 1 | 2)
}

/// Lanes that exist of the channels from `ch` on.
fn mask(ch: usize, channels: usize) -> __mmask16 {
    __mmask16::MAX >> (WIDTH - (channels - ch).min(WIDTH))
}

/// Writes an output row: the sums of products of padded input rows and the rows of the window over them.
///
/// # Panics
/// When a row is too short for its windows, or where [`fits`] says no.
pub(super) fn filter(w: &Window, rows: &[Row], weight: &[f32], out: &mut [f32], simd: Option<Simd>) {
    assert!(fits(w, simd));
    let (k, c, [_, ow]) = (w.kernel, w.channels, w.output);
    let reach = ((ow.max(1) - 1) * w.stride + k) * c;
    assert!(rows.iter().all(|r| r.values.len() >= reach && r.ky < k), "row outside its windows");
    assert!(weight.len() >= k * k * c && out.len() == ow * c);
    let line = Line { weight: weight.as_ptr(), out: out.as_mut_ptr(), channels: c, count: ow, step: w.stride * c };
    // SAFETY: `fits` says that AVX-512 exists; the lengths are asserted above.
    unsafe {
        match (k, rows) {
            (3, [a, b, c]) => filter_rows::<3, 3>(&line, [a, b, c]),
            (3, [a, b]) => filter_rows::<3, 2>(&line, [a, b]),
            (3, [a]) => filter_rows::<3, 1>(&line, [a]),
            (5, [a, b, c, d, e]) => filter_rows::<5, 5>(&line, [a, b, c, d, e]),
            (5, [a, b, c, d]) => filter_rows::<5, 4>(&line, [a, b, c, d]),
            (5, [a, b, c]) => filter_rows::<5, 3>(&line, [a, b, c]),
            (5, [a, b]) => filter_rows::<5, 2>(&line, [a, b]),
            (5, [a]) => filter_rows::<5, 1>(&line, [a]),
            _ => out.fill(0.0),
        }
    }
}

/// An output row to be written.
struct Line {
    /// `[k, k, channels]`
    weight: *const f32,
    out: *mut f32,
    channels: usize,
    /// Pixels.
    count: usize,
    /// Values from a pixel's window to the next one's.
    step: usize,
}

/// # Safety
/// AVX-512; rows of at least `(count - 1) * step + K * channels` values, whose `ky` are below `K`; `count * channels`
/// values to write.
#[target_feature(enable = "avx512f")]
unsafe fn filter_rows<const K: usize, const R: usize>(line: &Line, rows: [&Row; R]) {
    let c = line.channels;
    let from = rows.map(|r| r.values.as_ptr());
    for ch in (0..c).step_by(WIDTH) {
        let mask = mask(ch, c);
        // SAFETY: as the function says; lanes beyond the channels are masked away.
        unsafe {
            let mut taps = [[_mm512_setzero_ps(); K]; R];
            for r in 0..R {
                for kx in 0..K {
                    taps[r][kx] = _mm512_maskz_loadu_ps(mask, line.weight.add((rows[r].ky * K + kx) * c + ch));
                }
            }
            for ox in 0..line.count {
                let mut sum = _mm512_setzero_ps();
                for r in 0..R {
                    for kx in 0..K {
                        let x = _mm512_maskz_loadu_ps(mask, from[r].add(ox * line.step + kx * c + ch));
                        sum = _mm512_fmadd_ps(x, taps[r][kx], sum);
                    }
                }
                _mm512_mask_storeu_ps(line.out.add(ox * c + ch), mask, sum);
            }
        }
    }
}

/// Zeros before and behind the pixels of a gradient's row that [`gather`] takes, in pixels.
pub(super) const PAD: usize = 5;

/// From an input row `x` and the output gradients whose windows it is under (each with [`PAD`] pixels of zeros on both
/// sides): writes the input's gradient to `g` and adds the weights' to `dw`.
///
/// # Panics
/// When a length does not fit the window, or where [`fits`] says no.
pub(super) fn gather(
    w: &Window,
    rows: &[Row],
    weight: &[f32],
    x: &[f32],
    (g, dw): (&mut [f32], &mut [f32]),
    simd: Option<Simd>,
) {
    assert!(fits(w, simd));
    let (k, c, s, [_, width], [_, ow]) = (w.kernel, w.channels, w.stride, w.input, w.output);
    assert!(rows.iter().all(|r| r.values.len() >= (ow + 2 * PAD) * c && r.ky < k), "row without its zeros");
    assert!(weight.len() >= k * k * c && dw.len() >= k * k * c);
    assert!(x.len() == width * c && g.len() == width * c);
    // Columns by the remainder of the stride: those of one see the same taps.
    for phase in 0..s {
        let start = (phase + s * w.left - w.left) % s;
        let taps = k.saturating_sub(phase).div_ceil(s);
        let count = width.saturating_sub(start).div_ceil(s);
        // Where the first column's first tap meets the gradient; the next taps meet those before it.
        let first = PAD + (start + w.left - phase) / s;
        if count == 0 {
            continue;
        }
        assert!(first + 1 >= taps && first + count <= ow + 2 * PAD, "gradient outside its row");
        let together = if taps > 3 { 2 } else { 3 };
        for (i, rows) in rows.chunks(together).enumerate() {
            let span = Span {
                weight: weight.as_ptr(),
                dw: dw.as_mut_ptr(),
                x: x[start * c..].as_ptr(),
                g: g[start * c..].as_mut_ptr(),
                channels: c,
                count,
                step: s * c,
                first: first * c,
                tap: [phase, s, k],
                // What earlier rows gave is added to.
                keep: if i == 0 { 0 } else { __mmask16::MAX },
            };
            // SAFETY: `fits` says that AVX-512 exists; the lengths are asserted above.
            unsafe {
                match (taps, rows) {
                    (1, [a]) => gather_rows::<1, 1>(&span, [a]),
                    (1, [a, b]) => gather_rows::<2, 1>(&span, [a, b]),
                    (1, [a, b, c]) => gather_rows::<3, 1>(&span, [a, b, c]),
                    (2, [a]) => gather_rows::<1, 2>(&span, [a]),
                    (2, [a, b]) => gather_rows::<2, 2>(&span, [a, b]),
                    (2, [a, b, c]) => gather_rows::<3, 2>(&span, [a, b, c]),
                    (3, [a]) => gather_rows::<1, 3>(&span, [a]),
                    (3, [a, b]) => gather_rows::<2, 3>(&span, [a, b]),
                    (3, [a, b, c]) => gather_rows::<3, 3>(&span, [a, b, c]),
                    (5, [a]) => gather_rows::<1, 5>(&span, [a]),
                    (5, [a, b]) => gather_rows::<2, 5>(&span, [a, b]),
                    _ => unreachable!("windows of 3 and 5 have 1, 2, 3 or 5 taps a phase"),
                }
            }
        }
    }
    if rows.is_empty() {
        g.fill(0.0);
    }
}

/// Columns of an input row that see the same taps.
struct Span {
    /// `[k, k, channels]`
    weight: *const f32,
    dw: *mut f32,
    /// The first such column.
    x: *const f32,
    g: *mut f32,
    channels: usize,
    /// Columns.
    count: usize,
    /// Values from one to the next.
    step: usize,
    /// Where in the gradients' rows the first column's first tap is.
    first: usize,
    /// The first tap, the taps from one to the next, the taps in a row of the window.
    tap: [usize; 3],
    /// Lanes of `g` that are added to.
    keep: __mmask16,
}

/// # Safety
/// AVX-512; `count` columns exist; `T` taps lie in the window; `first + (count - 1) * channels` and the `T - 1` pixels
/// before `first` lie in every row.
#[target_feature(enable = "avx512f")]
unsafe fn gather_rows<const R: usize, const T: usize>(span: &Span, rows: [&Row; R]) {
    let (c, [phase, stride, k]) = (span.channels, span.tap);
    let place = |r: usize, t: usize| (rows[r].ky * k + phase + t * stride) * c;
    for ch in (0..c).step_by(WIDTH) {
        let mask = mask(ch, c);
        // SAFETY: as the function says; lanes beyond the channels are masked away.
        unsafe {
            let mut taps = [[_mm512_setzero_ps(); T]; R];
            let mut learned = [[_mm512_setzero_ps(); T]; R];
            let mut from = [rows[0].values.as_ptr(); R];
            for r in 0..R {
                from[r] = rows[r].values.as_ptr().add(span.first + ch);
                for t in 0..T {
                    taps[r][t] = _mm512_maskz_loadu_ps(mask, span.weight.add(place(r, t) + ch));
                    learned[r][t] = _mm512_maskz_loadu_ps(mask, span.dw.add(place(r, t) + ch));
                }
            }
            for i in 0..span.count {
                let x = _mm512_maskz_loadu_ps(mask, span.x.add(i * span.step + ch));
                let to = span.g.add(i * span.step + ch);
                let mut sum = _mm512_maskz_loadu_ps(mask & span.keep, to);
                for r in 0..R {
                    for t in 0..T {
                        let dy = _mm512_maskz_loadu_ps(mask, from[r].add(i * c).sub(t * c));
                        sum = _mm512_fmadd_ps(dy, taps[r][t], sum);
                        learned[r][t] = _mm512_fmadd_ps(dy, x, learned[r][t]);
                    }
                }
                _mm512_mask_storeu_ps(to, mask, sum);
            }
            for r in 0..R {
                for t in 0..T {
                    _mm512_mask_storeu_ps(span.dw.add(place(r, t) + ch), mask, learned[r][t]);
                }
            }
        }
    }
}
