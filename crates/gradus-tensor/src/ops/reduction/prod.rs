//! Products over axes, exact with any number of zeros at every order.

use super::rows::{rows, shaped};
use super::sum::axes_of;
use crate::case::{Case, Room, row, spread};
use crate::dims::marks;
use crate::kind::Fused;
use crate::node::Tensor;
use crate::op::{Point, Refusal, Slot, Slots};
use crate::real::Real;
use crate::shape::Dims;
use gradus_kernels::{View, reduce};

/// y = Π x over the last axis, with ∂y/∂xᵢ = Π x over all others: from products before and after i, never by a division.
#[derive(Clone, Debug)]
pub struct Prod;

impl<T: Real> Fused<T> for Prod {
    const NAME: &'static str = "prod";
    fn shape(&self, x: &[&[usize]]) -> Result<Dims, Refusal> {
        debug_assert!(!x[0].is_empty(), "prod: the method brings an axis to the end");
        Ok(x[0][..x[0].len() - 1].into())
    }
    fn eval(&self, x: &[View<'_, T>], out: &mut [T], _: &mut [T]) {
        let mut reduced = marks(false, x[0].shape.len());
        reduced[x[0].shape.len() - 1] = true;
        reduce::prod(x[0], &reduced, out);
    }
    fn backward(&self, at: &Point<'_, T>, g: &Tensor<T>, _: &[bool]) -> Slots<T> {
        let x = at.inputs[0].view();
        let n = x.shape[x.shape.len() - 1];
        let (flat, g) = (x.flat(), g.to_vec());
        let others = Tensor::build(x.shape, |out| {
            if n == 0 {
                return;
            }
            for ((out, x), &g) in out.chunks_exact_mut(n).zip(flat.chunks_exact(n)).zip(&g) {
                let mut before = g;
                for (o, &x) in out.iter_mut().zip(x) {
                    *o = before;
                    before *= x;
                }
                let mut after = T::ONE;
                for (o, &x) in out.iter_mut().zip(x).rev() {
                    *o *= after;
                    after *= x;
                }
            }
        });
        std::iter::once(Slot::Of(others)).collect()
    }
    /// A tree of products: halves times each other until one is left.
    fn twin(&self, x: &[Tensor<T>]) -> Tensor<T> {
        let mut y = x[0].clone();
        let n = |y: &Tensor<T>| y.shape()[y.rank() - 1];
        if n(&y) == 0 {
            return y.sum_axes(&[-1], false) + 1.0;
        }
        while n(&y) > 1 {
            let (n, half) = (n(&y), n(&y) / 2);
            let halves = y.narrow(-1, 0, half) * y.narrow(-1, half, half);
            y = if n % 2 == 0 { halves } else { Tensor::concat(&[halves, y.narrow(-1, n - 1, 1)], -1) };
        }
        y.squeeze(-1)
    }
}

impl<T: Real> Tensor<T> {
    /// The product of all elements, of rank 0; 1 where there are none.
    #[track_caller]
    #[must_use]
    pub fn prod(&self) -> Self {
        self.prod_axes(&(0..self.rank() as isize).collect::<Vec<_>>(), false)
    }

    /// Products over `axes` (from the end where negative), which stay with length 1 where `keepdim`. The derivatives are exact with any
    /// number of zeros.
    ///
    /// # Panics
    /// If an axis does not exist or is named twice.
    #[track_caller]
    #[must_use]
    pub fn prod_axes(&self, axes: &[isize], keepdim: bool) -> Self {
        let reduced = axes_of("prod", axes, self.rank());
        let y = T::apply(T::boxed(Prod), &[&rows(self, &reduced)]);
        shaped(&y, self.shape(), &reduced, keepdim)
    }
}

impl Room for Prod {
    const NAME: &'static str = "prod";
    const FORMULA: &'static str = "y = Π x over axes";
    #[inline]
    fn cases() -> Vec<Case> {
        let on = |label: &str, shape: &[usize], axes: &'static [isize], keep| {
            Case::new(label, vec![spread(shape, 1)], move |x| x[0].prod_axes(axes, keep).exp())
        };
        let known = |label: &str, x: &[f64], d| Case::new(label, vec![row(x)], |x| x[0].prod()).expect_all(d);
        vec![
            on("all", &[2, 3], &[0, 1], false),
            on("rows", &[2, 3], &[1], false),
            on("columns, kept", &[5, 2], &[0], true),
            on("two of three", &[2, 3, 2], &[0, 2], false),
            on("no axes", &[2], &[], false),
            on("over an empty axis", &[2, 0], &[1], false),
            on("empty result", &[0, 2], &[1], false),
            known("known", &[2.0, 3.0, 4.0], [24.0, 26.0, 18.0, 6.0]),
            known("one zero", &[2.0, 0.0, 4.0], [0.0, 8.0, 12.0, 6.0]),
            known("two zeros", &[0.0, 3.0, 0.0], [0.0, 0.0, 6.0, 6.0]),
            known("three zeros", &[0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 6.0]),
            known("four zeros", &[0.0, -0.0, 0.0, 0.0], [0.0; 4]),
            known("one", &[5.0], [5.0, 1.0, 0.0, 0.0]),
            known("none", &[], [1.0, 0.0, 0.0, 0.0]),
            Case::new("zeros, along directions", vec![row(&[0.0, 2.0, 0.0, -1.0, 3.0])], |x| x[0].prod()),
            Case::new("of a transpose", vec![spread(&[3, 2], 1)], |x| x[0].t().prod_axes(&[1], false)),
        ]
    }
}
