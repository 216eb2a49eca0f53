//! Numbers that Rust and the golden scripts both make from a formula, so that golden files need not hold
//! weights. The Python twin is in `goldens/backbones.py`.

/// A number in [-1, 1) from an index: the top 24 bits of splitmix64 (Vigna 2015), so that Python and Rust
/// agree on every bit.
pub(crate) fn uniform(index: u64) -> f64 {
    let mut z = index.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^= z >> 31;
    (z >> 40) as f64 / f64::from(1u32 << 23) - 1.0
}

/// FNV-1a, 64 bits: where a name's numbers start.
pub(crate) fn seed(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}

/// `count` numbers in [-1, 1) that follow from a name.
pub(crate) fn series(name: &str, count: usize) -> impl Iterator<Item = f64> + use<> {
    let start = seed(name);
    (0..count as u64).map(move |i| uniform(start.wrapping_add(i)))
}

/// A tensor whose scale follows from its name and shape; `gain` multiplies convolutions.
pub(crate) fn weight(name: &str, shape: &[usize], gain: f64) -> Vec<f32> {
    let fan_in = shape.iter().skip(1).product::<usize>() as f64;
    let scaled = |u: f64| match (name, shape.len()) {
        _ if name.ends_with("running_var") => 1.0 + 0.5 * u,
        _ if name.ends_with("running_mean") => 0.2 * u,
        (_, 1) if name.ends_with("weight") => 1.0 + 0.25 * u,
        (_, 1) => 0.2 * u,
        ("cls_token" | "pos_embed", _) => 0.5 * u,
        (_, 4) => u * (3.0 / fan_in).sqrt() * gain,
        _ => u * (3.0 / fan_in).sqrt(),
    };
    series(name, shape.iter().product()).map(|u| scaled(u) as f32).collect()
}

/// `[n, 3, s, s]`: noise over a slope that differs by picture.
pub(crate) fn pictures(n: usize, size: usize) -> Vec<f32> {
    let noise = series(&format!("pictures {size}"), n * 3 * size * size);
    let at = |i: usize| i as f64 / size as f64 - 0.5;
    let slope = |i: usize| {
        let (picture, y, x) = (i / (3 * size * size), i / size % size, i % size);
        (picture as f64 + 1.0) * at(x) + (1.0 - picture as f64) * at(y)
    };
    noise.enumerate().map(|(i, u)| (0.5 * u + slope(i)) as f32).collect()
}
