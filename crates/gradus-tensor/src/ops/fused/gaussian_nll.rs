//! Negative log-likelihood under normal distributions, element by element, in one pass; the twin is its formula.

use crate::case::{Case, Room, row, spread};
use crate::kind::Fused;
use crate::message;
use crate::node::Tensor;
use crate::op::{Point, Refusal, Slot, Slots};
use crate::real::Real;
use crate::shape::Dims;
use gradus_kernels::{Isa, Map, View, elementwise, map};

/// ℓ = ½ (ln v + (y − m)²/v) with v = max(variance, ε), and the gradient passing where the variance is below.
#[derive(Clone, Debug)]
pub struct GaussianNll {
    eps: f64,
}

/// The value.
#[derive(Clone, Copy)]
struct Value<T>(T);
impl<T: Real> Map<T, 3> for Value<T> {
    #[inline(always)]
    fn at<S: Isa>(self, s: S, [m, v, y]: [T; 3]) -> T {
        let v = if v < self.0 { self.0 } else { v };
        // The quotient is squared and not the difference, which may overflow.
        let r = (y - m) / v.sqrt();
        (v.ln(s) + r * r) * T::from_f64(0.5)
    }
}

/// g ∂ℓ/∂y = −g ∂ℓ/∂m = g (y − m)/v.
#[derive(Clone, Copy)]
struct OfTarget<T>(T);
impl<T: Real> Map<T, 4> for OfTarget<T> {
    #[inline(always)]
    fn at<S: Isa>(self, _: S, [m, v, y, g]: [T; 4]) -> T {
        let v = if v < self.0 { self.0 } else { v };
        g * ((y - m) / v)
    }
}

/// g ∂ℓ/∂v = ½ g (1 − (y − m)²/v)/v.
#[derive(Clone, Copy)]
struct OfVariance<T>(T);
impl<T: Real> Map<T, 4> for OfVariance<T> {
    #[inline(always)]
    fn at<S: Isa>(self, _: S, [m, v, y, g]: [T; 4]) -> T {
        let v = if v < self.0 { self.0 } else { v };
        let r = (y - m) / v.sqrt();
        g * ((T::ONE - r * r) / v * T::from_f64(0.5))
    }
}

impl<T: Real> Fused<T> for GaussianNll {
    const NAME: &'static str = "gaussian_nll";
    fn shape(&self, s: &[&[usize]]) -> Result<Dims, Refusal> {
        match s[1..].iter().find(|s1| *s1 != &s[0]) {
            Some(other) => {
                Err(format!("gaussian_nll: mean {:?}, variance and target must have one shape, got {other:?}", s[0]))
            }
            None => Ok(s[0].into()),
        }
    }
    fn eval(&self, v: &[View<'_, T>], out: &mut [T], _: &mut [T]) {
        let f = Value(T::from_f64(self.eps));
        elementwise([v[0], v[1], v[2]], out, |x, y| map(f, x, y));
    }
    fn backward(&self, at: &Point<'_, T>, g: &Tensor<T>, wanted: &[bool]) -> Slots<T> {
        let eps = T::from_f64(self.eps);
        let [m, v, y] = std::array::from_fn(|i| at.inputs[i].view());
        let x = [m, v, y, g.view()];
        let pull =
            |f: &(dyn Fn([&[T]; 4], &mut [T]) + Sync)| Slot::Of(Tensor::build(g.shape(), |out| elementwise(x, out, f)));
        let of_target = |wanted: bool, from: [usize; 2]| match wanted {
            true => pull(&|x, out| map(OfTarget(eps), [x[from[0]], x[1], x[from[1]], x[3]], out)),
            false => Slot::Zero,
        };
        let of_variance = if wanted[1] { pull(&|x, out| map(OfVariance(eps), x, out)) } else { Slot::Zero };
        // ∂ℓ/∂m is ∂ℓ/∂y with the two in each other's place.
        [of_target(wanted[0], [2, 0]), of_variance, of_target(wanted[2], [0, 2])].into_iter().collect()
    }
    fn twin(&self, x: &[Tensor<T>]) -> Tensor<T> {
        let (mean, variance, target) = (&x[0], &x[1], &x[2]);
        // v above ε; below, the number ε with the derivative of v (v − its own value is exactly 0).
        let above = (variance - self.eps).step();
        let passing = variance - variance.detach() + self.eps;
        let v = variance * &above + passing * (1.0 - &above);
        let r = (target - mean) / v.sqrt();
        (v.ln() + r.square()) * 0.5
    }
}

impl<T: Real> Tensor<T> {
    /// −ln N(y; m, v) without its constant, ½ (ln v + (y − m)²/v), of each element of this mean m.
    ///
    /// A variance below ε counts as ε, and the gradient passes as if it were not: the derivatives with respect to v, of every order, are
    /// those of the formula at v = ε, so a variance that fell too low is still pushed up.
    ///
    /// # Panics
    /// If the three shapes differ, or `eps` is not finite and positive.
    #[track_caller]
    #[must_use]
    pub fn gaussian_nll(&self, variance: &Self, target: &Self, eps: f64) -> Self {
        if !(eps > 0.0 && eps.is_finite()) {
            message::panic_with(&format!(
                "gaussian_nll: eps must be finite and positive, got {eps}; it is the smallest variance"
            ));
        }
        T::apply(T::boxed(GaussianNll { eps }), &[self, variance, target])
    }
}

impl Room for GaussianNll {
    const NAME: &'static str = "gaussian_nll";
    const FORMULA: &'static str = "ℓ = ½ (ln v + (y − m)²/v), v at least ε";
    #[inline]
    fn cases() -> Vec<Case> {
        let on = |label: &str, m: Tensor<f64>, v: Tensor<f64>, y: Tensor<f64>| {
            Case::new(label, vec![m, v, y], |x| x[0].gaussian_nll(&x[1], &x[2], 1e-3))
        };
        let at = |label: &str, m: f64, v: f64, y: f64| on(label, row(&[m]), row(&[v]), row(&[y]));
        // In v alone at r² = (y − m)²/ε: ½ (1 − r²)/ε, ½ (2 r² − 1)/ε², ½ (2 − 6 r²)/ε³ with ε = ½ and y − m = 1: r² = 2.
        let below = |label: &str, v: f64| {
            Case::new(label, vec![row(&[v])], |x| row(&[0.0]).gaussian_nll(&x[0], &row(&[1.0]), 0.5)).expect_all([
                0.5 * (0.5_f64.ln() + 2.0),
                -1.0,
                6.0,
                -40.0,
            ])
        };
        vec![
            on("rows", spread(&[2, 3], 1), spread(&[2, 3], 2).exp(), spread(&[2, 3], 3)),
            Case::new("squared", vec![spread(&[3], 1), spread(&[3], 2).exp(), spread(&[3], 3)], |x| {
                x[0].gaussian_nll(&x[1], &x[2], 1e-6).square()
            }),
            at("a hit", 0.5, 0.3, 0.5),
            at("the best variance, (y − m)² = v", 0.0, 0.25, 0.5),
            at("a miss", 0.0, 0.5, 2.0),
            at("large variance", 1.0, 1e3, -1.0).step(30.0),
            Case::new("known at unit variance", vec![row(&[0.0])], |x| {
                x[0].gaussian_nll(&row(&[1.0]), &row(&[2.0]), 1e-6)
            })
            .expect_all([2.0, -2.0, 1.0, 0.0]),
            below("below ε", 0.1),
            below("at ε", 0.5),
            below("no variance", 0.0),
            below("a negative variance", -2.0),
            on("rank 0", Tensor::scalar(0.3), Tensor::scalar(0.8), Tensor::scalar(-0.4)),
            on("nothing", row(&[]), row(&[]), row(&[])),
            Case::new("transposes", vec![spread(&[3, 2], 1), spread(&[3, 2], 2), spread(&[2, 3], 3)], |x| {
                x[0].t().gaussian_nll(&x[1].t().exp(), &x[2], 1e-6)
            }),
            Case::new("one variance for all", vec![spread(&[2, 3], 1), Tensor::scalar(0.7), spread(&[2, 3], 3)], |x| {
                x[0].gaussian_nll(&x[1].broadcast_to(&[2, 3]), &x[2], 1e-6)
            }),
            Case::new("against the twin", vec![spread(&[4], 1), spread(&[4], 2).exp(), spread(&[4], 3)], |x| {
                let op = GaussianNll { eps: 0.8 };
                (x[0].gaussian_nll(&x[1], &x[2], 0.8) - Fused::twin(&op, x)).square()
            })
            .expect_all([0.0; 4]),
        ]
    }
}
