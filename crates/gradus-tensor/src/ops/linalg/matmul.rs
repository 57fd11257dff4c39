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

/// Y = A B over the last two axes, where an operand that is flipped is read transposed; leading axes are equal.
///
/// Derivatives flip operands in place of transposing tensors, which saves the graph a node for each.
#[derive(Clone, Copy, Debug)]
pub struct MatMul {
    flip: [bool; 2],
}

impl MatMul {
    /// A B, A Bᵀ, Aᵀ B or Aᵀ Bᵀ.
    pub(crate) const fn flipped(left: bool, right: bool) -> Self {
        MatMul { flip: [left, right] }
    }

    /// The cotangent of operand i as a product of g and the `other` operand: which, and the two in their order.
    fn adjoint<X>(self, i: usize, g: X, other: X) -> (Self, X, X) {
        let [a, b] = self.flip;
        match (i, self.flip[i]) {
            (0, false) => (MatMul::flipped(false, !b), g, other),
            (0, true) => (MatMul::flipped(b, true), other, g),
            (_, false) => (MatMul::flipped(!a, false), other, g),
            (_, true) => (MatMul::flipped(true, a), g, other),
        }
    }

    /// out (+)= the product.
    pub(crate) fn multiply<T: Real>(self, a: View<'_, T>, b: View<'_, T>, accumulate: bool, out: &mut [T]) {
        let (turned_a, turned_b) = (self.flip[0].then(|| turned(a)), self.flip[1].then(|| turned(b)));
        matmul(read(a, &turned_a), read(b, &turned_b), accumulate, out);
    }
}

/// Shape and strides with the last two axes exchanged.
#[inline]
fn turned<T: Real>(x: View<'_, T>) -> [Dims; 2] {
    [turn(x.shape), turn(x.strides)]
}

#[inline]
fn turn(axes: &[usize]) -> Dims {
    if let [m, n] = *axes {
        return [n, m].into();
    }
    let mut axes: Dims = axes.into();
    let r = axes.len();
    axes.swap(r - 2, r - 1);
    axes
}

/// x, under the shape and strides of `turned` where there are any.
fn read<'a, T: Real>(x: View<'a, T>, turned: &'a Option<[Dims; 2]>) -> View<'a, T> {
    turned.as_ref().map_or(x, |[shape, strides]| View { data: x.data, shape, strides })
}

impl<T: Real> Bilinear<T> for MatMul {
    const NAME: &'static str = "matmul";
    fn shape(&self, a: &[usize], b: &[usize]) -> Result<Dims, Refusal> {
        let r = a.len();
        let [i, j] = self.flip.map(usize::from);
        if r < 2 || b.len() != r || a[..r - 2] != b[..r - 2] || a[r - 1 - i] != b[r - 2 + j] {
            return Err(message::matmul(a, b));
        }
        let (m, n) = (a[r - 2 + i], b[r - 1 - j]);
        if r == 2 {
            return Ok([m, n].into());
        }
        let mut shape: Dims = a.into();
        (shape[r - 2], shape[r - 1]) = (m, n);
        Ok(shape)
    }
    fn eval(&self, a: View<'_, T>, b: View<'_, T>, out: &mut [T]) {
        self.multiply(a, b, false, out);
    }
    fn apply(&self, a: &Tensor<T>, b: &Tensor<T>) -> Tensor<T> {
        T::apply(T::boxed(*self), &[a, b])
    }
    fn adjoint_into(&self, i: usize, g: View<'_, T>, a: View<'_, T>, b: View<'_, T>, sum: &mut [T]) -> bool {
        let (product, a, b) = self.adjoint(i, g, [b, a][i]);
        product.multiply(a, b, true, sum);
        true
    }
    fn left(&self, g: &Tensor<T>, b: &Tensor<T>, _: &[usize]) -> Tensor<T> {
        let (product, a, b) = self.adjoint(0, g, b);
        product.apply(a, b)
    }
    fn right(&self, g: &Tensor<T>, a: &Tensor<T>, _: &[usize]) -> Tensor<T> {
        let (product, a, b) = self.adjoint(1, g, a);
        product.apply(a, b)
    }
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
            (p, q) if p == q && self.shape()[..p - 2] == b.shape()[..q - 2] => {
                MatMul::flipped(false, false).apply(self, b)
            }
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
                MatMul::flipped(false, false).apply(&wide(self), &wide(b))
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
            Case::new("both flipped", vec![spread(&[2, 3, 2], 1), spread(&[2, 4, 3], 2)], |x| {
                MatMul::flipped(true, true).apply(&x[0], &x[1]).square()
            }),
            Case::new("left flipped", vec![spread(&[3, 2], 1), spread(&[3, 4], 2)], |x| {
                MatMul::flipped(true, false).apply(&x[0], &x[1]).square()
            }),
            Case::new("right flipped", vec![spread(&[2, 3], 1), spread(&[4, 3], 2)], |x| {
                MatMul::flipped(false, true).apply(&x[0], &x[1]).square()
            }),
            Case::new("flipped against transposed", vec![spread(&[3, 2], 1), spread(&[4, 3], 2)], |x| {
                (MatMul::flipped(true, true).apply(&x[0], &x[1]) - x[0].t().matmul(&x[1].t())).square()
            })
            .expect_all([0.0; 4]),
            Case::new("cube of one", vec![spread(&[2, 2], 1)], |x| x[0].matmul(&x[0]).matmul(&x[0])),
        ]
    }
}
