//! Laws of the schemes, each against something independent.

mod depth;
mod doors;
mod numbers;
mod orthogonal;
mod structure;
mod variance;

use gradus_init::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};

fn rng(seed: u64) -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(seed)
}

/// Largest distance between the empirical distribution of `x` and `cdf`, times √n: above 1.95 with probability 0.001.
fn kolmogorov(mut x: Vec<f64>, cdf: impl Fn(f64) -> f64) -> f64 {
    x.sort_by(f64::total_cmp);
    let n = x.len() as f64;
    let gap = |(i, &x): (usize, &f64)| (cdf(x) - i as f64 / n).max((i + 1) as f64 / n - cdf(x));
    x.iter().enumerate().map(gap).fold(0.0, f64::max) * n.sqrt()
}
