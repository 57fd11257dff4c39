//! Reductions of strided arrays over any axes, in an order that depends on the shape alone.
//!
//! Every reduction is a [`Fold`]: lift each number, join pairwise. Long runs go through 32 accumulators in blocks, blocks are joined
//! two by two, so the rounding error of a sum grows with log n and a result has the same bits for any number of threads.
//! A NaN anywhere makes a maximum or minimum NaN.

mod axes;
mod columns;
mod fold;
mod index;
mod rows;
mod softmax;

use crate::map::{Map, map};
use crate::real::Real;
use crate::simd::Isa;
use crate::view::View;
use axes::Axes;

pub(crate) use fold::{Cascade, run};
pub use fold::{CentredSquares, ExpSum, Fold, Max, Min, Product, Sum, SumOfSquares};
pub use index::{arg_max, arg_min};
pub use rows::{dot, sum_of_squares};
pub use softmax::{log_softmax_rows, log_sum_exp_rows, softmax_rows, softmax_rows_with};

/// How many numbers of input a piece of work has, about.
const PIECE: usize = 1 << 15;

/// Folds `x` over the axes where `reduced` is true; `out` holds the kept axes in row-major order.
///
/// `centre`, where given, has one number for each of `out`, which [`Fold::lift`] sees (0 elsewhere): a mean, a maximum.
///
/// # Panics
/// If `reduced`, `out` or `centre` do not fit the shape of `x`.
pub fn fold<T: Real, F: Fold<T>>(f: F, x: View<'_, T>, reduced: &[bool], centre: Option<&[T]>, out: &mut [T]) {
    let axes = Axes::new(&x, reduced);
    assert_eq!(out.len(), axes.kept.len(), "reduce: out has another length than the kept axes");
    assert!(centre.is_none_or(|c| c.len() == out.len()), "reduce: centre has another length than out");
    if axes.reduced.len() == 0 || out.is_empty() {
        out.fill(f.start());
    } else if axes.reduced.step() != Some(1) && axes.kept.step() == Some(1) {
        columns::fold(f, x.data, &axes, centre, out);
    } else {
        rows::fold(f, x.data, &axes, centre, out);
    }
}

/// Σ x over the axes where `reduced` is true; `out` holds the kept axes in row-major order.
pub fn sum<T: Real>(x: View<'_, T>, reduced: &[bool], out: &mut [T]) {
    fold(Sum, x, reduced, None, out);
}

/// Π x, 1 over nothing.
pub fn prod<T: Real>(x: View<'_, T>, reduced: &[bool], out: &mut [T]) {
    fold(Product, x, reduced, None, out);
}

/// The largest x, −∞ over nothing.
pub fn max<T: Real>(x: View<'_, T>, reduced: &[bool], out: &mut [T]) {
    fold(Max, x, reduced, None, out);
}

/// The smallest x, ∞ over nothing.
pub fn min<T: Real>(x: View<'_, T>, reduced: &[bool], out: &mut [T]) {
    fold(Min, x, reduced, None, out);
}

/// Mean and biased variance 1/n Σ (x − mean)², in two passes. Over nothing both are NaN.
pub fn mean_variance<T: Real>(x: View<'_, T>, reduced: &[bool], mean: &mut [T], variance: &mut [T]) {
    let n: usize = x.shape.iter().zip(reduced).filter(|(_, r)| **r).map(|(n, _)| n).product();
    let n = T::from_usize(n);
    sum(x, reduced, mean);
    mean.iter_mut().for_each(|m| *m /= n);
    fold(CentredSquares, x, reduced, Some(mean), variance);
    variance.iter_mut().for_each(|v| *v /= n);
}

/// ln Σ eˣ as m + ln Σ e^(x − m), m = max x. −∞ over nothing or where every x is −∞; ∞ where an x is.
pub fn log_sum_exp<T: Real>(x: View<'_, T>, reduced: &[bool], out: &mut [T]) {
    let mut top = vec![T::ZERO; out.len()];
    max(x, reduced, &mut top);
    // An infinite maximum is no centre: ∞ − ∞ is NaN, and the sum without a centre says 0 or ∞.
    top.iter_mut().filter(|m| m.abs() == T::INFINITY).for_each(|m| *m = T::ZERO);
    fold(ExpSum, x, reduced, Some(&top), out);
    let sums = out.to_vec();
    map(LogPlus, [&sums, &top], out);
}

/// ln x + y.
#[derive(Clone, Copy, Debug)]
struct LogPlus;
impl<T: Real> Map<T, 2> for LogPlus {
    #[inline(always)]
    fn at<S: Isa>(self, s: S, [x, y]: [T; 2]) -> T {
        x.ln(s) + y
    }
}
