//! The trace of a matrix, batched.

use super::batch::{needs_matrix, nth, sizes, square};
use crate::case::{Case, Room, spread};
use crate::kind::Linear;
use crate::node::Tensor;
use crate::op::Refusal;
use crate::real::Real;
use crate::shape::Dims;
use gradus_kernels::View;

/// y = Σᵢ Aᵢᵢ.
#[derive(Clone, Debug)]
pub struct Trace;

impl Trace {
    /// tr(A B) without the product.
    pub(super) fn of_product<T: Real>(a: &Tensor<T>, b: &Tensor<T>) -> Tensor<T> {
        (a.t() * b).sum_axes(&[-2, -1], false)
    }
}

impl<T: Real> Linear<T> for Trace {
    const NAME: &'static str = "trace";
    fn shape(&self, x: &[&[usize]]) -> Result<Dims, Refusal> {
        square("trace", x[0]).map(|s| s[..s.len() - 2].into())
    }
    fn eval(&self, x: &[View<'_, T>], out: &mut [T]) {
        let (_, n, _) = sizes(x[0].shape);
        let a = x[0].to_vec();
        for (i, y) in out.iter_mut().enumerate() {
            *y = nth(&a, n * n, i).iter().step_by(n + 1).copied().sum();
        }
    }
    fn adjoint(&self, _: usize, g: &Tensor<T>, shapes: &[&[usize]]) -> Tensor<T> {
        g.unsqueeze(-1).unsqueeze(-1) * Tensor::eye(shapes[0][shapes[0].len() - 1])
    }
}

impl<T: Real> Tensor<T> {
    /// Σᵢ Aᵢᵢ of `[.., n, n]`: shape `[..]`.
    ///
    /// # Panics
    /// If the last two axes are not equal.
    #[track_caller]
    #[must_use]
    pub fn trace(&self) -> Self {
        needs_matrix("trace", self);
        T::apply(T::boxed(Trace), &[self])
    }
}

impl Room for Trace {
    const NAME: &'static str = "trace";
    const FORMULA: &'static str = "y = Σᵢ Aᵢᵢ";
    #[inline]
    fn cases() -> Vec<Case> {
        let on = |label: &str, shape: &[usize]| Case::new(label, vec![spread(shape, 1)], |x| x[0].trace().exp());
        vec![
            on("three", &[3, 3]),
            on("one by one", &[1, 1]),
            on("empty", &[0, 0]),
            on("a batch", &[2, 3, 3]),
            on("two leading axes", &[2, 1, 2, 2]),
            on("an empty batch", &[0, 2, 2]),
            on("a batch of empty matrices", &[2, 0, 0]),
            Case::new("transposed view", vec![spread(&[2, 2], 1)], |x| x[0].t().trace().square()),
            Case::new("broadcast", vec![spread(&[2, 2], 1)], |x| x[0].broadcast_to(&[3, 2, 2]).trace().square()),
            Case::new("of a product", vec![spread(&[2, 2], 1)], |x| x[0].matmul(&x[0]).matmul(&x[0]).trace()),
        ]
    }
}
