//! Deterministic numbers that the workloads and their peers share: counter-based, ten lines in every language.

/// 64 bits number `i` of stream `s`: splitmix64 of a counter.
pub fn bits(s: u64, i: u64) -> u64 {
    let mut z = ((s << 32) + i + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// U(0, 1), both ends left out: (top 53 bits + ½) · 2⁻⁵³.
pub fn uniform(s: u64, i: u64) -> f64 {
    ((bits(s, i) >> 11) as f64 + 0.5) * (-53f64).exp2()
}

/// N(0, 1) by Box-Muller: √(−2 ln u₂ᵢ) · cos(2π u₂ᵢ₊₁).
pub fn normal(s: u64, i: u64) -> f64 {
    (-2.0 * uniform(s, 2 * i).ln()).sqrt() * (std::f64::consts::TAU * uniform(s, 2 * i + 1)).cos()
}

/// `n` normals of stream `s` times `scale`, rounded to f32 at the end.
pub fn normals(s: u64, n: usize, scale: f64) -> Vec<f32> {
    (0..n as u64).map(|i| (normal(s, i) * scale) as f32).collect()
}

/// `n` integers in `0..classes` of stream `s`.
pub fn classes(s: u64, n: usize, classes: u32) -> Vec<u32> {
    (0..n as u64).map(|i| (uniform(s, i) * f64::from(classes)) as u32).collect()
}
