//! Loops over `[rows, channels]` that the compiler turns into vector code.
//!
//! A [`Kernel`] is plain Rust; [`launch`] compiles it three times: for any processor, with AVX2 and FMA, and with
//! AVX-512. Channels are the inner loop everywhere, so every value is one fixed sequence of operations per row.
#![expect(clippy::indexing_slicing, reason = "rows are cut to the channel count first, which removes the checks")]
#![allow(clippy::needless_range_loop, reason = "one index into slices of one length is what the compiler vectorises")]
#![allow(clippy::manual_memcpy, reason = "copies of slices stay calls, for some sixteen values")]
#![allow(clippy::manual_clamp, reason = "two instructions; clamp would also have to tell what it makes of NaN")]

use crate::cpu::{Activation, Simd};

/// The instructions that a pass uses, asked once by whoever cuts it into tasks.
#[cfg(not(test))]
pub(super) fn simd() -> Option<Simd> {
    Simd::detect()
}

#[cfg(test)]
thread_local! {
    /// Whether the passes that this thread begins do without AVX-512.
    pub(super) static NARROW: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

#[cfg(test)]
pub(super) fn simd() -> Option<Simd> {
    Simd::detect().map(|simd| if NARROW.get() { simd.narrow() } else { simd })
}

/// A loop nest over slices.
pub(super) trait Kernel {
    /// Runs it; with `FMA`, products and sums round once.
    fn run<const FMA: bool>(self);
}

/// Runs a kernel with the best instructions of this processor.
pub(super) fn launch(kernel: impl Kernel, simd: Option<Simd>) {
    #[cfg(target_arch = "x86_64")]
    if let Some(proof) = simd {
        x86::run(kernel, proof);
        return;
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = simd;
    if cfg!(target_arch = "aarch64") { kernel.run::<true>() } else { kernel.run::<false>() }
}

#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "calls a function that needs instructions which the token proves")]
mod x86 {
    use super::{Kernel, Simd};

    pub(super) fn run(kernel: impl Kernel, proof: Simd) {
        if let Some(_proof) = proof.avx512() {
            // SAFETY: `_proof` is made only where these parts of AVX-512 exist, with AVX2 and FMA.
            unsafe { with_avx512(kernel) }
            return;
        }
        // SAFETY: `proof` is made only where AVX2 and FMA exist.
        unsafe { with_avx2(kernel) }
    }

    #[target_feature(enable = "avx2,fma,avx512f,avx512bw,avx512dq,avx512vl")]
    fn with_avx512(kernel: impl Kernel) {
        kernel.run::<true>();
    }

    #[target_feature(enable = "avx2,fma")]
    fn with_avx2(kernel: impl Kernel) {
        kernel.run::<true>();
    }
}

/// Runs its block for `$n` values from `$i` on, until `$c` are done: by sixteen, which is a vector of AVX-512 or two
/// of AVX2, then by eight and one by one. Left to the compiler, whose strides are four vectors, the rows of narrow
/// layers would be done one by one.
macro_rules! by_lanes {
    ($c:expr, ($i:ident, $n:ident) => $block:block) => {{
        let c = $c;
        let mut $i = 0;
        while $i + 16 <= c {
            const $n: usize = 16;
            $block
            stay_apart();
            $i += $n;
        }
        if $i + 8 <= c {
            const $n: usize = 8;
            $block
            $i += $n;
        }
        while $i < c {
            const $n: usize = 1;
            $block
            $i += $n;
        }
    }};
}

/// Between two rounds of a loop it keeps the compiler from making one of sixteen of them, which gathers its values from
/// sixteen places: a round is as wide as vectors are.
#[inline(always)]
#[cfg_attr(target_arch = "x86_64", expect(unsafe_code, reason = "an empty line of assembly does nothing"))]
pub(super) fn stay_apart() {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: no instruction.
    unsafe {
        std::arch::asm!("", options(nomem, nostack, preserves_flags));
    }
}

/// `N` values from `i` on. Loops rather than copies and `array::map`, which would stay calls.
#[inline(always)]
pub(super) fn lanes<const N: usize>(x: &[f32], i: usize) -> [f32; N] {
    let (x, mut out) = (&x[i..i + N], [0.0; N]);
    for k in 0..N {
        out[k] = x[k];
    }
    out
}

/// Writes `N` values from `i` on.
#[inline(always)]
pub(super) fn put<const N: usize>(x: &mut [f32], i: usize, values: [f32; N]) {
    let x = &mut x[i..i + N];
    for k in 0..N {
        x[k] = values[k];
    }
}

/// A function of the place, at each of `N`.
#[inline(always)]
pub(super) fn each<const N: usize>(f: impl Fn(usize) -> f32) -> [f32; N] {
    let mut out = [0.0; N];
    for k in 0..N {
        out[k] = f(k);
    }
    out
}

/// `a * b + c`.
#[inline(always)]
pub(super) fn madd<const FMA: bool>(a: f32, b: f32, c: f32) -> f32 {
    if FMA { a.mul_add(b, c) } else { a * b + c }
}

/// An activation as a type, so that loops over it have no branch.
pub(super) trait Function {
    /// The function.
    fn value(x: f32) -> f32;
    /// Its derivative as PyTorch defines it where it jumps.
    fn slope(x: f32) -> f32;
}

/// `x`
pub(super) struct Identity;
/// `max(x, 0)`
pub(super) struct Relu;
/// `min(max(x, 0), 6)`
pub(super) struct Relu6;
/// `x / (1 + exp(-x))`
pub(super) struct Silu;
/// `x * min(max(x + 3, 0), 6) / 6`
pub(super) struct HardSwish;

impl Function for Identity {
    #[inline(always)]
    fn value(x: f32) -> f32 {
        x
    }
    #[inline(always)]
    fn slope(_: f32) -> f32 {
        1.0
    }
}

impl Function for Relu {
    #[inline(always)]
    fn value(x: f32) -> f32 {
        x.max(0.0)
    }
    #[inline(always)]
    fn slope(x: f32) -> f32 {
        if x > 0.0 { 1.0 } else { 0.0 }
    }
}

impl Function for Relu6 {
    #[inline(always)]
    fn value(x: f32) -> f32 {
        x.max(0.0).min(6.0)
    }
    #[inline(always)]
    fn slope(x: f32) -> f32 {
        if x > 0.0 && x < 6.0 { 1.0 } else { 0.0 }
    }
}

impl Function for Silu {
    #[inline(always)]
    fn value(x: f32) -> f32 {
        x / (1.0 + exp(-x))
    }
    #[inline(always)]
    fn slope(x: f32) -> f32 {
        let s = 1.0 / (1.0 + exp(-x));
        s * (1.0 + x * (1.0 - s))
    }
}

impl Function for HardSwish {
    #[inline(always)]
    fn value(x: f32) -> f32 {
        x * (x + 3.0).max(0.0).min(6.0) / 6.0
    }
    #[inline(always)]
    fn slope(x: f32) -> f32 {
        let inner = x / 3.0 + 0.5;
        if x < -3.0 {
            0.0
        } else if x <= 3.0 {
            inner
        } else {
            1.0
        }
    }
}

/// `e^x`, relative error below 3e-7 for |x| ≤ 87, clamped beyond: Cephes' expf without branches, so that loops
/// over it become vector code.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    /// Adding and subtracting it rounds to the nearest integer.
    const ROUND: f32 = 12_582_912.0;
    let x = x.max(-87.3).min(87.3);
    let n = (x * std::f32::consts::LOG2_E + ROUND) - ROUND;
    let r = (x - n * 0.693_359_4) + n * 2.121_944_4e-4;
    let p = 1.987_569_1e-4;
    let p = p * r + 1.398_199_9e-3;
    let p = p * r + 8.333_452e-3;
    let p = p * r + 4.166_579_6e-2;
    let p = p * r + 1.666_666_5e-1;
    let p = p * r + 0.5;
    let p = p * r * r + r + 1.0;
    // The sum's low mantissa bits are n + 127 in two's complement; shifted up they are an exponent.
    let exponent = (n + (ROUND + 127.0)).to_bits() << 23;
    p * f32::from_bits(exponent)
}

/// Calls `$call` with `$f` naming the [`Function`] of an [`Activation`].
macro_rules! by_activation {
    ($activation:expr, $f:ident => $call:expr) => {
        match $activation {
            Activation::None | Activation::Prelu(_) => {
                type $f = Identity;
                $call
            }
            Activation::Relu => {
                type $f = Relu;
                $call
            }
            Activation::Relu6 => {
                type $f = Relu6;
                $call
            }
            Activation::Silu => {
                type $f = Silu;
                $call
            }
            Activation::HardSwish => {
                type $f = HardSwish;
                $call
            }
        }
    };
}

/// `out = f(x * scale + shift)`, times `gate` where there is one; rows of `scale.len()` channels.
pub(super) fn normalise(
    x: &[f32],
    [scale, shift]: [&[f32]; 2],
    activation: &Activation,
    gate: Option<&[f32]>,
    out: &mut [f32],
    simd: Option<Simd>,
) {
    struct K<'a, F>(&'a [f32], [&'a [f32]; 2], Option<&'a [f32]>, &'a mut [f32], std::marker::PhantomData<F>);
    impl<F: Function> Kernel for K<'_, F> {
        #[inline(always)]
        fn run<const FMA: bool>(self) {
            let Self(x, [scale, shift], gate, out, _) = self;
            let c = scale.len();
            for (x, out) in x.chunks_exact(c).zip(out.chunks_exact_mut(c)) {
                match gate {
                    None => row::<F, FMA>(x, scale, shift, out),
                    Some(gate) => gated::<F, FMA>(x, scale, shift, gate, out),
                }
            }
        }
    }
    #[inline(always)]
    fn row<F: Function, const FMA: bool>(x: &[f32], s: &[f32], t: &[f32], out: &mut [f32]) {
        let c = out.len();
        let (x, s, t) = (&x[..c], &s[..c], &t[..c]);
        by_lanes!(c, (i, N) => {
            let x = lanes::<N>(x, i);
            let s = lanes::<N>(s, i);
            let t = lanes::<N>(t, i);
            put(out, i, each::<N>(|k| F::value(madd::<FMA>(x[k], s[k], t[k]))));
        });
    }
    #[inline(always)]
    fn gated<F: Function, const FMA: bool>(x: &[f32], s: &[f32], t: &[f32], gate: &[f32], out: &mut [f32]) {
        let c = out.len();
        let (x, s, t, gate) = (&x[..c], &s[..c], &t[..c], &gate[..c]);
        by_lanes!(c, (i, N) => {
            let x = lanes::<N>(x, i);
            let s = lanes::<N>(s, i);
            let t = lanes::<N>(t, i);
            let gate = lanes::<N>(gate, i);
            put(out, i, each::<N>(|k| F::value(madd::<FMA>(x[k], s[k], t[k])) * gate[k]));
        });
    }
    by_activation!(activation, F => launch(K::<F>(x, [scale, shift], gate, out, std::marker::PhantomData), simd));
}

/// `out = f(x * scale + shift + residual)`.
pub(super) fn normalise_add(
    x: &[f32],
    [scale, shift]: [&[f32]; 2],
    residual: &[f32],
    activation: &Activation,
    out: &mut [f32],
    simd: Option<Simd>,
) {
    struct K<'a, F>(&'a [f32], [&'a [f32]; 2], &'a [f32], &'a mut [f32], std::marker::PhantomData<F>);
    impl<F: Function> Kernel for K<'_, F> {
        #[inline(always)]
        fn run<const FMA: bool>(self) {
            let Self(x, [scale, shift], residual, out, _) = self;
            let c = scale.len();
            for ((x, r), out) in x.chunks_exact(c).zip(residual.chunks_exact(c)).zip(out.chunks_exact_mut(c)) {
                row::<F, FMA>(x, scale, shift, r, out);
            }
        }
    }
    #[inline(always)]
    fn row<F: Function, const FMA: bool>(x: &[f32], s: &[f32], t: &[f32], r: &[f32], out: &mut [f32]) {
        let c = out.len();
        let (x, s, t, r) = (&x[..c], &s[..c], &t[..c], &r[..c]);
        by_lanes!(c, (i, N) => {
            let x = lanes::<N>(x, i);
            let s = lanes::<N>(s, i);
            let t = lanes::<N>(t, i);
            let r = lanes::<N>(r, i);
            put(out, i, each::<N>(|k| F::value(madd::<FMA>(x[k], s[k], t[k]) + r[k])));
        });
    }
    by_activation!(activation, F => launch(K::<F>(x, [scale, shift], residual, out, std::marker::PhantomData), simd));
}

/// Adds each channel's Σ (y − reference) to `sum` and the sum of its squares to `squares`.
pub(super) fn moments(y: &[f32], reference: &[f32], sum: &mut [f32], squares: &mut [f32], simd: Option<Simd>) {
    struct K<'a>(&'a [f32], &'a [f32], &'a mut [f32], &'a mut [f32]);
    impl Kernel for K<'_> {
        #[inline(always)]
        fn run<const FMA: bool>(self) {
            for y in self.0.chunks_exact(self.1.len()) {
                row::<FMA>(y, self.1, self.2, self.3);
            }
        }
    }
    #[inline(always)]
    fn row<const FMA: bool>(y: &[f32], reference: &[f32], sum: &mut [f32], squares: &mut [f32]) {
        let c = y.len();
        let (reference, sum, squares) = (&reference[..c], &mut sum[..c], &mut squares[..c]);
        by_lanes!(c, (i, N) => {
            let y = lanes::<N>(y, i);
            let reference = lanes::<N>(reference, i);
            let total = lanes::<N>(sum, i);
            let square = lanes::<N>(squares, i);
            let v = each::<N>(|k| y[k] - reference[k]);
            put(sum, i, each::<N>(|k| total[k] + v[k]));
            put(squares, i, each::<N>(|k| madd::<FMA>(v[k], v[k], square[k])));
        });
    }
    launch(K(y, reference, sum, squares), simd);
}

/// `sum += Σ a * b` per channel.
pub(super) fn dot(a: &[f32], b: &[f32], sum: &mut [f32], simd: Option<Simd>) {
    struct K<'a>(&'a [f32], &'a [f32], &'a mut [f32]);
    impl Kernel for K<'_> {
        #[inline(always)]
        fn run<const FMA: bool>(self) {
            let c = self.2.len();
            for (a, b) in self.0.chunks_exact(c).zip(self.1.chunks_exact(c)) {
                row::<FMA>(a, b, self.2);
            }
        }
    }
    #[inline(always)]
    fn row<const FMA: bool>(a: &[f32], b: &[f32], sum: &mut [f32]) {
        let c = a.len();
        let (b, sum) = (&b[..c], &mut sum[..c]);
        by_lanes!(c, (i, N) => {
            let a = lanes::<N>(a, i);
            let b = lanes::<N>(b, i);
            let total = lanes::<N>(sum, i);
            put(sum, i, each::<N>(|k| madd::<FMA>(a[k], b[k], total[k])));
        });
    }
    launch(K(a, b, sum), simd);
}

/// `sum += Σ x` per channel.
pub(super) fn total(x: &[f32], sum: &mut [f32], simd: Option<Simd>) {
    struct K<'a>(&'a [f32], &'a mut [f32]);
    impl Kernel for K<'_> {
        #[inline(always)]
        fn run<const FMA: bool>(self) {
            for x in self.0.chunks_exact(self.1.len()) {
                row(x, self.1);
            }
        }
    }
    #[inline(always)]
    fn row(x: &[f32], sum: &mut [f32]) {
        let c = x.len();
        let sum = &mut sum[..c];
        by_lanes!(c, (i, N) => {
            let x = lanes::<N>(x, i);
            let total = lanes::<N>(sum, i);
            put(sum, i, each::<N>(|k| total[k] + x[k]));
        });
    }
    launch(K(x, sum), simd);
}

/// What the gradient of a normalised layer's output is turned into on its way back through the activation.
pub(super) struct Slope<'a> {
    /// The layer's output before its norm.
    pub y: &'a [f32],
    /// Of the norm.
    pub scale: &'a [f32],
    /// Of the norm.
    pub shift: &'a [f32],
    /// Subtracted from `y` before it is multiplied into the second sum.
    pub mean: &'a [f32],
    /// Behind the norm.
    pub activation: &'a Activation,
    /// Per channel: `g * gate[0] + gate[1]` goes through the activation instead of `g`.
    pub gate: Option<[&'a [f32]; 2]>,
}

/// `g *= f'(y * scale + shift)` in place; adds Σ g to `sums[0]` and Σ g (y − mean) to `sums[1]`.
pub(super) fn through_activation(slope: &Slope, g: &mut [f32], sums: [&mut [f32]; 2], simd: Option<Simd>) {
    struct K<'a, 'b, F>(&'a Slope<'b>, &'a mut [f32], [&'a mut [f32]; 2], std::marker::PhantomData<F>);
    impl<F: Function> Kernel for K<'_, '_, F> {
        #[inline(always)]
        fn run<const FMA: bool>(self) {
            let Self(slope, g, [sum, product], _) = self;
            let c = slope.scale.len();
            for (g, y) in g.chunks_exact_mut(c).zip(slope.y.chunks_exact(c)) {
                if let Some([factor, term]) = slope.gate {
                    gate::<FMA>(g, factor, term);
                }
                row::<F, FMA>(g, y, [slope.scale, slope.shift, slope.mean], sum, product);
            }
        }
    }
    #[inline(always)]
    fn gate<const FMA: bool>(g: &mut [f32], factor: &[f32], term: &[f32]) {
        let c = g.len();
        let (factor, term) = (&factor[..c], &term[..c]);
        by_lanes!(c, (i, N) => {
            let v = lanes::<N>(g, i);
            let factor = lanes::<N>(factor, i);
            let term = lanes::<N>(term, i);
            put(g, i, each::<N>(|k| madd::<FMA>(v[k], factor[k], term[k])));
        });
    }
    #[inline(always)]
    fn row<F: Function, const FMA: bool>(
        g: &mut [f32],
        y: &[f32],
        [s, t, mean]: [&[f32]; 3],
        sum: &mut [f32],
        product: &mut [f32],
    ) {
        let c = g.len();
        let (y, s, t, mean) = (&y[..c], &s[..c], &t[..c], &mean[..c]);
        let (sum, product) = (&mut sum[..c], &mut product[..c]);
        by_lanes!(c, (i, N) => {
            let y = lanes::<N>(y, i);
            let s = lanes::<N>(s, i);
            let t = lanes::<N>(t, i);
            let mean = lanes::<N>(mean, i);
            let v = lanes::<N>(g, i);
            let total = lanes::<N>(sum, i);
            let products = lanes::<N>(product, i);
            let v = each::<N>(|k| v[k] * F::slope(madd::<FMA>(y[k], s[k], t[k])));
            put(g, i, v);
            put(sum, i, each::<N>(|k| total[k] + v[k]));
            put(product, i, each::<N>(|k| madd::<FMA>(v[k], y[k] - mean[k], products[k])));
        });
    }
    by_activation!(slope.activation, F => launch(K::<F>(slope, g, sums, std::marker::PhantomData), simd));
}

/// `g = 0` where the rectified map `out` is zero; adds Σ g to `sums[0]` and Σ g (y − mean) to `sums[1]`.
pub(super) fn through_map([out, y, mean]: [&[f32]; 3], g: &mut [f32], sums: [&mut [f32]; 2], simd: Option<Simd>) {
    struct K<'a>([&'a [f32]; 3], &'a mut [f32], [&'a mut [f32]; 2]);
    impl Kernel for K<'_> {
        #[inline(always)]
        fn run<const FMA: bool>(self) {
            let Self([out, y, mean], g, [sum, product]) = self;
            let c = mean.len();
            for ((g, y), out) in g.chunks_exact_mut(c).zip(y.chunks_exact(c)).zip(out.chunks_exact(c)) {
                row::<FMA>(g, [out, y, mean], sum, product);
            }
        }
    }
    #[inline(always)]
    fn row<const FMA: bool>(g: &mut [f32], [out, y, mean]: [&[f32]; 3], sum: &mut [f32], product: &mut [f32]) {
        let c = g.len();
        let (out, y, mean) = (&out[..c], &y[..c], &mean[..c]);
        let (sum, product) = (&mut sum[..c], &mut product[..c]);
        by_lanes!(c, (i, N) => {
            let out = lanes::<N>(out, i);
            let y = lanes::<N>(y, i);
            let mean = lanes::<N>(mean, i);
            let v = lanes::<N>(g, i);
            let total = lanes::<N>(sum, i);
            let products = lanes::<N>(product, i);
            let v = each::<N>(|k| if out[k] > 0.0 { v[k] } else { 0.0 });
            put(g, i, v);
            put(sum, i, each::<N>(|k| total[k] + v[k]));
            put(product, i, each::<N>(|k| madd::<FMA>(v[k], y[k] - mean[k], products[k])));
        });
    }
    launch(K([out, y, mean], g, sums), simd);
}

/// `out = a * g + b * (y − mean) + d` per channel: the gradient before a batch norm from that behind it.
pub(super) fn before_norm(g: &[f32], y: &[f32], norm: [&[f32]; 4], out: &mut [f32], simd: Option<Simd>) {
    struct K<'a>(&'a [f32], &'a [f32], [&'a [f32]; 4], &'a mut [f32]);
    impl Kernel for K<'_> {
        #[inline(always)]
        fn run<const FMA: bool>(self) {
            let Self(g, y, norm, out) = self;
            let c = norm[0].len();
            for ((g, y), out) in g.chunks_exact(c).zip(y.chunks_exact(c)).zip(out.chunks_exact_mut(c)) {
                row::<FMA>(g, y, norm, out);
            }
        }
    }
    #[inline(always)]
    fn row<const FMA: bool>(g: &[f32], y: &[f32], [a, b, d, mean]: [&[f32]; 4], out: &mut [f32]) {
        let c = out.len();
        let (g, y, a, b, d, mean) = (&g[..c], &y[..c], &a[..c], &b[..c], &d[..c], &mean[..c]);
        by_lanes!(c, (i, N) => {
            let g = lanes::<N>(g, i);
            let y = lanes::<N>(y, i);
            let a = lanes::<N>(a, i);
            let b = lanes::<N>(b, i);
            let d = lanes::<N>(d, i);
            let mean = lanes::<N>(mean, i);
            put(out, i, each::<N>(|k| madd::<FMA>(a[k], g[k], madd::<FMA>(b[k], y[k] - mean[k], d[k]))));
        });
    }
    launch(K(g, y, norm, out), simd);
}

/// `x += y`.
pub(super) fn add(x: &mut [f32], y: &[f32], simd: Option<Simd>) {
    struct K<'a>(&'a mut [f32], &'a [f32]);
    impl Kernel for K<'_> {
        #[inline(always)]
        fn run<const FMA: bool>(self) {
            for (x, y) in self.0.iter_mut().zip(self.1) {
                *x += y;
            }
        }
    }
    launch(K(x, y), simd);
}

pub(super) use by_activation;
