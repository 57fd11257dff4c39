//! Normalisation of rows: y = γ (x − m)/√(σ² + ε) + δ, and y = γ x/√(mean x² + ε).

use super::rows_of;
use crate::real::Real;
use crate::reduce::{self, run};
use crate::simd::{Isa, Kernel, simd};
use crate::threads::for_each_pair;
use crate::view::View;

/// Normalises rows of `gamma.len()` numbers. With `delta` about their means: y = γ (x − m)/√(σ² + ε) + δ, σ² biased; without, by the
/// root of the mean square: y = γ x/√(mean x² + ε). `stats` takes m (or 0) and 1/√(… + ε) of every row, one after the other.
///
/// # Panics
/// If the lengths do not fit.
pub fn normalise_rows<T: Real>(x: &[T], gamma: &[T], delta: Option<&[T]>, eps: T, stats: &mut [T], y: &mut [T]) {
    let n = gamma.len();
    assert!(x.len() == y.len() && stats.len() * n == 2 * y.len(), "normalise_rows: lengths do not fit");
    assert!(delta.is_none_or(|d| d.len() == n), "normalise_rows: gamma and delta have different lengths");
    if y.is_empty() {
        return;
    }
    let each = rows_of(n);
    for_each_pair((y, stats), [each * n, 2 * each], 2 * x.len(), |i, y, stats| {
        let from = i * each * n;
        simd(Forward { x: &x[from..from + y.len()], gamma, delta, eps, stats, y });
    });
}

struct Forward<'a, T> {
    x: &'a [T],
    gamma: &'a [T],
    delta: Option<&'a [T]>,
    eps: T,
    stats: &'a mut [T],
    y: &'a mut [T],
}

impl<T: Real> Kernel for Forward<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, s: S) {
        let Forward { x, gamma, delta, eps, stats, y } = self;
        let n = gamma.len();
        let count = T::from_usize(n);
        for ((x, y), stats) in x.chunks_exact(n).zip(y.chunks_exact_mut(n)).zip(stats.chunks_exact_mut(2)) {
            let mean = match delta {
                Some(_) => run(s, [x], T::ZERO, |[x]| x, |a, b| a + b) / count,
                None => T::ZERO,
            };
            let squares = run(s, [x], T::ZERO, |[x]| (x - mean) * (x - mean), |a, b| a + b);
            let scale = T::ONE / (squares / count + eps).sqrt();
            (stats[0], stats[1]) = (mean, scale);
            match delta {
                Some(delta) => {
                    for j in 0..n {
                        y[j] = (x[j] - mean) * scale * gamma[j] + delta[j];
                    }
                }
                None => {
                    for j in 0..n {
                        y[j] = x[j] * scale * gamma[j];
                    }
                }
            }
        }
    }
}

/// What [`pull_rows`] reads: the input, the cotangent, γ, and what [`normalise_rows`] left in `stats`.
#[derive(Clone, Copy, Debug)]
pub struct RowPull<'a, T> {
    /// The input.
    pub x: &'a [T],
    /// The cotangent of the output.
    pub g: &'a [T],
    /// The scale of each column.
    pub gamma: &'a [T],
    /// Mean and reciprocal deviation of each row.
    pub stats: &'a [T],
    /// Whether rows were centred.
    pub centred: bool,
}

/// The cotangents of [`normalise_rows`]: with x̂ = (x − m) r and a = γ g, dx = r (a − ā − x̂ mean(a x̂)) (without ā where rows were not
/// centred), and dγ = Σ g x̂, dδ = Σ g over the rows, one after the other in `sums`.
///
/// # Panics
/// If the lengths do not fit.
pub fn pull_rows<T: Real>(at: RowPull<'_, T>, dx: &mut [T], sums: &mut [T]) {
    let n = at.gamma.len();
    let fits = at.x.len() == dx.len() && at.g.len() == dx.len() && at.stats.len() * n == 2 * dx.len();
    assert!(fits && sums.len() == 2 * n, "pull_rows: lengths do not fit");
    if dx.is_empty() {
        return sums.fill(T::ZERO);
    }
    let each = rows_of(n);
    let pieces = dx.len().div_ceil(each * n);
    let mut partial = vec![T::ZERO; pieces * 2 * n];
    for_each_pair((dx, &mut partial[..]), [each * n, 2 * n], 3 * at.x.len(), |i, dx, sums| {
        let (from, rows) = (i * each * n, dx.len() / n);
        let part = RowPull {
            x: &at.x[from..from + dx.len()],
            g: &at.g[from..from + dx.len()],
            stats: &at.stats[2 * i * each..2 * (i * each + rows)],
            ..at
        };
        simd(Backward { at: part, dx, sums });
    });
    reduce::sum(View { data: &partial, shape: &[pieces, 2 * n], strides: &[2 * n, 1] }, &[true, false], sums);
}

struct Backward<'a, T> {
    at: RowPull<'a, T>,
    dx: &'a mut [T],
    sums: &'a mut [T],
}

impl<T: Real> Kernel for Backward<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, s: S) {
        let Backward { at: RowPull { x, g, gamma, stats, centred }, dx, sums } = self;
        let n = gamma.len();
        let count = T::from_usize(n);
        let (of_gamma, of_delta) = sums.split_at_mut(n);
        let rows = x.chunks_exact(n).zip(g.chunks_exact(n)).zip(stats.chunks_exact(2)).zip(dx.chunks_exact_mut(n));
        for (((x, g), stats), dx) in rows {
            let (mean, scale) = (stats[0], stats[1]);
            for j in 0..n {
                let standard = (x[j] - mean) * scale;
                of_gamma[j] += g[j] * standard;
                of_delta[j] += g[j];
            }
            let along = |[x, g, c]: [T; 3]| (g * c) * ((x - mean) * scale);
            let b = run(s, [x, g, gamma], T::ZERO, along, |a, b| a + b) / count;
            let a = if centred { run(s, [g, gamma], T::ZERO, |[g, c]| g * c, |a, b| a + b) / count } else { T::ZERO };
            for j in 0..n {
                dx[j] = (g[j] * gamma[j] - a - (x[j] - mean) * scale * b) * scale;
            }
        }
    }
}
