//! Expectations over a standard normal, by adaptive Gauss-Legendre quadrature.

use crate::normal::density;
use std::cell::Cell;
use std::f64::consts::PI;
use std::sync::OnceLock;

const NODES: usize = 12;
/// Beyond this the density is below 1e-35 of its peak.
const END: i32 = 13;
/// Cuts of one integral at most: a jump takes forty, and noise in the function would take any number.
const CUTS: u32 = 2000;

/// E f(Z) for Z ~ N(0, 1), to about 1e-12 relative to E|f(Z)| for a smooth f, or one with a kink or jump
/// that the nodes can see: a jump within about 0.004 of a whole or half number is missed, unless it is at one.
///
/// # Panics
/// If f is not finite where the density counts.
///
/// ```
/// use gradus_init::quadrature::expectation;
/// assert!((expectation(|z| z.powi(4)) - 3.0).abs() < 1e-11);
/// assert!((expectation(|z| z.max(0.0).powi(2)) - 0.5).abs() < 1e-12); // ReLU
/// ```
#[track_caller]
pub fn expectation(f: impl Fn(f64) -> f64) -> f64 {
    let g = |z: f64| f(z) * density(z);
    // Kinks of activations are most often at 0, which is an end.
    let rough: f64 = (-END..END).map(|k| gauss(&|z| g(z).abs(), f64::from(k), f64::from(k + 1))).sum();
    assert!(rough.is_finite(), "expectation: the function is not finite somewhere in [−{END}, {END}]");
    // Far above rounding (1e-16) and the same at every depth, so that the cuts end; only intervals with a kink or jump come near.
    let tolerance = 1e-14 * rough;
    let cuts = Cell::new(CUTS);
    (-END..END)
        .map(|k| {
            let (a, b) = (f64::from(k), f64::from(k + 1));
            adaptive(&g, a, b, gauss(&g, a, b), tolerance, 40, &cuts)
        })
        .sum()
}

/// Mean and variance of g(mean + sd·Z): what a map makes of a normal start.
pub fn image_moments(g: impl Fn(f64) -> f64, mean: f64, sd: f64) -> (f64, f64) {
    let m = expectation(|z| g(mean + sd * z));
    (m, expectation(|z| (g(mean + sd * z) - m).powi(2)))
}

/// The sd for which g(mean + sd·Z) has the variance `variance`, by bisection over 2⁻²⁰ … 2²⁰ in scale; `None` if no sd there
/// reaches it (a map into [a, b] has a largest variance).
///
/// For a map whose variance grows with sd, as all monotone maps' do near their centre.
pub fn sd_for_variance(g: impl Fn(f64) -> f64, mean: f64, variance: f64) -> Option<f64> {
    let reaches = |log: f64| image_moments(&g, mean, log.exp2()).1 >= variance;
    let finite = |log: f64| {
        let far = log.exp2() * f64::from(END);
        g(mean + far).is_finite() && g(mean - far).is_finite()
    };
    let mut lo = -20.0;
    if reaches(lo) {
        return None;
    }
    let mut hi = lo;
    // Up by factors of two, so that maps which overflow (e^y) are never asked far beyond the answer.
    while !reaches(hi) {
        (lo, hi) = (hi, hi + 1.0);
        if hi > 20.0 || !finite(hi) {
            return None;
        }
    }
    for _ in 0..60 {
        let middle = (lo + hi) / 2.0;
        if reaches(middle) { hi = middle } else { lo = middle }
    }
    Some(((lo + hi) / 2.0).exp2())
}

fn adaptive(g: &impl Fn(f64) -> f64, a: f64, b: f64, whole: f64, tolerance: f64, depth: u32, cuts: &Cell<u32>) -> f64 {
    let c = (a + b) / 2.0;
    let (left, right) = (gauss(g, a, c), gauss(g, c, b));
    if depth == 0 || cuts.get() == 0 || (left + right - whole).abs() <= tolerance {
        return left + right;
    }
    cuts.set(cuts.get() - 1);
    adaptive(g, a, c, left, tolerance, depth - 1, cuts) + adaptive(g, c, b, right, tolerance, depth - 1, cuts)
}

fn gauss(g: &impl Fn(f64) -> f64, a: f64, b: f64) -> f64 {
    let (c, h) = ((a + b) / 2.0, (b - a) / 2.0);
    h * rule().iter().map(|&(x, w)| w * g(c + h * x)).sum::<f64>()
}

/// Nodes and weights on [−1, 1]: roots of the Legendre polynomial by Newton's method, w = 2/((1 − x²) P′(x)²).
fn rule() -> &'static [(f64, f64); NODES] {
    static RULE: OnceLock<[(f64, f64); NODES]> = OnceLock::new();
    RULE.get_or_init(|| {
        std::array::from_fn(|i| {
            let mut x = (PI * (i as f64 + 0.75) / (NODES as f64 + 0.5)).cos();
            let mut slope = 1.0;
            for _ in 0..8 {
                let (mut p, mut before) = (x, 1.0);
                for k in 2..=NODES {
                    let k = k as f64;
                    (p, before) = (((2.0 * k - 1.0) * x * p - (k - 1.0) * before) / k, p);
                }
                slope = NODES as f64 * (x * p - before) / (x * x - 1.0);
                x -= p / slope;
            }
            (x, 2.0 / ((1.0 - x * x) * slope * slope))
        })
    })
}
