//! Running sums and products along an axis.

use crate::case::{Case, Room, row, spread};
use crate::kind::Linear;
use crate::node::Tensor;
use crate::op::Refusal;
use crate::real::Real;
use crate::shape::{Dims, axis};
use gradus_kernels::View;
use gradus_kernels::threads::for_each_chunk_with;

/// y[.., i, ..] = Σ x[.., j, ..] over j ≤ i; over j ≥ i, its adjoint, where `backwards`.
#[derive(Clone, Debug)]
pub struct CumSum {
    axis: usize,
    backwards: bool,
}

/// How many numbers a piece of work has, about.
const PIECE: usize = 1 << 14;

/// y[.., i, ..] = Π x[.., j, ..] over j ≤ i.
pub struct CumProd;

impl<T: Real> Linear<T> for CumSum {
    const NAME: &'static str = "cumsum";
    fn shape(&self, x: &[&[usize]]) -> Result<Dims, Refusal> {
        Ok(x[0].into())
    }
    fn eval(&self, x: &[View<'_, T>], out: &mut [T]) {
        x[0].copy_to(out);
        if out.is_empty() {
            return;
        }
        let (n, inner) = (x[0].shape[self.axis], x[0].shape[self.axis + 1..].iter().product::<usize>());
        let (block, nanos) = (n * inner, out.len());
        for_each_chunk_with(out, (PIECE / block).max(1) * block, nanos, |_, out| {
            for fibres in out.chunks_exact_mut(block) {
                if self.backwards {
                    for i in (0..block - inner).rev() {
                        let next = fibres[i + inner];
                        fibres[i] += next;
                    }
                } else {
                    for i in inner..block {
                        let before = fibres[i - inner];
                        fibres[i] += before;
                    }
                }
            }
        });
    }
    fn adjoint(&self, _: usize, g: &Tensor<T>, _: &[&[usize]]) -> Tensor<T> {
        T::apply(T::boxed(CumSum { axis: self.axis, backwards: !self.backwards }), &[g])
    }
}

impl<T: Real> Tensor<T> {
    /// Running sums along an axis (from the end where negative).
    ///
    /// # Panics
    /// If the axis does not exist.
    #[track_caller]
    #[must_use]
    pub fn cumsum(&self, at: isize) -> Self {
        let axis = axis("cumsum", at, self.rank());
        T::apply(T::boxed(CumSum { axis, backwards: false }), &[self])
    }

    /// Running products along an axis (from the end where negative). By doubling: log₂ n products, no division, so that derivatives are
    /// exact with any number of zeros.
    ///
    /// # Panics
    /// If the axis does not exist.
    #[track_caller]
    #[must_use]
    pub fn cumprod(&self, at: isize) -> Self {
        let k = axis("cumprod", at, self.rank());
        let (n, at) = (self.shape()[k], k as isize);
        let mut y = self.clone();
        let mut by = 1;
        while by < n {
            let products = y.narrow(at, by, n - by) * y.narrow(at, 0, n - by);
            y = Tensor::concat(&[y.narrow(at, 0, by), products], at);
            by *= 2;
        }
        y
    }
}

impl Room for CumSum {
    const NAME: &'static str = "cumsum";
    const FORMULA: &'static str = "yᵢ = Σ xⱼ over j ≤ i";
    #[inline]
    fn cases() -> Vec<Case> {
        let on =
            |label: &str, shape: &[usize], at| Case::new(label, vec![spread(shape, 1)], move |x| x[0].cumsum(at).exp());
        let back = |label: &str, shape: &[usize], axis| {
            Case::new(label, vec![spread(shape, 1)], move |x| {
                f64::apply(f64::boxed(CumSum { axis, backwards: true }), &[&x[0]]).exp()
            })
        };
        vec![
            on("row", &[4], 0),
            on("rows", &[3, 2], 0),
            on("columns", &[2, 3], -1),
            on("middle axis", &[2, 3, 2], 1),
            on("one", &[1], 0),
            on("empty", &[0, 2], 0),
            on("empty rows", &[2, 0], 1),
            back("backwards", &[4], 0),
            back("backwards, rows", &[3, 2], 0),
            Case::new("known", vec![row(&[1.0, 2.0, 3.0])], |x| x[0].cumsum(0).square())
                .expect_all([46.0, 50.0, 28.0, 0.0]),
            Case::new("of a transpose", vec![spread(&[2, 3], 1)], |x| x[0].t().cumsum(0).exp()),
            Case::new("of a broadcast", vec![spread(&[1], 1)], |x| x[0].broadcast_to(&[3]).cumsum(0).exp()),
        ]
    }
}

impl Room for CumProd {
    const NAME: &'static str = "cumprod";
    const FORMULA: &'static str = "yᵢ = Π xⱼ over j ≤ i";
    #[inline]
    fn cases() -> Vec<Case> {
        let on = |label: &str, shape: &[usize], at| {
            Case::new(label, vec![spread(shape, 1)], move |x| x[0].cumprod(at).exp())
        };
        let known = |label: &str, x: &[f64], d| Case::new(label, vec![row(x)], |x| x[0].cumprod(0)).expect_all(d);
        vec![
            on("row", &[5], 0),
            on("rows", &[3, 2], 0),
            on("columns", &[2, 3], -1),
            on("middle axis", &[2, 3, 2], 1),
            on("one", &[1], 0),
            on("empty", &[0, 2], 0),
            known("known", &[2.0, 3.0, 4.0], [32.0, 32.0, 20.0, 6.0]),
            known("one zero", &[0.0, 3.0, 4.0], [0.0, 16.0, 16.0, 6.0]),
            known("two zeros", &[0.0, 3.0, 0.0], [0.0, 4.0, 8.0, 6.0]),
            known("three zeros", &[0.0, 0.0, 0.0], [0.0, 1.0, 2.0, 6.0]),
            Case::new("zeros, along directions", vec![row(&[0.0, 2.0, 0.0, -1.0])], |x| x[0].cumprod(0)),
            Case::new("last is the product", vec![row(&[0.0, 2.0, -1.5])], |x| {
                (x[0].cumprod(0).select(0, 2) - x[0].prod()).square()
            })
            .expect_all([0.0; 4]),
            Case::new("of a transpose", vec![spread(&[2, 3], 1)], |x| x[0].t().cumprod(0)),
        ]
    }
}
