//! Softmax of contiguous rows.

use super::PIECE;
use super::fold::{Fold, Max, run};
use crate::real::Real;
use crate::simd::{Isa, Kernel, simd};
use crate::threads::{for_each_chunk_with, for_each_pair};

/// yᵢ = e^(xᵢ − m)/Σⱼ e^(xⱼ − m), m = max x, for rows of n numbers; zeros where all are −∞.
///
/// # Panics
/// If the lengths differ or are no multiple of n.
pub fn softmax_rows<T: Real>(x: &[T], n: usize, y: &mut [T]) {
    rows(x, n, y, false);
}

/// yᵢ = xᵢ − m − ln Σⱼ e^(xⱼ − m), m = max x, for rows of n numbers; −∞ where all are −∞.
///
/// # Panics
/// If the lengths differ or are no multiple of n.
pub fn log_softmax_rows<T: Real>(x: &[T], n: usize, y: &mut [T]) {
    rows(x, n, y, true);
}

/// m = max x and l = ln Σⱼ e^(xⱼ − m) for rows of n numbers: m + l = ln Σⱼ e^xⱼ. l is 0 where m is not finite.
///
/// # Panics
/// If x is not as many rows of n ≥ 1 numbers as m and l are long.
pub fn log_sum_exp_rows<T: Real>(x: &[T], n: usize, m: &mut [T], l: &mut [T]) {
    assert!(n > 0 && x.len() == m.len() * n && m.len() == l.len(), "log_sum_exp_rows: lengths do not fit");
    let rows = (PIECE / n).max(1);
    for_each_pair((m, l), [rows; 2], x.len(), |i, m, l| {
        simd(LogSums { x: &x[i * rows * n..][..m.len() * n], n, m, l });
    });
}

/// yᵢ = e^(xᵢ − m − l), the softmax of rows of n numbers of which [`log_sum_exp_rows`] has found m and l; NaN where m is not finite.
///
/// # Panics
/// If x and y are not as many rows of n ≥ 1 numbers as m and l are long.
pub fn softmax_rows_with<T: Real>(x: &[T], n: usize, m: &[T], l: &[T], y: &mut [T]) {
    assert!(
        n > 0 && x.len() == m.len() * n && m.len() == l.len() && y.len() == x.len(),
        "softmax_rows_with: lengths do not fit"
    );
    for_each_chunk_with(y, (PIECE / n).max(1) * n, x.len() / 2, |start, y| {
        let x = &x[start..start + y.len()];
        simd(ExpMinus { x, n, m: &m[start / n..], l: &l[start / n..], y });
    });
}

fn rows<T: Real>(x: &[T], n: usize, y: &mut [T], log: bool) {
    assert!(
        x.len() == y.len() && (y.is_empty() || (n > 0 && y.len().is_multiple_of(n))),
        "softmax: lengths do not fit"
    );
    if !y.is_empty() {
        for_each_chunk_with(y, (PIECE / n).max(1) * n, x.len(), |start, y| {
            simd(Softmax { x: &x[start..start + y.len()], n, y, log });
        });
    }
}

struct Softmax<'a, T> {
    x: &'a [T],
    n: usize,
    y: &'a mut [T],
    log: bool,
}

impl<T: Real> Kernel for Softmax<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, s: S) {
        let Softmax { x, n, y, log } = self;
        for (x, y) in x.chunks_exact(n).zip(y.chunks_exact_mut(n)) {
            let top = run(s, [x], -T::INFINITY, |[x]| x, |a, b| Max.join(s, a, b));
            // All −∞: nothing has weight, which is no NaN.
            let top = if top == -T::INFINITY { T::ZERO } else { top };
            y.iter_mut().zip(x).for_each(|(y, &x)| *y = x - top);
        }
        if log {
            for y in y.chunks_exact_mut(n) {
                // x − m first: m + ln Σ would round away ln Σ where m is large.
                let shift = run(s, [&*y], T::ZERO, |[y]| y.exp(s), |a, b| a + b).ln(s);
                let shift = if shift == -T::INFINITY { T::ZERO } else { shift };
                y.iter_mut().for_each(|y| *y -= shift);
            }
            return;
        }
        // Over all rows at once: short rows would leave most lanes idle.
        for y in &mut *y {
            *y = y.exp(s);
        }
        for y in y.chunks_exact_mut(n) {
            let sum = run(s, [&*y], T::ZERO, |[y]| y, |a, b| a + b);
            let scale = if sum == T::ZERO { T::ZERO } else { T::ONE / sum };
            y.iter_mut().for_each(|y| *y *= scale);
        }
    }
}

/// How many numbers stand in the scratch at a time, where rows are short.
const BLOCK: usize = 1 << 10;

struct LogSums<'a, T> {
    x: &'a [T],
    n: usize,
    m: &'a mut [T],
    l: &'a mut [T],
}

impl<T: Real> Kernel for LogSums<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, s: S) {
        // Functions in loops and not in closures: one that is not inlined loses the shell's instructions.
        let LogSums { x, n, m, l } = self;
        let rows = (BLOCK / n).max(1);
        let mut scratch = vec![T::ZERO; n * rows.min(l.len())];
        for ((x, m), l) in x.chunks(rows * n).zip(m.chunks_mut(rows)).zip(l.chunks_mut(rows)) {
            let e = &mut scratch[..x.len()];
            for ((x, e), m) in x.chunks_exact(n).zip(e.chunks_exact_mut(n)).zip(&mut *m) {
                *m = run(s, [x], -T::INFINITY, |[x]| x, |a, b| Max.join(s, a, b));
                e.iter_mut().zip(x).for_each(|(e, &x)| *e = x - *m);
            }
            // Over all rows at once: short rows would leave most lanes idle.
            for e in &mut *e {
                *e = e.exp(s);
            }
            for ((e, &mut m), l) in e.chunks_exact(n).zip(m).zip(&mut *l) {
                *l = if m.is_finite() { run(s, [e], T::ZERO, |[e]| e, |a, b| a + b) } else { T::ONE };
            }
            for l in l {
                *l = l.ln(s);
            }
        }
    }
}

struct ExpMinus<'a, T> {
    x: &'a [T],
    n: usize,
    m: &'a [T],
    l: &'a [T],
    y: &'a mut [T],
}

impl<T: Real> Kernel for ExpMinus<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, s: S) {
        let ExpMinus { x, n, m, l, y } = self;
        for (((x, y), &m), &l) in x.chunks_exact(n).zip(y.chunks_exact_mut(n)).zip(m).zip(l) {
            let l = if m.is_finite() { l } else { T::NAN };
            y.iter_mut().zip(x).for_each(|(y, &x)| *y = x - m - l);
        }
        for y in y {
            *y = y.exp(s);
        }
    }
}
