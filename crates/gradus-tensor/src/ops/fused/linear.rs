//! The affine map of a layer, product and bias in one pass.

use crate::case::{Case, Room, spread};
use crate::kind::{Bilinear, Fused};
use crate::message;
use crate::node::Tensor;
use crate::op::{Point, Refusal, Slot, Slots};
use crate::ops::linalg::matmul::MatMul;
use crate::real::Real;
use crate::shape::Dims;
use gradus_kernels::View;
use gradus_kernels::matmul::{matmul, matmul_onto_row};

/// Y = X Wᵀ + 1 bᵀ: X `[n, k]`, W `[m, k]`, b `[m]`.
#[derive(Clone, Debug)]
pub struct Linear;

/// The cotangent of the weight is gᵀ X.
const OF_WEIGHT: MatMul = MatMul::flipped(true, false);

impl<T: Real> Fused<T> for Linear {
    const NAME: &'static str = "linear";
    fn shape(&self, s: &[&[usize]]) -> Result<Dims, Refusal> {
        let (x, w, b) = (s[0], s[1], s[2]);
        if x.len() != 2 || w.len() != 2 || x[1] != w[1] {
            return Err(format!("linear: x {x:?} and W {w:?} do not fit: x must be [.., n_in], W [n_out, n_in]"));
        }
        if b != [w[0]] {
            return Err(message::other_shape("linear: bias", &[w[0]], b));
        }
        Ok([x[0], w[0]].into_iter().collect())
    }
    fn eval(&self, v: &[View<'_, T>], out: &mut [T], _: &mut [T]) {
        let [x, w, b] = [v[0], v[1], v[2]];
        let wt = View { data: w.data, shape: &[w.shape[1], w.shape[0]], strides: &[w.strides[1], w.strides[0]] };
        matmul_onto_row(x, wt, &b.flat(), out);
    }
    fn backward(&self, at: &Point<'_, T>, g: &Tensor<T>, wanted: &[bool]) -> Slots<T> {
        rule(at.inputs, g, wanted)
    }
    fn backward_into(&self, i: usize, at: &Point<'_, T>, g: View<'_, T>, sum: &mut [T]) -> bool {
        match i {
            0 => matmul(g, at.inputs[1].view(), true, sum),
            1 => OF_WEIGHT.multiply(g, at.inputs[0].view(), true, sum),
            _ => return false,
        }
        true
    }
    fn twin(&self, x: &[Tensor<T>]) -> Tensor<T> {
        x[0].matmul(&x[1].t()) + &x[2]
    }
    fn closed(&self, at: &Point<'_, T>, g: &Tensor<T>, wanted: &[bool]) -> Option<Slots<T>> {
        Some(rule(at.inputs, g, wanted))
    }
}

/// The rule is made of products: the same at every order.
fn rule<T: Real>(x: &[Tensor<T>], g: &Tensor<T>, wanted: &[bool]) -> Slots<T> {
    let only = |i: usize, f: &dyn Fn() -> Tensor<T>| if wanted[i] { f().into() } else { Slot::Zero };
    let slots =
        [only(0, &|| g.matmul(&x[1])), only(1, &|| OF_WEIGHT.apply(g, &x[0])), only(2, &|| g.sum_axes(&[0], false))];
    slots.into_iter().collect()
}

impl<T: Real> Tensor<T> {
    /// The affine map x Wᵀ + b of a layer: x `[.., n_in]`, W `[n_out, n_in]`, b `[n_out]`, result `[.., n_out]`.
    ///
    /// # Panics
    /// If the shapes do not fit.
    #[track_caller]
    #[must_use]
    pub fn linear(&self, w: &Self, b: &Self) -> Self {
        if self.rank() == 2 {
            return T::apply(T::boxed(Linear), &[self, w, b]);
        }
        let Some((&n_in, lead)) = self.shape().split_last() else {
            message::panic_with("linear: x has rank 0; its last axis must be n_in long");
        };
        let shape: Dims = lead.iter().copied().chain([b.len()]).collect();
        self.reshape(&[lead.iter().product(), n_in]).linear(w, b).reshape(&shape)
    }
}

impl Room for Linear {
    const NAME: &'static str = "linear";
    const FORMULA: &'static str = "Y = X Wᵀ + b";
    #[inline]
    fn cases() -> Vec<Case> {
        let on = |label: &str, x: &[usize], m: usize| {
            let k = x[x.len() - 1];
            Case::new(label, vec![spread(x, 1), spread(&[m, k], 2), spread(&[m], 3)], |x| {
                x[0].linear(&x[1], &x[2]).square()
            })
        };
        vec![
            on("plain", &[3, 2], 4),
            on("one of each", &[1, 1], 1),
            on("no samples", &[0, 2], 3),
            on("no inputs", &[2, 0], 3),
            on("no outputs", &[2, 3], 0),
            on("one vector", &[3], 2),
            on("three axes", &[2, 2, 3], 2),
            Case::new("transposed x", vec![spread(&[2, 3], 1), spread(&[4, 2], 2), spread(&[4], 3)], |x| {
                x[0].t().linear(&x[1], &x[2]).exp()
            }),
            Case::new("shared weight", vec![spread(&[2, 2], 1), spread(&[2, 2], 2), spread(&[2], 3)], |x| {
                x[0].linear(&x[1], &x[2]).tanh().linear(&x[1], &x[2])
            }),
            Case::new("against the twin", vec![spread(&[2, 2], 1), spread(&[2, 2], 2), spread(&[2], 3)], |x| {
                (x[0].linear(&x[1], &x[2]) - Fused::twin(&Linear, x)).square()
            })
            .expect_all([0.0; 4]),
        ]
    }
}
