//! Scaled dot-product attention (Vaswani et al. 2017) over tokens, one head after the other.

use super::conv_kernel::{self, Job, LANES};
use super::lanes::{Base, Lanes, WIDTH};
use super::simd::Avx2;
use super::{Activation, Nhwc, worth_splitting};
use rayon::prelude::*;

/// What each token takes from the others: `qkv` `[n, 1, tokens, 3 · width]` holds queries, keys and values, each
/// `heads` times `width / heads` channels; the result is `[n, 1, tokens, width]`.
///
/// # Panics
/// When the channels are no three times `heads` equal parts.
#[must_use]
pub fn attention(qkv: &Nhwc, heads: usize) -> Nhwc {
    run(qkv, heads, Avx2::detect())
}

pub(crate) fn run(qkv: &Nhwc, heads: usize, simd: Option<Avx2>) -> Nhwc {
    qkv.assert_consistent();
    let (tokens, width) = (qkv.h * qkv.w, qkv.c / 3);
    assert!(heads > 0 && qkv.c == 3 * width && width.is_multiple_of(heads), "heads do not divide the channels");
    let mut out = Nhwc::scratch(qkv.n, qkv.h, qkv.w, width);
    if out.data.is_empty() {
        return out;
    }
    let each = width / heads;
    for (rows, to) in qkv.data.chunks_exact(tokens * qkv.c).zip(out.data.chunks_exact_mut(tokens * width)) {
        let one = |head: usize| Head { rows, width, each, first: head * each }.run(tokens, simd);
        let parts: Vec<Nhwc> = if worth_splitting(2 * tokens * tokens * width) {
            (0..heads).into_par_iter().map(one).collect()
        } else {
            (0..heads).map(one).collect()
        };
        for (head, part) in parts.iter().enumerate() {
            for (row, values) in to.chunks_exact_mut(width).zip(part.data.chunks_exact(each)) {
                if let Some(place) = row.get_mut(head * each..(head + 1) * each) {
                    place.copy_from_slice(values);
                }
            }
        }
    }
    out
}

/// One head of one image.
struct Head<'a> {
    /// `[tokens][3 · width]`
    rows: &'a [f32],
    width: usize,
    /// Channels of the head.
    each: usize,
    /// Its first channel.
    first: usize,
}

impl Head<'_> {
    /// The head's part of each row: of the queries (0), keys (1) or values (2).
    fn part(&self, which: usize) -> impl Iterator<Item = &[f32]> {
        let from = which * self.width + self.first;
        self.rows.chunks_exact(3 * self.width).map(move |row| row.get(from..from + self.each).unwrap_or_default())
    }

    /// `[1, 1, tokens, each]`
    fn run(&self, tokens: usize, simd: Option<Avx2>) -> Nhwc {
        let scale = 1.0 / (self.each as f32).sqrt();
        let mut queries = Nhwc::scratch(1, 1, tokens, self.each);
        for (to, from) in queries.data.chunks_exact_mut(self.each).zip(self.part(0)) {
            to.iter_mut().zip(from).for_each(|(t, f)| *t = f * scale);
        }
        let mut likeness = product(&queries, tokens, &self.keys(tokens).data, simd);
        let mut sums = Vec::with_capacity(tokens);
        sums.extend(likeness.data.chunks_exact_mut(tokens).map(|row| exponentials(row, simd)));
        let mut mixed = product(&likeness, self.each, &self.values(tokens).data, simd);
        for (row, sum) in mixed.data.chunks_exact_mut(self.each).zip(sums) {
            row.iter_mut().for_each(|v| *v /= sum);
        }
        mixed
    }

    /// Keys as panels of 16 tokens, each `[channel][16]`.
    fn keys(&self, tokens: usize) -> Nhwc {
        let mut panels = Nhwc::scratch(1, 1, tokens.next_multiple_of(LANES), self.each);
        panels.data.fill(0.0);
        for (token, key) in self.part(1).enumerate() {
            let panel = panels.data.chunks_exact_mut(LANES * self.each).nth(token / LANES).unwrap_or_default();
            panel.iter_mut().skip(token % LANES).step_by(LANES).zip(key).for_each(|(t, k)| *t = *k);
        }
        panels
    }

    /// Values as panels of 16 channels, each `[token][16]`.
    fn values(&self, tokens: usize) -> Nhwc {
        let mut panels = Nhwc::scratch(1, 1, tokens, self.each.next_multiple_of(LANES));
        panels.data.fill(0.0);
        for (token, value) in self.part(2).enumerate() {
            for (panel, part) in panels.data.chunks_exact_mut(LANES * tokens).zip(value.chunks(LANES)) {
                if let Some(to) = panel.get_mut(token * LANES..token * LANES + part.len()) {
                    to.copy_from_slice(part);
                }
            }
        }
        panels
    }
}

/// Rows `[1, 1, rows, depth]` times panels `[out / 16][depth][16]`: `[1, 1, rows, out]`.
fn product(rows: &Nhwc, out: usize, panels: &[f32], simd: Option<Avx2>) -> Nhwc {
    let mut result = Nhwc::scratch(1, 1, rows.w, out);
    let bias = Nhwc::zeros(1, 1, 1, out.next_multiple_of(LANES));
    let job = Job {
        source: &rows.data,
        image: [1, rows.w, rows.c],
        out_image: [1, rows.w, out],
        kernel: [1, 1],
        stride: 1,
        panels,
        bias: &bias.data,
        activation: &Activation::None,
        residual: None,
    };
    conv_kernel::run(&job, 0, &mut result.data, simd);
    result
}

/// `exp(x - largest)` in place of each `x`, and their sum.
fn exponentials(row: &mut [f32], simd: Option<Avx2>) -> f32 {
    #[cfg(target_arch = "x86_64")]
    if let Some(token) = simd {
        return x86::exponentials(row, token);
    }
    let _ = simd;
    exponentials_by::<Base, WIDTH>(row)
}

#[inline(always)]
fn exponentials_by<V: Lanes<W>, const W: usize>(row: &mut [f32]) -> f32 {
    let (whole, rest) = row.as_chunks::<W>();
    let largest = whole.iter().fold(V::splat(f32::NEG_INFINITY), |m, x| V::load(x).max(m));
    let largest = rest.iter().copied().chain(largest.each()).fold(f32::NEG_INFINITY, f32::max);
    let shift = V::splat(largest);
    let (whole, rest) = row.as_chunks_mut::<W>();
    let mut sum = V::splat(0.0);
    for x in whole {
        let e = V::load(x).sub(shift).exp();
        sum = sum.add(e);
        e.store(x);
    }
    let mut sum: f32 = sum.each().into_iter().sum();
    let mut last = [f32::NEG_INFINITY; W];
    last.iter_mut().zip(rest.iter()).for_each(|(l, x)| *l = x - largest);
    for (x, e) in rest.iter_mut().zip(V::load(&last).exp().each()) {
        *x = e;
        sum += e;
    }
    sum
}

#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "calls safe code compiled for AVX2 or AVX-512")]
mod x86 {
    use super::super::avx512::WIDE;
    use super::super::lanes::{WIDTH, Wide, Widest};
    use super::super::simd::Avx2;

    pub(super) fn exponentials(row: &mut [f32], proof: Avx2) -> f32 {
        if let Some(proof) = proof.avx512() {
            Widest::proven(proof);
            // SAFETY: the proof says that AVX-512 exists; the function's code is safe.
            return unsafe { exponentials_512(row) };
        }
        Wide::proven(proof);
        // SAFETY: the proof says that AVX2 exists; the function's code is safe.
        unsafe { exponentials_avx2(row) }
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
    fn exponentials_512(row: &mut [f32]) -> f32 {
        super::exponentials_by::<Widest, WIDE>(row)
    }

    #[target_feature(enable = "avx2,fma")]
    fn exponentials_avx2(row: &mut [f32]) -> f32 {
        super::exponentials_by::<Wide, WIDTH>(row)
    }
}
