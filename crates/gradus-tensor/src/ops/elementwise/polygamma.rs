//! The polygamma functions, derivatives of ln Γ.

use crate::case::{Case, Room, known, unary};
use crate::kind::Elementwise;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{Isa, Map, map};

/// y = ψ⁽ⁿ⁾(x), the n-th derivative of ψ = (ln Γ)′, with dy = ψ⁽ⁿ⁺¹⁾(x) dx.
#[derive(Clone, Debug)]
pub struct Polygamma {
    n: u32,
}

#[derive(Clone, Copy)]
struct Lane(u32);
impl<T: Real> Map<T, 1> for Lane {
    #[inline(always)]
    fn at<S: Isa>(self, _: S, [x]: [T; 1]) -> T {
        if self.0 == 0 { x.digamma() } else { x.polygamma(self.0) }
    }
}

impl<T: Real> Elementwise<1, T> for Polygamma {
    const NAME: &'static str = "polygamma";
    fn eval(&self, x: [&[T]; 1], y: &mut [T]) {
        map(Lane(self.n), x, y);
    }
    fn partial(&self, _: usize, [x]: [&Tensor<T>; 1], _: &Tensor<T>) -> Slot<T> {
        x.polygamma(self.n + 1).into()
    }
}

impl<T: Real> Tensor<T> {
    /// ψ⁽ⁿ⁾(x), element by element: the n-th derivative of the [`digamma`](Self::digamma) function.
    #[must_use]
    #[track_caller]
    pub fn polygamma(&self, n: u32) -> Self {
        T::apply(T::boxed(Polygamma { n }), &[self])
    }

    /// ψ(x) = Γ′(x)/Γ(x), element by element.
    #[must_use]
    #[track_caller]
    pub fn digamma(&self) -> Self {
        self.polygamma(0)
    }
}

impl Room for Polygamma {
    const NAME: &'static str = "polygamma";
    const FORMULA: &'static str = "y = ψ⁽ⁿ⁾(x)";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(Tensor::digamma, &[1.0, 2.0, 0.5, 10.0, -0.5]);
        cases.extend(unary(|x| x.polygamma(1), &[1.0, 3.0, 0.7]));
        cases.extend(unary(|x| x.polygamma(2), &[1.0, 5.0]));
        cases.extend(known("digamma", Tensor::digamma));
        cases
    }
}
