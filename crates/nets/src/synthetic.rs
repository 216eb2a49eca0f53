//! Numbers that Rust and the golden scripts both make from a formula, so that golden files need not hold
//! weights. The Python twin is in `goldens/make_goldens.py`.

/// A number in [-1, 1) from an index: the top 24 bits of splitmix64 (Vigna 2015), so that Python and Rust
/// agree on every bit.
pub(crate) fn uniform(index: u64) -> f64 {
    let mut z = index.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^= z >> 31;
    (z >> 40) as f64 / f64::from(1u32 << 23) - 1.0
}
