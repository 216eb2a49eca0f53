//! The transforms of [`super::Winograd`]: squares of pixels to places and back.
#![expect(
    clippy::indexing_slicing,
    clippy::needless_range_loop,
    reason = "loops over squares have constant bounds: they unroll and the checks vanish; pixels are clipped to the image"
)]

use super::Activation;
use super::lanes::{Base, Lanes, WIDTH};
use super::simd::Avx2;
use super::winograd::Square;

/// Some rows of squares of one image.
pub(crate) struct Tiles {
    pub square: Square,
    /// `[h, w]` of the input.
    pub size: [usize; 2],
    /// Pixels of zeros around the input: 1 where the output is as large as the input, 0 where it is two pixels less.
    pub border: usize,
    /// Squares side by side.
    pub across: usize,
    /// First row of squares.
    pub first: usize,
    /// Rows of squares.
    pub rows: usize,
}

impl Tiles {
    /// Squares in all.
    pub fn count(&self) -> usize {
        self.rows * self.across
    }

    /// Columns of the output.
    fn out_width(&self) -> usize {
        self.size[1] + 2 * self.border - 2
    }
}

/// What happens to an output before it is stored.
pub(crate) struct Finish<'a> {
    /// One for each channel.
    pub bias: &'a [f32],
    /// Of the shape of the output.
    pub residual: Option<&'a [f32]>,
    pub activation: &'a Activation,
}

/// `source` `[h, w, c]` under each square, transformed, into `out` `[place][square][c]`; `c` is a multiple of 8.
pub(crate) fn spread(tiles: &Tiles, source: &[f32], c: usize, out: &mut [f32], simd: Option<Avx2>) {
    assert!(c.is_multiple_of(WIDTH) && source.len() == tiles.size[0] * tiles.size[1] * c);
    assert_eq!(out.len(), tiles.square.input().pow(2) * tiles.count() * c);
    #[cfg(target_arch = "x86_64")]
    if let Some(token) = simd {
        x86::spread(tiles, source, c, out, token);
        return;
    }
    let _ = simd;
    spread_by::<Base, WIDTH>(tiles, source, c, out);
}

/// Products `[place][square][c]` transformed back into rows of pixels `[rows][w][c]`; `c` is a multiple of 8.
pub(crate) fn gather(tiles: &Tiles, products: &[f32], finish: &Finish, out: &mut [f32], simd: Option<Avx2>) {
    let c = finish.bias.len();
    assert!(c.is_multiple_of(WIDTH) && out.len().is_multiple_of(tiles.out_width() * c));
    assert_eq!(products.len(), tiles.square.input().pow(2) * tiles.count() * c);
    assert!(finish.residual.is_none_or(|r| r.len() == out.len()));
    #[cfg(target_arch = "x86_64")]
    if let Some(token) = simd {
        x86::gather(tiles, products, finish, out, token);
        return;
    }
    let _ = simd;
    gather_by::<Base, WIDTH>(tiles, products, finish, out);
}

#[inline(always)]
fn spread_by<V: Lanes<W>, const W: usize>(tiles: &Tiles, source: &[f32], c: usize, out: &mut [f32]) {
    match tiles.square {
        Square::Two => spread_square::<V, Two, W, 4, 2>(tiles, source, c, out),
        Square::Four => spread_square::<V, Four, W, 6, 4>(tiles, source, c, out),
    }
}

#[inline(always)]
fn gather_by<V: Lanes<W>, const W: usize>(tiles: &Tiles, products: &[f32], finish: &Finish, out: &mut [f32]) {
    match tiles.square {
        Square::Two => gather_square::<V, Two, W, 4, 2>(tiles, products, finish, out),
        Square::Four => gather_square::<V, Four, W, 6, 4>(tiles, products, finish, out),
    }
}

#[inline(always)]
fn spread_square<V: Lanes<W>, T: Transform<N, M>, const W: usize, const N: usize, const M: usize>(
    tiles: &Tiles,
    source: &[f32],
    c: usize,
    out: &mut [f32],
) {
    let [h, w] = tiles.size;
    let count = tiles.count();
    let zeros = [0.0; W];
    for t in 0..count {
        let (top, left) = ((tiles.first + t / tiles.across) * M, t % tiles.across * M);
        for channel in (0..c).step_by(W) {
            let mut d = [[V::splat(0.0); N]; N];
            for y in 0..N {
                let row = (top + y).wrapping_sub(tiles.border);
                let mut line = [V::splat(0.0); N];
                for x in 0..N {
                    let column = (left + x).wrapping_sub(tiles.border);
                    let inside = row < h && column < w;
                    let at = if inside { (row * w + column) * c + channel } else { 0 };
                    let from = source[at..].first_chunk().unwrap_or(&zeros);
                    line[x] = V::load(if inside { from } else { &zeros });
                }
                d[y] = T::input(line);
            }
            for x in 0..N {
                let mut column = [V::splat(0.0); N];
                for y in 0..N {
                    column[y] = d[y][x];
                }
                let column = T::input(column);
                for y in 0..N {
                    let to = ((y * N + x) * count + t) * c + channel;
                    if let Some(to) = out[to..].first_chunk_mut() {
                        column[y].store(to);
                    }
                }
            }
        }
    }
}

#[inline(always)]
fn gather_square<V: Lanes<W>, T: Transform<N, M>, const W: usize, const N: usize, const M: usize>(
    tiles: &Tiles,
    products: &[f32],
    finish: &Finish,
    out: &mut [f32],
) {
    let (w, count, c) = (tiles.out_width(), tiles.count(), finish.bias.len());
    let rows = out.len() / (w * c);
    let zeros = [0.0; W];
    for t in 0..count {
        let (top, left) = (t / tiles.across * M, t % tiles.across * M);
        for channel in (0..c).step_by(W) {
            let bias = V::load(finish.bias[channel..].first_chunk().unwrap_or(&zeros));
            let slopes = match finish.activation {
                Activation::Prelu(slopes) => Some(V::load(slopes[channel..].first_chunk().unwrap_or(&zeros))),
                _ => None,
            };
            let relu = *finish.activation == Activation::Relu;
            let mut d = [[V::splat(0.0); M]; N];
            for y in 0..N {
                let mut line = [V::splat(0.0); N];
                for x in 0..N {
                    let from = ((y * N + x) * count + t) * c + channel;
                    line[x] = V::load(products[from..].first_chunk().unwrap_or(&zeros));
                }
                d[y] = T::output(line);
            }
            for x in 0..M.min(w - left) {
                let mut column = [V::splat(0.0); N];
                for y in 0..N {
                    column[y] = d[y][x];
                }
                let column = T::output(column);
                for y in 0..M.min(rows - top) {
                    let at = ((top + y) * w + left + x) * c + channel;
                    let mut value = column[y].add(bias);
                    if let Some(residual) = finish.residual {
                        value = value.add(V::load(residual[at..].first_chunk().unwrap_or(&zeros)));
                    }
                    if relu {
                        value = value.max(V::splat(0.0));
                    } else if let Some(slopes) = slopes {
                        value = value.prelu(slopes);
                    }
                    if let Some(to) = out[at..].first_chunk_mut() {
                        value.store(to);
                    }
                }
            }
        }
    }
}

/// The transforms along one axis, from `N` inputs to `M` outputs. A trait rather than closures, which the compiler
/// would not inline into code for other instructions.
trait Transform<const N: usize, const M: usize> {
    fn input<V: Lanes<W>, const W: usize>(d: [V; N]) -> [V; N];
    fn output<V: Lanes<W>, const W: usize>(d: [V; N]) -> [V; M];
}

/// F(2 × 2, 3 × 3).
struct Two;

/// F(4 × 4, 3 × 3) at the points 0, ±1, ±2.
struct Four;

impl Transform<4, 2> for Two {
    #[inline(always)]
    fn input<V: Lanes<W>, const W: usize>([a, b, c, d]: [V; 4]) -> [V; 4] {
        [a.sub(c), b.add(c), c.sub(b), b.sub(d)]
    }

    #[inline(always)]
    fn output<V: Lanes<W>, const W: usize>([a, b, c, d]: [V; 4]) -> [V; 2] {
        [a.add(b).add(c), b.sub(c).sub(d)]
    }
}

impl Transform<6, 4> for Four {
    #[inline(always)]
    fn input<V: Lanes<W>, const W: usize>([a, b, c, d, e, f]: [V; 6]) -> [V; 6] {
        let (even, odd) = (e.sub(c.times(4.0)), d.sub(b.times(4.0)));
        let (near, far) = (e.sub(c), d.sub(b).times(2.0));
        [
            a.times(4.0).sub(c.times(5.0)).add(e),
            even.add(odd),
            even.sub(odd),
            near.add(far),
            near.sub(far),
            b.times(4.0).sub(d.times(5.0)).add(f),
        ]
    }

    #[inline(always)]
    fn output<V: Lanes<W>, const W: usize>([a, b, c, d, e, f]: [V; 6]) -> [V; 4] {
        let (sum, difference) = (b.add(c), b.sub(c));
        let (far_sum, far_difference) = (d.add(e), d.sub(e));
        [
            a.add(sum).add(far_sum),
            difference.add(far_difference.times(2.0)),
            sum.add(far_sum.times(4.0)),
            difference.add(far_difference.times(8.0)).add(f),
        ]
    }
}

#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "calls safe code compiled for AVX2 or AVX-512")]
mod x86 {
    use super::super::avx512::WIDE;
    use super::super::lanes::{WIDTH, Wide, Widest};
    use super::super::simd::Avx2;
    use super::{Finish, Tiles, gather_by, spread_by};

    pub(super) fn spread(tiles: &Tiles, source: &[f32], c: usize, out: &mut [f32], proof: Avx2) {
        if let Some(proof) = proof.avx512().filter(|_| c.is_multiple_of(WIDE)) {
            Widest::proven(proof);
            // SAFETY: the proof says that AVX-512 exists; the function's code is safe.
            unsafe { spread_512(tiles, source, c, out) }
            return;
        }
        Wide::proven(proof);
        // SAFETY: the proof says that AVX2 exists; the function's code is safe.
        unsafe { spread_avx2(tiles, source, c, out) }
    }

    pub(super) fn gather(tiles: &Tiles, products: &[f32], finish: &Finish, out: &mut [f32], proof: Avx2) {
        if let Some(proof) = proof.avx512().filter(|_| finish.bias.len().is_multiple_of(WIDE)) {
            Widest::proven(proof);
            // SAFETY: as above.
            unsafe { gather_512(tiles, products, finish, out) }
            return;
        }
        Wide::proven(proof);
        // SAFETY: as above.
        unsafe { gather_avx2(tiles, products, finish, out) }
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
    fn spread_512(tiles: &Tiles, source: &[f32], c: usize, out: &mut [f32]) {
        spread_by::<Widest, WIDE>(tiles, source, c, out);
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
    fn gather_512(tiles: &Tiles, products: &[f32], finish: &Finish, out: &mut [f32]) {
        gather_by::<Widest, WIDE>(tiles, products, finish, out);
    }

    #[target_feature(enable = "avx2,fma")]
    fn spread_avx2(tiles: &Tiles, source: &[f32], c: usize, out: &mut [f32]) {
        spread_by::<Wide, WIDTH>(tiles, source, c, out);
    }

    #[target_feature(enable = "avx2,fma")]
    fn gather_avx2(tiles: &Tiles, products: &[f32], finish: &Finish, out: &mut [f32]) {
        gather_by::<Wide, WIDTH>(tiles, products, finish, out);
    }
}
