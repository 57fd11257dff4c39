//! Norms over axes: 1, 2 (Frobenius), p and ∞.

use super::rows::{need_elements, rows, shaped};
use super::sum::axes_of;
use crate::case::{Case, Room, row, spread};
use crate::message;
use crate::node::Tensor;
use crate::ops::choice::where_::keep;
use crate::real::Real;
use crate::trace::no_grad;

/// y = (Σ |x|ᵖ)^(1/p).
pub struct Norm;

/// y = √(Σ x²).
pub struct Norm2;

/// y = max |x|.
pub struct NormInf;

/// x over its largest modulus along the last axis, 0 where that is 0; the modulus (1 where it is 0 or infinite); where it is 0.
///
/// The modulus is a constant: a norm is homogeneous, so the scale, which keeps powers from overflow, leaves all derivatives alone.
#[track_caller]
fn scaled<T: Real>(x: &Tensor<T>) -> (Tensor<T>, Tensor<T>, crate::index::Mask) {
    let n = x.shape()[x.rank() - 1];
    let top = no_grad(|| {
        if n == 0 {
            Tensor::zeros(&[&x.shape()[..x.rank() - 1], &[1]].concat())
        } else {
            x.detach().abs().max_axes(&[-1], true)
        }
    });
    let dead = top.eq(0.0);
    let top = no_grad(|| top.masked_fill(&dead.or(&top.is_finite().not()), 1.0)).detach();
    (keep(&(x / &top), dead.not().broadcast_to(x.shape())), top, dead)
}

/// √(Σ x²) over the reduced axes, without overflow; 0 with all derivatives where x is 0.
#[track_caller]
pub(super) fn norm_2<T: Real>(x: &Tensor<T>, reduced: &[bool], keepdim: bool) -> Tensor<T> {
    let (z, top, dead) = scaled(&rows(x, reduced));
    let y = (z.square().sum_axes(&[-1], true) + dead.to_tensor()).sqrt() * top;
    shaped(&y.masked_fill(&dead, 0.0).squeeze(-1), x.shape(), reduced, keepdim)
}

/// (Σ |x|ᵖ)^(1/p) over the reduced axes. Zeros count as constants: |x|ᵖ has no second derivative there for p < 2.
#[track_caller]
fn norm_p<T: Real>(x: &Tensor<T>, p: f64, reduced: &[bool], keepdim: bool) -> Tensor<T> {
    let (z, top, dead) = scaled(&rows(x, reduced));
    let zero = z.eq(0.0);
    let powers = z.masked_fill(&zero, 1.0).abs().powf(p).masked_fill(&zero, 0.0);
    let y = (powers.sum_axes(&[-1], true) + dead.to_tensor()).powf(1.0 / p) * top;
    shaped(&y.masked_fill(&dead, 0.0).squeeze(-1), x.shape(), reduced, keepdim)
}

impl<T: Real> Tensor<T> {
    /// The p-norm (Σ |x|ᵖ)^(1/p) of all elements, of rank 0; max |x| for p = ∞. For a matrix and p = 2 it is the Frobenius norm.
    ///
    /// # Panics
    /// As [`norm_axes`](Self::norm_axes).
    #[doc(alias = "frobenius")]
    #[doc(alias = "vector_norm")]
    #[track_caller]
    #[must_use]
    pub fn norm(&self, p: f64) -> Self {
        self.norm_axes(p, &(0..self.rank() as isize).collect::<Vec<_>>(), false)
    }

    /// p-norms (Σ |x|ᵖ)^(1/p) over `axes` (from the end where negative), which stay with length 1 where `keepdim`; max |x| for p = ∞.
    /// No power overflows.
    ///
    /// At corners the derivatives are conventions, never NaN: a vector of zeros has derivative 0 at every order; so has each 0 among
    /// others unless p = 2; equal moduli share the derivative of the ∞-norm.
    ///
    /// # Panics
    /// If p is below 1 or NaN, an axis does not exist or is named twice, or p = ∞ over no elements.
    #[track_caller]
    #[must_use]
    pub fn norm_axes(&self, p: f64, axes: &[isize], keepdim: bool) -> Self {
        if p.is_nan() || p < 1.0 {
            message::panic_with(&format!("norm: p must be at least 1, got {p}; below 1 it is no norm"));
        }
        let reduced = axes_of("norm", axes, self.rank());
        if p == 1.0 {
            self.abs().sum_axes(axes, keepdim)
        } else if p == 2.0 {
            norm_2(self, &reduced, keepdim)
        } else if p.is_infinite() {
            need_elements("norm", self.shape(), &reduced);
            self.abs().max_axes(axes, keepdim)
        } else {
            norm_p(self, p, &reduced, keepdim)
        }
    }
}

#[inline]
fn cases(p: f64, zeros: &'static [usize]) -> Vec<Case> {
    let on = |label: &str, shape: &[usize], axes: &'static [isize], keep| {
        Case::new(label, vec![spread(shape, 1)], move |x| x[0].norm_axes(p, axes, keep).square())
    };
    vec![
        on("all", &[2, 3], &[0, 1], false),
        on("rows", &[2, 3], &[1], false),
        on("columns, kept", &[3, 2], &[0], true),
        on("two of three", &[2, 3, 2], &[0, 2], false),
        on("one", &[1], &[0], false),
        on("no rows", &[0, 3], &[-1], false),
        Case::new("zeros: 0 by convention", vec![Tensor::zeros(zeros)], move |x| x[0].norm(p)).expect_all([0.0; 4]),
        Case::new("a row of zeros", vec![row(&[0.0, 0.0, 0.0, 0.0])], move |x| {
            x[0].reshape(&[2, 2]).norm_axes(p, &[1], false)
        })
        .expect_all([0.0; 4]),
        Case::new("huge", vec![row(&[3e200, -4e200, 1e199])], move |x| (x[0].norm(p) * 1e-200).ln()).step(1e199),
        Case::new("tiny", vec![row(&[3e-120, -4e-120, 1e-121])], move |x| x[0].norm(p)),
        Case::new("of a transpose", vec![spread(&[3, 2], 1)], move |x| x[0].t().norm_axes(p, &[1], false)),
    ]
}

impl Room for Norm {
    const NAME: &'static str = "norm";
    const FORMULA: &'static str = "y = (Σ |x|ᵖ)^(1/p)";
    #[inline]
    fn cases() -> Vec<Case> {
        let three = |label: &str, x: &[f64]| Case::new(label, vec![row(x)], |x| x[0].norm(3.0));
        let mut all = cases(3.0, &[3]);
        all.extend([
            three("known", &[-3.0]).expect_all([3.0, -1.0, 0.0, 0.0]),
            Case::new("p = 1", vec![row(&[1.0, -2.0, 3.0])], |x| x[0].norm(1.0)).expect_all([6.0, 1.0, 0.0, 0.0]),
            Case::new("p = 1 with zeros", vec![row(&[0.0, -0.0, 3.0])], |x| x[0].norm(1.0))
                .expect_all([3.0, 1.0, 0.0, 0.0]),
            Case::new("p = 1.5", vec![spread(&[2, 3], 1)], |x| x[0].norm_axes(1.5, &[0], true).exp()),
            Case::new("p = 1.5 with a zero: constant by convention", vec![row(&[0.0, 4.0])], |x| x[0].norm(1.5))
                .expect_all([4.0, 1.0, 0.0, 0.0]),
            Case::new("p = 4", vec![spread(&[5], 1)], |x| x[0].norm(4.0).exp()),
        ]);
        all
    }
}

impl Room for Norm2 {
    const NAME: &'static str = "norm2";
    const FORMULA: &'static str = "y = √(Σ x²)";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut all = cases(2.0, &[2, 2]);
        all.extend([
            Case::new("known", vec![row(&[3.0, 4.0])], |x| x[0].norm(2.0)).expect(0, 5.0).expect(1, 1.4),
            Case::new("a zero among others", vec![row(&[0.0, 2.0])], |x| x[0].norm(2.0)),
            Case::new("gradient norm of zeros", vec![row(&[0.0, 0.0])], |x| x[0].square().norm(2.0))
                .expect_all([0.0; 4]),
            Case::new("a unit vector", vec![spread(&[3], 1)], |x| &x[0] / x[0].norm_axes(2.0, &[0], true)),
        ]);
        all
    }
}

impl Room for NormInf {
    const NAME: &'static str = "norm_inf";
    const FORMULA: &'static str = "y = max |x|";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut all = cases(f64::INFINITY, &[3]);
        all.push(
            Case::new("equal moduli share", vec![row(&[2.0, -2.0, 1.0])], |x| x[0].norm(f64::INFINITY))
                .expect_all([2.0, 0.0, 0.0, 0.0]),
        );
        all
    }
}
