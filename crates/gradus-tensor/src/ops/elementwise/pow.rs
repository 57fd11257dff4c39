//! A power with a tensor as exponent.

use crate::case::{Case, Room, row, spread};
use crate::index::Mask;
use crate::kind::Elementwise;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{lanes, map};

/// z = xʸ, with dz = y x^(y−1) dx + xʸ ln x dy, and 0⁰ = 1.
///
/// At x = 0 and y ≥ 0, where ln x has no limit, the exponent counts as a constant by convention: all derivatives in it are 0, mixed ones
/// too, and those in the base are those of the power y. The derivative in the exponent is NaN for x < 0, where it does not exist.
#[derive(Clone, Debug)]
pub struct Pow;

lanes!(Lane, |s, [x, y]| x.pow(y, s));

/// f(x), but 0 with all derivatives where `dead`; there f sees 1 in place of x.
fn unless<T: Real>(dead: &Mask, x: &Tensor<T>, f: impl FnOnce(&Tensor<T>) -> Tensor<T>) -> Tensor<T> {
    if dead.any() { f(&x.masked_fill(dead, 1.0)).masked_fill(dead, 0.0) } else { f(x) }
}

impl<T: Real> Elementwise<2, T> for Pow {
    const NAME: &'static str = "pow";
    fn eval(&self, x: [&[T]; 2], z: &mut [T]) {
        map(Lane, x, z);
    }
    fn partial(&self, i: usize, [x, y]: [&Tensor<T>; 2], _: &Tensor<T>) -> Slot<T> {
        let held = x.eq(0.0).and(&y.ge(0.0));
        let slope = |x: &Tensor<T>, y: &Tensor<T>| y * x.pow(&(y - 1.0));
        match i {
            1 => unless(&held, x, |x| x.pow(y) * x.ln()).into(),
            _ if held.any() => {
                // 0 · x⁰ where y = 0, never 0 · x⁻¹.
                let (x0, y0) = (x.masked_fill(&held.not(), 1.0), y.detach());
                let fixed = &y0 * x0.pow(&(y0.masked_fill(&y0.eq(0.0), 1.0) - 1.0));
                Tensor::where_(&held, &fixed, &slope(&x.masked_fill(&held, 1.0), y)).into()
            }
            _ => slope(x, y).into(),
        }
    }
}

impl<T: Real> Tensor<T> {
    /// xʸ, element by element, broadcast, with 0⁰ = 1. At x = 0 and y ≥ 0 the exponent counts as a constant in all
    /// derivatives, by convention. For an exponent that is a plain number see [`powf`](Self::powf).
    #[track_caller]
    #[must_use]
    pub fn pow(&self, exponent: &Self) -> Self {
        T::apply(T::boxed(Pow), &[self, exponent])
    }
}

impl Room for Pow {
    const NAME: &'static str = "pow";
    const FORMULA: &'static str = "z = xʸ";
    #[inline]
    fn cases() -> Vec<Case> {
        const INF: f64 = f64::INFINITY;
        let on = |label: &str, x: Tensor<f64>, y: Tensor<f64>| Case::new(label, vec![x, y], |x| x[0].pow(&x[1]));
        let base =
            |label: &str, x: &[f64], y: f64| Case::new(label, vec![row(x)], move |x| x[0].pow(&Tensor::scalar(y)));
        vec![
            on("same shape", spread(&[2, 3], 1).exp(), spread(&[2, 3], 2)),
            on("row to matrix", spread(&[2, 3], 1).exp(), spread(&[3], 2)),
            on("rank 0", Tensor::scalar(2.0), Tensor::scalar(-1.5)),
            on("empty", spread(&[0, 2], 1), spread(&[2], 2)),
            on("exponent 0", row(&[0.5, 2.0]), row(&[0.0, 0.0])),
            on("base 1", row(&[1.0]), row(&[3.0])),
            base("0 to the 0", &[0.0], 0.0).expect_all([1.0, 0.0, 0.0, 0.0]),
            base("0 to the 1", &[0.0], 1.0).expect_all([0.0, 1.0, 0.0, 0.0]),
            base("0 to the 2", &[0.0], 2.0).expect_all([0.0, 0.0, 2.0, 0.0]),
            base("0 to the 3", &[0.0, -0.0], 3.0).expect_all([0.0, 0.0, 0.0, 12.0]),
            base("0 to the ½", &[0.0], 0.5).expect_all([0.0, INF, -INF, INF]),
            base("0 to the −1", &[0.0], -1.0).expect_all([INF, -INF, INF, -INF]),
            base("0 to the 2½", &[0.0], 2.5).expect_all([0.0, 0.0, 0.0, INF]),
            base("a negative base to the 0", &[-2.0], 0.0).expect_all([1.0, 0.0, 0.0, 0.0]),
            Case::new("x to the x at 0: both terms by convention", vec![row(&[0.0])], |x| x[0].pow(&x[0]))
                .expect_all([1.0, 0.0, 0.0, 0.0]),
            Case::new("both at 0 and 1", vec![row(&[0.0]), row(&[1.0])], |x| x[0].pow(&x[1]))
                .expect_all([0.0, 1.0, 0.0, 0.0]),
            Case::new("both at 0 and ½", vec![row(&[0.0]), row(&[0.5])], |x| x[0].pow(&x[1]))
                .expect_all([0.0, INF, -INF, INF]),
            Case::new("both at 0 and 0", vec![row(&[0.0]), row(&[0.0])], |x| x[0].pow(&x[1]))
                .expect_all([1.0, 0.0, 0.0, 0.0]),
            Case::new("both at 0 and 2", vec![row(&[0.0]), row(&[2.0])], |x| x[0].pow(&x[1]))
                .expect_all([0.0, 0.0, 2.0, 0.0]),
            base("negative base", &[-2.0, -0.5], 3.0),
            Case::new("exponent over 0", vec![row(&[2.0])], |x| Tensor::scalar(0.0).pow(&x[0])).expect_all([0.0; 4]),
            Case::new("x to the x", vec![row(&[0.7, 2.0])], |x| x[0].pow(&x[0])),
            Case::new("views", vec![spread(&[2, 3], 1).exp(), spread(&[3, 2], 2)], |x| x[0].t().pow(&x[1])),
        ]
    }
}
