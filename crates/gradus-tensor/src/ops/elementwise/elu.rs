//! The exponential linear units: ELU, CELU and SELU.

use crate::case::{Case, Room, row, unary};
use crate::kind::Elementwise;
use crate::message;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{Isa, Map, map};

/// y = x for x > 0, else α (e^{x/s} − 1), with dy = dx for x > 0, else (α/s) e^{x/s} dx: at 0 all derivatives are those of the left side.
#[derive(Clone, Debug)]
pub struct Elu {
    alpha: f64,
    scale: f64,
}

#[derive(Clone, Copy)]
struct Lane<T>(T, T);
impl<T: Real> Map<T, 1> for Lane<T> {
    #[inline(always)]
    fn at<S: Isa>(self, s: S, [x]: [T; 1]) -> T {
        // The exponential of the dead side must not overflow.
        let below = self.0 * ((if x > T::ZERO { T::ZERO } else { x }) / self.1).exp_m1(s);
        if x > T::ZERO { x } else { below }
    }
}

impl<T: Real> Elementwise<1, T> for Elu {
    const NAME: &'static str = "elu";
    fn eval(&self, x: [&[T]; 1], y: &mut [T]) {
        map(Lane(T::from_f64(self.alpha), T::from_f64(self.scale)), x, y);
    }
    fn partial(&self, _: usize, [x]: [&Tensor<T>; 1], _: &Tensor<T>) -> Slot<T> {
        let above = x.gt(0.0);
        let below = (x.masked_fill(&above, 0.0) / self.scale).exp() * (self.alpha / self.scale);
        below.masked_fill(&above, 1.0).into()
    }
}

#[track_caller]
fn positive(op: &str, alpha: f64) {
    if !(alpha > 0.0 && alpha.is_finite()) {
        message::panic_with(&format!("{op}: alpha must be positive and finite, got {alpha}"));
    }
}

impl<T: Real> Tensor<T> {
    /// x for x > 0, else α (eˣ − 1), element by element (Clevert et al. 2016). At 0 all derivatives are those of the left side.
    ///
    /// # Panics
    /// If `alpha` is not positive and finite.
    #[track_caller]
    #[must_use]
    pub fn elu(&self, alpha: f64) -> Self {
        positive("elu", alpha);
        T::apply(T::boxed(Elu { alpha, scale: 1.0 }), &[self])
    }

    /// x for x > 0, else α (e^{x/α} − 1), element by element (Barron 2017). At 0 the second derivative is that of the left side.
    ///
    /// # Panics
    /// If `alpha` is not positive and finite.
    #[track_caller]
    #[must_use]
    pub fn celu(&self, alpha: f64) -> Self {
        positive("celu", alpha);
        T::apply(T::boxed(Elu { alpha, scale: alpha }), &[self])
    }

    /// λ ELU(x) with the constants that keep mean 0 and variance 1 (Klambauer et al. 2017), element by element.
    #[track_caller]
    #[must_use]
    pub fn selu(&self) -> Self {
        const ALPHA: f64 = 1.673_263_242_354_377_2;
        const LAMBDA: f64 = 1.050_700_987_355_480_5;
        self.elu(ALPHA) * LAMBDA
    }
}

impl Room for Elu {
    const NAME: &'static str = "elu";
    const FORMULA: &'static str = "y = x for x > 0, else α (eˣ − 1)";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(|x| x.elu(1.5).square(), &[1.0, -1.0, 2.5, -0.5, -30.0, -1e3, 1e3, 0.3]);
        cases.extend([0.0, -0.0].map(|x| {
            Case::new(format!("at {x}"), vec![row(&[x])], |x| x[0].elu(1.5)).expect_all([0.0, 1.5, 1.5, 1.5])
        }));
        cases
    }
}

/// The continuously differentiable ELU.
pub struct Celu;

impl Room for Celu {
    const NAME: &'static str = "celu";
    const FORMULA: &'static str = "y = x for x > 0, else α (e^{x/α} − 1)";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(|x| x.celu(2.0).square(), &[1.0, -1.0, 2.5, -0.5, -30.0, -1e3, 1e3, 0.3]);
        cases.extend([0.0, -0.0].map(|x| {
            Case::new(format!("at {x}"), vec![row(&[x])], |x| x[0].celu(2.0)).expect_all([0.0, 1.0, 0.5, 0.25])
        }));
        cases
    }
}

/// The self-normalising ELU.
pub struct Selu;

impl Room for Selu {
    const NAME: &'static str = "selu";
    const FORMULA: &'static str = "y = λ ELU(x; α)";
    #[inline]
    fn cases() -> Vec<Case> {
        // λα from the left.
        let left = 1.758_099_340_847_376_6;
        let mut cases = unary(|x| x.selu(), &[1.0, -1.0, 2.5, -0.5, -30.0, -1e3, 1e3, 0.3]);
        cases.extend([0.0, -0.0].map(|x| {
            Case::new(format!("at {x}"), vec![row(&[x])], |x| x[0].selu()).expect_all([0.0, left, left, left])
        }));
        cases
    }
}
