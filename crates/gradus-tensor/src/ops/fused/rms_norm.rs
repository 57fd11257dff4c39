//! Normalisation of rows by the root of their mean square, in one pass; the twin is its formula.

use super::layer_norm::{checked_eps, pull, rows_shape};
use crate::case::{Case, Room, row, spread};
use crate::kind::Fused;
use crate::node::Tensor;
use crate::op::{Point, Refusal, Slots};
use crate::real::Real;
use crate::shape::Dims;
use gradus_kernels::View;
use gradus_kernels::norm::normalise_rows;

/// y = γ x/√(mean x² + ε) over the last axis: x `[.., n]`, γ `[n]`.
#[derive(Clone, Debug)]
pub struct RmsNorm {
    eps: f64,
}

impl<T: Real> Fused<T> for RmsNorm {
    const NAME: &'static str = "rms_norm";
    fn shape(&self, s: &[&[usize]]) -> Result<Dims, Refusal> {
        rows_shape("rms_norm", s[0], &s[1..])
    }
    /// 0 and 1/√(mean x² + ε) of each row.
    fn aux_len(&self, s: &[&[usize]]) -> usize {
        2 * s[0].iter().rev().skip(1).product::<usize>()
    }
    fn eval(&self, v: &[View<'_, T>], out: &mut [T], aux: &mut [T]) {
        normalise_rows(&v[0].flat(), &v[1].flat(), None, T::from_f64(self.eps), aux, out);
    }
    fn backward(&self, at: &Point<'_, T>, g: &Tensor<T>, wanted: &[bool]) -> Slots<T> {
        pull(false, at, g, wanted)
    }
    fn twin(&self, v: &[Tensor<T>]) -> Tensor<T> {
        let x = &v[0];
        if v[1].is_empty() {
            return x * &v[1];
        }
        x / (x.square().mean_axes(&[-1], true) + self.eps).sqrt() * &v[1]
    }
}

impl<T: Real> Tensor<T> {
    /// γ x/√(mean x² + ε) over the last axis (Zhang & Sennrich 2019).
    ///
    /// Shapes: x `[.., n]`, γ `[n]`.
    ///
    /// # Panics
    /// If the shapes do not fit, or `eps` is not finite and positive.
    #[track_caller]
    #[must_use]
    pub fn rms_norm(&self, gamma: &Self, eps: f64) -> Self {
        let eps = checked_eps("rms_norm", eps);
        T::apply(T::boxed(RmsNorm { eps }), &[self, gamma])
    }
}

impl Room for RmsNorm {
    const NAME: &'static str = "rms_norm";
    const FORMULA: &'static str = "y = γ x/√(mean x² + ε) over the last axis";
    #[inline]
    fn cases() -> Vec<Case> {
        let on = |label: &str, x: Tensor<f64>, eps| {
            let gamma = spread(&x.shape()[x.rank() - 1..], 2) + 1.5;
            Case::new(label, vec![x, gamma], move |x| x[0].rms_norm(&x[1], eps).exp())
        };
        let plain = |label: &str, x: Tensor<f64>| {
            let n = x.len();
            Case::new(label, vec![x], move |x| x[0].rms_norm(&Tensor::ones(&[n]), 1.0))
        };
        vec![
            on("rows", spread(&[3, 4], 1), 1e-2),
            on("one row", spread(&[5], 1), 1e-2),
            on("three axes", spread(&[2, 2, 3], 1), 1e-2),
            on("a row longer than the lanes", spread(&[1, 37], 1), 1e-2),
            on("far from 0", spread(&[2, 3], 1) + 1e3, 1e-2),
            on("no rows", spread(&[0, 3], 1), 1e-2),
            on("empty rows", spread(&[2, 0], 1), 1e-2),
            on("one number a row", spread(&[3, 1], 1), 1.0),
            on("huge ε", spread(&[2, 3], 1), 1e6),
            on("zeros, one of them −0", row(&[0.0, -0.0, 0.0]), 1.0),
            plain("one number at 0: x/√(x² + 1)", row(&[0.0])).expect_all([0.0, 1.0, 0.0, -3.0]),
            plain("no variance", row(&[2.0, 2.0])),
            Case::new("of a transpose", vec![spread(&[3, 2], 1), spread(&[3], 2)], |x| {
                x[0].t().rms_norm(&x[1], 1e-2).exp()
            }),
            Case::new("of broadcast rows", vec![spread(&[3], 1), spread(&[1], 2)], |x| {
                x[0].broadcast_to(&[2, 3]).rms_norm(&x[1].broadcast_to(&[3]), 1e-1).exp()
            }),
            Case::new("against the twin", vec![spread(&[3, 4], 1), spread(&[4], 2)], |x| {
                (x[0].rms_norm(&x[1], 1e-2) - Fused::twin(&RmsNorm { eps: 1e-2 }, x)).square()
            }),
        ]
    }
}
