//! The lower or upper triangle of matrices, zero elsewhere.

use crate::case::{Case, Room, row, spread};
use crate::index::Mask;
use crate::message;
use crate::node::Tensor;
use crate::ops::choice::where_::keep;
use crate::real::Real;

/// y[i, j] = x[i, j] for j − i ≤ k, else 0.
pub struct Tril;

/// y[i, j] = x[i, j] for j − i ≥ k, else 0.
pub struct Triu;

#[track_caller]
fn triangle<T: Real>(op: &str, x: &Tensor<T>, holds: impl Fn(isize) -> bool) -> Tensor<T> {
    let &[.., rows, columns] = x.shape() else {
        message::panic_with(&format!("{op}: the tensor has shape {:?}; a triangle needs two axes", x.shape()));
    };
    let cells = (0..rows).flat_map(|i| (0..columns).map(move |j| j as isize - i as isize));
    let mask = Mask::new(&[rows, columns], cells.map(|d| u8::from(holds(d))).collect());
    keep(x, mask.broadcast_to(x.shape()))
}

impl<T: Real> Tensor<T> {
    /// The lower triangle of matrices (the last two axes): zero above the `diagonal`-th diagonal, 0 being the main one, 1 that above it.
    ///
    /// # Panics
    /// If the rank is below 2.
    #[track_caller]
    #[must_use]
    pub fn tril(&self, diagonal: isize) -> Self {
        triangle("tril", self, |d| d <= diagonal)
    }

    /// The upper triangle of matrices (the last two axes): zero below the `diagonal`-th diagonal, 0 being the main one, 1 that above it.
    ///
    /// # Panics
    /// If the rank is below 2.
    #[track_caller]
    #[must_use]
    pub fn triu(&self, diagonal: isize) -> Self {
        triangle("triu", self, |d| d >= diagonal)
    }
}

#[inline]
fn cases(f: fn(&Tensor<f64>, isize) -> Tensor<f64>, known: [f64; 4]) -> Vec<Case> {
    let one = |label: &str, shape: &[usize], k| Case::new(label, vec![spread(shape, 1)], move |x| f(&x[0], k).exp());
    vec![
        one("square", &[3, 3], 0),
        one("wide", &[2, 4], 0),
        one("tall", &[4, 2], 0),
        one("above", &[3, 3], 1),
        one("below", &[3, 3], -1),
        one("far above", &[2, 2], 9),
        one("far below", &[2, 2], -9),
        one("stack of matrices", &[2, 2, 2], 0),
        one("one", &[1, 1], 0),
        one("empty", &[0, 3], 0),
        Case::new("a transpose", vec![spread(&[2, 3], 1)], move |x| f(&x[0].t(), 0).square()),
        Case::new("a known sum", vec![row(&[1.0, 2.0, 3.0, 4.0]).reshape(&[2, 2])], move |x| f(&x[0], 0).square())
            .expect_all(known),
    ]
}

impl Room for Tril {
    const NAME: &'static str = "tril";
    const FORMULA: &'static str = "y[i, j] = x[i, j] for j − i ≤ k, else 0";
    #[inline]
    fn cases() -> Vec<Case> {
        cases(|x, k| x.tril(k), [26.0, 16.0, 6.0, 0.0])
    }
}

impl Room for Triu {
    const NAME: &'static str = "triu";
    const FORMULA: &'static str = "y[i, j] = x[i, j] for j − i ≥ k, else 0";
    #[inline]
    fn cases() -> Vec<Case> {
        cases(|x, k| x.triu(k), [21.0, 14.0, 6.0, 0.0])
    }
}
