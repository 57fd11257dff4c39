//! Matrix products, batched and broadcast over leading axes.

use crate::case::{Case, Room, spread};
use crate::kind::Bilinear;
use crate::message;
use crate::node::Tensor;
use crate::op::Refusal;
use crate::real::Real;
use crate::shape::{Dims, broadcast};
use gradus_kernels::View;
use gradus_kernels::matmul::matmul;

/// Y = A B over the last two axes; leading axes are equal.
#[derive(Clone, Debug)]
pub struct MatMul;

impl<T: Real> Bilinear<T> for MatMul {
    const NAME: &'static str = "matmul";
    fn shape(&self, a: &[usize], b: &[usize]) -> Result<Dims, Refusal> {
        let r = a.len();
        if r < 2 || b.len() != r || a[..r - 2] != b[..r - 2] || a[r - 1] != b[r - 2] {
            return Err(message::matmul(a, b));
        }
        let mut shape: Dims = a.into();
        shape[r - 1] = b[r - 1];
        Ok(shape)
    }
    fn eval(&self, a: View<'_, T>, b: View<'_, T>, out: &mut [T]) {
        matmul(a, b, false, out);
    }
    fn apply(&self, a: &Tensor<T>, b: &Tensor<T>) -> Tensor<T> {
        T::apply(T::boxed(MatMul), &[a, b])
    }
    fn adjoint_into(&self, i: usize, g: View<'_, T>, a: View<'_, T>, b: View<'_, T>, sum: &mut [T]) -> bool {
        let (shape, strides) = transposed(if i == 0 { b } else { a });
        if i == 0 {
            matmul(g, View { data: b.data, shape: &shape, strides: &strides }, true, sum);
        } else {
            matmul(View { data: a.data, shape: &shape, strides: &strides }, g, true, sum);
        }
        true
    }
    fn left(&self, g: &Tensor<T>, b: &Tensor<T>, _: &[usize]) -> Tensor<T> {
        self.apply(g, &b.t())
    }
    fn right(&self, g: &Tensor<T>, a: &Tensor<T>, _: &[usize]) -> Tensor<T> {
        self.apply(&a.t(), g)
    }
}

/// Shape and strides with the last two axes exchanged.
fn transposed<T: Real>(x: View<'_, T>) -> (Dims, Dims) {
    let (mut shape, mut strides): (Dims, Dims) = (x.shape.into(), x.strides.into());
    let r = shape.len();
    shape.swap(r - 2, r - 1);
    strides.swap(r - 2, r - 1);
    (shape, strides)
}

impl<T: Real> Tensor<T> {
    /// The matrix product over the last two axes: `[.., m, k]` by `[.., k, n]` gives `[.., m, n]`; leading axes broadcast.
    /// A vector `[k]` on the left stands for a row, on the right for a column, which the result does not keep.
    /// Transposed views are read without a copy.
    ///
    /// # Panics
    /// If the inner sizes differ, the leading axes do not broadcast, or an operand has rank 0.
    #[doc(alias = "dot")]
    #[doc(alias = "mm")]
    #[doc(alias = "bmm")]
    #[track_caller]
    #[must_use]
    pub fn matmul(&self, b: &Self) -> Self {
        let fail = || -> ! { message::panic_with(&message::matmul(self.shape(), b.shape())) };
        match (self.rank(), b.rank()) {
            (0, _) | (_, 0) => fail(),
            (1, 1) => self.unsqueeze(0).matmul(&b.unsqueeze(1)).reshape(&[]),
            (1, _) => self.unsqueeze(0).matmul(b).squeeze(-2),
            (_, 1) => self.matmul(&b.unsqueeze(1)).squeeze(-1),
            (p, q) if p == q && self.shape()[..p - 2] == b.shape()[..q - 2] => Bilinear::apply(&MatMul, self, b),
            // Many rows by one matrix are one tall product.
            (p, 2) if self.shape()[p - 1] == b.shape()[0] => {
                let (k, n) = (b.shape()[0], b.shape()[1]);
                let rows = self.shape()[..p - 1].iter().product();
                let mut shape: Dims = self.shape().into();
                shape[p - 1] = n;
                self.reshape(&[rows, k]).matmul(b).reshape(&shape)
            }
            (p, q) => {
                let Some(lead) = broadcast(&[&self.shape()[..p - 2], &b.shape()[..q - 2]]) else { fail() };
                let wide = |x: &Self| {
                    let mut shape = lead.clone();
                    shape.extend_from_slice(&x.shape()[x.rank() - 2..]);
                    x.broadcast_to(&shape)
                };
                Bilinear::apply(&MatMul, &wide(self), &wide(b))
            }
        }
    }
}

impl Room for MatMul {
    const NAME: &'static str = "matmul";
    const FORMULA: &'static str = "Y = A B";
    #[inline]
    fn cases() -> Vec<Case> {
        let on = |label: &str, a: &[usize], b: &[usize]| {
            Case::new(label, vec![spread(a, 1), spread(b, 2)], |x| x[0].matmul(&x[1]).square())
        };
        vec![
            on("square", &[2, 2], &[2, 2]),
            on("oblong", &[2, 3], &[3, 4]),
            on("one by one", &[1, 1], &[1, 1]),
            on("empty inner", &[2, 0], &[0, 3]),
            on("empty rows", &[0, 2], &[2, 3]),
            on("vector, vector", &[3], &[3]),
            on("vector, matrix", &[3], &[3, 2]),
            on("matrix, vector", &[2, 3], &[3]),
            on("batched", &[2, 2, 3], &[2, 3, 1]),
            on("batch by one matrix", &[2, 2, 3], &[3, 2]),
            on("broadcast batch", &[2, 1, 1, 2], &[3, 2, 2]),
            Case::new("transposed left", vec![spread(&[3, 2], 1), spread(&[3, 2], 2)], |x| {
                x[0].t().matmul(&x[1]).square()
            }),
            Case::new("transposed right", vec![spread(&[2, 3], 1), spread(&[2, 3], 2)], |x| {
                x[0].matmul(&x[1].t()).square()
            }),
            Case::new("one weight, several steps", vec![spread(&[2, 3], 1), spread(&[3, 3], 2)], |x| {
                x[0].matmul(&x[1]).tanh().matmul(&x[1].t()).tanh().matmul(&x[1])
            }),
            Case::new("one batched weight, twice", vec![spread(&[2, 2, 2], 1), spread(&[2, 2, 2], 2)], |x| {
                x[0].matmul(&x[1]).tanh().matmul(&x[1])
            }),
            Case::new("cube of one", vec![spread(&[2, 2], 1)], |x| x[0].matmul(&x[0]).matmul(&x[0])),
        ]
    }
}
