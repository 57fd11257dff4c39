//! Variances and standard deviations over axes.

use super::norm::norm_2;
use super::rows::count;
use super::sum::axes_of;
use crate::case::{Case, Room, row, spread};
use crate::message;
use crate::node::Tensor;
use crate::real::Real;
use crate::trace::no_grad;

/// y = 1/(n − c) Σ (x − x̄)².
pub struct Var;

/// y = √(1/(n − c) Σ (x − x̄)²).
pub struct Std;

/// x − x̄ and n − c.
#[track_caller]
fn centred<T: Real>(op: &str, x: &Tensor<T>, axes: &[isize], correction: usize) -> (Tensor<T>, f64) {
    let n = count(x.shape(), &axes_of(op, axes, x.rank()));
    if n <= correction {
        message::panic_with(&format!(
            "{op}: {n} numbers (axes {axes:?} of {:?}) have no variance with correction {correction}; give more, or correction 0",
            x.shape()
        ));
    }
    // Shifted by a constant first, so that equal numbers leave 0 exactly: their rounded mean is another number.
    let first = no_grad(|| {
        let one = |y: Tensor<T>, at: &isize| if y.shape().contains(&0) { y } else { y.narrow(*at, 0, 1) };
        axes.iter().fold(x.detach(), one)
    });
    let shifted = if first.is_empty() { x.clone() } else { x - first };
    (&shifted - shifted.mean_axes(axes, true), (n - correction) as f64)
}

fn all(rank: usize) -> Vec<isize> {
    (0..rank as isize).collect()
}

impl<T: Real> Tensor<T> {
    /// The variance 1/(n − c) Σ (x − x̄)² of all elements, of rank 0: correction c = 1 for the unbiased estimate, 0 for that of maximum likelihood.
    ///
    /// # Panics
    /// If there are not more than `correction` elements.
    #[track_caller]
    #[must_use]
    pub fn var(&self, correction: usize) -> Self {
        self.var_axes(&all(self.rank()), correction, false)
    }

    /// Variances 1/(n − c) Σ (x − x̄)² over `axes` (from the end where negative), which stay with length 1 where `keepdim`.
    ///
    /// # Panics
    /// If an axis does not exist or is named twice, or the axes hold not more than `correction` elements.
    #[track_caller]
    #[must_use]
    pub fn var_axes(&self, axes: &[isize], correction: usize, keepdim: bool) -> Self {
        let (d, n) = centred("var", self, axes, correction);
        d.square().sum_axes(axes, keepdim) / n
    }

    /// The standard deviation of all elements, of rank 0, as the root of [`var`](Self::var). Where all are equal its derivatives are 0.
    ///
    /// # Panics
    /// If there are not more than `correction` elements.
    #[track_caller]
    #[must_use]
    pub fn std(&self, correction: usize) -> Self {
        self.std_axes(&all(self.rank()), correction, false)
    }

    /// Standard deviations over `axes` (from the end where negative), which stay with length 1 where `keepdim`. Where all numbers are
    /// equal the derivatives are 0, by convention: the value is 0, a cusp.
    ///
    /// # Panics
    /// If an axis does not exist or is named twice, or the axes hold not more than `correction` elements.
    #[track_caller]
    #[must_use]
    pub fn std_axes(&self, axes: &[isize], correction: usize, keepdim: bool) -> Self {
        let (d, n) = centred("std", self, axes, correction);
        norm_2(&d, &axes_of("std", axes, self.rank()), keepdim) / n.sqrt()
    }
}

#[inline]
fn cases(f: fn(&Tensor<f64>, &[isize], usize, bool) -> Tensor<f64>) -> Vec<Case> {
    let on = |label: &str, shape: &[usize], axes: &'static [isize], c, keep| {
        Case::new(label, vec![spread(shape, 1)], move |x| f(&x[0], axes, c, keep).exp())
    };
    vec![
        on("all", &[2, 3], &[0, 1], 1, false),
        on("rows", &[2, 3], &[1], 1, false),
        on("columns, kept", &[3, 2], &[0], 1, true),
        on("maximum likelihood", &[5], &[0], 0, false),
        on("correction 2", &[4], &[0], 2, false),
        on("two of three", &[2, 3, 2], &[0, 2], 1, false),
        on("no rows", &[0, 3], &[-1], 1, false),
        Case::new("far from 0", vec![spread(&[4], 1)], move |x| f(&(&x[0] + 1e4), &[0], 1, false)),
        Case::new("of a transpose", vec![spread(&[3, 2], 1)], move |x| f(&x[0].t(), &[1], 1, false)),
        Case::new("broadcast columns", vec![spread(&[3], 1)], move |x| f(&x[0].broadcast_to(&[2, 3]), &[1], 1, false)),
    ]
}

impl Room for Var {
    const NAME: &'static str = "var";
    const FORMULA: &'static str = "y = 1/(n − c) Σ (x − x̄)²";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = cases(Tensor::var_axes);
        cases.push(Case::new("all equal", vec![row(&[2.0, 2.0])], |x| x[0].var(1)));
        cases.push(Case::new("one number", vec![row(&[2.0])], |x| x[0].var(0)).expect_all([0.0; 4]));
        cases.push(Case::new("known", vec![row(&[1.0, 2.0, 6.0])], |x| x[0].var(1)).expect_all([7.0, 0.0, 0.0, 0.0]));
        cases
    }
}

impl Room for Std {
    const NAME: &'static str = "std";
    const FORMULA: &'static str = "y = √(1/(n − c) Σ (x − x̄)²)";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = cases(Tensor::std_axes);
        cases.push(
            Case::new("all equal: 0 by convention", vec![row(&[2.0, 2.0])], |x| x[0].std(1)).expect_all([0.0; 4]),
        );
        cases.push(
            Case::new("equal, with a mean that is rounded", vec![row(&[0.1, 0.1, 0.1])], |x| x[0].std(1))
                .expect_all([0.0; 4]),
        );
        cases.push(
            Case::new("equal rows", vec![Tensor::full(&[2, 3], 0.1)], |x| x[0].std_axes(&[1], 1, false))
                .expect_all([0.0; 4]),
        );
        cases.push(Case::new("one number", vec![row(&[2.0])], |x| x[0].std(0)).expect_all([0.0; 4]));
        cases.push(Case::new("known", vec![row(&[1.0, 2.0, 3.0])], |x| x[0].std(1)).expect(0, 1.0));
        cases
    }
}
