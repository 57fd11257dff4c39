//! Softmax of contiguous rows.

use super::PIECE;
use super::fold::{Fold, Max, run};
use crate::real::Real;
use crate::simd::{Isa, Kernel, simd};
use crate::threads::for_each_chunk;

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

fn rows<T: Real>(x: &[T], n: usize, y: &mut [T], log: bool) {
    assert!(
        x.len() == y.len() && (y.is_empty() || (n > 0 && y.len().is_multiple_of(n))),
        "softmax: lengths do not fit"
    );
    if !y.is_empty() {
        for_each_chunk(y, (PIECE / n).max(1) * n, |start, y| {
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
        y.iter_mut().for_each(|y| *y = y.exp(s));
        for y in y.chunks_exact_mut(n) {
            let sum = run(s, [&*y], T::ZERO, |[y]| y, |a, b| a + b);
            let scale = if sum == T::ZERO { T::ZERO } else { T::ONE / sum };
            y.iter_mut().for_each(|y| *y *= scale);
        }
    }
}
