//! The positive factor of the polar decomposition, batched: smooth where singular values are equal, which the singular vectors are not.

use super::batch::{nth, sizes, symmetric, with_tail};
use super::lyapunov::lyapunov;
use super::svd::with_singular_values;
use super::verdict::{each, judge, judged};
use crate::case::{Case, Room, spread};
use crate::error::Result;
use crate::node::Tensor;
use crate::op::{Op, Point, Refusal, Slot, Slots};
use crate::real::Real;
use crate::shape::Dims;
use gradus_kernels::{View, linalg};

/// H = (AᵀA)^½ of A = Q H, m ≥ n: symmetric, its eigenvalues the singular values of A. dH solves H dH + dH H = dAᵀA + AᵀdA, where no
/// difference of singular values is divided by.
#[derive(Clone, Debug)]
pub struct Polar;

/// H of A `[.., m, n]`, m ≥ n, through the door.
#[track_caller]
pub(super) fn polar<T: Real>(op: &str, a: &Tensor<T>) -> Result<Tensor<T>> {
    let (h, codes) = judged(Polar, &[a]);
    judge(op, codes.as_ref(), sizes(a.shape()).0, "singular", "")?;
    Ok(h)
}

impl<T: Real> Op<T> for Polar {
    fn name(&self) -> &str {
        <Self as Room>::NAME
    }
    fn shape(&self, x: &[&[usize]]) -> Result<Dims, Refusal> {
        let (_, m, n) = sizes(x[0]);
        if m < n {
            Err(format!("polar: a wide matrix {:?}; take the transpose", x[0]))
        } else {
            Ok(with_tail(x[0], &[n, n]))
        }
    }
    fn aux_len(&self, x: &[&[usize]]) -> usize {
        sizes(x[0]).0
    }
    fn eval(&self, x: &[View<'_, T>], out: &mut [T], aux: &mut [T]) {
        let (_, m, n) = sizes(x[0].shape);
        let a = x[0].to_vec();
        let (mut u, mut s, mut vt) = (vec![T::ZERO; m * n], vec![T::ZERO; n], vec![T::ZERO; n * n]);
        each(out, n * n, aux, |i, h| {
            linalg::svd(m, n, nth(&a, m * n, i), &mut u, &mut s, &mut vt)?;
            for p in 0..n {
                for q in 0..=p {
                    // V diag(s) Vᵀ, both halves from one sum.
                    let sum = (0..n).map(|k| vt[k * n + p] * s[k] * vt[k * n + q]).sum();
                    (h[p * n + q], h[q * n + p]) = (sum, sum);
                }
            }
            Ok(())
        });
    }
    fn vjp(&self, at: &Point<'_, T>, g: &Tensor<T>, _: &[bool]) -> Slots<T> {
        let inner = lyapunov(at.output, &symmetric(g));
        std::iter::once(Slot::Of(at.inputs[0].matmul(&inner) * 2)).collect()
    }
    fn jvp(&self, at: &Point<'_, T>, t: &[Slot<T>]) -> Slot<T> {
        t[0].clone().map(|da| {
            let half = at.inputs[0].t().matmul(&da);
            lyapunov(at.output, &(&half + half.t()))
        })
    }
}

/// A symmetric matrix with the given positive eigenvalues, in a basis without structure.
pub(super) fn with_values(values: &[f64]) -> Tensor<f64> {
    let n = values.len();
    let q = spread(&[n, n], 1).skew_expm();
    symmetric(&(&q * Tensor::from_slice(&[n], values)).matmul(&q.t()))
}

#[allow(clippy::expect_used, reason = "cases are finite")]
impl Room for Polar {
    const NAME: &'static str = "polar";
    const FORMULA: &'static str = "H = (AᵀA)^½";
    #[inline]
    fn cases() -> Vec<Case> {
        let on = |label: &str, x: Tensor<f64>| Case::new(label, vec![x], |x| polar("polar", &x[0]).expect("finite"));
        vec![
            on("one", Tensor::from_slice(&[1, 1], &[-0.7])),
            on("two", with_singular_values(2, 2, &[2.0, 0.7])),
            on("three", with_singular_values(3, 3, &[2.0, 1.0, 0.4])),
            on("tall", with_singular_values(3, 2, &[2.0, 0.7])),
            on("a column: its length", spread(&[3, 1], 1)),
            on("equal singular values", with_singular_values(2, 2, &[1.0, 1.0])),
            on("equal, tall", with_singular_values(4, 3, &[1.0, 1.0, 0.5])),
            on("nearly equal", with_singular_values(2, 2, &[1.0 + 1e-9, 1.0])),
            on("a small value", with_singular_values(2, 2, &[1.0, 2e-2])).step(2e-2),
            on("empty", Tensor::zeros(&[0, 0])),
            on("no columns", Tensor::zeros(&[2, 0])),
            on("a batch", Tensor::stack(&[with_singular_values(2, 2, &[2.0, 1.0]), Tensor::eye(2)], 0)),
            Case::new("transposed view", vec![with_singular_values(2, 3, &[2.0, 0.7])], |x| {
                polar("polar", &x[0].t()).expect("finite")
            }),
            Case::new("its square", vec![with_singular_values(3, 2, &[1.0, 1.0])], |x| {
                let h = polar("polar", &x[0]).expect("finite");
                h.matmul(&h) - x[0].t().matmul(&x[0])
            })
            .expect(1, 0.0)
            .expect(2, 0.0)
            .expect(3, 0.0),
        ]
    }
}
